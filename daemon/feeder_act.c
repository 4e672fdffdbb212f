/*
 * daemon/feeder_act.c - what others wrote that acts on a site's own entries.
 *
 * A site folds its own logs by itself, so a void, an unmerge, a judgement of its clock
 * or an adoption that somebody else wrote must reach it raw. The control log brings what
 * stands in it; the rest is told here, under the entry or log that it acts on, and taken
 * back when it is itself voided or cut.
 */
#include "daemon/feeder_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

struct act {
	struct ph_ref ref;
	uint64_t stamp;
	bool told, kept;
};

struct acts {
	struct ph_feeder *feeder;
	struct act *list;
	size_t n, cap;
};

static int add(struct acts *acts, const struct act *act)
{
	int rc = ph_state_grow((void **)&acts->list, acts->n, &acts->cap,
			       sizeof(*acts->list));

	if (rc == 0) {
		acts->list[acts->n++] = *act;
	}
	return rc;
}

static struct act *find(struct acts *acts, const struct ph_ref *ref)
{
	for (size_t i = 0; i < acts->n; i++) {
		if (ph_ref_equal(&acts->list[i].ref, ref)) {
			return &acts->list[i];
		}
	}
	return NULL;
}

/* The act in the row of STMT, if a device of SITE does not have it anyway. */
static int take_row(struct acts *acts, struct ph_stmt *stmt, uint64_t site)
{
	struct act act = { .stamp = (uint64_t)ph_stmt_col_int(stmt, 2) };
	struct ph_view hash = ph_stmt_col_blob(stmt, 3);
	struct act *same;
	struct ph_log log;
	int rc;

	if (hash.len != sizeof(act.ref.hash)) {
		return -EUCLEAN;
	}
	rc = ph_journal_log_at(acts->feeder->config.journal, ph_stmt_col_int(stmt, 0),
			       &log);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	memcpy(act.ref.log_id, log.id, sizeof(act.ref.log_id));
	act.ref.n = (uint64_t)ph_stmt_col_int(stmt, 1);
	memcpy(act.ref.hash, hash.data, hash.len);
	if (log.site == 0 ? ph_control_has(acts->feeder->config.control, log.id)
			  : log.site == site) {
		return 0;
	}
	same = find(acts, &act.ref);
	if (same) {
		same->kept = true;
		same->stamp = act.stamp;
		return 0;
	}
	act.kept = true;
	return add(acts, &act);
}

static int load_wanted(struct acts *acts, struct ph_view target, uint64_t site)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(acts->feeder->db,
			       "SELECT log, n, stamp, hash FROM ledger_act"
			       " WHERE target = ?1 AND off = 0",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, target);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = take_row(acts, stmt, site);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int load_told(struct acts *acts, const struct ph_feeder_device *device,
		     struct ph_view target)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(acts->feeder->db,
			       "SELECT ref FROM feed_act WHERE device = ?1"
			       " AND target = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_blob(stmt, 2, target);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct act act = { .told = true };

		rc = ph_feeder_ref_get(ph_stmt_col_blob(stmt, 0), &act.ref)
			     ? add(acts, &act)
			     : -EUCLEAN;
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int save(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		struct ph_view target, const struct act *act)
{
	static const char put[] = "INSERT INTO feed_act(device, target, ref)"
				  " VALUES(?1, ?2, ?3)";
	static const char drop[] = "DELETE FROM feed_act WHERE device = ?1"
				   " AND target = ?2 AND ref = ?3";
	uint8_t ref[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db, act->kept ? put : drop, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_feeder_ref_put(ref, &act->ref);
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_blob(stmt, 2, target);
	ph_stmt_blob(stmt, 3, PH_VIEW(ref, sizeof(ref)));
	return ph_stmt_run(stmt);
}

/* An unmerge can act on several entries: it goes only with the last of them. */
static int is_told(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		   const struct ph_ref *act, bool *told_out)
{
	uint8_t ref[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT 1 FROM feed_act WHERE device = ?1 AND ref = ?2"
			       " LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_feeder_ref_put(ref, act);
	ph_stmt_int(stmt, 1, device->row);
	ph_stmt_blob(stmt, 2, PH_VIEW(ref, sizeof(ref)));
	rc = ph_stmt_step(stmt);
	*told_out = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int tell_one(struct ph_feeder *feeder, struct ph_feeder_device *device,
		    struct ph_view target, const struct act *act)
{
	struct ph_feeder_item item = { .what = act->kept ? PH_FEED_ACT : PH_FEED_UNACT,
				       .ref = &act->ref,
				       .second = ph_stamp_seconds(act->stamp),
				       .tick = (uint16_t)act->stamp };
	bool before, after;
	int rc;

	if (act->told == act->kept) {
		return 0;
	}
	rc = is_told(feeder, device, &act->ref, &before);
	rc = rc != 0 ? rc : save(feeder, device, target, act);
	rc = rc != 0 ? rc : is_told(feeder, device, &act->ref, &after);
	return rc != 0 || before == after ? rc : ph_feeder_append(feeder, device, &item);
}

static int tell(struct ph_feeder *feeder, struct ph_feeder_device *device,
		struct ph_view target)
{
	struct acts acts = { .feeder = feeder };
	int rc = load_told(&acts, device, target);

	rc = rc != 0 ? rc : load_wanted(&acts, target, device->site);
	for (size_t i = 0; rc == 0 && i < acts.n; i++) {
		rc = tell_one(feeder, device, target, &acts.list[i]);
	}
	free(acts.list);
	return rc;
}

int ph_feeder_act(struct ph_feeder *feeder, const struct ph_entity_key *target,
		  struct ph_feeder_device *only)
{
	struct ph_log log;
	int rc;

	if (target->len < PH_LOG_ID_SIZE) {
		return -EUCLEAN;
	}
	rc = ph_journal_log_find(feeder->config.journal, target->id, &log);
	if (rc != 0) {
		return rc < 0 ? rc
			      : 0; /* not here yet; or a cut device, which the control log tells */
	}
	for (size_t i = ph_feeder_first_of(feeder, log.site);
	     rc == 0 && i < feeder->n_devices && feeder->devices[i].site == log.site;
	     i++) {
		if (!only || only == &feeder->devices[i]) {
			rc = tell(feeder, &feeder->devices[i], ph_key_view(target));
		}
	}
	return rc;
}

int ph_feeder_acts_on(struct ph_feeder *feeder,
		      const uint8_t log_id[static PH_LOG_ID_SIZE],
		      struct ph_keyset *targets)
{
	uint8_t last[PH_FEEDER_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(feeder->db,
			       "SELECT DISTINCT target FROM ledger_act"
			       " WHERE target >= ?1 AND target <= ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	memset(last, 0xff, sizeof(last));
	memcpy(last, log_id, PH_LOG_ID_SIZE);
	ph_stmt_blob(stmt, 1, PH_VIEW(log_id, PH_LOG_ID_SIZE));
	ph_stmt_blob(stmt, 2, PH_VIEW(last, sizeof(last)));
	return ph_keyset_read(targets, (enum ph_entity)PH_CHANGED_ACTS, stmt);
}
