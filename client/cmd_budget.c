/*
 * client/cmd_budget.c - packhorse budget: what the network may cost in a month, and did.
 *
 * Counted are the bytes that sessions put on the stream and got from it; what the carrier
 * counts is a little more (addresses, confirmations): a twentieth is a good margin.
 */
#include <stdio.h>
#include <string.h>

#include "client/budget_rows.h"
#include "client/commands.h"
#include "common/base/say.h"
#include "common/cli/export.h"

/* For a sheet: what each road took, in bytes. */
static int road_rows(const struct ph_budget *budget)
{
	static const char *const columns[] = { "month", "road", "up", "down", "unsure" };
	struct ph_table *table = ph_table_new(columns, 5, false);
	int rc;

	for (int road = 0; road < PH_SPEND_ROADS; road++) {
		const struct ph_spent *spent = &budget->spent[road];

		ph_table_cell(table, budget->month);
		ph_table_cell(table, ph_spend_road_name(road));
		ph_table_number(table, (long long)spent->up);
		ph_table_number(table, (long long)spent->down);
		ph_table_number(table, (long long)spent->unsure);
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int print(const struct ph_cli *cli, const struct ph_budget *budget)
{
	char title[64];
	char left[PH_NUMBER_TEXT];
	const char *headings[2] = { title, left };
	struct ph_table *table;
	int rc;

	if (cli->json || cli->plain) {
		json_t *out = json_pack("{s:i, s:o}", "schema", 1, "network",
					ph_budget_json(budget));

		return ph_out_script(cli->json, out);
	}
	if (ph_export_is_asked(cli)) {
		return road_rows(budget);
	}
	snprintf(title, sizeof(title), ph_say("Data budget, %s", "Dung lượng mạng, %s"),
		 budget->month);
	if (budget->bytes == PH_BUDGET_NONE) {
		snprintf(left, sizeof(left), "%s", ph_say("none", "không đặt"));
	} else {
		ph_bytes_text(left, budget->bytes);
	}
	table = ph_table_new(headings, 2, false);
	ph_budget_rows(budget, table);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int run_show(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_budget budget;
	int rc = ph_command_open(cli, &site, err);

	if (rc < 0) {
		return rc;
	}
	rc = ph_site_budget(site, &budget);
	rc = rc < 0 ? ph_fail_errno(err, rc,
				    ph_say("reading this site's store",
					   "đọc kho dữ liệu của điểm"))
		    : print(cli, &budget);
	ph_site_close(site);
	return rc;
}

static int run_set(struct ph_cli *cli, struct ph_error *err)
{
	uint64_t bytes = PH_BUDGET_NONE;
	struct ph_site *site = NULL;
	struct ph_budget budget;
	int rc = strcmp(cli->args[0], "none") == 0
			 ? 0
			 : ph_bytes_parse(cli->args[0], &bytes, err);

	rc = rc == 0 ? ph_command_open(cli, &site, err) : rc;
	if (rc < 0) {
		return rc;
	}
	rc = ph_site_budget_set(site, bytes, err);
	if (rc == 0) {
		rc = ph_site_budget(site, &budget);
		rc = rc < 0 ? ph_fail_errno(err, rc,
					    ph_say("reading this site's store",
						   "đọc kho dữ liệu của điểm"))
			    : print(cli, &budget);
	}
	ph_site_close(site);
	return rc;
}

static const struct ph_cli_option show_options[] = { PH_EXPORT_OPTIONS, { 0 } };

const struct ph_cli_command ph_cmd_budget = {
	.name = "budget",
	.group = "The road",
	.args = "",
	.doc = "what the network may cost this month, and what the roads took",
	.options = show_options,
	.run = run_show,
};

const struct ph_cli_command ph_cmd_budget_set = {
	.name = "budget set",
	.group = "The road",
	.args = "SIZE",
	.min_args = 1,
	.max_args = 1,
	.doc = "set what the network may cost in a month\n"
	       "\n"
	       "SIZE is in bytes, or with kB, MB, GB behind it (20MB); none takes the "
	       "bound "
	       "away.\n"
	       "Sessions stop before it is exceeded; `sync --over-budget` goes on. "
	       "Months "
	       "are\n"
	       "those of UTC+7. What was spent in this month stays counted.",
	.run = run_set,
};
