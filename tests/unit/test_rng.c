/* tests/unit/test_rng.c - the seeded stream repeats, bounds hold, the system differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/rng.h"

static void test_seeded_repeats(void **state)
{
	struct ph_rng_seeded a_state;
	struct ph_rng_seeded b_state;
	struct ph_rng a;
	struct ph_rng b;
	uint8_t whole[300];
	uint8_t pieces[300];
	size_t at = 0;

	(void)state;
	ph_rng_seed(&a_state, 42, &a);
	ph_rng_seed(&b_state, 42, &b);
	a.fill(a.data, whole, sizeof(whole));
	/* the same stream however it is asked for, across the blocks of 64 */
	for (size_t n = 1; at < sizeof(pieces); n = n * 2 + 1) {
		size_t take = n < sizeof(pieces) - at ? n : sizeof(pieces) - at;

		b.fill(b.data, pieces + at, take);
		at += take;
	}
	assert_memory_equal(whole, pieces, sizeof(whole));
	assert_memory_not_equal(whole, whole + 64, 64);

	ph_rng_seed(&b_state, 43, &b);
	b.fill(b.data, pieces, sizeof(pieces));
	assert_memory_not_equal(whole, pieces, sizeof(whole));
}

/* Fixed for ever: seeds printed by old runs must replay. */
static void test_seeded_is_fixed(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	uint8_t out[8];
	char text[17];

	(void)state;
	/* Seed 0 is the ChaCha20 test vector of an all-zero key and nonce. */
	ph_rng_seed(&seeded, 0, &rng);
	rng.fill(rng.data, out, sizeof(out));
	ph_hex(text, out, sizeof(out));
	assert_string_equal(text, "76b8e0ada0f13d90");
}

static void test_below(void **state)
{
	static const uint64_t bounds[] = {
		1,
		2,
		3,
		10,
		1000,
		UINT32_MAX,
		UINT64_C(1) << 63,
		(UINT64_C(1) << 63) + 1,
		UINT64_MAX,
	};
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	(void)state;
	ph_rng_seed(&seeded, 7, &rng);
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		for (int n = 0; n < 1000; n++) {
			assert_true(ph_rng_below(&rng, bounds[i]) < bounds[i]);
		}
	}

	unsigned counts[3] = { 0 };

	for (int n = 0; n < 30000; n++) {
		counts[ph_rng_below(&rng, 3)]++;
	}
	for (int i = 0; i < 3; i++) {
		assert_in_range(counts[i], 9500, 10500);
	}
}

/* Gives set numbers in turn. */
struct script {
	const uint64_t *draws;
	size_t at;
};

static void scripted_fill(void *data, uint8_t *out, size_t len)
{
	struct script *script = data;

	assert_int_equal(len, 8);
	ph_be64_put(out, script->draws[script->at++]);
}

/* For a bound of 2^63 + 1 the draws below 2^64 mod bound = 2^63 - 1 are thrown away. */
static void test_below_rejects_the_unfair(void **state)
{
	static const uint64_t draws[] = { 0, (UINT64_C(1) << 63) - 2,
					  (UINT64_C(1) << 63) - 1 };
	struct script script = { .draws = draws };
	struct ph_rng rng = { .fill = scripted_fill, .data = &script };

	(void)state;
	assert_true(ph_rng_below(&rng, (UINT64_C(1) << 63) + 1) == draws[2]);
	assert_int_equal(script.at, 3);
}

static void test_system(void **state)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	(void)state;
	ph_rng_system.fill(ph_rng_system.data, a, sizeof(a));
	ph_rng_system.fill(ph_rng_system.data, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeded_repeats),
		cmocka_unit_test(test_seeded_is_fixed),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_below_rejects_the_unfair),
		cmocka_unit_test(test_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
