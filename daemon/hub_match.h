/* daemon/hub_match.h - what only the hub sees of readers and invites, for its ledger. */
#ifndef PH_DAEMON_HUB_MATCH_H
#define PH_DAEMON_HUB_MATCH_H

#include "daemon/hub.h"

/* Fill OUT, whose data is HUB: it is asked while the ledger folds. */
void ph_hub_match_init(struct ph_ledger_hub *out, struct ph_hub *hub);

#endif
