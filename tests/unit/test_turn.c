/* tests/unit/test_turn.c - turns: one at a time, in the order of coming. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/turn.h"

#define THREADS 4
#define ROUNDS  2000

static struct ph_turn turn;
static unsigned inside, worst, done;

static void hammer(void *data)
{
	(void)data;
	for (int i = 0; i < ROUNDS; i++) {
		ph_turn_take(&turn);
		inside++;
		worst = inside > worst ? inside : worst;
		done++;
		inside--;
		ph_turn_give(&turn);
	}
}

static void test_one_at_a_time(void **state)
{
	uv_thread_t threads[THREADS];

	(void)state;
	assert_int_equal(ph_turn_init(&turn), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(uv_thread_create(&threads[i], hammer, NULL), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		uv_thread_join(&threads[i]);
	}
	assert_int_equal(worst, 1);
	assert_int_equal(done, THREADS * ROUNDS);
	ph_turn_deinit(&turn);
}

static unsigned order[THREADS], n_order;

static void note(void *data)
{
	ph_turn_take(&turn);
	order[n_order++] = *(unsigned *)data;
	ph_turn_give(&turn);
}

/* How many have drawn a number. */
static uint64_t drawn(void)
{
	uint64_t n;

	uv_mutex_lock(&turn.lock);
	n = turn.next;
	uv_mutex_unlock(&turn.lock);
	return n;
}

static void test_order(void **state)
{
	uv_thread_t threads[THREADS];
	unsigned number[THREADS];

	(void)state;
	assert_int_equal(ph_turn_init(&turn), 0);
	ph_turn_take(&turn);
	for (unsigned i = 0; i < THREADS; i++) {
		number[i] = i;
		assert_int_equal(uv_thread_create(&threads[i], note, &number[i]), 0);
		while (drawn() < i + 2) {
			uv_sleep(1);
		}
	}
	ph_turn_give(&turn);
	for (unsigned i = 0; i < THREADS; i++) {
		uv_thread_join(&threads[i]);
		assert_int_equal(order[i], i);
	}
	ph_turn_deinit(&turn);
}

static bool other_has;

static void look(void *data)
{
	(void)data;
	other_has = ph_turn_has(&turn) || ph_turn_try(&turn);
}

static void test_whose(void **state)
{
	uv_thread_t thread;
	uint64_t number;

	(void)state;
	assert_int_equal(ph_turn_init(&turn), 0);
	assert_false(ph_turn_has(&turn));
	assert_false(ph_turn_is_taken(&turn, &number));
	assert_true(ph_turn_try(&turn));
	assert_true(ph_turn_has(&turn));
	assert_true(ph_turn_is_taken(&turn, &number));
	assert_int_equal(number, 0);
	assert_false(ph_turn_try(&turn));
	assert_int_equal(uv_thread_create(&thread, look, NULL), 0);
	uv_thread_join(&thread);
	assert_false(other_has);
	ph_turn_give(&turn);
	assert_false(ph_turn_has(&turn));
	assert_false(ph_turn_is_taken(&turn, &number));
	ph_turn_take(&turn);
	assert_true(ph_turn_is_taken(&turn, &number));
	assert_int_equal(number, 1);
	ph_turn_give(&turn);
	ph_turn_deinit(&turn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_whose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
