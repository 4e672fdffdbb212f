/*
 * daemon/hub_command_held.c - device-held: whose data was on a device.
 *
 * For the day on which a PC is stolen. A device that was confirmed had what its site recorded, the
 * readers in that site's scope (docs/MERGE.md, "Scope"), and may still have those that have left it
 * and that it was told of. One that was never confirmed had only what it recorded itself, and a courier that is nothing else
 * carries what it cannot read. A reader counts once, however often registered. This is what the
 * device may have had when it last called, not what a thief can open: names are sealed to the
 * desk.
 */
#include "common/base/say.h"
#include "daemon/hub_name.h"

#include <errno.h>
#include <string.h>

#include "common/ledger/device.h"
#include "common/ledger/query.h"
#include "common/ledger/scope.h"
#include "common/ledger/view.h"
#include "daemon/hub_command.h"
#include "daemon/hub_part.h"

struct held {
	struct ph_hub *hub;
	const struct ph_device *device;
	bool all; /* it was confirmed: what its site recorded, and what is in its scope */
	struct ph_keyset readers;
	uint64_t n; /* of them, those that are the same counted once */
};

/* Whether REF was recorded at the device's site; or, unless it has ALL of that, by itself. 0 or negative errno. */
static int is_recorded(const struct held *held, const struct ph_ref *ref, bool *is_out)
{
	const struct ph_device *device = held->device;
	struct ph_log log;
	int rc = ph_journal_log_find(held->hub->journal, ref->log_id, &log);

	*is_out = rc == 0 && (held->all ? log.site == device->site
					: memcmp(log.device_id, device->id,
						 sizeof(device->id)) == 0);
	return rc < 0 ? rc : 0;
}

/* Whether the feed has told the device of the reader KEY, in its scope now or not. 0 or negative errno. */
static int is_told(const struct held *held, const struct ph_entity_key *key, bool *is_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(held->hub->db,
			       "SELECT 1 FROM feed_told WHERE type = ?1 AND id = ?2"
			       " AND device = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, held->device->row);
	rc = ph_stmt_step(stmt);
	*is_out = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int is_in_scope(const struct held *held, const struct ph_entity_key *key,
		       bool *is_out)
{
	struct ph_sites sites = { 0 };
	int rc = ph_scope_sites(held->hub->ledger, key, &sites);

	*is_out = rc == 0 && ph_sites_has(&sites, held->device->site);
	ph_sites_deinit(&sites);
	return rc;
}

static int on_reader(void *data, struct ph_view id, struct ph_view state)
{
	struct held *held = data;
	struct ph_entity_key key;
	struct ph_ref ref;
	bool had = false;
	int rc = 0;

	(void)state;
	if (!ph_key_bytes(PH_ENTITY_READER, id, &key) || !ph_key_get_ref(id, &ref)) {
		return -EUCLEAN;
	}
	rc = is_recorded(held, &ref, &had);
	if (rc == 0 && !had && held->all) {
		rc = is_in_scope(held, &key, &had);
	}
	if (rc == 0 && !had) {
		rc = is_told(held, &key, &had);
	}
	return rc != 0 || !had ? rc : ph_keyset_add(&held->readers, &key);
}

/* Whether it was ever confirmed, also if that ended since. 0 or negative errno. */
static int was_confirmed(struct ph_hub *hub, const struct ph_device *device,
			 bool *was_out)
{
	struct ph_device_state state;
	int rc = ph_device_load(hub->ledger, device->id, &state);

	*was_out = false;
	if (rc == 0) {
		*was_out = state.n_confirms > 0;
		ph_device_deinit(&state);
	}
	return rc < 0 ? rc : 0;
}

static int gather(struct held *held)
{
	int rc;

	if ((held->device->role & PH_ROLE_SITE) == 0) {
		return 0;
	}
	rc = was_confirmed(held->hub, held->device, &held->all);
	return rc == 0 ? ph_ledger_each(held->hub->ledger, PH_ENTITY_READER, on_reader,
					held)
		       : rc;
}

/* Each as it is shown; of those that are the same, one. 0 or negative errno. */
static int show(struct held *held, const struct ph_opener *opener, json_t *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < held->readers.n; i++) {
		const struct ph_entity_key *key = &held->readers.keys[i];
		struct ph_entity_key first;
		struct ph_ref ref, root;
		json_t *reader = NULL;

		if (!ph_key_get_ref(ph_key_view(key), &ref)) {
			return -EUCLEAN;
		}
		rc = ph_query_root(held->hub->ledger, PH_ENTITY_READER, &ref, &root);
		first = ph_key_ref(PH_ENTITY_READER, &root);
		if (rc == 0 && !ph_ref_equal(&ref, &root) &&
		    ph_keyset_has(&held->readers, &first)) {
			continue;
		}
		held->n++;
		if (rc == 0 && list) {
			rc = ph_view_reader(held->hub->ledger, &ref, opener, &reader);
			rc = rc == 0 && json_array_append_new(list, reader) != 0 ? -ENOMEM
										 : rc;
			rc = rc > 0 ? 0 : rc;
		}
	}
	return rc;
}

int ph_hub_held_count(struct ph_hub *hub, const struct ph_device *device, json_t *answer)
{
	struct held held = { .hub = hub, .device = device };
	int rc = gather(&held);

	rc = rc == 0 ? show(&held, NULL, NULL) : rc;
	ph_keyset_deinit(&held.readers);
	if (rc == 0 && json_object_set_new(answer, "readers_held",
					   json_integer((json_int_t)held.n)) != 0) {
		rc = -ENOMEM;
	}
	return rc;
}

int ph_hub_device_held(struct ph_hub *hub, const json_t *request, json_t *answer,
		       struct ph_error *err)
{
	const struct ph_opener opener = ph_hub_opener(hub);
	bool names = json_is_true(json_object_get(request, "names"));
	struct ph_device device;
	struct held held = { .hub = hub, .device = &device };
	json_t *list = json_array();
	int rc = list ? ph_hub_device_find(hub, request, answer, &device, err) : -ENOMEM;

	rc = rc == 0 ? gather(&held) : rc;
	rc = rc == 0 ? show(&held, names ? &opener : NULL, list) : rc;
	ph_keyset_deinit(&held.readers);
	if (rc < 0) {
		json_decref(list);
		return ph_fail_errno(
			err, rc,
			ph_say("reading what the device had", "đọc những gì máy đã có"));
	}
	json_object_set_new(answer, "heard",
			    device.heard > 0 ? json_integer(device.heard) : json_null());
	json_object_set_new(answer, "all", json_boolean(held.all));
	return json_object_set_new(answer, "readers", list) != 0 ? -ENOMEM : 0;
}
