/*
 * client/agent_internal.h - what agent.c (start, commands, stop), agent_session.c (when it
 * syncs) and agent_watch.c (the watchdog) share. On the loop's thread, all of it.
 */
#ifndef PH_CLIENT_AGENT_INTERNAL_H
#define PH_CLIENT_AGENT_INTERNAL_H

#include <uv.h>

#include "client/agent.h"
#include "client/agent_lan.h"
#include "client/agent_net.h"
#include "client/agent_road.h"
#include "client/agent_settings.h"
#include "client/agent_talk.h"
#include "client/front.h"
#include "client/sync.h"
#include "common/base/lock.h"
#include "common/cli/eventlog.h"

/* The turn that was on when it was last looked, and since when its store has done nothing. */
struct ph_agent_watch {
	uint64_t number, pulse;
	uint64_t moved_at, hang_ms; /* of the loop */
	bool is_hung;
};

struct agent {
	const struct ph_cli *cli;
	const char *hub;
	uv_loop_t loop;
	uv_signal_t term, interrupt, hup;
	uv_timer_t due, deadline, watchdog, desk;
	struct ph_eventlog log;
	struct ph_agent_settings settings;
	struct ph_site *site;
	struct ph_turn turn;
	struct ph_site_turn turns;
	struct ph_agent_talk *talk;
	struct ph_work *work;
	struct ph_agent_road *road;
	struct ph_lock
		lock; /* one agent of a folder; its own lock is let go of between orders */
	struct ph_agent_net *net;
	struct ph_agent_lan *lan;
	struct ph_front *front; /* NULL: the desk is not served */
	struct ph_pace pace;
	struct ph_agent_watch watch;
	int64_t since;
	uint64_t sessions;
	struct ph_sync_rest rest; /* own logs that the last hello had no place for */
	unsigned doubts;
	uint64_t stop_began, full_since, full;
	uint64_t budget; /* bytes a month, as of the last session; PH_BUDGET_NONE */
	bool has_loop, has_turn, is_kept, has_handles, is_syncing;
	bool is_asked; /* somebody wants a session now */
	bool is_stopping, worker_stops;
	bool front_ends; /* to begin anew, by settings that were read again */
};

/* --- agent_session.c --- */
/* A number that nobody can foresee, for jitter. */
uint64_t ph_agent_chance(void);
/* The timer for the next session, as the pace has it now. */
void ph_agent_set_alarm(struct agent *agent);
/* A session begins at once: true; false: one runs already, or the agent stops. DATA is the agent. */
bool ph_agent_sync_now(void *data);
/* It has run out. */
void ph_agent_on_due(uv_timer_t *timer);
/* The network is another one; DATA is the agent. */
void ph_agent_on_network(void *data);
/* What came is folded, when nobody asks for anything. */
void ph_agent_fold(struct agent *agent);
/* A session has ended, as the road tells it; DATA is the agent. */
void ph_agent_on_sync_end(void *data, const struct ph_sync_end *end, int rc,
			  const struct ph_error *why);

/* --- agent_watch.c --- */
/* The service manager is told that all is well, as often as it wants to hear it, while it is. */
void ph_agent_watch_start(struct agent *agent);

/* --- agent.c --- */
/* The next step of stopping, if what it waits for has come. */
void ph_agent_check_end(struct agent *agent);

#endif
