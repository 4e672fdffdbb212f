/*
 * daemon/hub_time.h - the time that the hub tells: what it was read from precedes what is
 * written after it (docs/LOG.md, "Clocks").
 */
#ifndef PH_DAEMON_HUB_TIME_H
#define PH_DAEMON_HUB_TIME_H

#include <stdint.h>

/* Seconds that the time told may be ahead of the hub's clock, for the sake of order. */
#define PH_HUB_TIME_LEAD 60

/* The latest seconds stamped on what came, of two different writers. All zero: nothing came. */
struct ph_hub_latest {
	struct {
		int64_t second;
		int64_t device; /* its row; 0: the hub itself */
	} of[2];
};

/*
 * An entry of DEVICE stamped in SECOND came. One that is over PH_HUB_TIME_LEAD ahead of
 * NOW is of a wrong clock and moves nothing.
 */
void ph_hub_latest_saw(struct ph_hub_latest *latest, int64_t device, int64_t second,
		       int64_t now);
/*
 * The hub's time for DEVICE at NOW: a second that is after each stamp of somebody else
 * that was seen, and not before NOW. At most NOW + PH_HUB_TIME_LEAD + 1.
 */
int64_t ph_hub_latest_time(const struct ph_hub_latest *latest, int64_t device,
			   int64_t now);

#endif
