/*
 * tests/unit/run_twice.h - one random history of a hundred is gone through again, from its
 * seed, and must come to the same.
 *
 *	do {
 *		twice_begin();
 *		... each digest that it comes to: twice_note() ...
 *	} while (twice_again(i, seed));
 */
#ifndef PH_TESTS_RUN_TWICE_H
#define PH_TESTS_RUN_TWICE_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#define TWICE_EVERY 100

static struct {
	uint8_t now[32], first[32]; /* over all that was noted */
	uint64_t notes, first_notes;
	bool is_again;
	uint64_t n; /* that agreed */
} twice;

static inline void twice_begin(void)
{
	memset(twice.now, 0, sizeof twice.now);
	twice.notes = 0;
}

static inline void twice_note(const uint8_t digest[static 32])
{
	uint8_t both[64];

	memcpy(both, twice.now, 32);
	memcpy(both + 32, digest, 32);
	crypto_generichash(twice.now, sizeof twice.now, both, sizeof both, NULL, 0);
	twice.notes++;
}

/* Whether history number I, of SEED, has to be gone through again. It fails if that came to something else. */
static inline bool twice_again(uint64_t i, uint64_t seed)
{
	if (i % TWICE_EVERY != 0) {
		return false;
	}
	if (!twice.is_again) {
		memcpy(twice.first, twice.now, sizeof twice.first);
		twice.first_notes = twice.notes;
		twice.is_again = true;
		return true;
	}
	twice.is_again = false;
	twice.n++;
	if (twice.notes != twice.first_notes ||
	    memcmp(twice.now, twice.first, sizeof twice.first) != 0) {
		fail_msg("seed %" PRIu64 ": another time, other digests", seed);
	}
	return false;
}

static inline void twice_print(void)
{
	printf("# %" PRIu64 " histories gone through twice, with the same digests\n",
	       twice.n);
}

#endif
