/*
 * client/cmd_case.c - packhorse cases, case show: what a person must look at.
 *
 * What is found here and what the hub tells stand in one list. A site looks, and records
 * what it knows; what a case comes to is the provincial library's to say.
 */
#include <errno.h>

#include "client/case_name.h"
#include "client/page.h"
#include "common/cli/case_rows.h"
#include "common/cli/case_show.h"
#include "common/cli/out.h"
#include "common/ledger/cases_choice.h"
#include "common/ledger/cases_page.h"
#include "common/ledger/story_names.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

/* --- cases --- */

static int read_query(const struct ph_cli *cli, struct ph_cases_query *query,
		      struct ph_error *err)
{
	const char *kind = ph_cli_get(cli, "kind");
	uint64_t limit = ph_export_is_asked(cli) ? PH_EXPORT_ALL : LIMIT_DEFAULT;
	int rc = ph_cli_get_uint(cli, "limit", 1, LIMIT_MAX, &limit, err);

	*query = (struct ph_cases_query){ .kind = kind ? ph_case_named(kind) : 0,
					  .all = ph_cli_has(cli, "all"),
					  .limit = limit,
					  .after = ph_cli_get(cli, "after") };
	return rc == 0 && kind && query->kind == 0
		       ? ph_cli_usage(cli, err,
				      ph_say("--kind: there are no such cases",
					     "--kind: không có loại việc như thế"))
		       : rc;
}

static int show_page(const struct ph_cli *cli, struct ph_ledger *ledger,
		     const struct ph_cases_query *query, struct ph_error *err)
{
	char next[PH_CASES_NEXT];
	json_t *list = NULL, *answer;
	int rc = ph_cases_page(ledger, query, &list, next);

	if (rc == PH_CASES_E_AFTER) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("--after: \"%.80s\" is not where a page ended",
				      "--after: “%.80s” không phải là chỗ kết thúc của "
				      "một trang"),
			       query->after);
	}
	if (rc < 0) {
		return rc;
	}
	answer = next[0] ? json_pack("{s:i,s:o,s:s}", "schema", 1, "cases", list, "next",
				     next)
			 : json_pack("{s:i,s:o}", "schema", 1, "cases", list);
	return answer ? ph_cases_print(cli, answer) : -ENOMEM;
}

static int run_cases(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_cases_query query;
	struct ph_site_info info;
	struct ph_site *site = NULL;
	struct ph_ledger *ledger;
	int rc = read_query(cli, &query, err);

	rc = rc != 0 ? rc : ph_command_open(cli, &site, err);
	if (rc < 0) {
		return rc;
	}
	ph_site_info(site, &info);
	query.sites = &info.site;
	query.n_sites = 1;
	ledger = ph_site_ledger(site, err);
	rc = ledger ? show_page(cli, ledger, &query, err) : -EIO;
	ph_site_close(site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc,
				       ph_say("reading the cases", "đọc các việc"))
		       : rc;
}

/* --- case show --- */

static int show(const struct ph_cli *cli, struct ph_site *site, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	const struct ph_opener opener = ph_page_opener(site);
	uint8_t id[PH_CASE_ID_SIZE];
	json_t *view = NULL, *answer;
	int rc = ledger ? ph_case_name_find(ledger, cli->args[0], id, err) : -EIO;

	rc = rc != 0 ? rc : ph_view_case(ledger, id, &view);
	if (rc != 0) {
		return rc > 0 ? ph_page_unknown(cli, cli->args[0]) : rc;
	}
	rc = ph_stories_name(ledger, json_object_get(view, "facts"), &opener);
	if (rc != 0) {
		json_decref(view);
		return rc;
	}
	answer = json_pack("{s:i,s:o}", "schema", 1, "case", view);
	return answer ? ph_case_print(cli, answer) : -ENOMEM;
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	rc = show(cli, site, err);
	ph_site_close(site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc, ph_say("reading the case", "đọc việc"))
		       : rc;
}

/* --- case decide --- */

static int run_decide(struct ph_cli *cli, struct ph_error *err)
{
	(void)cli;
	return ph_fail(
		err, PH_EXIT_USAGE, -EPERM, "%s",
		ph_say("a site does not decide: the provincial library does (packhorsed "
		       "case decide). Tell it what you know; and record what is not "
		       "recorded yet, a return or a sighting: that often closes a case "
		       "by itself",
		       "điểm thư viện không quyết định: thư viện tỉnh quyết (packhorsed "
		       "case decide). Hãy báo những gì biết được; và ghi những gì chưa "
		       "ghi, như trả sách hay thấy sách: việc thường tự hết"));
}

/* --- the commands --- */

static const struct ph_cli_option cases_options[] = {
	{ "kind", "NAME", "only of this kind" },
	{ "all", NULL, "also those that are decided" },
	{ "limit", "N", "at most so many (default 50)" },
	{ "after", "PLACE", "go on where the last page ended" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_cases = {
	.name = "cases",
	.group = "This site",
	.args = "",
	.doc = "what a person must look at, the oldest first (exit 13 if there is some)\n"
	       "Found here, or told by the hub. A page at a time: the last line on "
	       "standard error\n"
	       "says how to go on.\n" PH_CASE_KINDS_HELP,
	.options = cases_options,
	.run = run_cases,
};

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_case_show = {
	.name = "case show",
	.group = "This site",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.doc = "the facts of a case side by side, and what was decided\n"
	       "ID is how it begins, as `cases` shows it.",
	.options = show_options,
	.run = run_show,
};

const struct ph_cli_command ph_cmd_case_decide = {
	.name = "case decide",
	.group = "This site",
	.args = "ID CHOICE",
	.min_args = 0,
	.max_args = -1,
	.doc = "a site does not decide: this says so",
	.run = run_decide,
};
