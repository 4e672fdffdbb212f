/* daemon/report_page.h - the reports of a period as one page of HTML to be printed. */
#ifndef PH_DAEMON_REPORT_PAGE_H
#define PH_DAEMON_REPORT_PAGE_H

#include <jansson.h>

#include "common/base/bytes.h"

struct ph_report_page {
	/* Whose report it is, the office above and this one, and where it is signed; NULL: as usual. */
	const char *agency, *unit, *place;
	const char *day;       /* when it was made: 2026-11-29 */
	const json_t *reports; /* docs/REPORTS.md, "The answer", of one period */
	/* Of those that were issued with this page, "report" and "ref"; NULL: it is a draft. */
	const json_t *issued;
};

/*
 * Append the page to OUT: Vietnamese, for A4, complete in itself, with nothing that runs and
 * nothing that is loaded. All texts are escaped. 0 or -ENOMEM.
 */
int ph_report_page(const struct ph_report_page *page, struct ph_buf *out);

#endif
