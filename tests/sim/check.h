/*
 * tests/sim/check.h - what must hold, on the way and at the end (docs/TESTING.md,
 * "Province simulator").
 */
#ifndef PH_TESTS_SIM_CHECK_H
#define PH_TESTS_SIM_CHECK_H

#include "tests/sim/world.h"

/* --- on the way --- */

/* DEVICE was told receipts: remember them. */
void sim_note_receipts(struct sim *sim, struct sim_device *device);
/* All that a device was ever given a receipt for is at the hub, the same. */
void sim_check_receipted(struct sim *sim);
/* What the hub stamps, and tells, is within five minutes of the truth. */
void sim_check_hub_clock(struct sim *sim);
/* What the hub keeps of a device that it heard. */
struct sim_heard {
	bool known;
	int64_t heard;
	uint64_t counter, control, feed_scope, feed_number;
};
void sim_heard(struct sim *sim, const struct sim_device *device, struct sim_heard *out);

/* --- at the end --- */

/* Its folder was put back, or copied. */
bool sim_was_copied(const struct sim_device *device);
/* Each case at the hub has something that made it. */
void sim_check_cases(struct sim *sim);
/* The faults are over: in a bounded number of rounds all must come together. */
void sim_settle(struct sim *sim);

#endif
