/*
 * client/cmd_uncoded.c - packhorse uncoded loan, return: books without codes.
 *
 * A law bookcase or a culture point whose books bear no barcodes counts what goes out and
 * comes back, with a card if the reader has one.
 */
#include "client/form.h"

static const struct ph_slip_field words[] = {
	{ .option = "COUNT", .member = "count" },
	{ 0 },
};

static int add_term(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	return ph_desk_term(desk, slip, err);
}

static const struct ph_slip_field loan_fields[] = {
	PH_SLIP_NAMED("card"),
	{ .option = "title",
	  .member = "title",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_TITLE },
	{ 0 },
};

static const struct ph_form loan = {
	.kind = "uncoded-loan",
	.words = words,
	.fields = loan_fields,
	.more = add_term,
};

static const struct ph_cli_option loan_options[] = {
	{ "card", "CARD", "the card they go out on" },
	{ "term", "DAYS", "days until they are due (default: the province's, else 14)" },
	{ "due", "DATE", "day chosen by hand instead: 2026-10-06" },
	{ "title", "REF", "their title" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_uncoded_loan = {
	.name = "uncoded loan",
	.group = "The desk",
	.args = "COUNT",
	.min_args = 1,
	.max_args = 1,
	.doc = "so many copies without codes leave",
	.options = loan_options,
	.run = ph_form_run,
	.data = &loan,
};

static const struct ph_slip_field return_fields[] = { PH_SLIP_NAMED("card"), { 0 } };

static const struct ph_form back = {
	.kind = "uncoded-return",
	.words = words,
	.fields = return_fields,
};

static const struct ph_cli_option return_options[] = {
	{ "card", "CARD", "the card they were out on" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_uncoded_return = {
	.name = "uncoded return",
	.group = "The desk",
	.args = "COUNT",
	.min_args = 1,
	.max_args = 1,
	.doc = "so many copies without codes come back",
	.options = return_options,
	.run = ph_form_run,
	.data = &back,
};
