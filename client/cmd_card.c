/*
 * client/cmd_card.c - packhorse card issue, show.
 *
 * A card is only a code; handing it to a reader is an entry of its own, so a lost card
 * is replaced without losing the reader. A card that belongs to another reader here is
 * refused unless --again says that this is meant.
 */
#include <errno.h>

#include "client/card.h"
#include "client/page.h"
#include "client/register.h"
#include "common/cli/out.h"

static int put(struct ph_desk *desk, struct ph_cli *cli, struct ph_error *err)
{
	const char *code = cli->n_args == 2 ? cli->args[0] : NULL;
	struct ph_ref reader;
	json_t *view = NULL;
	int found;
	int rc = ph_register_check(desk->site, PH_KIND_CARD_ISSUE, desk->behalf, err);

	rc = rc != 0 ? rc
		     : ph_scan_reader(&desk->scanner, cli->args[cli->n_args - 1], &reader,
				      err);

	rc = rc != 0 ? rc : ph_desk_look_entry(desk, PH_KIND_READER_PUT, &reader, err);
	if (rc < 0) {
		return rc;
	}
	found = ph_view_reader(desk->ledger, &reader, NULL, &view);
	json_decref(view);
	return found < 0 ? ph_fail_errno(err, found,
					 ph_say("looking up a reader", "tìm bạn đọc"))
			 : ph_card_put(desk, code, &reader, found > 0, err);
}

static int run_issue(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_desk desk;
	int rc;

	if ((cli->n_args == 1) != ph_cli_has(cli, "print-card")) {
		return ph_cli_usage(
			cli, err,
			ph_say("give a card, or --print-card for a new code",
			       "hãy cho mã thẻ, hoặc --print-card để in mã mới"));
	}
	rc = ph_desk_open(&desk, cli, err);
	if (rc < 0) {
		return rc;
	}
	rc = put(&desk, cli, err);
	rc = rc != 0 ? rc : ph_desk_save(&desk, err);
	ph_desk_close(&desk);
	return rc;
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_ledger *ledger = NULL;
	struct ph_opener opener;
	json_t *view = NULL;
	struct ph_id id;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	opener = ph_page_opener(site);
	rc = ph_site_resolve(site, PH_T_CARD_ID, ph_view_str(cli->args[0]), &id, NULL,
			     err);
	if (rc == 0) {
		ledger = ph_site_ledger(site, err);
		rc = ledger ? ph_view_card(ledger, &id, &opener, &view) : -EIO;
	}
	if (rc == 0) {
		rc = ph_page_print(cli, ledger, view);
	} else if (rc > 0) {
		rc = ph_page_unknown(cli, cli->args[0]);
	}
	ph_site_close(site);
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("showing a card", "hiện thẻ")) : rc;
}

static const struct ph_cli_option options[] = {
	{ "print-card", NULL, "a new code of this device's block instead of CARD" },
	{ "again", NULL, "also if the card is another reader's" },
	PH_SLIP_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_card_issue = {
	.name = "card issue",
	.group = "Readers",
	.args = "[CARD] READER",
	.min_args = 1,
	.max_args = 2,
	.doc = "hand a card to a reader\n\n"
	       "READER is a reference, or a card the reader already has.",
	.options = options,
	.run = run_issue,
};

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_card_show = {
	.name = "card show",
	.group = "Readers",
	.args = "CARD",
	.min_args = 1,
	.max_args = 1,
	.doc = "whose card it is, and what is out on it",
	.options = show_options,
	.run = run_show,
};
