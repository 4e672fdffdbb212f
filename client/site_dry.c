/*
 * client/site_dry.c - a sync with nobody, to know what one would carry and cost.
 *
 * A session of our own is joined by a wire in memory to the other end of one, which takes all
 * that comes and gives receipts as a hub would. Hello, first flight, cutting to fit, frames
 * and receipts are so the very ones. Of a real session differs what the hub has for us, which
 * nobody here can know. Between two slices of a budget there is no receipt to be kept: the next
 * begins where the one before ended. Likewise where a hello had no room for all own logs that wait.
 *
 * Our jobs are carried out but for those that would keep what the hub says. A session that is
 * at work with a real hub meanwhile (the agent keeps one site for both) goes on as it was, also
 * between our jobs: site_aside.c.
 */
#include "client/site_dry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/site_internal.h"
#include "client/site_take.h"
#include "client/sync.h"
#include "common/base/say.h"
#include "proto/session.h"

struct dry {
	struct ph_site *site;
	struct ph_site_aside *aside;
	struct ph_session *device, *hub;
	struct ph_box_pair keys; /* of the hub that there is not */
	struct ph_site_dry *out;
	struct ph_error *err;
	struct ph_hello hello;
	/* where the session before ended, with so many of its logs */
	unsigned n_begun;
	struct ph_site_place heads_from; /* own logs before this place have gone */
	struct ph_site_send send[PH_HEADS_MAX];
	enum ph_site_pass pass;
	uint64_t came[PH_HEADS_MAX];  /* entries of each log that the other end has */
	uint64_t parts[PH_HEADS_MAX]; /* the same of sealed parts, in this session */
	struct ph_growth growth;
	int rc;
};

/* ---- the other end ---- */

/* Of the log of ITEM so many sealed parts are at the other end; what a hub misses is not of the row. */
static void note_parts(struct dry *dry, const struct ph_item *item, uint64_t n)
{
	dry->out->parts += n;
	for (unsigned i = 0; i < dry->hello.n_heads; i++) {
		if (memcmp(dry->hello.head[i].log_id, item->log_id, PH_LOG_ID_SIZE) ==
			    0 &&
		    item->last > dry->site->send[i].parts_from) {
			dry->parts[i] += n;
		}
	}
}

/* Those inside of ITEM, a packed segment: as a hub finds them. 0 or negative errno. */
static int count_inside(struct dry *dry, const struct ph_item *item)
{
	struct ph_pack *pack = ph_site_packer(dry->site);
	struct ph_pack_where where = { .first = item->first, .last = item->last };
	struct ph_unpacked out;
	int rc;

	memcpy(where.log_id, item->log_id, sizeof(where.log_id));
	rc = pack ? ph_unpack(pack, &where, ph_buf_view(&item->body), &out) : -ENOMEM;
	if (rc == 0) {
		note_parts(dry, item, out.n_parts);
		ph_pack_wipe(pack);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/* ITEM, a segment, is at the other end. */
static void note_came(struct dry *dry, const struct ph_item *item)
{
	dry->out->entries += item->last - item->first + 1;
	for (unsigned i = 0; i < dry->hello.n_heads; i++) {
		if (memcmp(dry->hello.head[i].log_id, item->log_id, PH_LOG_ID_SIZE) ==
			    0 &&
		    item->last > dry->came[i]) {
			dry->came[i] = item->last;
		}
	}
}

/* ITEMS came. */
static int count(struct dry *dry, const struct ph_item *items, bool in_flight)
{
	int rc = 0;

	for (const struct ph_item *item = items; rc == 0 && item; item = item->next) {
		if (item->type == PH_ITEM_PART) {
			note_parts(dry, item, 1);
			continue;
		}
		note_came(dry, item);
		/* message 1 carries none */
		rc = item->type == PH_ITEM_PACKED && !in_flight ? count_inside(dry, item)
								: 0;
	}
	return rc;
}

/* As large as any: signature, time, and the number that LOG_ID came to. */
static bool give_receipt(const struct dry *dry, const uint8_t *log_id,
			 const struct ph_item *items, struct ph_short_receipt *out)
{
	memset(out, 0, sizeof(*out));
	for (; items; items = items->next) {
		if (memcmp(items->log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			out->n = items->last > out->n ? items->last : out->n;
		}
	}
	out->level = PH_LEVEL_HUB;
	out->time = (uint64_t)ph_site_now(dry->site);
	return out->n > 0;
}

static unsigned give_receipts(const struct dry *dry, const struct ph_item *items,
			      struct ph_short_receipt *list)
{
	unsigned n = 0;

	for (unsigned i = 0; i < dry->hello.n_heads; i++) {
		if (give_receipt(dry, dry->hello.head[i].log_id, items, &list[n])) {
			list[n++].index = i;
		}
	}
	return n;
}

static void welcome(struct dry *dry, struct ph_job *job)
{
	struct ph_welcome *welcome = &job->welcome;

	welcome->epoch.number = dry->hello.epoch > 0 ? dry->hello.epoch : 1;
	memset(welcome->epoch.random, 1, sizeof(welcome->epoch.random));
	welcome->time = (uint64_t)ph_site_now(dry->site);
	welcome->same = true;
	welcome->packs = true;
	ph_pack_form(welcome->form);
	welcome->n_receipts = give_receipts(dry, job->items, welcome->receipt);
}

static void hub_job(struct dry *dry, struct ph_job *job)
{
	if (job->type == PH_JOB_HELLO) {
		welcome(dry, job);
	} else if (job->type == PH_JOB_STORE) {
		job->n_receipts = give_receipts(dry, job->items, job->receipt);
	}
	if (job->type == PH_JOB_HELLO || job->type == PH_JOB_STORE) {
		job->result = count(dry, job->items, job->type == PH_JOB_HELLO);
	}
}

/* ---- our end ---- */

/* Sending goes on behind the first flight, or where the session before ended. */
static int begin(struct dry *dry, bool *more_out)
{
	struct ph_site *site = dry->site;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < site->n_send; i++) {
		struct ph_site_send *send = &site->send[i];
		struct ph_log log;
		uint64_t held = 0;

		if (i < dry->n_begun) {
			uint64_t flown = send->flown;

			*send = dry->send[i];
			send->cursor = flown > send->cursor ? flown : send->cursor;
			continue;
		}
		rc = ph_journal_log_find(site->journal, send->log_id, &log);
		rc = rc == 0 ? ph_site_held(site, &log, &held) : rc;
		held = send->flown > held ? send->flown : held;
		send->start = send->cursor = send->parts = send->parts_from = held;
		rc = rc == 0 ? ph_site_note_missing(site, i) : rc;
	}
	site->pass = dry->pass;
	rc = rc == 0 ? ph_site_hub_packs(site, &site->packs) : rc;
	rc = rc == 0 ? ph_site_has_more(site, more_out) : rc;
	return rc > 0 ? -EUCLEAN : rc;
}

static void device_job(struct dry *dry, struct ph_job *job)
{
	if (job->type == PH_JOB_WELCOME) {
		job->result = begin(dry, &job->more);
	} else if (job->type == PH_JOB_LOAD) {
		ph_site_job(dry->site, job, dry->err);
	} else if (job->type == PH_JOB_RECEIPT) {
		job->result = ph_site_has_more(dry->site, &job->more);
	}
}

/* ---- the wire ---- */

static bool work(struct dry *dry, struct ph_session *session,
		 void (*carry_out)(struct dry *, struct ph_job *))
{
	struct ph_job *job;
	bool any = false;

	while ((job = ph_session_take_job(session)) != NULL) {
		any = true;
		carry_out(dry, job);
		dry->rc = dry->rc < 0 ? dry->rc : job->result;
		ph_session_give_job(session, job, 0);
	}
	return any;
}

static bool move(struct ph_session *from, struct ph_session *to)
{
	struct ph_view bytes = ph_session_output(from);

	if (bytes.len == 0) {
		return false;
	}
	ph_session_receive(to, bytes, 0);
	ph_session_sent(from, bytes.len, 0);
	return true;
}

/* Behind the jobs of one end: what is loaded at once takes long, and so does looking into it. */
static void rest(struct dry *dry)
{
	dry->rc = dry->rc < 0 ? dry->rc : ph_site_aside_rest(dry->aside, dry->err);
}

static void drive(struct dry *dry)
{
	bool any = true;

	while (any && dry->rc == 0) {
		any = move(dry->device, dry->hub);
		any |= work(dry, dry->hub, hub_job);
		rest(dry);
		if (dry->rc == 0) {
			any |= move(dry->hub, dry->device);
			any |= work(dry, dry->device, device_job);
			rest(dry);
		}
	}
	if (dry->rc == 0 && ph_session_state(dry->device) != PH_SESSION_CLOSED) {
		dry->rc = -EPROTO;
	}
}

static int join(struct dry *dry, const struct ph_share *share, size_t frame_max)
{
	struct ph_session_config device = { .side = PH_SIDE_DEVICE,
					    .rng = ph_rng_system,
					    .keys = ph_site_box(dry->site),
					    .frame_max = frame_max,
					    .may_send = share->up,
					    .hello = &dry->hello,
					    .cert = ph_site_cert(dry->site) };
	const struct ph_session_config hub = { .side = PH_SIDE_HUB,
					       .rng = ph_rng_system,
					       .keys = &dry->keys };
	int rc;

	memcpy(device.hub_key, dry->keys.key, sizeof(device.hub_key));
	rc = ph_session_new(&dry->device, &device, 0);
	return rc < 0 ? rc : ph_session_new(&dry->hub, &hub, 0);
}

/* ---- one session, and all ---- */

/*
 * Where sending of the parts of SEND's log goes on: behind the first N of those that it began
 * with, since that many went. 0 or negative errno.
 */
static int place_parts(struct dry *dry, struct ph_site_send *send, uint64_t n)
{
	uint64_t numbers[64];
	struct ph_log log;
	size_t count = 1;
	int rc = ph_journal_log_find(dry->site->journal, send->log_id, &log);

	send->parts = send->parts_from;
	for (; rc == 0 && n > 0 && count > 0; n -= count) {
		rc = ph_journal_parts_in(dry->site->journal, log.row, send->parts,
					 send->cursor, numbers, n < 64 ? (size_t)n : 64,
					 &count);
		send->parts = rc == 0 && count > 0 ? numbers[count - 1] : send->parts;
	}
	send->parts_from = send->parts;
	return rc > 0 ? -EUCLEAN : rc;
}

/* Of LEFT bytes. MOVED and WAITING were when it began. */
static bool goes_on(struct dry *dry, uint64_t left, uint64_t waiting, uint64_t moved)
{
	bool up;
	bool down;

	if (dry->out->entries + dry->out->parts > moved) {
		dry->growth = (struct ph_growth){ 0 };
		return left >= PH_BUDGET_LEAST;
	}
	ph_session_short_sides(dry->device, &up, &down);
	return ph_budget_grow(&dry->growth, left, waiting, up, down);
}

/*
 * A session was whole. Whether its hello had no room for some own logs, of which the next tells,
 * and again of the log in use.
 */
static bool next_logs(struct dry *dry)
{
	if (dry->site->left_own == 0) {
		return false;
	}
	dry->heads_from = dry->site->left_from;
	dry->n_begun = 1;
	memset(dry->send + 1, 0, sizeof(dry->send) - sizeof(dry->send[0]));
	memset(dry->came + 1, 0, sizeof(dry->came) - sizeof(dry->came[0]));
	dry->pass = PH_PASS_ENTRIES;
	dry->growth = (struct ph_growth){ 0 };
	return true;
}

/* What it came to, of LEFT bytes. Whether another would carry more. */
static bool end(struct dry *dry, uint64_t *left, uint64_t waiting, uint64_t moved)
{
	struct ph_session_counts counts;
	uint64_t bytes;

	ph_session_counts(dry->device, &counts);
	bytes = counts.bytes_in + counts.bytes_out;
	dry->out->bytes += bytes;
	dry->out->sessions++;
	*left -= *left == PH_BUDGET_NONE ? 0 : bytes < *left ? bytes : *left;
	memcpy(dry->send, dry->site->send, sizeof(dry->send));
	for (unsigned i = 0; i < dry->hello.n_heads; i++) {
		struct ph_site_send *send = &dry->send[i];

		/* what was loaded and found no room did not go */
		send->cursor = dry->came[i] > send->start ? dry->came[i] : send->start;
		send->parts = send->parts < send->cursor ? send->parts : send->cursor;
		if (dry->rc == 0 && !ph_site_parts_last(dry->site)) {
			dry->rc = place_parts(dry, send, dry->parts[i]);
		} else {
			send->parts_from = send->parts;
		}
	}
	memset(dry->parts, 0, sizeof(dry->parts));
	dry->pass = dry->site->pass;
	dry->n_begun = dry->hello.n_heads;
	if (ph_session_is_short(dry->device)) {
		return goes_on(dry, *left, waiting, moved);
	}
	return next_logs(dry) && *left >= PH_BUDGET_LEAST;
}

/* A guess of what waits, as sync makes it, less what went. */
static uint64_t still_waiting(const struct dry *dry, const struct ph_site_state *state)
{
	struct ph_site_state rest = *state;
	uint64_t entries = state->entries - state->receipted;

	rest.receipted += dry->out->entries < entries ? dry->out->entries : entries;
	rest.parts_pending -= dry->out->parts < state->parts_pending
				      ? dry->out->parts
				      : state->parts_pending;
	return ph_sync_waiting(&rest);
}

static int one_session(struct dry *dry, const struct ph_site_state *state, uint64_t *left,
		       bool *again_out)
{
	struct ph_site *site = dry->site;
	uint64_t waiting = still_waiting(dry, state);
	uint64_t moved = dry->out->entries + dry->out->parts;
	uint64_t extra = 0;
	struct ph_share share = { 0 };
	struct ph_buf arena = { 0 };
	size_t flight;
	int rc;

	site->heads_from = dry->heads_from;
	rc = ph_site_hello_extra(site, &extra);
	waiting += extra;
	if (*left != PH_BUDGET_NONE) {
		share = ph_budget_share(*left, waiting, &dry->growth);
	}
	flight = ph_budget_flight(&share, state->flight_next);
	for (unsigned i = 0; i < PH_HEADS_MAX; i++) {
		site->went[i] = dry->send[i].cursor;
	}
	site->parts_last = ph_budget_is_short(&share, waiting);
	rc = rc < 0 ? rc : ph_site_hello(site, flight, &dry->hello, &arena, dry->err);
	site->heads_from = (struct ph_site_place){ 0 };
	dry->hello.budget = share.down;
	rc = rc == 0 ? join(dry, &share, state->frame_next) : rc;
	ph_buf_deinit(&arena);
	*again_out = false;
	if (rc == 0) {
		drive(dry);
		rc = dry->rc;
	}
	if (rc == 0) {
		*again_out = end(dry, left, waiting, moved);
		rc = dry->rc;
	}
	rc = rc == -EDQUOT ? 0 : rc; /* not even a greeting */
	ph_session_free(dry->device);
	ph_session_free(dry->hub);
	dry->device = dry->hub = NULL;
	if (!dry->aside->is_lost) { /* else it is another's by now */
		site->parts_last = false;
		memset(site->went, 0, sizeof(site->went));
	}
	return rc;
}

int ph_site_dry_run(struct ph_site_aside *aside, uint64_t left, struct ph_site_dry *out,
		    struct ph_error *err)
{
	struct dry *dry = calloc(1, sizeof(*dry));
	struct ph_site_dry result = { 0 };
	struct ph_site_state state;
	bool again = left >= PH_BUDGET_LEAST;
	int rc = dry ? ph_site_state(aside->site, &state) : -ENOMEM;

	if (rc == 0) {
		dry->site = aside->site;
		dry->aside = aside;
		dry->out = &result;
		dry->err = err;
		ph_box_pair_make(&dry->keys, &ph_rng_system);
		rc = ph_site_spend_growth(dry->site, &dry->growth);
	}
	while (rc == 0 && again) {
		rc = one_session(dry, &state, &left, &again);
	}
	free(dry);
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("measuring what a sync would carry",
					    "tính lượng đồng bộ sẽ gửi"));
	}
	*out = result;
	return 0;
}
