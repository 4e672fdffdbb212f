/*
 * Tests of what a site believes of the hub's logs (common/ledger/speakers.c, client/site_admitted.c):
 * whose hand seals them could be a thief's, so what does harm in bulk has to be signed by an
 * operator. What counts of keys that are named no more: test_site_closed.c.
 */
#include "tests/unit/site_heeds.h"

/* ---- operators ---- */

/* The hub's key alone cuts nobody off: its words are kept, and heeded by nobody. */
static void test_cut_unsigned(void **state)
{
	struct world *world = *state;
	struct sibling sibling;

	begin(world, &sibling);
	words_unsigned = true;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, false);
	words_unsigned = false;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, true);
	sibling_close(&sibling);
}

/* A thief who has the hub's key signs with one that is no operator's. */
static void test_cut_by_a_stranger(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_sign_pair stranger;
	struct sibling sibling;

	ph_sign_pair_make(&stranger, &world->config.rng);
	begin(world, &sibling);
	words_signed_by = &stranger;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, false);
	/* an operator after all: the list came later than the word */
	memcpy(list.operator_key[list.n_operators++], stranger.key, PH_KEY_SIZE);
	hear_list(world, &list);
	expect(world, &sibling, true);
	words_signed_by = NULL;
	sibling_close(&sibling);
}

/* Who was an operator when it was signed: named by the list, or by the one of the invite. */
static void test_cut_by_a_former_operator(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_sign_pair later;
	struct sibling sibling;

	ph_sign_pair_make(&later, &world->config.rng);
	begin(world, &sibling);
	memcpy(list.operator_key[1], later.key, PH_KEY_SIZE);
	list.n_operators = 2;
	hear_list(world, &list);
	words_signed_by = &later;
	cut(world, &sibling, 1);
	hear(world);
	expect(world, &sibling, true);
	list.n_operators = 1;
	memcpy(list.former[list.n_former++], later.key, PH_KEY_SIZE);
	hear_list(world, &list);
	expect(world, &sibling, true);
	/* a list that names the key nowhere */
	list.n_former = 0;
	hear_list(world, &list);
	expect(world, &sibling, false);
	words_signed_by = NULL;
	sibling_close(&sibling);
}

/* What an operator signed is taken back by an operator alone. */
static void test_void_unsigned(void **state)
{
	struct world *world = *state;
	struct sibling sibling;
	struct ph_sign_pair stranger;
	struct ph_ref ref;

	ph_sign_pair_make(&stranger, &world->config.rng);
	begin(world, &sibling);
	ref = cut(world, &sibling, 1);
	words_unsigned = true;
	take_back(world, &ref);
	hear(world);
	expect(world, &sibling, true);
	words_unsigned = false;
	words_signed_by = &stranger;
	take_back(world, &ref);
	hear(world);
	expect(world, &sibling, true);
	words_signed_by = NULL;
	take_back(world, &ref);
	hear(world);
	expect(world, &sibling, false);
	sibling_close(&sibling);
}

/* An agent lets go of its folder, and a command takes a stick meanwhile: it hears of the list. */
static void test_list_of_another_process(void **state)
{
	struct world *world = *state;
	struct ph_keylist list = world->province.list;
	struct ph_site *agent = world->site;

	ph_site_pause(agent);
	assert_int_equal(world_open(world, NULL), 0);
	hear_list(world, &list);
	ph_site_close(world->site);
	world->site = agent;
	assert_int_equal(agent->keylist.generation, 1);
	assert_int_equal(ph_site_resume(agent, NULL), 0);
	assert_int_equal(agent->keylist.generation, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_cut_unsigned),
		JOINED(test_cut_by_a_stranger),
		JOINED(test_cut_by_a_former_operator),
		JOINED(test_void_unsigned),
		JOINED(test_list_of_another_process),
	};

	province_must(ph_crypto_start());
	return cmocka_run_group_tests_name("site_speakers", tests, NULL, NULL);
}
