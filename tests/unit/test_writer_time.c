/* tests/unit/test_writer_time.c - stamps under clocks that jump, clock-marks, the floor. */
#include "tests/unit/writer_desk.h"

/* Clocks that jump: stamps rise, run on monotonic time, and marks come where due. */
static void clock_steps(void **state)
{
	struct desk desk;
	int64_t day = 86400;

	(void)state;
	desk_open(&desk, ":memory:", 3);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0);
	assert_int_equal(own_n(&desk), 3);
	pass(&desk.machine, 100);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 100);
	assert_int_equal(own_n(&desk), 4);

	/* Two seconds of drift are nothing, and monotonic time is what counts. */
	desk.machine.now.wall += 2;
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 100);
	desk.machine.now.wall -= 4;
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 100);
	assert_int_equal(own_n(&desk), 6);
	desk.machine.now.wall += 5; /* 3 s ahead: a mark, and the wall's time */
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 103);
	assert_int_equal(own_n(&desk), 8);
	assert_mark(&desk, 7);
	desk.machine.now.wall -= 3; /* 3 s behind: a mark, and nothing goes back */
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 103);
	assert_int_equal(own_n(&desk), 10);
	assert_mark(&desk, 9);

	/* A start of the machine without a clock. */
	pass(&desk.machine, day);
	record(&desk);
	boot(&desk.machine, 2, 0);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 100 + day);
	assert_int_equal(own_n(&desk), 13);
	assert_mark(&desk, 12);
	boot(&desk.machine, 3, -5);
	record(&desk);
	assert_mark(&desk, 14);

	/* Ten years ahead, and back again: it goes on from where it was. */
	desk.machine.now.wall = T0 + 3650 * day;
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 3650 * day);
	desk.machine.now.wall = T0 + 2 * day;
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 3650 * day);
	assert_mark(&desk, own_n(&desk) - 1);

	/* The same boot number, but a monotonic clock that starts anew. */
	uint64_t n = own_n(&desk);

	desk.machine.now.mono_ms = 10;
	record(&desk);
	assert_int_equal(own_n(&desk), n + 2);

	/* A clock beyond what can be told. */
	desk.machine.now.wall = INT64_MAX;
	record(&desk);
	record(&desk);
	desk.machine.now.wall = INT64_MIN;
	record(&desk);
	assert_rising(&desk);
	desk_close(&desk);
}

static void random_clocks(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 4);
	for (int i = 0; i < 400; i++) {
		const struct ph_rng *rng = &desk.room.rng;

		switch (ph_rng_below(rng, 8)) {
		case 0:
			boot(&desk.machine, (uint8_t)ph_rng_below(rng, 256),
			     (int64_t)ph_rng_below(rng, 4000000000));
			break;
		case 1:
			desk.machine.now.wall += 50 - (int64_t)ph_rng_below(rng, 100);
			break;
		case 2:
			begin(&desk.room);
			assert_int_equal(ph_writer_heard_time(
						 desk.writer,
						 (int64_t)ph_rng_below(rng, 4000000000)),
					 0);
			commit(&desk.room);
			break;
		case 3:
			assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
			break;
		default:
			pass(&desk.machine, ph_rng_below(rng, 5));
			break;
		}
		record(&desk);
	}
	assert_rising(&desk);
	desk_close(&desk);
}

static void hear(struct desk *desk, int64_t time)
{
	begin(&desk->room);
	assert_int_equal(ph_writer_heard_time(desk->writer, time), 0);
	commit(&desk->room);
}

static void floors(void **state)
{
	const int64_t day = 86400;
	const int64_t F = T0 - 1000;
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 6);
	boot(&desk.machine, 1, 100);
	/* Nothing is stamped below the floor. */
	assert_int_equal(ph_stamp_seconds(record(&desk)), F);

	/* Below it: nothing. A little above: at once. A year above: a day. */
	hear(&desk, F - 5);
	hear(&desk, -1);
	assert_int_equal(floor_of(&desk), F);
	hear(&desk, F + 60);
	assert_int_equal(floor_of(&desk), F + 60);
	assert_int_equal(ph_stamp_seconds(record(&desk)), F + 60);
	hear(&desk, F + 365 * day);
	assert_int_equal(floor_of(&desk), F + day);
	/* The same evening, as often as you like. */
	for (int i = 1; i < 50; i++) {
		pass(&desk.machine, 60);
		hear(&desk, F + (365 + i) * day);
	}
	assert_int_equal(floor_of(&desk), F + day);
	hear(&desk, INT64_MAX);
	assert_int_equal(floor_of(&desk), F + day);
	desk_close(&desk);

	/* A claim, then a day less a second, then the second: confirmed up to the less of both. */
	desk_open(&desk, ":memory:", 7);
	boot(&desk.machine, 1, 100);
	hear(&desk, F + 30 * day);
	assert_int_equal(floor_of(&desk), F + day);
	pass(&desk.machine, (uint64_t)day - 1);
	hear(&desk, F + 31 * day);
	assert_int_equal(floor_of(&desk), F + day);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	pass(&desk.machine, 1);
	hear(&desk, F + 31 * day);
	/* 30 days are confirmed, and a day more is what one receipt may lift. */
	assert_int_equal(floor_of(&desk), F + 31 * day);
	hear(&desk, F + 40 * day);
	assert_int_equal(floor_of(&desk), F + 31 * day);
	record(&desk);
	assert_rising(&desk);
	desk_close(&desk);

	/* A far claim that an honest time contradicts is never confirmed. */
	desk_open(&desk, ":memory:", 8);
	boot(&desk.machine, 1, 100);
	hear(&desk, F + 3650 * day);
	hear(&desk, F + 10);
	pass(&desk.machine, (uint64_t)day);
	hear(&desk, F + 3650 * day);
	assert_int_equal(floor_of(&desk), F + 2 * day);
	desk_close(&desk);

	/* The other way round, across a restart. */
	desk_open(&desk, ":memory:", 8);
	boot(&desk.machine, 1, 100);
	hear(&desk, F + 3650 * day);
	pass(&desk.machine, (uint64_t)day);
	hear(&desk, F + 100);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	hear(&desk, F + 3650 * day);
	assert_int_equal(floor_of(&desk), F + 2 * day);
	desk_close(&desk);

	/* Where our own clock says as much, a receipt is believed at once. */
	desk_open(&desk, ":memory:", 9);
	boot(&desk.machine, 1, F + 400 * day);
	hear(&desk, F + 399 * day);
	assert_int_equal(floor_of(&desk), F + 399 * day);
	hear(&desk, F + 402 * day);
	assert_int_equal(floor_of(&desk), F + 400 * day);
	boot(&desk.machine, 2, 0);
	assert_int_equal(ph_stamp_seconds(record(&desk)), F + 400 * day);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_steps),
		cmocka_unit_test(random_clocks),
		cmocka_unit_test(floors),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("writer_time", tests, NULL, NULL);
}
