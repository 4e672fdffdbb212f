/*
 * client/cmd_digest.c - packhorse digest: one hash of all that this site concludes.
 *
 * The ledger is brought up to date first. A device that is fed prints the digest of what
 * concerns its site: with everything receipted and its feed applied to the end it is what
 * the hub prints for it. One that is not (it is not confirmed yet) has its own entries and
 * the control log only, and prints the digest of all of it, as the hub does for it.
 */
#include <errno.h>
#include <stdio.h>

#include "client/commands.h"
#include "common/cli/out.h"
#include "common/ledger/fed.h"
#include "common/ledger/scope.h"

static int make(struct ph_site *site, uint8_t out[static 32], bool *fed_out,
		struct ph_error *err)
{
	struct ph_db *db = ph_journal_db(ph_site_journal(site));
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	struct ph_fed_cursor cursor;
	struct ph_site_info info;
	int rc = ledger ? ph_fed_cursor_get(db, &cursor) : -EIO;

	if (rc < 0) {
		return rc;
	}
	*fed_out = cursor.scope > 0;
	if (!*fed_out) {
		return ph_ledger_digest(ledger, out, err);
	}
	ph_site_info(site, &info);
	return ph_scope_digest(
		&(struct ph_scope_digest){
			.ledger = ledger, .common = ledger, .site = info.site, .fed = db },
		out, NULL);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	bool fed = false;
	uint8_t digest[32];
	char hex[2 * sizeof(digest) + 1];
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	rc = make(site, digest, &fed, err);
	ph_site_close(site);
	if (rc < 0) {
		return ph_fail_errno(err, rc, "folding the ledger");
	}
	ph_hex(hex, digest, sizeof(digest));
	if (cli->json) {
		return ph_out_json(json_pack("{s:i, s:s, s:b}", "schema", 1, "digest", hex,
					     "fed", (int)fed));
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
