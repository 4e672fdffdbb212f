/*
 * tests/sim/rehearse/month_tours.c - vans and sticks on their ways.
 *
 * On a day of its tour a courier, or somebody with a stick, comes to its stops one after the other,
 * and then to the hub. At a stop each machine of the site takes what is for it and hands
 * over what it has; what the hub gives at the end of one tour comes to the sites on the next.
 */
#include "tests/sim/act.h"
#include "tests/sim/disk.h"
#include "tests/sim/rehearse/month_internal.h"
#include "tests/sim/stick.h"
#include "tests/sim/van.h"

void rehearse_plan_tours(struct month *month)
{
	const struct rehearse_scenario *scenario = month->scenario;
	unsigned weekday = (month->day - 1) % 7;

	for (unsigned i = 0; i < scenario->n_tours; i++) {
		const struct rehearse_tour *tour = &scenario->tours[i];
		unsigned way = tour->base - tour->leaves;

		for (unsigned s = 0; tour->days & 1u << weekday && s <= tour->n_stops;
		     s++) {
			bool base = s == tour->n_stops;
			unsigned minute =
				tour->leaves + way * (s + 1) / (tour->n_stops + 1);

			rehearse_add_deed(month,
					  (struct deed){ base ? tour->base : minute,
							 base ? DEED_BASE : DEED_STOP, i,
							 s });
		}
	}
}

static void stop_at(struct month *month, const struct rehearse_tour *tour,
		    struct sim_device *device)
{
	struct sim_van *van = tour->by_stick ? NULL : sim_van(month->sim, tour->number);
	int rc = 0;

	if (tour->by_stick) {
		rc = sim_take(month->sim, device, tour->number, false);
		if (rc == 0) {
			(void)sim_pack(month->sim, device, tour->number);
		}
	} else if (van != NULL) {
		rc = sim_meet(month->sim, van, device, (struct sim_line_how){ 0 });
	}
	if (rc == 0) {
		month->report->sites[device->site].whole++;
	} else {
		month->report->sites[device->site].cut++;
	}
}

static void stop(struct month *month, const struct rehearse_tour *tour, unsigned site)
{
	struct sim *sim = month->sim;

	for (unsigned i = 0; i < sim->n_devices; i++) {
		struct sim_device *device = &sim->devices[i];

		if (device->site != site || device->site_open == NULL) {
			continue;
		}
		if (month->offline[site]) {
			month->report->sites[site].unreachable++;
		} else {
			stop_at(month, tour, device);
		}
	}
}

/* Who was met is confirmed by telephone when the hub has heard of it. */
static void confirm(struct month *month, const struct rehearse_tour *tour)
{
	struct sim *sim = month->sim;

	for (unsigned i = 0; i < sim->n_devices; i++) {
		for (unsigned s = 0; s < tour->n_stops; s++) {
			if (sim->devices[i].site == tour->stops[s] &&
			    sim->devices[i].site_open != NULL &&
			    sim_is_known(sim, &sim->devices[i])) {
				sim_confirm(sim, &sim->devices[i]);
			}
		}
	}
}

static void base(struct month *month, const struct rehearse_tour *tour,
		 struct rehearse_carried *carried)
{
	struct sim *sim = month->sim;
	struct sim_van *van = tour->by_stick ? NULL : sim_van(sim, tour->number);
	bool done = false;

	if (month->hub_down) {
		carried->missed++;
		return;
	}
	if (tour->by_stick) {
		done = sim_hub_take(sim, tour->number, false);
		confirm(month, tour);
		done &= sim_hub_pack(sim, NULL, tour->number);
	} else if (van != NULL) {
		done = sim_base(sim, van, (struct sim_line_how){ 0 });
		confirm(month, tour);
	}
	carried->rounds += done;
	carried->missed += !done;
}

void rehearse_carry(struct month *month, const struct deed *deed)
{
	const struct rehearse_tour *tour = &month->scenario->tours[deed->device];

	if (deed->what == DEED_STOP) {
		stop(month, tour, tour->stops[deed->stop]);
	} else {
		base(month, tour, &month->report->carried[deed->device]);
	}
}

void rehearse_lose(struct month *month, const struct rehearse_tour *tour)
{
	struct sim *sim = month->sim;

	if (tour->by_stick) {
		sim_disk_add(sim_stick_name(tour->number, false));
		sim_forget_stick(sim, tour->number);
		sim_note(sim, "the stick %s is lost", tour->name);
	} else if (sim->vans->van[tour->number].is_there) {
		sim_van_lost(sim, &sim->vans->van[tour->number]);
	}
}

void rehearse_sum_tours(struct month *month)
{
	const struct rehearse_scenario *scenario = month->scenario;

	for (unsigned i = 0; i < scenario->n_tours; i++) {
		const struct rehearse_tour *tour = &scenario->tours[i];
		const struct sim_freight *freight =
			tour->by_stick ? &month->sim->sticks->freight[tour->number]
				       : &month->sim->vans->freight[tour->number];
		struct rehearse_carried *carried = &month->report->carried[i];

		carried->up = freight->up;
		carried->down = freight->down;
		carried->bundles_up = freight->bundles_up;
		carried->bundles_down = freight->bundles_down;
	}
}
