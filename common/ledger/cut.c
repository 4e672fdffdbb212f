/*
 * common/ledger/cut.c - how far the logs of a device that was cut still count.
 *
 * A cut names heads. On each branch of each log of the device it leaves the entries up
 * to the furthest of them that stands on it; of several cuts the one that leaves least
 * counts, and an adoption that leaves more wins. So of each branch one number is kept,
 * its limit, and what stands between the old limit and a new one is looked at again.
 *
 * A head counts once it is held: so a branch is looked at again when it has grown. What
 * branches have in common is kept by the one that came first, and a head on any of them
 * covers it. Logs of the hub are never cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/state.h"
#include "common/ledger/store.h"

/* --- the branches of one log --- */

struct branches {
	struct ph_ledger *ledger;
	struct ph_log items[PH_BRANCHES_MAX];
	uint64_t covered[PH_BRANCHES_MAX]; /* by one cut */
	uint64_t limit[PH_BRANCHES_MAX];
	uint64_t adopted[PH_BRANCHES_MAX];
	size_t n;
};

static int on_branch(void *data, const struct ph_log *log)
{
	struct branches *branches = data;

	if (branches->n == PH_BRANCHES_MAX) {
		return -EUCLEAN;
	}
	branches->items[branches->n++] = *log;
	return 0;
}

/* The branches of one log that keep the entry before which I's own begin; its own index if none. */
static size_t parent_of(const struct branches *branches, size_t i)
{
	for (size_t k = 0; k < branches->n; k++) {
		if (branches->items[k].row == branches->items[i].parent) {
			return k;
		}
	}
	return i;
}

/* Whether HEAD stands on what branch I itself keeps and the ledger takes. */
static int is_on(const struct branches *branches, size_t i, const struct ph_head *head,
		 bool *on)
{
	const struct ph_log *log = &branches->items[i];
	uint8_t h[PH_HASH_SIZE];
	int rc;

	*on = false;
	if (head->n <= log->base || head->n > ph_ledger_takes(branches->ledger, log)) {
		return 0;
	}
	rc = ph_journal_chain_at(branches->ledger->journal, log, head->n, h);
	if (rc == 0) {
		*on = memcmp(h, head->h, sizeof h) == 0;
	}
	return rc > 0 ? 0 : rc;
}

/* HEAD covers branch I up to its number, and what that branch grew from up to there. */
static void cover(const struct branches *branches, size_t i, uint64_t n,
		  uint64_t *covered)
{
	while (true) {
		size_t parent = parent_of(branches, i);

		if (n > covered[i]) {
			covered[i] = n;
		}
		if (parent == i) {
			return;
		}
		if (n > branches->items[i].base) {
			n = branches->items[i].base;
		}
		i = parent;
	}
}

static int cover_head(const struct branches *branches, const struct ph_head *head,
		      uint64_t *covered)
{
	int rc = 0;

	if (memcmp(head->log_id, branches->items[0].id, PH_LOG_ID_SIZE) != 0) {
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < branches->n; i++) {
		bool on;

		rc = is_on(branches, i, head, &on);
		if (rc == 0 && on) {
			cover(branches, i, head->n, covered);
		}
	}
	return rc;
}

/* --- acts --- */

static int cover_cut(struct branches *branches, const struct ph_value *heads)
{
	struct ph_head head;
	int rc = 0;

	memset(branches->covered, 0, sizeof branches->covered);
	if (heads->set) {
		struct ph_list_iter iter = ph_list_begin(&heads->as.list);

		while (rc == 0 && ph_list_next_head(&iter, &head)) {
			rc = cover_head(branches, &head, branches->covered);
		}
	}
	for (size_t i = 0; i < branches->n; i++) {
		if (branches->covered[i] < branches->limit[i]) {
			branches->limit[i] = branches->covered[i];
		}
	}
	return rc;
}

/* The acts of KIND on TARGET that are not off, as entries one behind the other, each behind its length. */
static int gather(struct ph_ledger *ledger, uint64_t kind, struct ph_view target,
		  struct ph_buf *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT entry FROM ledger_act"
			       " WHERE target = ?1 AND kind = ?2 AND off = 0",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, target);
	ph_stmt_int(stmt, 2, (int64_t)kind);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = ph_segment_add(out, ph_stmt_col_blob(stmt, 0));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int apply(struct branches *branches, uint64_t kind, struct ph_view target)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	struct ph_buf acts = { 0 };
	struct ph_view rest, bytes;
	int rc = entry == NULL ? -ENOMEM : gather(branches->ledger, kind, target, &acts);

	rest = ph_buf_view(&acts);
	while (rc == 0 && rest.len > 0) {
		rc = ph_segment_next(&rest, &bytes) == 0 ? ph_entry_decode(bytes, entry)
							 : -EUCLEAN;
		if (rc != 0) {
			rc = rc > 0 ? -EUCLEAN : rc;
		} else if (kind == PH_KIND_DEVICE_CUT) {
			rc = cover_cut(branches, &entry->field[PH_CUT_HEADS]);
		} else {
			rc = cover_head(branches, &entry->field[PH_ADOPT_HEAD].as.head,
					branches->adopted);
		}
	}
	ph_buf_deinit(&acts);
	free(entry);
	return rc;
}

/* --- limits --- */

static int on_item(void *data, struct ph_held *held, enum ph_part_in_fold part)
{
	return part == PH_PART_MARK ? 0 : ph_act_settle(data, held, part);
}

/* Entries of the log ROW above LIMIT are cut from now on. */
static int set_limit(struct ph_ledger *ledger, int64_t row, uint64_t limit)
{
	if (ph_ledger_cursor(ledger, row) == NULL) {
		return 0; /* it is looked at when its entries come */
	}

	struct ph_cursor *cursor = &ledger->cursors[row];
	uint64_t low = cursor->limit < limit ? cursor->limit : limit;
	uint64_t high = cursor->limit < limit ? limit : cursor->limit;

	if (low == high) {
		return 0;
	}
	cursor->limit = limit;

	int rc = ph_ledger_note_moved(ledger, row);

	return rc != 0 ? rc
		       : ph_held_each(ledger, row, low, high, &ledger->held, on_item,
				      ledger);
}

int ph_cut_refresh(struct ph_ledger *ledger, const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	struct branches *branches = calloc(1, sizeof *branches);
	int rc = branches == NULL ? -ENOMEM : 0;

	if (rc != 0) {
		return rc;
	}
	branches->ledger = ledger;
	rc = ph_ledger_branches(ledger, log_id, on_branch, branches);
	if (rc != 0 || branches->n == 0 || branches->items[0].site == 0) {
		goto out;
	}
	for (size_t i = 0; i < branches->n; i++) {
		branches->limit[i] = UINT64_MAX;
	}
	rc = apply(branches, PH_KIND_DEVICE_CUT,
		   PH_VIEW(branches->items[0].device_id, PH_DEVICE_ID_SIZE));
	rc = rc != 0 ? rc
		     : apply(branches, PH_KIND_LOG_ADOPT,
			     PH_VIEW(log_id, PH_LOG_ID_SIZE));
	for (size_t i = 0; rc == 0 && i < branches->n; i++) {
		uint64_t limit = branches->limit[i];

		if (branches->adopted[i] > limit) {
			limit = branches->adopted[i];
		}
		rc = set_limit(ledger, branches->items[i].row, limit);
	}
out:
	free(branches);
	return rc;
}

/* --- at the end of a transaction --- */

struct ids {
	uint8_t (*items)[PH_LOG_ID_SIZE];
	size_t n, cap;
};

static int on_log(void *data, const struct ph_log *log)
{
	struct ids *ids = data;
	int rc;

	if (ids->n > 0 && memcmp(ids->items[ids->n - 1], log->id, PH_LOG_ID_SIZE) == 0) {
		return 0;
	}
	rc = ph_state_grow((void **)&ids->items, ids->n, &ids->cap, sizeof *ids->items);
	if (rc == 0) {
		memcpy(ids->items[ids->n++], log->id, PH_LOG_ID_SIZE);
	}
	return rc;
}

static int refresh_device(struct ph_ledger *ledger,
			  const uint8_t id[static PH_DEVICE_ID_SIZE])
{
	struct ids ids = { 0 };
	int rc = ph_journal_logs_of_device(ledger->journal, id, on_log, &ids);

	for (size_t i = 0; rc == 0 && i < ids.n; i++) {
		rc = ph_cut_refresh(ledger, ids.items[i]);
	}
	free(ids.items);
	return rc;
}

int ph_cuts_finish(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	int rc = 0;

	while (rc == 0 && batch->n_cuts > 0) {
		struct ph_cut_at at = batch->cuts[--batch->n_cuts];

		rc = at.device ? refresh_device(ledger, at.id)
			       : ph_cut_refresh(ledger, at.id);
	}
	return rc;
}

int ph_ledger_cut_at(struct ph_ledger *ledger, int64_t row, uint64_t *limit_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT cut FROM ledger_log WHERE row = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_LEDGER_E_NONE : rc;
	}
	*limit_out = ph_stmt_col_is_null(stmt, 0) ? UINT64_MAX
						  : (uint64_t)ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return 0;
}
