/* client/agent_road.h - the agent's sessions, with the hub or a courier, each in a thread of its own. */
#ifndef PH_CLIENT_AGENT_ROAD_H
#define PH_CLIENT_AGENT_ROAD_H

#include <uv.h>

#include "client/courier_meet.h"
#include "client/sync.h"
#include "common/cli/eventlog.h"

struct ph_agent_road_config {
	uv_loop_t *loop;
	struct ph_site *site; /* kept */
	const char *dir;      /* its folder */
	const struct ph_eventlog *log;
	/*
	 * A session is over; RC and WHY as of ph_sync_once(), or the site could not be
	 * opened. On the loop.
	 */
	void (*on_end)(void *data, const struct ph_sync_end *end, int rc,
		       const struct ph_error *why);
	void *data;
};

struct ph_agent_road;
/* 0 or a negative errno. */
int ph_agent_road_new(struct ph_agent_road **road_out,
		      const struct ph_agent_road_config *config);
struct ph_agent_way {
	const char *hub; /* HOST:PORT; "": it is not known, so couriers alone are tried */
	const char *
		courier; /* HOST:PORT of one to try when the hub cannot be reached; "": none */
	bool finds;      /* look for couriers on the network, too */
	unsigned connect_ms; /* give up connecting after so long */
	bool has_own;        /* as in ph_link_config */
};
/*
 * Begin a session with the hub, and if it cannot be reached meet a courier. One at a
 * time. 0 or a negative errno, and then on_end is not called.
 */
int ph_agent_road_begin(struct ph_agent_road *road, const struct ph_agent_way *way);
/* End what runs, soon; on_end is called for it. For good. */
void ph_agent_road_stop(struct ph_agent_road *road);
/* Nothing runs, and the loop still does. NULL is fine. */
void ph_agent_road_free(struct ph_agent_road *road);

#endif
