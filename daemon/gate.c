/*
 * daemon/gate.c - counting visitors, and buckets of tokens for their addresses.
 *
 * New visitors hang in one list by age, never longer than the limit of handshakes, so
 * counting a network is a walk over a few hundred. Buckets live in a table of fixed
 * size: 2,048 sets of 4, chosen by a keyed hash, the one that was used longest ago
 * making room. A bucket unused for burst / rate seconds is full again, so what is
 * forgotten matters only if five addresses of one set come within that time, which
 * nobody can arrange without the key.
 */
#include "daemon/gate.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SETS  2048
#define WAYS  4
#define TOKEN 1000 /* a token in thousandths, so that a millisecond adds `rate` of them */

struct ph_gate_bucket {
	uint8_t address[9];
	bool is_used;
	uint64_t thousandths;
	uint64_t at_ms;
};

static const char *const names[PH_GATE_LIMITS] = {
	[PH_GATE_RATE] = "handshake-rate",
	[PH_GATE_SESSIONS] = "sessions",
	[PH_GATE_HANDSHAKES] = "handshakes",
	[PH_GATE_NET] = "handshakes-per-net",
};

const char *ph_gate_limit_name(enum ph_gate_limit limit)
{
	return names[limit];
}

static void set_origin(struct ph_gate_origin *origin, uint8_t family,
		       const uint8_t *bytes, size_t net, size_t address)
{
	memset(origin, 0, sizeof(*origin));
	origin->net[0] = family;
	origin->address[0] = family;
	memcpy(origin->net + 1, bytes, net);
	memcpy(origin->address + 1, bytes, address);
}

void ph_gate_origin(struct ph_gate_origin *origin, const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET) {
		set_origin(origin, 4, (const uint8_t *)&v4->sin_addr, 3, 4);
	} else if (address->sa_family == AF_INET6 &&
		   IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		set_origin(origin, 4, v6->sin6_addr.s6_addr + 12, 3, 4);
	} else if (address->sa_family == AF_INET6) {
		set_origin(origin, 6, v6->sin6_addr.s6_addr, 7, 8);
	} else {
		memset(origin, 0, sizeof(*origin));
	}
}

int ph_gate_init(struct ph_gate *gate, const struct ph_gate_limits *limits,
		 const uint8_t key[static 16])
{
	memset(gate, 0, sizeof(*gate));
	gate->buckets = calloc((size_t)SETS * WAYS, sizeof(*gate->buckets));
	if (!gate->buckets) {
		return -ENOMEM;
	}
	gate->limits = *limits;
	memcpy(gate->key, key, sizeof(gate->key));
	return 0;
}

void ph_gate_deinit(struct ph_gate *gate)
{
	free(gate->buckets);
	gate->buckets = NULL;
}

/* ---- tokens ---- */

static uint64_t full(const struct ph_gate *gate)
{
	return (uint64_t)gate->limits.burst * TOKEN;
}

static struct ph_gate_bucket *set_of(const struct ph_gate *gate,
				     const struct ph_gate_origin *origin)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t index;

	crypto_shorthash(hash, origin->address, sizeof(origin->address), gate->key);
	memcpy(&index, hash, sizeof(index));
	return gate->buckets + (index % SETS) * WAYS;
}

static void refill(const struct ph_gate *gate, struct ph_gate_bucket *bucket,
		   uint64_t now_ms)
{
	uint64_t elapsed = now_ms > bucket->at_ms ? now_ms - bucket->at_ms : 0;
	uint64_t room =
		full(gate) > bucket->thousandths ? full(gate) - bucket->thousandths : 0;

	/* compared before multiplying, so that no span of time overflows */
	if (elapsed >= room / gate->limits.rate + 1) {
		bucket->thousandths = full(gate);
	} else {
		bucket->thousandths += elapsed * gate->limits.rate;
	}
	if (bucket->thousandths > full(gate)) {
		bucket->thousandths = full(gate);
	}
	bucket->at_ms = now_ms;
}

/* The bucket of ORIGIN, refilled; NULL if there is none and MAKE is false. */
static struct ph_gate_bucket *bucket_of(const struct ph_gate *gate,
					const struct ph_gate_origin *origin,
					uint64_t now_ms, bool make)
{
	struct ph_gate_bucket *set = set_of(gate, origin);
	struct ph_gate_bucket *spare = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].is_used && memcmp(set[i].address, origin->address,
					     sizeof(set[i].address)) == 0) {
			refill(gate, &set[i], now_ms);
			return &set[i];
		}
		if (spare->is_used && (!set[i].is_used || set[i].at_ms < spare->at_ms)) {
			spare = &set[i];
		}
	}
	if (!make) {
		return NULL;
	}
	*spare = (struct ph_gate_bucket){ .is_used = true,
					  .thousandths = full(gate),
					  .at_ms = now_ms };
	memcpy(spare->address, origin->address, sizeof(spare->address));
	return spare;
}

static bool take_token(struct ph_gate *gate, const struct ph_gate_origin *origin,
		       uint64_t now_ms)
{
	struct ph_gate_bucket *bucket = bucket_of(gate, origin, now_ms, true);

	if (bucket->thousandths < TOKEN) {
		return false;
	}
	bucket->thousandths -= TOKEN;
	return true;
}

/* ---- the new ones ---- */

static bool same_net(const struct ph_gate_visitor *visitor,
		     const struct ph_gate_origin *origin)
{
	return memcmp(visitor->origin.net, origin->net, sizeof(origin->net)) == 0;
}

static unsigned count_net(const struct ph_gate *gate, const struct ph_gate_origin *origin)
{
	unsigned count = 0;

	for (const struct ph_gate_visitor *visitor = gate->oldest; visitor;
	     visitor = visitor->newer) {
		count += same_net(visitor, origin);
	}
	return count;
}

/* Of the new ones, in the network of ORIGIN unless it is NULL. */
static struct ph_gate_visitor *who_goes(const struct ph_gate *gate,
					const struct ph_gate_origin *origin)
{
	struct ph_gate_visitor *named = NULL;

	for (struct ph_gate_visitor *visitor = gate->oldest; visitor;
	     visitor = visitor->newer) {
		if (origin && !same_net(visitor, origin)) {
			continue;
		}
		if (!visitor->is_named) {
			return visitor;
		}
		named = named ? named : visitor;
	}
	return named;
}

static void unlink_new(struct ph_gate *gate, struct ph_gate_visitor *visitor)
{
	*(visitor->older ? &visitor->older->newer : &gate->oldest) = visitor->newer;
	*(visitor->newer ? &visitor->newer->older : &gate->newest) = visitor->older;
	visitor->older = NULL;
	visitor->newer = NULL;
	visitor->is_new = false;
	gate->handshakes--;
}

static void let_in(struct ph_gate *gate, struct ph_gate_visitor *visitor)
{
	visitor->is_in = true;
	visitor->is_new = true;
	visitor->is_named = false;
	visitor->older = gate->newest;
	visitor->newer = NULL;
	*(gate->newest ? &gate->newest->newer : &gate->oldest) = visitor;
	gate->newest = visitor;
	gate->handshakes++;
	gate->sessions++;
}

/* ---- the gate ---- */

static int over(struct ph_gate *gate, enum ph_gate_limit limit,
		struct ph_gate_visitor *goes, enum ph_gate_limit *limit_out,
		struct ph_gate_visitor **out)
{
	gate->hits[limit]++;
	*limit_out = limit;
	*out = goes;
	return goes ? PH_GATE_E_ONE_OUT : PH_GATE_E_CLOSED;
}

int ph_gate_enter(struct ph_gate *gate, struct ph_gate_visitor *visitor, uint64_t now_ms,
		  enum ph_gate_limit *limit_out, struct ph_gate_visitor **out)
{
	const struct ph_gate_limits *limits = &gate->limits;

	/* asked before: the token is paid */
	if (visitor->since_ms == 0 && !take_token(gate, &visitor->origin, now_ms)) {
		return over(gate, PH_GATE_RATE, NULL, limit_out, out);
	}
	visitor->since_ms = now_ms > 0 ? now_ms : 1;
	if (count_net(gate, &visitor->origin) >= limits->handshakes_per_net) {
		return over(gate, PH_GATE_NET, who_goes(gate, &visitor->origin),
			    limit_out, out);
	}
	if (gate->handshakes >= limits->handshakes) {
		return over(gate, PH_GATE_HANDSHAKES, who_goes(gate, NULL), limit_out,
			    out);
	}
	if (gate->sessions >= limits->sessions) {
		return over(gate, PH_GATE_SESSIONS, who_goes(gate, NULL), limit_out, out);
	}
	let_in(gate, visitor);
	return 0;
}

void ph_gate_name(struct ph_gate_visitor *visitor)
{
	visitor->is_named = true;
}

void ph_gate_prove(struct ph_gate *gate, struct ph_gate_visitor *visitor, uint64_t now_ms)
{
	struct ph_gate_bucket *bucket;

	if (!visitor->is_new) {
		return;
	}
	unlink_new(gate, visitor);
	bucket = bucket_of(gate, &visitor->origin, now_ms, false);
	if (bucket) {
		bucket->thousandths += TOKEN;
		if (bucket->thousandths > full(gate)) {
			bucket->thousandths = full(gate);
		}
	}
}

void ph_gate_leave(struct ph_gate *gate, struct ph_gate_visitor *visitor)
{
	if (visitor->is_new) {
		unlink_new(gate, visitor);
	}
	if (visitor->is_in) {
		visitor->is_in = false;
		gate->sessions--;
	}
}

static bool is_near(unsigned used, unsigned limit)
{
	return 4 * (uint64_t)used >= 3 * (uint64_t)limit;
}

bool ph_gate_is_pressed(const struct ph_gate *gate, const struct ph_gate_origin *origin)
{
	return is_near(gate->sessions, gate->limits.sessions) ||
	       is_near(gate->handshakes, gate->limits.handshakes) ||
	       is_near(count_net(gate, origin), gate->limits.handshakes_per_net);
}
