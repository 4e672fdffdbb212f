/*
 * tests/unit/test_permute_cases.c - cases and lists, whatever the order of arrival.
 *
 * Worlds hear of a random history (case_tale.h) in random orders and portions, with
 * restarts between; all that is derived from the states must come to the same rows, and
 * a rebuild to the same again.
 *
 *   test_permute_cases [--count N] [--seed S]
 *
 * History i of a run has the seed S + i; a failing one is replayed by its own seed and
 * --count 1.
 */
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "case_tale.h"
#include "seed_args.h"

#define ORDERS 3

/* --- what is derived, as text --- */

static void put_rows(struct world *world, const char *sql, struct ph_buf *out)
{
	struct ph_db *db = world->other ? world->other : world->db;
	struct ph_stmt *stmt;
	int rc;

	out->len = 0;
	assert_int_equal(ph_db_prepare(db, sql, &stmt), 0);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		assert_int_equal(ph_buf_put_view(out, ph_stmt_col_text(stmt, 0)), 0);
		assert_int_equal(ph_buf_put_u8(out, '\n'), 0);
	}
	assert_int_equal(rc, 0);
}

#define ROW2(a, b)             "quote(" a ") || ',' || quote(" b ")"
#define ROW4(a, b, c, d)       ROW2(a, b) " || ',' || " ROW2(c, d)
#define ROW6(a, b, c, d, e, f) ROW4(a, b, c, d) " || ',' || " ROW2(e, f)

static const struct {
	const char *name, *sql;
} tables[] = {
	{ "edges",
	  "SELECT " ROW4("type", "id", "other", "0") " FROM ledger_edge ORDER BY 1" },
	{ "titles", "SELECT " ROW4("id", "root", "site",
				   "second") " FROM ledger_title ORDER BY 1" },
	{ "words",
	  "SELECT " ROW2("t.id", "w.words") " FROM ledger_words w JOIN ledger_title t"
					    " ON t.row = w.rowid ORDER BY 1" },
	{ "readers", "SELECT " ROW6("id", "root", "site", "second", "barred",
				    "0") " FROM ledger_reader ORDER BY 1" },
	{ "cards",
	  "SELECT " ROW4("id", "reader", "barred", "0") " FROM ledger_card ORDER BY 1" },
	{ "copies",
	  "SELECT " ROW6("id", "root", "title", "owner", "site",
			 "known") " || quote(condition) FROM ledger_copy ORDER BY 1" },
	{ "loans", "SELECT " ROW6("copy", "card", "site", "due", "second",
				  "ref") " FROM ledger_loan ORDER BY 1" },
	{ "ways", "SELECT " ROW6("copy", "site", "crate", "origin", "second",
				 "due_back") " FROM ledger_way ORDER BY 1" },
	{ "holds", "SELECT " ROW6("id", "site", "waits", "expires", "second",
				  "ready") " FROM ledger_hold ORDER BY 1" },
	{ "matches",
	  "SELECT " ROW4("kind", "key", "id", "type") " FROM ledger_match ORDER BY 1" },
	{ "two titles",
	  "SELECT " ROW2("copy", "title") " FROM ledger_two_titles ORDER BY 1" },
	{ "cases",
	  "SELECT " ROW6(
		  "id", "kind", "anchor", "refs", "second",
		  "facts") " || ',' || " ROW4("type", "subject", "status",
					      "closed") " FROM ledger_case ORDER BY 1" },
	{ "sites of cases", "SELECT " ROW4("site", "closed", "second",
					   "id") " FROM ledger_case_site ORDER BY 1" },
};
#define TABLES (sizeof tables / sizeof *tables)

struct dump {
	struct ph_buf text[TABLES];
};

static void dump_world(struct world *world, struct dump *dump)
{
	for (size_t i = 0; i < TABLES; i++) {
		put_rows(world, tables[i].sql, &dump->text[i]);
	}
}

static void dump_free(struct dump *dump)
{
	for (size_t i = 0; i < TABLES; i++) {
		ph_buf_deinit(&dump->text[i]);
	}
}

/* Lines of A that B lacks. */
static void print_lacking(struct ph_view a, struct ph_view b, char sign)
{
	while (a.len > 0) {
		size_t len =
			(size_t)((const uint8_t *)memchr(a.data, '\n', a.len) - a.data) +
			1;

		if (memmem(b.data, b.len, a.data, len) == NULL) {
			printf("# %c %.*s", sign, (int)len, (const char *)a.data);
		}
		a = PH_VIEW(a.data + len, a.len - len);
	}
}

static void assert_same(const struct dump *a, const struct dump *b, uint64_t seed,
			const char *where)
{
	for (size_t i = 0; i < TABLES; i++) {
		struct ph_view one = ph_buf_view(&a->text[i]),
			       two = ph_buf_view(&b->text[i]);

		if (!ph_view_equal(one, two)) {
			print_lacking(one, two, '-');
			print_lacking(two, one, '+');
			fail_msg("%s: %s differ; replay with --seed %" PRIu64
				 " --count 1",
				 where, tables[i].name, seed);
		}
	}
}

/* --- histories and orders --- */

static void hear(struct tale *tale, uint64_t seed, struct dump *dump)
{
	struct ph_error err = { 0 };
	struct world world;
	struct dump again = { 0 };
	uint64_t left = 0;
	uint64_t unfolded;

	for (size_t i = 0; i < LOGS; i++) {
		left += tale->logs[i]->n;
	}
	world_init(&world, below(tale, 2) == 0);
	world.hub = &plain_hub;
	world_reopen_ledger(&world);
	while (left > 0) {
		uint64_t most = below(tale, 5) == 0 ? 100 : 1 + below(tale, 6);

		left -= take(&world, tale->logs[below(tale, LOGS)], most);
		if (below(tale, 3) == 0) {
			world_catch_up(&world);
		} else if (below(tale, 6) == 0) {
			assert_int_equal(ph_ledger_step(world.ledger, 1 + below(tale, 4),
							&unfolded, &err),
					 0);
		}
		if (below(tale, 20) == 0) {
			world_reopen_ledger(&world);
		}
	}
	world_catch_up(&world);
	dump_world(&world, dump);
	assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
	dump_world(&world, &again);
	assert_same(dump, &again, seed, "after a rebuild");
	dump_free(&again);
	world_deinit(&world);
}

static size_t seen[PH_CASE_KINDS];

static int count_kind(void *data, const struct ph_case_row *row)
{
	(void)data;
	seen[row->kind]++;
	return 0;
}

static void every_order_gives_the_same_rows(void **state)
{
	struct ph_case_filter all = { .all = true };

	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		struct tale *tale = tale_make(arg_seed + i);
		struct dump first = { 0 }, other = { 0 };

		hear(tale, arg_seed + i, &first);
		for (int order = 1; order < ORDERS; order++) {
			hear(tale, arg_seed + i, &other);
			assert_same(&first, &other, arg_seed + i, "in another order");
		}
		hear_all(tale);
		dump_world(&tale->own, &other);
		assert_same(&first, &other, arg_seed + i, "one by one");
		assert_int_equal(ph_cases_each(tale->own.ledger, &all, count_kind, NULL),
				 0);
		dump_free(&first);
		dump_free(&other);
		tale_free(tale);
	}
	for (unsigned kind = 1; kind < PH_CASE_KINDS; kind++) {
		printf("# %s: %zu\n", ph_case_name(kind), seen[kind]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_gives_the_same_rows),
	};

	if (!read_args(argc, argv, 100, 100)) {
		fprintf(stderr, "usage: test_permute_cases [--count N] [--seed S]\n");
		return 2;
	}
	printf("# seed %" PRIu64 ", %" PRIu64 " histories in %d orders each\n", arg_seed,
	       arg_count, ORDERS);
	fflush(stdout);
	return cmocka_run_group_tests_name("permute_cases", tests, NULL, NULL);
}
