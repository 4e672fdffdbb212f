/*
 * client/cmd_day.c - packhorse day open, shift begin, end: when the library works.
 */
#include <string.h>

#include "client/form.h"

static const struct ph_slip_field day_fields[] = {
	{ .option = "from", .member = "from", .how = PH_SLIP_CLOCK },
	{ .option = "to", .member = "to", .how = PH_SLIP_CLOCK },
	{ 0 },
};

static const struct ph_form day = { .kind = "day-open", .fields = day_fields };

static const struct ph_cli_option day_options[] = {
	{ "from", "HH:MM", "when it opened" },
	{ "to", "HH:MM", "when it closes" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_day_open = {
	.name = "day open",
	.group = "The day",
	.args = "",
	.doc = "the library is open today\n\n"
	       "--when says of another day that it was.",
	.options = day_options,
	.run = ph_form_run,
	.data = &day,
};

/* --- shifts --- */

static const struct ph_slip_field shift_words[] = {
	{ .option = "STAFF", .member = "code" },
	{ 0 },
};

/* `shift begin` or `shift end`. */
static int add_phase(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	return ph_slip_text(slip, "phase", strchr(desk->cli->command->name, ' ') + 1,
			    err);
}

static const struct ph_form shift = {
	.kind = "shift",
	.words = shift_words,
	.more = add_phase,
};

static const struct ph_cli_option shift_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_shift_begin = {
	.name = "shift begin",
	.group = "The day",
	.args = "STAFF",
	.min_args = 1,
	.max_args = 1,
	.doc = "someone, by their staff code, begins to work",
	.options = shift_options,
	.run = ph_form_run,
	.data = &shift,
};

const struct ph_cli_command ph_cmd_shift_end = {
	.name = "shift end",
	.group = "The day",
	.args = "STAFF",
	.min_args = 1,
	.max_args = 1,
	.doc = "and ends",
	.options = shift_options,
	.run = ph_form_run,
	.data = &shift,
};
