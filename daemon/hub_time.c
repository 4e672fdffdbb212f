/*
 * daemon/hub_time.c - the time that the hub tells.
 *
 * Stamps are whole seconds and a counter of each log's own. A device that reads at the
 * hub what was stamped in this second, and writes in the same second, could sort before
 * it. So it is told the next second, below which it does not stamp. What it wrote itself
 * cannot be mixed up, so that one machine alone never runs ahead of the clock.
 */
#include "daemon/hub_time.h"

void ph_hub_latest_saw(struct ph_hub_latest *latest, int64_t device, int64_t second,
		       int64_t now)
{
	unsigned at;

	if (second > now + PH_HUB_TIME_LEAD) {
		return;
	}
	/* its own place, or that of the earlier of two others */
	at = latest->of[0].device == device                 ? 0
	     : latest->of[1].device == device               ? 1
	     : latest->of[0].second <= latest->of[1].second ? 0
							    : 1;
	if (second > latest->of[at].second) {
		latest->of[at].second = second;
		latest->of[at].device = device;
	}
}

int64_t ph_hub_latest_time(const struct ph_hub_latest *latest, int64_t device,
			   int64_t now)
{
	int64_t time = now;

	for (unsigned i = 0; i < 2; i++) {
		int64_t second = latest->of[i].second;

		if (latest->of[i].device != device && second >= time &&
		    second <= now + PH_HUB_TIME_LEAD) {
			time = second + 1;
		}
	}
	return time;
}
