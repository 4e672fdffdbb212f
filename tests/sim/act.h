/* tests/sim/act.h - what the hub's operator does, and how a machine falls ill and heals. */
#ifndef PH_TESTS_SIM_ACT_H
#define PH_TESTS_SIM_ACT_H

#include "tests/sim/world.h"

void sim_confirm(struct sim *sim, struct sim_device *device);
void sim_decide(struct sim *sim, const struct ph_rng *dice);
void sim_hubwork(struct sim *sim, const struct ph_rng *dice);
void sim_cutoff(struct sim *sim, struct sim_device *device);
void sim_adopt(struct sim *sim, struct sim_device *device);

/* The disks of all machines are sound from now on, and what ended is started. */
void sim_heal_all(struct sim *sim);

#endif
