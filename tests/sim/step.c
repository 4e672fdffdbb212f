/*
 * tests/sim/step.c - what is looked at after every event, and what after some.
 *
 * Cheap things each time; sums by hand each eighth event; the whole store of a machine and
 * its ledger folded anew at one event that the seed names. A machine whose disk is to fail
 * is not looked at: the look would be what the fault strikes. It is when its program is
 * started again, which it is as soon as the disk is sound.
 */
#include "daemon/hub_internal.h"
#include "tests/sim/check.h"
#include "tests/sim/count.h"
#include "tests/sim/erase.h"
#include "tests/sim/line.h"
#include "tests/sim/theft.h"
#include "tests/sim/version.h"

#define COUNT_EVERY 8

static bool is_sound(struct sim *sim)
{
	return !sim_hub_is_ill(sim) && !sim_hub_failed(sim);
}

static void check_store(struct sim *sim, const struct sim_machine *machine,
			struct ph_journal *journal)
{
	struct ph_error err = { 0 };
	int rc;

	sim_enter(machine); /* an older program expects no part that it cannot know of */
	rc = ph_journal_verify(journal, NULL, &err);
	sim_leave();
	if (rc != 0) {
		sim_broken(sim, SIM_WHOLE, "%s: %s", machine->name, err.text);
	}
}

void sim_check_store(struct sim *sim, struct sim_device *device)
{
	if (device == NULL) {
		check_store(sim, &sim->hub_machine, ph_hub_journal(sim->hub));
	} else {
		check_store(sim, &device->machine, ph_site_journal(device->site_open));
	}
}

/* Once in a province all of a machine is read, and folded anew. */
static bool is_sampled(const struct sim *sim)
{
	return sim->at == 1 + sim->script->seed * 7 % sim->script->n_events;
}

void sim_check_step(struct sim *sim, struct sim_device *device)
{
	if (!sim_is_ill(sim, device)) {
		sim_check_saved(sim, device);
		if (is_sampled(sim)) {
			sim_check_store(sim, device);
			sim_check_site_ledger(sim, device);
		}
	}
	if (device->is_thief && !sim_is_ill(sim, device)) {
		sim_check_thief(sim, device);
	}
	sim_check_erased(sim, device);
	if (!is_sound(sim)) {
		return;
	}
	sim_check_hub_clock(sim);
	sim_check_receipted(sim);
	if (sim->at % COUNT_EVERY == 0) {
		sim_hub_settle(sim);
		sim_check_counts(sim);
	}
	if (is_sampled(sim)) {
		sim_hub_settle(sim);
		sim_check_store(sim, NULL);
		sim_check_hub_ledger(sim);
	}
}
