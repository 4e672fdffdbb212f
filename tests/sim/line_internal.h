/* tests/sim/line_internal.h - a line, for line.c and late.c. */
#ifndef PH_TESTS_SIM_LINE_INTERNAL_H
#define PH_TESTS_SIM_LINE_INTERNAL_H

#include "client/budget.h"
#include "daemon/hub_internal.h"
#include "tests/sim/back.h"

struct line {
	struct sim *sim;
	struct sim_device *device;
	struct sim_line_how how;
	struct sim_line_end end;
	struct ph_session *near, *far; /* the device's, the hub's */
	struct ph_hub_peer peer;
	struct ph_rng_seeded seeded;
	struct ph_rng portions;
	struct ph_unfinished front; /* for the session, and what it left at the device */
	struct ph_buf first;   /* what the device sent before the hub said anything */
	bool is_broken;        /* nothing moves any more */
	bool is_gone;          /* the device's process ended */
	bool is_poor;          /* the budget has no room for a session */
	struct ph_share share; /* what it may cost, each way */
	struct sim_look look;
	unsigned steps;
	int64_t began;
};

/* What sessions take for monotonic milliseconds. */
static inline uint64_t sim_now_ms(const struct sim *sim)
{
	return (uint64_t)(sim->now + 10 * 3600 * 1000);
}

/* sim_lines(), each called once, and nothing is folded behind it. */
void sim_lines_once(struct sim *sim, struct sim_device *const *devices,
		    const struct sim_line_how *how, unsigned n,
		    struct sim_line_end *ends);
/* The jobs of N sessions at the hub, in one transaction. Returns whether there were any. */
bool sim_line_hub_jobs(struct sim *sim, struct line *lines, unsigned n);
/* What a session of the hub got of a segment is kept; then it is freed. */
void sim_line_free_far(struct sim *sim, struct ph_session **far,
		       struct ph_hub_peer *peer);
/* The device gives LINE up, while what it has sent arrives later: sim_linger(). */
void sim_line_linger(struct line *line);

#endif
