/*
 * common/cli/case_rows.c - cases as a table.
 *
 * With --plain ids and times stand whole and nothing is translated.
 */
#include "common/cli/case_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/cli/case_words.h"
#include "common/cli/entry_words.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

/* --- parts --- */

void ph_case_time(const struct ph_cli *cli, char out[static PH_CASE_TIME_TEXT],
		  const char *time)
{
	snprintf(out, PH_CASE_TIME_TEXT, "%.39s", time);
	if (!cli->plain && strlen(out) > 16 && out[10] == 'T') {
		out[10] = ' ';
		out[16] = '\0';
	}
}

const char *ph_case_status_say(const char *status, bool plain)
{
	static const char *const words[][3] = {
		{ "open", "open", "chờ xem" },
		{ "reopened", "reopened", "mở lại" },
		{ "decided", "decided", "đã quyết" },
		{ "gone", "gone", "đã hết" },
	};

	for (size_t i = 0; !plain && i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i][0], status) == 0) {
			return ph_say(words[i][1], words[i][2]);
		}
	}
	return status;
}

/* The text in BUF, which goes empty; NULL if RC says that something failed. */
static char *finish(struct ph_buf *buf, int rc)
{
	char *text = NULL;

	if (rc == 0 && ph_buf_put_u8(buf, '\0') == 0) {
		text = strdup((const char *)buf->data);
	}
	ph_buf_deinit(buf);
	return text;
}

char *ph_case_about(const json_t *one, bool plain)
{
	static const char *const ids[] = { "reader", "log", "device", "invite", "title" };
	const char *title = text_of(one, "title_name");
	const char *copy = text_of(json_object_get(one, "copy"), "code");
	const char *crate = text_of(json_object_get(one, "crate"), "code");
	struct ph_buf buf = { 0 };
	int rc = 0;

	if (copy[0] || crate[0] || title[0]) {
		rc = ph_buf_printf(&buf, "%s%s%s%s", copy, crate,
				   (copy[0] || crate[0]) && title[0] ? " " : "", title);
		return finish(&buf, rc);
	}
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const char *id = text_of(one, ids[i]);

		if (id[0]) {
			rc = plain ? ph_buf_printf(&buf, "%s", id)
				   : ph_buf_printf(&buf, "%s %.8s", ph_label_say(ids[i]),
						   id);
			break;
		}
	}
	return finish(&buf, rc);
}

char *ph_case_sites(const json_t *one)
{
	struct ph_buf buf = { 0 };
	const json_t *site;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(one, "sites"), i, site)
	{
		const char *name = text_of(site, "name");
		json_int_t number = json_integer_value(json_object_get(site, "site"));

		rc = rc != 0 ? rc : ph_buf_printf(&buf, "%s", i > 0 ? "; " : "");
		rc = rc != 0   ? rc
		     : name[0] ? ph_buf_printf(&buf, "%s", name)
			       : ph_buf_printf(&buf, "%" JSON_INTEGER_FORMAT, number);
	}
	return finish(&buf, rc);
}

/* --- the table --- */

static void add_row(const struct ph_cli *cli, struct ph_table *table, const json_t *one)
{
	char time[PH_CASE_TIME_TEXT];
	char *about = ph_case_about(one, cli->plain);
	char *sites = ph_case_sites(one);

	ph_case_time(cli, time, text_of(one, "time"));
	ph_table_cell(table, text_of(one, cli->plain ? "id" : "short"));
	ph_table_cell(table, cli->plain ? text_of(one, "case")
					: ph_case_name_say(text_of(one, "case")));
	ph_table_cell(table, time);
	ph_table_cell(table, about ? about : "");
	ph_table_cell(table, sites ? sites : "");
	ph_table_cell(table, ph_case_status_say(text_of(one, "status"), cli->plain));
	free(about);
	free(sites);
}

static int print_table(const struct ph_cli *cli, const json_t *list)
{
	const char *const headings[] = {
		ph_say("CASE", "VIỆC"),    ph_say("KIND", "LOẠI"),
		ph_say("SINCE", "TỪ LÚC"), ph_say("ABOUT", "VỀ"),
		ph_say("SITES", "ĐIỂM"),   ph_say("STATUS", "TRẠNG THÁI"),
	};
	struct ph_table *table = ph_table_new(headings, 6, cli->plain);
	const json_t *one;
	size_t i;
	int rc;

	json_array_foreach(list, i, one)
	{
		add_row(cli, table, one);
	}
	rc = ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}

static bool is_waiting(const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(text_of(one, "status"), "decided") != 0) {
			return true;
		}
	}
	return false;
}

int ph_cases_print(const struct ph_cli *cli, json_t *answer)
{
	const json_t *list = json_object_get(answer, "cases");
	const char *next = text_of(answer, "next");
	bool waiting = is_waiting(list);
	int rc = 0;

	if (cli->json) {
		rc = ph_out_json(answer);
		return rc == 0 && waiting ? PH_EXIT_CASES : rc;
	}
	if (json_array_size(list) > 0 || ph_sheet_is_wanted()) {
		rc = print_table(cli, list);
	}
	if (json_array_size(list) == 0) {
		fprintf(stderr, "%s\n",
			ph_say("nothing to look at", "không có việc gì cần xem"));
	}
	if (rc == 0 && next[0]) {
		rc = ph_out_flush("", NULL);
		fprintf(stderr, ph_say("more: --after %s\n", "còn nữa: --after %s\n"),
			next);
	}
	json_decref(answer);
	return rc == 0 && waiting ? PH_EXIT_CASES : rc;
}
