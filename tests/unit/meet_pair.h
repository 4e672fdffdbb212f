/*
 * tests/unit/meet_pair.h - two devices of one site, with logs of random bytes, and a wire
 * between them that is recorded. Each test program includes it once.
 */
#ifndef PH_TESTS_MEET_PAIR_H
#define PH_TESTS_MEET_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/frame.h"
#include "proto/meet.h"
#include "proto/noise.h"
#include "proto/session.h"

enum {
	CERT_LEN = 40, /* the static key in front; nothing else of it is read here */
	ANSWER_LEN = PH_FRAME_HEADER_LEN + CERT_LEN,
	ITEMS = 3,
	BODY = 9000,
	JOBS = PH_JOB_JUDGE + 1,
};

/* ---- two devices with logs of random bytes ---- */

struct side {
	struct ph_session *session;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct ph_box_pair keys;
	uint8_t cert[CERT_LEN];
	enum ph_status judges; /* what it says of the other */
	unsigned loaded;       /* of its items */
	unsigned stored;
	unsigned jobs[JOBS];
	uint64_t told_n; /* of the first log that the other told */
	struct ph_buf wire;
};

struct pair {
	struct side calls, answers;
	uint64_t now;
	size_t piece; /* bytes at once; 0: all */
};

static inline void side_init(struct side *side, uint64_t seed)
{
	memset(side, 0, sizeof(*side));
	ph_rng_seed(&side->seeded, seed, &side->rng);
	ph_box_pair_make(&side->keys, &side->rng);
	memset(side->cert, (int)seed, sizeof(side->cert));
	memcpy(side->cert, side->keys.key, PH_KEY_SIZE);
}

static inline void pair_init(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	pair->now = 1000;
	side_init(&pair->calls, 1);
	side_init(&pair->answers, 2);
}

static inline void pair_deinit(struct pair *pair)
{
	ph_session_free(pair->calls.session);
	ph_session_free(pair->answers.session);
	ph_buf_deinit(&pair->calls.wire);
	ph_buf_deinit(&pair->answers.wire);
}

static inline void fill_told(const struct side *side, struct ph_sibling *told,
			     unsigned *n)
{
	memset(told, 0, sizeof(*told));
	memcpy(told->log_id, side->cert, PH_LOG_ID_SIZE);
	told->n = 100 + side->cert[CERT_LEN - 1];
	*n = 1;
}

static inline void fill_hello(const struct side *side, struct ph_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->cert = PH_VIEW(side->cert, sizeof(side->cert));
	hello->packs = true;
	ph_pack_form(hello->form);
	fill_told(side, hello->sibling, &hello->n_siblings);
}

static inline void start_answers(struct pair *pair)
{
	struct side *side = &pair->answers;
	const struct ph_session_config config = {
		.side = PH_SIDE_HUB,
		.is_sibling = true,
		.rng = side->rng,
		.keys = &side->keys,
		.cert = PH_VIEW(side->cert, sizeof(side->cert)),
	};

	assert_int_equal(ph_session_new(&side->session, &config, pair->now), 0);
}

static inline void start_calls(struct pair *pair)
{
	struct side *side = &pair->calls;
	struct ph_hello hello;
	const struct ph_session_config config = { .side = PH_SIDE_DEVICE,
						  .is_sibling = true,
						  .rng = side->rng,
						  .keys = &side->keys,
						  .hello = &hello };

	fill_hello(side, &hello);
	assert_int_equal(ph_session_new(&side->session, &config, pair->now), 0);
}

static inline struct ph_item *load(struct side *side)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);

	assert_non_null(item);
	memcpy(item->log_id, side->cert, PH_LOG_ID_SIZE);
	item->first = item->last = ++side->loaded;
	assert_int_equal(ph_buf_reserve(&item->body, BODY), 0);
	side->rng.fill(side->rng.data, item->body.data, BODY);
	item->body.len = BODY;
	return item;
}

static inline void carry_out(struct side *side, struct ph_job *job)
{
	side->jobs[job->type]++;
	switch (job->type) {
	case PH_JOB_JUDGE:
		assert_int_equal(job->bytes.len, CERT_LEN);
		memcpy(job->peer_key, job->bytes.data, PH_KEY_SIZE);
		job->welcome.status = side->judges;
		break;
	case PH_JOB_HELLO:
		assert_memory_equal(job->hello.cert.data, job->peer_key, PH_KEY_SIZE);
		side->told_n = job->hello.sibling[0].n;
		job->welcome.status = side->judges;
		job->welcome.same = true;
		fill_told(side, job->welcome.sibling, &job->welcome.n_siblings);
		job->more = true;
		break;
	case PH_JOB_WELCOME:
		side->told_n = job->welcome.sibling[0].n;
		job->more = true;
		break;
	case PH_JOB_LOAD:
		job->items = side->loaded < ITEMS ? load(side) : NULL;
		job->more = side->loaded < ITEMS;
		break;
	case PH_JOB_STORE:
		for (const struct ph_item *item = job->items; item; item = item->next) {
			assert_int_equal(item->body.len, BODY);
			side->stored++;
		}
		break;
	case PH_JOB_RECEIPT:
		fail_msg("a sibling gave a receipt");
		break;
	case PH_JOB_HEARD:
		break;
	}
}

static inline bool work(struct pair *pair, struct side *side)
{
	struct ph_job *job;
	bool any = false;

	while (side->session && (job = ph_session_take_job(side->session))) {
		any = true;
		carry_out(side, job);
		ph_session_give_job(side->session, job, pair->now);
	}
	return any;
}

static inline bool carry(struct pair *pair, struct side *from, struct side *to)
{
	struct ph_view bytes = ph_session_output(from->session);

	if (pair->piece > 0 && bytes.len > pair->piece) {
		bytes.len = pair->piece;
	}
	if (bytes.len == 0) {
		return false;
	}
	assert_int_equal(ph_buf_put_view(&from->wire, bytes), 0);
	ph_session_receive(to->session, bytes, pair->now);
	ph_session_sent(from->session, bytes.len, pair->now);
	return true;
}

static inline bool is_over(const struct side *side)
{
	return ph_session_state(side->session) >= PH_SESSION_CLOSED;
}

static inline void run(struct pair *pair)
{
	bool any = true;

	while (any) {
		any = carry(pair, &pair->calls, &pair->answers);
		any |= work(pair, &pair->answers);
		any |= carry(pair, &pair->answers, &pair->calls);
		any |= work(pair, &pair->calls);
	}
	if (is_over(&pair->calls) != is_over(&pair->answers)) {
		ph_session_eof(pair->calls.session);
		ph_session_eof(pair->answers.session);
	}
}

static inline void ride(struct pair *pair)
{
	start_calls(pair);
	start_answers(pair);
	run(pair);
}

#endif
