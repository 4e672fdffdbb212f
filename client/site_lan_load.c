/*
 * client/site_lan_load.c - what another device of the site lacks: our own logs, and those of
 * other devices as far as they are held here, each branch with the sealed parts of its
 * entries.
 *
 * Where sending of a branch begins is what the other told that is on its chain; the branch
 * that it grew from goes before it. The other's own logs are not sent to it. Our own are
 * sealed where they are cut; others' go by the seals that came with them. A part that does
 * not open here stays where it is.
 */
#include "client/site_lan_internal.h"

#include <errno.h>
#include <string.h>

struct next {
	const struct ph_site_lan *lan;
	int64_t row; /* behind this one */
	struct ph_log *log_out;
};

static int on_log(void *data, const struct ph_log *log)
{
	struct next *next = data;

	if (log->row <= next->row || log->site != next->lan->site->cert.invite.site ||
	    memcmp(log->device_id, next->lan->peer, sizeof(log->device_id)) == 0) {
		return 0;
	}
	*next->log_out = *log;
	return 1;
}

/* The next branch of a log of the site that the other does not write. 0, PH_JOURNAL_E_NONE, negative errno. */
static int log_after(struct ph_site_lan *lan, int64_t row, struct ph_log *log_out)
{
	struct next next = { .lan = lan, .row = row, .log_out = log_out };
	int rc = ph_journal_log_each(lan->site->journal, on_log, &next);

	return rc < 0 ? rc : rc == 0 ? PH_JOURNAL_E_NONE : 0;
}

/* What the other says to hold of LOG: the furthest on its chain, or NULL. 0 or negative errno. */
static int find_told(struct ph_site_lan *lan, const struct ph_log *log,
		     const struct ph_sibling **told_out)
{
	*told_out = NULL;
	for (unsigned i = 0; i < lan->n_told; i++) {
		const struct ph_sibling *told = &lan->told[i];
		uint8_t h[PH_HASH_SIZE];
		int rc;

		if (memcmp(told->log_id, log->id, sizeof(log->id)) != 0 ||
		    told->n > log->n || (*told_out && told->n <= (*told_out)->n)) {
			continue;
		}
		rc = ph_journal_chain_at(lan->site->journal, log, told->n, h);
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		if (memcmp(h, told->h, sizeof(told->h)) == 0) {
			*told_out = told;
		}
	}
	return 0;
}

static int begin_log(struct ph_site_lan *lan, const struct ph_log *log)
{
	const struct ph_sibling *told;
	uint64_t held = 0;
	int rc = find_told(lan, log, &told);

	if (rc < 0) {
		return rc;
	}
	lan->way.row = log->row;
	lan->way.n = told && told->n > log->base ? told->n : log->base;
	lan->way.part = lan->way.n;
	if (told && told->missing > 0) {
		rc = ph_journal_parts_held(lan->site->journal, log->row, told->n, &held);
		if (rc == 0 && held > told->parts) {
			lan->way.part = told->missing - 1;
		}
	}
	return rc;
}

static bool is_own(const struct ph_site_lan *lan, const struct ph_log *log)
{
	return memcmp(log->key, lan->site->keys.sign.key, sizeof(log->key)) == 0;
}

/* How far LOG can be sent: others' as far as they are sealed. */
static uint64_t end_of(const struct ph_site_lan *lan, const struct ph_log *log)
{
	return is_own(lan, log) ? log->n : log->sealed;
}

/* --- items --- */

/* The next part of entries that were sent. 0, PH_JOURNAL_E_NONE or negative errno. */
static int next_part(struct ph_site_lan *lan, const struct ph_log *log,
		     struct ph_item **item_out)
{
	while (lan->way.part < lan->way.n) {
		struct ph_item *item;
		uint64_t n;
		size_t count = 0;
		int rc = ph_journal_parts_in(lan->site->journal, log->row, lan->way.part,
					     lan->way.n, &n, 1, &count);

		if (rc < 0) {
			return rc;
		}
		lan->way.part = count > 0 ? n : lan->way.n;
		if (count == 0) {
			break;
		}
		rc = ph_site_part_item(lan->site, log, n, false, &item);
		if (rc < 0) {
			return rc;
		}
		if (item) {
			lan->moved.parts_sent++;
			*item_out = item;
			return 0;
		}
	}
	return PH_JOURNAL_E_NONE;
}

/* Likewise the next segment. */
static int next_segment(struct ph_site_lan *lan, const struct ph_log *log,
			struct ph_item **item_out)
{
	struct ph_site *site = lan->site;
	struct ph_item *item;
	struct ph_segment segment;
	int rc;

	if (lan->way.n >= end_of(lan, log)) {
		return PH_JOURNAL_E_NONE;
	}
	item = ph_item_new(PH_ITEM_SEGMENT);
	rc = !item ? -ENOMEM
	     : is_own(lan, log)
		     ? ph_site_segment(site, log, lan->way.n, PH_SITE_SEGMENT_MAX, false,
				       &segment, &item->body)
		     : ph_journal_read_segment(site->journal, log, lan->way.n,
					       PH_SITE_SEGMENT_MAX, &segment,
					       &item->body);
	if (rc != 0) {
		ph_items_free(item);
		return rc > 0 ? -EUCLEAN : rc;
	}
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	lan->way.n = item->last;
	lan->moved.entries_sent += item->last - item->first + 1;
	*item_out = item;
	return 0;
}

/* Of the log under way, or of one behind it. 0, PH_JOURNAL_E_NONE or negative errno. */
static int next_item(struct ph_site_lan *lan, struct ph_item **item_out)
{
	struct ph_log log;
	int rc;

	for (;;) {
		if (lan->way.row > 0) {
			rc = ph_journal_log_at(lan->site->journal, lan->way.row, &log);
			rc = rc > 0 ? -EUCLEAN : rc;
			rc = rc < 0 ? rc : next_part(lan, &log, item_out);
			rc = rc > 0 ? next_segment(lan, &log, item_out) : rc;
			if (rc <= 0) {
				return rc;
			}
		}
		rc = log_after(lan, lan->way.row, &log);
		rc = rc != 0 ? rc : begin_log(lan, &log);
		if (rc != 0) {
			return rc;
		}
	}
}

/* Whether LOG, where sending is, has something more. 0 or negative errno. */
static int log_waits(struct ph_site_lan *lan, const struct ph_log *log, bool *more_out)
{
	uint64_t n;
	size_t count = 0;
	int rc = 0;

	*more_out = lan->way.n < end_of(lan, log);
	if (!*more_out && lan->way.part < lan->way.n) {
		rc = ph_journal_parts_in(lan->site->journal, log->row, lan->way.part,
					 lan->way.n, &n, 1, &count);
		*more_out = count > 0;
	}
	return rc;
}

int ph_site_lan_has_more(struct ph_site_lan *lan, bool *more_out)
{
	struct ph_site_lan look = *lan; /* it is not moved */
	struct ph_log log;
	int rc = 0;

	*more_out = false;
	if (look.way.row > 0) {
		rc = ph_journal_log_at(look.site->journal, look.way.row, &log);
		rc = rc == 0 ? log_waits(&look, &log, more_out) : rc < 0 ? rc : -EUCLEAN;
	}
	while (rc == 0 && !*more_out) {
		rc = log_after(&look, look.way.row, &log);
		rc = rc != 0 ? rc : begin_log(&look, &log);
		rc = rc != 0 ? rc : log_waits(&look, &log, more_out);
	}
	return rc < 0 ? rc : 0;
}

int ph_site_lan_load(struct ph_site_lan *lan, struct ph_job *job)
{
	const size_t least = PH_SITE_SEGMENT_MAX + PH_ITEM_CREDIT;
	struct ph_item **end = &job->items;
	size_t used = 0;
	int rc = 0;

	while (rc == 0 && (used == 0 || used + least <= job->budget)) {
		rc = next_item(lan, end);
		if (rc == 0) {
			used += (*end)->body.len + PH_ITEM_CREDIT;
			end = &(*end)->next;
		}
	}
	if (rc >= 0 && lan->packs && ph_site_packer(lan->site)) {
		int packed = ph_items_pack(lan->site->pack, &job->items);

		rc = packed < 0 ? packed : rc;
	}
	if (rc < 0) {
		ph_items_free(job->items);
		job->items = NULL;
		return rc;
	}
	return ph_site_lan_has_more(lan, &job->more);
}
