/*
 * Tests of daemon/quota.c: an allowance below its edges, at them, above.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/quota.h"

#define T0  1790000000
#define DAY 86400

static const struct ph_quota_limits limits = { .a_day = 100, .saved = 1000 };

static void test_cost(void **state)
{
	(void)state;
	assert_int_equal(ph_quota_cost(0), 1);
	assert_int_equal(ph_quota_cost(1), 1);
	assert_int_equal(ph_quota_cost(255), 1);
	assert_int_equal(ph_quota_cost(256), 1);
	assert_int_equal(ph_quota_cost(257), 2);
	assert_int_equal(ph_quota_cost(512), 2);
	assert_int_equal(ph_quota_cost(513), 3);
	assert_int_equal(ph_quota_cost(32768), 128);
}

static void test_edge(void **state)
{
	(void)state;
	struct ph_quota quota;

	ph_quota_init(&quota, &limits, T0);
	assert_int_equal(quota.left, 1000);
	ph_quota_take(&quota, 400);
	assert_true(ph_quota_has(&quota, &limits, 599));
	assert_true(ph_quota_has(&quota, &limits, 600));
	assert_false(ph_quota_has(&quota, &limits, 601));
	ph_quota_take(&quota, 600);
	assert_true(ph_quota_has(&quota, &limits, 0));
	assert_false(ph_quota_has(&quota, &limits, 1));
}

/* What is larger than any allowance may come when it is whole, and is waited for after. */
static void test_larger_than_all(void **state)
{
	(void)state;
	struct ph_quota quota;

	ph_quota_init(&quota, &limits, T0);
	ph_quota_take(&quota, 1);
	assert_false(ph_quota_has(&quota, &limits, 1500));
	ph_quota_grow(&quota, &limits, T0 + DAY);
	assert_int_equal(quota.left, 1000);
	assert_true(ph_quota_has(&quota, &limits, 1500));
	ph_quota_take(&quota, 1500);
	assert_int_equal(quota.left, -500);
	assert_false(ph_quota_has(&quota, &limits, 0));
	assert_false(ph_quota_has(&quota, &limits, 1));
	ph_quota_grow(&quota, &limits, T0 + 6 * DAY);
	assert_int_equal(quota.left, 0);
	assert_true(ph_quota_has(&quota, &limits, 0));
}

static void test_growth(void **state)
{
	(void)state;
	struct ph_quota often, seldom;
	int64_t now = T0;

	ph_quota_init(&often, &limits, T0);
	ph_quota_take(&often, 1000);
	seldom = often;
	/* a second short of the first entry, then it */
	ph_quota_grow(&often, &limits, T0 + 863);
	assert_int_equal(often.left, 0);
	ph_quota_grow(&often, &limits, T0 + 864);
	assert_int_equal(often.left, 1);
	/* asked at odd moments or once: the same */
	while (now < T0 + 7 * DAY) {
		now += 617;
		ph_quota_grow(&often, &limits, now);
	}
	ph_quota_grow(&seldom, &limits, now);
	assert_int_equal(often.left, seldom.left);
	assert_int_equal(often.left, (now - T0) * 100 / DAY);
	/* never more than may be saved up, and what was over is not kept in time either */
	ph_quota_grow(&seldom, &limits, T0 + 400 * DAY);
	assert_int_equal(seldom.left, 1000);
	ph_quota_take(&seldom, 1000);
	ph_quota_grow(&seldom, &limits, T0 + 400 * DAY + 863);
	assert_int_equal(seldom.left, 0);
}

static void test_clocks(void **state)
{
	(void)state;
	struct ph_quota quota;

	ph_quota_init(&quota, &limits, T0);
	ph_quota_take(&quota, 900);
	/* a clock that is put back by years takes nothing, and does not stop the growth */
	ph_quota_grow(&quota, &limits, 1000);
	assert_int_equal(quota.left, 100);
	ph_quota_grow(&quota, &limits, 1000 + DAY);
	assert_int_equal(quota.left, 200);
	/* numbers that nobody should meet */
	ph_quota_grow(&quota, &limits, INT64_MAX);
	assert_int_equal(quota.left, 1000);
}

/* Settings that change: less may be saved up from then on, nothing is taken back. */
static void test_settings(void **state)
{
	(void)state;
	struct ph_quota_limits less = { .a_day = 1, .saved = 50 };
	struct ph_quota_limits none = { .a_day = 0, .saved = 50 };
	struct ph_quota quota;

	ph_quota_init(&quota, &limits, T0);
	ph_quota_grow(&quota, &less, T0);
	assert_int_equal(quota.left, 50);
	ph_quota_take(&quota, 50);
	assert_false(ph_quota_has(&quota, &less, 1));
	assert_true(ph_quota_has(&quota, &none, 1000000));
	ph_quota_grow(&quota, &none, T0 + 100 * DAY);
	assert_int_equal(quota.left, 0);
}

static void test_kept(void **state)
{
	(void)state;
	const struct ph_quota quota = { .left = -7, .at = T0, .wants = 12 };
	struct ph_quota back;
	uint8_t bytes[PH_QUOTA_SIZE + 1];

	ph_quota_encode(&quota, bytes);
	assert_true(ph_quota_decode(PH_VIEW(bytes, PH_QUOTA_SIZE), &back));
	assert_int_equal(back.left, -7);
	assert_int_equal(back.at, T0);
	assert_int_equal(back.wants, 12);
	assert_false(ph_quota_decode(PH_VIEW(bytes, PH_QUOTA_SIZE - 1), &back));
	assert_false(ph_quota_decode(PH_VIEW(bytes, PH_QUOTA_SIZE + 1), &back));
	assert_false(ph_quota_decode(PH_VIEW(NULL, 0), &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cost),   cmocka_unit_test(test_edge),
		cmocka_unit_test(test_growth), cmocka_unit_test(test_larger_than_all),
		cmocka_unit_test(test_clocks), cmocka_unit_test(test_settings),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
