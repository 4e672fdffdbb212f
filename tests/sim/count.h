/*
 * tests/sim/count.h - what a site did, counted by hand from the entries that the hub has.
 */
#ifndef PH_TESTS_SIM_COUNT_H
#define PH_TESTS_SIM_COUNT_H

#include "tests/sim/world.h"

/* Visits, loans and renewals of each site are what its entries that count add up to. */
void sim_check_counts(struct sim *sim);
/* Whether entry N of LOG, of the hub's journal, stands behind a cut that this hub has. */
bool sim_count_is_cut(struct sim *sim, const struct ph_log *log, uint64_t n);

/*
 * DEVICE is cut off: of its logs what is at the hub counts, and nothing else. It is
 * adopted as far as the log LOG is at the hub: that counts, too.
 */
void sim_count_cut(struct sim *sim, struct sim_device *device);
void sim_count_adopt(struct sim *sim, const struct ph_log *log,
		     const struct sim_place *said);
/* How many entries of the log LOG_ID of DEVICE, which was cut off, count by what the hub has. */
uint64_t sim_count_limit(const struct sim *sim, const struct sim_device *device,
			 const uint8_t *log_id);

#endif
