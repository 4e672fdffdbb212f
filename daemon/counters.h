/*
 * daemon/counters.h - what a monitor wants counted of the sessions that ended, since the
 * daemon started. For the loop.
 */
#ifndef PH_DAEMON_COUNTERS_H
#define PH_DAEMON_COUNTERS_H

#include <jansson.h>
#include <stdint.h>

#define PH_COUNTERS_ENDS_MAX                                                             \
	64 /* pairs of result and reason; what is beyond is "other" */
#define PH_COUNTERS_BUCKETS 9

/* All zero is how it starts. */
struct ph_counters {
	struct {
		const char *result, *reason; /* both stay */
		uint64_t n;
	} end[PH_COUNTERS_ENDS_MAX];
	unsigned n_ends;
	uint64_t bucket[PH_COUNTERS_BUCKETS +
			1];    /* by how long they lasted; the last: longer */
	uint64_t sessions, ms; /* all of them, and their time together */
	uint64_t resumed;      /* went on with a segment that a cut had left */
	uint64_t plain_in;     /* bytes of new entries and parts, unpacked */
};
void ph_counters_session(struct ph_counters *counters, const char *result,
			 const char *reason, uint64_t ms);
/*
 * {"ends": [{"result","reason","n"} ...], "seconds": {"buckets": [[upper bound, sessions up
 * to it] ...], "sum", "count"}, "resumed", "plain_in"}; NULL on lack of memory.
 */
json_t *ph_counters_json(const struct ph_counters *counters);

#endif
