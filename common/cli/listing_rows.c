/* common/cli/listing_rows.c - the lists of both programs as tables. */
#include "common/cli/listing_rows.h"

#include <string.h>

#include "common/cli/out.h"
#include "common/cli/sheet.h"

#define SITE                                                                             \
	{                                                                                \
		"SITE", "ĐIỂM", "site_name|site"                                         \
	}
#define COPY                                                                             \
	{                                                                                \
		"COPY", "BẢN SÁCH", "copy"                                               \
	}
#define TITLE                                                                            \
	{                                                                                \
		"TITLE", "NHAN ĐỀ", "title_name"                                         \
	}
#define WHO                                                                              \
	{                                                                                \
		"WHO", "AI", "name|card"                                                 \
	}
#define DUE                                                                              \
	{                                                                                \
		"DUE", "HẠN TRẢ", "due"                                                  \
	}

static const struct {
	const char *name;
	struct ph_column columns[8];
} lists[] = {
	{ "here", { SITE, COPY, TITLE, { "CONDITION", "TÌNH TRẠNG", "condition" } } },
	{ "out", { SITE, DUE, COPY, TITLE, WHO, { "SINCE", "TỪ", "time" } } },
	{ "overdue",
	  { SITE, DUE, { "DAYS", "SỐ NGÀY", "days_over" }, COPY, TITLE, WHO } },
	{ "expected",
	  { SITE,
	    { "CRATE", "THÙNG", "crate" },
	    COPY,
	    TITLE,
	    { "FROM", "TỪ ĐIỂM", "from_name|from" },
	    { "SINCE", "TỪ LÚC", "since" },
	    { "DUE BACK", "TRẢ LẠI", "due_back" } } },
	{ "holds",
	  { SITE,
	    { "STATE", "TRẠNG THÁI", "state" },
	    { "UNTIL", "ĐẾN", "expires" },
	    TITLE,
	    { "COPY", "BẢN SÁCH", "ready|copy" },
	    WHO,
	    { "HOLD", "ĐẶT TRƯỚC", "hold" } } },
};

static int print_table(const struct ph_cli *cli, const char *name, const json_t *items)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		unsigned n = 0;

		if (strcmp(lists[i].name, name) != 0) {
			continue;
		}
		while (n < 8 && lists[i].columns[n].member) {
			n++;
		}
		return ph_rows_print(items, lists[i].columns, n, cli->plain);
	}
	return -EINVAL;
}

int ph_listing_print(const struct ph_cli *cli, const char *name, json_t *items,
		     const char *next)
{
	int rc;

	if (cli->json) {
		return ph_out_json(next[0] ? json_pack("{s:i,s:s,s:o,s:s}", "schema", 1,
						       "list", name, "items", items,
						       "next", next)
					   : json_pack("{s:i,s:s,s:o}", "schema", 1,
						       "list", name, "items", items));
	}
	if (json_array_size(items) == 0) {
		fprintf(stderr, "%s\n", ph_say("nothing", "không có gì"));
	}
	rc = json_array_size(items) > 0 || ph_sheet_is_wanted()
		     ? print_table(cli, name, items)
		     : 0;
	json_decref(items);
	if (rc == 0 && next[0]) {
		rc = ph_out_flush("", NULL);
		fprintf(stderr, ph_say("more: --after %s\n", "còn nữa: --after %s\n"),
			next);
	}
	return rc;
}
