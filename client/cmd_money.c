/*
 * client/cmd_money.c - packhorse charge, payment: what a card owes, and pays.
 *
 * Both are facts of a card, in đồng. Whether a library charges at all is the province's
 * rule `money`: where it says no, nothing is charged; what is owed already may be paid.
 */
#include "client/form.h"

static const struct ph_slip_field charge_words[] = {
	{ .option = "CARD", .member = "card" },
	{ .option = "AMOUNT", .member = "amount" },
	{ 0 },
};

static const struct ph_slip_field charge_fields[] = {
	PH_SLIP_NAMED("reason"),
	PH_SLIP_NAMED("copy"),
	{ .option = "loan",
	  .member = "loan",
	  .how = PH_SLIP_ENTRY,
	  .kind = PH_KIND_LOAN },
	{ 0 },
};

static const struct ph_form charge = {
	.kind = "charge",
	.words = charge_words,
	.fields = charge_fields,
};

static const struct ph_cli_option charge_options[] = {
	{ "reason", "R", "overdue, lost, damaged, card or other" },
	{ "copy", "COPY", "the copy it is about" },
	{ "loan", "REF", "the loan it is about" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_charge = {
	.name = "charge",
	.group = "Readers",
	.args = "CARD AMOUNT",
	.min_args = 2,
	.max_args = 2,
	.doc = "a reader owes so many đồng",
	.options = charge_options,
	.run = ph_form_run,
	.data = &charge,
};

static const struct ph_slip_field payment_fields[] = {
	{ .option = "charge",
	  .member = "charge",
	  .how = PH_SLIP_ENTRY,
	  .kind = PH_KIND_CHARGE },
	{ 0 },
};

static const struct ph_form payment = {
	.kind = "payment",
	.words = charge_words,
	.fields = payment_fields,
};

static const struct ph_cli_option payment_options[] = {
	{ "charge", "REF", "the charge it is for" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_payment = {
	.name = "payment",
	.group = "Readers",
	.args = "CARD AMOUNT",
	.min_args = 2,
	.max_args = 2,
	.doc = "a reader pays so many đồng",
	.options = payment_options,
	.run = ph_form_run,
	.data = &payment,
};
