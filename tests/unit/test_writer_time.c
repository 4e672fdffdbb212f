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
	boot(&desk.machine, 2, F + 400 * day);
	assert_int_equal(ph_stamp_seconds(record(&desk)), F + 401 * day);
	boot(&desk.machine, 3, 0);
	assert_int_equal(ph_stamp_seconds(record(&desk)), F + 402 * day);
	desk_close(&desk);
}

/* --- the hub's clock is better --- */

#define YEAR (365 * INT64_C(86400))

/* What the `open` of the own log says of another: whether there is one, and its head. */
static bool continues(struct desk *desk, struct ph_head *head_out)
{
	struct ph_buf buf = { 0 };
	struct ph_entry entry;
	bool set;

	read_own(desk, 1, &buf, &entry);
	assert_int_equal(entry.number, PH_KIND_OPEN);
	set = entry.field[PH_OPEN_CONTINUES].set;
	if (set) {
		*head_out = entry.field[PH_OPEN_CONTINUES].as.head;
	}
	ph_buf_deinit(&buf);
	return set;
}

static void assert_continues(struct desk *desk, const struct ph_log *old)
{
	struct ph_head head;
	struct ph_log kept;

	assert_true(continues(desk, &head));
	assert_memory_equal(head.log_id, old->id, sizeof(head.log_id));
	assert_int_equal(head.n, old->n);
	assert_memory_equal(head.h, old->h, sizeof(head.h));
	/* and that is as it was */
	assert_int_equal(ph_journal_log_find(desk->room.journal, old->id, &kept), 0);
	assert_memory_equal(&kept, old, sizeof(kept));
}

/* Clock, and how sure, of the mark that is entry N. */
static uint64_t mark_of(struct desk *desk, uint64_t n, uint64_t *sure_out)
{
	struct ph_buf buf = { 0 };
	struct ph_entry entry;
	uint64_t wall;

	read_own(desk, n, &buf, &entry);
	assert_int_equal(entry.number, PH_KIND_CLOCK_MARK);
	wall = entry.field[PH_MARK_WALL].as.uint;
	*sure_out = entry.field[PH_MARK_SURE].as.uint;
	ph_buf_deinit(&buf);
	return wall;
}

static int64_t ahead_now(struct desk *desk)
{
	return ph_writer_clock_ahead(desk->writer, &desk->machine.now);
}

/* A year ahead; the clock is put right; the hub is heard: a log of its own from there. */
static void another_log(void **state)
{
	struct desk desk;
	struct ph_log old;
	struct ph_log first;
	uint64_t sure;

	(void)state;
	desk_open(&desk, ":memory:", 20);
	record(&desk);
	boot(&desk.machine, 2, T0 + 10 * YEAR);
	record(&desk);
	boot(&desk.machine, 3, T0 + 1000);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 10 * YEAR);
	old = *ph_writer_log(desk.writer);
	hear(&desk, T0 + 1000);
	assert_memory_equal(ph_writer_log(desk.writer), &old, sizeof(old));
	pass(&desk.machine, 60);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 1060);
	assert_memory_not_equal(ph_writer_log(desk.writer)->id, old.id, sizeof(old.id));
	assert_int_equal(own_n(&desk), 3);
	assert_continues(&desk, &old);
	assert_int_equal(mark_of(&desk, 2, &sure), T0 + 1060);
	assert_int_equal(sure, PH_SURE_RTC);
	assert_rising(&desk);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM log"), 2);

	/* Once is enough, however often the hub is heard, also across a restart. */
	first = *ph_writer_log(desk.writer);
	for (int i = 0; i < 5; i++) {
		hear(&desk, T0 + 1060);
		assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
		record(&desk);
	}
	assert_memory_equal(ph_writer_log(desk.writer)->id, first.id, sizeof(first.id));
	assert_int_equal(own_n(&desk), 8);

	/* A second time is a third log, with a nonce of its own, from this process too. */
	boot(&desk.machine, 4, T0 + YEAR);
	record(&desk);
	old = *ph_writer_log(desk.writer);
	hear(&desk, T0 + 1061);
	record(&desk);
	assert_continues(&desk, &old);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM log"), 3);
	assert_rising(&desk);
	desk_close(&desk);
}

/* The wall clock stays wrong: stamps run on the hub's time while the machine is up. */
static void wall_stays_wrong(void **state)
{
	struct desk desk;
	struct ph_log old;
	uint64_t sure;

	(void)state;
	desk_open(&desk, ":memory:", 21);
	boot(&desk.machine, 1, T0 + YEAR);
	record(&desk);
	old = *ph_writer_log(desk.writer);
	hear(&desk, T0);
	assert_int_equal(ahead_now(&desk), YEAR);
	pass(&desk.machine, 10);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 10);
	assert_continues(&desk, &old);
	assert_int_equal(mark_of(&desk, 2, &sure), T0 + 10);
	assert_int_equal(sure, PH_SURE_HUB);
	/* No mark is due while nothing jumps, in another process neither. */
	for (int i = 0; i < 4; i++) {
		pass(&desk.machine, 100);
		assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
		assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 110 + 100 * i);
	}
	assert_int_equal(own_n(&desk), 7);
	hear(&desk, T0 + 411);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 411);
	assert_int_equal(own_n(&desk), 8);

	/* Somebody sets it wrong another way, then right. */
	desk.machine.now.wall = T0 + 2 * YEAR;
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 411);
	desk.machine.now.wall = T0 + 420;
	assert_int_equal(ahead_now(&desk), 9);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 420);
	assert_int_equal(mark_of(&desk, own_n(&desk) - 1, &sure), T0 + 420);
	assert_int_equal(sure, PH_SURE_RTC);

	/* Started again without a network: the wall clock is all there is, and not sure. */
	boot(&desk.machine, 2, T0 + YEAR);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + YEAR);
	hear(&desk, T0 + 500);
	boot(&desk.machine, 3, T0 + YEAR + 60);
	assert_int_equal(ahead_now(&desk), 0); /* nobody knows */
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + YEAR + 60);
	assert_int_equal(mark_of(&desk, 2, &sure), T0 + YEAR + 60);
	assert_int_equal(sure, PH_SURE_NONE);
	assert_rising(&desk);
	desk_close(&desk);
}

/* At the limit, and a second over it. */
static void limits(void **state)
{
	static const struct {
		const char *name;
		int64_t ahead; /* of the wall clock, and so of the last stamp */
		int64_t floor; /* of the program, from T0 */
		bool leaves;
	} cases[] = {
		{ "exact", 0, -1000, false },
		{ "behind", -5000, -10000, false },
		{ "a second under", 299, -1000, false },
		{ "at the limit", 300, -1000, false },
		{ "a second over", 301, -1000, true },
		{ "a year", YEAR, -1000, true },
		{ "over, but not over the floor", 500, 200, false },
		{ "over the floor at the limit", 501, 201, false },
		{ "and a second over that", 502, 201, true },
		{ "the hub is at the limit behind the floor", YEAR, 300, true },
		{ "a hub behind what hubs have said", YEAR, 301, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct desk desk;
		struct ph_log old;
		int64_t time;

		print_message("# %s\n", cases[i].name);
		desk_open(&desk, ":memory:", 30 + i);
		ph_writer_free(desk.writer);
		desk.config.floor = T0 + cases[i].floor;
		desk_start(&desk);
		boot(&desk.machine, 1, T0 + cases[i].ahead);
		record(&desk);
		old = *ph_writer_log(desk.writer);
		hear(&desk, T0);
		time = ph_stamp_seconds(record(&desk));
		if (cases[i].leaves) {
			assert_continues(&desk, &old);
			assert_int_equal(time,
					 cases[i].floor > 0 ? T0 + cases[i].floor : T0);
		} else {
			assert_memory_equal(ph_writer_log(desk.writer)->id, old.id,
					    sizeof(old.id));
		}
		desk_close(&desk);
	}
}

/* An honest time after a doubtful one: what was to be left is stayed with. */
static void taken_back(void **state)
{
	struct desk desk;
	struct ph_head head;

	(void)state;
	desk_open(&desk, ":memory:", 22);
	boot(&desk.machine, 1, T0 + 500);
	record(&desk);
	hear(&desk, T0);
	hear(&desk, T0 + 499);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 500);
	assert_false(continues(&desk, &head));
	assert_int_equal(own_n(&desk), 4);
	desk_close(&desk);
}

/* Nothing of it is there after a rollback; a refused entry opens nothing; then it is done. */
static void log_rolled_back(void **state)
{
	struct desk desk;
	struct ph_entry entry = visit(1);
	struct ph_entry bad = { .kind = ph_kind_find(PH_KIND_LOAN) };
	struct ph_log old;

	(void)state;
	desk_open(&desk, ":memory:", 23);
	boot(&desk.machine, 1, T0 + YEAR);
	record(&desk);
	old = *ph_writer_log(desk.writer);

	begin(&desk.room);
	assert_int_equal(ph_writer_heard_time(desk.writer, T0), 0);
	ph_db_rollback(desk.room.db);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + YEAR);
	assert_int_equal(own_n(&desk), old.n + 1);
	old = *ph_writer_log(desk.writer);

	hear(&desk, T0);
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, NULL), 0);
	assert_memory_not_equal(ph_writer_log(desk.writer)->id, old.id, sizeof(old.id));
	ph_db_rollback(desk.room.db);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_memory_equal(ph_writer_log(desk.writer), &old, sizeof(old));
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM log"), 1);

	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &bad, NULL, NULL), -EINVAL);
	commit(&desk.room);
	assert_memory_equal(ph_writer_log(desk.writer), &old, sizeof(old));
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM log"), 1);

	assert_int_equal(ph_stamp_seconds(record(&desk)), T0);
	assert_continues(&desk, &old);
	desk_close(&desk);
}

/* One process hears, another writes, a third goes on; parts and references are of the new log. */
static void other_process(void **state)
{
	char dir[64];
	char path[96];
	struct desk desk;
	struct ph_log old;
	struct ph_log own;
	struct ph_ref ref;
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT) };
	struct ph_value *name = &entry.sealed[PH_READER_S_NAME];

	(void)state;
	temp_dir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	desk_open(&desk, path, 24);
	boot(&desk.machine, 1, T0 + YEAR);
	record(&desk);
	old = *ph_writer_log(desk.writer);
	hear(&desk, T0);
	desk_restart(&desk);
	name->set = true;
	name->as.bytes = PH_VIEW("Mai", 3);
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, &ref, NULL), 0);
	commit(&desk.room);
	own = *ph_writer_log(desk.writer);
	assert_continues(&desk, &old);
	assert_memory_equal(ref.log_id, own.id, sizeof(own.id));
	assert_int_equal(ref.n, 3);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM part"), 1);
	desk_restart(&desk);
	record(&desk);
	assert_memory_equal(ph_writer_log(desk.writer)->id, own.id, sizeof(own.id));
	assert_int_equal(own_n(&desk), 4);
	assert_rising(&desk);
	desk_close(&desk);
	remove_dir(dir);
}

/* How far ahead, as far as is known. */
static void clock_ahead(void **state)
{
	struct ph_heard_clock clock = { .time = 7 };
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 25);
	assert_int_equal(
		ph_writer_heard_clock(desk.room.journal, &desk.machine.now, &clock),
		PH_JOURNAL_E_NONE);
	assert_int_equal(clock.time, 7);
	assert_int_equal(ahead_now(&desk), 0);
	hear(&desk, T0 + 40);
	assert_int_equal(ahead_now(&desk), -40);
	pass(&desk.machine, 1000);
	assert_int_equal(ahead_now(&desk), -40);
	desk.machine.now.wall += 500;
	assert_int_equal(ahead_now(&desk), 460);
	desk.machine.now.mono_ms = 1; /* started again, and there are no boot ids */
	assert_int_equal(ahead_now(&desk), 0);
	desk.machine.now.wall = INT64_MAX;
	ahead_now(&desk);
	hear(&desk, INT64_MIN);
	desk.machine.now.wall = INT64_MIN;
	assert_int_equal(ahead_now(&desk), 0);

	begin(&desk.room);
	assert_int_equal(ph_journal_meta_put(desk.room.journal, "heard", PH_VIEW("x", 1)),
			 0);
	commit(&desk.room);
	assert_int_equal(
		ph_writer_heard_clock(desk.room.journal, &desk.machine.now, &clock),
		-EUCLEAN);
	desk_close(&desk);
}

static struct ph_heard_clock hub_clock(struct desk *desk)
{
	struct ph_heard_clock clock = { 0 };

	assert_int_equal(
		ph_writer_heard_clock(desk->room.journal, &desk->machine.now, &clock), 0);
	return clock;
}

/* A clock that was wrong when the hub was heard may have been set before the next start. */
static void ahead_after_boot(void **state)
{
	static const int64_t wrong[] = { 0, T0 + 10 * YEAR, T0 - 20 * YEAR };
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 26);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int64_t heard = T0 + 1000 * (int64_t)i;

		boot(&desk.machine, (uint8_t)(10 + 4 * i), wrong[i]);
		hear(&desk, heard);
		assert_true(hub_clock(&desk).is_sure);
		assert_int_equal(ahead_now(&desk), wrong[i] - heard);
		/* right again: what was off then is off no more */
		boot(&desk.machine, (uint8_t)(11 + 4 * i), heard + 500);
		assert_int_equal(ahead_now(&desk), 0);
		assert_false(hub_clock(&desk).is_sure);
		assert_int_equal(hub_clock(&desk).time, heard);
		assert_int_equal(hub_clock(&desk).ahead, wrong[i] - heard);
		/* to the second: not before what was heard */
		boot(&desk.machine, (uint8_t)(12 + 4 * i), heard);
		assert_int_equal(ahead_now(&desk), 0);
		boot(&desk.machine, (uint8_t)(13 + 4 * i), heard - 1);
		assert_int_equal(ahead_now(&desk), -1);
	}
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ahead_after_boot), cmocka_unit_test(clock_steps),
		cmocka_unit_test(random_clocks),    cmocka_unit_test(floors),
		cmocka_unit_test(another_log),      cmocka_unit_test(wall_stays_wrong),
		cmocka_unit_test(limits),           cmocka_unit_test(taken_back),
		cmocka_unit_test(log_rolled_back),  cmocka_unit_test(other_process),
		cmocka_unit_test(clock_ahead),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("writer_time", tests, NULL, NULL);
}
