/* daemon/hub_sheet.h - a sheet of the plan, from what a request asks for. */
#ifndef PH_DAEMON_HUB_SHEET_H
#define PH_DAEMON_HUB_SHEET_H

#include "common/ledger/indicator.h"
#include "daemon/hub_issued.h"

struct ph_hub_sheet {
	struct ph_indicator_query query;   /* its commune borrows from the request */
	char name[PH_HUB_ISSUED_NAME + 1]; /* under which it is issued */
	json_t *json;
	struct ph_hub_issued
		issued; /* the last under that name; none: its sheet is empty */
};
void ph_hub_sheet_deinit(struct ph_hub_sheet *sheet);
/*
 * As it may be given away, beside the last one that was issued of it (ph_indicator_withhold()).
 * By "report" (the code), "period", and if they are there "by" and "commune". 0; -EINVAL or
 * -ENOENT with words that say what there is; another negative errno.
 */
int ph_hub_sheet_make(struct ph_hub *hub, const json_t *request,
		      struct ph_hub_sheet *sheet, struct ph_error *err);
/* The sheet that ISSUED holds; null if it cannot be read. */
json_t *ph_hub_sheet_printed(const struct ph_hub_issued *issued);

#endif
