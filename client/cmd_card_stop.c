/*
 * client/cmd_card_stop.c - packhorse card stop, replace: a card is to be used no more.
 *
 * A card is only a code, so a lost one is stopped and another issued; the reader, and what
 * is out on the old card, stay as they are. `replace` is both in one commit.
 */
#include <errno.h>
#include <string.h>

#include "client/card.h"
#include "client/form.h"
#include "common/cli/out.h"

static const struct ph_slip_field card = PH_SLIP_NAMED("card");
static const struct ph_slip_field fields[] = { PH_SLIP_NAMED("reason"), { 0 } };

static const struct ph_form stop = {
	.kind = "card-stop",
	.each = &card,
	.fields = fields,
};

static const struct ph_cli_option stop_options[] = {
	{ "reason", "R", "lost, damaged, returned, expired or other" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_card_stop = {
	.name = "card stop",
	.group = "Readers",
	.args = "CARD...",
	.min_args = 1,
	.max_args = -1,
	.doc = "cards are to be used no more",
	.options = stop_options,
	.run = ph_form_run,
	.data = &stop,
};

/* --- replace --- */

static int put_both(struct ph_desk *desk, const struct ph_cli *cli, struct ph_error *err)
{
	const char *code = cli->n_args == 2 ? cli->args[1] : NULL;
	struct ph_ref reader;
	int rc = ph_scan_reader(&desk->scanner, cli->args[0], &reader, err);

	rc = rc != 0 ? rc : ph_form_put(desk, &stop, NULL, 0, cli->args[0], err);
	return rc != 0 ? rc : ph_card_put(desk, code, &reader, false, err);
}

static int run_replace(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if ((cli->n_args == 1) != ph_cli_has(cli, "print-card")) {
		return ph_cli_usage(
			cli, err,
			ph_say("give the new card, or --print-card for a new code",
			       "hãy cho thẻ mới, hoặc --print-card để in mã mới"));
	}
	if (cli->n_args == 2 && strcmp(cli->args[0], cli->args[1]) == 0) {
		return ph_cli_usage(
			cli, err,
			ph_say("both are the same: codes are never reused",
			       "hai mã giống nhau: mã không bao giờ dùng lại"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put_both(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static const struct ph_cli_option replace_options[] = {
	{ "print-card", NULL, "a new code of this device's block instead of NEW" },
	{ "reason", "R", "lost, damaged, returned, expired or other" },
	{ "again", NULL, "also if NEW is another reader's" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_card_replace = {
	.name = "card replace",
	.group = "Readers",
	.args = "OLD [NEW]",
	.min_args = 1,
	.max_args = 2,
	.doc = "stop a reader's card and hand out another",
	.options = replace_options,
	.run = run_replace,
};
