/* client/status_report.h - what `packhorse status` tells, for cmd_status.c and status_script.c. */
#ifndef PH_CLIENT_STATUS_REPORT_H
#define PH_CLIENT_STATUS_REPORT_H

#include "client/budget_rows.h"
#include "client/host.h"
#include "client/status_road.h"
#include "common/cli/cli.h"

struct ph_status_report {
	struct ph_site_info info;
	struct ph_site_state state;
	struct ph_site_went_on went_on;
	uint64_t pending;
	uint64_t cases;       /* that wait */
	uint64_t not_counted; /* entries that came, and are not folded yet */
	int64_t now;
	unsigned open; /* the rights of the folder, if others have any to it; else 0 */
	struct ph_status_road road;
	int64_t ahead; /* of this machine's clock before the hub's; 0: not over the limit */
	bool is_heard; /* the hub's, in this start of the machine; else AHEAD is the least */
	const struct ph_host_state *agent; /* that keeps the folder; NULL: none does */
	struct ph_budget budget;
	enum ph_desk_state desk;
	char hub[PH_HUB_ADDRESS_MAX + 1]; /* where sync goes; "": nowhere */
	struct ph_error hub_wrong;        /* what is wrong with agent.conf, if anything */
};

/* The hub's name for it (packhorsed devices). */
const char *ph_standing_name(enum ph_site_standing standing);
/* "no-pin", "locked", "open": the names stay for ever. */
const char *ph_desk_name(enum ph_desk_state state);
/* As JSON or plain. 0 or negative errno. */
int ph_status_script(const struct ph_cli *cli, const struct ph_status_report *report);

#endif
