/*
 * Tests of proto/session*.c: what sessions do when nobody means harm. Cuts, altered
 * bytes, limits and time are in test_session_cut.c and test_session_limits.c.
 */
#include "session_room.h"

static uint64_t wire_bytes(const struct room *room)
{
	return room->device_counts.bytes_in + room->device_counts.bytes_out;
}

static void ride_whole(struct room *room)
{
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_closed(room);
	assert_even(room);
}

static void test_nothing_at_all(void **state)
{
	(void)state;
	struct room *room = room_new();

	ride_whole(room);
	assert_int_equal(room->device_counts.round_trips, 1);
	assert_int_equal(room->hub_store.heard, 1);
	assert_int_equal(room->hub_store.hellos, 1);
	assert_memory_equal(ph_session_peer(room->hub), room->device_box.key, 32);
	assert_memory_equal(ph_session_peer(room->device), room->hub_box.key, 32);
	print_message("# no log yet: %zu bytes\n", (size_t)wire_bytes(room));
	room_free(room);
}

/* One event of 40 bytes in a log and a control log of usual length; then nothing new. */
static void test_one_event(void **state)
{
	(void)state;
	struct room *room = room_new();

	/* a feed cursor as of a hub that was started a few times; it is told each time */
	room->device_store.fed = 12345678;
	room->hub_store.fed_all = 12345678;
	for (unsigned i = 0; i < 5; i++) {
		book_add(&room->device_store.book, &room->rng, 200, 40, 0);
	}
	book_add(&room->hub_store.control, &room->rng, 300, 60, 0);
	ride_whole(room);

	book_add(&room->device_store.book, &room->rng, 1, 40, 0);
	ride_whole(room);
	assert_int_equal(room->device_counts.round_trips, 1);
	assert_int_equal(room->device_counts.items_out, 1);
	assert_int_equal(room->device_counts.receipts, 1);
	assert_int_equal(room->hub_counts.items_in, 1);
	print_message("# one event of 40 bytes: %zu up, %zu down, %zu in all\n",
		      (size_t)room->device_counts.bytes_out,
		      (size_t)room->device_counts.bytes_in, (size_t)wire_bytes(room));
	assert_true(wire_bytes(room) <= 512);

	ride_whole(room);
	assert_int_equal(room->device_counts.round_trips, 1);
	print_message("# idle: %zu up, %zu down, %zu in all\n",
		      (size_t)room->device_counts.bytes_out,
		      (size_t)room->device_counts.bytes_in, (size_t)wire_bytes(room));
	assert_true(wire_bytes(room) <= 320);
	assert_int_equal(room->hub_store.heard, 3);
	room_free(room);
}

/* Make a room with much to do both ways. */
static struct room *busy_room(size_t frame_max)
{
	struct room *room = room_new();

	room->frame_max = frame_max;
	for (unsigned i = 0; i < 20; i++) {
		book_add(&room->device_store.book, &room->rng, 10 + 3 * i, 20 + 90 * i,
			 3);
	}
	for (unsigned i = 0; i < 10; i++) {
		book_add(&room->hub_store.control, &room->rng, 5 + i, 300, 0);
	}
	for (unsigned i = 0; i < PAGES; i++) {
		feed_add(&room->hub_store, &room->rng, 1 + i * 2100);
	}
	return room;
}

static void test_both_directions(void **state)
{
	(void)state;
	static const size_t frame_max[] = { 0, 256, 1024, 4096, 65535 };

	for (size_t i = 0; i < sizeof(frame_max) / sizeof(frame_max[0]); i++) {
		struct room *room = busy_room(frame_max[i]);

		ride_whole(room);
		assert_int_equal(room->hub_store.copy.repeats, 0);
		assert_int_equal(room->hub_store.copy.part_repeats, 0);
		assert_int_equal(room->device_store.control.repeats, 0);
		assert_int_equal(room->device_counts.items_out, 20 + 60);
		assert_int_equal(room->hub_counts.items_in, 20 + 60);
		assert_int_equal(room->device_counts.items_in, 10 + PAGES);
		assert_int_equal(room->hub_counts.items_out, 10 + PAGES);
		assert_int_equal(room->device_counts.bytes_in,
				 room->hub_counts.bytes_out);
		assert_int_equal(room->device_counts.bytes_out,
				 room->hub_counts.bytes_in);
		print_message("# frames of %zu: %zu bytes, %zu round trips, hub at most "
			      "%zu bytes of memory\n",
			      frame_max[i], (size_t)wire_bytes(room),
			      (size_t)room->device_counts.round_trips,
			      room->peak_hub_memory);
		assert_true(room->device_counts.round_trips <= 2);
		room_free(room);
	}
}

/* However the stream is split and whenever jobs come back, the same comes out. */
static void test_fragments_and_delays(void **state)
{
	(void)state;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct room *room = busy_room(seed % 3 == 0 ? 512 : 0);
		struct ride ride = WHOLE_RIDE;

		ride.fragments = seed % 2 == 0 ? seed : 0;
		ride.delays = seed % 4 < 3 ? seed : 0;
		room->device_store.waits_for_missing = seed % 5 == 0;
		room_connect(room);
		room_ride(room, ride);
		assert_closed(room);
		assert_even(room);
		assert_int_equal(room->hub_store.copy.repeats, 0);
		assert_int_equal(room->hub_store.copy.part_repeats, 0);
		assert_int_equal(room->hub_store.heard, 1);
		room_free(room);
	}
}

/* Parts that the device sends only once a receipt says they are missing: DONE is taken back. */
static void test_missing_parts(void **state)
{
	(void)state;
	struct room *room = room_new();

	book_add(&room->device_store.book, &room->rng, 4, 50, 2);
	room->device_store.waits_for_missing = true;
	ride_whole(room);
	assert_int_equal(room->hub_store.copy.n_parts, 2);
	/* message 2 with the receipt that misses them, then parts and DONE, then the hub's */
	assert_int_equal(room->device_counts.round_trips, 2);
	assert_int_equal(room->device_counts.receipts, 2);
	room_free(room);
}

static void test_certificate(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t len;
		bool in_hello;
		enum ph_session_failure failure;
		unsigned round_trips, hellos;
	} cases[] = {
		{ "in the hello", 700, true, PH_FAIL_NONE, 1, 1 },
		{ "when asked", 700, false, PH_FAIL_NONE, 2, 2 },
		{ "the longest", PH_CERT_MAX, false, PH_FAIL_NONE, 2, 2 },
		{ "none to give", 0, false, PH_FAIL_REFUSED, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct room *room = room_new();
		uint8_t cert[PH_CERT_MAX] = { 1 };

		print_message("# %s\n", cases[i].name);
		book_add(&room->device_store.book, &room->rng, 3, 50, 1);
		book_add(&room->hub_store.control, &room->rng, 3, 50, 0);
		room->hub_store.is_known = false;
		room->device_store.cert_in_hello = cases[i].in_hello;
		assert_int_equal(ph_buf_put(&room->device_store.cert, cert, cases[i].len),
				 0);
		room_connect(room);
		room_ride(room, WHOLE_RIDE);
		assert_int_equal(ph_session_failure(room->device), cases[i].failure);
		assert_int_equal(room->hub_store.hellos, cases[i].hellos);
		if (cases[i].failure == PH_FAIL_NONE) {
			assert_closed(room);
			assert_even(room);
			assert_int_equal(room->hub_store.certs, 1);
			assert_int_equal(room->hub_store.heard, 1);
			/* the part takes one more round trip */
			assert_int_equal(room->device_counts.round_trips,
					 cases[i].round_trips + 1);
		} else {
			assert_int_equal(ph_session_status(room->device), PH_STATUS_CERT);
			assert_int_equal(room->hub_store.copy.n, 0);
			assert_int_equal(room->hub_store.heard, 0);
		}
		room_free(room);
	}
}

/* A hub that does not serve: the device learns why, nothing is stored. */
static void test_refusals(void **state)
{
	(void)state;

	for (enum ph_status status = PH_STATUS_UNKNOWN; status <= PH_STATUS_VERSION;
	     status++) {
		struct room *room = room_new();

		book_add(&room->device_store.book, &room->rng, 3, 50, 1);
		room->hub_store.status = status;
		room_connect(room);
		room_ride(room, WHOLE_RIDE);
		assert_int_equal(ph_session_failure(room->device), PH_FAIL_REFUSED);
		assert_int_equal(ph_session_status(room->device), status);
		assert_int_equal(ph_session_failure(room->hub), PH_FAIL_REFUSED);
		assert_int_equal(ph_session_status(room->hub), status);
		assert_int_equal(room->hub_store.heard, 0);
		assert_int_equal(room->device_store.receipted, 0);
		room_free(room);
	}
}

/* A store that fails ends the session, and nothing after it is acknowledged. */
static void test_store_fails(void **state)
{
	(void)state;
	static const enum ph_job_type types[] = { PH_JOB_HELLO, PH_JOB_STORE, PH_JOB_LOAD,
						  PH_JOB_HEARD };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct room *room = busy_room(0);

		room->hub_store.fail_type = types[i];
		room->hub_store.fail = -5;
		room_connect(room);
		room_ride(room, WHOLE_RIDE);
		assert_int_equal(ph_session_failure(room->hub), PH_FAIL_STORE);
		assert_int_equal(ph_session_failure(room->device), PH_FAIL_REFUSED);
		assert_int_equal(ph_session_status(room->device), PH_STATUS_LATER);
		assert_true(room->device_store.receipted <= room->hub_store.copy.n);

		/* and the next session, with the store mended, brings all */
		room->hub_store.fail = 0;
		ride_whole(room);
		room_free(room);
	}
	struct room *room = busy_room(0);

	room->device_store.fail = -28;
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_STORE);
	assert_int_equal(ph_session_failure(room->hub), PH_FAIL_CUT);
	room->device_store.fail = 0;
	ride_whole(room);
	room_free(room);
}

/* A hub that cannot go on, and says why. */
static void test_why(void **state)
{
	(void)state;
	static const enum ph_why whys[] = { PH_WHY_PUT_BACK, PH_WHY_BRANCHES };

	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
		struct room *room = busy_room(0);

		room->hub_store.why = whys[i];
		room_connect(room);
		room_ride(room, WHOLE_RIDE);
		assert_int_equal(ph_session_failure(room->hub), PH_FAIL_STORE);
		assert_int_equal(ph_session_failure(room->device), PH_FAIL_REFUSED);
		assert_int_equal(ph_session_status(room->device), PH_STATUS_LATER);
		assert_int_equal(ph_session_why(room->device), whys[i]);
		room->hub_store.why = PH_WHY_NONE;
		ride_whole(room);
		assert_int_equal(ph_session_why(room->device), PH_WHY_NONE);
		room_free(room);
	}
}

/* A segment that the store finds forged: refused, and what was good stays. */
static void test_bad_segment(void **state)
{
	(void)state;
	struct room *room = room_new();
	struct book *book = &room->device_store.book;

	book_add(book, &room->rng, 5, 500, 0);
	book_add(book, &room->rng, 5, 500, 0);
	book->segment[1].seal[7] ^= 1;
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_int_equal(ph_session_failure(room->hub), PH_FAIL_PROTOCOL);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_REFUSED);
	assert_int_equal(ph_session_status(room->device), PH_STATUS_PROTOCOL);
	assert_int_equal(room->hub_store.copy.n, 5);

	room->device_store.first_bytes = 1 << 14; /* now in message 1 */
	room_connect(room);
	room_ride(room, WHOLE_RIDE);
	assert_int_equal(ph_session_failure(room->hub), PH_FAIL_PROTOCOL);
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_REFUSED);
	assert_int_equal(ph_session_status(room->device), PH_STATUS_PROTOCOL);
	room_free(room);
}

/* An idle session holds next to nothing, a busy one not much. */
static void test_memory(void **state)
{
	(void)state;
	struct room *room = busy_room(0);
	struct ride ride = WHOLE_RIDE;
	struct ph_session_counts counts;

	room_connect(room);
	assert_true(ph_session_take_job(room->hub) == NULL);
	ph_session_counts(room->hub, &counts);
	print_message("# hub before message 1: %zu bytes\n", counts.memory);
	assert_true(counts.memory <= 8192);
	ride.delays = 9;
	room_ride(room, ride);
	assert_closed(room);
	print_message("# hub, slow store: at most %zu bytes\n", room->peak_hub_memory);
	assert_true(room->peak_hub_memory <= 320 * 1024);
	room_free(room);

	/* in transport, everything said but CLOSE */
	int64_t endless = -1;
	room = room_new();
	room_connect(room);
	assert_true(carry(room, true, &endless, NULL, false));
	assert_true(take_jobs(room, true, false));
	assert_true(carry(room, false, &endless, NULL, false));
	assert_int_equal(ph_session_state(room->hub), PH_SESSION_TRANSFER);
	ph_session_counts(room->hub, &counts);
	print_message("# hub, idle in transport: %zu bytes\n", counts.memory);
	assert_true(counts.memory <= 8192);
	room_free(room);
}

static void test_config(void **state)
{
	(void)state;
	static const struct {
		size_t frame_max;
		int rc;
	} cases[] = { { 255, -22 }, { 256, 0 },     { 257, 0 }, { 65534, 0 },
		      { 65535, 0 }, { 65536, -22 }, { 0, 0 } };
	struct room *room = room_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		room->frame_max = cases[i].frame_max;
		assert_int_equal(room_new_hub(room), cases[i].rc);
		room_hang_up(room);
		assert_int_equal(room_new_device(room), cases[i].rc);
		room_hang_up(room);
	}
	/* a first flight that no frame can hold */
	room->frame_max = 0;
	book_add(&room->device_store.book, &room->rng, 33, 1990, 0);
	room->device_store.first_bytes = 1 << 20;
	assert_int_equal(room_new_device(room), -22);
	assert_null(room->device);
	ph_session_free(NULL);
	ph_job_free(NULL);
	ph_items_free(NULL);
	room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_at_all),
		cmocka_unit_test(test_one_event),
		cmocka_unit_test(test_both_directions),
		cmocka_unit_test(test_fragments_and_delays),
		cmocka_unit_test(test_missing_parts),
		cmocka_unit_test(test_certificate),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_store_fails),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_bad_segment),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_config),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
