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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/revised.h"
#include "common/ledger/view.h"
#include "daemon/hub_counted.h"
#include "daemon/hub_issued.h"
#include "daemon/hub_sheet.h"

#define FIGURES_MAX (24 * 1024) /* of one entry, by the kind table */

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
	return rc != 0 ? rc : ph_hub_site_codes(hub, list);
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

static int write_sheet_part(void *data, struct ph_view bytes)
{
	struct issue *issue = data;
	uint64_t parts = issue->parts;
	int rc = write_part(data, bytes);

	issue->parts = parts; /* those of the figures alone are counted */
	return rc;
}

/* The sheet as JSON, behind the figures. */
static int write_sheet(struct issue *issue, const json_t *sheet)
{
	char *text = json_dumps(sheet, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = text == NULL ? -ENOMEM
			      : ph_printed_encode(ph_view_str(text), FIGURES_MAX,
						  write_sheet_part, issue);

	free(text);
	return rc;
}

static int write_all(struct issue *issue, const struct ph_figures *figures,
		     const json_t *sheet)
{
	struct ph_hub *hub = issue->hub;
	int rc = ph_db_begin(hub->db);

	rc = rc != 0 ? rc : ph_figures_encode(figures, FIGURES_MAX, write_part, issue);
	rc = rc != 0 || sheet == NULL ? rc : write_sheet(issue, sheet);
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

/* A row of the plan has a period and may be cut; any days have a first and a last one. */
static int check_issue(const json_t *request, struct ph_error *err)
{
	bool is_row = json_object_get(request, "period") != NULL;
	bool has_days =
		json_object_get(request, "from") || json_object_get(request, "to");
	bool has_cut =
		json_object_get(request, "by") || json_object_get(request, "commune");

	return is_row && has_days   ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
					      "period, or from and to: not both")
	       : !is_row && has_cut ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
					      "by and commune go with period")
				    : 0;
}

/* "M2 2026-Q3", whatever follows: under that a sheet is kept, which other figures would hide. */
static int check_name(const char *name, struct ph_error *err)
{
	size_t len = strcspn(name, " ");
	char code[PH_PERIOD_TEXT], period[PH_PERIOD_TEXT];
	struct ph_period ignored;

	if (len >= sizeof(code) || name[len] == '\0') {
		return 0;
	}
	snprintf(code, sizeof(code), "%.*s", (int)len, name);
	name += len + 1;
	len = strcspn(name, " ");
	if (len >= sizeof(period)) {
		return 0;
	}
	snprintf(period, sizeof(period), "%.*s", (int)len, name);
	return ph_indicator_find(code) == NULL || ph_period_parse(period, &ignored) != 0
		       ? 0
		       : ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 "report: \"%s %s\" is the name of a row of the plan: "
				 "`packhorsed report issue %s --period %s` issues that; "
				 "give other figures another name",
				 code, period, code, period);
}

/* What is to be issued: a sheet with its name and period, or any days under a name. */
static int read_issue(struct ph_hub *hub, const json_t *request, struct issue *issue,
		      struct ph_hub_sheet *sheet, struct ph_error *err)
{
	struct ph_value *field = issue->entry.field;
	const char *name = ph_request_need(request, "report", err);
	int64_t from, to;
	int rc;

	if (name == NULL) {
		rc = -EINVAL;
	} else if (json_object_get(request, "period") != NULL) {
		rc = ph_hub_sheet_make(hub, request, sheet, err);
		name = sheet->name;
		from = sheet->query.period.from;
		to = sheet->query.period.to;
	} else {
		rc = check_name(name, err);
		rc = rc != 0 ? rc : read_period(request, &from, &to, err);
	}
	if (rc != 0) {
		return rc;
	}
	field[PH_REPORT_REPORT] =
		(struct ph_value){ .set = true, .as.bytes = ph_view_str(name) };
	field[PH_REPORT_FROM] = (struct ph_value){ .set = true, .as.day = from };
	field[PH_REPORT_TO] = (struct ph_value){ .set = true, .as.day = to };
	return ph_entry_check(&issue->entry, err);
}

int ph_hub_report_issue(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct issue issue = { .hub = hub,
			       .entry = { .kind = ph_kind_find(PH_KIND_REPORT_ISSUE),
					  .number = PH_KIND_REPORT_ISSUE },
			       .err = err };
	const struct ph_value *field = issue.entry.field;
	struct ph_figures figures = { 0 };
	struct ph_hub_sheet sheet = { 0 };
	int rc = check_issue(request, err);

	rc = rc != 0 ? rc : read_issue(hub, request, &issue, &sheet, err);
	rc = rc != 0 ? rc
		     : ph_figures_sum(hub->ledger, field[PH_REPORT_FROM].as.day,
				      field[PH_REPORT_TO].as.day, &figures);
	rc = rc != 0 ? rc : write_all(&issue, &figures, sheet.json);
	rc = rc != 0 ? rc : show_issued(&issue, answer);
	rc = rc != 0 ? rc : show_figures(hub, &figures, answer);
	if (rc == 0 && sheet.json != NULL) {
		json_object_set_new(answer, "report", json_string(sheet.name));
		json_object_set(answer, "sheet", sheet.json);
	}
	ph_figures_deinit(&figures);
	ph_hub_sheet_deinit(&sheet);
	return rc < 0 ? ph_fail_errno(err, rc, "issuing the report") : 0;
}

/* --- what was issued --- */

/* The report that the request names: by reference, or the last that was issued under a name. */
static int find_report(struct ph_hub *hub, const json_t *request,
		       struct ph_hub_issued *issued, struct ph_error *err)
{
	const char *text = ph_request_need(request, "report", err);
	int rc = text ? ph_hub_issued_find(hub, text, issued, err) : -EINVAL;

	return rc == PH_HUB_E_NONE ? ph_fail(err, PH_EXIT_OTHER, -ENOENT,
					     "there is no report \"%.100s\"; `packhorsed "
					     "report list` "
					     "shows those there are",
					     text)
				   : rc;
}

static void show_issue(const struct ph_hub_issued *issued, json_t *answer)
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
	json_t *list = json_array();
	int rc = json_object_set_new(answer, "reports", list)
			 ? -ENOMEM
			 : ph_hub_issued_list(hub, list);

	(void)request;
	return rc < 0 ? ph_fail_errno(err, rc, "listing the reports") : 0;
}

int ph_hub_report_show(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	struct ph_hub_issued issued = { 0 };
	int rc = find_report(hub, request, &issued, err);

	if (rc == 0) {
		show_issue(&issued, answer);
		rc = ph_hub_is_counted(request)
			     ? show_figures(hub, &issued.figures, answer)
			     : 0;
	}
	if (rc == 0 && issued.sheet.len > 0) {
		json_object_set_new(answer, "sheet", ph_hub_sheet_printed(&issued));
	}
	ph_hub_issued_deinit(&issued);
	return rc < 0 ? ph_fail_errno(err, rc, "showing the report") : 0;
}

int ph_hub_report_changed(struct ph_hub *hub, const json_t *request, json_t *answer,
			  struct ph_error *err)
{
	static const char *const lists[] = { "changed", "entries", "unexplained" };
	struct ph_hub_issued issued = { 0 };
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

		rc = ph_hub_site_codes(hub, list);
		json_object_set(answer, lists[i], list);
	}
	json_decref(found);
	ph_hub_issued_deinit(&issued);
	return rc < 0 ? ph_fail_errno(err, rc, "comparing the report") : 0;
}
