/*
 * client/cmd_stop.c - packhorse stop open, close: a van serves one place on one day.
 *
 * What the van lends and counts between the two belongs to the stop's commune. A stop is
 * named by the entry that opened it.
 */
#include "client/form.h"

static const struct ph_slip_field open_fields[] = {
	PH_SLIP_NAMED("commune"),
	PH_SLIP_NAMED("place"),
	{ 0 },
};

static const struct ph_form open = {
	.kind = "mobile-stop",
	.fields = open_fields,
	.need = "commune",
};

static const struct ph_cli_option open_options[] = {
	{ "commune", "C", "five-digit code of the commune" },
	{ "place", "P", "where in it" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_stop_open = {
	.name = "stop open",
	.group = "The day",
	.args = "--commune C",
	.doc = "the van begins to serve a place\n\n"
	       "It prints the reference by which `stop close` names it.",
	.options = open_options,
	.run = ph_form_run,
	.data = &open,
};

static const struct ph_slip_field close_words[] = {
	{ .option = "STOP",
	  .member = "stop",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_STOP },
	{ 0 },
};

static const struct ph_form close = { .kind = "mobile-stop", .words = close_words };

static const struct ph_cli_option close_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_stop_close = {
	.name = "stop close",
	.group = "The day",
	.args = "STOP",
	.min_args = 1,
	.max_args = 1,
	.doc = "and goes on",
	.options = close_options,
	.run = ph_form_run,
	.data = &close,
};
