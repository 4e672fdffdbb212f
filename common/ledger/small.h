/*
 * common/ledger/small.h - small figures: which cells of a sheet are not told, so that none
 * that could point at a person follows from the others (docs/REPORTS.md, "Small figures").
 */
#ifndef PH_LEDGER_SMALL_H
#define PH_LEDGER_SMALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PH_SMALL_BELOW 5

enum ph_told {
	PH_TOLD,     /* the number */
	PH_BELOW,    /* that it is from 1 to 4 */
	PH_NOT_TOLD, /* at least 5, but it would tell one that is below */
	PH_BLANK,    /* any number: its whole row or column would */
};

/*
 * The columns that count parts of the persons who came, and no others. CELLS are row by
 * row; none is negative. Behind the last row stands the row of the totals.
 */
struct ph_small {
	size_t n_rows, n_columns; /* rows without the totals */
	const int64_t *cells;
	size_t split; /* from this column on a row adds up to what another column tells; n_columns: none does */
	bool all_came; /* the totals are of all who came: always told */
	const int64_t *
		came; /* of each row, and of the totals, how many came, which is told; NULL: they are no cells' bounds */
	bool last_open; /* the last row is of those of whom it was not said: blank at most */
	enum ph_told *told; /* as many as cells, with the totals; set here */
};

/* 0 or -ENOMEM. */
int ph_small_hide(const struct ph_small *small);
/* How many cells stand otherwise than as their number; totals are not among them. */
size_t ph_small_hidden(const struct ph_small *small);

#endif
