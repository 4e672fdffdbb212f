/* common/xlsx/book.h - a book of sheets (common/cli/sheet.h) as a workbook of XLSX. */
#ifndef PH_XLSX_BOOK_H
#define PH_XLSX_BOOK_H

#include <jansson.h>

#include "common/base/bytes.h"
#include "common/base/error.h"

enum {
	PH_BOOK_ROWS_MAX =
		1048576, /* of a sheet, what stands above its columns included */
	PH_BOOK_COLUMNS_MAX = 16384,
	PH_BOOK_CELL_MAX = 32767, /* units of UTF-16 */
	PH_BOOK_NAME_MAX = 31,    /* of the name of a sheet; the same units */
	PH_BOOK_SHEETS_MAX = 255,
};

/* Texts that were longer than a cell takes. */
struct ph_book_cut {
	size_t n;
	size_t sheet, row, column; /* of the first, from 1 */
};

/*
 * Append BOOK as a workbook to OUT. Texts are texts whatever they begin with; characters
 * that XML cannot hold are dropped. 0; -EINVAL for a book of another form, -EFBIG for one
 * that no workbook can hold, both with words; or another negative errno.
 */
int ph_book_make(const json_t *book, struct ph_buf *out, struct ph_book_cut *cut,
		 struct ph_error *err);

#endif
