/*
 * common/xlsx/book.c - a book of sheets (common/cli/sheet.h) as a workbook of XLSX.
 *
 * A sheet has its head, an empty row, the titles of its columns, its rows and its total.
 * Every cell is written by what it is: a text by the function for texts, which makes no
 * formula of it, a number with the look of its column's type. All is looked at before the
 * first cell is written; then only lack of memory can fail.
 */
#include "common/xlsx/book.h"

#include <errno.h>
#include <string.h>
#include <xlsxwriter.h>

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/cli/out.h"
#include "common/xlsx/cell.h"
#include "common/xlsx/memory.h"
#include "common/xlsx/name.h"

#define EXACT_MAX                                                                        \
	INT64_C(9007199254740992) /* 2^53: beyond it a double is no longer exact */
#define DAY_OF_1970 25569         /* the day of a workbook that 1970-01-01 is */
#define WIDTH_MIN   8
#define WIDTH_MAX   60
#define WIDTH_ROWS  2000 /* rows that are looked at for the width of a column */
#define PAPER_A4    9

enum type {
	TEXT,
	COUNT,
	PERCENT,
	MONEY,
	DAY,
	TYPES
};

static const struct {
	const char *name, *look;
} types[TYPES] = {
	[TEXT] = { "text", NULL },           [COUNT] = { "count", "#,##0" },
	[PERCENT] = { "percent", "0.00%" },  [MONEY] = { "money", "#,##0\\ \"₫\"" },
	[DAY] = { "day", "yyyy\\-mm\\-dd" },
};

struct making {
	lxw_workbook *book;
	lxw_format *plain[TYPES], *strong[TYPES]; /* of cells; in the total */
	lxw_format *title, *heading;
	json_t *names; /* of sheets, folded */
	struct ph_buf text, folded;
	struct ph_book_cut *cut;
	struct ph_error *err;
	/* where we are, from 1 */
	size_t sheet, row;
};

static enum type type_of(const json_t *column)
{
	const char *name = json_string_value(json_object_get(column, "type"));

	for (int i = 0; name && i < TYPES; i++) {
		if (strcmp(types[i].name, name) == 0) {
			return (enum type)i;
		}
	}
	return TEXT;
}

/* --- is it a book --- */

static int refuse(const struct making *making, const char *what)
{
	return ph_fail(making->err, PH_EXIT_USAGE, -EINVAL, "sheet %zu of the book: %s",
		       making->sheet, what);
}

static bool is_cell(const json_t *cell)
{
	return json_is_string(cell) || json_is_integer(cell) || json_is_null(cell) ||
	       json_is_integer(json_object_get(cell, "below"));
}

static int check_row(const struct making *making, const json_t *row)
{
	const json_t *cell;
	size_t i;

	if (!json_is_array(row)) {
		return refuse(making, "a row is no list of cells");
	}
	if (json_array_size(row) > PH_BOOK_COLUMNS_MAX) {
		return ph_fail(making->err, PH_EXIT_USAGE, -EFBIG,
			       ph_say("sheet %zu: a row has over %d cells, which is what "
				      "a sheet of XLSX can hold",
				      "bảng %zu: có dòng hơn %d ô, quá mức một bảng XLSX "
				      "chứa được"),
			       making->sheet, PH_BOOK_COLUMNS_MAX);
	}
	json_array_foreach(row, i, cell)
	{
		if (!is_cell(cell)) {
			return refuse(making, "a cell is no text, whole number, null or "
					      "{\"below\":N}");
		}
	}
	return 0;
}

static int check_texts(const struct making *making, const json_t *list,
		       const char *member, const char *what)
{
	const json_t *item;
	size_t i;

	if (list && !json_is_array(list)) {
		return refuse(making, what);
	}
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(member ? json_object_get(item, member) : item)) {
			return refuse(making, what);
		}
	}
	return 0;
}

/* Rows of the sheet, what stands above and below included. */
static size_t height(const json_t *sheet)
{
	size_t head = json_array_size(json_object_get(sheet, "head"));

	return head + (head > 0) + 1 + json_array_size(json_object_get(sheet, "rows")) +
	       (json_object_get(sheet, "total") != NULL);
}

static int check_sheet(const struct making *making, const json_t *sheet)
{
	const json_t *columns = json_object_get(sheet, "columns");
	const json_t *rows = json_object_get(sheet, "rows");
	const json_t *name = json_object_get(sheet, "name");
	const json_t *total = json_object_get(sheet, "total");
	const json_t *row;
	size_t i;
	int rc = check_texts(making, columns, "title", "columns are no list of titles");

	rc = rc != 0 ? rc
		     : check_texts(making, json_object_get(sheet, "head"), NULL,
				   "its head is no list of texts");
	rc = rc == 0 && total ? check_row(making, total) : rc;
	if (rc == 0 &&
	    (!columns || !json_is_array(rows) || (name && !json_is_string(name)))) {
		rc = refuse(making,
			    "it has no columns, no rows, or a name that is no text");
	}
	if (rc == 0 && (height(sheet) > PH_BOOK_ROWS_MAX ||
			json_array_size(columns) > PH_BOOK_COLUMNS_MAX)) {
		rc = ph_fail(making->err, PH_EXIT_USAGE, -EFBIG,
			     ph_say("sheet %zu has %zu rows and %zu columns; a sheet of "
				    "XLSX can hold %d and %d",
				    "bảng %zu có %zu dòng và %zu cột; một bảng XLSX chứa "
				    "được %d và %d"),
			     making->sheet, height(sheet), json_array_size(columns),
			     PH_BOOK_ROWS_MAX, PH_BOOK_COLUMNS_MAX);
	}
	json_array_foreach(rows, i, row)
	{
		rc = rc != 0 ? rc : check_row(making, row);
	}
	return rc;
}

static int check_book(struct making *making, const json_t *book)
{
	const json_t *sheets = json_object_get(book, "sheets");
	const json_t *sheet;
	size_t i;
	int rc = 0;

	if (!json_is_array(sheets)) {
		return ph_fail(making->err, PH_EXIT_USAGE, -EINVAL,
			       ph_say("the book has no list of sheets",
				      "tệp không có danh sách bảng"));
	}
	if (json_array_size(sheets) > PH_BOOK_SHEETS_MAX) {
		return ph_fail(making->err, PH_EXIT_USAGE, -EFBIG,
			       ph_say("the book has %zu sheets; a workbook can hold %d",
				      "tệp có %zu bảng; một tệp Excel chứa được %d"),
			       json_array_size(sheets), PH_BOOK_SHEETS_MAX);
	}
	json_array_foreach(sheets, i, sheet)
	{
		making->sheet = i + 1;
		rc = rc != 0 ? rc : check_sheet(making, sheet);
	}
	return rc;
}

/* --- cells --- */

static int translate(const struct making *making, lxw_error error)
{
	return error == LXW_NO_ERROR ? 0
	       : error == LXW_ERROR_MEMORY_MALLOC_FAILED
		       ? -ENOMEM
		       : ph_fail(making->err, PH_EXIT_OTHER, -EIO, "libxlsxwriter: %s",
				 lxw_strerror(error));
}

static int write_text(struct making *making, lxw_worksheet *sheet, size_t column,
		      const char *text, lxw_format *format)
{
	bool was_cut;
	int rc;

	making->text.len = 0;
	rc = ph_cell_text(text, &making->text, &was_cut);
	if (rc != 0) {
		return rc;
	}
	if (was_cut && making->cut->n++ == 0) {
		making->cut->sheet = making->sheet;
		making->cut->row = making->row;
		making->cut->column = column + 1;
	}
	return translate(making,
			 worksheet_write_string(sheet, (lxw_row_t)making->row - 1,
						(lxw_col_t)column,
						(const char *)making->text.data, format));
}

static int write_number(struct making *making, lxw_worksheet *sheet, size_t column,
			double number, lxw_format *format)
{
	return translate(making,
			 worksheet_write_number(sheet, (lxw_row_t)making->row - 1,
						(lxw_col_t)column, number, format));
}

static int write_integer(struct making *making, lxw_worksheet *sheet, size_t column,
			 json_int_t number, enum type type, lxw_format *const *formats)
{
	char digits[24];

	if (number > EXACT_MAX || number < -EXACT_MAX) {
		snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, number);
		return write_text(making, sheet, column, digits, formats[TEXT]);
	}
	/* a number in a column of texts or days is one all the same */
	return write_number(making, sheet, column,
			    type == PERCENT ? (double)number / 10000 : (double)number,
			    formats[type == TEXT || type == DAY ? TEXT : type]);
}

static int write_cell(struct making *making, lxw_worksheet *sheet, size_t column,
		      const json_t *cell, enum type type, lxw_format *const *formats)
{
	const char *text = json_string_value(cell);
	char below[32];
	int64_t day;

	if (json_is_null(cell)) {
		return 0;
	}
	if (json_is_integer(cell)) {
		return write_integer(making, sheet, column, json_integer_value(cell),
				     type, formats);
	}
	if (!text) {
		snprintf(below, sizeof(below), "<%" JSON_INTEGER_FORMAT,
			 json_integer_value(json_object_get(cell, "below")));
		text = below;
	} else if (type == DAY && ph_day_parse(text, strlen(text), &day) == 0 &&
		   day >= 0) {
		return write_number(making, sheet, column, (double)(day + DAY_OF_1970),
				    formats[DAY]);
	}
	return write_text(making, sheet, column, text, formats[TEXT]);
}

static int write_row(struct making *making, lxw_worksheet *sheet, const json_t *columns,
		     const json_t *row, lxw_format *const *formats)
{
	const json_t *cell;
	size_t i;
	int rc = 0;

	making->row++;
	json_array_foreach(row, i, cell)
	{
		rc = rc != 0 ? rc
			     : write_cell(making, sheet, i, cell,
					  type_of(json_array_get(columns, i)), formats);
	}
	return rc;
}

/* --- sheets --- */

static double width_of(const json_t *cell)
{
	return json_is_string(cell)    ? ph_text_width(json_string_value(cell))
	       : json_is_integer(cell) ? 12
				       : 0;
}

static int set_widths(const struct making *making, lxw_worksheet *sheet,
		      const json_t *columns, const json_t *rows)
{
	lxw_error error = LXW_NO_ERROR;

	for (size_t c = 0; error == LXW_NO_ERROR && c < json_array_size(columns); c++) {
		double width =
			width_of(json_object_get(json_array_get(columns, c), "title"));

		for (size_t r = 0; r < json_array_size(rows) && r < WIDTH_ROWS; r++) {
			double other =
				width_of(json_array_get(json_array_get(rows, r), c));

			width = other > width ? other : width;
		}
		width = width > WIDTH_MAX   ? WIDTH_MAX
			: width < WIDTH_MIN ? WIDTH_MIN
					    : width;
		error = worksheet_set_column(sheet, (lxw_col_t)c, (lxw_col_t)c, width + 2,
					     NULL);
	}
	return translate(making, error);
}

/* Set TEXT of MAKING to a name that no sheet has yet. 0 or -ENOMEM. */
static int choose_name(struct making *making, const char *text)
{
	char suffix[28] = "";

	for (size_t again = 1;; again++) {
		int rc;

		if (again > 1) {
			snprintf(suffix, sizeof(suffix), " (%zu)", again);
		}
		rc = ph_sheet_name(text, making->sheet, suffix, &making->text);
		making->folded.len = 0;
		rc = rc != 0 ? rc
			     : ph_text_fold(
				       PH_VIEW(making->text.data, making->text.len - 1),
				       &making->folded);
		rc = rc != 0 ? rc : ph_buf_put_u8(&making->folded, '\0');
		if (rc != 0) {
			return rc;
		}
		if (!json_object_get(making->names, (const char *)making->folded.data)) {
			return json_object_set_new(making->names,
						   (const char *)making->folded.data,
						   json_true()) == 0
				       ? 0
				       : -ENOMEM;
		}
	}
}

static int write_titles(struct making *making, lxw_worksheet *sheet,
			const json_t *columns)
{
	const json_t *column;
	size_t i;
	int rc = 0;

	making->row++;
	json_array_foreach(columns, i, column)
	{
		rc = rc != 0 ? rc
			     : write_text(making, sheet, i,
					  json_string_value(
						  json_object_get(column, "title")),
					  making->heading);
	}
	worksheet_freeze_panes(sheet, (lxw_row_t)making->row, 0);
	(void)worksheet_repeat_rows(sheet, (lxw_row_t)making->row - 1,
				    (lxw_row_t)making->row - 1);
	return rc;
}

static int write_head(struct making *making, lxw_worksheet *sheet, const json_t *head)
{
	const json_t *line;
	size_t i;
	int rc = 0;

	json_array_foreach(head, i, line)
	{
		making->row++;
		rc = rc != 0 ? rc
			     : write_text(making, sheet, 0, json_string_value(line),
					  i == 0 ? making->title : NULL);
	}
	making->row += json_array_size(head) > 0;
	return rc;
}

static int write_sheet(struct making *making, const json_t *from)
{
	const json_t *columns = json_object_get(from, "columns");
	const json_t *rows = json_object_get(from, "rows");
	const json_t *total = json_object_get(from, "total");
	const char *name = json_string_value(json_object_get(from, "name"));
	lxw_worksheet *sheet;
	const json_t *row;
	size_t i;
	int rc = choose_name(making, name ? name : "");

	if (rc != 0) {
		return rc;
	}
	sheet = workbook_add_worksheet(making->book, (const char *)making->text.data);
	if (!sheet) {
		return -ENOMEM;
	}
	making->row = 0;
	worksheet_set_landscape(sheet);
	worksheet_set_paper(sheet, PAPER_A4);
	worksheet_fit_to_pages(sheet, 1, 0);
	rc = set_widths(making, sheet, columns, rows);
	rc = rc != 0 ? rc : write_head(making, sheet, json_object_get(from, "head"));
	rc = rc != 0 ? rc : write_titles(making, sheet, columns);
	json_array_foreach(rows, i, row)
	{
		rc = rc != 0 ? rc : write_row(making, sheet, columns, row, making->plain);
	}
	return rc == 0 && total ? write_row(making, sheet, columns, total, making->strong)
				: rc;
}

/* --- the workbook --- */

static int make_formats(struct making *making)
{
	bool all = true;

	for (int i = 0; i < TYPES; i++) {
		making->plain[i] = workbook_add_format(making->book);
		making->strong[i] = workbook_add_format(making->book);
		all = all && making->plain[i] && making->strong[i];
		if (all && types[i].look) {
			format_set_num_format(making->plain[i], types[i].look);
			format_set_num_format(making->strong[i], types[i].look);
		}
		if (all) {
			format_set_bold(making->strong[i]);
			format_set_top(making->strong[i], LXW_BORDER_THIN);
		}
	}
	making->title = workbook_add_format(making->book);
	making->heading = workbook_add_format(making->book);
	if (!all || !making->title || !making->heading) {
		return -ENOMEM;
	}
	format_set_bold(making->title);
	format_set_bold(making->heading);
	format_set_bottom(making->heading, LXW_BORDER_THIN);
	return 0;
}

static int write_book(struct making *making, const json_t *book)
{
	const json_t *sheet;
	size_t i;
	int rc = make_formats(making);

	json_array_foreach(json_object_get(book, "sheets"), i, sheet)
	{
		making->sheet = i + 1;
		rc = rc != 0 ? rc : write_sheet(making, sheet);
	}
	return rc;
}

int ph_book_make(const json_t *book, struct ph_buf *out, struct ph_book_cut *cut,
		 struct ph_error *err)
{
	struct making making = { .cut = cut, .err = err };
	struct ph_buf made = { 0 };
	int rc = check_book(&making, book);

	if (rc < 0) {
		return rc;
	}
	*cut = (struct ph_book_cut){ 0 };
	(void)ph_memory_lacked();
	making.names = json_object();
	making.book = workbook_new(PH_MEMORY_NAME);
	rc = making.names && making.book ? write_book(&making, book) : -ENOMEM;
	if (rc == 0) {
		ph_memory_keep(&made);
		lxw_error error = workbook_close(making.book);

		ph_memory_keep(NULL);
		/* what lack of memory led to has other names */
		rc = ph_memory_lacked() ? -ENOMEM : translate(&making, error);
	} else {
		lxw_workbook_free(making.book);
	}
	rc = rc != 0 ? rc : ph_buf_put_view(out, ph_buf_view(&made));
	json_decref(making.names);
	ph_buf_wipe(&making.text);
	ph_buf_wipe(&making.folded);
	ph_buf_wipe(&made);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("making the workbook", "làm tệp Excel"))
		      : 0;
}
