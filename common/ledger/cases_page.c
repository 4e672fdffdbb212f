/*
 * common/ledger/cases_page.c - cases, a page at a time.
 *
 * Of each site as many as a page holds are looked at, and one more; of these the first
 * are the page. A case that concerns several of the sites stands in it once. The cases of
 * a site are few: there all are looked at.
 */
#include "common/ledger/cases_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases_site.h"
#include "common/ledger/cases_view.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"

/* Where a case stands in the list. */
struct place {
	bool closed;
	int64_t second;
	uint8_t id[PH_CASE_ID_SIZE];
};

struct page {
	struct place *places;
	size_t n, cap;
	size_t left; /* of the walk in hand */
	bool no_cards;
};

/* --- places --- */

static struct place place_of(const struct ph_case_row *row)
{
	struct place place = { .closed = row->status == PH_CASE_DECIDED,
			       .second = row->second };

	memcpy(place.id, row->id, sizeof place.id);
	return place;
}

static int compare(const void *a, const void *b)
{
	const struct place *one = a, *other = b;

	if (one->closed != other->closed) {
		return one->closed ? 1 : -1;
	}
	if (one->second != other->second) {
		return one->second < other->second ? -1 : 1;
	}
	return memcmp(one->id, other->id, sizeof one->id);
}

static void place_text(char out[static PH_CASES_NEXT], const struct place *place)
{
	char id[PH_CASE_TEXT];

	ph_hex(id, place->id, sizeof place->id);
	snprintf(out, PH_CASES_NEXT, "%d.%" PRId64 ".%s", place->closed, place->second,
		 id);
}

static bool place_parse(const char *text, struct place *out)
{
	char *end;

	if ((text[0] != '0' && text[0] != '1') || text[1] != '.') {
		return false;
	}
	out->closed = text[0] == '1';
	out->second = strtoll(text + 2, &end, 10);
	return *end == '.' &&
	       ph_unhex(out->id, sizeof out->id, end + 1, strlen(end + 1)) == 0;
}

/* --- the page --- */

static int add_place(struct page *page, const struct ph_case_row *row)
{
	int rc = ph_state_grow((void **)&page->places, page->n, &page->cap,
			       sizeof *page->places);

	if (rc == 0) {
		page->places[page->n++] = place_of(row);
	}
	return rc;
}

static int on_case(void *data, const struct ph_case_row *row)
{
	struct page *page = data;
	int rc;

	if (page->no_cards && row->kind == PH_CASE_BLOCKED_CARD) {
		return 0;
	}
	rc = add_place(page, row);
	return rc != 0 ? rc : --page->left == 0; /* enough: the walk ends */
}

static int walk(struct ph_ledger *ledger, struct ph_case_filter *filter, uint64_t site,
		size_t limit, struct page *page)
{
	int rc;

	filter->site = site;
	page->left = limit + 1;
	rc = ph_cases_each(ledger, filter, on_case, page);
	return rc < 0 ? rc : 0;
}

static int walk_all(struct ph_ledger *ledger, const struct ph_cases_query *query,
		    const struct place *after, struct page *page)
{
	struct ph_case_filter filter = { .kind = query->kind,
					 .all = query->all,
					 .has_after = after != NULL };
	int rc = 0;

	if (after != NULL) {
		filter.after_closed = after->closed;
		filter.after_second = after->second;
		memcpy(filter.after_id, after->id, sizeof filter.after_id);
	}
	if (query->sites == NULL) {
		return walk(ledger, &filter, 0, query->limit, page);
	}
	for (size_t i = 0; rc == 0 && i < query->n_sites; i++) {
		rc = walk(ledger, &filter, query->sites[i], query->limit, page);
	}
	return rc;
}

static int take_site(struct ph_ledger *ledger, const struct ph_cases_query *query,
		     const struct place *after, struct page *page)
{
	struct ph_site_cases cases = { 0 };
	int rc = query->n_sites != 1
			 ? -EINVAL
			 : ph_site_cases(ledger, query->sites[0], query->all, &cases);

	for (size_t i = 0; rc == 0 && i < cases.n; i++) {
		struct place place = place_of(&cases.rows[i]);

		if ((query->kind == 0 || cases.rows[i].kind == query->kind) &&
		    (after == NULL || compare(&place, after) > 0)) {
			rc = add_place(page, &cases.rows[i]);
		}
	}
	ph_site_cases_deinit(&cases);
	return rc;
}

static void sort_once(struct page *page)
{
	size_t kept = 0;

	if (page->n == 0) {
		return;
	}
	qsort(page->places, page->n, sizeof *page->places, compare);
	for (size_t i = 0; i < page->n; i++) {
		if (kept == 0 ||
		    compare(&page->places[kept - 1], &page->places[i]) != 0) {
			page->places[kept++] = page->places[i];
		}
	}
	page->n = kept;
}

static int show_one(struct ph_ledger *ledger, const struct place *place, json_t *list)
{
	struct ph_show show = { 0 };
	struct ph_case_row row;
	bool fed;
	int rc = ph_site_case_get(ledger, place->id, &row, &fed);

	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	rc = ph_case_show(ledger, &row, &show.object);
	ph_case_row_deinit(&row);
	if (rc == 0 && fed) {
		ph_show_set(&show, "vouched", json_string("hub"));
	}
	return rc != 0 ? rc : ph_show_append(list, ph_show_end(&show));
}

static int show(struct ph_ledger *ledger, const struct page *page, size_t limit,
		json_t **out, char next[static PH_CASES_NEXT])
{
	size_t n = page->n > limit ? limit : page->n;
	json_t *list = json_array();
	int rc = list == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = show_one(ledger, &page->places[i], list);
	}
	if (rc != 0) {
		json_decref(list);
		return rc;
	}
	next[0] = '\0';
	if (page->n > n) {
		place_text(next, &page->places[n - 1]);
	}
	*out = list;
	return 0;
}

int ph_cases_page(struct ph_ledger *ledger, const struct ph_cases_query *query,
		  json_t **out, char next[static PH_CASES_NEXT])
{
	struct place place = { 0 }, *after = query->after != NULL ? &place : NULL;
	struct page page = { .no_cards = query->no_cards };
	int rc;

	if (after != NULL && !place_parse(query->after, after)) {
		return PH_CASES_E_AFTER;
	}
	rc = ledger->config.hub != NULL ? walk_all(ledger, query, after, &page)
					: take_site(ledger, query, after, &page);
	sort_once(&page);
	rc = rc != 0 ? rc : show(ledger, &page, query->limit, out, next);
	free(page.places);
	return rc;
}
