/*
 * tests/unit/session_stores.h - the stores of a device and a hub in memory, with real
 * logs and keys, and how they carry out jobs. For session_room.h.
 *
 * A page of the feed has one item, an act that is filler.
 */
#ifndef PH_TESTS_SESSION_STORES_H
#define PH_TESTS_SESSION_STORES_H

#include "session_book.h"

enum {
	PAGES = 16,
};

struct device_store {
	struct book book;
	struct copy control;
	struct ph_buf cert;
	bool cert_in_hello;
	bool waits_for_missing; /* sends no part before a receipt misses it */
	size_t first_bytes;     /* of segments in message 1 */
	uint64_t receipted;
	bool part_held[ENTRIES]; /* by the hub, as far as we know */
	uint64_t counter;
	/* of the session under way */
	uint64_t sent_n;
	bool part_sent[ENTRIES];
	bool part_missed[ENTRIES];
	int fail; /* the next job gives it */
	/* bytes that the hub, and it, may send; 0: no bound */
	uint64_t budget, may_send;
	/* the feed */
	uint64_t fed; /* number of the last page applied; they have numbers 1, 2, ... */
	unsigned old_pages, gaps;
	struct ph_unfinished partial;
};

struct hub_store {
	struct book control;
	struct copy copy;
	struct ph_sign_pair keys;
	struct ph_epoch epoch;
	bool is_known;
	unsigned certs, hellos, heard, stores;
	struct ph_unfinished partial;
	uint64_t sent_n; /* of the control log, in the session under way */
	struct ph_buf page[PAGES];
	unsigned n_pages;
	uint64_t fed_all;   /* number of the page before the first of these */
	uint64_t sent_page; /* as sent_n */
	enum ph_status status;
	enum ph_job_type fail_type;
	int fail;
	enum ph_why why; /* STORE ends with later, and this */
	bool breaks;     /* it knows that the last session broke off */
};

/* How one session is run. */
struct ride {
	int64_t cut_up, cut_down; /* bytes until the link is cut; below 0: never */
	uint64_t fragments;       /* seed; 0: in one piece */
	uint64_t delays;          /* seed; 0: jobs come back at once */
	bool is_recorded;
};

#define WHOLE_RIDE ((struct ride){ .cut_up = -1, .cut_down = -1 })

/* One delivery on a recorded wire. */
struct event {
	bool is_up;
	size_t from, len; /* in `up` or `down` */
};

struct room {
	struct device_store device_store;
	struct hub_store hub_store;
	struct ph_box_pair device_box, hub_box;
	struct ph_session *device, *hub;
	struct ph_rng_seeded rng_state, device_rng, hub_rng;
	struct ph_rng rng;
	uint64_t seed; /* of the sessions' own randomness */
	uint64_t now;
	size_t frame_max;
	struct ph_job *waiting[16];
	bool waiting_is_hub[16];
	unsigned n_waiting;
	struct ph_buf up, down; /* recorded */
	struct event events[4096];
	unsigned n_events;
	struct ph_session_counts device_counts, hub_counts;
	size_t peak_hub_memory;
};

/* ---- pages ---- */

/* One more page of the hub's feed, with an entry of LEN bytes in it. */
static inline void feed_add(struct hub_store *hub, const struct ph_rng *rng, size_t len)
{
	unsigned k = hub->n_pages++;
	struct ph_feed_page page = { .epoch = hub->epoch,
				     .scope = 1,
				     .from = hub->fed_all + k,
				     .number = hub->fed_all + k + 1 };
	struct ph_feed_log log = { .site = 1, .role = PH_ROLE_SITE };
	struct ph_feed_item item = { .what = PH_FEED_ACT, .ref = { .n = k + 1 } };
	struct ph_feed_writer writer = { 0 };
	uint8_t hash[PH_HASH_SIZE];
	uint8_t *entry = malloc(len);

	assert_non_null(entry);
	assert_true(hub->n_pages <= PAGES);
	rng->fill(rng->data, entry, len);
	item.entry = PH_VIEW(entry, len);
	ph_entry_hash(item.entry, hash);
	memcpy(item.ref.hash, hash, sizeof(item.ref.hash));
	assert_int_equal(ph_feed_add(&writer, &log, &item), 0);
	assert_int_equal(ph_feed_sign(&writer, &page, hub->keys.secret, &hub->page[k]),
			 0);
	ph_feed_deinit(&writer);
	free(entry);
}

static inline struct ph_item *page_item(const struct ph_buf *page)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PAGE);

	assert_non_null(item);
	assert_int_equal(ph_buf_put_view(&item->body, ph_buf_view(page)), 0);
	return item;
}

/* Apply the page in ITEM; false if it is none of HUB's. */
static inline bool device_page(struct device_store *device, const struct hub_store *hub,
			       const struct ph_item *item)
{
	struct ph_feed_page page;

	if (ph_feed_decode(ph_buf_view(&item->body), hub->keys.key, &page) != 0) {
		return false;
	}
	if (page.number <= device->fed) {
		device->old_pages++;
	} else if (page.from != device->fed) {
		device->gaps++;
	} else {
		device->fed = page.number;
	}
	return true;
}

/* ---- the hub's store ---- */

static inline void sign_receipt(const struct hub_store *hub, uint64_t time,
				struct ph_short_receipt *out)
{
	struct ph_receipt receipt = { .epoch = hub->epoch,
				      .level = PH_LEVEL_HUB,
				      .time = time };
	struct ph_buf bytes = { 0 };

	memcpy(receipt.head.log_id, hub->copy.book->log_id, PH_LOG_ID_SIZE);
	memcpy(receipt.head.h, hub->copy.h, PH_HASH_SIZE);
	receipt.head.n = hub->copy.n;
	for (uint64_t n = 1; n <= hub->copy.n; n++) {
		if (hub->copy.wants_part[n] && !hub->copy.has_part[n] &&
		    receipt.n_missing < PH_RECEIPT_MISSING_MAX) {
			receipt.missing[receipt.n_missing++] = n;
		}
	}
	assert_int_equal(ph_receipt_encode(&receipt, hub->keys.secret, &bytes), 0);
	*out = (struct ph_short_receipt){ .n = receipt.head.n,
					  .level = receipt.level,
					  .time = time,
					  .n_missing = receipt.n_missing };
	memcpy(out->missing, receipt.missing, sizeof(out->missing));
	memcpy(out->signature, bytes.data + bytes.len - PH_SIGNATURE_SIZE,
	       PH_SIGNATURE_SIZE);
	ph_buf_deinit(&bytes);
}

static inline void hub_hello(struct room *room, struct ph_job *job)
{
	struct hub_store *hub = &room->hub_store;
	struct ph_welcome *welcome = &job->welcome;

	hub->hellos++;
	assert_memory_equal(job->peer_key, room->device_box.key, PH_KEY_SIZE);
	welcome->status = hub->status;
	if (hub->status != PH_STATUS_OK) {
		return;
	}
	if (!hub->is_known && job->hello.cert.len == 0) {
		welcome->status = PH_STATUS_CERT;
		return;
	}
	if (!hub->is_known) {
		hub->certs++;
		hub->is_known = true;
	}
	job->bad = !copy_items(&hub->copy, job->items);
	welcome->epoch = hub->epoch;
	welcome->time = 1700000000;
	if (job->hello.n_heads == 1) {
		welcome->n_heads = 1;
		welcome->head[0].n = hub->copy.n;
		memcpy(welcome->head[0].h, hub->copy.h, PH_HASH_SIZE);
		welcome->same =
			hub->copy.n == job->hello.head[0].n &&
			memcmp(hub->copy.h, job->hello.head[0].h, PH_HASH_SIZE) == 0;
		if (hub->copy.n > job->hello.receipted[0]) {
			sign_receipt(hub, welcome->time, &welcome->receipt[0]);
			welcome->n_receipts = 1;
		}
	}
	hub->sent_n = job->hello.control.n;
	hub->sent_page = job->hello.feed_number - hub->fed_all;
	job->more = hub->control.n > hub->sent_n || hub->n_pages > hub->sent_page;
	job->breaks = hub->breaks;
	job->partial = hub->partial;
	hub->partial = (struct ph_unfinished){ 0 };
}

static inline void hub_job(struct room *room, struct ph_job *job)
{
	struct hub_store *hub = &room->hub_store;

	if (hub->fail != 0 && hub->fail_type == job->type) {
		job->result = hub->fail;
		return;
	}
	unpack_items(job);
	switch (job->type) {
	case PH_JOB_HELLO:
		hub_hello(room, job);
		break;
	case PH_JOB_STORE:
		hub->stores++;
		job->bad = !copy_items(&hub->copy, job->items);
		job->later = hub->why != PH_WHY_NONE;
		job->why = hub->why;
		sign_receipt(hub, 1700000001, &job->receipt[0]);
		job->n_receipts = 1;
		break;
	case PH_JOB_LOAD:
		job->items = load_segments(&hub->control, job->budget, &hub->sent_n);
		if (job->items == NULL && hub->sent_page < hub->n_pages) {
			job->items = page_item(&hub->page[hub->sent_page++]);
		}
		job->more = hub->sent_n < hub->control.n || hub->sent_page < hub->n_pages;
		break;
	case PH_JOB_HEARD:
		hub->heard++;
		break;
	default:
		fail_msg("the hub was asked for job %d", job->type);
	}
}

/* ---- the device's store ---- */

static inline void keep_receipt(struct room *room, const struct ph_short_receipt *receipt)
{
	struct device_store *device = &room->device_store;
	const struct hub_store *hub = &room->hub_store;
	struct ph_receipt whole = { .epoch = hub->epoch,
				    .level = receipt->level,
				    .time = receipt->time };
	struct ph_buf bytes = { 0 };
	unsigned k = 0;

	while (k < device->book.n_segments && device->book.head[k].n != receipt->n) {
		k++;
	}
	assert_true(k < device->book.n_segments);
	whole.head = device->book.head[k];
	whole.n_missing = receipt->n_missing;
	memcpy(whole.missing, receipt->missing, sizeof(whole.missing));
	assert_int_equal(ph_receipt_encode(&whole, hub->keys.secret, &bytes), 0);
	assert_memory_equal(bytes.data + bytes.len - PH_SIGNATURE_SIZE,
			    receipt->signature, PH_SIGNATURE_SIZE);
	ph_buf_deinit(&bytes);
	device->receipted = receipt->n;
	for (unsigned i = 0; i < device->book.n_parts; i++) {
		uint64_t n = device->book.part[i];

		device->part_held[n] = n <= receipt->n;
		device->part_missed[n] = false;
	}
	for (unsigned i = 0; i < receipt->n_missing; i++) {
		device->part_held[receipt->missing[i]] = false;
		device->part_missed[receipt->missing[i]] = true;
	}
}

/* The next part to send, or 0. */
static inline uint64_t next_part(const struct device_store *device)
{
	for (unsigned i = 0; i < device->book.n_parts; i++) {
		uint64_t n = device->book.part[i];

		if (!device->part_held[n] && !device->part_sent[n] &&
		    (device->part_missed[n] || !device->waits_for_missing)) {
			return n;
		}
	}
	return 0;
}

static inline bool device_more(const struct device_store *device)
{
	return device->sent_n < device->book.n || next_part(device) != 0;
}

static inline void device_load(struct device_store *device, struct ph_job *job)
{
	size_t used = 0;
	struct ph_item **end = &job->items;

	job->items = load_segments(&device->book, job->budget, &device->sent_n);
	if (job->items != NULL) {
		return;
	}
	for (uint64_t n = next_part(device); n != 0; n = next_part(device)) {
		*end = part_item(&device->book, n);
		used += (*end)->body.len;
		end = &(*end)->next;
		device->part_sent[n] = true;
		if (used > job->budget / 2) {
			break;
		}
	}
}

static inline bool device_items(struct room *room, const struct ph_item *item)
{
	for (; item != NULL; item = item->next) {
		bool is_page = item->type == PH_ITEM_PAGE;

		if (is_page ? !device_page(&room->device_store, &room->hub_store, item)
			    : !copy_segment(&room->device_store.control, item)) {
			return false;
		}
	}
	return true;
}

static inline void device_job(struct room *room, struct ph_job *job)
{
	struct device_store *device = &room->device_store;

	if (device->fail != 0) {
		job->result = device->fail;
		return;
	}
	unpack_items(job);
	switch (job->type) {
	case PH_JOB_WELCOME:
		device->sent_n = job->welcome.same || job->welcome.n_heads == 0
					 ? device->book.n
					 : job->welcome.head[0].n;
		for (unsigned i = 0; i < job->welcome.n_receipts; i++) {
			keep_receipt(room, &job->welcome.receipt[i]);
		}
		break;
	case PH_JOB_STORE:
		job->bad = !device_items(room, job->items);
		assert_null(job->receipt);
		break;
	case PH_JOB_LOAD:
		device_load(device, job);
		break;
	case PH_JOB_RECEIPT:
		for (unsigned i = 0; i < job->n_receipts; i++) {
			keep_receipt(room, &job->receipt[i]);
		}
		break;
	default:
		fail_msg("the device was asked for job %d", job->type);
	}
	job->more = device_more(device);
}

#endif
