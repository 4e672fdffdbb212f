/*
 * daemon/hub_command_issue.c - reports are issued: one, or all rows of the plan for a page.
 *
 * Issuing is one transaction, of a page too: what is printed together is kept together or
 * not at all. The figures are what the ledger has when it has caught up, and nothing comes
 * in between, since one thread carries out all commands and sessions. What a page asks for has
 * a limit for that, as sessions wait meanwhile. A report too large
 * for one entry is several, its parts, one behind the other in the desk log; it is named by
 * the first.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/dblimit.h"
#include "common/base/json_memory.h"
#include "common/ledger/view.h"
#include "daemon/hub_issued.h"
#include "daemon/hub_sheet.h"

#define FIGURES_MAX (24 * 1024) /* of one entry, by the kind table */

struct issue {
	struct ph_hub *hub;
	struct ph_entry entry;
	struct ph_hub_sheet sheet; /* all zero: of no row */
	struct ph_ref first;
	uint64_t parts;
	uint64_t shortages; /* of memory for JSON, before anything was done */
	struct ph_error *err;
};

static struct issue issue_of(struct ph_hub *hub, struct ph_error *err)
{
	return (struct issue){ .hub = hub,
			       .entry = { .kind = ph_kind_find(PH_KIND_REPORT_ISSUE),
					  .number = PH_KIND_REPORT_ISSUE },
			       .shortages = ph_json_shortages(),
			       .err = err };
}

/* --- writing --- */

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
	char *text = ph_json_dumps(sheet, JSON_COMPACT | JSON_SORT_KEYS);
	int rc = text == NULL ? -ENOMEM
			      : ph_printed_encode(ph_view_str(text), FIGURES_MAX,
						  write_sheet_part, issue);

	free(text);
	return rc;
}

static int write_one(struct issue *issue, const struct ph_figures *figures)
{
	int rc = ph_figures_encode(figures, FIGURES_MAX, write_part, issue);

	return rc != 0 || !issue->sheet.json ? rc : write_sheet(issue, issue->sheet.json);
}

/* --- the answer --- */

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

static int show_sheet(const struct issue *issue, json_t *answer)
{
	return json_object_set_new(answer, "report", json_string(issue->sheet.name)) ||
			       json_object_set(answer, "sheet", issue->sheet.json)
		       ? -ENOMEM
		       : 0;
}

/* --- what is to be issued --- */

/* A row of the plan has a period and may be cut; any days have a first and a last one. */
static int check_issue(const json_t *request, struct ph_error *err)
{
	bool is_row = json_object_get(request, "period") != NULL;
	bool has_days =
		json_object_get(request, "from") || json_object_get(request, "to");
	bool has_cut =
		json_object_get(request, "by") || json_object_get(request, "commune");

	return is_row && has_days
		       ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
				 ph_say("period, or from and to: not both",
					"period, hoặc from và to: không dùng cả hai"))
	       : !is_row && has_cut ? ph_fail(err, PH_EXIT_USAGE, -EINVAL,
					      ph_say("by and commune go with period",
						     "by và commune đi với period"))
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
				 ph_say("report: \"%s %s\" is the name of a row of the "
					"plan: `packhorsed report issue %s --period %s` "
					"issues that; give other figures another name",
					"report: “%s %s” là tên một dòng của kế hoạch: "
					"`packhorsed report issue %s --period %s` ban "
					"hành dòng đó; hãy đặt tên khác cho số liệu "
					"khác"),
				 code, period, code, period);
}

/* As of a period: what comes has no figures that could be kept. */
static int check_begun(const struct ph_hub *hub, int64_t from, struct ph_error *err)
{
	char begins[PH_TIME_TEXT];

	if (from <= ph_day_of(ph_hub_now(hub))) {
		return 0;
	}
	ph_day_text(begins, from);
	return ph_fail(
		err, PH_EXIT_USAGE, -EINVAL,
		ph_say("from: %s is still to come; a report is issued of days that "
		       "have begun",
		       "from: chưa đến ngày %s; chỉ ban hành báo cáo của những ngày "
		       "đã bắt đầu"),
		begins);
}

/* A sheet with its name and period. */
static int read_row(struct issue *issue, const json_t *request, const char **name,
		    int64_t *from, int64_t *to)
{
	int rc = ph_hub_sheet_make(issue->hub, request, &issue->sheet, issue->err);

	*name = issue->sheet.name;
	*from = issue->sheet.query.period.from;
	*to = issue->sheet.query.period.to;
	return rc;
}

/* A row, or any days under a name. */
static int read_issue(struct issue *issue, const json_t *request)
{
	struct ph_value *field = issue->entry.field;
	const char *name = ph_request_need(request, "report", issue->err);
	int64_t from = 0;
	int64_t to = 0;
	int rc = name ? 0 : -EINVAL;

	if (rc == 0 && json_object_get(request, "period")) {
		rc = read_row(issue, request, &name, &from, &to);
	} else if (rc == 0) {
		rc = check_name(name, issue->err);
		rc = rc != 0 ? rc : ph_hub_read_days(request, &from, &to, issue->err);
		rc = rc != 0 ? rc : check_begun(issue->hub, from, issue->err);
	}
	if (rc != 0) {
		return rc;
	}
	field[PH_REPORT_REPORT] =
		(struct ph_value){ .set = true, .as.bytes = ph_view_str(name) };
	field[PH_REPORT_FROM] = (struct ph_value){ .set = true, .as.day = from };
	field[PH_REPORT_TO] = (struct ph_value){ .set = true, .as.day = to };
	return ph_entry_check(&issue->entry, issue->err);
}

static int show_one(const struct issue *issues, size_t n,
		    const struct ph_figures *figures, json_t *answer)
{
	int rc = show_issued(issues, answer);

	(void)n;
	rc = rc != 0 ? rc : ph_hub_show_figures(issues->hub, figures, answer);
	return rc != 0 || !issues->sheet.json ? rc : show_sheet(issues, answer);
}

static int show_page(const struct issue *issues, size_t n,
		     const struct ph_figures *figures, json_t *answer)
{
	json_t *list = json_array();
	int rc = json_object_set_new(answer, "issued", list) ? -ENOMEM : 0;

	(void)figures;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *item = json_object();

		rc = json_array_append_new(list, item) ? -ENOMEM : 0;
		rc = rc != 0 ? rc : show_issued(&issues[i], item);
		rc = rc != 0 ? rc : show_sheet(&issues[i], item);
	}
	return rc;
}

/* --- carrying it out --- */

typedef int show_fn(const struct issue *issues, size_t n,
		    const struct ph_figures *figures, json_t *answer);

/*
 * N reports of the same days, all or none; and none that there was no memory to tell of. The
 * sums of the sites in these days stand beside each.
 */
static int carry_out(struct issue *issues, size_t n, show_fn *show, json_t *answer)
{
	struct ph_hub *hub = issues[0].hub;
	const struct ph_value *field = issues[0].entry.field;
	struct ph_figures figures = { 0 };
	int rc = ph_figures_sum(hub->ledger, field[PH_REPORT_FROM].as.day,
				field[PH_REPORT_TO].as.day, &figures);
	int over = ph_db_limit_end(hub->db); /* from here it is written */

	rc = over != 0 ? over : rc;
	rc = rc != 0 ? rc : ph_db_begin(hub->db);
	if (rc != 0) {
		ph_figures_deinit(&figures);
		return rc;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = write_one(&issues[i], &figures);
	}
	rc = rc != 0 ? rc : show(issues, n, &figures, answer);
	if (rc == 0 && ph_json_shortages() != issues[0].shortages) {
		rc = -ENOMEM; /* a sheet or the answer may lack something */
	}
	rc = rc != 0 ? rc : ph_db_commit(hub->db);
	if (rc != 0) {
		ph_db_rollback(hub->db);
		ph_hub_forget(hub);
	} else {
		(void)ph_ledger_catch_up(hub->ledger, NULL, NULL);
	}
	ph_figures_deinit(&figures);
	return rc;
}

/* A page's is not worth that devices wait for it. */
static int too_long(struct ph_error *err)
{
	return ph_fail(
		err, PH_EXIT_OTHER, -ETIMEDOUT,
		ph_say("to reckon that takes longer than devices may wait for a "
		       "page; nothing was written. Give the command on the hub: "
		       "packhorsed report issue",
		       "tính việc này lâu hơn mức các máy được phải chờ một trang; "
		       "chưa ghi gì. Hãy ra lệnh trên máy chủ: packhorsed report "
		       "issue"));
}

int ph_hub_report_issue(struct ph_hub *hub, const json_t *request, json_t *answer,
			struct ph_error *err)
{
	struct ph_error why = { .exit = PH_EXIT_DONE };
	struct issue issue = issue_of(hub, &why);
	int rc = check_issue(request, &why);

	if (json_object_get(request, "page")) {
		ph_db_limit(hub->db, hub->page_ms);
	}
	rc = rc != 0 ? rc : read_issue(&issue, request);
	rc = rc != 0 ? rc : carry_out(&issue, 1, show_one, answer);
	rc = ph_db_limit_end(hub->db) != 0 ? -ETIMEDOUT : rc;
	ph_hub_sheet_deinit(&issue.sheet);
	if (rc == -ETIMEDOUT) {
		return too_long(err);
	}
	if (rc < 0 && why.text[0] != '\0') {
		return ph_fail(err, why.exit, rc, "%s", why.text);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("issuing the report", "ban hành báo cáo"))
		      : 0;
}

/* Row CODE for PERIOD. */
static int read_row_of_page(struct issue *issue, const char *code, const char *period)
{
	json_t *request = json_pack("{s:s, s:s}", "report", code, "period", period);
	int rc = request ? read_issue(issue, request) : -ENOMEM;

	json_decref(request);
	return rc;
}

int ph_hub_page_issue(struct ph_hub *hub, const json_t *request, json_t *answer,
		      struct ph_error *err)
{
	const char *period = ph_request_need(request, "period", err);
	size_t n = ph_indicators_count;
	struct issue *issues = period ? calloc(n, sizeof(*issues)) : NULL;
	int rc = !period ? -EINVAL : issues ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		issues[i] = issue_of(hub, err);
		rc = read_row_of_page(&issues[i], ph_indicators[i].code, period);
	}
	rc = rc != 0 ? rc : carry_out(issues, n, show_page, answer);
	for (size_t i = 0; issues && i < n; i++) {
		ph_hub_sheet_deinit(&issues[i].sheet);
	}
	free(issues);
	return rc < 0 ? ph_fail_errno(
				err, rc,
				ph_say("issuing the page", "ban hành trang báo cáo"))
		      : 0;
}
