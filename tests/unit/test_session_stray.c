/*
 * Tests of proto/session*.c against a peer that says what has no place: a reason that is none,
 * messages out of order, bytes that are no message, frames and hellos of a stranger.
 */
#include "session_puppet.h"

/* ---- refusals ---- */

/* REFUSE, and what stands behind it in its frame: a reason that is known, or anything. */
static void test_why(void **state)
{
	(void)state;
	static const struct {
		const char *name, *hex;
		enum ph_why why;
	} cases[] = {
		{ "REFUSE alone", "920904", PH_WHY_NONE },
		{ "put back", "920904921101", PH_WHY_PUT_BACK },
		{ "too many branches", "920904921102", PH_WHY_BRANCHES },
		{ "of a newer hub", "920904921103", PH_WHY_NONE },
		{ "the largest",
		  "92090492"
		  "11cf7fffffffffffffff",
		  PH_WHY_NONE },
		{ "no reason is 0", "920904921100", PH_WHY_NONE },
		{ "cut short", "9209049211", PH_WHY_NONE },
		{ "another message", "920904910a", PH_WHY_NONE },
		{ "one that is not known", "920904926301", PH_WHY_NONE },
		{ "no message", "920904c1", PH_WHY_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;
		uint8_t plain[32];
		size_t len = strlen(cases[i].hex) / 2;

		print_message("# %s\n", cases[i].name);
		puppet_init(&puppet);
		device_in_transport(&puppet);
		assert_int_equal(ph_unhex(plain, len, cases[i].hex, 2 * len), 0);
		say_bytes(&puppet, PH_VIEW(plain, len));
		assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_REFUSED);
		assert_int_equal(ph_session_status(puppet.session), PH_STATUS_LATER);
		assert_int_equal(ph_session_why(puppet.session), cases[i].why);
		puppet_deinit(&puppet);
	}
}

/* ---- messages out of place ---- */

static void test_out_of_place(void **state)
{
	(void)state;
	struct ph_view one = PH_VIEW("x", 1);
	const struct ph_message part = part_message(2, one);
	const struct ph_message segment = segment_message(2, one);
	const struct ph_message page = page_message(2, one);
	const struct ph_message resume = { .type = PH_MSG_RESUME, .chunk = one };
	const struct ph_message more = { .type = PH_MSG_MORE, .chunk = one };
	const struct ph_message cert = { .type = PH_MSG_CERT, .chunk = one };
	const struct ph_message welcome = { .type = PH_MSG_WELCOME, .chunk = one };
	const struct ph_message why = { .type = PH_MSG_WHY, .count = PH_WHY_PUT_BACK };
	const struct ph_message keep = { .type = PH_MSG_KEEP,
					 .first = 1,
					 .last = 1,
					 .total = PH_KEEP_AROUND + 1,
					 .chunk = one };
	const struct ph_message done = { .type = PH_MSG_DONE };
	const struct ph_message done_too_many = { .type = PH_MSG_DONE, .count = 1 };
	const struct ph_message close = { .type = PH_MSG_CLOSE };
	const struct ph_message receipt = { .type = PH_MSG_RECEIPT,
					    .receipt = { .n = 1, .level = 2 } };
	const struct ph_message far_receipt = {
		.type = PH_MSG_RECEIPT, .receipt = { .index = 1, .n = 1, .level = 2 }
	};
	const struct {
		const char *name;
		bool at_hub;
		const struct ph_message *first; /* fine */
		const struct ph_message *then;  /* not */
	} cases[] = {
		{ "MORE of nothing", true, NULL, &more },
		{ "part in a part", true, &part, &part },
		{ "segment in a part", true, &part, &segment },
		{ "part in a segment", true, &segment, &part },
		{ "DONE in a part", true, &part, &done },
		{ "CLOSE in a part", true, &part, &close },
		{ "RESUME of nothing", true, NULL, &resume },
		{ "RESUME in a part", true, &part, &resume },
		{ "certificate nobody asked for", true, NULL, &cert },
		{ "welcome at a hub", true, NULL, &welcome },
		{ "WHY at a hub", true, NULL, &why },
		{ "WHY without REFUSE", false, NULL, &why },
		{ "receipt at a hub", true, NULL, &receipt },
		{ "DONE with more than was sent, hub", true, NULL, &done_too_many },
		{ "RESUME at a device", false, NULL, &resume },
		{ "certificate at a device", false, NULL, &cert },
		{ "second welcome", false, NULL, &welcome },
		{ "CLOSE at a device", false, NULL, &close },
		{ "receipt of no head", false, NULL, &far_receipt },
		{ "DONE with more than was sent, device", false, NULL, &done_too_many },
		{ "DONE in a part, device", false, &part, &done },
		{ "KEEP at a hub, of a device that keeps nothing", true, NULL, &keep },
		{ "KEEP at a device that keeps nothing", false, NULL, &keep },
		{ "page at a hub", true, NULL, &page },
		{ "page in a page", false, &page, &page },
		{ "segment in a page", false, &page, &segment },
		{ "DONE in a page", false, &page, &done },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;

		print_message("# %s\n", cases[i].name);
		if (cases[i].at_hub) {
			hub_in_transport(&puppet);
		} else {
			device_in_transport(&puppet);
		}
		if (cases[i].first != NULL) {
			say(&puppet, cases[i].first);
			assert_alive(&puppet);
		}
		say(&puppet, cases[i].then);
		assert_refused(&puppet);
		puppet_deinit(&puppet);
	}
}

/* ---- RESUME ---- */

enum {
	WHOLE_LEN = 200, /* of a segment of zeros */
	FRONT_LEN = 100, /* that is held of it */
};

static void front_of_zeros(struct ph_unfinished *front, bool hash_is_right)
{
	static const uint8_t zeros[WHOLE_LEN];
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);

	assert_non_null(item);
	item->first = 1;
	item->last = 2;
	*front = (struct ph_unfinished){ .item = item, .total = WHOLE_LEN };
	assert_int_equal(ph_buf_put(&item->body, zeros, WHOLE_LEN), 0);
	ph_item_hash(item, front->hash);
	front->hash[0] ^= !hash_is_right;
	item->body.len = FRONT_LEN;
}

/* One of either side that has the front, in transport. */
static void one_with_front(struct puppet *puppet, bool at_hub, bool hash_is_right)
{
	struct ph_unfinished front;
	struct ph_job *job;

	front_of_zeros(&front, hash_is_right);
	if (at_hub) {
		const struct ph_hello hello = { .done = true, .n_heads = 1 };

		puppet_init(puppet);
		meet_hub(puppet, &hello);
		job = take(puppet, PH_JOB_HELLO);
		job->partial = front;
	} else {
		struct ph_hello hello = { .done = true,
					  .n_heads = 1,
					  .has_partial = true,
					  .partial_offset = FRONT_LEN };
		const struct ph_welcome welcome = { .same = true };

		memcpy(hello.partial_hash, front.hash, sizeof(hello.partial_hash));
		device_with_front(puppet, &hello, &welcome, &front);
		assert_null(front.item);
		job = take(puppet, PH_JOB_WELCOME);
	}
	ph_session_give_job(puppet->session, job, puppet->now);
	if (at_hub) {
		take_answer(puppet);
	}
	assert_int_equal(ph_session_state(puppet->session), PH_SESSION_TRANSFER);
}

/* What follows the front of which it was told: all of it, too much of it, and again. */
static void test_resume(void **state)
{
	(void)state;
	static const uint8_t zeros[WHOLE_LEN];
	static const struct {
		const char *name;
		size_t len[3]; /* of RESUME; of MORE; of another RESUME; 0: none */
		bool is_wrong, is_fine;
	} cases[] = {
		{ "the rest", { 100, 0, 0 }, false, true },
		{ "in two", { 99, 1, 0 }, false, true },
		{ "a byte too many", { 101, 0, 0 }, false, false },
		{ "a byte too many behind it", { 99, 2, 0 }, false, false },
		{ "MORE behind the end", { 100, 1, 0 }, false, false },
		{ "again within it", { 99, 0, 1 }, false, false },
		{ "again behind it", { 100, 0, 1 }, false, false },
		{ "another hash", { 100, 0, 0 }, true, false },
	};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool at_hub = i % 2 == 0;
		struct ph_session_counts counts;
		struct ph_unfinished front = { 0 };
		struct puppet puppet;

		print_message("# %s, %s\n", cases[i / 2].name, at_hub ? "hub" : "device");
		one_with_front(&puppet, at_hub, !cases[i / 2].is_wrong);
		for (unsigned k = 0; k < 3; k++) {
			const struct ph_message message = {
				.type = k == 1 ? PH_MSG_MORE : PH_MSG_RESUME,
				.chunk = PH_VIEW(zeros, cases[i / 2].len[k])
			};

			if (message.chunk.len > 0) {
				say(&puppet, &message);
			}
		}
		ph_session_counts(puppet.session, &counts);
		assert_int_equal(counts.resumed_in, FRONT_LEN);
		if (cases[i / 2].is_fine) {
			assert_alive(&puppet);
			assert_int_equal(counts.items_in, 1);
		} else if (cases[i / 2].is_wrong && !at_hub) {
			/* it may have gone bad here: no word of it */
			assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_CUT);
			assert_int_equal(hear(&puppet), 0);
		} else {
			assert_refused(&puppet);
		}
		if (!cases[i / 2].is_fine) {
			assert_false(ph_session_take_partial(puppet.session, &front));
		}
		puppet_deinit(&puppet);
	}
}

static void test_bad_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint8_t bytes[12];
		size_t len;
	} cases[] = {
		{ "nothing", { 0 }, 0 },
		{ "no array", { 0x0a }, 1 },
		{ "empty array", { 0x90 }, 1 },
		{ "type 0", { 0x91, 0 }, 2 },
		{ "type 14", { 0x91, 14 }, 2 },
		{ "PING with a member", { 0x92, 10, 1 }, 3 },
		{ "DONE without", { 0x91, 5 }, 2 },
		{ "cut", { 0x92, 5 }, 2 },
		{ "array of 2^32 - 1", { 0xdd, 255, 255, 255, 255 }, 5 },
		{ "not the shortest", { 0x91, 0xcc, 10 }, 3 },
		{ "good, then bad", { 0x91, 10, 0xc1 }, 3 },
		{ "REFUSE with status 0", { 0x92, 9, 0 }, 3 },
		{ "REFUSE with status 7", { 0x92, 9, 7 }, 3 },
		{ "CREDIT of 0", { 0x92, 6, 0 }, 3 },
		{ "MORE of nothing", { 0x92, 3, 0xc4, 0 }, 4 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;

		print_message("# %s\n", cases[i].name);
		hub_in_transport(&puppet);
		say_bytes(&puppet, PH_VIEW(cases[i].bytes, cases[i].len));
		assert_refused(&puppet);
		puppet_deinit(&puppet);
	}
}

/* Frames that nobody vouches for end the session without a word. */
static void test_unsealed_frames(void **state)
{
	(void)state;
	static const uint8_t frames[][20] = {
		{ 0, 0 }, { 0, 1, 7 }, { 0, 16 }, { 0, 18 }
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		struct puppet puppet;

		hub_in_transport(&puppet);
		ph_session_receive(puppet.session, PH_VIEW(frames[i], 2u + frames[i][1]),
				   puppet.now);
		assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_HANDSHAKE);
		assert_int_equal(ph_session_output(puppet.session).len, 0);
		puppet_deinit(&puppet);
	}
}

/* What a stranger can send before and instead of message 1. */
static void test_strangers(void **state)
{
	(void)state;
	struct puppet puppet;
	const struct ph_hello hello = { .done = true };
	struct ph_view body;

	puppet_init(&puppet);
	meet_hub(&puppet, &hello); /* a session in HELLO: nothing may follow now */
	assert_false(ph_session_wants_input(puppet.session));
	ph_session_receive(puppet.session, PH_VIEW("\0\1x", 3), puppet.now);
	assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_HANDSHAKE);
	assert_int_equal(ph_session_output(puppet.session).len, 0);
	puppet_deinit(&puppet);

	static const char *const openings[] = { "GET / HTTP/1.0", "PX", "PH\2",
						"PH\1zzzz" };

	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		struct ph_session_config config = { .side = PH_SIDE_HUB,
						    .keys = &puppet.theirs };

		puppet_init(&puppet);
		ph_rng_seed(&puppet.session_state, 78, &config.rng);
		assert_int_equal(ph_session_new(&puppet.session, &config, puppet.now), 0);
		ph_session_receive(puppet.session, ph_view_str(openings[i]), puppet.now);
		assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_HANDSHAKE);
		body = ph_session_output(puppet.session);
		assert_int_equal(body.len, 0);
		assert_null(ph_session_peer(puppet.session));
		puppet_deinit(&puppet);
	}
}

/* A hello of another version gets an answer, one that is none does not. */
static void test_hello_forms(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint8_t bytes[4];
		size_t len;
		enum ph_session_failure failure;
		bool is_answered;
	} cases[] = {
		{ "version 3", { 0x92, 3, 9 }, 3, PH_FAIL_REFUSED, true },
		{ "version 2 without a front",
		  { 0x92, 2, 9 },
		  3,
		  PH_FAIL_PROTOCOL,
		  false },
		{ "version 0", { 0x91, 0 }, 2, PH_FAIL_REFUSED, true },
		{ "no array", { 1 }, 1, PH_FAIL_PROTOCOL, false },
		{ "nothing", { 0 }, 0, PH_FAIL_PROTOCOL, false },
		{ "a map", { 0x81, 1, 1 }, 3, PH_FAIL_PROTOCOL, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;
		uint8_t preamble[PH_PREAMBLE_LEN];
		struct ph_noise_config noise = { .pattern = PH_NOISE_IK,
						 .role = PH_NOISE_INITIATOR };
		struct ph_session_config config = { .side = PH_SIDE_HUB };
		struct ph_buf body = { 0 };

		print_message("# %s\n", cases[i].name);
		puppet_init(&puppet);
		ph_preamble_encode(preamble, puppet.theirs.key);
		noise.prologue = PH_VIEW(preamble, sizeof(preamble));
		noise.static_secret = puppet.own.secret;
		noise.remote_static = puppet.theirs.key;
		config.keys = &puppet.theirs;
		ph_rng_seed(&puppet.session_state, 78, &config.rng);
		assert_int_equal(ph_session_new(&puppet.session, &config, 0), 0);
		assert_int_equal(ph_noise_init(&puppet.noise, &noise), 0);
		assert_int_equal(ph_noise_create_message(
					 &puppet.noise, &puppet.rng,
					 PH_VIEW(cases[i].bytes, cases[i].len), &body),
				 0);
		ph_session_receive(puppet.session, PH_VIEW(preamble, sizeof(preamble)),
				   0);
		tell(&puppet, ph_buf_view(&body));
		assert_int_equal(ph_session_failure(puppet.session), cases[i].failure);
		assert_int_equal(ph_session_output(puppet.session).len > 0,
				 cases[i].is_answered);
		assert_null(ph_session_take_job(puppet.session));
		ph_buf_deinit(&body);
		puppet_deinit(&puppet);
	}
}

static void test_welcome_that_cannot_be(void **state)
{
	(void)state;
	const struct ph_hello hello = { .done = true, .n_heads = 1 };
	struct ph_short_receipt receipt = { .index = 1, .n = 1, .level = 2 };
	const struct {
		const char *name;
		struct ph_welcome welcome;
	} cases[] = {
		{ "two heads for one", { .n_heads = 2, .head = { { .n = 1 } } } },
		{ "receipt of no head",
		  { .same = true, .receipt = &receipt, .n_receipts = 1 } },
		{ "done with an item that was not sent",
		  { .same = true, .done = true, .done_items = 1 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;

		print_message("# %s\n", cases[i].name);
		device_with(&puppet, &hello, &cases[i].welcome);
		assert_refused(&puppet);
		puppet_deinit(&puppet);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_out_of_place),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_bad_bytes),
		cmocka_unit_test(test_unsealed_frames),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_hello_forms),
		cmocka_unit_test(test_welcome_that_cannot_be),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("session_stray", tests, NULL, NULL);
}
