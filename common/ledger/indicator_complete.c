/*
 * common/ledger/indicator_complete.c - how far the figures are complete: whether each open
 * site of a unit has a device, and all its devices have been heard of since the last day
 * that is asked for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/bytes.h"
#include "common/ledger/device.h"
#include "common/ledger/facts.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"

/* A device, where it stands, and what the hub last has of it; or a site without one. */
struct heard {
	uint8_t id[PH_DEVICE_ID_SIZE];
	bool is_none;
	bool is_gone; /* it was retired or cut: it counts for the days that it told of */
	uint64_t site;
	const char *commune;
	int64_t last; /* second; 0: nothing */
};
struct roll {
	struct ph_reckoning *reckoning;
	struct heard *items;
	size_t n, cap;
	int64_t day; /* that is asked for */
	struct ph_held held;
	struct heard *at; /* whose logs are looked at */
};

/* --- devices --- */

static int add(struct roll *roll, uint64_t site, struct heard **item_out)
{
	int rc = ph_state_grow((void **)&roll->items, roll->n, &roll->cap,
			       sizeof *roll->items);

	if (rc == 0) {
		*item_out = &roll->items[roll->n++];
		**item_out = (struct heard){ .site = site };
		(*item_out)->commune = ph_reckon_site_commune(roll->reckoning, site);
	}
	return rc;
}

static int on_device(void *data, struct ph_view id, struct ph_view state)
{
	struct roll *roll = data;
	struct heard *item = NULL;
	struct ph_device_state device;
	const struct ph_admission *admitted;
	int rc = ph_device_decode(state, &device);

	if (rc != 0) {
		return rc;
	}
	admitted = ph_device_admitted(&device);
	if (admitted != NULL && (admitted->role & PH_ROLE_SITE) &&
	    id.len == PH_DEVICE_ID_SIZE) {
		rc = add(roll, admitted->site, &item);
		if (rc == 0) {
			memcpy(item->id, id.data, sizeof item->id);
			item->is_gone = device.n_retires > 0 || device.n_cuts > 0;
		}
	}
	ph_device_deinit(&device);
	return rc;
}

static void note(struct roll *roll, uint64_t stamp)
{
	int64_t second = ph_stamp_seconds(stamp);

	roll->at->last = second > roll->at->last ? second : roll->at->last;
}

/* The last entry of a log, and the marks before it: what they were judged to be. */
static int on_log(void *data, const struct ph_log *log)
{
	struct roll *roll = data;
	struct ph_ledger *ledger = roll->reckoning->ledger;
	enum ph_part_in_fold part;
	struct ph_mark mark;
	int rc;

	if (log->n == 0) {
		return 0;
	}
	rc = ph_judge_mark_at(ledger, log->row, log->n, &mark);
	rc = rc != 0 ? rc : ph_held_load(ledger, log->row, log->n, &roll->held, &part);
	if (rc != 0) {
		return rc;
	}
	note(roll, mark.floor);
	if (part != PH_PART_NONE) {
		note(roll, ph_judged(roll->held.entry->stamp, &mark.by));
	}
	return 0;
}

static int find_last(struct roll *roll)
{
	struct ph_journal *journal = roll->reckoning->ledger->journal;
	int rc = ph_held_init(&roll->held);

	for (size_t i = 0; rc == 0 && i < roll->n; i++) {
		roll->at = &roll->items[i];
		rc = ph_journal_logs_of_device(journal, roll->at->id, on_log, roll);
		rc = rc > 0 ? 0 : rc;
	}
	ph_held_deinit(&roll->held);
	return rc;
}

static bool is_complete(const struct roll *roll, const struct heard *item)
{
	return item->last > 0 && ph_day_of(item->last) > roll->day;
}

/* What was retired or cut told all of the asked days, or is not waited for. */
static void drop_gone(struct roll *roll)
{
	size_t n = 0;

	for (size_t i = 0; i < roll->n; i++) {
		if (!roll->items[i].is_gone || is_complete(roll, &roll->items[i])) {
			roll->items[n++] = roll->items[i];
		}
	}
	roll->n = n;
}

/* --- sites without one --- */

static bool has_device(const struct roll *roll, size_t n, uint64_t site)
{
	for (size_t i = 0; i < n; i++) {
		if (roll->items[i].site == site) {
			return true;
		}
	}
	return false;
}

/* An item for each open site of a unit at which none of the devices stands. */
static int find_bare(struct roll *roll)
{
	struct ph_reckoning *reckoning = roll->reckoning;
	struct ph_facts facts = { 0 };
	size_t n = roll->n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_sites; i++) {
		const struct ph_reckon_site *site = &reckoning->sites[i];
		struct ph_entity_key key = ph_key_number(PH_ENTITY_SITE, site->number);
		struct heard *item = NULL;
		bool open = false;

		if (!ph_reckon_is_unit(reckoning, site->commune) ||
		    has_device(roll, n, site->number)) {
			continue;
		}
		rc = ph_facts_load_filed(reckoning->ledger, &key, &facts);
		rc = rc != 0 ? rc : ph_reckon_open(&key, &facts, roll->day, &open);
		rc = rc != 0 || !open ? rc : add(roll, site->number, &item);
		if (item != NULL) {
			item->is_none = true;
		}
	}
	ph_facts_deinit(&facts);
	return rc;
}

static int compare(const void *a, const void *b)
{
	const struct heard *x = a, *y = b;
	int order = x->commune == NULL || y->commune == NULL
			    ? (x->commune == NULL) - (y->commune == NULL)
			    : strcmp(x->commune, y->commune);

	if (order == 0 && x->site != y->site) {
		order = x->site < y->site ? -1 : 1;
	}
	return order != 0 ? order : memcmp(x->id, y->id, sizeof x->id);
}

/* --- units --- */

static void show_device(struct ph_show *show, const struct ph_reckoning *reckoning,
			const struct heard *item)
{
	const struct ph_reckon_site *site = ph_reckon_site(reckoning, item->site);
	char number[24];

	snprintf(number, sizeof number, "%llu", (unsigned long long)item->site);
	ph_show_text(
		show, "site",
		ph_view_str(site != NULL && site->code[0] != '\0' ? site->code : number));
	if (item->is_none) {
		return;
	}
	ph_show_hex(show, "device", PH_VIEW(item->id, sizeof item->id));
	if (item->last > 0) {
		ph_show_time(show, "last", item->last);
	} else {
		ph_show_set(show, "last", json_null());
	}
}

/* Of UNIT there is neither device nor open site (ITEM is NULL), or this one is not complete. */
static int miss(json_t *list, const struct ph_reckoning *reckoning,
		const struct ph_reckon_commune *unit, const struct heard *item)
{
	struct ph_show show = ph_show_begin();

	ph_show_text(&show, "code", ph_view_str(unit->code));
	ph_show_text(&show, "name", ph_view_str(unit->name));
	if (item != NULL) {
		show_device(&show, reckoning, item);
	}
	return ph_show_append(list, ph_show_end(&show));
}

/* The devices and bare sites of UNIT; whether all of them are complete, and there are any. */
static int look(struct roll *roll, const struct ph_reckon_commune *unit, json_t *missing,
		bool *complete)
{
	size_t n = 0, late = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < roll->n; i++) {
		const struct heard *item = &roll->items[i];

		if (item->commune == NULL || strcmp(item->commune, unit->code) != 0) {
			continue;
		}
		n++;
		if (!is_complete(roll, item)) {
			late++;
			rc = miss(missing, roll->reckoning, unit, item);
		}
	}
	if (rc == 0 && n == 0) {
		rc = miss(missing, roll->reckoning, unit, NULL);
	}
	*complete = n > 0 && late == 0;
	return rc;
}

static int show_units(struct roll *roll, struct ph_show *show)
{
	const struct ph_reckoning *reckoning = roll->reckoning;
	json_t *missing = json_array();
	uint64_t units = 0;
	int rc = json_object_set_new(show->object, "missing", missing) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_communes; i++) {
		bool complete = false;

		if (reckoning->communes[i].is_unit) {
			rc = look(roll, &reckoning->communes[i], missing, &complete);
		}
		units += complete;
	}
	ph_show_number(show, "communes", units);
	ph_show_number(show, "of", reckoning->n_units);
	if (rc == 0) {
		json_t *strays = json_array();

		rc = json_object_set_new(show->object, "strays", strays) ? -ENOMEM : 0;
		rc = rc != 0 ? rc : ph_reckon_strays(roll->reckoning, strays);
	}
	return rc;
}

static int show(struct roll *roll, json_t **out)
{
	struct ph_show show = ph_show_begin();
	int rc = show_units(roll, &show);

	if (roll->day >= roll->reckoning->query->period.from) {
		ph_show_day(&show, "up_to", roll->day);
	} else {
		ph_show_set(&show, "up_to", json_null());
	}
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, out);
}

int ph_reckon_complete(struct ph_reckoning *reckoning, json_t **out)
{
	const struct ph_indicator_query *query = reckoning->query;
	struct roll roll = { .reckoning = reckoning, .day = query->period.to };
	int rc = ph_ledger_each(reckoning->ledger, PH_ENTITY_DEVICE, on_device, &roll);

	if (query->today <= query->period.to) {
		roll.day = query->today - 1;
	}
	rc = rc != 0 ? rc : find_last(&roll);
	drop_gone(&roll);
	rc = rc != 0 ? rc : find_bare(&roll);
	if (rc == 0 && roll.n > 0) {
		qsort(roll.items, roll.n, sizeof *roll.items, compare);
	}
	rc = rc != 0 ? rc : show(&roll, out);
	free(roll.items);
	return rc;
}
