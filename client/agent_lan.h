/*
 * client/agent_lan.h - the agent and the other machines of its site: it listens, and calls.
 *
 * Each session is in a thread of its own, as those with the hub (client/agent_road.h). When to
 * call is decided by a pace of its own: after entries at once, else by the timer.
 */
#ifndef PH_CLIENT_AGENT_LAN_H
#define PH_CLIENT_AGENT_LAN_H

#include <uv.h>

#include "client/agent_settings.h"
#include "client/site.h"
#include "common/cli/eventlog.h"

#define PH_LAN_VISITS_MAX 4 /* that are answered at once */
#define PH_LAN_HOST_MAX   2 /* of them from one address, before it is known who it is */

struct ph_agent_lan_config {
	uv_loop_t *loop;
	struct ph_site *site; /* kept */
	const struct ph_eventlog *log;
	/* The last session has ended. */
	void (*on_idle)(void *data);
	void *data;
};

struct ph_agent_lan;
/* 0 or a negative errno. */
int ph_agent_lan_new(struct ph_agent_lan **lan_out,
		     const struct ph_agent_lan_config *config);
/* Listen and call as SETTINGS have it, from now on. 0, or a negative errno with ERR: nothing listens. */
int ph_agent_lan_apply(struct ph_agent_lan *lan, const struct ph_agent_settings *settings,
		       struct ph_error *err);
/* An entry was written. */
void ph_agent_lan_entry(struct ph_agent_lan *lan);
/* No more from now on; what runs ends soon. NULL is fine. */
void ph_agent_lan_stop(struct ph_agent_lan *lan);
bool ph_agent_lan_is_idle(const struct ph_agent_lan *lan);
/* It is idle, and the loop still runs. NULL is fine. */
void ph_agent_lan_free(struct ph_agent_lan *lan);

#endif
