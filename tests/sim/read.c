/*
 * tests/sim/read.c - what a device has read precedes what it writes.
 *
 * As far as it was read from the hub, which says how late it is. A clock that is behind by days,
 * and says a time that may well be, is believed, by design, until the hub has been heard for a
 * day: of such a one nothing is asked here.
 */
#include <inttypes.h>

#include "tests/sim/check.h"

void sim_say_read(struct sim_device *device, int64_t time, bool by_session)
{
	if (by_session || time > device->read) {
		device->read = time;
		device->read_skew = device->machine.skew;
	}
}

void sim_say_read_bundle(struct sim_device *device,
			 const uint8_t header[static PH_BUNDLE_HEADER_LEN])
{
	struct ph_bundle_header said;

	if (ph_bundle_header_decode(PH_VIEW(header, PH_BUNDLE_HEADER_LEN), &said) == 0) {
		sim_say_read(device, (int64_t)said.made, false);
	}
}

/* A clock that is off by SKEW is not known to be wrong. */
static bool may_be_right(const struct sim *sim, int64_t skew)
{
	return skew < -SIM_DAY && sim_truth(sim) + skew > SIM_T0 - 365 * SIM_DAY;
}

void sim_check_after_read(struct sim *sim, const struct sim_device *device,
			  uint64_t stamp)
{
	int64_t before = device->read - ph_stamp_seconds(stamp);

	if (before <= 0 || sim->hub_clocked || may_be_right(sim, device->machine.skew) ||
	    may_be_right(sim, device->read_skew)) {
		return;
	}
	sim_broken(sim, SIM_AFTER_READ,
		   "%s, whose clock is %" PRId64 " s off, writes %" PRId64
		   " s before what it has read",
		   device->machine.name, device->machine.skew, before);
}
