/*
 * daemon/hub_command_erasure.c - packhorsed erasures: what became of the orders to erase.
 *
 * An order is done when every device that may hold something of the reader has said so, in
 * an entry of its own log. Asked are the devices of sites that were admitted when it was
 * ordered, by what the control log says, so that those count that have not called since the
 * hub was restored; and of those let in since, until they hold the order, the ones of a site that
 * had her: they may have worked there before they ever called. Those that have not answered are
 * out, with when they were last heard; of those that were cut off or retired nothing is to be hoped. `held` says of which it is known
 * that they had something: the device itself wrote of the reader, one of its site did and it
 * was confirmed, or the hub fed it. Of one that was cut off or retired the hub keeps no more
 * what it was fed: that is taken to be what the site's scope has.
 *
 * What devices had packed for the hub before they did it is told apart (hub_erasure_away.c), of those
 * that wrote of the reader, or whose site did or had her in its scope: a device packs what others
 * of its site wrote, too.
 */
#include "common/base/say.h"
#include "daemon/hub_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/device.h"
#include "common/ledger/erasing.h"
#include "common/ledger/erasure.h"
#include "common/ledger/scope.h"
#include "common/log/json.h"
#include "daemon/hub_bundle.h"
#include "daemon/hub_erasure_away.h"
#include "daemon/hub_erasure_beyond.h"
#include "daemon/hub_words.h"

struct asked {
	struct ph_hub *hub;
	struct ph_hub_again *again; /* read once for all orders */
	struct ph_erasure erasure;
	struct ph_buf bytes; /* of the order, which entry borrows */
	struct ph_entry *entry;
	struct ph_ref ref;
	uint64_t place;                /* in the control log */
	struct ph_erasing_order order; /* as it was carried out here */
	bool carried_out;
	struct ph_sites sites;    /* whose devices wrote of the readers ... */
	struct ph_keyset writers; /* ... and which devices */
	struct ph_sites scope;    /* those that had the readers in their scope */
	uint64_t confirmed, out, gone;
	json_t *devices; /* NULL: to be counted alone */
	json_t *sticks;
	struct ph_hub_away away; /* while devices is not NULL, as away_list */
	json_t *away_list;
};

static int set_time(json_t *object, const char *name, int64_t second)
{
	char text[PH_TIME_TEXT];

	ph_time_text(text, second);
	return json_object_set_new(object, name, json_string(text));
}

static int set_hex(json_t *object, const char *name, const uint8_t *data, size_t len)
{
	char text[2 * PH_KEY_SIZE + 1];

	ph_hex(text, data, len);
	return json_object_set_new(object, name, json_string(text));
}

/* --- devices --- */

/* When DEVICE said that it is done; 0: it did not. */
static int find_done(struct asked *asked, const struct ph_device *device,
		     int64_t *second_out)
{
	*second_out = 0;
	for (size_t i = 0; i < asked->erasure.n_dones; i++) {
		const struct ph_erase_done *done = &asked->erasure.dones[i];
		struct ph_log log;
		int rc = ph_journal_log_find(asked->hub->journal, done->log_id, &log);

		if (rc < 0) {
			return rc;
		}
		if (rc == 0 &&
		    memcmp(log.device_id, device->id, sizeof(log.device_id)) == 0) {
			*second_out = done->second;
			return 0;
		}
	}
	return 0;
}

/* What the control log says of a device, as far as it is asked here. */
struct told {
	bool is_later;  /* it was let in after the order */
	bool confirmed; /* once, also if that ended since */
};

/*
 * By the order of that log, which no clock changes: that of a hub that was put back may be behind
 * all that it said before.
 */
static int find_told(struct asked *asked, const struct ph_device *device,
		     struct told *told)
{
	struct ph_device_state state;
	int rc = ph_device_load(asked->hub->ledger, device->id, &state);

	*told = (struct told){ .is_later = false };
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	told->is_later = state.n_admissions > 0;
	for (size_t i = 0; i < state.n_admissions; i++) {
		/* a restored hub admits again whom it does not know from before */
		told->is_later = told->is_later &&
				 ph_control_is_before(&asked->hub->control, &asked->ref,
						      &state.admissions[i].entry);
	}
	told->confirmed = state.n_confirms > 0;
	ph_device_deinit(&state);
	return 0;
}

/* Whether devices of SITE wrote of the readers, or it had them in its scope. */
static bool is_hers(const struct asked *asked, uint64_t site)
{
	return ph_sites_has(&asked->sites, site) || ph_sites_has(&asked->scope, site);
}

/*
 * Whether DEVICE is to answer. To one that was let in after the order the hub has given nothing of the
 * reader; but at her site it may have written of her before, or have been given it by another
 * one there. What holds the order has carried it out, and says so if it had anything.
 */
static int find_asked(struct asked *asked, const struct ph_device *device,
		      const struct told *told, bool *asked_out)
{
	uint64_t held = 0;
	int rc = told->is_later ? ph_hub_device_control_held(asked->hub, device, &held)
				: 0;

	*asked_out =
		!told->is_later || (is_hers(asked, device->site) && held < asked->place);
	return rc;
}

/* Whether the hub ever fed DEVICE anything of the readers. */
static int was_fed(struct asked *asked, const struct ph_device *device, bool *fed_out)
{
	struct ph_list_iter iter =
		ph_list_begin(&asked->entry->field[PH_ERASE_READERS].as.list);
	struct ph_ref reader;
	int rc = 0;

	*fed_out = false;
	while (rc == 0 && !*fed_out && ph_list_next_ref(&iter, &reader)) {
		struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, &reader);
		struct ph_stmt *stmt;

		rc = ph_db_prepare(asked->hub->db,
				   "SELECT 1 FROM feed_told WHERE type = 11 AND id = ?1"
				   " AND device = ?2",
				   &stmt);
		if (rc == 0) {
			ph_stmt_blob(stmt, 1, ph_key_view(&key));
			ph_stmt_int(stmt, 2, device->row);
			rc = ph_stmt_step(stmt);
			*fed_out = rc == PH_DB_ROW;
			ph_stmt_reset(stmt);
			rc = rc < 0 ? rc : 0;
		}
	}
	return rc;
}

static bool is_gone(enum ph_hub_trust trust)
{
	return trust == PH_HUB_CUT || trust == PH_HUB_RETIRED;
}

static bool wrote_itself(const struct asked *asked, const struct ph_device *device)
{
	struct ph_entity_key key;

	return ph_key_bytes(PH_ENTITY_DEVICE, PH_VIEW(device->id, sizeof(device->id)),
			    &key) &&
	       ph_keyset_has(&asked->writers, &key);
}

/*
 * Whether DEVICE, or its site, wrote of the readers or had them in its scope: what it packs for the
 * hub may have what it wrote, or another of its site.
 */
static bool may_have_packed(const struct asked *asked, const struct ph_device *device)
{
	return is_hers(asked, device->site) || wrote_itself(asked, device);
}

static int find_held(struct asked *asked, const struct ph_device *device, bool confirmed,
		     enum ph_hub_trust trust, bool *held_out)
{
	*held_out = (confirmed && ph_sites_has(&asked->sites, device->site)) ||
		    (confirmed && is_gone(trust) &&
		     ph_sites_has(&asked->scope, device->site)) ||
		    wrote_itself(asked, device);
	return *held_out ? 0 : was_fed(asked, device, held_out);
}

/* How DEVICE stands in words, and into which of the three sums it goes. */
static const char *state_of(struct asked *asked, enum ph_hub_trust trust, int64_t done)
{
	if (done != 0) {
		asked->confirmed++;
		return "confirmed";
	}
	if (is_gone(trust)) {
		asked->gone++;
		return ph_hub_trust_name(trust);
	}
	asked->out++;
	return "out";
}

static int tell_device(struct asked *asked, const struct ph_device *device,
		       const char *state, int64_t done, bool held)
{
	struct ph_hub_site site = { 0 };
	int rc = ph_hub_site_at(asked->hub, device->site, &site);
	json_t *item = json_pack("{s:s, s:s, s:s, s:b}", "site", site.code, "site_name",
				 site.name, "state", state, "held", held);

	if (rc < 0 || !item) {
		json_decref(item);
		return rc < 0 ? rc : -ENOMEM;
	}
	rc = set_hex(item, "device", device->id, sizeof(device->id));
	rc |= done != 0 ? set_time(item, "time", done) : 0;
	rc |= device->heard > 0 ? set_time(item, "heard", device->heard) : 0;
	return json_array_append_new(asked->devices, item) | rc ? -ENOMEM : 0;
}

static int on_stick(void *data, const struct ph_hub_bundle_out *bundle)
{
	struct asked *asked = data;
	json_t *item;

	if (bundle->second > asked->erasure.second) {
		return 0;
	}
	item = json_pack("{s:I}", "number", (json_int_t)bundle->number);
	if (!item || set_time(item, "time", bundle->second) ||
	    set_hex(item, "device", bundle->device, sizeof(bundle->device))) {
		json_decref(item);
		return -ENOMEM;
	}
	return json_array_append_new(asked->sticks, item) ? -ENOMEM : 0;
}

static int on_device(void *data, const struct ph_device *device)
{
	struct asked *asked = data;
	enum ph_hub_trust trust = PH_HUB_UNCONFIRMED;
	const char *state;
	struct told told;
	int64_t done = 0;
	bool is_asked = false;
	bool held = false;
	int rc;

	if (!(device->role & PH_ROLE_SITE)) {
		return 0; /* a courier reads nothing */
	}
	rc = find_done(asked, device, &done);
	rc = rc != 0 ? rc : find_told(asked, device, &told);
	rc = rc != 0 ? rc : find_asked(asked, device, &told, &is_asked);
	if (rc == 0 && done == 0 && !is_asked) {
		return 0;
	}
	rc = rc != 0 ? rc : ph_hub_device_trust(asked->hub, device->id, &trust);
	rc = rc != 0 ? rc : find_held(asked, device, told.confirmed, trust, &held);
	state = state_of(asked, trust, done);
	if (rc < 0 || !asked->devices) {
		return rc;
	}
	rc = tell_device(asked, device, state, done, held);
	rc = rc == 0 && may_have_packed(asked, device)
		     ? ph_hub_away_tell(&asked->away, device, asked->away_list)
		     : rc;
	return rc == 0 && held
		       ? ph_hub_bundles_out(asked->hub, device->id, on_stick, asked)
		       : rc;
}

/* --- one order --- */

/* Who wrote FACT, and where. */
static int on_fact(void *data, const struct ph_fact *fact)
{
	struct asked *asked = data;
	struct ph_entity_key key;
	struct ph_log log;
	int rc = ph_sites_add(&asked->sites, fact->log_site);

	rc = rc != 0 ? rc
		     : ph_journal_log_find(asked->hub->journal, fact->ref.log_id, &log);
	if (rc == 0 &&
	    ph_key_bytes(PH_ENTITY_DEVICE, PH_VIEW(log.device_id, sizeof(log.device_id)),
			 &key)) {
		rc = ph_keyset_add(&asked->writers, &key);
	}
	return rc < 0 ? rc : 0;
}

static int add_scope(struct asked *asked, const struct ph_ref *reader)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, reader);
	struct ph_sites sites = { 0 };
	int rc = ph_scope_sites(asked->hub->ledger, &key, &sites);

	for (size_t i = 0; rc == 0 && i < sites.n; i++) {
		rc = ph_sites_add(&asked->scope, sites.list[i]);
	}
	ph_sites_deinit(&sites);
	return rc < 0 ? rc : 0;
}

static int load(struct asked *asked, const struct ph_ref *ref, struct ph_view state)
{
	struct ph_list_iter iter;
	struct ph_ref reader;
	struct ph_log log;
	int rc = ph_erasure_decode(state, &asked->erasure);

	asked->ref = *ref;
	asked->bytes.len = 0;
	rc = rc != 0 ? rc
		     : ph_journal_resolve(asked->hub->journal, ref, &log, &asked->bytes);
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&asked->bytes), asked->entry);
	if (rc != 0 || !asked->erasure.is_ordered) {
		return rc < 0 ? rc : PH_LEDGER_E_NONE;
	}
	iter = ph_list_begin(&asked->entry->field[PH_ERASE_READERS].as.list);
	while (rc == 0 && ph_list_next_ref(&iter, &reader)) {
		rc = ph_erasing_facts(asked->hub->ledger, &reader, on_fact, asked);
		rc = rc != 0 ? rc : add_scope(asked, &reader);
	}
	rc = rc != 0 ? rc : ph_hub_control_place(asked->hub, ref, &asked->place);
	if (rc == 0) {
		rc = ph_erasing_get(asked->hub->db, ref, &asked->order);
		asked->carried_out = rc == 0;
	}
	return rc < 0 ? rc : 0;
}

static void unload(struct asked *asked)
{
	ph_erasure_deinit(&asked->erasure);
	ph_sites_deinit(&asked->sites);
	ph_keyset_deinit(&asked->writers);
	ph_sites_deinit(&asked->scope);
	memset(&asked->scope, 0, sizeof(asked->scope));
	memset(&asked->sites, 0, sizeof(asked->sites));
	memset(&asked->writers, 0, sizeof(asked->writers));
	asked->confirmed = asked->out = asked->gone = 0;
}

static json_t *summary(struct asked *asked)
{
	char text[PH_REF_TEXT];
	json_t *item;
	int rc;

	ph_ref_text(text, &asked->ref);
	item = json_pack("{s:s, s:b, s:I, s:I, s:I}", "erasure", text, "at_hub",
			 asked->carried_out && asked->order.done, "confirmed",
			 (json_int_t)asked->confirmed, "out", (json_int_t)asked->out,
			 "gone", (json_int_t)asked->gone);
	rc = item ? set_time(item, "time", asked->erasure.second) : -ENOMEM;
	if (rc == 0 && asked->carried_out) {
		rc = set_time(item, "at_hub_time", asked->order.second);
	}
	rc = rc == 0 ? ph_hub_again_tell(asked->again, &asked->ref, item) : rc;
	if (rc != 0) {
		json_decref(item);
		return NULL;
	}
	return item;
}

static int tell_order(struct asked *asked, json_t *out)
{
	json_t *entry = ph_entry_to_json(asked->entry);
	int rc = entry ? 0 : -ENOMEM;

	rc = rc != 0 ? rc
		     : json_object_set(out, "readers", json_object_get(entry, "readers"));
	if (rc == 0 && json_object_get(entry, "cards")) {
		rc = json_object_set(out, "cards", json_object_get(entry, "cards"));
	}
	rc = rc != 0 ? rc
		     : set_hex(out, "operator", asked->entry->extras.operator_sig.data,
			       PH_KEY_SIZE);
	json_decref(entry);
	return rc ? -ENOMEM : 0;
}

/* The whole certificate of the order in ASKED. */
static int tell_whole(struct asked *asked, json_t *answer)
{
	json_t *item = NULL;
	int rc;

	asked->devices = json_array();
	asked->sticks = json_array();
	asked->away_list = json_array();
	rc = asked->devices && asked->sticks && asked->away_list ? 0 : -ENOMEM;
	rc = rc != 0 ? rc : ph_hub_away_load(&asked->away, asked->hub, &asked->ref);
	rc = rc != 0 ? rc : ph_hub_device_each(asked->hub, on_device, asked);
	if (rc == 0) {
		item = summary(asked);
		rc = item ? tell_order(asked, item) : -ENOMEM;
	}
	rc = rc != 0 ? rc
		     : ph_hub_beyond_tell(asked->hub,
					  asked->carried_out && asked->order.done
						  ? &asked->order
						  : NULL,
					  item);
	if (rc == 0 && (json_object_set(item, "devices", asked->devices) ||
			json_object_set(item, "sticks", asked->sticks) ||
			json_object_set(item, "away", asked->away_list) ||
			json_object_set(answer, "certificate", item))) {
		rc = -ENOMEM;
	}
	json_decref(item);
	json_decref(asked->devices);
	json_decref(asked->sticks);
	json_decref(asked->away_list);
	ph_hub_away_deinit(&asked->away);
	asked->devices = asked->sticks = asked->away_list = NULL;
	return rc;
}

/* --- all orders --- */

struct listing {
	struct asked asked;
	const char *wanted; /* NULL: all, in short */
	size_t found;
	struct ph_ref ref; /* the one that was found */
	json_t *list;
};

static bool is_wanted(const struct listing *listing, const struct ph_ref *ref)
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, ref);
	return !listing->wanted ||
	       strncmp(text, listing->wanted, strlen(listing->wanted)) == 0;
}

static int tell_short(struct listing *listing, const struct ph_ref *ref,
		      struct ph_view state)
{
	struct asked *asked = &listing->asked;
	json_t *item = NULL;
	int rc = load(asked, ref, state);

	if (rc == 0) {
		rc = ph_hub_device_each(asked->hub, on_device, asked);
		item = rc == 0 ? summary(asked) : NULL;
		rc = rc != 0                                      ? rc
		     : json_array_append_new(listing->list, item) ? -ENOMEM
								  : 0;
	}
	unload(asked);
	return rc < 0 ? rc : 0;
}

struct orders {
	struct ph_keyset keys;
};

static int on_order(void *data, struct ph_view id, struct ph_view state)
{
	struct orders *orders = data;
	struct ph_entity_key key;

	(void)state; /* walks may not be nested: read again when this one is over */
	return ph_key_bytes(PH_ENTITY_ERASURE, id, &key)
		       ? ph_keyset_add(&orders->keys, &key)
		       : -EUCLEAN;
}

static int each_order(struct listing *listing,
		      int (*cb)(struct listing *listing, const struct ph_ref *ref,
				struct ph_view state))
{
	struct orders orders = { 0 };
	struct ph_buf state = { 0 };
	struct ph_ledger *ledger = listing->asked.hub->ledger;
	int rc = ph_ledger_each(ledger, PH_ENTITY_ERASURE, on_order, &orders);

	for (size_t i = 0; rc == 0 && i < orders.keys.n; i++) {
		struct ph_view id = ph_key_view(&orders.keys.keys[i]);
		struct ph_ref ref;

		state.len = 0;
		rc = ph_key_get_ref(id, &ref)
			     ? ph_ledger_get(ledger, PH_ENTITY_ERASURE, id, &state)
			     : -EUCLEAN;
		if (rc == 0 && is_wanted(listing, &ref)) {
			listing->found++;
			listing->ref = ref;
			rc = cb(listing, &ref, ph_buf_view(&state));
		}
	}
	ph_keyset_deinit(&orders.keys);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int count_only(struct listing *listing, const struct ph_ref *ref,
		      struct ph_view state)
{
	(void)listing;
	(void)ref;
	(void)state;
	return 0;
}

static int show_one(struct listing *listing, json_t *answer, struct ph_error *err)
{
	struct asked *asked = &listing->asked;
	struct ph_entity_key key;
	struct ph_buf state = { 0 };
	int rc = each_order(listing, count_only);

	if (rc == 0 && listing->found != 1) {
		return ph_fail(
			err, PH_EXIT_USAGE, listing->found ? -EINVAL : -ENOENT,
			listing->found
				? ph_say("several orders to erase begin with \"%.80s\": "
					 "give more of the reference",
					 "nhiều lệnh xóa bắt đầu bằng “%.80s”: hãy ghi "
					 "tham chiếu dài hơn")
				: ph_say("no order to erase begins with \"%.80s\"; "
					 "`packhorsed erasures` lists them",
					 "không có lệnh xóa nào bắt đầu bằng “%.80s”; "
					 "`packhorsed erasures` liệt kê"),
			listing->wanted);
	}
	key = ph_key_ref(PH_ENTITY_ERASURE, &listing->ref);
	rc = rc != 0 ? rc
		     : ph_ledger_get(asked->hub->ledger, PH_ENTITY_ERASURE,
				     ph_key_view(&key), &state);
	rc = rc != 0 ? rc : load(asked, &listing->ref, ph_buf_view(&state));
	rc = rc != 0 ? rc : tell_whole(asked, answer);
	unload(asked);
	ph_buf_deinit(&state);
	return rc > 0 ? -ENOENT : rc;
}

int ph_hub_erasures(struct ph_hub *hub, const json_t *request, json_t *answer,
		    struct ph_error *err)
{
	struct listing listing = { .asked = { .hub = hub },
				   .wanted = ph_request_text(request, "erasure") };
	int rc;

	listing.asked.entry = malloc(sizeof(*listing.asked.entry));
	listing.list = json_array();
	rc = listing.asked.entry && listing.list ? 0 : -ENOMEM;
	rc = rc != 0 ? rc : ph_hub_again_new(&listing.asked.again, hub);
	if (rc == 0 && listing.wanted) {
		rc = show_one(&listing, answer, err);
	} else if (rc == 0) {
		rc = each_order(&listing, tell_short);
		rc = rc != 0                                             ? rc
		     : json_object_set(answer, "erasures", listing.list) ? -ENOMEM
									 : 0;
	}
	ph_hub_again_free(listing.asked.again);
	json_decref(listing.list);
	free(listing.asked.entry);
	ph_buf_deinit(&listing.asked.bytes);
	return rc < 0 ? ph_fail_errno(err, rc,
				      ph_say("reading the erasures", "đọc các lệnh xóa"))
		      : 0;
}
