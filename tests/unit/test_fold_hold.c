/* tests/unit/test_fold_hold.c - a hold: who is first, and for how long it is wanted (docs/MERGE.md, "Hold"). */
#include "fold_bench.h"

#include "common/ledger/hold.h"

#define LAST_DAY 20730 /* some weeks behind T0 */

/* The first second of DAY in UTC+7, counted from T0. */
static int64_t start_of(int64_t day)
{
	return day * DAY - 7 * 3600 - T0;
}

static struct ph_ref place(struct bench *bench, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_HOLD_PLACE);
	struct ph_ref title = stranger('t');

	set_id(&entry, PH_HOLD_CARD, 0, "k1");
	set_day(&entry, PH_HOLD_EXPIRES, LAST_DAY);
	set_uint(&entry, PH_HOLD_PICKUP, 303);
	set_ref(&entry, PH_HOLD_TITLE, &title);
	return say(bench, &bench->a, &entry, second);
}

static struct ph_ref ready(struct bench *bench, struct actor *actor,
			   const struct ph_ref *hold, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_HOLD_READY);

	set_ref(&entry, PH_HOLD_READY_HOLD, hold);
	set_id(&entry, PH_HOLD_READY_COPY, 0, actor->site == 101 ? "c1" : "c2");
	return say(bench, actor, &entry, second);
}

static struct ph_ref cancel(struct bench *bench, struct actor *actor,
			    const struct ph_ref *hold, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_HOLD_CANCEL);

	set_ref(&entry, PH_HOLD_CANCEL_HOLD, hold);
	return say(bench, actor, &entry, second);
}

static struct ph_ref fill(struct bench *bench, struct actor *actor,
			  const struct ph_ref *hold, int64_t second)
{
	struct ph_entry entry = entry_of(PH_KIND_LOAN);

	set_id(&entry, PH_LOAN_COPY, 0, "c9");
	set_id(&entry, PH_LOAN_CARD, 0, "k9");
	set_ref(&entry, PH_LOAN_HOLD, hold);
	return say(bench, actor, &entry, second);
}

static void get_hold(struct bench *bench, const struct ph_ref *ref, struct ph_hold *hold)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_HOLD, ref);

	assert_int_equal(ph_hold_decode(bench_fold(bench, &key), hold), 0);
}

static void hold_keeps_what_was_asked(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = place(bench, 10), title = stranger('t');
	struct ph_hold hold;

	get_hold(bench, &ref, &hold);
	assert_true(hold.placed);
	assert_true(ph_view_equal(hold.card.code, ph_view_str("k1")));
	assert_int_equal(hold.expires, LAST_DAY);
	assert_int_equal(hold.pickup, 303);
	assert_true(hold.has_title);
	assert_same_ref(&hold.title, &title);
	assert_false(hold.has_copy);
	assert_int_equal(hold.site, 101);
	assert_int_equal(hold.second, T0 + 10);
	assert_false(hold.is_cancelled);
	assert_false(hold.is_ready);
	assert_false(hold.is_filled);
	ph_hold_deinit(&hold);
}

static void hold_of_one_copy(void **state)
{
	struct bench *bench = *state;
	struct ph_entry entry = entry_of(PH_KIND_HOLD_PLACE);
	struct ph_hold hold;

	set_id(&entry, PH_HOLD_CARD, 0, "k1");
	set_day(&entry, PH_HOLD_EXPIRES, LAST_DAY);
	set_uint(&entry, PH_HOLD_PICKUP, 101);
	set_id(&entry, PH_HOLD_COPY, 0, "c1");

	struct ph_ref ref = say(bench, &bench->a, &entry, 10);

	get_hold(bench, &ref, &hold);
	assert_false(hold.has_title);
	assert_true(hold.has_copy);
	assert_true(ph_view_equal(hold.copy.code, ph_view_str("c1")));
	ph_hold_deinit(&hold);
}

static void first_hold_ready_wins(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = place(bench, 10);
	struct ph_ref late = ready(bench, &bench->a, &ref, 30);
	struct ph_ref first = ready(bench, &bench->b, &ref, 20);
	struct ph_ref last = ready(bench, &bench->b, &ref, 40);
	struct ph_hold hold;

	get_hold(bench, &ref, &hold);
	assert_true(hold.is_ready);
	assert_same_ref(&hold.ready.entry, &first);
	assert_int_equal(hold.ready.site, 202);
	assert_int_equal(hold.ready.second, T0 + 20);
	assert_true(ph_view_equal(hold.ready.copy.code, ph_view_str("c2")));
	assert_int_equal(hold.n_others, 2);
	assert_same_ref(&hold.others[0], &late);
	assert_same_ref(&hold.others[1], &last);
	ph_hold_deinit(&hold);
}

static void nothing_is_ready_after_a_cancel(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = place(bench, 10);
	struct ph_ref late = ready(bench, &bench->a, &ref, 30);
	struct ph_ref second = cancel(bench, &bench->b, &ref, 26);
	struct ph_ref first = cancel(bench, &bench->a, &ref, 25);
	struct ph_hold hold;

	(void)second;
	get_hold(bench, &ref, &hold);
	assert_true(hold.is_cancelled);
	assert_same_ref(&hold.cancelled.ref, &first);
	assert_int_equal(hold.cancelled.site, 101);
	assert_int_equal(hold.cancelled.second, T0 + 25);
	assert_false(hold.is_ready);
	assert_int_equal(hold.n_others, 1);
	assert_same_ref(&hold.others[0], &late);
	ph_hold_deinit(&hold);

	/* One heard of later, but from before, is ready. */
	struct ph_ref before = ready(bench, &bench->b, &ref, 24);

	get_hold(bench, &ref, &hold);
	assert_true(hold.is_ready);
	assert_same_ref(&hold.ready.entry, &before);
	assert_int_equal(hold.n_others, 1);
	ph_hold_deinit(&hold);
}

static void hold_expires_at_the_end_of_its_day(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = place(bench, 10);
	struct ph_ref after = ready(bench, &bench->a, &ref, start_of(LAST_DAY + 1));
	struct ph_hold hold;

	get_hold(bench, &ref, &hold);
	assert_false(hold.is_ready);
	assert_int_equal(hold.n_others, 1);
	assert_same_ref(&hold.others[0], &after);
	ph_hold_deinit(&hold);

	struct ph_ref on = ready(bench, &bench->b, &ref, start_of(LAST_DAY + 1) - 1);

	get_hold(bench, &ref, &hold);
	assert_true(hold.is_ready);
	assert_same_ref(&hold.ready.entry, &on);
	ph_hold_deinit(&hold);
}

static void ready_before_its_hold_is_here(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = stranger('h');
	struct ph_ref late = ready(bench, &bench->a, &ref, 400 * DAY);
	struct ph_hold hold;

	get_hold(bench, &ref, &hold);
	assert_false(hold.placed);
	assert_true(hold.is_ready); /* nobody here knows when it expires */
	assert_same_ref(&hold.ready.entry, &late);
	ph_hold_deinit(&hold);
}

static void first_loan_that_names_it_fills_it(void **state)
{
	struct bench *bench = *state;
	struct ph_ref ref = place(bench, 10);
	struct ph_hold hold;

	fill(bench, &bench->a, &ref, 60);

	struct ph_ref first = fill(bench, &bench->c, &ref, 50);

	get_hold(bench, &ref, &hold);
	assert_true(hold.is_filled);
	assert_same_ref(&hold.filled.entry, &first);
	assert_true(ph_view_equal(hold.filled.copy.code, ph_view_str("c9")));
	assert_int_equal(hold.filled.site, 303);
	assert_int_equal(hold.filled.second, T0 + 50);
	ph_hold_deinit(&hold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(hold_keeps_what_was_asked),
		BENCH_TEST(hold_of_one_copy),
		BENCH_TEST(first_hold_ready_wins),
		BENCH_TEST(nothing_is_ready_after_a_cancel),
		BENCH_TEST(hold_expires_at_the_end_of_its_day),
		BENCH_TEST(ready_before_its_hold_is_here),
		BENCH_TEST(first_loan_that_names_it_fills_it),
	};

	return cmocka_run_group_tests_name("fold_hold", tests, NULL, NULL);
}
