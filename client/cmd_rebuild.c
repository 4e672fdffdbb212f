/*
 * client/cmd_rebuild.c - packhorse rebuild: make the ledger again from the logs.
 *
 * The logs are the truth and are not touched; the ledger made from them is dropped and
 * folded anew, which gives the same bytes unless the old one was damaged. Interrupted,
 * it goes on by itself with the next command.
 */
#include <errno.h>
#include <stdio.h>

#include "client/commands.h"
#include "common/cli/out.h"
#include "common/log/fingerprint.h"

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_ledger *ledger;
	uint8_t digest[32];
	bool fed;
	char hex[2 * sizeof(digest) + 1];
	char words[PH_FINGERPRINT_TEXT];
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	ledger = ph_site_ledger(site, err);
	rc = ledger ? ph_ledger_rebuild(ledger, err) : -EIO;
	if (rc == 0) {
		rc = ph_command_digest(site, digest, &fed, err);
	}
	ph_site_close(site);
	if (rc < 0) {
		return rc;
	}
	ph_hex(hex, digest, sizeof(digest));
	ph_fingerprint_text(digest, words);
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json, json_pack("{s:i, s:s, s:s}", "schema", 1,
							  "digest", hex, "words", words));
	}
	printf(ph_say("The ledger was made again; digest %s (%s)\n",
		      "Đã lập lại sổ; mã tổng %s (%s)\n"),
	       hex, words);
	return 0;
}

const struct ph_cli_command ph_cmd_rebuild = {
	.name = "rebuild",
	.group = "The store",
	.args = "",
	.doc = "make the ledger again from the logs; gives the same books",
	.run = run,
};
