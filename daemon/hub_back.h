/* daemon/hub_back.h - which devices have brought back what a restored hub may lack of its own. */
#ifndef PH_DAEMON_HUB_BACK_H
#define PH_DAEMON_HUB_BACK_H

#include "daemon/hub_internal.h"

/*
 * Whether all that a device holds of the control log is here, which tells the position TOLD (n 0: it holds
 * nothing): on the branches that are read, or on others. If so, AT_OUT is its last entry there (n 0: none).
 * 0 or negative errno.
 */
int ph_hub_back_find(struct ph_hub *hub, const struct ph_cursor *told,
		     struct ph_hub_head *at_out, bool *is_out);
/*
 * PEER was heard of, and all that it brought is stored: note whether it holds more of the control log than is
 * here, if a bundle told so. In a transaction, of the job HEARD. 0 or negative errno.
 */
int ph_hub_back_heard(struct ph_hub *hub, struct ph_hub_peer *peer);
/*
 * Whether DEVICE has been heard of since HUB was restored, and what a bundle of it told to hold of the
 * control log is here by now. HEARD_OUT: whether it has been heard of at all since. 0 or negative errno.
 */
int ph_hub_is_back(struct ph_hub *hub, const struct ph_device *device, bool *back_out,
		   bool *heard_out);

#endif
