/*
 * tests/lib/first_seed.h - the seed of a run over random histories that was told none.
 */
#ifndef PH_TESTS_FIRST_SEED_H
#define PH_TESTS_FIRST_SEED_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include <sodium.h>

/* What PACKHORSE_SEED says (./test does), so that a run is the same each time; else drawn. */
static inline uint64_t first_seed(void)
{
	const char *told = getenv("PACKHORSE_SEED");
	uint64_t seed;
	char *end;

	if (told != NULL && *told != '\0') {
		seed = strtoull(told, &end, 10);
		assert(*end == '\0');
		return seed;
	}
	randombytes_buf(&seed, sizeof seed);
	return seed >> 16;
}

#endif
