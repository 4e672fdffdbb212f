/*
 * tests/sim/theft_keys.c - a thief with the hub's online keys, and how that is healed.
 *
 * He has a copy of the hub's folder, but no operator's key. When the faults are over and
 * all agree he plays the hub to some devices: cuts one off, adopts, erases, signed by nobody
 * or by a key of his own; that nobody may heed. Then he says what a hub may say without an
 * operator, and signs for what they record. Then `keys rotate --stolen`: all agree again
 * with the true hub, which knows nothing of what he said.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hub_collect.h"
#include "daemon/hub_internal.h"
#include "daemon/hub_rotate.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/line.h"
#include "tests/sim/safe.h"
#include "tests/sim/theft.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

#define FORGED 3
#define QUIET  300 /* bytes of a session in which there is nothing to say, and some */

void sim_do_keys_stolen(struct sim *sim, struct sim_device *device,
			const struct ph_rng *dice)
{
	(void)device;
	(void)dice;
	sim->keys_stolen = true;
	sim_note(sim, "somebody has the keys of the hub, and waits");
}

/* What is the true hub's while the thief plays it. */
struct aside {
	struct sim_machine machine;
	struct sim_seen seen[2];
};

static void play_hub(struct sim *sim, struct aside *aside)
{
	struct sim_machine *hub = &sim->hub_machine;

	sim_hub_close(sim);
	aside->machine = *hub;
	memcpy(aside->seen, sim->seen, sizeof aside->seen);
	sim_disk_copy(hub->name, "thief", true);
	sim_machine_init(sim, hub, "thief", sim->script->seed ^ UINT64_C(0x7468696566));
	hub->lacks = aside->machine.lacks;
	hub->skew = aside->machine.skew;
	sim->is_false = true;
	sim_hub_open(sim);
}

static void end_play(struct sim *sim, const struct aside *aside)
{
	sim_hub_close(sim);
	sim_disk_remove("thief");
	sim->hub_machine = aside->machine;
	memcpy(sim->seen, aside->seen, sizeof sim->seen);
	sim->is_false = false;
	sim_hub_open(sim);
}

/* --- what an operator alone may say --- */

struct forging {
	struct sim *sim;
	const struct ph_sign_pair *pair; /* NULL: it is not signed */
	uint8_t sig[PH_OPERATOR_SIZE];
};

static struct ph_entry entry_of(enum ph_kind_number number)
{
	return (struct ph_entry){ .kind = ph_kind_find(number), .number = number };
}

static void forge(struct forging *forging, struct ph_entry *entry)
{
	struct ph_hub *hub = forging->sim->hub;
	bool desk = entry->kind->desk;
	const struct ph_log *log = ph_writer_log(desk ? hub->desk : hub->writer);
	struct ph_error err = { 0 };
	int rc = 0;

	if (forging->pair != NULL) {
		rc = ph_operator_sign(entry, log->id, log->n + 1, forging->pair,
				      forging->sig, &err);
		entry->extras.operator_sig = PH_VIEW(forging->sig, sizeof forging->sig);
	}
	sim_enter(&forging->sim->hub_machine);
	rc = rc != 0 ? rc
	     : desk  ? ph_hub_desk_add(hub, entry, 1, NULL, &err)
		     : ph_hub_control_add(hub, entry, 1, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(forging->sim, SIM_HEALTHY, "the thief cannot write %s: %s",
			   entry->kind->name, err.text);
	}
	sim_note(forging->sim, "the thief writes %s", entry->kind->name);
}

static void forge_cut(struct forging *forging, const struct sim_device *victim)
{
	struct ph_entry entry = entry_of(PH_KIND_DEVICE_CUT);

	entry.field[PH_CUT_DEVICE] =
		(struct ph_value){ .set = true,
				   .as.bytes = PH_VIEW(victim->id, sizeof victim->id) };
	forge(forging, &entry);
}

static void forge_adoption(struct forging *forging, const struct sim_device *cut)
{
	struct ph_entry entry = entry_of(PH_KIND_LOG_ADOPT);
	struct ph_value *head = &entry.field[PH_ADOPT_HEAD];
	struct ph_log log;

	if (ph_journal_log_find(ph_hub_journal(forging->sim->hub),
				ph_site_log(cut->site_open)->id, &log) != 0 ||
	    log.n == 0) {
		return;
	}
	head->set = true;
	head->as.head.n = log.n;
	memcpy(head->as.head.log_id, log.id, sizeof log.id);
	memcpy(head->as.head.h, log.h, sizeof log.h);
	forge(forging, &entry);
}

static void forge_erasure(struct forging *forging, unsigned site)
{
	const struct sim *sim = forging->sim;
	struct ph_entry entry = entry_of(PH_KIND_READER_ERASE);
	struct ph_buf list = { 0 };
	int rc = 1;

	for (size_t i = 0; rc == 1 && i < sim->books->n_readers; i++) {
		const struct sim_reader *reader = &sim->books->readers[i];

		if (reader->site == site && !reader->erased) {
			rc = ph_list_put_refs(&list, &sim->acks[reader->put].ref, 1,
					      &entry.field[PH_ERASE_READERS]);
		}
	}
	if (rc == 0) {
		forge(forging, &entry);
	}
	ph_buf_deinit(&list);
}

static void forge_all(struct sim *sim, const struct sim_device *victim, bool is_signed,
		      const struct ph_rng *dice)
{
	struct ph_sign_pair own;
	struct forging forging = { .sim = sim, .pair = is_signed ? &own : NULL };

	ph_sign_pair_make(&own, dice);
	forge_cut(&forging, victim);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (sim->devices[i].cut) {
			forge_adoption(&forging, &sim->devices[i]);
			break;
		}
	}
	forge_erasure(&forging, victim->site);
	sim_hub_settle(sim);
}

/* --- whom he deceives --- */

static bool may_call(const struct sim_device *device)
{
	return !device->cut && !device->no_network && !sim_was_copied(device);
}

/* DEVICE calls the thief's hub, and must conclude nothing from what no operator signed. */
static void call(struct sim *sim, struct sim_device *device, bool is_signed)
{
	uint8_t before[32], after[32];
	struct ph_site_state state;
	uint64_t n;

	sim_site_digest(sim, device, before, &n);
	(void)sim_line(sim, device, (struct sim_line_how){ 0 });
	sim_site_digest(sim, device, after, &n);
	if (ph_site_state(device->site_open, &state) != 0 ||
	    state.standing != PH_SITE_CONFIRMED) {
		sim_broken(sim, SIM_FORGED,
			   "%s is not confirmed any more, by a thief's word",
			   device->machine.name);
	}
	/* of what has a stranger's signature his hub makes pages, which are the hub's own word */
	if (!is_signed && memcmp(before, after, sizeof after) != 0) {
		sim_broken(sim, SIM_FORGED,
			   "%s concludes otherwise, and no operator has signed anything",
			   device->machine.name);
	}
}

/* A visit that DEVICE has recorded is to count no more. */
static void void_visit(struct sim *sim, const struct sim_device *device)
{
	for (size_t i = 0; i < sim->n_acks; i++) {
		char text[PH_REF_TEXT];

		if (&sim->devices[sim->acks[i].device] != device || sim->acks[i].dead ||
		    sim->acks[i].kind != PH_KIND_VISIT) {
			continue;
		}
		ph_ref_text(text, &sim->acks[i].ref);
		json_decref(
			sim_ask(sim,
				json_pack("{s:s, s:[{s:s, s:s}]}", "command", "record",
					  "entries", "kind", "void", "target", text),
				NULL));
		return;
	}
}

/* What a hub says without an operator; and what DEVICE records it signs for. */
static void deceive(struct sim *sim, struct sim_device *device)
{
	json_decref(sim_ask(sim,
			    json_pack("{s:s, s:[{s:s, s:s, s:s, s:s}]}", "command",
				      "record", "entries", "kind", "commune-put", "code",
				      "03646", "name", "Kẻ trộm", "type", "phuong"),
			    NULL));
	void_visit(sim, device);
	sim_hub_settle(sim);
	if (sim_visit(sim, device, 2)) {
		(void)sim_line(sim, device, (struct sim_line_how){ 0 });
	}
}

/* He goes on in logs of his own, and in an epoch above the hub's. */
static void leave_logs(struct sim *sim)
{
	int rc;

	sim_enter(&sim->hub_machine);
	rc = ph_db_begin(sim->hub->db);
	rc = rc == 0 ? ph_hub_leave(sim->hub, true) : rc;
	rc = rc == 0 ? ph_db_commit(sim->hub->db) : rc;
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "the thief cannot leave the hub's logs: %s",
			   strerror(-rc));
	}
	sim_hub_close(sim);
	sim_hub_open(sim);
	sim_note(sim, "the thief goes on in logs of his own");
}

static void meet_thief(struct sim *sim, const struct ph_rng *dice)
{
	bool is_signed = ph_rng_below(dice, 2) == 0;
	struct sim_device *callers[FORGED];
	unsigned n = 0, from = (unsigned)ph_rng_below(dice, sim->n_devices);

	for (unsigned i = 0; n < FORGED && i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[(from + i) % sim->n_devices];

		if (may_call(device)) {
			callers[n++] = device;
		}
	}
	if (n < 2) {
		return;
	}
	sim_note(sim, "a thief plays the hub; his words are signed by %s",
		 is_signed ? "a stranger" : "nobody");
	if (ph_rng_below(dice, 3) == 0) {
		leave_logs(sim);
	}
	/* his hub heeds what a stranger has signed, so who is cut off does not call it */
	forge_all(sim, callers[0], is_signed, dice);
	for (unsigned i = is_signed ? 1 : 0; i < n; i++) {
		call(sim, callers[i], is_signed);
	}
	deceive(sim, callers[1]);
}

/* --- and back --- */

/* What the thief has copied the hub goes on with, so that he wrote beside it. */
static void write_beside(struct sim *sim)
{
	json_decref(sim_ask(sim,
			    json_pack("{s:s, s:[{s:s, s:s, s:s, s:s}]}", "command",
				      "record", "entries", "kind", "commune-put", "code",
				      "03647", "name", "Chiềng Lề", "type", "phuong"),
			    NULL));
	sim_note(sim, "the hub goes on beside the thief");
}

static void rotate(struct sim *sim)
{
	struct ph_error err = { 0 };
	uint64_t generation;
	int rc;

	sim_enter(&sim->hub_machine);
	rc = ph_hub_rotate(sim->hub, &sim->root_pair, true, &generation, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_HEALTHY, "stolen keys are not replaced: %s",
			   err.text);
	}
	sim_hub_close(sim);
	sim_hub_open(sim);
	sim_reckon_receipts(sim);
	json_decref(sim_ask(sim,
			    json_pack("{s:s, s:[{s:s, s:s, s:i}]}", "command", "record",
				      "entries", "kind", "training", "topic", "Khóa mới",
				      "workers", 3),
			    NULL));
	json_decref(sim_ask(sim,
			    json_pack("{s:s, s:[{s:s, s:s, s:s, s:s}]}", "command",
				      "record", "entries", "kind", "commune-put", "code",
				      "03646", "name", "Tô Hiệu", "type", "phuong"),
			    NULL));
	for (unsigned i = 0; i < SIM_VANS; i++) { /* couriers hear of it by themselves */
		if (sim->vans->van[i].is_there && !sim->vans->van[i].device.cut) {
			(void)sim_line(sim, &sim->vans->van[i].device,
				       (struct sim_line_how){ 0 });
		}
	}
	sim_note(sim, "the keys of the hub are replaced, as stolen");
}

bool sim_use_stolen_keys(struct sim *sim)
{
	struct ph_rng_seeded seeded;
	struct ph_rng dice;
	struct aside aside;

	if (!sim->keys_stolen || sim->hub_clocked || sim_is_put_back(sim)) {
		return false;
	}
	ph_rng_seed(&seeded, sim->script->seed ^ UINT64_C(0x6b657973), &dice);
	play_hub(sim, &aside);
	meet_thief(sim, &dice);
	end_play(sim, &aside);
	if (ph_rng_below(&dice, 2) == 0) {
		write_beside(sim);
	}
	rotate(sim);
	return true;
}

/* Who is even with the hub is sent nothing more, whatever the thief had said to it. */
void sim_check_quiet(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];
		struct sim_line_end end;

		if (device->cut || device->no_network || sim_was_copied(device)) {
			continue; /* to copies in turn its feed begins anew */
		}
		end = sim_line(sim, device, (struct sim_line_how){ 0 });
		if (end.down > QUIET) {
			sim_broken(sim, SIM_CONVERGES,
				   "%s has all, and is sent %" PRIu64 " bytes again",
				   device->machine.name, end.down);
		}
	}
}
