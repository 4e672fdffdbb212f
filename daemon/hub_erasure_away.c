/*
 * daemon/hub_erasure_away.c - what sites had packed for the hub before they erased.
 *
 * An erase-done tells which bundles that device had packed until then and does not know to be
 * gone (common/log/away.h). What of it the hub took, or a person said to be destroyed, is noted
 * (hub_bundle_in.c); what was packed so long ago that bundles do not last is over, unless the day is of a
 * clock that was wrong. All else may lie on a stick, or in a van.
 */
#include "daemon/hub_erasure_away.h"

#include <errno.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/key.h"
#include "common/log/away.h"
#include "daemon/hub_bundle.h"

int ph_hub_away_load(struct ph_hub_away *away, struct ph_hub *hub,
		     const struct ph_ref *erasure)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, erasure);

	away->hub = hub;
	return ph_facts_load(hub->ledger, &key, 1, &away->facts);
}

void ph_hub_away_deinit(struct ph_hub_away *away)
{
	ph_facts_deinit(&away->facts);
}

static json_t *item_of(const struct ph_device *device)
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(id, device->id, sizeof(device->id));
	return json_pack("{s:s}", "device", id);
}

static bool is_over(const struct ph_hub_away *away, const struct ph_away_run *run)
{
	int64_t today = ph_day_of(ph_hub_now(away->hub));

	return (int64_t)run->day >= ph_day_of(PH_AWAY_SECOND_MIN) &&
	       (int64_t)run->day + PH_BUNDLE_DAYS < today;
}

static int tell_run(struct ph_hub_away *away, const struct ph_device *device,
		    const struct ph_away_run *run, json_t *list)
{
	static const char *const roads[] = { "stick", "courier" };
	uint64_t size = run->last - run->first + 1;
	uint64_t came = 0;
	char day[PH_TIME_TEXT];
	json_t *item;
	int rc = ph_hub_bundles_came(away->hub, device->id, run->first, run->last, &came);

	if (rc < 0 || came >= size || is_over(away, run)) {
		return rc;
	}
	ph_day_text(day, (int64_t)run->day);
	item = item_of(device);
	if (!item ||
	    json_object_set_new(item, "first", json_integer((json_int_t)run->first)) ||
	    json_object_set_new(item, "last", json_integer((json_int_t)run->last)) ||
	    json_object_set_new(item, "out", json_integer((json_int_t)(size - came))) ||
	    json_object_set_new(item, "day", json_string(day)) ||
	    json_object_set_new(item, "road", json_string(roads[run->road]))) {
		json_decref(item);
		return -ENOMEM;
	}
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

static int tell_unknown(const struct ph_device *device, json_t *list)
{
	json_t *item = item_of(device);

	if (!item || json_object_set_new(item, "unknown", json_true())) {
		json_decref(item);
		return -ENOMEM;
	}
	return json_array_append_new(list, item) ? -ENOMEM : 0;
}

static int tell_bytes(struct ph_hub_away *away, const struct ph_device *device,
		      struct ph_view bytes, json_t *list)
{
	struct ph_away told = { 0 };
	int rc = ph_away_decode(bytes, &told);

	if (rc == -EUCLEAN) {
		return tell_unknown(device, list);
	}
	for (size_t i = 0; rc == 0 && i < told.n; i++) {
		rc = tell_run(away, device, &told.runs[i], list);
	}
	ph_away_deinit(&told);
	return rc;
}

/* Whether FACT stands in a log of DEVICE. 1, 0 or negative errno. */
static int is_of(struct ph_hub_away *away, const struct ph_fact *fact,
		 const struct ph_device *device)
{
	struct ph_log log;
	int rc = ph_journal_log_find(away->hub->journal, fact->ref.log_id, &log);

	return rc != 0 ? (rc < 0 ? rc : 0)
		       : memcmp(log.device_id, device->id, sizeof(log.device_id)) == 0;
}

int ph_hub_away_tell(struct ph_hub_away *away, const struct ph_device *device,
		     json_t *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < away->facts.n; i++) {
		struct ph_entry entry;
		int is_own = is_of(away, &away->facts.items[i], device);

		rc = is_own < 0    ? is_own
		     : is_own == 0 ? 0
				   : ph_fact_entry(&away->facts.items[i], &entry);
		if (rc == 0 && is_own && entry.number == PH_KIND_ERASE_DONE &&
		    entry.field[PH_ERASE_DONE_AWAY].set) {
			rc = tell_bytes(away, device,
					entry.field[PH_ERASE_DONE_AWAY].as.bytes, list);
		}
	}
	return rc;
}
