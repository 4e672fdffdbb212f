/* daemon/hub_part.h - sealed parts, opened at the hub in memory and kept nowhere. */
#ifndef PH_DAEMON_HUB_PART_H
#define PH_DAEMON_HUB_PART_H

#include "common/ledger/view.h"
#include "daemon/hub.h"

/* How views open personal fields with the hub's key; borrows HUB. */
struct ph_opener ph_hub_opener(struct ph_hub *hub);

#endif
