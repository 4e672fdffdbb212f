/*
 * daemon/cmd_report.c - packhorsed report: figures of a period, issued, listed, shown, and
 * what has changed since they were printed.
 *
 * For people and with --plain a figure is a line: site, counter, count.
 */
#include "daemon/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/counter_words.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/cli/value_words.h"
#include "daemon/act.h"
#include "daemon/cmd_indicator.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* The site of ITEM by its code, or by its number if it has none; 0 is the province itself. */
static void cell_site(const struct ph_cli *cli, struct ph_table *table,
		      const json_t *item)
{
	const char *code = text_of(item, "code");
	long long site = json_integer_value(json_object_get(item, "site"));

	if (code[0]) {
		ph_table_cell(table, code);
	} else if (site == 0 && !cli->plain) {
		ph_table_cell(table, ph_say("the province", "tỉnh"));
	} else {
		ph_table_cellf(table, "%lld", site);
	}
}

/* In the words of people, but for programs. */
static void cell_counter(const struct ph_cli *cli, struct ph_table *table,
			 const char *name)
{
	char words[PH_COUNTER_WORDS];

	ph_table_cell(table, cli->plain ? name : ph_counter_say(words, name));
}

static void cell_number(struct ph_table *table, const json_t *value)
{
	ph_table_number(table, json_integer_value(value));
}

static int print(struct ph_table *table)
{
	int rc = ph_table_print(table, stdout);

	ph_table_free(table);
	return rc;
}

static int print_figures(const struct ph_cli *cli, const json_t *answer)
{
	static const char *const columns[] = { "site", "counter", "count" };
	struct ph_table *table = ph_table_new(columns, 3, cli->plain);
	const char *name;
	json_t *item;
	json_t *count;
	size_t i;

	json_array_foreach(json_object_get(answer, "sites"), i, item)
	{
		json_object_foreach(json_object_get(item, "figures"), name, count)
		{
			cell_site(cli, table, item);
			cell_counter(cli, table, name);
			cell_number(table, count);
		}
	}
	return print(table);
}

/* COMMAND with --from, --to and the report's name, as far as there are. */
static int ask(struct ph_cli *cli, const char *command, json_t **answer_out,
	       struct ph_error *err)
{
	json_t *request = ph_request(command);
	int rc = ph_request_set(request, "from", ph_cli_get(cli, "from"), err);

	rc = rc != 0 ? rc : ph_request_set(request, "to", ph_cli_get(cli, "to"), err);
	rc = rc != 0 ? rc
		     : ph_request_set(request, "report",
				      cli->n_args > 0 ? cli->args[0] : NULL, err);
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ph_ask(cli, request, answer_out, err);
}

static int need_period(const struct ph_cli *cli, struct ph_error *err)
{
	return ph_cli_has(cli, "from") && ph_cli_has(cli, "to")
		       ? 0
		       : ph_cli_usage(cli, err,
				      ph_say("--from and --to are needed",
					     "cần có --from và --to"));
}

static int run_figures(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = need_period(cli, err);

	rc = rc != 0 ? rc : ask(cli, "report-figures", &answer, err);
	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	rc = print_figures(cli, answer);
	json_decref(answer);
	return rc;
}

/* A row of the plan for a period, or the figures of any days under a name. */
static int ask_issue(struct ph_cli *cli, json_t **answer_out, struct ph_error *err)
{
	int rc;

	if (ph_cli_has(cli, "period")) {
		return ph_cli_has(cli, "from") || ph_cli_has(cli, "to")
			       ? ph_cli_usage(
					 cli, err,
					 ph_say("--period, or --from and --to: not both",
						"--period, hoặc --from và --to: không "
						"phải cả hai"))
			       : ph_ask_sheet(cli, "report-issue", answer_out, err);
	}
	rc = ph_cli_has(cli, "by") || ph_cli_has(cli, "commune")
		     ? ph_cli_usage(cli, err,
				    ph_say("--by and --commune go with --period",
					   "--by và --commune chỉ đi cùng --period"))
		     : need_period(cli, err);
	return rc != 0 ? rc : ask(cli, "report-issue", answer_out, err);
}

/* The sheet of ANSWER if it has one, else its figures. */
static int print_answer(const struct ph_cli *cli, const json_t *answer)
{
	const json_t *sheet = json_object_get(answer, "sheet");

	return json_is_object(sheet) ? ph_print_sheet(cli, sheet)
				     : print_figures(cli, answer);
}

static int run_issue(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ask_issue(cli, &answer, err);

	if (rc < 0) {
		return rc;
	}
	ph_tell_signed_before(cli, json_object_get(answer, "entries"));
	if (cli->json) {
		rc = ph_out_json(answer);
	} else {
		fprintf(stderr, "%s %s\n", ph_say("issued", "đã ban hành"),
			text_of(json_array_get(json_object_get(answer, "entries"), 0),
				"ref"));
		rc = print_answer(cli, answer);
		json_decref(answer);
	}
	return rc < 0 && rc != PH_OUT_LOST
		       ? rc
		       : ph_out_flush("issued, do not issue it again; ", err);
}

/* Words of sites that are of no report: a slip in the reference, as a rule. */
static void tell_strays(const json_t *answer)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "strays"), i, item)
	{
		const char *code = text_of(item, "code");
		const char *words = json_is_true(json_object_get(item, "agrees"))
					    ? ph_say("agrees", "đồng ý")
					    : ph_say("does not agree", "không đồng ý");
		char number[24];

		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(json_object_get(item, "site")));
		fprintf(stderr,
			ph_say("%s: %s %s; it names %s. Let the site sign again, with a "
			       "reference that stands here (%s)\n",
			       "%s: %s %s; nêu %s. Điểm đó cần xác nhận lại, bằng tham "
			       "chiếu có ở đây (%s)\n"),
			ph_stray_say(text_of(item, "why")), code[0] ? code : number,
			words, text_of(item, "report"), text_of(item, "entry"));
	}
}

static int run_list(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "report", "from",     "to", "issued",
					       "agree",  "disagree", "ref" };
	struct ph_table *table;
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ask(cli, "report-list", &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	table = ph_table_new(columns, 7, cli->plain);
	json_array_foreach(json_object_get(answer, "reports"), i, item)
	{
		for (size_t c = 0; c < 7; c++) {
			const json_t *value = json_object_get(item, columns[c]);

			if (json_is_integer(value)) {
				cell_number(table, value);
			} else {
				ph_table_cell(table, text_of(item, columns[c]));
			}
		}
	}
	rc = print(table);
	tell_strays(answer);
	json_decref(answer);
	return rc;
}

/* When it was issued and who signed it off, as `report CODE` has them. */
static json_t *issued_of(const json_t *answer)
{
	static const char *const members[] = { "ref", "agree", "disagree", "signoffs",
					       "strays" };
	json_t *issued = json_object();

	json_object_set(issued, "time", json_object_get(answer, "issued"));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_object_set(issued, members[i], json_object_get(answer, members[i]));
	}
	return issued;
}

static int print_shown(const struct ph_cli *cli, const json_t *answer)
{
	json_t *sheet = json_object_get(answer, "sheet");
	json_t *issued = issued_of(answer);
	int rc = issued ? 0 : -ENOMEM;

	if (rc == 0 && json_is_object(sheet)) {
		rc = json_object_set(sheet, "issued", issued) ? -ENOMEM : 0;
		rc = rc != 0 ? rc : ph_print_sheet(cli, sheet);
	} else if (rc == 0) {
		rc = print_figures(cli, answer);
		if (rc == 0 && !cli->plain && !ph_sheet_is_wanted()) {
			putchar('\n');
			ph_print_issued(issued);
		}
	}
	json_decref(issued);
	return rc;
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ask(cli, "report-show", &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	rc = print_shown(cli, answer);
	json_decref(answer);
	return rc;
}

/* --- changed --- */

static int print_changed(const struct ph_cli *cli, const json_t *answer)
{
	static const char *const columns[] = { "site", "counter", "printed", "now" };
	struct ph_table *table = ph_table_new(columns, 4, cli->plain);
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "changed"), i, item)
	{
		cell_site(cli, table, item);
		cell_counter(cli, table, text_of(item, "counter"));
		cell_number(table, json_object_get(item, "printed"));
		cell_number(table, json_object_get(item, "now"));
	}
	return print(table);
}

static int print_entries(const struct ph_cli *cli, const json_t *answer)
{
	static const char *const columns[] = { "site", "device", "kind", "time",
					       "why",  "entry",  "by" };
	struct ph_table *table = ph_table_new(columns, 7, cli->plain);
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "entries"), i, item)
	{
		cell_site(cli, table, item);
		ph_table_cellf(table, "%.8s", text_of(item, "device"));
		ph_table_cell(table, text_of(item, "kind"));
		ph_table_cell(table, text_of(item, "time"));
		ph_table_cell(table, text_of(item, "why"));
		ph_table_cell(table, text_of(item, "ref"));
		ph_table_cell(table, text_of(item, "by"));
	}
	return print(table);
}

static void tell_unexplained(const json_t *answer)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "unexplained"), i, item)
	{
		fprintf(stderr,
			ph_say("%s %s: %+lld is no entry's doing: this program counts "
			       "otherwise than the one that printed\n",
			       "%s %s: %+lld không do giao dịch nào: phần mềm này đếm "
			       "khác "
			       "với phần mềm đã in\n"),
			text_of(item, "code"), text_of(item, "counter"),
			(long long)json_integer_value(
				json_object_get(item, "difference")));
	}
}

static int run_changed(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = ask(cli, "report-changed", &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	if (json_array_size(json_object_get(answer, "changed")) == 0) {
		fprintf(stderr, "%s\n",
			ph_say("the figures are as they were printed",
			       "số liệu vẫn như đã in"));
		if (!ph_sheet_is_wanted()) {
			json_decref(answer);
			return 0;
		}
	}
	rc = print_changed(cli, answer);
	if (rc == 0 && json_array_size(json_object_get(answer, "entries")) > 0) {
		if (!ph_sheet_is_wanted()) {
			putchar('\n');
		}
		rc = print_entries(cli, answer);
	}
	tell_unexplained(answer);
	json_decref(answer);
	return rc;
}

/* --- the commands --- */

static const struct ph_cli_option figures_options[] = {
	{ "from", "DAY", "first day of the period" },
	{ "to", "DAY", "its last day" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};
static const struct ph_cli_option look_options[] = { PH_EXPORT_OPTIONS, { 0 } };

static const struct ph_cli_option issue_options[] = {
	{ "from", "DAY", "first day of the period" },
	{ "to", "DAY", "its last day" },
	{ "period", "P", "a row of the plan as it is printed: 2026, 2026-Q3, 2026-09" },
	{ "by", "B", "with --period: what its lines are about" },
	{ "commune", "C", "with --period: only what belongs to this one" },
	{ 0 },
};

const struct ph_cli_command ph_cmds_report[] = {
	{ "report figures", "Reports", "--from DAY --to DAY", 0, 0,
	  "what each site counted in a period, as it is known now", figures_options,
	  run_figures, NULL },
	{ "report issue", "Reports", "NAME|CODE", 1, 1,
	  "issue a report: the figures are kept as they are printed\n"
	  "A row of the plan: CODE --period P; it is then called \"M2 2026-Q3\". Any "
	  "days: NAME "
	  "--from DAY --to DAY.\n"
	  "What comes later changes the past month's figures; `report changed` tells, "
	  "and "
	  "`report CODE` marks them.",
	  issue_options, run_issue, NULL },
	{ "report list", "Reports", "", 0, 0, "the reports that were issued",
	  look_options, run_list, NULL },
	{ "report show", "Reports", "NAME|REF", 1, 1,
	  "a report's figures as they were printed\n"
	  "NAME: the last that was issued under it.",
	  look_options, run_show, NULL },
	{ "report changed", "Reports", "NAME|REF", 1, 1,
	  "what the same figures are now, and which entries did it\n"
	  "NAME: the last that was issued under it. Why an entry counts otherwise: late, "
	  "voided,\n"
	  "cut, repeated, judged (another day), released (voided or cut then, not now).",
	  look_options, run_changed, NULL },
	{ 0 },
};
