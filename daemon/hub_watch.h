/*
 * daemon/hub_watch.h - what changed in the hub's store since somebody looked last.
 *
 * Logs that grew, by site and kind of entry; cases that came and went; devices that are new.
 * It costs what changed, and the list of open cases. Nothing of it is kept on disk.
 */
#ifndef PH_DAEMON_HUB_WATCH_H
#define PH_DAEMON_HUB_WATCH_H

#include <jansson.h>

#include "daemon/hub.h"

struct ph_hub_watch;
void ph_hub_watch_free(struct ph_hub_watch *watch);
/*
 * Make *WATCH, if it is NULL: everything is old then. Else a list of events, each {"event":
 * "entries", "cases" or "device", "data": {...}}, maybe empty, of the caller's. 0 or negative
 * errno; *EVENTS_OUT is then NULL, and what changed comes with the next look.
 */
int ph_hub_watch(struct ph_hub *hub, struct ph_hub_watch **watch, json_t **events_out);

#endif
