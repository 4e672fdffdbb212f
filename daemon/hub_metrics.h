/*
 * daemon/hub_metrics.h - what the hub keeps in memory to answer for its metrics.
 *
 * How many entries there are of each kind, counted on from where it was left off; and how
 * far the plan is, which costs a report for each of its rows, so that it is asked for anew
 * only now and then.
 */
#ifndef PH_DAEMON_HUB_METRICS_H
#define PH_DAEMON_HUB_METRICS_H

#include "daemon/hub_internal.h"

struct ph_hub_metrics;
/* NULL is fine. */
void ph_hub_metrics_free(struct ph_hub_metrics *metrics);

/*
 * Count entries that are not counted yet, at most BUDGET or some more. Into OUT
 * {kind: number}, kinds that this program does not know together as "unknown"; or nothing
 * while not all are counted. 0 or negative errno.
 */
int ph_hub_metrics_entries(struct ph_hub *hub, uint64_t budget, json_t **out);
/* [{"report","target","actual"} ...] as shares of 1; rows that cannot be told are left out. 0 or negative errno. */
int ph_hub_metrics_plan(struct ph_hub *hub, json_t **out);

#endif
