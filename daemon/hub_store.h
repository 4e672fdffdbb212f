/* daemon/hub_store.h - one item that a device brings, into the journal. */
#ifndef PH_DAEMON_HUB_STORE_H
#define PH_DAEMON_HUB_STORE_H

#include "daemon/hub_internal.h"

/*
 * Store ITEM, a segment or part that PEER brings, in a transaction. IN_FLIGHT: with its hello, where
 * nothing is that we had said. 0, also for what is left alone; PH_JOURNAL_E_*; PH_HUB_E_DELAY; negative errno.
 */
int ph_hub_store_item(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_item *item, bool in_flight);

#endif
