/*
 * tests/unit/test_failing_ledger.c - memory and the store fail at each place, once.
 *
 * A random history (random_history.h) is heard of in portions. Each time the ledger catches
 * up, or is asked something (looks.h), or built anew, it does so again and again while, each
 * time, one call more fails (fail_at.h); until nothing does any more. What failed says so with
 * the error that it was (no memory, no room), in words, and never as damage, or its answer is
 * the right one all the same; the next time that nothing fails it is done, and then the
 * ledger is the slow definition's, now and at the end. Of what is asked no answer is given
 * twice, and none half.
 *
 *   test_failing_ledger [--count N] [--seed S]
 */
#include "failing_world.h"
#include "feed_slow.h"
#include "feed_whole.h"
#include "plain_hub.h"
#include "random_history.h"
#include "seed_args.h"
#include "slow_fold.h"

#define KEYS_OF_TYPE 6
#define SITE         101

struct keys_seen {
	struct ph_keyset set;
	enum ph_entity type;
	unsigned left;
};

static int on_key(void *data, struct ph_view id, struct ph_view state)
{
	struct keys_seen *seen = data;
	struct ph_entity_key key;

	(void)state;
	assert_true(ph_key_bytes(seen->type, id, &key));
	assert_int_equal(ph_keyset_add(&seen->set, &key), 0);
	return --seen->left == 0;
}

static int on_case(void *data, const struct ph_case_row *row)
{
	struct looking *looking = data;

	memcpy(looking->id, row->id, sizeof(looking->id));
	return looking->number++ == 3;
}

static void ask_everything(struct machine *machine, struct ph_figures *figures)
{
	struct looking looking = { .world = &machine->world,
				   .opener.open = look_open,
				   .figures = figures };
	struct ph_case_filter filter = { .all = true };
	struct keys_seen seen = { 0 };

	for (int type = 1; type <= PH_ENTITY_ERASURE; type++) {
		seen.type = (enum ph_entity)type;
		seen.left = KEYS_OF_TYPE;
		assert_true(ph_ledger_each(machine->world.ledger, seen.type, on_key,
					   &seen) >= 0);
	}
	for (size_t i = 0; i < seen.set.n; i++) {
		looking.key = seen.set.keys[i];
		looking.number = (unsigned)i;
		for (size_t k = 0; k < LOOKS_AT_ONE; k++) {
			ask_through(&looking, &looks_at_one[k], machine->seed);
		}
	}
	for (size_t k = 0; k < LOOKS_AT_ALL; k++) {
		for (looking.number = 0; looking.number < 6; looking.number++) {
			ask_through(&looking, &looks_at_all[k], machine->seed);
		}
	}
	for (filter.kind = 1; filter.kind <= 18; filter.kind++) {
		looking.number = 0;
		assert_true(ph_cases_each(machine->world.ledger, &filter, on_case,
					  &looking) >= 0);
		if (looking.number == 0) {
			continue;
		}
		for (looking.number = 0; looking.number < 3; looking.number++) {
			for (size_t k = 0; k < LOOKS_AT_CASE; k++) {
				ask_through(&looking, &looks_at_case[k], machine->seed);
			}
		}
	}
	ph_keyset_deinit(&seen.set);
}

/* --- a history --- */

static void compare(struct machine *machine, const struct history *history,
		    const uint64_t *told)
{
	uint8_t got[32], wanted[32];

	world_digest(&machine->world, got);
	slow_digest(history->actors, history->n_actors, told, wanted);
	if (memcmp(got, wanted, sizeof(got)) != 0) {
		fail_msg("digests differ; replay with --seed %" PRIu64 " --count 1",
			 machine->seed);
	}
}

static void play(uint64_t seed)
{
	struct history *history = malloc(sizeof(*history));
	struct machine machine = { .seed = seed };
	uint64_t told[WORLD_LOGS] = { 0 };
	struct ph_figures figures = { 0 };
	bool more = true;
	int64_t day = ph_day_of(T0);

	assert_non_null(history);
	history_make(history, seed, false);
	world_init(&machine.world, chance(history, 30));
	machine.world.hub = chance(history, 50) ? &plain_hub : NULL;
	world_reopen_ledger(&machine.world);
	for (unsigned portion = 0; more; portion++) {
		more = false;
		for (size_t i = 0; i < history->n_actors; i++) {
			world_take(&machine.world, &history->actors[i],
				   1 + below(history, 60));
			more = more || world_has(&machine.world, &history->actors[i]) <
					       history->actors[i].n;
		}
		through_failures(&machine, catch_up);
		if (chance(history, 25)) {
			for (size_t i = 0; i < history->n_actors; i++) {
				told[i] = world_has(&machine.world, &history->actors[i]);
			}
			compare(&machine, history, told);
		}
		if (portion == 0) {
			assert_int_equal(ph_figures_sum(machine.world.ledger, day - 40,
							day + 200, &figures),
					 0);
		}
		if (chance(history, 20)) {
			through_failures(&machine, reopen);
		}
	}
	for (size_t i = 0; i < history->n_actors; i++) {
		told[i] = history->actors[i].n;
	}
	compare(&machine, history, told);
	ask_everything(&machine, &figures);
	through_failures(&machine, rebuild);
	compare(&machine, history, told);
	ph_figures_deinit(&figures);
	world_deinit(&machine.world);
	history_free(history);
}

/* --- a site that is fed --- */

/*
 * What counts of others comes in pages (feed_slow.h), and at the end all is as the slow
 * definition has it of the whole, as in test_fed_fold.c.
 */
static void play_fed(uint64_t seed)
{
	struct history *history = malloc(sizeof(*history));
	struct machine machine = { .seed = seed };
	uint64_t upto[WORLD_LOGS] = { 0 };
	struct slow_feed feed;
	bool more = true;

	assert_non_null(history);
	history_make(history, seed, true);
	slow_feed_init(&feed, SITE, &history->rng);
	world_init(&machine.world, chance(history, 30));
	assert_int_equal(ph_fed_tables_open(machine.world.db), 0);
	machine.world.fed = machine.world.db;
	machine.world.fed_batch = chance(history, 50) ? 0 : 3;
	world_reopen_ledger(&machine.world);
	while (more) {
		more = false;
		for (size_t i = 0; i < history->n_actors; i++) {
			const struct actor *actor = &history->actors[i];

			upto[i] += 1 + below(history, 60);
			upto[i] = upto[i] < actor->n ? upto[i] : actor->n;
			more = more || upto[i] < actor->n;
			if (has_itself(SITE, history->actors, actor)) {
				world_take(&machine.world, actor, UINT64_MAX);
			}
		}
		slow_feed_tell(&feed, machine.world.db, history->actors,
			       history->n_actors, upto);
		through_failures(&machine, catch_up);
	}
	check_whole(&machine.world, history, SITE, seed);
	ask_everything(&machine, NULL);
	through_failures(&machine, rebuild);
	check_whole(&machine.world, history, SITE, seed);
	slow_feed_deinit(&feed);
	world_deinit(&machine.world);
	history_free(history);
}

static void every_failure_is_survived(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		play(arg_seed + i);
		play_fed(arg_seed + i);
	}
	printf("# %" PRIu64 " ways on which a call failed; %" PRIu64 " answers\n",
	       failing.ways, asked);
	assert_int_equal(wrong, 0);
	assert_true(failing.ways > 100);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_failure_is_survived),
	};

	if (!read_args(argc, argv, 4, 20)) {
		fprintf(stderr, "usage: test_failing_ledger [--count N] [--seed S]\n");
		return 2;
	}
	failing_start();
	printf("# seed %" PRIu64 ", %" PRIu64 " histories\n", arg_seed, arg_count);
	fflush(stdout);
	return cmocka_run_group_tests_name("failing_ledger", tests, NULL, NULL);
}
