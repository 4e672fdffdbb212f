/*
 * client/cmd_find.c - packhorse find: titles, readers, copies and cards.
 *
 * Words are matched blind to Vietnamese marks and case, each as the beginning of a
 * word; a copy or card by its exact code. Readers' names are opened in memory, one
 * after another, and never stored; at a locked desk they are not, and that is said.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/page.h"
#include "client/scan.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/ledger/find.h"
#include "common/ledger/query.h"

#define LIMIT_DEFAULT 50
#define LIMIT_MAX     10000

struct finding {
	struct ph_site *site;
	struct ph_ledger *ledger;
	struct ph_opener opener;
	struct ph_buf text;
	size_t limit;
	bool is_locked; /* the desk: no name opens */
	json_t *titles, *readers, *copies, *cards;
};

static int join_words(const struct ph_cli *cli, struct ph_buf *text)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < cli->n_args; i++) {
		rc = ph_buf_printf(text, "%s%s", i ? " " : "", cli->args[i]);
	}
	return rc;
}

/* Beside each title its copies, with where they are. */
static int add_items(struct finding *finding)
{
	json_t *title;
	size_t i;

	json_array_foreach(finding->titles, i, title)
	{
		const char *text = json_string_value(json_object_get(title, "title"));
		json_t *items = NULL;
		struct ph_ref ref;
		int rc = text && ph_ref_parse(text, strlen(text), &ref) == 0
				 ? ph_query_copies(finding->ledger, &ref, &items)
				 : -EUCLEAN;

		if (rc == 0 && json_object_set_new(title, "items", items) != 0) {
			rc = -ENOMEM;
		}
		if (rc < 0) {
			return rc;
		}
	}
	return 0;
}

/* A copy or card with exactly this code, in whichever namespace it is known. */
static int find_code(struct finding *finding, enum ph_type type, json_t *list)
{
	struct ph_view code = ph_buf_view(&finding->text);
	json_t *view = NULL;
	struct ph_id id;
	int rc;

	if (code.len == 0 || code.len > PH_CODE_MAX) {
		return 0;
	}
	rc = ph_site_resolve(finding->site, type, code, &id, NULL, NULL);
	if (rc == 0) {
		rc = type == PH_T_COPY_ID ? ph_view_copy(finding->ledger, &id, &view)
					  : ph_view_card(finding->ledger, &id,
							 &finding->opener, &view);
	}
	if (rc == 0 && json_array_append_new(list, view) != 0) {
		rc = -ENOMEM;
	}
	return rc < 0 ? rc : 0;
}

static int find_all(struct finding *finding)
{
	struct ph_view text = ph_buf_view(&finding->text);
	int rc;

	finding->copies = json_array();
	finding->cards = json_array();
	if (!finding->copies || !finding->cards) {
		return -ENOMEM;
	}
	rc = ph_ledger_find_titles(finding->ledger, text, finding->limit,
				   &finding->titles);
	rc = rc != 0 ? rc : add_items(finding);
	rc = rc != 0 ? rc
		     : ph_ledger_find_readers(finding->ledger, text, 0, finding->limit,
					      &finding->opener, &finding->readers);
	rc = rc != 0 ? rc : find_code(finding, PH_T_COPY_ID, finding->copies);
	return rc != 0 ? rc : find_code(finding, PH_T_CARD_ID, finding->cards);
}

/* --- for people --- */

static const char *text_of(json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static const char *code_of(json_t *object, const char *member)
{
	return text_of(json_object_get(object, member), "code");
}

/* "000123 (lent), 000124 140371 Chiềng Khoa" */
static int where(struct ph_ledger *ledger, json_t *items, struct ph_buf *out)
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(items, i, item)
	{
		json_t *site = json_object_get(item, "site");
		char name[PH_PAGE_SITE_MAX] = "";

		if (json_is_true(json_object_get(item, "lent"))) {
			snprintf(name, sizeof(name), "%s", ph_say("lent", "đang mượn"));
		} else if (site) {
			ph_page_site(name, ledger, (uint64_t)json_integer_value(site));
		}
		rc = rc != 0 ? rc
			     : ph_buf_printf(out, "%s%s%s%s%s", i ? ", " : "",
					     code_of(item, "copy"), name[0] ? " (" : "",
					     name, name[0] ? ")" : "");
	}
	return rc != 0 ? rc : ph_buf_put_u8(out, '\0');
}

/* A year, or nothing. */
static void cell_year(struct ph_table *table, const json_t *year)
{
	if (year) {
		ph_table_number(table, json_integer_value(year));
	} else {
		ph_table_cell(table, "");
	}
}

/* References speak for themselves; a sheet has a heading above each column. */
static const char *id_heading(void)
{
	return ph_sheet_is_wanted() ? ph_say("REFERENCE", "THAM CHIẾU") : "";
}

/* Between two tables. */
static void part_from(size_t before)
{
	if (before > 0 && !ph_sheet_is_wanted()) {
		putchar('\n');
	}
}

static int print_titles(const struct ph_cli *cli, struct finding *finding)
{
	const char *headings[] = { ph_say("TITLE", "NHAN ĐỀ"),
				   ph_say("AUTHOR", "TÁC GIẢ"), ph_say("YEAR", "NĂM"),
				   ph_say("COPIES", "BẢN SÁCH"), id_heading() };
	struct ph_table *table = ph_table_new(headings, 5, cli->plain);
	struct ph_buf items = { 0 };
	json_t *title;
	size_t i;
	int rc = table ? 0 : -ENOMEM;

	json_array_foreach(finding->titles, i, title)
	{
		json_t *year = json_object_get(title, "year");

		items.len = 0;
		rc = rc != 0 ? rc
			     : where(finding->ledger, json_object_get(title, "items"),
				     &items);
		if (rc != 0) {
			break;
		}
		ph_table_cell(table, text_of(title, "name"));
		ph_table_cell(table, text_of(title, "author"));
		cell_year(table, year);
		ph_table_cell(table, (const char *)items.data);
		ph_table_cell(table, text_of(title, "title"));
	}
	rc = rc != 0 ? rc : ph_table_print(table, stdout);
	ph_table_free(table);
	ph_buf_deinit(&items);
	return rc;
}

static int print_readers(const struct ph_cli *cli, struct finding *finding)
{
	const char *headings[] = { ph_say("READER", "BẠN ĐỌC"),
				   ph_say("BORN", "NĂM SINH"), ph_say("CARD", "THẺ"),
				   id_heading() };
	struct ph_table *table = ph_table_new(headings, 4, cli->plain);
	json_t *reader;
	size_t i;
	int rc;

	if (!table) {
		return -ENOMEM;
	}
	json_array_foreach(finding->readers, i, reader)
	{
		json_t *born = json_object_get(reader, "born");
		json_t *cards = json_object_get(reader, "cards");
		json_t *last = json_array_get(cards, json_array_size(cards) - 1);

		ph_table_cell(table, text_of(reader, "name"));
		cell_year(table, born);
		ph_table_cell(table, text_of(last, "code"));
		ph_table_cell(table, text_of(reader, "reader"));
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static int print_pages(const struct ph_cli *cli, struct ph_ledger *ledger, json_t *list)
{
	json_t *view;
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, view)
	{
		rc = rc != 0 ? rc : ph_page_print(cli, ledger, json_incref(view));
	}
	return rc;
}

static int print_all(const struct ph_cli *cli, struct finding *finding)
{
	size_t titles = json_array_size(finding->titles);
	size_t readers = json_array_size(finding->readers);
	size_t codes = json_array_size(finding->copies) + json_array_size(finding->cards);
	int rc = 0;

	if (finding->is_locked) {
		fprintf(stderr, "%s\n",
			ph_say("the desk is locked, so readers are not searched by name: "
			       "packhorse desk unlock",
			       "bàn đang khóa nên không tìm bạn đọc theo tên: chạy "
			       "packhorse "
			       "desk unlock"));
	}
	if (titles + readers + codes == 0 && finding->is_locked) {
		return PH_EXIT_OTHER; /* nobody knows whether there is such a reader */
	}
	if (titles + readers + codes == 0) {
		fprintf(stderr, "%s\n", ph_say("nothing found", "không tìm thấy gì"));
	}
	if (titles > 0 || (ph_sheet_is_wanted() && readers + codes == 0)) {
		rc = print_titles(cli, finding);
	}
	if (rc == 0 && readers > 0) {
		part_from(titles);
		rc = print_readers(cli, finding);
	}
	if (rc == 0 && codes > 0) {
		part_from(titles + readers);
		rc = print_pages(cli, finding->ledger, finding->copies);
		rc = rc != 0 ? rc : print_pages(cli, finding->ledger, finding->cards);
	}
	return rc;
}

static int run(struct ph_cli *cli, struct ph_error *err)
{
	struct finding finding = { 0 };
	uint64_t limit = LIMIT_DEFAULT;
	int rc = ph_cli_get_uint(cli, "limit", 1, LIMIT_MAX, &limit, err);

	rc = rc != 0 ? rc : join_words(cli, &finding.text);
	rc = rc != 0 ? rc : ph_command_open(cli, &finding.site, err);
	if (rc < 0) {
		goto out;
	}
	finding.limit = limit;
	finding.is_locked = ph_site_desk(finding.site) == PH_DESK_LOCKED;
	finding.opener = ph_page_opener(finding.site);
	finding.ledger = ph_site_ledger(finding.site, err);
	rc = finding.ledger ? find_all(&finding) : -EIO;
	if (rc == 0 && cli->json) {
		rc = ph_out_json(json_pack("{s:i,s:O,s:O,s:O,s:O,s:s*}", "schema", 1,
					   "titles", finding.titles, "readers",
					   finding.readers, "copies", finding.copies,
					   "cards", finding.cards, "desk",
					   finding.is_locked ? "locked" : NULL));
	} else if (rc == 0) {
		rc = print_all(cli, &finding);
	}
out:
	json_decref(finding.titles);
	json_decref(finding.readers);
	json_decref(finding.copies);
	json_decref(finding.cards);
	ph_buf_deinit(&finding.text);
	ph_site_close(finding.site);
	return rc < 0 && rc != PH_OUT_LOST
		       ? ph_fail_errno(err, rc, ph_say("searching", "tìm kiếm"))
		       : rc;
}

static const struct ph_cli_option options[] = {
	{ "limit", "N", "at most so many titles, and so many readers (default 50)" },
	PH_EXPORT_OPTIONS,
	{ 0 },
};

const struct ph_cli_command ph_cmd_find = {
	.name = "find",
	.group = "The desk",
	.args = "TEXT...",
	.min_args = 1,
	.max_args = -1,
	.doc = "titles, readers, copies and cards; Vietnamese marks do not matter\n\n"
	       "Words are found wherever a word begins with them: \"ly thuyet\" finds "
	       "\"lý\n"
	       "thuyết\". A copy or card is found by its exact code.",
	.options = options,
	.run = run,
};
