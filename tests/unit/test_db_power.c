/*
 * What the next process sees of a store stays, also when the last one was killed between
 * the write and the sync of a commit, and the power goes then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "common/base/db.h"
#include "common/base/file.h"
#include "tests/sim/disk.h"

enum {
	SEEDS = 100
};

static int setup(void **state)
{
	(void)state;
	sim_disk_begin(14);
	sim_disk_add("a");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sim_disk_watch(NULL, NULL);
	sim_disk_end();
	return 0;
}

static int try_open(const char *path, struct ph_db **out, struct ph_error *err)
{
	static const char *const steps[] = { "CREATE TABLE t (n INTEGER PRIMARY KEY, "
					     "pad BLOB)" };

	return ph_db_open(out,
			  &(struct ph_db_config){ .path = path,
						  .application = 14,
						  .steps = steps,
						  .n_steps = 1,
						  .create = true },
			  err);
}

static struct ph_db *open_db(const char *path)
{
	struct ph_error err = { 0 };
	struct ph_db *db;

	if (try_open(path, &db, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return db;
}

static int insert(struct ph_db *db)
{
	return ph_db_exec(db, "INSERT INTO t (pad) VALUES (zeroblob(3000))");
}

static int64_t count(struct ph_db *db)
{
	struct ph_stmt *stmt;
	int64_t n;

	assert_int_equal(ph_db_prepare(db, "SELECT count(*) FROM t", &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	n = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return n;
}

/* Kill the machine behind its LEFTth operation. */
static void kill_then(void *data, const char *name, enum sim_disk_op op, const char *path)
{
	unsigned *left = data;

	(void)op;
	(void)path;
	if (*left > 0 && --*left == 0) {
		sim_disk_kill(name);
	}
}

/* A store with one row, whose process is killed behind operation AT of the second insert. */
static bool die_in_a_commit(unsigned at)
{
	unsigned left = at;
	struct ph_db *db;

	sim_disk_add("a");
	db = open_db("/m/a/x.db");
	assert_int_equal(insert(db), 0);
	sim_disk_watch(kill_then, &left);
	(void)insert(db);
	sim_disk_watch(NULL, NULL);
	ph_db_close(db);
	sim_disk_on("a");
	return left == 0;
}

static void test_what_is_seen_stays(void **state)
{
	bool unsynced = false;

	(void)state;
	for (unsigned at = 1; die_in_a_commit(at); at++) {
		struct ph_db *db = open_db("/m/a/x.db");
		int64_t seen = count(db);

		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct ph_db *after;

			sim_disk_image("a", "b", seed, NULL);
			after = open_db("/m/b/x.db");
			if (count(after) < seen) {
				fail_msg("killed behind operation %u: %d rows were seen, "
					 "%d are there after a power cut",
					 at, (int)seen, (int)count(after));
			}
			ph_db_close(after);
		}
		unsynced |= seen == 2;
		ph_db_close(db);
	}
	assert_true(unsynced);
}

/* Likewise where a torn write spoils all of its sector, if SQLite knows of that. */
static void test_next_write_spoils_nothing(void **state)
{
	struct ph_db *db;

	(void)state;
	sim_disk_traits("a")->powersafe = false;
	sim_disk_traits("a")->sector = 4096;
	db = open_db("/m/a/x.db");
	assert_int_equal(insert(db), 0);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		unsigned left = 2; /* a frame's head and its page, before any sync */
		int64_t seen;

		sim_disk_cut("a", seed, NULL);
		ph_db_close(db);
		sim_disk_on("a");
		db = open_db("/m/a/x.db");
		seen = count(db);
		sim_disk_watch(kill_then, &left);
		(void)insert(db);
		sim_disk_watch(NULL, NULL);
		ph_db_close(db);
		sim_disk_cut("a", seed + SEEDS, NULL);
		sim_disk_on("a");
		db = open_db("/m/a/x.db");
		assert_true(count(db) >= seen);
		assert_int_equal(insert(db), 0);
	}
	ph_db_close(db);
}

/* A disk without any room is no reason not to open what is there. */
static void test_opens_on_a_full_disk(void **state)
{
	struct ph_db *db;
	int64_t rows;

	(void)state;
	assert_true(die_in_a_commit(4));
	sim_disk_traits("a")->limit = 1;
	db = open_db("/m/a/x.db");
	rows = count(db);
	assert_true(rows == 1 || rows == 2);
	assert_int_equal(insert(db), -ENOSPC);
	sim_disk_traits("a")->limit = 0;
	assert_int_equal(insert(db), 0);
	assert_int_equal(count(db), rows + 1);
	ph_db_close(db);
}

/* If the WAL cannot be brought to the disk, nobody may rely on what it says. */
static void test_failing_sync_refuses(void **state)
{
	struct ph_error err = { 0 };
	struct ph_db *db = NULL;

	(void)state;
	assert_true(die_in_a_commit(4));
	sim_disk_fail("a", SIM_FAULT_IO, 1, false);
	assert_int_equal(try_open("/m/a/x.db", &db, &err), -EIO);
	assert_true(sim_disk_failed("a"));
	sim_disk_fail("a", SIM_FAULT_NONE, 0, false);
	db = open_db("/m/a/x.db");
	ph_db_close(db);
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_seen_stays),
		T(next_write_spoils_nothing),
		T(opens_on_a_full_disk),
		T(failing_sync_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
