/*
 * tests/sim/purse.h - a month's data budget of a device, and what its sessions cost.
 *
 * The account is the device's own (client/budget.h), as `sync` uses it. Here every byte that
 * went over a line is counted, too, by the same months.
 */
#ifndef PH_TESTS_SIM_PURSE_H
#define PH_TESTS_SIM_PURSE_H

#include "client/budget.h"
#include "tests/sim/world.h"

/* A session of DEVICE begins: what it may cost, as HOW_OVER: whatever the budget says. GUESS: bytes that wait. As ph_site_spend_begin(). */
int sim_purse_begin(struct sim *sim, struct sim_device *device, bool over, uint64_t guess,
		    struct ph_share *share_out, struct ph_error *err);
/* It ended after so many bytes; ALIVE: the program of the device lives, and notes them. */
void sim_purse_end(struct sim *sim, struct sim_device *device, uint64_t up, uint64_t down,
		   bool alive);
/* All budgets are lifted. */
void sim_purse_lift(struct sim *sim, struct sim_device *device);
/* The people of DEVICE say what a month may cost, or that it may cost what it will. */
void sim_do_budget(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);

#endif
