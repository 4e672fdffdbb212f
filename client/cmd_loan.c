/*
 * client/cmd_loan.c - packhorse loan: copies leave with a reader.
 *
 * The card first, then each copy, as the desk scans them; all loans are one commit. A
 * card or copy that is not known here is recorded all the same: the shelf is the truth.
 */
#include <errno.h>

#include "client/slip.h"

static const struct ph_slip_field fields[] = {
	{ .option = "hold",
	  .member = "hold",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_HOLD },
	{ 0 },
};

static int loan_one(struct ph_desk *desk, const char *card, const char *copy,
		    struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "loan", err);
	int rc = slip ? ph_slip_text(slip, "card", card, err) : -EINVAL;

	rc = rc != 0 ? rc : ph_slip_text(slip, "copy", copy, err);
	rc = rc != 0 ? rc : ph_desk_term(desk, slip, err);
	rc = rc != 0 ? rc : ph_desk_fields(desk, fields, slip, NULL, err);
	if (rc != 0) {
		json_decref(slip);
		return rc;
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	for (int i = 1; rc == 0 && i < cli->n_args; i++) {
		rc = loan_one(&desk, cli->args[0], cli->args[i], err);
	}
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "term", "DAYS", "days until it is due (default: the province's, else 14)" },
	{ "due", "DATE", "day chosen by hand instead: 2026-10-06" },
	{ "hold", "REF", "the hold that it fills" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_loan = {
	.name = "loan",
	.group = "The desk",
	.args = "CARD COPY...",
	.min_args = 2,
	.max_args = -1,
	.doc = "copies leave with a reader\n\n"
	       "Scan the card, then each copy. What is not known here is recorded all "
	       "the\n"
	       "same and marked.",
	.options = options,
	.run = run,
};
