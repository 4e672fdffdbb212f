/*
 * Tests of proto/session*.c against the link: cut at every byte, every bit turned
 * over, everything recorded and played again. With segments as they are, and packed.
 *
 * Message 1 is played again --count times. A recording of 64 KiB: test_session_bits.c.
 */
#include "session_room.h"

#include "proto/frame.h"
#include "tests/unit/seed_args.h"

enum {
	FRAME = 256,
};

/* One segment in message 1, two larger than a frame, two parts; two segments and three pages down. */
static struct room *short_room(void)
{
	struct room *room = room_new();

	room->frame_max = FRAME;
	room->device_store.first_bytes = 200;
	book_add(&room->device_store.book, &room->rng, 3, 40, 1);
	book_add(&room->device_store.book, &room->rng, 6, 100, 0);
	book_add(&room->device_store.book, &room->rng, 2, 220, 1);
	book_add(&room->hub_store.control, &room->rng, 3, 30, 0);
	book_add(&room->hub_store.control, &room->rng, 2, 300, 0);
	feed_add(&room->hub_store, &room->rng, 20);
	feed_add(&room->hub_store, &room->rng, 700);
	feed_add(&room->hub_store, &room->rng, 1);
	return room;
}

/* Length of preamble and message 1 on a recorded wire. */
static size_t first_flight(const struct room *room)
{
	return PH_PREAMBLE_LEN + PH_FRAME_HEADER_LEN +
	       ph_be16_get(room->up.data + PH_PREAMBLE_LEN);
}

static void record(struct room *room)
{
	struct ride ride = WHOLE_RIDE;

	ride.is_recorded = true;
	room_connect(room);
	room_ride(room, ride);
	assert_closed(room);
	assert_even(room);
}

/* What a ride after a cut may cost beyond what an uncut one would still have to carry. */
static size_t loss_bound(const struct room *recorded)
{
	/* the first flight again, a frame that was under way, parts without receipt, heads */
	return first_flight(recorded) + FRAME + 2 * 400 + 200;
}

static void cut_at(int64_t up, int64_t down, size_t whole_up, size_t bound)
{
	struct room *room = short_room();
	struct ride ride = { .cut_up = up, .cut_down = down };

	room_connect(room);
	room_ride(room, ride);
	assert_true(room->device_store.receipted <= room->hub_store.copy.n);
	if (ph_session_state(room->device) == PH_SESSION_CLOSED) {
		assert_even(room); /* cut inside of CLOSE */
	}

	size_t carried = room->hub_counts.bytes_in;

	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
	/* only what stood in message 1 may come twice, and parts that have no receipt */
	assert_true(room->hub_store.copy.repeats <= 1);
	assert_true(room->hub_store.copy.part_repeats <= 2);
	assert_int_equal(room->device_store.control.repeats, 0);
	assert_true(room->hub_counts.bytes_in + carried <= whole_up + bound);
	room_free(room);
}

static void test_cut_at_every_byte(void **state)
{
	(void)state;
	struct room *room = short_room();

	record(room);

	size_t up = room->up.len;
	size_t down = room->down.len;
	size_t bound = loss_bound(room);

	print_message("# %zu bytes up, %zu down\n", up, down);
	room_free(room);
	for (size_t at = 0; at <= up; at++) {
		cut_at((int64_t)at, -1, up, bound);
	}
	for (size_t at = 0; at <= down; at++) {
		cut_at(-1, (int64_t)at, up, bound);
	}
}

/* A large segment over a link that dies every 3,000 bytes gets there. */
static void test_many_cuts(void **state)
{
	(void)state;
	struct room *room = room_new();
	unsigned rides = 0;
	size_t carried = 0;

	room->device_store.first_bytes = 0;
	room->frame_max = 512;
	book_add(&room->device_store.book, &room->rng, 1000, 59, 0);
	do {
		struct ride ride = { .cut_up = 3000, .cut_down = -1 };

		room_connect(room);
		room_ride(room, ride);
		carried += room->hub_counts.bytes_in;
		assert_true(++rides < 30);
	} while (ph_session_state(room->hub) != PH_SESSION_CLOSED);
	assert_even(room);
	print_message("# 60,000 bytes in %u rides, %zu bytes\n", rides, carried);
	/* framing, and for each ride a greeting, a frame under way, a header */
	assert_true(carried < 60000 * 105 / 100 + rides * (220 + 512 + 150));
	room_free(room);
}

/* The same downward: a segment, and a page, that are longer than what one link carries. */
static void test_many_cuts_down(void **state)
{
	(void)state;
	struct room *room = room_new();
	unsigned rides = 0;
	size_t carried = 0;

	room->frame_max = 512;
	book_add(&room->hub_store.control, &room->rng, 1000, 59, 0);
	feed_add(&room->hub_store, &room->rng, 9000);
	do {
		struct ride ride = { .cut_up = -1, .cut_down = 3000 };

		room_connect(room);
		room_ride(room, ride);
		carried += room->device_counts.bytes_in;
		assert_true(++rides < 40);
	} while (ph_session_state(room->device) != PH_SESSION_CLOSED);
	assert_even(room);
	print_message("# 69,000 bytes down in %u rides, %zu bytes\n", rides, carried);
	assert_true(carried < 69000 * 105 / 100 + rides * (220 + 512 + 150));
	room_free(room);
}

/*
 * A link that dies before one frame of 4 KiB is down: a hub that is told of a front, or knows
 * that the link breaks, makes shorter ones.
 */
static void test_short_link_down(void **state)
{
	(void)state;
	for (unsigned is_known = 0; is_known < 2; is_known++) {
		struct room *room = room_new();
		struct ride ride = { .cut_up = -1, .cut_down = 6000 };
		unsigned rides = 0;

		book_add(&room->hub_store.control, &room->rng, 200, 59, 0);
		room->hub_store.breaks = is_known;
		if (!is_known) {
			room_connect(room);
			room_ride(room, ride);
			assert_non_null(room->device_store.partial.item);
		}
		ride.cut_down = 3000;
		do {
			room_connect(room);
			room_ride(room, ride);
			assert_true(++rides < 20);
		} while (ph_session_state(room->device) != PH_SESSION_CLOSED);
		assert_even(room);
		print_message("# 12,000 bytes down in %u rides of 3,000\n", rides);
		room_free(room);
	}
}

/* A partial segment that is not what the device sends next is forgotten, not mixed in. */
static void test_foreign_partial(void **state)
{
	(void)state;
	struct room *room = short_room();
	struct ph_unfinished *partial = &room->hub_store.partial;
	uint8_t junk[100] = { 1, 2, 3 };

	*partial = (struct ph_unfinished){ ph_item_new(PH_ITEM_SEGMENT), 200, { 9 } };
	assert_non_null(partial->item);
	assert_int_equal(ph_buf_put(&partial->item->body, junk, sizeof(junk)), 0);
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
	room_free(room);
}

/* One whose bytes went bad in the store costs one session, not all of them. */
static void test_damaged_partial(void **state)
{
	(void)state;
	struct room *room = short_room();
	struct ride ride = { .cut_up = 900, .cut_down = -1 };

	room_connect(room);
	room_ride(room, ride);
	assert_non_null(room->hub_store.partial.item);
	room->hub_store.partial.item->body.data[3] ^= 1;
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_int_equal(ph_session_failure(room->hub), PH_FAIL_PROTOCOL);
	assert_int_equal(ph_session_status(room->device), PH_STATUS_PROTOCOL);
	assert_null(room->hub_store.partial.item);
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
	room_free(room);
}

/* The same of one at the device: it hangs up, and the next session brings it from the start. */
static void test_damaged_front(void **state)
{
	(void)state;
	struct room *room = room_new();
	struct ride ride = { .cut_up = -1, .cut_down = 3000 };
	struct ph_unfinished *front = &room->device_store.partial;

	book_add(&room->hub_store.control, &room->rng, 200, 59, 0);
	room->frame_max = FRAME;
	room_connect(room);
	room_ride(room, ride);
	assert_non_null(front->item);
	front->item->body.data[front->item->body.len / 2] ^= 1;
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_true(room->device_counts.resumed_in > 0);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_CUT);
	assert_int_equal(ph_session_failure(room->hub), PH_FAIL_CUT);
	assert_null(front->item);
	assert_int_equal(room->device_store.control.n, 0);
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
	assert_int_equal(room->device_counts.resumed_in, 0);
	room_free(room);
}

/* What the hub has before it goes first; the front is still there for its own turn. */
static void test_front_waits(void **state)
{
	(void)state;
	struct room *room = room_new();
	struct ride ride = { .cut_up = -1, .cut_down = 6000 };

	room->frame_max = FRAME;
	feed_add(&room->hub_store, &room->rng, 9000);
	room_connect(room);
	room_ride(room, ride);
	assert_non_null(room->device_store.partial.item);
	book_add(&room->hub_store.control, &room->rng, 20, 59, 0);
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
	assert_true(room->device_counts.resumed_in > 5000);
	assert_int_equal(room->device_counts.resumed_in, room->hub_counts.resumed_out);
	room_free(room);
}

/* One that the hub has no more does no harm, and goes with a session that is whole. */
static void test_foreign_front(void **state)
{
	(void)state;
	struct room *room = short_room();
	struct ph_unfinished *front = &room->device_store.partial;
	uint8_t junk[100] = { 1, 2, 3 };

	*front = (struct ph_unfinished){ ph_item_new(PH_ITEM_SEGMENT), 200, { 9 } };
	assert_non_null(front->item);
	assert_int_equal(ph_buf_put(&front->item->body, junk, sizeof(junk)), 0);
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
	assert_int_equal(room->device_counts.resumed_in, 0);
	assert_null(front->item);
	room_free(room);
}

/* ---- recorded sessions played again ---- */

/* Play the recorded bytes of one direction to a new session with the old randomness. */
static void play(struct room *room, bool to_hub)
{
	struct ph_session *session = to_hub ? room->hub : room->device;
	const struct ph_buf *tape = to_hub ? &room->up : &room->down;

	ph_session_sent(session, SIZE_MAX, room->now);
	for (unsigned i = 0; i < room->n_events; i++) {
		const struct event *event = &room->events[i];

		if (event->is_up != to_hub) {
			continue;
		}
		ph_session_receive(session, PH_VIEW(tape->data + event->from, event->len),
				   room->now);
		while (take_jobs(room, to_hub, false)) {
		}
		ph_session_sent(session, SIZE_MAX, room->now);
		while (take_jobs(room, to_hub, false)) {
		}
	}
	ph_session_eof(session);
}

static void assert_prefix(const struct copy *copy)
{
	const struct book *book = copy->book;
	unsigned k = 0;

	if (copy->n == 0) {
		assert_memory_equal(copy->h, book->h0, PH_HASH_SIZE);
		return;
	}
	while (k < book->n_segments && book->head[k].n != copy->n) {
		k++;
	}
	assert_true(k < book->n_segments);
	assert_memory_equal(copy->h, book->head[k].h, PH_HASH_SIZE);
}

static struct room *tiny_recorded(void)
{
	struct room *room = room_new();

	room->frame_max = FRAME;
	room->device_store.first_bytes = 100;
	book_add(&room->device_store.book, &room->rng, 1, 40, 1);
	book_add(&room->device_store.book, &room->rng, 3, 90, 0);
	book_add(&room->hub_store.control, &room->rng, 2, 30, 0);
	feed_add(&room->hub_store, &room->rng, 20);
	record(room);
	room->seed--; /* the randomness of the recording */
	return room;
}

static void test_bits_up(void **state)
{
	(void)state;
	struct room *room = tiny_recorded();
	size_t first = first_flight(room);
	size_t second = first + PH_FRAME_HEADER_LEN + ph_be16_get(room->up.data + first);

	print_message("# %zu bytes up\n", room->up.len);
	for (size_t bit = 0; bit <= room->up.len * 8; bit++) {
		bool is_genuine = bit == room->up.len * 8;

		room_hang_up(room);
		forget_stores(room);
		assert_int_equal(room_new_hub(room), 0);
		if (!is_genuine) {
			room->up.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		play(room, true);
		if (is_genuine) { /* the test would notice if it played wrongly */
			assert_int_equal(ph_session_state(room->hub), PH_SESSION_CLOSED);
			assert_int_equal(room->hub_store.copy.n, 4);
			assert_int_equal(room->hub_store.heard, 1);
			break;
		}
		room->up.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ph_session_state(room->hub), PH_SESSION_FAILED);
		assert_true(ph_session_failure(room->hub) == PH_FAIL_HANDSHAKE ||
			    ph_session_failure(room->hub) == PH_FAIL_CUT);
		assert_prefix(&room->hub_store.copy);
		assert_int_equal(room->hub_store.hellos, bit / 8 < first ? 0 : 1);
		/* a later frame of the same delivery may end it before HEARD is taken */
		assert_true(room->hub_store.heard <= (bit / 8 < second ? 0 : 1));
	}
	room_free(room);
}

static void test_bits_down(void **state)
{
	(void)state;
	struct room *room = tiny_recorded();

	print_message("# %zu bytes down\n", room->down.len);
	for (size_t bit = 0; bit <= room->down.len * 8; bit++) {
		bool is_genuine = bit == room->down.len * 8;

		room_hang_up(room);
		forget_stores(room);
		/* receipts are checked against what the hub has */
		assert_int_equal(room_new_device(room), 0);
		if (!is_genuine) {
			room->down.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		play(room, false);
		if (is_genuine) {
			assert_int_equal(ph_session_state(room->device),
					 PH_SESSION_CLOSED);
			assert_int_equal(room->device_store.receipted, 4);
			assert_int_equal(room->device_store.fed, 1);
			break;
		}
		room->down.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(ph_session_state(room->device), PH_SESSION_FAILED);
		assert_true(ph_session_failure(room->device) == PH_FAIL_HANDSHAKE ||
			    ph_session_failure(room->device) == PH_FAIL_CUT);
		assert_prefix(&room->device_store.control);
	}
	room_free(room);
}

/* ---- frames that come again, not at all, or too early ---- */

enum tamper {
	AS_THEY_ARE,
	ONE_TWICE,
	ONE_LEFT_OUT,
	ONE_TOO_EARLY, /* before the one in front of it */
};

enum {
	FRAMES_MAX = 64,
};

/* The frames of a recorded direction; the first has the preamble with it. */
static size_t split(const struct room *room, bool to_hub,
		    struct ph_view frames[static FRAMES_MAX])
{
	const struct ph_buf *tape = to_hub ? &room->up : &room->down;
	size_t at = 0;
	size_t n = 0;

	while (at < tape->len) {
		size_t start = at;

		at += n == 0 && to_hub ? PH_PREAMBLE_LEN : 0;
		at += PH_FRAME_HEADER_LEN + ph_be16_get(tape->data + at);
		assert_true(n < FRAMES_MAX && at <= tape->len);
		frames[n++] = PH_VIEW(tape->data + start, at - start);
	}
	return n;
}

static void play_frame(struct room *room, bool to_hub, struct ph_view frame)
{
	struct ph_session *session = to_hub ? room->hub : room->device;

	ph_session_receive(session, frame, room->now);
	while (take_jobs(room, to_hub, false)) {
	}
	ph_session_sent(session, SIZE_MAX, room->now);
	while (take_jobs(room, to_hub, false)) {
	}
}

static void play_tampered(struct room *room, bool to_hub, enum tamper how, size_t one)
{
	struct ph_session *session = to_hub ? room->hub : room->device;
	struct ph_view frames[FRAMES_MAX];
	size_t n = split(room, to_hub, frames);

	ph_session_sent(session, SIZE_MAX, room->now);
	for (size_t i = 0; i < n; i++) {
		if (how == ONE_TOO_EARLY && i + 1 == one) {
			play_frame(room, to_hub, frames[one]);
		}
		if (how == ONE_LEFT_OUT && i == one) {
			continue;
		}
		play_frame(room, to_hub, frames[i]);
		if (how == ONE_TWICE && i == one) {
			play_frame(room, to_hub, frames[i]);
		}
	}
	ph_session_eof(session);
}

/* Each frame has its number in its nonce: one that is not the next does not open. */
static void frames_in_order(bool to_hub)
{
	struct room *room = tiny_recorded();
	struct ph_view frames[FRAMES_MAX];
	size_t n = split(room, to_hub, frames);

	print_message("# %zu frames %s\n", n, to_hub ? "up" : "down");
	assert_true(n > 3);
	for (enum tamper how = AS_THEY_ARE; how <= ONE_TOO_EARLY; how++) {
		/* the first is the handshake; one too early may not come in front of that */
		size_t first = how == ONE_TOO_EARLY ? 2 : 1;

		/* the last ends the session: what comes of it or behind it is not looked at */
		for (size_t one = first; one + 1 < n; one++) {
			struct ph_session *session;

			room_hang_up(room);
			forget_stores(room);
			assert_int_equal(
				to_hub ? room_new_hub(room) : room_new_device(room), 0);
			play_tampered(room, to_hub, how, one);
			session = to_hub ? room->hub : room->device;
			if (how == AS_THEY_ARE) {
				assert_int_equal(ph_session_state(session),
						 PH_SESSION_CLOSED);
				break;
			}
			assert_int_equal(ph_session_state(session), PH_SESSION_FAILED);
			assert_int_equal(ph_session_failure(session), PH_FAIL_HANDSHAKE);
			assert_prefix(to_hub ? &room->hub_store.copy
					     : &room->device_store.control);
		}
	}
	room_free(room);
}

static void test_frames_up(void **state)
{
	(void)state;
	frames_in_order(true);
}

static void test_frames_down(void **state)
{
	(void)state;
	frames_in_order(false);
}

/* Message 1 may be played by anybody: what it uploads is there already, nothing else moves. */
static void test_replayed_hello(void **state)
{
	(void)state;
	struct room *room = tiny_recorded();
	size_t first = first_flight(room);
	unsigned heard = room->hub_store.heard;
	struct copy before = room->hub_store.copy;

	for (uint64_t i = 1; i <= arg_count; i++) {
		room_hang_up(room);
		room->seed += 1000; /* another hub ephemeral */
		assert_int_equal(room_new_hub(room), 0);
		if (i % 2 == 0) {
			play(room, true); /* all of the recording */
			assert_int_equal(ph_session_failure(room->hub),
					 PH_FAIL_HANDSHAKE);
		} else {
			ph_session_receive(room->hub, PH_VIEW(room->up.data, first),
					   room->now);
			while (take_jobs(room, true, false)) {
			}
			assert_int_equal(ph_session_state(room->hub),
					 PH_SESSION_TRANSFER);
			ph_session_eof(room->hub);
			assert_int_equal(ph_session_failure(room->hub), PH_FAIL_CUT);
		}
		assert_int_equal(room->hub_store.copy.n, before.n);
		assert_int_equal(room->hub_store.copy.repeats, before.repeats + i);
		assert_int_equal(room->hub_store.heard, heard);
	}
	room_free(room);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut_at_every_byte, book_packed,
						book_plain),
		cmocka_unit_test_setup_teardown(test_many_cuts, book_packed, book_plain),
		cmocka_unit_test_setup_teardown(test_many_cuts_down, book_packed,
						book_plain),
		cmocka_unit_test_setup_teardown(test_damaged_partial, book_packed,
						book_plain),
		cmocka_unit_test_setup_teardown(test_bits_up, book_packed, book_plain),
		cmocka_unit_test_setup_teardown(test_bits_down, book_packed, book_plain),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_many_cuts),
		cmocka_unit_test(test_many_cuts_down),
		cmocka_unit_test(test_short_link_down),
		cmocka_unit_test(test_foreign_partial),
		cmocka_unit_test(test_damaged_partial),
		cmocka_unit_test(test_damaged_front),
		cmocka_unit_test(test_front_waits),
		cmocka_unit_test(test_foreign_front),
		cmocka_unit_test(test_bits_up),
		cmocka_unit_test(test_bits_down),
		cmocka_unit_test(test_frames_up),
		cmocka_unit_test(test_frames_down),
		cmocka_unit_test(test_replayed_hello),
	};

	if (!read_args(argc, argv, 200, 10000)) {
		fprintf(stderr, "usage: test_session_cut [--count N] [--seed S]\n");
		return 2;
	}
	return cmocka_run_group_tests_name("session_cut", tests, NULL, NULL);
}
