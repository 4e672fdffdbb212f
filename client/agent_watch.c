/*
 * client/agent_watch.c - the sign of life that the service manager is given, and when it is not.
 *
 * The loop answers for itself and for the threads that have the store by turns: while one of
 * them hangs in it, no command is answered and nothing is sent, and somebody should hear of it.
 * It hangs when the same turn lasts, and the store has done nothing, for as long as the watchdog
 * waits. A folder that is lent is in the hands of another process, which may take its time.
 */
#include "client/agent_internal.h"
#include "common/base/db.h"
#include "common/cli/notify.h"

#define USEC 1000

/* Whether the turn that is on now has hung for so long, as far as was looked. */
static bool hangs(struct agent *agent)
{
	struct ph_agent_watch *watch = &agent->watch;
	uint64_t now = uv_now(&agent->loop);
	uint64_t pulse = ph_db_pulse();
	uint64_t number = 0;
	bool works = ph_turn_is_taken(&agent->turn, &number) &&
		     !(agent->work && ph_work_is_lent(agent->work));

	if (!works || number != watch->number || pulse != watch->pulse) {
		watch->number = number;
		watch->pulse = pulse;
		watch->moved_at = now;
	}
	return works && now - watch->moved_at >= watch->hang_ms;
}

static void on_watchdog(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	bool is_hung = hangs(agent);

	if (!is_hung) {
		(void)ph_notify("WATCHDOG=1");
	}
	if (is_hung != agent->watch.is_hung) {
		ph_event(&agent->log, is_hung ? PH_EVENT_ERROR : PH_EVENT_WARNING,
			 is_hung ? "store.hangs" : "store.answers", "watchdog=%s",
			 is_hung ? "silent" : "told");
	}
	agent->watch.is_hung = is_hung;
}

void ph_agent_watch_start(struct agent *agent)
{
	uint64_t usec = ph_notify_watchdog();

	if (usec > 0) {
		agent->watch.hang_ms = usec / USEC;
		agent->watch.moved_at = uv_now(&agent->loop);
		(void)uv_timer_start(&agent->watchdog, on_watchdog, 0, usec / (2 * USEC));
	}
}
