/* tests/unit/test_hub_part.c - the boxes in which a hub keeps the seeds of parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "common/base/rng.h"
#include "daemon/hub_part.h"

static const uint8_t seed[PH_SEED_SIZE] = { 5, 7, 11, 13 };

struct hub {
	struct ph_rng_seeded state;
	struct ph_rng rng;
	struct ph_box_pair own;
	uint8_t box[PH_HUB_BOX_SIZE];
};

static void make_hub(struct hub *hub, uint64_t number)
{
	ph_rng_seed(&hub->state, number, &hub->rng);
	ph_box_pair_make(&hub->own, &hub->rng);
	ph_hub_seed_box(&hub->own, &hub->rng, seed, hub->box);
}

static void assert_opens(const struct hub *hub, struct ph_view box)
{
	uint8_t got[PH_SEED_SIZE] = { 0 };

	assert_int_equal(ph_hub_seed_open(&hub->own, box, got), 0);
	assert_memory_equal(got, seed, sizeof(got));
}

static void assert_shut(const struct hub *hub, struct ph_view box)
{
	uint8_t got[PH_SEED_SIZE];

	assert_int_equal(ph_hub_seed_open(&hub->own, box, got), PH_JOURNAL_E_NONE);
}

static void test_only_its_hub_opens_it(void **state)
{
	(void)state;
	struct hub hub, other;

	make_hub(&hub, 1);
	make_hub(&other, 2);
	assert_opens(&hub, PH_VIEW(hub.box, sizeof(hub.box)));
	assert_shut(&other, PH_VIEW(hub.box, sizeof(hub.box)));
}

static void test_every_bit_counts(void **state)
{
	(void)state;
	struct hub hub;

	make_hub(&hub, 1);
	for (size_t bit = 0; bit < 8 * sizeof(hub.box); bit++) {
		hub.box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_shut(&hub, PH_VIEW(hub.box, sizeof(hub.box)));
		hub.box[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_opens(&hub, PH_VIEW(hub.box, sizeof(hub.box)));
}

static void test_one_seed_twice_is_two_boxes(void **state)
{
	(void)state;
	struct hub hub;
	uint8_t again[PH_HUB_BOX_SIZE];

	make_hub(&hub, 1);
	ph_hub_seed_box(&hub.own, &hub.rng, seed, again);
	assert_memory_not_equal(again, hub.box, 24);
	assert_memory_not_equal(again + 24, hub.box + 24, sizeof(again) - 24);
	assert_opens(&hub, PH_VIEW(again, sizeof(again)));
}

/* As docs/STORE.md has it, made by hand. */
static void test_what_the_book_says(void **state)
{
	(void)state;
	static const char context[] = "packhorse seed box 1";
	uint8_t key[32], box[56] = { 1, 2, 3 };
	struct hub hub;

	make_hub(&hub, 1);
	crypto_generichash(key, sizeof(key), (const uint8_t *)context, strlen(context),
			   hub.own.secret, sizeof(hub.own.secret));
	crypto_secretbox_easy(box + 24, seed, sizeof(seed), box, key);
	assert_opens(&hub, PH_VIEW(box, sizeof(box)));
}

/* What the hub wrote itself, and what came before version 5. */
static void test_what_was_sealed_opens(void **state)
{
	(void)state;
	uint8_t sealed[PH_SEED_BOX_SIZE];
	struct hub hub, other;

	make_hub(&hub, 1);
	make_hub(&other, 2);
	assert_int_equal(crypto_box_seal(sealed, seed, sizeof(seed), hub.own.key), 0);
	assert_opens(&hub, PH_VIEW(sealed, sizeof(sealed)));
	assert_shut(&other, PH_VIEW(sealed, sizeof(sealed)));
	sealed[40] ^= 1;
	assert_shut(&hub, PH_VIEW(sealed, sizeof(sealed)));
}

static void test_no_other_length_opens(void **state)
{
	(void)state;
	uint8_t box[PH_SEED_BOX_SIZE + 8] = { 0 };
	struct hub hub;

	make_hub(&hub, 1);
	memcpy(box, hub.box, sizeof(hub.box));
	for (size_t len = 0; len <= sizeof(box); len++) {
		if (len == sizeof(hub.box)) {
			assert_opens(&hub, PH_VIEW(box, len));
		} else {
			assert_shut(&hub, PH_VIEW(box, len));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_its_hub_opens_it),
		cmocka_unit_test(test_every_bit_counts),
		cmocka_unit_test(test_one_seed_twice_is_two_boxes),
		cmocka_unit_test(test_what_the_book_says),
		cmocka_unit_test(test_what_was_sealed_opens),
		cmocka_unit_test(test_no_other_length_opens),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("hub_part", tests, NULL, NULL);
}
