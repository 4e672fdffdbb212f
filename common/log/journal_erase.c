/*
 * common/log/journal_erase.c - parts of readers who were erased.
 *
 * Whom an entry is about follows from its bytes and what is known as erased (erased.c), so what
 * comes for an erased reader is known as it comes. A part that is gone leaves an empty
 * ciphertext: its commitment stays, with which the entry goes on to be relayed.
 *
 * SQLite overwrites what is deleted (secure_delete), but where a page was split or put in
 * order before, old bytes may lie in the room between its cells. So after an erasure all
 * parts are written to fresh pages, and the pages that they lay on are overwritten whole.
 */
#include "common/log/erased.h"

#include <errno.h>
#include <string.h>

#include "common/log/journal_internal.h"
#include "common/log/kinds.h"
#include "common/log/part.h"

int ph_journal_part_erase(struct ph_journal *journal, int64_t log_row, uint64_t n,
			  bool *held_out)
{
	struct ph_stmt *stmt;
	int64_t held = 0;
	int rc = ph_journal_keeper(journal, log_row, n, &log_row);

	*held_out = false;
	rc = rc != 0 ? rc
		     : ph_db_prepare(journal->db,
				     "SELECT coalesce(length(cipher), 0) FROM part"
				     " WHERE id = ?1",
				     &stmt);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log_row, n));
	rc = ph_journal_one_int(stmt, &held);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_db_prepare(journal->db,
			   "UPDATE part SET cipher = x'', seed = NULL WHERE id = ?1",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log_row, n));
	*held_out = held > 0;
	return ph_stmt_run(stmt);
}

static int is_gone(struct ph_journal *journal, int64_t row, uint64_t n,
		   const uint8_t commit[static PH_HASH_SIZE])
{
	struct ph_stmt *stmt;
	int64_t one = 0;
	int rc = ph_journal_keeper(journal, row, n, &row);

	rc = rc != 0 ? rc
		     : ph_db_prepare(journal->db,
				     "SELECT 1 FROM part WHERE id = ?1"
				     " AND commit_hash = ?2 AND cipher = x''",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, n));
	ph_stmt_blob(stmt, 2, PH_VIEW(commit, PH_HASH_SIZE));
	return ph_journal_one_int(stmt, &one);
}

int ph_journal_part_gone(struct ph_journal *journal,
			 const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
			 struct ph_view cipher, bool *gone_out)
{
	int64_t rows[PH_BRANCHES_MAX];
	uint8_t commit[PH_HASH_SIZE];
	unsigned n_rows = 0;
	int rc = ph_journal_branches(journal, log_id, rows, &n_rows);

	*gone_out = false;
	ph_part_commit(cipher, commit);
	for (unsigned i = 0; rc >= 0 && !*gone_out && i < n_rows; i++) {
		rc = is_gone(journal, rows[i], n, commit);
		*gone_out = rc == 0;
	}
	return rc < 0 ? rc : 0;
}

int ph_journal_erase_known(struct ph_journal *journal, const struct ph_log *log,
			   uint64_t after, struct ph_view entries)
{
	bool any = false;
	int rc = ph_erased_any(journal->db, &any);

	for (uint64_t n = after + 1; rc == 0 && any && entries.len > 0; n++) {
		uint8_t commit[PH_HASH_SIZE];
		struct ph_view entry;
		bool is_erased = false;

		if (ph_segment_next(&entries, &entry) != 0) {
			return -EUCLEAN;
		}
		rc = ph_erased_look(journal->db, log->id, n, entry, &is_erased);
		if (rc == 0 && is_erased && ph_journal_commit_of(entry, commit, &rc)) {
			rc = ph_journal_part_erase(journal, log->row, n, &is_erased);
		}
	}
	return rc;
}

int ph_journal_parts_rewrite(struct ph_journal *journal)
{
	static const char sql[] =
		"CREATE TABLE part_copy(id INTEGER PRIMARY KEY, commit_hash BLOB NOT "
		"NULL,"
		" cipher BLOB, seed BLOB);"
		"INSERT INTO part_copy(id, commit_hash, cipher, seed)"
		" SELECT id, commit_hash, cipher, seed FROM part ORDER BY id;"
		"DELETE FROM part;"
		"INSERT INTO part(id, commit_hash, cipher, seed)"
		" SELECT id, commit_hash, cipher, seed FROM part_copy ORDER BY id;"
		"DROP TABLE part_copy;";

	return ph_db_exec(journal->db, sql);
}
