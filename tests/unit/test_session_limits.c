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
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("session_limits", tests, NULL, NULL);
}
