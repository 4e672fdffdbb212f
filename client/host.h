/* client/host.h - what the agent gives to a command that it carries out for another process. */
#ifndef PH_CLIENT_HOST_H
#define PH_CLIENT_HOST_H

#include "client/pace.h"
#include "client/site.h"

/* How the agent stands, for `status`. Times by the wall clock; 0: none. */
struct ph_host_state {
	int64_t since;
	uint64_t sessions; /* since then */
	unsigned failures; /* in a row */
	bool is_syncing;
	int64_t next; /* when the next session begins; 0 while one runs */
	enum ph_pace_why why;
	uint64_t desk_ms; /* that a desk stays open when nobody works; 0: without end */
};

/* `host` of a struct ph_cli. */
struct ph_host {
	struct ph_site *site; /* open, and the command's for the while */
	struct ph_host_state state;
	/*
	 * Others who wait are served, with DATA: for a command that has paused the site (client/site_aside.h).
	 * NULL: nobody waits there.
	 */
	void (*between)(void *data);
	void *data;
};

#endif
