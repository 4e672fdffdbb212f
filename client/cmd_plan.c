/*
 * client/cmd_plan.c - packhorse plan: what each road would carry, and what it would cost.
 *
 * What waits is packed as it would be, measured and thrown away; nothing is sent and no
 * bundle's number used up. A session costs a greeting beside it, and what the hub has for
 * this site, which nobody here can know: a quarter of the budget is left for that.
 */
#include <stdio.h>

#include "client/budget_rows.h"
#include "client/commands.h"
#include "client/site_bundle.h"

#define GREETING 500 /* bytes both ways of a session in which nothing moves, and some */

struct plan {
	struct ph_budget budget;
	struct ph_site_measured all; /* with parts where they are shortest */
	uint64_t network;            /* bytes that a session would cost */
	uint64_t entries_fit, parts_fit;
	bool fits;
};

/* Of the budget's rest, what may go up. */
static uint64_t share_up(const struct ph_budget *budget)
{
	uint64_t up = budget->left - budget->left / 4;

	return budget->left < PH_BUDGET_LEAST || up < GREETING ? 0 : up - GREETING;
}

static int make_plan(struct ph_site *site, struct plan *plan, struct ph_error *err)
{
	struct ph_site_measured tight;
	int rc = ph_site_budget(site, &plan->budget);

	if (rc < 0) {
		return ph_fail_errno(err, rc, "reading this site's store");
	}
	rc = ph_site_measure(site, false, 0, &plan->all, err);
	if (rc < 0) {
		return rc;
	}
	plan->network = plan->all.bytes + GREETING;
	plan->fits = plan->budget.left == PH_BUDGET_NONE ||
		     (share_up(&plan->budget) > 0 &&
		      plan->all.bytes <= share_up(&plan->budget));
	plan->entries_fit = plan->all.entries;
	plan->parts_fit = plan->all.parts;
	if (!plan->fits) {
		rc = ph_site_measure(site, true, share_up(&plan->budget), &tight, err);
		plan->entries_fit = tight.entries_in;
		plan->parts_fit = tight.parts_in;
	}
	return rc;
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

static int print_script(const struct ph_cli *cli, const struct plan *plan)
{
	const struct ph_site_measured *all = &plan->all;
	json_t *network = ph_budget_json(&plan->budget);

	if (network) {
		json_object_update_new(
			network, json_pack("{s:I, s:b, s:I, s:I, s:I, s:I}", "bytes",
					   (json_int_t)plan->network, "fits",
					   (int)plan->fits, "entries_fit",
					   (json_int_t)plan->entries_fit, "parts_fit",
					   (json_int_t)plan->parts_fit, "entries_wait",
					   (json_int_t)(all->entries - plan->entries_fit),
					   "parts_wait",
					   (json_int_t)(all->parts - plan->parts_fit)));
	}
	return ph_out_script(
		cli->json, json_pack("{s:i, s:I, s:I, s:o, s:{s:I, s:I}, s:o}", "schema",
				     1, "entries", (json_int_t)all->entries, "parts",
				     (json_int_t)all->parts, "classes", classes_json(all),
				     "stick", "bundles", (json_int_t)all->files, "bytes",
				     (json_int_t)all->bundle, "network", network));
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

static void headline(const struct plan *plan, char out[static 200])
{
	char number[3][PH_NUMBER_TEXT];

	if (plan->all.entries + plan->all.parts == 0) {
		snprintf(out, 200, "%s",
			 ph_say("nothing waits for the hub", "không còn gì chờ gửi"));
	} else if (plan->budget.left == PH_BUDGET_NONE) {
		snprintf(out, 200, ph_say("stick %s; network %s", "thẻ USB %s; mạng %s"),
			 ph_bytes_text(number[0], plan->all.bundle),
			 ph_bytes_text(number[1], plan->network));
	} else if (plan->fits) {
		snprintf(out, 200,
			 ph_say("stick %s; all of it (%s) fits the budget",
				"thẻ USB %s; gửi qua mạng đủ dung lượng (%s)"),
			 ph_bytes_text(number[0], plan->all.bundle),
			 ph_bytes_text(number[1], plan->network));
	} else {
		snprintf(out, 200,
			 ph_say("stick %s; %s of %s entries fit the budget",
				"thẻ USB %s; mạng chỉ đủ cho %s trên %s giao dịch"),
			 ph_bytes_text(number[0], plan->all.bundle),
			 ph_number(number[1], plan->entries_fit),
			 ph_number(number[2], plan->all.entries));
	}
}

static void wait_row(const struct plan *plan, struct ph_table *table)
{
	char number[2][PH_NUMBER_TEXT];

	if (!plan->fits) {
		ph_table_cell(table, ph_say("Waits for the stick", "Chờ thẻ USB"));
		ph_table_cellf(
			table,
			ph_say("%s entries, %s readers' details",
			       "%s giao dịch, %s thông tin bạn đọc"),
			ph_number(number[0], plan->all.entries - plan->entries_fit),
			ph_number(number[1], plan->all.parts - plan->parts_fit));
	}
}

static int print(const struct plan *plan)
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
				table, ph_say("%s entries, %s", "%s giao dịch, %s"),
				ph_number(number[0], plan->all.class[i].entries),
				ph_bytes_text(number[1], plan->all.class[i].bytes));
		}
	}
	ph_table_cell(table, ph_say("Stick or courier", "Thẻ USB, xe chuyển"));
	ph_table_cell(table, ph_bytes_text(number[0], plan->all.bundle));
	ph_table_cell(table, ph_say("Network", "Mạng"));
	ph_table_cell(table, ph_bytes_text(number[0], plan->network));
	wait_row(plan, table);
	ph_budget_rows(&plan->budget, table);
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct ph_site *site = NULL;
	struct plan plan = { 0 };
	int rc = ph_command_open(cli, &site, err);

	rc = rc == 0 ? make_plan(site, &plan, err) : rc;
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
	       "What waits for the hub is packed and measured; nothing is sent. What the "
	       "hub has\n"
	       "for this site is not known here: a quarter of what is left of the budget "
	       "is kept\n"
	       "for it.",
	.run = run,
};
