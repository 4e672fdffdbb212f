/*
 * tests/unit/test_journal_migrate.c - stores of older versions of the schema, brought up.
 *
 * A store of version 1 is made by that version's own step, and filled with rows as its
 * code wrote them.
 */
#include "tests/unit/fork_room.h"

/* A store in PATH of the first N steps, without a journal. */
static struct ph_db *open_version(const char *path, size_t n)
{
	struct ph_error err = { 0 };
	struct ph_db *db = NULL;
	struct ph_db_config config = { .path = path,
				       .application = PH_STORE_SITE,
				       .steps = ph_journal_steps,
				       .n_steps = n,
				       .create = true };

	if (ph_db_open(&db, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return db;
}

/* Everything of the store at FROM into one of version 1 at PATH. */
static void make_version_1(const char *path, const char *from)
{
	static const char copy[] =
		"INSERT INTO log(row, id, device_id, key, site, role)"
		" SELECT row, id, device_id, key, site, role FROM old.log;"
		"INSERT INTO run SELECT * FROM old.run;"
		"INSERT INTO seal SELECT * FROM old.seal;"
		"INSERT INTO part SELECT * FROM old.part;"
		"INSERT INTO receipt SELECT * FROM old.receipt;"
		"INSERT INTO meta SELECT * FROM old.meta;"
		"INSERT INTO device SELECT * FROM old.device;";
	struct ph_db *db = open_version(path, 1);
	char attach[160];

	snprintf(attach, sizeof(attach), "ATTACH DATABASE '%s' AS old", from);
	assert_int_equal(ph_db_exec(db, attach), 0);
	assert_int_equal(ph_db_exec(db, copy), 0);
	assert_int_equal(ph_db_exec(db, "DETACH DATABASE old"), 0);
	/* as it is on the disk of whoever has it: with a table that is the ledger's */
	assert_int_equal(ph_db_exec(db, "CREATE VIRTUAL TABLE ledger_words USING"
					" fts5(words)"),
			 0);
	ph_db_close(db);
}

static void put_receipt(struct room *room, const struct ph_log *log, uint64_t n)
{
	struct ph_receipt receipt = {
		.epoch.number = 1, .level = PH_LEVEL_HUB, .time = 5, .head.n = n
	};

	memcpy(receipt.head.log_id, log->id, PH_LOG_ID_SIZE);
	assert_int_equal(ph_journal_chain_at(room->journal, log, n, receipt.head.h), 0);
	assert_int_equal(ph_journal_receipt_put(room->journal, log->row, &receipt,
						ph_view_str("receipt")),
			 0);
}

static void version_1(void **state)
{
	char dir[64];
	char from[96];
	struct author author;
	struct author clone;
	struct room new_room;
	struct room room;
	struct ph_log log;
	struct ph_log second;
	struct ph_sign_pair pair;
	uint8_t id[PH_LOG_ID_SIZE];
	struct ph_arrival arrival;
	uint64_t n;
	int64_t time;

	(void)state;
	temp_dir(dir);
	snprintf(from, sizeof(from), "%s/from.db", dir);
	author_open(&author, 20, 10);
	author_clone(&clone, &author, 6, 21, 4);
	room_open(&new_room, from, 99);
	new_room.keys = author.room.keys;
	memcpy(new_room.log_id, author.room.log_id, PH_LOG_ID_SIZE);
	/* rows 1 and 3: a log that was never there leaves a hole */
	room_add_log(&new_room, &log);
	assert_int_equal(bring(&new_room, &log, &author, 1, 7), 0);
	assert_int_equal(bring(&new_room, &log, &author, 8, 10), 0);
	put_receipt(&new_room, &log, 8);
	ph_sign_pair_make(&pair, &new_room.rng);
	new_room.rng.fill(new_room.rng.data, id, sizeof(id));
	assert_int_equal(ph_journal_log_add(new_room.journal, id, pair.key, 0,
					    PH_ROLE_HUB, &second),
			 0);
	assert_int_equal(ph_db_exec(new_room.db, "UPDATE log SET row = 3 WHERE row = 2"),
			 0);
	assert_int_equal(ph_journal_meta_put_int(new_room.journal, "floor", 1234), 0);
	room_close_store(&new_room);

	room = new_room;
	snprintf(room.path, sizeof(room.path), "%s/old.db", dir);
	make_version_1(room.path, from);
	room_open_store(&room);
	assert_int_equal(count_of(&room, "PRAGMA user_version"), ph_journal_steps_count);
	assert_int_equal(count_of(&room, "SELECT count(*) FROM log"), 2);
	assert_int_equal(count_of(&room, "SELECT count(*) FROM sqlite_schema"
					 " WHERE tbl_name = 'log_2'"),
			 0);
	assert_int_equal(ph_journal_log_find(room.journal, room.log_id, &log), 0);
	assert_int_equal(log.row, 1);
	assert_int_equal(log.branch, 0);
	assert_int_equal(log.base, 0);
	assert_int_equal(log.site, 7);
	assert_int_equal(log.role, PH_ROLE_SITE);
	assert_int_equal(log.sealed, 10);
	assert_reads_as(&room, &log, &author);
	assert_int_equal(ph_journal_log_find(room.journal, id, &second), 0);
	assert_int_equal(second.row, 3);
	assert_int_equal(second.site, 0);
	assert_int_equal(second.role, PH_ROLE_HUB);
	assert_int_equal(
		ph_journal_receipt_get(room.journal, 1, PH_LEVEL_HUB, &n, &time, NULL),
		0);
	assert_int_equal(n, 8);
	assert_int_equal(ph_journal_meta_get_int(room.journal, "floor", &time), 0);
	assert_int_equal(time, 1234);
	assert_int_equal(ph_journal_verify(room.journal, room.keys.key, NULL, NULL), 0);

	/* what came before arrivals were noted has none */
	assert_int_equal(ph_journal_arrival(room.journal, 1, 4, &arrival),
			 PH_JOURNAL_E_NONE);
	/* and what version 1 could not: both histories */
	assert_int_equal(bring(&room, &log, &clone, 7, 10), 0);
	assert_int_equal(log.branch, 1);
	assert_reads_as(&room, &log, &clone);
	/* of one log no branch is there twice */
	assert_int_equal(ph_db_exec(room.db, "INSERT INTO log SELECT 9, id, branch,"
					     " parent, base, device_id, key, site, role"
					     " FROM log WHERE row = 1"),
			 -EEXIST);
	/* a second opening changes nothing */
	room_close_store(&room);
	room_open_store(&room);
	assert_reads_as(&room, &log, &clone);
	room_close(&room);
	author_close(&clone);
	author_close(&author);
	remove_dir(dir);
}

/* A store that has branches but no arrivals. */
static void version_2(void **state)
{
	char dir[64];
	struct room room;
	struct ph_stored stored = { .row = 1, .first = 1, .last = 2, .n = 2 };
	struct ph_arrival arrival;
	struct ph_log log;
	struct ph_db *db;

	(void)state;
	temp_dir(dir);
	room_open(&room, ":memory:", 30);
	room_close(&room);
	snprintf(room.path, sizeof(room.path), "%s/old.db", dir);
	db = open_version(room.path, 2);
	ph_db_close(db);
	room_open_store(&room);
	assert_int_equal(count_of(&room, "PRAGMA user_version"), ph_journal_steps_count);
	room_add_log(&room, &log);
	append_visits(&room, &log, 2);
	assert_int_equal(ph_journal_arrival_put(room.journal, &stored, 5, PH_ROAD_SESSION,
						PH_LEVEL_HUB),
			 0);
	assert_int_equal(ph_journal_arrival(room.journal, 1, 2, &arrival), 0);
	assert_int_equal(arrival.second, 5);
	room_close(&room);
	remove_dir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1),
		cmocka_unit_test(version_2),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_migrate", tests, NULL, NULL);
}
