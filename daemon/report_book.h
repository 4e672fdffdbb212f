/* daemon/report_book.h - a report (docs/REPORTS.md, "The answer") as sheets of a book. */
#ifndef PH_DAEMON_REPORT_BOOK_H
#define PH_DAEMON_REPORT_BOOK_H

#include <jansson.h>
#include <stdbool.h>

/*
 * Add REPORT to the sheets that are collected (common/cli/sheet.h): its lines, then what
 * stands around them (rule, share, targets, trend, how far it is complete, who is missing,
 * what was issued), then what was revised, if anything was. What stands above the lines stands in
 * the second sheet if BARE, and name and version of the rule behind each line. 0 or -ENOMEM.
 */
int ph_report_book(const json_t *report, bool bare);

#endif
