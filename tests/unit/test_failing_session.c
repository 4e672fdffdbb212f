/*
 * tests/unit/test_failing_session.c - a session runs out of memory at each place, once.
 *
 * Two sessions with much to do both ways ride again and again; in each ride one allocation
 * more fails (fail_at.h), within the sessions alone. The one it happened to says that it had no
 * memory, the other that the link was cut or that it was refused, and neither goes on; what both
 * stores then have is good: the next ride, when nothing fails, brings the rest and nothing twice.
 * Then the messages by themselves.
 */
#include "proto/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "fail_at.h"

static bool is_failing; /* this ride */

static void failing_in(void)
{
	failing.armed = is_failing && !failing.hit;
}

static void failing_out(void)
{
	failing.armed = false;
}

/* --- the calls of a session, in which memory may fail --- */

static void in_receive(struct ph_session *session, struct ph_view bytes, uint64_t now)
{
	failing_in();
	ph_session_receive(session, bytes, now);
	failing_out();
}

static struct ph_view in_output(struct ph_session *session)
{
	struct ph_view bytes;

	failing_in();
	bytes = ph_session_output(session);
	failing_out();
	return bytes;
}

static void in_sent(struct ph_session *session, size_t len, uint64_t now)
{
	failing_in();
	ph_session_sent(session, len, now);
	failing_out();
}

static struct ph_job *in_take_job(struct ph_session *session)
{
	struct ph_job *job;

	failing_in();
	job = ph_session_take_job(session);
	failing_out();
	return job;
}

static void in_give_job(struct ph_session *session, struct ph_job *job, uint64_t now)
{
	failing_in();
	ph_session_give_job(session, job, now);
	failing_out();
}

static int in_new(struct ph_session **session_out, const struct ph_session_config *config,
		  uint64_t now)
{
	struct ph_session *session = NULL;
	int rc;

	failing_in();
	rc = ph_session_new(&session, config, now);
	failing_out();
	if (rc != 0) { /* a device that could not even begin tries again */
		assert_true(failing.hit && session == NULL);
		rc = ph_session_new(&session, config, now);
	}
	*session_out = session;
	return rc;
}

#define ph_session_receive  in_receive
#define ph_session_output   in_output
#define ph_session_sent     in_sent
#define ph_session_take_job in_take_job
#define ph_session_give_job in_give_job
#define ph_session_new      in_new
#include "session_room.h"

/* --- rides --- */

static struct room *busy_room(size_t frame_max)
{
	static const uint8_t cert[700] = { 1 };
	struct room *room = room_new();

	room->frame_max = frame_max;
	assert_int_equal(ph_buf_put(&room->device_store.cert, cert, sizeof(cert)), 0);
	for (unsigned i = 0; i < 12; i++) {
		book_add(&room->device_store.book, &room->rng, 10 + 3 * i, 20 + 90 * i,
			 2);
	}
	for (unsigned i = 0; i < 6; i++) {
		book_add(&room->hub_store.control, &room->rng, 5 + i, 300, 0);
	}
	for (unsigned i = 0; i < PAGES; i++) {
		feed_add(&room->hub_store, &room->rng, 1 + i * 2100);
	}
	return room;
}

static bool is_bad_end(enum ph_session_failure failure)
{
	return failure == PH_FAIL_NONE || failure == PH_FAIL_MEMORY ||
	       failure == PH_FAIL_CUT || failure == PH_FAIL_REFUSED;
}

static void ride_and_ride_again(struct room *room)
{
	bool hit;

	failing.hit = false;
	is_failing = true;
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	is_failing = false;
	hit = failing.hit;
	assert_true(is_bad_end(ph_session_failure(room->device)));
	assert_true(is_bad_end(ph_session_failure(room->hub)));
	if (hit && ph_session_failure(room->device) != PH_FAIL_MEMORY &&
	    ph_session_failure(room->hub) != PH_FAIL_MEMORY &&
	    (ph_session_failure(room->device) != PH_FAIL_NONE ||
	     ph_session_failure(room->hub) != PH_FAIL_NONE)) {
		failing_show();
		fail_msg("device %d, hub %d, status %d", ph_session_failure(room->device),
			 ph_session_failure(room->hub), ph_session_status(room->device));
	}
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	if (ph_session_failure(room->device) != PH_FAIL_NONE ||
	    ph_session_failure(room->hub) != PH_FAIL_NONE) {
		failing_show();
		fail_msg("then device %d, hub %d, status %d",
			 ph_session_failure(room->device), ph_session_failure(room->hub),
			 ph_session_status(room->device));
	}
	assert_closed(room);
	assert_even(room);
	failing.hit = hit;
}

static void every_failure_ends_a_session(void **state)
{
	static const size_t frames[] = { 0, 512 };
	unsigned rides = 0;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		do {
			struct room *room = busy_room(frames[i % 2]);

			room->hub_store.is_known = i < 2;
			room->device_store.waits_for_missing = i == 3;
			ride_and_ride_again(room);
			room_free(room);
			rides++;
		} while (failing.hit);
	}
	print_message("# %u rides, %u ways on which memory failed\n", rides,
		      (unsigned)failing.ways);
	assert_true(failing.ways > 50);
}

/* --- messages --- */

/* ENCODE with OUT as it was before whenever memory fails. */
#define THROUGH(encode)                                                                  \
	do {                                                                             \
		struct ph_buf out = { 0 };                                               \
		int rc;                                                                  \
                                                                                         \
		assert_int_equal(ph_buf_put(&out, "before", 6), 0);                      \
		do {                                                                     \
			out.len = 6;                                                     \
			failing_arm();                                                   \
			rc = encode;                                                     \
			if (failing_disarm()) {                                          \
				assert_true(rc == -ENOMEM && out.len == 6);              \
			}                                                                \
		} while (failing.hit);                                                   \
		assert_int_equal(rc, 0);                                                 \
		assert_true(out.len > 6 && memcmp(out.data, "before", 6) == 0);          \
		ph_buf_deinit(&out);                                                     \
	} while (0)

static void messages_that_do_not_fit_into_memory(void **state)
{
	static uint8_t bytes[3000];
	static struct ph_hello hello;
	struct ph_short_receipt receipts[2] = {
		{ .n = 9, .level = PH_LEVEL_HUB },
		{ .n = 3, .index = 1, .level = PH_LEVEL_HUB }
	};
	struct ph_welcome welcome = { .n_heads = 2,
				      .head = { { .n = 5 }, { .n = 6 } },
				      .n_receipts = 2,
				      .receipt = receipts };

	(void)state;
	hello = (struct ph_hello){ .n_heads = 2,
				   .head = { { .n = 5 }, { .n = 6 } },
				   .cert = PH_VIEW(bytes, 900) };
	hello.head[1].log_id[0] = 1;
	THROUGH(ph_hello_encode(&hello, &out));
	THROUGH(ph_welcome_encode(&welcome, &out));
	for (int type = 0; type < 16; type++) {
		struct ph_message message = { .type = (enum ph_message_type)type };
		struct ph_buf probe = { 0 };

		if (ph_message_encode(&message, &probe) == 0) {
			THROUGH(ph_message_encode(&message, &out));
		}
		ph_buf_deinit(&probe);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_ends_a_session),
		cmocka_unit_test(messages_that_do_not_fit_into_memory),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	failing_start();
	return cmocka_run_group_tests_name("failing_session", tests, NULL, NULL);
}
