/*
 * client/cmd_plan.c - packhorse plan: what each road would carry, and what it would cost.
 *
 * What waits is packed as for a stick and thrown away; and a sync is gone through with nobody
 * at the other end (site_dry.c). Nothing is sent, and no bundle's number used up. All of it is done
 * in moments, between which others have the site: much waits where nothing was sent for long. What the hub
 * has for this site nobody here can know; a quarter of the budget is left for that.
 */
#include <stdio.h>

#include "client/budget_rows.h"
#include "client/commands.h"
#include "client/host.h"
#include "client/plan_roads.h"
#include "common/base/say.h"

static int measure(struct ph_site_aside *aside, struct ph_plan_roads *plan,
		   struct ph_error *err)
{
	int rc = ph_site_measure(aside, &plan->all, err);

	rc = rc == 0 ? ph_site_dry_run(aside, PH_BUDGET_NONE, &plan->whole, err) : rc;
	plan->fits = plan->whole;
	if (rc == 0 && plan->budget.left != PH_BUDGET_NONE) {
		rc = ph_site_dry_run(aside, plan->budget.left, &plan->fits, err);
	}
	return rc;
}

static int make_plan(struct ph_site *site, const struct ph_host *host,
		     struct ph_plan_roads *plan, struct ph_error *err)
{
	struct ph_site_aside aside;
	int rc = ph_site_budget(site, &plan->budget);

	rc = rc < 0 ? rc
		    : ph_site_aside_begin(&aside, site, host ? host->between : NULL,
					  host ? host->data : NULL);
	if (rc < 0) {
		return ph_fail_errno(
			err, rc,
			ph_say("reading this site's store", "đọc kho dữ liệu của điểm"));
	}
	rc = measure(&aside, plan, err);
	ph_site_aside_end(&aside);
	if (rc < 0) {
		return rc;
	}
	rc = ph_plan_roads_look(site, plan);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading this site's store",
					     "đọc kho dữ liệu của điểm"))
		      : 0;
}

/* ---- for scripts ---- */

static json_t *classes_json(const struct ph_site_measured *all)
{
	json_t *out = json_object();

	for (int i = 0; i < PH_CLASSES; i++) {
		json_object_set_new(out, ph_road_class_name(i),
				    json_pack("{s:I, s:I, s:I}", "entries",
					      (json_int_t)all->class[i].entries, "parts",
					      (json_int_t)all->class[i].parts, "bytes",
					      (json_int_t)all->class[i].bytes));
	}
	return out;
}

static int print_script(const struct ph_cli *cli, const struct ph_plan_roads *plan)
{
	const struct ph_site_measured *all = &plan->all;
	json_t *out = json_pack("{s:i, s:I, s:I, s:o}", "schema", 1, "entries",
				(json_int_t)all->entries, "parts", (json_int_t)all->parts,
				"classes", classes_json(all));

	ph_plan_roads_json(plan, out);
	return ph_out_script(cli->json, out);
}

/* ---- for people ---- */

static const char *class_words(enum ph_road_class class)
{
	switch (class) {
	case PH_CLASS_CIRCULATION:
		return ph_say("Loans and returns", "Mượn trả");
	case PH_CLASS_READERS:
		return ph_say("Readers", "Bạn đọc");
	case PH_CLASS_CATALOGUE:
		return ph_say("Catalogue", "Biên mục");
	default:
		return ph_say("The rest", "Khác");
	}
}

static void headline(const struct ph_plan_roads *plan, char out[static 200])
{
	char number[3][PH_NUMBER_TEXT];

	if (plan->all.entries + plan->all.parts == 0) {
		snprintf(out, 200, "%s",
			 ph_say("nothing waits for the hub", "không còn gì chờ gửi"));
	} else if (plan->budget.left == PH_BUDGET_NONE) {
		snprintf(out, 200, ph_say("stick %s; network %s", "thẻ USB %s; mạng %s"),
			 ph_bytes_text(number[0], plan->all.bundle),
			 ph_bytes_text(number[1], plan->whole.bytes));
	} else if (ph_plan_fits(plan)) {
		snprintf(out, 200,
			 ph_say("stick %s; all of it (%s) fits the budget",
				"thẻ USB %s; gửi qua mạng đủ dung lượng (%s)"),
			 ph_bytes_text(number[0], plan->all.bundle),
			 ph_bytes_text(number[1], plan->whole.bytes));
	} else {
		snprintf(out, 200,
			 ph_say("stick %s; %s of %s entries fit the budget",
				"thẻ USB %s; mạng chỉ đủ cho %s trên %s giao dịch"),
			 ph_bytes_text(number[0], plan->all.bundle),
			 ph_number(number[1], plan->fits.entries),
			 ph_number(number[2], plan->whole.entries));
	}
}

static void wait_row(const struct ph_plan_roads *plan, struct ph_table *table)
{
	char number[2][PH_NUMBER_TEXT];

	if (!ph_plan_fits(plan)) {
		ph_table_cell(table, ph_say("Waits for the stick", "Chờ thẻ USB"));
		ph_table_cellf(
			table,
			ph_say("%s entries, %s readers' details",
			       "%s giao dịch, %s thông tin bạn đọc"),
			ph_number(number[0], plan->whole.entries - plan->fits.entries),
			ph_number(number[1], plan->whole.parts - plan->fits.parts));
	}
}

static int print(const struct ph_plan_roads *plan)
{
	char text[200];
	char number[2][PH_NUMBER_TEXT];
	const char *headings[2] = {
		ph_say("What the roads would carry", "Gửi được bằng đường nào"), text
	};
	struct ph_table *table;
	int rc;

	headline(plan, text);
	table = ph_table_new(headings, 2, false);
	for (int i = 0; i < PH_CLASSES; i++) {
		if (plan->all.class[i].entries > 0) {
			ph_table_cell(table, class_words(i));
			ph_table_cellf(
				table,
				ph_say_n(plan->all.class[i].entries, "%s entry, %s",
					 "%s entries, %s", "%s giao dịch, %s"),
				ph_number(number[0], plan->all.class[i].entries),
				ph_bytes_text(number[1], plan->all.class[i].bytes));
		}
	}
	ph_plan_roads_rows(plan, table);
	wait_row(plan, table);
	ph_budget_rows(&plan->budget, table);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct ph_plan_roads plan = { 0 };
	int rc = ph_command_open(cli, &site, err);

	rc = rc == 0 ? make_plan(site, cli->host, &plan, err) : rc;
	if (rc == 0) {
		rc = cli->json || cli->plain ? print_script(cli, &plan) : print(&plan);
	}
	ph_site_close(site);
	return rc;
}

const struct ph_cli_command ph_cmd_plan = {
	.name = "plan",
	.group = "The road",
	.args = "",
	.doc = "what each road would carry and cost, and what fits this month's budget\n"
	       "\n"
	       "A sync is gone through with nobody at the other end: what would go, and "
	       "for how\n"
	       "many bytes; of the other PCs of the site, a courier and a stick, what "
	       "they "
	       "would\n"
	       "be given. Nothing is sent. What the hub has for this site is not known "
	       "here: a\n"
	       "quarter of what is left of the budget is kept for it.",
	.run = run,
};
