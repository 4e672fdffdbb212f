/*
 * daemon/gate.h - who may come in: limits on connections before they have proved who
 * they are. No socket and no clock here.
 *
 * A visitor is "new" until its first authenticated transport frame (message 1 alone
 * proves nothing: anybody who recorded one can send it again). New visitors are few,
 * in all and from one network; when there are too many the oldest goes first, so
 * that whoever floods pushes out himself, and those whose message 1 named one of our
 * devices go after all others: a flood that has recorded none pushes out no device
 * whose road is slow. How often one address may come is a bucket
 * of tokens; a device that proved to be ours gives its token back, since a whole
 * district may share one carrier's address.
 */
#ifndef PH_DAEMON_GATE_H
#define PH_DAEMON_GATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Networks are counted by IPv4 /24 or IPv6 /56, rates by IPv4 address or IPv6 /64. */
struct ph_gate_origin {
	uint8_t net[8];     /* family and prefix */
	uint8_t address[9]; /* the same, longer */
};
/* IPv4-mapped IPv6 counts as IPv4. A family that is neither is one origin of its own. */
void ph_gate_origin(struct ph_gate_origin *origin, const struct sockaddr *address);

struct ph_gate_limits {
	unsigned sessions, handshakes, handshakes_per_net;
	unsigned rate, burst;
};

enum ph_gate_limit {
	PH_GATE_RATE,
	PH_GATE_SESSIONS,
	PH_GATE_HANDSHAKES,
	PH_GATE_NET,
};
#define PH_GATE_LIMITS 4
/* "handshake-rate", ... as in the settings. */
const char *ph_gate_limit_name(enum ph_gate_limit limit);

/* Held by the owner of the connection; all zero at first. */
struct ph_gate_visitor {
	struct ph_gate_origin origin;
	uint64_t since_ms;
	bool is_in, is_new;
	bool is_named; /* new, but message 1 names one of our devices */
	struct ph_gate_visitor *older, *newer; /* among the new */
};

struct ph_gate_bucket;
struct ph_gate {
	struct ph_gate_limits limits;
	unsigned sessions, handshakes;
	struct ph_gate_visitor *oldest, *newest;
	struct ph_gate_bucket *buckets;
	uint8_t key[16]; /* of the hash that spreads addresses over the buckets */
	uint64_t hits[PH_GATE_LIMITS];
};

/* KEY: 16 random bytes. 0 or -ENOMEM. */
int ph_gate_init(struct ph_gate *gate, const struct ph_gate_limits *limits,
		 const uint8_t key[static 16]);
void ph_gate_deinit(struct ph_gate *gate);

enum {
	PH_GATE_E_CLOSED = 1, /* turned away; *LIMIT_OUT says why */
	PH_GATE_E_ONE_OUT,    /* first send *OUT away (ph_gate_leave), then ask again */
};
/*
 * May VISITOR (origin set) come in at NOW_MS? 0: it is in, and new. PH_GATE_E_CLOSED:
 * not. PH_GATE_E_ONE_OUT: only if *OUT goes: the oldest of the new ones that named no
 * device, else of all new ones; of its network when that one is full; the caller ends it and asks again. The token is taken
 * at the first asking only.
 */
int ph_gate_enter(struct ph_gate *gate, struct ph_gate_visitor *visitor, uint64_t now_ms,
		  enum ph_gate_limit *limit_out, struct ph_gate_visitor **out);
/* Message 1 of VISITOR was whole and names a device of ours. */
void ph_gate_name(struct ph_gate_visitor *visitor);
/* VISITOR proved to be one of ours: it is not new any more, and its token goes back. */
void ph_gate_prove(struct ph_gate *gate, struct ph_gate_visitor *visitor,
		   uint64_t now_ms);
/* VISITOR has gone. Fine for one that never came in. */
void ph_gate_leave(struct ph_gate *gate, struct ph_gate_visitor *visitor);
/*
 * Three quarters of a limit are used, in all or in the network of ORIGIN: from now on
 * visitors get half the time.
 */
bool ph_gate_is_pressed(const struct ph_gate *gate, const struct ph_gate_origin *origin);

#endif
