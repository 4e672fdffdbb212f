/*
 * common/ledger/entries.c - the entries of one kind, page by page.
 *
 * The front of each entry of a log is looked at; of those of the kind some are noted, and
 * shown when the walk has ended, since what shows them reads the same tables. Where a log
 * ends the next one begins, behind the last what the hub fed.
 *
 * What is sealed is opened in memory, one part at a time, and goes into the answer alone.
 * Who had which book before the day of the policy cut-loans-before is not told: the card
 * of such a loan or renewal is left out (docs/decisions/0030).
 */
#include "common/ledger/entries.h"

#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/copy_cut.h"
#include "common/ledger/fed.h"
#include "common/ledger/naming.h"
#include "common/ledger/store.h"
#include "common/log/json.h"
#include "common/log/part.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     5000
#define LOOKS_MAX     100000       /* entries that a page looks at */
#define BYTES_MAX     (256u << 10) /* of entries that it shows, a little over */
#define NOTED_MAX     64

/* Up to where it was looked. */
struct place {
	bool fed;    /* in what the hub fed, else in the journal */
	int64_t row; /* of the log */
	uint64_t n;
	uint8_t hash[8]; /* fed */
};

struct page {
	struct ph_ledger *ledger;
	const struct ph_entries_query *query;
	struct place place;
	json_t *items;
	size_t looks, bytes;
	bool more; /* it is full, or has looked enough */
	bool end;  /* nothing follows */
	struct place noted[NOTED_MAX];
	size_t n_noted;
	struct ph_held held;
};

/* --- one entry as JSON --- */

/* What is sealed, beside the rest; "locked" if there is something that does not open. */
static int open_sealed(struct page *page, const struct ph_ref *ref,
		       struct ph_entry *entry, struct ph_buf *plain, struct ph_show *show)
{
	const struct ph_opener *opener = page->query->opener;
	int rc;

	if (entry->kind->n_sealed == 0 || !entry->field[entry->kind->commit].set) {
		return 0;
	}
	rc = opener ? opener->open(opener->data, ref, plain) : 1;
	rc = rc != 0 ? rc : ph_part_decode(ph_buf_view(plain), entry);
	if (rc > 0) {
		ph_show_set(show, "locked", json_true());
	}
	return rc < 0 ? rc : 0;
}

/* What is told without the card: all but who has which card. */
static void hide_cards(const struct page *page, struct ph_entry *entry)
{
	const struct ph_kind *kind = entry->kind;

	if (!page->query->no_cards || strcmp(kind->family, "readers") == 0) {
		return;
	}
	for (uint32_t i = 0; i < kind->n_fields; i++) {
		if (kind->fields[i].type == PH_T_CARD_ID ||
		    kind->fields[i].type == PH_T_CARD_IDS) {
			entry->field[i].set = false;
		}
	}
}

/* Of a loan that may be cut the card is not told. */
static void forget_card(const struct page *page, struct ph_entry *entry,
			struct ph_show *show, int64_t second)
{
	unsigned card = entry->number == PH_KIND_LOAN    ? PH_LOAN_CARD
			: entry->number == PH_KIND_RENEW ? PH_RENEW_CARD
							 : PH_FIELDS_MAX;

	if (card < PH_FIELDS_MAX && entry->field[card].set &&
	    page->ledger->cut_day != PH_CUT_DAY_NONE &&
	    ph_day_of(second) < page->ledger->cut_day) {
		entry->field[card].set = false;
		ph_show_set(show, "forgotten", json_true());
	}
}

/* Whether it counts, and if not why; OFF as of ph_held_off(), LOG NULL of what was fed. */
static int show_counts(struct page *page, const struct ph_log *log, unsigned off,
		       struct ph_show *show)
{
	struct ph_ref by;
	uint64_t kind = 0;
	const char *why = NULL;
	int rc = 0;

	if (off & PH_OFF_DEAD) {
		why = "cut";
		if (!log ||
		    !ph_effect_cut(page->ledger, log->row, page->held.fact.ref.n)) {
			rc = ph_effect_by(page->ledger, &page->held, &by, &kind);
			why = kind == PH_KIND_VOID ? "voided" : "unmerged";
		}
	} else if (off != 0) {
		why = off & PH_OFF_TWIN ? "twin" : "on-another-branch";
	}
	ph_show_set(show, "counts", json_boolean(off == 0));
	if (why) {
		ph_show_set(show, "why", json_string(why));
	}
	return rc < 0 ? rc : 0;
}

static void show_not_read(struct ph_show *show, const char *why)
{
	ph_show_set(show, "counts", json_false());
	ph_show_set(show, "why", json_string(why));
}

static bool is_asked(const struct ph_entries_query *query, uint64_t site, int64_t second)
{
	int64_t day = ph_day_of(second);
	bool is_of = query->sites == NULL;

	for (size_t i = 0; !is_of && i < query->n_sites; i++) {
		is_of = query->sites[i] == site;
	}
	return is_of && day >= query->from && day <= query->to;
}

/* Who wrote it, for whom, when. */
static int show_front(struct page *page, struct ph_show *show, const struct ph_ref *ref,
		      const uint8_t key[static PH_KEY_SIZE], uint64_t site,
		      int64_t second)
{
	uint8_t device[PH_DEVICE_ID_SIZE];
	int rc;

	ph_device_id(device, key);
	ph_show_ref(show, "ref", ref);
	ph_show_number(show, "site", site);
	rc = site != 0 ? ph_name_site(page->ledger, show, "site_name", site) : 0;
	ph_show_hex(show, "device", PH_VIEW(device, sizeof(device)));
	ph_show_time(show, "time", second);
	return rc;
}

/* The entry itself, as it was signed and as far as it opens. */
static int show_fields(struct page *page, const struct ph_ref *ref,
		       struct ph_entry *entry, int64_t second, struct ph_show *show)
{
	struct ph_buf plain = { 0 };
	int rc = open_sealed(page, ref, entry, &plain, show);

	forget_card(page, entry, show, second);
	hide_cards(page, entry);
	ph_show_set(show, "entry", ph_entry_to_json(entry));
	ph_buf_wipe(&plain);
	return rc;
}

static int add(struct page *page, struct ph_show *show, int rc)
{
	json_t *item = NULL;

	if (rc != 0) {
		json_decref(show->object);
		return rc;
	}
	rc = ph_show_done(show, &item);
	return rc != 0 ? rc : ph_show_append(page->items, item);
}

/* --- of the journal --- */

static int add_unreadable(struct page *page, const struct ph_log *log,
			  const struct ph_ref *ref, struct ph_view bytes)
{
	struct ph_show show;
	uint64_t kind = 0, stamp = 0;

	(void)ph_entry_peek(bytes, &kind, &stamp);
	if (!is_asked(page->query, log->site, ph_stamp_seconds(stamp))) {
		return 0;
	}
	show = ph_show_begin();
	show_not_read(&show, "unreadable");
	return add(page, &show,
		   show_front(page, &show, ref, log->key, log->site,
			      ph_stamp_seconds(stamp)));
}

/* What stands in page->held, entry REF of LOG, read; PART: what it is to the fold. */
static int add_read(struct page *page, const struct ph_log *log, const struct ph_ref *ref,
		    enum ph_part_in_fold part)
{
	struct ph_held *held = &page->held;
	bool is_folded = part != PH_PART_NONE;
	uint64_t site = is_folded ? held->fact.site : log->site;
	int64_t second = is_folded ? held->fact.second : ph_entry_effective(held->entry);
	struct ph_show show;
	unsigned off = 0;
	int rc;

	if (!is_asked(page->query, site, second)) {
		return 0;
	}
	show = ph_show_begin();
	rc = show_front(page, &show, ref, log->key, site, second);
	if (is_folded) {
		rc = rc != 0 ? rc : ph_held_off(page->ledger, held, part, &off);
		rc = rc != 0 ? rc : show_counts(page, log, off, &show);
	} else {
		show_not_read(&show, "not-folded");
	}
	rc = rc != 0 ? rc : show_fields(page, ref, held->entry, second, &show);
	return add(page, &show, rc);
}

static int add_own(struct page *page, const struct place *at)
{
	struct ph_held *held = &page->held;
	struct ph_ref ref = { .n = at->n };
	enum ph_part_in_fold part = PH_PART_NONE;
	struct ph_buf bytes = { 0 };
	uint8_t hash[PH_HASH_SIZE];
	struct ph_log log;
	int rc = ph_journal_log_at(page->ledger->journal, at->row, &log);

	rc = rc != 0 ? rc
		     : ph_journal_entry(page->ledger->journal, at->row, at->n, &bytes);
	if (rc == 0) {
		memcpy(ref.log_id, log.id, sizeof(ref.log_id));
		ph_entry_hash(ph_buf_view(&bytes), hash);
		memcpy(ref.hash, hash, sizeof(ref.hash));
		rc = ph_held_load(page->ledger, at->row, at->n, held, &part);
	}
	if (rc == 0 && part == PH_PART_NONE) {
		rc = ph_entry_decode(ph_buf_view(&bytes), held->entry);
		rc = rc > 0    ? add_unreadable(page, &log, &ref, ph_buf_view(&bytes))
		     : rc == 0 ? add_read(page, &log, &ref, part)
			       : rc;
	} else if (rc == 0) {
		rc = add_read(page, &log, &ref, part);
	}
	page->bytes += bytes.len;
	ph_buf_deinit(&bytes);
	return rc > 0 ? -EUCLEAN : rc;
}

/* --- fed by the hub --- */

/* FED, which stands in page->held. */
static int add_fed_read(struct page *page, const struct ph_fed_entry *fed)
{
	struct ph_held *held = &page->held;
	struct ph_show show;
	bool dead = false;
	int rc;

	ph_held_fed(held, fed);
	if (!is_asked(page->query, held->fact.site, held->fact.second)) {
		return 0;
	}
	show = ph_show_begin();
	ph_show_set(&show, "vouched", json_string("hub"));
	rc = show_front(page, &show, &fed->ref, fed->key, held->fact.site,
			held->fact.second);
	rc = rc != 0 ? rc : ph_effect_dead(page->ledger, held, &dead);
	rc = rc != 0 ? rc : show_counts(page, NULL, dead ? PH_OFF_DEAD : 0, &show);
	rc = rc != 0 ? rc
		     : show_fields(page, &fed->ref, held->entry, held->fact.second,
				   &show);
	return add(page, &show, rc);
}

/* One that is in a log here, too, was shown with that; one of a later table is not told by a feed. */
static int add_fed(struct page *page, const struct place *at)
{
	struct ph_buf bytes = { 0 }, own = { 0 };
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc = ph_fed_entry_at(page->ledger->config.fed, at->row, at->n, at->hash, &fed,
				 &bytes);

	rc = rc != 0 ? rc : ph_entry_decode(fed.bytes, page->held.entry);
	if (rc == 0) {
		rc = ph_journal_resolve(page->ledger->journal, &fed.ref, &log, &own);
		rc = rc == PH_JOURNAL_E_NONE ? add_fed_read(page, &fed) : rc;
	}
	page->bytes += bytes.len;
	ph_buf_deinit(&bytes);
	ph_buf_deinit(&own);
	return rc < 0 ? rc : 0;
}

/* --- which --- */

/* Look at an entry AT; 1: enough for now. PLACE moves past it. */
static int look(struct page *page, const struct place *at, struct ph_view bytes)
{
	uint64_t kind, stamp;

	if (page->looks == LOOKS_MAX) {
		page->more = true;
		return 1;
	}
	if (ph_entry_peek(bytes, &kind, &stamp) && kind == page->query->kind->number) {
		if (page->n_noted == NOTED_MAX) {
			return 1;
		}
		page->noted[page->n_noted++] = *at;
	}
	page->looks++;
	page->place = *at;
	return 0;
}

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct page *page = data;
	const struct place at = { .row = page->place.row, .n = n };

	return look(page, &at, bytes);
}

static int on_fed(void *data, const struct ph_fed_entry *entry)
{
	struct page *page = data;
	struct place at = { .fed = true, .row = entry->log, .n = entry->ref.n };

	memcpy(at.hash, entry->ref.hash, sizeof(at.hash));
	return look(page, &at, entry->bytes);
}

/* Note some that follow in the same log; at its end the place is before the next one. */
static int gather_own(struct page *page)
{
	struct ph_journal *journal = page->ledger->journal;
	struct ph_log log;
	uint64_t after = page->place.n;
	int rc = ph_journal_log_at(journal, page->place.row, &log);

	if (rc == PH_JOURNAL_E_NONE) {
		page->place = (struct place){ .fed = true };
		return 0;
	}
	if (rc != 0) {
		return rc;
	}
	after = after < log.base ? log.base : after;
	rc = ph_journal_entry_each(journal, log.row, after, on_entry, page);
	if (rc == 0) {
		page->place = (struct place){ .row = log.row + 1 };
	}
	return rc < 0 ? rc : 0;
}

static int gather_fed(struct page *page)
{
	struct ph_db *fed = page->ledger->config.fed;
	const struct place from = page->place;
	int rc = fed ? ph_fed_entries(fed, from.row, from.n, from.hash, on_fed, page) : 0;

	page->end = rc == 0;
	return rc < 0 ? rc : 0;
}

static bool is_full(const struct page *page)
{
	return json_array_size(page->items) >= page->query->limit ||
	       page->bytes >= BYTES_MAX;
}

/* Show what was noted. Where the page is full before, it ends behind the last that was shown. */
static int show_noted(struct page *page)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < page->n_noted; i++) {
		const struct place *at = &page->noted[i];

		if (is_full(page)) {
			page->place = page->noted[i - 1];
			page->more = true;
			page->end = false;
			break;
		}
		rc = at->fed ? add_fed(page, at) : add_own(page, at);
	}
	page->n_noted = 0;
	return rc;
}

static int fill(struct page *page)
{
	int rc = 0;

	while (rc == 0 && !page->more && !page->end) {
		rc = page->place.fed ? gather_fed(page) : gather_own(page);
		rc = rc != 0 ? rc : show_noted(page);
		page->more = page->more || (is_full(page) && !page->end);
	}
	return rc;
}

/* --- where a page ends, as text --- */

/* No list of copies, titles, ... has this number. */
#define MARK       0xff
#define PLACE_SIZE (1 + 4 + 1 + 8 + 8 + 8)

static void put_place(const struct page *page, char next[static PH_LISTING_NEXT])
{
	const struct place *place = &page->place;
	uint8_t bytes[PLACE_SIZE] = { MARK };

	ph_be32_put(bytes + 1, page->query->kind->number);
	bytes[5] = place->fed;
	ph_be64_put(bytes + 6, (uint64_t)place->row);
	ph_be64_put(bytes + 14, place->n);
	memcpy(bytes + 22, place->hash, sizeof(place->hash));
	ph_hex(next, bytes, sizeof(bytes));
}

static int get_place(struct page *page)
{
	const char *text = page->query->after;
	struct place *place = &page->place;
	uint8_t bytes[PLACE_SIZE];

	if (text == NULL) {
		place->row = 1;
		return 0;
	}
	if (strlen(text) != 2 * sizeof(bytes) ||
	    ph_unhex(bytes, sizeof(bytes), text, strlen(text)) != 0 || bytes[0] != MARK ||
	    ph_be32_get(bytes + 1) != page->query->kind->number || bytes[5] > 1 ||
	    ph_be64_get(bytes + 6) > INT64_MAX || ph_be64_get(bytes + 14) > INT64_MAX) {
		return PH_LISTING_E_AFTER;
	}
	place->fed = bytes[5] == 1;
	place->row = (int64_t)ph_be64_get(bytes + 6);
	place->n = ph_be64_get(bytes + 14);
	memcpy(place->hash, bytes + 22, sizeof(place->hash));
	return place->fed || place->row > 0 ? 0 : PH_LISTING_E_AFTER;
}

/* --- pages --- */

int ph_entries(struct ph_ledger *ledger, const struct ph_entries_query *query,
	       json_t **out, char next[static PH_LISTING_NEXT])
{
	struct ph_entries_query bounded = *query;
	struct page page = { .ledger = ledger, .query = &bounded };
	int rc = ph_held_init(&page.held);

	bounded.limit = bounded.limit == 0          ? LIMIT_DEFAULT
			: bounded.limit > LIMIT_MAX ? LIMIT_MAX
						    : bounded.limit;
	page.items = json_array();
	rc = rc != 0 || !page.items ? -ENOMEM : get_place(&page);
	rc = rc != 0 ? rc : fill(&page);
	next[0] = '\0';
	if (rc == 0 && !page.end) {
		put_place(&page, next);
	}
	ph_held_deinit(&page.held);
	if (rc != 0) {
		json_decref(page.items);
		return rc;
	}
	*out = page.items;
	return 0;
}
