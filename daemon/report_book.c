/*
 * daemon/report_book.c - a report (docs/REPORTS.md, "The answer") as sheets of a book.
 *
 * A figure without its rule and without what is missing from it says nothing. CSV, which
 * programs read, has by which rule it is reckoned behind each line, and all that stands around
 * the lines as tables behind them; a workbook, which is read by people, has its head above.
 */
#include "daemon/report_book.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cli/figure.h"
#include "common/cli/member.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/cli/value_words.h"

static int append(json_t *list, json_t *value)
{
	return json_array_append_new(list, value) == 0 ? 0 : -ENOMEM;
}

static int append_text(json_t *list, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int append_text(json_t *list, const char *format, ...)
{
	va_list args;
	json_t *text;

	va_start(args, format);
	text = json_vsprintf(format, args);
	va_end(args);
	return append(list, text);
}

/* LIST (taken), or NULL when RC says that it could not be made. */
static json_t *made(json_t *list, int rc)
{
	if (rc != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* --- what stands around the lines --- */

static int add_note(json_t *rows, const char *name, json_t *value)
{
	return append(rows, json_pack("[s, o]", name, value));
}

static int add_figure(json_t *rows, const char *name, const char *type,
		      const json_t *cell)
{
	char text[PH_FIGURE_TEXT];

	ph_figure_cell(text, type, cell);
	return add_note(rows, name, json_string(text));
}

static int add_share(json_t *rows, const json_t *report)
{
	json_t *targets = json_object_get(report, "targets");
	char name[64];
	const char *year;
	json_t *target;
	int rc = 0;

	if (json_object_get(report, "denominator")) {
		rc = add_figure(rows, ph_say("value", "kết quả"), "percent",
				json_object_get(report, "value"));
		rc = rc != 0 ? rc
			     : add_note(
				       rows, ph_say("numerator", "tử số"),
				       json_incref(json_object_get(report, "numerator")));
		rc = rc != 0 ? rc
			     : add_note(rows, ph_say("denominator", "mẫu số"),
					json_incref(
						json_object_get(report, "denominator")));
	}
	json_object_foreach(targets, year, target)
	{
		snprintf(name, sizeof(name), ph_say("target %.16s", "mục tiêu %.16s"),
			 year);
		rc = rc != 0 ? rc : add_figure(rows, name, "percent", target);
	}
	return rc;
}

static int add_trend(json_t *rows, const json_t *report)
{
	const char *type = json_object_get(report, "denominator") ? "percent" : "count";
	char name[64];
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(report, "trend"), i, item)
	{
		snprintf(name, sizeof(name), ph_say("before: %.32s", "kỳ trước: %.32s"),
			 ph_member_text(item, "period"));
		rc = rc != 0 ? rc
			     : add_figure(rows, name, type,
					  json_object_get(item, "value"));
	}
	return rc;
}

/* The caller's, or NULL when there is no memory. */
static json_t *complete_text(const json_t *report)
{
	const json_t *complete = json_object_get(report, "complete");
	const char *up_to = ph_member_text(complete, "up_to");

	return json_sprintf(ph_say("Complete for %lld of %lld %s%s%s",
				   "Đủ số liệu của %lld trên %lld %s%s%s"),
			    ph_member_number(complete, "communes"),
			    ph_member_number(complete, "of"), ph_units_say(report),
			    up_to[0] ? ph_say(" up to ", " đến ") : "", up_to);
}

/* The period as it is called, and its days; likewise. */
static json_t *period_text(const json_t *report)
{
	const json_t *period = json_object_get(report, "period");

	return json_sprintf("%s (%s – %s)", ph_member_text(period, "name"),
			    ph_member_text(period, "from"), ph_member_text(period, "to"));
}

/* What stands above the lines of a workbook; CSV has nothing there. */
static int add_head(json_t *rows, const json_t *report)
{
	int rc = add_note(rows, ph_say("report", "báo cáo"),
			  json_sprintf("%s  %s", ph_member_text(report, "report"),
				       ph_member_word(json_object_get(report, "title"))));

	rc = rc != 0 ? rc : add_note(rows, ph_say("period", "kỳ"), period_text(report));
	return rc != 0 ? rc
		       : add_note(rows, ph_say("how far complete", "mức đủ số liệu"),
				  complete_text(report));
}

static int add_each(json_t *rows, const json_t *list,
		    int (*add)(json_t *rows, const json_t *item))
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, item)
	{
		rc = rc != 0 ? rc : add(rows, item);
	}
	return rc;
}

/* Commune and site, with the device that is not complete, or that there is none. */
static int add_missing(json_t *rows, const json_t *item)
{
	const char *site = ph_member_text(item, "site");
	const char *device = ph_member_text(item, "device");
	const char *last = ph_member_text(item, "last");
	json_t *why =
		device[0]
			? json_sprintf("%.8s, %s %s", device, ph_say("last", "lần cuối"),
				       last[0] ? last : ph_say("never", "chưa lần nào"))
			: json_string(ph_say("no device", "chưa có máy"));
	json_t *text = json_sprintf("%s %s (%s%s%s)", ph_member_text(item, "code"),
				    ph_member_text(item, "name"), site,
				    site[0] ? ", " : "", json_string_value(why));

	json_decref(why);
	return add_note(rows, ph_say("missing", "còn thiếu"), text);
}

/* What names a commune that there is not. */
static int add_stray(json_t *rows, const json_t *item)
{
	return add_note(rows, ph_say("no such commune", "không có xã, phường này"),
			json_sprintf(ph_say("%s: named by %lld of kind %s, site %lld",
					    "%s: nêu trong %lld mục %s, điểm %lld"),
				     ph_member_text(item, "commune"),
				     ph_member_number(item, "entries"),
				     ph_member_text(item, "kind"),
				     ph_member_number(item, "site")));
}

/* A word of a site about the figures, what it had seen, and why it does not count, if so. */
static int add_word(json_t *rows, const json_t *item)
{
	const char *code = ph_member_text(item, "code");
	const char *why = ph_member_text(item, "why");
	char site[24];

	snprintf(site, sizeof(site), "%lld", ph_member_number(item, "site"));
	return add_note(rows,
			why[0] ? ph_say("not counted", "không tính")
			       : ph_say("signed off", "xác nhận"),
			json_sprintf("%s %s: %s; %s%s%s", ph_member_text(item, "commune"),
				     code[0] ? code : site,
				     json_is_true(json_object_get(item, "agrees"))
					     ? ph_say("agrees", "đồng ý")
					     : ph_say("does not agree", "không đồng ý"),
				     why[0] ? ph_stray_say(why) : "", why[0] ? "; " : "",
				     ph_seen_say(ph_member_text(item, "seen"))));
}

/* When it was issued, and what sites said of it. */
static int add_issued(json_t *rows, const json_t *report)
{
	const json_t *issued = json_object_get(report, "issued");
	int rc = issued ? add_note(rows, ph_say("issued", "ban hành"),
				   json_sprintf(ph_say("%s; %lld agree, %lld do not",
						       "%s; %lld đồng ý, %lld không"),
						ph_member_text(issued, "time"),
						ph_member_number(issued, "agree"),
						ph_member_number(issued, "disagree")))
			: 0;

	rc = rc != 0 ? rc : add_each(rows, json_object_get(issued, "signoffs"), add_word);
	return rc != 0 ? rc : add_each(rows, json_object_get(issued, "strays"), add_word);
}

static int add_notes(const json_t *report, bool bare)
{
	const json_t *rule = json_object_get(report, "rule");
	const json_t *complete = json_object_get(report, "complete");
	json_t *rows = json_array();
	char words[PH_RULE_WORDS];
	int rc = rows ? 0 : -ENOMEM;

	rc = rc != 0 || !bare ? rc : add_head(rows, report);
	ph_rule_words(words, rule);
	rc = rc != 0 ? rc
		     : add_note(rows, ph_say("rule", "cách tính"),
				json_string(ph_member_word(rule)));
	rc = rc != 0 ? rc
		     : add_note(rows,
				ph_say("name and version of the rule",
				       "tên và bản của cách tính"),
				json_string(words));
	rc = rc != 0 ? rc : add_share(rows, report);
	rc = rc != 0 ? rc : add_trend(rows, report);
	rc = rc != 0 ? rc
		     : add_note(rows,
				ph_say("figures of few persons, not told",
				       "số liệu ít người, không nêu"),
				json_integer(ph_member_number(report, "suppressed")));
	rc = rc != 0 ? rc
		     : add_each(rows, json_object_get(complete, "missing"), add_missing);
	rc = rc != 0 ? rc
		     : add_each(rows, json_object_get(complete, "strays"), add_stray);
	rc = rc != 0 ? rc : add_issued(rows, report);
	if (rc != 0) {
		json_decref(rows);
		return rc;
	}
	return ph_sheet_add(json_pack("{s:s, s:[{s:s}, {s:s}], s:o}", "name",
				      ph_say("notes", "ghi chú"), "columns", "title",
				      ph_say("WHAT", "MỤC"), "title",
				      ph_say("VALUE", "GIÁ TRỊ"), "rows", rows));
}

/* A cell of a value that has a word in the language that is spoken. */
static json_t *cell_of(const json_t *column, json_t *cell)
{
	return json_is_string(cell)
		       ? json_string(ph_value_say(ph_member_text(column, "name"),
						  json_string_value(cell)))
		       : json_incref(cell);
}

/* A count is a number still; all else as people read it. */
static json_t *revised_cell(const json_t *column, json_t *cell)
{
	bool is_share = strcmp(ph_member_text(column, "type"), "percent") == 0;
	char text[PH_FIGURE_TEXT];

	return json_is_string(cell) || (json_is_integer(cell) && is_share)
		       ? json_string(ph_figure_words(text, column, cell))
		       : json_incref(cell);
}

/* What ITEM is about: its line, or the totals. */
static json_t *revised_row(const json_t *report, const json_t *item)
{
	const json_t *first = json_array_get(json_object_get(report, "columns"), 0);
	const json_t *row = json_object_get(item, "row");

	return json_is_array(row) ? cell_of(first, json_array_get(row, 0))
				  : json_string(ph_say("total", "tổng"));
}

static int add_revision(json_t *rows, const json_t *report, const json_t *item)
{
	const char *name = ph_member_text(item, "column");
	const json_t *column = ph_figure_column(report, name);

	if (json_object_get(item, "parts")) {
		return append(rows, json_pack("[o, s, n, n]", revised_row(report, item),
					      ph_parts_say()));
	}
	return append(rows,
		      json_pack("[o, s, o?, o?]", revised_row(report, item),
				column ? ph_member_word(column) : name,
				revised_cell(column, json_object_get(item, "printed")),
				revised_cell(column, json_object_get(item, "now"))));
}

/* The rule, or a figure of it: it is of no row. */
static int add_restated(json_t *rows, const json_t *report, const json_t *item)
{
	char name[PH_FIGURE_TEXT], was[PH_FIGURE_TEXT], is[PH_FIGURE_TEXT];

	ph_restated_name(name, item);
	ph_restated_figure(was, report, item, "printed");
	ph_restated_figure(is, report, item, "now");
	return append(rows, json_pack("[n, s, s, s]", name, was, is));
}

static int add_revised(const json_t *report)
{
	const json_t *revised = json_object_get(report, "revised");
	json_t *rows = json_array();
	json_t *item;
	size_t i;
	int rc = rows ? 0 : -ENOMEM;

	json_array_foreach(revised, i, item)
	{
		rc = rc != 0                         ? rc
		     : json_object_get(item, "what") ? add_restated(rows, report, item)
						     : add_revision(rows, report, item);
	}
	if (rc != 0 || json_array_size(rows) == 0) {
		json_decref(rows);
		return rc;
	}
	return ph_sheet_add(json_pack(
		"{s:s, s:[{s:s}, {s:s}, {s:s}, {s:s}], s:o}", "name",
		ph_say("revised", "sửa đổi"), "columns", "title", ph_say("ROW", "DÒNG"),
		"title", ph_say("COLUMN", "CỘT"), "title", ph_say("PRINTED", "ĐÃ IN"),
		"title", ph_say("NOW", "NAY LÀ"), "rows", rows));
}

/* --- the lines --- */

/* This and the three below: the caller's, or NULL when there is no memory. */
static json_t *head_of(const json_t *report)
{
	const json_t *rule = json_object_get(report, "rule");
	json_t *period = period_text(report);
	json_t *head = json_array();
	char words[PH_RULE_WORDS];
	int rc = append_text(head, "%s  %s", ph_member_text(report, "report"),
			     ph_member_word(json_object_get(report, "title")));

	rc = rc != 0  ? rc
	     : period ? append_text(head, "%s: %s", ph_say("Period", "Kỳ"),
				    json_string_value(period))
		      : -ENOMEM;
	json_decref(period);
	ph_rule_words(words, rule);
	rc = rc != 0 ? rc
		     : append_text(head, "%s: %s (%s)", ph_say("Rule", "Cách tính"),
				   ph_member_word(rule), words);
	rc = rc != 0 ? rc : append(head, complete_text(report));
	return made(head, rc);
}

static json_t *columns_of(const json_t *report)
{
	json_t *columns = json_array();
	json_t *item;
	size_t i;
	int rc = columns ? 0 : -ENOMEM;

	json_array_foreach(json_object_get(report, "columns"), i, item)
	{
		/* a number that names a site is none to add up, nor parted by points */
		const char *type = strcmp(ph_member_text(item, "name"), "site") == 0
					   ? "text"
					   : ph_member_text(item, "type");

		rc = rc != 0 ? rc
			     : append(columns,
				      json_pack("{s:s, s:s}", "title",
						ph_member_word(item), "type", type));
	}
	return made(columns, rc);
}

static json_t *rows_of(const json_t *report)
{
	const json_t *columns = json_object_get(report, "columns");
	json_t *rows = json_array();
	json_t *row;
	json_t *cell;
	size_t i, c;
	int rc = rows ? 0 : -ENOMEM;

	json_array_foreach(json_object_get(report, "rows"), i, row)
	{
		json_t *line = json_array();

		json_array_foreach(row, c, cell)
		{
			rc = rc != 0 ? rc
				     : append(line,
					      cell_of(json_array_get(columns, c), cell));
		}
		rc = append(rows, line) != 0 ? -ENOMEM : rc;
	}
	return made(rows, rc);
}

static json_t *total_of(const json_t *report)
{
	json_t *of = json_object_get(report, "total");
	json_t *total = json_array();
	json_t *cell;
	size_t i;
	int rc = total ? 0 : -ENOMEM;

	json_array_foreach(of, i, cell)
	{
		rc = rc != 0 ? rc
			     : append(total,
				      i == 0 && json_is_null(cell)
					      ? json_string(ph_say("total", "tổng"))
					      : json_incref(cell));
	}
	return made(total, rc);
}

/* Behind the cells of LINE the rule's name and version. */
static int append_rule(json_t *line, const json_t *rule)
{
	int rc = append(line, json_string(ph_member_text(rule, "name")));

	return rc != 0 ? rc
		       : append(line, json_integer(ph_member_number(rule, "version")));
}

static int add_rule_columns(const json_t *report, json_t *columns, json_t *rows,
			    json_t *total)
{
	const json_t *rule = json_object_get(report, "rule");
	json_t *line;
	size_t i;
	int rc = append(columns, json_pack("{s:s, s:s}", "title",
					   ph_say("rule", "cách tính"), "type", "text"));

	rc = rc != 0 ? rc
		     : append(columns,
			      json_pack("{s:s, s:s}", "title", ph_say("version", "bản"),
					"type", "count"));
	json_array_foreach(rows, i, line)
	{
		rc = rc != 0 ? rc : append_rule(line, rule);
	}
	return rc != 0 || total == NULL ? rc : append_rule(total, rule);
}

int ph_report_book(const json_t *report, bool bare)
{
	json_t *columns = columns_of(report);
	json_t *rows = rows_of(report);
	json_t *head = bare ? NULL : head_of(report);
	bool has_total = json_object_get(report, "total") != NULL;
	json_t *total = has_total ? total_of(report) : NULL;
	int rc = columns && rows && (bare || head) && (!has_total || total) ? 0 : -ENOMEM;

	if (rc == 0 && bare) {
		rc = add_rule_columns(report, columns, rows, total);
	}
	rc = rc != 0 ? rc
		     : ph_sheet_add(json_pack("{s:s, s:O, s:O, s:O*, s:O*}", "name",
					      ph_member_text(report, "report"), "columns",
					      columns, "rows", rows, "head", head,
					      "total", total));
	json_decref(columns);
	json_decref(rows);
	json_decref(head);
	json_decref(total);
	rc = rc != 0 ? rc : add_notes(report, bare);
	return rc != 0 ? rc : add_revised(report);
}
