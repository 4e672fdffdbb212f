/* tests/unit/test_fold_void.c - what a void takes away, and whose may (docs/MERGE.md). */
#include "fold_world.h"

static void void_takes_away(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	fold_all(room);
	assert_true(has_copy(room, "c1"));
	void_it(&room->a2, &out, 200); /* another log of the same site */
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_LOANS], 0);
}

static void void_waits_for_its_target(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	void_it(&room->a2, &out, 50);
	world_take(&room->world, &room->a2, UINT64_MAX);
	world_catch_up(&room->world);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_LOANS], 0);
}

static void void_by_a_stranger_has_no_effect(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	void_it(&room->b, &out, 200);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	void_it(&room->hub, &out, 300); /* the hub may */
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void void_on_behalf_counts_as_that_site(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_entry entry = entry_of(PH_KIND_VOID);

	set_ref(&entry, PH_VOID_TARGET, &out);
	entry.extras.behalf = 101;
	at(&room->b, &entry, 200);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void void_of_a_void_has_no_effect(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);
	struct ph_ref first = void_it(&room->a, &out, 200);

	void_it(&room->a, &first, 300);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void void_with_another_hash_names_nothing(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a, "c1", "k1", 100);

	out.hash[7] ^= 1;
	void_it(&room->a, &out, 200);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
}

static void hub_is_voided_only_in_its_own_log(void **state)
{
	struct room *room = *state;
	struct ph_entry policy = entry_of(PH_KIND_POLICY_PUT);
	struct ph_entity_key key;
	struct actor other;

	set_text(&policy, PH_POLICY_NAME, "loan-term-days");
	set_text(&policy, PH_POLICY_VALUE, "21");

	struct ph_ref put = at(&room->hub, &policy, 10);

	assert_true(ph_key_bytes(PH_ENTITY_POLICY, ph_view_str("loan-term-days"), &key));
	actor_init(&other, 9, 0, T0);
	void_it(&other, &put, 20);   /* another log of the hub */
	void_it(&room->a, &put, 20); /* a site */
	world_take(&room->world, &other, UINT64_MAX);
	fold_all(room);
	assert_int_equal(get_state(room, PH_ENTITY_POLICY, &key), 0);
	void_it(&room->hub, &put, 30);
	fold_all(room);
	assert_int_equal(get_state(room, PH_ENTITY_POLICY, &key), PH_LEDGER_E_NONE);
	actor_deinit(&other);
}

/* Not even by an operator, in the log in which it stands. */
static void erasure_is_never_voided(void **state)
{
	struct room *room = *state;
	struct ph_entry erase = entry_of(PH_KIND_READER_ERASE);
	struct ph_entry entry = entry_of(PH_KIND_VOID);
	uint8_t signature[PH_OPERATOR_SIZE] = { 1 };
	struct ph_ref reader = { .n = 7 }, ref;
	struct ph_buf list = { 0 };
	struct ph_entity_key key;

	assert_int_equal(
		ph_list_put_refs(&list, &reader, 1, &erase.field[PH_ERASE_READERS]), 0);
	erase.extras.operator_sig = PH_VIEW(signature, sizeof signature);
	ref = at(&room->hub, &erase, 10);
	set_ref(&entry, PH_VOID_TARGET, &ref);
	entry.extras.operator_sig = PH_VIEW(signature, sizeof signature);
	at(&room->hub, &entry, 20);
	fold_all(room);
	key = ph_key_ref(PH_ENTITY_ERASURE, &ref);
	assert_int_equal(get_state(room, PH_ENTITY_ERASURE, &key), 0);
	key = ph_key_ref(PH_ENTITY_READER, &reader);
	assert_int_equal(get_state(room, PH_ENTITY_READER, &key), 0);
	ph_buf_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(void_takes_away),
		FOLD_TEST(void_waits_for_its_target),
		FOLD_TEST(void_by_a_stranger_has_no_effect),
		FOLD_TEST(void_on_behalf_counts_as_that_site),
		FOLD_TEST(void_of_a_void_has_no_effect),
		FOLD_TEST(void_with_another_hash_names_nothing),
		FOLD_TEST(hub_is_voided_only_in_its_own_log),
		FOLD_TEST(erasure_is_never_voided),
	};

	return cmocka_run_group_tests_name("fold_void", tests, NULL, NULL);
}
