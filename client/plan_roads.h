/*
 * client/plan_roads.h - of `packhorse plan`: a row for each road that there is, with what it
 * would carry, what that costs, and what is known of it already.
 */
#ifndef PH_CLIENT_PLAN_ROADS_H
#define PH_CLIENT_PLAN_ROADS_H

#include <jansson.h>

#include "client/budget.h"
#include "client/site_bundle.h"
#include "client/site_dry.h"
#include "client/status_road.h"
#include "common/cli/out.h"

struct ph_plan_roads {
	struct ph_budget budget;
	struct ph_site_measured all;
	struct ph_site_dry whole; /* a sync without a bound */
	struct ph_site_dry fits;  /* what one carries of what is left */
	unsigned
		machines; /* other PCs of this site: confirmed, and known here by an entry */
	struct ph_status_road
		by_hand; /* what a courier signed for; when a stick was packed */
};
/* Whether all that waits goes with the network now. */
bool ph_plan_fits(const struct ph_plan_roads *roads);
/*
 * Of SITE, which is open: MACHINES and BY_HAND. What was measured is the caller's to fill in.
 * 0 or negative errno.
 */
int ph_plan_roads_look(struct ph_site *site, struct ph_plan_roads *roads);
/* Rows of a table of two columns: network, other PCs, courier, stick. */
void ph_plan_roads_rows(const struct ph_plan_roads *roads, struct ph_table *table);
/*
 * Members "network", "lan", "courier" and "stick" of OUT, as docs/COMMANDS.md has them; where memory lacks
 * some are missing.
 */
void ph_plan_roads_json(const struct ph_plan_roads *roads, json_t *out);

#endif
