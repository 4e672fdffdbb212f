/*
 * tests/unit/test_scope_cost.c - a class that is joined costs what it holds, however large.
 *
 * All of a class concerns the same sites, so these are found once in a batch, not once for
 * each member. Each history joins N of a kind, and then four times as many, in one batch;
 * k log k would take about 4.5 times as long, k^2 16 times; the bound is 9. Processor time,
 * the least of three, so that a busy machine does not matter.
 */
#include <stdio.h>
#include <time.h>

#include "case_room.h"

#include "common/ledger/scope.h"

#define FEW 250

static void code_of(char out[static 24], size_t i)
{
	snprintf(out, 24, "c%05zu", i);
}

static void join_copies(struct actor *actor, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct ph_entry alias = entry_of(PH_KIND_COPY_ALIAS);
		char code[24];

		code_of(code, i);
		set_id(&alias, 0, 0, code);
		set_id(&alias, 1, 0, "c00000");
		at(actor, &alias, (int64_t)i);
	}
	loan(actor, "c00000", "k1", (int64_t)n);
}

/* Of titles no two are alike: only what is joined costs. */
static void join_titles(struct actor *actor, size_t n)
{
	struct ph_ref first = titled(actor, "Dế Mèn", NULL, NULL, 0);
	char name[24];

	put_of_copy(actor, "c1", &first, 1);
	for (size_t i = 1; i < n; i++) {
		struct ph_ref other;

		code_of(name, i);
		other = titled(actor, name, NULL, NULL, (int64_t)i);
		joined(actor, PH_KIND_TITLE_MERGE, &first, &other, (int64_t)i);
	}
}

/* Nobody is joined to many, whose erasures would be looked for. */
static void join_readers(struct actor *actor, size_t n)
{
	struct ph_entry put = entry_of(PH_KIND_READER_PUT);
	struct ph_ref last;

	set_text(&put, PH_READER_COMMUNE, "03646");
	last = at(actor, &put, 0);
	issue(actor, "k1", &last, 1);
	for (size_t i = 1; i < n; i++) {
		struct ph_ref other = at(actor, &put, (int64_t)i);

		joined(actor, PH_KIND_READER_MERGE, &last, &other, (int64_t)i);
		last = other;
	}
}

static double seconds_of(void (*join)(struct actor *, size_t), size_t n)
{
	double least = 0;

	for (int i = 0; i < 3; i++) {
		void *state;
		struct room *room;
		clock_t start;
		double took;

		case_setup(&state);
		room = state;
		join(&room->a, n);
		world_take(&room->world, &room->a, UINT64_MAX);
		start = clock();
		world_catch_up(&room->world);
		took = (double)(clock() - start) / CLOCKS_PER_SEC;
		least = i == 0 || took < least ? took : least;
		fold_teardown(&state);
	}
	return least;
}

static void check(const char *what, void (*join)(struct actor *, size_t))
{
	double few = seconds_of(join, FEW), many = seconds_of(join, (size_t)4 * FEW);

	printf("# %s: %.1f ms for %d, %.1f ms for %d\n", what, few * 1e3, FEW, many * 1e3,
	       4 * FEW);
	assert_true(many < 9 * few);
}

static void copies(void **state)
{
	(void)state;
	check("copies", join_copies);
}

static void titles(void **state)
{
	(void)state;
	check("titles", join_titles);
}

static void readers(void **state)
{
	(void)state;
	check("readers", join_readers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies),
		cmocka_unit_test(titles),
		cmocka_unit_test(readers),
	};

	return cmocka_run_group_tests_name("scope_cost", tests, NULL, NULL);
}
