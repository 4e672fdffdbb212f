/*
 * Stores of SQLite on the simulated disk: commits after cuts, with and without lies, a dead
 * store and a full one, and that the same seed gives the same bytes.
 */
#include "one_disk.h"

#include <sqlite3.h>

#include "common/base/db.h"

static struct ph_db *open_db(const char *path)
{
	static const char *const steps[] = { "CREATE TABLE t (n INTEGER PRIMARY KEY, "
					     "pad BLOB)" };
	struct ph_error err = { 0 };
	struct ph_db *db;

	if (ph_db_open(&db,
		       &(struct ph_db_config){ .path = path,
					       .application = 14,
					       .steps = steps,
					       .n_steps = 1,
					       .create = true },
		       &err) != 0) {
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

/* What was committed is there after any cut, with and without powersafe overwrite. */
static void test_commits_stay(void **state)
{
	struct ph_db *db = open_db("/m/a/x.db");

	(void)state;
	for (int64_t n = 1; n <= 12; n++) {
		assert_int_equal(insert(db), 0);
		sim_disk_traits("a")->sector = n % 2 ? 512 : 4096;
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct ph_db *after;

			sim_disk_image("a", "b", seed, NULL);
			after = open_db("/m/b/x.db");
			assert_int_equal(count(after), n);
			assert_int_equal(ph_db_check(after, true, NULL), 0);
			ph_db_close(after);
		}
	}
	ph_db_close(db);
	assert_false(ph_file_exists("/m/a/x.db-wal"));
}

/* A WAL whose sync lies loses commits, but tears none; so does a folder's. */
static void test_lying_wal(void **state)
{
	static const unsigned lies[] = { SIM_LIE_WAL, SIM_LIE_FOLDER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[32];
		unsigned lost = 0;
		struct ph_db *db;

		snprintf(path, sizeof(path), "/m/a/%zu.db", i);
		db = open_db(path);
		ph_db_close(db);
		sim_disk_settle("a");
		sim_disk_traits("a")->lies = lies[i];
		db = open_db(path);
		assert_int_equal(insert(db), 0);
		assert_int_equal(insert(db), 0);
		path[3] = 'b';
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct ph_db *after;
			int64_t n;

			sim_disk_image("a", "b", seed, NULL);
			after = open_db(path);
			n = count(after);
			assert_true(n <= 2);
			lost += n < 2;
			ph_db_close(after);
		}
		assert_true(lost > 0 && lost < SEEDS);
		sim_disk_traits("a")->lies = 0;
		ph_db_close(db);
	}
}

/* What is open when the power goes fails, and closing it touches nothing. */
static void test_dead_store(void **state)
{
	struct ph_db *db = open_db("/m/a/x.db");
	uint64_t hash;

	(void)state;
	assert_int_equal(insert(db), 0);
	sim_disk_cut("a", 7, NULL);
	assert_int_equal(insert(db), -EIO);
	sim_disk_on("a");
	hash = sim_disk_hash("a");
	assert_int_equal(insert(db), -EIO);
	ph_db_close(db);
	assert_int_equal(sim_disk_hash("a"), hash);
	db = open_db("/m/a/x.db");
	assert_int_equal(count(db), 1);
	ph_db_close(db);
}

static void test_full_store(void **state)
{
	struct ph_db *db = open_db("/m/a/x.db");
	unsigned n = 0;
	int rc;

	(void)state;
	sim_disk_traits("a")->limit = 64 * 1024;
	do {
		rc = insert(db);
		n += rc == 0;
	} while (rc == 0);
	assert_int_equal(rc, -ENOSPC);
	assert_true(sim_disk_used("a") <= 64 * 1024);
	sim_disk_traits("a")->limit = 0;
	assert_int_equal(insert(db), 0);
	assert_int_equal(count(db), n + 1);
	ph_db_close(db);
}

/* The power can go behind any operation, a new file's first one too. */
static void cut_now(void *data, const char *name, enum sim_disk_op op, const char *path)
{
	unsigned *left = data;

	(void)op;
	(void)path;
	if (*left > 0 && --*left == 0) {
		sim_disk_cut(name, 3, NULL);
	}
}

static void test_cut_from_watch(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= 12; at++) {
		unsigned left = at;
		struct ph_db *db;

		sim_disk_add("a");
		put("/m/a/x", "old");
		db = open_db("/m/a/x.db");
		sim_disk_watch(cut_now, &left);
		(void)insert(db);
		(void)ph_file_write("/m/a/x", ph_view_str("new"), 0600, NULL);
		ph_db_close(db);
		sim_disk_watch(NULL, NULL);
		assert_int_equal(left, 0);
		sim_disk_on("a");
		assert_true(strcmp(text_of("/m/a/x"), "old") == 0 ||
			    strcmp(text_of("/m/a/x"), "new") == 0);
		db = open_db("/m/a/x.db");
		assert_true(count(db) <= 1);
		ph_db_close(db);
	}
}

/* The same seed, the same bytes. */
static void test_same_again(void **state)
{
	uint64_t hash[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		sim_disk_end();
		sim_disk_begin(99);
		sim_disk_add("a");

		struct ph_db *db = open_db("/m/a/x.db");

		assert_int_equal(insert(db), 0);
		sim_disk_image("a", "b", 5, NULL);
		hash[i] = sim_disk_hash("a") ^ sim_disk_hash("b");
		ph_db_close(db);
	}
	assert_true(hash[0] == hash[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(commits_stay), T(lying_wal),      T(dead_store),
		T(full_store),   T(cut_from_watch), T(same_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
