/*
 * Tests of proto/session_time.c, against a peer that does not answer in time, and of
 * how sessions end.
 */
#include "session_puppet.h"

#include <errno.h>

/* SESSION is fine until AT - 1 and has timed out at AT. */
static void assert_ends_at(struct puppet *puppet, uint64_t at)
{
	ph_session_tick(puppet->session, at - 1);
	assert_alive(puppet);
	assert_true(ph_session_deadline(puppet->session) <= at);
	ph_session_tick(puppet->session, at);
	assert_int_equal(ph_session_failure(puppet->session), PH_FAIL_TIMEOUT);
	assert_int_equal(ph_session_deadline(puppet->session), UINT64_MAX);
	ph_session_tick(puppet->session, at + 1);
	assert_int_equal(ph_session_failure(puppet->session), PH_FAIL_TIMEOUT);
}

static void silent_hub(struct puppet *puppet)
{
	struct ph_session_config config = { .side = PH_SIDE_HUB,
					    .keys = &puppet->theirs };

	puppet_init(puppet);
	ph_rng_seed(&puppet->session_state, 78, &config.rng);
	assert_int_equal(ph_session_new(&puppet->session, &config, puppet->now), 0);
}

static void test_time_first_byte(void **state)
{
	(void)state;
	struct puppet puppet;

	silent_hub(&puppet);
	assert_int_equal(ph_session_deadline(puppet.session), 5000 + PH_FIRST_BYTE_MS);
	assert_ends_at(&puppet, 5000 + PH_FIRST_BYTE_MS);
	puppet_deinit(&puppet);
}

/* A whole preamble, then nothing. */
static void test_time_handshake(void **state)
{
	(void)state;
	struct puppet puppet;
	uint8_t preamble[PH_PREAMBLE_LEN];

	silent_hub(&puppet);
	ph_preamble_encode(preamble, puppet.theirs.key);
	ph_session_receive(puppet.session, PH_VIEW(preamble, sizeof(preamble)), 5100);
	assert_ends_at(&puppet, 5000 + PH_HANDSHAKE_MS);
	puppet_deinit(&puppet);
}

/* The device waits for message 2 from when its last byte went out. */
static void test_time_answer(void **state)
{
	(void)state;
	struct room *room = room_new();

	assert_int_equal(room_new_device(room), 0);
	ph_session_sent(room->device, 20, room->now + 4000);
	ph_session_tick(room->device, room->now + 4000 + PH_HANDSHAKE_MS - 1);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_NONE);
	ph_session_tick(room->device, room->now + 4000 + PH_HANDSHAKE_MS);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_TIMEOUT);
	room_free(room);
}

/* The hub's store may take its time over the hello, and so may any store. */
static void test_time_of_own_store(void **state)
{
	(void)state;
	struct puppet puppet;
	const struct ph_hello hello = { .done = true, .n_heads = 1 };
	const struct ph_message part = part_message(1, PH_VIEW("x", 1));
	struct ph_job *job, *store;

	puppet_init(&puppet);
	meet_hub(&puppet, &hello);
	assert_int_equal(ph_session_deadline(puppet.session), UINT64_MAX);
	job = take(&puppet, PH_JOB_HELLO);
	ph_session_tick(puppet.session, 10000000);
	assert_alive(&puppet);
	puppet.now = 10000000;
	ph_session_give_job(puppet.session, job, puppet.now);
	take_answer(&puppet);
	say(&puppet, &part);
	job = take(&puppet, PH_JOB_HEARD);
	store = take(&puppet, PH_JOB_STORE);
	ph_session_give_job(puppet.session, job, puppet.now);
	ph_session_tick(puppet.session, 20000000);
	assert_alive(&puppet);
	ph_session_give_job(puppet.session, store, 20000000);
	assert_ends_at(&puppet, 20000000 + PH_IDLE_MS);
	puppet_deinit(&puppet);
}

static void test_time_certificate(void **state)
{
	(void)state;
	struct puppet puppet;
	const struct ph_hello hello = { .done = true };
	struct ph_job *job;

	puppet_init(&puppet);
	meet_hub(&puppet, &hello);
	job = take(&puppet, PH_JOB_HELLO);
	job->welcome.status = PH_STATUS_CERT;
	ph_session_give_job(puppet.session, job, 7000);
	assert_ends_at(&puppet, 7000 + PH_HANDSHAKE_MS);
	puppet_deinit(&puppet);
}

static void test_time_idle(void **state)
{
	(void)state;
	struct puppet puppet;

	hub_in_transport(&puppet);
	assert_int_equal(ph_session_deadline(puppet.session), 5000 + PH_KEEPALIVE_MS);
	ph_session_tick(puppet.session, 5000 + PH_KEEPALIVE_MS - 1);
	assert_int_equal(hear(&puppet), 0);
	ph_session_tick(puppet.session, 5000 + PH_KEEPALIVE_MS);
	assert_int_equal(hear(&puppet), 1);
	assert_true(was_heard(&puppet, PH_MSG_PING, 0));
	ph_session_tick(puppet.session, 5000 + PH_KEEPALIVE_MS + 1);
	assert_int_equal(hear(&puppet), 0);
	ph_session_tick(puppet.session, 5000 + 2 * PH_KEEPALIVE_MS);
	assert_int_equal(hear(&puppet), 1);
	assert_ends_at(&puppet, 5000 + PH_IDLE_MS);
	puppet_deinit(&puppet);

	/* a PING is answered, and keeps the session alive */
	hub_in_transport(&puppet);
	puppet.now = 5000 + PH_IDLE_MS - 1;
	say_type(&puppet, PH_MSG_PING, 0);
	assert_int_equal(hear(&puppet), 1);
	assert_true(was_heard(&puppet, PH_MSG_PONG, 0));
	ph_session_give_job(puppet.session, take(&puppet, PH_JOB_HEARD), puppet.now);
	assert_ends_at(&puppet, 5000 + PH_IDLE_MS - 1 + PH_IDLE_MS);
	puppet_deinit(&puppet);

	device_in_transport(&puppet);
	assert_ends_at(&puppet, 5000 + PH_IDLE_MS);
	puppet_deinit(&puppet);
}

/* 1 KiB in 10 s while a frame is open. */
static void test_time_drip(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		bool is_enough;
	} cases[] = { { PH_DRIP_BYTES - 1, false },
		      { PH_DRIP_BYTES, true },
		      { PH_DRIP_BYTES + 1, true } };
	static const uint8_t bytes[4000];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct puppet puppet;

		hub_in_transport(&puppet);
		ph_session_receive(puppet.session, PH_VIEW("\xff\xff", 2), 6000);
		ph_session_receive(puppet.session, PH_VIEW(bytes, 500), 7000);
		ph_session_receive(puppet.session, PH_VIEW(bytes, cases[i].len - 500),
				   8000);
		assert_ends_at(&puppet, (cases[i].is_enough ? 8000 : 6000) + PH_DRIP_MS);
		puppet_deinit(&puppet);
	}

	/* its rest is enough */
	struct puppet puppet;
	struct ph_buf sealed = { 0 };
	struct ph_buf frame = { 0 };

	hub_in_transport(&puppet);
	assert_int_equal(ph_cipher_seal(&puppet.send, PH_VIEW("\x91\x0a", 2), &sealed),
			 0);
	assert_int_equal(ph_frame_encode(ph_buf_view(&sealed), &frame), 0);
	ph_session_receive(puppet.session, PH_VIEW(frame.data, 1), 6000);
	ph_session_receive(puppet.session, PH_VIEW(frame.data + 1, frame.len - 1),
			   6000 + PH_DRIP_MS - 1);
	ph_session_tick(puppet.session, 6000 + PH_DRIP_MS);
	assert_alive(&puppet);
	ph_buf_deinit(&sealed);
	ph_buf_deinit(&frame);
	puppet_deinit(&puppet);
}

/* ---- ends ---- */

static void test_ends(void **state)
{
	(void)state;
	struct puppet puppet;
	struct ph_job *job;

	/* CLOSE before anything: fine, and HEARD comes first */
	hub_in_transport(&puppet);
	say_type(&puppet, PH_MSG_CLOSE, 0);
	assert_int_equal(ph_session_state(puppet.session), PH_SESSION_CLOSING);
	ph_session_eof(puppet.session);
	assert_int_equal(ph_session_state(puppet.session), PH_SESSION_CLOSING);
	ph_session_give_job(puppet.session, take(&puppet, PH_JOB_HEARD), puppet.now);
	assert_int_equal(ph_session_state(puppet.session), PH_SESSION_CLOSED);
	assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_NONE);
	puppet_deinit(&puppet);

	/* CLOSE after DONE of both, while a HEARD is out: closed when it is back */
	const struct ph_message part = part_message(1, PH_VIEW("x", 1));
	struct ph_job *store;

	hub_in_transport(&puppet);
	say(&puppet, &part);
	say_type(&puppet, PH_MSG_DONE, 0);
	job = take(&puppet, PH_JOB_HEARD);
	store = take(&puppet, PH_JOB_STORE);
	ph_session_give_job(puppet.session, store, puppet.now);
	(void)hear(&puppet);
	assert_true(was_heard(&puppet, PH_MSG_DONE, 1));
	say_type(&puppet, PH_MSG_CLOSE, 0);
	assert_null(ph_session_take_job(puppet.session));
	assert_int_equal(ph_session_state(puppet.session), PH_SESSION_CLOSING);
	ph_session_give_job(puppet.session, job, puppet.now);
	assert_int_equal(ph_session_state(puppet.session), PH_SESSION_CLOSED);
	puppet_deinit(&puppet);

	/* CLOSE of a device that cannot know yet whether this was all */
	hub_in_transport(&puppet);
	say(&puppet, &part);
	say_type(&puppet, PH_MSG_CLOSE, 0);
	assert_refused(&puppet);
	puppet_deinit(&puppet);

	/* a job that comes back after the end */
	hub_in_transport(&puppet);
	say_type(&puppet, PH_MSG_PING, 0);
	job = take(&puppet, PH_JOB_HEARD);
	ph_session_eof(puppet.session);
	assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_CUT);
	ph_session_give_job(puppet.session, job, puppet.now);
	assert_null(ph_session_take_job(puppet.session));
	puppet_deinit(&puppet);

	/* a peer that refuses */
	device_in_transport(&puppet);
	say_type(&puppet, PH_MSG_REFUSE, PH_STATUS_LATER);
	assert_int_equal(ph_session_failure(puppet.session), PH_FAIL_REFUSED);
	assert_int_equal(ph_session_status(puppet.session), PH_STATUS_LATER);
	puppet_deinit(&puppet);
}

/* Of a link that broke: what had come whole goes to the store, behind what is there. */
static void test_last_store(void **state)
{
	(void)state;
	static const uint8_t junk[] = { 0,  20, 1,  2,  3,  4,  5,  6,  7,  8,  9,
					10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
	const struct ph_message first = part_message(1, PH_VIEW("x", 1));
	const struct ph_message second = part_message(2, PH_VIEW("yy", 2));
	const struct ph_message third = part_message(3, PH_VIEW("zzz", 3));
	const struct ph_message open = part_message(8, PH_VIEW("half", 4));
	struct ph_session_counts counts;
	struct puppet puppet;

	for (unsigned how = 0; how < 4; how++) {
		struct ph_job *heard, *store, *last;

		hub_in_transport(&puppet);
		say(&puppet, &first);
		heard = take(&puppet, PH_JOB_HEARD);
		store = take(&puppet, PH_JOB_STORE);
		say(&puppet, &second);
		say(&puppet, &third);
		say(&puppet, &open);
		assert_null(ph_session_take_job(puppet.session));
		if (how == 0) {
			ph_session_eof(puppet.session);
		} else if (how ==
			   1) { /* altered under way: what came before is genuine */
			ph_session_receive(puppet.session, PH_VIEW(junk, sizeof(junk)),
					   puppet.now);
		} else if (how == 2) { /* a peer that proves to be wrong gets no more */
			say_type(&puppet, PH_MSG_DONE, 99);
		} else { /* nor does one when our store is in trouble */
			store->result = -EIO;
			ph_session_give_job(puppet.session, store, puppet.now);
			store = NULL;
		}
		assert_int_equal(ph_session_state(puppet.session), PH_SESSION_FAILED);
		last = ph_session_take_job(puppet.session);
		if (how < 2) {
			assert_non_null(last);
			assert_int_equal(last->type, PH_JOB_STORE);
			assert_int_equal(last->items->body.len, 2);
			assert_int_equal(last->items->next->body.len, 3);
			assert_null(last->items->next->next);
			ph_session_counts(puppet.session, &counts);
			assert_true(counts.memory > 2 * sizeof(*last));
			ph_session_give_job(puppet.session, store, puppet.now);
			ph_session_counts(puppet.session, &counts);
			assert_true(counts.memory > 2 * sizeof(*last));
			ph_session_give_job(puppet.session, last, puppet.now);
			store = NULL;
		} else {
			assert_null(last);
		}
		assert_null(ph_session_take_job(puppet.session));
		ph_session_give_job(puppet.session, heard, puppet.now);
		if (store != NULL) {
			ph_session_give_job(puppet.session, store, puppet.now);
		}
		assert_null(ph_session_take_job(puppet.session));
		puppet_deinit(&puppet);
	}

	/* one that nobody takes is freed with the session */
	hub_in_transport(&puppet);
	say(&puppet, &first);
	ph_session_eof(puppet.session);
	puppet_deinit(&puppet);
}

/* The device has begun another session: what waits goes beside what is out, once. */
static void test_hurry(void **state)
{
	(void)state;
	const struct ph_message first = part_message(1, PH_VIEW("x", 1));
	const struct ph_message second = part_message(2, PH_VIEW("yy", 2));
	const struct ph_message open = { .type = PH_MSG_PACKED,
					 .first = 3,
					 .last = 5,
					 .total = 9,
					 .hash = { 7 },
					 .seal = { 8 },
					 .log_id = { 9 },
					 .chunk = PH_VIEW("front", 5) };
	struct ph_unfinished partial;
	struct ph_job *heard, *store, *hurried;
	struct puppet puppet;

	hub_in_transport(&puppet);
	ph_session_hurry(puppet.session); /* there is nothing */
	assert_int_equal(ph_session_copy_partial(puppet.session, &partial), 0);
	assert_null(partial.item);
	say(&puppet, &first);
	heard = take(&puppet, PH_JOB_HEARD);
	ph_session_give_job(puppet.session, heard, puppet.now);
	store = take(&puppet, PH_JOB_STORE);
	assert_null(ph_session_take_job(puppet.session));
	say(&puppet, &second);
	assert_null(ph_session_take_job(puppet.session));
	ph_session_hurry(puppet.session);
	hurried = take(&puppet, PH_JOB_STORE);
	assert_int_equal(hurried->items->body.len, 2);
	say(&puppet, &second);
	ph_session_hurry(puppet.session); /* two at most */
	assert_null(ph_session_take_job(puppet.session));

	ph_session_give_job(puppet.session, store, puppet.now);
	store = take(&puppet, PH_JOB_STORE);
	ph_session_give_job(puppet.session, hurried, puppet.now);
	ph_session_give_job(puppet.session, store, puppet.now);
	assert_null(ph_session_take_job(puppet.session));
	say(&puppet, &open);
	assert_int_equal(ph_session_copy_partial(puppet.session, &partial), 0);
	assert_non_null(partial.item);
	assert_int_equal(partial.item->type, PH_ITEM_PACKED);
	assert_memory_equal(partial.item->body.data, "front", 5);
	assert_int_equal(partial.item->first + partial.item->last, 8);
	assert_int_equal(partial.item->log_id[0] + partial.item->seal[0], 17);
	assert_int_equal(partial.total, 9);
	assert_int_equal(partial.hash[0], 7);
	ph_unfinished_deinit(&partial);
	assert_alive(&puppet);
	puppet_deinit(&puppet);

	/* what is dealt with is told when both are back */
	hub_in_transport(&puppet);
	say(&puppet, &first);
	store = take(&puppet, PH_JOB_HEARD);
	ph_session_give_job(puppet.session, store, puppet.now);
	store = take(&puppet, PH_JOB_STORE);
	say(&puppet, &second);
	ph_session_hurry(puppet.session);
	hurried = take(&puppet, PH_JOB_STORE);
	say_type(&puppet, PH_MSG_DONE, 0);
	(void)hear(&puppet);
	ph_session_give_job(puppet.session, store, puppet.now);
	(void)hear(&puppet);
	assert_false(was_heard(&puppet, PH_MSG_DONE, 2));
	ph_session_give_job(puppet.session, hurried, puppet.now);
	(void)hear(&puppet);
	assert_true(was_heard(&puppet, PH_MSG_DONE, 2));
	puppet_deinit(&puppet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_first_byte),
		cmocka_unit_test(test_time_handshake),
		cmocka_unit_test(test_time_answer),
		cmocka_unit_test(test_time_of_own_store),
		cmocka_unit_test(test_time_certificate),
		cmocka_unit_test(test_time_idle),
		cmocka_unit_test(test_time_drip),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_last_store),
		cmocka_unit_test(test_hurry),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("session_time", tests, NULL, NULL);
}
