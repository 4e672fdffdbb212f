/*
 * tests/unit/session_room.h - a device and a hub in memory and a wire between them
 * that can be cut, split and recorded. Each test program includes it once.
 */
#ifndef PH_TESTS_SESSION_ROOM_H
#define PH_TESTS_SESSION_ROOM_H

#include "session_stores.h"

static inline void room_init(struct room *room)
{
	*room = (struct room){ .seed = 1, .now = 1000000 };
	assert_true(sodium_init() >= 0);
	ph_rng_seed(&room->rng_state, 42, &room->rng);
	ph_box_pair_make(&room->device_box, &room->rng);
	ph_box_pair_make(&room->hub_box, &room->rng);
	book_init(&room->device_store.book, &room->rng);
	book_init(&room->hub_store.control, &room->rng);
	ph_sign_pair_make(&room->hub_store.keys, &room->rng);
	copy_init(&room->device_store.control, &room->hub_store.control);
	copy_init(&room->hub_store.copy, &room->device_store.book);
	room->hub_store.is_known = true;
	room->hub_store.epoch.number = 3;
	memset(room->hub_store.epoch.random, 0xee, 8);
	room->device_store.first_bytes = 1024;
	room->device_store.counter = 7;
}

static inline struct room *room_new(void)
{
	struct room *room = malloc(sizeof(*room));

	assert_non_null(room);
	room_init(room);
	return room;
}

static inline void room_hang_up(struct room *room)
{
	for (unsigned i = 0; i < room->n_waiting; i++) {
		ph_job_free(room->waiting[i]);
	}
	room->n_waiting = 0;
	ph_session_free(room->device);
	ph_session_free(room->hub);
	room->device = room->hub = NULL;
}

static inline void room_free(struct room *room)
{
	room_hang_up(room);
	book_deinit(&room->device_store.book);
	book_deinit(&room->hub_store.control);
	ph_buf_deinit(&room->device_store.cert);
	ph_unfinished_deinit(&room->hub_store.partial);
	ph_unfinished_deinit(&room->device_store.partial);
	for (unsigned i = 0; i < room->hub_store.n_pages; i++) {
		ph_buf_deinit(&room->hub_store.page[i]);
	}
	ph_buf_deinit(&room->up);
	ph_buf_deinit(&room->down);
	free(room);
}

/* What both stores hold at the end, less what counts traffic. */
static inline void forget_stores(struct room *room)
{
	struct device_store *device = &room->device_store;
	struct hub_store *hub = &room->hub_store;

	copy_init(&device->control, &hub->control);
	copy_init(&hub->copy, &device->book);
	device->receipted = 0;
	device->fed = 0;
	device->old_pages = device->gaps = 0;
	memset(device->part_held, 0, sizeof(device->part_held));
	memset(device->part_missed, 0, sizeof(device->part_missed));
	hub->certs = hub->hellos = hub->heard = hub->stores = 0;
	ph_unfinished_deinit(&hub->partial);
	ph_unfinished_deinit(&device->partial);
}

static inline void fill_hello(struct device_store *device, struct ph_hello *hello)
{
	size_t used = 0;

	*hello = (struct ph_hello){ .epoch = 3, .counter = device->counter };
	if (device->cert_in_hello) {
		hello->cert = ph_buf_view(&device->cert);
	}
	hello->control.n = device->control.n;
	memcpy(hello->control.h, device->control.h, sizeof(hello->control.h));
	if (device->control.n == 0) {
		memset(hello->control.h, 0, sizeof(hello->control.h));
	}
	if (device->book.n > 0) {
		hello->n_heads = 1;
		hello->head[0] = device->book.head[device->book.n_segments - 1];
		hello->receipted[0] = device->receipted;
	}
	hello->feed_number = device->fed;
	hello->feed_scope = device->fed > 0 ? 1 : 0;
	memset(device->part_sent, 0, sizeof(device->part_sent));
	device->sent_n = device->receipted;
	for (unsigned i = 0; i < device->book.n_segments; i++) {
		const struct ph_segment *segment = &device->book.segment[i];

		if (segment->first <= device->sent_n) {
			continue;
		}
		used += segment->body.len;
		if (used > device->first_bytes || hello->n_segments == PH_FIRST_MAX) {
			break;
		}
		hello->segment[hello->n_segments++] = *segment;
		device->sent_n = segment->last;
	}
	if (device->partial.item != NULL) {
		hello->has_partial = true;
		hello->partial_offset = device->partial.item->body.len;
		memcpy(hello->partial_hash, device->partial.hash,
		       sizeof(hello->partial_hash));
	}
	hello->budget = device->budget;
	hello->done = !device_more(device);
}

static inline int room_new_device(struct room *room)
{
	struct ph_session_config config = { .side = PH_SIDE_DEVICE,
					    .keys = &room->device_box,
					    .frame_max = room->frame_max };
	struct ph_hello hello;

	fill_hello(&room->device_store, &hello);
	memcpy(config.hub_key, room->hub_box.key, sizeof(config.hub_key));
	config.hello = &hello;
	config.partial = &room->device_store.partial;
	config.may_send = room->device_store.may_send;
	config.cert = ph_buf_view(&room->device_store.cert);
	ph_rng_seed(&room->device_rng, 2 * room->seed, &config.rng);
	return ph_session_new(&room->device, &config, room->now);
}

static inline int room_new_hub(struct room *room)
{
	struct ph_session_config config = { .side = PH_SIDE_HUB,
					    .keys = &room->hub_box,
					    .frame_max = room->frame_max };

	ph_rng_seed(&room->hub_rng, 2 * room->seed + 1, &config.rng);
	return ph_session_new(&room->hub, &config, room->now);
}

/* Two new sessions; what went before is gone. */
static inline void room_connect(struct room *room)
{
	room_hang_up(room);
	assert_int_equal(room_new_device(room), 0);
	assert_int_equal(room_new_hub(room), 0);
	room->up.len = room->down.len = 0;
	room->n_events = 0;
	room->peak_hub_memory = 0;
}

static inline void note_memory(struct room *room)
{
	if (room->hub != NULL) {
		ph_session_counts(room->hub, &room->hub_counts);
		if (room->hub_counts.memory > room->peak_hub_memory) {
			room->peak_hub_memory = room->hub_counts.memory;
		}
	}
}

/* Carry out the jobs of one side, and give them back at once or put them by. */
static inline bool take_jobs(struct room *room, bool is_hub, bool is_delayed)
{
	struct ph_session *session = is_hub ? room->hub : room->device;
	struct ph_job *job;
	bool any = false;

	while (session != NULL && (job = ph_session_take_job(session)) != NULL) {
		any = true;
		if (is_hub) {
			hub_job(room, job);
		} else {
			device_job(room, job);
		}
		note_memory(room);
		if (!is_delayed) {
			ph_session_give_job(session, job, room->now);
			continue;
		}
		assert_true(room->n_waiting < 16);
		room->waiting[room->n_waiting] = job;
		room->waiting_is_hub[room->n_waiting++] = is_hub;
	}
	return any;
}

static inline void give_waiting(struct room *room, unsigned i)
{
	struct ph_job *job = room->waiting[i];
	struct ph_session *session = room->waiting_is_hub[i] ? room->hub : room->device;

	room->n_waiting--;
	memmove(&room->waiting[i], &room->waiting[i + 1],
		(room->n_waiting - i) * sizeof(room->waiting[0]));
	memmove(&room->waiting_is_hub[i], &room->waiting_is_hub[i + 1],
		(room->n_waiting - i) * sizeof(room->waiting_is_hub[0]));
	ph_session_give_job(session, job, room->now);
}

/* Carry bytes one way, at most as far as the cut. Returns whether any went. */
static inline bool carry(struct room *room, bool is_up, int64_t *left,
			 const struct ph_rng *fragments, bool is_recorded)
{
	struct ph_session *from = is_up ? room->device : room->hub;
	struct ph_session *to = is_up ? room->hub : room->device;
	struct ph_view bytes = ph_session_output(from);
	struct ph_buf *tape = is_up ? &room->up : &room->down;

	if (fragments != NULL && bytes.len > 0) {
		bytes.len = 1 + ph_rng_below(fragments, bytes.len);
	}
	if (*left >= 0 && bytes.len > (uint64_t)*left) {
		bytes.len = (size_t)*left;
	}
	if (bytes.len == 0) {
		return false;
	}
	if (*left >= 0) {
		*left -= (int64_t)bytes.len;
	}
	if (is_recorded) {
		assert_true(room->n_events < 4096);
		room->events[room->n_events++] =
			(struct event){ is_up, tape->len, bytes.len };
		assert_int_equal(ph_buf_put_view(tape, bytes), 0);
	}
	ph_session_receive(to, bytes, room->now);
	ph_session_sent(from, bytes.len, room->now);
	return true;
}

/* After the end: jobs home, then what both keep of an unfinished item. */
static inline void room_end(struct room *room)
{
	struct hub_store *hub = &room->hub_store;

	while (room->n_waiting > 0) {
		give_waiting(room, room->n_waiting - 1);
	}
	ph_session_counts(room->device, &room->device_counts);
	note_memory(room);
	ph_unfinished_deinit(&hub->partial);
	(void)ph_session_take_partial(room->hub, &hub->partial);
	ph_unfinished_deinit(&room->device_store.partial);
	(void)ph_session_take_partial(room->device, &room->device_store.partial);
	room->seed++;
}

static inline bool is_over(const struct ph_session *session)
{
	return ph_session_state(session) >= PH_SESSION_CLOSED;
}

/* Run the sessions until both are over, or the link is cut. */
static inline void room_ride(struct room *room, struct ride ride)
{
	struct ph_rng_seeded fragment_state, delay_state;
	struct ph_rng fragments, delays;
	unsigned still = 0;

	ph_rng_seed(&fragment_state, ride.fragments, &fragments);
	ph_rng_seed(&delay_state, ride.delays, &delays);
	while (still < 3) {
		bool any = carry(room, true, &ride.cut_up,
				 ride.fragments ? &fragments : NULL, ride.is_recorded);

		note_memory(room);
		any |= take_jobs(room, true, ride.delays != 0);
		any |= carry(room, false, &ride.cut_down,
			     ride.fragments ? &fragments : NULL, ride.is_recorded);
		any |= take_jobs(room, false, ride.delays != 0);
		if (room->n_waiting > 0 && (!any || ph_rng_below(&delays, 3) == 0)) {
			give_waiting(room,
				     (unsigned)ph_rng_below(&delays, room->n_waiting));
			any = true;
		}
		if (ride.cut_up == 0 || ride.cut_down == 0) {
			break;
		}
		still = any ? 0 : still + 1;
	}
	if (!is_over(room->device) || !is_over(room->hub)) {
		ph_session_eof(room->device);
		ph_session_eof(room->hub);
	}
	while (take_jobs(room, true, false)) {
	}
	room_end(room);
}

static inline void assert_closed(const struct room *room)
{
	assert_int_equal(ph_session_failure(room->device), PH_FAIL_NONE);
	assert_int_equal(ph_session_failure(room->hub), PH_FAIL_NONE);
	assert_int_equal(ph_session_state(room->device), PH_SESSION_CLOSED);
	assert_int_equal(ph_session_state(room->hub), PH_SESSION_CLOSED);
}

/* Everything arrived, once, and is receipted. */
static inline void assert_even(const struct room *room)
{
	const struct device_store *device = &room->device_store;
	const struct hub_store *hub = &room->hub_store;

	assert_int_equal(hub->copy.n, device->book.n);
	assert_memory_equal(hub->copy.h, book_h(&device->book), PH_HASH_SIZE);
	assert_int_equal(hub->copy.n_parts, device->book.n_parts);
	assert_int_equal(device->control.n, hub->control.n);
	assert_memory_equal(device->control.h, book_h(&hub->control), PH_HASH_SIZE);
	assert_int_equal(device->fed, hub->fed_all + hub->n_pages);
	assert_int_equal(device->old_pages + device->gaps, 0);
	assert_int_equal(device->receipted, device->book.n);
	assert_int_equal(next_part(device), 0);
}

#endif
