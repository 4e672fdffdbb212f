/*
 * tests/unit/session_puppet.h - a peer that knows the keys and says whatever a test
 * wants to the session under test. Each test program includes it once.
 */
#ifndef PH_TESTS_SESSION_PUPPET_H
#define PH_TESTS_SESSION_PUPPET_H

#include "session_room.h"

#include "proto/frame.h"
#include "proto/noise.h"

/* The other side of a session, which says whatever a test wants. */
struct puppet {
	struct ph_session *session; /* the one under test */
	struct ph_box_pair own, theirs;
	struct ph_noise noise;
	struct ph_cipher send, receive;
	struct ph_rng_seeded state, session_state;
	struct ph_rng rng;
	uint64_t now;
	struct ph_job *job[8]; /* taken */
	unsigned n_jobs;
	struct ph_buf heard; /* plaintext of transport frames that came */
};

static inline void puppet_init(struct puppet *puppet)
{
	*puppet = (struct puppet){ .now = 5000 };
	ph_rng_seed(&puppet->state, 77, &puppet->rng);
	ph_box_pair_make(&puppet->own, &puppet->rng);
	ph_box_pair_make(&puppet->theirs, &puppet->rng);
}

static inline void puppet_deinit(struct puppet *puppet)
{
	for (unsigned i = 0; i < puppet->n_jobs; i++) {
		ph_job_free(puppet->job[i]);
	}
	ph_session_free(puppet->session);
	ph_noise_deinit(&puppet->noise);
	ph_cipher_deinit(&puppet->send);
	ph_cipher_deinit(&puppet->receive);
	ph_buf_deinit(&puppet->heard);
}

static inline void tell(struct puppet *puppet, struct ph_view body)
{
	struct ph_buf frame = { 0 };

	assert_int_equal(ph_frame_encode(body, &frame), 0);
	ph_session_receive(puppet->session, ph_buf_view(&frame), puppet->now);
	ph_buf_deinit(&frame);
}

/* Say PLAIN in one sealed frame. */
static inline void say_bytes(struct puppet *puppet, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };

	assert_int_equal(ph_cipher_seal(&puppet->send, plain, &sealed), 0);
	tell(puppet, ph_buf_view(&sealed));
	ph_buf_deinit(&sealed);
}

static inline void say(struct puppet *puppet, const struct ph_message *message)
{
	struct ph_buf plain = { 0 };

	assert_int_equal(ph_message_encode(message, &plain), 0);
	say_bytes(puppet, ph_buf_view(&plain));
	ph_buf_deinit(&plain);
}

static inline void say_type(struct puppet *puppet, enum ph_message_type type,
			    uint64_t count)
{
	const struct ph_message message = { .type = type, .count = count };

	say(puppet, &message);
}

/* Take all frames that wait to be sent; returns the number of the messages in them. */
static inline unsigned hear(struct puppet *puppet)
{
	struct ph_view out = ph_session_output(puppet->session);
	size_t len = out.len;
	struct ph_view body;
	unsigned count = 0;

	puppet->heard.len = 0;
	while (ph_frame_decode(&out, PH_FRAME_MAX, &body) == 0) {
		assert_int_equal(ph_cipher_open(&puppet->receive, body, &puppet->heard),
				 0);
	}
	ph_session_sent(puppet->session, len, puppet->now);

	struct ph_view heard = ph_buf_view(&puppet->heard);
	struct ph_message message;

	while (heard.len > 0) {
		assert_int_equal(ph_message_decode(&heard, &message), 0);
		count++;
	}
	return count;
}

/* Was a message of TYPE, and with COUNT unless that is 0, among those last heard? */
static inline bool was_heard(const struct puppet *puppet, enum ph_message_type type,
			     uint64_t count)
{
	struct ph_view heard = ph_buf_view(&puppet->heard);
	struct ph_message message;

	while (heard.len > 0 && ph_message_decode(&heard, &message) == 0) {
		if (message.type == type && (count == 0 || message.count == count)) {
			return true;
		}
	}
	return false;
}

/* A hub under test, up to a whole message 1 that it got. */
static inline void meet_hub(struct puppet *puppet, const struct ph_hello *hello)
{
	struct ph_session_config config = { .side = PH_SIDE_HUB,
					    .keys = &puppet->theirs };
	uint8_t preamble[PH_PREAMBLE_LEN];
	const struct ph_noise_config noise = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_INITIATOR,
		.prologue = PH_VIEW(preamble, sizeof(preamble)),
		.static_secret = puppet->own.secret,
		.remote_static = puppet->theirs.key,
	};
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };

	ph_preamble_encode(preamble, puppet->theirs.key);
	ph_rng_seed(&puppet->session_state, 78, &config.rng);
	assert_int_equal(ph_session_new(&puppet->session, &config, puppet->now), 0);
	assert_int_equal(ph_noise_init(&puppet->noise, &noise), 0);
	assert_int_equal(ph_hello_encode(hello, &payload), 0);
	assert_int_equal(ph_noise_create_message(&puppet->noise, &puppet->rng,
						 ph_buf_view(&payload), &body),
			 0);
	ph_session_receive(puppet->session, PH_VIEW(preamble, sizeof(preamble)),
			   puppet->now);
	tell(puppet, ph_buf_view(&body));
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

/* Take message 2 of the hub under test. */
static inline void take_answer(struct puppet *puppet)
{
	struct ph_view out = ph_session_output(puppet->session);
	struct ph_view body;
	struct ph_buf payload = { 0 };

	assert_int_equal(ph_frame_decode(&out, PH_FRAME_MAX, &body), 0);

	size_t used = PH_FRAME_HEADER_LEN + body.len;

	assert_int_equal(ph_noise_consume_message(&puppet->noise, body, &payload), 0);
	assert_int_equal(ph_noise_split(&puppet->noise, &puppet->send, &puppet->receive),
			 0);
	ph_session_sent(puppet->session, used, puppet->now);
	ph_buf_deinit(&payload);
}

static inline struct ph_job *take(struct puppet *puppet, enum ph_job_type type)
{
	struct ph_job *job = ph_session_take_job(puppet->session);

	assert_non_null(job);
	assert_int_equal(job->type, type);
	return job;
}

/* A hub under test that serves, in transport; hello is done. */
static inline void hub_in_transport(struct puppet *puppet)
{
	const struct ph_hello hello = { .done = true, .n_heads = 1 };

	puppet_init(puppet);
	meet_hub(puppet, &hello);
	ph_session_give_job(puppet->session, take(puppet, PH_JOB_HELLO), puppet->now);
	take_answer(puppet);
	assert_int_equal(ph_session_state(puppet->session), PH_SESSION_TRANSFER);
}

/* A device under test, with FRONT if HELLO tells of one; WELCOME is what its hub, the puppet, says. */
static inline void device_with_front(struct puppet *puppet, const struct ph_hello *hello,
				     const struct ph_welcome *welcome,
				     struct ph_unfinished *front)
{
	struct ph_session_config config = { .side = PH_SIDE_DEVICE,
					    .keys = &puppet->theirs,
					    .hello = hello,
					    .partial = front };
	uint8_t preamble[PH_PREAMBLE_LEN];
	const struct ph_noise_config noise = {
		.pattern = PH_NOISE_IK,
		.role = PH_NOISE_RESPONDER,
		.prologue = PH_VIEW(preamble, sizeof(preamble)),
		.static_secret = puppet->own.secret,
	};
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };
	struct ph_view in;

	puppet_init(puppet);
	memcpy(config.hub_key, puppet->own.key, sizeof(config.hub_key));
	ph_preamble_encode(preamble, puppet->own.key);
	ph_rng_seed(&puppet->session_state, 78, &config.rng);
	assert_int_equal(ph_session_new(&puppet->session, &config, puppet->now), 0);
	assert_int_equal(ph_noise_init(&puppet->noise, &noise), 0);

	struct ph_view out = ph_session_output(puppet->session);

	assert_memory_equal(out.data, preamble, sizeof(preamble));
	out.data += sizeof(preamble);
	out.len -= sizeof(preamble);
	assert_int_equal(ph_frame_decode(&out, PH_FRAME_MAX, &in), 0);
	assert_int_equal(ph_noise_consume_message(&puppet->noise, in, &payload), 0);
	ph_session_sent(puppet->session, SIZE_MAX, puppet->now);
	payload.len = 0;
	assert_int_equal(ph_welcome_encode(welcome, &payload), 0);
	assert_int_equal(ph_noise_create_message(&puppet->noise, &puppet->rng,
						 ph_buf_view(&payload), &body),
			 0);
	assert_int_equal(ph_noise_split(&puppet->noise, &puppet->send, &puppet->receive),
			 0);
	tell(puppet, ph_buf_view(&body));
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
}

static inline void device_with(struct puppet *puppet, const struct ph_hello *hello,
			       const struct ph_welcome *welcome)
{
	device_with_front(puppet, hello, welcome, NULL);
}

static inline void device_in_transport(struct puppet *puppet)
{
	const struct ph_hello hello = { .done = true, .n_heads = 1 };
	const struct ph_welcome welcome = { .same = true };

	device_with(puppet, &hello, &welcome);
	ph_session_give_job(puppet->session, take(puppet, PH_JOB_WELCOME), puppet->now);
	assert_int_equal(ph_session_state(puppet->session), PH_SESSION_TRANSFER);
}

static inline void assert_alive(const struct puppet *puppet)
{
	assert_int_equal(ph_session_failure(puppet->session), PH_FAIL_NONE);
	assert_int_not_equal(ph_session_state(puppet->session), PH_SESSION_FAILED);
}

static inline void assert_refused(struct puppet *puppet)
{
	assert_int_equal(ph_session_failure(puppet->session), PH_FAIL_PROTOCOL);
	assert_int_equal(ph_session_state(puppet->session), PH_SESSION_FAILED);
	(void)hear(puppet);
	assert_true(was_heard(puppet, PH_MSG_REFUSE, PH_STATUS_PROTOCOL));
	assert_null(ph_session_take_job(puppet->session));
	assert_false(ph_session_wants_input(puppet->session));
}

static inline struct ph_message segment_message(size_t total, struct ph_view chunk)
{
	return (struct ph_message){ .type = PH_MSG_SEGMENT,
				    .first = 1,
				    .last = 2,
				    .total = total,
				    .chunk = chunk };
}

static inline struct ph_message page_message(size_t total, struct ph_view chunk)
{
	return (struct ph_message){ .type = PH_MSG_PAGE, .total = total, .chunk = chunk };
}

static inline struct ph_message part_message(size_t total, struct ph_view chunk)
{
	return (struct ph_message){
		.type = PH_MSG_PART, .first = 1, .total = total, .chunk = chunk
	};
}

#endif
