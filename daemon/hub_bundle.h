/*
 * daemon/hub_bundle.h - what devices send the hub by stick, and what it sends them.
 *
 * A bundle up is a session whose answers are not awaited: the same HELLO, STORE and HEARD
 * jobs carry it out. What its hello tells is kept, so that a bundle down, made on another
 * day, goes on from there. docs/BUNDLE.md.
 */
#ifndef PH_DAEMON_HUB_BUNDLE_H
#define PH_DAEMON_HUB_BUNDLE_H

#include "daemon/hub_internal.h"
#include "proto/bundle.h"
#include "proto/manifest.h"

/* Device id of the hub: that of its signing key. */
void ph_hub_id(const struct ph_hub *hub, uint8_t out[static PH_DEVICE_ID_SIZE]);

struct ph_hub_bundle_taken {
	int refusal; /* PH_BUNDLE_E_*: where it ended; 0: complete */
	enum ph_status
		status; /* other than OK: this device is not served; why is in words */
	const char *reason; /* one word; NULL: complete */
	enum ph_why why;    /* it is to come again for that */
	char words[96];     /* of what was not taken; "" */
	bool known;         /* the device is one of ours; below is valid */
	bool live;          /* what its hello told took effect */
	struct ph_hub_peer peer;
	struct ph_bundle_header header;
};
/*
 * Take BUNDLE, whole bytes. 0, also when it is refused somewhere: what came before is
 * stored, and durable. A negative errno: the store failed.
 */
int ph_hub_bundle_take(struct ph_hub *hub, struct ph_view bundle, enum ph_road road,
		       struct ph_hub_bundle_taken *taken_out);

/* A device's bundles, one after the other; those to copies of its folder behind them. */
struct ph_hub_packing;
struct ph_hub_packed {
	uint64_t entries, parts, pages, receipts;
	bool more; /* another follows */
};
enum {
	PH_HUB_PACK_E_FULL = 1 /* not even the next item fits */
};
/* Begin behind what DEVICE told last, and each copy of it. 0 or negative errno. */
int ph_hub_pack_new(struct ph_hub_packing **packing_out, struct ph_hub *hub,
		    const struct ph_device *device);
void ph_hub_pack_free(struct ph_hub_packing *packing);
/* The next, of at most MAX bytes, appended to OUT. 0; PH_HUB_PACK_E_FULL; or negative errno. */
int ph_hub_pack_next(struct ph_hub_packing *packing, uint64_t max, struct ph_buf *out,
		     struct ph_hub_packed *packed_out);

/*
 * Before the first: whether it will hold anything that DEVICE, as far as it told by a bundle
 * or a session, does not know; of one that was cut off, that it was; of one that is retired, that it
 * is, or a receipt. 0 or negative errno.
 */
int ph_hub_pack_waits(struct ph_hub_packing *packing, bool *waits_out);
/* The same: whether the last that was heard of it, or of a copy of it, came in a bundle. */
bool ph_hub_pack_by_file(const struct ph_hub_packing *packing);

/* --- hub_bundle_out.c --- */
/* A bundle that was made for a device. */
struct ph_hub_bundle_out {
	uint64_t number;
	uint8_t device[PH_DEVICE_ID_SIZE];
	int64_t second;
};
/* Bundle NUMBER goes to DEVICE. In a transaction. 0 or negative errno. */
int ph_hub_bundle_note(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       uint64_t number);
/* Bundle NUMBER was made for DEVICE, and is destroyed. In a transaction. 0, also if there was none; negative errno. */
int ph_hub_bundle_gone(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       uint64_t number);
/* Those for DEVICE, of the last some thousands of all; CB returning non-zero ends the walk with that value. */
int ph_hub_bundles_out(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       int (*cb)(void *data, const struct ph_hub_bundle_out *bundle),
		       void *data);

/* --- hub_bundle_in.c --- */
#define PH_HUB_BUNDLES_MAX  4096  /* that are noted at once */
#define PH_HUB_BUNDLES_KEPT 16384 /* of a device: the last numbers */
/*
 * DEVICE's bundles FIRST to LAST, PH_HUB_BUNDLES_MAX at most, have come whole, or are destroyed; what is
 * PH_HUB_BUNDLES_KEPT numbers and more behind LAST is forgotten. A transaction of its own. 0 or negative errno.
 */
int ph_hub_bundle_came(struct ph_hub *hub, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       uint64_t first, uint64_t last);
/* How many of them that is known of. 0 or negative errno. */
int ph_hub_bundles_came(struct ph_hub *hub,
			const uint8_t device[static PH_DEVICE_ID_SIZE], uint64_t first,
			uint64_t last, uint64_t *n_out);

#endif
