/*
 * common/xlsx/memory.h - the files that libxlsxwriter makes, in memory.
 *
 * It writes each part of a workbook into a temporary file, and minizip the whole into one
 * with a name. Both ask for their files by functions that are replaced here, so that nothing
 * reaches a disk, and a process that may open nothing for writing can make a workbook.
 */
#ifndef PH_XLSX_MEMORY_H
#define PH_XLSX_MEMORY_H

#include <stdbool.h>

#include "common/base/bytes.h"

/* The name of the one file that is kept. */
#define PH_MEMORY_NAME "packhorse:workbook"

/* What was written under PH_MEMORY_NAME goes into OUT, borrowed, from now on; NULL: nowhere. */
void ph_memory_keep(struct ph_buf *out);
/* Whether memory has lacked since this was asked last; not everybody who writes looks. */
bool ph_memory_lacked(void);

#endif
