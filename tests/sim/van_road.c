/*
 * tests/sim/van_road.c - tours of couriers, and what becomes of them on the way.
 *
 * They meet whoever is there, come to the hub, or do not, are killed and lose power in the
 * middle, have clocks that are wrong and disks that fail, and are lost.
 */
#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/van.h"

static unsigned draw(const struct ph_rng *dice, unsigned bound)
{
	return (unsigned)ph_rng_below(dice, bound);
}

static struct sim_device *other(struct sim *sim, const struct ph_rng *dice)
{
	return &sim->devices[draw(dice, sim->n_devices)];
}

static struct sim_line_how good(const struct ph_rng *dice)
{
	return (struct sim_line_how){ .seed = draw(dice, 2) * (1 + draw(dice, 1000000)) };
}

int sim_courier_trip(struct sim *sim, struct sim_device *device)
{
	struct sim_van *van = sim_van(sim, device->number % SIM_VANS_FEW);
	int rc;

	if (van == NULL) {
		return 0;
	}
	(void)sim_meet(sim, van, device, (struct sim_line_how){ 0 });
	sim->now += 3600 * 1000;
	(void)sim_base(sim, van, (struct sim_line_how){ 0 });
	sim_confirm(sim, device);
	sim_hub_settle(sim); /* as after each command, before time passes */
	sim->now += 3600 * 1000;
	rc = sim_meet(sim, van, device, (struct sim_line_how){ 0 });
	sim_check_unread(sim, van->device.machine.name);
	return rc;
}

void sim_all_to_base(struct sim *sim)
{
	for (unsigned i = 0; i < SIM_VANS; i++) {
		if (sim->vans->van[i].is_there) {
			(void)sim_base(sim, &sim->vans->van[i],
				       (struct sim_line_how){ 0 });
		}
	}
}

void sim_do_meet(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct sim_van *van = sim_van(sim, draw(dice, SIM_VANS_FEW));

	if (van != NULL) {
		(void)sim_meet(sim, van, device, good(dice));
	}
}

void sim_do_base(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct sim_van *van = sim_van(sim, draw(dice, SIM_VANS_FEW));

	(void)device;
	if (van != NULL) {
		(void)sim_base(sim, van, good(dice));
		sim_check_unread(sim, van->device.machine.name);
	}
}

void sim_do_tour(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	struct sim_device *stops[3] = { device, other(sim, dice), other(sim, dice) };
	struct sim_van *van = sim_van(sim, draw(dice, SIM_VANS_FEW));
	unsigned n = 1 + draw(dice, 3);

	if (van == NULL) {
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		(void)sim_meet(sim, van, stops[i], good(dice));
		sim->now += 1000 * (int64_t)(60 + draw(dice, 3600));
	}
	sim->now += 1000 * (int64_t)(600 + draw(dice, 20000));
	(void)sim_base(sim, van, good(dice));
	sim_confirm(sim, device);
	sim_hub_settle(sim); /* as after each command, before time passes */
	sim->now += 1000 * (int64_t)(600 + draw(dice, 3 * (unsigned)SIM_DAY));
	for (unsigned i = 0; i < n; i++) {
		(void)sim_meet(sim, van, stops[i], good(dice));
	}
}

static struct sim_line_how fault(const struct ph_rng *dice)
{
	static const enum sim_line_fault faults[] = { SIM_LINE_CUT, SIM_LINE_CUT,
						      SIM_LINE_CORRUPT, SIM_LINE_KILL,
						      SIM_LINE_HUB_KILL };
	struct sim_line_how how = good(dice);

	how.fault = faults[draw(dice, 5)];
	how.byte = draw(dice, 3) == 0 ? draw(dice, 3000) : draw(dice, 20000);
	how.step = draw(dice, 30);
	how.power = draw(dice, 2) == 0;
	return how;
}

void sim_do_meet_cut(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice)
{
	struct sim_van *van = sim_van(sim, draw(dice, SIM_VANS_FEW));
	struct sim_line_how how = fault(dice);
	bool base = draw(dice, 2) == 0;

	if (van == NULL) {
		return;
	}
	sim_note(sim, "an exchange with fault %d at byte %d, step %u", how.fault,
		 (int)how.byte, how.step);
	sim->result->tally.cuts_in++;
	if (base) {
		(void)sim_meet(sim, van, device, good(dice));
		(void)sim_base(sim, van, how);
	} else {
		(void)sim_meet(sim, van, device, how);
	}
	if (draw(dice, 2) == 0) { /* it goes on where it was */
		if (base) {
			(void)sim_base(sim, van, good(dice));
		} else {
			(void)sim_meet(sim, van, device, good(dice));
		}
	}
}

/* No battery, days off, or right; not far ahead: that is an age at which all is let go of. */
static void set_clock(struct sim *sim, struct sim_van *van, const struct ph_rng *dice)
{
	struct sim_machine *machine = &van->device.machine;
	unsigned which = draw(dice, 4);

	machine->skew = which == 0   ? 120 - sim_truth(sim)
			: which == 1 ? (int64_t)draw(dice, 4 * (unsigned)SIM_DAY)
			: which == 2 ? -(int64_t)draw(dice, 4 * (unsigned)SIM_DAY)
				     : 0;
}

void sim_do_van_fall(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice)
{
	struct sim_van *van = sim_van(sim, draw(dice, SIM_VANS_FEW));
	struct sim_machine *machine;
	bool power = draw(dice, 3) > 0;

	if (van == NULL) {
		return;
	}
	machine = &van->device.machine;
	switch (draw(dice, 4)) {
	case 0: /* as it writes */
		(void)sim_meet(sim, van, device, good(dice));
		sim_spoil(machine, 1 + draw(dice, 25), 0, true, 9);
		(void)sim_meet(sim, van, other(sim, dice), good(dice));
		break;
	case 1: /* its disk fails once, or is full */
		if (draw(dice, 2) == 0) {
			sim_spoil(machine, 1 + draw(dice, 25), draw(dice, 5), false, 9);
		} else {
			sim_fill(machine, draw(dice, 20000), 9);
		}
		(void)sim_meet(sim, van, device, good(dice));
		break;
	default:
		(void)sim_meet(sim, van, device, good(dice));
		break;
	}
	if (power) {
		set_clock(sim, van, dice);
	}
	sim_van_falls(sim, van, power);
}

void sim_do_van_lost(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice)
{
	struct sim_van *van = &sim->vans->van[draw(dice, SIM_VANS_FEW)];

	if (van->is_there && draw(dice, 2) == 0) { /* stolen: who has it goes on */
		sim_van_cutoff(sim, van);
		sim_hub_settle(sim);
		if (!device->no_network) {
			(void)sim_line(sim, device, (struct sim_line_how){ 0 });
		}
		(void)sim_meet(sim, van, device, good(dice));
		(void)sim_base(sim, van, good(dice));
	}
	if (van->is_there) {
		sim_van_lost(sim, van);
		for (unsigned i = 0; i < sim->n_devices; i++) {
			if (!sim->devices[i].machine.ill) {
				sim_check_saved(sim, &sim->devices[i]);
			}
		}
	}
}
