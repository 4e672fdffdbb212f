/*
 * daemon/hub_erasure_beyond.h - of an erasure, what lies beyond the devices that can be asked:
 * the second medium, days that this hub has lost, and backups; for the certificate.
 */
#ifndef PH_DAEMON_HUB_ERASURE_BEYOND_H
#define PH_DAEMON_HUB_ERASURE_BEYOND_H

#include "daemon/hub_internal.h"

/*
 * Set in CERTIFICATE, an object: `second_medium`: "erased" or "out", not set if there never was one;
 * `restored`: when the hub was restored or put back last, and `put_back`, the same time, if it was
 * put back; not set if it never was; `backups`: [{"folder", "oldest", "newest"} ...], the folders that
 * backups were put into and that have one which was begun before ORDER was done here (hub_backup_in.h).
 * ORDER: borrowed; NULL: it is not done. 0 or negative errno.
 */
struct ph_erasing_order;
int ph_hub_beyond_tell(struct ph_hub *hub, const struct ph_erasing_order *order,
		       json_t *certificate);

#endif
