/*
 * client/cmd_figures.c - packhorse figures: what this site counted in a period.
 *
 * What `signoff` stands for: each counter by name, and the digest of them all, which the hub
 * makes of what it holds of this site (common/ledger/seen.h). What the site has now stands
 * beside it and is not in the digest.
 */
#include <errno.h>
#include <string.h>

#include "client/commands.h"
#include "client/own_figures.h"
#include "common/base/clock.h"
#include "common/cli/counter_words.h"
#include "common/cli/export.h"
#include "common/cli/out.h"

struct sheet {
	struct ph_own_figures figures;
	struct ph_stock stock;
	uint64_t pending; /* entries without a receipt */
};

/* --- which days --- */

static int read_day(const char *option, const char *text, int64_t *day,
		    struct ph_error *err)
{
	if (ph_day_parse(text, strlen(text), day) == 0 && *day >= 0 &&
	    *day <= PH_DAY_MAX) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
		       ph_say("--%s: \"%.40s\" is not a day from 1970 to 2999, as "
			      "2026-09-22",
			      "--%s: \"%.40s\" không phải một ngày từ 1970 đến 2999, "
			      "như 2026-09-22"),
		       option, text);
}

static int read_days(const struct ph_cli *cli, struct ph_own_figures *figures,
		     struct ph_error *err)
{
	const char *from = ph_cli_get(cli, "from");
	const char *to = ph_cli_get(cli, "to");
	int rc;

	if (!from || !to) {
		return ph_cli_usage(cli, err,
				    ph_say("--period, or --from and --to are needed",
					   "cần có --period, hoặc --from và --to"));
	}
	rc = read_day("from", from, &figures->from, err);
	rc = rc != 0 ? rc : read_day("to", to, &figures->to, err);
	return rc == 0 && figures->from > figures->to
		       ? ph_fail(err, PH_EXIT_USAGE, -EINVAL, "%s",
				 ph_say("--from is behind --to: no day lies between",
					"--from sau --to: không có ngày nào ở giữa"))
		       : rc;
}

static int choose(const struct ph_cli *cli, int64_t today, struct ph_own_figures *figures,
		  struct ph_error *err)
{
	const char *period = ph_cli_get(cli, "period");

	if (!period) {
		return read_days(cli, figures, err);
	}
	return ph_cli_has(cli, "from") || ph_cli_has(cli, "to")
		       ? ph_cli_usage(cli, err,
				      ph_say("--period, or --from and --to: not both",
					     "--period, hoặc --from và --to: không phải "
					     "cả hai"))
		       : ph_own_period(period, today, figures, err);
}

/* --- the sheet --- */

static int load(const struct ph_cli *cli, struct ph_site *site, struct sheet *sheet,
		struct ph_error *err)
{
	struct ph_ledger *ledger;
	struct ph_site_state state;
	struct ph_site_info info;
	int rc = choose(cli, ph_site_today(site), &sheet->figures, err);

	if (rc < 0) {
		return rc;
	}
	ledger = ph_site_ledger(site, err);
	if (!ledger) {
		return -EIO;
	}
	ph_site_info(site, &info);
	rc = ph_own_figures_sum(ledger, info.site, &sheet->figures, err);
	rc = rc != 0 ? rc : ph_stock_now(ledger, info.site, &sheet->stock);
	rc = rc != 0 ? rc : ph_site_state(site, &state);
	if (rc == 0) {
		sheet->pending = state.entries - state.receipted;
	}
	return rc < 0 ? ph_fail_errno(err, rc, ph_say("summing up", "cộng số liệu")) : 0;
}

/* --- for scripts --- */

static json_t *counters(const struct ph_tally *tally)
{
	json_t *object = json_object();

	for (unsigned key = 0; object && key < PH_TALLY_KEYS; key++) {
		char name[PH_COUNTER_TEXT];

		ph_counter_name(name, key);
		if (tally->count[key] != 0 &&
		    json_object_set_new(object, name,
					json_integer((json_int_t)tally->count[key])) !=
			    0) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

static int print_script(const struct ph_cli *cli, const struct sheet *sheet)
{
	const struct ph_own_figures *figures = &sheet->figures;
	const char *name = figures->period[0] ? figures->period : NULL;
	char from[PH_TIME_TEXT], to[PH_TIME_TEXT];

	ph_day_text(from, figures->from);
	ph_day_text(to, figures->to);
	return ph_out_script(
		cli->json,
		json_pack("{s:i, s:{s:s*, s:s, s:s}, s:I, s:o, s:{s:I, s:I}, s:I, s:s}",
			  "schema", 1, "period", "name", name, "from", from, "to", to,
			  "site", (json_int_t)figures->site, "figures",
			  counters(&figures->tally), "stock", "copies",
			  (json_int_t)sheet->stock.copies, "titles",
			  (json_int_t)sheet->stock.titles, "pending",
			  (json_int_t)sheet->pending, "seen", figures->seen));
}

/* A line a counter, and the digest as the last one. */
static int print_export(const struct sheet *sheet)
{
	static const char *const headings[] = { "counter", "count" };
	struct ph_table *table = ph_table_new(headings, 2, false);
	int rc;

	for (unsigned key = 0; key < PH_TALLY_KEYS; key++) {
		char name[PH_COUNTER_TEXT];

		if (sheet->figures.tally.count[key] != 0) {
			ph_counter_name(name, key);
			ph_table_cell(table, name);
			ph_table_number(table,
					(long long)sheet->figures.tally.count[key]);
		}
	}
	ph_table_cell(table, "stock.copies");
	ph_table_number(table, (long long)sheet->stock.copies);
	ph_table_cell(table, "stock.titles");
	ph_table_number(table, (long long)sheet->stock.titles);
	ph_table_cell(table, "seen");
	ph_table_cell(table, sheet->figures.seen);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

/* --- for people --- */

static void fill(struct ph_table *table, const struct sheet *sheet)
{
	char number[PH_NUMBER_TEXT];

	for (unsigned key = 0; key < PH_TALLY_KEYS; key++) {
		char name[PH_COUNTER_TEXT], words[PH_COUNTER_WORDS];

		if (sheet->figures.tally.count[key] != 0) {
			ph_counter_name(name, key);
			ph_table_cell(table, ph_counter_say(words, name));
			ph_table_cell(table,
				      ph_number(number, sheet->figures.tally.count[key]));
		}
	}
	ph_table_cell(table, ph_say("in the stock now", "vốn sách hiện nay"));
	ph_table_cellf(table, ph_say("%s copies", "%s bản"),
		       ph_number(number, sheet->stock.copies));
	ph_table_cell(table, ph_say("of titles", "thuộc số nhan đề"));
	ph_table_cell(table, ph_number(number, sheet->stock.titles));
}

static int print(const struct sheet *sheet)
{
	const struct ph_own_figures *figures = &sheet->figures;
	char days[2 * PH_TIME_TEXT + 8], from[PH_TIME_TEXT], to[PH_TIME_TEXT];
	char number[PH_NUMBER_TEXT];
	const char *headings[2] = { ph_say("What this site counted", "Số liệu của điểm"),
				    days };
	struct ph_table *table;
	int rc;

	ph_day_text(from, figures->from);
	ph_day_text(to, figures->to);
	snprintf(days, sizeof(days), "%s – %s", from, to);
	table = ph_table_new(headings, 2, false);
	fill(table, sheet);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	if (rc < 0) {
		return rc;
	}
	if (sheet->pending > 0) {
		printf(ph_say_n(sheet->pending,
				"\n%s entry waits here: the hub does not count it yet.\n",
				"\n%s entries wait here: the hub does not count them "
				"yet.\n",
				"\nCòn %s giao dịch chờ gửi: ở tỉnh chưa tính.\n"),
		       ph_number(number, sheet->pending));
	}
	printf(ph_say("\nTo sign what stands above: packhorse signoff REPORT --seen %s\n",
		      "\nĐể ký số liệu trên: packhorse signoff BÁO-CÁO --seen %s\n"),
	       figures->seen);
	return 0;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct sheet sheet = { 0 };
	int rc = ph_command_open(cli, &site, err);

	rc = rc != 0 ? rc : load(cli, site, &sheet, err);
	ph_site_close(site);
	if (rc < 0) {
		return rc;
	}
	return ph_export_is_asked(cli)   ? print_export(&sheet)
	       : cli->json || cli->plain ? print_script(cli, &sheet)
					 : print(&sheet);
}

static const struct ph_cli_option options[] = {
	{ "period", "P", "a year, quarter or month: 2026, 2026-Q3, 2026-09" },
	{ "from", "DAY", "or any days: the first" },
	{ "to", "DAY", "and the last" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_figures = {
	.name = "figures",
	.group = "The programme",
	.args = "--period P | --from DAY --to DAY",
	.doc = "what this site counted in a period, and the digest to sign it off by\n"
	       "\n"
	       "Loans, returns, visits by band, cards, additions, withdrawals, ...: as "
	       "this\n"
	       "device knows them. The digest is what `signoff --seen` takes; the hub "
	       "tells\n"
	       "whether it counts the same.",
	.options = options,
	.run = run,
};
