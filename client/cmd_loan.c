/*
 * client/cmd_loan.c - packhorse loan: copies leave with a reader.
 *
 * The card first, then each copy, as the desk scans them; all loans are one commit. A
 * card or copy that is not known here is recorded all the same: the shelf is the truth. A
 * copy that was laid aside for this reader fills the hold; for another one, that is said.
 */
#include <errno.h>

#include "client/barred.h"
#include "client/holding.h"
#include "common/cli/out.h"

static const struct ph_slip_field fields[] = {
	{ .option = "hold",
	  .member = "hold",
	  .how = PH_SLIP_ENTITY,
	  .entity = PH_ENTITY_HOLD },
	{ 0 },
};

/* Was it laid aside for this reader? Then the loan fills the hold. */
static int find_hold(struct ph_desk *desk, const char *card, const char *copy,
		     json_t *slip, struct ph_error *err)
{
	struct ph_id card_id, copy_id;
	struct ph_ref hold;
	bool found = false, other = false;
	int rc = ph_scan(&desk->scanner, PH_T_CARD_ID, ph_view_str(card), &card_id, err);

	rc = rc != 0 ? rc
		     : ph_scan(&desk->scanner, PH_T_COPY_ID, ph_view_str(copy), &copy_id,
			       err);
	rc = rc != 0 ? rc
		     : ph_holding_of(desk, &copy_id, &card_id, &hold, &found, &other);
	if (rc == 0 && found) {
		rc = ph_slip_ref(slip, "hold", &hold);
	} else if (rc == 0 && other) {
		ph_desk_say(desk, copy,
			    ph_say("it was laid aside for another reader",
				   "bản sách này đang giữ cho bạn đọc khác"));
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("looking up holds", "tìm các lượt đặt giữ"))
		      : 0;
}

static int loan_one(struct ph_desk *desk, const char *card, const char *copy,
		    struct ph_error *err)
{
	json_t *slip = ph_desk_slip(desk, "loan", err);
	int rc = slip ? ph_slip_text(slip, "card", card, err) : -EINVAL;

	rc = rc != 0 ? rc : ph_slip_text(slip, "copy", copy, err);
	rc = rc != 0 ? rc : ph_desk_term(desk, slip, err);
	rc = rc != 0 ? rc : ph_desk_fields(desk, fields, slip, NULL, err);
	if (rc == 0 && !json_object_get(slip, "hold")) {
		rc = find_hold(desk, card, copy, slip, err);
	}
	if (rc != 0) {
		json_decref(slip);
		return rc;
	}
	return ph_desk_put(desk, &slip, NULL, err);
}

/* Is there anything against the card? The loan is recorded all the same. */
static int look_card(struct ph_desk *desk, const char *card, struct ph_error *err)
{
	const char *why = NULL;
	struct ph_id id;
	int rc = ph_scan(&desk->scanner, PH_T_CARD_ID, ph_view_str(card), &id, err);

	rc = rc != 0 ? rc : ph_barred(desk, &id, ph_desk_day(desk), &why);
	if (rc == 0 && why) {
		ph_desk_say(desk, card, why);
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("looking up a card", "tìm thẻ"))
		      : 0;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc = ph_desk_open(&desk, cli, err);

	if (rc < 0) {
		return rc;
	}
	rc = look_card(&desk, cli->args[0], err);
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
