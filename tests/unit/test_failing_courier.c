/*
 * tests/unit/test_failing_courier.c - an exchange with a courier runs out of memory at each place, once.
 *
 * Two sides with bundles both ways meet again and again, as a site and a courier and as a courier at
 * base; in each ride one allocation more fails (fail_at.h), within the exchange alone. The one it
 * happened to says that it had no memory, the other that the link was cut or that it was refused;
 * the next ride, when nothing fails, brings the rest.
 */
#include "proto/courier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fail_at.h"

static bool is_failing; /* this ride */

static void failing_in(void)
{
	failing.armed = is_failing && !failing.hit;
}

static void failing_out(void)
{
	failing.armed = false;
}

/* --- the calls of an exchange, in which memory may fail --- */

static void in_receive(struct ph_courier *courier, struct ph_view bytes, uint64_t now)
{
	failing_in();
	ph_courier_receive(courier, bytes, now);
	failing_out();
}

static struct ph_view in_output(struct ph_courier *courier)
{
	struct ph_view bytes;

	failing_in();
	bytes = ph_courier_output(courier);
	failing_out();
	return bytes;
}

static struct ph_courier_job *in_take_job(struct ph_courier *courier)
{
	struct ph_courier_job *job;

	failing_in();
	job = ph_courier_take_job(courier);
	failing_out();
	return job;
}

static void in_give_job(struct ph_courier *courier, struct ph_courier_job *job,
			uint64_t now)
{
	failing_in();
	ph_courier_give_job(courier, job, now);
	failing_out();
}

static int in_new(struct ph_courier **courier_out, const struct ph_courier_config *config,
		  uint64_t now)
{
	int rc;

	*courier_out = NULL;
	failing_in();
	rc = ph_courier_new(courier_out, config, now);
	failing_out();
	if (rc != 0) { /* who could not even begin tries again */
		assert_true(failing.hit && *courier_out == NULL);
		rc = ph_courier_new(courier_out, config, now);
	}
	return rc;
}

#define ph_courier_receive  in_receive
#define ph_courier_output   in_output
#define ph_courier_take_job in_take_job
#define ph_courier_give_job in_give_job
#define ph_courier_new      in_new
#include "tests/unit/courier_pair.h"

/* --- rides --- */

static bool is_known_end(enum ph_session_failure failure)
{
	return failure == PH_FAIL_NONE || failure == PH_FAIL_MEMORY ||
	       failure == PH_FAIL_CUT || failure == PH_FAIL_REFUSED;
}

static void ride_and_ride_again(struct pair *pair, void (*ride)(struct pair *))
{
	enum ph_session_failure calls, answers;
	bool hit;

	failing.hit = false;
	is_failing = true;
	ride(pair);
	is_failing = false;
	hit = failing.hit;
	calls = ph_courier_failure(pair->calls.courier);
	answers = ph_courier_failure(pair->answers.courier);
	if (!is_known_end(calls) || !is_known_end(answers) ||
	    (hit && !pair_is_done(pair) && calls != PH_FAIL_MEMORY &&
	     answers != PH_FAIL_MEMORY)) {
		failing_show();
		fail_msg("caller %d, the other %d", calls, answers);
	}
	ride(pair);
	if (!pair_is_done(pair)) {
		failing_show();
		fail_msg("then caller %d, the other %d",
			 ph_courier_failure(pair->calls.courier),
			 ph_courier_failure(pair->answers.courier));
	}
	assert_int_equal(end_whole(&pair->calls), pair->answers.n_own);
	assert_int_equal(end_whole(&pair->answers), pair->calls.n_own);
	failing.hit = hit;
}

static void test_every_failure_ends_it(void **state)
{
	static void (*const rides[])(struct pair *) = { pair_meet, pair_base };
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		do {
			struct pair pair;

			pair_init(&pair);
			end_add(&pair.calls, 4096);
			end_add(&pair.calls, 40001);
			end_add(&pair.answers, 50000);
			end_add(&pair.answers, 4096);
			ride_and_ride_again(&pair, rides[i]);
			pair_deinit(&pair);
			n++;
		} while (failing.hit);
	}
	print_message("# %u rides, %u ways on which memory failed\n", n,
		      (unsigned)failing.ways);
	assert_true(failing.ways > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_failure_ends_it),
	};

	failing_start();
	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
