/*
 * daemon/hub_command_report.c - reports: the figures of a period, issued, listed, shown
 * as they were, and against what they are now.
 *
 * Issuing is one transaction: the figures are what the ledger has when it has caught up,
 * and nothing comes in between, since one thread carries out all commands and sessions.
 * A report too large for one entry is several, its parts, one behind the other in the
 * desk log; it is named by the first.
 */
#include "daemon/hub_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/report.h"
#include "common/ledger/revised.h"
#include "common/ledger/view.h"

#define NAME_MAX_BYTES 64
#define FIGURES_MAX    (24 * 1024) /* of one entry, by the kind table */
#define GAP_MAX        8 /* entries that may stand between two parts: clock-marks */

/* --- days and sites --- */

static int read_day(const json_t *request, const char *member, int64_t *day,
		    struct ph_error *err)
{
	const char *text = ph_request_need(request, member, err);

	if (!text) {
		return -EINVAL;
	}
	if (ph_day_parse(text, strlen(text), day) != 0 || *day < 0 || *day > PH_DAY_MAX) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       "%s: \"%.40s\" is not a day from 1970 to 2999, as "
			       "2026-09-22",
			       member, text);
	}
	return 0;
}

static int read_period(const json_t *request, int64_t *from, int64_t *to,
		       struct ph_error *err)
{
	int rc = read_day(request, "from", from, err);

	rc = rc != 0 ? rc : read_day(request, "to", to, err);
	return rc == 0 && *from > *to ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
						"from is behind to: no day lies between")
				      : rc;
}

/* Beside each "site" of LIST its "code", where the control log has one. */
static int add_codes(struct ph_hub *hub, json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct ph_hub_site site;
		int rc = ph_hub_site_at(
			hub, (uint64_t)json_integer_value(json_object_get(item, "site")),
			&site);

		if (rc < 0) {
			return rc;
		}
		if (rc == 0 &&
		    json_object_set_new(item, "code", json_string(site.code))) {
			return -ENOMEM;
		}
	}
	return 0;
}

static json_t *show_site(const struct ph_figure_site *site)
{
	json_t *figures = json_object();

	for (unsigned key = 0; key < PH_TALLY_KEYS; key++) {
		char name[PH_COUNTER_TEXT];

		if (site->tally.count[key] != 0) {
			ph_counter_name(name, key);
			json_object_set_new(
				figures, name,
				json_integer((json_int_t)site->tally.count[key]));
		}
	}
	return json_pack("{s:I, s:o}", "site", (json_int_t)site->site, "figures",
			 figures);
}

static int show_figures(struct ph_hub *hub, const struct ph_figures *figures,
			json_t *answer)
{
	json_t *list = json_array();
	int rc = json_object_set_new(answer, "sites", list) ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < figures->n_sites; i++) {
		rc = json_array_append_new(list, show_site(&figures->sites[i])) ? -ENOMEM
										: 0;
	}
	return rc != 0 ? rc : add_codes(hub, list);
}

static void set_day(json_t *object, const char *name, int64_t day)
{
	char text[PH_TIME_TEXT];

	ph_day_text(text, day);
	json_object_set_new(object, name, json_string(text));
}

/* --- figures, issue --- */

int ph_hub_report_figures(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	struct ph_figures figures = { 0 };
	int64_t from, to;
	int rc = read_period(request, &from, &to, err);

	rc = rc != 0 ? rc : ph_figures_sum(hub->ledger, from, to, &figures);
	rc = rc != 0 ? rc : show_figures(hub, &figures, answer);
	ph_figures_deinit(&figures);
	return rc < 0 ? ph_fail_errno(err, rc, "summing up") : 0;
}

struct issue {
	struct ph_hub *hub;
	struct ph_entry entry;
	struct ph_ref first;
	uint64_t parts;
	struct ph_error *err;
};

static int write_part(void *data, struct ph_view bytes)
{
	struct issue *issue = data;
	struct ph_value *figures = &issue->entry.field[PH_REPORT_FIGURES];
	struct ph_ref ref;
	int rc;

	figures->set = true;
	figures->as.bytes = bytes;
	rc = ph_hub_desk_put(issue->hub, &issue->entry, &ref, issue->err);
	if (rc == 0 && issue->parts++ == 0) {
		issue->first = ref;
	}
	return rc;
}

static int write_all(struct issue *issue, const struct ph_figures *figures)
{
	struct ph_hub *hub = issue->hub;
	int rc = ph_db_begin(hub->db);

	rc = rc != 0 ? rc : ph_figures_encode(figures, FIGURES_MAX, write_part, issue);
	rc = rc != 0 ? rc : ph_db_commit(hub->db);
	if (rc != 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
		return ph_fail_errno(issue->err, rc, "issuing the report");
	}
	(void)ph_ledger_catch_up(hub->ledger, NULL, NULL);
	return 0;
}

static int show_issued(const struct issue *issue, json_t *answer)
{
	char ref[PH_REF_TEXT];
	json_t *item;

	ph_ref_text(ref, &issue->first);
	item = json_pack("{s:b, s:s, s:s, s:I, s:s, s:b}", "ok", 1, "kind",
			 "report-issue", "ref", ref, "n", (json_int_t)issue->first.n,
			 "log", "desk", "known", 1);
	return json_object_set_new(answer, "entries", json_pack("[o]", item)) ||
			       json_object_set_new(answer, "parts",
						   json_integer((json_int_t)issue->parts))
		       ? -ENOMEM
		       : 0;
}

int ph_hub_report_issue(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	const char *name = ph_request_need(request, "report", err);
	struct issue issue = { .hub = hub,
			       .entry = { .kind = ph_kind_find(PH_KIND_REPORT_ISSUE),
					  .number = PH_KIND_REPORT_ISSUE },
			       .err = err };
	struct ph_value *field = issue.entry.field;
	struct ph_figures figures = { 0 };
	int64_t from, to;
	int rc = name ? read_period(request, &from, &to, err) : -EINVAL;

	if (rc == 0) {
		field[PH_REPORT_REPORT] =
			(struct ph_value){ .set = true, .as.bytes = ph_view_str(name) };
		field[PH_REPORT_FROM] = (struct ph_value){ .set = true, .as.day = from };
		field[PH_REPORT_TO] = (struct ph_value){ .set = true, .as.day = to };
		rc = ph_entry_check(&issue.entry, err);
	}
	rc = rc != 0 ? rc : ph_figures_sum(hub->ledger, from, to, &figures);
	rc = rc != 0 ? rc : write_all(&issue, &figures);
	rc = rc != 0 ? rc : show_issued(&issue, answer);
	rc = rc != 0 ? rc : show_figures(hub, &figures, answer);
	ph_figures_deinit(&figures);
	return rc < 0 ? ph_fail_errno(err, rc, "issuing the report") : 0;
}

/* --- reading what was issued --- */

/* A report as it was issued: its first part, and the figures of all. */
struct issued {
	struct ph_ref ref;
	char name[NAME_MAX_BYTES + 1];
	int64_t from, to, second;
	uint64_t agrees, disagrees; /* sites that signed it off, or would not */
	struct ph_figures figures;
};

static void issued_deinit(struct issued *issued)
{
	ph_figures_deinit(&issued->figures);
}

/* The figures of ENTRY added to ISSUED's. 0, PH_FIGURES_E_FORM, negative errno. */
static int read_figures(const struct ph_entry *entry, struct issued *issued)
{
	const struct ph_value *figures = &entry->field[PH_REPORT_FIGURES];

	return figures->set ? ph_figures_decode(figures->as.bytes, &issued->figures)
			    : PH_FIGURES_E_FORM;
}

/* What the ledger says of the report-issue whose state this is; false: only signed off, not issued. */
static int read_state(struct ph_view state, struct issued *issued, bool *is_issued)
{
	struct ph_report report;
	int rc = ph_report_decode(state, &report);

	if (rc < 0) {
		return rc;
	}
	*is_issued = report.is_issued;
	if (report.is_issued) {
		size_t len = report.name.len < NAME_MAX_BYTES ? report.name.len
							      : NAME_MAX_BYTES;

		memcpy(issued->name, report.name.data, len);
		issued->name[len] = '\0';
		issued->from = report.from;
		issued->to = report.to;
		issued->second = report.second;
	}
	for (size_t i = 0; i < report.n_signoffs; i++) {
		issued->agrees += report.signoffs[i].agrees;
		issued->disagrees += !report.signoffs[i].agrees;
	}
	ph_report_deinit(&report);
	return 0;
}

static int load_entry(struct ph_hub *hub, const struct ph_ref *ref, struct ph_log *log,
		      struct ph_buf *bytes, struct ph_entry *entry)
{
	int rc;

	bytes->len = 0;
	rc = ph_journal_resolve(hub->journal, ref, log, bytes);
	rc = rc == 0 ? ph_entry_decode(ph_buf_view(bytes), entry) : rc;
	return rc <= 0 ? rc : PH_HUB_E_NONE;
}

struct next_part {
	struct issued *into;
	uint64_t part; /* that is looked for */
	uint64_t last; /* number of the entry that was the one before */
};

/* An entry behind the first part: the next one, or something between, or the end. */
static int on_behind(void *data, uint64_t n, struct ph_view bytes)
{
	struct next_part *next = data;
	struct ph_figures *figures = &next->into->figures;
	struct ph_entry entry;
	int rc = ph_entry_decode(bytes, &entry);

	if (rc < 0) {
		return rc;
	}
	if (next->part > figures->parts || n > next->last + GAP_MAX) {
		return 1;
	}
	if (rc > 0 || entry.number != PH_KIND_REPORT_ISSUE) {
		return 0;
	}
	rc = read_figures(&entry, next->into);
	if (rc != 0 || figures->part != next->part) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	next->part++;
	next->last = n;
	return 0;
}

/* All parts of the report whose first is ISSUED->ref. */
static int load_parts(struct ph_hub *hub, struct issued *issued, struct ph_error *err)
{
	struct next_part next = { .into = issued, .part = 2, .last = issued->ref.n };
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	struct ph_log log;
	int rc = load_entry(hub, &issued->ref, &log, &bytes, &entry);

	rc = rc != 0 ? rc : read_figures(&entry, issued);
	ph_buf_deinit(&bytes);
	if (rc == 0 && issued->figures.part > 1) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       "that is part %" PRIu64 " of a report: name its first",
			       issued->figures.part);
	}
	if (rc == 0 && issued->figures.parts > 1) {
		rc = ph_journal_entry_each(hub->journal, log.row, issued->ref.n,
					   on_behind, &next);
		rc = rc < 0 ? rc : next.part > issued->figures.parts ? 0 : -EUCLEAN;
	}
	if (rc > 0) {
		return ph_fail(err, PH_EXIT_OTHER, -EBADMSG,
			       "the figures of that report are of a form that this "
			       "program does not know");
	}
	return rc < 0 ? ph_fail_errno(err, rc, "reading the report") : 0;
}

/* --- finding one --- */

struct search {
	struct ph_hub *hub;
	const char *name; /* NULL: each, for LIST */
	json_t *list;
	struct issued *found; /* the last one issued under that name */
	bool any;
	struct ph_buf bytes;
	struct ph_entry entry;
};

/* Whether the entry is the first part of a report, and how many there are; figures of another form count as one part. */
static int read_part(struct search *search, const struct ph_ref *ref, uint64_t *part,
		     uint64_t *parts)
{
	struct issued one = { 0 };
	struct ph_log log;
	int rc = load_entry(search->hub, ref, &log, &search->bytes, &search->entry);

	*part = 1;
	*parts = 1;
	rc = rc == 0 ? read_figures(&search->entry, &one) : rc;
	if (rc == 0) {
		*part = one.figures.part;
		*parts = one.figures.parts;
	}
	issued_deinit(&one);
	return rc < 0 ? rc : 0;
}

static int list_one(json_t *list, const struct issued *issued, uint64_t parts)
{
	char ref[PH_REF_TEXT];
	char time[PH_TIME_TEXT];
	json_t *item;

	ph_ref_text(ref, &issued->ref);
	ph_time_text(time, issued->second);
	item = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "report", issued->name, "ref",
			 ref, "issued", time, "parts", (json_int_t)parts, "agree",
			 (json_int_t)issued->agrees, "disagree",
			 (json_int_t)issued->disagrees);
	set_day(item, "from", issued->from);
	set_day(item, "to", issued->to);
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

static int on_report(void *data, struct ph_view id, struct ph_view state)
{
	struct search *search = data;
	struct issued issued = { 0 };
	uint64_t part, parts;
	bool is_issued;
	int rc = read_state(state, &issued, &is_issued);

	if (rc != 0 || !is_issued || !ph_key_get_ref(id, &issued.ref)) {
		return rc;
	}
	if (search->name && strcmp(search->name, issued.name) != 0) {
		return 0;
	}
	rc = read_part(search, &issued.ref, &part, &parts);
	if (rc != 0 || part != 1) {
		return rc;
	}
	if (search->list) {
		return list_one(search->list, &issued, parts);
	}
	if (!search->any || issued.second >= search->found->second) {
		*search->found = issued;
		search->any = true;
	}
	return 0;
}

static int walk(struct search *search)
{
	int rc = ph_ledger_each(search->hub->ledger, PH_ENTITY_REPORT, on_report, search);

	ph_buf_deinit(&search->bytes);
	return rc;
}

static int find_by_ref(struct ph_hub *hub, const struct ph_ref *ref,
		       struct issued *issued, bool *found)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_REPORT, ref);
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(hub->ledger, PH_ENTITY_REPORT, ph_key_view(&key), &state);

	issued->ref = *ref;
	*found = false;
	rc = rc == 0 ? read_state(ph_buf_view(&state), issued, found) : rc;
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* The report that the request names: by reference, or the last that was issued under a name. */
static int find_report(struct ph_hub *hub, const json_t *request, struct issued *issued,
		       struct ph_error *err)
{
	const char *text = ph_request_need(request, "report", err);
	struct search search = { .hub = hub, .name = text, .found = issued };
	struct ph_ref ref;
	int rc;

	if (!text) {
		return -EINVAL;
	}
	rc = ph_ref_parse(text, strlen(text), &ref) == 0
		     ? find_by_ref(hub, &ref, issued, &search.any)
		     : walk(&search);
	if (rc < 0) {
		return ph_fail_errno(err, rc, "looking up the report");
	}
	if (!search.any) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       "there is no report \"%.100s\"; `packhorsed report list` "
			       "shows those there are",
			       text);
	}
	return load_parts(hub, issued, err);
}

static void show_issue(const struct issued *issued, json_t *answer)
{
	char text[PH_REF_TEXT];

	json_object_set_new(answer, "report", json_string(issued->name));
	ph_ref_text(text, &issued->ref);
	json_object_set_new(answer, "ref", json_string(text));
	set_day(answer, "from", issued->from);
	set_day(answer, "to", issued->to);
	ph_time_text(text, issued->second);
	json_object_set_new(answer, "issued", json_string(text));
}

int ph_hub_report_list(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct search search = { .hub = hub, .list = json_array() };
	int rc;

	(void)request;
	json_object_set_new(answer, "reports", search.list);
	rc = walk(&search);
	return rc < 0 ? ph_fail_errno(err, rc, "listing the reports") : 0;
}

int ph_hub_report_show(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct issued issued = { 0 };
	int rc = find_report(hub, request, &issued, err);

	if (rc == 0) {
		show_issue(&issued, answer);
		rc = show_figures(hub, &issued.figures, answer);
	}
	issued_deinit(&issued);
	return rc < 0 ? ph_fail_errno(err, rc, "showing the report") : 0;
}

int ph_hub_report_changed(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	static const char *const lists[] = { "changed", "entries", "unexplained" };
	struct issued issued = { 0 };
	json_t *found = NULL;
	int rc = find_report(hub, request, &issued, err);

	rc = rc != 0 ? rc
		     : ph_report_revised(hub->ledger, &issued.figures, issued.from,
					 issued.to, &found, err);
	if (rc == 0) {
		show_issue(&issued, answer);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_t *list = json_object_get(found, lists[i]);

		rc = add_codes(hub, list);
		json_object_set(answer, lists[i], list);
	}
	json_decref(found);
	issued_deinit(&issued);
	return rc < 0 ? ph_fail_errno(err, rc, "comparing the report") : 0;
}
