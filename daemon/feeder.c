/*
 * daemon/feeder.c - the feeds of devices, step by step.
 *
 * The ledger lists what changed (ledger_changed). A step takes some of it, in the order
 * of types, so that what a crate brings is told before the crate: for each entity it
 * finds whom it concerns, who wrote of it and who was told of it, and lets
 * feeder_told.c tell the difference to each of their devices. All of a step is one
 * transaction, with the changes it takes off the list; a crash repeats it.
 */
#include "common/base/say.h"
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/copy.h"

#define TRIM 500 /* items forgotten at once when they are confirmed; the rest in steps */

static const char tables[] =
	"CREATE TABLE IF NOT EXISTS feed_device(device INTEGER PRIMARY KEY,"
	" fed INTEGER NOT NULL, scope INTEGER NOT NULL, number INTEGER NOT NULL,"
	" confirmed INTEGER NOT NULL, waking INTEGER NOT NULL,"
	" wake_type INTEGER, wake_id BLOB);"
	"CREATE TABLE IF NOT EXISTS feed_told(type INTEGER, id BLOB, device INTEGER,"
	" state INTEGER NOT NULL, PRIMARY KEY(type, id, device)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS feed_told_device ON feed_told(device);"
	"CREATE TABLE IF NOT EXISTS feed_fact(device INTEGER, type INTEGER, id BLOB,"
	" ref BLOB, second INTEGER NOT NULL, tick INTEGER NOT NULL,"
	" unsure INTEGER NOT NULL, PRIMARY KEY(device, type, id, ref)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS feed_fact_ref ON feed_fact(device, ref);"
	"CREATE TABLE IF NOT EXISTS feed_act(device INTEGER, target BLOB, ref BLOB,"
	" PRIMARY KEY(device, target, ref)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS feed_act_ref ON feed_act(device, ref);"
	"CREATE TABLE IF NOT EXISTS feed_case(id BLOB, device INTEGER,"
	" stamp BLOB NOT NULL, PRIMARY KEY(id, device)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS feed_case_device ON feed_case(device);"
	"CREATE TABLE IF NOT EXISTS feed_item(device INTEGER, number INTEGER,"
	" what INTEGER NOT NULL, type INTEGER, id BLOB, ref BLOB,"
	" second INTEGER NOT NULL, tick INTEGER NOT NULL, unsure INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL, PRIMARY KEY(device, number)) WITHOUT ROWID;";

/* Below it are all numbers that were given out, and those that are left out. */
static int find_floor(struct ph_feeder *feeder)
{
	struct ph_stmt *stmt;
	int rc;

	if (feeder->config.skip == 0) {
		return 0;
	}
	rc = ph_db_prepare(feeder->db, "SELECT coalesce(max(number), 0) FROM feed_device",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		feeder->floor =
			(uint64_t)ph_stmt_col_int(stmt, 0) + 1 + feeder->config.skip;
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_feeder_open(struct ph_feeder **feeder_out, const struct ph_feeder_config *config,
		   struct ph_error *err)
{
	struct ph_feeder *feeder = calloc(1, sizeof(*feeder));
	int rc = feeder ? ph_db_exec(config->db, tables) : -ENOMEM;

	if (rc == 0) {
		feeder->config = *config;
		feeder->db = config->db;
		rc = find_floor(feeder);
	}
	if (rc != 0) {
		free(feeder);
		return ph_fail_errno(err, rc,
				     ph_say("opening the feeds", "mở các luồng tin"));
	}
	*feeder_out = feeder;
	return 0;
}

void ph_feeder_set_epoch(struct ph_feeder *feeder, const struct ph_epoch *epoch)
{
	if (feeder) {
		feeder->config.epoch = *epoch;
	}
}

void ph_feeder_free(struct ph_feeder *feeder)
{
	if (feeder) {
		ph_kin_deinit(&feeder->kin);
		ph_feeder_joined_deinit(&feeder->joined);
		free(feeder->devices);
		free(feeder);
	}
}

void ph_feeder_reload(struct ph_feeder *feeder)
{
	if (feeder) {
		feeder->loaded = false;
	}
}

bool ph_feeder_has_devices(struct ph_feeder *feeder)
{
	return ph_feeder_load(feeder) == 0 && feeder->n_devices > 0;
}

/* --- one entity --- */

static int on_fact(void *data, const struct ph_fact *fact)
{
	struct ph_feeder_facts *facts = data;
	int rc;

	/* The same bytes on two branches of a log are one fact. */
	if (facts->n > 0 && ph_ref_equal(&facts->list[facts->n - 1].ref, &fact->ref)) {
		return 0;
	}
	rc = ph_state_grow((void **)&facts->list, facts->n, &facts->cap,
			   sizeof(*facts->list));

	if (rc == 0) {
		facts->list[facts->n] = *fact;
		facts->list[facts->n++].bytes = PH_VIEW(NULL, 0);
		rc = fact->log_site == 0 ? 0
					 : ph_sites_add(&facts->authors, fact->log_site);
	}
	return rc;
}

/* Sites of the devices that were told of KEY. */
static int load_told(struct ph_feeder *feeder, const struct ph_entity_key *key,
		     struct ph_sites *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT d.site FROM feed_told t JOIN device d"
			       " ON d.row = t.device WHERE t.type = ?1 AND t.id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	return ph_sites_read(out, stmt);
}

/* What stands for itself and was written on behalf of a site is also under its sums. */
static int tell_events(struct ph_feeder *feeder, const struct ph_feeder_facts *facts,
		       struct ph_feeder_device *only)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		struct ph_entity_key event =
			ph_key_ref(PH_ENTITY_EVENT, &facts->list[i].ref);
		struct ph_entity_key stop =
			ph_key_ref(PH_ENTITY_STOP, &facts->list[i].ref);

		rc = ph_feeder_entity(feeder, &event, only);
		rc = rc != 0 ? rc : ph_feeder_entity(feeder, &stop, only);
	}
	return rc;
}

size_t ph_feeder_first_of(const struct ph_feeder *feeder, uint64_t site)
{
	size_t low = 0, high = feeder->n_devices;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (feeder->devices[middle].site < site) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

/* Sites whose devices may have to hear of KEY. */
static int add_candidates(struct ph_feeder *feeder, const struct ph_entity_key *key,
			  const struct ph_feeder_facts *facts, const struct ph_sites *in,
			  struct ph_sites *out)
{
	int rc = load_told(feeder, key, out);

	for (size_t i = 0; rc == 0 && i < in->n; i++) {
		rc = ph_sites_add(out, in->list[i]);
	}
	for (size_t i = 0; rc == 0 && i < facts->authors.n; i++) {
		rc = ph_sites_add(out, facts->authors.list[i]);
	}
	return rc != 0 || key->type != PH_ENTITY_COPY
		       ? rc
		       : ph_feeder_borrower(feeder, key, out);
}

/* Copies on open loan to the card KEY: they may concern who now knows its reader. */
static int tell_loans(struct ph_feeder *feeder, const struct ph_entity_key *key,
		      struct ph_feeder_device *only)
{
	struct ph_keyset copies = { 0 };
	int rc = ph_scope_lent(feeder->config.ledger, key, &copies);

	for (size_t i = 0; rc == 0 && i < copies.n; i++) {
		rc = ph_feeder_copy(feeder, &copies.keys[i], only);
	}
	ph_keyset_deinit(&copies);
	return rc;
}

static int tell_all(struct ph_feeder *feeder, const struct ph_entity_key *key,
		    const struct ph_feeder_facts *facts, const struct ph_sites *in,
		    struct ph_feeder_device *only)
{
	struct ph_sites candidates = { 0 };
	int rc = add_candidates(feeder, key, facts, in, &candidates);

	for (size_t i = 0; rc == 0 && i < candidates.n; i++) {
		uint64_t site = candidates.list[i];

		for (size_t k = ph_feeder_first_of(feeder, site);
		     rc == 0 && k < feeder->n_devices && feeder->devices[k].site == site;
		     k++) {
			if (!only || only == &feeder->devices[k]) {
				rc = ph_feeder_tell(feeder, &feeder->devices[k], key,
						    facts, ph_sites_has(in, site));
			}
		}
	}
	ph_sites_deinit(&candidates);
	return rc;
}

int ph_feeder_entity(struct ph_feeder *feeder, const struct ph_entity_key *key,
		     struct ph_feeder_device *only)
{
	struct ph_feeder_facts facts = { 0 };
	struct ph_sites in = { 0 };
	int rc = ph_scope_sites(feeder->config.ledger, key, &in);

	rc = rc != 0 ? rc : ph_ledger_facts(feeder->config.ledger, key, on_fact, &facts);
	rc = rc != 0 ? rc : tell_all(feeder, key, &facts, &in, only);
	if (rc == 0 && key->type == PH_ENTITY_TALLY) {
		rc = tell_events(feeder, &facts, only);
	} else if (rc == 0 && key->type == PH_ENTITY_CARD) {
		rc = tell_loans(feeder, key, only);
	}
	free(facts.list);
	ph_sites_deinit(&facts.authors);
	ph_sites_deinit(&in);
	return rc;
}

/* --- a step --- */

/* Up to BUDGET of the entities that changed, in order of type and id. */
static int load_changes(struct ph_feeder *feeder, unsigned budget, struct ph_keyset *keys)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT type, id FROM ledger_changed ORDER BY type, id"
			       " LIMIT ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, budget);
	return ph_keyset_read_any(keys, stmt);
}

static int drop_change(struct ph_feeder *feeder, const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "DELETE FROM ledger_changed WHERE type = ?1 AND id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	return ph_stmt_run(stmt);
}

static bool has_scope(const struct ph_entity_key *key)
{
	return !ph_scope_is_common((enum ph_entity)key->type) &&
	       key->type != PH_ENTITY_LOG && key->type != PH_ENTITY_MODEL &&
	       key->type != PH_ENTITY_REPORT && key->type != PH_ENTITY_ERASURE;
}

/* A log has come: what acts on it may have come before. */
static int tell_acts(struct ph_feeder *feeder, const struct ph_entity_key *log,
		     struct ph_feeder_device *only)
{
	struct ph_keyset targets = { 0 };
	int rc = log->len == PH_LOG_ID_SIZE ? ph_feeder_acts_on(feeder, log->id, &targets)
					    : -EUCLEAN;

	for (size_t i = 0; rc == 0 && i < targets.n; i++) {
		rc = ph_feeder_act(feeder, &targets.keys[i], only);
	}
	ph_keyset_deinit(&targets);
	return rc;
}

int ph_feeder_change(struct ph_feeder *feeder, const struct ph_entity_key *key,
		     struct ph_feeder_device *only)
{
	if (key->type == PH_ENTITY_LOG) {
		return tell_acts(feeder, key, only);
	}
	if (key->type == PH_CHANGED_ACTS) {
		return ph_feeder_act(feeder, key, only);
	}
	if (key->type == PH_ENTITY_CASE) {
		return ph_feeder_case(feeder, key, only);
	}
	if (key->type == PH_ENTITY_COPY) {
		return ph_feeder_copy(feeder, key, only);
	}
	return has_scope(key) ? ph_feeder_entity(feeder, key, only) : 0;
}

static int take_changes(struct ph_feeder *feeder, const struct ph_keyset *keys)
{
	bool roster = false;
	int rc = 0;

	for (size_t i = 0; i < keys->n; i++) {
		roster = roster || keys->keys[i].type == PH_ENTITY_DEVICE;
	}
	if (roster) {
		rc = ph_feeder_roster(feeder);
	}
	for (size_t i = 0; rc == 0 && i < keys->n; i++) {
		if (feeder->n_devices > 0) {
			rc = ph_feeder_change(feeder, &keys->keys[i], NULL);
		}
		rc = rc != 0 ? rc : drop_change(feeder, &keys->keys[i]);
	}
	return rc;
}

/* What devices have confirmed goes, with what is left of BUDGET. */
static int trim(struct ph_feeder *feeder, unsigned budget, bool *more_out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < feeder->n_devices; i++) {
		if (feeder->devices[i].trims && budget > 0) {
			rc = ph_feeder_trim(feeder, &feeder->devices[i], &budget);
		}
		*more_out = *more_out || feeder->devices[i].trims;
	}
	return rc;
}

static int step(struct ph_feeder *feeder, unsigned budget, bool *more_out)
{
	struct ph_keyset keys = { 0 };
	int rc = ph_feeder_load(feeder);

	rc = rc != 0 ? rc : load_changes(feeder, budget, &keys);
	rc = rc != 0 ? rc : take_changes(feeder, &keys);
	*more_out = keys.n >= budget;
	if (rc == 0 && keys.n < budget) {
		rc = ph_feeder_wake(feeder, budget - (unsigned)keys.n, more_out);
		rc = rc != 0 ? rc : trim(feeder, budget - (unsigned)keys.n, more_out);
	}
	ph_keyset_deinit(&keys);
	return rc != 0 ? rc : ph_feeder_save(feeder);
}

int ph_feeder_step(struct ph_feeder *feeder, unsigned budget, bool *more_out)
{
	int rc = ph_db_begin(feeder->db);

	*more_out = false;
	if (rc != 0) {
		return rc;
	}
	ph_kin_deinit(&feeder->kin); /* the ledger may have gone on */
	ph_feeder_joined_deinit(&feeder->joined);
	rc = step(feeder, budget, more_out);
	rc = rc != 0 ? rc : ph_db_commit(feeder->db);
	if (rc != 0) {
		ph_db_rollback(feeder->db);
		ph_feeder_reload(feeder);
	}
	return rc;
}

/* --- cursors --- */

int ph_feeder_state(struct ph_feeder *feeder, int64_t row, struct ph_feeder_state *out)
{
	const struct ph_feeder_device *device;
	int rc = ph_feeder_load(feeder);

	*out = (struct ph_feeder_state){ 0 };
	device = rc == 0 ? ph_feeder_device_at(feeder, row) : NULL;
	if (device) {
		*out = (struct ph_feeder_state){ .fed = true,
						 .waking = device->waking,
						 .scope = device->scope,
						 .number = device->number,
						 .confirmed = device->confirmed };
	}
	return rc;
}

/* Column 0 of the one row of SQL, of items of the device ROW behind or at NUMBER. */
static int count_items(struct ph_feeder *feeder, const char *sql, int64_t row,
		       uint64_t number, uint64_t *n_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)number);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*n_out = (uint64_t)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_feeder_waiting(struct ph_feeder *feeder, int64_t row, uint64_t *n_out)
{
	const struct ph_feeder_device *device;
	int rc = ph_feeder_load(feeder);

	*n_out = 0;
	device = rc == 0 ? ph_feeder_device_at(feeder, row) : NULL;
	return !device ? rc
		       : count_items(feeder,
				     "SELECT count(*) FROM feed_item WHERE device = ?1"
				     " AND number > ?2",
				     row, device->confirmed, n_out);
}

/*
 * A device ends at what it confirmed or at an item that waits. One that ends elsewhere has what
 * this store never gave out, however far that has come since: it is an older copy of itself.
 */
static int fits(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		const struct ph_feeder_cursor *cursor, bool *fits_out)
{
	uint64_t n = 0;
	int rc = 0;

	if (cursor->scope !=
	    device->scope) { /* it holds nothing of this feed; all is here */
		*fits_out = cursor->scope < device->scope && device->confirmed == 0;
		return 0;
	}
	if (cursor->number > device->confirmed && cursor->number <= device->number) {
		rc = count_items(feeder,
				 "SELECT count(*) FROM feed_item WHERE device = ?1"
				 " AND number = ?2",
				 device->row, cursor->number, &n);
	}
	*fits_out = cursor->number == device->confirmed || n > 0;
	return rc;
}

int ph_feeder_fits(struct ph_feeder *feeder, int64_t row,
		   const struct ph_feeder_cursor *cursor, bool *fits_out)
{
	const struct ph_feeder_device *device;
	int rc = ph_feeder_load(feeder);

	*fits_out = false;
	device = rc == 0 ? ph_feeder_device_at(feeder, row) : NULL;
	return device ? fits(feeder, device, cursor, fits_out) : rc;
}

int ph_feeder_confirm(struct ph_feeder *feeder, int64_t row,
		      const struct ph_feeder_cursor *cursor)
{
	struct ph_feeder_device *device;
	unsigned budget = TRIM;
	bool is_fit = false;
	int rc = ph_feeder_load(feeder);

	device = rc == 0 ? ph_feeder_device_at(feeder, row) : NULL;
	if (!device) {
		return rc;
	}
	rc = fits(feeder, device, cursor, &is_fit);
	if (rc != 0 || !is_fit) {
		return rc != 0 ? rc : ph_feeder_renew(feeder, device, cursor->scope);
	}
	if (cursor->scope != device->scope || cursor->number == device->confirmed) {
		return 0;
	}
	/* All at once would hold a year of them in memory, for the job's savepoint. */
	device->confirmed = cursor->number;
	device->moved = true;
	rc = ph_feeder_trim(feeder, device, &budget);
	return rc != 0 ? rc : ph_feeder_save(feeder);
}
