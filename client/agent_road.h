/* client/agent_road.h - the agent's sessions with the hub, each in a thread of its own. */
#ifndef PH_CLIENT_AGENT_ROAD_H
#define PH_CLIENT_AGENT_ROAD_H

#include <uv.h>

#include "client/sync.h"

struct ph_agent_road_config {
	uv_loop_t *loop;
	struct ph_site *site; /* kept */
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
/*
 * Begin a session with the hub at ADDRESS, giving up connecting after CONNECT_MS. One at a
 * time. 0 or a negative errno, and then on_end is not called.
 */
int ph_agent_road_begin(struct ph_agent_road *road, const char *address,
			unsigned connect_ms);
/* End what runs, soon; on_end is called for it. For good. */
void ph_agent_road_stop(struct ph_agent_road *road);
/* Nothing runs, and the loop still does. NULL is fine. */
void ph_agent_road_free(struct ph_agent_road *road);

#endif
