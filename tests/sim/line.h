/*
 * tests/sim/line.h - sessions of devices with the hub, over lines that fail.
 *
 * The sessions are the real ones; what storage they ask for is done by the real site and
 * hub, the jobs of several sessions in one transaction, as the hub's store worker does.
 */
#ifndef PH_TESTS_SIM_LINE_H
#define PH_TESTS_SIM_LINE_H

#include "tests/sim/world.h"

enum sim_line_fault {
	SIM_LINE_GOOD,
	SIM_LINE_CUT,
	SIM_LINE_CORRUPT,
	SIM_LINE_STALL,
	SIM_LINE_LINGER,
	SIM_LINE_KILL, /* of the device; POWER: its power fails */
	SIM_LINE_HUB_KILL,
};

struct sim_line_how {
	enum sim_line_fault fault;
	bool power;
	bool down;     /* the byte is one that the hub sent */
	uint64_t byte; /* at which it happens */
	unsigned step; /* of kills: after so many steps */
	bool over;     /* it may cost what it will, whatever the budget says */
	bool is_anew; /* the device was told that its hello is too new, and calls again */
	uint64_t seed; /* how bytes are portioned out; 0: as they come */
	/* What the line is like; 0: it costs no time. */
	unsigned bytes_per_second, delay_ms;
};

/* What came of a session. */
struct sim_line_end {
	bool complete;
	enum ph_session_failure failure;
	enum ph_status status;
	uint64_t up, down;
	int store; /* the device's own job failed with this; 0: none */
	int64_t milliseconds;
	bool has_struck;  /* the fault happened */
	bool begins_anew; /* the hub took no such hello: the device calls again at once */
};

#define SIM_LINES_MAX 4

/*
 * Sessions of N devices at once, each as HOW says, to their ends; who is told by a hub of an
 * earlier version that its hello is too new calls again, as `sync` does; the hub folds what
 * came. A whole line on which a session does not end in order breaks SIM_SESSION, unless
 * the disk or an act of the operator is why.
 */
void sim_lines(struct sim *sim, struct sim_device *const *devices,
	       const struct sim_line_how *how, unsigned n, struct sim_line_end *ends);
struct sim_line_end sim_line(struct sim *sim, struct sim_device *device,
			     struct sim_line_how how);
/* One of the first messages that were recorded of DEVICE, again. */
void sim_replay(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
/* What lingers arrives now. */
void sim_linger(struct sim *sim);
void sim_linger_free(struct sim *sim);
/* The hub folds, and feeds whom it concerns, until nothing is left to do. */
void sim_hub_settle(struct sim *sim);

#endif
