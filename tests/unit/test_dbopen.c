/* tests/unit/test_dbopen.c - opening a store: creating, migrating, refusing, failing. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/base/db.h"
#include "common/base/file.h"
#include "common/base/say.h"
#include "tests/unit/db_room.h"

/* The integer that a pragma gives. */
static int64_t pragma(struct ph_db *db, const char *sql)
{
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_prepare(db, sql, &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);

	int64_t n = ph_stmt_col_int(stmt, 0);

	ph_stmt_reset(stmt);
	return n;
}

/* Run SQL by SQLite itself, as another program would. */
static void plain_sql(const char *sql)
{
	sqlite3 *raw;

	assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
	assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

/* Leave a store behind as a killed process does: COUNT items, all in the WAL. */
static void leave_unclean(int n)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		struct ph_db *db = must_open(3);

		for (int i = 0; i < n; i++) {
			if (insert(db, "left") != 0) {
				_exit(1);
			}
		}
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SIGKILL);
	assert_true(ph_file_exists(wal_path));
}

static void overwrite(const char *file, off_t at, const void *bytes, size_t len)
{
	int fd = open(file, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static int expect_refusal(const struct ph_db_config *config, struct ph_error *err)
{
	struct ph_db *db = (struct ph_db *)err;
	int rc = ph_db_open(&db, config, err);

	assert_true(rc < 0);
	assert_ptr_equal(db, err);
	assert_string_not_equal(err->text, "");
	assert_non_null(strstr(err->text, config->path));
	return rc;
}

static void test_settings(void **state)
{
	struct ph_db *db = must_open(3);
	struct ph_stmt *stmt;
	struct stat stat_buf;

	(void)state;
	assert_int_equal(pragma(db, "PRAGMA synchronous"), 2);
	assert_int_equal(pragma(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(pragma(db, "PRAGMA trusted_schema"), 0);
	assert_int_equal(pragma(db, "PRAGMA temp_store"), 2);
	assert_int_equal(pragma(db, "PRAGMA user_version"), 3);
	assert_int_equal(pragma(db, "PRAGMA application_id"), APPLICATION);
	assert_int_equal(pragma(db, "PRAGMA wal_autocheckpoint"), 1000);
	assert_int_equal(ph_db_prepare(db, "PRAGMA journal_mode", &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	assert_true(ph_view_equal(ph_stmt_col_text(stmt, 0), ph_view_str("wal")));
	ph_stmt_reset(stmt);
	/* DEFENSIVE: the schema's own table is out of reach */
	assert_int_equal(ph_db_exec(db, "PRAGMA writable_schema = ON"), 0);
	assert_true(ph_db_exec(db, "UPDATE sqlite_schema SET sql = ''") < 0);

	assert_int_equal(insert(db, "x"), 0);
	assert_int_equal(stat(path, &stat_buf), 0);
	assert_int_equal(stat_buf.st_mode & 0777, 0600);
	assert_int_equal(stat(wal_path, &stat_buf), 0);
	assert_int_equal(stat_buf.st_mode & 0777, 0600);
	ph_db_close(db);
	assert_false(ph_file_exists(wal_path));
	ph_db_close(NULL);
}

static void test_absent(void **state)
{
	struct ph_db_config config = config_of(3);
	struct ph_error err = { 0 };

	(void)state;
	config.create = false;
	assert_int_equal(expect_refusal(&config, &err), -ENOENT);
	assert_false(ph_file_exists(path));

	/* an empty file is what an interrupted creation leaves */
	assert_int_equal(ph_file_write(path, PH_VIEW(NULL, 0), 0600, NULL), 0);
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -ENOENT);
	ph_db_close(must_open(3));

	/* and so is a database with nothing in it */
	fresh(state);
	plain_sql("PRAGMA journal_mode = WAL");
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -ENOENT);
	ph_db_close(must_open(3));

	config.path = "/tmp/ph-no-such-folder/log.db";
	config.create = true;
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -ENOENT);
}

static void test_migrates(void **state)
{
	struct ph_db *db = must_open(1);

	(void)state;
	assert_int_equal(insert(db, "old"), 0);
	assert_int_equal(pragma(db, "PRAGMA user_version"), 1);
	ph_db_close(db);
	db = must_open(3);
	assert_int_equal(pragma(db, "PRAGMA user_version"), 3);
	assert_int_equal(pragma(db, "SELECT rank FROM item"), 7);
	ph_db_close(db);
	ph_db_close(must_open(3));
}

/* A step that fails leaves the store as old as it was, in every part. */
static void test_migration_is_whole_or_not(void **state)
{
	static const char *const broken[] = {
		"CREATE TABLE item(id INTEGER PRIMARY KEY, body BLOB, note TEXT)",
		"CREATE TABLE second(x)",
		"CREATE TABLE nonsense(",
	};
	struct ph_db_config config = config_of(1);
	struct ph_error err = { 0 };
	struct ph_db *db;

	(void)state;
	ph_db_close(must_open(1));
	config.steps = broken;
	config.n_steps = 3;
	assert_int_equal(expect_refusal(&config, &err), -EINVAL);
	db = must_open(1);
	assert_int_equal(pragma(db, "PRAGMA user_version"), 1);
	assert_int_equal(
		pragma(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'second'"),
		0);
	ph_db_close(db);
}

static void test_refuses_what_is_not_ours(void **state)
{
	struct ph_db_config config = config_of(2);
	struct ph_error err = { 0 };
	struct ph_buf before = { 0 };
	struct ph_buf after = { 0 };

	(void)state;
	plain_sql("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
	assert_int_equal(ph_file_read(path, 1 << 20, &before, NULL), 0);
	assert_int_equal(expect_refusal(&config, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not a Packhorse store"));
	assert_int_equal(ph_file_read(path, 1 << 20, &after, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&before), ph_buf_view(&after)));

	fresh(state);
	ph_db_close(must_open(3));
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "newer Packhorse"));

	config.application = APPLICATION + 1;
	config.n_steps = 3;
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -EINVAL);

	config.application = APPLICATION;
	plain_sql("PRAGMA user_version = -1");
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -ENOTSUP);
	ph_buf_deinit(&before);
	ph_buf_deinit(&after);
}

/* An application id above 2^31 is a negative number to SQLite. */
static void test_high_application_id(void **state)
{
	struct ph_db_config config = config_of(3);
	struct ph_db *db = NULL;

	(void)state;
	config.application = UINT32_C(0xfedcba98);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ph_db_open(&db, &config, NULL), 0);
		ph_db_close(db);
	}
}

static const char *ring(void)
{
	return ph_say("ring the bell", "hãy rung chuông");
}

static void test_refuses_damage(void **state)
{
	static const uint8_t junk[4096] = { 0xa5, 0x5a };
	struct ph_db_config config = config_of(3);
	struct ph_error err = { 0 };

	(void)state;
	assert_int_equal(ph_file_write(path, PH_VIEW(junk, 4096), 0600, NULL), 0);
	assert_int_equal(expect_refusal(&config, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	/* verify says this too: it must not send people in a circle */
	assert_null(strstr(err.text, "verify"));
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "from a backup; keep this folder"));
	config.remedy = ring;
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "; ring the bell"));
	assert_null(strstr(err.text, "backup"));

	/* the schema page of a store of ours */
	fresh(state);
	ph_db_close(must_open(3));
	overwrite(path, 100, junk, 64);
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);

	/* a store whose database is gone, but not its WAL */
	fresh(state);
	leave_unclean(3);
	assert_int_equal(unlink(path), 0);
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	assert_true(ph_file_exists(wal_path));
	assert_false(ph_file_exists(path));
}

/* After an unclean stop what was committed is there, and damage is looked for. */
static void test_unclean_stop(void **state)
{
	struct ph_db_config config = config_of(3);
	struct ph_error err = { 0 };
	struct ph_buf wal = { 0 };
	struct ph_buf wal_after = { 0 };
	struct ph_db *db;

	(void)state;
	leave_unclean(5);
	db = must_open(3);
	assert_int_equal(count(db), 5);
	ph_db_close(db);
	assert_false(ph_file_exists(wal_path));

	/* the page of item's index, which no ordinary opening reads, becomes zeros */
	static const uint8_t zeros[4096];
	sqlite3 *raw;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(
			raw,
			"SELECT rootpage FROM sqlite_schema WHERE name = 'item_note'", -1,
			&stmt, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);

	off_t page = sqlite3_column_int(stmt, 0);

	sqlite3_finalize(stmt);
	sqlite3_close(raw);
	overwrite(path, (page - 1) * 4096, zeros, sizeof(zeros));

	/* stopped cleanly: opens, and a check finds it; told in the language of who asks then */
	(void)ph_speak(PH_SPEAK_VIETNAMESE);
	db = must_open(3);
	(void)ph_speak(PH_SPEAK_ENGLISH);
	assert_int_equal(ph_db_check(db, true, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	assert_non_null(strstr(err.text, "restore it from a backup"));
	(void)ph_speak(PH_SPEAK_OWN);
	ph_db_close(db);

	/* stopped uncleanly: does not open, and the WAL is kept for whoever mends it */
	pid_t pid = fork();

	if (pid == 0) {
		db = must_open(3);
		if (ph_db_exec(db, "INSERT INTO child VALUES(1)") != 0) {
			_exit(1);
		}
		raise(SIGKILL);
	}

	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SIGKILL);
	assert_int_equal(ph_file_read(wal_path, 1 << 20, &wal, NULL), 0);
	err = (struct ph_error){ 0 };
	assert_int_equal(expect_refusal(&config, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	assert_int_equal(ph_file_read(wal_path, 1 << 20, &wal_after, NULL), 0);
	assert_true(ph_view_equal(ph_buf_view(&wal), ph_buf_view(&wal_after)));
	ph_buf_deinit(&wal);
	ph_buf_deinit(&wal_after);
}

/* In a child, which gives up root if it has it: root may write to everything. */
static void test_read_only_file(void **state)
{
	enum {
		NOBODY = 65534
	};
	int status = -1;

	(void)state;
	ph_db_close(must_open(3));
	assert_int_equal(chmod(path, 0400), 0);

	pid_t pid = fork();

	if (pid == 0) {
		struct ph_db_config config = config_of(3);
		struct ph_error err = { 0 };

		if (geteuid() == 0 &&
		    (chown(folder, NOBODY, NOBODY) < 0 ||
		     chown(path, NOBODY, NOBODY) < 0 || setuid(NOBODY) < 0)) {
			_exit(1);
		}
		_exit(expect_refusal(&config, &err) == -EROFS ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_memory(void **state)
{
	struct ph_db_config config = config_of(3);
	struct ph_db *db = NULL;

	(void)state;
	config.path = ":memory:";
	assert_int_equal(ph_db_open(&db, &config, NULL), 0);
	assert_int_equal(insert(db, "x"), 0);
	assert_int_equal(count(db), 1);
	assert_int_equal(ph_db_check(db, false, NULL), 0);
	assert_int_equal(ph_db_check(db, true, NULL), 0);
	ph_db_close(db);
	assert_false(ph_file_exists(":memory:"));
}

/* Opening with each write and fsync failing in turn: refused, or whole. */
static void test_open_with_faults(void **state)
{
	static const enum fault faults[] = { FAIL_SYNC, FAIL_WRITE, FAIL_FULL };

	use_faulty_vfs();
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		int after = 0;
		int rc;

		do {
			struct ph_db_config config = config_of(3);
			struct ph_error err = { 0 };
			struct ph_db *db = NULL;

			fresh(state);
			memset(&disk, 0, sizeof(disk));
			disk.fault = faults[i];
			disk.after = after++;
			config.vfs = "faulty";
			rc = ph_db_open(&db, &config, &err);
			if (rc < 0) {
				assert_int_equal(rc,
						 faults[i] == FAIL_FULL ? -ENOSPC : -EIO);
				assert_string_not_equal(err.text, "");
			}
			disk.fault = NO_FAULT;
			ph_db_close(db);
			/* the next start finishes what this one could not */
			db = must_open(3);
			assert_int_equal(count(db), 0);
			ph_db_close(db);
		} while (disk.hits > 0);
		assert_int_equal(rc, 0);
		assert_true(after > 2);
	}
}

static struct ph_file_ops no_wal;

static int open_no_wal(const char *name, int flags, unsigned mode)
{
	size_t len = strlen(name);

	return (flags & O_CREAT) != 0 && len > 4 && strcmp(name + len - 4, "-wal") == 0
		       ? -ENOSPC
		       : ph_file_ops_system.open(name, flags, mode);
}

/*
 * A disk so full that there is no room for another name, or none to take one away: it is
 * said to be full, not the store to be absent, nor the disk broken.
 */
static void test_no_room_for_names(void **state)
{
	static const enum fault faults[] = { FAIL_WAL, FAIL_DELETE };
	static const bool is_new[] = { false, true };

	use_faulty_vfs();
	no_wal = ph_file_ops_system;
	no_wal.open = open_no_wal;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct ph_db_config config = config_of(3);
		struct ph_error err = { 0 };
		struct ph_db *db = NULL;

		fresh(state);
		if (!is_new[i]) {
			ph_db_close(must_open(3));
		}
		memset(&disk, 0, sizeof(disk));
		disk.fault = faults[i];
		disk.stays = true;
		config.vfs = "faulty";
		ph_file_use(faults[i] == FAIL_WAL ? &no_wal : NULL);
		int rc = ph_db_open(&db, &config, &err);

		ph_file_use(NULL);
		disk.fault = NO_FAULT;
		assert_int_equal(rc, -ENOSPC);
		assert_true(disk.hits > 0);
		assert_int_equal(err.exit, PH_EXIT_OTHER);
		assert_non_null(strstr(err.text, "full"));
		assert_null(db);
		/* with room again it is there, whole */
		db = must_open(3);
		assert_int_equal(count(db), 0);
		ph_db_close(db);
	}
}

static void *no_malloc(int size)
{
	(void)size;
	return NULL;
}

/* SQLite that cannot start for lack of memory is no store on a disk that is not there. */
static void test_no_memory_to_start(void **state)
{
	struct ph_db_config config = config_of(3);
	struct ph_error err = { 0 };
	struct ph_db *db = NULL;
	sqlite3_mem_methods usual;
	sqlite3_mem_methods none;

	(void)state;
	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual), SQLITE_OK);
	none = usual;
	none.xMalloc = no_malloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &none), SQLITE_OK);

	int rc = ph_db_open(&db, &config, &err);

	(void)sqlite3_shutdown();
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &usual), SQLITE_OK);
	assert_int_equal(rc, -ENOMEM);
	assert_int_equal(err.exit, PH_EXIT_OTHER);
	assert_non_null(strstr(err.text, "out of memory"));
	assert_null(db);
	ph_db_close(must_open(3));
}

/* SQLite does not count its memory, which would take a lock at each piece of it. */
static void test_memory_is_not_counted(void **state)
{
	struct ph_db *db;

	(void)state;
	assert_int_equal(sqlite3_shutdown(), SQLITE_OK);
	db = must_open(3);
	assert_int_equal(sqlite3_memory_used(), 0);
	ph_db_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_settings, fresh),
		cmocka_unit_test_setup(test_absent, fresh),
		cmocka_unit_test_setup(test_migrates, fresh),
		cmocka_unit_test_setup(test_migration_is_whole_or_not, fresh),
		cmocka_unit_test_setup(test_refuses_what_is_not_ours, fresh),
		cmocka_unit_test_setup(test_high_application_id, fresh),
		cmocka_unit_test_setup(test_refuses_damage, fresh),
		cmocka_unit_test_setup(test_unclean_stop, fresh),
		cmocka_unit_test_setup(test_read_only_file, fresh),
		cmocka_unit_test_setup(test_memory, fresh),
		cmocka_unit_test_setup(test_open_with_faults, fresh),
		cmocka_unit_test_setup(test_no_room_for_names, fresh),
		/* last: SQLite forgets the VFS of the others */
		cmocka_unit_test_setup(test_no_memory_to_start, fresh),
		cmocka_unit_test_setup(test_memory_is_not_counted, fresh),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
