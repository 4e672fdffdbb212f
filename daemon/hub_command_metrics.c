/*
 * daemon/hub_command_metrics.c - packhorsed metrics: what a monitor asks of the hub, as JSON.
 *
 * {"command":"metrics","whole"?:true,"served"?:true}: a daemon that serves says "served", and
 * counts entries some at a time, so that nobody waits; with "whole" they are counted to the
 * end, however long that takes, as they are by a command alone. Sites go by their codes, and
 * nothing about a person is in it. metrics.c makes text of the answer.
 */
#include "common/base/say.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_board.h"
#include "daemon/hub_metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/ledger/cases.h"

#define ENTRIES_AT_ONCE 200000

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* ---- sites and devices ---- */

static json_t *site_json(const struct ph_board *board, const struct ph_board_site *site)
{
	const struct ph_field *kind =
		&ph_kind_find(PH_KIND_SITE_PUT)->fields[PH_SITE_KIND];
	uint64_t up = 0, down = 0;
	json_t *item = json_object();

	for (size_t i = 0; i < site->n; i++) {
		up += board->devices[site->first + i].pending_up;
		down += board->devices[site->first + i].pending_down;
	}
	json_object_set_new(item, "site", json_string(site->site.code));
	json_object_set_new(item, "kind",
			    json_string(site->site.kind < kind->max
						? kind->names[site->site.kind]
						: "unknown"));
	if (site->heard > 0) {
		json_object_set_new(item, "lag_s",
				    json_integer(board->now > site->heard
							 ? board->now - site->heard
							 : 0));
	}
	json_object_set_new(item, "overdue_s", json_integer(site->due.overdue));
	json_object_set_new(item, "pending_up", count(up));
	json_object_set_new(item, "pending_down", count(down));
	json_object_set_new(item, "clock_offset_s", json_integer(site->ahead));
	return item;
}

static json_t *sites_json(const struct ph_board *board)
{
	json_t *list = json_array();

	for (size_t i = 0; i < board->n_sites; i++) {
		if (board->sites[i].state != PH_BOARD_CLOSED) {
			json_array_append_new(list, site_json(board, &board->sites[i]));
		}
	}
	return list;
}

static json_t *states_json(const struct ph_board *board)
{
	json_t *object = json_object();
	uint64_t n[PH_BOARD_STATES] = { 0 };

	for (size_t i = 0; i < board->n_sites; i++) {
		n[board->sites[i].state]++;
	}
	for (unsigned state = 0; state < PH_BOARD_STATES; state++) {
		json_object_set_new(object, ph_board_state_name(state), count(n[state]));
	}
	return object;
}

static json_t *devices_json(const struct ph_board *board)
{
	json_t *object = json_object();
	uint64_t n[PH_HUB_CUT + 1] = { 0 };

	for (size_t i = 0; i < board->n_devices; i++) {
		n[board->devices[i].trust]++;
	}
	for (unsigned trust = 0; trust <= PH_HUB_CUT; trust++) {
		json_object_set_new(object, ph_hub_trust_name(trust), count(n[trust]));
	}
	return object;
}

static int set_board(struct ph_hub *hub, json_t *answer)
{
	struct ph_board board;
	int rc = ph_board_load(hub, NULL, &board);

	if (rc == 0) {
		json_object_set_new(answer, "sites", sites_json(&board));
		json_object_set_new(answer, "site_states", states_json(&board));
		json_object_set_new(answer, "devices", devices_json(&board));
		json_object_set_new(answer, "quarantined", count(board.quarantined));
	}
	ph_board_deinit(&board);
	return rc;
}

/* ---- the rest ---- */

static int set_cases(struct ph_hub *hub, json_t *answer)
{
	json_t *object = json_object();
	int64_t now = ph_hub_now(hub);
	int rc = 0;

	json_object_set_new(answer, "cases", object);
	for (unsigned kind = 1; rc == 0 && kind < PH_CASE_KINDS; kind++) {
		uint64_t open = 0;
		int64_t oldest = 0;

		rc = ph_cases_of_kind(hub->ledger, kind, &open, &oldest);
		json_object_set_new(
			object, ph_case_name(kind),
			json_pack("{s:I, s:I}", "open", (json_int_t)open, "oldest_s",
				  open > 0 && now > oldest ? (json_int_t)(now - oldest)
							   : (json_int_t)0));
	}
	return rc;
}

static json_int_t file_size(const struct ph_hub *hub, const char *name)
{
	char path[PH_HUB_PATH_MAX + 16];
	struct ph_file_info info;

	snprintf(path, sizeof(path), "%s/%s", hub->dir, name);
	return ph_file_info(path, &info) == 0 ? (json_int_t)info.size : 0;
}

static int set_store(struct ph_hub *hub, json_t *answer)
{
	int64_t now = ph_hub_now(hub);
	int64_t made = 0;
	int rc = ph_journal_meta_get_int(hub->journal, PH_HUB_META_BACKUP, &made);

	json_object_set_new(answer, "store_bytes",
			    json_integer(file_size(hub, "hub.db")));
	json_object_set_new(answer, "wal_bytes",
			    json_integer(file_size(hub, "hub.db-wal")));
	if (made > 0) {
		json_object_set_new(answer, "backup_age_s",
				    json_integer(now > made ? now - made : 0));
	}
	json_object_set_new(
		answer, "clock_offset_s",
		json_integer(hub->clock.is_wrong ? llabs(now - hub->clock.expected) : 0));
	return rc < 0 ? rc : 0;
}

int ph_hub_metrics_command(struct ph_hub *hub, const json_t *request, json_t *answer,
			   struct ph_error *err)
{
	bool whole = json_is_true(json_object_get(request, "whole")) ||
		     !json_is_true(json_object_get(request, "served"));
	json_t *entries = NULL;
	json_t *plan = NULL;
	int rc = set_board(hub, answer);

	rc = rc < 0 ? rc : set_cases(hub, answer);
	rc = rc < 0 ? rc : set_store(hub, answer);
	rc = rc < 0 ? rc
		    : ph_hub_metrics_entries(hub, whole ? UINT64_MAX : ENTRIES_AT_ONCE,
					     &entries);
	rc = rc < 0 ? rc : ph_hub_metrics_plan(hub, &plan);
	if (entries) {
		json_object_set_new(answer, "entries", entries);
	}
	if (plan) {
		json_object_set_new(answer, "plan", plan);
	}
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the store", "đọc kho dữ liệu"))
		      : 0;
}
