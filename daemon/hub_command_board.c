/*
 * daemon/hub_command_board.c - packhorsed board: each site by its own timetable, as JSON.
 *
 * {"command":"board","site"?,"commune"?,"kind"?,"late"?:true,"ends"?}. "ends" comes from the
 * daemon that serves: how the last session of each device ended since it started
 * (trail.h); without it that is not known, and not said.
 *
 * Why a site is late is said as far as the hub knows, the surest first, in codes:
 * docs/OPERATIONS.md, "The board".
 */
#include "common/base/say.h"
#include "daemon/hub_board.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"

static json_t *time_json(int64_t seconds)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, seconds);
	return seconds > 0 ? json_string(text) : json_null();
}

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* ---- why ---- */

static void add_why(json_t *list, const char *code, const char *detail, json_t *at)
{
	json_t *why = json_pack("{s:s}", "code", code);

	if (detail) {
		json_object_set_new(why, "detail", json_string(detail));
	}
	if (at) {
		json_object_set(why, "at", at);
	}
	json_array_append_new(list, why);
}

/* How the last session of DEVICE ended, if it broke off, and not before it was heard; else NULL. */
static json_t *end_after(const json_t *ends, const struct ph_board_device *device)
{
	const char *result;
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	json_t *end;

	ph_hex(id, device->device.id, sizeof(device->device.id));
	end = json_object_get(ends, id);
	result = json_string_value(json_object_get(end, "result"));
	return result && strcmp(result, "closed") != 0 &&
			       json_integer_value(json_object_get(end, "second")) >=
				       device->heard
		       ? end
		       : NULL;
}

static void add_trust(json_t *list, const struct ph_board_device *device)
{
	if (device->trust == PH_HUB_CUT) {
		add_why(list, "cut-off", NULL, NULL);
	} else if (device->trust == PH_HUB_RETIRED) {
		add_why(list, "retired", NULL, NULL);
	}
}

/* What keeps DEVICE from being heard, or all that it has from coming. */
static void add_device_why(struct ph_hub *hub, json_t *list,
			   const struct ph_board_device *device,
			   const struct ph_schedule *schedule, const json_t *ends)
{
	json_t *end = end_after(ends, device);
	const char *reason = json_string_value(json_object_get(end, "reason"));
	size_t before = json_array_size(list);

	add_trust(list, device);
	if (reason) {
		add_why(list, strcmp(reason, "budget") == 0 ? "budget" : "session",
			reason, json_object_get(end, "at"));
	}
	if (device->wants > 0) {
		add_why(list, hub->room.is_low ? "hub-disk" : "allowance", NULL, NULL);
	}
	if (device->due.state != PH_LATE_OVERDUE || json_array_size(list) > before) {
		return;
	}
	if (schedule->by_van) {
		add_why(list, "no-van", NULL, NULL);
	} else {
		add_why(list, device->by_file ? "no-bundle" : "no-call", NULL, NULL);
	}
}

/* Of a site: the reasons of those by which it is judged, each once. */
static json_t *site_why(struct ph_hub *hub, const struct ph_board *board,
			const struct ph_board_site *site, const json_t *ends)
{
	json_t *list = json_array();
	json_t *all = json_array();
	json_t *why;
	json_t *said;
	size_t i;
	size_t k;

	if (site->n == 0) {
		add_why(list, "no-device", NULL, NULL);
	}
	if (site->clock_wrong) {
		add_why(list, "clock", NULL, NULL);
	}
	for (i = 0; i < site->n; i++) {
		const struct ph_board_device *device = &board->devices[site->first + i];

		if (device->counts && (ph_board_is_active(device) || site->is_deserted)) {
			add_device_why(hub, all, device, &site->schedule, ends);
		}
	}
	json_array_foreach(all, i, why)
	{
		bool is_said = false;

		json_array_foreach(list, k, said)
		{
			is_said = is_said || json_equal(said, why);
		}
		if (!is_said) {
			json_array_append(list, why);
		}
	}
	json_decref(all);
	return list;
}

/* ---- items ---- */

static void set_lateness(json_t *item, int64_t now, int64_t heard,
			 enum ph_board_road road, const struct ph_due *due)
{
	const char *name = ph_board_road_name(road);

	json_object_set_new(item, "heard", time_json(heard));
	json_object_set_new(item, "silent_s",
			    heard > 0 ? json_integer(now > heard ? now - heard : 0)
				      : json_null());
	json_object_set_new(item, "road", name ? json_string(name) : json_null());
	json_object_set_new(item, "expected", time_json(due->since));
	json_object_set_new(item, "until", time_json(due->until));
	json_object_set_new(item, "overdue_s", json_integer(due->overdue));
	json_object_set_new(item, "missed", count(due->missed));
	json_object_set_new(item, "next", time_json(due->next));
}

static json_t *device_json(struct ph_hub *hub, const struct ph_board *board,
			   const struct ph_board_site *site,
			   const struct ph_board_device *device, const json_t *ends)
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	json_t *item = json_object();
	json_t *why = json_array();

	ph_hex(id, device->device.id, sizeof(device->device.id));
	json_object_set_new(item, "device", json_string(id));
	json_object_set_new(item, "role",
			    json_string(ph_hub_role_name(device->device.role)));
	json_object_set_new(item, "trust", json_string(ph_hub_trust_name(device->trust)));
	json_object_set_new(item, "is_silent", json_boolean(ph_board_is_silent(device)));
	set_lateness(item, board->now, device->heard, device->road, &device->due);
	json_object_set_new(item, "pending_up", count(device->pending_up));
	json_object_set_new(item, "pending_down", count(device->pending_down));
	json_object_set_new(item, "parts_missing", count(device->parts_missing));
	json_object_set_new(item, "put_off", count(device->wants));
	json_object_set_new(item, "clock_ahead_s", json_integer(device->ahead));
	add_device_why(hub, why, device, &site->schedule, ends);
	json_object_set_new(item, "why", why);
	return item;
}

static void set_waiting(json_t *item, const struct ph_board *board,
			const struct ph_board_site *site)
{
	uint64_t up = 0, down = 0, parts = 0;

	for (size_t i = 0; i < site->n; i++) {
		const struct ph_board_device *device = &board->devices[site->first + i];

		up += device->pending_up;
		down += device->pending_down;
		parts += device->parts_missing;
	}
	json_object_set_new(item, "pending_up", count(up));
	json_object_set_new(item, "pending_down", count(down));
	json_object_set_new(item, "parts_missing", count(parts));
	json_object_set_new(item, "cases", count(site->cases));
	json_object_set_new(item, "quarantined", count(site->quarantined));
}

static json_t *site_json(struct ph_hub *hub, const struct ph_board *board,
			 const struct ph_board_site *site, const json_t *ends)
{
	const struct ph_field *kind =
		&ph_kind_find(PH_KIND_SITE_PUT)->fields[PH_SITE_KIND];
	char timetable[PH_SCHEDULE_TEXT];
	json_t *item = json_object();
	json_t *devices = json_array();

	ph_schedule_text(&site->schedule, timetable);
	json_object_set_new(item, "site", json_string(site->site.code));
	json_object_set_new(item, "name", json_string(site->site.name));
	json_object_set_new(item, "commune", json_string(site->site.commune));
	json_object_set_new(item, "kind",
			    json_string(site->site.kind < kind->max
						? kind->names[site->site.kind]
						: "?"));
	json_object_set_new(item, "state", json_string(ph_board_state_name(site->state)));
	set_lateness(item, board->now, site->heard, site->road, &site->due);
	json_object_set_new(item, "schedule", json_string(site->site.schedule));
	json_object_set_new(item, "timetable", json_string(timetable));
	json_object_set_new(item, "is_own", json_boolean(site->is_own));
	json_object_set_new(item, "why", site_why(hub, board, site, ends));
	set_waiting(item, board, site);
	for (size_t i = 0; i < site->n; i++) {
		json_array_append_new(
			devices, device_json(hub, board, site,
					     &board->devices[site->first + i], ends));
	}
	json_object_set_new(item, "devices", devices);
	return item;
}

static bool is_late(const struct ph_board_site *site)
{
	return site->state <= PH_BOARD_SILENT;
}

static json_t *board_json(struct ph_hub *hub, const struct ph_board *board,
			  const json_t *request)
{
	bool only_late = json_is_true(json_object_get(request, "late"));
	json_t *list = json_array();

	for (size_t i = 0; i < board->n_sites; i++) {
		const struct ph_board_site *site = &board->sites[i];

		if (site->is_wanted && (!only_late || is_late(site))) {
			json_array_append_new(
				list, site_json(hub, board, site,
						json_object_get(request, "ends")));
		}
	}
	return list;
}

static json_t *states_json(const struct ph_board *board)
{
	json_t *object = json_object();
	uint64_t n[PH_BOARD_STATES] = { 0 };

	for (size_t i = 0; i < board->n_sites; i++) {
		n[board->sites[i].state] += board->sites[i].is_wanted;
	}
	for (unsigned state = 0; state < PH_BOARD_STATES; state++) {
		json_object_set_new(object, ph_board_state_name(state), count(n[state]));
	}
	return object;
}

int ph_hub_board(struct ph_hub *hub, const json_t *request, json_t *answer,
		 struct ph_error *err)
{
	struct ph_hub_sites sites = { 0 };
	struct ph_board board = { 0 };
	int rc = ph_hub_sites_find(hub, request, ph_request_text(request, "kind"), &sites,
				   err);

	if (rc == 0) {
		rc = ph_board_load(hub, &sites, &board);
		(void)(rc < 0 && ph_fail_errno(err, rc,
					       ph_say("reading the sites",
						      "đọc các điểm thư viện")));
	}
	if (rc == 0) {
		json_object_set_new(answer, "now", time_json(board.now));
		json_object_set_new(answer, "states", states_json(&board));
		json_object_set_new(answer, "sites", board_json(hub, &board, request));
		json_object_set_new(answer, "quarantined", count(board.quarantined));
	}
	free(sites.numbers);
	ph_board_deinit(&board);
	return rc;
}
