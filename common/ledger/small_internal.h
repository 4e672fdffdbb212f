/* common/ledger/small_internal.h - for small*.c: lines of a sheet, and what is known of a cell. */
#ifndef PH_LEDGER_SMALL_INTERNAL_H
#define PH_LEDGER_SMALL_INTERNAL_H

#include "common/ledger/small.h"

#define PH_SMALL_INFINITE (INT64_MAX / 4)

/* Cells at START, START + STEP, ... of one line. */
struct ph_small_line {
	const struct ph_small *small;
	size_t start, step, n;
	int64_t sum_min, sum_max; /* of its cells, as a reader knows it */
	bool hides_sum; /* the sum is a total that is hidden, and must not follow */
};
/* The columns of ROW that add up to something told; behind the last row that of the totals. */
struct ph_small_line ph_small_row(const struct ph_small *small, size_t row);
/* The rows of COLUMN, which add up to its total, as far as that is told. */
struct ph_small_line ph_small_column(const struct ph_small *small, size_t column);

/* The smallest cell of LINE, from 5 up, that is told and may be hidden; LINE->n if none is. */
size_t ph_small_smallest(const struct ph_small_line *line);
/* What that counts; PH_SMALL_INFINITE if none is. */
int64_t ph_small_least(const struct ph_small_line *line);
/*
 * What a reader knows of CELL by the way it is shown. One that is not told is, as the rules
 * are known, mostly the smallest of those that were: LEAST of those that still are.
 */
void ph_small_bounds(const struct ph_small *small, size_t cell, int64_t least,
		     int64_t *min, int64_t *max);

/*
 * The first hidden cell from 1 to 4 (totals are the last ones) that follows from all lines
 * of the split columns together. 1 with CELL; 0: none does; -ENOMEM.
 */
int ph_small_find(const struct ph_small *small, size_t *cell);

#endif
