/*
 * daemon/hub_erasure_beyond.h - of an erasure, what lies beyond the devices that can be asked:
 * the second medium, and days that this hub has lost; for the certificate.
 */
#ifndef PH_DAEMON_HUB_ERASURE_BEYOND_H
#define PH_DAEMON_HUB_ERASURE_BEYOND_H

#include "daemon/hub_internal.h"

/*
 * Set in CERTIFICATE, an object: `second_medium`: "erased" or "out", not set if there never was one;
 * `restored`: when the hub was restored or put back last, and `put_back`, the same time, if it was
 * put back; not set if it never was. 0 or negative errno.
 */
int ph_hub_beyond_tell(struct ph_hub *hub, json_t *certificate);

#endif
