/*
 * client/cmd_list.c - packhorse list: what is here, out, overdue, expected, held; all titles,
 * readers, ...; the entries of a kind.
 *
 * One page at a time; of the former those of this site unless --site or --all says otherwise. Who has a
 * book is shown by name where this desk can open it, else by card.
 */
#include <errno.h>

#include "client/page.h"
#include "client/scan.h"
#include "common/cli/kind_rows.h"
#include "common/cli/list_page.h"
#include "common/cli/listing_rows.h"
#include "common/cli/out.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

/* While nothing is found: the agent's commands and sessions wait for a list. */
#define LOOK_MS       250

/* Which site; 0: all that this ledger knows. */
static int choose_site(const struct ph_cli *cli, struct ph_site *site, bool is_all,
		       uint64_t *number, struct ph_error *err)
{
	const char *code = ph_cli_get(cli, "site");
	struct ph_site_info info;

	ph_site_info(site, &info);
	*number = ph_cli_has(cli, "all") || is_all ? 0 : info.site;
	return code ? ph_scan_site(site, code, number, err) : 0;
}

/* A page; of a sheet all of them. */
static int read_items(const struct ph_cli *cli, struct ph_ledger *ledger,
		      const struct ph_list_query *asked, json_t **items,
		      char next[static PH_LISTING_NEXT])
{
	bool is_whole = ph_export_is_asked(cli) && !ph_cli_has(cli, "limit");

	next[0] = '\0';
	return is_whole ? ph_list_all(ledger, asked, items)
			: ph_list_page(ledger, asked, &ph_clock_system, LOOK_MS, items,
				       next);
}

static int show(const struct ph_cli *cli, struct ph_site *site,
		struct ph_list_query *asked, struct ph_error *err)
{
	struct ph_ledger *ledger = ph_site_ledger(site, err);
	const struct ph_opener opener = ph_page_opener(site);
	bool is_of_kind = asked->entries.kind != NULL;
	char next[PH_LISTING_NEXT];
	json_t *items = NULL;
	uint64_t number = 0;
	int rc = ledger ? choose_site(cli, site,
				      is_of_kind || ph_listing_is_roll(asked->list.list),
				      &number, err)
			: -EIO;

	if (rc < 0) {
		return rc;
	}
	asked->list.opener = asked->entries.opener = &opener;
	asked->list.sites = number != 0 ? &number : NULL;
	asked->entries.sites = asked->list.sites;
	asked->list.n_sites = asked->entries.n_sites = 1;
	rc = read_items(cli, ledger, asked, &items, next);
	if (rc == PH_LISTING_E_AFTER) {
		return ph_fail(
			err, PH_EXIT_USAGE, -EINVAL,
			ph_say("--after: \"%s\" is not where a page of this list ended",
			       "--after: “%s” không phải là chỗ kết thúc một trang của "
			       "danh sách này"),
			asked->list.after);
	}
	return rc < 0 ? rc
		      : ph_listing_print(cli, cli->args[0], items, next,
					 is_of_kind ? ph_kind_rows : ph_listing_rows);
}

/* What WHAT and the days are. */
static int ask(const struct ph_cli *cli, struct ph_list_query *asked,
	       struct ph_error *err)
{
	const char *period = ph_cli_get(cli, "period");
	const char *from = ph_cli_get(cli, "from");
	const char *to = ph_cli_get(cli, "to");
	int list = ph_listing_named(cli->args[0]);

	asked->list.list = (enum ph_listing)list;
	asked->list.after = asked->entries.after = ph_cli_get(cli, "after");
	if (list >= 0) {
		return period || from || to
			       ? ph_cli_usage(
					 cli, err,
					 ph_say("--period, --from and --to are of "
						"entries of a kind alone",
						"--period, --from và --to chỉ dùng cho "
						"giao dịch của một loại"))
			       : 0;
	}
	asked->entries.kind = ph_kind_named(ph_view_str(cli->args[0]));
	return asked->entries.kind
		       ? ph_kind_days(period, from, to, &asked->entries, err)
		       : ph_cli_usage(cli, err,
				      ph_say("lists are " PH_LISTING_NAMES
					     ", or a kind of entries (docs/KINDS.md)",
					     "có các danh sách " PH_LISTING_NAMES
					     ", hoặc một loại giao dịch "
					     "(docs/KINDS.md)"));
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_list_query asked = { 0 };
	uint64_t limit = LIMIT_DEFAULT;
	struct ph_site *site = NULL;
	int rc = ask(cli, &asked, err);

	rc = rc != 0 ? rc : ph_cli_get_uint(cli, "limit", 1, LIMIT_MAX, &limit, err);
	rc = rc != 0 ? rc : ph_command_open(cli, &site, err);
	if (rc < 0) {
		return rc;
	}
	asked.list.limit = asked.entries.limit = limit;
	asked.list.day = ph_site_today(site);
	rc = show(cli, site, &asked, err);
	ph_site_close(site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc, ph_say("listing", "lập danh sách"))
		       : rc;
}

static const struct ph_cli_option options[] = {
	{ "site", "SITE", "of another site, by code or number" },
	{ "all", NULL, "of every site that is known here" },
	{ "period", "P",
	  "entries of a kind: of a year, quarter or month: 2026, 2026-Q3, 2026-09" },
	{ "from", "DAY", "entries of a kind: or from that day on" },
	{ "to", "DAY", "entries of a kind: up to that day" },
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
	       "here; all titles, readers, ...; entries of a kind\n"
	       "WHAT: here, out, overdue, expected, holds, of this site; all titles, "
	       "readers,\n"
	       "workers, models, targets, tallies (figures that no entry counts) known "
	       "here;\n"
	       "or a kind of entries (activity, donation, crate-dispatch, ...): each one "
	       "that is\n"
	       "here, a column a field.\n"
	       "A page at a time: the last line on standard error says how to go on.",
	.options = options,
	.run = run,
};
