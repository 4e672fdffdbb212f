/*
 * daemon/hub_keep.c - the desk log at devices.
 *
 * The control log is at every device; what the hub says in its desk log (decisions, adoptions,
 * judged clocks, voids, what is typed in at the hub) goes to the sites that it concerns, as acts of
 * their feeds, from which no log can be made again. So each new word is given to the devices that
 * call next, up to PH_KEEPERS of them, encrypted for nobody but the hub (common/log/keep.h). Who has
 * how much is told by their hellos, and remembered while this process runs: after a start a word may
 * be given to some devices more than need be.
 *
 * A device that kept nothing yet is given what no backup on another disk has, and at most the last BACK entries; one that did,
 * what follows. It is the last thing that goes down, and ends no session for lack of a budget.
 *
 * A hub that was restored asks each device for what lies behind its own desk logs, and takes it by
 * the way of the second medium (hub_collect.c). So does one to which a device tells a position that is
 * on none of its desk logs: as with the control log, what comes back proves by our own key that
 * this store is an older one, or nothing. One that was asked for what lies behind our last word, and whose pieces
 * go on from another than that, is asked for all of them when it calls next. What was looked at and brought nothing is not
 * asked for again before something else came. A piece of before a rotation opens with the key of then, whether
 * the rotation or the device comes first. For 90 days after words came that nobody waited for any more, all
 * who keep some are asked, for one may have what follows.
 */
#include "daemon/hub_keep.h"

#include <errno.h>
#include <string.h>

#include "common/log/keep.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_quota.h"

enum {
	PIECE = 4 * 1024, /* bytes of a segment that is given */
	BACK = 4096,      /* entries */
	LATE_S = 90 * 86400,
};

/* --- what a device keeps --- */

static bool is_desk(const struct ph_hub *hub, const struct ph_log *log)
{
	return log->role == PH_ROLE_HUB && !ph_control_has(&hub->control, log->id);
}

struct search {
	struct ph_hub *hub;
	struct ph_hub_peer *peer;
	int64_t current; /* the row that is written to: of what several branches have it is the one */
};

static int see_log(void *data, const struct ph_log *log)
{
	struct search *search = data;
	struct ph_hub_peer *peer = search->peer;
	uint8_t h[PH_HASH_SIZE];
	int rc;

	if (!is_desk(search->hub, log) || peer->kept.n > log->n ||
	    (peer->keep.row > 0 && log->row != search->current)) {
		return 0;
	}
	rc = ph_journal_chain_at(search->hub->journal, log, peer->kept.n, h);
	if (rc == 0 && memcmp(h, peer->kept.h, sizeof(peer->kept.h)) == 0) {
		peer->keep.row = log->row;
		peer->keep.n = peer->kept.n;
	}
	return rc < 0 ? rc : 0;
}

int ph_hub_keep_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello)
{
	struct search search = { .hub = hub,
				 .peer = peer,
				 .current = ph_writer_log(hub->desk)->row };

	peer->keeps = hello->keeps && !peer->by_file;
	peer->kept = hello->kept;
	peer->keep.row = 0;
	peer->keep.n = 0;
	peer->keep_asked = peer->keep_whole = peer->keep_gap = false;
	return peer->keeps && peer->kept.n > 0
		       ? ph_journal_log_each(hub->journal, see_log, &search)
		       : 0;
}

static bool was_looked_at(const struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	const struct ph_hub_keepers *keepers = &hub->keepers;

	for (unsigned i = 0; i < keepers->n_idle; i++) {
		if (memcmp(&keepers->idle[i], &peer->kept, sizeof(peer->kept)) == 0) {
			return true;
		}
	}
	return false;
}

bool ph_hub_keep_strays(const struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	return peer->keeps && peer->kept.n > 0 && peer->keep.row == 0 &&
	       !was_looked_at(hub, peer);
}

bool ph_hub_keep_asks(const struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	int64_t late = hub->keepers.late;

	return ph_hub_keep_strays(hub, peer) ||
	       (peer->keeps && late > 0 && ph_hub_now(hub) < late + LATE_S);
}

/* What PEER told as its last has been here, and was nothing new. */
static void note_looked_at(struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	struct ph_hub_keepers *keepers = &hub->keepers;

	if (peer->keep_gap || !ph_hub_keep_strays(hub, peer)) {
		return;
	}
	keepers->idle[keepers->next_idle] = peer->kept;
	keepers->next_idle = (keepers->next_idle + 1) % PH_HUB_IDLE_MAX;
	keepers->n_idle += keepers->n_idle < PH_HUB_IDLE_MAX;
}

/* --- who keeps the last word --- */

void ph_hub_keep_heard(struct ph_hub *hub, const struct ph_hub_peer *peer)
{
	const struct ph_log *desk = ph_writer_log(hub->desk);
	struct ph_hub_keeper *own = NULL;

	for (unsigned i = 0; i < PH_KEEPERS; i++) {
		struct ph_hub_keeper *keeper = &hub->keepers.keeper[i];
		bool is_behind = keeper->row != desk->row || keeper->n < desk->sealed;

		if (memcmp(keeper->device, peer->device.id, sizeof(keeper->device)) ==
		    0) {
			own = keeper;
			break;
		}
		own = own || !is_behind ? own : keeper;
	}
	if (!own || !peer->keeps) {
		return;
	}
	memcpy(own->device, peer->device.id, sizeof(own->device));
	own->row = peer->keep.row;
	own->n = peer->keep.n;
}

/* How many devices keep all of LOG; but for PEER (NULL: for none). */
static unsigned count_keepers(const struct ph_hub *hub, const struct ph_hub_peer *peer,
			      const struct ph_log *log)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PH_KEEPERS; i++) {
		const struct ph_hub_keeper *keeper = &hub->keepers.keeper[i];
		bool is_peer = peer && memcmp(keeper->device, peer->device.id,
					      sizeof(keeper->device)) == 0;

		count += keeper->row == log->row && keeper->n >= log->sealed && !is_peer;
	}
	return count;
}

unsigned ph_hub_keep_count(const struct ph_hub *hub)
{
	const struct ph_log *desk = ph_writer_log(hub->desk);

	return desk->row > 0 ? count_keepers(hub, NULL, desk) : 0;
}

/* --- down --- */

/* How many entries of LOG are in the last backup off this disk. 0 or negative errno. */
static int read_away(struct ph_hub *hub, const struct ph_log *log, uint64_t *n_out)
{
	struct ph_buf value = { 0 };
	int rc = ph_journal_meta_get(hub->journal, PH_HUB_META_DESK_AWAY, &value);

	*n_out = 0;
	if (rc == 0 && value.len == PH_LOG_ID_SIZE + 8 &&
	    memcmp(value.data, log->id, PH_LOG_ID_SIZE) == 0) {
		*n_out = ph_be64_get(value.data + PH_LOG_ID_SIZE);
	}
	ph_buf_deinit(&value);
	return rc < 0 ? rc : 0;
}

/* Behind which entry of LOG it is given to PEER; its sealed end: nothing is. 0 or negative errno. */
static int find_from(struct ph_hub *hub, const struct ph_hub_peer *peer,
		     const struct ph_log *log, uint64_t *from_out)
{
	uint64_t from = peer->keep.n;
	int rc = 0;

	if (peer->keep.row != log->row) {
		rc = read_away(hub, log, &from);
	}
	if (rc == 0) {
		from = log->sealed > BACK && from < log->sealed - BACK
			       ? log->sealed - BACK
			       : from;
		*from_out = from < log->sealed ? from : log->sealed;
	}
	return rc;
}

/*
 * The desk log, and behind which entry PEER is to be given it. Not what may be an older one:
 * a piece of it would take the place of what shows that. 0; 1: nothing is due; negative errno.
 */
static int find_due(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    struct ph_log *log_out, uint64_t *from_out)
{
	int64_t row = ph_writer_log(hub->desk)->row;
	int rc;

	if (!peer->keeps || hub->collecting || row == 0 ||
	    ph_hub_keep_strays(hub, peer)) {
		return 1;
	}
	rc = ph_journal_log_at(hub->journal, row, log_out);
	rc = rc != 0 ? rc : find_from(hub, peer, log_out, from_out);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	return *from_out >= log_out->sealed ||
	       count_keepers(hub, peer, log_out) >= PH_KEEPERS;
}

int ph_hub_keep_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out)
{
	struct ph_log log;
	uint64_t from;
	int rc = find_due(hub, peer, &log, &from);

	*more_out = rc == 0;
	return rc < 0 ? rc : 0;
}

/* The piece of LOG behind FROM. 0; 1: there is none that can be given; negative errno. */
static int make_piece(struct ph_hub *hub, const struct ph_log *log, uint64_t from,
		      size_t budget, struct ph_item *item)
{
	struct ph_segment segment;
	struct ph_buf body = { 0 };
	uint8_t h[PH_HASH_SIZE];
	int rc =
		ph_journal_read_segment(hub->journal, log, from,
					budget < PIECE ? budget : PIECE, &segment, &body);

	rc = rc != 0 ? rc : ph_journal_chain_at(hub->journal, log, segment.last, h);
	rc = rc != 0 ? rc : ph_keep_seal(hub->keys.sign.secret, &segment, h, &item->body);
	if (rc == 0) {
		memcpy(item->log_id, log->id, sizeof(item->log_id));
		memcpy(item->mark, h, sizeof(item->mark));
		item->first = segment.first;
		item->last = segment.last;
	}
	ph_buf_deinit(&body);
	return rc == -EMSGSIZE ? 1 : rc;
}

int ph_hub_keep_load(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
		     size_t fit, struct ph_item **item_out)
{
	struct ph_item *item = NULL;
	struct ph_log log;
	uint64_t from;
	int rc = find_due(hub, peer, &log, &from);

	if (rc == 0) {
		item = ph_item_new(PH_ITEM_KEEP);
		rc = item ? make_piece(hub, &log, from, budget, item) : -ENOMEM;
	}
	if (rc != 0 || (fit > 0 && item->body.len > fit)) {
		ph_items_free(item);
		return rc < 0 ? rc : 0;
	}
	peer->keep.row = log.row;
	peer->keep.n = item->last;
	if (peer->heard) {
		ph_hub_keep_heard(hub, peer);
	}
	*item_out = item;
	return 0;
}

/* --- back --- */

struct asking {
	struct ph_hub *hub;
	struct ph_welcome *welcome;
	bool strays;   /* where the device's desk log and ours part is not known, ... */
	bool whole;    /* ... and it is asked for all that it has of each */
	uint64_t kept; /* the number of the last word that it has */
};

static int ask_log(void *data, const struct ph_log *log)
{
	struct asking *asking = data;
	struct ph_welcome *welcome = asking->welcome;
	struct ph_want *want = &welcome->want[welcome->n_wants];
	bool whole = false; /* from its beginning, not from behind our last word of it */
	int rc = 0;

	/* one that has no place in the list is brought from its beginning */
	if (!is_desk(asking->hub, log) || log->branch != 0 || log->n == 0 ||
	    welcome->n_wants == PH_WANTS_MAX) {
		return 0;
	}
	/* where its last word is not above ours we said another in that place */
	if (asking->strays) {
		rc = ph_hub_goes_on(asking->hub, log->id, &whole);
		whole = whole || asking->whole || asking->kept <= log->n;
	}
	memcpy(want->log_id, log->id, sizeof(want->log_id));
	want->n = whole ? 1 : log->n;
	welcome->n_wants++;
	return rc;
}

int ph_hub_keep_ask(struct ph_hub *hub, struct ph_hub_peer *peer,
		    struct ph_welcome *welcome)
{
	struct asking asking = { .hub = hub,
				 .welcome = welcome,
				 .strays = ph_hub_keep_strays(hub, peer),
				 .kept = peer->kept.n };

	asking.whole = peer->keep_whole = asking.strays && hub->keepers.gap;
	peer->keep_asked = peer->keeps && welcome->n_wants > 0;
	return peer->keep_asked ? ph_journal_log_each(hub->journal, ask_log, &asking) : 0;
}

/* Something came: what did not go on from here before may do so now, also what others keep. */
static int look_again(struct ph_hub *hub)
{
	int rc = ph_hub_collect_leave(hub);

	hub->keepers.n_idle = 0;
	if (rc == 0 && !hub->collecting) {
		hub->keepers.late = ph_hub_now(hub);
		rc = ph_journal_meta_put_int(hub->journal, PH_HUB_META_DESK_LATE,
					     hub->keepers.late);
	}
	if (rc == 0 && ph_writer_log(hub->desk)->row == 0) {
		rc = ph_writer_reload(hub->desk, NULL); /* there is one to go on from */
	}
	return rc;
}

/*
 * What PEER brought goes on from nothing that is here. What it does go on from may lie below our last word, in whose
 * place another was lost, if that is all that PEER was asked for. 0 or negative errno.
 */
static int note_gap(struct ph_hub *hub, struct ph_hub_peer *peer)
{
	if (peer->keep_whole) {
		return 0;
	}
	peer->keep_gap = true;
	if (hub->keepers.gap) {
		return 0;
	}
	hub->keepers.gap = true;
	return ph_journal_meta_put_int(hub->journal, PH_HUB_META_DESK_GAP, 1);
}

/* SEGMENT, which we made, from PEER. 0 or negative errno. *STORED_OUT: entries that were new. */
static int take(struct ph_hub *hub, struct ph_hub_peer *peer,
		const struct ph_segment *segment, uint64_t *stored_out)
{
	int rc = ph_hub_collect_own(hub, segment, stored_out);

	rc = rc == PH_HUB_COLLECT_E_GAP ? note_gap(hub, peer) : rc;
	rc = rc == 0 && *stored_out > 0 ? look_again(hub) : rc;
	return rc < 0 ? rc : 0;
}

/* As ph_keep_open(), with whichever of our signing keys it was made. */
static int open_piece(const struct ph_hub *hub, const struct ph_keep *keep,
		      struct ph_segment *segment, struct ph_buf *body)
{
	int rc = -EBADMSG;

	for (unsigned i = 0; rc == -EBADMSG && i < hub->ring.n; i++) {
		rc = ph_keep_open(hub->ring.secret[i], keep, segment, body);
	}
	return rc;
}

int ph_hub_keep_take(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_item *item)
{
	struct ph_keep keep = { .first = item->first,
				.last = item->last,
				.cipher = ph_buf_view(&item->body) };
	struct ph_segment segment;
	struct ph_buf body = { 0 };
	uint64_t stored = 0;
	int rc;

	if (!peer->keep_asked) {
		return PH_JOURNAL_E_FORM;
	}
	memcpy(keep.log_id, item->log_id, sizeof(keep.log_id));
	memcpy(keep.mark, item->mark, sizeof(keep.mark));
	rc = ph_hub_quota_ask(hub, peer, &peer->device, item);
	rc = rc != 0 ? rc : open_piece(hub, &keep, &segment, &body);
	if (rc == 0) {
		rc = take(hub, peer, &segment, &stored);
	} else if (rc ==
		   -EBADMSG) { /* of other keys, or nobody's: no fault of the device */
		rc = 0;
	}
	if (rc == 0 && stored == 0 && item->last == peer->kept.n &&
	    memcmp(item->mark, peer->kept.h, sizeof(item->mark)) == 0) {
		note_looked_at(hub, peer);
	}
	ph_buf_deinit(&body);
	return rc;
}
