/* tests/sim/safe_internal.h - between backup.c and lost.c. */
#ifndef PH_TESTS_SIM_SAFE_INTERNAL_H
#define PH_TESTS_SIM_SAFE_INTERNAL_H

#include "tests/sim/safe.h"

/* The newest backup becomes the hub, whose disk is empty; it is opened. */
void sim_put_back(struct sim *sim);

#endif
