/*
 * tests/unit/journal_room.h - a journal to test in: its store, keys, randomness and
 * the making of entries. Each test program includes it once.
 */
#ifndef PH_TESTS_JOURNAL_ROOM_H
#define PH_TESTS_JOURNAL_ROOM_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/log/journal.h"
#include "common/log/part.h"

struct room {
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_rng_seeded state;
	struct ph_rng rng;
	struct ph_sign_pair keys;
	uint8_t log_id[PH_LOG_ID_SIZE];
	char path[128];
};

static inline void room_open_store(struct room *room)
{
	struct ph_error err = { 0 };
	struct ph_db_config config = { .path = room->path,
				       .application = PH_STORE_SITE,
				       .steps = ph_journal_steps,
				       .n_steps = ph_journal_steps_count,
				       .create = true };

	if (ph_db_open(&room->db, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_journal_open(&room->journal, room->db), 0);
}

static inline void room_close_store(struct room *room)
{
	ph_journal_free(room->journal);
	ph_db_close(room->db);
}

/* A store in PATH (":memory:" for most), keys and a log id that SEED decides. */
static inline void room_open(struct room *room, const char *path, uint64_t seed)
{
	uint8_t nonce[PH_NONCE_SIZE];

	snprintf(room->path, sizeof(room->path), "%s", path);
	ph_rng_seed(&room->state, seed, &room->rng);
	ph_sign_pair_make(&room->keys, &room->rng);
	room->rng.fill(room->rng.data, nonce, sizeof(nonce));
	ph_log_id(room->log_id, room->keys.key, nonce);
	room_open_store(room);
}

static inline void room_add_log(struct room *room, struct ph_log *log)
{
	assert_int_equal(ph_journal_log_add(room->journal, room->log_id, room->keys.key,
					    7, PH_ROLE_SITE, log),
			 0);
}

/* A folder for a store that is closed and opened again; the caller removes it. */
static inline void temp_dir(char out[static 64])
{
	snprintf(out, 64, "/tmp/ph-unit-XXXXXX");
	assert_non_null(mkdtemp(out));
}

static inline void remove_dir(const char *dir)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

static inline void begin(struct room *room)
{
	assert_int_equal(ph_db_begin(room->db), 0);
}

static inline void commit(struct room *room)
{
	assert_int_equal(ph_db_commit(room->db), 0);
}

/* A count of visits: a well-formed entry without a part. */
static inline void add_visit(struct ph_buf *body, uint64_t stamp, uint64_t count)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VISIT),
				  .number = PH_KIND_VISIT,
				  .stamp = stamp };
	struct ph_buf bytes = { 0 };

	entry.field[PH_VISIT_COUNT].set = true;
	entry.field[PH_VISIT_COUNT].as.uint = count;
	assert_int_equal(ph_entry_encode(&entry, &bytes, NULL), 0);
	assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
	ph_buf_deinit(&bytes);
}

/* LEN bytes that are no entry: what a faulty writer may seal. */
static inline void add_opaque(struct room *room, struct ph_buf *body, size_t len)
{
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	room->rng.fill(room->rng.data, bytes, len);
	assert_int_equal(ph_segment_add(body, PH_VIEW(bytes, len)), 0);
	free(bytes);
}

/* A reader-put whose part would be N of LOG_ID; CIPHER is what belongs to it. */
static inline void add_reader(struct room *room, struct ph_buf *body, uint64_t stamp,
			      uint64_t n, struct ph_buf *cipher)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT,
				  .stamp = stamp };
	uint8_t seed[PH_SEED_SIZE];
	uint8_t hash[PH_HASH_SIZE];
	struct ph_buf plain = { 0 };
	struct ph_buf bytes = { 0 };

	room->rng.fill(room->rng.data, seed, sizeof(seed));
	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str("Lò Thị Mai");
	assert_int_equal(ph_part_encode(&entry, &plain, NULL), 0);
	cipher->len = 0;
	assert_int_equal(ph_part_seal(seed, room->log_id, n, ph_buf_view(&plain), cipher),
			 0);
	ph_part_commit(ph_buf_view(cipher), hash);
	entry.field[PH_READER_SETS].set = true;
	entry.field[PH_READER_SETS].as.uint = ph_part_mask(&entry);
	entry.field[PH_READER_COMMIT].set = true;
	entry.field[PH_READER_COMMIT].as.bytes = PH_VIEW(hash, sizeof(hash));
	assert_int_equal(ph_entry_encode(&entry, &bytes, NULL), 0);
	assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&bytes);
}

/* Append COUNT visits as one run. */
static inline void append_visits(struct room *room, struct ph_log *log, size_t count)
{
	struct ph_buf body = { 0 };

	for (size_t i = 0; i < count; i++) {
		add_visit(&body, ph_stamp(1700000000, (uint16_t)(log->n + i)),
			  1 + ph_rng_below(&room->rng, 1000));
	}
	assert_int_equal(ph_journal_append(room->journal, log, ph_buf_view(&body)), 0);
	ph_buf_deinit(&body);
}

static inline int64_t count_of(struct room *room, const char *sql)
{
	struct ph_stmt *stmt;
	int64_t count;

	assert_int_equal(ph_db_prepare(room->db, sql, &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);
	count = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return count;
}

/* That both journals hold the same entries, chain and seals of the room's log. */
static inline void assert_same_log(struct room *a, struct room *b)
{
	struct ph_log in_a;
	struct ph_log in_b;
	struct ph_buf bytes_a = { 0 };
	struct ph_buf bytes_b = { 0 };

	assert_int_equal(ph_journal_log_find(a->journal, a->log_id, &in_a), 0);
	assert_int_equal(ph_journal_log_find(b->journal, a->log_id, &in_b), 0);
	assert_int_equal(in_a.n, in_b.n);
	assert_memory_equal(in_a.h, in_b.h, PH_HASH_SIZE);
	for (uint64_t n = 1; n <= in_a.n; n++) {
		uint8_t h_a[PH_HASH_SIZE];
		uint8_t h_b[PH_HASH_SIZE];

		bytes_a.len = 0;
		bytes_b.len = 0;
		assert_int_equal(ph_journal_entry(a->journal, in_a.row, n, &bytes_a), 0);
		assert_int_equal(ph_journal_entry(b->journal, in_b.row, n, &bytes_b), 0);
		assert_true(ph_view_equal(ph_buf_view(&bytes_a), ph_buf_view(&bytes_b)));
		assert_int_equal(ph_journal_chain_at(a->journal, &in_a, n, h_a), 0);
		assert_int_equal(ph_journal_chain_at(b->journal, &in_b, n, h_b), 0);
		assert_memory_equal(h_a, h_b, PH_HASH_SIZE);
	}
	ph_buf_deinit(&bytes_a);
	ph_buf_deinit(&bytes_b);
}

/* Another journal, with the same log, empty. */
static inline void reader_open(struct room *room, const struct room *author,
			       struct ph_log *log)
{
	room_open(room, ":memory:", 99);
	room->keys = author->keys;
	memcpy(room->log_id, author->log_id, sizeof(room->log_id));
	room_add_log(room, log);
}

/* The segment FIRST to LAST of what AUTHOR holds, sealed here and now. */
static inline void make_segment(struct room *author, const struct ph_log *log,
				uint64_t first, uint64_t last, struct ph_buf *body,
				struct ph_segment *segment)
{
	struct ph_head head = { .n = last };

	body->len = 0;
	for (uint64_t n = first; n <= last; n++) {
		struct ph_buf bytes = { 0 };

		assert_int_equal(ph_journal_entry(author->journal, log->row, n, &bytes),
				 0);
		assert_int_equal(ph_segment_add(body, ph_buf_view(&bytes)), 0);
		ph_buf_deinit(&bytes);
	}
	memcpy(head.log_id, author->log_id, sizeof(head.log_id));
	assert_int_equal(ph_journal_chain_at(author->journal, log, last, head.h), 0);
	*segment = (struct ph_segment){ .first = first,
					.last = last,
					.body = ph_buf_view(body) };
	memcpy(segment->log_id, author->log_id, sizeof(segment->log_id));
	ph_seal_sign(segment->seal, &head, author->keys.secret);
}

static inline void room_close(struct room *room)
{
	struct ph_error err = { 0 };

	/* Whatever a test did, what it left must verify; a test of damage closes by hand. */
	if (ph_journal_verify(room->journal, room->keys.key, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
	room_close_store(room);
}

#endif
