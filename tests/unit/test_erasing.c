/*
 * tests/unit/test_erasing.c - carrying out erasures (docs/MERGE.md, "Carrying out an erasure"):
 * whose order counts, whom it takes, what comes later, and that no state depends on it.
 */
#include "erasing_bench.h"

/* --- tests --- */

/* Registration, change by another site, note about the change: all go, others' stay. */
static void taken(void **state)
{
	struct ph_buf cipher[5] = { { 0 }, { 0 }, { 0 }, { 0 }, { 0 } };
	struct ph_ref ref[5];
	struct ph_ref erase;
	struct ph_erasing_done done;
	struct ph_erasing_order found;
	struct bench bench;
	uint8_t before[32];
	uint8_t after[32];

	setup(&bench, state);
	ref[0] = reader_put(&bench.room->a, NULL, 10, &cipher[0]);
	ref[1] = reader_put(&bench.room->b, &ref[0], 20, &cipher[1]);
	ref[2] = note(&bench.room->b, &ref[1], 30, &cipher[2]);
	ref[3] = reader_put(&bench.room->a, NULL, 40, &cipher[3]);
	ref[4] = note(&bench.room->a, &ref[3], 50, &cipher[4]);
	issue(&bench.room->a, "k1", &ref[0], 60);
	erase = order(&bench.room->hub, &ref[0], "k1", &bench.operators[0], 70);
	fold_all(bench.room);
	for (unsigned i = 0; i < 5; i++) {
		give(bench.room, &ref[i], &cipher[i]);
	}
	digest(bench.room, before);
	done = carry_out(&bench, 1);
	assert_true(done.orders == 1 && done.readers == 1 && done.parts == 3 &&
		    done.refused == 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(has_part(bench.room, &ref[i]), i > 2);
		give(bench.room, &ref[i], &cipher[i]); /* by another road, again */
		assert_int_equal(has_part(bench.room, &ref[i]), i > 2);
	}
	digest(bench.room, after);
	assert_memory_equal(before, after, sizeof before);
	assert_int_equal(ph_erasing_get(bench.room->world.db, &erase, &found), 0);
	assert_true(found.done && !found.told && found.held);
	done = carry_out(&bench, 1);
	assert_true(done.orders == 0 && done.readers == 0 && done.parts == 0);
	for (unsigned i = 0; i < 5; i++) {
		ph_buf_deinit(&cipher[i]);
	}
}

/* Nobody's order, a stranger's, one that stands in a site's log: nothing goes. */
static void not_taken(void **state)
{
	struct ph_buf cipher = { 0 };
	struct ph_ref reader;
	struct ph_erasing_done done;
	struct bench bench;

	setup(&bench, state);
	reader = reader_put(&bench.room->a, NULL, 10, &cipher);
	order(&bench.room->hub, &reader, "k1", NULL, 20);
	order(&bench.room->hub, &reader, "k1", &bench.operators[1], 30);
	order(&bench.room->b, &reader, "k1", &bench.operators[0], 40);
	fold_all(bench.room);
	give(bench.room, &reader, &cipher);
	done = carry_out(&bench, 1);
	assert_true(done.orders == 0 && done.refused == 2);
	assert_true(has_part(bench.room, &reader));
	/* the key list that it joined with names the other operator */
	done = carry_out(&bench, 2);
	assert_true(done.orders == 1 && done.refused == 1 && done.parts == 1);
	assert_false(has_part(bench.room, &reader));
	ph_buf_deinit(&cipher);
}

/* Without key lists, as at the hub, a signature must be good, and anybody's. */
static void at_hub(void **state)
{
	struct ph_buf cipher = { 0 };
	struct ph_ref reader;
	struct bench bench;

	setup(&bench, state);
	reader = reader_put(&bench.room->a, NULL, 10, &cipher);
	order(&bench.room->hub, &reader, "k1", NULL, 20);
	fold_all(bench.room);
	give(bench.room, &reader, &cipher);
	assert_int_equal(carry_out(&bench, 0).orders, 0);
	order(&bench.room->hub, &reader, "k1", &bench.operators[1], 30);
	fold_all(bench.room);
	assert_int_equal(carry_out(&bench, 0).orders, 1);
	assert_false(has_part(bench.room, &reader));
	ph_buf_deinit(&cipher);
}

/* A site that had not heard issues the card again: to whom it did is erased, before or after. */
static void by_card(void **state)
{
	struct ph_buf cipher[3] = { { 0 }, { 0 }, { 0 } };
	struct ph_erasing_done done;
	struct ph_ref reader[3];
	struct bench bench;

	setup(&bench, state);
	reader[0] = reader_put(&bench.room->a, NULL, 10, &cipher[0]);
	issue(&bench.room->a, "k1", &reader[0], 11);
	reader[1] = reader_put(&bench.room->b, NULL, 20, &cipher[1]);
	issue(&bench.room->b, "k1", &reader[1], 21);
	order(&bench.room->hub, &reader[0], "k1", &bench.operators[0], 30);
	fold_all(bench.room);
	give(bench.room, &reader[0], &cipher[0]);
	give(bench.room, &reader[1], &cipher[1]);
	done = carry_out(&bench, 1);
	assert_true(done.parts == 2 && !has_part(bench.room, &reader[1]));
	reader[2] = reader_put(&bench.room->b, NULL, 40, &cipher[2]);
	fold_all(bench.room);
	give(bench.room, &reader[2], &cipher[2]);
	assert_int_equal(carry_out(&bench, 1).parts, 0);
	assert_true(has_part(bench.room, &reader[2]));
	issue(&bench.room->b, "k1", &reader[2], 41);
	fold_all(bench.room);
	assert_int_equal(carry_out(&bench, 1).parts, 1);
	assert_false(has_part(bench.room, &reader[2]));
	for (unsigned i = 0; i < 3; i++) {
		ph_buf_deinit(&cipher[i]);
	}
}

/* What a site has to tell comes once; what it passed over comes again when more is known. */
static void told(void **state)
{
	struct ph_buf cipher = { 0 };
	struct ph_ref reader;
	struct ph_ref erase;
	struct ph_erasing_order first;
	struct bench bench;

	setup(&bench, state);
	reader = reader_put(&bench.room->a, NULL, 10, &cipher);
	erase = order(&bench.room->hub, &reader, "k1", &bench.operators[0], 20);
	fold_all(bench.room);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	carry_out(&bench, 1);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first), 0);
	assert_true(ph_ref_equal(&first.ref, &erase));
	assert_false(first.held); /* her part never came */
	assert_int_equal(ph_erasing_pass(bench.room->world.db, &erase), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	assert_int_equal(ph_erasing_ask_again(bench.room->world.db), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first), 0);
	assert_false(first.held);
	assert_int_equal(ph_erasing_tell(bench.room->world.db, &erase), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	assert_int_equal(ph_erasing_ask_again(bench.room->world.db), 0);
	assert_int_equal(ph_erasing_untold(bench.room->world.db, &first),
			 PH_LEDGER_E_NONE);
	ph_buf_deinit(&cipher);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fold_setup, fold_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(taken), TEST(not_taken), TEST(at_hub), TEST(by_card), TEST(told),
	};

	return sodium_init() < 0
		       ? 1
		       : cmocka_run_group_tests_name("erasing", tests, NULL, NULL);
}
