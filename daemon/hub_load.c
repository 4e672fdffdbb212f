/*
 * daemon/hub_load.c - what goes down to a device, in the order in which it is needed.
 *
 * First the control log, to everybody: it names the devices of whom the rest comes.
 * Then, to a device that the control log confirms and that has the role site, the logs of
 * the other devices of its site, each segment with the sealed parts of its entries behind
 * it; then its feed. A courier carries what it cannot read, and gets neither. What a device
 * has of the logs its hello tells, so that a session that was cut costs what was under
 * way. A device that tells of its own logs was put back or copied, and gets what it lacks of
 * them too (hub_own.c). Nothing is kept here from one session to the next.
 *
 * A part travels as its plain fields and its seed: the seed's box opens with the hub's
 * key. One that does not open, or is not here yet, is left out; when it has come, the
 * hello that lacks it has it sent.
 */
#include "daemon/hub_load.h"

#include <errno.h>
#include <string.h>

#include "common/log/part.h"
#include "daemon/hub_beside.h"
#include "daemon/hub_feed.h"
#include "daemon/hub_keep.h"
#include "daemon/hub_own.h"
#include "daemon/hub_part.h"

enum {
	/* A device keeps the front of one item, and none of a part: what goes down is small where it can be. */
	ITEM_SIZE = 4 * 1024,
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* ---- the control log ---- */

/*
 * Where it stands that reads words which we lost, in the place of those that we said then (hub_beside.h). What
 * we said it has if the last that it tells is the last that it was sent: the log goes down in order, and
 * from here alone. Else it is sent that (again), from where the two part.
 */
static int read_beside(struct ph_hub *hub, struct ph_hub_peer *peer,
		       const struct ph_cursor *cursor)
{
	struct ph_hub_place place;
	bool is_held;
	int rc = ph_hub_beside_find(hub, cursor, &place, &is_held);

	if (rc == 0 && is_held) {
		peer->control = place.control == peer->device.control ? place.control
								      : place.parted;
		peer->control_held = peer->control;
		peer->strays = false;
	}
	return rc;
}

/* How far the device holds it; from the start if what it tells is on no chain of ours. */
static int read_control(struct ph_hub *hub, struct ph_hub_peer *peer,
			const struct ph_cursor *cursor)
{
	uint8_t h[PH_CONTROL_HASH_SIZE];
	uint64_t total;
	bool is_ours = false;
	int rc = ph_control_total(hub->journal, &hub->control, &total);

	peer->position = *cursor;
	peer->control = peer->control_held = 0;
	peer->control_moves = hub->control_moves;
	peer->strays = cursor->n > 0;
	if (rc < 0 || cursor->n == 0) {
		return rc;
	}
	if (cursor->n <= total) {
		rc = ph_control_hash(hub->journal, &hub->control, cursor->n, h);
		is_ours = rc == 0 && memcmp(h, cursor->h, sizeof(cursor->h)) == 0;
	}
	if (is_ours) {
		peer->control = peer->control_held = cursor->n;
		peer->strays = false;
	}
	return rc < 0 || is_ours ? rc : read_beside(hub, peer, cursor);
}

int ph_hub_load_position(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	const struct ph_cursor told = peer->position;

	return read_control(hub, peer, &told);
}

/*
 * How far the control log was sent to a device that proved to be live. If the link is
 * cut before it arrived, the next hello says so and HEARD puts it right.
 */
static int note_control(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	if (!peer->heard) {
		return 0;
	}
	peer->device.control = peer->control;
	return ph_journal_device_update(hub->journal, &peer->device);
}

/* The segment of LOG behind AFTER as an item. 0, PH_HUB_LOAD_E_NONE or negative errno. */
static int load_segment(struct ph_hub *hub, const struct ph_log *log, uint64_t after,
			size_t budget, struct ph_item **item_out)
{
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_segment segment;
	int rc;

	if (!item) {
		return -ENOMEM;
	}
	rc = ph_journal_read_segment(hub->journal, log, after,
				     smaller(budget, PH_SEGMENT_MAX), &segment,
				     &item->body);
	if (rc != 0) {
		ph_items_free(item);
		return rc < 0 ? rc : PH_HUB_LOAD_E_NONE;
	}
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	*item_out = item;
	return 0;
}

static int next_control(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
			struct ph_item **item_out)
{
	struct ph_item *item;
	struct ph_log log;
	unsigned index;
	uint64_t n;
	int rc =
		peer->control_moves != hub->control_moves
			? PH_HUB_LOAD_E_NONE /* positions are others by now: its next hello */
			: ph_control_at(hub->journal, &hub->control, peer->control,
					&index, &n);

	if (rc == 0 && index == hub->control.n) {
		rc = PH_HUB_LOAD_E_NONE;
	}
	rc = rc != 0 ? rc
		     : ph_journal_log_at(hub->journal, hub->control.log[index].row, &log);
	rc = rc != 0 ? rc : load_segment(hub, &log, n, budget, &item);
	if (rc != 0) {
		return rc;
	}
	peer->control += item->last - n;
	rc = note_control(hub, peer);
	if (rc < 0) {
		ph_items_free(item);
		return rc;
	}
	*item_out = item;
	return 0;
}

/* ---- the logs of the site's other devices ---- */

/* The next log of the site behind ROW that another device writes, or PEER that asks for its own. 0, PH_HUB_LOAD_E_NONE, negative errno. */
static int log_after(struct ph_hub *hub, const struct ph_hub_peer *peer, int64_t row,
		     struct ph_log *log_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(hub->db,
			       "SELECT row FROM log WHERE site = ?1 AND row > ?2"
			       " AND (device_id <> ?3 OR ?4) ORDER BY row LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)peer->device.site);
	ph_stmt_int(stmt, 2, row);
	ph_stmt_blob(stmt, 3, PH_VIEW(peer->device.id, sizeof(peer->device.id)));
	ph_stmt_int(stmt, 4, peer->asks_own);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_HUB_LOAD_E_NONE : rc;
	}
	row = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	rc = ph_journal_log_at(hub->journal, row, log_out);
	return rc > 0 ? -EUCLEAN : rc;
}

/* What the device says to hold of LOG, one branch: the furthest on its chain, or NULL. 0 or negative errno. */
static int find_told(struct ph_hub *hub, const struct ph_hub_peer *peer,
		     const struct ph_log *log, const struct ph_sibling **told_out)
{
	*told_out = NULL;
	for (unsigned i = 0; i < peer->n_siblings; i++) {
		const struct ph_sibling *told = &peer->sibling[i];
		uint8_t h[PH_HASH_SIZE];
		int rc;

		if (memcmp(told->log_id, log->id, sizeof(log->id)) != 0 ||
		    told->n > log->n || (*told_out && told->n <= (*told_out)->n)) {
			continue;
		}
		rc = ph_journal_chain_at(hub->journal, log, told->n, h);
		if (rc < 0) {
			return rc;
		}
		if (rc == 0 && memcmp(h, told->h, sizeof(told->h)) == 0) {
			*told_out = told;
		}
	}
	return 0;
}

/* The same by what it says to hold of other branches: so much they have in common. 0 or negative errno. */
static int find_shared(struct ph_hub *hub, const struct ph_hub_peer *peer,
		       const struct ph_log *log, uint64_t *n_out)
{
	int rc = 0;

	*n_out = 0;
	for (unsigned i = 0; rc == 0 && i < peer->n_siblings; i++) {
		const struct ph_sibling *told = &peer->sibling[i];
		uint64_t shared = 0;
		bool is_here;

		if (memcmp(told->log_id, log->id, sizeof(log->id)) == 0) {
			rc = ph_hub_own_shared(hub, log, told->n,
					       PH_VIEW(told->h, sizeof(told->h)),
					       &is_here, &shared);
		}
		*n_out = shared > *n_out ? shared : *n_out;
	}
	return rc;
}

/*
 * How far LOG may go to others of its site: of a device that was cut off, what the cuts
 * cover, or an adoption has let in since. 0 or negative errno.
 */
static int find_limit(struct ph_hub *hub, const struct ph_log *log, uint64_t *limit_out)
{
	enum ph_hub_trust trust;
	int rc = ph_hub_device_trust(hub, log->device_id, &trust);

	*limit_out = UINT64_MAX;
	if (rc == 0 && trust == PH_HUB_CUT) {
		rc = ph_ledger_cut_at(hub->ledger, log->row, limit_out);
		*limit_out = rc == 0 ? *limit_out : 0;
	}
	return rc < 0 ? rc : 0;
}

/*
 * The next segment of LOG that ends at the limit or before it, else the shortest that
 * reaches over it: to a seal, since entries come by seals; what is above counts for
 * nothing there either. 0, PH_HUB_LOAD_E_NONE, negative errno.
 */
static int load_within(struct ph_hub *hub, const struct ph_hub_peer *peer,
		       const struct ph_log *log, size_t budget, struct ph_item **item_out)
{
	struct ph_item *item = NULL;
	int rc = peer->way.n >= peer->way.limit
			 ? PH_HUB_LOAD_E_NONE
			 : load_segment(hub, log, peer->way.n, budget, &item);

	if (rc == 0 && item->last > peer->way.limit) {
		ph_items_free(item);
		rc = load_segment(hub, log, peer->way.n, 1, &item);
	}
	if (rc == 0) {
		*item_out = item;
	}
	return rc;
}

/* LOG is the device's own: what it brings in this session is not sent back to it. */
static int begin_own(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_log *log)
{
	uint64_t held;
	int rc = ph_hub_own_held(hub, peer, log, &held);

	if (rc == 0 && held > peer->way.n) {
		peer->way.n = held;
		peer->way.part = held;
	}
	peer->way.limit = log->n;
	return rc;
}

/* Where sending of LOG begins: behind what is told, and at the first part that lacks. */
static int begin_log(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_log *log)
{
	const struct ph_sibling *told;
	uint64_t shared = 0;
	uint64_t held = 0;
	int rc = find_told(hub, peer, log, &told);

	rc = rc == 0 && !told ? find_shared(hub, peer, log, &shared) : rc;
	if (rc < 0) {
		return rc;
	}
	shared = told ? told->n : shared;
	peer->way.row = log->row;
	/* the branch that it grew from went before it */
	peer->way.n = shared > log->base ? shared : log->base;
	peer->way.part = peer->way.n;
	rc = memcmp(log->device_id, peer->device.id, sizeof(log->device_id)) == 0
		     ? begin_own(hub, peer, log)
		     : find_limit(hub, log, &peer->way.limit);
	if (rc == 0 && told && told->missing > 0) {
		rc = ph_journal_parts_held(hub->journal, log->row, told->n, &held);
		if (rc == 0 && held > told->parts) {
			peer->way.part = told->missing - 1;
		}
	}
	return rc;
}

/* Parts go to here: what is above the limit counts for nothing, and its parts are nobody's. */
static uint64_t last_part(const struct ph_hub_peer *peer)
{
	return peer->way.n < peer->way.limit ? peer->way.n : peer->way.limit;
}

/* Whether LOG, where sending is, has something more. 0 or negative errno. */
static int has_more(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    const struct ph_log *log, bool *more_out)
{
	uint64_t last = last_part(peer);
	uint64_t n;
	size_t count = 0;
	int rc = 0;

	*more_out = peer->way.n < log->sealed && peer->way.n < peer->way.limit;
	if (!*more_out && peer->way.part < last) {
		rc = ph_journal_parts_in(hub->journal, log->row, peer->way.part, last, &n,
					 1, &count);
		*more_out = count > 0;
	}
	return rc;
}

/* The part of entry N of LOG. 0, PH_HUB_LOAD_E_NONE (not here, or not to be opened), negative errno. */
static int load_part(struct ph_hub *hub, const struct ph_log *log, uint64_t n,
		     struct ph_item **item_out)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	int rc = item ? ph_journal_part_get(hub->journal, log->row, n, &cipher, &box)
		      : -ENOMEM;

	if (rc == 0 && ph_hub_ring_open(&hub->ring, ph_buf_view(&box), item->seed) != 0) {
		rc = PH_HUB_LOAD_E_NONE;
	}
	if (rc == 0) {
		rc = ph_part_open(item->seed, log->id, n, ph_buf_view(&cipher),
				  &item->body);
		rc = rc == -EBADMSG ? PH_HUB_LOAD_E_NONE : rc;
	}
	if (rc == 0) {
		memcpy(item->log_id, log->id, sizeof(item->log_id));
		item->first = item->last = n;
		*item_out = item;
		item = NULL;
	}
	ph_items_free(item);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
	return rc > 0 ? PH_HUB_LOAD_E_NONE : rc;
}

/* The next part of entries that were sent. 0, PH_HUB_LOAD_E_NONE or negative errno. */
static int next_part(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_log *log, struct ph_item **item_out)
{
	int rc = PH_HUB_LOAD_E_NONE;

	uint64_t last = last_part(peer);

	while (rc == PH_HUB_LOAD_E_NONE && peer->way.part < last) {
		uint64_t n;
		size_t count = 0;

		rc = ph_journal_parts_in(hub->journal, log->row, peer->way.part, last, &n,
					 1, &count);
		if (rc < 0) {
			return rc;
		}
		peer->way.part = count > 0 ? n : last;
		rc = count > 0 ? load_part(hub, log, n, item_out) : PH_HUB_LOAD_E_NONE;
	}
	return rc;
}

/* The log behind the one under way, which is under way then. 0, PH_HUB_LOAD_E_NONE or negative errno. */
static int next_log(struct ph_hub *hub, struct ph_hub_peer *peer, struct ph_log *log_out)
{
	bool is_put_off = true;
	int rc = 0;

	while (rc == 0 && is_put_off) {
		rc = log_after(hub, peer, peer->way.seen, log_out);
		if (rc == 0) {
			peer->way.seen = log_out->row;
			rc = ph_hub_own_put_off(hub, peer, log_out, &is_put_off);
		}
	}
	if (rc == PH_HUB_LOAD_E_NONE) {
		rc = ph_hub_own_next(hub, peer, log_out);
		rc = rc > 0 ? PH_HUB_LOAD_E_NONE : rc;
	}
	return rc != 0 ? rc : begin_log(hub, peer, log_out);
}

/* The next of the log under way, or of the one behind it. 0, PH_HUB_LOAD_E_NONE or negative errno. */
static int next_sibling(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
			struct ph_item **item_out)
{
	struct ph_log log;
	int rc;

	for (;;) {
		if (peer->way.row > 0) {
			rc = ph_journal_log_at(hub->journal, peer->way.row, &log);
			rc = rc > 0 ? -EUCLEAN : rc;
			rc = rc < 0 ? rc : next_part(hub, peer, &log, item_out);
			if (rc <= 0) {
				return rc;
			}
			rc = load_within(hub, peer, &log, smaller(budget, ITEM_SIZE),
					 item_out);
			if (rc == 0) {
				peer->way.n = (*item_out)->last;
			}
			if (rc <= 0) {
				return rc;
			}
		}
		rc = next_log(hub, peer, &log);
		if (rc != 0) {
			return rc;
		}
	}
}

/* Whether any log of the site's other devices has something for PEER; it is not moved. */
static int siblings_wait(struct ph_hub *hub, const struct ph_hub_peer *peer,
			 bool *more_out)
{
	struct ph_hub_peer look = *peer;
	struct ph_log log;
	int rc = 0;

	*more_out = false;
	while (rc == 0 && !*more_out) {
		rc = next_log(hub, &look, &log);
		rc = rc != 0 ? rc : has_more(hub, &look, &log, more_out);
	}
	return rc < 0 ? rc : 0;
}

/* ---- all of it ---- */

int ph_hub_load_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello)
{
	enum ph_hub_trust trust;
	int rc = ph_hub_device_trust(hub, peer->device.id, &trust);

	if (rc < 0) {
		return rc;
	}
	peer->confirmed = trust == PH_HUB_CONFIRMED && !hub->collecting &&
			  (peer->device.role & PH_ROLE_SITE) != 0;
	peer->n_siblings = hello->n_siblings;
	memcpy(peer->sibling, hello->sibling, sizeof(peer->sibling));
	memset(&peer->way, 0, sizeof(peer->way));
	peer->put_off.n = 0;
	rc = ph_hub_own_asked(hub, peer, &peer->asks_own);
	rc = rc == 0 ? read_control(hub, peer, &hello->control) : rc;
	rc = rc == 0 ? ph_hub_keep_hello(hub, peer, hello) : rc;
	return rc != 0 ? rc : ph_hub_feed_hello(hub, peer, hello);
}

/*
 * Whether PEER may get what others wrote in this session. The control log names them, so it goes before;
 * if it has changed other than at its end meanwhile, nothing of it goes until the next hello.
 */
static bool gets_others(const struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	return peer->confirmed && peer->control_moves == hub->control_moves;
}

int ph_hub_load_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out)
{
	uint64_t total;
	int rc = ph_control_total(hub->journal, &hub->control, &total);

	*more_out = rc == 0 && peer->control < total &&
		    peer->control_moves == hub->control_moves;
	if (rc == 0 && !*more_out && gets_others(hub, peer)) {
		rc = siblings_wait(hub, peer, more_out);
	}
	if (rc == 0 && !*more_out && gets_others(hub, peer)) {
		rc = ph_hub_feed_waits(hub, peer, more_out);
	}
	if (rc == 0 && !*more_out && gets_others(hub, peer)) {
		rc = ph_hub_keep_waits(hub, peer, more_out);
	}
	return rc;
}

/* The next item for PEER; FIT as in the job. 0, PH_HUB_LOAD_E_NONE or negative errno. */
static int next_item(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
		     size_t fit, struct ph_item **item_out)
{
	bool more;
	int rc = next_control(hub, peer, budget, item_out);

	if (rc != PH_HUB_LOAD_E_NONE || !gets_others(hub, peer)) {
		return rc;
	}
	rc = next_sibling(hub, peer, budget, item_out);
	if (rc != PH_HUB_LOAD_E_NONE) {
		return rc;
	}
	*item_out = NULL;
	rc = ph_hub_feed_load(hub, peer, smaller(budget, ITEM_SIZE), item_out, &more);
	if (rc == 0 && !*item_out) {
		rc = ph_hub_keep_load(hub, peer, budget, fit, item_out);
	}
	return rc < 0 ? rc : *item_out ? 0 : PH_HUB_LOAD_E_NONE;
}

int ph_hub_load(struct ph_hub *hub, struct ph_job *job)
{
	struct ph_hub_peer *peer = job->owner;
	struct ph_item **end = &job->items;
	size_t used = 0;
	int rc = 0;

	job->more = false;
	while (peer->known && rc == 0 && used < job->budget) {
		struct ph_item *item = NULL;

		rc = next_item(hub, peer, job->budget - used, job->fit, &item);
		if (rc == 0) {
			used += item->body.len + PH_ITEM_CREDIT;
			*end = item;
			end = &item->next;
		}
	}
	if (rc >= 0 && peer->packs && ph_hub_packer(hub)) {
		int packed = ph_items_pack(hub->pack, &job->items);

		rc = packed < 0 ? packed : rc;
	}
	if (rc < 0) {
		ph_items_free(job->items);
		job->items = NULL;
		return rc;
	}
	job->more = rc == 0 && job->items;
	return 0;
}
