/*
 * common/cli/sheet.h - sheets of cells, collected from tables, and written as CSV.
 *
 * A book is JSON (docs/EXPORTS.md, "The book"):
 *
 *   {"sheets":[{"name":TEXT, "head":[TEXT,...], "columns":[{"title":TEXT,"type":TEXT},...],
 *               "rows":[[CELL,...],...], "total":[CELL,...]}, ...]}
 *
 * A type is text, count, percent (hundredths of one), money or day, and text if absent; a
 * cell is a text, a whole number, null (not known) or {"below":N}. Name, head and total
 * may be absent.
 */
#ifndef PH_CLI_SHEET_H
#define PH_CLI_SHEET_H

#include <jansson.h>
#include <stdbool.h>

#include "common/base/bytes.h"

/*
 * From now on the tables of this process are collected and not printed, under NAME
 * (borrowed). One thread at a time. 0 or -ENOMEM.
 */
int ph_sheet_collect(const char *name);
bool ph_sheet_is_wanted(void);
/* One more, taken, with the name under which they are collected if it has none; NULL is -ENOMEM. */
int ph_sheet_add(json_t *sheet);
/* The book that was collected, the caller's; tables are printed again. NULL: none was. */
json_t *ph_sheet_take(void);

/*
 * Append the sheets of BOOK as CSV to OUT, with a byte order mark before all and an empty
 * line between two. 0 or -ENOMEM.
 */
int ph_sheet_csv(const json_t *book, struct ph_buf *out);
/* Whether a spreadsheet may take TEXT for a formula, or for one that was made harmless. */
bool ph_sheet_is_risky(const char *text);

#endif
