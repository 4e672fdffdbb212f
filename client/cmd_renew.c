/*
 * client/cmd_renew.c - packhorse renew: loans are prolonged.
 *
 * A renewal names the card, if it was given, or else the loan that is open here. With
 * neither it applies to whichever loan was open at its time.
 */
#include <errno.h>

#include "client/open_loan.h"

static int renew_one(struct ph_desk *desk, const char *copy, struct ph_error *err)
{
	const char *card = ph_cli_get(desk->cli, "card");
	json_t *slip = ph_desk_slip(desk, "renew", err);
	bool found = false;
	int rc = slip ? ph_slip_text(slip, "copy", copy, err) : -EINVAL;

	if (rc == 0 && card) {
		found = true;
		rc = ph_slip_text(slip, "card", card, err);
	} else if (rc == 0) {
		rc = ph_open_loan(desk, copy, slip, &found, err);
	}
	rc = rc != 0 ? rc : ph_desk_term(desk, slip, err);
	if (rc != 0) {
		json_decref(slip);
		return rc;
	}
	desk->ref_unknown = !found;
	return ph_desk_put(desk, &slip, NULL, err);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	for (int i = 0; rc == 0 && i < cli->n_args; i++) {
		rc = renew_one(&desk, cli->args[i], err);
	}
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option options[] = {
	{ "card", "CARD", "the card it is out on" },
	{ "term", "DAYS", "days until it is due (default: the province's, else 14)" },
	{ "due", "DATE", "day chosen by hand instead: 2026-10-06" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_renew = {
	.name = "renew",
	.group = "The desk",
	.args = "COPY...",
	.min_args = 1,
	.max_args = -1,
	.doc = "loans are prolonged",
	.options = options,
	.run = run,
};
