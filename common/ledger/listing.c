/*
 * common/ledger/listing.c - what is here, out, overdue, expected, held: page by page (the others: roll.c).
 *
 * Every list has one query for one site: equality on the site, a range behind the last
 * item, and an index in just that order. The next site is looked up by itself, in the
 * caller's list or in the index. So a page reads what it shows and no more.
 */
#include "common/ledger/listing.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/listing_item.h"
#include "common/ledger/roll.h"
#include "common/ledger/store.h"

#define LIMIT_DEFAULT 50

/* Where a page ended: the key of its last item. */
struct place {
	uint64_t site;
	int64_t part; /* of a list that has several */
	int64_t a, b;
	struct ph_buf x, y;
};

/*
 * Parameters: ?1 site, ?2 part, ?3 day, ?4 to ?7 a, b, x, y of the last item, ?8 how
 * many. Columns: a, b, x, y, and what the item shows.
 */
static const struct {
	const char *name;
	const char *next_site; /* above ?1 */
	const char *page;
	int64_t parts;
	ph_listing_show_fn *show;
} lists[] = {
	[PH_LISTING_HERE] = { "here", "SELECT min(site) FROM ledger_copy WHERE site > ?1",
			      "SELECT 0, 0, id, x'', title, owner, condition FROM "
			      "ledger_copy"
			      " WHERE site = ?1 AND id > ?6 ORDER BY id LIMIT ?8",
			      1, ph_listing_show_here },
	[PH_LISTING_OUT] = { "out", "SELECT min(site) FROM ledger_loan WHERE site > ?1",
			     "SELECT l.due, l.second, l.copy, x'', l.card, l.ref, c.title"
			     " FROM ledger_loan l LEFT JOIN ledger_copy c ON c.id = "
			     "l.copy"
			     " WHERE l.site = ?1 AND (l.due, l.second, l.copy) > (?4, "
			     "?5, ?6)"
			     " ORDER BY l.due, l.second, l.copy LIMIT ?8",
			     1, ph_listing_show_out },
	[PH_LISTING_OVERDUE] = { "overdue",
				 "SELECT min(site) FROM ledger_loan WHERE site > ?1",
				 "SELECT l.due, l.second, l.copy, x'', l.card, l.ref, "
				 "c.title"
				 " FROM ledger_loan l LEFT JOIN ledger_copy c ON c.id = "
				 "l.copy"
				 " WHERE l.site = ?1 AND (l.due, l.second, l.copy) > "
				 "(?4, ?5, ?6)"
				 " AND l.due < ?3"
				 " ORDER BY l.due, l.second, l.copy LIMIT ?8",
				 1, ph_listing_show_out },
	[PH_LISTING_EXPECTED] = { "expected",
				  "SELECT min(site) FROM ledger_way WHERE site > ?1",
				  "SELECT 0, 0, w.crate, w.copy, w.origin, w.second, "
				  "w.due_back, c.title"
				  " FROM ledger_way w LEFT JOIN ledger_copy c ON c.id = "
				  "w.copy"
				  " WHERE w.site = ?1 AND (w.crate, w.copy) > (?6, ?7)"
				  " ORDER BY w.crate, w.copy LIMIT ?8",
				  1, ph_listing_show_expected },
	[PH_LISTING_HOLDS] = { "holds",
			       "SELECT min(site) FROM ledger_hold WHERE site > ?1",
			       "SELECT h.expires, 0, h.id, x'', h.waits, h.card, "
			       "h.second, h.title,"
			       " h.copy, h.ready, h.ready_second FROM ledger_hold h"
			       " WHERE h.site = ?1 AND h.waits = ?2 AND (h.expires, "
			       "h.id) > (?4, ?6)"
			       " ORDER BY h.expires, h.id LIMIT ?8",
			       2, ph_listing_show_hold },
};

int ph_listing_named(const char *name)
{
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (strcmp(lists[i].name, name) == 0) {
			return (int)i;
		}
	}
	for (int i = PH_LISTING_TITLES; ph_roll_name((enum ph_listing)i) != NULL; i++) {
		if (strcmp(ph_roll_name((enum ph_listing)i), name) == 0) {
			return i;
		}
	}
	return -1;
}

bool ph_listing_is_roll(enum ph_listing list)
{
	return ph_roll_name(list) != NULL;
}

const char *ph_listing_sql(enum ph_listing list, bool next_site)
{
	return next_site ? lists[list].next_site : lists[list].page;
}

/* --- where a page ends, as text --- */

static int put_place(enum ph_listing list, const struct place *place,
		     char next[static PH_LISTING_NEXT])
{
	struct ph_buf bytes = { 0 };
	int rc = ph_buf_put_u8(&bytes, (uint8_t)list);

	rc = rc != 0 ? rc : ph_buf_put_be64(&bytes, place->site);
	rc = rc != 0 ? rc : ph_buf_put_be64(&bytes, (uint64_t)place->part);
	rc = rc != 0 ? rc : ph_buf_put_be64(&bytes, (uint64_t)place->a);
	rc = rc != 0 ? rc : ph_buf_put_be64(&bytes, (uint64_t)place->b);
	rc = rc != 0 ? rc : ph_buf_put_u8(&bytes, (uint8_t)place->x.len);
	rc = rc != 0 ? rc : ph_buf_put_view(&bytes, ph_buf_view(&place->x));
	rc = rc != 0 ? rc : ph_buf_put_view(&bytes, ph_buf_view(&place->y));
	if (rc == 0) {
		ph_hex(next, bytes.data, bytes.len);
	}
	ph_buf_deinit(&bytes);
	return rc;
}

#define PLACE_HEAD (2 + 4 * 8)

static int get_place(enum ph_listing list, const char *text, struct place *place)
{
	uint8_t bytes[PH_LISTING_NEXT / 2];
	size_t len = strlen(text) / 2;
	int rc;

	if (len < PLACE_HEAD || len > sizeof bytes ||
	    ph_unhex(bytes, len, text, strlen(text)) != 0 || bytes[0] != list ||
	    (size_t)PLACE_HEAD + bytes[PLACE_HEAD - 1] > len) {
		return PH_LISTING_E_AFTER;
	}

	size_t x = bytes[PLACE_HEAD - 1];

	place->site = ph_be64_get(bytes + 1);
	place->part = (int64_t)ph_be64_get(bytes + 9);
	place->a = (int64_t)ph_be64_get(bytes + 17);
	place->b = (int64_t)ph_be64_get(bytes + 25);
	place->x.len = place->y.len = 0;
	rc = ph_buf_put(&place->x, bytes + PLACE_HEAD, x);
	return rc != 0 ? rc
		       : ph_buf_put(&place->y, bytes + PLACE_HEAD + x,
				    len - PLACE_HEAD - x);
}

/* --- pages --- */

struct page {
	struct ph_ledger *ledger;
	const struct ph_listing_query *query;
	size_t limit;
	struct place place;
	json_t *items;
	char *next; /* where it ends, once it is full */
	bool more;  /* something follows */
};

/* The start of a part of a site; what is over is no hold any more. */
static void enter(struct page *page, uint64_t site, int64_t part)
{
	page->place.site = site;
	page->place.part = part;
	page->place.a =
		page->query->list == PH_LISTING_HOLDS ? page->query->day : INT64_MIN;
	page->place.b = INT64_MIN;
	page->place.x.len = page->place.y.len = 0;
}

static int move_place(struct place *place, struct ph_stmt *stmt)
{
	int rc;

	place->a = ph_stmt_col_int(stmt, 0);
	place->b = ph_stmt_col_int(stmt, 1);
	place->x.len = place->y.len = 0;
	rc = ph_buf_put_view(&place->x, ph_stmt_col_blob(stmt, 2));
	return rc != 0 ? rc : ph_buf_put_view(&place->y, ph_stmt_col_blob(stmt, 3));
}

static void bind_place(const struct page *page, struct ph_stmt *stmt, struct ph_view x,
		       struct ph_view y)
{
	size_t left = page->limit - json_array_size(page->items);

	ph_stmt_int(stmt, 1, (int64_t)page->place.site);
	ph_stmt_int(stmt, 2, page->place.part);
	ph_stmt_int(stmt, 3, page->query->day);
	ph_stmt_int(stmt, 4, page->place.a);
	ph_stmt_int(stmt, 5, page->place.b);
	ph_stmt_blob(stmt, 6, x);
	ph_stmt_blob(stmt, 7, y);
	ph_stmt_int(stmt, 8, (int64_t)left + 1);
}

static int take_row(struct page *page, struct ph_stmt *stmt)
{
	enum ph_listing list = page->query->list;
	json_t *item = NULL;
	int rc = move_place(&page->place, stmt);

	rc = rc != 0 ? rc
		     : lists[list].show(page->ledger, stmt, page->query, page->place.site,
					&item);
	rc = rc != 0 ? rc : ph_show_append(page->items, item);
	if (rc == 0 && json_array_size(page->items) == page->limit) {
		rc = put_place(list, &page->place, page->next);
	}
	return rc;
}

/* As much of the present part as the page has room for, and a look at what follows. */
static int take_part(struct page *page)
{
	struct ph_buf x = { 0 }, y = { 0 }; /* bound while the place moves */
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(page->ledger->db, lists[page->query->list].page, &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_buf_put_view(&x, ph_buf_view(&page->place.x));
	rc = rc != 0 ? rc : ph_buf_put_view(&y, ph_buf_view(&page->place.y));
	bind_place(page, stmt, ph_buf_view(&x), ph_buf_view(&y));
	while (rc == 0 && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		page->more = json_array_size(page->items) == page->limit;
		rc = page->more ? 0 : take_row(page, stmt);
		if (page->more) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	ph_buf_deinit(&x);
	ph_buf_deinit(&y);
	return rc;
}

/* The first site from FROM on that may have items; *SITE_OUT 0: there is none. */
static int find_site(struct page *page, uint64_t from, uint64_t *site_out)
{
	const struct ph_listing_query *query = page->query;
	struct ph_stmt *stmt;
	int rc;

	*site_out = 0;
	if (query->sites != NULL) {
		for (size_t i = 0; *site_out == 0 && i < query->n_sites; i++) {
			*site_out = query->sites[i] >= from ? query->sites[i] : 0;
		}
		return 0;
	}
	rc = ph_db_prepare(page->ledger->db, lists[query->list].next_site, &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, from == 0 ? 0 : (int64_t)from - 1);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*site_out = (uint64_t)ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int fill(struct page *page)
{
	int64_t parts = lists[page->query->list].parts;
	int rc = 0;

	while (rc == 0 && !page->more && page->place.site != 0) {
		uint64_t site = page->place.site;

		rc = take_part(page);
		if (rc != 0 || page->more) {
			break;
		}
		if (page->place.part + 1 < parts) {
			enter(page, site, page->place.part + 1);
			continue;
		}
		rc = find_site(page, site + 1, &site);
		enter(page, site, 0);
	}
	return rc;
}

static int start(struct page *page)
{
	uint64_t site;
	int rc;

	if (page->query->after != NULL) {
		return get_place(page->query->list, page->query->after, &page->place);
	}
	rc = find_site(page, 0, &site);
	enter(page, site, 0);
	return rc;
}

int ph_listing(struct ph_ledger *ledger, const struct ph_listing_query *query,
	       json_t **out, char next[static PH_LISTING_NEXT])
{
	struct ph_listing_query bounded = *query;
	struct page page = { .ledger = ledger, .query = &bounded, .next = next };
	int rc;

	if (bounded.limit == 0) {
		bounded.limit = LIMIT_DEFAULT;
	}
	if (ph_listing_is_roll(query->list)) {
		return ph_roll(ledger, &bounded, out, next);
	}
	page.limit = bounded.limit;
	page.items = json_array();
	rc = page.items == NULL ? -ENOMEM : start(&page);
	next[0] = '\0';
	rc = rc != 0 ? rc : fill(&page);
	ph_buf_deinit(&page.place.x);
	ph_buf_deinit(&page.place.y);
	if (rc != 0) {
		json_decref(page.items);
		return rc;
	}
	if (!page.more) {
		next[0] = '\0';
	}
	*out = page.items;
	return 0;
}
