/*
 * client/cmd_verify.c - packhorse verify: is all of it still what it was?
 *
 * Three looks, each deeper: SQLite's own check of the file; every chain, seal,
 * commitment and receipt in the journal; and the ledger against a fold of the same
 * entries in memory. The first that fails says what is damaged and where
 * (PH_EXIT_DAMAGED). What others on the machine may read or change in the folder is told, and is
 * no failure: it is whole all the same. Nothing is changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/commands.h"
#include "common/cli/out.h"
#include "common/cli/rights.h"

/* The digest of a ledger folded anew, in memory. */
static int fresh_digest(struct ph_site *site, uint8_t digest[static 32],
			struct ph_error *err)
{
	struct ph_ledger *ledger = NULL;
	struct ph_db *db = NULL;
	int rc = ph_db_open(&db,
			    &(struct ph_db_config){ .path = ":memory:",
						    .application = PH_STORE_SITE,
						    .steps = ph_journal_steps,
						    .n_steps = ph_journal_steps_count,
						    .create = true },
			    err);

	if (rc == 0) {
		rc = ph_ledger_open(&ledger,
				    &(struct ph_ledger_config){
					    .journal = ph_site_journal(site),
					    .db = db,
					    .speakers = ph_site_speakers(site),
					    .fed = ph_journal_db(ph_site_journal(site)) },
				    err);
	}
	if (rc == 0) {
		rc = ph_ledger_digest(ledger, digest, err);
	}
	ph_ledger_free(ledger);
	ph_db_close(db);
	return rc;
}

static int check_ledger(struct ph_site *site, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	uint8_t held[32];
	uint8_t fresh[32];
	int rc = ledger ? ph_ledger_digest(ledger, held, err) : -EUCLEAN;

	if (rc == 0) {
		rc = fresh_digest(site, fresh, err);
	}
	if (rc == 0 && memcmp(held, fresh, sizeof(held)) != 0) {
		rc = ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			     ph_say("the ledger is not what the logs give; the logs are "
				    "whole: `packhorse rebuild` makes it again",
				    "sổ không đúng với nhật ký; các nhật ký còn nguyên: "
				    "`packhorse rebuild` lập lại sổ"));
	}
	return rc;
}

static json_t *as_json(const struct ph_journal_counts *counts)
{
	return json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "schema", 1,
			 "ok", 1, "logs", (json_int_t)counts->logs, "entries",
			 (json_int_t)counts->entries, "seals", (json_int_t)counts->seals,
			 "parts", (json_int_t)counts->parts, "parts_missing",
			 (json_int_t)counts->parts_missing, "parts_erased",
			 (json_int_t)counts->parts_erased, "receipts",
			 (json_int_t)counts->receipts);
}

/* What was found whole, and what others on the machine may do to it. 0 or negative errno. */
static int say(const struct ph_cli *cli, const struct ph_journal_counts *counts)
{
	json_t *answer = as_json(counts);
	int rc = answer ? ph_rights_look(cli->dir, answer) : -ENOMEM;

	if (rc == 0 && (cli->json || cli->plain)) {
		return ph_out_script(cli->json, answer);
	}
	if (rc == 0) {
		printf(ph_say("All is whole: %" PRIu64 " entries in %" PRIu64
			      " logs, %" PRIu64 " seals, %" PRIu64
			      " sealed parts, %" PRIu64
			      " receipts; the ledger is what they give.\n",
			      "Tất cả còn nguyên: %" PRIu64 " giao dịch trong %" PRIu64
			      " nhật ký, %" PRIu64 " dấu niêm, %" PRIu64
			      " phần niêm phong, %" PRIu64
			      " biên nhận; sổ khớp với nhật ký.\n"),
		       counts->entries, counts->logs, counts->seals, counts->parts,
		       counts->receipts);
		ph_rights_tell(cli->dir, answer);
	}
	json_decref(answer);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_journal_counts counts = { 0 };
	struct ph_site *site = NULL;
	int rc = ph_command_open(cli, &site, err);

	if (rc == 0) {
		rc = ph_db_check(ph_journal_db(ph_site_journal(site)), true, err);
	}
	if (rc == 0) {
		rc = ph_journal_verify(ph_site_journal(site), ph_site_sign(site)->key,
				       &counts, err);
	}
	if (rc == 0) {
		rc = check_ledger(site, err);
	}
	ph_site_close(site);
	if (rc < 0) {
		return rc;
	}
	return say(cli, &counts);
}

const struct ph_cli_command ph_cmd_verify = {
	.name = "verify",
	.group = "The store",
	.args = "",
	.doc = "check file, chains, seals, sealed parts, receipts and ledger; changes "
	       "nothing",
	.run = run,
};
