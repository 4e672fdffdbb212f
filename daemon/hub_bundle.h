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
int ph_hub_bundle_take(struct ph_hub *hub, struct ph_view bundle,
		       struct ph_hub_bundle_taken *taken_out);

/* A device's bundles, one after the other. */
struct ph_hub_packing;
struct ph_hub_packed {
	uint64_t entries, parts, pages, receipts;
	bool more; /* another follows */
};
enum {
	PH_HUB_PACK_E_FULL = 1 /* not even the next item fits */
};
/* Begin behind what DEVICE told last. 0 or negative errno. */
int ph_hub_pack_new(struct ph_hub_packing **packing_out, struct ph_hub *hub,
		    const struct ph_device *device);
void ph_hub_pack_free(struct ph_hub_packing *packing);
/* The next, of at most MAX bytes, appended to OUT. 0; PH_HUB_PACK_E_FULL; or negative errno. */
int ph_hub_pack_next(struct ph_hub_packing *packing, uint64_t max, struct ph_buf *out,
		     struct ph_hub_packed *packed_out);

/*
 * Whether it holds anything that DEVICE, as far as it told by a bundle or a session, does
 * not know. 0 or negative errno.
 */
int ph_hub_pack_waits(const struct ph_hub_packing *packing, bool *waits_out);
/* Whether the last that was heard of it came in a bundle, and not in a session. */
bool ph_hub_pack_by_file(const struct ph_hub_packing *packing);

/* --- for hub_jobs.c --- */
/* Keep the hello that a bundle of PEER told, in the transaction of HEARD. 0 or negative errno. */
int ph_hub_bundle_heard(struct ph_hub *hub, const struct ph_hub_peer *peer);
/* The hello of the last bundle of DEVICE that took effect, appended to OUT. 0, PH_JOURNAL_E_NONE, negative errno. */
int ph_hub_bundle_hello(struct ph_hub *hub, const struct ph_device *device,
			struct ph_buf *out);
/* Whether DEVICE has ever sent a bundle that took effect. 0 or negative errno. */
int ph_hub_bundle_came(struct ph_hub *hub, const struct ph_device *device,
		       bool *came_out);

#endif
