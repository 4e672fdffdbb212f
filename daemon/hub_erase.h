/* daemon/hub_erase.h - erasures at the hub. */
#ifndef PH_DAEMON_HUB_ERASE_H
#define PH_DAEMON_HUB_ERASE_H

#include "daemon/hub_internal.h"

/* Carry out the erasures that the ledger, which is caught up, knows of. 0 or negative errno. */
int ph_hub_erase(struct ph_hub *hub);

#endif
