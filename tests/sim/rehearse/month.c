/*
 * tests/sim/rehearse/month.c - day by day: work, syncs at their times, disasters.
 *
 * Days begin on a Monday. Each morning the disasters of the day happen; then what is to
 * happen on it is put in order of time, and done. Of an attempt to sync the link decides
 * whether there is a line at all, and after how many bytes it breaks; a broken one is
 * tried again, as the real program does, and goes on where it was.
 *
 * For a machine that died another joins on the first morning when the hub, which makes the
 * invite, is there and a road leads to the site; until then nobody works in its place.
 */
#include "tests/sim/rehearse/month_internal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/act.h"
#include "tests/sim/check.h"
#include "tests/sim/disk.h"
#include "tests/sim/line.h"
#include "tests/sim/work.h"

#define TRIES       3
#define NIGHT_BYTES (2u << 20)

static uint64_t below(const struct month *month, uint64_t bound)
{
	return ph_rng_below(&month->dice, bound);
}

void rehearse_add_deed(struct month *month, struct deed deed)
{
	if (month->n_deeds == month->cap_deeds) {
		month->cap_deeds = month->cap_deeds > 0 ? 2 * month->cap_deeds : 256;
		month->deeds =
			realloc(month->deeds, month->cap_deeds * sizeof *month->deeds);
		assert(month->deeds != NULL);
	}
	month->deeds[month->n_deeds++] = deed;
}

/* Time does not go back: what is late happens at once. */
static void go_to(struct month *month, unsigned minute)
{
	int64_t at = month->began + ((int64_t)(month->day - 1) * 1440 + minute) * 60000;

	month->sim->now = at > month->sim->now ? at : month->sim->now;
}

/* --- syncs --- */

/* After how many bytes the line breaks; bytes are lost one by one, without memory. */
static uint64_t break_at(const struct month *month, uint64_t mean)
{
	uint64_t steps = 0;

	while (below(month, 8) != 0) {
		steps++;
	}
	return steps * (mean / 8) + below(month, mean / 8 + 1);
}

static void count_end(struct month *month, const struct sim_device *device,
		      const struct sim_line_end *end)
{
	struct rehearse_outcome *site = &month->report->sites[device->site];
	struct rehearse_road *road =
		&month->report->roads[month->scenario->plans[device->site].link];

	road->up += end->up;
	road->down += end->down;
	if (end->complete) {
		road->whole++;
		site->whole++;
	} else {
		road->cut++;
		site->cut++;
	}
}

static bool talk(struct month *month, struct sim_device *device)
{
	const struct rehearse_link *link =
		&month->scenario->links[month->scenario->plans[device->site].link];
	struct sim_line_how how = { .bytes_per_second = link->rate,
				    .delay_ms = link->delay_ms };
	struct sim_line_end end;

	if (link->cut > 0) {
		how.fault = SIM_LINE_CUT;
		how.down = below(month, 2) == 0;
		how.byte = break_at(month, link->cut);
	}
	end = sim_line(month->sim, device, how);
	count_end(month, device, &end);
	sim_confirm(month->sim, device);
	return end.complete || end.store != 0;
}

static void sync_device(struct month *month, struct sim_device *device)
{
	const struct rehearse_site *plan = &month->scenario->plans[device->site];
	const struct rehearse_link *link = &month->scenario->links[plan->link];
	struct rehearse_road *road = &month->report->roads[plan->link];

	for (int i = 0; i < TRIES; i++) {
		if (month->hub_down || month->offline[device->site] ||
		    below(month, 100) >= link->up) {
			road->unreachable++;
			month->report->sites[device->site].unreachable++;
		} else if (talk(month, device)) {
			return;
		}
	}
}

/* --- disasters --- */

/* The device of a site that is there; the first one. */
static struct sim_device *device_of(struct month *month, unsigned site)
{
	for (unsigned i = 0; i < month->sim->n_devices; i++) {
		if (month->sim->devices[i].site == site &&
		    month->sim->devices[i].site_open != NULL) {
			return &month->sim->devices[i];
		}
	}
	return NULL;
}

/* Its disk is no more. */
static void die(struct month *month, struct sim_device *device)
{
	sim_note(month->sim, "%s dies, with its disk", device->machine.name);
	sim_device_dies(month->sim, device);
	month->missing[device->site]++;
}

/* For each that died a new one, with an invite; it is confirmed by telephone. */
static void replace(struct month *month)
{
	for (unsigned s = 0; s < month->scenario->n_sites; s++) {
		bool cut_off = month->hub_down || month->offline[s];

		for (; month->missing[s] > 0 && !cut_off; month->missing[s]--) {
			(void)sim_join(month->sim, s);
		}
	}
}

static void lose_power(struct month *month, struct sim_device *device)
{
	sim_spoil(&device->machine, 3 + below(month, 20), 0, true, 9);
	for (int i = 0; i < 4; i++) {
		sim_work(month->sim, device, &month->dice);
	}
	sim_note(month->sim, "%s loses power %s", device->machine.name,
		 sim_disk_failed(device->machine.name) ? "in the middle of a write"
						       : "between two writes");
	sim_device_fall(month->sim, device, true);
}

static void set_clock(struct month *month, struct sim_device *device, int64_t seconds)
{
	struct sim *sim = month->sim;

	sim_device_close(device);
	sim_boot(&device->machine);
	device->machine.skew = seconds == INT64_MIN ? -sim_truth(sim) : seconds;
	sim_note(sim, "the clock of %s is %" PRId64 " s off", device->machine.name,
		 device->machine.skew);
	device->was_clocked = true;
	sim_device_open(sim, device);
}

static void strike(struct month *month, const struct rehearse_disaster *disaster)
{
	struct sim *sim = month->sim;
	struct sim_device *device = device_of(month, disaster->site - 1);
	bool first = disaster->from == month->day, last = disaster->to == month->day;

	if (device == NULL) {
		return;
	}
	switch (disaster->kind) {
	case REHEARSE_DIES:
		die(month, device);
		break;
	case REHEARSE_POWER:
		lose_power(month, device);
		break;
	case REHEARSE_FULL:
		if (first) {
			sim_note(sim, "the disk of %s is full", device->machine.name);
			sim_fill(&device->machine, 4096, UINT_MAX);
		}
		break;
	case REHEARSE_CLOCK:
		set_clock(month, device, disaster->seconds);
		break;
	case REHEARSE_RESTORE:
		if (first) {
			sim_note(sim, "the folder of %s is laid aside",
				 device->machine.name);
			sim_image(sim, device);
		}
		if (last && device->has_image) {
			sim_note(sim, "the folder of %s is put back as it was",
				 device->machine.name);
			sim_restore(sim, device);
		}
		break;
	default:
		break;
	}
}

/* The morning after it: a disk that was full has room again. */
static void end(struct month *month, const struct rehearse_disaster *disaster)
{
	struct sim_device *device;

	if (disaster->kind == REHEARSE_FULL && month->day == disaster->to + 1) {
		device = device_of(month, disaster->site - 1);
		if (device != NULL) {
			sim_note(month->sim, "the disk of %s has room again",
				 device->machine.name);
			sim_heal(&device->machine);
		}
	}
}

/* The morning of a day: what is to happen on it, happens. */
static void morning(struct month *month)
{
	const struct rehearse_scenario *scenario = month->scenario;

	month->hub_down = false;
	memset(month->offline, 0, scenario->n_sites * sizeof *month->offline);
	for (unsigned i = 0; i < scenario->n_disasters; i++) {
		const struct rehearse_disaster *disaster = &scenario->disasters[i];

		if (month->day < disaster->from || month->day > disaster->to) {
			end(month, disaster);
			continue;
		}
		if (disaster->kind == REHEARSE_HUB_DOWN) {
			if (month->day == disaster->from) {
				sim_note(month->sim, "the hub loses power");
				sim_hub_fall(month->sim, true);
			}
			month->hub_down = true;
		} else if (disaster->kind == REHEARSE_OFFLINE) {
			sim_note(month->sim, "no road leads to site %u today",
				 disaster->site);
			month->offline[disaster->site - 1] = true;
		} else if (disaster->kind == REHEARSE_LOST) {
			rehearse_lose(month, &scenario->tours[disaster->site]);
		} else {
			strike(month, disaster);
		}
	}
	replace(month);
}

/* --- a day --- */

/* How many acts of its site's day are DEVICE's: those that do not divide are the first ones'. */
static unsigned acts_of(const struct month *month, const struct sim_device *device)
{
	const struct rehearse_site *plan = &month->scenario->plans[device->site];
	unsigned before = 0;

	for (unsigned i = 0; i < month->sim->n_devices; i++) {
		const struct sim_device *other = &month->sim->devices[i];

		before += other->site == device->site && other->site_open != NULL &&
			  other->number < device->number;
	}
	return plan->work / plan->devices + (before < plan->work % plan->devices);
}

static void plan_device(struct month *month, const struct sim_device *device)
{
	const struct rehearse_site *plan = &month->scenario->plans[device->site];
	unsigned weekday = (month->day - 1) % 7;
	unsigned acts = weekday == 6 ? 0 : acts_of(month, device);

	for (unsigned i = 0; i < acts; i++) { /* half past seven to half past four */
		rehearse_add_deed(month, (struct deed){ 450 + (unsigned)below(month, 540),
							DEED_WORK, device->number, 0 });
	}
	for (unsigned i = 0; i < plan->n_times && plan->days & 1u << weekday; i++) {
		unsigned minute = plan->minutes[i] + (unsigned)below(month, 20);

		rehearse_add_deed(month,
				  (struct deed){ minute, DEED_SYNC, device->number, 0 });
	}
}

static int compare_deeds(const void *a, const void *b)
{
	const struct deed *one = a, *other = b;

	if (one->minute != other->minute) {
		return one->minute < other->minute ? -1 : 1;
	}
	if (one->what != other->what) {
		return one->what < other->what ? -1 : 1;
	}
	if (one->device != other->device) {
		return one->device < other->device ? -1 : 1;
	}
	return one->stop < other->stop ? -1 : one->stop > other->stop;
}

/* How long ago each site had a whole session. */
static void sample(struct month *month)
{
	struct sim *sim = month->sim;

	for (unsigned s = 0; s < month->scenario->n_sites; s++) {
		struct rehearse_outcome *site = &month->report->sites[s];
		int64_t last = month->began - 18 * 3600000;

		for (unsigned i = 0; i < sim->n_devices; i++) {
			const struct sim_device *device = &sim->devices[i];

			if (device->site == s && device->synced > last) {
				last = device->synced;
			}
			if (device->site == s && device->arrived > last) {
				last = device->arrived;
			}
		}
		site->hours[site->n_hours++] = (unsigned)((sim->now - last) / 3600000);
	}
}

/* At night programs are closed: their stores are packed, and take less room here. */
static void night(struct month *month)
{
	for (unsigned i = 0; i < month->sim->n_devices; i++) {
		struct sim_device *device = &month->sim->devices[i];

		if (device->site_open != NULL && !device->machine.ill &&
		    sim_disk_used(device->machine.name) > NIGHT_BYTES) {
			sim_device_close(device);
			sim_device_open(month->sim, device);
		}
	}
}

static void run_day(struct month *month)
{
	struct sim *sim = month->sim;

	go_to(month, 360);
	morning(month);
	month->n_deeds = 0;
	for (unsigned hour = 0; hour < 24; hour++) {
		rehearse_add_deed(month, (struct deed){ hour * 60, DEED_SAMPLE, 0, 0 });
	}
	for (unsigned i = 0; i < sim->n_devices; i++) {
		if (sim->devices[i].site_open != NULL) {
			plan_device(month, &sim->devices[i]);
		}
	}
	rehearse_plan_tours(month);
	qsort(month->deeds, month->n_deeds, sizeof *month->deeds, compare_deeds);
	for (size_t i = 0; i < month->n_deeds; i++) {
		const struct deed *deed = &month->deeds[i];
		struct sim_device *device = &sim->devices[deed->device % sim->n_devices];

		go_to(month, deed->minute);
		if (deed->what == DEED_SAMPLE) {
			sample(month);
		} else if (deed->what == DEED_WORK) {
			sim_work(sim, device, &month->dice);
		} else if (deed->what == DEED_SYNC) {
			sync_device(month, device);
		} else {
			rehearse_carry(month, deed);
		}
		sim_hub_heal(sim);
	}
	night(month);
}

/* --- the report --- */

static int count_case(void *data, const struct ph_case_row *row)
{
	struct rehearse_report *report = data;

	report->cases[row->kind]++;
	return 0;
}

static unsigned site_numbered(const struct month *month, uint64_t number)
{
	unsigned i = 0;

	while (i + 1 < month->scenario->n_sites &&
	       month->sim->site_numbers[i] != number) {
		i++;
	}
	return i;
}

/* On the disk of a machine that is there: its own, or another that began with its folder. */
static bool is_on_a_disk(struct sim *sim, const struct sim_ack *ack)
{
	const uint8_t *id = sim->devices[ack->device].id;

	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		if (device->site_open != NULL &&
		    memcmp(device->id, id, sizeof device->id) == 0 &&
		    sim_device_holds(sim, device, &ack->ref)) {
			return true;
		}
	}
	return false;
}

/* Where ACK is: every entry that was said to be saved is looked for by its identity. */
static void find_entry(struct month *month, const struct sim_ack *ack)
{
	struct rehearse_report *report = month->report;
	struct rehearse_outcome *site = &report->sites[site_numbered(month, ack->site)];
	struct sim *sim = month->sim;
	char text[PH_REF_TEXT];

	site->entries++;
	report->entries++;
	if (sim_hub_holds(sim, &ack->ref)) {
		site->at_hub++;
		report->at_hub++;
	} else if (is_on_a_disk(sim, ack)) {
		site->waiting++;
		report->waiting++;
	} else if (ack->dead) {
		site->lost++;
		report->lost++;
	} else {
		ph_ref_text(text, &ack->ref);
		sim_broken(sim, SIM_SAVED,
			   "%s said that %s (kind %u) was saved; it is neither at the "
			   "hub nor there, and no disaster took it",
			   sim->devices[ack->device].machine.name, text, ack->kind);
	}
}

static void sum_up(struct month *month)
{
	struct sim *sim = month->sim;
	struct ph_case_filter all = { .all = true };
	struct ph_error err = { 0 };
	int rc;

	for (size_t i = 0; i < sim->n_acks; i++) {
		find_entry(month, &sim->acks[i]);
	}
	rc = ph_ledger_catch_up(ph_hub_ledger(sim->hub), NULL, &err);
	rc = rc != 0 ? rc
		     : ph_cases_each(ph_hub_ledger(sim->hub), &all, count_case,
				     month->report);
	if (rc < 0) {
		sim_broken(sim, SIM_HEALTHY, "the hub does not tell its cases: %s",
			   strerror(-rc));
	}
}

static void play(struct month *month)
{
	struct sim *sim = month->sim;
	int64_t today = ph_day_of(SIM_T0);
	int64_t monday = today + 7 - (today + 3) % 7;

	month->began = (monday * SIM_DAY - 7 * 3600 - SIM_T0) * 1000;
	sim->now = month->began - 6 * 3600000; /* the evening before, at six */
	sim_found(sim);
	for (unsigned s = 0; s < month->scenario->n_sites; s++) {
		for (unsigned i = 0; i < month->scenario->plans[s].devices; i++) {
			(void)sim_join(sim, s);
		}
	}
	for (month->day = 1; month->day <= month->scenario->days; month->day++) {
		run_day(month);
	}
	sim_check_receipted(sim);
	rehearse_sum_tours(month);
	sum_up(month);
}

void rehearse_play(const struct rehearse_scenario *scenario, FILE *trace,
		   struct rehearse_report *report)
{
	static struct sim_script script;
	struct month *month = calloc(1, sizeof *month);
	struct sim *sim = calloc(1, sizeof *sim);
	unsigned devices = scenario->n_disasters;

	memset(report, 0, sizeof *report);
	report->sites = calloc(scenario->n_sites, sizeof *report->sites);
	assert(month != NULL && sim != NULL && report->sites != NULL);
	for (unsigned i = 0; i < scenario->n_sites; i++) {
		devices += scenario->plans[i].devices;
	}
	script = (struct sim_script){ .seed = scenario->seed };
	*month = (struct month){ .scenario = scenario, .report = report, .sim = sim };
	month->offline = calloc(scenario->n_sites, sizeof *month->offline);
	month->missing = calloc(scenario->n_sites, sizeof *month->missing);
	assert(month->offline != NULL && month->missing != NULL);
	ph_rng_seed(&month->seeded, scenario->seed, &month->dice);
	sim_open(sim, &script, devices, trace, &report->result);
	sim->calm = true;
	if (setjmp(sim->out) == 0) {
		play(month);
	}
	sim_close(sim);
	free(month->offline);
	free(month->missing);
	free(month->deeds);
	free(month);
	free(sim);
}

void rehearse_report_free(struct rehearse_report *report)
{
	free(report->sites);
	*report = (struct rehearse_report){ 0 };
}
