/*
 * client/cmd_privacy.c - packhorse privacy: everything that this folder has about a reader,
 * for the reader who asks.
 */
#include <errno.h>

#include "client/page.h"
#include "client/scan.h"
#include "common/cli/export.h"
#include "common/cli/out.h"
#include "common/cli/story_rows.h"
#include "common/ledger/privacy.h"

static int look(struct ph_scanner *scanner, const char *who, json_t **answer_out,
		struct ph_error *err)
{
	struct ph_opener opener = ph_page_opener(scanner->site);
	struct ph_ledger *ledger;
	struct ph_ref reader;
	int rc = ph_scan_reader(scanner, who, &reader, err);

	if (rc != 0) {
		return rc;
	}
	ledger = ph_site_ledger(scanner->site, err);
	return ledger ? ph_privacy(ledger, &reader, &opener, answer_out) : -EIO;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_scanner scanner = { .as_is = true };
	json_t *answer = NULL;
	int rc = ph_command_open(cli, &scanner.site, err);

	if (rc < 0) {
		return rc;
	}
	rc = look(&scanner, cli->args[0], &answer, err);
	if (rc == 0) {
		rc = json_object_set_new(answer, "schema", json_integer(1))
			     ? -ENOMEM
			     : ph_why_print(cli, json_incref(answer));
	} else if (rc > 0 || rc == -ENOENT) {
		rc = ph_page_unknown(cli, cli->args[0]);
	}
	json_decref(answer);
	ph_scanner_deinit(&scanner);
	ph_site_close(scanner.site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc,
				       ph_say("looking up a reader", "tìm bạn đọc"))
		       : rc;
}

static const struct ph_cli_option options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_privacy = {
	.name = "privacy",
	.group = "Readers",
	.args = "READER",
	.min_args = 1,
	.max_args = 1,
	.doc = "everything that is held here about one reader\n\n"
	       "READER is a card or a reference. All registrations that are the same "
	       "person, "
	       "with\n"
	       "their details, consents, cards, loans and how each ended, holds, money, "
	       "what was\n"
	       "taken back of any of these, and notes about them.",
	.options = options,
	.run = run,
};
