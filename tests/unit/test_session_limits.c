/*
 * Tests of proto/session*.c against a peer that knows the keys and breaks the rules.
 * Each limit below it, at it, above it.
 */
#include "session_puppet.h"

/* Send the body of a message that was begun with a chunk of one byte. */
static void say_rest(struct puppet *puppet, size_t rest)
{
	static const uint8_t zeros[60000];

	while (rest > 0) {
		struct ph_message more = { .type = PH_MSG_MORE };
		size_t len = rest < sizeof(zeros) ? rest : sizeof(zeros);

		more.chunk = PH_VIEW(zeros, len);
		say(puppet, &more);
		rest -= len;
	}
}

static void test_item_sizes(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool is_part;
		size_t total;
		bool is_taken;
	} cases[] = {
		{ "segment, limit - 1", false, PH_SEGMENT_TRAVEL_MAX - 1, true },
		{ "segment, limit", false, PH_SEGMENT_TRAVEL_MAX, true },
		{ "segment, limit + 1", false, PH_SEGMENT_TRAVEL_MAX + 1, false },
		{ "segment, over any", false, PH_SEGMENT_PLAIN_MAX, false },
		{ "part, limit - 1", true, PH_PART_MAX - 1, true },
		{ "part, limit", true, PH_PART_MAX, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;
		struct ph_session_counts counts;
		struct ph_view one = PH_VIEW("x", 1);
		struct ph_message message =
			cases[i].is_part ? part_message(cases[i].total, one)
					 : segment_message(cases[i].total, one);

		print_message("# %s\n", cases[i].name);
		hub_in_transport(&puppet);
		say(&puppet, &message);
		if (cases[i].is_taken) {
			assert_alive(&puppet);
			say_rest(&puppet, cases[i].total - 2);
			assert_alive(&puppet);
			ph_session_counts(puppet.session, &counts);
			assert_true(counts.memory <= 320 * 1024);
		} else {
			assert_refused(&puppet);
		}
		puppet_deinit(&puppet);
	}
}

/* A page comes down to a device, of the size that a page can have, and by its hash. */
static void test_pages(void **state)
{
	(void)state;
	static const uint8_t zeros[PH_PAGE_MAX + PH_PAGE_AROUND];
	static const struct {
		const char *name;
		size_t total;
		bool is_right; /* its hash */
	} cases[] = {
		{ "limit - 1", sizeof(zeros) - 1, true },
		{ "limit", sizeof(zeros), true },
		{ "one byte", 1, true },
		{ "another hash", 1000, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;
		struct ph_message message =
			page_message(cases[i].total, PH_VIEW(zeros, 1));
		struct ph_job *job;

		print_message("# %s\n", cases[i].name);
		ph_feed_hash(PH_VIEW(zeros, cases[i].total), message.hash);
		message.hash[3] ^= !cases[i].is_right;
		device_in_transport(&puppet);
		say(&puppet, &message);
		say_rest(&puppet, cases[i].total - 1);
		if (!cases[i].is_right) {
			assert_refused(&puppet);
			puppet_deinit(&puppet);
			continue;
		}
		assert_alive(&puppet);
		job = take(&puppet, PH_JOB_STORE);
		assert_int_equal(job->items->type, PH_ITEM_PAGE);
		assert_int_equal(job->items->body.len, cases[i].total);
		ph_session_give_job(puppet.session, job, puppet.now);
		say_type(&puppet, PH_MSG_DONE, 0);
		(void)hear(&puppet);
		assert_true(was_heard(&puppet, PH_MSG_CLOSE, 0));
		puppet_deinit(&puppet);
	}
}

/* A hub loads no page that cannot travel, a device none at all. */
static void test_pages_loaded(void **state)
{
	(void)state;
	static const uint8_t zeros[PH_PAGE_MAX + PH_PAGE_AROUND + 1];
	static const struct {
		bool at_hub;
		size_t len;
		bool is_sent;
	} cases[] = { { true, sizeof(zeros) - 1, true },
		      { true, sizeof(zeros), false },
		      { true, 0, false },
		      { false, 10, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct ph_hello hello = { .done = true, .n_heads = 1 };
		const struct ph_welcome welcome = { .same = true };
		struct ph_item *item = ph_item_new(PH_ITEM_PAGE);
		struct puppet puppet;
		struct ph_job *job;

		assert_non_null(item);
		assert_int_equal(ph_buf_put(&item->body, zeros, cases[i].len), 0);
		if (cases[i].at_hub) {
			puppet_init(&puppet);
			meet_hub(&puppet, &hello);
			job = take(&puppet, PH_JOB_HELLO);
		} else {
			device_with(&puppet, &hello, &welcome);
			job = take(&puppet, PH_JOB_WELCOME);
		}
		job->more = true;
		ph_session_give_job(puppet.session, job, puppet.now);
		if (cases[i].at_hub) {
			take_answer(&puppet);
		}
		job = take(&puppet, PH_JOB_LOAD);
		job->items = item;
		ph_session_give_job(puppet.session, job, puppet.now);
		assert_int_equal(ph_session_failure(puppet.session),
				 cases[i].is_sent ? PH_FAIL_NONE : PH_FAIL_STORE);
		if (cases[i].is_sent) {
			(void)hear(&puppet);
			assert_true(was_heard(&puppet, PH_MSG_PAGE, 0));
		}
		puppet_deinit(&puppet);
	}
}

/* A body longer than it was announced; a length announced and not sent costs nothing. */
static void test_announced(void **state)
{
	(void)state;
	struct puppet puppet;
	struct ph_message message = part_message(10, PH_VIEW("123456789", 9));
	struct ph_session_counts counts;

	hub_in_transport(&puppet);
	say(&puppet, &message);
	assert_alive(&puppet);
	say_rest(&puppet, 2);
	assert_refused(&puppet);
	puppet_deinit(&puppet);

	hub_in_transport(&puppet);
	message = segment_message(PH_SEGMENT_TRAVEL_MAX, PH_VIEW("1", 1));
	say(&puppet, &message);
	assert_alive(&puppet);
	ph_session_counts(puppet.session, &counts);
	assert_true(counts.memory < 8192);
	puppet_deinit(&puppet);
}

/* Small parts until the credit is used up, which each of them costs beyond its body. */
static void test_credit_overrun(void **state)
{
	(void)state;
	struct puppet puppet;
	const struct ph_message message = part_message(1, PH_VIEW("x", 1));
	const unsigned limit = PH_WINDOW / (PH_ITEM_CREDIT + 1);
	struct ph_session_counts counts;

	hub_in_transport(&puppet);
	for (unsigned i = 0; i < limit; i++) {
		say(&puppet, &message);
		assert_alive(&puppet);
	}
	ph_session_counts(puppet.session, &counts);
	print_message("# %u parts of 1 byte: %zu bytes of memory\n", limit,
		      counts.memory);
	assert_true(counts.memory <= 320 * 1024);
	say(&puppet, &message);
	assert_refused(&puppet);
	puppet_deinit(&puppet);
}

/* Credit comes back when it is stored, batched; and then as much as before may be sent. */
static void test_credit_returns(void **state)
{
	(void)state;
	struct puppet puppet;
	struct ph_message message = part_message(1, PH_VIEW("x", 1));
	struct ph_job *job;

	hub_in_transport(&puppet);
	say_type(&puppet, PH_MSG_PING, 0);
	ph_session_give_job(puppet.session, take(&puppet, PH_JOB_HEARD), puppet.now);
	(void)hear(&puppet);
	for (unsigned i = 0; i < PH_WINDOW / 2 / (PH_ITEM_CREDIT + 1); i++) {
		say(&puppet, &message);
	}
	job = take(&puppet, PH_JOB_STORE);
	ph_session_give_job(puppet.session, job, puppet.now);
	(void)hear(&puppet);
	assert_false(was_heard(&puppet, PH_MSG_CREDIT, 0)); /* more than half is left */
	say(&puppet, &message);
	ph_session_give_job(puppet.session, take(&puppet, PH_JOB_STORE), puppet.now);
	(void)hear(&puppet);
	assert_true(was_heard(&puppet, PH_MSG_CREDIT, 0));

	/* the whole window again */
	for (unsigned i = 0; i < PH_WINDOW / (PH_ITEM_CREDIT + 1); i++) {
		say(&puppet, &message);
		assert_alive(&puppet);
	}
	say(&puppet, &message);
	assert_refused(&puppet);
	puppet_deinit(&puppet);
}

static void test_credit_lies(void **state)
{
	(void)state;
	struct puppet puppet;

	hub_in_transport(&puppet); /* it has sent nothing, so nothing can come back */
	say_type(&puppet, PH_MSG_CREDIT, 1);
	assert_refused(&puppet);
	puppet_deinit(&puppet);
}

/* A device that gets no credit stops, and goes on when it comes. */
static void test_sender_waits(void **state)
{
	(void)state;
	struct puppet puppet;
	const struct ph_hello hello = { .n_heads = 1 };
	const struct ph_welcome welcome = { .same = true };
	struct ph_session_counts counts;
	struct ph_job *job;
	size_t sent = 0;
	size_t given = 0;

	device_with(&puppet, &hello, &welcome);
	job = take(&puppet, PH_JOB_WELCOME);
	job->more = true;
	ph_session_give_job(puppet.session, job, puppet.now);
	for (unsigned i = 0; i < 100; i++) {
		job = ph_session_take_job(puppet.session);
		if (job != NULL) {
			struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
			uint8_t zeros[20000] = { 0 };

			assert_int_equal(job->type, PH_JOB_LOAD);
			assert_true(job->budget >= 16 * 1024);
			item->first = item->last = 1;
			assert_int_equal(ph_buf_put(&item->body, zeros, sizeof(zeros)),
					 0);
			job->items = item;
			job->more = true;
			given += sizeof(zeros);
			ph_session_give_job(puppet.session, job, puppet.now);
		}
		(void)hear(&puppet);
	}
	ph_session_counts(puppet.session, &counts);
	sent = counts.items_out * 20000;
	print_message("# without credit: %zu bytes sent, %zu loaded\n", sent, given);
	assert_true(sent <= PH_WINDOW && sent > PH_WINDOW / 2);
	assert_true(given <= PH_WINDOW + 40000);
	assert_null(ph_session_take_job(puppet.session));
	say_type(&puppet, PH_MSG_CREDIT, 100000);
	assert_true(hear(&puppet) > 0);
	assert_alive(&puppet);
	puppet_deinit(&puppet);
}

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
		{ "of a newer hub", "920904921102", PH_WHY_NONE },
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
		{ "version 2", { 0x92, 2, 9 }, 3, PH_FAIL_REFUSED, true },
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
		cmocka_unit_test(test_item_sizes),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_pages_loaded),
		cmocka_unit_test(test_announced),
		cmocka_unit_test(test_credit_overrun),
		cmocka_unit_test(test_credit_returns),
		cmocka_unit_test(test_credit_lies),
		cmocka_unit_test(test_sender_waits),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_out_of_place),
		cmocka_unit_test(test_bad_bytes),
		cmocka_unit_test(test_unsealed_frames),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_hello_forms),
		cmocka_unit_test(test_welcome_that_cannot_be),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("session_limits", tests, NULL, NULL);
}
