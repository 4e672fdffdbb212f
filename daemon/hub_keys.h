/*
 * daemon/hub_keys.h - the keys in the hub's folder: those in use, those that were, the key list.
 *
 *   keys/online              signing key and Noise static in use
 *   keys/online.20261128T203142Z   those that were in use until then
 *   keys/online.next         those that the key list names next, if a rotation was broken off
 *   keys/list                what the root signed
 *
 * A static that was in use still opens: sessions and bundles of a device that was away, and
 * the seeds that were boxed under it. A signing key that was in use signs nothing any more; it
 * opens what devices keep of the desk log since then (hub_keep.h).
 */
#ifndef PH_DAEMON_HUB_KEYS_H
#define PH_DAEMON_HUB_KEYS_H

#include "daemon/hub.h"

/*
 * None goes, ever: names are boxed under each, and the oldest is what readers are told alike by. So they are
 * counted, as the logs of the control log are (PH_CONTROL_LOGS_MAX): `keys rotate` of keys that nobody
 * stole leaves PH_HUB_ROOM_KEPT of both, for those that were, and for restores.
 */
#define PH_HUB_RING_MAX  16
#define PH_HUB_ROOM_KEPT 4

struct ph_hub_ring {
	struct ph_box_pair
		box[PH_HUB_RING_MAX]; /* the one in use first, then the newest */
	uint8_t id[PH_HUB_RING_MAX][PH_DEVICE_ID_SIZE]; /* of the signing key beside it */
	uint8_t sign[PH_HUB_RING_MAX][PH_KEY_SIZE];
	uint8_t secret[PH_HUB_RING_MAX][PH_SECRET_SIZE]; /* of that */
	int64_t until[PH_HUB_RING_MAX];                  /* 0: it is in use */
	unsigned n;
};

/*
 * What stands in DIR; a rotation that was broken off behind its list is ended. What was read of KEYS and
 * RING, also where it fails, is in locked memory (common/base/secret.h) until ph_hub_keys_wipe(). 0 or
 * negative errno with ERR.
 */
int ph_hub_keys_load(const char *dir, struct ph_device_keys *keys,
		     struct ph_buf *list_bytes, struct ph_keylist *list,
		     struct ph_hub_ring *ring, struct ph_error *err);
/* A second time the same, in locked memory as well. */
void ph_hub_keys_copy(struct ph_device_keys *keys_out, struct ph_hub_ring *ring_out,
		      const struct ph_device_keys *keys, const struct ph_hub_ring *ring);
void ph_hub_keys_wipe(struct ph_device_keys *keys, struct ph_hub_ring *ring);

/* Whether ID is, or was, this hub's. */
bool ph_hub_ring_has(const struct ph_hub_ring *ring,
		     const uint8_t id[static PH_DEVICE_ID_SIZE]);
/* As ph_hub_seed_open(), by whichever static it was boxed under. */
int ph_hub_ring_open(const struct ph_hub_ring *ring, struct ph_view box,
		     uint8_t seed_out[static PH_SEED_SIZE]);

/*
 * Put NEXT in the place of the keys in use, which stay as those that were in use until
 * NOW (or a second or so later, if others were replaced in that one): the next keys, the old
 * ones, then LIST, which makes it so, then the change of names.
 * Interrupted before LIST is there, nothing has changed. 0 or negative errno with ERR.
 */
int ph_hub_keys_replace(const char *dir, const struct ph_device_keys *used,
			const struct ph_device_keys *next, struct ph_view list,
			int64_t now, struct ph_error *err);
/* Write LIST alone. */
int ph_hub_keys_list_write(const char *dir, struct ph_view list, struct ph_error *err);

#endif
