/*
 * common/cli/rows.c - a list of JSON objects as a table.
 *
 * What an object does not have is an empty cell, so that one set of columns serves
 * objects that differ a little.
 */
#include "common/cli/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"
#include "common/cli/value_words.h"

#define COLUMNS_MAX 16

/* The member of OBJECT that the LEN bytes of PATH name; NULL: it has none. */
static const json_t *walk(const json_t *object, const char *path, size_t len)
{
	char name[64];

	while (object && len > 0) {
		const char *dot = memchr(path, '.', len);
		size_t part = dot ? (size_t)(dot - path) : len;

		if (part >= sizeof(name)) {
			return NULL;
		}
		memcpy(name, path, part);
		name[part] = '\0';
		object = json_object_get(object, name);
		part += dot != NULL;
		path += part;
		len -= part;
	}
	return object;
}

const json_t *ph_rows_find(const json_t *object, const char *member)
{
	const json_t *value = NULL;

	while (!value && *member != '\0') {
		size_t len = strcspn(member, "|");

		value = walk(object, member, len);
		member += len + (member[len] == '|');
	}
	return value;
}

/* Where a log stands: its id, number and hash, as a reference has them. */
static int write_head(struct ph_buf *out, const json_t *head)
{
	const char *log = json_string_value(json_object_get(head, "log"));
	const char *h = json_string_value(json_object_get(head, "h"));

	return ph_buf_printf(out, "%s.%" JSON_INTEGER_FORMAT ".%s", log ? log : "",
			     json_integer_value(json_object_get(head, "n")), h ? h : "");
}

#define BARE (-1) /* in place of a site: codes stand as they are typed */

/* A code, with the namespace in front where it is another one than that of SITE (0: the province). */
static int write_code(struct ph_buf *out, const json_t *value, json_int_t site)
{
	json_int_t ns = json_integer_value(json_object_get(value, "ns"));
	const char *code = json_string_value(json_object_get(value, "code"));

	if (site != BARE && ns != 0 && ns != site) {
		return ph_buf_printf(out, "%" JSON_INTEGER_FORMAT ":%s", ns,
				     code ? code : "");
	}
	return ph_buf_printf(out, "%s", code ? code : "");
}

/* How a cell is written. */
struct how {
	json_int_t site;
	const char *
		column; /* whose values have words (value_words.h); NULL: they stand as they are */
};

static int write_value(struct ph_buf *out, const json_t *value, const struct how *how)
{
	const json_t *item;
	size_t i;
	int rc = 0;

	if (json_is_string(value)) {
		const char *text = json_string_value(value);

		return ph_buf_printf(
			out, "%s", how->column ? ph_value_say(how->column, text) : text);
	}
	if (json_is_integer(value)) {
		return ph_buf_printf(out, "%" JSON_INTEGER_FORMAT,
				     json_integer_value(value));
	}
	if (json_is_true(value)) {
		return ph_buf_printf(out, "%s", ph_say("yes", "có"));
	}
	if (json_object_get(value, "code")) {
		return write_code(out, value, how->site);
	}
	if (json_object_get(value, "h")) {
		return write_head(out, value);
	}
	json_array_foreach(value, i, item)
	{
		rc = rc != 0 ? rc : ph_buf_printf(out, "%s", i > 0 ? " " : "");
		rc = rc != 0 ? rc : write_value(out, item, how);
	}
	return rc;
}

static int put_cell(struct ph_table *table, const json_t *value, struct how how)
{
	struct ph_buf text = { 0 };
	int rc;

	if (json_is_integer(value)) {
		ph_table_number(table, json_integer_value(value));
		return 0;
	}
	rc = value ? write_value(&text, value, &how) : 0;
	rc = rc != 0 ? rc : ph_buf_put_u8(&text, '\0');
	if (rc == 0) {
		ph_table_cell(table, (const char *)text.data);
	}
	ph_buf_wipe(&text); /* it may be a name */
	return rc;
}

int ph_rows_cell(struct ph_table *table, const json_t *value)
{
	return put_cell(table, value, (struct how){ .site = BARE });
}

/* Of which site ROW is, for a file: what a person reads off may be typed again. */
static json_int_t site_of(const json_t *row)
{
	const json_t *site = json_object_get(row, "site");

	return ph_sheet_is_wanted() && json_is_integer(site) ? json_integer_value(site)
							     : BARE;
}

int ph_rows_cell_of(struct ph_table *table, const json_t *row, const json_t *value)
{
	return put_cell(table, value, (struct how){ .site = site_of(row) });
}

/* Whose values MEMBER of a list has, where they have words. */
static const char *words_of(const char *member)
{
	static const struct {
		const char *member, *column;
	} columns[] = {
		{ "role", "role" },           { "status", "status" },
		{ "condition", "condition" }, { "state", "hold-state" },
		{ "code", "tally" },
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (strcmp(columns[i].member, member) == 0) {
			return columns[i].column;
		}
	}
	return NULL;
}

int ph_rows_site(struct ph_table *table, const json_t *row, bool plain)
{
	const json_t *site = json_object_get(row, "site");

	if (!plain && json_is_integer(site) && json_integer_value(site) == 0) {
		ph_table_cell(table, ph_say("the province", "tỉnh"));
		return 0;
	}
	return ph_rows_cell(table, ph_rows_find(row, "site_name|site"));
}

int ph_rows_print(const json_t *rows, const struct ph_column *columns, unsigned n,
		  bool plain)
{
	const char *headings[COLUMNS_MAX];
	struct ph_table *table;
	const json_t *row;
	size_t i;
	int rc = 0;

	for (unsigned c = 0; c < n; c++) {
		headings[c] = ph_say(columns[c].english, columns[c].vietnamese);
	}
	table = ph_table_new(headings, n, plain);
	json_array_foreach(rows, i, row)
	{
		for (unsigned c = 0; rc == 0 && c < n; c++) {
			const struct how how = {
				.site = site_of(row),
				.column = plain ? NULL : words_of(columns[c].member),
			};

			rc = put_cell(table, ph_rows_find(row, columns[c].member), how);
		}
	}
	rc = rc != 0 ? rc : ph_table_print(table, stdout);
	ph_table_free(table);
	return rc;
}
