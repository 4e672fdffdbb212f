/* tests/unit/test_pace.c - when the agent syncs: every event, at its edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/pace.h"

#define MOST  UINT64_MAX
#define START 5000

static const struct ph_pace_limits limits = {
	.interval = 100000,
	.spread = 1000,
	.quiet = 300,
	.latest = 2000,
	.backoff = 400,
	.backoff_max = 50000,
	.settle = 200,
};

/* The random number that draws the last of LOW to HIGH. */
static uint64_t last_of(uint64_t low, uint64_t high)
{
	return high - low;
}

static void assert_due(const struct ph_pace *pace, uint64_t due, enum ph_pace_why why)
{
	enum ph_pace_why said;

	assert_int_equal(ph_pace_due(pace, &said), due);
	assert_int_equal(said, why);
}

/* A pace whose first session was done at START. */
static struct ph_pace done(void)
{
	struct ph_pace pace;

	ph_pace_init(&pace, &limits, START, 0);
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_DONE, START, 0);
	return pace;
}

static struct ph_pace failed(enum ph_pace_outcome outcome, unsigned times, uint64_t now,
			     uint64_t random)
{
	struct ph_pace pace = done();

	for (unsigned i = 0; i < times; i++) {
		ph_pace_begin(&pace);
		ph_pace_end(&pace, outcome, now, random);
	}
	return pace;
}

static void test_start(void **state)
{
	struct ph_pace_limits at_once = limits;
	struct ph_pace pace;

	(void)state;
	ph_pace_init(&pace, &limits, START, 0);
	assert_due(&pace, START, PH_PACE_START);
	ph_pace_init(&pace, &limits, START, last_of(0, limits.spread));
	assert_due(&pace, START + limits.spread, PH_PACE_START);
	ph_pace_init(&pace, &limits, START, MOST);
	assert_true(ph_pace_due(&pace, NULL) <= START + limits.spread);
	at_once.spread = 0;
	ph_pace_init(&pace, &at_once, START, MOST);
	assert_due(&pace, START, PH_PACE_START);
}

static void test_running(void **state)
{
	struct ph_pace pace;

	(void)state;
	ph_pace_init(&pace, &limits, START, 0);
	ph_pace_begin(&pace);
	assert_int_equal(ph_pace_due(&pace, NULL), UINT64_MAX);
	ph_pace_entry(&pace, START);
	ph_pace_network(&pace, START, 0);
	assert_int_equal(ph_pace_due(&pace, NULL), UINT64_MAX);
}

static void test_timer(void **state)
{
	struct ph_pace pace = done();

	(void)state;
	assert_due(&pace, START + 80000, PH_PACE_TIMER);
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_DONE, START, last_of(80000, 120000));
	assert_due(&pace, START + 120000, PH_PACE_TIMER);
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_DONE, START, MOST);
	assert_in_range(ph_pace_due(&pace, NULL), START + 80000, START + 120000);
}

/* A burst makes one session: when it is quiet, or at the latest. */
static void test_burst(void **state)
{
	struct ph_pace pace = done();
	uint64_t now = START + 10;
	uint64_t began = now;

	(void)state;
	ph_pace_entry(&pace, now);
	assert_due(&pace, now + limits.quiet, PH_PACE_ENTRY);
	for (; now + limits.quiet <= began + limits.latest; now += limits.quiet - 1) {
		ph_pace_entry(&pace, now);
		assert_due(&pace, now + limits.quiet, PH_PACE_ENTRY);
	}
	ph_pace_entry(&pace, now);
	assert_due(&pace, began + limits.latest, PH_PACE_ENTRY);
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_DONE, now, 0);
	assert_due(&pace, now + 80000, PH_PACE_TIMER);
	ph_pace_entry(&pace, now + 5); /* another burst counts anew */
	assert_due(&pace, now + 5 + limits.quiet, PH_PACE_ENTRY);
}

/* An entry never makes anything later. */
static void test_entry_near_timer(void **state)
{
	struct ph_pace pace = done();
	uint64_t due = ph_pace_due(&pace, NULL);

	(void)state;
	ph_pace_entry(&pace, due - limits.quiet);
	assert_due(&pace, due, PH_PACE_TIMER);
	ph_pace_entry(&pace, due - limits.quiet - 1);
	assert_due(&pace, due - 1, PH_PACE_ENTRY);
}

static void test_entry_meanwhile(void **state)
{
	struct ph_pace pace = done();

	(void)state;
	ph_pace_begin(&pace);
	ph_pace_entry(&pace, START + 50);
	ph_pace_end(&pace, PH_PACE_DONE, START + 900, 0);
	assert_due(&pace, START + 900 + limits.quiet, PH_PACE_ENTRY);
	/* it goes with the retry when that session failed */
	ph_pace_begin(&pace);
	ph_pace_entry(&pace, START + 1000);
	ph_pace_end(&pace, PH_PACE_FAILED, START + 2000, last_of(100, 400));
	assert_due(&pace, START + 2400, PH_PACE_RETRY);
	ph_pace_entry(&pace, START + 2001);
	assert_due(&pace, START + 2400, PH_PACE_RETRY);
}

/* From a quarter of the first step to the doubled span, and never over the cap. */
static void test_backoff(void **state)
{
	uint64_t span = limits.backoff;

	(void)state;
	for (unsigned n = 1; n <= 200; n++) {
		uint64_t most = span < limits.backoff_max ? span : limits.backoff_max;
		struct ph_pace pace = failed(PH_PACE_FAILED, n, START, 0);

		assert_due(&pace, START + limits.backoff / 4, PH_PACE_RETRY);
		pace = failed(PH_PACE_FAILED, n, START,
			      last_of(limits.backoff / 4, most));
		assert_due(&pace, START + most, PH_PACE_RETRY);
		pace = failed(PH_PACE_FAILED, n, START, MOST);
		assert_in_range(ph_pace_due(&pace, NULL), START + limits.backoff / 4,
				START + most);
		span = span < limits.backoff_max ? span * 2 : span;
	}
}

static void test_backoff_over_cap(void **state)
{
	struct ph_pace_limits odd = limits;
	struct ph_pace pace;

	(void)state;
	odd.backoff = 90000;
	odd.backoff_max = 1000;
	ph_pace_init(&pace, &odd, START, 0);
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_FAILED, START, MOST);
	assert_due(&pace, START + 1000, PH_PACE_RETRY);
	odd.backoff_max = UINT64_MAX / 2 - 1;
	odd.backoff = UINT64_MAX / 4;
	ph_pace_init(&pace, &odd, START, 0);
	for (unsigned i = 0; i < 100; i++) {
		ph_pace_begin(&pace);
		ph_pace_end(&pace, PH_PACE_FAILED, START, 0);
	}
	assert_true(ph_pace_due(&pace, NULL) > START);
}

static void test_done_forgets(void **state)
{
	struct ph_pace pace = failed(PH_PACE_FAILED, 9, START, 0);

	(void)state;
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_DONE, START, 0);
	assert_due(&pace, START + 80000, PH_PACE_TIMER);
	ph_pace_begin(&pace);
	ph_pace_end(&pace, PH_PACE_FAILED, START, last_of(100, 400));
	assert_due(&pace, START + limits.backoff, PH_PACE_RETRY);
}

/* A road that carries something is tried again as after a first failure. */
static void test_moved(void **state)
{
	struct ph_pace pace = failed(PH_PACE_FAILED, 9, START, 0);

	(void)state;
	for (int i = 0; i < 5; i++) {
		ph_pace_begin(&pace);
		ph_pace_end(&pace, PH_PACE_MOVED, START, last_of(100, 400));
		assert_due(&pace, START + limits.backoff, PH_PACE_RETRY);
	}
}

static void test_barred(void **state)
{
	struct ph_pace pace = failed(PH_PACE_BARRED, 3, START, 0);

	(void)state;
	assert_due(&pace, START + 80000, PH_PACE_TIMER);
	ph_pace_entry(&pace, START + 1);
	assert_due(&pace, START + 80000, PH_PACE_TIMER);
	ph_pace_network(&pace, START + 1, 0); /* it may be a page that asks to log in */
	assert_due(&pace, START + 1 + limits.settle, PH_PACE_NETWORK);
}

static void test_network(void **state)
{
	struct ph_pace pace = failed(PH_PACE_FAILED, 12, START, MOST);
	uint64_t due = ph_pace_due(&pace, NULL);

	(void)state;
	ph_pace_network(&pace, START + 10, 0);
	assert_due(&pace, START + 10 + limits.settle, PH_PACE_NETWORK);
	/* one that goes on changing does not put it off */
	ph_pace_network(&pace, START + 100, last_of(limits.settle, 2 * limits.settle));
	assert_due(&pace, START + 10 + limits.settle, PH_PACE_NETWORK);
	pace = failed(PH_PACE_FAILED, 12, START, MOST);
	ph_pace_network(&pace, START + 10, last_of(limits.settle, 2 * limits.settle));
	assert_due(&pace, START + 10 + 2 * limits.settle, PH_PACE_NETWORK);
	pace = failed(PH_PACE_FAILED, 12, START, MOST);
	ph_pace_network(&pace, due - limits.settle, 0); /* what is due stays */
	assert_due(&pace, due, PH_PACE_RETRY);
}

static void test_network_flickers(void **state)
{
	struct ph_pace pace = done();

	(void)state;
	ph_pace_network(&pace, START + 9999, 0);
	assert_due(&pace, START + 80000, PH_PACE_TIMER);
	ph_pace_network(&pace, START + 10000, 0);
	assert_due(&pace, START + 10000 + limits.settle, PH_PACE_NETWORK);
	pace = done(); /* but with something to send it counts at once */
	ph_pace_entry(&pace, START + 1);
	ph_pace_network(&pace, START + 2, 0);
	assert_due(&pace, START + 2 + limits.settle, PH_PACE_NETWORK);
}

/* A session that failed while the network changed was perhaps on the old one. */
static void test_network_meanwhile(void **state)
{
	struct ph_pace pace = failed(PH_PACE_FAILED, 12, START, MOST);

	(void)state;
	ph_pace_begin(&pace);
	ph_pace_network(&pace, START + 20, 0);
	ph_pace_end(&pace, PH_PACE_FAILED, START + 5000, 40000);
	assert_due(&pace, START + 5000 + limits.settle + 40000 % (limits.settle + 1),
		   PH_PACE_NETWORK);
	ph_pace_begin(&pace);
	ph_pace_network(&pace, START + 6000, 0);
	ph_pace_end(&pace, PH_PACE_DONE, START + 7000, 0);
	assert_due(&pace, START + 7000 + 80000, PH_PACE_TIMER);
}

static void test_other_limits(void **state)
{
	struct ph_pace_limits other = limits;
	struct ph_pace pace = done();

	(void)state;
	other.interval = 1000;
	ph_pace_limit(&pace, &other, START + 10, 0);
	assert_due(&pace, START + 10 + 800, PH_PACE_TIMER);
	other.interval = 1000000;
	ph_pace_limit(&pace, &other, START + 20, 0); /* not later than it was */
	assert_due(&pace, START + 10 + 800, PH_PACE_TIMER);
	pace = failed(PH_PACE_FAILED, 20, START, last_of(100, 50000));
	other.backoff_max = 600;
	ph_pace_limit(&pace, &other, START, last_of(100, 600));
	assert_due(&pace, START + 600, PH_PACE_RETRY);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(ph_pace_why_name(PH_PACE_START), "start");
	assert_string_equal(ph_pace_why_name(PH_PACE_TIMER), "timer");
	assert_string_equal(ph_pace_why_name(PH_PACE_ENTRY), "entry");
	assert_string_equal(ph_pace_why_name(PH_PACE_NETWORK), "network");
	assert_string_equal(ph_pace_why_name(PH_PACE_RETRY), "retry");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_entry_near_timer),
		cmocka_unit_test(test_entry_meanwhile),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_backoff_over_cap),
		cmocka_unit_test(test_done_forgets),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_barred),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_network_flickers),
		cmocka_unit_test(test_network_meanwhile),
		cmocka_unit_test(test_other_limits),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
