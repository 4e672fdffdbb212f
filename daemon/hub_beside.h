/* daemon/hub_beside.h - where a device stands in the control log that holds another branch of it than is read here. */
#ifndef PH_DAEMON_HUB_BESIDE_H
#define PH_DAEMON_HUB_BESIDE_H

#include "daemon/hub_internal.h"

struct ph_hub_place {
	struct ph_hub_head
		at;  /* the last entry before the position, on the branch that has it */
	bool beside; /* of that log, or of one before it, another branch than is read */
	uint64_t
		parted; /* beside: up to here both have the same, by the order that is read */
	uint64_t
		control; /* the position by that order; of one on another branch: parted */
};

/*
 * Find the position TOLD, n at least 1, in the control log: on the branches that are read, and on all
 * that stand beside them, of which a device may lack some of the last entries. 0 with PLACE_OUT if
 * *IS_OUT; or negative errno.
 */
int ph_hub_beside_find(struct ph_hub *hub, const struct ph_cursor *told,
		       struct ph_hub_place *place_out, bool *is_out);

#endif
