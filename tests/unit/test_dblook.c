/* tests/unit/test_dblook.c - a second connection that only reads, beside one that writes. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/base/dblimit.h"
#include "common/base/dblook.h"
#include "common/base/file.h"
#include "tests/unit/db_room.h"

#define LONG_MS 60000

/* Minutes, if nobody ends it. */
static const char endless[] =
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
	" SELECT count(*) FROM n WHERE i < 0";

static struct ph_db *open_looked_at(void)
{
	struct ph_db_config config = config_of(3);
	struct ph_error err = { 0 };
	struct ph_db *db = NULL;

	if (ph_db_open_looked_at(&db, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return db;
}

static struct ph_db *must_look(struct ph_db *db)
{
	struct ph_error err = { 0 };
	struct ph_db *look = NULL;

	if (ph_db_look_open(&look, db, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return look;
}

static void begin(struct ph_db *look, bool moves)
{
	bool has_moved = !moves;

	assert_int_equal(ph_db_look_begin(look, LONG_MS, &has_moved), 0);
	assert_int_equal(has_moved, moves);
}

/* The store's own reading has a limit when it is given one, within a statement and between two. */
static void test_limit(void **state)
{
	struct ph_db *db = open_looked_at();
	struct ph_stmt *stmt;
	time_t began = time(NULL);

	(void)state;
	ph_db_limit(db, LONG_MS);
	assert_int_equal(ph_db_prepare(db, "SELECT 1", &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	ph_stmt_reset(stmt);
	assert_int_equal(ph_db_limit_end(db), 0);

	ph_db_limit(db, 50);
	assert_int_equal(ph_db_prepare(db, endless, &stmt), 0);
	assert_true(ph_stmt_step(stmt) < 0);
	assert_true(time(NULL) - began < 30);
	assert_int_equal(ph_db_prepare(db, "SELECT 1", &stmt), -ETIMEDOUT);
	assert_int_equal(ph_db_limit_end(db), -ETIMEDOUT);

	/* behind it all is as before */
	assert_int_equal(ph_db_limit_end(db), 0);
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(ph_db_prepare(db, "SELECT 1", &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	ph_stmt_reset(stmt);
	assert_int_equal(ph_db_commit(db), 0);
	ph_db_close(db);
}

/* What is written meanwhile is not seen before the next begin, and whoever writes does not wait. */
static void test_sees_its_moment(void **state)
{
	struct ph_db *db = open_looked_at();
	struct ph_db *look = must_look(db);
	char shm[80];

	(void)state;
	assert_int_equal(insert(db, "one"), 0);
	begin(look, true);
	assert_int_equal(count(look), 1);
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(insert(db, "two"), 0);
	assert_int_equal(ph_db_commit(db), 0);
	assert_int_equal(count(look), 1);
	assert_int_equal(count(db), 2);
	assert_int_equal(ph_db_look_end(look), 0);
	begin(look, true);
	assert_int_equal(count(look), 2);
	assert_int_equal(ph_db_look_end(look), 0);
	begin(look, false);
	assert_int_equal(ph_db_look_end(look), 0);
	snprintf(shm, sizeof(shm), "%s-shm", path);
	assert_false(ph_file_exists(shm));
	ph_db_close(look);
	assert_int_equal(insert(db, "three"), 0);
	ph_db_close(db);
	assert_false(ph_file_exists(wal_path));
	db = must_open(3);
	assert_int_equal(count(db), 3);
	ph_db_close(db);
}

static void test_never_writes(void **state)
{
	struct ph_db *db = open_looked_at();
	struct ph_db *look = must_look(db);
	struct ph_file_info before, after;

	(void)state;
	assert_int_equal(insert(db, "one"), 0);
	assert_int_equal(ph_db_exec(look, "DELETE FROM item"), -EROFS);
	assert_int_equal(ph_db_exec(look, "CREATE TABLE t(x)"), -EROFS);
	assert_int_equal(ph_db_exec(look, "CREATE TABLE IF NOT EXISTS item(x)"), 0);
	assert_int_equal(count(db), 1);
	assert_int_equal(ph_file_info(wal_path, &before), 0);
	ph_db_close(look); /* nor does it check point at its end */
	assert_int_equal(ph_file_info(wal_path, &after), 0);
	assert_int_equal(after.size, before.size);
	assert_int_equal(insert(db, "two"), 0);
	ph_db_close(db);
}

struct other {
	pid_t pid;
	int go; /* a pipe's end */
};

/* Another process, which begins before this one has the store open; at a byte it reads. */
static struct other start_other(void)
{
	struct other other;
	int fd[2];
	char byte;

	assert_int_equal(pipe(fd), 0);
	other.pid = fork();
	other.go = fd[1];
	if (other.pid == 0) {
		sqlite3 *raw;
		int code = read(fd[0], &byte, 1) == 1 ? sqlite3_open(path, &raw)
						      : SQLITE_ERROR;

		_exit(code ? code : sqlite3_exec(raw, count_sql, NULL, NULL, NULL));
	}
	close(fd[0]);
	return other;
}

static int ask_other(struct other other)
{
	int status = -1;

	assert_int_equal(write(other.go, "x", 1), 1);
	assert_int_equal(waitpid(other.pid, &status, 0), other.pid);
	close(other.go);
	return WEXITSTATUS(status);
}

/* Other processes are locked out, before, while and after somebody looks. */
static void test_others_wait(void **state)
{
	struct other others[4] = { start_other(), start_other(), start_other(),
				   start_other() };
	struct ph_db *db = open_looked_at();
	struct ph_db *look = must_look(db);

	(void)state;
	assert_int_equal(insert(db, "one"), 0);
	assert_int_equal(ask_other(others[0]), SQLITE_BUSY);
	begin(look, true);
	assert_int_equal(count(look), 1);
	assert_int_equal(ask_other(others[1]), SQLITE_BUSY);
	assert_int_equal(ph_db_look_end(look), 0);
	ph_db_close(look);
	assert_int_equal(ask_other(others[2]), SQLITE_BUSY);
	ph_db_close(db);
	assert_int_equal(ask_other(others[3]), SQLITE_OK);
}

static void test_its_time(void **state)
{
	struct ph_db *db = open_looked_at();
	struct ph_db *look = must_look(db);
	struct ph_stmt *stmt;
	bool moved;

	(void)state;
	assert_int_equal(insert(db, "one"), 0);
	assert_int_equal(ph_db_look_begin(look, 50, &moved), 0);
	assert_int_equal(ph_db_prepare(look, endless, &stmt), 0);
	assert_true(ph_stmt_step(stmt) < 0);
	assert_int_equal(ph_db_look_end(look), -ETIMEDOUT);
	begin(look, false); /* and it goes on */
	assert_int_equal(count(look), 1);
	/* also between one short statement and the next */
	assert_int_equal(ph_db_look_end(look), 0);
	assert_int_equal(ph_db_look_begin(look, 20, &moved), 0);
	nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	assert_int_equal(ph_db_prepare(look, count_sql, &stmt), -ETIMEDOUT);
	assert_int_equal(ph_db_look_end(look), -ETIMEDOUT);
	ph_db_close(look);
	ph_db_close(db);
}

static void *run_endless(void *data)
{
	struct ph_stmt *stmt;
	intptr_t rc;

	if (ph_db_prepare(data, endless, &stmt) == 0) {
		(void)ph_stmt_step(stmt);
	}
	rc = ph_db_look_end(data);
	return (void *)rc;
}

/* The store empties its WAL: who looks at it ends first, at once. */
static void test_makes_way(void **state)
{
	struct ph_db *db = open_looked_at();
	struct ph_db *look = must_look(db);
	struct ph_file_info wal;
	pthread_t thread;
	void *ended;

	(void)state;
	assert_int_equal(insert(db, "one"), 0);
	begin(look, true);
	assert_int_equal(count(look), 1);
	assert_int_equal(insert(db, "two"), 0);
	assert_int_equal(pthread_create(&thread, NULL, run_endless, look), 0);
	assert_int_equal(ph_db_checkpoint(db), 0);
	assert_int_equal(pthread_join(thread, &ended), 0);
	assert_int_equal((intptr_t)ended, -ECANCELED);
	assert_int_equal(ph_file_info(wal_path, &wal), 0);
	assert_int_equal(wal.size, 0);
	begin(look, true);
	assert_int_equal(count(look), 2);
	assert_int_equal(ph_db_look_end(look), 0);
	ph_db_close(look);
	ph_db_close(db);
}

static void test_stops(void **state)
{
	struct ph_db *db = open_looked_at();
	struct ph_db *look = must_look(db);
	pthread_t thread;
	void *ended;
	bool moved;

	(void)state;
	begin(look, true);
	assert_int_equal(pthread_create(&thread, NULL, run_endless, look), 0);
	ph_db_look_stop(look);
	assert_int_equal(pthread_join(thread, &ended), 0);
	assert_int_equal((intptr_t)ended, -ECANCELED);
	assert_int_equal(ph_db_look_begin(look, LONG_MS, &moved), -ECANCELED);
	assert_int_equal(insert(db, "one"), 0);
	ph_db_close(look);
	ph_db_close(db);
}

/* A store that was not opened for it, or lies on a disk of a test's, has its one connection. */
static void test_not_lent(void **state)
{
	struct ph_db *db = must_open(3);
	struct ph_error err = { 0 };
	struct ph_db *look = NULL;

	(void)state;
	assert_int_equal(ph_db_look_open(&look, db, &err), -ENOTSUP);
	assert_null(look);
	ph_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sees_its_moment, fresh),
		cmocka_unit_test_setup(test_never_writes, fresh),
		cmocka_unit_test_setup(test_others_wait, fresh),
		cmocka_unit_test_setup(test_its_time, fresh),
		cmocka_unit_test_setup(test_limit, fresh),
		cmocka_unit_test_setup(test_makes_way, fresh),
		cmocka_unit_test_setup(test_stops, fresh),
		cmocka_unit_test_setup(test_not_lent, fresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
