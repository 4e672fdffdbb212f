/*
 * tests/unit/courier_pair.h - two sides of an exchange with a courier, joined by a wire that
 * can be cut, each with bundles in memory.
 */
#ifndef PH_TEST_COURIER_PAIR_H
#define PH_TEST_COURIER_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/courier.h"
#include "proto/frame.h"
#include "proto/spool.h"

#define PAIR_BUNDLES 8

/* A bundle that is held, or a part of one. */
struct held {
	struct ph_courier_line line;
	struct ph_buf bytes;
	bool whole;
};

struct end {
	struct ph_courier *courier;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct ph_box_pair keys;
	char cert[16];                 /* what it shows; judged by its first byte */
	struct held own[PAIR_BUNDLES]; /* to offer */
	unsigned n_own, next;
	bool kept[PAIR_BUNDLES]; /* the other said so */
	struct held got[PAIR_BUNDLES];
	unsigned n_got;
	unsigned jobs[PH_COURIER_JOBS];
	enum ph_status says; /* of whoever it judges; 0: by the certificate */
	enum ph_courier_answer answers;
	bool tears;      /* it says that it has a beginning, and has another one */
	uint64_t budget; /* 0: no bound */
	unsigned listed;
	int fails; /* of its store, from some write on */
	unsigned fails_at;
};

struct pair {
	struct end calls, answers;
	uint64_t now;
	uint64_t moved;   /* bytes, both ways, since the link was made */
	uint64_t cut_at;  /* then it breaks; UINT64_MAX: never */
	size_t piece;     /* bytes at once; 0: all */
	struct ph_buf up; /* what the caller said */
};

static inline void end_init(struct end *end, uint64_t seed, const char *cert)
{
	memset(end, 0, sizeof(*end));
	ph_rng_seed(&end->seeded, seed, &end->rng);
	ph_box_pair_make(&end->keys, &end->rng);
	snprintf(end->cert, sizeof(end->cert), "%s", cert);
}

static inline void end_deinit(struct end *end)
{
	ph_courier_free(end->courier);
	for (unsigned i = 0; i < PAIR_BUNDLES; i++) {
		ph_buf_deinit(&end->own[i].bytes);
		ph_buf_deinit(&end->got[i].bytes);
	}
}

/* A bundle of SIZE bytes to offer; only its header is one. */
static inline void end_add(struct end *end, size_t size)
{
	struct held *held = &end->own[end->n_own++];
	const uint8_t front[10] = { 'P', 'H', 'B', 'U', 'N', 'D', 'L', 'E', 1, 1 };

	assert_int_equal(ph_buf_reserve(&held->bytes, size), 0);
	held->bytes.len = size;
	end->rng.fill(end->rng.data, held->bytes.data, size);
	memset(held->bytes.data, 0, PH_BUNDLE_HEADER_LEN);
	memcpy(held->bytes.data, front, sizeof(front));
	held->bytes.data[49] = (uint8_t)end->n_own; /* its number */
	held->line.size = size;
	memcpy(held->line.header, held->bytes.data, sizeof(held->line.header));
	ph_bundle_hash(ph_buf_view(&held->bytes), held->line.hash);
	held->whole = true;
}

static inline struct held *end_find(struct end *end, const uint8_t *hash)
{
	for (unsigned i = 0; i < end->n_got; i++) {
		if (memcmp(end->got[i].line.hash, hash, PH_BUNDLE_HASH_SIZE) == 0) {
			return &end->got[i];
		}
	}
	return NULL;
}

static inline unsigned end_whole(const struct end *end)
{
	unsigned n = 0;

	for (unsigned i = 0; i < end->n_got; i++) {
		n += end->got[i].whole;
	}
	return n;
}

static inline unsigned end_own_at(const struct end *end,
				  const struct ph_courier_line *line)
{
	for (unsigned i = 0; i < end->n_own; i++) {
		if (memcmp(end->own[i].line.hash, line->hash, sizeof(line->hash)) == 0) {
			return i;
		}
	}
	fail_msg("a bundle that was never offered");
	return 0;
}

static inline void end_look(struct end *end, struct ph_courier_job *job)
{
	struct held *held = end_find(end, job->line.hash);

	job->answer = end->answers;
	if (end->answers != PH_COURIER_KEPT || (held && held->whole)) {
		return;
	}
	if (!held) {
		assert_true(end->n_got < PAIR_BUNDLES);
		held = &end->got[end->n_got++];
		held->line = job->line;
	}
	if (end->tears && held->bytes.len == 0) {
		assert_int_equal(ph_buf_put(&held->bytes, "?", 1), 0);
	}
	job->wants = true;
	job->offset = held->bytes.len;
}

static inline void end_write(struct end *end, struct ph_courier_job *job)
{
	struct held *held = end_find(end, job->line.hash);
	uint8_t hash[PH_BUNDLE_HASH_SIZE];

	assert_non_null(held);
	assert_int_equal(job->offset, held->bytes.len);
	if (end->fails && end->jobs[PH_COURIER_WRITE] >= end->fails_at) {
		job->result = end->fails;
		return;
	}
	assert_int_equal(ph_buf_put_view(&held->bytes, ph_buf_view(&job->bytes)), 0);
	if (held->bytes.len == job->line.size) {
		ph_bundle_hash(ph_buf_view(&held->bytes), hash);
		held->whole = memcmp(hash, job->line.hash, sizeof(hash)) == 0;
		job->answer = held->whole ? PH_COURIER_KEPT : PH_COURIER_DAMAGED;
		if (held->whole) {
			assert_int_equal(ph_buf_put(&job->custody, "signed", 6), 0);
		} else {
			ph_buf_deinit(&held->bytes);
		}
	}
}

static inline void end_do(struct end *end, struct ph_courier_job *job)
{
	end->jobs[job->type]++;
	switch (job->type) {
	case PH_COURIER_JUDGE:
		job->status = end->says                  ? end->says
			      : job->cert.data[0] == 'g' ? PH_STATUS_OK
							 : PH_STATUS_UNKNOWN;
		if (!job->has_key) { /* the test's certificates end with the key */
			memcpy(job->key, job->cert.data + job->cert.len - PH_KEY_SIZE,
			       PH_KEY_SIZE);
		}
		break;
	case PH_COURIER_NEXT:
		while (end->next < end->n_own && end->kept[end->next]) {
			end->next++;
		}
		job->has_line = end->next < end->n_own;
		if (job->has_line) {
			job->line = end->own[end->next++].line;
		}
		break;
	case PH_COURIER_READ:
		assert_int_equal(
			ph_buf_put(&job->bytes,
				   end->own[end_own_at(end, &job->line)].bytes.data +
					   job->offset,
				   job->budget),
			0);
		break;
	case PH_COURIER_TOLD:
		end->kept[end_own_at(end, &job->line)] = job->answer == PH_COURIER_KEPT;
		break;
	case PH_COURIER_LOOK:
		end_look(end, job);
		break;
	case PH_COURIER_WRITE:
		end_write(end, job);
		break;
	case PH_COURIER_LISTED:
		end->listed++;
		break;
	}
}

static inline void end_work(struct end *end, uint64_t now)
{
	struct ph_courier_job *job;

	while ((job = ph_courier_take_job(end->courier)) != NULL) {
		end_do(end, job);
		ph_courier_give_job(end->courier, job, now);
	}
}

/* Certificates of the test: a word and the static key. */
static inline void end_begin(struct end *end, bool calls, bool is_courier,
			     const uint8_t *peer_key, uint64_t now)
{
	struct ph_courier_config config = { .calls = calls,
					    .is_courier = is_courier,
					    .rng = end->rng,
					    .keys = &end->keys,
					    .peer_key = peer_key,
					    .budget = end->budget };
	struct ph_buf cert = { 0 };

	assert_int_equal(ph_buf_put(&cert, end->cert, strlen(end->cert)), 0);
	assert_int_equal(ph_buf_put(&cert, end->keys.key, PH_KEY_SIZE), 0);
	config.cert = ph_buf_view(&cert);
	end->next = 0;
	ph_courier_free(end->courier);
	assert_int_equal(ph_courier_new(&end->courier, &config, now), 0);
	ph_buf_deinit(&cert);
}

/* Move what FROM says; false when there was nothing, or the link broke. */
static inline bool pair_move(struct pair *pair, struct end *from, struct end *to)
{
	struct ph_view out = ph_courier_output(from->courier);
	size_t len = out.len;

	if (pair->piece && len > pair->piece) {
		len = pair->piece;
	}
	if (pair->moved + len > pair->cut_at) {
		len = (size_t)(pair->cut_at - pair->moved);
	}
	if (len == 0) {
		return false;
	}
	if (from == &pair->calls) {
		assert_int_equal(ph_buf_put(&pair->up, out.data, len), 0);
	}
	ph_courier_receive(to->courier, PH_VIEW(out.data, len), pair->now);
	ph_courier_sent(from->courier, len, pair->now);
	pair->moved += len;
	return true;
}

/* Until nothing moves; then the link is gone. */
static inline void pair_run(struct pair *pair)
{
	bool moves = true;

	while (moves) {
		end_work(&pair->calls, pair->now);
		end_work(&pair->answers, pair->now);
		moves = pair_move(pair, &pair->calls, &pair->answers);
		end_work(&pair->answers, pair->now);
		moves = pair_move(pair, &pair->answers, &pair->calls) || moves;
	}
	ph_courier_eof(pair->calls.courier);
	ph_courier_eof(pair->answers.courier);
}

static inline bool pair_is_done(const struct pair *pair)
{
	return ph_courier_state(pair->calls.courier) == PH_SESSION_CLOSED &&
	       ph_courier_state(pair->answers.courier) == PH_SESSION_CLOSED;
}

/* A site device meets a courier, whose key it learns from the certificate. */
static inline void pair_meet(struct pair *pair)
{
	pair->moved = 0;
	pair->up.len = 0;
	end_begin(&pair->calls, true, false, NULL, pair->now);
	end_begin(&pair->answers, false, true, NULL, pair->now);
	pair_run(pair);
}

/* A courier at base: the hub's key is known. */
static inline void pair_base(struct pair *pair)
{
	pair->moved = 0;
	pair->up.len = 0;
	end_begin(&pair->calls, true, true, pair->answers.keys.key, pair->now);
	end_begin(&pair->answers, false, false, NULL, pair->now);
	pair_run(pair);
}

static inline void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	end_init(&pair->calls, 1, "good caller");
	end_init(&pair->answers, 2, "good answer");
	pair->cut_at = UINT64_MAX;
	pair->now = 1000;
}

static inline void pair_deinit(struct pair *pair)
{
	end_deinit(&pair->calls);
	end_deinit(&pair->answers);
	ph_buf_deinit(&pair->up);
}

#endif
