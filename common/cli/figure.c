/* common/cli/figure.c - the cells of a report as people read them, in either language. */
#include "common/cli/figure.h"

#include <stdio.h>
#include <string.h>

#include "common/cli/member.h"
#include "common/cli/out.h"
#include "common/cli/value_words.h"

void ph_figure_text(char out[static PH_FIGURE_TEXT], const char *type, long long value)
{
	const char *sign = value < 0 ? "-" : "";
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	bool is_share = strcmp(type, "percent") == 0;
	char digits[PH_NUMBER_TEXT];

	ph_number(digits, is_share ? size / 100 : size);
	if (is_share) {
		snprintf(out, PH_FIGURE_TEXT, "%s%s%s%02u %%", sign, digits,
			 ph_say(".", ","), (unsigned)(size % 100));
	} else {
		snprintf(out, PH_FIGURE_TEXT, "%s%s", sign, digits);
	}
}

void ph_figure_cell(char out[static PH_FIGURE_TEXT], const char *type, const json_t *cell)
{
	const json_t *below = json_object_get(cell, "below");

	if (json_is_integer(cell)) {
		ph_figure_text(out, type, json_integer_value(cell));
	} else if (json_is_integer(below)) {
		snprintf(out, PH_FIGURE_TEXT, "< %" JSON_INTEGER_FORMAT,
			 json_integer_value(below));
	} else {
		snprintf(out, PH_FIGURE_TEXT, "–");
	}
}

const json_t *ph_figure_column(const json_t *report, const char *name)
{
	const json_t *column;
	size_t i;

	json_array_foreach(json_object_get(report, "columns"), i, column)
	{
		if (strcmp(ph_member_text(column, "name"), name) == 0) {
			return column;
		}
	}
	return NULL;
}

const char *ph_figure_words(char out[static PH_FIGURE_TEXT], const json_t *column,
			    const json_t *cell)
{
	const char *name = ph_member_text(column, "name");

	if (json_is_string(cell)) {
		return ph_value_say(name, json_string_value(cell));
	}
	if (json_is_integer(cell) && strcmp(name, "site") == 0) {
		snprintf(out, PH_FIGURE_TEXT, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(cell));
	} else {
		ph_figure_cell(out, ph_member_text(column, "type"), cell);
	}
	return out;
}

const char *ph_units_say(const json_t *report)
{
	const char *rule = ph_member_text(json_object_get(report, "rule"), "name");
	size_t len = strlen(rule);

	if (strcmp(rule, "xa") == 0 || (len > 3 && strcmp(rule + len - 3, "-xa") == 0)) {
		return ph_say("communes of type xã", "xã (không tính phường)");
	}
	return ph_say("communes", "xã, phường");
}

/* --- what is revised and is no cell --- */

void ph_restated_name(char out[static PH_FIGURE_TEXT], const json_t *item)
{
	static const struct {
		const char *what, *english, *vietnamese;
	} names[] = {
		{ "rule", "the rule", "quy tắc" },
		{ "numerator", "the numerator", "tử số" },
		{ "denominator", "the denominator", "mẫu số" },
		{ "mean", "the mean growth a year", "mức tăng bình quân năm" },
		{ "target", "the target of", "mục tiêu" },
	};
	const char *what = ph_member_text(item, "what");
	const char *year = ph_member_text(item, "year");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].what, what) == 0) {
			what = ph_say(names[i].english, names[i].vietnamese);
			break;
		}
	}
	snprintf(out, PH_FIGURE_TEXT, "%.50s%s%.4s", what, year[0] ? " " : "", year);
}

void ph_restated_figure(char out[static PH_FIGURE_TEXT], const json_t *report,
			const json_t *item, const char *which)
{
	const char *what = ph_member_text(item, "what");
	const json_t *value = json_object_get(item, which);
	bool is_share = strcmp(what, "mean") == 0 ||
			(strcmp(what, "target") == 0 &&
			 json_object_get(report, "denominator") != NULL);

	if (strcmp(what, "rule") == 0) {
		snprintf(out, PH_FIGURE_TEXT, "%.32s (%s %lld)",
			 ph_member_text(value, "name"), ph_say("version", "bản"),
			 ph_member_number(value, "version"));
	} else {
		ph_figure_cell(out, is_share ? "percent" : "count", value);
	}
}

const char *ph_parts_say(void)
{
	return ph_say("its parts are revised, and not told: few persons",
		      "số liệu từng nhóm đã sửa, không nêu vì ít người");
}

void ph_rule_words(char out[static PH_RULE_WORDS], const json_t *rule)
{
	const char *since = ph_member_text(rule, "since");
	const char *told = ph_member_text(rule, "told");

	snprintf(out, PH_RULE_WORDS, "%.32s, %s %lld%s%.10s%s%.200s",
		 ph_member_text(rule, "name"), ph_say("version", "bản"),
		 ph_member_number(rule, "version"),
		 since[0] ? ph_say(" since ", " từ ") : "", since, told[0] ? ": " : "",
		 told);
}
