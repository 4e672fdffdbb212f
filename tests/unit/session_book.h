/*
 * tests/unit/session_book.h - real logs in memory: as their writer holds them, as a reader has
 * got them so far, and as items of a session. For session_stores.h.
 *
 * An entry that begins with 'P' has a sealed part; all else in it is filler.
 */
#ifndef PH_TESTS_SESSION_BOOK_H
#define PH_TESTS_SESSION_BOOK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/pack_item.h"
#include "proto/session.h"

enum {
	SEGMENTS = 64,
	ENTRIES = 2048,
};

/* A log as its writer holds it. */
struct book {
	struct ph_sign_pair keys;
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint8_t h0[PH_HASH_SIZE];
	struct ph_segment segment[SEGMENTS];
	struct ph_buf body[SEGMENTS];
	struct ph_head head[SEGMENTS]; /* after each segment */
	unsigned n_segments;
	uint64_t n;
	uint64_t part[ENTRIES]; /* entries that have one */
	unsigned n_parts;
};

/* The same as a reader has got it so far. */
struct copy {
	const struct book *book; /* whose it is: the reader knows the key */
	uint64_t n;
	uint8_t h[PH_HASH_SIZE];
	unsigned repeats; /* segments that came once more */
	bool wants_part[ENTRIES];
	bool has_part[ENTRIES];
	unsigned n_parts, part_repeats;
};

static inline void book_init(struct book *book, const struct ph_rng *rng)
{
	uint8_t nonce[PH_NONCE_SIZE];

	ph_sign_pair_make(&book->keys, rng);
	rng->fill(rng->data, nonce, sizeof(nonce));
	ph_log_id(book->log_id, book->keys.key, nonce);
	ph_chain_start(book->h0, book->log_id, book->keys.key);
}

static inline const uint8_t *book_h(const struct book *book)
{
	return book->n_segments == 0 ? book->h0 : book->head[book->n_segments - 1].h;
}

/* One segment of COUNT entries of LEN bytes; each of the first PARTS has a part. */
static inline void book_add(struct book *book, const struct ph_rng *rng, unsigned count,
			    size_t len, unsigned parts)
{
	unsigned k = book->n_segments++;
	struct ph_head *head = &book->head[k];
	uint8_t *entry = malloc(len);

	assert_non_null(entry);
	assert_true(book->n_segments <= SEGMENTS && book->n + count < ENTRIES);
	memcpy(head->log_id, book->log_id, sizeof(head->log_id));
	memcpy(head->h, k == 0 ? book->h0 : book->head[k - 1].h, sizeof(head->h));
	for (unsigned i = 0; i < count; i++) {
		uint8_t e[PH_HASH_SIZE];

		rng->fill(rng->data, entry, len);
		entry[0] = i < parts ? 'P' : 'x';
		assert_int_equal(ph_segment_add(&book->body[k], PH_VIEW(entry, len)), 0);
		ph_entry_hash(PH_VIEW(entry, len), e);
		ph_chain_step(head->h, e);
		book->n++;
		if (i < parts) {
			book->part[book->n_parts++] = book->n;
		}
	}
	free(entry);
	head->n = book->n;
	book->segment[k] = (struct ph_segment){ .first = book->n - count + 1,
						.last = book->n,
						.body = ph_buf_view(&book->body[k]) };
	memcpy(book->segment[k].log_id, book->log_id, sizeof(book->log_id));
	ph_seal_sign(book->segment[k].seal, head, book->keys.secret);
}

static inline void book_deinit(struct book *book)
{
	for (unsigned i = 0; i < book->n_segments; i++) {
		ph_buf_deinit(&book->body[i]);
	}
}

/* The plain fields and the seed of the part of entry N. */
static inline size_t part_fields(uint64_t n, uint8_t out[static 300],
				 uint8_t seed[static PH_SEED_SIZE])
{
	size_t len = 20 + (size_t)(n * 37 % 280);

	memset(out, (int)(n & 0xff), len);
	memset(seed, (int)(n * 7 & 0xff), PH_SEED_SIZE);
	return len;
}

static inline void copy_init(struct copy *copy, const struct book *book)
{
	*copy = (struct copy){ .book = book };
	memcpy(copy->h, book->h0, sizeof(copy->h));
}

static inline void copy_entries(struct copy *copy, struct ph_view body, uint64_t first)
{
	struct ph_view entry;

	for (uint64_t n = first; ph_segment_next(&body, &entry) == 0; n++) {
		copy->wants_part[n] = entry.data[0] == 'P';
	}
}

static inline bool copy_segment(struct copy *copy, const struct ph_item *item)
{
	struct ph_segment segment;

	ph_item_segment(item, &segment);
	if (memcmp(segment.log_id, copy->book->log_id, PH_LOG_ID_SIZE) != 0) {
		return false;
	}
	if (segment.last <= copy->n) {
		copy->repeats++;
		return true;
	}
	if (segment.first != copy->n + 1 ||
	    ph_segment_verify(&segment, copy->book->keys.key, copy->h, copy->h) != 0) {
		return false;
	}
	copy_entries(copy, segment.body, segment.first);
	copy->n = segment.last;
	return true;
}

static inline bool copy_part(struct copy *copy, const struct ph_item *item)
{
	uint8_t fields[300], seed[PH_SEED_SIZE];
	size_t len = part_fields(item->first, fields, seed);

	if (item->first > copy->n || !copy->wants_part[item->first]) {
		return false;
	}
	assert_int_equal(item->body.len, len);
	assert_memory_equal(item->body.data, fields, len);
	assert_memory_equal(item->seed, seed, sizeof(seed));
	if (copy->has_part[item->first]) {
		copy->part_repeats++;
		return true;
	}
	copy->has_part[item->first] = true;
	copy->n_parts++;
	return true;
}

/* Store all items; false at the first that does not fit. */
static inline bool copy_items(struct copy *copy, const struct ph_item *item)
{
	for (; item != NULL; item = item->next) {
		if (!(item->type == PH_ITEM_SEGMENT ? copy_segment(copy, item)
						    : copy_part(copy, item))) {
			return false;
		}
	}
	return true;
}

static inline struct ph_item *segment_item(const struct ph_segment *segment)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);

	assert_non_null(item);
	memcpy(item->log_id, segment->log_id, sizeof(item->log_id));
	memcpy(item->seal, segment->seal, sizeof(item->seal));
	item->first = segment->first;
	item->last = segment->last;
	assert_int_equal(ph_buf_put_view(&item->body, segment->body), 0);
	return item;
}

static inline struct ph_item *part_item(const struct book *book, uint64_t n)
{
	uint8_t fields[300];
	struct ph_item *item = ph_item_new(PH_ITEM_PART);

	assert_non_null(item);
	memcpy(item->log_id, book->log_id, sizeof(item->log_id));
	item->first = item->last = n;
	assert_int_equal(
		ph_buf_put(&item->body, fields, part_fields(n, fields, item->seed)), 0);
	return item;
}

/* ---- packed ---- */

/* Segments travel packed, though what is in these is filler, which does not get shorter. */
static bool book_packs;

/* For set-up and tear-down of a test. */
static inline int book_packed(void **state)
{
	(void)state;
	book_packs = true;
	return 0;
}

static inline int book_plain(void **state)
{
	(void)state;
	book_packs = false;
	return 0;
}

static inline struct ph_pack *book_packer(void)
{
	static struct ph_pack *pack;

	if (pack == NULL) {
		pack = ph_pack_new();
		assert_non_null(pack);
	}
	return pack;
}

static inline void pack_segment(struct ph_item *item)
{
	struct ph_pack_where where = { .first = item->first, .last = item->last };
	struct ph_buf packed = { 0 };

	memcpy(where.log_id, item->log_id, sizeof(where.log_id));
	assert_int_equal(ph_pack(book_packer(), &where, ph_buf_view(&item->body), NULL, 0,
				 NULL, &packed),
			 0);
	ph_buf_deinit(&item->body);
	item->body = packed;
	item->type = PH_ITEM_PACKED;
}

/* What came to be stored, as it was before it was packed; what nobody packed is no harm. */
static inline void unpack_items(struct ph_job *job)
{
	if (job->type == PH_JOB_STORE) {
		assert_int_equal(ph_items_unpack(book_packer(), &job->items, false), 0);
	}
}

/* Segments of BOOK above *SENT_N, as many as fit BUDGET, but one at least. */
static inline struct ph_item *load_segments(const struct book *book, size_t budget,
					    uint64_t *sent_n)
{
	struct ph_item *first = NULL;
	struct ph_item **end = &first;
	size_t used = 0;

	for (unsigned i = 0; i < book->n_segments; i++) {
		const struct ph_segment *segment = &book->segment[i];

		if (segment->first <= *sent_n) {
			continue;
		}
		if (first != NULL && used + segment->body.len > budget) {
			break;
		}
		*end = segment_item(segment);
		if (book_packs) {
			pack_segment(*end);
		}
		end = &(*end)->next;
		used += segment->body.len;
		*sent_n = segment->last;
	}
	return first;
}

#endif
