/* tests/unit/test_journal_arrival.c - how entries came: by which road, when, together with which. */
#include "tests/unit/fork_room.h"

/* Entries FIRST to LAST of AUTHOR into ROOM, noted as of SECOND. */
static void arrive(struct room *room, struct ph_log *log, struct author *author,
		   uint64_t first, uint64_t last, int64_t second, enum ph_road road)
{
	struct ph_buf body = { 0 };
	struct ph_segment segment;
	struct ph_stored stored;

	make_segment(&author->room, &author->log, first, last, &body, &segment);
	begin(room);
	assert_int_equal(ph_journal_put_segment(room->journal, log, &segment, &stored),
			 0);
	assert_int_equal(ph_journal_arrival_put(room->journal, &stored, second, road,
						PH_LEVEL_HUB),
			 0);
	commit(room);
	ph_buf_deinit(&body);
}

static void assert_came(struct room *room, int64_t row, uint64_t n, uint64_t first,
			uint64_t last, int64_t second)
{
	struct ph_arrival arrival = { 0 };

	assert_int_equal(ph_journal_arrival(room->journal, row, n, &arrival), 0);
	assert_int_equal(arrival.first, first);
	assert_int_equal(arrival.last, last);
	assert_int_equal(arrival.second, second);
	assert_int_equal(arrival.level, PH_LEVEL_HUB);
}

static void assert_unknown(struct room *room, int64_t row, uint64_t n)
{
	struct ph_arrival arrival;

	assert_int_equal(ph_journal_arrival(room->journal, row, n, &arrival),
			 PH_JOURNAL_E_NONE);
}

static void arrivals(void **state)
{
	struct author a;
	struct author clone;
	struct room room;
	struct ph_log log;
	struct ph_log own;
	struct ph_arrival arrival;
	int64_t changes;
	int64_t second;

	(void)state;
	author_open(&a, 20, 10);
	author_clone(&clone, &a, 6, 21, 4);
	reader_open(&room, &a.room, &log);
	assert_unknown(&room, log.row, 1);
	changes = count_of(&room, "SELECT total_changes()");
	arrive(&room, &log, &a, 1, 2, 100, PH_ROAD_SESSION);
	/* one row for the run, one for the seal, one for how it came */
	assert_int_equal(count_of(&room, "SELECT total_changes()"), changes + 3);
	arrive(&room, &log, &a, 1, 7, 200, PH_ROAD_IMPORT); /* 3 to 7 are new */
	changes = count_of(&room, "SELECT total_changes()");
	arrive(&room, &log, &a, 3, 7, 300, PH_ROAD_SESSION);
	/* a seal within is new, but no entry: as they came first counts */
	arrive(&room, &log, &a, 1, 5, 300, PH_ROAD_SESSION);
	assert_int_equal(count_of(&room, "SELECT total_changes()"), changes + 1);
	arrive(&room, &log, &clone, 5, 10, 400, PH_ROAD_SESSION);
	second = log.row;
	for (uint64_t n = 1; n <= 2; n++) {
		assert_came(&room, 1, n, 1, 2, 100);
		assert_came(&room, second, n, 1, 2, 100);
	}
	for (uint64_t n = 3; n <= 7; n++) {
		assert_came(&room, 1, n, 3, 7, 200);
	}
	/* what the branches share came with the first */
	assert_came(&room, second, 6, 3, 7, 200);
	assert_came(&room, second, 7, 7, 10, 400);
	assert_came(&room, second, 10, 7, 10, 400);
	assert_unknown(&room, 1, 8);
	assert_unknown(&room, 1, 0);
	assert_unknown(&room, second, 11);
	assert_unknown(&room, 77, 1);
	assert_int_equal(ph_journal_arrival(room.journal, 1, 4, &arrival), 0);
	assert_int_equal(arrival.road, PH_ROAD_IMPORT);

	/* own entries came by no road, also behind some that did */
	assert_int_equal(ph_journal_log_at(room.journal, 1, &own), 0);
	append_visits(&room, &own, 2);
	assert_unknown(&room, 1, 8);
	assert_came(&room, 1, 7, 3, 7, 200);
	room_close(&room);
	author_close(&clone);
	author_close(&a);
}

static void damage(void **state)
{
	static const char *const cases[] = {
		"UPDATE arrival SET last = 8 WHERE last = 7",
		"UPDATE arrival SET last = 0",
		"INSERT INTO arrival VALUES(9 << 40 | 1, 1, 5, 1, 2)",
		"INSERT INTO arrival VALUES(2 << 40 | 3, 8, 5, 1, 2)",
	};
	struct author a;
	struct author clone;
	struct room room;
	struct ph_log log;

	(void)state;
	author_open(&a, 22, 7);
	author_clone(&clone, &a, 5, 23, 4);
	reader_open(&room, &a.room, &log);
	arrive(&room, &log, &a, 1, 7, 100, PH_ROAD_SESSION);
	arrive(&room, &log, &clone, 6, 9, 100, PH_ROAD_SESSION);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };

		begin(&room);
		assert_int_equal(ph_db_exec(room.db, cases[i]), 0);
		if (ph_journal_verify(room.journal, NULL, NULL, &err) != -EUCLEAN) {
			fail_msg("not found: %s", cases[i]);
		}
		ph_db_rollback(room.db);
	}
	room_close(&room);
	author_close(&clone);
	author_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrivals),
		cmocka_unit_test(damage),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_arrival", tests, NULL, NULL);
}
