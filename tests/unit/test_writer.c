/* tests/unit/test_writer.c - the writer of an own log: open, parts, refusals, rollback. */
#include "tests/unit/writer_desk.h"

static void new_log(void **state)
{
	struct desk desk;
	struct ph_buf buf = { 0 };
	struct ph_entry entry;
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t table[8];

	(void)state;
	desk_open(&desk, ":memory:", 1);
	assert_int_equal(own_n(&desk), 0);
	assert_int_equal(ph_writer_log(desk.writer)->row, 0);
	memcpy(id, ph_writer_log(desk.writer)->id, sizeof(id));
	begin(&desk.room);
	assert_int_equal(ph_writer_seal(desk.writer), 0);
	assert_int_equal(ph_writer_start(desk.writer, NULL), 0);
	commit(&desk.room);
	assert_int_equal(own_n(&desk), 2);
	assert_memory_equal(ph_writer_log(desk.writer)->id, id, sizeof(id));

	read_own(&desk, 1, &buf, &entry);
	assert_int_equal(entry.number, PH_KIND_OPEN);
	assert_memory_equal(entry.field[PH_OPEN_KEY].as.bytes.data, desk.room.keys.key,
			    PH_KEY_SIZE);
	assert_int_equal(entry.field[PH_OPEN_SITE].as.uint, 140371);
	assert_true(entry.field[PH_OPEN_SOFTWARE].as.bytes.len > 10);
	assert_memory_equal(entry.field[PH_OPEN_SOFTWARE].as.bytes.data, "packhorse ",
			    10);
	ph_kinds_hash(table);
	assert_memory_equal(entry.field[PH_OPEN_TABLE].as.bytes.data, table, 8);
	assert_false(entry.field[PH_OPEN_CONTINUES].set);
	assert_int_equal(ph_stamp_seconds(entry.stamp), T0);
	/* The id is made of the key and the nonce in `open`. */
	ph_log_id(id, desk.room.keys.key, entry.field[PH_OPEN_NONCE].as.bytes.data);
	assert_memory_equal(ph_writer_log(desk.writer)->id, id, sizeof(id));
	assert_mark(&desk, 2);

	/* Nothing more is due; the first entry of another log brings all three. */
	begin(&desk.room);
	assert_int_equal(ph_writer_start(desk.writer, NULL), 0);
	commit(&desk.room);
	assert_int_equal(own_n(&desk), 2);
	begin(&desk.room);
	assert_int_equal(ph_writer_seal(desk.writer), 0);
	assert_int_equal(ph_writer_seal(desk.writer), 0);
	commit(&desk.room);
	assert_int_equal(ph_writer_log(desk.writer)->sealed, 2);
	ph_buf_deinit(&buf);
	desk_close(&desk);

	desk_open(&desk, ":memory:", 1);
	record(&desk);
	assert_int_equal(own_n(&desk), 3);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM run"), 1);

	int64_t before = count_of(&desk.room, "SELECT total_changes()");

	record(&desk);
	assert_int_equal(count_of(&desk.room, "SELECT total_changes()"), before + 1);
	assert_rising(&desk);
	desk_close(&desk);
}

static void references(void **state)
{
	struct desk desk;
	struct ph_entry entry = visit(3);
	struct ph_ref ref;
	struct ph_log log;
	struct ph_buf bytes = { 0 };
	struct ph_entry same;

	(void)state;
	desk_open(&desk, ":memory:", 2);
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, &ref, NULL), 0);
	commit(&desk.room);
	assert_int_equal(ref.n, 3);
	assert_int_equal(ph_journal_resolve(desk.room.journal, &ref, &log, &bytes), 0);
	assert_int_equal(ph_entry_decode(ph_buf_view(&bytes), &same), 0);
	assert_int_equal(same.number, PH_KIND_VISIT);
	assert_true(same.stamp == entry.stamp);
	assert_int_equal(entry.number, PH_KIND_VISIT);
	ph_buf_deinit(&bytes);
	desk_close(&desk);
}

static void restarts(void **state)
{
	char dir[64];
	char path[96];
	struct desk desk;
	struct ph_log before;
	uint64_t last;

	(void)state;
	temp_dir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	desk_open(&desk, path, 5);
	record(&desk);
	last = record(&desk);
	before = *ph_writer_log(desk.writer);
	desk_restart(&desk);
	assert_memory_equal(&before, ph_writer_log(desk.writer), sizeof(before));
	pass(&desk.machine, 7);
	/* The same start of the machine: no new mark, and time goes on from the old one. */
	desk.machine.now.wall += 1;
	assert_int_equal(ph_stamp_seconds(record(&desk)), T0 + 7);
	assert_int_equal(own_n(&desk), before.n + 1);
	/* Without any clock, behind what was stamped last. */
	boot(&desk.machine, 9, 0);
	desk_restart(&desk);
	begin(&desk.room);
	assert_int_equal(ph_writer_start(desk.writer, NULL), 0);
	commit(&desk.room);
	assert_int_equal(own_n(&desk), before.n + 2);
	assert_true(record(&desk) > last);
	assert_rising(&desk);

	/* With another's keys. */
	struct ph_error err = { 0 };
	struct ph_sign_pair other;
	struct ph_writer *writer = NULL;

	ph_sign_pair_make(&other, &desk.room.rng);
	desk.config.keys = &other;
	assert_int_equal(ph_writer_new(&writer, &desk.config, &err), -EUCLEAN);
	assert_int_equal(err.exit, PH_EXIT_DAMAGED);
	assert_non_null(strstr(err.text, "keys"));
	assert_null(writer);
	desk_close(&desk);
	remove_dir(dir);
}

/* --- parts --- */

static struct ph_entry reader(const char *name)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT) };

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str(name);
	entry.sealed[PH_READER_S_BORN].set = true;
	entry.sealed[PH_READER_S_BORN].as.uint = 1988;
	return entry;
}

static void parts(void **state)
{
	struct desk desk;
	struct ph_entry entry = reader("Lò Thị Mai");
	struct ph_ref ref;
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	struct ph_buf plain = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_entry stored;
	uint8_t seed[PH_SEED_SIZE];
	uint8_t hash[PH_HASH_SIZE];

	(void)state;
	desk_open(&desk, ":memory:", 10);
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, &ref, NULL), 0);
	commit(&desk.room);
	assert_int_equal(ref.n, 3);
	assert_int_equal(ph_journal_part_get(desk.room.journal, 1, ref.n, &cipher, &box),
			 0);
	assert_int_equal(crypto_box_seal_open(seed, box.data, box.len, desk.box.key,
					      desk.box.secret),
			 0);
	assert_int_equal(ph_part_open(seed, ph_writer_log(desk.writer)->id, ref.n,
				      ph_buf_view(&cipher), &plain),
			 0);
	read_own(&desk, ref.n, &bytes, &stored);
	assert_int_equal(ph_part_decode(ph_buf_view(&plain), &stored), 0);
	assert_true(ph_view_equal(stored.sealed[PH_READER_S_NAME].as.bytes,
				  ph_view_str("Lò Thị Mai")));
	assert_int_equal(stored.sealed[PH_READER_S_BORN].as.uint, 1988);
	assert_int_equal(stored.field[PH_READER_SETS].as.uint, 3);
	assert_int_equal(entry.field[PH_READER_SETS].as.uint, 3);
	ph_part_commit(ph_buf_view(&cipher), hash);
	assert_memory_equal(entry.field[PH_READER_COMMIT].as.bytes.data, hash,
			    PH_HASH_SIZE);
	/* The name is in no row of the store. */
	assert_null(memmem(bytes.data, bytes.len, "Mai", 3));
	assert_null(memmem(cipher.data, cipher.len, "Mai", 3));

	/* The same again: another seed, another ciphertext. */
	uint8_t first[PH_HASH_SIZE];

	memcpy(first, hash, sizeof(first));
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, &ref, NULL), 0);
	commit(&desk.room);
	assert_memory_not_equal(entry.field[PH_READER_COMMIT].as.bytes.data, first,
				PH_HASH_SIZE);

	/* Without personal fields there is no part, and old sets and commit are dropped. */
	entry.sealed[PH_READER_S_NAME].set = false;
	entry.sealed[PH_READER_S_BORN].set = false;
	entry.field[PH_READER_BAND].set = true;
	entry.field[PH_READER_BAND].as.uint = PH_BAND_ADULT;
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, &ref, NULL), 0);
	commit(&desk.room);
	assert_false(entry.field[PH_READER_SETS].set);
	assert_false(entry.field[PH_READER_COMMIT].set);
	assert_int_equal(ph_journal_part_get(desk.room.journal, 1, ref.n, &cipher, &box),
			 PH_JOURNAL_E_NONE);

	struct ph_journal_counts counts;

	assert_int_equal(
		ph_journal_verify(desk.room.journal, desk.room.keys.key, &counts, NULL),
		0);
	assert_int_equal(counts.parts, 2);
	assert_int_equal(counts.parts_missing, 0);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&bytes);
	desk_close(&desk);
}

/* --- what is refused --- */

static void refusals(void **state)
{
	struct desk desk;
	struct ph_error err = { 0 };
	struct ph_entry entry = { 0 };
	struct ph_entry before;
	static char long_name[202];

	(void)state;
	desk_open(&desk, ":memory:", 11);
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);

	entry = visit(100001);
	before = entry;
	err = (struct ph_error){ 0 };
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	assert_non_null(strstr(err.text, "count"));
	assert_memory_equal(&entry, &before, sizeof(entry));

	memset(long_name, 'a', 201);
	entry = reader(long_name);
	err = (struct ph_error){ 0 };
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.text, "name"));
	long_name[200] = '\0';
	/* Not even `open` was written, and the transaction may go on. */
	assert_int_equal(own_n(&desk), 0);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM run"), 0);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM log"), 0);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM meta"), 0);
	entry = reader(long_name);
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, &err), 0);
	commit(&desk.room);
	assert_int_equal(own_n(&desk), 3);

	/* Each field within its limit, but not all of them together. */
	static uint8_t rest[24 * 1024];
	static char text[1001];
	struct ph_entry title = { .kind = ph_kind_find(PH_KIND_TITLE_PUT) };

	memset(text, 'a', 1000);
	memset(rest, 1, sizeof(rest));
	title.field[PH_TITLE_NAME].set = true;
	title.field[PH_TITLE_NAME].as.bytes = ph_view_str(text);
	title.field[PH_TITLE_REST].set = true;
	title.field[PH_TITLE_REST].as.bytes = PH_VIEW(rest, sizeof(rest) + 1);
	err = (struct ph_error){ 0 };
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &title, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	title.field[PH_TITLE_REST].as.bytes.len = sizeof(rest);
	assert_int_equal(ph_writer_add(desk.writer, &title, NULL, NULL), 0);
	commit(&desk.room);

	/* No desk key: no personal fields, everything else. */
	ph_writer_free(desk.writer);
	desk.config.desk_key = NULL;
	desk_start(&desk);
	entry = reader("Mai");
	err = (struct ph_error){ 0 };
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, &err), -EINVAL);
	assert_int_equal(err.exit, PH_EXIT_USAGE);
	commit(&desk.room);
	record(&desk);
	assert_int_equal(own_n(&desk), 5);
	desk_close(&desk);
}

static void rolled_back(void **state)
{
	struct desk desk;
	struct ph_entry entry = reader("Mai");
	struct ph_log before;
	uint64_t last;

	(void)state;
	desk_open(&desk, ":memory:", 12);
	/* Before the log is there at all. */
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, NULL), 0);
	ph_db_rollback(desk.room.db);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_int_equal(own_n(&desk), 0);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM log"), 0);
	last = record(&desk);
	before = *ph_writer_log(desk.writer);
	assert_int_equal(before.n, 3);

	/* Then with a mark, a part, a seal and a floor in what is lost. */
	boot(&desk.machine, 2, T0 + 5000);
	begin(&desk.room);
	assert_int_equal(ph_writer_add(desk.writer, &entry, NULL, NULL), 0);
	assert_int_equal(ph_writer_seal(desk.writer), 0);
	assert_int_equal(ph_writer_heard_time(desk.writer, T0 + 9000), 0);
	ph_db_rollback(desk.room.db);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_memory_equal(&before, ph_writer_log(desk.writer), sizeof(before));
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM part"), 0);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM seal"), 0);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM run"), 1);
	assert_int_equal(floor_of(&desk), desk.config.floor);
	/* The mark is due again. */
	assert_true(record(&desk) > last);
	assert_int_equal(own_n(&desk), 5);
	assert_mark(&desk, 4);
	desk_close(&desk);
}

/* No page left: a clear error, nothing appended, and all well when there is room again. */
static void disk_full(void **state)
{
	char dir[64];
	char path[96];
	struct desk desk;
	struct ph_error err = { 0 };
	static char text[1001];
	struct ph_entry title = { .kind = ph_kind_find(PH_KIND_TITLE_PUT) };
	struct ph_log before;
	static char pragma[64]; /* statements are cached by address */
	int rc = 0;

	(void)state;
	temp_dir(dir);
	snprintf(path, sizeof(path), "%s/s", dir);
	desk_open(&desk, path, 13);
	record(&desk);
	snprintf(pragma, sizeof(pragma), "PRAGMA max_page_count = %d",
		 (int)count_of(&desk.room, "PRAGMA page_count") + 3);
	/* The pragma answers with a row, so it is stepped, not run. */
	assert_int_equal(count_of(&desk.room, pragma) > 0, 1);
	memset(text, 'a', 1000);
	title.field[PH_TITLE_NAME].set = true;
	title.field[PH_TITLE_NAME].as.bytes = ph_view_str(text);
	for (int i = 0; i < 100 && rc == 0; i++) {
		before = *ph_writer_log(desk.writer);
		begin(&desk.room);
		rc = ph_writer_add(desk.writer, &title, NULL, &err);
		if (rc == 0) {
			commit(&desk.room);
		}
	}
	assert_int_equal(rc, -ENOSPC);
	assert_non_null(strstr(err.text, "full"));
	ph_db_rollback(desk.room.db);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_memory_equal(&before, ph_writer_log(desk.writer), sizeof(before));
	assert_int_equal(
		ph_journal_verify(desk.room.journal, desk.room.keys.key, NULL, NULL), 0);
	assert_true(count_of(&desk.room, "PRAGMA max_page_count = 1000000") == 1000000);
	record(&desk);
	assert_int_equal(own_n(&desk), before.n + 1);
	desk_restart(&desk);
	assert_int_equal(own_n(&desk), before.n + 1);
	assert_rising(&desk);
	desk_close(&desk);
	remove_dir(dir);
}

/* The tail of the log comes back from elsewhere while the writer is open. */
static void tail_put_back(void **state)
{
	struct desk desk;
	struct room copy;
	struct ph_log log;
	struct ph_segment segment;
	struct ph_buf buf = { 0 };

	(void)state;
	desk_open(&desk, ":memory:", 14);
	record(&desk);
	begin(&desk.room);
	assert_int_equal(ph_writer_seal(desk.writer), 0);
	commit(&desk.room);

	/* The same device in another store, further on. */
	room_open(&copy, ":memory:", 14);
	assert_int_equal(ph_journal_log_add(copy.journal, ph_writer_log(desk.writer)->id,
					    desk.room.keys.key, 140371, PH_ROLE_SITE,
					    &log),
			 0);
	assert_int_equal(ph_journal_read_segment(desk.room.journal,
						 ph_writer_log(desk.writer), 0, 9000,
						 &segment, &buf),
			 0);
	assert_int_equal(ph_journal_put_segment(copy.journal, &log, &segment, NULL), 0);

	struct ph_buf body = { 0 };

	add_visit(&body, ph_stamp(T0 + 777777, 5), 1);
	assert_int_equal(ph_journal_append(copy.journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(ph_journal_seal(copy.journal, &log, 4, desk.room.keys.secret),
			 0);
	assert_int_equal(
		ph_journal_read_segment(copy.journal, &log, 3, 9000, &segment, &buf), 0);
	log = *ph_writer_log(desk.writer);
	assert_int_equal(ph_journal_put_segment(desk.room.journal, &log, &segment, NULL),
			 0);
	assert_true(record(&desk) == ph_stamp(T0 + 777777, 6));
	assert_int_equal(own_n(&desk), 5);
	ph_buf_deinit(&body);
	ph_buf_deinit(&buf);
	room_close(&copy);
	desk_close(&desk);
}

/* Two writers in one store: each has its log, its marks, its floor, under its own names. */
static void two_in_one_store(void **state)
{
	struct desk desk;
	struct ph_writer *other;
	struct ph_writer_config config;
	struct ph_log mine;
	struct ph_log its;
	struct ph_entry entry = visit(1);

	(void)state;
	desk_open(&desk, ":memory:", 9);
	config = desk.config;
	config.name = "desk";
	record(&desk);
	assert_int_equal(ph_writer_new(&other, &config, NULL), 0);
	assert_int_equal(ph_writer_log(other)->n, 0); /* not the log that is there */
	for (unsigned i = 0; i < 3; i++) {
		begin(&desk.room);
		assert_int_equal(ph_writer_add(other, &entry, NULL, NULL), 0);
		if (i != 1) {
			assert_int_equal(ph_writer_seal_each(other), 0);
		}
		commit(&desk.room);
	}
	its = *ph_writer_log(other);
	assert_int_equal(its.n, 5);
	assert_int_equal(its.sealed, 5);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM seal"
					      " WHERE id BETWEEN (2 << 40) + 1 AND"
					      " (2 << 40) + 5"),
			 5);
	assert_int_equal(ph_writer_log(desk.writer)->sealed, 0);
	/* what one hears is nothing to the other */
	begin(&desk.room);
	assert_int_equal(ph_writer_heard_time(other, T0 + 50), 0);
	commit(&desk.room);
	assert_int_equal(count_of(&desk.room,
				  "SELECT count(*) FROM meta WHERE name IN"
				  " ('own_log', 'mark', 'desk_log', 'desk_mark',"
				  " 'desk_heard', 'desk_floor', 'desk_floor_claim')"),
			 7);
	assert_int_equal(count_of(&desk.room, "SELECT count(*) FROM meta"
					      " WHERE name IN ('heard', 'floor')"),
			 0);
	mine = *ph_writer_log(desk.writer);
	ph_writer_free(other);
	assert_int_equal(ph_writer_reload(desk.writer, NULL), 0);
	assert_memory_equal(ph_writer_log(desk.writer), &mine, sizeof(mine));
	assert_int_equal(ph_writer_new(&other, &config, NULL), 0);
	assert_memory_equal(ph_writer_log(other), &its, sizeof(its));
	ph_writer_free(other);
	desk_close(&desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_log),          cmocka_unit_test(references),
		cmocka_unit_test(restarts),         cmocka_unit_test(parts),
		cmocka_unit_test(refusals),         cmocka_unit_test(rolled_back),
		cmocka_unit_test(disk_full),        cmocka_unit_test(tail_put_back),
		cmocka_unit_test(two_in_one_store),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
