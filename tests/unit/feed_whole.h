/*
 * tests/unit/feed_whole.h - what a site holds that has its own logs and was told the rest,
 * compared with what follows from all of it.
 */
#ifndef PH_TESTS_FEED_WHOLE_H
#define PH_TESTS_FEED_WHOLE_H

#include <inttypes.h>
#include <stdio.h>

#include "random_history.h"
#include "slow_fold.h"

struct compare {
	struct world *world;
	uint64_t of_type[PH_ENTITY_ERASURE + 1];
	uint64_t tallies; /* that are held */
	uint64_t site, seed;
};

/* Sums of other sites are not told. */
static bool is_told(const struct ph_entity_key *key, uint64_t own)
{
	uint64_t site;
	int64_t day;

	return key->type != PH_ENTITY_TALLY ||
	       (ph_key_get_tally(ph_key_view(key), &site, &day) && site == own);
}

static void print_hex(const char *name, struct ph_view bytes)
{
	printf("# %s ", name);
	for (size_t i = 0; i < bytes.len; i++) {
		printf("%02x", bytes.data[i]);
	}
	printf("\n");
}

static void on_wanted(void *data, const struct ph_entity_key *key, struct ph_view wanted)
{
	struct compare *compare = data;
	struct ph_buf got = { 0 };
	int rc;

	if (!is_told(key, compare->site)) {
		return;
	}
	compare->of_type[key->type]++;
	rc = ph_ledger_get(compare->world->ledger, (enum ph_entity)key->type,
			   ph_key_view(key), &got);
	if (rc != 0 || !ph_view_equal(ph_buf_view(&got), wanted)) {
		printf("# type %u\n", key->type);
		print_hex("id    ", ph_key_view(key));
		print_hex("wanted", wanted);
		print_hex("got   ", ph_buf_view(&got));
		fail_msg("states differ; replay with --seed %" PRIu64 " --count 1",
			 compare->seed);
	}
	ph_buf_deinit(&got);
}

static int on_held(void *data, struct ph_view id, struct ph_view state)
{
	struct compare *compare = data;
	struct ph_entity_key key;

	(void)state;
	assert_true(ph_key_bytes(PH_ENTITY_TALLY, id, &key));
	compare->tallies += is_told(&key, compare->site);
	return 0;
}

static int print_held(void *data, struct ph_view id, struct ph_view state)
{
	(void)data;
	print_hex("held  ", id);
	print_hex("state ", state);
	return 0;
}

/*
 * WORLD, a site that was told all of HISTORY, has the states that the slow definition (slow_fold.h) makes
 * of the whole, each and no other; of tallies those of its own SITE.
 */
static void check_whole(struct world *world, const struct history *history, uint64_t site,
			uint64_t seed)
{
	struct compare compare = { .world = world, .site = site, .seed = seed };
	uint64_t upto[WORLD_LOGS];

	for (size_t i = 0; i < history->n_actors; i++) {
		upto[i] = history->actors[i].n;
	}
	world_catch_up(world);
	slow_each(history->actors, history->n_actors, upto, on_wanted, &compare);
	assert_int_equal(
		ph_ledger_each(world->ledger, PH_ENTITY_TALLY, on_held, &compare), 0);
	for (int type = 1; type <= PH_ENTITY_ERASURE; type++) {
		uint64_t held =
			type == PH_ENTITY_TALLY
				? compare.tallies
				: ph_ledger_count(world->ledger, (enum ph_entity)type);

		if (held != compare.of_type[type]) {
			ph_ledger_each(world->ledger, (enum ph_entity)type, print_held,
				       NULL);
			fail_msg("%" PRIu64 " of type %d, not %" PRIu64 "; seed %" PRIu64,
				 held, type, compare.of_type[type], seed);
		}
	}
}

#endif
