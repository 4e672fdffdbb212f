/*
 * Tests of proto/courier*.c: exchanges with a courier at a site and at the hub, cut at every
 * place and resumed; who is given nothing; own stores that fail, and time.
 */
#include "tests/unit/courier_pair.h"

#include <errno.h>
#include <stdio.h>

#include "common/base/limits.h"

/* ---- exchanges ---- */

static void assert_exchanged(struct pair *pair)
{
	assert_true(pair_is_done(pair));
	assert_int_equal(end_whole(&pair->calls), pair->answers.n_own);
	assert_int_equal(end_whole(&pair->answers), pair->calls.n_own);
	for (unsigned i = 0; i < pair->calls.n_own; i++) {
		assert_true(pair->calls.kept[i]);
	}
	for (unsigned i = 0; i < pair->answers.n_own; i++) {
		assert_true(pair->answers.kept[i]);
	}
}

static void fill(struct pair *pair)
{
	end_add(&pair->calls, 4096);
	end_add(&pair->calls, 70001);
	end_add(&pair->answers, 150000);
	end_add(&pair->answers, 4096);
	end_add(&pair->answers, 16384);
}

static void test_site(void **state)
{
	static const size_t pieces[] = { 0, 1, 7, 1000 };
	struct ph_session_counts counts;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct pair pair;

		pair_init(&pair);
		pair.piece = pieces[i];
		fill(&pair);
		pair_meet(&pair);
		assert_exchanged(&pair);
		assert_int_equal(pair.calls.listed, 1);
		assert_int_equal(pair.answers.listed, 1);
		ph_courier_counts(pair.calls.courier, &counts);
		assert_int_equal(counts.bytes_in + counts.bytes_out, pair.moved);
		assert_int_equal(counts.items_out, 2);
		assert_int_equal(counts.items_in, 3);
		assert_int_equal(counts.receipts, 2);
		pair_deinit(&pair);
	}
}

static void test_base(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	fill(&pair);
	pair_base(&pair);
	assert_exchanged(&pair);
	/* again: all is held, nothing but offers moves */
	memset(pair.calls.kept, 0, sizeof(pair.calls.kept));
	memset(pair.answers.kept, 0, sizeof(pair.answers.kept));
	pair_base(&pair);
	assert_exchanged(&pair);
	assert_true(pair.moved < 4096);
	pair_deinit(&pair);
}

static void test_nothing(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	pair_meet(&pair);
	assert_exchanged(&pair);
	printf("# an exchange of nothing at a site: %llu bytes both ways\n",
	       (unsigned long long)pair.moved);
	pair_base(&pair);
	assert_exchanged(&pair);
	pair_deinit(&pair);
}

/* ---- cuts ---- */

/*
 * Each link breaks after STEP bytes more than the handshake takes, until all is through:
 * what was written is not sent again.
 */
static void cut_and_resume(bool at_base, uint64_t after)
{
	struct pair pair;
	uint64_t all = 0;
	unsigned links = 0;

	pair_init(&pair);
	fill(&pair);
	pair.cut_at = after;
	do {
		(at_base ? pair_base : pair_meet)(&pair);
		all += pair.moved;
		links++;
		assert_true(links < 400);
		for (unsigned i = 0; i < PAIR_BUNDLES; i++) {
			assert_true(!pair.calls.kept[i] || pair.answers.got[i].whole);
		}
	} while (!pair_is_done(&pair));
	assert_exchanged(&pair);
	/* a link loses its greeting, its offers, and at most what is written at once */
	assert_true(all < 260000 + links * (3000 + 2 * 8 * 1024));
	pair_deinit(&pair);
}

static void test_cuts(void **state)
{
	(void)state;
	for (uint64_t after = 12000; after < 12400; after += 23) {
		cut_and_resume(false, after);
		cut_and_resume(true, after);
	}
	cut_and_resume(true, 30000);
	cut_and_resume(false, 90000);
}

/* One cut, at each place of greeting and end and at some between; then one that is not cut. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int at_base = 0; at_base < 2; at_base++) {
		uint64_t whole = UINT64_MAX;

		for (uint64_t cut = 0; cut < whole;
		     cut += cut < 900 || cut + 300 > whole ? 1 : 61) {
			struct pair pair;

			pair_init(&pair);
			end_add(&pair.calls, 4096);
			end_add(&pair.answers, 4096);
			if (whole == UINT64_MAX) {
				(at_base ? pair_base : pair_meet)(&pair);
				whole = pair.moved;
			} else {
				pair.cut_at = cut;
				(at_base ? pair_base : pair_meet)(&pair);
				assert_false(ph_courier_state(pair.calls.courier) ==
						     PH_SESSION_CLOSED &&
					     ph_courier_state(pair.answers.courier) ==
						     PH_SESSION_CLOSED);
				pair.cut_at = UINT64_MAX;
				(at_base ? pair_base : pair_meet)(&pair);
			}
			assert_exchanged(&pair);
			pair_deinit(&pair);
		}
	}
}

/* Every bit that is flipped on the way ends it, and nothing wrong is kept. */
static void test_flips(void **state)
{
	struct pair pair;

	(void)state;
	for (uint64_t at = 0; at < 900; at++) {
		struct ph_buf bent = { 0 };
		struct ph_view out;
		uint64_t said = 0;

		pair_init(&pair);
		end_add(&pair.calls, 4096);
		end_begin(&pair.calls, true, true, pair.answers.keys.key, 0);
		end_begin(&pair.answers, false, false, NULL, 0);
		for (unsigned turn = 0; turn < 8; turn++) {
			end_work(&pair.calls, 0);
			out = ph_courier_output(pair.calls.courier);
			bent.len = 0;
			assert_int_equal(ph_buf_put_view(&bent, out), 0);
			if (said <= at && at < said + out.len) {
				bent.data[at - said] ^= (uint8_t)(1u << at % 8);
			}
			said += out.len;
			ph_courier_receive(pair.answers.courier, ph_buf_view(&bent), 0);
			ph_courier_sent(pair.calls.courier, out.len, 0);
			end_work(&pair.answers, 0);
			(void)pair_move(&pair, &pair.answers, &pair.calls);
		}
		if (at < said) {
			assert_false(ph_courier_state(pair.answers.courier) ==
				     PH_SESSION_CLOSED);
		}
		ph_buf_deinit(&bent);
		pair_deinit(&pair);
	}
}

/* ---- who is given nothing ---- */

static void assert_given_nothing(const struct end *end)
{
	assert_int_equal(end->jobs[PH_COURIER_NEXT], 0);
	assert_int_equal(end->jobs[PH_COURIER_READ], 0);
	assert_int_equal(end->jobs[PH_COURIER_LOOK], 0);
}

/* The certificate is another province's: the question is all that is said. */
static void test_stranger_listens(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	fill(&pair);
	snprintf(pair.answers.cert, sizeof(pair.answers.cert), "bad");
	pair_meet(&pair);
	assert_int_equal(ph_courier_failure(pair.calls.courier), PH_FAIL_REFUSED);
	assert_int_equal(pair.up.len, PH_PREAMBLE_LEN);
	assert_given_nothing(&pair.calls);
	pair_deinit(&pair);
}

/* Somebody shows a courier's certificate and does not hold its key: message 1 is all it gets. */
static void test_impostor(void **state)
{
	struct pair pair;
	struct ph_box_pair real;

	(void)state;
	pair_init(&pair);
	fill(&pair);
	ph_box_pair_make(&real, &pair.answers.rng);
	end_begin(&pair.calls, true, false, NULL, 0);
	end_begin(&pair.answers, false, true, NULL, 0);
	/* the certificate names the real key, the impostor has another */
	struct ph_buf cert = { 0 };
	const struct ph_box_pair own = pair.answers.keys;

	assert_int_equal(ph_buf_put(&cert, "good", 4), 0);
	assert_int_equal(ph_buf_put(&cert, real.key, PH_KEY_SIZE), 0);
	ph_courier_free(pair.answers.courier);
	assert_int_equal(
		ph_courier_new(&pair.answers.courier,
			       &(struct ph_courier_config){ .is_courier = true,
							    .rng = pair.answers.rng,
							    .keys = &own,
							    .cert = ph_buf_view(&cert) },
			       0),
		0);
	pair_run(&pair);
	assert_int_equal(ph_courier_state(pair.calls.courier), PH_SESSION_FAILED);
	assert_int_equal(ph_courier_state(pair.answers.courier), PH_SESSION_FAILED);
	assert_given_nothing(&pair.calls);
	/* question, preamble, and message 1 with our certificate sealed to the real key */
	assert_true(pair.up.len < 300);
	ph_buf_deinit(&cert);
	pair_deinit(&pair);
}

/* A stranger calls: it sees the certificate, and a status that only its own key opens. */
static void test_stranger_calls(void **state)
{
	static const enum ph_status says[] = { PH_STATUS_UNKNOWN, PH_STATUS_CUT,
					       PH_STATUS_LATER };

	(void)state;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		struct pair pair;

		pair_init(&pair);
		fill(&pair);
		pair.answers.says = says[i];
		pair_meet(&pair);
		assert_int_equal(ph_courier_failure(pair.calls.courier), PH_FAIL_REFUSED);
		assert_int_equal(ph_courier_status(pair.calls.courier), says[i]);
		assert_given_nothing(&pair.answers);
		pair_base(&pair);
		assert_int_equal(ph_courier_status(pair.calls.courier), says[i]);
		assert_given_nothing(&pair.answers);
		pair_deinit(&pair);
	}
}

/* What a caller said once is said again: nobody is there who could say more. */
static void test_replay(void **state)
{
	struct pair pair;
	struct ph_view front;

	(void)state;
	pair_init(&pair);
	fill(&pair);
	pair_meet(&pair);
	end_begin(&pair.answers, false, true, NULL, 0);
	memset(pair.answers.jobs, 0, sizeof(pair.answers.jobs));
	/* question, preamble, message 1, as recorded */
	front = PH_VIEW(pair.up.data, 2 * PH_PREAMBLE_LEN + 2);
	front.len += ph_be16_get(front.data + 2 * PH_PREAMBLE_LEN);
	ph_courier_receive(pair.answers.courier, front, 0);
	end_work(&pair.answers, 0);
	assert_int_equal(pair.answers.jobs[PH_COURIER_JUDGE], 1);
	assert_given_nothing(&pair.answers);
	/* and all that followed, which is of another session */
	ph_courier_receive(pair.answers.courier,
			   PH_VIEW(pair.up.data + front.len, pair.up.len - front.len), 0);
	end_work(&pair.answers, 0);
	assert_int_equal(ph_courier_state(pair.answers.courier), PH_SESSION_FAILED);
	assert_given_nothing(&pair.answers);
	pair_deinit(&pair);
}

/* A hub has no certificate to show, and says nothing to who asks. */
static void test_hub_is_asked(void **state)
{
	struct ph_courier *courier;
	struct ph_buf question = { 0 };
	struct pair pair;

	(void)state;
	pair_init(&pair);
	assert_int_equal(
		ph_courier_new(&courier,
			       &(struct ph_courier_config){ .rng = pair.answers.rng,
							    .keys = &pair.answers.keys },
			       0),
		0);
	assert_int_equal(ph_buf_put(&question, "P?\001\0\0\0\0", 7), 0);
	ph_courier_receive(courier, ph_buf_view(&question), 0);
	assert_int_equal(ph_courier_state(courier), PH_SESSION_FAILED);
	assert_int_equal(ph_courier_output(courier).len, 0);
	ph_courier_free(courier);
	ph_buf_deinit(&question);
	pair_deinit(&pair);
}

/* ---- own store, and time ---- */

static void test_store_fails(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	fill(&pair);
	pair.answers.fails = -ENOSPC;
	pair.answers.fails_at = 2;
	pair_base(&pair);
	assert_int_equal(ph_courier_failure(pair.answers.courier), PH_FAIL_STORE);
	assert_int_equal(ph_courier_failure(pair.calls.courier), PH_FAIL_REFUSED);
	assert_int_equal(ph_courier_status(pair.calls.courier), PH_STATUS_LATER);
	pair.answers.fails = 0;
	pair_base(&pair);
	assert_exchanged(&pair);
	pair_deinit(&pair);
}

static void test_answers(void **state)
{
	static const enum ph_courier_answer answers[] = { PH_COURIER_REFUSED,
							  PH_COURIER_LATER,
							  PH_COURIER_DAMAGED };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct pair pair;

		pair_init(&pair);
		fill(&pair);
		pair.answers.answers = answers[i];
		pair_meet(&pair);
		assert_true(pair_is_done(&pair));
		assert_int_equal(end_whole(&pair.answers), 0);
		assert_int_equal(end_whole(&pair.calls), 3);
		assert_false(pair.calls.kept[0]);
		pair_deinit(&pair);
	}
}

/* A power cut spoils the beginning that lies there: all of it comes in the same exchange. */
static void test_torn_beginning(void **state)
{
	(void)state;
	for (int at_base = 0; at_base < 2; at_base++) {
		struct pair pair;
		struct held *torn;

		pair_init(&pair);
		end_add(&pair.calls, 150000);
		end_add(&pair.calls, 4096);
		pair.cut_at = 60000;
		(at_base ? pair_base : pair_meet)(&pair);
		assert_false(pair.calls.kept[0]);
		torn = end_find(&pair.answers, pair.calls.own[0].line.hash);
		assert_non_null(torn);
		assert_true(torn->bytes.len > 8192);
		torn->bytes.data[5000] ^= 1;
		pair.cut_at = UINT64_MAX;
		(at_base ? pair_base : pair_meet)(&pair);
		assert_exchanged(&pair);
		/* the rest, and then all */
		assert_int_equal(pair.answers.jobs[PH_COURIER_LOOK], 1 + 2 + 1);
		assert_int_equal(pair.calls.jobs[PH_COURIER_TOLD], 2);
		pair_deinit(&pair);
	}
}

/* Each is sent twice and no more to one whose beginnings are never the right ones. */
static void test_always_torn(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	end_add(&pair.calls, 150000);
	end_add(&pair.calls, 4096);
	pair.answers.tears = true;
	pair_meet(&pair);
	assert_true(pair_is_done(&pair));
	assert_int_equal(pair.answers.jobs[PH_COURIER_LOOK], 2 * 2);
	assert_int_equal(pair.calls.jobs[PH_COURIER_TOLD], 2);
	assert_int_equal(end_whole(&pair.answers), 0);
	assert_true(pair.moved < 2 * 155000 + 5000);
	pair_deinit(&pair);
}

/* A budget that has no room for all of it once more is not passed: it waits. */
static void test_torn_in_a_budget(void **state)
{
	struct pair pair;
	struct held *torn;

	(void)state;
	pair_init(&pair);
	end_add(&pair.calls, 150000);
	pair.cut_at = 60000;
	pair_base(&pair);
	torn = end_find(&pair.answers, pair.calls.own[0].line.hash);
	assert_non_null(torn);
	torn->bytes.data[5000] ^= 1;
	pair.cut_at = UINT64_MAX;
	pair.calls.budget = 250000; /* but for a quarter, which is the hub's */
	pair_base(&pair);
	assert_true(pair_is_done(&pair));
	assert_true(pair.moved < 120000);
	assert_false(pair.calls.kept[0]);
	pair.calls.budget = 0;
	pair_base(&pair);
	assert_exchanged(&pair);
	pair_deinit(&pair);
}

static void test_times(void **state)
{
	struct pair pair;

	(void)state;
	/* nobody says anything */
	pair_init(&pair);
	end_begin(&pair.answers, false, true, NULL, 1000);
	assert_int_equal(ph_courier_deadline(pair.answers.courier),
			 1000 + PH_FIRST_BYTE_MS);
	ph_courier_tick(pair.answers.courier, 1000 + PH_FIRST_BYTE_MS);
	assert_int_equal(ph_courier_failure(pair.answers.courier), PH_FAIL_TIMEOUT);
	/* it asks who listens, and then nothing */
	end_begin(&pair.answers, false, true, NULL, 1000);
	ph_courier_receive(pair.answers.courier, PH_VIEW("P?\001\0\0\0\0", 7), 2000);
	assert_int_equal(ph_courier_deadline(pair.answers.courier),
			 1000 + PH_HANDSHAKE_MS);
	/* nobody answers */
	end_begin(&pair.calls, true, false, NULL, 1000);
	assert_int_equal(ph_courier_deadline(pair.calls.courier), 1000 + PH_HANDSHAKE_MS);
	ph_courier_tick(pair.calls.courier, 1000 + PH_HANDSHAKE_MS);
	assert_int_equal(ph_courier_failure(pair.calls.courier), PH_FAIL_TIMEOUT);
	pair_deinit(&pair);
}

/* ---- forms ---- */

static void test_forms(void **state)
{
	struct pair pair;
	struct ph_courier_message message = { .type = PH_COURIER_OFFER };
	struct ph_courier_message back;
	struct ph_buf bytes = { 0 };
	struct ph_view in;

	(void)state;
	pair_init(&pair);
	end_add(&pair.calls, 4096);
	message.line = pair.calls.own[0].line;
	assert_int_equal(ph_courier_message_encode(&message, &bytes), 0);
	in = ph_buf_view(&bytes);
	assert_int_equal(ph_courier_message_decode(&in, &back), 0);
	assert_int_equal(in.len, 0);
	assert_memory_equal(&back.line, &message.line, sizeof(back.line));
	for (size_t len = 0; len < bytes.len; len++) {
		in = PH_VIEW(bytes.data, len);
		assert_int_equal(ph_courier_message_decode(&in, &back),
				 PH_MESSAGE_E_FORM);
	}
	message.line.size = 4095;
	assert_int_equal(ph_courier_message_encode(&message, &bytes), -EINVAL);
	message.line.size = PH_BUNDLE_MAX + 1;
	assert_int_equal(ph_courier_message_encode(&message, &bytes), -EINVAL);
	message.line.size = PH_BUNDLE_MAX;
	message.line.header[0] = 'X';
	assert_int_equal(ph_courier_message_encode(&message, &bytes), -EINVAL);
	message.type = PH_COURIER_TAKEN; /* custody of what was refused */
	message.answer = PH_COURIER_REFUSED;
	message.bytes = ph_view_str("signed");
	assert_int_equal(ph_courier_message_encode(&message, &bytes), -EINVAL);
	ph_buf_deinit(&bytes);
	pair_deinit(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site),
		cmocka_unit_test(test_base),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_stranger_listens),
		cmocka_unit_test(test_impostor),
		cmocka_unit_test(test_stranger_calls),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_hub_is_asked),
		cmocka_unit_test(test_store_fails),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_torn_beginning),
		cmocka_unit_test(test_always_torn),
		cmocka_unit_test(test_torn_in_a_budget),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_forms),
	};

	return ph_crypto_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
