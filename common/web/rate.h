/*
 * common/web/rate.h - how often each of many may ask: a bucket of tokens for each.
 *
 * The buckets are fixed in number, found by a keyed hash. Two names can share one: they
 * then share its tokens, which somebody who does not know the key cannot arrange.
 */
#ifndef PH_WEB_RATE_H
#define PH_WEB_RATE_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/rng.h"

#define PH_WEB_BUCKETS 1024

struct ph_web_rate {
	uint8_t key[16];
	struct {
		uint64_t at;    /* ms */
		uint64_t spent; /* of the burst, in thousandths of a token */
	} bucket[PH_WEB_BUCKETS];
};

void ph_web_rate_init(struct ph_web_rate *rate, const struct ph_rng *rng);
/*
 * May NAME ask at NOW (ms, rising), of PER_SECOND tokens a second (0: no limit) and BURST
 * at once? Takes one if so.
 */
bool ph_web_rate_take(struct ph_web_rate *rate, struct ph_view name, uint64_t now,
		      unsigned per_second, unsigned burst);

#endif
