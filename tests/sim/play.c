/*
 * tests/sim/play.c - one script, event by event.
 *
 * Every event draws from a stream of its own seed. Events that make no sense as things
 * stand (no folder was laid aside, the device is another's twin) do nothing, so that a
 * script stays one when events are left out.
 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/act.h"
#include "tests/sim/back.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/erase.h"
#include "tests/sim/lan.h"
#include "tests/sim/line.h"
#include "tests/sim/purse.h"
#include "tests/sim/safe.h"
#include "tests/sim/stick.h"
#include "tests/sim/theft.h"
#include "tests/sim/van.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

struct happening {
	struct sim *sim;
	const struct sim_event *event;
	struct sim_device *device;
	struct ph_rng_seeded seeded;
	struct ph_rng dice;
};

static uint64_t below(const struct happening *it, uint64_t bound)
{
	return ph_rng_below(&it->dice, bound);
}

/* --- days --- */

/* Now and then the program was closed and is opened for this. */
static void maybe_reopen(const struct happening *it)
{
	if (below(it, 4) == 0 && !it->device->machine.ill) {
		sim_device_close(it->device);
		sim_device_open(it->sim, it->device);
	}
}

static void do_work(const struct happening *it)
{
	uint64_t n = 1 + below(it, 5);

	maybe_reopen(it);
	while (n-- > 0) {
		sim_work(it->sim, it->device, &it->dice);
		it->sim->now += 1000 * (int64_t)(20 + below(it, 100));
	}
}

static void do_odd(const struct happening *it)
{
	sim_odd(it->sim, it->device, &it->dice);
}

static void do_sync(const struct happening *it)
{
	if (it->device->no_network) {
		(below(it, 2) == 0 ? sim_do_van : sim_do_tour)(it->sim, it->device,
							       &it->dice);
		return;
	}
	sim_line(it->sim, it->device,
		 (struct sim_line_how){ .seed = below(it, 2) * it->event->seed,
					.over = below(it, 8) == 0 });
}

static void do_pair(const struct happening *it)
{
	struct sim *sim = it->sim;
	struct sim_device *devices[3];
	struct sim_line_how how[3] = { 0 };
	struct sim_line_end ends[3];
	unsigned most = sim->n_devices < 3 ? sim->n_devices : 3, n = 0;

	for (unsigned i = 0; i < most; i++) {
		devices[n] = &sim->devices[(it->device->number + i) % sim->n_devices];
		how[n].seed = below(it, 1000);
		n += !devices[n]->no_network;
	}
	if (n > 0) {
		sim_lines(sim, devices, how, n, ends);
	}
}

/* --- the hub's operator --- */

static void do_confirm(const struct happening *it)
{
	sim_confirm(it->sim, it->device);
}

static void do_decide(const struct happening *it)
{
	sim_decide(it->sim, &it->dice);
}

static void do_hubwork(const struct happening *it)
{
	sim_hubwork(it->sim, &it->dice);
}

static void do_cutoff(const struct happening *it)
{
	sim_cutoff(it->sim, it->device);
}

static void do_adopt(const struct happening *it)
{
	for (unsigned i = 0; i < it->sim->n_devices; i++) {
		if (it->sim->devices[i].cut) {
			sim_adopt(it->sim, &it->sim->devices[i]);
			return;
		}
	}
}

/* --- roads --- */

/* Somewhere in a session: in the handshake, or behind it. */
static struct sim_line_how fault_at(const struct happening *it, enum sim_line_fault fault)
{
	struct sim_line_how how = { .fault = fault, .seed = it->event->seed };

	how.down = below(it, 2) == 0;
	how.byte = below(it, 3) == 0 ? below(it, 400) : below(it, 6000);
	how.step = (unsigned)below(it, 14);
	return how;
}

static void faulty_line(const struct happening *it, enum sim_line_fault fault, bool power)
{
	struct sim_line_how how = fault_at(it, fault);

	how.power = power;
	if (it->device->no_network) {
		return;
	}
	sim_note(it->sim, "%s: a line with fault %d at %s byte %" PRIu64 ", step %u",
		 it->device->machine.name, fault, how.down ? "down" : "up", how.byte,
		 how.step);
	sim_line(it->sim, it->device, how);
}

static void do_cut(const struct happening *it)
{
	faulty_line(it, SIM_LINE_CUT, false);
	it->sim->result->tally.cuts_in++;
}

static void do_corrupt(const struct happening *it)
{
	faulty_line(it, SIM_LINE_CORRUPT, false);
}

static void do_stall(const struct happening *it)
{
	faulty_line(it, SIM_LINE_STALL, false);
}

static void do_linger(const struct happening *it)
{
	faulty_line(it, SIM_LINE_LINGER, false);
	if (below(it, 2) == 0 && !it->device->no_network) {
		sim_line(it->sim, it->device, (struct sim_line_how){ 0 });
	}
	if (below(it, 2) == 0) {
		sim_linger(it->sim);
	}
}

static void do_replay(const struct happening *it)
{
	sim_replay(it->sim, it->device, &it->dice);
}

static void do_away(const struct happening *it)
{
	int64_t days = 1 + (int64_t)below(it, 14);

	it->sim->now += days * SIM_DAY * 1000;
	sim_note(it->sim, "nothing for %" PRId64 " days", days);
}

/* --- machines --- */

/* Often in the middle of a write: of the disk nothing is heard any more from there on. */
static void device_ends(const struct happening *it, bool power)
{
	struct sim *sim = it->sim;
	bool writing = below(it, 4) > 0;

	sim_note(sim, "%s %s%s", it->device->machine.name,
		 power ? "loses power" : "is killed", writing ? " as it writes" : "");
	if (writing) {
		sim_spoil(&it->device->machine, 1 + below(it, 40), 0, true, 9);
		if (below(it, 2) == 0 && !it->device->no_network) {
			sim_line(sim, it->device, (struct sim_line_how){ 0 });
		} else if (it->device->no_network) {
			sim_do_van(sim, it->device, &it->dice);
		}
		for (int i = 0; i < 4 && !sim_disk_failed(it->device->machine.name);
		     i++) {
			sim_work(sim, it->device, &it->dice);
		}
	}
	sim_device_fall(sim, it->device, power);
}

static void do_kill(const struct happening *it)
{
	device_ends(it, false);
}

static void do_power(const struct happening *it)
{
	device_ends(it, true);
}

static void do_kill_in(const struct happening *it)
{
	faulty_line(it, SIM_LINE_KILL, false);
}

static void do_power_in(const struct happening *it)
{
	faulty_line(it, SIM_LINE_KILL, true);
}

static void hub_fall(const struct happening *it, bool power)
{
	bool writing = below(it, 4) > 0;

	sim_note(it->sim, "the hub %s%s", power ? "loses power" : "is killed",
		 writing ? " as it writes" : "");
	if (writing) {
		sim_spoil(&it->sim->hub_machine, 1 + below(it, 60), 0, true, 9);
		do_pair(it);
	}
	sim_hub_fall(it->sim, power);
	sim_check_receipted(it->sim);
}

static void do_hub_kill(const struct happening *it)
{
	hub_fall(it, false);
}

static void do_hub_power(const struct happening *it)
{
	hub_fall(it, true);
}

static void do_hub_kill_in(const struct happening *it)
{
	faulty_line(it, SIM_LINE_HUB_KILL, false);
}

static void do_hub_power_in(const struct happening *it)
{
	faulty_line(it, SIM_LINE_HUB_KILL, true);
}

static void set_skew(const struct happening *it, struct sim_machine *machine)
{
	switch (below(it, 7)) {
	case 0: /* no battery */
		machine->skew = 120 - sim_truth(it->sim);
		break;
	case 1:
		machine->skew = 3650 * SIM_DAY;
		break;
	case 2:
		machine->skew = (int64_t)below(it, 4 * (uint64_t)SIM_DAY);
		break;
	case 3:
		machine->skew = -(int64_t)below(it, 4 * (uint64_t)SIM_DAY);
		break;
	case 4:
		machine->skew = 290 + (int64_t)below(it, 20);
		break;
	default:
		machine->skew = 0;
		break;
	}
	sim_note(it->sim, "the clock of %s is %" PRId64 " s off", machine->name,
		 machine->skew);
}

static void set_clock(const struct happening *it)
{
	set_skew(it, &it->device->machine);
	it->device->was_clocked = true;
}

/* Its clock is wrong from now on, or right again; at times it is started anew with it. */
static void do_hub_clock(const struct happening *it)
{
	struct sim *sim = it->sim;
	struct sim_machine *machine = &sim->hub_machine;

	sim->hub_latest = sim_hub_latest(sim);
	sim->hub_clocked = true;
	set_skew(it, machine);
	if (below(it, 3) == 0) {
		sim_hub_fall(sim, true);
	}
}

static void do_hub_backup(const struct happening *it)
{
	(void)sim_backup(it->sim);
}

static void pass_devices(struct sim *sim);

/* Not where a folder was put back: of that device the hub alone has some entries. */
static void do_hub_lost(const struct happening *it)
{
	bool may = it->sim->safe->has_backup;

	for (unsigned i = 0; i < it->sim->n_devices; i++) {
		may = may && !it->sim->devices[i].was_restored;
	}
	if (may) {
		pass_devices(it->sim); /* all of them are read */
		sim_hub_lost(it->sim);
	}
}

static void do_collected(const struct happening *it)
{
	sim_collected(it->sim);
}

static void do_clock(const struct happening *it)
{
	set_clock(it);
}

static void do_reboot(const struct happening *it)
{
	sim_device_close(it->device);
	sim_maybe_update(it->sim, &it->device->machine);
	sim_boot(&it->device->machine);
	if (below(it, 2) == 0) {
		set_clock(it);
	}
	sim_device_open(it->sim, it->device);
	sim_note(it->sim, "%s starts anew", it->device->machine.name);
}

/* --- disks --- */

static void do_full(const struct happening *it)
{
	sim_fill(&it->device->machine, below(it, 60000), 2 + (unsigned)below(it, 6));
	sim_note(it->sim, "the disk of %s is nearly full", it->device->machine.name);
}

static void do_io(const struct happening *it)
{
	sim_spoil(&it->device->machine, 1 + below(it, 60), (unsigned)below(it, 5),
		  below(it, 3) == 0, 3);
	sim_note(it->sim, "the disk of %s is about to fail", it->device->machine.name);
	(below(it, 2) == 0 ? do_work : do_sync)(it);
	sim_device_heal(it->sim, it->device);
}

static void do_hub_full(const struct happening *it)
{
	sim_fill(&it->sim->hub_machine, below(it, 200000), 2 + (unsigned)below(it, 8));
	sim_note(it->sim, "the disk of the hub is nearly full");
}

static void do_hub_io(const struct happening *it)
{
	sim_spoil(&it->sim->hub_machine, 1 + below(it, 80), (unsigned)below(it, 5),
		  below(it, 3) == 0, 4);
	sim_note(it->sim, "the disk of the hub is about to fail");
	(below(it, 2) == 0 ? do_pair : do_sync)(it);
}

/* --- folders --- */

static void do_image(const struct happening *it)
{
	sim_image(it->sim, it->device);
	sim_note(it->sim, "the folder of %s is laid aside", it->device->machine.name);
}

static void do_restore(const struct happening *it)
{
	/* a hub that was put back gets from it what it lost */
	if (it->device->has_image && !it->device->cut && !it->device->is_thief &&
	    !sim_is_put_back(it->sim)) {
		sim_note(it->sim, "the folder of %s is put back as it was",
			 it->device->machine.name);
		sim_restore(it->sim, it->device);
	}
}

static void do_clone(const struct happening *it)
{
	struct sim_device *twin;

	if (it->sim->n_devices < SIM_DEVICES_MAX && it->device->twin < 0 &&
	    !it->device->cut && !it->device->is_thief) {
		twin = sim_clone(it->sim, it->device);
		twin->no_network = it->device->no_network ||
				   (below(it, 4) == 0 && it->sim->safe->has_second);
		sim_note(it->sim, "%s goes on with a copy of the folder of %s%s",
			 twin->machine.name, it->device->machine.name,
			 twin->no_network ? ", without a network" : "");
	}
}

/* --- all of them --- */

static void (*const deeds[SIM_OPS])(const struct happening *it) = {
	[SIM_DO_WORK] = do_work,
	[SIM_DO_ODD] = do_odd,
	[SIM_DO_SYNC] = do_sync,
	[SIM_DO_PAIR] = do_pair,
	[SIM_DO_CONFIRM] = do_confirm,
	[SIM_DO_DECIDE] = do_decide,
	[SIM_DO_HUBWORK] = do_hubwork,
	[SIM_DO_CUTOFF] = do_cutoff,
	[SIM_DO_ADOPT] = do_adopt,
	[SIM_DO_CUT] = do_cut,
	[SIM_DO_CORRUPT] = do_corrupt,
	[SIM_DO_STALL] = do_stall,
	[SIM_DO_LINGER] = do_linger,
	[SIM_DO_REPLAY] = do_replay,
	[SIM_DO_AWAY] = do_away,
	[SIM_DO_KILL] = do_kill,
	[SIM_DO_POWER] = do_power,
	[SIM_DO_KILL_IN] = do_kill_in,
	[SIM_DO_POWER_IN] = do_power_in,
	[SIM_DO_HUB_KILL] = do_hub_kill,
	[SIM_DO_HUB_POWER] = do_hub_power,
	[SIM_DO_HUB_KILL_IN] = do_hub_kill_in,
	[SIM_DO_HUB_POWER_IN] = do_hub_power_in,
	[SIM_DO_HUB_CLOCK] = do_hub_clock,
	[SIM_DO_HUB_BACKUP] = do_hub_backup,
	[SIM_DO_HUB_LOST] = do_hub_lost,
	[SIM_DO_COLLECTED] = do_collected,
	[SIM_DO_CLOCK] = do_clock,
	[SIM_DO_REBOOT] = do_reboot,
	[SIM_DO_FULL] = do_full,
	[SIM_DO_IO] = do_io,
	[SIM_DO_HUB_FULL] = do_hub_full,
	[SIM_DO_HUB_IO] = do_hub_io,
	[SIM_DO_IMAGE] = do_image,
	[SIM_DO_RESTORE] = do_restore,
	[SIM_DO_CLONE] = do_clone,
};

/* Those of people who carry, and between machines: carry.c, van_road.c, lan.c. */
static void (*const carried[SIM_OPS])(struct sim *sim, struct sim_device *device,
				      const struct ph_rng *dice) = {
	[SIM_DO_PACK] = sim_do_pack,
	[SIM_DO_TAKE] = sim_do_take,
	[SIM_DO_HUB_STICK] = sim_do_hub_stick,
	[SIM_DO_VAN] = sim_do_van,
	[SIM_DO_PULL] = sim_do_pull,
	[SIM_DO_STICK_FULL] = sim_do_stick_full,
	[SIM_DO_LOSE] = sim_do_lose,
	[SIM_DO_OLD] = sim_do_old,
	[SIM_DO_DAMAGE] = sim_do_damage,
	[SIM_DO_MEET] = sim_do_meet,
	[SIM_DO_BASE] = sim_do_base,
	[SIM_DO_TOUR] = sim_do_tour,
	[SIM_DO_MEET_CUT] = sim_do_meet_cut,
	[SIM_DO_VAN_FALL] = sim_do_van_fall,
	[SIM_DO_VAN_LOST] = sim_do_van_lost,
	[SIM_DO_LAN] = sim_do_lan,
	[SIM_DO_LAN_CUT] = sim_do_lan_cut,
	[SIM_DO_BUDGET] = sim_do_budget,
	[SIM_DO_COPIED_INVITE] = sim_do_copied_invite,
	[SIM_DO_KEYS_STOLEN] = sim_do_keys_stolen,
	[SIM_DO_ERASE] = sim_do_erase,
	[SIM_DO_HUB_ASIDE] = sim_do_hub_aside,
	[SIM_DO_HUB_BACK] = sim_do_hub_back,
	[SIM_DO_HUB_EARLIER] = sim_do_hub_earlier,
	[SIM_DO_HUB_NEWER] = sim_do_hub_newer,
};

/* A program that met an error of its disk has ended with it. */
static void make_sound(struct sim *sim, struct sim_machine *machine)
{
	sim_note(sim, "the disk of %s is sound again", machine->name);
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (machine == &sim->devices[i].machine) {
			sim_device_heal(sim, &sim->devices[i]);
		}
	}
	sim_heal(machine);
}

/* So many EVENTS later a disk is sound again. */
static void pass(struct sim *sim, struct sim_machine *machine, unsigned events)
{
	if (!machine->ill) {
		return;
	}
	machine->ill_for -= machine->ill_for < events ? machine->ill_for : events;
	if (machine->ill_for == 0) {
		make_sound(sim, machine);
	}
}

static void pass_devices(struct sim *sim)
{
	for (unsigned i = 0; i < sim->n_devices; i++) {
		pass(sim, &sim->devices[i].machine, UINT_MAX);
	}
}

void sim_heal_all(struct sim *sim)
{
	sim_note(sim, "the faults are over");
	pass(sim, &sim->hub_machine, UINT_MAX);
	pass_devices(sim);
	sim_hub_heal(sim);
}

/* What begins with closing the program: nobody does that with a disk that fails. */
static bool closes(enum sim_op op)
{
	return op == SIM_DO_REBOOT || op == SIM_DO_IMAGE || op == SIM_DO_RESTORE ||
	       op == SIM_DO_CLONE;
}

static void happen(struct sim *sim, const struct sim_event *event)
{
	struct happening it = { .sim = sim,
				.event = event,
				.device = &sim->devices[event->who % sim->n_devices] };

	ph_rng_seed(&it.seeded, event->seed, &it.dice);
	sim->now += (int64_t)event->after * 1000;
	sim->result->tally.events[event->op]++;
	pass(sim, &sim->hub_machine, 1);
	pass(sim, &it.device->machine, closes(event->op) ? UINT_MAX : 1);
	if (carried[event->op] != NULL) {
		carried[event->op](sim, it.device, &it.dice);
	} else {
		deeds[event->op](&it);
	}
	if (sim->hub_asked) { /* the daemon folds after each command, and ends if it cannot */
		sim_hub_settle(sim);
	}
	sim_hub_heal(sim);
	sim_check_step(sim, it.device);
}

static void play(struct sim *sim)
{
	sim_safe_begin(sim);
	sim->strict = sim->script->seed % 5 == 2;
	sim_found(sim);
	for (size_t i = 0; i < sim->script->n_events; i++) {
		sim->at = i + 1;
		happen(sim, &sim->script->events[i]);
	}
	sim->at = sim->script->n_events + 1;
	sim->now += 3600 * 1000;
	sim_settle(sim);
}

void sim_run(const struct sim_script *script, FILE *trace, struct sim_result *result_out)
{
	struct sim *sim = calloc(1, sizeof *sim);

	assert(sim != NULL);
	sim_open(sim, script, SIM_DEVICES_MAX, trace, result_out);
	sim->mixed = true;
	if (setjmp(sim->out) == 0) {
		play(sim);
	}
	sim_leave();
	sim_linger_free(sim);
	sim_close(sim);
	sim_safe_end(sim);
	free(sim);
}
