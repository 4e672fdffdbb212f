/* client/status_script.c - packhorse status for scripts: the names stay for ever. */
#include <errno.h>

#include "client/status_report.h"
#include "common/cli/out.h"

/* NULL, which json_pack takes as null, for "never". */
static const char *time_or_null(char out[static PH_TIME_TEXT], int64_t seconds)
{
	if (seconds == 0) {
		return NULL;
	}
	ph_time_text(out, seconds);
	return out;
}

static json_t *last_json(const struct ph_site_state *state)
{
	char time[PH_TIME_TEXT];

	if (state->last_time == 0) {
		return json_null();
	}
	return json_pack("{s:s?, s:b, s:s}", "time", time_or_null(time, state->last_time),
			 "complete", (int)state->last_complete, "reason",
			 state->last_reason);
}

static json_t *levels_json(const struct ph_status_report *report)
{
	const struct ph_site_state *state = &report->state;
	uint64_t courier = report->road.is_carried ? report->road.carried : 0;
	uint64_t hub = state->receipted - state->at_backup;

	return json_pack("{s:I, s:I, s:I, s:I}", "here",
			 (json_int_t)(state->entries - state->receipted - courier),
			 "courier", (json_int_t)courier, "hub", (json_int_t)hub, "backup",
			 (json_int_t)state->at_backup);
}

static json_t *fed_json(const struct ph_fed_counts *fed)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "facts", (json_int_t)fed->entries,
			 "entities", (json_int_t)fed->entities, "outside",
			 (json_int_t)fed->outside, "cases", (json_int_t)fed->cases);
}

static json_t *agent_json(const struct ph_host_state *agent)
{
	char since[PH_TIME_TEXT];
	char next[PH_TIME_TEXT];

	return !agent ? json_null()
		      : json_pack("{s:s?, s:b, s:s?, s:s?, s:I, s:I}", "since",
				  time_or_null(since, agent->since), "syncing",
				  (int)agent->is_syncing, "next",
				  time_or_null(next, agent->next), "why",
				  agent->next ? ph_pace_why_name(agent->why) : NULL,
				  "failures", (json_int_t)agent->failures, "sessions",
				  (json_int_t)agent->sessions);
}

static json_t *went_on_json(const struct ph_site_went_on *went_on)
{
	static const char *const names[] = {
		[PH_WHY_RESTORED] = "restored",
		[PH_WHY_CLONED] = "cloned",
		[PH_WHY_REPLACED] = "replaced",
	};
	uint64_t why = went_on->doubt ? went_on->doubt : went_on->why;
	char since[PH_TIME_TEXT];

	return why == PH_WHY_CLOCK || why > PH_WHY_REPLACED
		       ? json_null()
		       : json_pack("{s:s, s:s?}", "why", names[why], "since",
				   time_or_null(since,
						went_on->doubt ? 0 : went_on->second));
}

static json_t *clock_json(const struct ph_status_report *report)
{
	return report->ahead == 0
		       ? json_null()
		       : json_pack("{s:I}", "ahead_s", (json_int_t)report->ahead);
}

const char *ph_desk_name(enum ph_desk_state state)
{
	static const char *const names[] = {
		[PH_DESK_NO_PIN] = "no-pin",
		[PH_DESK_LOCKED] = "locked",
		[PH_DESK_OPEN] = "open",
	};

	return names[state];
}

int ph_status_script(const struct ph_cli *cli, const struct ph_status_report *report)
{
	const struct ph_site_info *info = &report->info;
	const struct ph_site_state *state = &report->state;
	char device[2 * PH_DEVICE_ID_SIZE + 1];
	char receipted[PH_TIME_TEXT];
	char since[PH_TIME_TEXT];
	char good[PH_TIME_TEXT];
	char packed[PH_TIME_TEXT];
	char taken[PH_TIME_TEXT];
	json_t *out;

	ph_hex(device, info->device_id, sizeof(info->device_id));
	out = json_pack("{s:i, s:I, s:s%, s:s%, s:s%, s:s, s:s, s:s, s:s}", "schema", 1,
			"site", (json_int_t)info->site, "code", info->site_code.data,
			info->site_code.len, "name", info->site_name.data,
			info->site_name.len, "commune", info->commune.data,
			info->commune.len, "device", device, "fingerprint",
			info->fingerprint, "hub", report->hub, "folder", cli->dir);
	if (!out) {
		return -ENOMEM;
	}
	if (json_object_update_new(
		    out,
		    json_pack("{s:I, s:I, s:I, s:s?, s:s?, s:I, s:o, s:o, s:s?, s:I, s:o,"
			      " s:b, s:s, s:I, s:o, s:s?, s:s?, s:I, s:I, s:o, s:o, "
			      "s:o, s:o, s:s}",
			      "entries", (json_int_t)state->entries, "pending",
			      (json_int_t)report->pending, "receipted",
			      (json_int_t)state->receipted, "receipted_time",
			      time_or_null(receipted, state->receipted_time),
			      "pending_since", time_or_null(since, state->oldest_pending),
			      "parts_pending", (json_int_t)state->parts_pending, "levels",
			      levels_json(report), "last_session", last_json(state),
			      "last_complete", time_or_null(good, state->good_time),
			      "sessions", (json_int_t)state->sessions, "clock",
			      clock_json(report), "confirmed",
			      (int)(state->standing == PH_SITE_CONFIRMED), "state",
			      ph_standing_name(state->standing), "of_site",
			      (json_int_t)state->of_site, "fed", fed_json(&state->fed),
			      "stick_packed", time_or_null(packed, report->road.packed),
			      "stick_taken", time_or_null(taken, report->road.taken),
			      "cases", (json_int_t)report->cases, "not_counted",
			      (json_int_t)report->not_counted, "agent",
			      agent_json(report->agent), "network",
			      ph_budget_json(&report->budget), "courier",
			      ph_status_road_json(&report->road), "new_log",
			      went_on_json(&report->went_on), "desk",
			      ph_desk_name(report->desk))) != 0) {
		json_decref(out);
		return -ENOMEM;
	}
	if (state->erase_stuck != 0 &&
	    json_object_set_new(out, "erase_stuck",
				json_string(ph_errno_say(state->erase_stuck))) != 0) {
		json_decref(out);
		return -ENOMEM;
	}
	if (state->unfinished_total > 0 &&
	    json_object_set_new(out, "unfinished",
				json_pack("{s:I, s:I}", "bytes",
					  (json_int_t)state->unfinished, "of",
					  (json_int_t)state->unfinished_total)) != 0) {
		json_decref(out);
		return -ENOMEM;
	}
	if (state->kept_pieces > 0 &&
	    json_object_set_new(out, "kept",
				json_pack("{s:I, s:I}", "pieces",
					  (json_int_t)state->kept_pieces, "bytes",
					  (json_int_t)state->kept_bytes)) != 0) {
		json_decref(out);
		return -ENOMEM;
	}
	return ph_out_script(cli->json, out);
}
