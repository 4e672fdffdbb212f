/* daemon/report_book.h - a report (docs/REPORTS.md, "The answer") as sheets of a book. */
#ifndef PH_DAEMON_REPORT_BOOK_H
#define PH_DAEMON_REPORT_BOOK_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Add REPORT to the sheets that are collected (common/cli/sheet.h): its lines, and unless
 * BARE, above them and on a sheet of their own, what stands around them: rule, targets,
 * trend, how far it is complete, what was revised. 0 or -ENOMEM.
 */
int ph_report_book(const json_t *report, bool bare);

#endif
