/*
 * tests/unit/test_db.c - the SQLite wrapper at work: transactions, statements, and
 * what sticks when the disk fails. Opening is in test_dbopen.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/base/db.h"
#include "common/base/file.h"
#include "tests/unit/db_room.h"

/* --- transactions and statements --- */

static void test_transactions(void **state)
{
	struct ph_db *db = must_open(3);

	(void)state;
	assert_false(ph_db_in_transaction(db));
	assert_int_equal(ph_db_begin(db), 0);
	assert_true(ph_db_in_transaction(db));
	assert_int_equal(insert(db, "kept"), 0);
	assert_int_equal(ph_db_last_rowid(db), 1);
	assert_int_equal(ph_db_changes(db), 1);

	assert_int_equal(ph_db_savepoint(db), 0);
	assert_int_equal(insert(db, "outer"), 0);
	assert_int_equal(ph_db_savepoint(db), 0);
	assert_int_equal(insert(db, "inner"), 0);
	ph_db_savepoint_undo(db);
	assert_int_equal(count(db), 2);
	assert_int_equal(ph_db_savepoint_release(db), 0);
	assert_int_equal(ph_db_savepoint(db), 0);
	assert_int_equal(insert(db, "undone"), 0);
	ph_db_savepoint_undo(db);
	assert_int_equal(ph_db_commit(db), 0);
	assert_int_equal(count(db), 2);

	assert_int_equal(ph_db_begin(db), 0);
	assert_true(ph_db_begin(db) < 0);
	assert_int_equal(insert(db, "rolled back"), 0);
	ph_db_rollback(db);
	ph_db_rollback(db);
	assert_false(ph_db_in_transaction(db));
	assert_int_equal(count(db), 2);
	assert_true(ph_db_commit(db) < 0);

	/* a savepoint without a transaction is one */
	assert_int_equal(ph_db_savepoint(db), 0);
	assert_int_equal(insert(db, "alone"), 0);
	assert_int_equal(ph_db_savepoint_release(db), 0);
	assert_false(ph_db_in_transaction(db));
	assert_int_equal(count(db), 3);

	/* an open transaction is lost at close */
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(insert(db, "lost"), 0);
	ph_db_close(db);
	db = must_open(3);
	assert_int_equal(count(db), 3);
	ph_db_close(db);
}

static void test_columns(void **state)
{
	static const char select_sql[] =
		"SELECT body, note, rank, NULL FROM item ORDER BY id";
	static const char insert_all_sql[] =
		"INSERT INTO item(body, note, rank) VALUES(?, ?, ?)";
	struct ph_db *db = must_open(3);
	struct ph_stmt *stmt;

	(void)state;
	assert_int_equal(ph_db_prepare(db, insert_all_sql, &stmt), 0);
	ph_stmt_blob(stmt, 1, PH_VIEW("\0\xff", 2));
	ph_stmt_text(stmt, 2, ph_view_str("Sơn La"));
	ph_stmt_int(stmt, 3, INT64_MIN);
	assert_int_equal(ph_stmt_run(stmt), 0);
	assert_int_equal(ph_db_prepare(db, insert_all_sql, &stmt), 0);
	ph_stmt_blob(stmt, 1, PH_VIEW(NULL, 0)); /* empty, not NULL */
	ph_stmt_null(stmt, 2);
	ph_stmt_int(stmt, 3, 0);
	assert_int_equal(ph_stmt_run(stmt), 0);

	assert_int_equal(ph_db_prepare(db, select_sql, &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	assert_true(ph_view_equal(ph_stmt_col_blob(stmt, 0), PH_VIEW("\0\xff", 2)));
	assert_true(ph_view_equal(ph_stmt_col_text(stmt, 1), ph_view_str("Sơn La")));
	assert_true(ph_stmt_col_int(stmt, 2) == INT64_MIN);
	assert_true(ph_stmt_col_is_null(stmt, 3));
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	assert_false(ph_stmt_col_is_null(stmt, 0));
	assert_int_equal(ph_stmt_col_blob(stmt, 0).len, 0);
	assert_true(ph_stmt_col_is_null(stmt, 1));
	assert_int_equal(ph_stmt_col_text(stmt, 1).len, 0);
	assert_int_equal(ph_stmt_step(stmt), 0);
	ph_db_close(db);
}

static void test_statements(void **state)
{
	static const char two_sql[] = "DELETE FROM item; DELETE FROM child";
	static const char nothing_sql[] = "  -- only a remark";
	static const char bad_sql[] = "SELEKT";
	static const char gone_sql[] = "SELECT 1 FROM dropped";
	static const char lacking_sql[] = "SELECT dropped FROM sqlite_schema";
	static const char semicolon_sql[] = "SELECT 1 ; \n";
	static const char child_sql[] = "INSERT INTO child VALUES(99)";
	struct ph_db *db = must_open(3);
	struct ph_stmt *first;
	struct ph_stmt *second;

	(void)state;
	assert_int_equal(ph_db_prepare(db, insert_sql, &first), 0);
	assert_int_equal(ph_db_prepare(db, insert_sql, &second), 0);
	assert_ptr_equal(first, second);
	assert_int_equal(ph_db_prepare(db, two_sql, &second), -EINVAL);
	assert_int_equal(ph_db_prepare(db, nothing_sql, &second), -EINVAL);
	assert_int_equal(ph_db_prepare(db, bad_sql, &second), -EINVAL);
	assert_int_equal(ph_db_prepare(db, gone_sql, &second), -EUCLEAN);
	assert_int_equal(ph_db_prepare(db, lacking_sql, &second), -EUCLEAN);
	assert_ptr_equal(first, second);
	assert_int_equal(ph_db_prepare(db, semicolon_sql, &second), 0);
	assert_int_equal(ph_stmt_run(second), -EINVAL);

	/* bindings do not live on: the second run has no body */
	assert_int_equal(insert(db, "x"), 0);
	assert_int_equal(ph_db_prepare(db, insert_sql, &first), 0);
	assert_int_equal(ph_stmt_run(first), -EEXIST);
	/* nor do those of a run that never came */
	assert_int_equal(ph_db_prepare(db, insert_sql, &first), 0);
	ph_stmt_int(first, 9, 1);
	ph_stmt_blob(first, 1, ph_view_str("y"));
	ph_stmt_blob(first, 2, ph_view_str("body"));
	assert_int_equal(ph_db_prepare(db, insert_sql, &first), 0);
	assert_int_equal(ph_stmt_run(first), -EEXIST);
	/* a bind that cannot be sticks until the step */
	assert_int_equal(ph_db_prepare(db, insert_sql, &first), 0);
	ph_stmt_int(first, 9, 1);
	ph_stmt_blob(first, 1, ph_view_str("y"));
	assert_int_equal(ph_stmt_run(first), -EINVAL);
	assert_int_equal(insert(db, "y"), 0);
	assert_int_equal(count(db), 2);
	/* foreign keys are on */
	assert_int_equal(ph_db_prepare(db, child_sql, &first), 0);
	assert_int_equal(ph_stmt_run(first), -EEXIST);
	assert_int_equal(ph_db_exec(db, "INSERT INTO child VALUES(1); nonsense"),
			 -EINVAL);
	ph_db_close(db);
}

/* Many statements: more than there are buckets. */
static void test_many_statements(void **state)
{
	enum {
		N = 500
	};
	static char texts[N][32];
	struct ph_db *db = must_open(3);
	struct ph_stmt *stmts[N];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < N; i++) {
			struct ph_stmt *stmt;

			snprintf(texts[i], sizeof(texts[i]), "SELECT %d", i);
			assert_int_equal(ph_db_prepare(db, texts[i], &stmt), 0);
			assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
			assert_int_equal(ph_stmt_col_int(stmt, 0), i);
			ph_stmt_reset(stmt);
			if (round == 0) {
				stmts[i] = stmt;
			}
			assert_ptr_equal(stmts[i], stmt);
		}
	}
	ph_db_close(db);
}

static const char *shm_path(void)
{
	static char shm[80];

	snprintf(shm, sizeof(shm), "%s-shm", path);
	return shm;
}

static void test_busy(void **state)
{
	struct ph_db_config config = config_of(3);
	struct ph_db *db = must_open(3);
	sqlite3 *other;

	(void)state;
	/* nobody else gets in while we have it, and nothing needs an index on the disk */
	assert_int_equal(insert(db, "x"), 0);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, count_sql, NULL, NULL, NULL), SQLITE_BUSY);
	assert_false(ph_file_exists(shm_path()));
	ph_db_close(db);

	/* nor do we while somebody reads */
	assert_int_equal(sqlite3_exec(other, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, count_sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(ph_db_open(&db, &config, NULL), -EBUSY);
	sqlite3_close(other);
	ph_db_close(must_open(3));
}

/* --- faults --- */

static struct ph_db *open_faulty(void)
{
	struct ph_db_config config = config_of(3);
	struct ph_db *db = NULL;

	use_faulty_vfs();
	config.vfs = "faulty";
	assert_int_equal(ph_db_open(&db, &config, NULL), 0);
	return db;
}

/* Every commit is one fsync at least: the promise of a durable scan. */
static void test_commit_syncs(void **state)
{
	struct ph_db *db = open_faulty();

	(void)state;
	for (int i = 0; i < 3; i++) {
		disk.syncs = 0;
		assert_int_equal(ph_db_begin(db), 0);
		assert_int_equal(insert(db, "x"), 0);
		assert_int_equal(disk.syncs, 0);
		assert_int_equal(ph_db_commit(db), 0);
		assert_true(disk.syncs >= 1);
	}
	ph_db_close(db);
}

static void assert_poisoned(struct ph_db *db)
{
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_begin(db), -EIO);
	assert_int_equal(ph_db_commit(db), -EIO);
	assert_int_equal(ph_db_savepoint(db), -EIO);
	assert_int_equal(ph_db_exec(db, "SELECT 1"), -EIO);
	assert_int_equal(ph_db_prepare(db, count_sql, &stmt), -EIO);
	assert_int_equal(insert(db, "x"), -EIO);
	ph_db_rollback(db);
	assert_int_equal(ph_db_begin(db), -EIO);
}

static void test_io_error_sticks(void **state)
{
	static const enum fault faults[] = { FAIL_SYNC, FAIL_WRITE };

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		fresh(state);

		struct ph_db *db = open_faulty();
		struct ph_stmt *held;

		assert_int_equal(insert(db, "acknowledged"), 0);
		assert_int_equal(ph_db_prepare(db, count_sql, &held), 0);
		assert_int_equal(ph_db_begin(db), 0);
		assert_int_equal(insert(db, "not acknowledged"), 0);
		disk.fault = faults[i];
		/* a sync that failed sticks even if it was for lack of room */
		errno = faults[i] == FAIL_SYNC ? ENOSPC : EIO;
		assert_int_equal(ph_db_commit(db), -EIO);
		assert_int_equal(disk.hits, 1);
		/* the disk works again, but nobody knows what it holds */
		assert_poisoned(db);
		assert_int_equal(ph_stmt_step(held), -EIO);
		disk.syncs = 0;
		ph_db_close(db);
		assert_int_equal(disk.syncs, 0);
		/* the WAL was left for the next start */
		assert_true(ph_file_exists(wal_path));

		db = must_open(3);
		assert_true(count(db) >= 1);
		ph_db_close(db);
	}
}

/* A statement by itself, without begin, that cannot be made durable. */
static void test_io_error_outside_a_transaction(void **state)
{
	struct ph_db *db = open_faulty();

	(void)state;
	disk.fault = FAIL_SYNC;
	assert_int_equal(insert(db, "x"), -EIO);
	assert_poisoned(db);
	ph_db_close(db);
}

static void test_full_disk(void **state)
{
	struct ph_db *db = open_faulty();

	(void)state;
	assert_int_equal(insert(db, "before"), 0);
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(insert(db, "x"), 0);
	disk.fault = FAIL_FULL;
	assert_int_equal(ph_db_commit(db), -ENOSPC);
	assert_int_equal(disk.hits, 1);
	assert_false(ph_db_in_transaction(db));
	/* with room again work goes on */
	assert_int_equal(count(db), 1);
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(insert(db, "after"), 0);
	assert_int_equal(ph_db_commit(db), 0);
	assert_int_equal(count(db), 2);
	ph_db_close(db);
}

/* A quota that is used up is an I/O error to SQLite, and a full disk to us. */
static void test_full_quota(void **state)
{
	static const int reasons[] = { EDQUOT, ENOSPC };

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		fresh(state);

		struct ph_db *db = open_faulty();

		assert_int_equal(insert(db, "before"), 0);
		assert_int_equal(ph_db_begin(db), 0);
		assert_int_equal(insert(db, "x"), 0);
		disk.fault = FAIL_WRITE;
		errno = reasons[i];
		assert_int_equal(ph_db_commit(db), -ENOSPC);
		assert_int_equal(disk.hits, 1);
		assert_int_equal(count(db), 1);
		assert_int_equal(insert(db, "after"), 0);
		ph_db_close(db);
		db = must_open(3);
		assert_int_equal(count(db), 2);
		ph_db_close(db);
	}
}

/*
 * SQLite ends the transaction itself when a full disk stops a statement midway. The
 * statements behind it must not be committed alone.
 */
static void test_lost_transaction(void **state)
{
	struct ph_db *db = open_faulty();

	(void)state;
	assert_int_equal(ph_db_exec(db, "PRAGMA cache_size = 4"), 0);
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(insert(db, "first"), 0);
	disk.fault = FAIL_FULL;
	/* far more than the cache holds, so that pages spill to the disk */
	assert_int_equal(
		ph_db_exec(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
			       "FROM n WHERE i < 500) INSERT INTO item(body) SELECT "
			       "zeroblob(3000) FROM n"),
		-ENOSPC);
	assert_false(ph_db_in_transaction(db));
	assert_int_equal(insert(db, "alone"), -ENOSPC);
	assert_int_equal(ph_db_savepoint(db), -ENOSPC);
	assert_int_equal(ph_db_commit(db), -ENOSPC);
	assert_int_equal(count(db), 0);
	assert_int_equal(insert(db, "after"), 0);

	/* the same within a savepoint, whose undo cannot bring the outer part back */
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(insert(db, "outer"), 0);
	assert_int_equal(ph_db_savepoint(db), 0);
	disk.fault = FAIL_FULL;
	assert_int_equal(
		ph_db_exec(db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
			       "FROM n WHERE i < 500) INSERT INTO item(body) SELECT "
			       "zeroblob(3000) FROM n"),
		-ENOSPC);
	ph_db_savepoint_undo(db);
	assert_int_equal(insert(db, "alone"), -ENOSPC);
	ph_db_rollback(db);
	ph_db_savepoint_undo(db);
	assert_int_equal(count(db), 1);
	ph_db_close(db);
}

/* Within one long statement, too, it can be seen that something is done. */
static void test_pulse(void **state)
{
	struct ph_db *db = NULL;
	struct ph_stmt *stmt;
	uint64_t before;

	(void)state;
	assert_int_equal(
		ph_db_open(&db,
			   &(struct ph_db_config){ .path = ":memory:", .create = true },
			   NULL),
		0);
	assert_int_equal(
		ph_db_prepare(db,
			      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1"
			      " FROM c LIMIT 1000000) SELECT count(*) FROM c",
			      &stmt),
		0);
	before = ph_db_pulse();
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	assert_true(ph_db_pulse() >= before + 3);
	ph_stmt_reset(stmt);
	ph_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pulse),
		cmocka_unit_test_setup(test_transactions, fresh),
		cmocka_unit_test_setup(test_columns, fresh),
		cmocka_unit_test_setup(test_statements, fresh),
		cmocka_unit_test_setup(test_many_statements, fresh),
		cmocka_unit_test_setup(test_busy, fresh),
		cmocka_unit_test_setup(test_commit_syncs, fresh),
		cmocka_unit_test_setup(test_io_error_sticks, fresh),
		cmocka_unit_test_setup(test_io_error_outside_a_transaction, fresh),
		cmocka_unit_test_setup(test_full_disk, fresh),
		cmocka_unit_test_setup(test_full_quota, fresh),
		cmocka_unit_test_setup(test_lost_transaction, fresh),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
