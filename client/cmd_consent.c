/*
 * client/cmd_consent.c - packhorse reader consent: whether personal fields may be kept.
 */
#include "client/form.h"

static const struct ph_slip_field words[] = {
	{ .option = "READER", .member = "reader", .how = PH_SLIP_READER },
	{ .option = "given|withdrawn", .member = "given" },
	{ 0 },
};

static const struct ph_slip_field fields[] = {
	PH_SLIP_NAMED("who"),
	PH_SLIP_NAMED("day"),
	PH_SLIP_NAMED("guardian"),
	{ 0 },
};

static const struct ph_form form = {
	.kind = "consent",
	.words = words,
	.fields = fields,
};

static const struct ph_cli_option options[] = {
	{ "who", "W", "who says so: reader or guardian" },
	{ "day", "DATE", "day on which it was said or signed" },
	{ "guardian", "N", "the guardian's name" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_reader_consent = {
	.name = "reader consent",
	.group = "Readers",
	.args = "READER given|withdrawn",
	.min_args = 2,
	.max_args = 2,
	.doc = "consent to the keeping of a reader's personal fields, given or taken "
	       "back",
	.options = options,
	.run = ph_form_run,
	.data = &form,
};
