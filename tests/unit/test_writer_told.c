/*
 * tests/unit/test_writer_told.c - when the hub was heard, in a start whose clock began in 1970,
 * is told in the log: once, of the start that it is of, and no word that was false.
 */
#include "tests/unit/writer_heard.h"

/*
 * When the hub was heard first, in a start that had marks which were not sure, is told before the next entry,
 * in whatever start that comes, once; also where somebody set the clock meanwhile.
 */
static void tells_when_heard(void **state)
{
	struct desk desk;
	struct ph_buf buf = { 0 };
	struct ph_entry entry;
	uint64_t n, mono;

	(void)state;
	for (int i = 0; i < 4; i++) {
		bool is_set = i % 2 > 0, is_later = i / 2 > 0;

		desk_open(&desk, ":memory:", 57);
		hear(&desk, T0);
		record(&desk);
		n = own_n(&desk);
		record(&desk); /* all was sure */
		assert_int_equal(own_n(&desk), n + 1);
		boot(&desk.machine, 2, 120);
		record(&desk);
		pass(&desk.machine, 600);
		if (is_set) {
			desk.machine.now.wall = T0 + 10 * DAY;
			record(&desk);
		}
		n = own_n(&desk);
		hear(&desk, T0 + 10 * DAY + 7);
		mono = desk.machine.now.mono_ms / 1000;
		pass(&desk.machine, 60);
		hear(&desk, T0 + 10 * DAY + 67);
		if (is_later) {
			boot(&desk.machine, 3, 120);
			hear(&desk, T0 + 11 * DAY);
		}
		assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
		record(&desk);
		read_own(&desk, n + 1, &buf, &entry);
		assert_int_equal(entry.number, PH_KIND_CLOCK_MARK);
		assert_int_equal(entry.field[PH_MARK_SURE].as.uint, PH_SURE_HUB);
		assert_int_equal(entry.field[PH_MARK_WALL].as.uint, T0 + 10 * DAY + 7);
		assert_int_equal(entry.field[PH_MARK_MONO].as.uint, mono);
		assert_int_equal(entry.field[PH_MARK_BOOT].as.bytes.data[0], 2);
		/* its own start, or its clock, has a mark besides */
		assert_int_equal(own_n(&desk), n + 2 + (is_later || is_set));
		n = own_n(&desk);
		record(&desk);
		assert_int_equal(own_n(&desk), n + 1);
		assert_rising(&desk);
		desk_close(&desk);
	}
	ph_buf_deinit(&buf);
}

/* A first word that was false does not outlive the next, whichever way it was false, nor the keys of who said it. */
static void tells_no_false_word(void **state)
{
	static const int64_t words[] = { T0 + 10 * YEAR, T0 - YEAR };
	struct desk desk;
	uint64_t wall;

	(void)state;
	for (int i = 0; i < 4; i++) {
		desk_open(&desk, ":memory:", 59);
		hear(&desk, T0);
		record(&desk);
		boot(&desk.machine, 2, 120);
		record(&desk);
		hear(&desk, words[i % 2]);
		if (i / 2 > 0) {
			hear_anew(&desk);
		}
		hear(&desk, T0 + DAY);
		assert_int_equal(second(&desk), T0 + DAY);
		assert_int_equal(sure(&desk, &wall), PH_SURE_HUB);
		assert_int_equal(wall, T0 + DAY);
		assert_rising(&desk);
		desk_close(&desk);
	}
}

/* A stick that comes between the session and the next entry takes nothing from what is told. */
static void tells_behind_a_stick(void **state)
{
	struct desk desk;
	struct ph_buf buf = { 0 };
	struct ph_entry entry;
	uint64_t n;

	(void)state;
	desk_open(&desk, ":memory:", 60);
	hear(&desk, T0);
	record(&desk);
	boot(&desk.machine, 2, 120);
	record(&desk);
	n = own_n(&desk);
	hear(&desk, T0 + DAY);
	boot(&desk.machine, 3, 120);
	take(&desk, T0 + DAY + 43200);
	record(&desk);
	read_own(&desk, n + 1, &buf, &entry);
	assert_int_equal(entry.number, PH_KIND_CLOCK_MARK);
	assert_int_equal(entry.field[PH_MARK_SURE].as.uint, PH_SURE_HUB);
	assert_int_equal(entry.field[PH_MARK_WALL].as.uint, T0 + DAY);
	assert_int_equal(own_n(&desk), n + 3);
	ph_buf_deinit(&buf);
	desk_close(&desk);
}

/* In a boot that ran on again behind what was told, that is not told once more with each entry. */
static void tells_once(void **state)
{
	struct desk desk;
	uint64_t n;

	(void)state;
	desk_open(&desk, ":memory:", 61);
	hear(&desk, T0);
	record(&desk);
	boot(&desk.machine, 2, 120);
	record(&desk);
	pass(&desk.machine, 60);
	hear(&desk, T0 + 10 * DAY);
	record(&desk);
	hear_anew(&desk);
	pass(&desk.machine, 60);
	take(&desk, T0 + 20 * DAY);
	record(&desk);
	for (int i = 0; i < 3; i++) {
		pass(&desk.machine, 60);
		n = own_n(&desk);
		record(&desk);
		assert_int_equal(own_n(&desk), n + 1);
	}
	assert_rising(&desk);
	desk_close(&desk);
}

/* The battery dies behind a day whose clock a session had borne out: its stamps run on the next morning. */
static void first_morning(void **state)
{
	struct desk desk;

	(void)state;
	desk_open(&desk, ":memory:", 62);
	hear(&desk, T0 + 2);
	record(&desk);
	pass(&desk.machine, 3600);
	record(&desk);
	boot(&desk.machine, 2, 120);
	assert_int_equal(second(&desk), T0 + 3600);
	pass(&desk.machine, 3600);
	assert_int_equal(second(&desk), T0 + 7200);
	desk_close(&desk);
}

/* A log that is left keeps what it has: nothing of it is told in the next. */
static void leaves_untold(void **state)
{
	struct desk desk;
	struct ph_log old;
	uint64_t n;

	(void)state;
	desk_open(&desk, ":memory:", 58);
	hear(&desk, T0);
	record(&desk);
	boot(&desk.machine, 2, T0 + 10 * YEAR);
	record(&desk);
	boot(&desk.machine, 3, 120);
	record(&desk);
	old = *ph_writer_log(desk.writer);
	hear(&desk, T0 + DAY);
	assert_int_equal(second(&desk), T0 + DAY);
	assert_memory_not_equal(ph_writer_log(desk.writer)->id, old.id, sizeof(old.id));
	assert_int_equal(own_n(&desk), 3); /* open, mark, visit */
	n = own_n(&desk);
	record(&desk);
	assert_int_equal(own_n(&desk), n + 1);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_when_heard),
		cmocka_unit_test(leaves_untold),
		cmocka_unit_test(tells_no_false_word),
		cmocka_unit_test(tells_behind_a_stick),
		cmocka_unit_test(tells_once),
		cmocka_unit_test(first_morning),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("writer_told", tests, NULL, NULL);
}
