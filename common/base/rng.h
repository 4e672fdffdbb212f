/* common/base/rng.h - randomness as an argument. */
#ifndef PH_BASE_RNG_H
#define PH_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct ph_rng {
	void (*fill)(void *data, uint8_t *out, size_t len);
	void *data;
};

/* The kernel's randomness, by libsodium. */
extern const struct ph_rng ph_rng_system;

/*
 * A reproducible stream (ChaCha20 of the seed) for tests and the simulator; never for
 * keys.
 */
struct ph_rng_seeded {
	uint64_t seed;
	uint64_t block;
	uint8_t pool[64];
	size_t left;
};
void ph_rng_seed(struct ph_rng_seeded *state, uint64_t seed, struct ph_rng *rng_out);
/* A number below BOUND (> 0), without bias. */
uint64_t ph_rng_below(const struct ph_rng *rng, uint64_t bound);

#endif
