/*
 * tests/fuzz/fuzz_ledger.c - any row of things that happen to a journal and its ledger.
 *
 * Each byte is a choice (choices.h): entries of every kind by several devices, the hub's
 * cuts, adoptions, judgements and voids among them (tests/unit/random_history.h); forks;
 * sealed segments that arrive in any portions, some again; catching up, opening again,
 * rebuilding. At the end everything has arrived, and the ledger, the ledger rebuilt and
 * the slow definition (tests/unit/slow_fold.h) must have the same digest.
 */
#include "tests/unit/random_history.h"
#include "tests/unit/slow_fold.h"
#include "tests/unit/tell_sealed.h"

#include "tests/fuzz/choices.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ENTRIES_MAX = 80, /* the slow definition takes the square of it */
	STEPS_MAX = 400,
};

struct machine {
	struct choices choices;
	struct history history;
	struct world world;
	uint64_t told[WORLD_LOGS];
	size_t written;
};

static void write_one(struct machine *machine)
{
	struct history *history = &machine->history;

	if (machine->written++ < ENTRIES_MAX) {
		make_entry(history, &history->actors[below(history, history->n_actors)]);
	}
}

/* A branch has what its log had below the fork; that is told as part of it, again. */
static void tell_some(struct machine *machine, size_t at, uint64_t most)
{
	struct history *history = &machine->history;
	const struct actor *actor = &history->actors[at];
	uint64_t first = machine->told[at] + 1, last = machine->told[at] + most;

	last = last < actor->n ? last : actor->n;
	if (first > last) {
		return;
	}
	if (first > 1 && chance(history, 15)) {
		first -= 1 + below(history, first - 1);
	}
	tell_sealed(&machine->world, actor, first, last);
	machine->told[at] = last;
}

static void restart(struct world *world)
{
	ph_ledger_free(world->ledger);
	ph_journal_free(world->journal);
	must(ph_journal_open(&world->journal, world->db) == 0);
	world_open_ledger(world);
}

static void step(struct machine *machine)
{
	struct history *history = &machine->history;
	struct ph_error err = { 0 };

	switch (below(history, 16)) {
	case 0:
		make_fork(history);
		break;
	case 1:
	case 2:
	case 3:
		tell_some(machine, below(history, history->n_actors),
			  1 + below(history, 8));
		break;
	case 4:
		world_catch_up(&machine->world);
		break;
	case 5:
		world_reopen_ledger(&machine->world);
		break;
	case 6:
		restart(&machine->world);
		break;
	case 7:
		must(ph_ledger_rebuild(machine->world.ledger, &err) == 0);
		break;
	default:
		write_one(machine);
		break;
	}
}

static void judge(struct machine *machine)
{
	const struct history *history = &machine->history;
	struct ph_error err = { 0 };
	uint8_t got[32], rebuilt[32], wanted[32];

	for (size_t i = 0; i < history->n_actors; i++) {
		tell_some(machine, i, UINT64_MAX / 2);
	}
	world_digest(&machine->world, got);
	slow_digest(history->actors, history->n_actors, machine->told, wanted);
	must(memcmp(got, wanted, sizeof(got)) == 0);
	must(ph_ledger_rebuild(machine->world.ledger, &err) == 0);
	world_digest(&machine->world, rebuilt);
	must(memcmp(got, rebuilt, sizeof(got)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct history *history = &machine.history;
	unsigned steps = 0;

	must(ph_crypto_start() == 0);
	memset(&machine, 0, sizeof(machine));
	machine.choices.in = PH_VIEW(data, size);
	history->rng = choices_rng(&machine.choices);
	history->days = chance(history, 60) ? 30 : 180;
	history_logs(history, 3 + below(history, 4), true);
	world_init(&machine.world, chance(history, 40));
	while (machine.choices.in.len > 0 && steps++ < STEPS_MAX) {
		step(&machine);
	}
	judge(&machine);
	world_deinit(&machine.world);
	history_clear(history);
	return 0;
}
