/*
 * tests/sim/purse.c - what the sessions of a device cost, counted beside its own account.
 *
 * A session that is bounded may cost what is left of the month, by this count; whatever was
 * cut, killed or lost in between. What a session without a bound cost and never told, since it
 * was killed, the device cannot know, and it is not counted here either; nor what one cost that
 * began before the hub was heard in this boot, and did not hear it: it is of no month yet.
 */
#include "tests/sim/purse.h"

#include <inttypes.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/line.h"
#include "tests/sim/version.h"
#include "tests/sim/work.h"

static struct sim_month *month_of(struct sim_device *device, const char *name)
{
	struct sim_purse *purse = &device->purse;

	for (unsigned i = 0; i < purse->n_months; i++) {
		if (strcmp(purse->month[i].name, name) == 0) {
			return &purse->month[i];
		}
	}
	if (purse->n_months == SIM_MONTHS) {
		return NULL;
	}
	snprintf(purse->month[purse->n_months].name, sizeof purse->month[0].name, "%s",
		 name);
	return &purse->month[purse->n_months++];
}

int sim_purse_begin(struct sim *sim, struct sim_device *device, bool over, uint64_t guess,
		    struct ph_share *share_out, struct ph_error *err)
{
	struct sim_purse *purse = &device->purse;
	struct ph_budget budget = { .left = PH_BUDGET_NONE };
	int rc;

	sim_enter(&device->machine);
	rc = ph_site_budget(device->site_open, &budget);
	rc = rc == 0 ? ph_site_spend_begin(device->site_open, PH_SPEND_NETWORK, over,
					   guess, share_out, err)
		     : rc;
	sim_leave();
	purse->is_bound = rc == 0 && share_out->up > 0;
	purse->is_sure = rc == 0 && budget.is_sure;
	purse->now = rc == 0 ? month_of(device, budget.month) : NULL;
	if (rc == PH_BUDGET_E_SPENT) {
		sim_note(sim, "%s has spent its budget of %s", device->machine.name,
			 budget.month);
		sim->result->tally.poor++;
	}
	return rc;
}

/* The month that the hub told in the session that has ended; NULL: none. */
static struct sim_month *month_told(struct sim_device *device)
{
	struct ph_budget budget;
	int rc;

	sim_enter(&device->machine);
	rc = ph_site_budget(device->site_open, &budget);
	sim_leave();
	return rc == 0 && budget.is_sure ? month_of(device, budget.month) : NULL;
}

void sim_purse_end(struct sim *sim, struct sim_device *device, uint64_t up, uint64_t down,
		   bool alive)
{
	struct sim_purse *purse = &device->purse;
	struct sim_month *month = purse->now;
	int rc = -1;

	if (alive) {
		sim_enter(&device->machine);
		rc = ph_site_spend_note(device->site_open, up, down, true, NULL);
		sim_leave();
	}
	if (rc < 0 && alive && !sim_is_ill(sim, device)) {
		sim_broken(sim, SIM_HEALTHY, "%s does not note what its session cost",
			   device->machine.name);
	}
	purse->now = NULL;
	if (month == NULL) {
		return;
	}
	if (purse->is_bound) {
		uint64_t left =
			month->spent < purse->bytes ? purse->bytes - month->spent : 0;

		sim_note(sim, "%s spends %" PRIu64 " of %" PRIu64 " bytes",
			 device->machine.name, up + down, left);
		sim->result->tally.bounded++;
		if (up + down > left && !sim_was_copied(device)) {
			sim_broken(sim, SIM_BUDGET,
				   "%s may spend %" PRIu64 " bytes more in %s, and a "
				   "session cost %" PRIu64,
				   device->machine.name, left, month->name, up + down);
		}
	}
	if (!purse->is_sure) {
		month = rc == 0 ? month_told(device) : NULL;
	}
	if (month != NULL && (purse->is_bound || rc == 0)) {
		month->spent += up + down;
	}
}

static void set(struct sim *sim, struct sim_device *device, uint64_t bytes)
{
	struct ph_error err = { 0 };
	int rc;

	sim_enter(&device->machine);
	rc = ph_site_budget_set(device->site_open, bytes, &err);
	sim_leave();
	if (rc != 0 && !sim_is_ill(sim, device)) {
		sim_broken(sim, SIM_HEALTHY, "%s sets no budget: %s",
			   device->machine.name, err.text);
	}
	if (rc == 0) {
		device->purse.bytes = bytes;
	}
}

void sim_purse_lift(struct sim *sim, struct sim_device *device)
{
	struct ph_budget budget;

	if (ph_site_budget(device->site_open, &budget) == 0 &&
	    budget.bytes != PH_BUDGET_NONE) {
		sim_note(sim, "%s may spend what it will", device->machine.name);
		set(sim, device, PH_BUDGET_NONE);
	}
}

void sim_do_budget(struct sim *sim, struct sim_device *device, const struct ph_rng *dice)
{
	uint64_t bytes = ph_rng_below(dice, 4) == 0
				 ? PH_BUDGET_NONE
				 : PH_BUDGET_LEAST / 2 + ph_rng_below(dice, 9000);

	if (sim_is_ill(sim, device)) {
		return;
	}
	sim_note(sim, "%s may spend %" PRIu64 " bytes a month", device->machine.name,
		 bytes);
	set(sim, device, bytes);
	for (unsigned i = 0; i < 3 && !device->no_network; i++) {
		struct sim_line_how how = { .seed = 1 + ph_rng_below(dice, 1000000) };

		if (ph_rng_below(dice, 2) == 0) { /* what was cut is paid for, too */
			how.fault =
				ph_rng_below(dice, 2) == 0 ? SIM_LINE_CUT : SIM_LINE_KILL;
			how.down = ph_rng_below(dice, 2) == 0;
			how.byte = ph_rng_below(dice, 2500);
			how.step = (unsigned)ph_rng_below(dice, 12);
			how.power = ph_rng_below(dice, 2) == 0;
		}
		sim_work(sim, device, dice);
		sim->now += 1000 * (int64_t)(20 + ph_rng_below(dice, 4000));
		(void)sim_line(sim, device, how);
	}
}
