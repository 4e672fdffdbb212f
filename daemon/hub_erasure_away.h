/*
 * daemon/hub_erasure_away.h - what sites had packed for the hub before they erased, and what of
 * it may still lie somewhere; for the certificate.
 */
#ifndef PH_DAEMON_HUB_ERASURE_AWAY_H
#define PH_DAEMON_HUB_ERASURE_AWAY_H

#include "common/ledger/facts.h"
#include "daemon/hub_internal.h"

/* All zero before it is loaded, and fine to end. */
struct ph_hub_away {
	struct ph_hub *hub; /* borrowed */
	struct ph_facts facts;
};
/* What was said of the order ERASURE. 0 or negative errno. */
int ph_hub_away_load(struct ph_hub_away *away, struct ph_hub *hub,
		     const struct ph_ref *erasure);
/*
 * Add to LIST each run of bundles that DEVICE told of, that did not all come, and whose time is not over:
 * {"device", "first", "last", "out", "day", "road"}; of what this program cannot read
 * {"device", "unknown": true}. 0 or negative errno.
 */
int ph_hub_away_tell(struct ph_hub_away *away, const struct ph_device *device,
		     json_t *list);
void ph_hub_away_deinit(struct ph_hub_away *away);

#endif
