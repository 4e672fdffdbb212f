/*
 * daemon/hub_rotate.h - other online keys for the hub.
 */
#ifndef PH_DAEMON_HUB_ROTATE_H
#define PH_DAEMON_HUB_ROTATE_H

#include "daemon/hub_internal.h"

/* The highest generation of a key list that a device has told, if above ours; in meta. */
#define PH_HUB_META_KEYS "keys_heard"

/*
 * New online keys, named first by a list that ROOT signs. The old ones stay on it, as those
 * that were in use, and so does whatever they signed; at most four are named. If they were
 * STOLEN they are not: what they sign counts no more, but for the hub's logs as far as they
 * stand here, and the hub begins a new epoch, so that receipts and pages that a thief gave
 * are told from ours. The hub goes on under other logs, which continue the old ones.
 *
 * HUB has to be closed behind it: it still has the old keys. 0 or negative errno with ERR; -ENOSPC,
 * with nothing changed: there is no room, or, if they were not STOLEN, no more than is kept for that
 * (PH_HUB_ROOM_KEPT).
 */
int ph_hub_rotate(struct ph_hub *hub, const struct ph_sign_pair *root, bool stolen,
		  uint64_t *generation_out, struct ph_error *err);

#endif
