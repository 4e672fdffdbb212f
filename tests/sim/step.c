/*
 * tests/sim/step.c - what is looked at after every event, and what after some.
 *
 * Cheap things each time, at each machine whose program ran in it; what the hub has concluded
 * each fourth event; the whole store of a machine and its ledger folded anew twice. In a
 * province that is looked at closely, all of it each time, at each of these machines. A
 * machine whose disk is to fail is not looked at: the look would be what the fault strikes. It
 * is when its program is started again, which it is as soon as the disk is sound.
 */
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/count.h"
#include "tests/sim/erase.h"
#include "tests/sim/kept.h"
#include "tests/sim/line.h"
#include "tests/sim/theft.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

#define LOOK_EVERY 4
#define SAMPLES    2

static bool is_sound(struct sim *sim)
{
	return !sim_hub_is_ill(sim) && !sim_hub_failed(sim);
}

static void check_store(struct sim *sim, struct sim_machine *machine,
			struct ph_journal *journal, const uint8_t *own)
{
	struct ph_error err = { 0 };
	int rc;

	sim_enter(machine); /* an older program expects no part that it cannot know of */
	rc = ph_journal_verify(journal, own, NULL, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_WHOLE, "%s: %s", machine->name, err.text);
	}
}

void sim_check_store(struct sim *sim, struct sim_device *device)
{
	if (device == NULL) {
		check_store(sim, &sim->hub_machine, ph_hub_journal(sim->hub), NULL);
	} else {
		check_store(sim, &device->machine, ph_site_journal(device->site_open),
			    ph_site_sign(device->site_open)->key);
	}
}

/*
 * In each half of the events, from the one on that the seed names, all of a machine is read, and
 * folded anew, once; if its disk is to fail then, at the next event at which it is sound. So
 * many were DONE. Closely: each time.
 */
static bool is_due(const struct sim *sim, unsigned done)
{
	size_t part = sim->script->n_events / SAMPLES + 1;

	return sim->script->closely ||
	       (done < SAMPLES && sim->at > done * part + sim->script->seed * 7 % part);
}

static void check_device(struct sim *sim, struct sim_device *device)
{
	sim_check_saved(sim, device);
	if (is_sound(sim)) {
		sim_check_held(sim, device);
	}
	if (device->is_thief) {
		sim_check_thief(sim, device);
	}
	if (is_due(sim, sim->site_samples)) {
		sim->site_samples++;
		sim->result->tally.looks++;
		sim_check_store(sim, device);
		sim_check_site_ledger(sim, device);
	}
}

/* What is asked of all that the hub has concluded so far. */
static void check_conclusions(struct sim *sim)
{
	sim_hub_settle(sim);
	sim_check_counts(sim);
	if (is_sound(sim)) {
		if (sim->hub_machine.lacks[0] == '\0') {
			sim_check_books(sim, false);
		}
		sim_enter(&sim->hub_machine);
		sim_check_cases(sim, false);
		sim_check_arisen(sim);
		sim_leave();
	}
}

static void check_hub(struct sim *sim)
{
	sim_check_hub_clock(sim);
	sim_note_desk(sim);
	sim_check_receipted(sim);
	if (sim->script->closely || sim->at % LOOK_EVERY == 0) {
		check_conclusions(sim);
	}
	if (is_due(sim, sim->hub_samples) && is_sound(sim)) {
		sim->hub_samples++;
		sim->result->tally.looks++;
		sim_hub_settle(sim);
		sim_check_store(sim, NULL);
		sim_check_hub_ledger(sim);
	}
}

void sim_check_step(struct sim *sim, struct sim_device *device)
{
	device->machine.touched = true;
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *each = &sim->devices[i];

		if (each->machine.touched && !sim_is_ill(sim, each)) {
			check_device(sim, each);
		}
	}
	sim_check_erased(sim);
	if (is_sound(sim)) {
		check_hub(sim);
	}
	if (sim->script->closely) {
		sim_check_all_unread(sim);
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		sim->devices[i].machine.touched = false;
	}
}
