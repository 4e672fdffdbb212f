/*
 * tests/unit/test_listing.c - lists page by page, and what a page costs.
 *
 * Rows are put into the tables by hand, as many as the test wants: what they come from
 * is tested with the folds.
 */
#include <stdio.h>
#include <time.h>

#include "ledger_world.h"

#include "common/ledger/listing_item.h"
#include "common/ledger/store.h"
#include "tests/lib/full_run.h"

#define TODAY 20718

struct shelf {
	struct world world;
	struct ph_ledger *ledger;
	json_t *items;
	char next[PH_LISTING_NEXT];
};

static int shelf_setup(void **state)
{
	struct shelf *shelf = calloc(1, sizeof *shelf);

	world_init(&shelf->world, false);
	shelf->ledger = shelf->world.ledger;
	*state = shelf;
	return 0;
}

static int shelf_teardown(void **state)
{
	struct shelf *shelf = *state;

	json_decref(shelf->items);
	world_deinit(&shelf->world);
	free(shelf);
	return 0;
}

/* N loans at SITE, one due on each day from FROM on, every fifth without a day. */
static void put_loans(struct shelf *shelf, int site, int n, int from)
{
	for (int i = 0; i < n; i++) {
		struct ph_stmt *stmt;
		uint8_t copy[16] = { 0 }, ref[32] = { 0 };

		ph_be64_put(copy, (uint64_t)site);
		ph_be64_put(copy + 8, (uint64_t)i);
		assert_int_equal(ph_db_prepare(shelf->world.db,
					       "INSERT INTO ledger_loan(copy, card,"
					       " site, due, second, ref)"
					       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
					       &stmt),
				 0);
		ph_stmt_blob(stmt, 1, PH_VIEW(copy, sizeof copy));
		ph_stmt_blob(stmt, 2, PH_VIEW("\0\0\0\0\0\0\0\0k", 9));
		ph_stmt_int(stmt, 3, site);
		ph_stmt_int(stmt, 4, i % 5 == 4 ? PH_DUE_NEVER : from + i);
		ph_stmt_int(stmt, 5, T0 + i);
		ph_stmt_blob(stmt, 6, PH_VIEW(ref, sizeof ref));
		assert_int_equal(ph_stmt_run(stmt), 0);
	}
}

/* One page; how many items it has. */
static size_t page(struct shelf *shelf, struct ph_listing_query *query)
{
	json_decref(shelf->items);
	shelf->items = NULL;
	query->day = TODAY;
	assert_int_equal(ph_listing(shelf->ledger, query, &shelf->items, shelf->next), 0);
	return json_array_size(shelf->items);
}

static json_int_t number_at(struct shelf *shelf, size_t i, const char *name)
{
	return json_integer_value(json_object_get(json_array_get(shelf->items, i), name));
}

static const char *text_at(struct shelf *shelf, size_t i, const char *name)
{
	const char *text =
		json_string_value(json_object_get(json_array_get(shelf->items, i), name));

	return text != NULL ? text : "";
}

static void pages_follow_each_other(void **state)
{
	struct shelf *shelf = *state;
	struct ph_listing_query query = { .list = PH_LISTING_OUT, .limit = 7 };
	char after[PH_LISTING_NEXT];
	char last[64] = "";
	size_t seen = 0;

	put_loans(shelf, 101, 10, TODAY - 5);
	put_loans(shelf, 202, 11, TODAY - 5);
	do {
		size_t n = page(shelf, &query);

		assert_true(n > 0);
		for (size_t i = 0; i < n; i++, seen++) {
			char here[64];

			snprintf(here, sizeof here, "%" JSON_INTEGER_FORMAT " %s",
				 number_at(shelf, i, "site"),
				 *text_at(shelf, i, "due") ? text_at(shelf, i, "due")
							   : "none");
			assert_true(strcmp(here, last) >= 0); /* "none" is last */
			memcpy(last, here, sizeof last);
		}
		memcpy(after, shelf->next, sizeof after);
		query.after = after;
	} while (shelf->next[0] != '\0');
	assert_int_equal(seen, 21);
	/* A page that ends with the list says that nothing follows. */
	query = (struct ph_listing_query){ .list = PH_LISTING_OUT, .limit = 21 };
	assert_int_equal(page(shelf, &query), 21);
	assert_string_equal(shelf->next, "");
	query.limit = 20;
	assert_int_equal(page(shelf, &query), 20);
	assert_string_not_equal(shelf->next, "");
}

static void only_what_is_overdue(void **state)
{
	struct shelf *shelf = *state;
	const uint64_t site = 202;
	struct ph_listing_query query = { .list = PH_LISTING_OVERDUE };

	put_loans(shelf, 101, 10, TODAY - 3); /* due on TODAY - 3, - 2, - 1, TODAY ... */
	put_loans(shelf, 202, 3, TODAY - 1);
	assert_int_equal(page(shelf, &query), 4);
	assert_int_equal(number_at(shelf, 0, "days_over"), 3);
	assert_int_equal(number_at(shelf, 3, "site"), 202);
	assert_int_equal(number_at(shelf, 3, "days_over"), 1);
	query.sites = &site;
	query.n_sites = 1;
	assert_int_equal(page(shelf, &query), 1);
	query.n_sites = 0;
	assert_int_equal(page(shelf, &query), 0);
}

static void put_hold(struct shelf *shelf, uint8_t name, int site, bool waits, int expires)
{
	uint8_t id[32] = { name };
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_prepare(shelf->world.db,
				       "INSERT INTO ledger_hold(id, site, waits, expires,"
				       " second, card, ready, ready_second)"
				       " VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6, 0)",
				       &stmt),
			 0);
	ph_stmt_blob(stmt, 1, PH_VIEW(id, sizeof id));
	ph_stmt_int(stmt, 2, site);
	ph_stmt_int(stmt, 3, waits);
	ph_stmt_int(stmt, 4, expires);
	ph_stmt_blob(stmt, 5, PH_VIEW("\0\0\0\0\0\0\0\0k", 9));
	if (waits) {
		ph_stmt_null(stmt, 6);
	} else {
		ph_stmt_blob(stmt, 6, PH_VIEW("\0\0\0\0\0\0\0\0c", 9));
	}
	assert_int_equal(ph_stmt_run(stmt), 0);
}

static void ready_holds_come_first_and_old_ones_not_at_all(void **state)
{
	static const char *const states[] = { "ready", "ready", "waiting", "waiting" };
	struct shelf *shelf = *state;
	struct ph_listing_query query = { .list = PH_LISTING_HOLDS, .limit = 3 };
	char after[PH_LISTING_NEXT];

	put_hold(shelf, 1, 101, true, TODAY + 1);
	put_hold(shelf, 2, 101, true, TODAY);
	put_hold(shelf, 3, 101, true, TODAY - 1);
	put_hold(shelf, 4, 101, false, TODAY + 9);
	put_hold(shelf, 5, 101, false, TODAY);
	put_hold(shelf, 6, 101, false, TODAY - 1);
	assert_int_equal(page(shelf, &query), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(text_at(shelf, i, "state"), states[i]);
	}
	memcpy(after, shelf->next, sizeof after);
	query.after = after;
	assert_int_equal(page(shelf, &query), 1);
	assert_string_equal(text_at(shelf, 0, "state"), states[3]);
	assert_string_equal(shelf->next, "");
}

/* For who may see that a copy is out, or is waited for, and not whose it is. */
static void whose_it_is_can_be_left_out(void **state)
{
	static const enum ph_listing lists[] = { PH_LISTING_OUT, PH_LISTING_OVERDUE,
						 PH_LISTING_HOLDS };
	static const char *const whose[] = { "card", "reader", "name", "locked" };
	struct shelf *shelf = *state;

	put_loans(shelf, 101, 1, TODAY - 5);
	put_hold(shelf, 1, 101, true, TODAY + 1);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct ph_listing_query query = { .list = lists[i] };
		json_t *all;

		assert_int_equal(page(shelf, &query), 1);
		all = json_deep_copy(json_array_get(shelf->items, 0));
		assert_non_null(json_object_get(all, "card"));
		query.no_cards = true;
		assert_int_equal(page(shelf, &query), 1);
		for (size_t j = 0; j < sizeof whose / sizeof *whose; j++) {
			(void)json_object_del(all, whose[j]);
		}
		assert_true(json_equal(json_array_get(shelf->items, 0), all));
		json_decref(all);
	}
}

static void a_place_of_another_list_is_refused(void **state)
{
	struct shelf *shelf = *state;
	static const char *const places[] = { "", "00", "zz", "0" };
	struct ph_listing_query query = { .list = PH_LISTING_OUT, .limit = 1 };
	char place[PH_LISTING_NEXT];

	put_loans(shelf, 101, 3, TODAY - 5);
	assert_int_equal(page(shelf, &query), 1);
	memcpy(place, shelf->next, sizeof place);
	query.after = place;
	query.list = PH_LISTING_OVERDUE;
	assert_int_equal(ph_listing(shelf->ledger, &query, &shelf->items, shelf->next),
			 PH_LISTING_E_AFTER);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		query.after = places[i];
		assert_int_equal(
			ph_listing(shelf->ledger, &query, &shelf->items, shelf->next),
			PH_LISTING_E_AFTER);
	}
	/* A place that is long gone is still a place. */
	query.list = PH_LISTING_OUT;
	query.after = place;
	assert_int_equal(ph_db_exec(shelf->world.db, "DELETE FROM ledger_loan"), 0);
	assert_int_equal(page(shelf, &query), 0);
}

/* --- what it costs --- */

static void assert_by_index(struct shelf *shelf, const char *sql)
{
	/* Statements are cached by address: each text keeps its own. */
	static char explains[16][1024];
	static size_t used;
	struct ph_stmt *stmt;
	char *explain;
	int rc;

	assert_in_range(used, 0, 15);
	explain = explains[used++];
	assert_in_range(
		snprintf(explain, sizeof explains[0], "EXPLAIN QUERY PLAN %s", sql), 1,
		sizeof explains[0] - 1);
	assert_int_equal(ph_db_prepare(shelf->world.db, explain, &stmt), 0);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_view detail = ph_stmt_col_text(stmt, 3);
		char text[256];

		snprintf(text, sizeof text, "%.*s", (int)detail.len,
			 (const char *)detail.data);
		/* min() of an index is a search; anything else that scans or sorts is not. */
		if (strncmp(text, "SEARCH", 6) != 0) {
			fail_msg("%s\n  %s", text, sql);
		}
	}
	assert_int_equal(rc, 0);
}

static void every_page_is_found_by_an_index(void **state)
{
	struct shelf *shelf = *state;

	for (int list = PH_LISTING_HERE; list <= PH_LISTING_HOLDS; list++) {
		assert_by_index(shelf, ph_listing_sql((enum ph_listing)list, false));
		assert_by_index(shelf, ph_listing_sql((enum ph_listing)list, true));
	}
}

static double now(void)
{
	struct timespec spec;

	clock_gettime(CLOCK_MONOTONIC, &spec);
	return (double)spec.tv_sec + (double)spec.tv_nsec / 1e9;
}

/* The best of some pages in the middle of a list, in seconds. */
static double time_page(struct shelf *shelf, uint64_t site)
{
	struct ph_listing_query query = {
		.list = PH_LISTING_OVERDUE, .limit = 50, .sites = &site, .n_sites = 1
	};
	char after[PH_LISTING_NEXT];
	double best = 1e9;

	page(shelf, &query);
	memcpy(after, shelf->next, sizeof after);
	query.after = after;
	for (int i = 0; i < 40; i++) {
		double start = now();

		assert_int_equal(page(shelf, &query), 50);
		best = now() - start < best ? now() - start : best;
	}
	return best;
}

static void a_page_costs_the_same_in_a_large_ledger(void **state)
{
	struct shelf *shelf = *state;
	int many = full_run() ? 1000000 : 100000;
	double few_s, many_s;

	assert_int_equal(ph_db_begin(shelf->world.db), 0);
	put_loans(shelf, 101, 10000, TODAY - 5000);
	few_s = time_page(shelf, 101);
	put_loans(shelf, 102, many, TODAY - many / 2);
	many_s = time_page(shelf, 102);
	assert_int_equal(ph_db_commit(shelf->world.db), 0);
	printf("# a page of 10,000 loans: %.0f us; of %d: %.0f us\n", few_s * 1e6, many,
	       many_s * 1e6);
	assert_true(many_s < 5 * few_s);
}

#define SHELF_TEST(name)                                                                 \
	cmocka_unit_test_setup_teardown(name, shelf_setup, shelf_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHELF_TEST(pages_follow_each_other),
		SHELF_TEST(only_what_is_overdue),
		SHELF_TEST(ready_holds_come_first_and_old_ones_not_at_all),
		SHELF_TEST(whose_it_is_can_be_left_out),
		SHELF_TEST(a_place_of_another_list_is_refused),
		SHELF_TEST(every_page_is_found_by_an_index),
		SHELF_TEST(a_page_costs_the_same_in_a_large_ledger),
	};

	return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
