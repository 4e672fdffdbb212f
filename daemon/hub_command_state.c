/*
 * daemon/hub_command_state.c - how the hub is: status, devices; digest, rebuild, verify.
 */
#include "common/base/say.h"
#include "common/cli/rights.h"
#include "common/ledger/scope.h"
#include "common/ledger/cases.h"
#include "common/ledger/query.h"
#include "common/log/fingerprint.h"
#include "common/log/json.h"
#include "daemon/hub_back.h"
#include "daemon/hub_backup.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_command.h"
#include "daemon/hub_keep.h"
#include "daemon/hub_quota.h"
#include "daemon/hub_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void set_hex(json_t *object, const char *name, const uint8_t *data, size_t len)
{
	char text[2 * 64 + 1];

	ph_hex(text, data, len);
	json_object_set_new(object, name, json_string(text));
}

/* DIGEST, and its first bits as what is read over the telephone. */
static void set_digest(json_t *object, const uint8_t digest[static 32])
{
	char words[PH_FINGERPRINT_TEXT];

	ph_fingerprint_text(digest, words);
	set_hex(object, "digest", digest, 32);
	json_object_set_new(object, "words", json_string(words));
}

/* A time as text, or null for never. */
static void set_time(json_t *object, const char *name, int64_t seconds)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, seconds);
	json_object_set_new(object, name, seconds > 0 ? json_string(text) : json_null());
}

/* --- status --- */

struct totals {
	struct ph_hub *hub;
	const struct ph_control *own; /* the control log */
	int64_t desk;                 /* its row; 0: not opened yet */
	uint64_t back;                /* devices heard since the restore; ... */
	uint64_t
		awaited; /* ... of those that it waits for: none that was cut off or retired */
	uint64_t logs, forked, entries, control, decided;
	uint64_t devices, waiting;
	int64_t heard;
};

static int sum_log(void *data, const struct ph_log *log)
{
	struct totals *totals = data;

	totals->logs += log->branch == 0;
	totals->forked += log->branch == 1;
	totals->entries += log->n - log->base;
	totals->control += ph_control_has(totals->own, log->id) ? log->n : 0;
	totals->decided += log->row == totals->desk ? log->n : 0;
	return 0;
}

static int sum_device(void *data, const struct ph_device *device)
{
	struct totals *totals = data;
	int64_t waits = 0;
	int rc = ph_hub_branch_waits(totals->hub, device, &waits);

	totals->devices++;
	totals->waiting += waits > 0;
	totals->heard = device->heard > totals->heard ? device->heard : totals->heard;
	return rc;
}

static int sum_awaited(void *data, const struct ph_device *device)
{
	struct totals *totals = data;
	bool is_awaited = false, is_back = false, is_heard;
	int rc = ph_hub_collect_awaits(totals->hub, device, &is_awaited);

	rc = rc < 0 ? rc : ph_hub_is_back(totals->hub, device, &is_back, &is_heard);
	totals->awaited += is_awaited;
	totals->back += is_awaited && is_back;
	return rc;
}

static int tell_restored(struct ph_hub *hub, struct totals *totals, json_t *answer)
{
	static const char *const shown[] = {
		[PH_HUB_SHOWN_DEVICE] = "device",
		[PH_HUB_SHOWN_WITNESS] = "witness",
		[PH_HUB_SHOWN_SECOND] = "second-medium",
	};
	int64_t by = hub->put_back_by;
	size_t lost = 0;
	int rc = ph_hub_device_each(hub, sum_awaited, totals);

	rc = rc != 0 ? rc : ph_hub_words_count(hub, &lost);
	json_object_set_new(answer, "words_unheard", json_integer((json_int_t)lost));
	json_object_set_new(answer, "collecting", json_boolean(hub->collecting));
	if (hub->put_back > 0) {
		bool is_known = by > 0 && by < (int64_t)(sizeof(shown) / sizeof(*shown));

		set_time(answer, "put_back", hub->put_back);
		json_object_set_new(
			answer, "put_back_by",
			json_string(shown[is_known ? by : PH_HUB_SHOWN_DEVICE]));
	}
	json_object_set_new(answer, "devices_back",
			    json_integer((json_int_t)totals->back));
	json_object_set_new(answer, "devices_awaited",
			    json_integer((json_int_t)totals->awaited));
	return rc;
}

static int64_t file_size(const char *dir, const char *name)
{
	char path[PH_HUB_PATH_MAX];
	struct ph_file_info info;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return ph_file_info(path, &info) == 0 ? (int64_t)info.size : 0;
}

int ph_hub_status(struct ph_hub *hub, const json_t *request, json_t *answer,
		  struct ph_error *err)
{
	static const struct {
		const char *name;
		enum ph_entity type;
	} types[] = {
		{ "sites", PH_ENTITY_SITE },  { "titles", PH_ENTITY_TITLE },
		{ "copies", PH_ENTITY_COPY }, { "readers", PH_ENTITY_READER },
		{ "cards", PH_ENTITY_CARD },  { "communes", PH_ENTITY_COMMUNE },
	};
	struct totals totals = { .hub = hub,
				 .own = &hub->control,
				 .desk = hub->is_look ? hub->told.desk
						      : ph_writer_log(hub->desk)->row };
	uint64_t room;
	int rc = ph_journal_log_each(hub->journal, sum_log, &totals);

	(void)request;
	if (rc == 0) {
		rc = ph_journal_device_each(hub->journal, sum_device, &totals);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading the journal", "đọc các nhật ký"));
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		json_object_set_new(answer, types[i].name,
				    json_integer((json_int_t)ph_ledger_count(
					    hub->ledger, types[i].type)));
	}
	json_object_set_new(answer, "cases",
			    json_integer((json_int_t)ph_cases_count(hub->ledger, 0)));
	json_object_set_new(answer, "devices", json_integer((json_int_t)totals.devices));
	json_object_set_new(answer, "logs", json_integer((json_int_t)totals.logs));
	json_object_set_new(answer, "forked_logs",
			    json_integer((json_int_t)totals.forked));
	json_object_set_new(answer, "branches_waiting",
			    json_integer((json_int_t)totals.waiting));
	json_object_set_new(answer, "entries", json_integer((json_int_t)totals.entries));
	json_object_set_new(answer, "control_entries",
			    json_integer((json_int_t)totals.control));
	json_object_set_new(answer, "control_logs", json_integer(hub->control.n));
	json_object_set_new(answer, "key_sets", json_integer(hub->ring.n));
	json_object_set_new(answer, "desk_entries",
			    json_integer((json_int_t)totals.decided));
	json_object_set_new(
		answer, "desk_keepers",
		json_integer(hub->is_look ? hub->told.keepers : ph_hub_keep_count(hub)));
	set_time(answer, "last_heard", totals.heard);
	json_object_set_new(answer, "epoch", json_integer((json_int_t)hub->epoch.number));
	json_object_set_new(answer, "store_bytes",
			    json_integer(file_size(hub->dir, "hub.db")));
	json_object_set_new(answer, "wal_bytes",
			    json_integer(file_size(hub->dir, "hub.db-wal")));
	if (ph_dir_room(hub->dir, &room) == 0) {
		json_object_set_new(answer, "disk_free_bytes",
				    json_integer((json_int_t)room));
	}
	ph_hub_room_about(hub, answer);
	ph_hub_clock_about(hub, answer);
	set_hex(answer, "root", hub->keylist.root, sizeof(hub->keylist.root));
	rc = hub->restored > 0 ? tell_restored(hub, &totals, answer) : 0;
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading the devices", "đọc danh sách máy"));
	}
	return ph_hub_backup_tell(hub, answer);
}

/* --- devices --- */

struct device_list {
	struct ph_hub *hub;
	json_t *out;
	uint64_t entries, missing, forked;
};

static int sum_device_log(void *data, const struct ph_log *log)
{
	struct device_list *list = data;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	size_t count = 0;
	int rc = ph_journal_parts_missing(list->hub->journal, log->row, missing,
					  PH_RECEIPT_MISSING_MAX, &count);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		list->missing += missing[i] > log->base;
	}
	list->entries += log->n - log->base;
	list->forked += log->branch == 1;
	return rc < 0 ? rc : 0;
}

static json_t *show_device(struct device_list *list, const struct ph_device *device,
			   const struct ph_hub_site *site)
{
	json_t *item = json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "site", site->code, "site_name",
		site->name, "role", ph_hub_role_name(device->role), "entries",
		(json_int_t)list->entries, "parts_missing", (json_int_t)list->missing,
		"sessions", (json_int_t)device->counter, "control_entries",
		(json_int_t)device->control);

	if (item) {
		set_hex(item, "device", device->id, sizeof(device->id));
		set_time(item, "admitted", device->admitted);
		set_time(item, "heard", device->heard);
		json_object_set_new(item, "silent_s",
				    device->heard ? json_integer(ph_hub_now(list->hub) -
								 device->heard)
						  : json_null());
	}
	return item;
}

static int list_device(void *data, const struct ph_device *device)
{
	struct device_list *list = data;
	struct ph_hub_site site = { 0 };
	bool late = false;
	bool reused = false;
	int64_t waits = 0;
	json_t *item;
	int rc;

	list->entries = 0;
	list->missing = 0;
	list->forked = 0;
	rc = ph_journal_logs_of_device(list->hub->journal, device->id, sum_device_log,
				       list);
	if (rc >= 0) {
		rc = ph_hub_site_at(list->hub, device->site, &site);
	}
	if (rc >= 0) {
		rc = ph_hub_device_late(list->hub, device, &late);
	}
	if (rc >= 0) {
		rc = ph_hub_invite_reused(list->hub, device, &reused);
	}
	rc = rc < 0 ? rc : ph_hub_branch_waits(list->hub, device, &waits);
	if (rc < 0) {
		return rc;
	}
	item = show_device(list, device, &site);
	json_object_set_new(item, "invite_late", json_boolean(late));
	json_object_set_new(item, "invite_reused", json_boolean(reused));
	json_object_set_new(item, "forked", json_boolean(list->forked > 0));
	if (waits > 0) {
		set_time(item, "branch_waits", waits);
	}
	rc = ph_hub_device_about(list->hub, device, item);
	rc = rc < 0 ? rc : ph_hub_quota_about(list->hub, device, item);
	if (rc < 0) {
		json_decref(item);
		return rc;
	}
	return json_array_append_new(list->out, item) ? -ENOMEM : 0;
}

int ph_hub_devices(struct ph_hub *hub, const json_t *request, json_t *answer,
		   struct ph_error *err)
{
	struct device_list list = { .hub = hub, .out = json_array() };
	int rc;

	(void)request;
	json_object_set_new(answer, "devices", list.out);
	rc = ph_hub_device_each(hub, list_device, &list);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("listing the devices", "liệt kê các máy"))
		      : 0;
}

/* --- digest, rebuild, verify --- */

/*
 * The logs of one site, or of one of its devices, and the control log as far as it was
 * sent to all of these devices: of a site those that are confirmed; where none is, those
 * that may be yet; where there is none of these either, those that it had.
 */
struct scope {
	struct ph_hub *hub;
	uint64_t site;
	const char
		*device; /* first hex digits of its id; NULL: all devices of the site */
	uint8_t id[PH_DEVICE_ID_SIZE];
	uint64_t control;
	unsigned found;
	unsigned rank; /* of those found */
	struct ph_feeder *feeder;
	bool beside; /* it has taken the other branches of the control log (hub_words.h) */
	bool fed;    /* one of these devices is: what concerns its site counts */
	uint64_t waiting; /* items of feeds that are not confirmed */
};

/* How much of its feed DEVICE has not confirmed. */
static int note_feed(struct scope *scope, const struct ph_device *device)
{
	struct ph_feeder_state state;
	uint64_t waiting = 0;
	int rc = ph_feeder_state(scope->feeder, device->row, &state);

	if (rc == 0 && state.fed) {
		scope->fed = true;
		scope->site = device->site;
		rc = ph_feeder_waiting(scope->feeder, device->row, &waiting);
		scope->waiting += waiting;
	}
	return rc;
}

/*
 * A device that is lost or replaced gets nothing more, a courier nothing that others
 * wrote: they must not hold back the others.
 */
static int rank_of(struct scope *scope, const struct ph_device *device, unsigned *rank)
{
	enum ph_hub_trust trust;
	int rc = ph_hub_device_trust(scope->hub, device->id, &trust);

	if (rc == 0) {
		*rank = trust == PH_HUB_CONFIRMED
				? (device->role & PH_ROLE_SITE) != 0 ? 2 : 1
				: trust == PH_HUB_UNCONFIRMED;
	}
	return rc;
}

static int find_control(void *data, const struct ph_device *device)
{
	struct scope *scope = data;
	char id[2 * PH_DEVICE_ID_SIZE + 1];
	unsigned rank = 0;
	int rc;

	ph_hex(id, device->id, sizeof(device->id));
	if (scope->device ? strncmp(id, scope->device, strlen(scope->device)) != 0
			  : device->site != scope->site) {
		return 0;
	}
	rc = scope->device ? 0 : rank_of(scope, device, &rank);
	if (rc != 0 || rank < scope->rank) {
		return rc;
	}
	if (rank > scope->rank) {
		scope->rank = rank;
		scope->found = 0;
		scope->waiting = 0;
		scope->fed = false;
	}
	if (scope->found == 0 || device->control < scope->control) {
		scope->control = device->control;
	}
	memcpy(scope->id, device->id, sizeof(scope->id));
	scope->found++;
	return note_feed(scope, device);
}

/* How much of LOG, one of the control log's, is within the position of SCOPE. */
static uint64_t control_share(const struct scope *scope, const struct ph_log *log)
{
	const struct ph_control *control = &scope->hub->control;
	uint64_t before = 0;
	uint64_t split = UINT64_MAX;

	for (unsigned i = 0; i < control->n; i++) {
		if (control->log[i].row == log->row &&
		    ph_control_before(scope->hub->journal, control, i, &before) == 0 &&
		    (!scope->beside || ph_hub_words_split(scope->hub, i, &split) == 0)) {
			before = scope->control > before ? scope->control - before : 0;
			return before < split ? before : split;
		}
	}
	return scope->beside ? UINT64_MAX : 0;
}

static uint64_t takes_scope(void *data, const struct ph_log *log)
{
	const struct scope *scope = data;
	bool ours = scope->device
			    ? memcmp(log->device_id, scope->id, sizeof(scope->id)) == 0
			    : log->site == scope->site;

	if (ph_control_has(&scope->hub->control, log->id)) {
		return control_share(scope, log);
	}
	if (scope->fed) {
		return 0; /* the rest of what it has is in the ledger */
	}
	return ours && log->site != 0 ? UINT64_MAX : 0;
}

/* The digest of a fold made afresh in memory, of all logs or of one site's and the control log. */
static int fresh_digest(struct ph_hub *hub, const struct scope *scope,
			uint8_t out[static 32], struct ph_error *err)
{
	struct ph_db *db = NULL;
	struct ph_ledger *ledger = NULL;
	int rc = ph_db_open(
		&db, &(struct ph_db_config){ .path = ":memory:", .create = true }, err);

	if (rc == 0) {
		rc = ph_ledger_open(&ledger,
				    &(struct ph_ledger_config){
					    .journal = hub->journal,
					    .db = db,
					    .takes = scope ? takes_scope : NULL,
					    .data = (void *)(uintptr_t)scope,
					    .speakers = &ph_hub_speakers,
				    },
				    err);
	}
	if (rc == 0 && scope && scope->fed) {
		rc = ph_ledger_catch_up(ledger, NULL, err);
		rc = rc < 0 ? rc
			    : ph_scope_digest(
				      &(struct ph_scope_digest){ .ledger = hub->ledger,
								 .common = ledger,
								 .site = scope->site },
				      out, NULL);
	} else if (rc == 0) {
		rc = ph_ledger_digest(ledger, out, err);
	}
	ph_ledger_free(ledger);
	ph_db_close(db);
	return rc;
}

/*
 * As SCOPE's digest, of a device that has taken the other branch of the control log where there are two: a
 * position in it does not say which (hub_words.h).
 */
static int digest_beside(struct ph_hub *hub, struct scope *scope, json_t *answer,
			 struct ph_error *err)
{
	uint8_t digest[32];
	char text[2 * sizeof(digest) + 1];
	int rc = ph_hub_words_beside(hub, &scope->beside);

	if (rc < 0 || !scope->beside) {
		return rc;
	}
	rc = fresh_digest(hub, scope, digest, err);
	if (rc == 0) {
		ph_hex(text, digest, sizeof(digest));
		json_object_set_new(answer, "digest_beside", json_string(text));
	}
	return rc;
}

/* Whom the digest is of: "site" by its code, or "device" by the beginning of its id. */
static int find_scope(struct ph_hub *hub, const json_t *request, struct scope *scope,
		      struct ph_error *err)
{
	const char *code = ph_request_text(request, "site");
	struct ph_hub_site site;
	int rc = 0;

	scope->device = ph_request_text(request, "device");
	if (!scope->device) {
		rc = ph_hub_site_need(hub, code, &site, err);
		scope->site = site.number;
	}
	if (rc == 0) {
		rc = ph_journal_device_each(hub->journal, find_control, scope);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("reading the devices", "đọc danh sách máy"));
	}
	if (scope->device && scope->found != 1) {
		return ph_fail(err, PH_EXIT_OTHER, -ENOENT,
			       ph_say("%s device's id begins with \"%s\"; `packhorsed "
				      "devices` shows them",
				      "%s máy có mã bắt đầu bằng “%s”; `packhorsed "
				      "devices` liệt kê"),
			       scope->found ? ph_say("more than one", "có nhiều hơn một")
					    : ph_say("no", "không có"),
			       scope->device);
	}
	return 0;
}

int ph_hub_digest(struct ph_hub *hub, const json_t *request, json_t *answer,
		  struct ph_error *err)
{
	bool scoped =
		json_object_get(request, "site") || json_object_get(request, "device");
	struct scope scope = { .hub = hub, .feeder = hub->feeder };
	uint8_t digest[32];
	int rc = hub->is_look ? 0 : ph_hub_fold(hub); /* feeds, too */

	if (rc == 0 && scoped) {
		rc = find_scope(hub, request, &scope, err);
	}
	if (rc == 0) {
		rc = scoped ? fresh_digest(hub, &scope, digest, err)
			    : ph_ledger_digest(hub->ledger, digest, err);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("folding the ledger", "lập sổ"));
	}
	set_digest(answer, digest);
	if (scoped) {
		uint64_t n;

		rc = digest_beside(hub, &scope, answer, err);
		rc = rc < 0 ? rc : ph_control_total(hub->journal, &hub->control, &n);
		if (rc < 0) {
			return ph_fail_errno(err, rc,
					     ph_say("reading the control log",
						    "đọc nhật ký điều hành"));
		}
		json_object_set_new(answer, "devices", json_integer(scope.found));
		json_object_set_new(answer, "control_entries",
				    json_integer((json_int_t)scope.control));
		json_object_set_new(answer, "fed", json_boolean(scope.fed));
		json_object_set_new(answer, "feed_waiting",
				    json_integer((json_int_t)scope.waiting));
		json_object_set_new(answer, "control_waiting",
				    json_integer((json_int_t)(n - scope.control)));
	}
	return 0;
}

int ph_hub_rebuild(struct ph_hub *hub, const json_t *request, json_t *answer,
		   struct ph_error *err)
{
	uint8_t digest[32];
	int rc = ph_ledger_rebuild(hub->ledger, err);

	(void)request;
	if (rc == 0) {
		rc = ph_ledger_digest(hub->ledger, digest, err);
	}
	if (rc < 0) {
		return ph_fail_errno(err, rc, ph_say("folding the ledger", "lập sổ"));
	}
	set_digest(answer, digest);
	return 0;
}

int ph_hub_verify(struct ph_hub *hub, const json_t *request, json_t *answer,
		  struct ph_error *err)
{
	struct ph_journal_counts counts = { 0 };
	uint8_t held[32];
	uint8_t fresh[32];
	int rc = ph_db_check(hub->db, true, err);

	(void)request;
	if (rc == 0) {
		rc = ph_journal_verify(hub->journal, NULL, &counts, err);
	}
	if (rc == 0) {
		rc = ph_ledger_digest(hub->ledger, held, err);
	}
	if (rc == 0) {
		rc = fresh_digest(hub, NULL, fresh, err);
	}
	if (rc < 0) {
		return ph_fail_errno(
			err, rc, ph_say("checking the store", "kiểm tra kho dữ liệu"));
	}
	if (memcmp(held, fresh, sizeof(held)) != 0) {
		return ph_fail(err, PH_EXIT_DAMAGED, -EUCLEAN,
			       ph_say("the logs are whole, but the ledger is not what "
				      "they give; `packhorsed rebuild` makes it anew",
				      "các nhật ký còn nguyên, nhưng sổ không đúng với "
				      "nhật ký; `packhorsed rebuild` lập lại sổ"));
	}
	json_object_set_new(answer, "logs", json_integer((json_int_t)counts.logs));
	json_object_set_new(answer, "branches",
			    json_integer((json_int_t)counts.branches));
	json_object_set_new(answer, "entries", json_integer((json_int_t)counts.entries));
	json_object_set_new(answer, "seals", json_integer((json_int_t)counts.seals));
	json_object_set_new(answer, "parts", json_integer((json_int_t)counts.parts));
	json_object_set_new(answer, "parts_missing",
			    json_integer((json_int_t)counts.parts_missing));
	json_object_set_new(answer, "parts_erased",
			    json_integer((json_int_t)counts.parts_erased));
	set_digest(answer, held);
	return ph_rights_look(hub->dir, answer);
}
