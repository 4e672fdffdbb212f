/*
 * Tests of common/ledger/small*.c: known sheets, and random ones against a stranger who
 * tries all numbers that a row or a column leaves open, and all tables that a sheet does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/ledger/small.h"
#include "tests/lib/first_seed.h"

#define CELLS_MAX 64

struct sheet_case {
	const char *name;
	size_t rows, columns, split;
	bool all_came, last_open;
	int64_t cells[20]; /* the totals are added up by the test */
	const char *
		expected; /* ".": told; "<": below; "?": not told; "-": blank; rows, then totals */
	size_t hidden;
};

static const struct sheet_case cases[] = {
	{ "nothing", 0, 1, 1, false, false, { 0 }, ".", 0 },
	{ "nothing is small", 3, 1, 1, false, false, { 0, 5, 9 }, "....", 0 },
	{ "one of three: the next one too",
	  3,
	  1,
	  1,
	  false,
	  false,
	  { 3, 40, 9 },
	  "<.?.",
	  2 },
	{ "of equals the first", 3, 1, 1, false, false, { 3, 9, 9 }, "<?..", 2 },
	/* the third is not hidden: so the second is at most 20, and the first at least 4 */
	{ "4 beside 20 and 20: all three",
	  3,
	  1,
	  1,
	  false,
	  false,
	  { 4, 20, 20 },
	  "<??.",
	  3 },
	{ "1 beside 5 would follow", 3, 1, 1, false, false, { 1, 5, 30 }, "<??.", 3 },
	{ "2 and 3: neither follows", 3, 1, 1, false, false, { 2, 3, 50 }, "<<..", 2 },
	{ "1 and 1 would", 3, 1, 1, false, false, { 1, 1, 50 }, "<<?.", 3 },
	{ "4 and 4 would", 3, 1, 1, false, false, { 4, 4, 50 }, "<<?.", 3 },
	{ "4 and 4 and nothing else: all of it",
	  3,
	  1,
	  1,
	  false,
	  false,
	  { 4, 4, 0 },
	  "---.",
	  3 },
	{ "the only one: its total too", 2, 1, 1, false, false, { 0, 3 }, ".<<", 1 },
	{ "of all who came the total is told", 2, 1, 1, true, false, { 0, 3 }, "--.", 2 },
	{ "of whom it was not said is told",
	  3,
	  1,
	  1,
	  true,
	  true,
	  { 2, 30, 4 },
	  "<?..",
	  2 },
	{ "unless it would tell the only other one",
	  2,
	  1,
	  1,
	  true,
	  true,
	  { 2, 30 },
	  "--.",
	  2 },
	{ "a row adds up", 1, 3, 1, false, false, { 8, 3, 17 }, ".<?.<?", 2 },
	{ "a row of two small ones",
	  1,
	  4,
	  1,
	  false,
	  false,
	  { 8, 1, 1, 9 },
	  ".<<?.<<?",
	  3 },
	{ "a row with nothing to hide it by",
	  1,
	  3,
	  1,
	  false,
	  false,
	  { 8, 3, 0 },
	  ".<-.--",
	  2 },
	{ "a total that is hidden is no sum of what is told",
	  2,
	  2,
	  0,
	  false,
	  false,
	  { 0, 12, 3, 8 },
	  "..<?<?",
	  2 },
	{ "rows and columns",
	  2,
	  3,
	  1,
	  false,
	  false,
	  { 8, 3, 17, 9, 20, 40 },
	  ".<?.??...",
	  4 },
};

static void print(const struct ph_small *small, char out[static CELLS_MAX + 1])
{
	size_t n = (small->n_rows + 1) * small->n_columns;

	for (size_t i = 0; i < n; i++) {
		out[i] = ".<?-"[small->told[i]];
	}
	out[n] = '\0';
}

static void add_totals(int64_t *cells, size_t rows, size_t columns)
{
	for (size_t c = 0; c < columns; c++) {
		int64_t sum = 0;

		for (size_t r = 0; r < rows; r++) {
			sum += cells[r * columns + c];
		}
		cells[rows * columns + c] = sum;
	}
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sheet_case *one = &cases[i];
		int64_t cells[CELLS_MAX] = { 0 };
		enum ph_told told[CELLS_MAX];
		char got[CELLS_MAX + 1];
		struct ph_small small = { .n_rows = one->rows,
					  .n_columns = one->columns,
					  .cells = cells,
					  .split = one->split,
					  .all_came = one->all_came,
					  .last_open = one->last_open,
					  .told = told };

		memcpy(cells, one->cells, sizeof(one->cells));
		add_totals(cells, one->rows, one->columns);
		assert_int_equal(ph_small_hide(&small), 0);
		print(&small, got);
		if (strcmp(got, one->expected) != 0 ||
		    ph_small_hidden(&small) != one->hidden) {
			fail_msg("%s: %s, %zu hidden; expected %s, %zu", one->name, got,
				 ph_small_hidden(&small), one->expected, one->hidden);
		}
	}
}

/* --- the stranger --- */

struct guess {
	const struct ph_small *small;
	size_t cell[CELLS_MAX]; /* of the line */
	size_t n;
	int64_t sum;
	int64_t now[CELLS_MAX];
	int64_t first[CELLS_MAX]; /* a number that each can be; -1: none yet */
	bool open[CELLS_MAX];     /* it can be another one too */
};

/* How many came in the row of cell I, of whom it counts a part. */
static int64_t most(const struct guess *guess, size_t i)
{
	const struct ph_small *small = guess->small;
	size_t cell = guess->cell[i];

	return small->came && cell % small->n_columns < small->split
		       ? small->came[cell / small->n_columns]
		       : INT64_MAX;
}

/* All numbers that fit in place of the cells from I on, LEFT being their sum. */
static void try_all(struct guess *guess, size_t i, int64_t left)
{
	static const int64_t least[] = { 0, 1, PH_SMALL_BELOW, 0 };
	enum ph_told told = PH_TOLD;

	if (left < 0) {
		return;
	}
	if (i == guess->n) {
		for (size_t k = 0; left == 0 && k < guess->n; k++) {
			guess->open[k] |=
				guess->first[k] >= 0 && guess->first[k] != guess->now[k];
			guess->first[k] = guess->now[k];
		}
		return;
	}
	told = guess->small->told[guess->cell[i]];
	if (told == PH_TOLD) {
		guess->now[i] = guess->small->cells[guess->cell[i]];
		try_all(guess, i + 1, left - guess->now[i]);
		return;
	}
	for (int64_t v = least[told];
	     v <= left && (told != PH_BELOW || v <= 4) && v <= most(guess, i); v++) {
		guess->now[i] = v;
		try_all(guess, i + 1, left - v);
	}
}

/* The line of N cells from START on in steps, of which the sum is known: no person follows. */
static void assert_open(const struct ph_small *small, size_t start, size_t step, size_t n,
			uint64_t seed)
{
	struct guess guess = { .small = small, .n = n };
	char got[CELLS_MAX + 1];

	for (size_t i = 0; i < n; i++) {
		guess.cell[i] = start + i * step;
		guess.sum += small->cells[guess.cell[i]];
		guess.first[i] = -1;
	}
	try_all(&guess, 0, guess.sum);
	for (size_t i = 0; i < n; i++) {
		if (small->cells[guess.cell[i]] > 0 &&
		    small->told[guess.cell[i]] != PH_TOLD && !guess.open[i]) {
			print(small, got);
			fail_msg("seed %llu: cell %zu of %s follows from its line",
				 (unsigned long long)seed, guess.cell[i], got);
		}
	}
}

/* --- the stranger who takes all lines together --- */

/*
 * Two tables of whole numbers with equal sums differ by rings, of which each changes a cell
 * by one. So it is enough to try those in which each cell is by one more or less than here.
 */
struct table {
	const struct ph_small *small;
	int now[CELLS_MAX]; /* less than, as, or more than it is: of the split, and its totals */
	size_t wanted; /* the cell that is to be another number */
};

static bool may_change(const struct ph_small *small, size_t cell, int by)
{
	static const int64_t least[] = { 0, 1, PH_SMALL_BELOW, 0 };
	int64_t value = small->cells[cell] + by;

	return by == 0 ||
	       (small->told[cell] != PH_TOLD && value >= least[small->told[cell]] &&
		(small->told[cell] != PH_BELOW || value < PH_SMALL_BELOW));
}

static bool totals_fit(const struct table *table)
{
	const struct ph_small *small = table->small;

	for (size_t c = small->split; c < small->n_columns; c++) {
		size_t total = small->n_rows * small->n_columns + c;
		int sum = 0;

		for (size_t r = 0; r < small->n_rows; r++) {
			sum += table->now[r * small->n_columns + c];
		}
		if (sum < -1 || sum > 1 || !may_change(small, total, sum) ||
		    (total == table->wanted && sum == 0)) {
			return false;
		}
	}
	return true;
}

/* Whether there is such a table, from CELL on; SUM: of the row so far. */
static bool is_table(struct table *table, size_t cell, int sum)
{
	const struct ph_small *small = table->small;
	size_t column = cell % small->n_columns;

	if (column == 0 && sum != 0) {
		return false;
	}
	if (cell == small->n_rows * small->n_columns) {
		return totals_fit(table);
	}
	if (column < small->split) {
		return is_table(table, cell + 1, sum);
	}
	for (int by = -1; by <= 1; by++) {
		table->now[cell] = by;
		if ((cell != table->wanted || by != 0) && may_change(small, cell, by) &&
		    is_table(table, cell + 1, sum + by)) {
			return true;
		}
	}
	return false;
}

/* No figure of persons follows from the sheet. */
static void assert_sheet_open(const struct ph_small *small, uint64_t seed)
{
	char got[CELLS_MAX + 1];

	for (size_t i = 0; i < (small->n_rows + 1) * small->n_columns; i++) {
		struct table table = { .small = small, .wanted = i };

		if (i % small->n_columns >= small->split && small->told[i] != PH_TOLD &&
		    small->cells[i] >= 1 && small->cells[i] < PH_SMALL_BELOW &&
		    !is_table(&table, 0, 0)) {
			print(small, got);
			fail_msg("seed %llu: cell %zu of %s follows from the sheet",
				 (unsigned long long)seed, i, got);
		}
	}
}

/* --- random sheets --- */

static uint64_t next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static void one_sheet(uint64_t seed)
{
	uint64_t state = seed;
	int64_t cells[CELLS_MAX] = { 0 };
	int64_t came[CELLS_MAX] = { 0 };
	enum ph_told told[CELLS_MAX];
	size_t rows = 1 + next(&state) % 4;
	size_t columns = 1 + next(&state) % 4;
	struct ph_small small = { .n_rows = rows,
				  .n_columns = columns,
				  .cells = cells,
				  .split = columns,
				  .all_came = columns == 1 && next(&state) % 2 == 0,
				  .last_open = false,
				  .told = told };

	if (columns > 1 && next(&state) % 3 != 0) {
		small.split =
			columns > 2 ? next(&state) % 2 : 0; /* at least two are a split */
	}
	for (size_t i = 0; i < rows * columns; i++) {
		cells[i] = next(&state) % 3 == 0 ? 0 : (int64_t)(next(&state) % 9);
	}
	add_totals(cells, rows, columns);
	small.last_open = small.all_came && rows > 1 && next(&state) % 2 == 0;
	if (!small.all_came && (columns == 1 || small.split == 1)) {
		for (size_t r = 0; r < rows; r++) {
			came[r] = cells[r * columns] + (int64_t)(next(&state) % 3);
			came[rows] += came[r];
		}
		small.came = came;
	}
	assert_int_equal(ph_small_hide(&small), 0);
	assert_sheet_open(&small, seed);
	for (size_t i = 0; i < rows * columns; i++) {
		assert_true(told[i] != PH_TOLD || cells[i] == 0 ||
			    (small.last_open && i + 1 == rows) ||
			    cells[i] >= PH_SMALL_BELOW);
	}
	for (size_t c = 0; c < columns && (rows > 1 || !small.all_came); c++) {
		if (told[rows * columns + c] == PH_TOLD) {
			assert_open(&small, c, columns, rows, seed);
		}
	}
	for (size_t r = 0; r <= rows && small.split < columns; r++) {
		assert_open(&small, r * columns + small.split, 1, columns - small.split,
			    seed);
	}
}

static void test_a_stranger(void **state)
{
	uint64_t seed = first_seed();

	(void)state;
	printf("# from seed %llu\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < 3000; i++) {
		one_sheet(seed + i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
