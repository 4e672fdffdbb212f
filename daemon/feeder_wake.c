/*
 * daemon/feeder_wake.c - a device that is newly confirmed: what its site already has.
 *
 * In steps, so that a large site holds nobody up, and resumed where the last one ended:
 * first its cases, what acts on its logs, and the sums of the site that others added to, then everything in the scope of the
 * site in the order of types (titles, readers, cards and copies before the crates that
 * bring them), then what the site's own logs name, of which some may have gone
 * elsewhere without the device knowing. What changes meanwhile is told as it changes.
 *
 * Where it is stands in feed_device: wake_type 0 and an id of nothing, then the type and
 * id of the last entity, then 255 with the row of a log and a number in it.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/touch.h"

#define IN_LOGS 255

struct wake {
	struct ph_feeder *feeder;
	struct ph_feeder_device *device;
	struct ph_keyset keys;
	unsigned budget;
	struct ph_entity_key at; /* where to go on */
	/* the walk of the logs */
	struct ph_entry *entry;
	struct ph_touched touched;
	const struct ph_log *log;
	uint64_t after_row, after_n;
};

static int load_place(struct wake *wake)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(wake->feeder->db,
			       "SELECT wake_type, wake_id FROM feed_device"
			       " WHERE device = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, wake->device->row);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		struct ph_view id = ph_stmt_col_blob(stmt, 1);

		wake->at.type = (uint8_t)ph_stmt_col_int(stmt, 0);
		rc = id.len <= sizeof(wake->at.id) ? 0 : -EUCLEAN;
		if (rc == 0 && id.len > 0) {
			memcpy(wake->at.id, id.data, id.len);
			wake->at.len = (uint8_t)id.len;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int save_place(struct wake *wake)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(wake->feeder->db,
			       "UPDATE feed_device SET wake_type = ?2, wake_id = ?3"
			       " WHERE device = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, wake->device->row);
	ph_stmt_int(stmt, 2, wake->at.type);
	ph_stmt_blob(stmt, 3, ph_key_view(&wake->at));
	return ph_stmt_run(stmt);
}

/* --- cases, and sums that others added to --- */

static int on_case(void *data, const struct ph_case_row *row)
{
	struct wake *wake = data;
	struct ph_entity_key key;

	return ph_key_bytes(PH_ENTITY_CASE, PH_VIEW(row->id, sizeof(row->id)), &key)
		       ? ph_keyset_add(&wake->keys, &key)
		       : -EUCLEAN;
}

static int take_cases(struct wake *wake)
{
	const struct ph_case_filter filter = { .site = wake->device->site, .all = true };

	return ph_cases_each(wake->feeder->config.ledger, &filter, on_case, wake);
}

/* What others wrote that acts on the site's own logs. */
static int on_acted(void *data, const struct ph_log *log)
{
	struct wake *wake = data;

	return log->site == wake->device->site
		       ? ph_feeder_acts_on(wake->feeder, log->id, &wake->keys)
		       : 0;
}

static int take_tallies(struct wake *wake)
{
	struct ph_entity_key low = ph_key_tally(wake->device->site, 0);
	struct ph_entity_key high = ph_key_tally(wake->device->site + 1, 0);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(wake->feeder->db,
			       "SELECT DISTINCT id FROM ledger_fact WHERE type = ?1"
			       " AND id >= ?2 AND id < ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TALLY);
	ph_stmt_blob(stmt, 2, PH_VIEW(low.id, 8));
	ph_stmt_blob(stmt, 3, PH_VIEW(high.id, 8));
	rc = ph_keyset_read(&wake->keys, PH_ENTITY_TALLY, stmt);
	wake->at = (struct ph_entity_key){ .type = 1 };
	rc = rc != 0 ? rc : take_cases(wake);
	return rc != 0 ? rc
		       : ph_journal_log_each(wake->feeder->config.journal, on_acted,
					     wake);
}

/* --- the scope of the site --- */

static int on_key(void *data, const struct ph_entity_key *key)
{
	struct wake *wake = data;
	int rc = ph_keyset_add(&wake->keys, key);

	wake->at = *key;
	return rc != 0 ? rc : wake->keys.n >= wake->budget ? 1 : 0;
}

static int take_scope(struct wake *wake)
{
	struct ph_entity_key after = wake->at;
	int rc = ph_scope_each(wake->feeder->config.ledger, wake->device->site, &after,
			       on_key, wake);

	if (rc == 0) {
		wake->at = (struct ph_entity_key){ .type = PH_ENTITY_STOP };
	}
	return rc < 0 ? rc : 0;
}

/* --- what stands for itself and was written for the site --- */

/* Few of the province's are of one site, so the walk is bounded by what it looks at. */
#define LOOK 20000

static int take_events(struct wake *wake)
{
	struct ph_sites sites = { 0 };
	unsigned looked = 0;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(wake->feeder->db,
			       "SELECT type, id FROM ledger_entity"
			       " WHERE (type, id) > (?1, ?2) AND type <= ?3"
			       " ORDER BY type, id LIMIT ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, wake->at.type);
	ph_stmt_blob(stmt, 2, ph_key_view(&wake->at));
	ph_stmt_int(stmt, 3, PH_ENTITY_EVENT);
	ph_stmt_int(stmt, 4, LOOK);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW && wake->keys.n < wake->budget) {
		looked++;
		rc = ph_key_bytes((enum ph_entity)ph_stmt_col_int(stmt, 0),
				  ph_stmt_col_blob(stmt, 1), &wake->at)
			     ? ph_scope_sites(wake->feeder->config.ledger, &wake->at,
					      &sites)
			     : -EUCLEAN;
		if (rc == 0 && ph_sites_has(&sites, wake->device->site)) {
			rc = ph_keyset_add(&wake->keys, &wake->at);
		}
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	ph_sites_deinit(&sites);
	if (rc == 0 && looked < LOOK) {
		wake->at = (struct ph_entity_key){ .type = IN_LOGS, .len = 16 };
	}
	return rc < 0 ? rc : 0;
}

/* --- what the site's own logs name --- */

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct wake *wake = data;
	struct ph_fact fact;
	int rc = ph_entry_decode(bytes, wake->entry);

	ph_be64_put(wake->at.id, (uint64_t)wake->log->row);
	ph_be64_put(wake->at.id + 8, n);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	ph_fact_init(&fact, wake->log, n, bytes, wake->entry);
	rc = ph_touch(&fact, wake->entry, &wake->touched);
	for (size_t i = 0; rc == 0 && i < wake->touched.n; i++) {
		const struct ph_entity_key *key = &wake->touched.keys[i];

		if (!ph_scope_is_common((enum ph_entity)key->type) &&
		    key->type != PH_ENTITY_TALLY) {
			rc = ph_keyset_add(&wake->keys, key);
		}
	}
	return rc != 0 ? rc : wake->keys.n >= wake->budget ? 1 : 0;
}

static int on_log(void *data, const struct ph_log *log)
{
	struct wake *wake = data;
	uint64_t after = log->base; /* what a branch shares came with its parent */

	if (log->site != wake->device->site || (uint64_t)log->row < wake->after_row) {
		return 0;
	}
	if ((uint64_t)log->row == wake->after_row && wake->after_n > after) {
		after = wake->after_n;
	}
	wake->log = log;
	return ph_journal_entry_each(wake->feeder->config.journal, log->row, after,
				     on_entry, wake);
}

static int take_logs(struct wake *wake, bool *done_out)
{
	int rc;

	wake->entry = malloc(sizeof(*wake->entry));
	if (!wake->entry) {
		return -ENOMEM;
	}
	wake->after_row = ph_be64_get(wake->at.id);
	wake->after_n = ph_be64_get(wake->at.id + 8);
	rc = ph_journal_log_each(wake->feeder->config.journal, on_log, wake);
	*done_out = rc == 0;
	free(wake->entry);
	ph_touched_deinit(&wake->touched);
	return rc < 0 ? rc : 0;
}

/* --- one step --- */

/*
 * A feed that begins anew takes away what was fed before, by its first page. One that has
 * nothing for the device begins with a case, of no id that there is, which is over; also one
 * that had nothing when the hub was restored: the device may have been fed since.
 */
static int begin_empty(struct ph_feeder *feeder, struct ph_feeder_device *device)
{
	static const struct ph_entity_key none = { .type = PH_ENTITY_CASE,
						   .len = PH_CASE_ID_SIZE };
	struct ph_feeder_item item = { .what = PH_FEED_UNCASE, .key = &none };
	bool anew = feeder->config.epoch.number > 1 || device->scope > 1;

	return anew && !device->waking && device->number == 0
		       ? ph_feeder_append(feeder, device, &item)
		       : 0;
}

static int wake_one(struct wake *wake)
{
	bool done = false;
	int rc = load_place(wake);

	if (rc == 0) {
		rc = wake->at.type == 0                ? take_tallies(wake)
		     : wake->at.type == IN_LOGS        ? take_logs(wake, &done)
		     : wake->at.type >= PH_ENTITY_STOP ? take_events(wake)
						       : take_scope(wake);
	}
	for (size_t i = 0; rc == 0 && i < wake->keys.n; i++) {
		rc = ph_feeder_change(wake->feeder, &wake->keys.keys[i], wake->device);
	}
	if (rc == 0 && done) {
		wake->device->waking = false;
		wake->device->moved = true;
	}
	return rc != 0 ? rc : save_place(wake);
}

int ph_feeder_wake(struct ph_feeder *feeder, unsigned budget, bool *more_out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && budget > 0 && i < feeder->n_devices; i++) {
		struct wake wake = { .feeder = feeder,
				     .device = &feeder->devices[i],
				     .budget = budget };

		while (rc == 0 && wake.device->waking && wake.keys.n < budget) {
			wake.keys.n = 0;
			ph_keyset_clear(&wake.keys);
			rc = wake_one(&wake);
			budget -= wake.keys.n < budget ? (unsigned)wake.keys.n : budget;
			wake.budget = budget;
		}
		ph_keyset_deinit(&wake.keys);
	}
	for (size_t i = 0; rc == 0 && i < feeder->n_devices; i++) {
		rc = begin_empty(feeder, &feeder->devices[i]);
		*more_out = *more_out || feeder->devices[i].waking;
	}
	return rc;
}
