/*
 * Tests of common/ledger/fed*.c: pages of the feed applied at a device one after another, in
 * whatever order and however often they come, and what does not go on from what is held.
 */
#include "tests/unit/fed_room.h"

/* ---- one item at a time ---- */

/* FACT and UNFACT under entities, moved in the order, by hash, with its part. */
static void test_fed_random(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		unsigned done = 0;

		ph_rng_seed(&seeded, seed, &rng);
		scene_random(&scene, 150, &rng);
		begin();
		while (done < scene.n_steps) {
			unsigned next = done + 1 + (unsigned)ph_rng_below(&rng, 12);

			next = next < scene.n_steps ? next : scene.n_steps;
			assert_int_equal(apply_page(done, next), 0);
			done = next;
			assert_holds(&scene, db, done);
		}
		ph_db_rollback(db);
	}
}

/* ---- every order ---- */

enum {
	CARDS = 7,
};

struct card {
	struct ph_buf bytes;
	struct ph_feed_page page;
	bool is_foreign;
};

/* Give all of CARD in the order ORDER says. */
static void deal(const struct card *card, const unsigned *order)
{
	for (unsigned i = 0; i < CARDS; i++) {
		struct ph_fed_moved moved = { 0 };
		int rc = ph_fed_apply(db, scene.feed, &card[order[i]].page, &moved);

		assert_true(rc == 0 || rc == PH_FED_E_OLD || rc == PH_FED_E_GAP ||
			    rc == PH_FED_E_FOREIGN);
		assert_int_equal(rc == PH_FED_E_FOREIGN, card[order[i]].is_foreign);
		assert_int_equal(moved.pages, rc == 0);
	}
}

/* The next permutation, in the order of books; false after the last. */
static bool permute(unsigned *order, unsigned n)
{
	unsigned i = n - 1;
	unsigned j = n - 1;

	while (i > 0 && order[i - 1] >= order[i]) {
		i--;
	}
	if (i == 0) {
		return false;
	}
	while (order[j] <= order[i - 1]) {
		j--;
	}

	unsigned swap = order[i - 1];

	order[i - 1] = order[j];
	order[j] = swap;
	for (j = n - 1; i < j; i++, j--) {
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return true;
}

/*
 * Pages of an older scope version, of an older epoch, of another device and of the
 * newest feed, in all 5,040 orders: once what is behind the cursor came again, the
 * newest feed is held, and nothing else.
 */
static void test_fed_every_order(void **state)
{
	unsigned order[CARDS] = { 0, 1, 2, 3, 4, 5, 6 };
	struct card card[CARDS] = { 0 };
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	unsigned dealt = 0;

	(void)state;
	ph_rng_seed(&seeded, 77, &rng);
	scene_random(&scene, 40, &rng);
	scene.epoch.number = 2;
	scene.scope = 9;
	scene_page(&scene, 0, 30, &card[0].bytes);
	scene.epoch.number = 3;
	scene.scope = 1;
	scene_page(&scene, 0, 10, &card[1].bytes);
	scene_page(&scene, 10, 40, &card[2].bytes);
	scene_random(&scene, 40, &rng);
	scene.scope = 2;
	scene_page(&scene, 0, 8, &card[3].bytes);
	scene_page(&scene, 8, 25, &card[4].bytes);
	scene_page(&scene, 25, 40, &card[5].bytes);
	scene.feed[0] ^= 1;
	scene_page(&scene, 0, 40, &card[6].bytes);
	scene.feed[0] ^= 1;
	card[6].is_foreign = true;
	for (unsigned i = 0; i < CARDS; i++) {
		decode(&card[i].bytes, &card[i].page);
	}
	do {
		begin();
		deal(card, order);
		for (unsigned i = 3; i < 6; i++) { /* as the hub sends from the cursor */
			struct ph_fed_moved moved = { 0 };

			(void)ph_fed_apply(db, scene.feed, &card[i].page, &moved);
		}
		if (dealt % 8 == 0) {
			assert_holds(&scene, db, 40);
		}
		deal(card, order); /* and all of it once more */
		assert_holds(&scene, db, 40);
		ph_db_rollback(db);
		dealt++;
	} while (permute(order, CARDS));
	assert_int_equal(dealt, 5040);
	for (unsigned i = 0; i < CARDS; i++) {
		ph_buf_deinit(&card[i].bytes);
	}
}

/* What does not go on from the cursor, and what overlaps it. */
static void test_fed_gaps(void **state)
{
	static const struct {
		const char *name;
		unsigned from, number;
		int rc;
	} cases[] = {
		{ "again", 0, 10, PH_FED_E_OLD },
		{ "a part of it", 5, 9, PH_FED_E_OLD },
		{ "overlaps", 5, 15, PH_FED_E_GAP },
		{ "from the start, and further", 0, 15, PH_FED_E_GAP },
		{ "one left out", 11, 15, PH_FED_E_GAP },
		{ "the next", 10, 15, 0 },
	};
	struct ph_fed_counts counts;

	(void)state;
	random_feed(5, 20);
	begin();
	assert_int_equal(apply_page(0, 10), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		assert_int_equal(apply_page(cases[i].from, cases[i].number), cases[i].rc);
		assert_holds(&scene, db, cases[i].rc == 0 ? 15 : 10);
	}

	/* another hub of the same number: its pages are not ours, until it is asked anew */
	scene.epoch.random[0] ^= 1;
	assert_int_equal(apply_page(0, 20), PH_FED_E_OLD);
	assert_int_equal(apply_page(15, 20), PH_FED_E_OLD);
	assert_int_equal(ph_fed_forget(db), 0);
	assert_int_equal(apply_page(15, 20), PH_FED_E_GAP);
	assert_int_equal(apply_page(0, 20), 0);
	assert_holds(&scene, db, 20);
	/* somebody had its keys: nothing of it stays, before any page comes */
	assert_int_equal(ph_fed_drop(db), 0);
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries + counts.entities + counts.outside, 0);
	assert_int_equal(apply_page(0, 20), 0);
	assert_holds(&scene, db, 20);
	scene.epoch.random[0] ^= 1;
	scene.scope = 1; /* a higher scope version goes on only from the start */
	assert_int_equal(apply_page(0, 20), PH_FED_E_OLD);
	ph_db_rollback(db);
	scene.scope = 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fed_random),
		cmocka_unit_test(test_fed_every_order),
		cmocka_unit_test(test_fed_gaps),
	};

	return cmocka_run_group_tests_name("fed_order", tests, set_up, tear_down);
}
