/* daemon/hub_void.h - which words of the hub a void cannot reach any more. */
#ifndef PH_DAEMON_HUB_VOID_H
#define PH_DAEMON_HUB_VOID_H

#include "daemon/hub_internal.h"

/*
 * A void of an entry of the log LOG_ID would stand where it counts: the log is a site's, or not here,
 * or one that the hub goes on with. TARGET is the entry; NULL: it is not here, or of a later program.
 * 0; -EPERM with ERR, which says what to do instead; another negative errno without.
 */
int ph_hub_void_reaches(struct ph_hub *hub, const uint8_t log_id[static PH_LOG_ID_SIZE],
			const struct ph_entry *target, struct ph_error *err);

#endif
