/*
 * common/log/journal_moved.c - the logs that moved since somebody looked last.
 *
 * The rows of the last moves are kept in memory, in a ring: nothing is written for them,
 * since one process has a journal, and who looks for the first time looks at all logs. So
 * does who comes back after more moves than there is room for, and everybody after a
 * rollback: then the numbers go on behind a gap that no mark reaches over.
 */
#include "common/log/journal_internal.h"

#include <stdlib.h>

void ph_journal_note_move(struct ph_journal *journal, int64_t row)
{
	journal->moved[journal->n_moves++ % PH_JOURNAL_MOVES_MAX] = row;
}

void ph_journal_forget_moves(struct ph_journal *journal)
{
	journal->n_moves += PH_JOURNAL_MOVES_MAX + 1;
}

static int compare_rows(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The rows of the moves behind MARK, rising, each once; how many. */
static size_t rows_since(const struct ph_journal *journal, uint64_t mark,
			 int64_t rows[static PH_JOURNAL_MOVES_MAX])
{
	size_t n_moves = 0;
	size_t n = 0;

	for (uint64_t i = mark; i < journal->n_moves; i++) {
		rows[n_moves++] = journal->moved[i % PH_JOURNAL_MOVES_MAX];
	}
	qsort(rows, n_moves, sizeof(rows[0]), compare_rows);
	for (size_t i = 0; i < n_moves; i++) {
		if (n == 0 || rows[n - 1] != rows[i]) {
			rows[n++] = rows[i];
		}
	}
	return n;
}

int ph_journal_log_moved_each(struct ph_journal *journal, uint64_t *mark,
			      int (*cb)(void *data, const struct ph_log *log), void *data)
{
	int64_t rows[PH_JOURNAL_MOVES_MAX];
	uint64_t now = journal->n_moves;
	size_t n = 0;
	int rc = 0;

	if (now - *mark > PH_JOURNAL_MOVES_MAX) {
		rc = ph_journal_log_each(journal, cb, data);
	} else {
		n = rows_since(journal, *mark, rows);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ph_log log;

		rc = ph_journal_log_at(journal, rows[i], &log);
		rc = rc != 0 ? rc : cb(data, &log);
	}
	if (rc == 0) {
		*mark = now;
	}
	return rc;
}
