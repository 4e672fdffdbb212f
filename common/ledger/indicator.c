/*
 * common/ledger/indicator.c - a row of the plan is reckoned: periods, lines, totals.
 *
 *     places and stops -> the row's source, which adds to lines and totals -> the sheet
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"

#define PLAN_BASE 2025 /* the year from which the plan reckons growth */

/* --- periods --- */

static size_t period_count(struct ph_reckoning *reckoning)
{
	const struct ph_period *period = &reckoning->query->period;
	size_t year = (size_t)(12 / period->months), n = PH_TREND_MAX + 1;
	int64_t base = (int64_t)PLAN_BASE * 12 / period->months +
		       period->index % (12 / period->months);

	if (reckoning->query->row->source != PH_FROM_TURNS) {
		return n;
	}
	n += year;
	if (period->index > base) {
		reckoning->mean_period = (size_t)(period->index - base);
	}
	return reckoning->mean_period >= n ? reckoning->mean_period + 1 : n;
}

static int make_periods(struct ph_reckoning *reckoning)
{
	const struct ph_period *asked = &reckoning->query->period;
	size_t n = period_count(reckoning);
	struct ph_period month = { .months = 1, .index = asked->index * asked->months };

	reckoning->periods = calloc(n, sizeof *reckoning->periods);
	reckoning->total = calloc(n, sizeof *reckoning->total);
	reckoning->share = calloc(n, sizeof *reckoning->share);
	if (reckoning->periods == NULL || reckoning->total == NULL ||
	    reckoning->share == NULL) {
		return -ENOMEM;
	}
	while (reckoning->n_periods < n &&
	       ph_period_before(asked, (int64_t)reckoning->n_periods,
				&reckoning->periods[reckoning->n_periods])) {
		reckoning->n_periods++;
	}
	reckoning->n_trend = reckoning->n_periods - 1 < PH_TREND_MAX
				     ? reckoning->n_periods - 1
				     : PH_TREND_MAX;
	if (reckoning->mean_period >= reckoning->n_periods) {
		reckoning->mean_period = 0;
	}
	for (int i = 0; i <= asked->months; i++, month.index++) {
		struct ph_period at;

		(void)ph_period_before(&month, 0, &at);
		reckoning->month[i] = at.from;
	}
	return 0;
}

size_t ph_reckon_period(const struct ph_reckoning *reckoning, int64_t day)
{
	size_t low = 0, high = reckoning->n_periods;

	if (day > reckoning->periods[0].to) {
		return reckoning->n_periods;
	}
	/* the first one that begins not after DAY */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reckoning->periods[middle].from <= day) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return low;
}

int64_t ph_reckon_first_day(const struct ph_reckoning *reckoning)
{
	return reckoning->periods[reckoning->n_periods - 1].from;
}

/* --- lines --- */

static int compare_keys(const struct ph_line_key *a, const struct ph_line_key *b)
{
	if (a->is_null != b->is_null) {
		return a->is_null ? 1 : -1;
	}
	if (a->number != b->number) {
		return a->number < b->number ? -1 : 1;
	}
	return strcmp(a->text, b->text);
}

static void text_key(struct ph_line_key *key, const char *text)
{
	key->is_null = text == NULL || text[0] == '\0';
	strncpy(key->text, key->is_null ? "" : text, sizeof key->text - 1);
}

static int64_t month_of(const struct ph_reckoning *reckoning, int64_t day)
{
	int64_t month = 0;

	while (month + 1 < reckoning->query->period.months &&
	       reckoning->month[month + 1] <= day) {
		month++;
	}
	return month;
}

static struct ph_line_key key_of(const struct ph_reckoning *reckoning,
				 const struct ph_atom *atom)
{
	const struct ph_reckon_site *site;
	struct ph_line_key key = { 0 };

	switch (reckoning->query->by) {
	case PH_BY_COMMUNE:
		text_key(&key, atom->commune);
		break;
	case PH_BY_LANGUAGE:
		text_key(&key, atom->language);
		break;
	case PH_BY_SITE:
		key.number = (int64_t)atom->site;
		break;
	case PH_BY_KIND:
		site = ph_reckon_site(reckoning, atom->site);
		key.is_null = site == NULL || site->kind < 0;
		key.number = key.is_null ? 0 : site->kind;
		break;
	case PH_BY_MONTH:
		key.number = month_of(reckoning, atom->day);
		break;
	default:
		key.is_null = atom->split < 0;
		key.number = key.is_null ? 0 : atom->split;
		break;
	}
	return key;
}

static size_t place_of(const struct ph_reckoning *reckoning,
		       const struct ph_line_key *key, bool *found)
{
	size_t low = 0, high = reckoning->n_lines;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_keys(&reckoning->lines[reckoning->order[middle]].key,
					 key);

		*found = *found || order == 0;
		low = order < 0 ? middle + 1 : low;
		high = order < 0 ? high : middle;
	}
	return low;
}

static int insert_line(struct ph_reckoning *reckoning, const struct ph_line_key *key,
		       size_t at)
{
	size_t n = reckoning->n_lines;
	int rc = ph_state_grow((void **)&reckoning->lines, n, &reckoning->cap_lines,
			       sizeof *reckoning->lines);

	rc = rc != 0 ? rc
		     : ph_state_grow((void **)&reckoning->order, n, &reckoning->cap_order,
				     sizeof *reckoning->order);
	if (rc != 0) {
		return rc;
	}
	memmove(&reckoning->order[at + 1], &reckoning->order[at],
		(n - at) * sizeof *reckoning->order);
	reckoning->order[at] = n;
	reckoning->lines[n] = (struct ph_line){ .key = *key };
	reckoning->n_lines++;
	return 0;
}

static int find_line(struct ph_reckoning *reckoning, const struct ph_line_key *key,
		     size_t *index_out)
{
	bool found;
	size_t at = place_of(reckoning, key, &found);
	int rc = found ? 0 : insert_line(reckoning, key, at);

	if (rc == 0) {
		*index_out = reckoning->order[at];
	}
	return rc;
}

int ph_reckon_line(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		   struct ph_line **line_out)
{
	struct ph_line_key key = key_of(reckoning, atom);
	size_t index;
	int rc = find_line(reckoning, &key, &index);

	if (rc == 0) {
		*line_out = &reckoning->lines[index];
	}
	return rc;
}

/* --- adding --- */

static bool is_left_out(const struct ph_reckoning *reckoning, const struct ph_atom *atom)
{
	const char *asked = reckoning->query->commune;

	return asked != NULL &&
	       (atom->commune == NULL || strcmp(atom->commune, asked) != 0);
}

int ph_reckon_level(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		    size_t period, unsigned column, int64_t value)
{
	struct ph_line *line;
	int rc;

	if (period >= reckoning->n_periods || value == 0 ||
	    is_left_out(reckoning, atom)) {
		return 0;
	}
	reckoning->total[period][column] += value;
	if (period != 0) {
		return 0;
	}
	rc = ph_reckon_line(reckoning, atom, &line);
	if (rc == 0) {
		line->cell[column] += value;
	}
	return rc;
}

int ph_reckon_add(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		  unsigned column, int64_t value)
{
	return ph_reckon_level(reckoning, atom, ph_reckon_period(reckoning, atom->day),
			       column, value);
}

int ph_reckon_distinct(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		       unsigned column, int64_t id)
{
	struct ph_line_key key = key_of(reckoning, atom);
	struct ph_distinct *item;
	size_t line;
	int rc;

	if (is_left_out(reckoning, atom)) {
		return 0;
	}
	rc = find_line(reckoning, &key, &line);
	rc = rc != 0 ? rc
		     : ph_state_grow((void **)&reckoning->distinct, reckoning->n_distinct,
				     &reckoning->cap_distinct,
				     sizeof *reckoning->distinct);
	if (rc == 0) {
		item = &reckoning->distinct[reckoning->n_distinct++];
		*item = (struct ph_distinct){ line, column, id };
	}
	return rc;
}

static int compare_distinct(const void *a, const void *b)
{
	const struct ph_distinct *x = a, *y = b;

	if (x->column != y->column) {
		return x->column < y->column ? -1 : 1;
	}
	if (x->id != y->id) {
		return x->id < y->id ? -1 : 1;
	}
	return x->line < y->line ? -1 : x->line > y->line;
}

static void count_distinct(struct ph_reckoning *reckoning)
{
	const struct ph_distinct *items = reckoning->distinct;

	if (reckoning->n_distinct > 0) {
		qsort(reckoning->distinct, reckoning->n_distinct,
		      sizeof *reckoning->distinct, compare_distinct);
	}
	for (size_t i = 0; i < reckoning->n_distinct; i++) {
		bool same = i > 0 && items[i].column == items[i - 1].column &&
			    items[i].id == items[i - 1].id;

		if (!same) {
			reckoning->total[0][items[i].column]++;
		}
		if (!same || items[i].line != items[i - 1].line) {
			reckoning->lines[items[i].line].cell[items[i].column]++;
		}
	}
}

bool ph_reckon_percent(int64_t n, int64_t d, int64_t *out)
{
	uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	uint64_t whole;

	if (d <= 0) {
		return false;
	}
	/* in two steps: no product is too large for figures below 10^14 */
	whole = size / (uint64_t)d * 10000 +
		(size % (uint64_t)d * 20000 + (uint64_t)d) / (2 * (uint64_t)d);
	*out = n < 0 ? -(int64_t)whole : (int64_t)whole;
	return true;
}

/* --- the whole --- */

static int (*const sources[])(struct ph_reckoning *reckoning) = {
	[PH_FROM_MODEL] = ph_reckon_model,       [PH_FROM_SERVICES] = ph_reckon_services,
	[PH_FROM_WORKERS] = ph_reckon_workers,   [PH_FROM_TURNS] = ph_reckon_turns,
	[PH_FROM_SITES] = ph_reckon_sites,       [PH_FROM_CRATES] = ph_reckon_crates,
	[PH_FROM_STOPS] = ph_reckon_trips,       [PH_FROM_EVENTS] = ph_reckon_events,
	[PH_FROM_FIGURES] = ph_reckon_figures,   [PH_FROM_COPIES] = ph_reckon_copies,
	[PH_FROM_COUNTERS] = ph_reckon_counters,
};

/*
 * How many lines there are in any case: every month of the period; and every band and
 * purpose, since the line of one alone would tell how many came with it.
 */
static int64_t lines_of(const struct ph_indicator_query *query)
{
	const struct ph_kind *visit = ph_kind_find(PH_KIND_VISIT);

	switch (query->by) {
	case PH_BY_MONTH:
		return query->period.months;
	case PH_BY_BAND:
		return (int64_t)visit->fields[PH_VISIT_BAND].max;
	case PH_BY_PURPOSE:
		return (int64_t)visit->fields[PH_VISIT_PURPOSE].max;
	default:
		return 0;
	}
}

static int add_lines(struct ph_reckoning *reckoning)
{
	struct ph_line_key key = { 0 };
	size_t index;
	int rc = 0;

	for (; rc == 0 && key.number < lines_of(reckoning->query); key.number++) {
		rc = find_line(reckoning, &key, &index);
	}
	return rc;
}

static int run_source(struct ph_reckoning *reckoning)
{
	const struct ph_indicator_query *query = reckoning->query;
	bool of_copies =
		query->by == PH_BY_LANGUAGE && query->row->source == PH_FROM_COUNTERS;

	return of_copies ? ph_reckon_copies(reckoning)
			 : sources[query->row->source](reckoning);
}

int ph_indicator_sheet(struct ph_ledger *ledger, const struct ph_indicator_query *query,
		       json_t **out)
{
	struct ph_reckoning reckoning = { .ledger = ledger, .query = query };
	json_t *sheet = json_object();
	json_t *complete = NULL;
	int rc = sheet == NULL ? -ENOMEM : ph_reckon_rule(&reckoning);

	rc = rc != 0 ? rc : make_periods(&reckoning);
	rc = rc != 0 ? rc : ph_reckon_places(&reckoning);
	rc = rc != 0 ? rc : ph_reckon_stops(&reckoning);
	rc = rc != 0 ? rc : add_lines(&reckoning);
	rc = rc != 0 ? rc : run_source(&reckoning);
	if (rc == 0) {
		count_distinct(&reckoning);
	}
	rc = rc != 0 ? rc : ph_reckon_show(&reckoning, sheet);
	rc = rc != 0 ? rc : ph_reckon_complete(&reckoning, &complete);
	if (rc == 0 && json_object_set_new(sheet, "complete", complete) != 0) {
		rc = -ENOMEM;
	}
	ph_reckoning_deinit(&reckoning);
	if (rc != 0) {
		json_decref(sheet);
		return rc;
	}
	*out = sheet;
	return 0;
}

void ph_reckoning_deinit(struct ph_reckoning *reckoning)
{
	for (size_t i = 0; i < reckoning->n_lines; i++) {
		for (size_t c = 0; c < PH_COLUMNS_MAX; c++) {
			json_decref(reckoning->lines[i].words[c]);
		}
	}
	free(reckoning->periods);
	free(reckoning->total);
	free(reckoning->share);
	free(reckoning->grid);
	free(reckoning->sites);
	free(reckoning->communes);
	free(reckoning->stops);
	free(reckoning->lines);
	free(reckoning->order);
	free(reckoning->distinct);
	*reckoning = (struct ph_reckoning){ 0 };
}
