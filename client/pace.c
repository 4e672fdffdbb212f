/*
 * client/pace.c - start, then by the timer, after entries, after failures.
 *
 *   begin --> running --> end: done    --> timer (interval, give or take a fifth)
 *                              moved   --> retry, as after a first failure
 *                              failed  --> retry: anywhere up to backoff * 2^n, capped
 *                              barred  --> timer
 *
 * Three times stand side by side (what the last end set, entries, the network), and the
 * soonest counts. After a failure entries hurry nothing: they go with the retry, or a
 * desk at work would call a dead network all day. A network that changed does, since it
 * may be the reason to hope; but while all goes well, one that flickers makes no more
 * than ten sessions an interval. Chance spreads a district whose power comes back, and
 * retries are drawn from the whole span ("full jitter"), but for its first quarter step,
 * so that no two come at once.
 */
#include "client/pace.h"

#include <stddef.h>

#define NEVER       UINT64_MAX
#define FLICKER     10 /* sessions an interval that a network may ask for */
#define FLOOR_PART  4  /* a retry waits at least this part of `backoff` */
#define JITTER_PART 5  /* the timer's give and take */

const char *ph_pace_why_name(enum ph_pace_why why)
{
	static const char *const names[PH_PACE_WHYS] = {
		[PH_PACE_START] = "start", [PH_PACE_TIMER] = "timer",
		[PH_PACE_ENTRY] = "entry", [PH_PACE_NETWORK] = "network",
		[PH_PACE_RETRY] = "retry",
	};

	return names[why];
}

/* From LOW to HIGH, both included. */
static uint64_t between(uint64_t low, uint64_t high, uint64_t random)
{
	return high > low ? low + random % (high - low + 1) : low;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void set(struct ph_pace *pace, uint64_t due, enum ph_pace_why why)
{
	pace->due = due;
	pace->why = why;
}

static void set_timer(struct ph_pace *pace, uint64_t now, uint64_t random)
{
	uint64_t interval = pace->limits.interval;
	uint64_t part = interval / JITTER_PART;

	set(pace, now + between(interval - part, interval + part, random), PH_PACE_TIMER);
}

static void set_retry(struct ph_pace *pace, uint64_t now, uint64_t random)
{
	uint64_t span = pace->limits.backoff;

	for (unsigned i = 1; i < pace->failures && span < pace->limits.backoff_max; i++) {
		span *= 2;
	}
	span = sooner(span, pace->limits.backoff_max);
	set(pace,
	    now + between(sooner(pace->limits.backoff / FLOOR_PART, span), span, random),
	    PH_PACE_RETRY);
}

void ph_pace_init(struct ph_pace *pace, const struct ph_pace_limits *limits, uint64_t now,
		  uint64_t random)
{
	*pace = (struct ph_pace){ .limits = *limits, .entry = NEVER, .network = NEVER };
	set(pace, now + between(0, limits->spread, random), PH_PACE_START);
}

void ph_pace_limit(struct ph_pace *pace, const struct ph_pace_limits *limits,
		   uint64_t now, uint64_t random)
{
	uint64_t due = pace->due;
	enum ph_pace_why why = pace->why;

	pace->limits = *limits;
	if (why == PH_PACE_TIMER) {
		set_timer(pace, now, random);
	} else if (why == PH_PACE_RETRY) {
		set_retry(pace, now, random);
	}
	if (pace->due > due) {
		set(pace, due, why);
	}
}

void ph_pace_entry(struct ph_pace *pace, uint64_t now)
{
	if (pace->is_running) {
		pace->saw_entry = true;
		return;
	}
	if (pace->failures > 0) {
		return;
	}
	if (pace->entry == NEVER) {
		pace->burst = now;
	}
	pace->entry = sooner(now + pace->limits.quiet, pace->burst + pace->limits.latest);
}

void ph_pace_network(struct ph_pace *pace, uint64_t now, uint64_t random)
{
	uint64_t settle = pace->limits.settle;

	if (pace->is_running) {
		pace->saw_network = true;
		return;
	}
	if (pace->failures == 0 && pace->has_done && pace->entry == NEVER &&
	    now - pace->done < pace->limits.interval / FLICKER) {
		return;
	}
	pace->network = sooner(pace->network, now + between(settle, 2 * settle, random));
}

uint64_t ph_pace_due(const struct ph_pace *pace, enum ph_pace_why *why_out)
{
	uint64_t due = pace->due;
	enum ph_pace_why why = pace->why;

	if (pace->network < due) {
		due = pace->network;
		why = PH_PACE_NETWORK;
	}
	if (pace->entry < due) {
		due = pace->entry;
		why = PH_PACE_ENTRY;
	}
	if (why_out) {
		*why_out = why;
	}
	return pace->is_running ? NEVER : due;
}

void ph_pace_begin(struct ph_pace *pace)
{
	pace->is_running = true;
	pace->saw_entry = false;
	pace->saw_network = false;
	pace->entry = NEVER;
	pace->network = NEVER;
}

void ph_pace_end(struct ph_pace *pace, enum ph_pace_outcome outcome, uint64_t now,
		 uint64_t random)
{
	pace->is_running = false;
	switch (outcome) {
	case PH_PACE_DONE:
		pace->failures = 0;
		pace->has_done = true;
		pace->done = now;
		set_timer(pace, now, random);
		break;
	case PH_PACE_MOVED:
		pace->failures = 1;
		set_retry(pace, now, random);
		break;
	case PH_PACE_FAILED:
		pace->failures += pace->failures < UINT32_MAX;
		set_retry(pace, now, random);
		break;
	case PH_PACE_BARRED:
		pace->failures += pace->failures < UINT32_MAX;
		set_timer(pace, now, random);
		break;
	}
	if (pace->saw_entry) {
		ph_pace_entry(pace, now);
	}
	if (pace->saw_network && outcome != PH_PACE_DONE) {
		ph_pace_network(pace, now, random);
	}
}
