/*
 * daemon/report_page_issued.c - of a report on the page: when it was issued, who signed it
 * off and what he had seen, and what is not as it was printed.
 *
 * Who signs is counted, not named: a province has some eighty communes and a page many
 * reports. Only those stand there by name with whom somebody should speak.
 */
#include "daemon/report_page_issued.h"

#include <stdio.h>
#include <string.h>

#include "common/cli/figure.h"
#include "common/cli/member.h"
#include "common/cli/value_words.h"

void ph_page_day(char out[static PH_PAGE_WORDS], const char *day)
{
	int year, month, of;

	if (sscanf(day, "%4d-%2d-%2d", &year, &month, &of) == 3) {
		snprintf(out, PH_PAGE_WORDS, "%02d/%02d/%d", of, month, year);
	} else {
		snprintf(out, PH_PAGE_WORDS, "%.40s", day);
	}
}

/* VALUE of COLUMN in a line of text. */
static const char *value_words(char out[static PH_PAGE_WORDS], const json_t *column,
			       const json_t *value)
{
	if (json_is_string(value) && strcmp(ph_member_text(column, "type"), "day") == 0) {
		ph_page_day(out, json_string_value(value));
		return out;
	}
	return ph_figure_words(out, column, value);
}

/* What a row is about: a code and a name, a site's number and more, a month. */
static void row_words(struct ph_html *to, const json_t *row, const char *by)
{
	const json_t *item;
	size_t i;

	json_array_foreach(row, i, item)
	{
		ph_html_raw(to, i > 0 ? " " : "");
		if (json_is_integer(item)) {
			ph_html_put(to, "%d", (long long)json_integer_value(item));
		} else {
			ph_html_text(to,
				     json_is_string(item)
					     ? ph_value_say(by, json_string_value(item))
					     : "–");
		}
	}
	if (json_array_size(row) == 0) {
		ph_html_raw(to, "tổng");
	}
}

static void revised_cell(struct ph_html *to, const json_t *report, const json_t *item)
{
	const char *name = ph_member_text(item, "column");
	const json_t *column = ph_figure_column(report, name);
	char was[PH_PAGE_WORDS], is[PH_PAGE_WORDS];

	row_words(to, json_object_get(item, "row"), ph_member_text(report, "by"));
	ph_html_put(to, ", %s: đã in %s, nay là %s.",
		    column ? ph_member_text(column, "vi") : name,
		    value_words(was, column, json_object_get(item, "printed")),
		    value_words(is, column, json_object_get(item, "now")));
}

static void revised_parts(struct ph_html *to, const json_t *report, const json_t *item)
{
	row_words(to, json_object_get(item, "row"), ph_member_text(report, "by"));
	ph_html_put(to, ": %s.", ph_parts_say());
}

static void restated(struct ph_html *to, const json_t *report, const json_t *item)
{
	char name[PH_PAGE_WORDS], was[PH_PAGE_WORDS], is[PH_PAGE_WORDS];

	ph_restated_name(name, item);
	ph_restated_figure(was, report, item, "printed");
	ph_restated_figure(is, report, item, "now");
	ph_html_put(to, "%s: đã in %s, nay là %s.", name, was, is);
}

static void revised(struct ph_html *to, const json_t *report)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(report, "revised"), i, item)
	{
		ph_html_raw(to, "<br/>\nSửa: ");
		if (json_object_get(item, "what")) {
			restated(to, report, item);
		} else if (json_object_get(item, "parts")) {
			revised_parts(to, report, item);
		} else {
			revised_cell(to, report, item);
		}
	}
}

/* A site by its code, or its number if it has none. */
static void site_words(struct ph_html *to, const json_t *item)
{
	const char *code = ph_member_text(item, "code");

	if (code[0]) {
		ph_html_text(to, code);
	} else {
		ph_html_put(to, "%d", ph_member_number(item, "site"));
	}
}

static bool has_seen(const json_t *item, const char *which)
{
	const char *seen = ph_member_text(item, "seen");

	return strcmp(seen[0] ? seen : "none", which) == 0;
}

/* Which sites signed figures that the hub does not count. */
static void others(struct ph_html *to, const json_t *signoffs)
{
	const char *between = " (";
	const json_t *item;
	size_t i;

	json_array_foreach(signoffs, i, item)
	{
		if (has_seen(item, "other")) {
			ph_html_raw(to, between);
			site_words(to, item);
			between = ", ";
		}
	}
	ph_html_raw(to, ")");
}

/* How many of those who signed it off had which figures of their own before them. */
static void seen(struct ph_html *to, const json_t *issued)
{
	static const char *const which[] = { "counted", "printed", "other", "none" };
	const json_t *signoffs = json_object_get(issued, "signoffs");
	const char *between = "<br/>\nTrong đó ";
	const json_t *item;
	size_t i;

	for (size_t w = 0; w < sizeof(which) / sizeof(which[0]); w++) {
		long long n = 0;

		json_array_foreach(signoffs, i, item)
		{
			n += has_seen(item, which[w]);
		}
		if (n == 0) {
			continue;
		}
		ph_html_raw(to, between);
		ph_html_put(to, "%d nơi %s", n, ph_seen_say(which[w]));
		if (strcmp(which[w], "other") == 0) {
			others(to, signoffs);
		}
		between = "; ";
	}
	ph_html_raw(to, json_array_size(signoffs) > 0 ? "." : "");
}

/* What sites said that do not speak for that commune. */
static void strays(struct ph_html *to, const json_t *issued)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(issued, "strays"), i, item)
	{
		ph_html_put(to, "<br/>\nKhông tính: ");
		site_words(to, item);
		ph_html_put(to, " %s",
			    json_is_true(json_object_get(item, "agrees"))
				    ? "đồng ý"
				    : "không đồng ý");
		if (json_object_get(item, "commune")) {
			ph_html_put(to, " về %s", ph_member_text(item, "commune"));
		}
		ph_html_put(to, ": %s; %s.", ph_stray_say(ph_member_text(item, "why")),
			    ph_seen_say(ph_member_text(item, "seen")));
	}
}

void ph_page_issued(struct ph_html *to, const json_t *report)
{
	const json_t *issued = json_object_get(report, "issued");

	if (issued) {
		ph_html_put(to, "<br/>\nĐã ban hành %s; %d nơi đồng ý, %d nơi không.",
			    ph_member_text(issued, "time"),
			    ph_member_number(issued, "agree"),
			    ph_member_number(issued, "disagree"));
		seen(to, issued);
		strays(to, issued);
	}
	revised(to, report);
}
