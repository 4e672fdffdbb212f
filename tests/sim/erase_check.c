/*
 * tests/sim/erase_check.c - what must be gone of readers who were erased, and what may be said of it.
 *
 * Tables, and what a cut left at a device (erase_front.c), are looked through after each event of a machine; its files, byte by byte, when it first
 * says that it has carried an order out, and at the end. A certificate is held against the
 * tables of all machines.
 */
#include <stdlib.h>
#include <string.h>

#include "common/ledger/erasing.h"
#include "common/ledger/key.h"
#include "daemon/hub_internal.h"
#include "tests/sim/back.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase_internal.h"
#include "tests/sim/line.h"
#include "tests/sim/theft.h"

#define SAID_EVERY 8
#define HUB_BIT    SIM_DEVICES_MAX

/* --- stores --- */

bool sim_store_of(struct sim *sim, struct sim_device *device, struct sim_store *store)
{
	if (device == NULL) {
		*store = (struct sim_store){ &sim->hub_machine, sim->hub->db, true,
					     HUB_BIT };
		return !sim_hub_is_ill(sim) && !sim_hub_failed(sim);
	}
	if (device->site_open == NULL || device->machine.ill || device->machine.hurt) {
		return false;
	}
	*store = (struct sim_store){ &device->machine,
				     ph_journal_db(ph_site_journal(device->site_open)),
				     false, device->number };
	return true;
}

int sim_parts_of(const struct sim_store *store, const struct ph_ref *ref, bool fed,
		 struct ph_stmt **stmt_out)
{
	int rc = fed ? ph_db_prepare(store->db,
				     "SELECT e.cipher, e.seed FROM fed_log g"
				     " JOIN fed_entry e ON e.log = g.id AND e.n = ?2"
				     " WHERE g.log_id = ?1",
				     stmt_out)
		     : ph_db_prepare(store->db,
				     "SELECT p.cipher, p.seed FROM log l"
				     " JOIN part p ON p.id = (l.row << 40 | ?2)"
				     " WHERE l.id = ?1",
				     stmt_out);

	if (rc == 0) {
		ph_stmt_blob(*stmt_out, 1, PH_VIEW(ref->log_id, sizeof ref->log_id));
		ph_stmt_int(*stmt_out, 2, (int64_t)ref->n);
	}
	return rc;
}

static void must(struct sim *sim, const struct sim_store *store, int rc)
{
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "%s cannot read what it has of readers: %s",
			   store->machine->name, strerror(-rc));
	}
}

/* Whether the row in hand has NEEDLE, a part; or a seed beside one that is gone. */
static bool is_needle(struct ph_stmt *stmt, const struct sim_needle *needle)
{
	struct ph_view cipher = ph_stmt_col_blob(stmt, 0);
	bool is_gone = !ph_stmt_col_is_null(stmt, 0) && cipher.len == 0;

	return (cipher.len >= needle->len &&
		memcmp(cipher.data, needle->bytes, needle->len) == 0) ||
	       (is_gone && ph_stmt_col_blob(stmt, 1).len > 0);
}

static bool has_row(struct sim *sim, const struct sim_store *store,
		    const struct sim_needle *needle, bool fed)
{
	struct ph_stmt *stmt;
	bool found = false;
	int rc = sim_parts_of(store, &needle->ref, fed, &stmt);

	must(sim, store, rc);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		found = found || is_needle(stmt, needle);
	}
	ph_stmt_reset(stmt);
	must(sim, store, rc);
	return found;
}

/* A part of those whom ORDER lists that is in the tables of STORE; NULL: none. */
static const struct sim_needle *held_part(struct sim *sim, const struct sim_store *store,
					  const struct sim_order *order)
{
	for (size_t i = 0; i < order->n_needles; i++) {
		const struct sim_needle *needle = &order->needles[i];

		if (needle->is_part &&
		    (has_row(sim, store, needle, false) ||
		     (!store->is_hub && has_row(sim, store, needle, true)))) {
			return needle;
		}
	}
	return NULL;
}

/* At the hub: keys made of her name, by which she would be found again. */
static bool has_match(struct sim *sim, const struct sim_store *store,
		      const struct ph_ref *reader)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, reader);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(store->db,
			       "SELECT 1 FROM ledger_match WHERE type = 11 AND id = ?1",
			       &stmt);

	must(sim, store, rc);
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	rc = ph_stmt_step(stmt);
	ph_stmt_reset(stmt);
	must(sim, store, rc);
	return rc == PH_DB_ROW;
}

static bool is_done(struct sim *sim, const struct sim_store *store,
		    const struct sim_order *order)
{
	struct ph_erasing_order at;
	int rc = ph_erasing_get(store->db, &order->ref, &at);

	must(sim, store, rc);
	return rc == 0 && at.done;
}

/* --- files --- */

static void must_not_be_on(struct sim *sim, const char *disk,
			   const struct sim_order *order)
{
	const char *path = NULL;
	char text[PH_REF_TEXT];

	for (size_t i = 0; i < order->n_needles; i++) {
		const struct sim_needle *needle = &order->needles[i];

		path = sim_disk_find(disk, needle->bytes, needle->len);
		if (path != NULL) {
			ph_ref_text(text, &needle->ref);
			sim_broken(sim, SIM_ERASED,
				   "%s was erased, and the file %s of %s has %s of %s",
				   "a reader", path, disk,
				   needle->is_part ? "a part" : "the seed", text);
		}
	}
	for (size_t i = 0; i < order->n_readers; i++) {
		const char *name = sim->books->readers[order->readers[i]].name;

		path = name[0] != '\0' ? sim_disk_find(disk, name, strlen(name)) : NULL;
		if (path != NULL) {
			sim_broken(sim, SIM_ERASED,
				   "\"%s\" was erased, and can be read in the file %s of "
				   "%s",
				   name, path, disk);
		}
	}
}

/* STORE has carried ORDER out: then nothing is there. */
static void check_store(struct sim *sim, const struct sim_store *store,
			struct sim_order *order, bool look_at_files)
{
	const struct sim_needle *held = held_part(sim, store, order);
	char text[PH_REF_TEXT];

	if (held != NULL) {
		ph_ref_text(text, &held->ref);
		sim_broken(sim, SIM_ERASED,
			   "%s says that it has erased a reader, and holds a part of "
			   "hers, %s",
			   store->machine->name, text);
	}
	for (size_t i = 0; store->is_hub && i < order->n_readers; i++) {
		uint32_t put = sim->books->readers[order->readers[i]].put;

		if (has_match(sim, store, &sim->acks[put].ref)) {
			sim_broken(sim, SIM_ERASED,
				   "the hub has erased a reader, and would know her "
				   "again by her name");
		}
	}
	if (look_at_files || !(order->searched & 1u << store->bit)) {
		must_not_be_on(sim, store->machine->name, order);
		order->searched |= 1u << store->bit;
	}
}

/* What a cut left at DEVICE, FRONT or zeros, before ORDER was carried out and behind that. */
static void check_front(struct sim *sim, struct sim_device *device,
			struct sim_order *order, const uint8_t front[static SIM_FRONT],
			bool is_done)
{
	static const uint8_t none[SIM_FRONT];
	uint8_t *before = order->front[device->number];

	if (!is_done) {
		memcpy(before, front, SIM_FRONT);
		return;
	}
	if (memcmp(front, none, SIM_FRONT) != 0) {
		sim_check_front(sim, device, order, front);
	}
	if (memcmp(before, none, SIM_FRONT) != 0) {
		sim->result->tally.fronts_gone++;
		memset(before, 0, SIM_FRONT);
	}
}

static void check_one(struct sim *sim, struct sim_device *device)
{
	uint8_t front[SIM_FRONT];
	struct sim_store store;

	if (!sim_store_of(sim, device, &store)) {
		return;
	}
	if (device != NULL) {
		sim_front_of(sim, &store, front);
	}
	for (size_t i = 0; i < sim->erasures->n_orders; i++) {
		struct sim_order *order = &sim->erasures->orders[i];
		bool done = is_done(sim, &store, order);

		if (done) {
			check_store(sim, &store, order, false);
		}
		if (device != NULL) {
			check_front(sim, device, order, front, done);
		}
	}
}

void sim_check_erased_copy(struct sim *sim, const char *disk)
{
	struct sim_store store;

	if (sim->erasures == NULL || !sim_store_of(sim, NULL, &store)) {
		return;
	}
	for (size_t i = 0; i < sim->erasures->n_orders; i++) {
		struct sim_order *order = &sim->erasures->orders[i];

		if (is_done(sim, &store, order)) {
			must_not_be_on(sim, disk, order);
		}
	}
}

/* --- certificates --- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* What CERTIFICATE says of DEVICE; NULL: nothing. */
static const json_t *said_of(const json_t *certificate, const struct sim_device *device)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(certificate, "devices"), i, item)
	{
		if (strcmp(text_of(item, "device"), device->hex) == 0) {
			return item;
		}
	}
	return NULL;
}

/*
 * Whoever holds something is named, and not among those who have erased it. A folder that was
 * put back or copied speaks for what it was; a hub that was put back does not know all to
 * whom it gave something.
 */
static void check_said(struct sim *sim, struct sim_device *device,
		       const struct sim_order *order, const json_t *certificate)
{
	const json_t *item = said_of(certificate, device);
	const char *state = text_of(item, "state");
	const struct sim_needle *held;
	struct sim_store store;
	char text[PH_REF_TEXT];

	if (sim_was_copied(device) || !sim_store_of(sim, device, &store)) {
		return;
	}
	held = held_part(sim, &store, order);
	if (held == NULL || (item == NULL && !sim_is_known(sim, device))) {
		return;
	}
	ph_ref_text(text, &held->ref);
	if (item == NULL || strcmp(state, "confirmed") == 0) {
		sim_broken(sim, SIM_ERASED,
			   "%s holds a part of a reader who is to be erased, %s, and the "
			   "certificate says of it: %s",
			   device->machine.name, text, item == NULL ? "nothing" : state);
	}
	if (!json_is_true(json_object_get(item, "held")) && device->confirmed &&
	    !sim_is_put_back(sim)) {
		sim_broken(
			sim, SIM_ERASED,
			"%s, %s, holds a part of a reader who is to be erased, %s, and "
			"the certificate says that it had none",
			device->machine.name, state, text);
	}
}

/* Of two histories of a control log one goes down to nobody who has the other. */
static bool is_told(struct sim *sim, struct sim_device *device,
		    const struct sim_order *order)
{
	return !sim_is_copied_back(sim) || sim_has_all_words(sim, device) ||
	       sim_device_holds(sim, device, &order->ref);
}

/* Nor does the hub know how far who has the other holds it, and asks it on. */
static json_int_t count_untold(struct sim *sim)
{
	json_int_t n = 0;

	for (unsigned i = 0; sim_is_copied_back(sim) && i < sim->n_devices; i++) {
		n += !sim->devices[i].cut && !sim_has_all_words(sim, &sim->devices[i]);
	}
	return n;
}

static void check_certificate(struct sim *sim, struct sim_order *order,
			      const json_t *certificate, bool at_end)
{
	const char *second = text_of(certificate, "second_medium");
	struct sim_store store;

	if (json_is_true(json_object_get(certificate, "at_hub")) &&
	    sim_store_of(sim, NULL, &store)) {
		check_store(sim, &store, order, at_end);
	}
	if (strcmp(second, "erased") == 0) {
		must_not_be_on(sim, "second", order);
	} else if (at_end && sim->safe != NULL && sim->safe->has_second) {
		sim_broken(sim, SIM_ERASED,
			   "the second medium was there all the time, and the "
			   "certificate says \"%s\" of it",
			   second);
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		check_said(sim, &sim->devices[i], order, certificate);
	}
	sim_check_away(sim, order, certificate);
	if (at_end && (!json_is_true(json_object_get(certificate, "at_hub")) ||
		       json_integer_value(json_object_get(certificate, "out")) >
			       count_untold(sim))) {
		char *words = json_dumps(certificate, JSON_COMPACT);

		sim_note(sim, "the certificate: %s", words);
		free(words);
		sim_broken(sim, SIM_ERASED,
			   "all have heard that a reader is to be erased, and of %d it "
			   "is not said that it has done it",
			   (int)json_integer_value(json_object_get(certificate, "out")));
	}
}

static void check_word(struct sim *sim, struct sim_order *order, bool at_end)
{
	char text[PH_REF_TEXT];
	json_t *answer;
	int exit;

	if (!sim_hub_holds(sim, &order->ref)) {
		return;
	}
	ph_ref_text(text, &order->ref);
	answer = sim_ask(sim,
			 json_pack("{s:s, s:s}", "command", "erasures", "erasure", text),
			 &exit);
	if (answer == NULL) {
		sim_broken(sim, SIM_HEALTHY, "the hub gives no certificate: %d", exit);
	}
	check_certificate(sim, order, json_object_get(answer, "certificate"), at_end);
	json_decref(answer);
}

void sim_check_erased(struct sim *sim)
{
	struct sim_store hub;

	if (sim->erasures == NULL) {
		return;
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (sim->devices[i].machine.touched) {
			check_one(sim, &sim->devices[i]);
		}
	}
	check_one(sim, NULL);
	if ((!sim->script->closely && sim->at % SAID_EVERY != 0) ||
	    !sim_store_of(sim, NULL, &hub)) {
		return;
	}
	sim_hub_settle(sim);
	for (size_t i = 0; i < sim->erasures->n_orders; i++) {
		if (sim_store_of(sim, NULL, &hub)) {
			check_word(sim, &sim->erasures->orders[i], false);
		}
	}
}

/* --- at the end --- */

static void check_reached(struct sim *sim, struct sim_device *device,
			  struct sim_order *order)
{
	struct sim_store store;

	if (!sim_store_of(sim, device, &store)) {
		sim_broken(sim, SIM_HEALTHY, "%s is not on", device->machine.name);
	}
	if (!is_done(sim, &store, order)) {
		sim_broken(sim, SIM_ERASED,
			   "all have come together, and %s has not carried out an "
			   "order to erase",
			   store.machine->name);
	}
	check_store(sim, &store, order, true);
}

static void check_order(struct sim *sim, struct sim_order *order)
{
	if (!sim_hub_holds(sim, &order->ref)) {
		if (!order->is_lost) {
			sim_broken(sim, SIM_ERASED,
				   "an order to erase is not at the hub any more");
		}
		return;
	}
	check_reached(sim, NULL, order);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		/* what a thief has cannot be called back */
		if (!sim->devices[i].cut && is_told(sim, &sim->devices[i], order)) {
			check_reached(sim, &sim->devices[i], order);
		}
	}
}

void sim_check_certificates(struct sim *sim)
{
	for (size_t i = 0; sim->erasures != NULL && i < sim->erasures->n_orders; i++) {
		check_word(sim, &sim->erasures->orders[i], true);
	}
}

void sim_check_all_erased(struct sim *sim)
{
	for (size_t i = 0; sim->erasures != NULL && i < sim->erasures->n_orders; i++) {
		check_order(sim, &sim->erasures->orders[i]);
	}
}
