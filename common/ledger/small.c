/*
 * common/ledger/small.c - small figures.
 *
 * Whoever knows the sum of a line (a row or a column) and all its cells but some, knows
 * the sum of these. Each of them lies between bounds that follow from how it is shown, so
 * an interval is left for it; a line is safe when no interval is a single number. Until
 * all lines are, the smallest cell that is still told is told no more; when none is left,
 * the line is blank. Then all lines are looked at together (small_sheet.c), and what follows
 * from them all is met in the same way. Cells are only ever hidden, so it ends.
 */
#include <assert.h>
#include <errno.h>

#include "common/ledger/small_internal.h"

static size_t at(const struct ph_small_line *line, size_t i)
{
	return line->start + i * line->step;
}

static bool is_fixed(const struct ph_small *small, size_t cell)
{
	size_t row = cell / small->n_columns;

	return small->last_open && row + 1 == small->n_rows;
}

/* How many CELL can count at most: of those who came in its row, if that is told. */
static int64_t most(const struct ph_small *small, size_t cell)
{
	return small->came && cell % small->n_columns < small->split
		       ? small->came[cell / small->n_columns]
		       : PH_SMALL_INFINITE;
}

/* Whether the number of CELL may be told no more. Of 5 where 5 came nothing would be hidden. */
static bool is_candidate(const struct ph_small *small, size_t cell)
{
	return small->told[cell] == PH_TOLD && small->cells[cell] >= PH_SMALL_BELOW &&
	       !is_fixed(small, cell) && most(small, cell) > PH_SMALL_BELOW;
}

size_t ph_small_smallest(const struct ph_small_line *line)
{
	const struct ph_small *small = line->small;
	size_t best = line->n;

	for (size_t i = 0; i < line->n; i++) {
		if (is_candidate(small, at(line, i)) &&
		    (best == line->n ||
		     small->cells[at(line, i)] < small->cells[at(line, best)])) {
			best = i;
		}
	}
	return best;
}

int64_t ph_small_least(const struct ph_small_line *line)
{
	size_t least = ph_small_smallest(line);

	return least < line->n ? line->small->cells[at(line, least)] : PH_SMALL_INFINITE;
}

void ph_small_bounds(const struct ph_small *small, size_t cell, int64_t least,
		     int64_t *min, int64_t *max)
{
	int64_t value = small->cells[cell];
	int64_t came = most(small, cell);

	*min = *max = value;
	switch (small->told[cell]) {
	case PH_TOLD:
		return;
	case PH_BELOW:
		*min = 1;
		*max = PH_SMALL_BELOW - 1;
		break;
	case PH_NOT_TOLD:
		*min = PH_SMALL_BELOW;
		*max = least > value ? least : value;
		break;
	case PH_BLANK:
		*min = 0;
		*max = PH_SMALL_INFINITE;
		break;
	}
	*max = came < *max ? came : *max;
}

static int64_t add(int64_t a, int64_t b)
{
	return a >= PH_SMALL_INFINITE - b ? PH_SMALL_INFINITE : a + b;
}

static bool is_safe(const struct ph_small_line *line)
{
	int64_t least = ph_small_least(line);
	int64_t sum_min = 0;
	int64_t sum_max = 0;
	size_t unbounded = 0;

	for (size_t i = 0; i < line->n; i++) {
		int64_t min;
		int64_t max;

		ph_small_bounds(line->small, at(line, i), least, &min, &max);
		sum_min = add(sum_min, min);
		unbounded += max >= PH_SMALL_INFINITE;
		sum_max = max >= PH_SMALL_INFINITE ? sum_max : add(sum_max, max);
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

		if (line->small->told[at(line, i)] == PH_TOLD ||
		    line->small->cells[at(line, i)] == 0) {
			continue; /* of nobody nothing can come out */
		}
		ph_small_bounds(line->small, at(line, i), least, &min, &max);
		high = line->sum_max - (sum_min - min);
		low = unbounded > (max >= PH_SMALL_INFINITE)
			      ? min
			      : line->sum_min -
					(sum_max - (max >= PH_SMALL_INFINITE ? 0 : max));
		if ((high < max ? high : max) <= (low > min ? low : min)) {
			return false;
		}
	}
	return true;
}

/* All cells of LINE stand blank; whether any did not. One that can be nothing but 0 is told. */
static bool make_blank(const struct ph_small_line *line)
{
	bool changed = false;

	for (size_t i = 0; i < line->n; i++) {
		size_t cell = at(line, i);

		if (line->small->told[cell] != PH_BLANK && most(line->small, cell) > 0) {
			line->small->told[cell] = PH_BLANK;
			changed = true;
		}
	}
	return changed;
}

/* The smallest cell of LINE is told no more; whether there was one. */
static bool hide_one(const struct ph_small_line *line)
{
	size_t next = ph_small_smallest(line);

	if (next == line->n) {
		return false;
	}
	line->small->told[at(line, next)] = PH_NOT_TOLD;
	return true;
}

/* Hide more of LINE until it is safe. Whether anything was hidden. */
static bool make_safe(const struct ph_small_line *line)
{
	bool changed = false;

	while (!is_safe(line) && (hide_one(line) || make_blank(line))) {
		changed = true;
	}
	return changed;
}

struct ph_small_line ph_small_row(const struct ph_small *small, size_t row)
{
	struct ph_small_line line = { .small = small,
				      .start = row * small->n_columns + small->split,
				      .step = 1,
				      .n = small->n_columns - small->split };

	for (size_t i = 0; i < line.n; i++) {
		line.sum_min += small->cells[at(&line, i)];
	}
	line.sum_max = line.sum_min;
	return line;
}

struct ph_small_line ph_small_column(const struct ph_small *small, size_t column)
{
	struct ph_small_line line = { .small = small,
				      .start = column,
				      .step = small->n_columns,
				      .n = small->n_rows };
	size_t total = small->n_rows * small->n_columns + column;

	ph_small_bounds(small, total, PH_SMALL_INFINITE, &line.sum_min, &line.sum_max);
	line.hides_sum = small->told[total] != PH_TOLD;
	return line;
}

static bool is_part(const struct ph_small *small, size_t cell)
{
	size_t row = cell / small->n_columns;

	if (row == small->n_rows) {
		return !small->all_came;
	}
	return !is_fixed(small, cell);
}

/* How CELL stands by itself. Of one who came it is not told whether it counts. */
static enum ph_told first_told(const struct ph_small *small, size_t cell)
{
	int64_t value = small->cells[cell];

	return most(small, cell) == 1                                         ? PH_BLANK
	       : value >= 1 && value < PH_SMALL_BELOW && is_part(small, cell) ? PH_BELOW
									      : PH_TOLD;
}

/*
 * The same of a column. Where even a blank one is not safe, by how many came, it is its
 * total that tells: of 9 women of 9 it follows who are women.
 */
static bool make_column_safe(const struct ph_small *small, size_t column)
{
	struct ph_small_line line = ph_small_column(small, column);
	enum ph_told *total = &small->told[small->n_rows * small->n_columns + column];
	bool changed = make_safe(&line);

	if (is_safe(&line) || small->all_came || *total == PH_BLANK) {
		return changed;
	}
	*total = PH_BLANK;
	return true;
}

static void lines_safe(const struct ph_small *small)
{
	bool splits = small->split < small->n_columns;
	bool changed = true;
	struct ph_small_line line;

	while (changed) {
		changed = false;
		for (size_t c = 0; c < small->n_columns; c++) {
			changed |= make_column_safe(small, c);
		}
		for (size_t r = 0; splits && r <= small->n_rows; r++) {
			line = ph_small_row(small, r);
			changed |= make_safe(&line);
		}
	}
}

/* The first row that counts somebody in COLUMN and is not blank yet; whether there was one. */
static bool blank_first(const struct ph_small *small, size_t column)
{
	for (size_t r = 0; r < small->n_rows; r++) {
		struct ph_small_line line = ph_small_row(small, r);

		if (small->cells[r * small->n_columns + column] > 0 &&
		    make_blank(&line)) {
			return true;
		}
	}
	return false;
}

/* CELL follows from the sheet: hide one more that has to do with it. */
static void hide_beside(const struct ph_small *small, size_t cell)
{
	size_t row = cell / small->n_columns;
	struct ph_small_line of_row = ph_small_row(small, row);
	struct ph_small_line of_column = ph_small_column(small, cell % small->n_columns);
	struct ph_small_line totals = ph_small_row(small, small->n_rows);

	if (!hide_one(&of_column) && !hide_one(&of_row) && !make_blank(&of_row) &&
	    !make_blank(&totals)) {
		/* where a row and the totals are blank, persons can be of another column */
		bool any = blank_first(small, cell % small->n_columns);

		assert(any);
	}
}

int ph_small_hide(const struct ph_small *small)
{
	size_t n_cells = (small->n_rows + 1) * small->n_columns;
	struct ph_small_line totals;
	size_t cell;
	int rc = 0;

	assert(small->split <= small->n_columns);
	for (size_t i = 0; i < n_cells; i++) {
		small->told[i] = first_told(small, i);
	}
	if (small->split < small->n_columns) {
		totals = ph_small_row(small, small->n_rows);
		(void)make_safe(&totals);
	}
	if (small->n_rows > 0) {
		lines_safe(small);
	}
	while (small->split < small->n_columns && small->n_rows > 0 &&
	       (rc = ph_small_find(small, &cell)) == 1) {
		hide_beside(small, cell);
		lines_safe(small);
	}
	return rc;
}

size_t ph_small_hidden(const struct ph_small *small)
{
	size_t n = 0;

	for (size_t i = 0; i < small->n_rows * small->n_columns; i++) {
		n += small->told[i] != PH_TOLD;
	}
	return n;
}
