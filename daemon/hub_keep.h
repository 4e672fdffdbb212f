/*
 * daemon/hub_keep.h - what the hub said in its desk log, given to devices to keep, and back from
 * them when it was lost.
 */
#ifndef PH_DAEMON_HUB_KEEP_H
#define PH_DAEMON_HUB_KEEP_H

#include "daemon/hub_internal.h"

/* Keep in PEER, which is known, what HELLO tells to keep. 0 or negative errno. */
int ph_hub_keep_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello);
/*
 * Whether PEER keeps something that is not here, or not so, and that was not looked at yet: then
 * this store may be an older one.
 */
bool ph_hub_keep_strays(const struct ph_hub *hub, const struct ph_hub_peer *peer);
/* Whether it is asked for what it keeps, though this hub does not collect. */
bool ph_hub_keep_asks(const struct ph_hub *hub, const struct ph_hub_peer *peer);
/* The desk logs behind the wants of WELCOME, if it has any and PEER keeps such. 0 or negative errno. */
int ph_hub_keep_ask(struct ph_hub *hub, struct ph_hub_peer *peer,
		    struct ph_welcome *welcome);
/* Whether ph_hub_keep_load() would give something to PEER, which gets what others wrote. 0 or negative errno. */
int ph_hub_keep_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out);
/*
 * The next piece for PEER, of about BUDGET bytes at most and none over FIT (0: any), into *ITEM_OUT,
 * which stays as it is when there is none. 0 or negative errno.
 */
int ph_hub_keep_load(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
		     size_t fit, struct ph_item **item_out);
/* PEER proved to be live: what it keeps, and was sent, counts. */
void ph_hub_keep_heard(struct ph_hub *hub, const struct ph_hub_peer *peer);
/*
 * Take ITEM, of PH_ITEM_KEEP, if it is ours; in the transaction, as ph_hub_collect_take(). 0, also
 * when it fits nowhere; PH_JOURNAL_E_FORM: nobody asked for it; PH_HUB_E_DELAY; negative errno.
 */
int ph_hub_keep_take(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_item *item);

/* How many devices are known, since this process started, to keep all of the desk log that is written. */
unsigned ph_hub_keep_count(const struct ph_hub *hub);

#endif
