/* daemon/hub_erase.h - erasures at the hub. */
#ifndef PH_DAEMON_HUB_ERASE_H
#define PH_DAEMON_HUB_ERASE_H

#include "daemon/hub_internal.h"

/* Carry out the erasures that the ledger, which is caught up, knows of. 0 or negative errno. */
int ph_hub_erase(struct ph_hub *hub);
/* That ENTRY, which the hub is to write, is no note about who was erased: its words would not be kept. 0; -EPERM or another negative errno. */
int ph_hub_erase_check(struct ph_hub *hub, const struct ph_entry *entry,
		       struct ph_error *err);

#endif
