/* common/web/rate.c - see rate.h. What was spent comes back with time; spent 0 is a full bucket. */
#include "common/web/rate.h"

#include <sodium.h>
#include <string.h>

#define TOKEN 1000u

void ph_web_rate_init(struct ph_web_rate *rate, const struct ph_rng *rng)
{
	memset(rate, 0, sizeof(*rate));
	rng->fill(rng->data, rate->key, sizeof(rate->key));
}

bool ph_web_rate_take(struct ph_web_rate *rate, struct ph_view name, uint64_t now,
		      unsigned per_second, unsigned burst)
{
	uint8_t hash[crypto_shorthash_BYTES];
	uint64_t *at, *spent, back;
	size_t i;

	if (per_second == 0) {
		return true;
	}
	_Static_assert(sizeof(rate->key) == crypto_shorthash_KEYBYTES, "");
	(void)crypto_shorthash(hash, name.data, name.len, rate->key);
	i = ph_be64_get(hash) % PH_WEB_BUCKETS;
	at = &rate->bucket[i].at;
	spent = &rate->bucket[i].spent;
	back = now > *at ? (now - *at) * per_second : 0; /* thousandths a millisecond */
	*spent = *spent > back ? *spent - back : 0;
	*at = now;
	if (*spent + TOKEN > (uint64_t)burst * TOKEN) {
		return false;
	}
	*spent += TOKEN;
	return true;
}
