/*
 * common/log/journal_receipt.c - how far a log has come, as others signed it.
 *
 * One receipt is kept for each branch of a log and level. A hub that was restored starts a new
 * epoch and may hold less than it said before: receipts of its new epoch replace
 * those of the old one even when they reach less far, and what an old epoch
 * receipted at another level counts no further than the new one goes.
 *
 * A receipt names h(n), so of a forked log it belongs to the branch that has it, and
 * lies with the row that keeps entry n; for other branches it counts as far as they
 * have the same entries. One for entries that are not held (this store was restored)
 * or for others at these numbers says nothing about ours; it is refused with
 * PH_JOURNAL_E_GAP or PH_JOURNAL_E_FORK and the caller decides what that means.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

struct row {
	int64_t level;
	uint64_t n;
	struct ph_epoch epoch;
	int64_t time;
};

/* The receipts held of a log: at most one a level. */
struct rows {
	struct row at[PH_LEVEL_BACKUP + 1];
	size_t n;
};

static int read_rows(struct ph_journal *journal, int64_t log_row, struct rows *rows)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT level, n, epoch, epoch_random, time"
			       " FROM receipt WHERE log = ?1 ORDER BY level",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	rows->n = 0;
	ph_stmt_int(stmt, 1, log_row);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct row row = {
			.level = ph_stmt_col_int(stmt, 0),
			.n = (uint64_t)ph_stmt_col_int(stmt, 1),
			.epoch.number = (uint64_t)ph_stmt_col_int(stmt, 2),
			.time = ph_stmt_col_int(stmt, 4),
		};

		rc = ph_journal_col_fixed(stmt, 3, row.epoch.random,
					  sizeof(row.epoch.random));
		if (rc != 0 || rows->n == sizeof(rows->at) / sizeof(rows->at[0])) {
			ph_stmt_reset(stmt);
			return -EUCLEAN;
		}
		rows->at[rows->n++] = row;
	}
	return rc;
}

static int read_bytes(struct ph_journal *journal, int64_t log_row, int64_t level,
		      struct ph_buf *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT bytes FROM receipt WHERE log = ?1 AND level = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, log_row);
	ph_stmt_int(stmt, 2, level);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? -EUCLEAN : rc;
	}
	rc = ph_buf_put_view(out, ph_stmt_col_blob(stmt, 0));
	ph_stmt_reset(stmt);
	return rc;
}

/*
 * Whether fewer bodies are missing by NEW than by OLD, of the same n. Each names the
 * first that are, and bodies only come, so at the first difference the higher number, or the
 * end, is what was said later.
 */
static bool has_come_further(const struct ph_receipt *new, const struct ph_receipt *old)
{
	unsigned i = 0;

	while (i < new->n_missing &&
	       i < old->n_missing &&new->missing[i] == old->missing[i]) {
		i++;
	}
	return i < old->n_missing &&
	       (i == new->n_missing || new->missing[i] > old->missing[i]);
}

/* Whether RECEIPT lacks less than the bytes held at its level. 0, 1 or negative errno. */
static int lacks_less(struct ph_journal *journal, int64_t log_row,
		      const struct ph_receipt *receipt)
{
	struct ph_buf bytes = { 0 };
	struct ph_receipt held;
	int rc = read_bytes(journal, log_row, (int64_t)receipt->level, &bytes);

	if (rc == 0) {
		rc = ph_receipt_peek(ph_buf_view(&bytes), &held);
	}
	if (rc == 0) {
		rc = has_come_further(receipt, &held);
	} else if (rc > 0) {
		rc = 0; /* a courier's, which lacks nothing */
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/*
 * Whether RECEIPT tells more than HELD, at its level. 0, 1 or negative errno. The hub's
 * clock may have been set back, so an earlier time with fewer bodies missing is news.
 */
static int is_news(struct ph_journal *journal, int64_t log_row, const struct row *held,
		   const struct ph_receipt *receipt)
{
	if (receipt->epoch.number != held->epoch.number) {
		return receipt->epoch.number > held->epoch.number;
	}
	if (memcmp(receipt->epoch.random, held->epoch.random,
		   sizeof(held->epoch.random)) != 0) {
		/* Two restores that chose one number: the later clock is the living hub. */
		return (int64_t)receipt->time > held->time;
	}
	if (receipt->head.n != held->n) {
		return receipt->head.n > held->n;
	}
	if ((int64_t)receipt->time > held->time) {
		return 1;
	}
	return lacks_less(journal, log_row, receipt);
}

/* 0 if HEAD is in the chain of LOG, else PH_JOURNAL_E_GAP or _FORK, or negative errno. */
static int check_head(struct ph_journal *journal, const struct ph_log *log,
		      const struct ph_head *head)
{
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (head->n > log->n) {
		return PH_JOURNAL_E_GAP;
	}
	rc = ph_journal_chain_at(journal, log, head->n, h);
	return rc == 0 && memcmp(h, head->h, sizeof(h)) != 0 ? PH_JOURNAL_E_FORK : rc;
}

/* The row that keeps the entry at HEAD, on LOG_ROW's branch or another of that log. */
static int find_keeper(struct ph_journal *journal, int64_t log_row,
		       const struct ph_head *head, int64_t *row_out)
{
	struct ph_log log;
	struct ph_log other;
	int rc = ph_journal_log_at(journal, log_row, &log);

	if (rc == 0 && memcmp(log.id, head->log_id, sizeof(log.id)) != 0) {
		return PH_JOURNAL_E_FORM;
	}
	if (rc == 0) {
		rc = check_head(journal, &log, head);
	}
	if (rc == PH_JOURNAL_E_GAP || rc == PH_JOURNAL_E_FORK) {
		int found =
			ph_journal_log_with(journal, log.id, head->n, head->h, &other);

		if (found == 0) {
			log = other;
			rc = 0;
		} else if (found < 0) {
			rc = found;
		}
	}
	return rc == 0 ? ph_journal_keeper(journal, log.row, head->n, row_out) : rc;
}

static int store(struct ph_journal *journal, int64_t log_row,
		 const struct ph_receipt *receipt, struct ph_view bytes)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "INSERT OR REPLACE INTO receipt(log, level, n, h, epoch,"
			       " epoch_random, time, bytes)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, log_row);
	ph_stmt_int(stmt, 2, (int64_t)receipt->level);
	ph_stmt_int(stmt, 3, (int64_t)receipt->head.n);
	ph_stmt_blob(stmt, 4, PH_VIEW(receipt->head.h, PH_HASH_SIZE));
	ph_stmt_int(stmt, 5, (int64_t)receipt->epoch.number);
	ph_stmt_blob(stmt, 6,
		     PH_VIEW(receipt->epoch.random, sizeof(receipt->epoch.random)));
	ph_stmt_int(stmt, 7, (int64_t)receipt->time);
	ph_stmt_blob(stmt, 8, bytes);
	return ph_stmt_run(stmt);
}

int ph_journal_receipt_put(struct ph_journal *journal, int64_t log_row,
			   const struct ph_receipt *receipt, struct ph_view bytes)
{
	struct rows rows;

	if (receipt->level < PH_LEVEL_COURIER || receipt->level > PH_LEVEL_BACKUP ||
	    receipt->epoch.number > INT64_MAX || receipt->time > INT64_MAX) {
		return PH_JOURNAL_E_FORM;
	}

	int rc = find_keeper(journal, log_row, &receipt->head, &log_row);

	if (rc == 0) {
		rc = read_rows(journal, log_row, &rows);
	}
	if (rc != 0) {
		return rc;
	}
	for (size_t i = 0; i < rows.n; i++) {
		if (rows.at[i].level != (int64_t)receipt->level) {
			continue;
		}
		rc = is_news(journal, log_row, &rows.at[i], receipt);
		if (rc <= 0) {
			return rc;
		}
	}
	return store(journal, log_row, receipt, bytes);
}

int ph_journal_receipts_drop(struct ph_journal *journal)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db, "DELETE FROM receipt WHERE level >= ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_LEVEL_HUB);
	return ph_stmt_run(stmt);
}

/*
 * How far ROW counts: in full, unless the hub has begun a newer epoch since. A
 * courier's word is about what it carries, not about a hub, and is left alone.
 */
static uint64_t counts_to(const struct rows *rows, const struct row *row)
{
	uint64_t newest = 0;
	uint64_t reach = 0;

	if (row->level < PH_LEVEL_HUB) {
		return row->n;
	}
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *other = &rows->at[i];

		if (other->level < PH_LEVEL_HUB || other->epoch.number < newest) {
			continue;
		}
		if (other->epoch.number > newest) {
			newest = other->epoch.number;
			reach = 0;
		}
		if (other->n > reach) {
			reach = other->n;
		}
	}
	return row->epoch.number < newest && reach < row->n ? reach : row->n;
}

/* The best receipt so far for entries of one branch. */
struct best {
	uint64_t n; /* how far it counts; 0: there is none */
	int64_t log_row;
	int64_t level;
	int64_t time;
};

/* Look at the receipts of LOG_ROW, which count no further than COMMON. */
static int look_at(struct ph_journal *journal, int64_t log_row, uint64_t common,
		   enum ph_level level, struct best *best)
{
	struct rows rows;
	int rc = read_rows(journal, log_row, &rows);

	for (size_t i = 0; rc == 0 && i < rows.n; i++) {
		const struct row *row = &rows.at[i];
		uint64_t n = counts_to(&rows, row);

		n = n < common ? n : common;
		if (row->level >= (int64_t)level && n > best->n) {
			*best = (struct best){ n, log_row, row->level, row->time };
		}
	}
	return rc;
}

/* Receipts for the other branches of the log count for what is common to both. */
static int look_at_others(struct ph_journal *journal, int64_t log_row,
			  enum ph_level level, struct best *best)
{
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n_rows = 0;
	struct ph_log *held;
	int rc = ph_journal_held(journal, log_row, &held);

	if (rc == 0) {
		rc = ph_journal_branches(journal, held->id, rows, &n_rows);
	}
	for (unsigned i = 0; rc == 0 && i < n_rows; i++) {
		uint64_t common;

		if (rows[i] == log_row) {
			continue;
		}
		rc = ph_journal_log_common(journal, log_row, rows[i], &common);
		if (rc == 0) {
			rc = look_at(journal, rows[i], common, level, best);
		}
	}
	return rc > 0 ? 0 : rc;
}

int ph_journal_receipt_get(struct ph_journal *journal, int64_t log_row,
			   enum ph_level level, uint64_t *n_out, int64_t *time_out,
			   struct ph_buf *bytes_out)
{
	struct best best = { 0 };
	int rc = look_at(journal, log_row, PH_JOURNAL_N_MAX, level, &best);

	if (rc == 0) {
		rc = look_at_others(journal, log_row, level, &best);
	}
	if (rc == 0 && best.n > 0 && bytes_out != NULL) {
		rc = read_bytes(journal, best.log_row, best.level, bytes_out);
	}
	if (rc == 0) {
		*n_out = best.n;
		*time_out = best.time;
	}
	return rc;
}
