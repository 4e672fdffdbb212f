/* daemon/hub_own.h - what a device wrote itself and has not. */
#ifndef PH_DAEMON_HUB_OWN_H
#define PH_DAEMON_HUB_OWN_H

#include "daemon/hub_internal.h"

/* Whether PEER's hello told of logs of its own, to be sent the rest of them. 0 or negative errno. */
int ph_hub_own_asked(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *asked_out);
/* Up to where PEER surely has LOG, of its own, by its heads and what it sent. 0 or negative errno. */
int ph_hub_own_held(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    const struct ph_log *log, uint64_t *n_out);
/* Tell PEER, if it is confirmed and did not ask, which own logs it may lack. 0 or negative errno. */
int ph_hub_own_tell(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    struct ph_welcome *welcome);

#endif
