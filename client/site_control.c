/*
 * client/site_control.c - the hub's control log at a device: which logs it is, and back up.
 *
 * The first one is taken from its first segment, if a hub of the key list writes it; another
 * if its `open` goes on from one of them: that of a hub that was restored, or has other keys. Of a
 * key that the list names no more counts what the list says, and no entry above or beside. A restored a hub may
 * have lost what it said, and asks in its welcome for what lies behind what it has; any
 * device can give that back, since it is sealed by the hub itself.
 *
 * A bundle from the hub asks for nothing, and the hub that made it does not know what is held here. So once a
 * hub of a higher epoch has been heard of, each bundle gives all of it, until a receipt says that it is there.
 */
#include <errno.h>
#include <string.h>

#include "client/site_take.h"

int ph_site_control(struct ph_site *site, struct ph_control *control_out)
{
	struct ph_buf ids = { 0 };
	int rc = ph_journal_meta_get(site->journal, PH_META_CONTROL, &ids);

	rc = rc < 0 ? rc : ph_control_load(site->journal, ph_buf_view(&ids), control_out);
	rc = rc < 0 ? rc : ph_control_heed(site->journal, &site->keylist, control_out);
	ph_buf_deinit(&ids);
	return rc;
}

/* Behind those of CONTROL; what a thief has begun is left out, and takes up no room. */
static int note_log(struct ph_site *site, const struct ph_control *control,
		    const uint8_t id[static PH_LOG_ID_SIZE])
{
	struct ph_buf ids = { 0 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < control->n; i++) {
		rc = ph_buf_put(&ids, control->log[i].id, PH_LOG_ID_SIZE);
	}
	rc = rc < 0 ? rc : ph_buf_put(&ids, id, PH_LOG_ID_SIZE);
	rc = rc < 0 ? rc
		    : ph_journal_meta_put(site->journal, PH_META_CONTROL,
					  ph_buf_view(&ids));
	ph_buf_deinit(&ids);
	return rc;
}

/* What the log of row ROW goes on from; n 0: nothing. 0 or negative errno. */
static int read_from(struct ph_site *site, int64_t row, struct ph_head *out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_journal_entry(site->journal, row, 1, &bytes);

	out->n = 0;
	rc = rc == 0 ? ph_entry_decode(ph_buf_view(&bytes), &entry) : rc;
	if (rc == 0 && entry.number == PH_KIND_OPEN &&
	    entry.field[PH_OPEN_CONTINUES].set) {
		*out = entry.field[PH_OPEN_CONTINUES].as.head;
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

int ph_site_control_left(struct ph_site *site, const struct ph_log *log, bool *out)
{
	struct ph_control control;
	int rc = ph_site_control(site, &control);

	*out = false;
	for (unsigned i = 0; rc == 0 && !*out && i < control.n; i++) {
		uint8_t h[PH_HASH_SIZE];
		struct ph_head from;

		rc = read_from(site, control.log[i].row, &from);
		if (rc != 0 || from.n == 0 ||
		    memcmp(from.log_id, log->id, sizeof(log->id)) != 0) {
			continue;
		}
		rc = from.n > log->n ? PH_JOURNAL_E_NONE
				     : ph_journal_chain_at(site->journal, log, from.n, h);
		*out = rc > 0 || (rc == 0 && memcmp(h, from.h, sizeof(h)) != 0);
		rc = rc < 0 ? rc : 0;
	}
	return rc;
}

/*
 * A log that is not of CONTROL yet, from its first segment; *LOG_OUT is all zero if there is no room for it
 * (PH_JOURNAL_E_BRANCHES): the hub has lost one that is held here, and has as many without it.
 */
static int open_log(struct ph_site *site, const struct ph_control *control,
		    const struct ph_segment *segment, struct ph_log *log_out)
{
	uint8_t key[PH_KEY_SIZE];
	struct ph_head from;
	int rc;

	if (control->n == PH_CONTROL_LOGS_MAX) {
		memset(log_out, 0, sizeof(*log_out));
		return PH_JOURNAL_E_BRANCHES;
	}
	rc = ph_control_check_open(segment, &site->keylist, key, &from);
	if (rc != 0) {
		return rc;
	}
	if (control->n > 0 && (from.n == 0 || !ph_control_has(control, from.log_id))) {
		return PH_JOURNAL_E_FORM;
	}
	rc = ph_journal_log_add(site->journal, segment->log_id, key, 0, PH_ROLE_HUB,
				log_out);
	return rc == 0 ? note_log(site, control, segment->log_id) : rc;
}

int ph_site_control_find(struct ph_site *site, const struct ph_segment *segment,
			 struct ph_log *log_out)
{
	struct ph_control control;
	int rc = ph_site_control(site, &control);

	if (rc < 0) {
		return rc;
	}
	if (!ph_control_has(&control, segment->log_id)) {
		return open_log(site, &control, segment, log_out);
	}
	rc = ph_journal_log_find(site->journal, segment->log_id, log_out);
	return rc == 0 ? ph_control_check(site->journal, &site->keylist, segment, log_out)
		       : rc;
}

/* --- back to a hub that was restored --- */

static uint64_t wanted_from(const struct ph_welcome *welcome,
			    const uint8_t id[static PH_LOG_ID_SIZE])
{
	for (unsigned i = 0; i < welcome->n_wants; i++) {
		if (memcmp(welcome->want[i].log_id, id, PH_LOG_ID_SIZE) == 0) {
			return welcome->want[i].n;
		}
	}
	return 0;
}

int ph_site_control_wanted(struct ph_site *site, const struct ph_welcome *welcome)
{
	struct ph_control control;
	int rc = 0;

	site->n_gives = 0;
	if (welcome->n_wants == 0) {
		return 0;
	}
	rc = ph_site_control(site, &control);
	for (unsigned i = 0; rc == 0 && i < control.n; i++) {
		site->give[site->n_gives].row = control.log[i].row;
		site->give[site->n_gives].n = wanted_from(welcome, control.log[i].id);
		site->n_gives++;
	}
	return rc;
}

int ph_site_control_next(struct ph_site *site, struct ph_item **item_out)
{
	struct ph_segment segment;
	struct ph_item *item;
	int rc = PH_JOURNAL_E_NONE;

	*item_out = NULL;
	while (site->n_gives > 0 && rc == PH_JOURNAL_E_NONE) {
		struct ph_log log;

		rc = ph_journal_log_at(site->journal, site->give[0].row, &log);
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
		item = ph_item_new(PH_ITEM_SEGMENT);
		rc = item ? ph_journal_read_segment(site->journal, &log, site->give[0].n,
						    PH_SITE_SEGMENT_MAX, &segment,
						    &item->body)
			  : -ENOMEM;
		if (rc == 0) {
			memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
			memcpy(item->seal, segment.seal, sizeof(item->seal));
			item->first = segment.first;
			item->last = segment.last;
			*item_out = item;
			return 0;
		}
		ph_items_free(item);
		if (rc > 0) { /* nothing more of this one */
			site->n_gives--;
			memmove(site->give, site->give + 1,
				site->n_gives * sizeof(site->give[0]));
			rc = PH_JOURNAL_E_NONE;
		}
	}
	return rc < 0 ? rc : 0;
}

void ph_site_control_given(struct ph_site *site, const struct ph_item *item)
{
	site->give[0].n = item->last;
	site->given += item->last - item->first + 1;
}

int ph_site_control_waits(struct ph_site *site, bool *more_out)
{
	struct ph_item *item;
	int rc = ph_site_control_next(site, &item);

	*more_out = rc == 0 && item;
	ph_items_free(item);
	return rc;
}

/* --- the same by bundles, which nobody asks --- */

int ph_site_control_gives(struct ph_site *site, bool *gives_out)
{
	int64_t gives = 0;
	int rc = ph_journal_meta_get_int(site->journal, PH_META_GIVES, &gives);

	*gives_out = gives != 0;
	return rc < 0 ? rc : 0;
}

static int put_gives(struct ph_site *site, bool gives)
{
	bool does;
	int rc = ph_site_control_gives(site, &does);

	return rc < 0 || does == gives
		       ? rc
		       : ph_journal_meta_put_int(site->journal, PH_META_GIVES, gives);
}

int ph_site_control_give(struct ph_site *site)
{
	struct ph_control control;
	int rc = ph_site_control(site, &control);

	return rc < 0 || control.n == 0 ? rc : put_gives(site, true);
}

int ph_site_control_gave(struct ph_site *site)
{
	return put_gives(site, false);
}

/* The last entry of CONTROL that is held here; n 0: there is none. 0 or negative errno. */
static int last_entry(struct ph_site *site, const struct ph_control *control,
		      struct ph_head *out)
{
	uint64_t total;
	struct ph_log log;
	unsigned index;
	uint64_t n;
	int rc = ph_control_total(site->journal, control, &total);

	out->n = 0;
	if (rc < 0 || total == 0) {
		return rc;
	}
	rc = ph_control_at(site->journal, control, total - 1, &index, &n);
	rc = rc < 0 ? rc
		    : ph_journal_log_at(site->journal, control->log[index].row, &log);
	rc = rc != 0 ? rc : ph_journal_chain_at(site->journal, &log, n + 1, out->h);
	if (rc == 0) {
		memcpy(out->log_id, log.id, sizeof(out->log_id));
		out->n = n + 1;
	}
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_site_control_receipted(struct ph_site *site, const struct ph_receipt *receipt)
{
	struct ph_control control;
	struct ph_head last;
	int64_t epoch = 0;
	int rc = ph_site_control(site, &control);

	rc = rc < 0 ? rc : last_entry(site, &control, &last);
	rc = rc < 0 ? rc : ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &epoch);
	if (rc < 0 || receipt->epoch.number < (uint64_t)epoch ||
	    receipt->head.n != last.n ||
	    memcmp(receipt->head.log_id, last.log_id, sizeof(last.log_id)) != 0 ||
	    memcmp(receipt->head.h, last.h, sizeof(last.h)) != 0) {
		return rc < 0 ? rc : 0;
	}
	return put_gives(site, false);
}

int ph_site_control_begin(struct ph_site *site)
{
	struct ph_control control;
	bool gives;
	int rc = ph_site_control_gives(site, &gives);

	site->n_gives = 0;
	if (rc < 0 || !gives) {
		return rc;
	}
	rc = ph_site_control(site, &control);
	for (unsigned i = 0; rc == 0 && i < control.n; i++) {
		site->give[i].row = control.log[i].row;
		/* by its first entry a log is known; the hub may lack one that it began later */
		site->give[i].n = i == 0 ? 1 : 0;
		site->n_gives++;
	}
	return rc;
}
