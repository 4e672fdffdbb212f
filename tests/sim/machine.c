/*
 * tests/sim/machine.c - one machine: its clocks, its disk, and what is said of it.
 *
 * Virtual time is the simulation's; each machine has an offset to it that it calls its
 * wall clock, and counts milliseconds since it was started.
 */
#include <stdarg.h>
#include <string.h>

#include "tests/sim/disk.h"
#include "tests/sim/world.h"

/* --- what happens --- */

int64_t sim_truth(const struct sim *sim)
{
	return SIM_T0 + sim->now / 1000;
}

void sim_note(struct sim *sim, const char *format, ...)
{
	char line[700];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	len = len < (int)sizeof line ? len : (int)sizeof line - 1;
	crypto_generichash_update(&sim->heard, (const uint8_t *)line, (size_t)len + 1);
	if (sim->trace != NULL) {
		fprintf(sim->trace, "%4zu %9.3f d  %s\n", sim->at,
			(double)sim->now / 86400000.0, line);
	}
}

_Noreturn void sim_broken(struct sim *sim, enum sim_invariant invariant,
			  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sim->result->what, sizeof sim->result->what, format, args);
	va_end(args);
	sim->result->broken = invariant;
	sim->result->second = sim->now / 1000;
	sim_note(sim, "BROKEN %s: %s", sim_invariants[invariant].name, sim->result->what);
	longjmp(sim->out, 1);
}

/* --- machines --- */

static void read_clock(void *data, struct ph_now *now_out)
{
	const struct sim_machine *machine = data;

	*now_out = (struct ph_now){
		.wall = sim_truth(machine->sim) + machine->skew,
		.mono_ms = (uint64_t)(machine->sim->now - machine->booted) + 5000,
		.boot = { machine->boots, (uint8_t)machine->name[0],
			  (uint8_t)machine->name[1], (uint8_t)machine->name[2] },
	};
}

void sim_boot(struct sim_machine *machine)
{
	machine->boots++;
	machine->booted = machine->sim->now;
}

void sim_machine_init(struct sim *sim, struct sim_machine *machine, const char *name,
		      uint64_t seed)
{
	*machine = (struct sim_machine){ .sim = sim, .lacks = "" };
	snprintf(machine->name, sizeof machine->name, "%s", name);
	snprintf(machine->dir, sizeof machine->dir, "/m/%s/store", name);
	machine->clock = (struct ph_clock){ read_clock, machine };
	ph_rng_seed(&machine->seeded, seed, &machine->rng);
	sim_boot(machine);
}

/* The process, or the power, is gone; whoever starts it again has seen to the disk. */
void sim_machine_falls(struct sim_machine *machine, bool power)
{
	uint64_t seed = ph_rng_below(&machine->rng, UINT64_MAX);

	sim_disk_fail(machine->name, SIM_FAULT_NONE, 0, false);
	sim_heal(machine);
	if (power) {
		sim_disk_cut(machine->name, seed, NULL);
	} else {
		sim_disk_kill(machine->name);
	}
}

/* --- disks --- */

bool sim_is_ill(const struct sim *sim, const struct sim_device *device)
{
	(void)sim;
	return device->machine.ill;
}

bool sim_hub_is_ill(const struct sim *sim)
{
	return sim->hub_machine.ill;
}

void sim_fill(struct sim_machine *machine, uint64_t room, unsigned events)
{
	sim_disk_traits(machine->name)->limit = sim_disk_used(machine->name) + room;
	machine->ill = true;
	machine->ill_for = events;
}

void sim_spoil(struct sim_machine *machine, uint64_t at, unsigned which, bool for_ever,
	       unsigned events)
{
	static const enum sim_disk_fault faults[] = { SIM_FAULT_IO, SIM_FAULT_IO,
						      SIM_FAULT_SHORT, SIM_FAULT_FULL,
						      SIM_FAULT_READ };

	machine->hurt |= sim_disk_failed(machine->name);
	sim_disk_fail(machine->name, faults[which % 5], at, for_ever);
	machine->ill = true;
	machine->ill_for = events;
}

void sim_heal(struct sim_machine *machine)
{
	sim_disk_traits(machine->name)->limit = 0;
	sim_disk_fail(machine->name, SIM_FAULT_NONE, 0, false);
	machine->ill = false;
	machine->ill_for = 0;
	machine->hurt = false;
}
