/*
 * common/base/rng.c - randomness as an argument.
 *
 * The system's randomness cannot fail: libsodium blocks until the kernel has some,
 * and where it cannot be set up at all the process stops, since it must not go on
 * with keys that can be guessed.
 */
#include "common/base/rng.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/bytes.h"

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void start_sodium(void)
{
	if (sodium_init() < 0) {
		abort();
	}
}

static void system_fill(void *data, uint8_t *out, size_t len)
{
	(void)data;
	pthread_once(&sodium_once, start_sodium);
	randombytes_buf(out, len);
}

const struct ph_rng ph_rng_system = { .fill = system_fill };

static void next_block(struct ph_rng_seeded *state)
{
	uint8_t key[crypto_stream_chacha20_KEYBYTES] = { 0 };
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];

	ph_be64_put(key, state->seed);
	memset(state->pool, 0, sizeof(state->pool));
	crypto_stream_chacha20_xor_ic(state->pool, state->pool, sizeof(state->pool),
				      nonce, state->block, key);
	state->block++;
	state->left = sizeof(state->pool);
}

static void seeded_fill(void *data, uint8_t *out, size_t len)
{
	struct ph_rng_seeded *state = data;

	while (len > 0) {
		if (state->left == 0) {
			next_block(state);
		}

		size_t n = len < state->left ? len : state->left;

		memcpy(out, state->pool + sizeof(state->pool) - state->left, n);
		state->left -= n;
		out += n;
		len -= n;
	}
}

void ph_rng_seed(struct ph_rng_seeded *state, uint64_t seed, struct ph_rng *rng_out)
{
	*state = (struct ph_rng_seeded){ .seed = seed };
	*rng_out = (struct ph_rng){ .fill = seeded_fill, .data = state };
}

uint64_t ph_rng_below(const struct ph_rng *rng, uint64_t bound)
{
	assert(bound > 0);

	/* 2^64 mod BOUND: draws below it would favour the small remainders. */
	uint64_t unfair = (UINT64_MAX - bound + 1) % bound;

	for (;;) {
		uint8_t bytes[8];

		rng->fill(rng->data, bytes, sizeof(bytes));

		uint64_t draw = ph_be64_get(bytes);

		if (draw >= unfair) {
			return draw % bound;
		}
	}
}
