/*
 * common/cli/story_sheet.c - entries and what follows from them as tables of a sheet.
 *
 * What people are shown in lines a sheet has in columns, each text whole. A cell that finds no
 * memory makes its table fail.
 */
#include "common/cli/story_sheet.h"

#include "common/cli/sheet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json_memory.h"
#include "common/cli/out.h"
#include "common/cli/story_rows.h"

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static int print(struct ph_table *table)
{
	int rc = ph_table_print(table, stdout);

	ph_table_free(table);
	return rc;
}

/* --- cells --- */

void ph_value_cell(struct ph_table *table, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		ph_table_cell(table, json_string_value(value));
		return;
	}
	if (json_is_integer(value)) {
		ph_table_number(table, json_integer_value(value));
		return;
	}
	if (json_object_get(value, "code") && json_object_get(value, "ns")) {
		json_int_t ns = json_integer_value(json_object_get(value, "ns"));

		if (ns != 0 &&
		    ph_sheet_is_wanted()) { /* these lines are of no one site */
			ph_table_cellf(table, "%lld:%s", (long long)ns,
				       text_of(value, "code"));
		} else {
			ph_table_cell(table, text_of(value, "code"));
		}
		return;
	}
	if (!value) {
		ph_table_cell(table, "");
		return;
	}
	text = ph_json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	ph_table_cell(table, text);
	free(text);
}

void ph_entry_cell(struct ph_table *table, const json_t *entry)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out) {
		ph_entry_words_put(out, entry);
	}
	if (!out || fclose(out) != 0) {
		ph_table_cell(table, NULL);
	} else {
		ph_table_cell(table, text);
	}
	free(text);
}

static const char *yes_no(const json_t *value)
{
	return json_is_true(value)    ? ph_say("yes", "có")
	       : json_is_false(value) ? ph_say("no", "không")
				      : "";
}

/* --- stories --- */

int ph_stories_sheet(const json_t *list)
{
	const char *const headings[] = {
		ph_say("kind", "loại"),
		ph_say("time", "lúc"),
		ph_say("stamped", "dấu giờ"),
		ph_say("site", "điểm"),
		ph_say("name of site", "tên điểm"),
		ph_say("device", "máy"),
		ph_say("what", "nội dung"),
		ph_say("title", "nhan đề"),
		ph_say("name", "tên"),
		ph_say("came by", "tới bằng"),
		ph_say("came at", "tới lúc"),
		ph_say("receipt", "biên nhận"),
		ph_say("receipted at", "biên nhận lúc"),
		ph_say("counts", "được tính"),
		ph_say("why not", "vì sao không"),
		ph_say("by what", "bởi"),
		ph_say("vouched", "bảo đảm"),
		ph_say("reference", "tham chiếu"),
	};
	struct ph_table *table =
		ph_table_new(headings, sizeof(headings) / sizeof(headings[0]), true);
	const json_t *story;
	size_t i;

	json_array_foreach(list, i, story)
	{
		const json_t *road = json_object_get(story, "road");
		const json_t *receipt = json_object_get(story, "receipt");
		const json_t *why = json_object_get(story, "not_counted");

		ph_table_cell(table, text_of(story, "kind"));
		ph_table_cell(table, text_of(story, "time"));
		ph_table_cell(table, text_of(story, "stamped"));
		ph_value_cell(table, json_object_get(story, "site"));
		ph_table_cell(table, text_of(story, "site_name"));
		ph_table_cell(table, text_of(story, "device"));
		ph_entry_cell(table, json_object_get(story, "entry"));
		ph_table_cell(table, text_of(story, "title_name"));
		ph_table_cell(table, text_of(story, "name"));
		ph_table_cell(table, text_of(road, "by"));
		ph_table_cell(table, text_of(road, "time"));
		ph_table_cell(table, text_of(receipt, "level"));
		ph_table_cell(table, text_of(receipt, "time"));
		ph_table_cell(table, yes_no(json_object_get(story, "counts")));
		ph_table_cell(table, text_of(why, "why"));
		ph_table_cell(table, text_of(why, "by"));
		ph_table_cell(table, text_of(story, "vouched"));
		ph_table_cell(table, text_of(story, "ref"));
	}
	return print(table);
}

/* --- members --- */

/* Those that have a table of their own. */
static bool is_apart(const char *name)
{
	return strcmp(name, "facts") == 0 || strcmp(name, "decisions") == 0 ||
	       strcmp(name, "choices") == 0;
}

int ph_members_sheet(const json_t *object)
{
	const char *const headings[] = { ph_say("member", "mục"),
					 ph_say("value", "giá trị") };
	struct ph_table *table = ph_table_new(headings, 2, true);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (!is_apart(name)) {
			ph_table_cell(table, name);
			ph_value_cell(table, value);
		}
	}
	return print(table);
}

int ph_decisions_sheet(const json_t *list)
{
	const char *const headings[] = {
		ph_say("choice", "quyết định"), ph_say("time", "lúc"),
		ph_say("means", "nghĩa là"),    ph_say("fits", "trên các sự việc này"),
		ph_say("vouched", "bảo đảm"),   ph_say("by", "bởi"),
		ph_say("with", "cùng với"),
	};
	struct ph_table *table;
	const json_t *one;
	size_t i;

	if (json_array_size(list) == 0) {
		return 0;
	}
	table = ph_table_new(headings, sizeof(headings) / sizeof(headings[0]), true);
	json_array_foreach(list, i, one)
	{
		ph_table_cell(table, text_of(one, "choice"));
		ph_table_cell(table, text_of(one, "time"));
		ph_table_cell(table, text_of(one, "means"));
		ph_table_cell(table, yes_no(json_object_get(one, "fits")));
		ph_table_cell(table, text_of(one, "vouched"));
		ph_table_cell(table, text_of(one, "by"));
		ph_value_cell(table, json_object_get(one, "entries"));
	}
	return print(table);
}
