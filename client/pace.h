/*
 * client/pace.h - when the next session with the hub is due, and why; pure, no clock.
 *
 * The agent tells what happens (an entry was written, the network changed, a session
 * ended) with the time of its monotonic clock in milliseconds and, where chance has a
 * say, a random number; the pace answers when to begin. docs/OPERATIONS.md, "When the
 * agent syncs".
 */
#ifndef PH_CLIENT_PACE_H
#define PH_CLIENT_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* All in milliseconds. */
struct ph_pace_limits {
	uint64_t
		interval; /* between sessions when nothing happens, give or take a fifth */
	uint64_t spread;  /* the first one comes within this */
	uint64_t quiet;   /* after an entry, if none follows */
	uint64_t latest;  /* after the first entry of a burst, whatever follows */
	uint64_t
		backoff; /* after a failure at most this, doubled with each further one */
	uint64_t backoff_max; /* ... up to this */
	uint64_t settle; /* after a change of the network: so long to twice so long */
};

enum ph_pace_why {
	PH_PACE_START,
	PH_PACE_TIMER,
	PH_PACE_ENTRY,
	PH_PACE_NETWORK,
	PH_PACE_RETRY,
};
#define PH_PACE_WHYS 5

enum ph_pace_outcome {
	PH_PACE_DONE,
	PH_PACE_MOVED,  /* broke off, but the hub was there and heard something */
	PH_PACE_FAILED, /* no hub, or nothing came of it */
	PH_PACE_BARRED, /* trying again will hardly help: cut off, another hub's key ... */
};

struct ph_pace {
	struct ph_pace_limits limits;
	uint64_t due; /* of start, timer or retry */
	enum ph_pace_why why;
	uint64_t entry, network; /* when these are due; UINT64_MAX: not */
	uint64_t burst;          /* when the burst of entries began, if `entry` is set */
	uint64_t done;           /* when the last session was done, if HAS_DONE */
	unsigned failures;       /* in a row */
	bool has_done, is_running;
	bool saw_entry, saw_network; /* while it ran */
};

/* "start", "timer", "entry", "network", "retry". */
const char *ph_pace_why_name(enum ph_pace_why why);

void ph_pace_init(struct ph_pace *pace, const struct ph_pace_limits *limits, uint64_t now,
		  uint64_t random);
/* Other limits from now on; what is due does not come later for it. */
void ph_pace_limit(struct ph_pace *pace, const struct ph_pace_limits *limits,
		   uint64_t now, uint64_t random);
/* An entry was written that the hub lacks. */
void ph_pace_entry(struct ph_pace *pace, uint64_t now);
/* There is a network where none was, or another one. */
void ph_pace_network(struct ph_pace *pace, uint64_t now, uint64_t random);
/* When the next session is due; UINT64_MAX while one runs. *WHY_OUT may be NULL. */
uint64_t ph_pace_due(const struct ph_pace *pace, enum ph_pace_why *why_out);
/* A session begins now, due or not. */
void ph_pace_begin(struct ph_pace *pace);
void ph_pace_end(struct ph_pace *pace, enum ph_pace_outcome outcome, uint64_t now,
		 uint64_t random);

#endif
