/* tests/unit/test_fold_nothing.c - what is kept in a log and folds as nothing (docs/MERGE.md). */
#include "fold_world.h"

static void wrong_writer_folds_as_nothing(void **state)
{
	struct room *room = *state;
	struct ph_entry policy = entry_of(PH_KIND_POLICY_PUT);
	struct ph_entry visit = visit_of(5);
	struct actor courier;

	set_text(&policy, PH_POLICY_NAME, "loan-term-days");
	set_text(&policy, PH_POLICY_VALUE, "999");
	at(&room->a, &policy, 10);
	at(&room->hub, &visit, 20);
	actor_init(&courier, 8, 101, T0);
	courier.role = PH_ROLE_COURIER;
	at(&courier, &visit, 30);
	world_take(&room->world, &courier, UINT64_MAX);
	fold_all(room);
	assert_int_equal(ph_ledger_count(room->world.ledger, PH_ENTITY_POLICY), 0);
	assert_int_equal(ph_ledger_count(room->world.ledger, PH_ENTITY_TALLY), 0);
	actor_deinit(&courier);
}

static void malformed_and_unknown_fold_as_nothing(void **state)
{
	struct room *room = *state;
	static const uint8_t unknown[] = { 0x93, 0xcd, 0x7f, 0xff, 1, 0xc0 };
	static const uint8_t junk[] = { 0xc1, 0xff };

	actor_raw(&room->a, PH_VIEW(unknown, sizeof unknown));
	actor_raw(&room->a, PH_VIEW(junk, sizeof junk));
	loan(&room->a, "c1", "k1", 100);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
}

static void log_with_a_wrong_open_folds_as_nothing(void **state)
{
	struct room *room = *state;
	struct actor wrong[4];

	for (int i = 0; i < 4; i++) {
		actor_init(&wrong[i], (uint8_t)(20 + i), 101, T0);
	}
	wrong[0].site = 102;           /* another site than certified */
	wrong[1].key[0] ^= 1;          /* another key seals it */
	wrong[2].id[0] ^= 1;           /* the id is not made of key and nonce */
	wrong[3].bytes.data[0] = 0xc1; /* no entry at all */
	for (int i = 0; i < 4; i++) {
		actor_chain(&wrong[i]);
		loan(&wrong[i], "c1", "k1", 100);
		world_take(&room->world, &wrong[i], UINT64_MAX);
		fold_all(room);
		assert_false(has_copy(room, "c1"));
		/* And stays nothing. */
		loan(&wrong[i], "c1", "k1", 200);
		world_take(&room->world, &wrong[i], UINT64_MAX);
		fold_all(room);
		assert_false(has_copy(room, "c1"));
		actor_deinit(&wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(wrong_writer_folds_as_nothing),
		FOLD_TEST(malformed_and_unknown_fold_as_nothing),
		FOLD_TEST(log_with_a_wrong_open_folds_as_nothing),
	};

	return cmocka_run_group_tests_name("fold_nothing", tests, NULL, NULL);
}
