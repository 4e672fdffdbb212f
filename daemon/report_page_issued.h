/* daemon/report_page_issued.h - what the page says of what was issued; for report_page.c. */
#ifndef PH_DAEMON_REPORT_PAGE_ISSUED_H
#define PH_DAEMON_REPORT_PAGE_ISSUED_H

#include <jansson.h>

#include "common/cli/figure.h"
#include "daemon/html.h"

#define PH_PAGE_WORDS PH_FIGURE_TEXT

/* "2026-09-30", as it may stand before an hour, as "30/09/2026". */
void ph_page_day(char out[static PH_PAGE_WORDS], const char *day);
/* When REPORT (docs/REPORTS.md, "The answer") was issued, who signed it off, what is revised: lines behind a <br/> each. */
void ph_page_issued(struct ph_html *to, const json_t *report);

#endif
