/* client/sync.h - one session with the hub, and what came of it kept for `status`. */
#ifndef PH_CLIENT_SYNC_H
#define PH_CLIENT_SYNC_H

#include "client/link.h"

struct ph_sync_end {
	struct ph_link_result result;
	struct ph_site_moved moved; /* zero if no connection came about */
	bool has_pending;
	uint64_t pending; /* entries without a receipt, once it was over */
	/*
	 * it was given a slice of the budget that was too little, there is more, and the next
	 * is worth it: something moved, or it will be given more; or the hub, of an earlier
	 * version, took no hello with the front of an item, and the next has none
	 */
	bool goes_on;
	bool again; /* of this device's own the next session takes or brings what lacks */
	unsigned
		left; /* own logs that the hub lacks and was not told of: one hello tells of 8 */
	uint64_t budget; /* bytes a month; PH_BUDGET_NONE */
};

/* How it goes with what one session had no place for, over several; zero at the beginning. */
struct ph_sync_rest {
	unsigned left;    /* of the last session */
	uint64_t pending; /* likewise */
	unsigned stale;   /* sessions in a row after which there was not less */
	/* a whole session brought what this device lacks of its own: as in ph_link_config */
	bool has_own;
};

/*
 * One session of SITE, which is open and is so on return; in CONFIG, `flight_max` SIZE_MAX
 * and `frame_max` 0 stand for what the last links taught. 0 when one was tried: what came
 * of it is in END and ERR. As ph_link_run().
 */
int ph_sync_once(struct ph_site *site, const struct ph_link_config *config,
		 struct ph_sync_end *end_out, struct ph_error *err);
/*
 * After each session. Whether another is to follow at once for what END left: it is complete,
 * something was signed for, and it has become less, at the latest after some.
 */
bool ph_sync_rest_goes_on(struct ph_sync_rest *rest, const struct ph_sync_end *end);
/* Bytes that wait here, at a guess: packed, an entry takes some 16, a reader's details 60. */
uint64_t ph_sync_waiting(const struct ph_site_state *state);
/* Whether trying again can help against WHY. */
bool ph_sync_is_passing(const struct ph_error *why);

#endif
