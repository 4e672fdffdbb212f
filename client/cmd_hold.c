/*
 * client/cmd_hold.c - packhorse hold place, cancel, ready: a reader waits for a book.
 *
 * A hold is of a title, or of one copy and no other. It says by itself when it ends and
 * where it will be fetched. The site that has a copy in hand lays it aside with `ready`:
 * of several the first one counts.
 */
#include <errno.h>

#include "client/form.h"
#include "client/holding.h"
#include "common/cli/out.h"
#include "common/ledger/rule.h"

/* --- place --- */

static const struct ph_slip_field place_words[] = { PH_SLIP_NAMED("card"), { 0 } };

static const struct ph_slip_field place_fields[] = {
	{ .option = "title",
	  .member = "title",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_TITLE },
	PH_SLIP_NAMED("copy"),
	PH_SLIP_NAMED("expires"),
	{ .option = "pickup", .member = "pickup", .how = PH_SLIP_SITE },
	{ 0 },
};

/* Where nothing was said: at this site, until the province's number of days is over. */
static int add_defaults(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	char text[PH_TIME_TEXT];
	uint64_t days;
	int rc = 0;

	if (!json_object_get(slip, "pickup")) {
		rc = ph_slip_number(slip, "pickup",
				    desk->behalf ? desk->behalf : desk->info.site);
	}
	if (rc == 0 && !json_object_get(slip, "expires")) {
		days = ph_rule_days(desk->ledger, PH_RULE_HOLD_DAYS);
		ph_day_text(text, ph_desk_day(desk) + (int64_t)days);
		rc = ph_slip_text(slip, "expires", text, err);
	}
	return rc;
}

static const struct ph_form place = {
	.kind = "hold-place",
	.words = place_words,
	.fields = place_fields,
	.more = add_defaults,
};

static const struct ph_cli_option place_options[] = {
	{ "title", "REF", "any copy of this title" },
	{ "copy", "COPY", "this copy and no other" },
	{ "expires", "DATE", "last day (default: the province's days, else 30)" },
	{ "pickup", "SITE", "where it will be fetched (default: here)" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

static int run_place(struct ph_cli *cli, struct ph_error *err)
{
	if (ph_cli_has(cli, "title") == ph_cli_has(cli, "copy")) {
		return ph_cli_usage(cli, err,
				    ph_say("give --title or --copy, one of them",
					   "hãy cho --title hoặc --copy, một trong hai"));
	}
	return ph_form_run(cli, err);
}

const struct ph_cli_command ph_cmd_hold_place = {
	.name = "hold place",
	.group = "The desk",
	.args = "CARD --title REF | --copy COPY",
	.min_args = 1,
	.max_args = 1,
	.doc = "a reader waits for a book\n\n"
	       "It prints the reference by which the other commands name the hold.",
	.options = place_options,
	.run = run_place,
	.data = &place,
};

/* --- cancel --- */

static const struct ph_slip_field cancel_words[] = {
	{ .option = "HOLD",
	  .member = "hold",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_HOLD },
	{ 0 },
};

static const struct ph_slip_field cancel_fields[] = { PH_SLIP_NAMED("reason"), { 0 } };

static const struct ph_form cancel = {
	.kind = "hold-cancel",
	.words = cancel_words,
	.fields = cancel_fields,
};

static const struct ph_cli_option cancel_options[] = {
	{ "reason", "R", "reader, expired or other" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_hold_cancel = {
	.name = "hold cancel",
	.group = "The desk",
	.args = "HOLD",
	.min_args = 1,
	.max_args = 1,
	.doc = "a reader waits no more",
	.options = cancel_options,
	.run = ph_form_run,
	.data = &cancel,
};

/* --- ready --- */

static const struct ph_slip_field ready_words[] = {
	{ .option = "HOLD",
	  .member = "hold",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_HOLD },
	PH_SLIP_NAMED("copy"),
	{ 0 },
};

/* What would do nothing is refused. */
static int check_ready(struct ph_desk *desk, json_t *slip, struct ph_error *err)
{
	const char *text = json_string_value(json_object_get(slip, "hold"));
	const char *code = json_string_value(json_object_get(slip, "copy"));
	struct ph_ref hold;
	struct ph_id copy;
	int rc =
		ph_scan_ref(text, ph_say("a hold", "một lượt đặt giữ"), NULL, &hold, err);

	rc = rc != 0 ? rc
		     : ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(code), &copy,
			       err);
	return rc != 0 ? rc
		       : ph_holding_check(desk, &hold, &copy, ph_desk_day(desk), err);
}

static const struct ph_form ready = {
	.kind = "hold-ready",
	.words = ready_words,
	.more = check_ready,
};

static const struct ph_cli_option ready_options[] = {
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_hold_ready = {
	.name = "hold ready",
	.group = "The desk",
	.args = "HOLD COPY",
	.min_args = 2,
	.max_args = 2,
	.doc = "a copy in hand is laid aside for whoever waits",
	.options = ready_options,
	.run = ph_form_run,
	.data = &ready,
};
