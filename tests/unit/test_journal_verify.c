/* tests/unit/test_journal_verify.c - damage in the store is found and named. */
#include "tests/unit/journal_room.h"

#include "common/base/file.h"

/* Two logs with opaque entries, seals, a part that is there, one missing, receipts. */
static void fill(struct room *room)
{
	struct ph_log log;
	struct ph_log other;
	struct ph_buf body = { 0 };
	struct ph_buf cipher = { 0 };
	uint8_t id[PH_LOG_ID_SIZE] = { 1 };

	begin(room);
	room_add_log(room, &log);
	add_visit(&body, 1, 1);
	add_reader(room, &body, 2, 2, &cipher);
	add_opaque(room, &body, 20);
	assert_int_equal(ph_journal_append(room->journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(ph_journal_part_put(room->journal, 1, 2, ph_buf_view(&cipher),
					     ph_view_str("box")),
			 0);
	append_visits(room, &log, 2);
	body.len = 0;
	add_reader(room, &body, 6, 6, &cipher);
	assert_int_equal(ph_journal_append(room->journal, &log, ph_buf_view(&body)), 0);
	assert_int_equal(ph_journal_seal(room->journal, &log, 2, room->keys.secret), 0);
	assert_int_equal(ph_journal_seal(room->journal, &log, 6, room->keys.secret), 0);
	for (int level = PH_LEVEL_HUB; level <= PH_LEVEL_BACKUP; level++) {
		struct ph_receipt receipt = { .epoch.number = 1,
					      .level = (enum ph_level)level,
					      .head.n = 4 };

		memcpy(receipt.head.log_id, log.id, PH_LOG_ID_SIZE);
		assert_int_equal(
			ph_journal_chain_at(room->journal, &log, 4, receipt.head.h), 0);
		assert_int_equal(ph_journal_receipt_put(room->journal, 1, &receipt,
							ph_view_str("bytes")),
				 0);
	}
	assert_int_equal(ph_journal_log_add(room->journal, id, room->keys.key, 8,
					    PH_ROLE_SITE, &other),
			 0);
	append_visits(room, &other, 3);
	commit(room);
	ph_buf_deinit(&body);
	ph_buf_deinit(&cipher);
}

static void counts(void **state)
{
	struct room room;
	struct ph_journal_counts counts;
	struct ph_error err = { 0 };

	(void)state;
	room_open(&room, ":memory:", 1);
	assert_int_equal(ph_journal_verify(room.journal, room.keys.key, &counts, &err),
			 0);
	assert_int_equal(counts.logs, 0);
	fill(&room);
	assert_int_equal(ph_journal_verify(room.journal, room.keys.key, &counts, &err),
			 0);
	assert_int_equal(counts.logs, 2);
	assert_int_equal(counts.entries, 9);
	assert_int_equal(counts.seals, 2);
	assert_int_equal(counts.parts, 1);
	assert_int_equal(counts.parts_missing, 1);
	assert_int_equal(counts.receipts, 2);
	room_close(&room);
}

/* Every bit of a blob column, of every row. */
static void flip_all(struct room *room, const char *table, const char *column,
		     const char *key, const char *where)
{
	struct ph_buf original = { 0 };
	struct ph_stmt *read;
	struct ph_stmt *rewrite;
	static char texts[24][200]; /* statements are cached by address: keep them */
	static unsigned n_texts;

	assert_true(n_texts + 2 <= 24);

	char *read_sql = texts[n_texts++];
	char *write_sql = texts[n_texts++];

	snprintf(read_sql, sizeof(texts[0]), "SELECT %s, %s FROM %s WHERE %s", key,
		 column, table, where);
	snprintf(write_sql, sizeof(texts[0]), "UPDATE %s SET %s = ?2 WHERE %s = ?1",
		 table, column, key);

	assert_int_equal(ph_db_prepare(room->db, read_sql, &read), 0);
	assert_int_equal(ph_stmt_step(read), PH_DB_ROW);

	int64_t id = ph_stmt_col_int(read, 0);

	assert_int_equal(ph_buf_put_view(&original, ph_stmt_col_blob(read, 1)), 0);
	ph_stmt_reset(read);
	assert_true(original.len > 0);
	for (size_t bit = 0; bit <= 8 * original.len; bit++) {
		struct ph_error err = { 0 };
		bool whole = bit == 8 * original.len;

		if (!whole) {
			original.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_int_equal(ph_db_prepare(room->db, write_sql, &rewrite), 0);
		ph_stmt_int(rewrite, 1, id);
		ph_stmt_blob(rewrite, 2, ph_buf_view(&original));
		assert_int_equal(ph_stmt_run(rewrite), 0);

		int rc = ph_journal_verify(room->journal, room->keys.key, NULL, &err);

		if (rc != (whole ? 0 : -EUCLEAN)) {
			fail_msg("%s.%s bit %zu: %d %s", table, column, bit, rc,
				 err.text);
		}
		if (!whole) {
			assert_int_equal(err.exit, PH_EXIT_DAMAGED);
			assert_true(err.text[0] != '\0');
			original.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	ph_buf_deinit(&original);
}

static void flipped_bits(void **state)
{
	struct room room;

	(void)state;
	room_open(&room, ":memory:", 2);
	fill(&room);
	flip_all(&room, "run", "bytes", "id", "id = (1 << 40) + 1");
	flip_all(&room, "run", "h", "id", "id = (1 << 40) + 4");
	flip_all(&room, "seal", "sig", "id", "id = (1 << 40) + 2");
	flip_all(&room, "part", "cipher", "id", "id = (1 << 40) + 2");
	flip_all(&room, "part", "commit_hash", "id", "id = (1 << 40) + 6");
	flip_all(&room, "receipt", "h", "level", "level = 2");
	flip_all(&room, "log", "key", "row", "row = 1");
	flip_all(&room, "log", "id", "row", "row = 1");
	flip_all(&room, "log", "device_id", "row", "row = 2");
	room_close(&room);
}

static void lost_rows(void **state)
{
	static const struct {
		const char *sql;
		const char *words;
	} cases[] = {
		{ "DELETE FROM run WHERE id = (1 << 40) + 1", "entry 1: it is missing" },
		{ "DELETE FROM run WHERE id = (1 << 40) + 4", "entry 4: it is missing" },
		{ "DELETE FROM run WHERE id = (1 << 40) + 6",
		  "a seal without its entry" },
		{ "UPDATE run SET last = 7 WHERE id = (1 << 40) + 6", "cut short" },
		{ "UPDATE run SET last = 4 WHERE id = (1 << 40) + 4",
		  "bytes lie behind" },
		{ "UPDATE run SET id = id + 1 WHERE id = (1 << 40) + 4",
		  "it is missing" },
		{ "UPDATE run SET h = x'00' WHERE id = (1 << 40) + 4", "damaged" },
		{ "INSERT INTO run SELECT (1 << 40) + 5, 9, h, bytes FROM run"
		  " WHERE id = (1 << 40) + 4",
		  "overlap" },
		{ "INSERT INTO run SELECT (1 << 40) + 5, 5, h, bytes FROM run"
		  " WHERE id = (1 << 40) + 4",
		  "overlap" },
		{ "DELETE FROM part WHERE id = (1 << 40) + 6", "no row" },
		{ "INSERT INTO part(id, commit_hash) VALUES((1 << 40) + 3, zeroblob(32))",
		  "another commitment" },
		{ "INSERT INTO part(id, commit_hash) VALUES((1 << 40) + 9, zeroblob(32))",
		  "a part without its entry" },
		{ "UPDATE seal SET id = (1 << 40) + 9 WHERE id = (1 << 40) + 6",
		  "a seal without its entry" },
		{ "UPDATE seal SET id = (1 << 40) + 5 WHERE id = (1 << 40) + 6",
		  "entry 5: the seal does not verify" },
		{ "UPDATE seal SET sig = zeroblob(63)", "damaged" },
		{ "UPDATE receipt SET n = 3", "another history" },
		{ "UPDATE receipt SET n = 99", "a receipt without its entry" },
		{ "DELETE FROM log WHERE row = 2", "a log that is not there" },
		{ "UPDATE receipt SET log = 5", "a log that is not there" },
	};
	struct room room;

	(void)state;
	room_open(&room, ":memory:", 3);
	fill(&room);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };

		begin(&room);
		assert_int_equal(ph_db_exec(room.db, cases[i].sql), 0);
		assert_true(count_of(&room, "SELECT changes()") > 0);

		int rc = ph_journal_verify(room.journal, room.keys.key, NULL, &err);

		if (rc != -EUCLEAN || strstr(err.text, cases[i].words) == NULL ||
		    err.exit != PH_EXIT_DAMAGED) {
			fail_msg("%s: %s", cases[i].sql, err.text);
		}
		ph_db_rollback(room.db);
		ph_journal_reload(room.journal);
	}
	room_close(&room);
}

/* What another device wrote was taken with a seal over it: without one it is damage. */
static void lost_seals(void **state)
{
	static const struct {
		const char *sql;
		const char *words;
	} cases[] = {
		{ "DELETE FROM seal WHERE id = (1 << 40) + 6",
		  "entry 3: entries without a seal" },
		{ "DELETE FROM seal", "entry 1: entries without a seal" },
	};
	struct room room;
	struct ph_log log;

	(void)state;
	room_open(&room, ":memory:", 5);
	fill(&room);
	begin(&room);
	assert_int_equal(ph_journal_log_at(room.journal, 2, &log), 0);
	assert_int_equal(ph_journal_seal(room.journal, &log, 3, room.keys.secret), 0);
	commit(&room);
	assert_int_equal(ph_journal_verify(room.journal, NULL, NULL, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static const uint8_t other[PH_KEY_SIZE] = { 1 };
		const uint8_t *own[] = { NULL, other };

		begin(&room);
		assert_int_equal(ph_db_exec(room.db, cases[i].sql), 0);
		for (size_t k = 0; k < sizeof(own) / sizeof(own[0]); k++) {
			struct ph_error err = { 0 };
			int rc = ph_journal_verify(room.journal, own[k], NULL, &err);

			if (rc != -EUCLEAN || err.exit != PH_EXIT_DAMAGED ||
			    strstr(err.text, cases[i].words) == NULL) {
				fail_msg("%s: %s", cases[i].sql, err.text);
			}
		}
		/* who writes a log seals it later */
		assert_int_equal(
			ph_journal_verify(room.journal, room.keys.key, NULL, NULL), 0);
		ph_db_rollback(room.db);
		ph_journal_reload(room.journal);
	}
	room_close(&room);
}

/* Reading a damaged store refuses and never guesses. */
static void reading_damage(void **state)
{
	struct room room;
	struct ph_log log;
	struct ph_buf out = { 0 };
	uint8_t h[PH_HASH_SIZE];

	(void)state;
	room_open(&room, ":memory:", 4);
	fill(&room);
	begin(&room);
	assert_int_equal(
		ph_db_exec(room.db, "UPDATE run SET bytes = substr(bytes, 1, 5)"), 0);
	assert_int_equal(ph_journal_log_at(room.journal, 1, &log), 0);
	assert_int_equal(ph_journal_entry(room.journal, 1, 3, &out), -EUCLEAN);
	assert_int_equal(ph_journal_chain_at(room.journal, &log, 2, h), -EUCLEAN);
	assert_int_equal(out.len, 0);

	struct ph_segment segment;
	uint64_t n;

	assert_int_equal(
		ph_journal_read_segment(room.journal, &log, 0, 9000, &segment, &out),
		-EUCLEAN);
	assert_int_equal(ph_journal_span(room.journal, &log, 0, 9000, false, &n),
			 -EUCLEAN);
	ph_db_rollback(room.db);
	begin(&room);
	assert_int_equal(ph_db_exec(room.db, "DELETE FROM run WHERE id = (1 << 40) + 4"),
			 0);
	assert_int_equal(ph_journal_chain_at(room.journal, &log, 4, h), -EUCLEAN);
	assert_int_equal(
		ph_journal_read_segment(room.journal, &log, 2, 9000, &segment, &out),
		-EUCLEAN);
	ph_db_rollback(room.db);
	ph_buf_deinit(&out);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),         cmocka_unit_test(flipped_bits),
		cmocka_unit_test(lost_rows),      cmocka_unit_test(lost_seals),
		cmocka_unit_test(reading_damage),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_verify", tests, NULL, NULL);
}
