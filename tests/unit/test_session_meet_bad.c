/*
 * Tests of what is a hub's to say, and breaks the protocol between two devices of one site
 * (proto/session_meet.c): ours never says it, and another's is not heard.
 */
#include "meet_pair.h"

static void body(struct ph_hello *hello)
{
	static uint8_t bytes[4];

	hello->n_heads = 1;
	hello->head[0].n = hello->receipted[0] = 1;
	hello->n_segments = 1;
	hello->segment[0].first = hello->segment[0].last = 1;
	hello->segment[0].body = PH_VIEW(bytes, sizeof(bytes));
}
static void head(struct ph_hello *hello)
{
	hello->n_heads = 1;
	hello->head[0].n = hello->receipted[0] = 1;
}
static void control(struct ph_hello *hello)
{
	hello->control.n = 1;
}
static void hello_epoch(struct ph_hello *hello)
{
	hello->epoch = 1;
}
static void counter(struct ph_hello *hello)
{
	hello->counter = 1;
}
static void budget(struct ph_hello *hello)
{
	hello->budget = 100;
}
static void feed(struct ph_hello *hello)
{
	hello->feed_scope = hello->feed_number = 1;
}
static void done(struct ph_hello *hello)
{
	hello->done = true;
}
static void no_cert(struct ph_hello *hello)
{
	hello->cert.len = 0;
}

/* A message 1 that a sibling under test never makes, made by hand. */
static void say_hello(struct pair *pair, const struct ph_hello *hello)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	struct ph_noise noise;
	struct ph_noise_config config = { .pattern = PH_NOISE_IK,
					  .role = PH_NOISE_INITIATOR,
					  .prologue = PH_VIEW(preamble, sizeof(preamble)),
					  .static_secret = pair->calls.keys.secret,
					  .remote_static = pair->answers.keys.key };
	struct ph_buf payload = { 0 };
	struct ph_buf message = { 0 };
	struct ph_buf wire = { 0 };

	ph_preamble_encode_as(preamble, PH_PREAMBLE_SIBLING, pair->answers.keys.key);
	assert_int_equal(ph_hello_encode(hello, &payload), 0);
	assert_int_equal(ph_noise_init(&noise, &config), 0);
	assert_int_equal(ph_noise_create_message(&noise, &pair->calls.rng,
						 ph_buf_view(&payload), &message),
			 0);
	assert_int_equal(ph_buf_put(&wire, preamble, sizeof(preamble)), 0);
	assert_int_equal(ph_frame_encode(ph_buf_view(&message), &wire), 0);
	ph_session_receive(pair->answers.session, ph_buf_view(&wire), pair->now);
	ph_noise_deinit(&noise);
	ph_buf_deinit(&payload);
	ph_buf_deinit(&message);
	ph_buf_deinit(&wire);
}

static void test_hello(void **state)
{
	static void (*const alter[])(struct ph_hello *) = {
		body, head, control, hello_epoch, counter, budget, feed, done, no_cert,
	};

	(void)state;
	for (size_t i = 0; i <= sizeof(alter) / sizeof(alter[0]); i++) {
		bool is_bad = i < sizeof(alter) / sizeof(alter[0]);
		struct ph_hello hello;
		struct pair pair;
		struct ph_session_config config = { .side = PH_SIDE_DEVICE,
						    .is_sibling = true,
						    .hello = &hello };

		pair_init(&pair);
		config.rng = pair.calls.rng;
		config.keys = &pair.calls.keys;
		fill_hello(&pair.calls, &hello);
		if (is_bad) {
			alter[i](&hello);
		}
		/* ours never says it */
		assert_int_equal(ph_session_new(&pair.calls.session, &config, pair.now),
				 is_bad ? -EINVAL : 0);
		/* and another's is not heard */
		start_answers(&pair);
		say_hello(&pair, &hello);
		assert_int_equal(work(&pair, &pair.answers), !is_bad);
		assert_int_equal(ph_session_failure(pair.answers.session),
				 is_bad ? PH_FAIL_PROTOCOL : PH_FAIL_NONE);
		assert_int_equal(ph_session_output(pair.answers.session).len == 0,
				 is_bad);
		pair_deinit(&pair);
	}
}

/* The other side of a session of the caller under test, which says what a hub says. */
struct hub {
	struct ph_noise noise;
	struct ph_cipher send, receive;
};

/* Show the certificate, take message 1, answer with WELCOME. */
static void answer_as(struct pair *pair, struct hub *hub,
		      const struct ph_welcome *welcome)
{
	uint8_t preamble[PH_PREAMBLE_LEN];
	struct ph_noise_config config = { .pattern = PH_NOISE_IK,
					  .role = PH_NOISE_RESPONDER,
					  .prologue = PH_VIEW(preamble, sizeof(preamble)),
					  .static_secret = pair->answers.keys.secret };
	struct ph_buf wire = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_buf message = { 0 };
	struct ph_view in;
	struct ph_view first;

	start_calls(pair);
	ph_session_sent(pair->calls.session, PH_PREAMBLE_LEN, pair->now);
	assert_int_equal(ph_meet_show(PH_VIEW(pair->answers.cert, CERT_LEN), &wire), 0);
	ph_session_receive(pair->calls.session, ph_buf_view(&wire), pair->now);
	assert_true(work(pair, &pair->calls));
	in = ph_session_output(pair->calls.session);
	memcpy(preamble, in.data, sizeof(preamble));
	in = PH_VIEW(in.data + PH_PREAMBLE_LEN, in.len - PH_PREAMBLE_LEN);
	assert_int_equal(ph_frame_decode(&in, PH_FRAME_MAX, &first), 0);
	assert_int_equal(ph_noise_init(&hub->noise, &config), 0);
	assert_int_equal(ph_noise_consume_message(&hub->noise, first, &bytes), 0);
	ph_session_sent(pair->calls.session, ph_session_output(pair->calls.session).len,
			pair->now);
	bytes.len = wire.len = 0;
	assert_int_equal(ph_welcome_encode(welcome, &bytes), 0);
	assert_int_equal(ph_noise_create_message(&hub->noise, &pair->answers.rng,
						 ph_buf_view(&bytes), &message),
			 0);
	assert_int_equal(ph_noise_split(&hub->noise, &hub->send, &hub->receive), 0);
	assert_int_equal(ph_frame_encode(ph_buf_view(&message), &wire), 0);
	ph_session_receive(pair->calls.session, ph_buf_view(&wire), pair->now);
	ph_buf_deinit(&wire);
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&message);
}

static void hub_deinit(struct hub *hub)
{
	ph_noise_deinit(&hub->noise);
	ph_cipher_deinit(&hub->send);
	ph_cipher_deinit(&hub->receive);
}

static void epoch(struct ph_welcome *welcome)
{
	welcome->epoch.number = 4;
}
static void random_of_epoch(struct ph_welcome *welcome)
{
	welcome->epoch.random[3] = 1;
}
static void time_told(struct ph_welcome *welcome)
{
	welcome->time = 1790000000;
}
static void keylist(struct ph_welcome *welcome)
{
	welcome->keylist = ph_view_str("a newer one");
}
static void partial(struct ph_welcome *welcome)
{
	welcome->has_partial = true;
	welcome->partial_offset = 1;
}
static void done_welcome(struct ph_welcome *welcome)
{
	welcome->done = true;
}
static void later(struct ph_welcome *welcome)
{
	welcome->later = true;
}

static void test_welcome(void **state)
{
	static void (*const alter[])(struct ph_welcome *) = {
		epoch, random_of_epoch, time_told, keylist, partial, done_welcome, later,
	};

	(void)state;
	for (size_t i = 0; i <= sizeof(alter) / sizeof(alter[0]); i++) {
		bool is_bad = i < sizeof(alter) / sizeof(alter[0]);
		struct ph_welcome welcome = { .same = true };
		struct hub hub = { 0 };
		struct pair pair;

		pair_init(&pair);
		if (is_bad) {
			alter[i](&welcome);
		}
		answer_as(&pair, &hub, &welcome);
		assert_int_equal(work(&pair, &pair.calls), !is_bad);
		assert_int_equal(ph_session_failure(pair.calls.session),
				 is_bad ? PH_FAIL_PROTOCOL : PH_FAIL_NONE);
		assert_int_equal(pair.calls.jobs[PH_JOB_LOAD], is_bad ? 0 : ITEMS);
		hub_deinit(&hub);
		pair_deinit(&pair);
	}
}

/* In transport, as well. */
static void test_messages(void **state)
{
	static const enum ph_message_type all[] = {
		PH_MSG_PAGE,   PH_MSG_SPENT, PH_MSG_CERT, PH_MSG_WELCOME,
		PH_MSG_RESUME, PH_MSG_KEEP,  PH_MSG_PING,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct ph_welcome welcome = { .same = true };
		const struct ph_message message = { .type = all[i],
						    .first = 1,
						    .last = 1,
						    .total = 200,
						    .chunk = ph_view_str("abc") };
		struct ph_buf plain = { 0 };
		struct ph_buf sealed = { 0 };
		struct ph_buf wire = { 0 };
		struct hub hub = { 0 };
		struct pair pair;

		pair_init(&pair);
		answer_as(&pair, &hub, &welcome);
		assert_int_equal(ph_message_encode(&message, &plain), 0);
		assert_int_equal(ph_cipher_seal(&hub.send, ph_buf_view(&plain), &sealed),
				 0);
		assert_int_equal(ph_frame_encode(ph_buf_view(&sealed), &wire), 0);
		ph_session_receive(pair.calls.session, ph_buf_view(&wire), pair.now);
		assert_int_equal(ph_session_failure(pair.calls.session),
				 all[i] == PH_MSG_PING ? PH_FAIL_NONE : PH_FAIL_PROTOCOL);
		ph_buf_deinit(&plain);
		ph_buf_deinit(&sealed);
		ph_buf_deinit(&wire);
		hub_deinit(&hub);
		pair_deinit(&pair);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_welcome),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests_name("session_meet_bad", tests, NULL, NULL);
}
