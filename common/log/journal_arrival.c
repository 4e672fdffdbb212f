/*
 * common/log/journal_arrival.c - by which road an entry came, and when.
 *
 * One small row for what was new of each segment that was taken; what this store wrote
 * itself has none. The row's id is the key of its first entry, so one seek finds the
 * arrival of any entry. It is local knowledge: nothing of it is signed, and a store that
 * is older than this table does not know it of what it held before.
 */
#include "common/log/journal_internal.h"

#include <errno.h>

int ph_journal_arrival_put(struct ph_journal *journal, const struct ph_stored *stored,
			   int64_t second, enum ph_road road, enum ph_level level)
{
	struct ph_stmt *stmt;
	int rc;

	if (stored->n == 0) {
		return 0;
	}
	rc = ph_db_prepare(journal->db,
			   "INSERT INTO arrival(id, last, second, road, level)"
			   " VALUES(?1, ?2, ?3, ?4, ?5)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(stored->row, stored->first));
	ph_stmt_int(stmt, 2, (int64_t)stored->last);
	ph_stmt_int(stmt, 3, second);
	ph_stmt_int(stmt, 4, road);
	ph_stmt_int(stmt, 5, level);
	return ph_stmt_run(stmt);
}

int ph_journal_arrival(struct ph_journal *journal, int64_t log_row, uint64_t n,
		       struct ph_arrival *out)
{
	struct ph_arrival arrival;
	struct ph_stmt *stmt;
	int rc = ph_journal_keeper(journal, log_row, n, &log_row);

	if (rc == 0) {
		rc = ph_db_prepare(journal->db,
				   "SELECT id, last, second, road, level FROM arrival"
				   " WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
				   &stmt);
	}
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log_row, 0));
	ph_stmt_int(stmt, 2, ph_journal_key(log_row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	arrival.first = ph_journal_key_n(ph_stmt_col_int(stmt, 0));
	arrival.last = (uint64_t)ph_stmt_col_int(stmt, 1);
	arrival.second = ph_stmt_col_int(stmt, 2);
	arrival.road = (enum ph_road)ph_stmt_col_int(stmt, 3);
	arrival.level = (enum ph_level)ph_stmt_col_int(stmt, 4);
	ph_stmt_reset(stmt);
	if (arrival.last < n) {
		return PH_JOURNAL_E_NONE;
	}
	*out = arrival;
	return 0;
}
