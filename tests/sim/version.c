/*
 * tests/sim/version.c - which program a machine has, and when it gets the newest.
 *
 * A province has a few kinds that its older programs do not know, and writes them all
 * the same where there are newer ones. Who is older keeps what it does not know, sends it
 * on, folds the rest, and folds all of it when it is brought up to date.
 *
 * In some provinces the hub does not know version 2 of the hello either, by which a device
 * tells what a cut left it, and what it keeps for the hub: it is called again without.
 */
#include "tests/sim/version.h"

#include <string.h>

#include "tests/sim/line.h"

const char *sim_kinds_without = "";
bool sim_hello_is_old;

/* Each with what makes no sense without it. Those of the hub are none that a decision writes. */
static const char *const lacks[] = {
	"crate-dispatch",
	"crate-receive",
	"crate-dispatch,crate-receive",
	"hold-ready,hold-cancel",
	"hold-place,hold-ready,hold-cancel",
	"loan,renew",
	"card-issue",
	"renew",
	"in-house-use,digital-use",
	"donation,note",
	"activity,training",
	"repaired,damaged",
	"reader-block,reader-unblock",
	"card-stop",
	"copy-alias",
	"withdrawn,reinstated",
	"uncoded-loan",
	"tally,shift,day-open",
	"sighting",
	"copy-missing",
	"sighting,crate-dispatch",
	"title-merge",
	"reader-merge",
};
#define N_LACKS (sizeof lacks / sizeof *lacks)
#define N_HUB   18

static uint64_t draw(const struct sim *sim, unsigned what, uint64_t bound)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	ph_rng_seed(&seeded, (sim->script->seed ^ UINT64_C(0x76657273)) * 64 + what,
		    &rng);
	return ph_rng_below(&rng, bound);
}

void sim_version_draw(struct sim *sim, struct sim_machine *machine, unsigned at)
{
	bool is_hub = machine == &sim->hub_machine;
	const char *lack =
		lacks[is_hub ? draw(sim, 1, N_HUB) : draw(sim, 1 + at % 2, N_LACKS)];

	if (sim->mixed && draw(sim, 0, 3) == 0 && draw(sim, 3 + at, 5) < 2) {
		machine->lacks = lack;
		sim->result->tally.older++;
		sim_note(sim, "the program of %s knows no %s", machine->name, lack);
	}
}

void sim_enter(struct sim_machine *machine)
{
	sim_kinds_without = machine->lacks;
	sim_hello_is_old = machine->old_hello;
	machine->touched = true;
}

void sim_leave(void)
{
	sim_kinds_without = "";
	sim_hello_is_old = false;
}

bool sim_knows(const struct sim_machine *machine, const char *kind)
{
	const char *at = machine->lacks;
	size_t len = strlen(kind);

	while (*at != '\0') {
		size_t word = strcspn(at, ",");

		if (word == len && memcmp(at, kind, len) == 0) {
			return false;
		}
		at += word + (at[word] == ',');
	}
	return true;
}

static bool is_older(const struct sim_machine *machine)
{
	return machine->lacks[0] != '\0' || machine->old_hello;
}

static void update(struct sim *sim, struct sim_machine *machine)
{
	sim_note(sim, "%s gets the newest program", machine->name);
	machine->updated = machine->updated || machine->lacks[0] != '\0';
	machine->lacks = "";
	machine->old_hello = false;
}

void sim_maybe_update(struct sim *sim, struct sim_machine *machine)
{
	if (is_older(machine) && ph_rng_below(&machine->rng, 3) == 0) {
		update(sim, machine);
	}
}

static void update_hub(struct sim *sim)
{
	sim_hub_close(sim);
	update(sim, &sim->hub_machine);
	sim_hub_open(sim);
}

unsigned sim_update_all(struct sim *sim)
{
	unsigned n = 0;

	if (is_older(&sim->hub_machine)) {
		update_hub(sim);
		n++;
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		if (is_older(&device->machine)) {
			sim_device_close(device);
			update(sim, &device->machine);
			sim_device_open(sim, device);
			n++;
		}
	}
	return n;
}

void sim_outlast_refusals(struct sim *sim)
{
	if (sim->result->tally.anew > 0) {
		sim_note(sim, "two days, in which nobody calls");
		sim->now += 2 * SIM_DAY * 1000;
	}
}

void sim_do_hub_earlier(struct sim *sim, struct sim_device *device,
			const struct ph_rng *dice)
{
	(void)device;
	(void)dice;
	sim->result->tally.older += !is_older(&sim->hub_machine);
	sim->hub_machine.old_hello = true;
	sim_note(sim, "the program of the hub takes hellos of version 1 alone");
}

void sim_do_hub_newer(struct sim *sim, struct sim_device *device,
		      const struct ph_rng *dice)
{
	(void)device;
	(void)dice;
	if (is_older(&sim->hub_machine) && !sim_hub_is_ill(sim) && !sim_hub_failed(sim)) {
		sim_linger_free(sim);
		update_hub(sim);
	}
}
