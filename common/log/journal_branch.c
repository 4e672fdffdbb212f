/*
 * common/log/journal_branch.c - the branches of a log, and where their entries lie.
 *
 * A log that is not forked is one row. When a second history comes, it gets a row of
 * its own that names its parent and its base: entries 1 to base are read from the
 * parent, whose own may lie with its parent. No branch is the beginning of another, so
 * each has a head that no other passes through.
 *
 * A parent has a lower row than what grew from it, and keeps the entry at the base
 * itself; anything else is -EUCLEAN, as is a chain of more parents than there can be
 * branches.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

int ph_journal_path(struct ph_journal *journal, int64_t row, struct ph_path *path_out)
{
	struct ph_log *held[PH_BRANCHES_MAX];
	unsigned n = 0;
	int rc = ph_journal_held(journal, row, &held[n]);

	while (rc == 0 && held[n++]->parent != 0) {
		if (n == PH_BRANCHES_MAX) {
			return -EUCLEAN;
		}
		rc = ph_journal_held(journal, held[n - 1]->parent, &held[n]);
		if (rc == PH_JOURNAL_E_NONE ||
		    (rc == 0 && held[n]->base >= held[n - 1]->base &&
		     held[n]->parent != 0)) {
			rc = -EUCLEAN;
		}
	}
	if (rc != 0) {
		return rc;
	}
	path_out->n = n;
	for (unsigned i = 0; i < n; i++) {
		path_out->at[i] = (struct ph_stretch){
			.row = held[n - 1 - i]->row,
			.base = held[n - 1 - i]->base,
			.last = i + 1 < n ? held[n - 2 - i]->base : PH_JOURNAL_N_MAX,
		};
	}
	return 0;
}

int ph_journal_keeper(struct ph_journal *journal, int64_t row, uint64_t n,
		      int64_t *row_out)
{
	struct ph_path path;
	int rc = ph_journal_path(journal, row, &path);

	if (rc != 0) {
		return rc;
	}
	for (unsigned i = 0; i < path.n; i++) {
		if (n > path.at[i].base && n <= path.at[i].last) {
			*row_out = path.at[i].row;
			return 0;
		}
	}
	return PH_JOURNAL_E_NONE;
}

int ph_journal_branches(struct ph_journal *journal,
			const uint8_t id[static PH_LOG_ID_SIZE],
			int64_t rows_out[static PH_BRANCHES_MAX], unsigned *n_out)
{
	struct ph_stmt *stmt;
	unsigned n = 0;
	int rc = ph_db_prepare(
		journal->db, "SELECT row FROM log WHERE id = ?1 ORDER BY branch", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_LOG_ID_SIZE));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		if (n == PH_BRANCHES_MAX) {
			ph_stmt_reset(stmt);
			return -EUCLEAN;
		}
		rows_out[n++] = ph_stmt_col_int(stmt, 0);
	}
	*n_out = n;
	return rc;
}

int ph_journal_log_branch_each(struct ph_journal *journal,
			       const uint8_t id[static PH_LOG_ID_SIZE],
			       int (*cb)(void *data, const struct ph_log *log),
			       void *data)
{
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n = 0;
	int rc = ph_journal_branches(journal, id, rows, &n);

	if (rc == 0 && n == 0) {
		rc = PH_JOURNAL_E_NONE;
	}
	for (unsigned i = 0; rc == 0 && i < n; i++) {
		struct ph_log log;

		rc = ph_journal_log_at(journal, rows[i], &log);
		if (rc == 0) {
			rc = cb(data, &log);
		}
	}
	return rc;
}

int ph_journal_log_with(struct ph_journal *journal,
			const uint8_t id[static PH_LOG_ID_SIZE], uint64_t n,
			const uint8_t h[static PH_HASH_SIZE], struct ph_log *log_out)
{
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n_rows = 0;
	int rc = ph_journal_branches(journal, id, rows, &n_rows);

	for (unsigned i = 0; rc == 0 && i < n_rows; i++) {
		uint8_t own[PH_HASH_SIZE];
		struct ph_log log;

		rc = ph_journal_log_at(journal, rows[i], &log);
		if (rc != 0) {
			break;
		}
		rc = ph_journal_chain_at(journal, &log, n, own);
		if (rc == 0 && memcmp(own, h, sizeof(own)) == 0) {
			*log_out = log;
			return 0;
		}
		rc = rc == PH_JOURNAL_E_NONE ? 0 : rc;
	}
	return rc == 0 ? PH_JOURNAL_E_NONE : rc;
}

int ph_journal_log_is_forked(struct ph_journal *journal,
			     const uint8_t id[static PH_LOG_ID_SIZE], bool *forked_out)
{
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n = 0;
	int rc = ph_journal_branches(journal, id, rows, &n);

	if (rc == 0) {
		*forked_out = n > 1;
	}
	return rc;
}

int ph_journal_log_common(struct ph_journal *journal, int64_t row, int64_t other,
			  uint64_t *n_out)
{
	struct ph_path a;
	struct ph_path b;
	struct ph_log *held_a;
	struct ph_log *held_b;
	uint64_t n = 0;
	int rc = ph_journal_path(journal, row, &a);

	if (rc == 0) {
		rc = ph_journal_path(journal, other, &b);
	}
	if (rc == 0) {
		rc = ph_journal_held(journal, row, &held_a);
	}
	if (rc == 0) {
		rc = ph_journal_held(journal, other, &held_b);
	}
	if (rc != 0) {
		return rc;
	}
	a.at[a.n - 1].last = held_a->n;
	b.at[b.n - 1].last = held_b->n;
	for (unsigned i = 0; i < a.n && i < b.n && a.at[i].row == b.at[i].row; i++) {
		n = a.at[i].last < b.at[i].last ? a.at[i].last : b.at[i].last;
	}
	*n_out = n;
	return 0;
}
