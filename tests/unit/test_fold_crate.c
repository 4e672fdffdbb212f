/* tests/unit/test_fold_crate.c - what was sent in a crate and what came (docs/MERGE.md, "Crate"). */
#include <stdio.h>

#include "fold_bench.h"

#include "common/ledger/crate.h"

#define CODES(...)                                                                       \
	(const char *const[])                                                            \
	{                                                                                \
		__VA_ARGS__                                                              \
	}

static struct ph_ref dispatch(struct bench *bench, struct actor *actor, int64_t second,
			      const char *const *codes, size_t n)
{
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);

	set_id(&entry, PH_DISPATCH_CRATE, 0, "x");
	set_uint(&entry, PH_DISPATCH_FROM, actor->site);
	set_uint(&entry, PH_DISPATCH_TO, 202);
	set_ids(bench, &entry, PH_DISPATCH_COPIES, codes, n);
	return say(bench, actor, &entry, second);
}

enum {
	LISTED = 1,
	FINAL = 2
};

static struct ph_ref receive(struct bench *bench, struct actor *actor, int64_t second,
			     unsigned how, const char *const *codes, size_t n)
{
	struct ph_entry entry = entry_of(PH_KIND_CRATE_RECEIVE);

	set_id(&entry, PH_RECEIVE_CRATE, 0, "x");
	if (how & LISTED) {
		set_uint(&entry, PH_RECEIVE_LISTED, 1);
	}
	if (how & FINAL) {
		set_uint(&entry, PH_RECEIVE_FINAL, 1);
	}
	if (n > 0) {
		set_ids(bench, &entry, PH_RECEIVE_COPIES, codes, n);
	}
	return say(bench, actor, &entry, second);
}

static void get_crate(struct bench *bench, struct ph_crate *crate)
{
	struct ph_entity_key key = key_of_id(PH_ENTITY_CRATE, "x");

	assert_int_equal(ph_crate_decode(bench_fold(bench, &key), crate), 0);
}

/* The codes, parted by blanks. */
static void assert_ids(const struct ph_id *ids, size_t n, const char *wanted)
{
	char text[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s",
					i == 0 ? "" : " ", (int)ids[i].code.len,
					(const char *)ids[i].code.data);
	}
	assert_string_equal(text, wanted);
}

static void assert_count(struct bench *bench, const char *lacking, const char *surplus)
{
	struct ph_crate crate;

	get_crate(bench, &crate);
	assert_ids(crate.lacking, crate.n_lacking, lacking);
	assert_ids(crate.surplus, crate.n_surplus, surplus);
	ph_crate_deinit(&crate);
}

static void journey_keeps_what_was_said(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);
	struct ph_crate crate;

	set_id(&entry, PH_DISPATCH_CRATE, 0, "x");
	set_uint(&entry, PH_DISPATCH_FROM, 101);
	set_uint(&entry, PH_DISPATCH_TO, 202);
	set_ids(bench, &entry, PH_DISPATCH_COPIES, CODES("c1"), 1);
	set_day(&entry, PH_DISPATCH_DUE_BACK, 20800);

	struct ph_ref sent = say(bench, &bench->a, &entry, 10);
	struct ph_ref came = receive(bench, &bench->b, 20, LISTED, NULL, 0);
	struct ph_ref more = receive(bench, &bench->b, 30, FINAL, CODES("c1"), 1);

	get_crate(bench, &crate);
	assert_int_equal(crate.n_dispatches, 1);
	assert_same_ref(&crate.dispatches[0].entry, &sent);
	assert_int_equal(crate.dispatches[0].from, 101);
	assert_int_equal(crate.dispatches[0].to, 202);
	assert_int_equal(crate.dispatches[0].second, T0 + 10);
	assert_true(crate.dispatches[0].has_due);
	assert_int_equal(crate.dispatches[0].due_back, 20800);
	assert_int_equal(crate.n_receives, 2);
	assert_same_ref(&crate.receives[0].entry, &came);
	assert_int_equal(crate.receives[0].site, 202);
	assert_int_equal(crate.receives[0].second, T0 + 20);
	assert_true(crate.receives[0].listed);
	assert_false(crate.receives[0].final);
	assert_same_ref(&crate.receives[1].entry, &more);
	assert_false(crate.receives[1].listed);
	assert_true(crate.receives[1].final);
	ph_crate_deinit(&crate);
}

static void discrepancies_only_after_final(void **state)
{
	struct bench *bench = *state;

	dispatch(bench, &bench->a, 10, CODES("c1", "c2", "c3"), 3);
	assert_count(bench, "", "");
	receive(bench, &bench->b, 20, 0, CODES("c2", "c9"), 2);
	assert_count(bench, "", "");
	receive(bench, &bench->b, 30, FINAL, NULL, 0);
	assert_count(bench, "c1 c3", "c9");
}

static void late_scan_is_found_after_final(void **state)
{
	struct bench *bench = *state;

	dispatch(bench, &bench->a, 10, CODES("c1", "c2"), 2);
	receive(bench, &bench->b, 30, FINAL, CODES("c1"), 1);
	assert_count(bench, "c2", "");
	receive(bench, &bench->c, 90, 0, CODES("c2"), 1);
	assert_count(bench, "", "");
}

static void receive_stands_at_its_dispatch(void **state)
{
	struct bench *bench = *state;
	struct ph_crate crate;

	receive(bench, &bench->b, 10, 0, CODES("c1"), 1);
	receive(bench, &bench->b, 40, FINAL, NULL, 0);
	dispatch(bench, &bench->a, 20, CODES("c1"), 1);
	get_crate(bench, &crate);
	assert_int_equal(crate.receives[0].second, T0 + 20);
	assert_int_equal(crate.receives[1].second, T0 + 40);
	ph_crate_deinit(&crate);
}

static void scans_come_in_any_order(void **state)
{
	struct bench *bench = *state;

	dispatch(bench, &bench->a, 10, CODES("c1", "c2", "c3"), 3);
	receive(bench, &bench->b, 20, 0, CODES("c3", "c9"), 2);
	receive(bench, &bench->b, 30, 0, CODES("c1", "c3"), 2);
	receive(bench, &bench->b, 40, FINAL, CODES("c2", "c8"), 2);
	assert_count(bench, "", "c8 c9");
}

static void listed_receipt_is_never_short(void **state)
{
	struct bench *bench = *state;

	dispatch(bench, &bench->a, 10, CODES("c1", "c2"), 2);
	receive(bench, &bench->b, 20, LISTED, NULL, 0);
	receive(bench, &bench->b, 30, FINAL, CODES("c8"), 1);
	assert_count(bench, "", "c8");
}

static void dispatches_of_one_journey_add_up(void **state)
{
	struct bench *bench = *state;

	dispatch(bench, &bench->a, 10, CODES("c2", "c1"), 2);
	dispatch(bench, &bench->a2, 11, CODES("c3", "c1"), 2);
	receive(bench, &bench->b, 20, FINAL, CODES("c1"), 1);
	assert_count(bench, "c2 c3", "");
}

static void dispatch_heard_of_last_settles_it(void **state)
{
	struct bench *bench = *state;

	receive(bench, &bench->b, 20, FINAL, CODES("c1"), 1);
	assert_count(bench, "", "c1");
	dispatch(bench, &bench->a, 10, CODES("c1"), 1);
	assert_count(bench, "", "");
}

static void copies_stand_by_namespace_then_code(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_CRATE_DISPATCH);
	const struct ph_id ids[] = { { .ns = 101, .code = PH_VIEW("a", 1) },
				     { .ns = 0, .code = PH_VIEW("c10", 3) },
				     { .ns = 0, .code = PH_VIEW("c1", 2) } };
	struct ph_crate crate;

	set_id(&entry, PH_DISPATCH_CRATE, 0, "x");
	set_uint(&entry, PH_DISPATCH_FROM, 101);
	set_uint(&entry, PH_DISPATCH_TO, 202);
	assert_int_equal(ph_list_put_ids(next_list(bench), ids, 3,
					 &entry.field[PH_DISPATCH_COPIES]),
			 0);
	say(bench, &bench->a, &entry, 10);
	receive(bench, &bench->b, 20, FINAL, NULL, 0);
	get_crate(bench, &crate);
	assert_ids(crate.lacking, crate.n_lacking, "c1 c10 a");
	assert_int_equal(crate.lacking[2].ns, 101);
	ph_crate_deinit(&crate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(journey_keeps_what_was_said),
		BENCH_TEST(discrepancies_only_after_final),
		BENCH_TEST(late_scan_is_found_after_final),
		BENCH_TEST(receive_stands_at_its_dispatch),
		BENCH_TEST(scans_come_in_any_order),
		BENCH_TEST(listed_receipt_is_never_short),
		BENCH_TEST(dispatches_of_one_journey_add_up),
		BENCH_TEST(dispatch_heard_of_last_settles_it),
		BENCH_TEST(copies_stand_by_namespace_then_code),
	};

	return cmocka_run_group_tests_name("fold_crate", tests, NULL, NULL);
}
