/* common/xlsx/name.h - the name of a sheet in a workbook. */
#ifndef PH_XLSX_NAME_H
#define PH_XLSX_NAME_H

#include "common/base/bytes.h"

/*
 * Set OUT to TEXT as the name of the sheet NUMBER, from 1, with a terminator: no character
 * that a workbook forbids there, at most PH_BOOK_NAME_MAX long with SUFFIX behind it, which
 * may be "", and not empty. 0 or -ENOMEM.
 */
int ph_sheet_name(const char *text, size_t number, const char *suffix,
		  struct ph_buf *out);

#endif
