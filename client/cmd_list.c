/*
 * client/cmd_list.c - packhorse list: what is here, out, overdue, expected, held; all titles,
 * readers, ....
 *
 * One page at a time; of the former those of this site unless --site or --all says otherwise. Who has a
 * book is shown by name where this desk can open it, else by card.
 */
#include <errno.h>

#include "client/page.h"
#include "client/scan.h"
#include "common/cli/listing_rows.h"
#include "common/cli/out.h"
#include "common/ledger/listing.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

/* Which site; 0: all that this ledger knows. */
static int choose_site(const struct ph_cli *cli, struct ph_site *site, bool is_roll,
		       uint64_t *number, struct ph_error *err)
{
	const char *code = ph_cli_get(cli, "site");
	struct ph_site_info info;

	ph_site_info(site, &info);
	*number = ph_cli_has(cli, "all") || is_roll ? 0 : info.site;
	return code ? ph_scan_site(site, code, number, err) : 0;
}

static int show(const struct ph_cli *cli, struct ph_site *site,
		struct ph_listing_query *query, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	const struct ph_opener opener = ph_page_opener(site);
	char next[PH_LISTING_NEXT];
	json_t *items = NULL;
	uint64_t number;
	int rc = ledger ? choose_site(cli, site, ph_listing_is_roll(query->list), &number,
				      err)
			: -EIO;

	if (rc < 0) {
		return rc;
	}
	query->opener = &opener;
	query->sites = number != 0 ? &number : NULL;
	query->n_sites = 1;
	if (ph_export_is_asked(cli) && !ph_cli_has(cli, "limit")) {
		next[0] = '\0';
		rc = ph_listing_all(ledger, query, &items);
	} else {
		rc = ph_listing(ledger, query, &items, next);
	}
	if (rc == PH_LISTING_E_AFTER) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       "--after: \"%s\" is not where a page of this list ended",
			       query->after);
	}
	return rc < 0 ? rc : ph_listing_print(cli, cli->args[0], items, next);
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	int list = ph_listing_named(cli->args[0]);
	struct ph_listing_query query = { .list = (enum ph_listing)list,
					  .after = ph_cli_get(cli, "after") };
	uint64_t limit = LIMIT_DEFAULT;
	struct ph_site *site = NULL;
	int rc;

	if (list < 0) {
		return ph_cli_usage(cli, err,
				    ph_say("lists are " PH_LISTING_NAMES,
					   "có các danh sách " PH_LISTING_NAMES));
	}
	rc = ph_cli_get_uint(cli, "limit", 1, LIMIT_MAX, &limit, err);
	rc = rc != 0 ? rc : ph_command_open(cli, &site, err);
	if (rc < 0) {
		return rc;
	}
	query.limit = limit;
	query.day = ph_site_today(site);
	rc = show(cli, site, &query, err);
	ph_site_close(site);
	return rc < 0 && rc != PH_OUT_LOST ? ph_fail_errno(err, rc, "listing") : rc;
}

static const struct ph_cli_option options[] = {
	{ "site", "SITE", "of another site, by code or number" },
	{ "all", NULL, "of every site that is known here" },
	{ "limit", "N", "at most so many (default 50)" },
	{ "after", "PLACE", "go on where the last page ended" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_list = {
	.name = "list",
	.group = "The desk",
	.args = "WHAT",
	.min_args = 1,
	.max_args = 1,
	.doc = "copies here, out, overdue, on their way here; holds to be picked up "
	       "here; all titles, readers, ...\n"
	       "WHAT: here, out, overdue, expected, holds, of this site; all titles, "
	       "readers,\n"
	       "workers, models, targets, tallies (figures that no entry counts) known "
	       "here.\n"
	       "A page at a time: the last line on standard error says how to go on.",
	.options = options,
	.run = run,
};
