/*
 * client/site_load.c - what of our logs goes up next.
 *
 * To a hub that was restored first what it lacks of its own control log (site_control.c), then what
 * is kept of its desk log (site_kept.c).
 * For each log in turn: first the sealed parts of entries that are sent already, then
 * parts that the hub says it lacks, then the next segment, sealed where it is cut. A
 * part travels as its plain fields and seed, if our own copy of it opens: so the hub makes
 * the same ciphertext again. Of a locked desk the ciphertext itself goes, with the seed that
 * was boxed for the hub when it was written. Last what we carry for other devices of the
 * site (site_sibling.c), by the seals that it has.
 *
 * If a budget has no room for all of it, plain entries go first, of all logs, then the
 * sealed parts of readers, then the others: what was lent must be known before who reads.
 * Packed, a part goes with its entry: the receiver makes the commitment again, which then
 * costs nothing, and would cost more than the part does. Within a log the chain has the order.
 *
 * A part that we lack or cannot open stays where it is and is passed over: the hub's
 * receipt goes on listing it as missing. The first item may exceed the budget, no
 * other does; each is charged what it costs of the session's credit. Where a segment is
 * cut never depends on the budget, so that after a cut link the same segment is made
 * again, and goes on where the hub has it.
 */
#include <errno.h>
#include <string.h>

#include "client/road_class.h"
#include "client/site_kept.h"
#include "client/site_sibling.h"
#include "client/site_take.h"

#define LEAST_CUT 16 /* bytes: no entry is so short */

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
		rc = ph_journal_read_until(site->journal, &copy, after, last, max,
					   segment_out, buf);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

bool ph_site_parts_last(const struct ph_site *site)
{
	return site->parts_last && !site->packs;
}

struct ph_pack *ph_site_packer(struct ph_site *site)
{
	if (!site->pack) {
		site->pack = ph_pack_new();
	}
	return site->pack;
}

/* Whether entry N, which has a sealed part, is one of readers. 0 or negative errno. */
static int is_of_reader(struct ph_site *site, const struct ph_log *log, uint64_t n,
			bool *is_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_journal_entry(site->journal, log->row, n, &bytes);

	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry) : rc;
	*is_out = rc == 0 && ph_road_class(entry.number) == PH_CLASS_READERS;
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

/* Whether some entry in SEND's sent range has a part that was not sent. */
static int parts_wait(struct ph_site *site, const struct ph_log *log,
		      const struct ph_site_send *send, uint64_t *n_out)
{
	bool any = !ph_site_parts_last(site) || site->pass == PH_PASS_ENTRIES;
	uint64_t after = send->parts;
	bool is_right = false;
	int rc = 0;

	*n_out = 0;
	while (rc == 0 && !is_right) {
		bool is_readers = false;
		size_t count = 0;

		rc = ph_journal_parts_in(site->journal, log->row, after, send->cursor,
					 &after, 1, &count);
		if (rc != 0 || count == 0) {
			break;
		}
		is_right = any;
		if (!is_right) {
			rc = is_of_reader(site, log, after, &is_readers);
			is_right = is_readers == (site->pass == PH_PASS_READERS);
		}
		*n_out = is_right ? after : 0;
	}
	return rc;
}

int ph_site_has_more(struct ph_site *site, bool *more_out)
{
	bool more = false;
	int given = ph_site_control_waits(site, &more);

	given = given == 0 && !more ? ph_site_kept_waits(site, &more) : given;
	if (given < 0) {
		return given;
	}
	for (unsigned i = 0; !more && i < site->n_send + site->n_carried; i++) {
		const struct ph_site_send *send = &site->send[i];
		struct ph_log log;
		uint64_t n = 0;
		int rc = ph_site_send_log(site, send, &log);

		if (rc == 0) {
			rc = parts_wait(site, &log, send, &n);
		}
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		more = n > 0 || send->n_missing > 0 ||
		       ph_site_send_end(send, &log) > send->cursor;
	}
	*more_out = more;
	return 0;
}

/* --- parts --- */

int ph_site_part_item(struct ph_site *site, const struct ph_log *log, uint64_t n,
		      bool for_hub, struct ph_item **item_out)
{
	struct ph_item *item = ph_item_new(PH_ITEM_PART);
	int rc =
		item ? ph_site_part_read(site, log, n, item->seed, &item->body) : -ENOMEM;

	if (rc == PH_JOURNAL_E_NONE && for_hub) {
		item->is_boxed = true;
		rc = ph_site_part_boxed(site, log, n, &item->body);
	}
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
	uint64_t end = ph_site_send_end(send, log);
	int rc = 0;

	*n_out = 0;
	if (ph_site_parts_last(site) && site->pass == PH_PASS_ENTRIES) {
		*step_out = end > send->cursor ? STEP_SEGMENT : STEP_NONE;
		return 0;
	}
	rc = parts_wait(site, log, send, n_out);
	if (rc != 0) {
		return rc;
	}
	if (ph_site_parts_last(site) && site->pass == PH_PASS_READERS) {
		*step_out = *n_out > 0 ? STEP_PART : STEP_NONE;
	} else if (*n_out > 0) {
		*step_out = STEP_PART;
	} else if (send->n_missing > 0) {
		*step_out = STEP_MISSING;
		*n_out = send->missing[0];
	} else {
		*step_out = end > send->cursor ? STEP_SEGMENT : STEP_NONE;
	}
	return 0;
}

/* What STEP was done: it must not come again in this session. */
static void move_on(struct ph_site_send *send, enum step step, uint64_t n,
		    bool parts_last)
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
		if (!parts_last) {
			send->parts =
				send->cursor; /* all parts up to here were dealt with */
		}
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
	int rc = !item ? -ENOMEM
		 : ph_site_is_sibling(site, log)
			 ? ph_journal_read_segment(site->journal, log, after, max,
						   &segment, &item->body)
			 : ph_site_segment(site, log, after, max, false, &segment,
					   &item->body);

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
			rc = ph_site_part_item(site, log, after, true, end);
			*n_out += *end != NULL;
			end = *end ? &(*end)->next : end;
		}
	} while (rc == 0 && count > 0);
	return rc > 0 ? -EUCLEAN : rc;
}

/* The next segment, packed with its parts in it; what does not go inside follows it. */
static int make_packed(struct ph_site *site, const struct ph_log *log, uint64_t after,
		       size_t max, struct ph_item **item_out, uint64_t *parts_out)
{
	struct ph_item *item = NULL;
	int rc = make_segment(site, log, after, max, &item);

	*parts_out = 0;
	if (rc == 0 && !ph_site_parts_last(site)) {
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

static bool is_longer(const struct ph_item *item, size_t fit)
{
	while (item && item->body.len <= fit) {
		item = item->next;
	}
	return item != NULL;
}

/*
 * The next segment, none of whose items is longer than FIT (0: any), else *ITEM_OUT is NULL.
 * Where a session may cost only so much it is cut shorter, until it does.
 */
static int make_fitting(struct ph_site *site, const struct ph_log *log, uint64_t after,
			size_t fit, struct ph_item **item_out, uint64_t *parts_out)
{
	bool packs = site->packs && ph_site_packer(site);
	size_t max = packs ? PH_SITE_PACKED_MAX : PH_SITE_SEGMENT_MAX;
	int rc;

	for (;;) {
		struct ph_item *item = NULL;

		rc = packs ? make_packed(site, log, after, max, &item, parts_out)
			   : make_segment(site, log, after, max, &item);
		if (rc < 0 || fit == 0 || !is_longer(item, fit)) {
			*item_out = item;
			return rc;
		}
		max = item->first == item->last ? 0 : max / 2;
		ph_items_free(item);
		if (max < LEAST_CUT) {
			*item_out = NULL;
			return 0;
		}
	}
}

struct load {
	size_t fit;    /* the longest item; 0: any */
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
	load->is_full =
		load->left == 0; /* so the next is not made only to be let go of */
	return true;
}

static int load_one(struct ph_site *site, const struct ph_log *log,
		    struct ph_site_send *send, enum step step, uint64_t n,
		    struct load *load)
{
	struct ph_item *item = NULL;
	uint64_t parts = 0;
	bool packs = step == STEP_SEGMENT && site->packs && ph_site_packer(site);
	int rc = step == STEP_SEGMENT
			 ? make_fitting(site, log, send->cursor, load->fit, &item, &parts)
			 : ph_site_part_item(site, log, n, true, &item);

	if (rc < 0) {
		return rc;
	}
	if (load->fit > 0 && (item ? is_longer(item, load->fit) : step == STEP_SEGMENT)) {
		ph_items_free(item);
		load->is_full = true;
		return 0;
	}
	if (item && !fits(load, item)) {
		ph_items_free(item);
		return 0;
	}
	if (item && step == STEP_SEGMENT) {
		site->sent_packed = site->sent_packed || item->type == PH_ITEM_PACKED;
		n = item->last;
		site->moved.entries_sent += item->last - item->first + 1;
		site->moved.entries_carried +=
			send->row > 0 ? item->last - item->first + 1 : 0;
		site->moved.parts_sent += parts;
	} else if (item) {
		site->moved.parts_sent++;
	}
	move_on(send, step, n, ph_site_parts_last(site));
	if (packs && !ph_site_parts_last(site)) {
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
	int rc = ph_site_send_log(site, send, &log);

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

/* Of all logs what this pass is for is loaded. Whether another follows. */
static bool next_pass(struct ph_site *site)
{
	if (!ph_site_parts_last(site) || site->pass == PH_PASS_REST) {
		return false;
	}
	site->pass++;
	for (unsigned i = 0; i < site->n_send + site->n_carried; i++) {
		site->send[i].parts = site->send[i].parts_from;
	}
	return true;
}

/* What a restored hub lacks of its own: before ours, since it speaks of whom ours comes. */
static int load_control(struct ph_site *site, struct load *load)
{
	struct ph_item *item = NULL;
	int rc = 0;

	do {
		rc = ph_site_control_next(site, &item);
		if (rc == 0 && item && !fits(load, item)) {
			ph_items_free(item);
			return 0;
		}
		if (rc == 0 && item) {
			ph_site_control_given(site, item);
			*load->end = item;
			load->end = &item->next;
		}
	} while (rc == 0 && item && !load->is_full);
	return rc;
}

/* What is kept of its desk log, likewise. */
static int load_kept(struct ph_site *site, struct load *load)
{
	struct ph_item *item = NULL;
	int rc = 0;

	while (rc == 0 && !load->is_full) {
		rc = ph_site_kept_next(site, &item);
		if (rc != 0 || !item) {
			break;
		}
		load->is_full = load->fit > 0 && is_longer(item, load->fit);
		if (load->is_full || !fits(load, item)) {
			ph_items_free(item);
			break;
		}
		ph_site_kept_given(site);
		*load->end = item;
		load->end = &item->next;
	}
	return rc;
}

int ph_site_load(struct ph_site *site, struct ph_job *job)
{
	struct load load = {
		.fit = job->fit, .left = job->budget, .is_first = true, .end = &job->items
	};
	int rc = load_control(site, &load);

	rc = rc == 0 ? load_kept(site, &load) : rc;
	do {
		unsigned n = site->n_send + site->n_carried;

		for (unsigned i = 0; rc == 0 && !load.is_full && i < n; i++) {
			rc = load_log(site, &site->send[i], &load);
		}
	} while (rc == 0 && !load.is_full && next_pass(site));
	if (rc == 0) {
		rc = ph_site_has_more(site, &job->more);
	}
	return rc;
}
