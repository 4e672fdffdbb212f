/* daemon/hub_feed.h - the hub's feeds: brought up to date, and into sessions. */
#ifndef PH_DAEMON_HUB_FEED_H
#define PH_DAEMON_HUB_FEED_H

#include "daemon/hub_internal.h"

/* Open the feeds of HUB, whose store, ledger and writer are open. */
int ph_hub_feed_open(struct ph_hub *hub, struct ph_error *err);
/*
 * Before a group of JOBS, outside of a transaction: if one of them reads a feed and
 * something was stored since the last fold, fold and feed it first. What fails is tried
 * again later; after an I/O error HUB is stopped.
 */
void ph_hub_feed_refresh(struct ph_hub *hub, const struct ph_job *jobs);
/*
 * Keep in PEER the cursor that HELLO tells: nothing, if it is of another epoch than the
 * hub's. 0 or negative errno.
 */
int ph_hub_feed_hello(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_hello *hello);
/* Whether ph_hub_feed_load() would give something. 0 or negative errno. */
int ph_hub_feed_waits(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *more_out);
/*
 * The next page of PEER's feed, of at most BUDGET bytes (one item always fits), into
 * *ITEM_OUT, which stays as it is when there is none; *MORE_OUT: another would follow.
 * 0 or negative errno.
 */
int ph_hub_feed_load(struct ph_hub *hub, struct ph_hub_peer *peer, size_t budget,
		     struct ph_item **item_out, bool *more_out);
/* PEER proved to be live: what its hello confirmed is forgotten. In the transaction. */
int ph_hub_feed_heard(struct ph_hub *hub, const struct ph_hub_peer *peer);

#endif
