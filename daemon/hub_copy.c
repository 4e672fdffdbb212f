/*
 * daemon/hub_copy.c - what was heard last of a device, and of each copy of its folder.
 *
 * In meta, one value a device: the copies one behind the other, the one heard last first,
 *
 *   by file (1) heard (8) counter (8) log id (16) n (8) h(n) (32) length (4) hello
 *
 * What is heard takes the place of whatever it goes on from. A folder that was put back
 * tells less than was heard of it, and stands beside it until it has written on. Where an
 * end of a chain is not here (a session that was cut, a bundle that lacks the one before)
 * nothing can be said of it: then the numbers alone decide.
 */
#include "daemon/hub_copy.h"

#include <errno.h>
#include <string.h>

#define META_COPIES "copies."       /* and the device id in hex */
#define META_HELLO  "bundle.hello." /* of an older hub: one hello of a bundle */
#define FIXED       (1 + 8 + 8 + PH_LOG_ID_SIZE + 8 + PH_HASH_SIZE + 4)
#define LOGS_MAX    64 /* that one device goes on in, one behind the other */

#define NAME_SIZE   (sizeof(META_HELLO) + 2 * PH_DEVICE_ID_SIZE)

static void name_of(const char *prefix, const struct ph_device *device,
		    char out[static NAME_SIZE])
{
	size_t len = strlen(prefix);

	memcpy(out, prefix, len);
	ph_hex(out + len, device->id, sizeof(device->id));
}

/* ---- in the store ---- */

static int put_copy(const struct ph_hub_copy *copy, struct ph_buf *out)
{
	uint8_t byte = copy->by_file;
	uint8_t length[4];
	int rc = ph_buf_put(out, &byte, 1);

	ph_be32_put(length, (uint32_t)copy->hello.len);
	rc = rc < 0 ? rc : ph_buf_put_be64(out, (uint64_t)copy->heard);
	rc = rc < 0 ? rc : ph_buf_put_be64(out, copy->counter);
	rc = rc < 0 ? rc : ph_buf_put(out, copy->at.log_id, sizeof(copy->at.log_id));
	rc = rc < 0 ? rc : ph_buf_put_be64(out, copy->at.n);
	rc = rc < 0 ? rc : ph_buf_put(out, copy->at.h, sizeof(copy->at.h));
	rc = rc < 0 ? rc : ph_buf_put(out, length, sizeof(length));
	return rc < 0 ? rc : ph_buf_put_view(out, ph_buf_view(&copy->hello));
}

/* One off the front of IN. 0, -EUCLEAN or -ENOMEM. */
static int take_copy(struct ph_view *in, struct ph_hub_copy *copy)
{
	const uint8_t *at = in->data;
	size_t len;

	if (in->len < FIXED) {
		return -EUCLEAN;
	}
	copy->by_file = at[0] != 0;
	copy->heard = (int64_t)ph_be64_get(at + 1);
	copy->counter = ph_be64_get(at + 9);
	memcpy(copy->at.log_id, at + 17, PH_LOG_ID_SIZE);
	copy->at.n = ph_be64_get(at + 17 + PH_LOG_ID_SIZE);
	memcpy(copy->at.h, at + 25 + PH_LOG_ID_SIZE, PH_HASH_SIZE);
	len = ph_be32_get(at + FIXED - 4);
	if (in->len - FIXED < len) {
		return -EUCLEAN;
	}
	in->data += FIXED + len;
	in->len -= FIXED + len;
	return ph_buf_put(&copy->hello, at + FIXED, len);
}

void ph_hub_copies_deinit(struct ph_hub_copies *copies)
{
	for (unsigned i = 0; i < PH_BRANCHES_MAX; i++) {
		ph_buf_deinit(&copies->copy[i].hello);
	}
	copies->n = 0;
}

/* What an older hub kept: the last hello of a bundle. 0, PH_JOURNAL_E_NONE or negative errno. */
static int load_older(struct ph_hub *hub, const struct ph_device *device,
		      struct ph_hub_copies *out)
{
	struct ph_hub_copy *copy = &out->copy[0];
	struct ph_hello hello;
	char name[NAME_SIZE];
	int rc;

	name_of(META_HELLO, device, name);
	rc = ph_journal_meta_get(hub->journal, name, &copy->hello);
	rc = rc != 0 ? rc : ph_hello_decode(ph_buf_view(&copy->hello), &hello);
	if (rc == 0 && hello.n_heads > 0) {
		copy->by_file = hello.counter >= device->counter;
		copy->heard = device->heard;
		copy->counter = hello.counter;
		copy->at = hello.head[0];
		out->n = 1;
	}
	return rc;
}

int ph_hub_copies_load(struct ph_hub *hub, const struct ph_device *device,
		       struct ph_hub_copies *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_view left;
	char name[NAME_SIZE];
	int rc;

	memset(out, 0, sizeof(*out));
	name_of(META_COPIES, device, name);
	rc = ph_journal_meta_get(hub->journal, name, &bytes);
	left = ph_buf_view(&bytes);
	while (rc == 0 && left.len > 0) {
		rc = out->n == PH_BRANCHES_MAX ? -EUCLEAN
					       : take_copy(&left, &out->copy[out->n]);
		out->n += rc == 0;
	}
	if (rc == PH_JOURNAL_E_NONE) {
		rc = load_older(hub, device, out);
	}
	ph_buf_deinit(&bytes);
	if (rc < 0) {
		ph_hub_copies_deinit(out);
	}
	return rc < 0 ? rc : 0;
}

static int save(struct ph_hub *hub, const struct ph_device *device,
		const struct ph_hub_copies *copies)
{
	struct ph_buf bytes = { 0 };
	char name[NAME_SIZE];
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < copies->n; i++) {
		rc = put_copy(&copies->copy[i], &bytes);
	}
	name_of(META_COPIES, device, name);
	rc = rc < 0 ? rc : ph_journal_meta_put(hub->journal, name, ph_buf_view(&bytes));
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_hub_copies_bytes(struct ph_hub *hub, const struct ph_device *device,
			struct ph_buf *out)
{
	struct ph_hub_copies copies;
	int rc = ph_hub_copies_load(hub, device, &copies);

	for (unsigned i = 0; rc == 0 && i < copies.n; i++) {
		rc = put_copy(&copies.copy[i], out);
	}
	ph_hub_copies_deinit(&copies);
	return rc;
}

int ph_hub_copies_by_file(struct ph_hub *hub, const struct ph_device *device,
			  bool *came_out)
{
	struct ph_hub_copies copies;
	int rc = ph_hub_copies_load(hub, device, &copies);

	*came_out = false;
	for (unsigned i = 0; rc == 0 && i < copies.n; i++) {
		*came_out = *came_out || copies.copy[i].hello.len > 0;
	}
	ph_hub_copies_deinit(&copies);
	return rc;
}

/* ---- which goes on from which ---- */

static bool is_same(const struct ph_head *a, const struct ph_head *b)
{
	return a->n == b->n && memcmp(a->log_id, b->log_id, sizeof(a->log_id)) == 0 &&
	       memcmp(a->h, b->h, sizeof(a->h)) == 0;
}

/* Whether AT is on a chain that is here. 0 or negative errno. */
static int is_here(struct ph_hub *hub, const struct ph_head *at, bool *out)
{
	struct ph_log log;
	int rc = ph_journal_log_with(hub->journal, at->log_id, at->n, at->h, &log);

	*out = rc == 0;
	return rc < 0 ? rc : 0;
}

/* Whether the chain to AT goes through OLD, of the same log. 0 or negative errno. */
static int is_on(struct ph_hub *hub, const struct ph_head *at, const struct ph_head *old,
		 bool *out)
{
	uint8_t h[PH_HASH_SIZE];
	struct ph_log log;
	int rc = old->n > at->n ? PH_JOURNAL_E_NONE
				: ph_journal_log_with(hub->journal, at->log_id, at->n,
						      at->h, &log);

	rc = rc != 0 ? rc : ph_journal_chain_at(hub->journal, &log, old->n, h);
	*out = rc == 0 && memcmp(h, old->h, sizeof(h)) == 0;
	return rc < 0 ? rc : 0;
}

/* What the log of AT continues. 0, PH_JOURNAL_E_NONE or negative errno. */
static int before(struct ph_hub *hub, struct ph_head *at)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_log log;
	int rc = ph_journal_log_find(hub->journal, at->log_id, &log);

	rc = rc != 0 ? rc : ph_journal_entry(hub->journal, log.row, 1, &bytes);
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&bytes), &entry);
	if (rc == 0 && entry.number == PH_KIND_OPEN &&
	    entry.field[PH_OPEN_CONTINUES].set) {
		*at = entry.field[PH_OPEN_CONTINUES].as.head;
	} else if (rc == 0) {
		rc = PH_JOURNAL_E_NONE;
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : rc > 0 ? PH_JOURNAL_E_NONE : 0;
}

/* Whether the chain to AT, through all logs of its device, goes on from OLD. 0 or negative errno. */
static int goes_on(struct ph_hub *hub, struct ph_head at, const struct ph_head *old,
		   bool *out)
{
	int rc = 0;

	*out = false;
	for (unsigned i = 0; rc == 0 && i < LOGS_MAX; i++) {
		if (memcmp(at.log_id, old->log_id, sizeof(at.log_id)) == 0) {
			return is_on(hub, &at, old, out);
		}
		rc = before(hub, &at);
	}
	return rc < 0 ? rc : 0;
}

/* ---- what is heard ---- */

/*
 * Whether AT takes the place of OLD: it is the same, or goes on from it; of two ends that
 * are not here the one that is further along.
 */
static int replaces(struct ph_hub *hub, const struct ph_head *at,
		    const struct ph_head *old, bool *out)
{
	bool at_here = false;
	bool old_here = false;
	int rc;

	*out = is_same(at, old);
	if (*out) {
		return 0;
	}
	rc = goes_on(hub, *at, old, out);
	rc = rc < 0 || *out ? rc : is_here(hub, at, &at_here);
	rc = rc < 0 || *out || at_here ? rc : is_here(hub, old, &old_here);
	if (rc == 0 && !*out && !at_here && !old_here) {
		*out = at->n >= old->n &&
		       memcmp(at->log_id, old->log_id, sizeof(at->log_id)) == 0;
	}
	return rc;
}

/*
 * COPY is gone, and what it told stands with FRESH. Its number is of the same folder only if
 * its head is the same: from what both began with, another copy may have numbered on.
 */
static void absorb(struct ph_hub_copy *fresh, struct ph_hub_copy *copy)
{
	if (is_same(&fresh->at, &copy->at) && copy->counter > fresh->counter) {
		fresh->counter = copy->counter;
	}
	if (fresh->hello.len == 0) {
		ph_buf_deinit(&fresh->hello);
		fresh->hello = copy->hello;
	} else {
		ph_buf_deinit(&copy->hello);
	}
	memset(copy, 0, sizeof(*copy));
}

/* FRESH is heard of now: those of COPIES whose place it takes are gone. */
static int merge(struct ph_hub *hub, struct ph_hub_copies *copies,
		 struct ph_hub_copy *fresh)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < copies->n; i++) {
		struct ph_hub_copy *copy = &copies->copy[i];
		bool gone;
		int rc = replaces(hub, &fresh->at, &copy->at, &gone);

		if (rc < 0) {
			return rc;
		}
		if (gone) {
			absorb(fresh, copy);
		} else if (kept++ < i) {
			copies->copy[kept - 1] = *copy;
			memset(copy, 0, sizeof(*copy));
		}
	}
	copies->n = kept;
	return 0;
}

/* In front of the others; of too many the one goes that was not heard for longest. */
static void put_first(struct ph_hub_copies *copies, const struct ph_hub_copy *fresh)
{
	if (copies->n == PH_BRANCHES_MAX) {
		ph_buf_deinit(&copies->copy[--copies->n].hello);
	}
	memmove(&copies->copy[1], &copies->copy[0], copies->n * sizeof(copies->copy[0]));
	copies->copy[0] = *fresh;
	copies->n++;
}

int ph_hub_copy_heard(struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	struct ph_hub_copy fresh = { .by_file = peer->by_file,
				     .heard = ph_hub_now(hub),
				     .counter = peer->counter };
	struct ph_hub_copies copies;
	int rc;

	if (peer->n_heads == 0) { /* it does not say what it holds */
		return 0;
	}
	rc = ph_hub_copies_load(hub, &peer->device, &copies);
	if (rc < 0) {
		return rc;
	}
	fresh.at = peer->head[0];
	rc = peer->by_file ? ph_buf_put_view(&fresh.hello, peer->told) : 0;
	rc = rc < 0 ? rc : merge(hub, &copies, &fresh);
	if (rc < 0) {
		ph_buf_deinit(&fresh.hello);
	} else {
		put_first(&copies, &fresh);
		rc = save(hub, &peer->device, &copies);
	}
	ph_hub_copies_deinit(&copies);
	return rc;
}

/* Whether of the folder of PEER something later, or as late, was heard: COPY; or that cannot be said. */
static int is_beyond(struct ph_hub *hub, const struct ph_hub_peer *peer,
		     const struct ph_hub_copy *copy, bool *out)
{
	const struct ph_head *at = &peer->head[0];
	bool here = false;
	int rc;

	*out = false;
	if (is_same(at, &copy->at)) {
		*out = peer->counter <= copy->counter;
		return 0;
	}
	rc = is_here(hub, &copy->at, &here);
	*out = !here;
	return rc < 0 || *out ? rc : goes_on(hub, copy->at, at, out);
}

int ph_hub_copy_is_news(struct ph_hub *hub, const struct ph_hub_peer *peer, int64_t made,
			bool *out)
{
	struct ph_hub_copies copies;
	bool beyond = true;
	int rc;

	/* new in any case: a higher number, or entries that nobody had from later than that */
	*out = peer->counter > peer->device.counter ||
	       (peer->entries > 0 && made > peer->device.heard);
	if (*out || peer->n_heads == 0) {
		return 0;
	}
	rc = ph_hub_copies_load(hub, &peer->device, &copies);
	if (rc == 0 && copies.n > 0) {
		rc = is_here(hub, &peer->head[0], out);
		beyond = !*out;
	}
	for (unsigned i = 0; rc == 0 && !beyond && i < copies.n; i++) {
		rc = is_beyond(hub, peer, &copies.copy[i], &beyond);
	}
	*out = rc == 0 && !beyond;
	ph_hub_copies_deinit(&copies);
	return rc;
}
