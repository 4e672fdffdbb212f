/* tests/unit/test_hub_time.c - the time that the hub tells, second by second (docs/LOG.md, "Clocks"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/hub_time.h"

#define NOW 1790000000

static void test_after_what_others_stamped(void **state)
{
	struct ph_hub_latest latest = { 0 };

	(void)state;
	assert_int_equal(ph_hub_latest_time(&latest, 1, NOW), NOW);
	ph_hub_latest_saw(&latest, 1, NOW - 1, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW), NOW);
	ph_hub_latest_saw(&latest, 1, NOW, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW), NOW + 1);
	/* its own it cannot mix up */
	assert_int_equal(ph_hub_latest_time(&latest, 1, NOW), NOW);
	/* the hub's own entries are somebody's too */
	ph_hub_latest_saw(&latest, 0, NOW + 1, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 1, NOW), NOW + 2);
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW), NOW + 2);
	assert_int_equal(ph_hub_latest_time(&latest, 0, NOW), NOW + 1);
	/* and a while later there is nothing to say */
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW + 2), NOW + 2);
}

/* Of three the two latest are kept, so that there is always one of another device. */
static void test_two_are_kept(void **state)
{
	struct ph_hub_latest latest = { 0 };

	(void)state;
	ph_hub_latest_saw(&latest, 1, NOW + 3, NOW);
	ph_hub_latest_saw(&latest, 2, NOW + 1, NOW);
	ph_hub_latest_saw(&latest, 3, NOW + 2, NOW);
	ph_hub_latest_saw(&latest, 4, NOW, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 1, NOW), NOW + 3);
	assert_int_equal(ph_hub_latest_time(&latest, 3, NOW), NOW + 4);
	assert_int_equal(ph_hub_latest_time(&latest, 4, NOW), NOW + 4);
	ph_hub_latest_saw(&latest, 3, NOW + 9, NOW);
	ph_hub_latest_saw(&latest, 3, NOW + 5, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 1, NOW), NOW + 10);
	assert_int_equal(ph_hub_latest_time(&latest, 3, NOW), NOW + 4);
}

static void test_bound(void **state)
{
	struct ph_hub_latest latest = { 0 };

	(void)state;
	ph_hub_latest_saw(&latest, 1, NOW + PH_HUB_TIME_LEAD + 1, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW), NOW);
	ph_hub_latest_saw(&latest, 1, NOW + PH_HUB_TIME_LEAD, NOW);
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW), NOW + PH_HUB_TIME_LEAD + 1);
	/* the hub's clock was put back */
	assert_int_equal(ph_hub_latest_time(&latest, 2, NOW - 1), NOW - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_after_what_others_stamped),
		cmocka_unit_test(test_two_are_kept),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("hub_time", tests, NULL, NULL);
}
