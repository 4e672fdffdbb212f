/*
 * tests/sim/check.h - what must hold, on the way and at the end (docs/TESTING.md,
 * "Province simulator").
 */
#ifndef PH_TESTS_SIM_CHECK_H
#define PH_TESTS_SIM_CHECK_H

#include "proto/bundle.h"
#include "tests/sim/world.h"

/* --- on the way --- */

/* DEVICE was told receipts: remember them. */
void sim_note_receipts(struct sim *sim, struct sim_device *device);
/* All that a device was ever given a receipt for is at the hub, the same. */
void sim_check_receipted(struct sim *sim);
#define SIM_CLOCK_OFF 300 /* seconds that the hub may be off its own clock */
/*
 * What the hub has stamped since it was last looked at is within five minutes of its own
 * clock, on both sides; ahead of it only as far as that clock ever was, since stamps rise.
 */
void sim_check_hub_clock(struct sim *sim);
/* What it has stamped so far was stamped before this province began. */
void sim_skip_hub_clock(struct sim *sim);
/* The hub tells a device that it is so late: on both sides of its clock. */
void sim_check_told(struct sim *sim, int64_t time);
/* The highest number of the bundles for devices that lie at the hub; 0: none does. */
uint64_t sim_last_packed(const struct sim *sim);
/* Likewise all that is told in bundles with higher numbers, which it has just packed. */
void sim_check_packed(struct sim *sim, uint64_t above);
/* DEVICE has read what the hub said at TIME; a session says that this is now. */
void sim_say_read(struct sim_device *device, int64_t time, bool by_session);
/* The same of a bundle with this HEADER, if that is one. */
void sim_say_read_bundle(struct sim_device *device,
			 const uint8_t header[static PH_BUNDLE_HEADER_LEN]);
/* What DEVICE has just written, with STAMP, is not before what it has read. */
void sim_check_after_read(struct sim *sim, const struct sim_device *device,
			  uint64_t stamp);
/* The hub's own clock, and the latest that it ever showed: the truth, unless it was set. */
int64_t sim_hub_clock(const struct sim *sim);
int64_t sim_hub_latest(const struct sim *sim);
/* DEVICE has all that it said was saved. */
void sim_check_saved(struct sim *sim, struct sim_device *device);
/* The journal of DEVICE, or of the hub if NULL, verifies. */
void sim_check_store(struct sim *sim, struct sim_device *device);
/* Its ledger is what a fold made afresh gives. */
void sim_check_hub_ledger(struct sim *sim);
void sim_check_site_ledger(struct sim *sim, struct sim_device *device);
/*
 * Of each log that DEVICE holds the hub holds the same, as far as both have it; what is beyond is
 * its own, or with who wrote it. Also at any time before the end.
 */
void sim_check_held(struct sim *sim, struct sim_device *device);
/* All that is looked at after an event, which was DEVICE's (step.c says what). */
void sim_check_step(struct sim *sim, struct sim_device *device);
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
/*
 * Each case at the hub has something that made it. Before the end those of books are looked
 * at as far as the hub has heard all that was said of them.
 */
void sim_check_cases(struct sim *sim, bool at_end);
/* What the simulator made, and the hub has heard both sides of, is a case there: arise.c. */
void sim_check_arisen(struct sim *sim);
/* Of all that DEVICE concludes about its site; *N_OUT: entities. */
void sim_site_digest(struct sim *sim, struct sim_device *device, uint8_t out[static 32],
		     uint64_t *n_out);
/* The faults are over: in a bounded number of rounds all must come together. */
void sim_settle(struct sim *sim);

#endif
