/*
 * daemon/cmd_page.c - packhorsed report page: all rows of the plan for a period, to be printed.
 *
 * The rows are asked for one by one. With --issue all are issued at once, or none is, so that
 * what is printed is what is kept; the file is looked at before that, for what was issued
 * once is not issued again because the disk was full.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/cli/export.h"
#include "common/cli/member.h"
#include "common/cli/out.h"
#include "daemon/ask.h"
#include "daemon/cmd_indicator.h"
#include "daemon/report_page.h"

struct pages {
	const struct ph_cli *cli;
	json_t *reports, *issued;
	struct ph_error *err;
};

static int ask(const struct pages *pages, const char *command, const char *code,
	       json_t **answer_out)
{
	json_t *request = ph_request(command);
	int rc = ph_request_set(request, "report", code, pages->err);

	rc = rc != 0 ? rc
		     : ph_request_set(request, "period", ph_cli_get(pages->cli, "period"),
				      pages->err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ph_ask(pages->cli, request, answer_out, pages->err);
}

/* --- as it is now --- */

static int take_report(struct pages *pages, const char *code)
{
	json_t *answer;
	int rc = ask(pages, "report", code, &answer);

	return rc < 0 ? rc : json_array_append_new(pages->reports, answer) ? -ENOMEM : 0;
}

static int take_all(struct pages *pages)
{
	json_t *codes;
	json_t *item;
	size_t i;
	int rc = ph_ask(pages->cli, ph_request("report-codes"), &codes, pages->err);

	if (rc < 0) {
		return rc;
	}
	json_array_foreach(json_object_get(codes, "reports"), i, item)
	{
		rc = rc != 0 ? rc : take_report(pages, ph_member_text(item, "report"));
	}
	json_decref(codes);
	return rc;
}

/* --- issued --- */

/* The sheet of ITEM, and the reference under which it is kept. */
static int take_issued(struct pages *pages, const json_t *item)
{
	const json_t *entry = json_array_get(json_object_get(item, "entries"), 0);
	json_t *sheet = json_object_get(item, "sheet");

	return json_array_append(pages->reports, sheet) ||
			       json_array_append_new(
				       pages->issued,
				       json_pack("{s:s, s:s}", "report",
						 ph_member_text(sheet, "report"), "ref",
						 ph_member_text(entry, "ref")))
		       ? -ENOMEM
		       : 0;
}

static int issue_all(struct pages *pages)
{
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ask(pages, "page-issue", NULL, &answer);

	if (rc < 0) {
		return rc;
	}
	json_array_foreach(json_object_get(answer, "issued"), i, item)
	{
		rc = rc != 0 ? rc : take_issued(pages, item);
	}
	json_decref(answer);
	return rc;
}

/* What was issued stays so, whatever becomes of the page. */
static void tell_issued(const struct pages *pages)
{
	const json_t *item;
	size_t i;

	json_array_foreach(pages->issued, i, item)
	{
		fprintf(stderr, ph_say("issued %s: %s\n", "đã ban hành %s: %s\n"),
			ph_member_text(item, "report"), ph_member_text(item, "ref"));
	}
}

static int write_page(const struct pages *pages)
{
	const struct ph_cli *cli = pages->cli;
	struct ph_buf out = { 0 };
	struct ph_now now;
	char day[PH_TIME_TEXT];
	int rc;

	ph_clock_system.read(ph_clock_system.data, &now);
	ph_day_text(day, ph_day_of(now.wall));
	rc = ph_report_page(&(struct ph_report_page){ .agency = ph_cli_get(cli, "agency"),
						      .unit = ph_cli_get(cli, "unit"),
						      .place = ph_cli_get(cli, "place"),
						      .day = day,
						      .reports = pages->reports,
						      .issued = pages->issued },
			    &out);
	rc = rc != 0 ? rc
		     : ph_export_write(ph_cli_get(cli, "out"), ph_buf_view(&out),
				       pages->err);
	ph_buf_deinit(&out);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct pages pages = { .cli = cli, .reports = json_array(), .err = err };
	int rc = !ph_cli_has(cli, "period")
			 ? ph_cli_usage(cli, err,
					ph_say("--period is needed", "cần có --period"))
		 : cli->json || cli->plain
			 ? ph_cli_usage(cli, err,
					ph_say("a page is HTML; `report` has figures",
					       "trang là HTML; `report` cho số liệu"))
			 : ph_export_check(cli, ph_cli_get(cli, "out"), err);

	rc = rc != 0 ? rc : ph_check_sheet(cli, err);
	if (ph_cli_has(cli, "issue")) {
		pages.issued = json_array();
		rc = rc == 0 && !pages.issued ? -ENOMEM : rc;
	}
	rc = rc == 0 && !pages.reports ? -ENOMEM : rc;
	rc = rc != 0 ? rc : pages.issued ? issue_all(&pages) : take_all(&pages);
	rc = rc != 0 ? rc : write_page(&pages);
	tell_issued(&pages);
	if (json_array_size(pages.issued) > 0) {
		ph_tell_signed_before(cli, pages.issued);
	}
	if (rc == 0 && json_array_size(pages.issued) > 0) {
		rc = ph_out_flush("issued, do not issue it again; ", err);
	}
	json_decref(pages.reports);
	json_decref(pages.issued);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc,
				       ph_say("making the page", "làm trang báo cáo"))
		       : rc;
}

static const struct ph_cli_option options[] = {
	{ "period", "P", "a year, quarter or month: 2026, 2026-Q3, 2026-09" },
	{ "issue", NULL, "issue all rows, so that what is printed is kept" },
	{ "out", "FILE", "instead of standard output" },
	{ "yes", NULL, "--out: write over a file that is there" },
	{ "agency", "TEXT", "the office above, in the head of the page" },
	{ "unit", "TEXT", "whose report it is" },
	{ "place", "TEXT", "where it is signed" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_page[] = {
	{ "report page", "Reports", "--period P", 0, 0,
	  "all rows of the plan for a period as a page to be printed, in Vietnamese\n"
	  "One file of HTML for A4: open it in a browser and print it.",
	  options, run, NULL },
	{ 0 },
};
