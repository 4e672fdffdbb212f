/* client/status_road.h - of `packhorse status`: what goes by other roads than the network. */
#ifndef PH_CLIENT_STATUS_ROAD_H
#define PH_CLIENT_STATUS_ROAD_H

#include "client/site_bundle.h"
#include "client/site_courier.h"
#include "common/cli/out.h"

struct ph_status_road {
	int64_t packed, taken; /* sticks, last; 0: never */
	bool is_carried;       /* a courier has signed for some that have no receipt */
	uint64_t carried;      /* so many transactions */
	bool is_overdue;       /* they are with it for longer than a round takes */
	struct ph_site_custody custody;
};
/* A courier that is good for something has been at the hub and back by then. */
#define PH_STATUS_COURIER_DAYS 35
/* As it is at NOW. 0 or negative errno. */
int ph_status_road(struct ph_site *site, const struct ph_site_state *state, int64_t now,
		   struct ph_status_road *road_out);
/* Rows of the table, where there is something to say. */
void ph_status_road_rows(const struct ph_status_road *road, struct ph_table *table);
/* What is with a courier, as JSON; null if nothing is. NULL: no memory. */
json_t *ph_status_road_json(const struct ph_status_road *road);

/* "21/11 08:14", UTC+7 */
const char *ph_status_time(char out[static PH_TIME_TEXT], int64_t seconds);

#endif
