/*
 * common/cli/table.c - rows and columns: on a terminal, for scripts, or as a sheet.
 *
 * Cells collect in rows and are printed at the end, when all widths are known. Lack of
 * memory sticks in the table and comes out of ph_table_print(). While sheets are collected
 * a cell keeps its text as it is: what a format cannot hold is for the format to say.
 */
#include "common/cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "common/cli/heading_words.h"
#include "common/cli/out.h"
#include "common/cli/sheet.h"

struct cell {
	char *text;
	bool is_number;
};

struct ph_table {
	const char *const *headings;
	unsigned columns;
	bool plain;
	bool failed;
	struct cell *cell;
	size_t n;
	size_t cap;
};

struct ph_table *ph_table_new(const char *const *headings, unsigned columns, bool plain)
{
	struct ph_table *table = calloc(1, sizeof(*table));

	if (table) {
		table->headings = headings;
		table->columns = columns;
		table->plain = plain;
	}
	return table;
}

void ph_table_free(struct ph_table *table)
{
	if (!table) {
		return;
	}
	for (size_t i = 0; i < table->n; i++) {
		free(table->cell[i].text);
	}
	free(table->cell);
	free(table);
}

static void add(struct ph_table *table, const char *text, bool is_number)
{
	size_t len;
	char *copy;

	if (!table) {
		return; /* no memory for it; ph_table_print() says so */
	}
	if (!text) {
		table->failed = true;
		return;
	}
	len = strlen(text);
	if (table->n == table->cap) {
		size_t cap = table->cap ? table->cap * 2 : 64;
		struct cell *cell = realloc(table->cell, cap * sizeof(*cell));

		if (!cell) {
			table->failed = true;
			return;
		}
		table->cell = cell;
		table->cap = cap;
	}
	copy = malloc(len + 1);
	if (!copy) {
		table->failed = true;
		return;
	}
	if (ph_sheet_is_wanted()) {
		memcpy(copy, text, len + 1);
	} else {
		ph_text_safe(copy, len + 1, text, len);
	}
	table->cell[table->n++] = (struct cell){ copy, is_number };
}

void ph_table_cell(struct ph_table *table, const char *text)
{
	add(table, text, false);
}

void ph_table_number(struct ph_table *table, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	add(table, text, true);
}

/* Drop a letter that the end of a buffer tore. */
static void trim_torn(char *text)
{
	size_t len = strlen(text);
	size_t at = len;
	utf8proc_int32_t letter;

	while (at > 0 && len - at < 4 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) {
		at--;
	}
	if (at > 0 && (unsigned char)text[at - 1] >= 0xc0 &&
	    utf8proc_iterate((const utf8proc_uint8_t *)text + at - 1,
			     (utf8proc_ssize_t)(len - at + 1), &letter) < 1) {
		text[at - 1] = '\0';
	}
}

void ph_table_cellf(struct ph_table *table, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	trim_torn(text);
	ph_table_cell(table, text);
}

static const char *heading(const struct ph_table *table, unsigned column)
{
	return ph_heading_say(table->headings[column]);
}

/* The row that begins with CELLS; NULL: the headings. */
static void print_row(const struct ph_table *table, FILE *out, const struct cell *cells,
		      const unsigned *widths)
{
	for (unsigned c = 0; c < table->columns; c++) {
		bool last = c + 1 == table->columns;
		const char *text = cells ? cells[c].text : heading(table, c);

		fputs(text, out);
		if (table->plain) {
			fputc(last ? '\n' : '\t', out);
			continue;
		}
		for (unsigned w = ph_text_width(text); !last && w < widths[c] + 2; w++) {
			fputc(' ', out);
		}
		if (last) {
			fputc('\n', out);
		}
	}
}

/* --- as a sheet --- */

static json_t *sheet_cell(const struct cell *cell)
{
	size_t len = strlen(cell->text);
	char *safe;
	json_t *text;

	if (cell->is_number) {
		return json_integer(strtoll(cell->text, NULL, 10));
	}
	text = json_string(cell->text);
	if (text || (safe = malloc(len + 1)) == NULL) {
		return text;
	}
	ph_text_safe(safe, len + 1, cell->text, len); /* it is no UTF-8 */
	text = json_string(safe);
	free(safe);
	return text;
}

static int add_sheet(const struct ph_table *table)
{
	json_t *columns = json_array();
	json_t *rows = json_array();
	int rc = columns && rows ? 0 : -ENOMEM;

	for (unsigned c = 0; rc == 0 && c < table->columns; c++) {
		rc = json_array_append_new(columns,
					   json_pack("{s:s}", "title", heading(table, c)))
			     ? -ENOMEM
			     : 0;
	}
	for (size_t i = 0; rc == 0 && i + table->columns <= table->n;
	     i += table->columns) {
		json_t *row = json_array();

		for (unsigned c = 0; rc == 0 && c < table->columns; c++) {
			rc = json_array_append_new(row, sheet_cell(&table->cell[i + c]))
				     ? -ENOMEM
				     : 0;
		}
		rc = json_array_append_new(rows, row) || rc != 0 ? -ENOMEM : 0;
	}
	rc = rc != 0 ? rc
		     : ph_sheet_add(
			       json_pack("{s:O, s:O}", "columns", columns, "rows", rows));
	json_decref(columns);
	json_decref(rows);
	return rc;
}

int ph_table_print(const struct ph_table *table, FILE *out)
{
	unsigned *widths;

	if (table && !table->failed && ph_sheet_is_wanted()) {
		return add_sheet(table);
	}
	widths = table ? calloc(table->columns, sizeof(*widths)) : NULL;

	if (!widths || table->failed) {
		free(widths);
		return -ENOMEM;
	}
	for (unsigned c = 0; c < table->columns; c++) {
		widths[c] = ph_text_width(heading(table, c));
	}
	for (size_t i = 0; i < table->n; i++) {
		unsigned width = ph_text_width(table->cell[i].text);

		if (width > widths[i % table->columns]) {
			widths[i % table->columns] = width;
		}
	}
	if (!table->plain) {
		print_row(table, out, NULL, widths);
	}
	for (size_t i = 0; i + table->columns <= table->n; i += table->columns) {
		print_row(table, out, &table->cell[i], widths);
	}
	free(widths);
	return ferror(out) ? PH_OUT_LOST : 0;
}
