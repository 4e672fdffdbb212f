/*
 * common/log/journal_expect.c - an older store, opened by a newer program.
 *
 * Which entries have a sealed part the table of kinds says, and a program expects those
 * that it knew of as it stored them (journal_part.c). Once a program with another table
 * has the store, every entry is looked at again, and a row is made for each part that
 * has none: then it is told as missing, asked for, and kept when it comes. The store
 * notes which table it was last looked through with, in the same transaction.
 */
#include "common/log/journal_internal.h"

#include <errno.h>

#include "common/log/kinds.h"

#define META_TABLE "parts_table"

/* Expect a part at N of ROW unless there is a row for it. */
static int expect_once(struct ph_journal *journal, int64_t row, uint64_t n,
		       const uint8_t commit[static PH_HASH_SIZE])
{
	struct ph_stmt *stmt;
	int64_t found = 0;
	int rc = ph_db_prepare(journal->db, "SELECT 1 FROM part WHERE id = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, n));
	rc = ph_journal_one_int(stmt, &found);
	return rc == PH_JOURNAL_E_NONE ? ph_journal_part_expect(journal, row, n, commit)
				       : rc;
}

/* What cannot be read is left alone: the walk of `verify` says what is wrong with it. */
static int look_through(struct ph_journal *journal, int64_t row, const struct ph_run *run)
{
	struct ph_view rest = ph_buf_view(&run->bytes);
	int rc = 0;

	for (uint64_t n = run->first; rc == 0 && n <= run->last; n++) {
		uint8_t commit[PH_HASH_SIZE];
		struct ph_view entry;

		if (ph_segment_next(&rest, &entry) != 0) {
			return 0;
		}
		if (ph_journal_commit_of(entry, commit, &rc)) {
			rc = expect_once(journal, row, n, commit);
		}
	}
	return rc;
}

/* Those above its base: the others are its parent's. */
static int on_log(void *data, const struct ph_log *log)
{
	struct ph_journal *journal = data;
	struct ph_run run = { 0 };
	int rc = 0;

	for (uint64_t n = log->base + 1; rc == 0 && n <= log->n; n = run.last + 1) {
		rc = ph_journal_run_load(journal, log->row, n, &run);
		rc = rc == 0 ? look_through(journal, log->row, &run) : rc;
	}
	ph_buf_deinit(&run.bytes);
	return rc < 0 ? rc : 0;
}

static int expect_all(struct ph_journal *journal, struct ph_view table)
{
	int rc = ph_db_begin(journal->db);

	if (rc != 0) {
		return rc;
	}
	rc = ph_journal_log_each(journal, on_log, journal);
	rc = rc == 0 ? ph_journal_meta_put(journal, META_TABLE, table) : rc;
	rc = rc == 0 ? ph_db_commit(journal->db) : rc;
	if (rc != 0) {
		ph_db_rollback(journal->db);
		ph_journal_reload(journal);
	}
	return rc;
}

int ph_journal_expect_known(struct ph_journal *journal)
{
	uint8_t table[8];
	struct ph_buf noted = { 0 };
	int rc = ph_journal_meta_get(journal, META_TABLE, &noted);

	ph_kinds_hash(table);
	if (rc >= 0 &&
	    !ph_view_equal(ph_buf_view(&noted), PH_VIEW(table, sizeof(table)))) {
		rc = expect_all(journal, PH_VIEW(table, sizeof(table)));
	}
	ph_buf_deinit(&noted);
	/* no room: when it is next opened; damaged: for `verify`, which needs it open */
	return rc == -ENOSPC || rc == -EUCLEAN || rc > 0 ? 0 : rc;
}
