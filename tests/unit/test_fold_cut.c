/* tests/unit/test_fold_cut.c - what a cut takes away, and an adoption gives back (docs/MERGE.md). */
#include "act_world.h"

#include "common/ledger/device.h"

static void cut_takes_what_no_head_covers(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	visit_at(&room->a, 5, 200);
	loan(&room->a, "c2", "k1", 300);
	fold_all(room);
	assert_int_equal(visits(room, 101, 0), 5);
	cut_at(&room->hub, &room->a, 2, 400);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	assert_false(has_copy(room, "c2"));
	assert_int_equal(visits(room, 101, 0), 0);
	assert_int_equal(get_tally(room, 101, 0).count[PH_TALLY_LOANS], 1);
}

static void cut_without_heads_takes_all(void **state)
{
	struct room *room = *state;
	struct ph_entity_key key;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->a2, "c2", "k1", 100);
	cut_at(&room->hub, &room->a, 0, 400);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	assert_true(has_copy(room, "c2")); /* another device of the site */
	assert_true(ph_key_bytes(PH_ENTITY_LOG, PH_VIEW(room->a.id, 16), &key));
	assert_int_equal(get_state(room, PH_ENTITY_LOG, &key), PH_LEDGER_E_NONE);
}

static void cut_reaches_every_log_of_the_device(void **state)
{
	struct room *room = *state;
	struct actor other;

	actor_init_log(&other, 1, 77, 101, T0); /* the key of a */
	loan(&room->a, "c1", "k1", 100);
	loan(&other, "c2", "k1", 100);
	cut_at(&room->hub, &room->a, 2, 400);
	fold_all(room);
	hear(room, &other); /* that comes after the cut */
	assert_true(has_copy(room, "c1"));
	assert_false(has_copy(room, "c2"));
	actor_deinit(&other);
}

static void cut_that_came_first_waits_for_the_log(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->a, "c2", "k1", 300);
	cut_at(&room->hub, &room->a, 2, 400);
	hear(room, &room->hub);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	assert_false(has_copy(room, "c2"));
}

static void head_covers_once_it_is_held(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->a, "c2", "k1", 200);
	loan(&room->a, "c3", "k1", 300);
	cut_at(&room->hub, &room->a, 3, 400);
	world_take(&room->world, &room->a, 2);
	hear(room, &room->hub);
	/* Whether entry 2 stands on the chain of that head nobody can tell yet. */
	assert_false(has_copy(room, "c1"));
	world_take(&room->world, &room->a, 1);
	world_catch_up(&room->world);
	assert_true(has_copy(room, "c1"));
	assert_true(has_copy(room, "c2"));
	hear(room, &room->a);
	assert_false(has_copy(room, "c3"));
}

static void head_of_another_chain_covers_nothing(void **state)
{
	struct room *room = *state;
	struct ph_head head;

	loan(&room->a, "c1", "k1", 100);
	head = head_at(&room->a, 2);
	head.h[31] ^= 1;
	cut_heads(&room->hub, &room->a, &head, 1, 400);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void of_several_cuts_each_must_leave_it(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->a, "c2", "k1", 200);
	cut_at(&room->hub, &room->a, 2, 400);
	cut_at(&room->hub, &room->a, 3, 500);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	assert_false(has_copy(room, "c2"));
}

static void voided_cut_cuts_nothing(void **state)
{
	struct room *room = *state;
	struct ph_ref cut;

	loan(&room->a, "c1", "k1", 100);
	visit_at(&room->a, 5, 200);
	cut = cut_at(&room->hub, &room->a, 1, 400);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	void_it(&room->hub, &cut, 500); /* without an operator's signature */
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	void_signed(&room->hub, &cut, 600);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	assert_int_equal(visits(room, 101, 0), 5);
}

static void operator_signs_voids_in_the_same_log(void **state)
{
	struct room *room = *state;
	struct actor desk;
	struct ph_ref cut;

	actor_init(&desk, 9, 0, T0);
	loan(&room->a, "c1", "k1", 100);
	cut = cut_at(&room->hub, &room->a, 1, 400);
	void_signed(&desk, &cut, 500);
	fold_all(room);
	hear(room, &desk);
	assert_false(has_copy(room, "c1"));
	actor_deinit(&desk);
}

static void what_is_cut_acts_on_nothing(void **state)
{
	struct room *room = *state;
	struct ph_ref out = loan(&room->a2, "c1", "k1", 100);

	void_it(&room->a, &out, 200);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
	cut_at(&room->hub, &room->a, 1, 400);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
}

static void adoption_wins_over_cuts(void **state)
{
	struct room *room = *state;
	struct ph_ref adopted;

	loan(&room->a, "c1", "k1", 100);
	loan(&room->a, "c2", "k1", 200);
	loan(&room->a, "c3", "k1", 300);
	cut_at(&room->hub, &room->a, 0, 400);
	adopted = adopt(&room->hub, &room->a, 3, 500);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
	assert_true(has_copy(room, "c2"));
	assert_false(has_copy(room, "c3"));
	/* Another cut changes nothing; voiding the adoption does. */
	cut_at(&room->hub, &room->a, 1, 600);
	fold_all(room);
	assert_true(has_copy(room, "c2"));
	void_signed(&room->hub, &adopted, 700);
	fold_all(room);
	assert_false(has_copy(room, "c1"));
}

static void hub_is_never_cut(void **state)
{
	struct room *room = *state;
	struct ph_entry policy = entry_of(PH_KIND_POLICY_PUT);
	struct ph_entity_key key;

	set_text(&policy, PH_POLICY_NAME, "loan-term-days");
	set_text(&policy, PH_POLICY_VALUE, "21");
	at(&room->hub, &policy, 10);
	cut_at(&room->hub, &room->hub, 0, 20);
	fold_all(room);
	assert_true(ph_key_bytes(PH_ENTITY_POLICY, ph_view_str("loan-term-days"), &key));
	assert_int_equal(get_state(room, PH_ENTITY_POLICY, &key), 0);
}

static void cut_by_a_site_is_nothing(void **state)
{
	struct room *room = *state;

	loan(&room->a, "c1", "k1", 100);
	cut_at(&room->b, &room->a, 0, 400);
	fold_all(room);
	assert_true(has_copy(room, "c1"));
}

static void twin_counts_when_the_first_is_cut(void **state)
{
	struct room *room = *state;
	struct ph_entry visit = visit_of(5);

	set_source(&visit, 7);
	at(&room->a, &visit, 100);
	visit.field[PH_VISIT_COUNT].as.uint = 9;
	at(&room->a2, &visit, 500);
	fold_all(room);
	assert_int_equal(visits(room, 101, 0), 5);
	cut_at(&room->hub, &room->a, 1, 600);
	fold_all(room);
	assert_int_equal(visits(room, 101, 0), 9);
}

static size_t cuts_of(struct room *room, uint8_t device)
{
	const uint8_t id[PH_DEVICE_ID_SIZE] = { device };
	struct ph_device_state shown;
	struct ph_buf state = { 0 };
	size_t n;

	assert_int_equal(ph_ledger_get(room->world.ledger, PH_ENTITY_DEVICE,
				       PH_VIEW(id, sizeof id), &state),
			 0);
	assert_int_equal(ph_device_decode(ph_buf_view(&state), &shown), 0);
	n = shown.n_cuts;
	ph_device_deinit(&shown);
	ph_buf_deinit(&state);
	return n;
}

/* Else a device could be cut, and its state not say so. */
static void a_cut_has_no_twins(void **state)
{
	struct room *room = *state;

	for (uint8_t i = 1; i <= 2; i++) {
		struct ph_entry cut = entry_of(PH_KIND_DEVICE_CUT);
		uint8_t device[PH_DEVICE_ID_SIZE] = { i };

		set_bytes(&cut, PH_CUT_DEVICE, device, sizeof device);
		set_source(&cut, 7);
		sign_as_operator(&cut);
		at(&room->hub, &cut, 100 * i);
	}
	fold_all(room);
	assert_int_equal(cuts_of(room, 1), 1);
	assert_int_equal(cuts_of(room, 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FOLD_TEST(cut_takes_what_no_head_covers),
		FOLD_TEST(cut_without_heads_takes_all),
		FOLD_TEST(cut_reaches_every_log_of_the_device),
		FOLD_TEST(cut_that_came_first_waits_for_the_log),
		FOLD_TEST(head_covers_once_it_is_held),
		FOLD_TEST(head_of_another_chain_covers_nothing),
		FOLD_TEST(of_several_cuts_each_must_leave_it),
		FOLD_TEST(voided_cut_cuts_nothing),
		FOLD_TEST(operator_signs_voids_in_the_same_log),
		FOLD_TEST(what_is_cut_acts_on_nothing),
		FOLD_TEST(adoption_wins_over_cuts),
		FOLD_TEST(hub_is_never_cut),
		FOLD_TEST(cut_by_a_site_is_nothing),
		FOLD_TEST(twin_counts_when_the_first_is_cut),
		FOLD_TEST(a_cut_has_no_twins),
	};

	return cmocka_run_group_tests_name("fold_cut", tests, NULL, NULL);
}
