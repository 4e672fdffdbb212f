/*
 * Tests of proto/session_budget.c: whatever either side may spend, no byte goes over it;
 * what did not fit is told and goes next time; and a budget that is enough costs nothing.
 */
#include <errno.h>

#include "session_room.h"

enum {
	LARGEST = 13 * 850, /* an item */
};

static struct room *busy_room(size_t frame_max)
{
	struct room *room = room_new();

	room->frame_max = frame_max;
	for (unsigned i = 0; i < 10; i++) {
		book_add(&room->device_store.book, &room->rng, 4 + i, 20 + 90 * i, 2);
	}
	for (unsigned i = 0; i < 6; i++) {
		book_add(&room->hub_store.control, &room->rng, 5 + i, 300, 0);
	}
	for (unsigned i = 0; i < PAGES; i++) {
		feed_add(&room->hub_store, &room->rng, 1 + i * 500);
	}
	return room;
}

/* One session with this share for each; false: message 1 does not fit. */
static bool ride(struct room *room, uint64_t up, uint64_t down)
{
	int rc;

	room_hang_up(room);
	room->device_store.may_send = up;
	room->device_store.budget = down;
	rc = room_new_device(room);
	if (rc == -EDQUOT) {
		return false;
	}
	assert_int_equal(rc, 0);
	assert_int_equal(room_new_hub(room), 0);
	room->up.len = room->down.len = 0;
	room_ride(room, WHOLE_RIDE);
	assert_true(up == 0 || room->device_counts.bytes_out <= up);
	assert_true(down == 0 || room->hub_counts.bytes_out <= down);
	assert_true(ph_session_failure(room->hub) != PH_FAIL_PROTOCOL);
	assert_true(ph_session_failure(room->device) != PH_FAIL_PROTOCOL);
	return true;
}

static bool is_even(const struct room *room)
{
	return room->hub_store.copy.n == room->device_store.book.n &&
	       room->hub_store.copy.n_parts == room->device_store.book.n_parts &&
	       room->device_store.control.n == room->hub_store.control.n &&
	       room->device_store.fed == room->hub_store.n_pages &&
	       room->device_store.receipted == room->device_store.book.n;
}

/* What a session costs that nobody bounds. */
static void cost(size_t frame_max, uint64_t *up_out, uint64_t *down_out)
{
	struct room *room = busy_room(frame_max);

	assert_true(ride(room, 0, 0));
	assert_closed(room);
	assert_even(room);
	assert_false(ph_session_is_short(room->device));
	*up_out = room->device_counts.bytes_out;
	*down_out = room->hub_counts.bytes_out;
	room_free(room);
}

/* Every share of the device's, from none to more than enough. */
static void sweep(size_t frame_max, bool is_up)
{
	uint64_t whole[2];
	uint64_t least = UINT64_MAX;

	cost(frame_max, &whole[0], &whole[1]);
	uint64_t top = whole[is_up ? 0 : 1] + 1200;

	for (uint64_t share = 1; share <= top;
	     share += share < 1500 || share > top - 1300 ? 13 : 331) {
		struct room *room = busy_room(frame_max);

		if (!ride(room, is_up ? share : 0, is_up ? 0 : share)) {
			assert_true(is_up && share < 1700);
			room_free(room);
			continue;
		}
		if (is_even(room)) {
			assert_closed(room);
			assert_false(ph_session_is_short(room->device));
			least = share < least ? share : least;
		} else if (ph_session_state(room->device) == PH_SESSION_CLOSED) {
			assert_true(ph_session_is_short(room->device));
		}
		/* the least that lets it work at all ends in order */
		assert_true(share < 2100 ||
			    ph_session_state(room->device) == PH_SESSION_CLOSED);
		room_free(room);
	}
	print_message(
		"# frames of %zu, %s: %zu bytes, and a budget of %zu lets all of it "
		"through\n",
		frame_max, is_up ? "up" : "down", (size_t)whole[is_up ? 0 : 1],
		(size_t)least);
	assert_true(least <= top);
	assert_true(least >= whole[is_up ? 0 : 1]);
}

static void test_sweep(void **state)
{
	static const size_t frame_max[] = { 256, 1024, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(frame_max) / sizeof(frame_max[0]); i++) {
		sweep(frame_max[i], true);
		sweep(frame_max[i], false);
	}
}

/* Session after session with little for each: all comes through, nothing twice. */
static void test_by_and_by(void **state)
{
	static const size_t frame_max[] = { 256, 4096 };

	(void)state;
	for (size_t i = 0; i < sizeof(frame_max) / sizeof(frame_max[0]); i++) {
		struct room *room = busy_room(frame_max[i]);
		unsigned sessions = 0;

		while (!is_even(room)) {
			assert_true(sessions++ < 60);
			assert_true(ride(room, LARGEST + 2000, LARGEST + 2000));
			assert_int_equal(ph_session_state(room->device),
					 PH_SESSION_CLOSED);
		}
		assert_true(sessions > 1);
		assert_int_equal(room->hub_store.copy.repeats, 0);
		assert_int_equal(room->hub_store.copy.part_repeats, 0);
		assert_int_equal(room->device_store.control.repeats, 0);
		assert_int_equal(room->device_store.old_pages + room->device_store.gaps,
				 0);
		print_message("# frames of %zu: in %u sessions\n", frame_max[i],
			      sessions);
		room_free(room);
	}
}

/* What is to be first is first: control log and receipts before pages. */
static void test_order(void **state)
{
	struct room *room = busy_room(4096);

	(void)state;
	assert_true(ride(room, 0, 16000));
	assert_int_equal(room->device_store.control.n, room->hub_store.control.n);
	assert_int_equal(room->device_store.receipted, room->device_store.book.n);
	assert_true(room->device_store.fed < room->hub_store.n_pages);
	assert_true(ph_session_is_short(room->device));
	assert_closed(room);
	room_free(room);
}

/*
 * A cut left the front of an item of 9,000 bytes on the other side. A budget for which even the
 * rest is too much leaves it there; one that has room for the rest, and not for all of it, is enough.
 */
static void front_and_budget(bool is_up)
{
	struct ride cut = { .cut_up = is_up ? 6000 : -1, .cut_down = is_up ? -1 : 6000 };
	struct room *room = room_new();
	const struct ph_unfinished *front =
		is_up ? &room->hub_store.partial : &room->device_store.partial;
	const struct ph_session_counts *counts =
		is_up ? &room->device_counts : &room->hub_counts;
	size_t held;

	room->frame_max = 1024;
	if (is_up) {
		book_add(&room->device_store.book, &room->rng, 9, 1000, 0);
	} else {
		feed_add(&room->hub_store, &room->rng, 9000);
	}
	room_connect(room);
	room_ride(room, cut);
	assert_non_null(front->item);
	held = front->item->body.len;
	assert_true(held > 4000);

	assert_true(ride(room, is_up ? 2500 : 0, is_up ? 0 : 2500));
	assert_closed(room);
	assert_true(ph_session_is_short(room->device));
	assert_int_equal(counts->resumed_out, 0);
	if (is_up) { /* a hub is not told that the device was short: it lets go of it */
		assert_null(front->item);
		room->device_store.may_send = 0;
		room_connect(room);
		room_ride(room, cut);
		assert_non_null(front->item);
		held = front->item->body.len;
	}
	assert_non_null(front->item);
	assert_int_equal(front->item->body.len, held);

	assert_true(ride(room, is_up ? 7000 : 0, is_up ? 0 : 7000));
	assert_closed(room);
	assert_false(ph_session_is_short(room->device));
	assert_true(is_even(room));
	assert_int_equal(counts->resumed_out, held);
	assert_null(front->item);
	room_free(room);
}

static void test_front_up(void **state)
{
	(void)state;
	front_and_budget(true);
}

static void test_front_down(void **state)
{
	(void)state;
	front_and_budget(false);
}

/* A hub that does not keep to it: the device ends the session at the first byte too many. */
static void test_hub_over(void **state)
{
	struct room *room = busy_room(4096);
	uint8_t bytes[64] = { 0 };

	(void)state;
	room->device_store.budget = 63;
	assert_int_equal(room_new_device(room), 0);
	ph_session_sent(room->device, ph_session_output(room->device).len, room->now);
	ph_session_receive(room->device, PH_VIEW(bytes, 64), room->now);
	assert_int_equal(ph_session_state(room->device), PH_SESSION_FAILED);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_BUDGET);
	room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),      cmocka_unit_test(test_by_and_by),
		cmocka_unit_test(test_order),      cmocka_unit_test(test_front_up),
		cmocka_unit_test(test_front_down), cmocka_unit_test(test_hub_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
