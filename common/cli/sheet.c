/*
 * common/cli/sheet.c - sheets of cells, collected from tables, and written as CSV.
 *
 * CSV is that of RFC 4180 in UTF-8: texts are quoted, numbers are not, so that who reads it
 * can tell a code of digits from a number. A text that a spreadsheet would run as a formula
 * gets an apostrophe before it, and so does one that looks as if it had got one: what begins
 * with an apostrophe and is risky loses one, and is what it was.
 */
#include "common/cli/sheet.h"

#include <errno.h>
#include <string.h>
#include <utf8proc.h>

#include "common/cli/out.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define LINE_END        "\r\n"

/* --- collecting --- */

static json_t *collected; /* its sheets; NULL: tables are printed */
static const char *collected_name;

int ph_sheet_collect(const char *name)
{
	collected = json_array();
	collected_name = name;
	return collected ? 0 : -ENOMEM;
}

bool ph_sheet_is_wanted(void)
{
	return collected != NULL;
}

int ph_sheet_add(json_t *sheet)
{
	if (sheet && !json_object_get(sheet, "name") &&
	    json_object_set_new(sheet, "name", json_string(collected_name)) != 0) {
		json_decref(sheet);
		return -ENOMEM;
	}
	return json_array_append_new(collected, sheet) == 0 ? 0 : -ENOMEM;
}

json_t *ph_sheet_take(void)
{
	json_t *book = collected ? json_pack("{s:o}", "sheets", collected) : NULL;

	collected = NULL;
	return book;
}

/* --- formulas --- */

/* What a spreadsheet may pass over before it looks for a formula: blanks, and what is not seen. */
static bool is_passed_over(utf8proc_int32_t letter)
{
	switch (utf8proc_category(letter)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CC:
		return true;
	default:
		return letter == '\'';
	}
}

static bool begins_formula(utf8proc_int32_t letter)
{
	static const utf8proc_int32_t risky[] = { '=', '+', '-', '@', '\t', '\r', '\n',
						  /* the same, full width */
						  0xff1d, 0xff0b, 0xff0d, 0xff20 };

	for (size_t i = 0; i < sizeof(risky) / sizeof(risky[0]); i++) {
		if (letter == risky[i]) {
			return true;
		}
	}
	return false;
}

bool ph_sheet_is_risky(const char *text)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text);
	utf8proc_int32_t letter;
	utf8proc_ssize_t n;

	while ((n = utf8proc_iterate(p, left, &letter)) > 0 && letter != 0) {
		if (begins_formula(letter)) {
			return true;
		}
		if (!is_passed_over(letter)) {
			return false;
		}
		p += n;
		left -= n;
	}
	return false;
}

/* --- CSV --- */

static int put_text(struct ph_buf *out, const char *text)
{
	int rc;

	if (text[0] == '\0') {
		return 0;
	}
	rc = ph_buf_printf(out, "\"%s", ph_sheet_is_risky(text) ? "'" : "");
	while (rc == 0 && *text) {
		size_t len = strcspn(text, "\"");

		rc = ph_buf_put(out, text, len);
		text += len;
		if (rc == 0 && *text) {
			rc = ph_buf_put(out, "\"\"", 2);
			text++;
		}
	}
	return rc != 0 ? rc : ph_buf_put_u8(out, '"');
}

static int put_percent(struct ph_buf *out, json_int_t hundredths)
{
	unsigned long long size = hundredths < 0 ? 0 - (unsigned long long)hundredths
						 : (unsigned long long)hundredths;

	return ph_buf_printf(out, "%s%llu.%02llu%%", hundredths < 0 ? "-" : "",
			     size / 100, size % 100);
}

static int put_cell(struct ph_buf *out, const json_t *cell, const char *type)
{
	const json_t *below = json_object_get(cell, "below");

	if (json_is_string(cell)) {
		/* a spreadsheet takes a day for a day if it is not quoted */
		return strcmp(type, "day") == 0 &&
				       strspn(json_string_value(cell), "0123456789-") ==
					       json_string_length(cell) &&
				       !ph_sheet_is_risky(json_string_value(cell))
			       ? ph_buf_printf(out, "%s", json_string_value(cell))
			       : put_text(out, json_string_value(cell));
	}
	if (json_is_integer(cell)) {
		return strcmp(type, "percent") == 0
			       ? put_percent(out, json_integer_value(cell))
			       : ph_buf_printf(out, "%" JSON_INTEGER_FORMAT,
					       json_integer_value(cell));
	}
	return json_is_integer(below)
		       ? ph_buf_printf(out, "\"<%" JSON_INTEGER_FORMAT "\"",
				       json_integer_value(below))
		       : 0;
}

static const char *type_of(const json_t *column)
{
	const char *type = json_string_value(json_object_get(column, "type"));

	return type ? type : "text";
}

/* A line without anything would part two tables: an only cell is quoted though it is empty. */
static int put_row(struct ph_buf *out, const json_t *columns, const json_t *row)
{
	size_t before = out->len;
	const json_t *cell;
	size_t i;
	int rc = 0;

	json_array_foreach(row, i, cell)
	{
		rc = rc != 0 || i == 0 ? rc : ph_buf_put_u8(out, ',');
		rc = rc != 0 ? rc
			     : put_cell(out, cell, type_of(json_array_get(columns, i)));
	}
	rc = rc == 0 && out->len == before ? ph_buf_printf(out, "\"\"") : rc;
	return rc != 0 ? rc : ph_buf_printf(out, LINE_END);
}

static int put_sheet(struct ph_buf *out, const json_t *sheet)
{
	const json_t *columns = json_object_get(sheet, "columns");
	const json_t *total = json_object_get(sheet, "total");
	const json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(columns, i, item)
	{
		const char *title = json_string_value(json_object_get(item, "title"));

		rc = rc != 0 || i == 0 ? rc : ph_buf_put_u8(out, ',');
		rc = rc != 0 ? rc : put_text(out, title ? title : "");
	}
	rc = rc != 0 ? rc : ph_buf_printf(out, LINE_END);
	json_array_foreach(json_object_get(sheet, "rows"), i, item)
	{
		rc = rc != 0 ? rc : put_row(out, columns, item);
	}
	return rc == 0 && total ? put_row(out, columns, total) : rc;
}

int ph_sheet_csv(const json_t *book, struct ph_buf *out)
{
	int rc = ph_buf_printf(out, BYTE_ORDER_MARK);
	const json_t *sheet;
	size_t i;

	json_array_foreach(json_object_get(book, "sheets"), i, sheet)
	{
		rc = rc != 0 || i == 0 ? rc : ph_buf_printf(out, LINE_END);
		rc = rc != 0 ? rc : put_sheet(out, sheet);
	}
	return rc;
}
