/*
 * tests/unit/test_writer_read.c - what was read precedes what is written, by a clock that is
 * behind: in 1970 at each start, slow by hours, set since; and what a thief's hub can do there.
 */
#include "tests/unit/writer_heard.h"

#define F (T0 - 1000) /* the floor of the program */

/* What time it is, for the screen. */
static int64_t shown(struct desk *desk)
{
	return desk->machine.now.wall -
	       ph_writer_clock_ahead(desk->writer, &desk->machine.now);
}

/* The keys of the one who said it are no more: the next word by stick is true, whatever he had said. */
static void other_keys(void **state)
{
	static const bool by_session[] = { false, true };
	struct desk desk;
	struct ph_log old;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		desk_open(&desk, ":memory:", 48 + i);
		for (int d = 0; d < 20; d++) {
			boot(&desk.machine, (uint8_t)(d + 1), 120);
			take(&desk, T0 + d * DAY);
			record(&desk);
		}
		old = *ph_writer_log(desk.writer);
		boot(&desk.machine, 30, 120);
		if (by_session[i]) {
			hear(&desk, T0 + 10 * YEAR);
		} else {
			take(&desk, T0 + 10 * YEAR);
		}
		assert_int_equal(second(&desk), T0 + 10 * YEAR);
		hear_anew(&desk);
		take(&desk, T0 + 25 * DAY);
		assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
		assert_int_equal(shown(&desk), T0 + 25 * DAY);
		assert_int_equal(second(&desk), T0 + 25 * DAY);
		assert_memory_not_equal(ph_writer_log(desk.writer)->id, old.id,
					sizeof(old.id));
		pass(&desk.machine, 60);
		assert_int_equal(second(&desk), T0 + 25 * DAY + 60);
		boot(&desk.machine, 31, 120);
		assert_int_equal(second(&desk), T0 + 25 * DAY + 60);
		assert_int_equal(shown(&desk), T0 + 25 * DAY + 60);
		/* as ever from then on: a bundle only raises it */
		take(&desk, T0 + 40 * DAY);
		take(&desk, T0 + 26 * DAY);
		assert_int_equal(second(&desk), T0 + 40 * DAY);
		desk_close(&desk);
	}
}

/* There was no thief, or he had said nothing of time: the log goes on, and nothing in it goes back. */
static void other_keys_no_thief(void **state)
{
	static const int64_t walls[] = { 120, F + 39 * DAY };
	struct desk desk;
	struct ph_log old;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		desk_open(&desk, ":memory:", 50 + i);
		boot(&desk.machine, 1, walls[i]);
		take(&desk, F + 30 * DAY);
		pass(&desk.machine,
		     9 * DAY); /* it runs on, in the drawer the stick lies */
		assert_true(second(&desk) >= F + 39 * DAY);
		old = *ph_writer_log(desk.writer);
		hear_anew(&desk);
		take(&desk, F + 32 * DAY);
		assert_true(second(&desk) >= F + 39 * DAY);
		assert_memory_equal(ph_writer_log(desk.writer)->id, old.id,
				    sizeof(old.id));
		assert_rising(&desk);
		desk_close(&desk);
	}
}

/*
 * A machine that begins in 1970 and hears nothing for weeks: its stamps run on from what was read last by
 * the monotonic clock, under one mark, until something later is read.
 */
static void runs_on(void **state)
{
	struct desk desk;
	uint64_t wall, n;

	(void)state;
	desk_open(&desk, ":memory:", 52);
	boot(&desk.machine, 1, 120);
	hear(&desk, T0 + 50 * DAY);
	record(&desk);
	boot(&desk.machine, 2, 120);
	assert_int_equal(second(&desk), T0 + 50 * DAY);
	assert_int_equal(sure(&desk, &wall), PH_SURE_NONE);
	assert_int_equal(wall, T0 + 50 * DAY);
	n = own_n(&desk);
	pass(&desk.machine, 5 * DAY);
	assert_int_equal(shown(&desk), T0 + 55 * DAY);
	assert_int_equal(second(&desk), T0 + 55 * DAY);
	desk.machine.now.wall += 3600; /* whatever that clock says */
	assert_int_equal(second(&desk), T0 + 55 * DAY);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_int_equal(second(&desk), T0 + 55 * DAY);
	assert_int_equal(own_n(&desk), n + 3);
	/* a bundle that is no later than that changes nothing */
	take(&desk, T0 + 54 * DAY);
	assert_int_equal(second(&desk), T0 + 55 * DAY);
	assert_int_equal(own_n(&desk), n + 4);
	take(&desk, T0 + 60 * DAY);
	assert_int_equal(second(&desk), T0 + 60 * DAY);
	assert_int_equal(sure(&desk, &wall), PH_SURE_NONE);
	assert_int_equal(wall, T0 + 60 * DAY);
	assert_int_equal(own_n(&desk), n + 6);
	pass(&desk.machine, DAY);
	assert_int_equal(second(&desk), T0 + 61 * DAY);
	/* another start goes on from there, the hub's time when it is heard */
	boot(&desk.machine, 3, 120);
	assert_int_equal(second(&desk), T0 + 61 * DAY);
	hear(&desk, T0 + 80 * DAY);
	assert_int_equal(second(&desk), T0 + 80 * DAY);
	assert_int_equal(sure(&desk, NULL), PH_SURE_HUB);
	assert_rising(&desk);
	desk_close(&desk);
}

/* What a clock that was ahead had counted is not run on from when its log is left. */
static void left_for_behind(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 53);
	hear(&desk, T0);
	record(&desk);
	boot(&desk.machine, 2, T0 + 10 * YEAR);
	assert_int_equal(second(&desk), T0 + 10 * YEAR);
	hear(&desk, T0 + DAY);
	boot(&desk.machine, 3, 120);
	assert_int_equal(shown(&desk), T0 + DAY);
	assert_int_equal(second(&desk), T0 + DAY);
	pass(&desk.machine, 60);
	assert_int_equal(second(&desk), T0 + DAY + 60);
	desk_close(&desk);
}

/* For the screen: by a clock in 1970 it is not before what a stamp would be, hub or no hub. */
static void screen(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 47);
	boot(&desk.machine, 1, 1000);
	assert_int_equal(shown(&desk), F);
	/* it was never in a session, and takes a stick */
	take(&desk, F + 30 * DAY);
	pass(&desk.machine, 60);
	assert_int_equal(shown(&desk), F + 30 * DAY + 60);
	boot(&desk.machine, 2, 1000);
	assert_int_equal(shown(&desk), F + 30 * DAY);
	assert_int_equal(second(&desk), F + 30 * DAY);
	/* the battery was good for months, without a word */
	boot(&desk.machine, 3, F + 90 * DAY);
	assert_int_equal(shown(&desk), F + 90 * DAY);
	assert_int_equal(second(&desk), F + 90 * DAY);
	boot(&desk.machine, 4, 1000);
	assert_int_equal(shown(&desk), F + 90 * DAY);
	/* a stick moves a clock that may be right by a day at most, and back not at all */
	boot(&desk.machine, 5, F + 91 * DAY);
	take(&desk, F + 400 * DAY);
	assert_int_equal(shown(&desk), F + 92 * DAY);
	boot(&desk.machine, 6, F + 93 * DAY);
	assert_int_equal(shown(&desk), F + 93 * DAY);
	/* a session says what it is */
	hear(&desk, F + 94 * DAY);
	assert_int_equal(shown(&desk), F + 94 * DAY);
	/* what a clock wrote that was ahead is no time */
	boot(&desk.machine, 7, F + 4000 * DAY);
	assert_int_equal(second(&desk), F + 4000 * DAY);
	hear(&desk, F + 95 * DAY);
	boot(&desk.machine, 8, 1000);
	assert_int_equal(shown(&desk), F + 95 * DAY);
	desk_close(&desk);
}

/* Two months of days of an hour and a half, each from 1970 on, each with a session. */
static void sixty_starts(void **state)
{
	struct desk desk;
	uint64_t wall;

	(void)state;
	desk_open(&desk, ":memory:", 40);
	for (int d = 0; d < 60; d++) {
		int64_t now = T0 + d * DAY;

		boot(&desk.machine, (uint8_t)(d + 1), 120);
		/* before the hub is heard it is as late as it was, at the least */
		assert_true(second(&desk) >= (d == 0 ? F : now - DAY));
		assert_int_equal(sure(&desk, NULL), PH_SURE_NONE);
		hear(&desk, now);
		assert_int_equal(second(&desk), now);
		assert_int_equal(sure(&desk, &wall), PH_SURE_HUB);
		assert_int_equal(wall, now);
		pass(&desk.machine, 3600);
		assert_int_equal(second(&desk), now + 3600);
		if (d % 7 == 0) {
			assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
		}
		pass(&desk.machine, 1800);
		assert_int_equal(second(&desk), now + 5400);
		/* the floor keeps up with it */
		assert_int_equal(floor_of(&desk), now);
	}
	assert_rising(&desk);
	desk_close(&desk);
}

/* Heard in the evening; whoever comes next morning, before the hub is heard, comes after it. */
static void the_morning_after(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 41);
	boot(&desk.machine, 1, 120);
	record(&desk);
	hear(&desk, T0 + 90 * DAY);
	boot(&desk.machine, 2, 120);
	assert_int_equal(second(&desk), T0 + 90 * DAY);
	assert_int_equal(sure(&desk, NULL), PH_SURE_NONE);
	pass(&desk.machine, 7200);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_true(second(&desk) >= T0 + 90 * DAY);
	/* no mark but that of the start */
	assert_int_equal(own_n(&desk), 3 + 2 + 1);
	assert_rising(&desk);
	desk_close(&desk);
}

/* A post that lives by stick, a bundle a week, other days without. */
static void by_stick(void **state)
{
	struct desk desk;
	int64_t last = F;

	(void)state;
	desk_open(&desk, ":memory:", 42);
	for (int d = 0; d < 120; d++) {
		int64_t now = T0 + d * DAY;

		boot(&desk.machine, (uint8_t)(d + 1), 120);
		assert_true(second(&desk) >= last);
		if (d % 7 == 3) {
			last = now - 3600; /* when it was packed */
			take(&desk, last);
			assert_int_equal(second(&desk), last);
			if (d >= 94) { /* an old one, found in a drawer */
				take(&desk, last - 20 * DAY);
			} else if (d > 20) {
				assert_true(floor_of(&desk) >= last - 7 * DAY);
			}
			pass(&desk.machine, 600);
			assert_int_equal(second(&desk), last + 600);
		}
		assert_true(floor_of(&desk) <= now);
	}
	assert_rising(&desk);
	desk_close(&desk);
}

/* Slow by hours, and the last session was a week ago: no clock that is known to be wrong. */
static void slow_by_hours(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 43);
	for (int w = 0; w < 6; w++) {
		int64_t now = T0 + w * 7 * DAY;

		boot(&desk.machine, (uint8_t)(w + 1), now - 5 * 3600);
		hear(&desk, now);
		assert_true(second(&desk) >= now);
		boot(&desk.machine, (uint8_t)(w + 101), now - 4 * 3600);
		assert_true(second(&desk) >= now);
		take(&desk, now + 3 * 3600);
		assert_true(second(&desk) >= now + 3 * 3600);
	}
	assert_rising(&desk);
	desk_close(&desk);
}

/* A thief's hub says next decade to a PC whose clock is right: a day at most, however it is started. */
static void right_clock(void **state)
{
	struct desk desk;
	int64_t now = T0 + 30 * DAY;

	(void)state;
	desk_open(&desk, ":memory:", 44);
	boot(&desk.machine, 1, now - DAY);
	hear(&desk, now - DAY);
	for (int start = 2; start < 9; start++) {
		boot(&desk.machine, (uint8_t)start, now + 60 * start);
		hear(&desk, now + 10 * YEAR);
		take(&desk, now + 11 * YEAR);
		assert_true(second(&desk) <= now + 60 * start + DAY);
		assert_true(floor_of(&desk) <= now + 60 * start + DAY);
	}
	/* The truth, and the thief again, day by day: it never gets further ahead. */
	for (int d = 1; d < 20; d++) {
		boot(&desk.machine, (uint8_t)(10 + d), now + d * DAY);
		hear(&desk, now + d * DAY);
		boot(&desk.machine, (uint8_t)(50 + d), now + d * DAY + 600);
		hear(&desk, now + 10 * YEAR);
		assert_true(second(&desk) <= now + d * DAY + 600 + DAY);
		assert_true(floor_of(&desk) <= now + d * DAY + 600 + DAY);
	}
	desk_close(&desk);
}

/* To a PC in 1970 it says so, too: believed, as by a clock that is ahead, until the next true word. */
static void thief_in_1970(void **state)
{
	struct desk desk;
	struct ph_log old;
	int64_t floor;

	(void)state;
	desk_open(&desk, ":memory:", 45);
	for (int d = 0; d < 20; d++) {
		boot(&desk.machine, (uint8_t)(d + 1), 120);
		hear(&desk, T0 + d * DAY);
		record(&desk);
	}
	old = *ph_writer_log(desk.writer);
	floor = floor_of(&desk);
	hear(&desk, T0 + 10 * YEAR);
	assert_int_equal(second(&desk), T0 + 10 * YEAR);
	assert_true(floor_of(&desk) <= floor + DAY);
	/* the true hub, after another start: the stamps of that decade are in a log that is left */
	boot(&desk.machine, 30, 120);
	assert_true(second(&desk) >= T0 + 10 * YEAR);
	hear(&desk, T0 + 20 * DAY);
	assert_int_equal(second(&desk), T0 + 20 * DAY);
	assert_memory_not_equal(ph_writer_log(desk.writer)->id, old.id, sizeof(old.id));

	/* The thief alone, start after start: the floor is what does not come back. */
	floor = floor_of(&desk);
	for (int start = 1; start <= 3; start++) {
		boot(&desk.machine, (uint8_t)(40 + start), 120);
		for (int i = 0; i < 5; i++) {
			hear(&desk, T0 + 10 * YEAR + i * DAY);
			take(&desk, T0 + 10 * YEAR - i * DAY);
		}
		assert_true(floor_of(&desk) <= floor + start * 8 * DAY);
	}
	/* and one true word between two false ones breaks them */
	boot(&desk.machine, 50, 120);
	floor = floor_of(&desk);
	hear(&desk, floor);
	for (int start = 51; start < 54; start += 2) {
		boot(&desk.machine, (uint8_t)start, 120);
		hear(&desk, floor + 10 * YEAR);
		boot(&desk.machine, (uint8_t)(start + 1), 120);
		hear(&desk, floor);
	}
	assert_true(floor_of(&desk) <= floor + 2 * DAY);
	desk_close(&desk);
}

/* Nor below the floor, by a hub that says last year. */
static void pulled_back(void **state)
{
	struct desk desk;
	struct ph_log old;

	(void)state;
	desk_open(&desk, ":memory:", 46);
	for (int d = 0; d < 20; d++) {
		boot(&desk.machine, (uint8_t)(d + 1), 120);
		hear(&desk, T0 + d * DAY);
		record(&desk);
	}
	old = *ph_writer_log(desk.writer);
	hear(&desk, T0 - YEAR);
	assert_true(second(&desk) >= T0 + 19 * DAY);
	boot(&desk.machine, 30, 120);
	assert_true(second(&desk) >= T0 + 19 * DAY);
	assert_memory_equal(ph_writer_log(desk.writer)->id, old.id, sizeof(old.id));
	assert_rising(&desk);
	desk_close(&desk);
}

/* A clock that is set after what was read: right, or wrong by a day less. */
static void set_since(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 47);
	boot(&desk.machine, 1, 120);
	hear(&desk, T0 + 50 * DAY);
	desk.machine.now.wall = T0 + 50 * DAY - 20 * 3600;
	assert_true(second(&desk) >= T0 + 50 * DAY);
	pass(&desk.machine, 3600);
	desk.machine.now.wall = T0 + 50 * DAY + 3600;
	assert_int_equal(second(&desk), T0 + 50 * DAY + 3600);
	assert_int_equal(sure(&desk, NULL), PH_SURE_RTC);
	desk_close(&desk);

	/* What a thief said in 1970 holds a clock that was set since by a day, no more. */
	desk_open(&desk, ":memory:", 48);
	boot(&desk.machine, 1, 120);
	take(&desk, T0 + 10 * YEAR);
	boot(&desk.machine, 2, T0 + 5 * DAY);
	assert_true(second(&desk) <= T0 + 6 * DAY);
	desk_close(&desk);
}

/* A store of before has `heard` alone; what is rolled back was not read; nor is what is too long. */
static void kept(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 49);
	boot(&desk.machine, 1, 120);
	hear(&desk, T0 + 50 * DAY);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM meta WHERE"
					      " name IN ('read', 'heard') AND"
					      " length(value) = 32"),
			 2);
	begin(&desk.room);
	assert_int_equal(ph_db_exec(desk.room.db, "DELETE FROM meta WHERE name = 'read'"),
			 0);
	commit(&desk.room);
	boot(&desk.machine, 2, 120);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_int_equal(second(&desk), T0 + 50 * DAY);

	begin(&desk.room);
	assert_int_equal(ph_writer_heard_before(desk.writer, T0 + 60 * DAY), 0);
	ph_db_rollback(desk.room.db);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_int_equal(second(&desk), T0 + 50 * DAY);

	begin(&desk.room);
	assert_int_equal(ph_journal_meta_put(desk.room.journal, "read", PH_VIEW("x", 1)),
			 0);
	commit(&desk.room);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), -EUCLEAN);
	desk_close(&desk);
}

/* What a clock that was ahead wrote no word bears out: in 1970 stamps stand there, and the truth catches up. */
static void stands_at_ahead(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 54);
	boot(&desk.machine, 2, T0 + 20 * DAY); /* it is T0 */
	record(&desk);
	boot(&desk.machine, 3, 120);
	assert_int_equal(second(&desk), T0 + 20 * DAY);
	pass(&desk.machine, 30 * DAY);
	assert_int_equal(second(&desk), T0 + 20 * DAY);
	take(&desk, T0 + 30 * DAY);
	assert_int_equal(second(&desk), T0 + 30 * DAY);
	pass(&desk.machine, DAY);
	assert_int_equal(second(&desk), T0 + 31 * DAY);
	desk_close(&desk);
}

/* Nor what a thief's stick told, from when his keys are known to be stolen. */
static void stands_at_void(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 56);
	boot(&desk.machine, 2, 120);
	take(&desk, T0 + 20 * DAY); /* it is T0 */
	record(&desk);
	pass(&desk.machine, 5 * DAY);
	assert_int_equal(second(&desk), T0 + 25 * DAY);
	hear_anew(&desk);
	take(&desk, T0 + 21 * DAY); /* it was false, and nothing shows it */
	pass(&desk.machine, 3 * DAY);
	assert_int_equal(second(&desk), T0 + 25 * DAY);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	boot(&desk.machine, 3, 120);
	pass(&desk.machine, DAY);
	assert_int_equal(second(&desk), T0 + 25 * DAY);
	take(&desk, T0 + 26 * DAY);
	pass(&desk.machine, DAY);
	assert_int_equal(second(&desk), T0 + 27 * DAY);
	desk_close(&desk);
}

/* A floor above the truth (an invite of a hub whose clock was ahead): stamps wait there, heard or not. */
static void stands_at_floor(void **state)
{
	static const bool hears[] = { false, true };
	struct desk desk;

	(void)state;
	for (int i = 0; i < 2; i++) {
		desk_open(&desk, ":memory:", 55);
		ph_writer_not_before(desk.writer, T0 + 20 * DAY);
		boot(&desk.machine, 2, T0);
		record(&desk);
		pass(&desk.machine, 19 * DAY);
		if (hears[i]) {
			hear(&desk, T0 + 19 * DAY);
		}
		assert_int_equal(second(&desk), T0 + 20 * DAY);
		desk_close(&desk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_starts),
		cmocka_unit_test(the_morning_after),
		cmocka_unit_test(by_stick),
		cmocka_unit_test(slow_by_hours),
		cmocka_unit_test(right_clock),
		cmocka_unit_test(thief_in_1970),
		cmocka_unit_test(pulled_back),
		cmocka_unit_test(set_since),
		cmocka_unit_test(kept),
		cmocka_unit_test(screen),
		cmocka_unit_test(other_keys),
		cmocka_unit_test(other_keys_no_thief),
		cmocka_unit_test(runs_on),
		cmocka_unit_test(left_for_behind),
		cmocka_unit_test(stands_at_ahead),
		cmocka_unit_test(stands_at_void),
		cmocka_unit_test(stands_at_floor),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("writer_read", tests, NULL, NULL);
}
