/*
 * common/ledger/indicator_told.c - figures that no entry is written for one by one: the
 * latest of equal ones counts; flows by their days, levels by the latest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"

struct told {
	uint64_t site;
	char commune[PH_COMMUNE_TEXT]; /* as the entry names it; empty: not */
	int64_t from, to;
	int64_t second;
	struct ph_ref ref;
	uint64_t value;
};
struct gathering {
	uint64_t code;
	struct told *items;
	size_t n, cap;
};

static int on_event(void *data, struct ph_view id, struct ph_view state)
{
	struct gathering *gathering = data;
	const struct ph_value *commune;
	struct ph_event event;
	struct told *item;
	int rc = ph_event_decode(state, &event);

	if (rc != 0 || event.kind->number != PH_KIND_TALLY ||
	    event.field[PH_TALLY_CODE].as.uint != gathering->code) {
		return rc;
	}
	rc = ph_state_grow((void **)&gathering->items, gathering->n, &gathering->cap,
			   sizeof *gathering->items);
	if (rc != 0) {
		return rc;
	}
	item = &gathering->items[gathering->n];
	*item = (struct told){ .site = event.site,
			       .second = event.second,
			       .from = event.field[PH_TALLY_FROM].as.day,
			       .to = event.field[PH_TALLY_TO].as.day,
			       .value = event.field[PH_TALLY_VALUE].as.uint };
	commune = &event.field[PH_TALLY_COMMUNE];
	if (commune->set && commune->as.bytes.len < sizeof item->commune) {
		memcpy(item->commune, commune->as.bytes.data, commune->as.bytes.len);
	}
	gathering->n++;
	return ph_key_get_ref(id, &item->ref) ? 0 : -EUCLEAN;
}

static int compare_days(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_places(const struct told *x, const struct told *y)
{
	if (x->site != y->site) {
		return x->site < y->site ? -1 : 1;
	}
	return strcmp(x->commune, y->commune);
}

static int compare_spans(const struct told *x, const struct told *y)
{
	int order = compare_places(x, y);

	order = order != 0 ? order : compare_days(x->to, y->to);
	return order != 0 ? order : compare_days(x->from, y->from);
}

static int compare(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int order = compare_spans(x, y);

	order = order != 0 ? order : compare_days(x->second, y->second);
	return order != 0 ? order : ph_ref_compare(&x->ref, &y->ref);
}

/* Of equal ones the last is left; all stand by place, last day, first day. */
static void settle(struct gathering *gathering)
{
	size_t n = 0;

	if (gathering->n == 0) {
		return;
	}
	qsort(gathering->items, gathering->n, sizeof *gathering->items, compare);
	for (size_t i = 0; i < gathering->n; i++) {
		bool again = n > 0 && compare_spans(&gathering->items[n - 1],
						    &gathering->items[i]) == 0;

		n -= again;
		gathering->items[n++] = gathering->items[i];
	}
	gathering->n = n;
}

static bool is_level(uint64_t code)
{
	return code == PH_TALLY_OF_PREMISES || code == PH_TALLY_OF_LEARNING_FAMILIES ||
	       code == PH_TALLY_OF_UNCATALOGUED_STOCK || code == PH_TALLY_OF_STAFF ||
	       code == PH_TALLY_OF_COLLABORATORS || code == PH_TALLY_OF_COMPUTERS;
}

/* Whether ITEM, of which NEXT is the one behind or NULL, counts in PERIOD. */
static bool counts(uint64_t code, const struct told *item, const struct told *next,
		   const struct ph_period *period)
{
	if (!is_level(code)) {
		return item->from >= period->from && item->to <= period->to;
	}
	return item->to <= period->to &&
	       (next == NULL || compare_places(item, next) != 0 || next->to > period->to);
}

static int add_all(struct ph_reckoning *reckoning, const struct gathering *gathering,
		   unsigned column,
		   int (*add)(struct ph_reckoning *reckoning, const struct ph_atom *atom,
			      size_t period, unsigned column, int64_t value))
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < gathering->n; i++) {
		const struct told *item = &gathering->items[i];
		const struct told *next = i + 1 < gathering->n ? item + 1 : NULL;
		struct ph_atom atom = { .site = item->site, .split = -1 };

		atom.commune = item->commune[0] != '\0'
				       ? item->commune
				       : ph_reckon_site_commune(reckoning, item->site);
		for (size_t p = 0; rc == 0 && p < reckoning->n_periods; p++) {
			if (counts(gathering->code, item, next, &reckoning->periods[p])) {
				rc = add(reckoning, &atom, p, column,
					 (int64_t)item->value);
			}
		}
	}
	return rc;
}

int ph_reckon_told(struct ph_reckoning *reckoning, uint64_t code, unsigned column,
		   int (*add)(struct ph_reckoning *reckoning, const struct ph_atom *atom,
			      size_t period, unsigned column, int64_t value))
{
	struct gathering gathering = { .code = code };
	int rc = ph_ledger_each(reckoning->ledger, PH_ENTITY_EVENT, on_event, &gathering);

	if (rc == 0) {
		settle(&gathering);
		rc = add_all(reckoning, &gathering, column, add);
	}
	free(gathering.items);
	return rc;
}

int ph_reckon_figures(struct ph_reckoning *reckoning)
{
	const struct ph_indicator *row = reckoning->query->row;
	int rc = 0;

	for (unsigned c = 0; rc == 0 && c < row->n_columns; c++) {
		rc = ph_reckon_told(reckoning, row->columns[c].of, c, ph_reckon_level);
	}
	return rc;
}
