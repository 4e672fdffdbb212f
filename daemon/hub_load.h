/* daemon/hub_load.h - what goes down to a device: control log, siblings' logs, feed. */
#ifndef PH_DAEMON_HUB_LOAD_H
#define PH_DAEMON_HUB_LOAD_H

#include "daemon/hub_internal.h"

enum {
	PH_HUB_LOAD_E_NONE = 1 /* nothing more of this sort */
};

/* Keep in PEER, which is known, what HELLO tells to hold. 0 or negative errno. */
int ph_hub_load_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello);
/*
 * Look again where PEER stands in the control log by what it told: what it brought since may have made that a
 * position of ours. 0 or negative errno.
 */
int ph_hub_load_position(struct ph_hub *hub, struct ph_hub_peer *peer);
/* Whether a LOAD would give something now. 0 or negative errno. */
int ph_hub_load_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out);
/* Carry out a LOAD job. 0 or negative errno. */
int ph_hub_load(struct ph_hub *hub, struct ph_job *job);

#endif
