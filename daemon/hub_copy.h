/*
 * daemon/hub_copy.h - what was heard last of a device, and of each copy of its folder.
 *
 * A folder that was copied to a second machine, or put back, is the same device to the hub:
 * one id, the same keys, and hellos that both number on from where they parted. What tells
 * copies apart is what they wrote. The first head of a hello is the end of the chain that
 * its folder holds: a hello whose chain goes on from another's is of the same folder, later;
 * two of which neither goes on from the other are of two copies.
 */
#ifndef PH_DAEMON_HUB_COPY_H
#define PH_DAEMON_HUB_COPY_H

#include "daemon/hub_internal.h"

struct ph_hub_copy {
	bool by_file;        /* the last that was heard of it came in a bundle */
	int64_t heard;       /* when it was taken in */
	uint64_t counter;    /* the highest that it told */
	struct ph_head at;   /* the end of its chain */
	struct ph_buf hello; /* of its last bundle; empty: it never came by one */
};

/* The one that was heard last comes first. */
struct ph_hub_copies {
	struct ph_hub_copy copy[PH_BRANCHES_MAX];
	unsigned n;
};

/* Those of DEVICE; the caller's to deinit. 0, also when there are none, or negative errno. */
int ph_hub_copies_load(struct ph_hub *hub, const struct ph_device *device,
		       struct ph_hub_copies *out);
void ph_hub_copies_deinit(struct ph_hub_copies *copies);
/* All of it as bytes, appended to OUT: equal as long as nothing was heard. 0 or negative errno. */
int ph_hub_copies_bytes(struct ph_hub *hub, const struct ph_device *device,
			struct ph_buf *out);
/* Whether DEVICE, or a copy of it, has ever sent a bundle that took effect. 0 or negative errno. */
int ph_hub_copies_by_file(struct ph_hub *hub, const struct ph_device *device,
			  bool *came_out);

/* PEER was heard: keep what it told, in the transaction of HEARD. 0 or negative errno. */
int ph_hub_copy_heard(struct ph_hub *hub, const struct ph_hub_peer *peer);
/*
 * Whether the hello of PEER, a bundle that was MADE then and whose items are stored, tells
 * anything newer of its folder than what was heard of it. 0 or negative errno.
 */
int ph_hub_copy_is_news(struct ph_hub *hub, const struct ph_hub_peer *peer, int64_t made,
			bool *out);

#endif
