/*
 * daemon/cmd_indicator.c - packhorsed report CODE: a row of the province's plan, as a
 * table with what stands around it.
 */
#include "daemon/cmd_indicator.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli/export.h"
#include "common/cli/figure.h"
#include "common/cli/member.h"
#include "common/cli/out.h"
#include "common/cli/value_words.h"
#include "daemon/act.h"
#include "daemon/report_book.h"

#define COLUMNS_MAX 16
#define MISSING_MAX 10 /* that are named; the others are counted */

/* --- cells --- */

static void put_cell(const struct ph_cli *cli, struct ph_table *table, const json_t *cell,
		     const json_t *column)
{
	char text[PH_FIGURE_TEXT];

	if (!cli->plain) {
		ph_table_cell(table, ph_figure_words(text, column, cell));
	} else if (json_is_string(cell)) {
		ph_table_cell(table, json_string_value(cell));
	} else if (json_is_null(cell)) {
		ph_table_cell(table, "");
	} else if (json_is_integer(cell)) {
		ph_table_number(table, (long long)json_integer_value(cell));
	} else {
		ph_figure_cell(text, ph_member_text(column, "type"), cell);
		ph_table_cell(table, text);
	}
}

static void put_line(const struct ph_cli *cli, struct ph_table *table,
		     const json_t *columns, const json_t *cells, const char *first)
{
	json_t *column;
	size_t i;

	json_array_foreach(columns, i, column)
	{
		if (i == 0 && first != NULL && i < COLUMNS_MAX) {
			ph_table_cell(table, first);
		} else if (i < COLUMNS_MAX) {
			put_cell(cli, table, json_array_get(cells, i), column);
		}
	}
}

static int print_table(const struct ph_cli *cli, const json_t *sheet)
{
	const json_t *columns = json_object_get(sheet, "columns");
	const json_t *total = json_object_get(sheet, "total");
	const char *headings[COLUMNS_MAX];
	struct ph_table *table;
	json_t *item;
	size_t i, n = 0;
	int rc;

	json_array_foreach(columns, i, item)
	{
		if (n < COLUMNS_MAX) {
			headings[n++] = ph_member_word(item);
		}
	}
	table = ph_table_new(headings, (unsigned)n, cli->plain);
	json_array_foreach(json_object_get(sheet, "rows"), i, item)
	{
		put_line(cli, table, columns, item, NULL);
	}
	if (total != NULL && !cli->plain) {
		put_line(cli, table, columns, total, ph_say("total", "tổng"));
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

/* --- what stands around it --- */

static void print_head(const json_t *sheet)
{
	const json_t *period = json_object_get(sheet, "period");
	const json_t *rule = json_object_get(sheet, "rule");
	char words[PH_RULE_WORDS];

	ph_rule_words(words, rule);
	printf("%s  %s  %s (%s – %s)\n", ph_member_text(sheet, "report"),
	       ph_member_word(json_object_get(sheet, "title")),
	       ph_member_text(period, "name"), ph_member_text(period, "from"),
	       ph_member_text(period, "to"));
	printf("%s: %s (%s)\n\n", ph_say("rule", "cách tính"), ph_member_word(rule),
	       words);
}

static void print_share(const json_t *sheet)
{
	char text[PH_FIGURE_TEXT], n[PH_FIGURE_TEXT], d[PH_FIGURE_TEXT];
	json_t *target;
	const char *year;

	if (json_object_get(sheet, "denominator") != NULL) {
		ph_figure_cell(text, "percent", json_object_get(sheet, "value"));
		ph_figure_text(n, "count", ph_member_number(sheet, "numerator"));
		ph_figure_text(d, "count", ph_member_number(sheet, "denominator"));
		printf(ph_say("%s = %s of %s", "%s = %s trên %s"), text, n, d);
		json_object_foreach(json_object_get(sheet, "targets"), year, target)
		{
			ph_figure_cell(text, "percent", target);
			printf(ph_say("; target %s: %s", "; mục tiêu %s: %s"), year,
			       text);
		}
		putchar('\n');
	}
	if (json_is_integer(json_object_get(sheet, "mean"))) {
		ph_figure_cell(text, "percent", json_object_get(sheet, "mean"));
		printf(ph_say("mean growth a year since 2025: %s\n",
			      "tăng bình quân mỗi năm từ 2025: %s\n"),
		       text);
	}
}

static void print_trend(const json_t *sheet)
{
	const char *type = json_object_get(sheet, "denominator") ? "percent" : "count";
	json_t *item;
	size_t i;

	fputs(ph_say("before:", "các kỳ trước:"), stdout);
	json_array_foreach(json_object_get(sheet, "trend"), i, item)
	{
		char text[PH_FIGURE_TEXT];

		ph_figure_cell(text, type, json_object_get(item, "value"));
		printf("%s %s %s", i > 0 ? ";" : "", ph_member_text(item, "period"),
		       text);
	}
	putchar('\n');
}

static void print_missing(const json_t *missing)
{
	json_t *item;
	size_t i;

	json_array_foreach(missing, i, item)
	{
		const char *site = ph_member_text(item, "site");
		const char *device = ph_member_text(item, "device");
		const char *last = ph_member_text(item, "last");

		if (i == MISSING_MAX) {
			printf(ph_say("; and %zu more", "; và %zu nữa"),
			       json_array_size(missing) - i);
			return;
		}
		printf("%s %s %s", i > 0 ? ";" : "", ph_member_text(item, "code"),
		       ph_member_text(item, "name"));
		if (device[0] == '\0') {
			printf(" (%s%s%s)", site, site[0] ? ", " : "",
			       ph_say("no device", "chưa có máy"));
		} else {
			printf(" (%s, %.8s, %s %s)", site, device,
			       ph_say("last", "lần cuối"),
			       last[0] ? last : ph_say("never", "chưa lần nào"));
		}
	}
}

/* What names a commune that there is not. */
static void print_strays(const json_t *strays)
{
	json_t *item;
	size_t i;

	json_array_foreach(strays, i, item)
	{
		printf(ph_say("%s: no such commune; named by %lld of kind %s, site "
			      "%lld\n",
			      "%s: không có xã, phường này; nêu trong %lld mục %s, điểm "
			      "%lld\n"),
		       ph_member_text(item, "commune"), ph_member_number(item, "entries"),
		       ph_member_text(item, "kind"), ph_member_number(item, "site"));
	}
}

static void print_complete(const json_t *sheet)
{
	const json_t *complete = json_object_get(sheet, "complete");
	const json_t *missing = json_object_get(complete, "missing");
	const char *up_to = ph_member_text(complete, "up_to");

	printf(ph_say("complete for %lld of %lld %s", "đủ số liệu của %lld trên %lld %s"),
	       ph_member_number(complete, "communes"), ph_member_number(complete, "of"),
	       ph_units_say(sheet));
	if (up_to[0] != '\0') {
		printf(ph_say(" up to %s", " đến %s"), up_to);
	}
	if (json_array_size(missing) > 0) {
		printf("; %s:", ph_say("missing", "còn thiếu"));
		print_missing(missing);
	}
	putchar('\n');
	print_strays(json_object_get(complete, "strays"));
	if (ph_member_number(sheet, "suppressed") > 0) {
		printf(ph_say("%lld figures of few persons are not told\n",
			      "%lld số liệu ít người không nêu\n"),
		       ph_member_number(sheet, "suppressed"));
	}
}

static void print_restated(const json_t *sheet, const json_t *item)
{
	char name[PH_FIGURE_TEXT], was[PH_FIGURE_TEXT], is[PH_FIGURE_TEXT];

	ph_restated_name(name, item);
	ph_restated_figure(was, sheet, item, "printed");
	ph_restated_figure(is, sheet, item, "now");
	printf(ph_say("revised: %s was %s, is %s\n", "sửa: %s trước là %s, nay là %s\n"),
	       name, was, is);
}

static void print_cell(const json_t *sheet, const json_t *item)
{
	const json_t *first = json_array_get(json_object_get(sheet, "columns"), 0);
	const json_t *row = json_object_get(item, "row");
	const char *name = ph_member_text(item, "column");
	const json_t *column = ph_figure_column(sheet, name);
	char was[PH_FIGURE_TEXT], is[PH_FIGURE_TEXT], key[PH_FIGURE_TEXT];

	printf(ph_say("revised: %s %s was %s, is %s\n",
		      "sửa: %s %s trước là %s, nay là %s\n"),
	       json_is_array(row) ? ph_figure_words(key, first, json_array_get(row, 0))
				  : ph_say("total", "tổng"),
	       column ? ph_member_word(column) : name,
	       ph_figure_words(was, column, json_object_get(item, "printed")),
	       ph_figure_words(is, column, json_object_get(item, "now")));
}

static void print_parts(const json_t *sheet, const json_t *item)
{
	const json_t *first = json_array_get(json_object_get(sheet, "columns"), 0);
	const json_t *row = json_object_get(item, "row");
	char key[PH_FIGURE_TEXT];

	printf(ph_say("revised: %s: %s\n", "sửa: %s: %s\n"),
	       json_is_array(row) ? ph_figure_words(key, first, json_array_get(row, 0))
				  : ph_say("total", "tổng"),
	       ph_parts_say());
}

static void print_revised(const json_t *sheet)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(sheet, "revised"), i, item)
	{
		if (json_object_get(item, "what") != NULL) {
			print_restated(sheet, item);
		} else if (json_object_get(item, "parts") != NULL) {
			print_parts(sheet, item);
		} else {
			print_cell(sheet, item);
		}
	}
}

/* What a site says of the figures; its number where it has no code. */
static void print_word(const json_t *item)
{
	const char *code = ph_member_text(item, "code");
	char number[24];

	snprintf(number, sizeof(number), "%lld", ph_member_number(item, "site"));
	printf("  %s %s: %s", ph_member_text(item, "commune"),
	       code[0] != '\0' ? code : number,
	       json_is_true(json_object_get(item, "agrees"))
		       ? ph_say("agrees", "đồng ý")
		       : ph_say("does not agree", "không đồng ý"));
}

void ph_print_issued(const json_t *issued)
{
	json_t *item;
	size_t i;

	printf(ph_say("issued %s; %lld agree, %lld do not\n",
		      "đã ban hành %s; %lld đồng ý, %lld không\n"),
	       ph_member_text(issued, "time"), ph_member_number(issued, "agree"),
	       ph_member_number(issued, "disagree"));
	json_array_foreach(json_object_get(issued, "signoffs"), i, item)
	{
		print_word(item);
		printf("; %s\n", ph_seen_say(ph_member_text(item, "seen")));
	}
	json_array_foreach(json_object_get(issued, "strays"), i, item)
	{
		print_word(item);
		printf(ph_say("; not counted: %s; %s\n", "; không tính: %s; %s\n"),
		       ph_stray_say(ph_member_text(item, "why")),
		       ph_seen_say(ph_member_text(item, "seen")));
	}
}

static const json_t *of_ref(const json_t *reports, const char *ref)
{
	const json_t *item;
	size_t i;

	json_array_foreach(reports, i, item)
	{
		if (strcmp(ph_member_text(item, "ref"), ref) == 0) {
			return item;
		}
	}
	return NULL;
}

/* How many words of sites stand with those of REPORTS that have the name of NOW, but not with it. */
static long long signed_before(const json_t *reports, const json_t *now)
{
	const char *name = ph_member_text(now, "report");
	long long n = 0;
	const json_t *item;
	size_t i;

	json_array_foreach(reports, i, item)
	{
		if (item != now && strcmp(ph_member_text(item, "report"), name) == 0) {
			n += ph_member_number(item, "agree") +
			     ph_member_number(item, "disagree");
		}
	}
	return n;
}

void ph_tell_signed_before(const struct ph_cli *cli, const json_t *issued)
{
	struct ph_error err = { 0 };
	json_t *answer;
	const json_t *item;
	size_t i;

	if (ph_ask(cli, ph_request("report-list"), &answer, &err) < 0) {
		return;
	}
	json_array_foreach(issued, i, item)
	{
		const json_t *reports = json_object_get(answer, "reports");
		const json_t *now = of_ref(reports, ph_member_text(item, "ref"));
		long long n = now ? signed_before(reports, now) : 0;

		if (n > 0) {
			fprintf(stderr,
				ph_say("%s was issued before, and signed %lld times: "
				       "that is of the one before; let the sites sign "
				       "this reference\n",
				       "%s đã ban hành trước đây, và đã có %lld xác "
				       "nhận: "
				       "đó là của bản trước; các điểm cần xác nhận tham "
				       "chiếu mới này\n"),
				ph_member_text(now, "report"), n);
		}
	}
	json_decref(answer);
}

int ph_print_sheet(const struct ph_cli *cli, const json_t *sheet)
{
	int rc;

	if (ph_export_is_asked(cli)) {
		return ph_report_book(sheet, ph_cli_has(cli, "csv"));
	}
	if (cli->plain) {
		return print_table(cli, sheet);
	}
	print_head(sheet);
	rc = print_table(cli, sheet);
	if (rc == 0) {
		putchar('\n');
		print_share(sheet);
		print_trend(sheet);
		print_complete(sheet);
		if (json_object_get(sheet, "issued")) {
			ph_print_issued(json_object_get(sheet, "issued"));
			print_revised(sheet);
		}
	}
	return rc;
}

/* --- the commands --- */

int ph_check_sheet(const struct ph_cli *cli, struct ph_error *err)
{
	static const char *const once[] = { "period", "by", "commune" };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		unsigned n = 0;
		char text[80];

		for (unsigned k = 0; k < cli->n_set; k++) {
			n += strcmp(cli->set[k].name, once[i]) == 0;
		}
		if (n > 1) {
			snprintf(text, sizeof(text),
				 ph_say("--%s is given twice; give one",
					"--%s ghi hai lần; chỉ ghi một"),
				 once[i]);
			return ph_cli_usage(cli, err, text);
		}
	}
	return 0;
}

int ph_ask_sheet(struct ph_cli *cli, const char *command, json_t **answer_out,
		 struct ph_error *err)
{
	json_t *request = ph_request(command);
	static const char *const options[] = { "period", "by", "commune" };
	int rc = ph_check_sheet(cli, err);

	rc = rc != 0 ? rc : ph_request_set(request, "report", cli->args[0], err);
	for (size_t i = 0; rc == 0 && i < sizeof(options) / sizeof(options[0]); i++) {
		rc = ph_request_set(request, options[i], ph_cli_get(cli, options[i]),
				    err);
	}
	if (rc < 0) {
		json_decref(request);
		return rc;
	}
	return ph_ask(cli, request, answer_out, err);
}

static int check_report(const struct ph_cli *cli, struct ph_error *err)
{
	if (ph_cli_has(cli, "table") &&
	    (cli->json || cli->plain || ph_export_is_asked(cli))) {
		return ph_cli_usage(
			cli, err,
			ph_say("one of --table, --json, --plain, --csv and --xlsx",
			       "chỉ một trong --table, --json, --plain, --csv và "
			       "--xlsx"));
	}
	return ph_cli_has(cli, "period")
		       ? 0
		       : ph_cli_usage(cli, err,
				      ph_say("--period is needed", "cần có --period"));
}

static int run_report(struct ph_cli *cli, struct ph_error *err)
{
	json_t *answer;
	int rc = check_report(cli, err);

	rc = rc != 0 ? rc : ph_ask_sheet(cli, "report", &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	rc = ph_print_sheet(cli, answer);
	json_decref(answer);
	return rc;
}

static int run_codes(struct ph_cli *cli, struct ph_error *err)
{
	static const char *const columns[] = { "report", "title", "by" };
	struct ph_table *table;
	json_t *answer;
	json_t *item;
	size_t i;
	int rc = ph_ask(cli, ph_request("report-codes"), &answer, err);

	if (rc < 0) {
		return rc;
	}
	if (cli->json) {
		return ph_out_json(answer);
	}
	table = ph_table_new(columns, 3, cli->plain);
	json_array_foreach(json_object_get(answer, "reports"), i, item)
	{
		char bys[120] = "";
		json_t *by;
		size_t k;

		json_array_foreach(json_object_get(item, "by"), k, by)
		{
			size_t len = strlen(bys);

			snprintf(bys + len, sizeof(bys) - len, "%s%s", k > 0 ? " " : "",
				 json_string_value(by));
		}
		ph_table_cell(table, ph_member_text(item, "report"));
		ph_table_cell(table, ph_member_word(json_object_get(item, "title")));
		ph_table_cell(table, bys);
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	json_decref(answer);
	return rc;
}

static const struct ph_cli_option report_options[] = {
	{ "period", "P", "a year, quarter or month: 2026, 2026-Q3, 2026-09" },
	{ "by", "B", "what its lines are about: commune, site, kind, month, ..." },
	{ "commune", "C", "only what belongs to this one, by its code" },
	{ "table", NULL, "as a table, which it is without any of these" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

static const struct ph_cli_option codes_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmds_indicator[] = {
	{ "report", "Reports", "CODE --period P", 1, 1,
	  "a row of the province's plan: M1 to M4, A1 to A15, stock, visits, ...\n"
	  "`report codes` lists them and what each can be given by. What they count: "
	  "docs/REPORTS.md.",
	  report_options, run_report, NULL },
	{ "report codes", "Reports", "", 0, 0, "the rows of the plan that there are",
	  codes_options, run_codes, NULL },
	{ 0 },
};
