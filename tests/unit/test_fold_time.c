/* tests/unit/test_fold_time.c - when an entry counts, and which of two is the first (docs/MERGE.md). */
#include "fold_world.h"

static void told_time_counts(void **state)
{
	struct room *room = *state;
	struct ph_entry back = entry_of(PH_KIND_RETURN);

	loan(&room->a, "c1", "k1", 1000);
	set_id(&back, PH_RETURN_COPY, 0, "c1");
	back.extras.when = PH_WHEN_MINUTE;
	back.extras.when_value = (T0 + 500) / 60;
	at(&room->a, &back, 2000);
	fold_all(room);
	/* Told to be before the loan, so it closes nothing. */
	assert_non_null(ph_copy_open_loan(get_copy(room, "c1")));

	struct ph_entry visit = visit_of(3);

	visit.extras.when = PH_WHEN_DAY;
	visit.extras.when_value = ph_day_of(T0) - 40;
	at(&room->a, &visit, 3000);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, -40 * DAY).count[PH_TALLY_VISITS], 3);
}

static void clock_mark_lifts_what_follows(void **state)
{
	struct room *room = *state;
	struct ph_entry mark = entry_of(PH_KIND_CLOCK_MARK);
	uint8_t boot[8] = { 0 };

	loan(&room->b, "c1", "k2", 500);
	set_bytes(&mark, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&mark, PH_MARK_MONO, 1);
	set_uint(&mark, PH_MARK_WALL, T0 + 1000);
	at(&room->a, &mark, 1000);
	loan(&room->a, "c1", "k1", 10); /* a stamp that fell back */
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");

	assert_int_equal(copy->n_loans, 2);
	assert_int_equal(copy->loans[1].site, 101);
	assert_int_equal(copy->loans[1].second, T0 + 1000);
}

static void told_time_lifts_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(1);

	visit.extras.when = PH_WHEN_MINUTE;
	visit.extras.when_value = (T0 + 100 * DAY) / 60;
	at(&room->a, &visit, 10);
	loan(&room->a, "c1", "k1", 20);
	fold_all(room);
	assert_int_equal(get_copy(room, "c1")->loans[0].second, T0 + 20);
}

static void equal_times_go_by_log_id(void **state)
{
	struct room *room = *state;
	struct ph_entry loans[2];
	struct actor *actors[2] = { &room->a, &room->b };

	for (int i = 0; i < 2; i++) {
		loans[i] = entry_of(PH_KIND_LOAN);
		set_id(&loans[i], PH_LOAN_COPY, 0, "c1");
		set_id(&loans[i], PH_LOAN_CARD, 0, i == 0 ? "k1" : "k2");
		loans[i].stamp = ph_stamp(T0 + 100, 0);
		actor_write(actors[i], &loans[i]);
	}
	fold_all(room);

	bool a_first = memcmp(room->a.id, room->b.id, PH_LOG_ID_SIZE) < 0;

	assert_int_equal(get_copy(room, "c1")->loans[0].site, a_first ? 101 : 202);
}

/* Two branches of one log, at one number and time. */
static void equal_places_go_by_hash(void **state)
{
	struct room *room = *state;
	struct actor *other = malloc(sizeof *other);
	struct ph_ref refs[2];

	assert_non_null(other);
	actor_fork(other, &room->a, 1);
	refs[0] = loan(&room->a, "c1", "k1", 100);
	refs[1] = loan(other, "c1", "k2", 100);
	world_take(&room->world, other, UINT64_MAX);
	fold_all(room);

	const struct ph_copy *copy = get_copy(room, "c1");
	size_t first =
		memcmp(refs[0].hash, refs[1].hash, sizeof refs[0].hash) < 0 ? 0 : 1;

	assert_int_equal(copy->n_loans, 2);
	assert_ref(&copy->loans[0].ref, &refs[first]);
	assert_closed(&copy->loans[0], PH_CLOSED_INFERRED, &refs[1 - first]);
	actor_deinit(other);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(told_time_counts),
		FOLD_TEST(clock_mark_lifts_what_follows),
		FOLD_TEST(told_time_lifts_nothing),
		FOLD_TEST(equal_times_go_by_log_id),
		FOLD_TEST(equal_places_go_by_hash),
	};

	return cmocka_run_group_tests_name("fold_time", tests, NULL, NULL);
}
