/* common/cli/figure.c - the cells of a report as people read them, in either language. */
#include "common/cli/figure.h"

#include <stdio.h>
#include <string.h>

#include "common/cli/out.h"

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
