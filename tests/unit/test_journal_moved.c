/* tests/unit/test_journal_moved.c - which logs moved since somebody looked. */
#include "journal_room.h"

#define LOGS 20 /* rows 1 to LOGS */

struct walk {
	int64_t rows[LOGS];
	size_t n;
	size_t stop; /* end the walk with 5 at this many; 0: never */
};

static int on_log(void *data, const struct ph_log *log)
{
	struct walk *walk = data;

	assert_true(walk->n < LOGS);
	walk->rows[walk->n++] = log->row;
	return walk->n == walk->stop ? 5 : 0;
}

static void open_logs(struct room *room)
{
	struct ph_log log;

	room_open(room, ":memory:", 11);
	for (uint8_t i = 0; i < LOGS; i++) {
		uint8_t id[PH_LOG_ID_SIZE] = { i };

		assert_int_equal(ph_journal_log_add(room->journal, id, room->keys.key, 7,
						    PH_ROLE_SITE, &log),
				 0);
		assert_int_equal(log.row, i + 1);
	}
}

static void append(struct room *room, int64_t row)
{
	struct ph_buf body = { 0 };
	struct ph_log log;

	assert_int_equal(ph_journal_log_at(room->journal, row, &log), 0);
	add_visit(&body, (log.n + 1) << 16, 1);
	assert_int_equal(ph_journal_append(room->journal, &log, ph_buf_view(&body)), 0);
	ph_buf_deinit(&body);
}

/* Behind *MARK are the rows ROWS, which end with 0; NULL: all logs. */
static void assert_moved(struct room *room, uint64_t *mark, const int64_t *rows)
{
	struct walk walk = { 0 };
	size_t n = 0;

	assert_int_equal(ph_journal_log_moved_each(room->journal, mark, on_log, &walk),
			 0);
	for (; rows == NULL ? n < LOGS : rows[n] != 0; n++) {
		assert_true(n < walk.n);
		assert_int_equal(walk.rows[n], rows == NULL ? (int64_t)n + 1 : rows[n]);
	}
	assert_int_equal(walk.n, n);
}

static const int64_t nothing[] = { 0 };

static void what_moved_comes_once_by_row(void **state)
{
	static const int64_t moved[] = { 2, 7, 9, 0 };
	struct room room;
	uint64_t mark = 0;

	(void)state;
	open_logs(&room);
	assert_moved(&room, &mark, NULL);
	assert_moved(&room, &mark, nothing);
	append(&room, 9);
	append(&room, 2);
	append(&room, 9);
	append(&room, 7);
	assert_moved(&room, &mark, moved);
	assert_moved(&room, &mark, nothing);
	room_close(&room);
}

static void each_mark_stands_alone(void **state)
{
	static const int64_t first[] = { 3, 0 }, second[] = { 5, 0 },
			     both[] = { 3, 5, 0 };
	struct room room;
	uint64_t a = 0, b = 0;

	(void)state;
	open_logs(&room);
	assert_moved(&room, &a, NULL);
	b = a;
	append(&room, 3);
	assert_moved(&room, &a, first);
	append(&room, 5);
	assert_moved(&room, &a, second);
	assert_moved(&room, &b, both);
	room_close(&room);
}

static void a_walk_that_ended_early_comes_again(void **state)
{
	static const int64_t moved[] = { 4, 6, 0 };
	struct walk walk = { .stop = 1 };
	struct room room;
	uint64_t mark = 0;

	(void)state;
	open_logs(&room);
	assert_int_equal(ph_journal_log_moved_each(room.journal, &mark, on_log, &walk),
			 5);
	assert_moved(&room, &mark, NULL);
	append(&room, 6);
	append(&room, 4);
	walk = (struct walk){ .stop = 1 };
	assert_int_equal(ph_journal_log_moved_each(room.journal, &mark, on_log, &walk),
			 5);
	assert_moved(&room, &mark, moved);
	room_close(&room);
}

/* What was rolled back did not move, but nobody can tell: so all may have. */
static void after_a_rollback_all_may_have_moved(void **state)
{
	static const int64_t moved[] = { 8, 0 };
	struct room room;
	uint64_t mark = 0;

	(void)state;
	open_logs(&room);
	assert_moved(&room, &mark, NULL);
	begin(&room);
	append(&room, 8);
	ph_db_rollback(room.db);
	ph_journal_reload(room.journal);
	assert_moved(&room, &mark, NULL);
	append(&room, 8);
	assert_moved(&room, &mark, moved);
	room_close(&room);
}

static void who_was_long_away_looks_at_all(void **state)
{
	struct room room;
	uint64_t mark = 0, old;
	int64_t rows[] = { 1, 0 };
	unsigned n = 0;

	(void)state;
	open_logs(&room);
	assert_moved(&room, &mark, NULL);
	/* As long as there is room for the moves, only what moved; then all. */
	while (true) {
		struct walk walk = { 0 };

		append(&room, 1);
		n++;
		old = mark;
		assert_int_equal(
			ph_journal_log_moved_each(room.journal, &old, on_log, &walk), 0);
		if (walk.n == LOGS) {
			break;
		}
		assert_int_equal(walk.n, 1);
		assert_int_equal(walk.rows[0], 1);
		assert_true(n < 100000);
	}
	assert_true(n > 100);
	append(&room, 1);
	assert_moved(&room, &old, rows);
	assert_moved(&room, &mark, NULL);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_moved_comes_once_by_row),
		cmocka_unit_test(each_mark_stands_alone),
		cmocka_unit_test(a_walk_that_ended_early_comes_again),
		cmocka_unit_test(after_a_rollback_all_may_have_moved),
		cmocka_unit_test(who_was_long_away_looks_at_all),
	};

	return cmocka_run_group_tests_name("journal_moved", tests, NULL, NULL);
}
