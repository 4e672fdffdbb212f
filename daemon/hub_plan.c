/*
 * daemon/hub_plan.c - what the hub does not write of communes, workers and targets, since no
 * report could heed it: a commune that nobody named, a commune before itself, a last day
 * before the first, a target of a row that the plan does not have, a share above the whole.
 *
 * What sites write of such communes comes as it is, and is told beside the figures.
 */
#include "daemon/hub_plan.h"

#include <errno.h>
#include <string.h>

#include "common/base/say.h"
#include "common/ledger/indicator.h"
#include "common/ledger/worker.h"

#define WHOLE 10000 /* hundredths of a per cent */

/* --- communes --- */

static int on_any(void *data, struct ph_view id, struct ph_view state)
{
	(void)data;
	(void)id;
	(void)state;
	return 1;
}

static int find_commune(struct ph_hub *hub, struct ph_view code, bool *known)
{
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_COMMUNE, code, &state);

	ph_buf_deinit(&state);
	*known = rc == 0;
	if (rc == PH_LEDGER_E_NONE) {
		rc = ph_ledger_each(hub->ledger, PH_ENTITY_COMMUNE, on_any, NULL);
		*known = rc == 0;
	}
	return rc < 0 ? rc : 0;
}

int ph_hub_commune_need(struct ph_hub *hub, struct ph_view code, const char *member,
			struct ph_error *err)
{
	bool known;
	int rc = find_commune(hub, code, &known);

	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("looking up the commune", "tìm xã"));
	}
	return known ? 0
		     : ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("%s%sthere is no commune %.*s; `packhorsed commune "
				      "list` shows those there are%s",
				      "%s%skhông có xã %.*s; `packhorsed commune list` "
				      "liệt kê các xã%s"),
			       member ? member : "", member ? ": " : "", (int)code.len,
			       (const char *)code.data,
			       member ? ph_say(", `packhorsed commune add` names one",
					       ", `packhorsed commune add` để đặt tên")
				      : "");
}

/* Whether one of the first N entries of EARLIER names it. */
static bool is_named(const json_t *earlier, size_t n, struct ph_view code)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(earlier, i);
		const char *kind = json_string_value(json_object_get(item, "kind"));
		const char *name = json_string_value(json_object_get(item, "code"));

		if (kind && name && strcmp(kind, "commune-put") == 0 &&
		    ph_view_equal(ph_view_str(name), code)) {
			return true;
		}
	}
	return false;
}

/* Of which commune an entry of this number speaks, by which field; -1: of none. */
static int commune_field(uint64_t number)
{
	switch (number) {
	case PH_KIND_SITE_PUT:
		return PH_SITE_COMMUNE;
	case PH_KIND_MODEL_PUT:
		return PH_MODEL_COMMUNE;
	case PH_KIND_TALLY:
		return PH_TALLY_COMMUNE;
	case PH_KIND_COMMUNE_PUT:
		return PH_COMMUNE_PREDECESSOR;
	default:
		return -1;
	}
}

/* The entries before one that is looked at, in the same request. */
struct earlier {
	const json_t *entries;
	size_t n;
};

static int need(struct ph_hub *hub, const struct earlier *earlier, struct ph_view code,
		const char *member, struct ph_error *err)
{
	return is_named(earlier->entries, earlier->n, code)
		       ? 0
		       : ph_hub_commune_need(hub, code, member, err);
}

static int check_route(struct ph_hub *hub, const struct earlier *earlier,
		       const struct ph_value *route, struct ph_error *err)
{
	struct ph_list_iter iter;
	struct ph_view code;
	int rc = 0;

	if (!route->set) {
		return 0;
	}
	iter = ph_list_begin(&route->as.list);
	while (rc == 0 && ph_list_next_text(&iter, &code)) {
		rc = need(hub, earlier, code, "route", err);
	}
	return rc;
}

static int check_worker(struct ph_hub *hub, const struct ph_entry *entry,
			struct ph_error *err)
{
	bool before;
	int rc = ph_worker_ends_before(hub->ledger, entry, &before);

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("looking up the worker", "tìm người làm"));
	}
	return before ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				ph_say("to: the last day is before the first (from)",
				       "to: ngày cuối trước ngày đầu (from)"))
		      : 0;
}

static int check_self(const struct ph_value *field, struct ph_error *err)
{
	const struct ph_value *before = &field[PH_COMMUNE_PREDECESSOR];

	return before->set && ph_view_equal(before->as.bytes,
					    field[PH_COMMUNE_CODE].as.bytes)
		       ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("predecessor: is the commune itself; give the "
					"code of the one that it came in place of",
					"predecessor: là chính xã đó; hãy nêu mã của xã "
					"mà nó thay"))
		       : 0;
}

/* --- targets --- */

/* As the plan calls its rows: M9, A16. */
static bool is_code(struct ph_view name)
{
	bool is = name.len >= 2 && (name.data[0] == 'M' || name.data[0] == 'A');

	for (size_t i = 1; is && i < name.len; i++) {
		is = name.data[i] >= '0' && name.data[i] <= '9';
	}
	return is;
}

static const struct ph_indicator *find_row(struct ph_view name)
{
	for (size_t i = 0; i < ph_indicators_count; i++) {
		if (ph_view_equal(ph_view_str(ph_indicators[i].code), name)) {
			return &ph_indicators[i];
		}
	}
	return NULL;
}

/* M1 to M3 are parts of a whole; M4 grows, by any amount. */
static bool is_part(const struct ph_indicator *row)
{
	return row->source == PH_FROM_MODEL || row->source == PH_FROM_SERVICES ||
	       row->source == PH_FROM_WORKERS;
}

static int check_target(const struct ph_value *field, struct ph_error *err)
{
	struct ph_view name = field[PH_TARGET_INDICATOR].as.bytes;
	const struct ph_value *value = &field[PH_TARGET_VALUE];
	const struct ph_indicator *row = find_row(name);

	if (row == NULL && is_code(name)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("indicator: the plan has no row %.*s; `packhorsed "
				      "report codes` lists those there are",
				      "indicator: kế hoạch không có dòng %.*s; "
				      "`packhorsed report codes` liệt kê các dòng"),
			       (int)name.len, (const char *)name.data);
	}
	if (row != NULL && is_part(row) && value->set && value->as.uint > WHOLE) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("value: %s is a share, of which 100%% is all "
				      "(10000 hundredths of a per cent)",
				      "value: %s là một tỷ lệ, 100%% là tất cả (10000 "
				      "phần trăm của một phần trăm)"),
			       row->code);
	}
	return 0;
}

int ph_hub_plan_check(struct ph_hub *hub, const struct ph_entry *entry,
		      const json_t *earlier, size_t n, struct ph_error *err)
{
	const struct earlier before = { earlier, n };
	const struct ph_value *field = entry->field;
	int of = commune_field(entry->number);
	int rc = 0;

	if (entry->number == PH_KIND_TARGET_PUT) {
		return check_target(field, err);
	}
	if (entry->number == PH_KIND_WORKER_PUT) {
		return check_worker(hub, entry, err);
	}
	if (entry->number == PH_KIND_COMMUNE_PUT) {
		rc = check_self(field, err);
	} else if (entry->number == PH_KIND_SITE_PUT) {
		rc = check_route(hub, &before, &field[PH_SITE_ROUTE], err);
	}
	return rc != 0 || of < 0 || !field[of].set
		       ? rc
		       : need(hub, &before, field[of].as.bytes,
			      entry->kind->fields[of].name, err);
}
