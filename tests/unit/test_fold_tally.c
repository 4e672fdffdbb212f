/* tests/unit/test_fold_tally.c - what a site did on a day (docs/MERGE.md). */
#include "fold_world.h"

static void tally_splits_visits(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	set_uint(&visit, PH_VISIT_BAND, PH_BAND_CHILD);
	set_uint(&visit, PH_VISIT_WOMEN, 3);
	set_uint(&visit, PH_VISIT_PURPOSE, 2);
	at(&room->a, &visit, 100);
	visit = entry_of(PH_KIND_VISIT);
	at(&room->a2, &visit, 200); /* unset count: one */
	fold_all(room);

	struct ph_tally tally = get_tally(room, 101, 0);

	assert_int_equal(tally.count[PH_TALLY_VISITS], 6);
	assert_int_equal(tally.count[PH_TALLY_WOMEN], 3);
	assert_int_equal(tally.count[PH_TALLY_BAND + PH_BAND_CHILD], 5);
	assert_int_equal(tally.count[PH_TALLY_PURPOSE + 2], 5);
}

static void tally_belongs_to_the_site_it_was_written_for(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	visit.extras.behalf = 303;
	at(&room->a, &visit, 100);
	fold_all(room);
	assert_int_equal(get_tally(room, 303, 0).count[PH_TALLY_VISITS], 5);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_VISITS], 0);
}

static void tally_days_begin_at_midnight_in_vietnam(void **state)
{
	struct room *room = *state;
	/* 17:00 UTC is midnight in UTC+7. */
	int64_t midnight = (T0 / DAY) * DAY + 17 * 3600 - T0;
	struct ph_entry visit = visit_of(1);

	at(&room->a, &visit, midnight - 1);
	at(&room->a, &visit, midnight);
	fold_all(room);
	assert_int_equal(get_tally(room, 101, midnight - 1).count[PH_TALLY_VISITS], 1);
	assert_int_equal(get_tally(room, 101, midnight).count[PH_TALLY_VISITS], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(tally_splits_visits),
		FOLD_TEST(tally_belongs_to_the_site_it_was_written_for),
		FOLD_TEST(tally_days_begin_at_midnight_in_vietnam),
	};

	return cmocka_run_group_tests_name("fold_tally", tests, NULL, NULL);
}
