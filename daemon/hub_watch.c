/*
 * daemon/hub_watch.c - see hub_watch.h.
 *
 * Each log's number of entries is remembered by its row; those that moved are asked of the
 * journal, and only what they got is read. Of very many new entries (an import, a hub put
 * back) the kinds are not told any more, only how many. Cases are compared as a set; of many
 * that came or went at once only so many are named.
 */
#include "daemon/hub_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/log/entry.h"
#include "daemon/hub_command.h"

#define READ_MAX  5000  /* entries whose kinds are looked at, of one look */
#define NAMED_MAX 50    /* cases by name, of one event */
#define CASES_MAX 20000 /* more are not told apart */

struct seen_case {
	uint8_t id[PH_CASE_ID_SIZE];
	unsigned kind;
};

struct ph_hub_watch {
	uint64_t mark;
	uint64_t *n; /* of each log, by row */
	size_t n_rows;
	struct seen_case *cases; /* open ones, by id */
	size_t n_cases;
	int64_t device; /* the last row */
	bool is_new;
};

struct look {
	struct ph_hub *hub;
	struct ph_hub_watch *watch;
	json_t *events, *sites; /* sites: by code */
	uint64_t read;
};

void ph_hub_watch_free(struct ph_hub_watch *watch)
{
	if (watch) {
		free(watch->n);
		free(watch->cases);
		free(watch);
	}
}

static int add_event(struct look *look, const char *name, json_t *data)
{
	json_t *event =
		data ? json_pack("{s:s, s:o}", "event", name, "data", data) : NULL;

	return event && json_array_append_new(look->events, event) == 0 ? 0 : -ENOMEM;
}

/* ---- entries ---- */

static int count_kind(void *data, uint64_t n, struct ph_view bytes)
{
	json_t *kinds = data;
	struct ph_entry entry;
	const char *name = "unknown";
	json_int_t so_far;

	(void)n;
	if (ph_entry_decode(bytes, &entry) == 0) {
		name = entry.kind->name;
	}
	so_far = json_integer_value(json_object_get(kinds, name));
	return json_object_set_new(kinds, name, json_integer(so_far + 1)) < 0 ? -ENOMEM
									      : 0;
}

/* The counts of a site; "" is the hub's own. */
static json_t *of_site(struct look *look, uint64_t number)
{
	struct ph_hub_site site = { .code = "" };
	json_t *item;

	if (number != 0 && ph_hub_site_at(look->hub, number, &site) < 0) {
		return NULL;
	}
	item = json_object_get(look->sites, site.code);
	if (!item) {
		item = json_pack("{s:s, s:i, s:{}}", "site", site.code, "n", 0, "kinds");
		if (json_object_set_new(look->sites, site.code, item) < 0) {
			return NULL;
		}
	}
	return item;
}

static int grow_rows(struct ph_hub_watch *watch, size_t row)
{
	uint64_t *n;

	if (row < watch->n_rows) {
		return 0;
	}
	n = realloc(watch->n, (row + 64) * sizeof(*n));
	if (!n) {
		return -ENOMEM;
	}
	memset(n + watch->n_rows, 0, (row + 64 - watch->n_rows) * sizeof(*n));
	watch->n = n;
	watch->n_rows = row + 64;
	return 0;
}

static int on_log(void *data, const struct ph_log *log)
{
	struct look *look = data;
	struct ph_hub_watch *watch = look->watch;
	int rc = grow_rows(watch, (size_t)log->row);
	uint64_t before, more;
	json_t *item;

	if (rc < 0) {
		return rc;
	}
	before = watch->n[log->row] > log->base ? watch->n[log->row] : log->base;
	more = log->n > before ? log->n - before : 0;
	if (watch->is_new || more == 0) {
		watch->n[log->row] = log->n;
		return 0;
	}
	item = of_site(look, log->site);
	if (!item || json_object_set_new(
			     item, "n",
			     json_integer(json_integer_value(json_object_get(item, "n")) +
					  (json_int_t)more)) < 0) {
		return -ENOMEM;
	}
	look->read += more;
	if (look->read <= READ_MAX) {
		rc = ph_journal_entry_each(look->hub->journal, log->row, before,
					   count_kind, json_object_get(item, "kinds"));
	}
	if (rc == 0) {
		watch->n[log->row] = log->n;
	}
	return rc;
}

static int look_at_logs(struct look *look)
{
	json_t *list;
	json_t *item;
	const char *code;
	int rc = ph_journal_log_moved_each(look->hub->journal, &look->watch->mark, on_log,
					   look);

	if (rc < 0 || json_object_size(look->sites) == 0) {
		return rc;
	}
	list = json_array();
	json_object_foreach(look->sites, code, item)
	{
		(void)json_array_append(list, item);
	}
	return add_event(look, "entries", json_pack("{s:o}", "sites", list));
}

/* ---- cases ---- */

struct gathered {
	struct seen_case *cases;
	size_t n, cap;
};

static int gather(void *data, const struct ph_case_row *row)
{
	struct gathered *gathered = data;

	if (gathered->n == CASES_MAX) {
		return 1;
	}
	if (gathered->n == gathered->cap) {
		size_t cap = gathered->cap ? 2 * gathered->cap : 64;
		struct seen_case *cases =
			realloc(gathered->cases, cap * sizeof(*gathered->cases));

		if (!cases) {
			return -ENOMEM;
		}
		gathered->cases = cases;
		gathered->cap = cap;
	}
	memcpy(gathered->cases[gathered->n].id, row->id, sizeof(row->id));
	gathered->cases[gathered->n++].kind = row->kind;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	return memcmp(((const struct seen_case *)a)->id,
		      ((const struct seen_case *)b)->id, PH_CASE_ID_SIZE);
}

/* Those of A that are not in B, both in order, as a list; NULL: memory lacked. */
static json_t *only_in(const struct seen_case *a, size_t n_a, const struct seen_case *b,
		       size_t n_b)
{
	json_t *list = json_array();
	size_t j = 0;

	for (size_t i = 0; list && i < n_a && json_array_size(list) < NAMED_MAX; i++) {
		char id[2 * PH_CASE_ID_SIZE + 1];

		while (j < n_b && by_id(&b[j], &a[i]) < 0) {
			j++;
		}
		if (j < n_b && by_id(&b[j], &a[i]) == 0) {
			continue;
		}
		ph_hex(id, a[i].id, PH_CASE_ID_SIZE);
		if (json_array_append_new(list,
					  json_pack("{s:s, s:s}", "case", id, "kind",
						    ph_case_name(a[i].kind))) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static int look_at_cases(struct look *look)
{
	static const struct ph_case_filter open = { 0 };
	struct ph_hub_watch *watch = look->watch;
	struct gathered now = { 0 };
	json_t *opened = NULL;
	json_t *closed = NULL;
	int rc = ph_cases_each(look->hub->ledger, &open, gather, &now);

	if (rc < 0) {
		free(now.cases);
		return rc;
	}
	rc = 0;
	if (now.n > 0) {
		qsort(now.cases, now.n, sizeof(*now.cases), by_id);
	}
	if (!watch->is_new) {
		opened = only_in(now.cases, now.n, watch->cases, watch->n_cases);
		closed = only_in(watch->cases, watch->n_cases, now.cases, now.n);
		if (!opened || !closed) {
			rc = -ENOMEM;
		} else if (json_array_size(opened) + json_array_size(closed) > 0) {
			rc = add_event(look, "cases",
				       json_pack("{s:I, s:O, s:O}", "open",
						 (json_int_t)now.n, "opened", opened,
						 "closed", closed));
		}
		json_decref(opened);
		json_decref(closed);
	}
	if (rc == 0) {
		free(watch->cases);
		watch->cases = now.cases;
		watch->n_cases = now.n;
	} else {
		free(now.cases);
	}
	return rc;
}

/* ---- devices ---- */

static int on_device(void *data, const struct ph_device *device)
{
	struct look *look = data;
	struct ph_hub_site site = { .code = "" };
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	json_t *item;
	int rc;

	if (device->row <= look->watch->device) {
		return 0;
	}
	if (look->watch->is_new) {
		look->watch->device = device->row;
		return 0;
	}
	rc = ph_hub_site_at(look->hub, device->site, &site);
	if (rc < 0) {
		return rc;
	}
	ph_hex(id, device->id, sizeof(device->id));
	item = json_pack("{s:s, s:s}", "device", id, "site", site.code);
	rc = item ? ph_hub_device_about(look->hub, device, item) : -ENOMEM;
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	rc = add_event(look, "device", item);
	if (rc == 0) {
		look->watch->device = device->row;
	}
	return rc;
}

int ph_hub_watch(struct ph_hub *hub, struct ph_hub_watch **watch, json_t **events_out)
{
	struct look look = { .hub = hub, .events = json_array(), .sites = json_object() };
	int rc = look.events && look.sites ? 0 : -ENOMEM;

	*events_out = NULL;
	if (rc == 0 && !*watch) {
		*watch = calloc(1, sizeof(**watch));
		rc = *watch ? 0 : -ENOMEM;
		if (rc == 0) {
			(*watch)->is_new = true;
		}
	}
	look.watch = *watch;
	rc = rc < 0 ? rc : look_at_logs(&look);
	rc = rc < 0 ? rc : look_at_cases(&look);
	rc = rc < 0 ? rc : ph_journal_device_each(hub->journal, on_device, &look);
	json_decref(look.sites);
	if (rc < 0) {
		json_decref(look.events);
		return rc;
	}
	(*watch)->is_new = false;
	*events_out = look.events;
	return 0;
}
