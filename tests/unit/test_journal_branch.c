/*
 * tests/unit/test_journal_branch.c - a branch reads as if it were alone: entries, chain,
 * seals, parts and receipts, through the rows it grew from; and damage is found.
 */
#include "tests/unit/fork_room.h"

/* --- reading --- */

/* Three histories; C left B, which left A: entries lie in three rows. */
struct three {
	struct author a, b, c;
	struct room room;
	struct ph_log log[3]; /* of a, b and c in ROOM */
};

static void three_open(struct three *three, const char *path)
{
	struct ph_log log;

	author_open(&three->a, 60, 10);
	author_clone(&three->b, &three->a, 4, 61, 8);
	author_clone(&three->c, &three->b, 7, 62, 6);
	room_open(&three->room, path, 99);
	three->room.keys = three->a.room.keys;
	memcpy(three->room.log_id, three->a.room.log_id, PH_LOG_ID_SIZE);
	room_add_log(&three->room, &log);
	/* one run up to 6: the fork at 4 lies within it, and so does c's at 7 in 5..12 */
	assert_int_equal(bring(&three->room, &log, &three->a, 1, 2), 0);
	assert_int_equal(bring(&three->room, &log, &three->a, 3, 6), 0);
	assert_int_equal(bring(&three->room, &log, &three->a, 7, 10), 0);
	assert_int_equal(bring(&three->room, &log, &three->b, 5, 12), 0);
	assert_int_equal(bring(&three->room, &log, &three->c, 6, 9), 0);
	assert_int_equal(bring(&three->room, &log, &three->c, 10, 13), 0);
	three->log[0] = branch_of(&three->room, &three->a);
	three->log[1] = branch_of(&three->room, &three->b);
	three->log[2] = branch_of(&three->room, &three->c);
	assert_int_equal(three->log[1].base, 4);
	assert_int_equal(three->log[1].parent, three->log[0].row);
	assert_int_equal(three->log[2].base, 7);
	assert_int_equal(three->log[2].parent, three->log[1].row);
}

static void three_close(struct three *three)
{
	room_close(&three->room);
	author_close(&three->c);
	author_close(&three->b);
	author_close(&three->a);
}

static struct author *author_at(struct three *three, unsigned i)
{
	return i == 0 ? &three->a : i == 1 ? &three->b : &three->c;
}

struct walked {
	struct author *author;
	uint64_t n;
};

static int on_entry(void *data, uint64_t n, struct ph_view entry)
{
	struct walked *walked = data;
	struct ph_buf bytes = { 0 };

	assert_int_equal(n, walked->n + 1);
	walked->n = n;
	assert_int_equal(ph_journal_entry(walked->author->room.journal,
					  walked->author->log.row, n, &bytes),
			 0);
	assert_true(ph_view_equal(ph_buf_view(&bytes), entry));
	ph_buf_deinit(&bytes);
	return 0;
}

static void reading(void **state)
{
	struct three three;

	(void)state;
	three_open(&three, ":memory:");
	for (unsigned i = 0; i < 3; i++) {
		struct author *author = author_at(&three, i);
		const struct ph_log *log = &three.log[i];

		assert_reads_as(&three.room, log, author);
		for (uint64_t after = 0; after <= log->n; after++) {
			struct walked walked = { author, after };
			uint64_t own[16];
			uint64_t theirs[16];
			size_t n_own;
			size_t n_theirs;
			uint64_t span_own;
			uint64_t span_theirs;

			assert_int_equal(ph_journal_entry_each(three.room.journal,
							       log->row, after, on_entry,
							       &walked),
					 0);
			assert_int_equal(walked.n, log->n);
			assert_int_equal(ph_journal_parts_in(three.room.journal, log->row,
							     after, 11, own, 16, &n_own),
					 0);
			assert_int_equal(ph_journal_parts_in(author->room.journal,
							     author->log.row, after, 11,
							     theirs, 16, &n_theirs),
					 0);
			assert_int_equal(n_own, n_theirs);
			assert_memory_equal(own, theirs, n_own * sizeof(own[0]));
			for (unsigned part = 0; part < 2; part++) {
				assert_int_equal(ph_journal_span(three.room.journal, log,
								 after, 80, part,
								 &span_own),
						 0);
				assert_int_equal(ph_journal_span(author->room.journal,
								 &author->log, after, 80,
								 part, &span_theirs),
						 0);
				assert_int_equal(span_own, span_theirs);
			}
		}
	}
	three_close(&three);
}

/* Segments read from a forked store make a store of one branch, through any other's seals. */
static void giving(void **state)
{
	struct three three;

	(void)state;
	three_open(&three, ":memory:");
	for (unsigned i = 0; i < 3; i++) {
		struct room to;
		struct ph_log log;
		struct ph_buf buf = { 0 };

		reader_open(&to, &three.a.room, &log);
		while (log.n < three.log[i].n) {
			struct ph_segment segment;

			assert_int_equal(ph_journal_read_segment(three.room.journal,
								 &three.log[i], log.n, 90,
								 &segment, &buf),
					 0);
			assert_int_equal(segment.first, log.n + 1);
			assert_int_equal(
				ph_journal_extend(to.journal, &log, &segment, NULL), 0);
		}
		assert_reads_as(&to, &log, author_at(&three, i));
		ph_buf_deinit(&buf);
		room_close(&to);
	}
	three_close(&three);
}

/* A seal below the base is the parent's, whoever asks for it. */
static void sealing(void **state)
{
	struct three three;
	uint64_t seals;

	(void)state;
	three_open(&three, ":memory:");
	seals = (uint64_t)count_of(&three.room, "SELECT count(*) FROM seal");
	for (uint64_t n = 1; n <= 3; n++) {
		assert_int_equal(ph_journal_seal(three.room.journal, &three.log[2], n,
						 three.room.keys.secret),
				 0);
	}
	assert_int_equal(three.log[2].sealed, 13);
	/* 2 was sealed before */
	assert_int_equal(count_of(&three.room, "SELECT count(*) FROM seal"), seals + 2);
	assert_int_equal(count_of(&three.room, "SELECT count(*) FROM seal"
					       " WHERE id IN (1 << 40 | 1, 1 << 40 | 3)"),
			 2);
	assert_int_equal(ph_journal_seal(three.room.journal, &three.log[2], 6,
					 three.room.keys.secret),
			 0);
	assert_int_equal(count_of(&three.room, "SELECT count(*) FROM seal"
					       " WHERE id = (2 << 40 | 6)"),
			 1);
	three_close(&three);
}

static void naming(void **state)
{
	struct three three;
	struct ph_log log;
	bool forked = false;
	uint64_t common;
	uint8_t h[PH_HASH_SIZE] = { 1 };

	(void)state;
	three_open(&three, ":memory:");
	assert_int_equal(ph_journal_log_find(three.room.journal, three.room.log_id, &log),
			 0);
	assert_int_equal(log.row, three.log[0].row);
	assert_int_equal(log.branch, 0);
	assert_int_equal(
		ph_journal_log_is_forked(three.room.journal, three.room.log_id, &forked),
		0);
	assert_true(forked);
	assert_int_equal(ph_journal_log_is_forked(three.a.room.journal, three.room.log_id,
						  &forked),
			 0);
	assert_false(forked);
	assert_int_equal(ph_journal_log_is_forked(three.a.room.journal, h, &forked), 0);
	assert_false(forked);
	assert_int_equal(
		ph_journal_log_with(three.room.journal, three.room.log_id, 8, h, &log),
		PH_JOURNAL_E_NONE);

	static const struct {
		unsigned a, b;
		uint64_t n;
	} pairs[] = { { 0, 1, 4 }, { 1, 2, 7 }, { 0, 2, 4 }, { 2, 2, 13 }, { 0, 0, 10 } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		int64_t a = three.log[pairs[i].a].row;
		int64_t b = three.log[pairs[i].b].row;

		assert_int_equal(ph_journal_log_common(three.room.journal, a, b, &common),
				 0);
		assert_int_equal(common, pairs[i].n);
		assert_int_equal(ph_journal_log_common(three.room.journal, b, a, &common),
				 0);
		assert_int_equal(common, pairs[i].n);
	}
	/* every entry of every history by its reference, and by the row that keeps it */
	for (unsigned i = 0; i < 3; i++) {
		struct author *author = author_at(&three, i);

		for (uint64_t n = 1; n <= author->log.n; n++) {
			struct ph_ref ref = { .n = n };
			struct ph_buf bytes = { 0 };
			struct ph_buf found = { 0 };
			uint8_t e[PH_HASH_SIZE];

			assert_int_equal(ph_journal_entry(author->room.journal,
							  author->log.row, n, &bytes),
					 0);
			ph_entry_hash(ph_buf_view(&bytes), e);
			memcpy(ref.log_id, three.room.log_id, sizeof(ref.log_id));
			memcpy(ref.hash, e, sizeof(ref.hash));
			assert_int_equal(ph_journal_resolve(three.room.journal, &ref,
							    &log, &found),
					 0);
			assert_true(
				ph_view_equal(ph_buf_view(&bytes), ph_buf_view(&found)));
			assert_true(n > log.base && n <= log.n);
			assert_int_equal(log.row, n <= 4             ? 1
						  : i == 0           ? 1
						  : i == 1 || n <= 7 ? 2
								     : 3);
			ref.hash[0] ^= 1;
			assert_int_equal(ph_journal_resolve(three.room.journal, &ref,
							    &log, &found),
					 PH_JOURNAL_E_NONE);
			ph_buf_deinit(&bytes);
			ph_buf_deinit(&found);
		}
	}
	three_close(&three);
}

/* --- parts --- */

/* Two branches with a part at the same number: each ciphertext goes to its own. */
static void parts(void **state)
{
	struct author a;
	struct author clone;
	struct room b;
	struct ph_log log;
	struct ph_buf body = { 0 };
	struct ph_buf cipher[2] = { 0 };
	struct ph_buf got = { 0 };
	struct ph_buf box = { 0 };
	uint64_t missing[4];
	size_t count;

	(void)state;
	author_open(&a, 70, 4);
	author_clone(&clone, &a, 4, 71, 0);
	add_reader(&a.room, &body, UINT64_C(9) << 20, 5, &cipher[0]);
	assert_int_equal(ph_journal_append(a.room.journal, &a.log, ph_buf_view(&body)),
			 0);
	body.len = 0;
	add_reader(&clone.room, &body, UINT64_C(8) << 20, 5, &cipher[1]);
	assert_int_equal(
		ph_journal_append(clone.room.journal, &clone.log, ph_buf_view(&body)), 0);
	reader_open(&b, &a.room, &log);
	assert_int_equal(bring(&b, &log, &a, 1, 5), 0);
	assert_int_equal(bring(&b, &log, &clone, 5, 5), 0);

	int64_t second = log.row;

	/* the one at 3 is missing of both */
	assert_int_equal(ph_journal_parts_missing(b.journal, second, missing, 4, &count),
			 0);
	assert_int_equal(count, 2);
	assert_int_equal(missing[0], 3);
	assert_int_equal(missing[1], 5);
	assert_int_equal(ph_journal_part_put(b.journal, 1, 5, ph_buf_view(&cipher[1]),
					     ph_view_str("")),
			 PH_JOURNAL_E_SEAL);
	for (unsigned i = 2; i-- > 0;) {
		assert_int_equal(ph_journal_part_put_any(b.journal, b.log_id, 5,
							 ph_buf_view(&cipher[i]),
							 ph_view_str("box")),
				 0);
		got.len = 0;
		box.len = 0;
		assert_int_equal(ph_journal_part_get(b.journal, i == 0 ? 1 : second, 5,
						     &got, &box),
				 0);
		assert_true(ph_view_equal(ph_buf_view(&got), ph_buf_view(&cipher[i])));
	}
	assert_int_equal(ph_journal_part_put_any(b.journal, b.log_id, 3,
						 ph_buf_view(&cipher[0]),
						 ph_view_str("")),
			 PH_JOURNAL_E_SEAL);
	assert_int_equal(ph_journal_part_put_any(b.journal, b.log_id, 2,
						 ph_buf_view(&cipher[0]),
						 ph_view_str("")),
			 PH_JOURNAL_E_NONE);
	assert_int_equal(ph_journal_parts_missing(b.journal, second, missing, 4, &count),
			 0);
	assert_int_equal(count, 1);
	ph_buf_deinit(&body);
	ph_buf_deinit(&got);
	ph_buf_deinit(&box);
	for (unsigned i = 0; i < 2; i++) {
		ph_buf_deinit(&cipher[i]);
	}
	room_close(&b);
	author_close(&clone);
	author_close(&a);
}

/* --- receipts --- */

static int receipt_for(struct three *three, unsigned of, uint64_t n, uint64_t epoch)
{
	struct ph_receipt receipt = {
		.epoch.number = epoch, .level = PH_LEVEL_HUB, .time = 100 + n, .head.n = n
	};
	struct author *author = author_at(three, of);

	memcpy(receipt.head.log_id, three->room.log_id, PH_LOG_ID_SIZE);
	assert_int_equal(ph_journal_chain_at(author->room.journal, &author->log, n,
					     receipt.head.h),
			 0);
	/* told for branch 0: it finds its own */
	return ph_journal_receipt_put(three->room.journal, 1, &receipt,
				      ph_view_str("receipt"));
}

static void assert_receipted(struct three *three, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t want[] = { a, b, c };

	for (unsigned i = 0; i < 3; i++) {
		struct ph_buf bytes = { 0 };
		uint64_t n = 77;
		int64_t time;

		assert_int_equal(ph_journal_receipt_get(three->room.journal,
							three->log[i].row, PH_LEVEL_HUB,
							&n, &time, &bytes),
				 0);
		assert_int_equal(n, want[i]);
		assert_int_equal(bytes.len > 0, n > 0);
		ph_buf_deinit(&bytes);
	}
}

static void receipts(void **state)
{
	struct three three;
	struct ph_receipt strange = { .level = PH_LEVEL_HUB, .head.n = 9 };

	(void)state;
	three_open(&three, ":memory:");
	assert_receipted(&three, 0, 0, 0);
	assert_int_equal(receipt_for(&three, 2, 6, 1), 0); /* lies with b */
	assert_int_equal(count_of(&three.room, "SELECT log FROM receipt"), 2);
	assert_receipted(&three, 4, 6, 6);
	assert_int_equal(receipt_for(&three, 0, 8, 1), 0);
	assert_receipted(&three, 8, 6, 6);
	assert_int_equal(receipt_for(&three, 2, 12, 1), 0);
	assert_receipted(&three, 8, 7, 12);
	assert_int_equal(receipt_for(&three, 1, 11, 1), 0);
	assert_receipted(&three, 8, 11, 12);
	assert_int_equal(count_of(&three.room, "SELECT count(*) FROM receipt"), 3);
	/* the hub was restored: for this branch its new word is less */
	assert_int_equal(receipt_for(&three, 0, 2, 2), 0);
	assert_receipted(&three, 4, 11, 12);
	memcpy(strange.head.log_id, three.room.log_id, PH_LOG_ID_SIZE);
	assert_int_equal(
		ph_journal_receipt_put(three.room.journal, 3, &strange, ph_view_str("r")),
		PH_JOURNAL_E_FORK);
	strange.head.n = 14;
	assert_int_equal(
		ph_journal_receipt_put(three.room.journal, 3, &strange, ph_view_str("r")),
		PH_JOURNAL_E_GAP);
	three_close(&three);
}

/* --- damage --- */

static void damage(void **state)
{
	static const struct {
		const char *sql;
		const char *text;
	} cases[] = {
		{ "UPDATE log SET base = 3 WHERE row = 2", NULL },
		{ "UPDATE log SET base = 5 WHERE row = 2", NULL },
		{ "UPDATE log SET parent = 1 WHERE row = 3", NULL },
		{ "UPDATE log SET parent = 0 WHERE row = 2", NULL },
		{ "UPDATE log SET parent = 3 WHERE row = 2", NULL },
		{ "UPDATE log SET branch = 16 WHERE row = 3", NULL },
		{ "DELETE FROM log WHERE row = 1", NULL },
		{ "DELETE FROM log WHERE row = 2", NULL },
		{ "UPDATE log SET id = x'00' WHERE row = 2", NULL },
		{ "DELETE FROM run WHERE id >> 40 = 2", "entry" },
		{ "DELETE FROM run WHERE id >> 40 = 3", "no entry of its own" },
		{ "DELETE FROM run WHERE id = 1 << 40 | 3", NULL },
		{ "INSERT INTO seal SELECT (3 << 40 | 6), sig FROM seal LIMIT 1",
		  "with another branch" },
		{ "INSERT INTO part SELECT (3 << 40 | 6), commit_hash, NULL, NULL"
		  " FROM part WHERE id = (2 << 40 | 6)",
		  "with another branch" },
		{ "UPDATE seal SET id = (3 << 40 | 7) WHERE id = (2 << 40 | 12)", NULL },
		/* the same entries twice: a branch that copies its parent's */
		{ "INSERT INTO log SELECT 4, id, 3, 1, 6, device_id, key, site, role"
		  " FROM log WHERE row = 1;"
		  "INSERT INTO run SELECT (4 << 40 | 7), last, h, bytes FROM run"
		  " WHERE id = (1 << 40 | 7)",
		  "two branches hold it" },
	};
	char dir[64];
	char path[96];
	struct three three;

	(void)state;
	temp_dir(dir);
	snprintf(path, sizeof(path), "%s/t.db", dir);
	three_open(&three, path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_error err = { 0 };

		begin(&three.room);
		assert_int_equal(ph_db_exec(three.room.db, cases[i].sql), 0);
		if (ph_journal_verify(three.room.journal, NULL, NULL, &err) != -EUCLEAN) {
			fail_msg("not found: %s", cases[i].sql);
		}
		assert_int_equal(err.exit, PH_EXIT_DAMAGED);
		if (cases[i].text != NULL && !strstr(err.text, cases[i].text)) {
			fail_msg("%s: %s", cases[i].sql, err.text);
		}
		ph_db_rollback(three.room.db);
		ph_journal_reload(three.room.journal);
	}

	struct ph_journal_counts counts;

	assert_int_equal(ph_journal_verify(three.room.journal, NULL, &counts, NULL), 0);
	assert_int_equal(counts.logs, 1);
	assert_int_equal(counts.branches, 2);
	assert_int_equal(counts.entries, 10 + 8 + 6);
	/* closed and opened again it is the same */
	room_close_store(&three.room);
	room_open_store(&three.room);
	for (unsigned i = 0; i < 3; i++) {
		struct ph_log log;

		assert_int_equal(
			ph_journal_log_at(three.room.journal, three.log[i].row, &log), 0);
		assert_memory_equal(&log, &three.log[i], sizeof(log));
		assert_reads_as(&three.room, &log, author_at(&three, i));
	}
	three_close(&three);
	remove_dir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading), cmocka_unit_test(giving),
		cmocka_unit_test(sealing), cmocka_unit_test(naming),
		cmocka_unit_test(parts),   cmocka_unit_test(receipts),
		cmocka_unit_test(damage),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("journal_branch", tests, NULL, NULL);
}
