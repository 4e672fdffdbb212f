/* common/xlsx/cell.h - a text as a cell of XLSX can hold it. */
#ifndef PH_XLSX_CELL_H
#define PH_XLSX_CELL_H

#include <stdbool.h>

#include "common/base/bytes.h"

/*
 * Append TEXT with a terminator to OUT: without what XML 1.0 cannot hold, ends of lines as
 * one LF, what reads like an escape of XLSX (_x0041_) escaped, and cut between two letters
 * when it is over PH_BOOK_CELL_MAX. *CUT says so. 0 or -ENOMEM.
 */
int ph_cell_text(const char *text, struct ph_buf *out, bool *cut);

#endif
