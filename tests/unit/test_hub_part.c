/* tests/unit/test_hub_part.c - seeds that are kept from the store to the fold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/hub_part.h"

static void fill(uint8_t *out, size_t len, unsigned which)
{
	for (size_t i = 0; i < len; i++) {
		out[i] = (uint8_t)(which >> 8 * (i % 2));
	}
}

static void keep(struct ph_hub_seeds *seeds, unsigned which)
{
	uint8_t box[PH_SEED_BOX_SIZE], seed[PH_SEED_SIZE];

	fill(box, sizeof(box), which);
	fill(seed, sizeof(seed), which + 1);
	ph_hub_seeds_keep(seeds, box, seed);
}

static bool take(struct ph_hub_seeds *seeds, unsigned which)
{
	uint8_t box[PH_SEED_BOX_SIZE], seed[PH_SEED_SIZE], want[PH_SEED_SIZE];

	fill(box, sizeof(box), which);
	fill(want, sizeof(want), which + 1);
	if (!ph_hub_seeds_take(seeds, box, seed)) {
		return false;
	}
	assert_memory_equal(seed, want, sizeof(want));
	return true;
}

static void test_each_is_given_once(void **state)
{
	(void)state;
	struct ph_hub_seeds seeds = { 0 };

	assert_false(take(&seeds, 7));
	keep(&seeds, 7);
	keep(&seeds, 8);
	assert_true(take(&seeds, 8));
	assert_true(take(&seeds, 7));
	assert_false(take(&seeds, 7));
	ph_hub_seeds_wipe(&seeds);
	assert_false(take(&seeds, 8));
}

static void test_a_later_one_takes_the_place(void **state)
{
	(void)state;
	struct ph_hub_seeds seeds = { 0 };

	keep(&seeds, 7);
	keep(&seeds, 7 + PH_HUB_SEEDS);
	assert_false(take(&seeds, 7));
	assert_true(take(&seeds, 7 + PH_HUB_SEEDS));
	ph_hub_seeds_wipe(&seeds);
}

/* A box that only begins like one that is kept is another one. */
static void test_all_of_the_box_counts(void **state)
{
	(void)state;
	struct ph_hub_seeds seeds = { 0 };
	uint8_t box[PH_SEED_BOX_SIZE], seed[PH_SEED_SIZE];

	keep(&seeds, 7);
	fill(box, sizeof(box), 7);
	box[sizeof(box) - 1] ^= 1;
	assert_false(ph_hub_seeds_take(&seeds, box, seed));
	assert_true(take(&seeds, 7));
	ph_hub_seeds_wipe(&seeds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_given_once),
		cmocka_unit_test(test_a_later_one_takes_the_place),
		cmocka_unit_test(test_all_of_the_box_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
