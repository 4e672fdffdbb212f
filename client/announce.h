/*
 * client/announce.h - couriers on the LAN by DNS-SD, as Avahi tells and hears of them.
 *
 * Avahi's own programs are run, avahi-publish as long as a courier listens, avahi-browse when
 * a site looks for one: without them, or without the daemon, nothing fails, and a fixed
 * address does instead. What is found is believed nothing: a courier shows its certificate.
 */
#ifndef PH_CLIENT_ANNOUNCE_H
#define PH_CLIENT_ANNOUNCE_H

#include <uv.h>

#include "common/cli/eventlog.h"

#define PH_ANNOUNCE_TYPE "_packhorse-van._tcp"
#define PH_FOUND_MAX     8
#define PH_FOUND_TEXT    128

struct ph_announce;
/* Announce NAME at PORT until it is ended; what comes of it goes to LOG. 0 or a negative errno. */
int ph_announce_start(struct ph_announce **announce_out, uv_loop_t *loop,
		      const struct ph_eventlog *log, const char *name, unsigned port);
/* End it; the loop frees it. NULL is fine. */
void ph_announce_end(struct ph_announce *announce);

/* HOST:PORT of couriers that are about. */
struct ph_found {
	char address[PH_FOUND_MAX][PH_FOUND_TEXT];
	unsigned n;
};
/*
 * Look for couriers, for MS at most. 0, also if none is found; -ENOENT: there is no
 * avahi-browse here, or no daemon; another negative errno.
 */
int ph_announce_find(struct ph_found *found_out, unsigned ms);
/* One line of `avahi-browse -p` into FOUND, if it names an address. */
void ph_announce_line(struct ph_found *found, const char *line);

#endif
