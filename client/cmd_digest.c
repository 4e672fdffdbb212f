/*
 * client/cmd_digest.c - packhorse digest: one hash of all that this site concludes.
 *
 * The ledger is brought up to date first. Two machines that hold the same entries
 * print the same digest; until feeds exist the hub's `digest --site CODE` is of the
 * same entries as a site's own, once all is receipted.
 */
#include <errno.h>
#include <stdio.h>

#include "client/commands.h"
#include "common/cli/out.h"

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_ledger *ledger;
	uint8_t digest[32];
	char hex[2 * sizeof(digest) + 1];
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	ledger = ph_site_ledger(site, err);
	rc = ledger ? ph_ledger_digest(ledger, digest, err) : -EIO;
	ph_site_close(site);
	if (rc < 0) {
		return rc;
	}
	ph_hex(hex, digest, sizeof(digest));
	if (cli->json) {
		return ph_out_json(json_pack("{s:i, s:s}", "schema", 1, "digest", hex));
	}
	printf("%s\n", hex);
	return 0;
}

const struct ph_cli_command ph_cmd_digest = {
	.name = "digest",
	.group = "The store",
	.args = "",
	.doc = "the hash of this site's ledger; equal hashes mean equal books",
	.run = run,
};
