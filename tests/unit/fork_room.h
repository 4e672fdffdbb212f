/*
 * tests/unit/fork_room.h - clones of one log that went different ways, and a journal that
 * gets segments of all of them. Each test program includes it once.
 */
#ifndef PH_TESTS_FORK_ROOM_H
#define PH_TESTS_FORK_ROOM_H

#include "common/base/limits.h"
#include "tests/unit/journal_room.h"

/* One who writes on: a journal with its branch alone. */
struct author {
	struct room room;
	struct ph_log log;
};

/* Append COUNT entries, every third with a sealed part; SEED tells them from any others'. */
static inline void author_write(struct author *author, uint64_t seed, size_t count)
{
	struct ph_buf cipher = { 0 };

	ph_rng_seed(&author->room.state, seed, &author->room.rng);
	for (size_t i = 0; i < count; i++) {
		struct ph_buf body = { 0 };
		uint64_t n = author->log.n + 1;

		if (n % 3 == 0) {
			add_reader(&author->room, &body, (n << 20) + seed, n, &cipher);
		} else {
			add_visit(&body, (n << 20) + seed, 1);
		}
		assert_int_equal(ph_journal_append(author->room.journal, &author->log,
						   ph_buf_view(&body)),
				 0);
		ph_buf_deinit(&body);
	}
	ph_buf_deinit(&cipher);
}

static inline void author_open(struct author *author, uint64_t seed, size_t count)
{
	room_open(&author->room, ":memory:", seed);
	room_add_log(&author->room, &author->log);
	author_write(author, seed, count);
}

/* A clone of AUTHOR as it was at entry N, which then writes COUNT of its own. */
static inline void author_clone(struct author *clone, struct author *author, uint64_t n,
				uint64_t seed, size_t count)
{
	struct ph_buf body = { 0 };
	struct ph_segment segment;

	reader_open(&clone->room, &author->room, &clone->log);
	if (n > 0) {
		make_segment(&author->room, &author->log, 1, n, &body, &segment);
		assert_int_equal(ph_journal_put_segment(clone->room.journal, &clone->log,
							&segment, NULL),
				 0);
	}
	ph_buf_deinit(&body);
	author_write(clone, seed, count);
}

static inline void author_close(struct author *author)
{
	room_close(&author->room);
}

/* Entries FIRST to LAST of AUTHOR into ROOM, whose log is LOG. */
static inline int bring(struct room *room, struct ph_log *log, struct author *author,
			uint64_t first, uint64_t last)
{
	struct ph_buf body = { 0 };
	struct ph_segment segment;
	int rc;

	make_segment(&author->room, &author->log, first, last, &body, &segment);
	rc = ph_journal_put_segment(room->journal, log, &segment, NULL);
	ph_buf_deinit(&body);
	return rc;
}

/* The branch in ROOM that has all of AUTHOR's entries. */
static inline struct ph_log branch_of(struct room *room, const struct author *author)
{
	struct ph_log log;

	assert_int_equal(ph_journal_log_with(room->journal, room->log_id, author->log.n,
					     author->log.h, &log),
			 0);
	return log;
}

/* That LOG in ROOM reads as AUTHOR's journal does, by every way of reading. */
static inline void assert_reads_as(struct room *room, const struct ph_log *log,
				   struct author *author)
{
	struct ph_buf own = { 0 };
	struct ph_buf theirs = { 0 };
	uint8_t h_own[PH_HASH_SIZE];
	uint8_t h_theirs[PH_HASH_SIZE];

	assert_int_equal(log->n, author->log.n);
	assert_memory_equal(log->h, author->log.h, PH_HASH_SIZE);
	for (uint64_t n = 0; n <= log->n; n++) {
		assert_int_equal(ph_journal_chain_at(room->journal, log, n, h_own), 0);
		assert_int_equal(ph_journal_chain_at(author->room.journal, &author->log,
						     n, h_theirs),
				 0);
		assert_memory_equal(h_own, h_theirs, PH_HASH_SIZE);
		own.len = 0;
		theirs.len = 0;
		assert_int_equal(ph_journal_entry(room->journal, log->row, n, &own),
				 n == 0 ? PH_JOURNAL_E_NONE : 0);
		(void)ph_journal_entry(author->room.journal, author->log.row, n, &theirs);
		assert_true(ph_view_equal(ph_buf_view(&own), ph_buf_view(&theirs)));
	}
	ph_buf_deinit(&own);
	ph_buf_deinit(&theirs);
}

#endif
