/*
 * tests/unit/test_permute.c - any order, any portions, any number of restarts.
 *
 * A random history of a few logs (random_history.h) is folded in one go by the slow
 * definition (slow_fold.h); then worlds hear of it in random order and portions, with
 * restarts between, and must come to the same digest, on the way as at the end.
 *
 *   test_permute [--count N] [--seed S]
 *
 * History i of a run has the seed S + i; a failing one is replayed by its own seed
 * and --count 1. PACKHORSE_FULL=1 makes 25 times as many.
 */
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "random_history.h"
#include "slow_fold.h"

#define ORDERS 3

static uint64_t arg_count, arg_seed;

/* --- hearing of it in some order --- */

static uint64_t takes_some(void *data, const struct ph_log *log)
{
	const struct actor *without = data;

	return memcmp(log->id, without->id, sizeof log->id) != 0 ? UINT64_MAX : 0;
}

static bool takes_none(const struct world *world, const struct actor *actor)
{
	const struct actor *without = world->takes_data;

	return without != NULL && memcmp(actor->id, without->id, sizeof actor->id) == 0;
}

/* --- what differs, for people --- */

struct differ {
	struct world *world;
	uint64_t entities;
};

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
	struct differ *differ = data;
	struct ph_buf got = { 0 };
	int rc = ph_ledger_get(differ->world->ledger, (enum ph_entity)key->type,
			       ph_key_view(key), &got);

	differ->entities++;
	if (rc != 0 || !ph_view_equal(ph_buf_view(&got), wanted)) {
		printf("# type %u\n", key->type);
		print_hex("id    ", ph_key_view(key));
		print_hex("wanted", wanted);
		print_hex("got   ", ph_buf_view(&got));
	}
	ph_buf_deinit(&got);
}

static void print_differences(struct world *world, const struct history *history,
			      const uint64_t *counted)
{
	struct differ differ = { .world = world };
	uint64_t held = 0;

	slow_each(history->actors, history->n_actors, counted, on_wanted, &differ);
	for (int type = 1; type <= PH_ENTITY_ERASURE; type++) {
		held += ph_ledger_count(world->ledger, (enum ph_entity)type);
	}
	printf("# %" PRIu64 " entities, wanted %" PRIu64 "\n", held, differ.entities);
}

static void check(struct world *world, const struct history *history, uint64_t seed,
		  const char *where)
{
	uint64_t counted[WORLD_LOGS], upto[WORLD_LOGS];
	uint8_t got[32], wanted[32];

	for (size_t i = 0; i < history->n_actors; i++) {
		upto[i] = world_has(world, &history->actors[i]);
		counted[i] = takes_none(world, &history->actors[i]) ? 0 : upto[i];
	}
	world_digest(world, got);
	slow_digest(history->actors, history->n_actors, counted, wanted);
	if (memcmp(got, wanted, sizeof got) != 0) {
		print_differences(world, history, counted);
		fail_msg("%s: digests differ; replay with --seed %" PRIu64 " --count 1",
			 where, seed);
	}
}

static bool has_more(struct world *world, const struct history *history)
{
	for (size_t i = 0; i < history->n_actors; i++) {
		if (world_has(world, &history->actors[i]) < history->actors[i].n) {
			return true;
		}
	}
	return false;
}

static void hear(struct history *history, uint64_t seed)
{
	struct ph_error err = { 0 };
	struct world world;
	world_init(&world, chance(history, 50));
	if (chance(history, 25)) {
		world.takes = takes_some;
		world.takes_data = &history->actors[below(history, history->n_actors)];
		world_reopen_ledger(&world);
	}
	while (has_more(&world, history)) {
		size_t i = below(history, history->n_actors);
		uint64_t most = chance(history, 20) ? 100 : 1 + below(history, 8);

		world_take(&world, &history->actors[i], most);
		if (chance(history, 40)) {
			world_catch_up(&world);
		}
		if (chance(history, 5)) {
			world_reopen_ledger(&world);
		}
		if (chance(history, 4)) {
			check(&world, history, seed, "on the way");
		}
	}
	check(&world, history, seed, "at the end");
	assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
	check(&world, history, seed, "after a rebuild");
	world_deinit(&world);
}

static void every_order_gives_the_same_bytes(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		struct history *history = malloc(sizeof *history);

		assert_non_null(history);
		history_make(history, arg_seed + i, false);
		for (int order = 0; order < ORDERS; order++) {
			hear(history, arg_seed + i);
		}
		history_free(history);
	}
}

static bool read_args(int argc, char **argv)
{
	const char *full = getenv("PACKHORSE_FULL");

	arg_count = full != NULL && strcmp(full, "1") == 0 ? 3000 : 120;
	randombytes_buf(&arg_seed, sizeof arg_seed);
	arg_seed >>= 16;
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t *to = strcmp(argv[i], "--count") == 0  ? &arg_count
			       : strcmp(argv[i], "--seed") == 0 ? &arg_seed
								: NULL;
		char *end;

		if (to == NULL) {
			return false;
		}
		*to = strtoull(argv[i + 1], &end, 10);
		if (*end != '\0') {
			return false;
		}
	}
	return argc % 2 == 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_gives_the_same_bytes),
	};

	if (!read_args(argc, argv)) {
		fprintf(stderr, "usage: test_permute [--count N] [--seed S]\n");
		return 2;
	}
	printf("# seed %" PRIu64 ", %" PRIu64 " histories in %d orders each\n", arg_seed,
	       arg_count, ORDERS);
	fflush(stdout);
	return cmocka_run_group_tests_name("permute", tests, NULL, NULL);
}
