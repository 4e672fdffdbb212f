/*
 * Tests of proto/courier*.c against peers that break the rules: in the clear, and behind a
 * genuine handshake, by a peer that holds the keys and says anything.
 */
#include "tests/unit/courier_pair.h"

#include "common/base/limits.h"
#include "proto/noise.h"

static void fill(struct pair *pair)
{
	end_add(&pair->calls, 4096);
	end_add(&pair->answers, 150000);
}

/* ---- what is wrong in the clear ---- */

static void test_clear(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t len;
		size_t answered;
	} cases[] = {
		{ "another protocol", "GET / HTTP/1.0\r\n", 16, 0 },
		{ "a session", "PH\001abcd", 7, 0 },
		{ "another version", "PC\002", 3, 0 },
		{ "a question with a hint", "P?\001\0\0\0\001", 7, 0 },
		{ "a question of another version", "P?\002", 3, 0 },
		{ "a question twice", "P?\001\0\0\0\0P?\001\0\0\0\0", 14, 45 },
		{ "another key", "PC\001\377\377\377\377", 7, 0 },
		{ "frame of no bytes", "P?\001\0\0\0\0PC", 9, 45 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair pair;
		bool is_open = strcmp(cases[i].name, "frame of no bytes") == 0;

		pair_init(&pair);
		end_begin(&pair.answers, false, true, NULL, 0);
		ph_courier_receive(pair.answers.courier,
				   PH_VIEW(cases[i].bytes, cases[i].len), 0);
		if (is_open) { /* the rest of a good preamble, then nothing */
			uint8_t rest[7] = { 1 };

			memcpy(rest + 1, pair.answers.keys.key, 4);
			ph_courier_receive(pair.answers.courier,
					   PH_VIEW(rest, sizeof(rest)), 0);
		}
		assert_int_equal(ph_courier_failure(pair.answers.courier),
				 PH_FAIL_HANDSHAKE);
		assert_int_equal(ph_courier_output(pair.answers.courier).len,
				 cases[i].answered);
		pair_deinit(&pair);
	}
}

/* ---- a peer that holds the keys and says anything ---- */

struct puppet {
	struct pair pair;
	struct ph_noise noise;
	struct ph_cipher send, receive;
};

/* It has called the courier of PAIR, or with IS_COURIER the hub. */
static void puppet_call(struct puppet *puppet, bool is_courier)
{
	struct pair *pair = &puppet->pair;
	uint8_t preamble[PH_PREAMBLE_LEN];
	struct ph_buf payload = { 0 };
	struct ph_buf body = { 0 };
	struct ph_buf out = { 0 };
	struct ph_view answer;

	pair_init(pair);
	fill(pair);
	end_begin(&pair->answers, false, !is_courier, NULL, 0);
	ph_preamble_encode_as(preamble, PH_PREAMBLE_COURIER, pair->answers.keys.key);
	assert_int_equal(
		ph_noise_init(&puppet->noise,
			      &(struct ph_noise_config){
				      .pattern = PH_NOISE_IK,
				      .role = PH_NOISE_INITIATOR,
				      .prologue = PH_VIEW(preamble, sizeof(preamble)),
				      .static_secret = pair->calls.keys.secret,
				      .remote_static = pair->answers.keys.key }),
		0);
	assert_int_equal(ph_courier_hello_encode(ph_view_str("good"), &payload), 0);
	assert_int_equal(ph_noise_create_message(&puppet->noise, &pair->calls.rng,
						 ph_buf_view(&payload), &body),
			 0);
	assert_int_equal(ph_buf_put(&out, preamble, sizeof(preamble)), 0);
	assert_int_equal(ph_frame_encode(ph_buf_view(&body), &out), 0);
	ph_courier_receive(pair->answers.courier, ph_buf_view(&out), 0);
	end_work(&pair->answers, 0);
	struct ph_view said = ph_courier_output(pair->answers.courier);
	size_t len = said.len;

	assert_int_equal(ph_frame_decode(&said, PH_FRAME_MAX, &answer), 0);
	payload.len = 0;
	assert_int_equal(ph_noise_consume_message(&puppet->noise, answer, &payload), 0);
	assert_int_equal(ph_noise_split(&puppet->noise, &puppet->send, &puppet->receive),
			 0);
	ph_courier_sent(pair->answers.courier, len, 0);
	ph_buf_deinit(&payload);
	ph_buf_deinit(&body);
	ph_buf_deinit(&out);
}

static void puppet_deinit(struct puppet *puppet)
{
	ph_noise_deinit(&puppet->noise);
	ph_cipher_deinit(&puppet->send);
	ph_cipher_deinit(&puppet->receive);
	pair_deinit(&puppet->pair);
}

static void puppet_frame(struct puppet *puppet, struct ph_view plain)
{
	struct ph_buf sealed = { 0 };
	struct ph_buf frame = { 0 };

	assert_int_equal(ph_cipher_seal(&puppet->send, plain, &sealed), 0);
	assert_int_equal(ph_frame_encode(ph_buf_view(&sealed), &frame), 0);
	ph_courier_receive(puppet->pair.answers.courier, ph_buf_view(&frame), 0);
	end_work(&puppet->pair.answers, 0);
	ph_buf_deinit(&sealed);
	ph_buf_deinit(&frame);
}

static void puppet_say(struct puppet *puppet, const struct ph_courier_message *message)
{
	struct ph_buf plain = { 0 };

	assert_int_equal(ph_courier_message_encode(message, &plain), 0);
	puppet_frame(puppet, ph_buf_view(&plain));
	ph_buf_deinit(&plain);
}

static void puppet_plain(struct puppet *puppet, enum ph_courier_message_type type)
{
	const struct ph_courier_message message = { .type = type,
						    .status = PH_STATUS_LATER,
						    .bytes = ph_view_str("x") };

	puppet_say(puppet, &message);
}

static void assert_broke(const struct puppet *puppet)
{
	assert_int_equal(ph_courier_failure(puppet->pair.answers.courier),
			 PH_FAIL_PROTOCOL);
}

/* To the hub: before anything was offered, and to the courier while it offers. */
static void test_not_due(void **state)
{
	static const enum ph_courier_message_type to_hub[] = {
		PH_COURIER_WANT, PH_COURIER_DATA, PH_COURIER_TAKEN, PH_COURIER_CLOSE
	};
	static const enum ph_courier_message_type to_courier[] = { PH_COURIER_DATA,
								   PH_COURIER_DONE,
								   PH_COURIER_CLOSE };
	struct puppet puppet;

	(void)state;
	for (size_t i = 0; i < sizeof(to_hub) / sizeof(to_hub[0]); i++) {
		puppet_call(&puppet, true);
		puppet_plain(&puppet, to_hub[i]);
		assert_broke(&puppet);
		puppet_deinit(&puppet);
	}
	for (size_t i = 0; i < sizeof(to_courier) / sizeof(to_courier[0]); i++) {
		puppet_call(&puppet, false);
		puppet_plain(&puppet, PH_COURIER_PING);
		puppet_plain(&puppet, to_courier[i]);
		assert_broke(&puppet);
		puppet_deinit(&puppet);
	}
}

static void test_offers(void **state)
{
	struct ph_courier_message offer = { .type = PH_COURIER_OFFER };
	struct ph_courier_message want = { .type = PH_COURIER_WANT };
	struct puppet puppet;

	(void)state;
	/* two at once */
	puppet_call(&puppet, true);
	offer.line = puppet.pair.calls.own[0].line;
	puppet_say(&puppet, &offer);
	puppet_say(&puppet, &offer);
	assert_broke(&puppet);
	puppet_deinit(&puppet);
	/* more of it than it was to be */
	puppet_call(&puppet, true);
	puppet_say(&puppet, &offer);
	for (size_t left = 4096 + 1; left > 0 && !puppet.pair.answers.fails; left--) {
		puppet_plain(&puppet, PH_COURIER_DATA);
	}
	assert_broke(&puppet);
	puppet_deinit(&puppet);
	/* done in the middle of it */
	puppet_call(&puppet, true);
	puppet_say(&puppet, &offer);
	puppet_plain(&puppet, PH_COURIER_DONE);
	assert_broke(&puppet);
	puppet_deinit(&puppet);
	/* an offer behind DONE */
	puppet_call(&puppet, true);
	puppet_plain(&puppet, PH_COURIER_DONE);
	puppet_say(&puppet, &offer);
	assert_broke(&puppet);
	puppet_deinit(&puppet);
	/* wanted twice; wanted from behind its end; taken before all was sent */
	for (int i = 0; i < 3; i++) {
		puppet_call(&puppet, false);
		puppet_plain(&puppet, PH_COURIER_PING);
		want.offset = i == 1 ? 150000 : 0;
		puppet_say(&puppet, &want);
		if (i == 0) {
			puppet_say(&puppet, &want);
		} else if (i == 2) {
			puppet_plain(&puppet, PH_COURIER_TAKEN);
		}
		assert_broke(&puppet);
		puppet_deinit(&puppet);
	}
}

static void test_nonsense(void **state)
{
	struct puppet puppet;

	(void)state;
	puppet_call(&puppet, true);
	puppet_frame(&puppet, PH_VIEW("", 0));
	assert_broke(&puppet);
	puppet_deinit(&puppet);
	puppet_call(&puppet, true);
	puppet_frame(&puppet, PH_VIEW("\x91\x01", 2)); /* of a session */
	assert_broke(&puppet);
	puppet_deinit(&puppet);
	/* refused by the peer: over, and nothing is answered */
	puppet_call(&puppet, true);
	puppet_plain(&puppet, PH_COURIER_REFUSE);
	assert_int_equal(ph_courier_failure(puppet.pair.answers.courier),
			 PH_FAIL_REFUSED);
	assert_int_equal(ph_courier_status(puppet.pair.answers.courier), PH_STATUS_LATER);
	assert_int_equal(ph_courier_output(puppet.pair.answers.courier).len, 0);
	puppet_deinit(&puppet);
}

/* ---- time ---- */

/* While our own store works, nobody is waited for; a PING goes out all the same. */
static void test_patience(void **state)
{
	struct puppet puppet;
	struct ph_courier_message offer = { .type = PH_COURIER_OFFER };
	struct ph_courier_job *job;
	struct ph_buf plain = { 0 };
	struct ph_buf sealed = { 0 };
	struct ph_buf frame = { 0 };
	struct ph_courier *courier;

	(void)state;
	puppet_call(&puppet, true);
	courier = puppet.pair.answers.courier;
	offer.line = puppet.pair.calls.own[0].line;
	assert_int_equal(ph_courier_message_encode(&offer, &plain), 0);
	assert_int_equal(ph_cipher_seal(&puppet.send, ph_buf_view(&plain), &sealed), 0);
	assert_int_equal(ph_frame_encode(ph_buf_view(&sealed), &frame), 0);
	ph_courier_receive(courier, ph_buf_view(&frame), 0);
	job = ph_courier_take_job(courier);
	assert_int_equal(job->type, PH_COURIER_LOOK);
	ph_courier_tick(courier, 10 * PH_IDLE_MS);
	assert_int_equal(ph_courier_state(courier), PH_SESSION_TRANSFER);
	assert_true(ph_courier_output(courier).len > 0);
	end_do(&puppet.pair.answers, job);
	ph_courier_give_job(courier, job, 10 * PH_IDLE_MS);
	ph_courier_tick(courier, 11 * PH_IDLE_MS - 1);
	assert_int_equal(ph_courier_state(courier), PH_SESSION_TRANSFER);
	ph_courier_tick(courier, 11 * PH_IDLE_MS);
	assert_int_equal(ph_courier_failure(courier), PH_FAIL_TIMEOUT);
	ph_buf_deinit(&plain);
	ph_buf_deinit(&sealed);
	ph_buf_deinit(&frame);
	puppet_deinit(&puppet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear),    cmocka_unit_test(test_not_due),
		cmocka_unit_test(test_offers),   cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_patience),
	};

	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
