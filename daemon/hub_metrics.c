/*
 * daemon/hub_metrics.c - what the hub keeps in memory to answer for its metrics.
 *
 * Entries are counted by the front of each, log by log, once: what was counted of a log is
 * remembered by its row, and the journal tells which logs have moved since. A hub of ten
 * million entries is not held up for it by one question: each counts some more, and the
 * numbers are told once all are. Nothing of it is stored.
 */
#include "daemon/hub_command.h"
#include "daemon/hub_metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json_memory.h"
#include "common/ledger/state.h"

#define KINDS_MAX      256 /* numbers of kinds are below this */
#define PLAN_PAUSE_S   600
#define PER_CENT_PARTS 10000 /* hundredths of a per cent in 1 */

struct ph_hub_metrics {
	uint64_t mark;     /* of the journal */
	uint64_t *counted; /* of each row of a log, from 1: entries up to here */
	size_t n, cap;
	uint64_t kind[KINDS_MAX];
	uint64_t unknown;
	uint64_t left; /* of the budget */
	uint64_t at;   /* the entry that was counted last */
	struct ph_hub *hub;
	json_t *plan;
	int64_t planned; /* when */
};

static struct ph_hub_metrics *metrics_of(struct ph_hub *hub)
{
	if (!hub->metrics) {
		hub->metrics = calloc(1, sizeof(*hub->metrics));
	}
	if (hub->metrics) {
		hub->metrics->hub = hub;
	}
	return hub->metrics;
}

void ph_hub_metrics_free(struct ph_hub_metrics *metrics)
{
	if (metrics) {
		json_decref(metrics->plan);
		free(metrics->counted);
		free(metrics);
	}
}

/* ---- entries by kind ---- */

static int count_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct ph_hub_metrics *metrics = data;
	uint64_t kind, stamp;

	if (metrics->left == 0) {
		return 1;
	}
	metrics->left--;
	metrics->at = n;
	if (ph_entry_peek(bytes, &kind, &stamp) && kind < KINDS_MAX &&
	    ph_kind_find((uint32_t)kind)) {
		metrics->kind[kind]++;
	} else {
		metrics->unknown++;
	}
	return 0;
}

/* Room for what is counted of the log ROW. 0 or -ENOMEM. */
static int reach(struct ph_hub_metrics *metrics, size_t row)
{
	int rc = 0;

	while (rc == 0 && metrics->n <= row) {
		rc = ph_state_grow((void **)&metrics->counted, metrics->n, &metrics->cap,
				   sizeof(metrics->counted[0]));
		if (rc == 0) {
			metrics->counted[metrics->n++] = 0;
		}
	}
	return rc;
}

static int count_log(void *data, const struct ph_log *log)
{
	struct ph_hub_metrics *metrics = data;
	size_t row = (size_t)log->row;
	int rc = reach(metrics, row);
	uint64_t after;

	if (rc < 0) {
		return rc;
	}
	/* what a branch has in common with its parent is counted with that */
	after = metrics->counted[row] > log->base ? metrics->counted[row] : log->base;
	if (after >= log->n) {
		return 0;
	}
	metrics->at = after;
	rc = ph_journal_entry_each(metrics->hub->journal, log->row, after, count_entry,
				   metrics);
	metrics->counted[row] = metrics->at;
	return rc;
}

static int set_kinds(const struct ph_hub_metrics *metrics, json_t *out)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < KINDS_MAX; i++) {
		if (metrics->kind[i] > 0) {
			rc = json_object_set_new(
				out, ph_kind_find(i)->name,
				json_integer((json_int_t)metrics->kind[i]));
		}
	}
	if (rc == 0 && metrics->unknown > 0) {
		rc = json_object_set_new(out, "unknown",
					 json_integer((json_int_t)metrics->unknown));
	}
	return rc == 0 ? 0 : -ENOMEM;
}

int ph_hub_metrics_entries(struct ph_hub *hub, uint64_t budget, json_t **out)
{
	struct ph_hub_metrics *metrics = metrics_of(hub);
	int rc;

	*out = NULL;
	if (!metrics) {
		return -ENOMEM;
	}
	metrics->left = budget;
	rc = ph_journal_log_moved_each(hub->journal, &metrics->mark, count_log, metrics);
	if (rc != 0) { /* 1: the budget is used up, and the mark has not moved */
		return rc < 0 ? rc : 0;
	}
	*out = json_object();
	return *out ? set_kinds(metrics, *out) : -ENOMEM;
}

/* ---- the plan ---- */

/* The target of the first year from YEAR on; -1: there is none. */
static json_int_t target_of(const json_t *targets, long year)
{
	json_int_t target = -1;
	long best = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)targets, name, value)
	{
		long of = strtol(name, NULL, 10);

		if (of >= year && (best == 0 || of < best) && json_is_integer(value)) {
			best = of;
			target = json_integer_value(value);
		}
	}
	return target;
}

static void add_row(json_t *plan, const char *report, const json_t *answer, long year)
{
	json_int_t target = target_of(json_object_get(answer, "targets"), year);
	const json_t *above = json_object_get(answer, "numerator");
	const json_t *below = json_object_get(answer, "denominator");
	json_t *row = json_pack("{s:s}", "report", report);

	if (target >= 0) {
		json_object_set_new(row, "target",
				    json_real((double)target / PER_CENT_PARTS));
	}
	if (json_is_integer(above) && json_integer_value(below) > 0) {
		json_object_set_new(row, "actual",
				    json_real((double)json_integer_value(above) /
					      (double)json_integer_value(below)));
	}
	json_array_append_new(plan, row);
}

/* One row of the plan as `report` tells it of this YEAR; one that cannot be told is left out. */
static int ask_row(struct ph_hub *hub, json_t *plan, const char *report, const char *year)
{
	json_t *request = json_pack("{s:s, s:s}", "report", report, "period", year);
	json_t *answer = json_object();
	struct ph_error err = { .exit = PH_EXIT_DONE };
	int rc = request && answer ? ph_hub_report(hub, request, answer, &err) : -ENOMEM;

	if (rc == 0) {
		add_row(plan, report, answer, strtol(year, NULL, 10));
	}
	json_decref(request);
	json_decref(answer);
	return rc == -EINVAL || rc == -ENOENT ? 0 : rc;
}

/* Each row of the plan that has a target. 0 or negative errno; then *OUT is untouched. */
static int make_plan(struct ph_hub *hub, json_t **out)
{
	static const char *const reports[] = { "M1", "M2", "M3", "M4" };
	uint64_t shortages = ph_json_shortages();
	char year[PH_TIME_TEXT];
	json_t *plan = json_array();
	int rc = 0;

	ph_day_text(year, ph_day_of(ph_hub_now(hub)));
	year[4] = '\0';
	for (size_t i = 0; rc == 0 && i < sizeof(reports) / sizeof(reports[0]); i++) {
		rc = ask_row(hub, plan, reports[i], year);
	}
	if (rc == 0 && ph_json_shortages() != shortages) {
		rc = -ENOMEM; /* something that it should have is not in it: it is not kept */
	}
	if (rc < 0) {
		json_decref(plan);
		return rc;
	}
	*out = plan;
	return 0;
}

int ph_hub_metrics_plan(struct ph_hub *hub, json_t **out)
{
	struct ph_hub_metrics *metrics = metrics_of(hub);
	int64_t now = ph_hub_now(hub);

	*out = NULL;
	if (!metrics) {
		return -ENOMEM;
	}
	if (!metrics->plan || now < metrics->planned ||
	    now - metrics->planned >= PLAN_PAUSE_S) {
		json_t *plan;
		int rc = make_plan(hub, &plan);

		if (rc < 0) {
			return rc;
		}
		json_decref(metrics->plan);
		metrics->plan = plan;
		metrics->planned = now;
	}
	*out = json_incref(metrics->plan);
	return *out ? 0 : -ENOMEM;
}
