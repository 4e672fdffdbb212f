/* tests/unit/test_fold_judge.c - what the hub says of clocks, and how unsure a time is (docs/MERGE.md). */
#include "act_world.h"

#include "common/ledger/changes.h"

struct seen {
	int64_t second;
	uint32_t unsure;
	bool told;
};

static int on_fact(void *data, const struct ph_fact *fact)
{
	struct seen *seen = data;

	*seen = (struct seen){ .second = fact->second - T0,
			       .unsure = fact->unsure,
			       .told = fact->told };
	return 0;
}

/* The time of the last fact of a copy, in seconds after T0, and how unsure it is. */
static struct seen last_of(struct room *room, const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct seen seen = { 0 };
	struct ph_entity_key key;

	assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
	assert_int_equal(ph_ledger_facts(room->world.ledger, &key, on_fact, &seen), 0);
	return seen;
}

static void judge_shifts_what_the_mark_governs(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&at_mark, 600);

	loan(&room->a, "c1", "k1", 2000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 2000);
	assert_int_equal(last_of(room, "c1").unsure, 3600);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 1400);
	assert_int_equal(last_of(room, "c1").unsure, 10);
	assert_int_equal(get_copy(room, "c1")->loans[0].second, T0 + 1400);
}

static void judge_that_came_first_waits_for_the_mark(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&at_mark, -600);

	loan(&room->a, "c1", "k1", 2000);
	at(&room->hub, &judge, 5000);
	hear(room, &room->hub);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 2600);
}

static void judge_ends_at_the_next_mark(void **state)
{
	struct room *room = *state;
	struct ph_ref first = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&first, 600);

	loan(&room->a, "c1", "k1", 2000);
	mark(&room->a, PH_SURE_PERSON, 3000);
	loan(&room->a, "c2", "k1", 4000);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 1400);
	assert_int_equal(last_of(room, "c2").second, 4000);
	assert_int_equal(last_of(room, "c2").unsure, 300);
}

static void floor_is_the_judged_stamp(void **state)
{
	struct room *room = *state;
	struct ph_ref high = mark(&room->a, PH_SURE_NONE, 50000);
	struct ph_entry judge = judgement(&high, 49000);

	mark(&room->a, PH_SURE_HUB, 2000); /* the clock was set right */
	loan(&room->a, "c1", "k1", 3000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 50000);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	/* What was wrong lifts nothing any more. */
	assert_int_equal(last_of(room, "c1").second, 3000);
}

static void clamp_is_the_last_second(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_NONE, 1000);
	struct ph_entry judge = judgement(&at_mark, 0);

	loan(&room->a, "c1", "k1", 1500);
	loan(&room->a, "c2", "k1", 9000);
	set_uint(&judge, PH_JUDGE_CLAMP, T0 + 2000);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 1500);
	assert_int_equal(last_of(room, "c2").second, 2000);
}

static void shifts_stop_at_the_ends_of_time(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_NONE, 1000);
	struct ph_entry judge = judgement(&at_mark, (int64_t)1 << 40);

	loan(&room->a, "c1", "k1", 1500);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, -T0);
}

static void last_judge_holds_and_a_voided_one_does_not(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry first = judgement(&at_mark, 600);
	struct ph_entry second = judgement(&at_mark, 100);
	struct ph_ref last;
	struct actor desk;

	actor_init(&desk, 9, 0, T0);
	loan(&room->a, "c1", "k1", 2000);
	last = at(&desk, &second, 6000);
	fold_all(room);
	hear(room, &desk);
	at(&room->hub, &first, 5000); /* heard of later, said earlier */
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 1900);
	void_it(&desk, &last, 7000);
	hear(room, &desk);
	assert_int_equal(last_of(room, "c1").second, 1400);
	actor_deinit(&desk);
}

static void hub_is_not_judged(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->hub, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&at_mark, 600);
	struct ph_entry withdrawn = entry_of(PH_KIND_WITHDRAWN);

	set_id(&withdrawn, PH_WITHDRAWN_COPY, 0, "c1");
	set_text(&withdrawn, PH_WITHDRAWN_DECISION, "12/QD");
	at(&room->hub, &withdrawn, 2000);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, 2000);
	assert_int_equal(last_of(room, "c1").unsure, 3600);
}

static void counts_move_to_another_day(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&at_mark, 3 * DAY);
	struct ph_ref judged;

	visit_at(&room->a, 5, 3 * DAY + 2000);
	fold_all(room);
	assert_int_equal(visits(room, 101, 3 * DAY), 5);
	judged = at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(visits(room, 101, 3 * DAY), 0);
	assert_int_equal(visits(room, 101, 0), 5);
	void_it(&room->hub, &judged, 6000);
	fold_all(room);
	assert_int_equal(visits(room, 101, 3 * DAY), 5);
	assert_int_equal(visits(room, 101, 0), 0);
}

static void first_of_a_source_may_be_another_one(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&at_mark, 1900);
	struct ph_entry visit = visit_of(5);

	set_source(&visit, 7);
	at(&room->a, &visit, 2000);
	visit.field[PH_VISIT_COUNT].as.uint = 9;
	at(&room->a2, &visit, 1500);
	fold_all(room);
	assert_int_equal(visits(room, 101, 0), 9);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(visits(room, 101, 0), 5);
}

static void told_times_are_not_judged(void **state)
{
	struct room *room = *state;
	struct ph_ref at_mark = mark(&room->a, PH_SURE_RTC, 1000);
	struct ph_entry judge = judgement(&at_mark, 600);
	struct ph_entry back = entry_of(PH_KIND_RETURN);

	set_id(&back, PH_RETURN_COPY, 0, "c1");
	back.extras.when = PH_WHEN_MINUTE;
	back.extras.when_value = T0 / 60;
	at(&room->a, &back, 2000);
	at(&room->hub, &judge, 5000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").second, T0 / 60 * 60 - T0);
	assert_int_equal(last_of(room, "c1").unsure, 60);
	assert_true(last_of(room, "c1").told);
	back.extras.when = PH_WHEN_DAY;
	back.extras.when_value = ph_day_of(T0) + 1;
	at(&room->a, &back, 3000);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").unsure, 43200);
}

static void without_a_mark_nobody_knows(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	mark(&room->a2, PH_SURE_NETWORK, 100);
	loan(&room->a2, "c2", "k1", 200);
	fold_all(room);
	assert_int_equal(last_of(room, "c1").unsure, 86400);
	assert_int_equal(last_of(room, "c2").unsure, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(judge_shifts_what_the_mark_governs),
		FOLD_TEST(judge_that_came_first_waits_for_the_mark),
		FOLD_TEST(judge_ends_at_the_next_mark),
		FOLD_TEST(floor_is_the_judged_stamp),
		FOLD_TEST(clamp_is_the_last_second),
		FOLD_TEST(shifts_stop_at_the_ends_of_time),
		FOLD_TEST(last_judge_holds_and_a_voided_one_does_not),
		FOLD_TEST(hub_is_not_judged),
		FOLD_TEST(counts_move_to_another_day),
		FOLD_TEST(first_of_a_source_may_be_another_one),
		FOLD_TEST(told_times_are_not_judged),
		FOLD_TEST(without_a_mark_nobody_knows),
	};

	return cmocka_run_group_tests_name("fold_judge", tests, NULL, NULL);
}
