/*
 * Tests of proto/session*.c against a link that turns bits over: every bit of a recording of
 * 64 KiB, each by itself, and the recording broken off at every byte. Either way, with
 * segments as they are, and packed.
 *
 * Frames before the one that is spoilt are as they were, so the reader comes to each frame
 * once, and is put back there (arena.h) for each place in it. A place is a bit, or a byte
 * in front of which it ends. --count N of them are tried, as many from each stretch of the
 * recording, from --seed on; with PACKHORSE_FULL=1 every one.
 */
#include "session_room.h"

#include "proto/frame.h"
#include "tests/unit/arena.h"
#include "tests/unit/seed_args.h"

enum {
	PIECE = 3000, /* as much comes at a time */
	FRAMES = 64,
	PLACES = 9, /* in a byte: its bits, and the end in front of it */
	LEAST = 64 * 1024,
};

struct tape {
	struct room *room;
	bool to_hub;
	size_t end[FRAMES]; /* of each frame; the first has the preamble with it */
	size_t n_frames;
	uint64_t tried, cuts;
};

static struct ph_session *reader(const struct tape *tape)
{
	return tape->to_hub ? tape->room->hub : tape->room->device;
}

static struct ph_buf *bytes_of(const struct tape *tape)
{
	return tape->to_hub ? &tape->room->up : &tape->room->down;
}

/* A segment and a part in message 1, and 64 KiB that way; little the other way. */
static struct room *room_for(bool to_hub)
{
	struct room *room = room_new();
	struct book *long_one =
		to_hub ? &room->device_store.book : &room->hub_store.control;

	room->device_store.first_bytes = 100;
	book_add(&room->device_store.book, &room->rng, 1, 40, 1);
	book_add(&room->hub_store.control, &room->rng, 2, 30, 0);
	for (unsigned i = 0; i < 8; i++) {
		book_add(long_one, &room->rng, 60, 140, to_hub ? 2 : 0);
	}
	feed_add(&room->hub_store, &room->rng, 20);
	return room;
}

static void find_frames(struct tape *tape)
{
	const struct ph_buf *bytes = bytes_of(tape);
	size_t at = tape->to_hub ? PH_PREAMBLE_LEN : 0;

	while (at < bytes->len) {
		at += PH_FRAME_HEADER_LEN + ph_be16_get(bytes->data + at);
		assert_true(tape->n_frames < FRAMES && at <= bytes->len);
		tape->end[tape->n_frames++] = at;
	}
}

static void record(struct tape *tape, bool to_hub)
{
	struct ride ride = WHOLE_RIDE;

	*tape = (struct tape){ .room = room_for(to_hub), .to_hub = to_hub };
	ride.is_recorded = true;
	room_connect(tape->room);
	room_ride(tape->room, ride);
	assert_closed(tape->room);
	assert_even(tape->room);
	tape->room->seed--; /* the randomness of the recording */
	find_frames(tape);
	assert_true(bytes_of(tape)->len >= LEAST);
}

static void new_reader(struct tape *tape)
{
	struct room *room = tape->room;

	room_hang_up(room);
	forget_stores(room);
	arena_begin();
	assert_int_equal(tape->to_hub ? room_new_hub(room) : room_new_device(room), 0);
	ph_session_sent(reader(tape), SIZE_MAX, room->now);
}

static void work(struct tape *tape)
{
	while (take_jobs(tape->room, tape->to_hub, false)) {
	}
	ph_session_sent(reader(tape), SIZE_MAX, tape->room->now);
	while (take_jobs(tape->room, tape->to_hub, false)) {
	}
}

/* What stands from AT to END, or as much of it as is wanted. */
static void deliver(struct tape *tape, size_t at, size_t end)
{
	while (at < end && ph_session_wants_input(reader(tape))) {
		size_t len = end - at < PIECE ? end - at : PIECE;

		ph_session_receive(reader(tape), PH_VIEW(bytes_of(tape)->data + at, len),
				   tape->room->now);
		work(tape);
		at += len;
	}
}

static const struct copy *copy_of(const struct tape *tape)
{
	return tape->to_hub ? &tape->room->hub_store.copy
			    : &tape->room->device_store.control;
}

static void assert_prefix(const struct copy *copy)
{
	const struct book *book = copy->book;
	unsigned k = 0;

	while (copy->n > 0 && k < book->n_segments && book->head[k].n != copy->n) {
		k++;
	}
	assert_true(copy->n == 0 || k < book->n_segments);
	assert_memory_equal(copy->h, copy->n == 0 ? book->h0 : book->head[k].h,
			    PH_HASH_SIZE);
}

/* The end of the stream: refused, and what came before it is whole and in order. */
static void judge(struct tape *tape, uint64_t had)
{
	struct ph_session *session = reader(tape);

	ph_session_eof(session);
	work(tape);
	assert_int_equal(ph_session_state(session), PH_SESSION_FAILED);
	assert_true(ph_session_failure(session) == PH_FAIL_HANDSHAKE ||
		    ph_session_failure(session) == PH_FAIL_CUT);
	assert_true(copy_of(tape)->n >= had);
	assert_prefix(copy_of(tape));
}

/* PLACE is in a frame that begins at START, to where the reader has been brought. */
static void spoil(struct tape *tape, size_t start, size_t place)
{
	uint64_t had = copy_of(tape)->n;
	size_t at = place / PLACES, bit = place % PLACES;
	struct ph_buf *bytes = bytes_of(tape);

	if (bit == 8) {
		deliver(tape, start, at);
		tape->cuts++;
	} else {
		bytes->data[at] ^= (uint8_t)(1u << bit);
		deliver(tape, start, bytes->len);
		bytes->data[at] ^= (uint8_t)(1u << bit);
	}
	judge(tape, had);
	tape->tried++;
}

static void spoil_frame(struct tape *tape, size_t start, size_t end, uint64_t stride)
{
	uint64_t place = (uint64_t)start * PLACES;
	static struct room before;
	struct room *room = tape->room;

	/* the places are those that the seed's remainder has */
	place += (stride + arg_seed % stride - place % stride) % stride;
	before = *room;
	arena_keep();
	for (; place < (uint64_t)end * PLACES; place += stride) {
		spoil(tape, start, place);
		arena_back();
		*room = before;
	}
}

static void assert_whole(const struct tape *tape)
{
	const struct room *room = tape->room;

	assert_int_equal(ph_session_state(reader(tape)), PH_SESSION_CLOSED);
	assert_int_equal(copy_of(tape)->n, copy_of(tape)->book->n);
	if (tape->to_hub) {
		assert_int_equal(room->hub_store.copy.n_parts,
				 room->device_store.book.n_parts);
	} else {
		assert_int_equal(room->device_store.receipted, room->device_store.book.n);
	}
}

static void every_place(bool to_hub)
{
	struct tape tape;

	record(&tape, to_hub);

	size_t len = bytes_of(&tape)->len, start = 0;
	uint64_t stride = arg_count == 0 ? len * PLACES : len * PLACES / arg_count;

	stride = stride == 0 ? 1 : stride;
	stride +=
		stride > 1 && stride % 3 == 0; /* else it is always the same of PLACES */
	new_reader(&tape);
	for (size_t i = 0; i < tape.n_frames; i++) {
		spoil_frame(&tape, start, tape.end[i], stride);
		deliver(&tape, start, tape.end[i]);
		start = tape.end[i];
	}
	assert_whole(&tape); /* the test would notice if it played wrongly */
	print_message("# %zu bytes %s: %zu bits and ends, of them tried %u bits and %u "
		      "ends, seed %u\n",
		      len, to_hub ? "up" : "down", len * PLACES,
		      (unsigned)(tape.tried - tape.cuts), (unsigned)tape.cuts,
		      (unsigned)arg_seed);
	assert_true(tape.tried >= len * PLACES / stride);
	room_free(tape.room);
}

static void test_up(void **state)
{
	(void)state;
	every_place(true);
}

static void test_down(void **state)
{
	(void)state;
	every_place(false);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_up),
		cmocka_unit_test(test_down),
		cmocka_unit_test_setup_teardown(test_up, book_packed, book_plain),
		cmocka_unit_test_setup_teardown(test_down, book_packed, book_plain),
	};

	if (!read_args(argc, argv, 20000, UINT64_MAX)) {
		fprintf(stderr, "usage: test_session_bits [--count N] [--seed S]\n");
		return 2;
	}
	return cmocka_run_group_tests_name("session_bits", tests, NULL, NULL);
}
