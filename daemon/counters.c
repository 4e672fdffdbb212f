/*
 * daemon/counters.c - what a monitor wants counted of the sessions that ended.
 */
#include "daemon/counters.h"

#include <string.h>

/* Milliseconds: an idle check on a good line to a day's work over 3G, and a year's. */
static const uint64_t bounds[PH_COUNTERS_BUCKETS] = { 250,    1000,    2500,
						      10000,  30000,   60000,
						      300000, 1800000, 7200000 };

/* Which place a pair has; -1: there is none left for it. */
static int place_of(struct ph_counters *counters, const char *result, const char *reason)
{
	unsigned i = 0;

	while (i < counters->n_ends && (strcmp(counters->end[i].result, result) != 0 ||
					strcmp(counters->end[i].reason, reason) != 0)) {
		i++;
	}
	if (i == PH_COUNTERS_ENDS_MAX) {
		return -1;
	}
	if (i == counters->n_ends) {
		counters->end[i].result = result;
		counters->end[i].reason = reason;
		counters->n_ends++;
	}
	return (int)i;
}

void ph_counters_session(struct ph_counters *counters, const char *result,
			 const char *reason, uint64_t ms)
{
	int place = place_of(counters, result, reason);
	unsigned bucket = 0;

	if (place < 0) { /* the last pair stands for all that came after it */
		place = PH_COUNTERS_ENDS_MAX - 1;
		counters->end[place].result = "other";
		counters->end[place].reason = "other";
	}
	counters->end[place].n++;
	while (bucket < PH_COUNTERS_BUCKETS && ms > bounds[bucket]) {
		bucket++;
	}
	counters->bucket[bucket]++;
	counters->sessions++;
	counters->ms += ms;
}

static json_t *seconds(const struct ph_counters *counters)
{
	json_t *buckets = json_array();
	uint64_t sum = 0;

	for (unsigned i = 0; i < PH_COUNTERS_BUCKETS; i++) {
		sum += counters->bucket[i];
		json_array_append_new(
			buckets,
			json_pack("[f, I]", (double)bounds[i] / 1000, (json_int_t)sum));
	}
	return json_pack("{s:o, s:f, s:I}", "buckets", buckets, "sum",
			 (double)counters->ms / 1000, "count",
			 (json_int_t)counters->sessions);
}

json_t *ph_counters_json(const struct ph_counters *counters)
{
	json_t *ends = json_array();

	for (unsigned i = 0; i < counters->n_ends; i++) {
		json_array_append_new(ends, json_pack("{s:s, s:s, s:I}", "result",
						      counters->end[i].result, "reason",
						      counters->end[i].reason, "n",
						      (json_int_t)counters->end[i].n));
	}
	return json_pack("{s:o, s:o, s:I, s:I}", "ends", ends, "seconds",
			 seconds(counters), "resumed", (json_int_t)counters->resumed,
			 "plain_in", (json_int_t)counters->plain_in);
}
