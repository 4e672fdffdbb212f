/*
 * common/ledger/revised_gather.c - the logs that can matter for a report, as they counted
 * when it was issued and as they count now.
 *
 * "Then" is a fold in memory of these logs as far as they were held, by the heads that the
 * report kept; so every rule of the fold holds for it as for the ledger itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/revised_internal.h"
#include "common/ledger/state.h"

size_t ph_revision_index(const struct ph_revision *revision, uint64_t site)
{
	size_t low = 0, high = revision->n_sites;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (revision->sites[middle] < site) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < revision->n_sites && revision->sites[low] == site
		       ? low
		       : revision->n_sites;
}

/* --- which logs --- */

static bool is_row(const struct ph_revision *revision, int64_t row)
{
	return row > 0 && (size_t)row < revision->n_rows;
}

static int on_row(void *data, const struct ph_log *log)
{
	struct ph_revision *revision = data;

	if ((size_t)log->row >= revision->n_rows) {
		revision->n_rows = (size_t)log->row + 1;
	}
	return 0;
}

static int on_log(void *data, const struct ph_log *log)
{
	struct ph_revision *revision = data;

	revision->matters[log->row] =
		log->site == 0 ||
		ph_revision_index(revision, log->site) < revision->n_sites;
	return ph_figures_reach(revision->figures, revision->ledger->journal, log,
				&revision->reach[log->row]);
}

/* What was written on behalf of SITE is filed under its tallies, also what is off. */
static int add_writers(struct ph_revision *revision, uint64_t site)
{
	struct ph_entity_key low = ph_key_tally(site, revision->from);
	struct ph_entity_key high = ph_key_tally(site, revision->to);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(revision->ledger->db,
			       "SELECT DISTINCT log FROM ledger_fact WHERE type = ?1"
			       " AND id >= ?2 AND id <= ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TALLY);
	ph_stmt_blob(stmt, 2, ph_key_view(&low));
	ph_stmt_blob(stmt, 3, ph_key_view(&high));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		if (is_row(revision, ph_stmt_col_int(stmt, 0))) {
			revision->matters[ph_stmt_col_int(stmt, 0)] = true;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int matter(void *data, const struct ph_log *log)
{
	struct ph_revision *revision = data;

	revision->matters[log->row] = true;
	return 0;
}

/* The branches of the log of a clock-mark that JUDGE is of. */
static int add_judged(struct ph_revision *revision, const struct ph_entry *judge)
{
	return ph_ledger_branches(revision->ledger,
				  judge->field[PH_JUDGE_MARK].as.ref.log_id, matter,
				  revision);
}

/* A void may be of a judgement. */
static int add_freed(struct ph_revision *revision, const struct ph_ref *target)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_log log;
	int rc = ph_journal_resolve(revision->ledger->journal, target, &log, &bytes);

	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry) : rc;
	if (rc == 0 && entry.number == PH_KIND_CLOCK_JUDGE) {
		rc = add_judged(revision, &entry);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* What the hub has said since then. */
static int on_word(void *data, uint64_t n, struct ph_view bytes)
{
	struct ph_revision *revision = data;
	struct ph_entry entry;
	int rc = ph_entry_decode(bytes, &entry);

	(void)n;
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	return entry.number == PH_KIND_CLOCK_JUDGE ? add_judged(revision, &entry)
	       : entry.number == PH_KIND_VOID
		       ? add_freed(revision, &entry.field[PH_VOID_TARGET].as.ref)
		       : 0;
}

static int on_hub_log(void *data, const struct ph_log *log)
{
	struct ph_revision *revision = data;

	return log->site == 0 ? ph_journal_entry_each(revision->ledger->journal, log->row,
						      revision->reach[log->row], on_word,
						      revision)
			      : 0;
}

/* A branch cannot be folded without what it grew from, nor rightly without the others. */
static int on_branch(void *data, const struct ph_log *log)
{
	struct ph_revision *revision = data;

	return revision->matters[log->row]
		       ? ph_ledger_branches(revision->ledger, log->id, matter, revision)
		       : 0;
}

int ph_revision_find_logs(struct ph_revision *revision)
{
	struct ph_journal *journal = revision->ledger->journal;
	int rc = ph_journal_log_each(journal, on_row, revision);

	if (rc != 0) {
		return rc;
	}
	revision->reach = calloc(revision->n_rows + 1, sizeof *revision->reach);
	revision->matters = calloc(revision->n_rows + 1, sizeof *revision->matters);
	if (revision->reach == NULL || revision->matters == NULL) {
		return -ENOMEM;
	}
	rc = ph_journal_log_each(journal, on_log, revision);
	for (size_t i = 0; rc == 0 && i < revision->n_sites; i++) {
		rc = add_writers(revision, revision->sites[i]);
	}
	rc = rc != 0 ? rc : ph_journal_log_each(journal, on_branch, revision);
	return rc != 0 ? rc : ph_journal_log_each(journal, on_hub_log, revision);
}

/* --- then and now --- */

struct gathering {
	struct ph_ledger *ledger;
	struct ph_counted_list *list;
};

static int gather(void *data, struct ph_held *held, enum ph_part_in_fold part)
{
	struct gathering *gathering = data;
	struct ph_counted_list *list = gathering->list;
	struct ph_counted *item;
	int rc;

	if (!(part & PH_PART_FACT) || !ph_tally_counts(held->entry)) {
		return 0;
	}
	rc = ph_state_grow((void **)&list->items, list->n, &list->cap,
			   sizeof *list->items);
	if (rc != 0) {
		return rc;
	}
	item = &list->items[list->n];
	*item = (struct ph_counted){ .row = held->row,
				     .n = held->fact.ref.n,
				     .site = held->fact.site,
				     .second = held->fact.second,
				     .kind = (uint16_t)held->entry->number };
	memcpy(item->hash, held->fact.ref.hash, sizeof item->hash);
	item->n_counts = (uint8_t)ph_tally_of(held->entry, item->counts);
	rc = ph_held_read_off(gathering->ledger, held, &item->off);
	list->n += rc == 0;
	return rc;
}

int ph_revision_gather(const struct ph_revision *revision, struct ph_ledger *ledger,
		       struct ph_counted_list *list)
{
	struct gathering gathering = { ledger, list };
	struct ph_held held = { 0 };
	int rc = ph_held_init(&held);

	for (size_t row = 1; rc == 0 && row < revision->n_rows; row++) {
		if (revision->matters[row]) {
			rc = ph_held_each(ledger, (int64_t)row, 0, UINT64_MAX, &held,
					  gather, &gathering);
		}
	}
	ph_held_deinit(&held);
	return rc;
}

static uint64_t takes(void *data, const struct ph_log *log)
{
	const struct ph_revision *revision = data;

	return is_row(revision, log->row) && revision->matters[log->row] &&
			       revision->reach[log->row] > log->base
		       ? revision->reach[log->row]
		       : 0;
}

int ph_revision_gather_before(struct ph_revision *revision, struct ph_error *err)
{
	struct ph_db_config memory = { .path = ":memory:", .create = true };
	struct ph_ledger *ledger = NULL;
	struct ph_db *db = NULL;
	int rc = ph_db_open(&db, &memory, err);

	if (rc == 0) {
		rc = ph_ledger_open(&ledger,
				    &(struct ph_ledger_config){
					    .journal = revision->ledger->journal,
					    .db = db,
					    .takes = takes,
					    .data = revision,
					    .speakers = revision->ledger->config.speakers,
				    },
				    err);
	}
	rc = rc != 0 ? rc : ph_ledger_catch_up(ledger, NULL, err);
	rc = rc != 0 ? rc : ph_revision_gather(revision, ledger, &revision->before);
	ph_ledger_free(ledger);
	ph_db_close(db);
	return rc;
}
