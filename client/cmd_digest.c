/*
 * client/cmd_digest.c - packhorse digest: one hash of all that this site concludes.
 *
 * The ledger is brought up to date first. A device that is fed prints the digest of what
 * concerns its site: with everything receipted and its feed applied to the end it is what
 * the hub prints for it. One that is not (it is not confirmed yet) has its own entries and
 * the control log only, and prints the digest of all of it, as the hub does for it.
 * Its first 40 bits are told as words too, for the telephone (docs/MERGE.md, "Digest").
 */
#include <errno.h>
#include <stdio.h>

#include "client/commands.h"
#include "common/cli/out.h"
#include "common/ledger/device.h"
#include "common/ledger/scope.h"
#include "common/log/fingerprint.h"

/* Whether the control log confirms this device, so that the hub feeds it. */
static int is_fed(struct ph_ledger *ledger, const struct ph_site_info *info,
		  bool *fed_out)
{
	struct ph_device_state device;
	int rc = ph_device_load(ledger, info->device_id, &device);

	*fed_out = false;
	if (rc == 0) {
		*fed_out = ph_device_trusted(&device);
		ph_device_deinit(&device);
	}
	return rc < 0 ? rc : 0;
}

int ph_command_digest(struct ph_site *site, uint8_t out[static 32], bool *fed_out,
		      struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	struct ph_site_info info;
	int rc;

	if (!ledger) {
		return -EIO;
	}
	ph_site_info(site, &info);
	rc = is_fed(ledger, &info, fed_out);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("reading the ledger", "đọc sổ"));
	}
	if (!*fed_out) {
		return ph_ledger_digest(ledger, out, err);
	}
	return ph_scope_digest(
		&(struct ph_scope_digest){ .ledger = ledger,
					   .common = ledger,
					   .site = info.site,
					   .fed = ph_journal_db(ph_site_journal(site)) },
		out, NULL);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	bool fed = false;
	uint8_t digest[32];
	char hex[2 * sizeof(digest) + 1];
	char words[PH_FINGERPRINT_TEXT];
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_command_digest(site, digest, &fed, err);
	ph_site_close(site);
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("folding the ledger", "lập sổ"));
	}
	ph_hex(hex, digest, sizeof(digest));
	ph_fingerprint_text(digest, words);
	if (cli->json || cli->plain) {
		return ph_out_script(cli->json,
				     json_pack("{s:i, s:s, s:s, s:b}", "schema", 1,
					       "digest", hex, "words", words, "fed",
					       (int)fed));
	}
	printf("%s\n%s\n", hex, words);
	return 0;
}

const struct ph_cli_command ph_cmd_digest = {
	.name = "digest",
	.group = "The store",
	.args = "",
	.doc = "the hash of this site's ledger; equal hashes mean equal books\n"
	       "\n"
	       "Below it are four syllables to be read over the telephone. `packhorsed "
	       "digest\n"
	       "--site CODE` tells those that this site should have: equal words, equal "
	       "books.",
	.run = run,
};
