/*
 * client/site_load.c - what of our logs goes up next.
 *
 * For each log in turn: first the sealed parts of entries that are sent already, then
 * parts that the hub says it lacks, then the next segment, sealed where it is cut. A
 * part travels as its plain fields and seed, and only if our own copy of it opens: so
 * the hub makes the same ciphertext again.
 *
 * A part that we lack or cannot open stays where it is and is passed over: the hub's
 * receipt goes on listing it as missing. The first item may exceed the budget, no
 * other does; each is charged what it costs of the session's credit. Where a segment is
 * cut never depends on the budget, so that after a cut link the same segment is made
 * again, and goes on where the hub has it.
 */
#include <errno.h>
#include <string.h>

#include "client/site_internal.h"

int ph_site_segment(struct ph_site *site, const struct ph_log *log, uint64_t after,
		    size_t max, bool stop_at_part, struct ph_segment *segment_out,
		    struct ph_buf *buf)
{
	struct ph_log copy = *log;
	uint64_t last;
	int rc = ph_journal_span(site->journal, &copy, after, max, stop_at_part, &last);

	if (rc != 0) {
		return rc;
	}
	if (last <= after) {
		return PH_JOURNAL_E_NONE;
	}
	rc = ph_journal_seal(site->journal, &copy, last, site->keys.sign.secret);
	if (rc == 0) {
		rc = ph_journal_read_segment(site->journal, &copy, after, max,
					     segment_out, buf);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

struct ph_pack *ph_site_packer(struct ph_site *site)
{
	if (!site->pack) {
		site->pack = ph_pack_new();
	}
	return site->pack;
}

/* Whether some entry in SEND's sent range has a part that was not sent. */
static int parts_wait(struct ph_site *site, const struct ph_log *log,
		      const struct ph_site_send *send, uint64_t *n_out)
{
	size_t count = 0;
	int rc = ph_journal_parts_in(site->journal, log->row, send->parts, send->cursor,
				     n_out, 1, &count);

	if (rc == 0 && count == 0) {
		*n_out = 0;
	}
	return rc;
}

int ph_site_has_more(struct ph_site *site, bool *more_out)
{
	bool more = false;

	for (unsigned i = 0; !more && i < site->n_send; i++) {
		const struct ph_site_send *send = &site->send[i];
		struct ph_log log;
		uint64_t n = 0;
		int rc = ph_journal_log_find(site->journal, send->log_id, &log);

		if (rc == 0) {
			rc = parts_wait(site, &log, send, &n);
		}
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		more = n > 0 || send->n_missing > 0 || log.n > send->cursor;
	}
	*more_out = more;
	return 0;
}

/* --- parts --- */

/* The part of entry N as an item; *ITEM_OUT is NULL if we have none that opens. */
static int make_part(struct ph_site *site, const struct ph_log *log, uint64_t n,
		     struct ph_item **item_out)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	int rc =
		item ? ph_site_part_read(site, log, n, item->seed, &item->body) : -ENOMEM;

	if (rc != 0) {
		ph_items_free(item);
		*item_out = NULL;
		return rc < 0 ? rc : 0;
	}
	memcpy(item->log_id, log->id, sizeof(item->log_id));
	item->first = n;
	item->last = n;
	*item_out = item;
	return 0;
}

/* --- one item after the other --- */

enum step {
	STEP_NONE,    /* nothing of this log is left */
	STEP_PART,    /* `n` is the entry */
	STEP_MISSING, /* likewise */
	STEP_SEGMENT,
};

static int next_step(struct ph_site *site, const struct ph_log *log,
		     const struct ph_site_send *send, enum step *step_out,
		     uint64_t *n_out)
{
	int rc = parts_wait(site, log, send, n_out);

	if (rc != 0) {
		return rc;
	}
	if (*n_out > 0) {
		*step_out = STEP_PART;
	} else if (send->n_missing > 0) {
		*step_out = STEP_MISSING;
		*n_out = send->missing[0];
	} else {
		*step_out = log->n > send->cursor ? STEP_SEGMENT : STEP_NONE;
	}
	return 0;
}

/* What STEP was done: it must not come again in this session. */
static void move_on(struct ph_site_send *send, enum step step, uint64_t n)
{
	switch (step) {
	case STEP_PART:
		send->parts = n;
		break;
	case STEP_MISSING:
		send->asked = n;
		send->n_missing--;
		memmove(send->missing, send->missing + 1,
			send->n_missing * sizeof(send->missing[0]));
		break;
	case STEP_SEGMENT:
		send->parts = send->cursor; /* all parts up to here were dealt with */
		send->cursor = n;
		break;
	case STEP_NONE:
		break;
	}
}

static int make_segment(struct ph_site *site, const struct ph_log *log, uint64_t after,
			size_t max, struct ph_item **item_out)
{
	struct ph_segment segment;
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	int rc = item ? ph_site_segment(site, log, after, max, false, &segment,
					&item->body)
		      : -ENOMEM;

	if (rc != 0) {
		ph_items_free(item);
		return rc > 0 ? -EUCLEAN : rc;
	}
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	*item_out = item;
	return 0;
}

/* The parts of the entries of ITEM, a segment, behind it, and how many they are. */
static int add_parts(struct ph_site *site, const struct ph_log *log, struct ph_item *item,
		     uint64_t *n_out)
{
	struct ph_item **end = &item->next;
	uint64_t after = item->first - 1;
	size_t count;
	int rc;

	do {
		uint64_t numbers[64];

		rc = ph_journal_parts_in(site->journal, log->row, after, item->last,
					 numbers, sizeof(numbers) / sizeof(numbers[0]),
					 &count);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			after = numbers[i];
			rc = make_part(site, log, after, end);
			*n_out += *end != NULL;
			end = *end ? &(*end)->next : end;
		}
	} while (rc == 0 && count > 0);
	return rc > 0 ? -EUCLEAN : rc;
}

/* The next segment, packed with its parts in it; what does not go inside follows it. */
static int make_packed(struct ph_site *site, const struct ph_log *log, uint64_t after,
		       struct ph_item **item_out, uint64_t *parts_out)
{
	struct ph_item *item = NULL;
	int rc = make_segment(site, log, after, PH_SITE_PACKED_MAX, &item);

	if (rc == 0) {
		rc = add_parts(site, log, item, parts_out);
	}
	if (rc == 0) {
		rc = ph_items_pack(site->pack, &item);
	}
	if (rc != 0) {
		ph_items_free(item);
		return rc;
	}
	*item_out = item;
	return 0;
}

struct load {
	size_t left;   /* of the budget */
	bool is_first; /* nothing is loaded yet: the next item goes, whatever it costs */
	bool is_full;
	struct ph_item **end;
};

static bool fits(struct load *load, const struct ph_item *item)
{
	size_t cost = 0;

	for (; item; item = item->next) {
		cost += item->body.len + PH_ITEM_CREDIT;
	}
	if (!load->is_first && cost > load->left) {
		load->is_full = true;
		return false;
	}
	load->left -= cost < load->left ? cost : load->left;
	load->is_first = false;
	return true;
}

static int load_one(struct ph_site *site, const struct ph_log *log,
		    struct ph_site_send *send, enum step step, uint64_t n,
		    struct load *load)
{
	struct ph_item *item = NULL;
	uint64_t parts = 0;
	bool packs = step == STEP_SEGMENT && site->packs && ph_site_packer(site);
	int rc = packs ? make_packed(site, log, send->cursor, &item, &parts)
		 : step == STEP_SEGMENT ? make_segment(site, log, send->cursor,
						       PH_SITE_SEGMENT_MAX, &item)
					: make_part(site, log, n, &item);

	if (rc < 0) {
		return rc;
	}
	if (item && !fits(load, item)) {
		ph_items_free(item);
		return 0;
	}
	if (item && step == STEP_SEGMENT) {
		n = item->last;
		site->moved.entries_sent += item->last - item->first + 1;
		site->moved.parts_sent += parts;
	} else if (item) {
		site->moved.parts_sent++;
	}
	move_on(send, step, n);
	if (packs) {
		send->parts = n; /* those that there are went along */
	}
	*load->end = item;
	while (*load->end) {
		load->end = &(*load->end)->next;
	}
	return 0;
}

static int load_log(struct ph_site *site, struct ph_site_send *send, struct load *load)
{
	struct ph_log log;
	int rc = ph_journal_log_find(site->journal, send->log_id, &log);

	while (rc == 0 && !load->is_full) {
		enum step step;
		uint64_t n = 0;

		rc = next_step(site, &log, send, &step, &n);
		if (rc != 0 || step == STEP_NONE) {
			break;
		}
		rc = load_one(site, &log, send, step, n, load);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_site_load(struct ph_site *site, struct ph_job *job)
{
	struct load load = { .left = job->budget, .is_first = true, .end = &job->items };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && !load.is_full && i < site->n_send; i++) {
		rc = load_log(site, &site->send[i], &load);
	}
	if (rc == 0) {
		rc = ph_site_has_more(site, &job->more);
	}
	return rc;
}
