/*
 * daemon/hub_collect.h - a hub that was restored: its epoch, its control log in several logs,
 * and what it had lost of its own.
 */
#ifndef PH_DAEMON_HUB_COLLECT_H
#define PH_DAEMON_HUB_COLLECT_H

#include "daemon/hub_internal.h"

/* Values in meta (docs/STORE.md). */
#define PH_HUB_META_RESTORED   "restored"   /* when, last; none: never */
#define PH_HUB_META_COLLECTING "collecting" /* 1: the operator has not ended it */
#define PH_HUB_META_COLLECTED  "collected"  /* own entries that came back since */
#define PH_HUB_META_PUT_BACK                                                             \
	"put_back" /* when it was found that it was, not by `restore`; 0: no */
#define PH_HUB_META_PUT_BACK_BY "put_back_by"     /* what showed it, enum ph_hub_shown */
#define PH_HUB_META_ACCOUNTS    "account_changes" /* how often accounts were changed */
#define PH_HUB_META_CONTROL     "control_logs"

enum {
	PH_HUB_COLLECT_E_NOT = 1, /* a segment of nobody's but the device's own */
	PH_HUB_COLLECT_E_GAP,     /* it goes on from nothing that is here */
};

/*
 * Epoch, control logs and state, as the store has them. 0 or negative errno with ERR: all of it is what it was.
 */
int ph_hub_collect_load(struct ph_hub *hub, struct ph_error *err);
/*
 * The control log was written to: it may be another by now. In the transaction. 0 or negative errno;
 * -ENOSPC with ERR: it has PH_CONTROL_LOGS_MAX logs already.
 */
int ph_hub_control_note(struct ph_hub *hub, struct ph_error *err);
/*
 * The next entry of each of the hub's logs opens another; in a transaction. A control log that has
 * PH_CONTROL_LOGS_MAX logs goes on in the last one. 0 or negative errno.
 */
int ph_hub_leave(struct ph_hub *hub, bool new_epoch);
/*
 * A fresh epoch, and other logs from the first entry on; collecting begins. What the store of
 * a backup needs before anybody hears of it. In a transaction of its own.
 */
int ph_hub_restored(struct ph_hub *hub, struct ph_error *err);
/*
 * This store was put back, as BY shows, which knows of epoch EPOCH (0: of none above ours):
 * as ph_hub_restored(), above that epoch, and it is told on standard error. In a transaction
 * of its own. 0 or negative errno with ERR.
 */
int ph_hub_put_back(struct ph_hub *hub, enum ph_hub_shown by, uint64_t epoch,
		    struct ph_error *err);
/* Whether the next entry of either of our logs goes on log ID. 0 or negative errno. */
int ph_hub_goes_on(struct ph_hub *hub, const uint8_t id[static PH_LOG_ID_SIZE],
		   bool *out);
/*
 * PEER, which is known, has heard of epoch NUMBER: ours goes above it if we cannot have said
 * so. In the transaction of its hello. 0 or negative errno.
 */
int ph_hub_epoch_heard(struct ph_hub *hub, const struct ph_hub_peer *peer,
		       uint64_t number);
/* Ask in WELCOME for what we may lack, if PEER may have it. 0 or negative errno. */
int ph_hub_collect_ask(struct ph_hub *hub, struct ph_hub_peer *peer,
		       struct ph_welcome *welcome);
/*
 * Take SEGMENT if it is of a log of ours. If it shows that this store is an older one, that was put back,
 * it begins as ph_hub_restored() in the same transaction. 0, also when it fits nowhere; PH_HUB_COLLECT_E_NOT;
 * negative errno.
 */
int ph_hub_collect_take(struct ph_hub *hub, const struct ph_segment *segment);
/*
 * The same from our own second medium, or of what a device kept for us: it may be a desk log as well.
 * PH_HUB_COLLECT_E_GAP also. STORED_OUT: entries that were new.
 */
int ph_hub_collect_own(struct ph_hub *hub, const struct ph_segment *segment,
		       uint64_t *stored_out);
/*
 * Whether a hub that collects waits for DEVICE: for none that was cut off or retired. 0 or
 * negative errno.
 */
int ph_hub_collect_awaits(struct ph_hub *hub, const struct ph_device *device, bool *out);
/* A desk log of which the backup knew nothing came back: ours goes on from it. 0 or negative errno. */
int ph_hub_collect_leave(struct ph_hub *hub);

#endif
