/*
 * common/ledger/indicator_complete.c - how far the figures are complete: whether all the
 * devices of a unit have been heard of since the last day that is asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/bytes.h"
#include "common/ledger/device.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/store.h"

/* A device in use, where it stands, and what the hub last has of it. */
struct heard {
	uint8_t id[PH_DEVICE_ID_SIZE];
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

static int on_device(void *data, struct ph_view id, struct ph_view state)
{
	struct roll *roll = data;
	struct ph_device_state device;
	const struct ph_admission *admitted;
	int rc = ph_device_decode(state, &device);

	if (rc != 0) {
		return rc;
	}
	admitted = ph_device_admitted(&device);
	if (admitted != NULL && device.n_retires == 0 && device.n_cuts == 0 &&
	    (admitted->role & PH_ROLE_SITE) && id.len == PH_DEVICE_ID_SIZE) {
		rc = ph_state_grow((void **)&roll->items, roll->n, &roll->cap,
				   sizeof *roll->items);
		if (rc == 0) {
			struct heard *item = &roll->items[roll->n++];

			*item = (struct heard){ .site = admitted->site };
			item->commune =
				ph_reckon_site_commune(roll->reckoning, admitted->site);
			memcpy(item->id, id.data, sizeof item->id);
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

static bool is_complete(const struct roll *roll, const struct heard *item)
{
	return item->last > 0 && ph_day_of(item->last) > roll->day;
}

static int miss(json_t *list, const struct ph_reckoning *reckoning,
		const struct ph_reckon_commune *unit, const struct heard *item)
{
	json_t *entry = json_pack("{s:s, s:s}", "code", unit->code, "name", unit->name);
	const struct ph_reckon_site *site;
	char text[2 * PH_DEVICE_ID_SIZE + 1];

	if (entry == NULL || item == NULL) {
		return json_array_append_new(list, entry) ? -ENOMEM : 0;
	}
	site = ph_reckon_site(reckoning, item->site);
	json_object_set_new(
		entry, "site",
		site != NULL && site->code[0] != '\0'
			? json_string(site->code)
			: json_sprintf("%llu", (unsigned long long)item->site));
	ph_hex(text, item->id, sizeof item->id);
	json_object_set_new(entry, "device", json_string(text));
	if (item->last > 0) {
		char time[PH_TIME_TEXT];

		ph_time_text(time, item->last);
		json_object_set_new(entry, "last", json_string(time));
	} else {
		json_object_set_new(entry, "last", json_null());
	}
	return json_array_append_new(list, entry) ? -ENOMEM : 0;
}

/* The devices of UNIT; whether all of them are complete, and there are any. */
static int look(struct roll *roll, const struct ph_reckon_commune *unit, json_t *missing,
		bool *complete)
{
	size_t devices = 0, late = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < roll->n; i++) {
		const struct heard *item = &roll->items[i];

		if (item->commune == NULL || strcmp(item->commune, unit->code) != 0) {
			continue;
		}
		devices++;
		if (!is_complete(roll, item)) {
			late++;
			rc = miss(missing, roll->reckoning, unit, item);
		}
	}
	if (rc == 0 && devices == 0) {
		rc = miss(missing, roll->reckoning, unit, NULL);
	}
	*complete = devices > 0 && late == 0;
	return rc;
}

static int show(struct roll *roll, json_t *out)
{
	const struct ph_reckoning *reckoning = roll->reckoning;
	json_t *missing = json_array();
	json_int_t units = 0;
	char text[PH_TIME_TEXT];
	int rc = json_object_set_new(out, "missing", missing) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_communes; i++) {
		bool complete = false;

		if (reckoning->communes[i].is_unit) {
			rc = look(roll, &reckoning->communes[i], missing, &complete);
		}
		units += complete;
	}
	json_object_set_new(out, "communes", json_integer(units));
	json_object_set_new(out, "of", json_integer((json_int_t)reckoning->n_units));
	ph_day_text(text, roll->day);
	json_object_set_new(out, "up_to",
			    roll->day >= reckoning->query->period.from ? json_string(text)
								       : json_null());
	return rc;
}

int ph_reckon_complete(struct ph_reckoning *reckoning, json_t **out)
{
	const struct ph_indicator_query *query = reckoning->query;
	struct roll roll = { .reckoning = reckoning, .day = query->period.to };
	json_t *answer = json_object();
	int rc = answer == NULL ? -ENOMEM
				: ph_ledger_each(reckoning->ledger, PH_ENTITY_DEVICE,
						 on_device, &roll);

	if (query->today <= query->period.to) {
		roll.day = query->today - 1;
	}
	rc = rc != 0 ? rc : find_last(&roll);
	if (rc == 0 && roll.n > 0) {
		qsort(roll.items, roll.n, sizeof *roll.items, compare);
	}
	rc = rc != 0 ? rc : show(&roll, answer);
	free(roll.items);
	if (rc != 0) {
		json_decref(answer);
		return rc;
	}
	*out = answer;
	return 0;
}
