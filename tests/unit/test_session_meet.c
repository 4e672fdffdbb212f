/*
 * Tests of a session of two devices of one site (proto/session_meet.c): who listens, and who is
 * given what. What is given is counted in bytes on the wire. What neither may say:
 * test_session_meet_bad.c.
 */
#include "meet_pair.h"

/* ---- all is well ---- */

static void expect_whole(const struct pair *pair)
{
	assert_int_equal(ph_session_state(pair->calls.session), PH_SESSION_CLOSED);
	assert_int_equal(ph_session_state(pair->answers.session), PH_SESSION_CLOSED);
	assert_int_equal(pair->calls.stored, ITEMS);
	assert_int_equal(pair->answers.stored, ITEMS);
	assert_int_equal(pair->calls.told_n, 102);
	assert_int_equal(pair->answers.told_n, 101);
	assert_int_equal(pair->calls.jobs[PH_JOB_RECEIPT], 0);
}

static void test_both_give(void **state)
{
	static const size_t pieces[] = { 0, 1, 6, 700 };

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct pair pair;

		pair_init(&pair);
		pair.piece = pieces[i];
		ride(&pair);
		expect_whole(&pair);
		assert_memory_equal(pair.answers.wire.data + PH_FRAME_HEADER_LEN,
				    pair.answers.cert, CERT_LEN);
		assert_memory_equal(pair.calls.wire.data + PH_PREAMBLE_LEN, "PS\1", 3);
		pair_deinit(&pair);
	}
}

/* ---- who is not known ---- */

/* Whoever is shown a certificate that does not do says no more than its question. */
static void test_caller_refuses(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	pair.calls.judges = PH_STATUS_CUT;
	ride(&pair);
	assert_int_equal(ph_session_failure(pair.calls.session), PH_FAIL_HANDSHAKE);
	assert_int_equal(ph_session_status(pair.calls.session), PH_STATUS_CUT);
	assert_int_equal(pair.calls.wire.len, PH_PREAMBLE_LEN);
	assert_int_equal(pair.answers.wire.len, ANSWER_LEN);
	assert_int_equal(pair.answers.jobs[PH_JOB_HELLO], 0);
	pair_deinit(&pair);
}

/* What message 2 has, with WELCOME in it. */
static size_t message_2(const struct ph_welcome *welcome)
{
	struct ph_buf bytes = { 0 };
	size_t len;

	assert_int_equal(ph_welcome_encode(welcome, &bytes), 0);
	len = PH_FRAME_HEADER_LEN + PH_KEY_SIZE + PH_NOISE_TAG_LEN + bytes.len;
	ph_buf_deinit(&bytes);
	return len;
}

/* A stranger, or one of another site, cut off, unconfirmed: one word, and no log is read. */
static void test_answerer_refuses(void **state)
{
	static const enum ph_status all[] = { PH_STATUS_UNKNOWN, PH_STATUS_CUT,
					      PH_STATUS_CERT };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct ph_welcome refusal = { .status = all[i] };
		struct pair pair;

		pair_init(&pair);
		pair.answers.judges = all[i];
		ride(&pair);
		assert_int_equal(ph_session_failure(pair.calls.session), PH_FAIL_REFUSED);
		/* it has told its certificate already */
		assert_int_equal(ph_session_status(pair.calls.session),
				 all[i] == PH_STATUS_CERT ? PH_STATUS_UNKNOWN : all[i]);
		assert_int_equal(pair.answers.wire.len, ANSWER_LEN + message_2(&refusal));
		assert_int_equal(pair.answers.jobs[PH_JOB_LOAD], 0);
		assert_int_equal(pair.calls.jobs[PH_JOB_LOAD], 0);
		pair_deinit(&pair);
	}
}

/* Somebody copied a certificate and shows it: message 1 is not for him. */
static void test_impostor(void **state)
{
	struct pair pair;
	struct side thief;

	(void)state;
	pair_init(&pair);
	side_init(&thief, 3);
	pair.answers.keys = thief.keys;
	ride(&pair);
	assert_int_equal(ph_session_failure(pair.answers.session), PH_FAIL_HANDSHAKE);
	assert_int_equal(ph_session_failure(pair.calls.session), PH_FAIL_CUT);
	assert_int_equal(pair.answers.jobs[PH_JOB_HELLO], 0);
	assert_int_equal(pair.answers.wire.len, ANSWER_LEN);
	assert_int_equal(pair.calls.jobs[PH_JOB_LOAD], 0);
	pair_deinit(&pair);
}

/* What somebody recorded and says again: its answer is message 2, and no log is read. */
static void test_replay(void **state)
{
	struct ph_buf tape = { 0 };
	struct ph_welcome welcome = { .same = true };
	struct pair pair;
	size_t len;

	(void)state;
	pair_init(&pair);
	ride(&pair);
	expect_whole(&pair);
	len = 2 * PH_PREAMBLE_LEN + PH_FRAME_HEADER_LEN +
	      ph_be16_get(pair.calls.wire.data + 2 * PH_PREAMBLE_LEN);
	assert_int_equal(ph_buf_put(&tape, pair.calls.wire.data, len), 0);
	pair_deinit(&pair);

	pair_init(&pair);
	start_answers(&pair);
	ph_session_receive(pair.answers.session, ph_buf_view(&tape), pair.now);
	assert_true(work(&pair, &pair.answers));
	assert_int_equal(pair.answers.jobs[PH_JOB_HELLO], 1);
	fill_told(&pair.answers, welcome.sibling, &welcome.n_siblings);
	assert_int_equal(ph_session_output(pair.answers.session).len,
			 ANSWER_LEN + message_2(&welcome));
	pair.now += PH_IDLE_MS + 1;
	ph_session_tick(pair.answers.session, pair.now);
	assert_false(work(&pair, &pair.answers));
	assert_int_equal(pair.answers.jobs[PH_JOB_LOAD], 0);
	assert_int_equal(pair.answers.jobs[PH_JOB_HEARD], 0);
	assert_int_equal(ph_session_failure(pair.answers.session), PH_FAIL_TIMEOUT);
	ph_buf_deinit(&tape);
	pair_deinit(&pair);
}

/* ---- what is no greeting ---- */

static void test_no_greeting(void **state)
{
	static const char *const said[] = { "PH\1abcd", "PC\1abcd", "PS\1abcd",
					    "P?\1abcd", "PS\2",     "GET / HTTP" };

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		struct pair pair;

		pair_init(&pair);
		start_answers(&pair);
		ph_session_receive(pair.answers.session, ph_view_str(said[i]), pair.now);
		assert_int_equal(ph_session_failure(pair.answers.session),
				 PH_FAIL_HANDSHAKE);
		assert_int_equal(ph_session_output(pair.answers.session).len, 0);
		pair_deinit(&pair);
	}
}

static void test_asked_twice(void **state)
{
	struct ph_buf question = { 0 };
	struct pair pair;

	(void)state;
	pair_init(&pair);
	start_answers(&pair);
	assert_int_equal(ph_meet_ask(&question), 0);
	ph_session_receive(pair.answers.session, ph_buf_view(&question), pair.now);
	assert_int_equal(ph_session_output(pair.answers.session).len, ANSWER_LEN);
	ph_session_receive(pair.answers.session, ph_buf_view(&question), pair.now);
	assert_int_equal(ph_session_failure(pair.answers.session), PH_FAIL_HANDSHAKE);
	ph_buf_deinit(&question);
	pair_deinit(&pair);
}

/* The answer is a certificate and nothing else. */
static void test_answers_too_much(void **state)
{
	struct ph_buf answer = { 0 };
	struct pair pair;
	struct ph_job *job;

	(void)state;
	pair_init(&pair);
	start_calls(&pair);
	assert_int_equal(ph_frame_encode(PH_VIEW(pair.answers.cert, CERT_LEN), &answer),
			 0);
	ph_session_receive(pair.calls.session, ph_buf_view(&answer), pair.now);
	job = ph_session_take_job(pair.calls.session);
	assert_non_null(job);
	ph_session_receive(pair.calls.session, ph_buf_view(&answer), pair.now);
	assert_int_equal(ph_session_failure(pair.calls.session), PH_FAIL_HANDSHAKE);
	ph_session_give_job(pair.calls.session, job, pair.now);
	pair_deinit(&pair);

	pair_init(&pair);
	start_calls(&pair);
	ph_be16_put(answer.data, PH_CERT_MAX + 1);
	ph_session_receive(pair.calls.session, PH_VIEW(answer.data, 2), pair.now);
	assert_int_equal(ph_session_failure(pair.calls.session), PH_FAIL_HANDSHAKE);
	ph_buf_deinit(&answer);
	pair_deinit(&pair);
}

/* Our own judging costs the other nothing of its time. */
static void test_time(void **state)
{
	struct pair pair;
	struct ph_job *job;

	(void)state;
	pair_init(&pair);
	start_calls(&pair);
	start_answers(&pair);
	assert_true(carry(&pair, &pair.calls, &pair.answers));
	assert_true(carry(&pair, &pair.answers, &pair.calls));
	job = ph_session_take_job(pair.calls.session);
	assert_non_null(job);
	assert_int_equal(ph_session_deadline(pair.calls.session), UINT64_MAX);
	pair.now += 2 * PH_HANDSHAKE_MS;
	carry_out(&pair.calls, job);
	ph_session_give_job(pair.calls.session, job, pair.now);
	assert_int_equal(ph_session_deadline(pair.calls.session),
			 pair.now + PH_HANDSHAKE_MS);
	pair_deinit(&pair);

	pair_init(&pair);
	start_calls(&pair);
	ph_session_tick(pair.calls.session, pair.now + PH_HANDSHAKE_MS);
	assert_int_equal(ph_session_failure(pair.calls.session), PH_FAIL_TIMEOUT);
	pair_deinit(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_give),
		cmocka_unit_test(test_caller_refuses),
		cmocka_unit_test(test_answerer_refuses),
		cmocka_unit_test(test_impostor),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_no_greeting),
		cmocka_unit_test(test_asked_twice),
		cmocka_unit_test(test_answers_too_much),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests_name("session_meet", tests, NULL, NULL);
}
