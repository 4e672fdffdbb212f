/* common/cli/listing_rows.c - the lists of both programs as tables. */
#include "common/cli/listing_rows.h"

#include <string.h>

#include "common/cli/out.h"
#include "common/cli/sheet.h"

#define COLUMNS_MAX 10
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
#define REFERENCE(member)                                                                \
	{                                                                                \
		"REFERENCE", "THAM CHIẾU", member                                        \
	}
#define COMMUNE                                                                          \
	{                                                                                \
		"COMMUNE", "XÃ", "commune_name|commune"                                  \
	}
#define TELEPHONE                                                                        \
	{                                                                                \
		"TELEPHONE", "ĐIỆN THOẠI", "telephone"                                   \
	}
#define DUE                                                                              \
	{                                                                                \
		"DUE", "HẠN TRẢ", "due"                                                  \
	}

static const struct {
	const char *name;
	struct ph_column columns[COLUMNS_MAX];
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
	{ "titles",
	  { { "TITLE", "NHAN ĐỀ", "name" },
	    { "AUTHOR", "TÁC GIẢ", "author" },
	    { "YEAR", "NĂM", "year" },
	    { "ISBN", "ISBN", "isbn" },
	    { "LANGUAGE", "NGÔN NGỮ", "language" },
	    { "PUBLISHER", "NHÀ XUẤT BẢN", "publisher" },
	    { "CLASS", "PHÂN LOẠI", "class" },
	    { "COPIES", "SỐ BẢN", "n_copies" },
	    REFERENCE("title") } },
	{ "readers",
	  { { "READER", "BẠN ĐỌC", "name" },
	    { "BORN", "NĂM SINH", "born" },
	    { "COMMUNE", "XÃ", "commune" },
	    TELEPHONE,
	    { "CARDS", "THẺ", "cards" },
	    { "LOANS", "ĐANG MƯỢN", "n_loans" },
	    REFERENCE("reader"),
	    SITE } },
	{ "workers",
	  { SITE,
	    { "WORKER", "NGƯỜI LÀM", "name" },
	    { "ROLE", "VIỆC", "role" },
	    { "FROM", "TỪ NGÀY", "from" },
	    { "UNTIL", "ĐẾN", "to" },
	    TELEPHONE,
	    REFERENCE("worker") } },
	{ "models",
	  { { "CODE", "MÃ", "commune" },
	    COMMUNE,
	    { "STATUS", "TRẠNG THÁI", "status" },
	    { "DECISION", "QUYẾT ĐỊNH", "decision" },
	    { "DATE", "NGÀY", "date" },
	    { "SITES", "CÁC ĐIỂM", "sites" } } },
	{ "targets",
	  { { "INDICATOR", "CHỈ TIÊU", "indicator" },
	    { "YEAR", "NĂM", "year" },
	    { "VALUE", "GIÁ TRỊ", "value" },
	    { "RULE", "QUY TẮC", "rule" },
	    { "VERSION", "PHIÊN BẢN", "version" } } },
	{ "tallies",
	  { { "CODE", "MÃ", "code" },
	    { "VALUE", "GIÁ TRỊ", "value" },
	    { "FROM", "TỪ NGÀY", "from" },
	    { "UNTIL", "ĐẾN", "to" },
	    COMMUNE,
	    SITE,
	    { "TIME", "LÚC", "time" },
	    REFERENCE("tally") } },
};

int ph_listing_rows(const struct ph_cli *cli, const char *name, const json_t *items)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct ph_column columns[COLUMNS_MAX];
		bool has_site = false;
		unsigned n = 0;

		if (strcmp(lists[i].name, name) != 0) {
			continue;
		}
		for (; n < COLUMNS_MAX - 1 && lists[i].columns[n].member; n++) {
			columns[n] = lists[i].columns[n];
			has_site = has_site ||
				   strcmp(columns[n].member, "site_name|site") == 0;
		}
		if (has_site && ph_sheet_is_wanted()) { /* two may be called alike */
			columns[n++] =
				(struct ph_column){ "SITE NUMBER", "SỐ ĐIỂM", "site" };
		}
		return ph_rows_print(items, columns, n, cli->plain);
	}
	return -EINVAL;
}

int ph_listing_print(const struct ph_cli *cli, const char *name, json_t *items,
		     const char *next,
		     int (*rows)(const struct ph_cli *cli, const char *name,
				 const json_t *items))
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
		fprintf(stderr, "%s\n",
			next[0] ? ph_say("nothing so far", "đến đây chưa có gì")
				: ph_say("nothing", "không có gì"));
	}
	rc = json_array_size(items) > 0 || ph_sheet_is_wanted() ? rows(cli, name, items)
								: 0;
	json_decref(items);
	if (rc == 0 && next[0]) {
		rc = ph_out_flush("", NULL);
		fprintf(stderr, ph_say("more: --after %s\n", "còn nữa: --after %s\n"),
			next);
	}
	return rc;
}
