/*
 * client/agent_session.c - when the agent syncs, and what it makes of how a session ended.
 */
#include "client/agent_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/budget.h"
#include "common/base/say.h"

#define DOUBTS 3 /* "wrong key" so often in a row may be a damaged greeting */

uint64_t ph_agent_chance(void)
{
	uint64_t number;

	ph_rng_system.fill(ph_rng_system.data, (uint8_t *)&number, sizeof(number));
	return number;
}

void ph_agent_set_alarm(struct agent *agent)
{
	uint64_t now = uv_now(&agent->loop);
	uint64_t due = agent->is_asked ? now : ph_pace_due(&agent->pace, NULL);

	if (agent->is_stopping || due == UINT64_MAX) {
		(void)uv_timer_stop(&agent->due);
	} else {
		(void)uv_timer_start(&agent->due, ph_agent_on_due,
				     due > now ? due - now : 0, 0);
	}
}

/* From now to the next session; 0: it is due, runs, or there will be none. */
static uint64_t next_ms(const struct agent *agent)
{
	uint64_t due = ph_pace_due(&agent->pace, NULL);
	uint64_t now = uv_now(&agent->loop);

	return due != UINT64_MAX && due > now && !agent->is_stopping ? due - now : 0;
}

static void address_of(const struct agent *agent, char out[static PH_HUB_ADDRESS_MAX + 1])
{
	struct ph_site_info info;

	if (agent->hub || agent->settings.hub[0] != '\0') {
		snprintf(out, PH_HUB_ADDRESS_MAX + 1, "%s",
			 agent->hub ? agent->hub : agent->settings.hub);
		return;
	}
	ph_site_info(agent->site, &info); /* what it reads never changes */
	snprintf(out, PH_HUB_ADDRESS_MAX + 1, "%.*s", (int)info.hub_address.len,
		 info.hub_address.len ? (const char *)info.hub_address.data : "");
}

/* How the pace takes it that a session ended so. */
static enum ph_pace_outcome outcome_of(struct agent *agent, const struct ph_sync_end *end,
				       const struct ph_error *why)
{
	const struct ph_link_result *result = &end->result;
	const struct ph_site_moved *moved = &end->moved;
	bool is_wrong_key = strcmp(result->reason, "wrong-key") == 0;
	bool goes_on = ph_sync_rest_goes_on(&agent->rest, end);

	agent->doubts = is_wrong_key ? agent->doubts + 1 : 0;
	if (result->complete) {
		return goes_on ? PH_PACE_MOVED : PH_PACE_DONE;
	}
	if (strcmp(result->reason, "budget") == 0 && !end->goes_on) {
		return PH_PACE_BARRED;
	}
	if (end->goes_on || result->counts.receipts > 0 || moved->entries_received > 0 ||
	    moved->parts_received > 0 || moved->fed.pages > 0 || result->front_grew) {
		return PH_PACE_MOVED;
	}
	if (ph_sync_is_passing(why) || strcmp(result->reason, "store") == 0 ||
	    strcmp(result->reason, "memory") == 0 ||
	    (is_wrong_key && agent->doubts <= DOUBTS)) {
		return PH_PACE_FAILED;
	}
	return PH_PACE_BARRED;
}

static void log_end(const struct agent *agent, const struct ph_sync_end *end,
		    const struct ph_error *why)
{
	const struct ph_link_result *result = &end->result;
	const struct ph_session_counts *counts = &result->counts;
	enum ph_pace_why next;
	char text[512] = "";

	(void)ph_pace_due(&agent->pace, &next);
	if (!result->complete) {
		snprintf(text, sizeof(text), " why=\"%.480s\"", why->text);
	}
	ph_event(&agent->log, result->complete ? PH_EVENT_INFO : PH_EVENT_WARNING,
		 "sync.end",
		 "result=%s in=%llu out=%llu entries=%llu parts=%llu receipts=%llu "
		 "received=%llu ms=%llu failures=%u next=%s next_ms=%llu%s",
		 result->complete ? "closed" : result->reason,
		 (unsigned long long)counts->bytes_in,
		 (unsigned long long)counts->bytes_out,
		 (unsigned long long)end->moved.entries_sent,
		 (unsigned long long)end->moved.parts_sent,
		 (unsigned long long)counts->receipts,
		 (unsigned long long)(end->moved.entries_received + end->moved.fed.facts),
		 (unsigned long long)result->elapsed_ms, agent->pace.failures,
		 agent->is_stopping ? "-" : ph_pace_why_name(next),
		 (unsigned long long)next_ms(agent), text);
}

void ph_agent_fold(struct agent *agent)
{
	if (agent->work && !agent->worker_stops) {
		ph_work_fold(agent->work);
	}
}

void ph_agent_on_sync_end(void *data, const struct ph_sync_end *end, int rc,
			  const struct ph_error *why)
{
	struct agent *agent = data;

	(void)rc; /* WHY says the same, and more */
	agent->is_syncing = false;
	agent->sessions++;
	ph_agent_fold(agent);
	uv_update_time(&agent->loop);
	if (end->budget != agent->budget) {
		struct ph_pace_limits limits;

		agent->budget = end->budget;
		limits = ph_agent_pace(&agent->settings, agent->budget);
		ph_pace_limit(&agent->pace, &limits, uv_now(&agent->loop),
			      ph_agent_chance());
	}
	ph_pace_end(&agent->pace, outcome_of(agent, end, why), uv_now(&agent->loop),
		    ph_agent_chance());
	log_end(agent, end, why);
	ph_agent_set_alarm(agent);
	ph_front_tell(agent->front, "sync",
		      json_pack("{s:b, s:s}", "complete", (int)end->result.complete,
				"reason",
				end->result.complete ? "done"
				: end->result.reason ? end->result.reason
						     : ""));
	ph_agent_check_end(agent);
}

static void begin_session(struct agent *agent, const char *reason)
{
	struct ph_sync_end none = { .result.reason = "memory", .budget = agent->budget };
	struct ph_error why = { .exit = PH_EXIT_OTHER };
	char address[PH_HUB_ADDRESS_MAX + 1];
	int rc;

	address_of(agent, address);
	ph_event(&agent->log, PH_EVENT_INFO, "sync.begin", "why=%s", reason);
	ph_pace_begin(&agent->pace);
	agent->is_asked = false;
	agent->is_syncing = true;
	rc = ph_agent_road_begin(
		agent->road,
		&(struct ph_agent_way){ .hub = address,
					.courier = agent->settings.courier,
					.finds = agent->settings.courier_find != 0,
					.connect_ms = agent->settings.connect_ms,
					.has_own = agent->rest.has_own });
	if (rc < 0) {
		(void)ph_fail_errno(
			&why, rc, ph_say("starting a session", "bắt đầu phiên làm việc"));
		ph_agent_on_sync_end(agent, &none, rc, &why);
	}
}

void ph_agent_on_due(uv_timer_t *timer)
{
	struct agent *agent = timer->data;
	enum ph_pace_why reason;

	if (agent->is_asked && !agent->is_syncing) {
		begin_session(agent, "asked");
	} else if (ph_pace_due(&agent->pace, &reason) <= uv_now(&agent->loop)) {
		begin_session(agent, ph_pace_why_name(reason));
	} else {
		ph_agent_set_alarm(agent);
	}
}

bool ph_agent_sync_now(void *data)
{
	struct agent *agent = data;

	if (agent->is_syncing || agent->is_stopping) {
		return false;
	}
	/* the timer begins it: whoever asks may be in the midst of a page */
	agent->is_asked = true;
	ph_agent_set_alarm(agent);
	return true;
}

void ph_agent_on_network(void *data)
{
	struct agent *agent = data;

	ph_pace_network(&agent->pace, uv_now(&agent->loop), ph_agent_chance());
	ph_agent_set_alarm(agent);
	ph_event(&agent->log, PH_EVENT_INFO, "network.change", "next_ms=%llu",
		 (unsigned long long)next_ms(agent));
}
