/*
 * common/ledger/small.c - small figures.
 *
 * Whoever knows the sum of a line (a row or a column) and all its cells but some, knows
 * the sum of these. Each of them lies between bounds that follow from how it is shown, so
 * an interval is left for it; a line is safe when no interval is a single number. Until
 * all lines are, the smallest cell that is still told is told no more; when none is left,
 * the line is blank. Cells are only ever hidden, so it ends.
 */
#include "common/ledger/small.h"

#include <assert.h>

#define INFINITE (INT64_MAX / 4)

/* Cells at START, START + STEP, ... of one line. */
struct line {
	const struct ph_small *small;
	size_t start, step, n;
	int64_t sum_min, sum_max; /* of its cells, as a reader knows it */
	bool hides_sum; /* the sum is a total that is hidden, and must not follow */
};

static size_t at(const struct line *line, size_t i)
{
	return line->start + i * line->step;
}

static bool is_fixed(const struct ph_small *small, size_t cell)
{
	size_t row = cell / small->n_columns;

	return small->last_open && row + 1 == small->n_rows;
}

/* The smallest cell of LINE, from 5 up, that is told and may be hidden; LINE->n if none is. */
static size_t smallest(const struct line *line)
{
	const struct ph_small *small = line->small;
	size_t best = line->n;

	for (size_t i = 0; i < line->n; i++) {
		size_t cell = at(line, i);

		if (small->told[cell] == PH_TOLD &&
		    small->cells[cell] >= PH_SMALL_BELOW && !is_fixed(small, cell) &&
		    (best == line->n ||
		     small->cells[cell] < small->cells[at(line, best)])) {
			best = i;
		}
	}
	return best;
}

/*
 * What a reader knows of a hidden cell by the way it is shown. One that is not told is, as
 * the rules are known, mostly the smallest of those that were.
 */
static void bounds(const struct line *line, size_t cell, int64_t least_told, int64_t *min,
		   int64_t *max)
{
	int64_t value = line->small->cells[cell];

	switch (line->small->told[cell]) {
	case PH_TOLD:
		*min = *max = value;
		return;
	case PH_BELOW:
		*min = 1;
		*max = PH_SMALL_BELOW - 1;
		return;
	case PH_NOT_TOLD:
		*min = PH_SMALL_BELOW;
		*max = least_told > value ? least_told : value;
		return;
	case PH_BLANK:
		*min = 0;
		*max = INFINITE;
		return;
	}
}

static int64_t add(int64_t a, int64_t b)
{
	return a >= INFINITE - b ? INFINITE : a + b;
}

static bool is_safe(const struct line *line)
{
	size_t least = smallest(line);
	int64_t least_told =
		least < line->n ? line->small->cells[at(line, least)] : INFINITE;
	int64_t sum_min = 0;
	int64_t sum_max = 0;
	size_t unbounded = 0;

	for (size_t i = 0; i < line->n; i++) {
		int64_t min;
		int64_t max;

		bounds(line, at(line, i), least_told, &min, &max);
		sum_min = add(sum_min, min);
		unbounded += max >= INFINITE;
		sum_max = max >= INFINITE ? sum_max : add(sum_max, max);
	}
	if (line->hides_sum && unbounded == 0 &&
	    (sum_max < line->sum_max ? sum_max : line->sum_max) <=
		    (sum_min > line->sum_min ? sum_min : line->sum_min)) {
		return false;
	}
	for (size_t i = 0; i < line->n; i++) {
		int64_t min;
		int64_t max;
		int64_t low;
		int64_t high;

		if (line->small->told[at(line, i)] == PH_TOLD) {
			continue;
		}
		bounds(line, at(line, i), least_told, &min, &max);
		high = line->sum_max - (sum_min - min);
		low = unbounded > (max >= INFINITE)
			      ? min
			      : line->sum_min - (sum_max - (max >= INFINITE ? 0 : max));
		if ((high < max ? high : max) <= (low > min ? low : min)) {
			return false;
		}
	}
	return true;
}

/* Hide more of LINE until it is safe. Whether anything was hidden. */
static bool make_safe(const struct line *line)
{
	const struct ph_small *small = line->small;
	bool changed = false;

	while (!is_safe(line)) {
		size_t next = smallest(line);
		bool any = false;

		if (next < line->n) {
			small->told[at(line, next)] = PH_NOT_TOLD;
			changed = true;
			continue;
		}
		for (size_t i = 0; i < line->n; i++) {
			size_t cell = at(line, i);

			if (small->told[cell] != PH_BLANK) {
				small->told[cell] = PH_BLANK;
				any = true;
			}
		}
		if (!any) {
			return changed;
		}
		changed = true;
	}
	return changed;
}

/* The columns of ROW that add up to something told; the row of totals too. */
static bool row_safe(const struct ph_small *small, size_t row)
{
	struct line line = { .small = small,
			     .start = row * small->n_columns + small->split,
			     .step = 1,
			     .n = small->n_columns - small->split };

	for (size_t i = 0; i < line.n; i++) {
		line.sum_min += small->cells[at(&line, i)];
	}
	line.sum_max = line.sum_min;
	return make_safe(&line);
}

/* The rows of COLUMN, which add up to its total, as far as that is told. */
static bool column_safe(const struct ph_small *small, size_t column)
{
	struct line line = { .small = small,
			     .start = column,
			     .step = small->n_columns,
			     .n = small->n_rows };
	size_t total = small->n_rows * small->n_columns + column;

	bounds(&line, total, INFINITE, &line.sum_min, &line.sum_max);
	line.hides_sum = small->told[total] != PH_TOLD;
	return make_safe(&line);
}

static bool is_part(const struct ph_small *small, size_t cell)
{
	size_t row = cell / small->n_columns;

	if (row == small->n_rows) {
		return !small->all_came;
	}
	return !is_fixed(small, cell);
}

void ph_small_hide(const struct ph_small *small)
{
	size_t n_cells = (small->n_rows + 1) * small->n_columns;
	bool changed = small->n_rows > 0;

	assert(small->split <= small->n_columns);
	for (size_t i = 0; i < n_cells; i++) {
		small->told[i] = small->cells[i] >= 1 &&
						 small->cells[i] < PH_SMALL_BELOW &&
						 is_part(small, i)
					 ? PH_BELOW
					 : PH_TOLD;
	}
	if (small->split < small->n_columns) {
		(void)row_safe(small, small->n_rows);
	}
	while (changed) {
		changed = false;
		for (size_t c = 0; c < small->n_columns; c++) {
			changed |= column_safe(small, c);
		}
		for (size_t r = 0; small->split < small->n_columns && r < small->n_rows;
		     r++) {
			changed |= row_safe(small, r);
		}
	}
}

size_t ph_small_hidden(const struct ph_small *small)
{
	size_t n = 0;

	for (size_t i = 0; i < small->n_rows * small->n_columns; i++) {
		n += small->told[i] != PH_TOLD;
	}
	return n;
}
