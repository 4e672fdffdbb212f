/*
 * tests/unit/test_permute.c - any order, any portions, any number of restarts.
 *
 * A random history of some logs (random_history.h) is folded in one go by the slow
 * definition (slow_fold.h); then worlds hear of it as sealed segments, in random order
 * and portions, some of it twice, a log perhaps only when all others are here, with
 * restarts between, and must come to the same digest, on the way as at the end, and
 * after a rebuild.
 *
 *   test_permute [--count N] [--seed S] [--orders K] [--write FILE]
 *
 * History i of a run has the seed S + i; a failing one is replayed by its own seed
 * and --count 1. --write keeps the histories for tests/reference/compare. The first history
 * and each hundredth are gone through twice.
 * PACKHORSE_FULL=1 makes 20,000.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <sodium.h>

#include "tests/lib/first_seed.h"
#include "tests/lib/full_run.h"
#include "tests/lib/given_number.h"

#include "history_count.h"
#include "history_write.h"
#include "random_history.h"
#include "run_twice.h"
#include "slow_fold.h"
#include "tell_sealed.h"

#define SEGMENT 100 /* entries at once, at most */

static uint64_t arg_count, arg_seed, arg_orders = 2;
static const char *arg_write;

/* How histories were heard of. */
static struct {
	uint64_t orders, portions, again, reopened, restarts, files, apart, late, months,
		without, checks, rebuilds, stepped;
} heard;

/* A machine, and how much of each log it was told. */
struct listener {
	struct history *history;
	struct world world;
	uint64_t told[WORLD_LOGS];
	size_t late; /* held back until all others are here */
	uint64_t seed;
	int64_t newest; /* stamp so far, of clocks that are not far off */
	char *path;     /* of the database; NULL: in memory */
};

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

static struct ph_db *open_file(const char *path)
{
	struct ph_db_config config = { .path = path,
				       .application = PH_STORE_SITE,
				       .steps = ph_journal_steps,
				       .n_steps = ph_journal_steps_count,
				       .create = true };
	struct ph_error err = { 0 };
	struct ph_db *db;

	if (ph_db_open(&db, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return db;
}

static void listener_init(struct listener *listener, struct history *history,
			  uint64_t seed)
{
	bool apart = chance(history, 40);

	*listener = (struct listener){ .history = history, .seed = seed };
	listener->late =
		chance(history, 30) ? below(history, history->n_actors) : WORLD_LOGS;
	world_init(&listener->world, apart);
	if (!apart && chance(history, 4)) {
		char path[] = "/tmp/ph-permute-XXXXXX";
		int fd = mkstemp(path);

		assert_true(fd >= 0 && close(fd) == 0);
		world_deinit(&listener->world);
		memset(&listener->world, 0, sizeof listener->world);
		listener->path = strdup(path);
		listener->world.db = open_file(path);
		assert_int_equal(
			ph_journal_open(&listener->world.journal, listener->world.db), 0);
		world_open_ledger(&listener->world);
		heard.files++;
	}
	if (chance(history, 25)) {
		listener->world.takes = takes_some;
		listener->world.takes_data =
			&history->actors[below(history, history->n_actors)];
		world_reopen_ledger(&listener->world);
		heard.without++;
	}
	heard.orders++;
	heard.apart += apart;
	heard.late += listener->late < WORLD_LOGS;
}

static void listener_deinit(struct listener *listener)
{
	world_deinit(&listener->world);
	if (listener->path != NULL) {
		assert_int_equal(unlink(listener->path), 0);
		free(listener->path);
	}
}

/* The program ends and begins again; of a file that is all that is left of it. */
static void restart(struct listener *listener)
{
	struct world *world = &listener->world;

	ph_ledger_free(world->ledger);
	ph_journal_free(world->journal);
	if (listener->path != NULL) {
		ph_db_close(world->db);
		world->db = open_file(listener->path);
	}
	assert_int_equal(ph_journal_open(&world->journal, world->db), 0);
	world_open_ledger(world);
	heard.restarts++;
}

/* Whether any of these entries is two months older than what was heard of before. */
static bool note_age(struct listener *listener, const struct actor *actor, uint64_t first,
		     uint64_t last)
{
	int64_t before = listener->newest;
	bool months = false;

	for (uint64_t n = first; n <= last; n++) {
		struct ph_entry entry;
		int64_t second;

		if (ph_entry_decode(actor_entry(actor, n), &entry) != 0) {
			continue;
		}
		second = ph_stamp_seconds(entry.stamp);
		if (is_sane(second)) {
			months = months || second < before - 60 * DAY;
			listener->newest =
				second > listener->newest ? second : listener->newest;
		}
	}
	return months;
}

/* The next portion of log AT, now and then with some of what was told before. */
static void tell_more(struct listener *listener, size_t at, bool *months)
{
	struct history *history = listener->history;
	const struct actor *actor = &history->actors[at];
	uint64_t most = chance(history, 20) ? SEGMENT : 1 + below(history, 8);
	uint64_t first = listener->told[at] + 1, last = listener->told[at] + most;

	last = last < actor->n ? last : actor->n;
	*months = note_age(listener, actor, first, last) || *months;
	if (first > 1 && chance(history, 15)) {
		first -= 1 + below(history, first - 1);
		heard.again++;
	}
	last = last < first + SEGMENT ? last : first + SEGMENT - 1;
	tell_sealed(&listener->world, actor, first, last);
	if (chance(history, 5)) {
		tell_sealed(&listener->world, actor, first, last);
		heard.again++;
	}
	heard.portions++;
	listener->told[at] = last > listener->told[at] ? last : listener->told[at];
}

/* A log that was not told to its end; WORLD_LOGS: there is none. */
static size_t pick(struct listener *listener)
{
	struct history *history = listener->history;
	size_t found = WORLD_LOGS;
	uint64_t n = 0;

	for (size_t i = 0; i < history->n_actors; i++) {
		if (listener->told[i] < history->actors[i].n && i != listener->late) {
			n++;
			found = below(history, n) == 0 ? i : found;
		}
	}
	if (found == WORLD_LOGS && listener->late < WORLD_LOGS) {
		world_catch_up(&listener->world);
		listener->late = WORLD_LOGS;
		return pick(listener);
	}
	return found;
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

static void check(struct listener *listener, const char *where)
{
	const struct history *history = listener->history;
	struct world *world = &listener->world;
	uint64_t counted[WORLD_LOGS];
	uint8_t got[32], wanted[32];

	for (size_t i = 0; i < history->n_actors; i++) {
		counted[i] =
			takes_none(world, &history->actors[i]) ? 0 : listener->told[i];
	}
	world_digest(world, got);
	slow_digest(history->actors, history->n_actors, counted, wanted);
	heard.checks++;
	twice_note(got);
	if (memcmp(got, wanted, sizeof got) != 0) {
		print_differences(world, history, counted);
		fail_msg("%s: digests differ; replay with --seed %" PRIu64 " --count 1",
			 where, listener->seed);
	}
}

/* A step or a few, of a few entries each: the rest is folded with what comes. */
static void catch_up_some(struct listener *listener)
{
	struct ph_error err = { 0 };
	uint64_t left = 1;

	for (uint64_t n = 1 + below(listener->history, 4); n > 0 && left > 0; n--) {
		assert_int_equal(ph_ledger_step(listener->world.ledger,
						1 + below(listener->history, 5), &left,
						&err),
				 0);
	}
	heard.stepped++;
}

static void hear(struct history *history, uint64_t seed, bool rebuild)
{
	struct ph_error err = { 0 };
	struct listener listener;
	bool months = false;
	size_t at;

	listener_init(&listener, history, seed);
	while ((at = pick(&listener)) < WORLD_LOGS) {
		tell_more(&listener, at, &months);
		if (chance(history, 20)) {
			world_catch_up(&listener.world);
		} else if (chance(history, 25)) {
			catch_up_some(&listener);
		}
		if (chance(history, 5)) {
			world_reopen_ledger(&listener.world);
			heard.reopened++;
		}
		if (chance(history, 3)) {
			restart(&listener);
		}
		if (chance(history, 4)) {
			check(&listener, "on the way");
		}
	}
	heard.months += months;
	check(&listener, "at the end");
	if (rebuild) {
		assert_int_equal(ph_ledger_rebuild(listener.world.ledger, &err), 0);
		check(&listener, "after a rebuild");
		heard.rebuilds++;
	}
	listener_deinit(&listener);
}

static void print_heard(void)
{
	printf("# %" PRIu64 " orders of %" PRIu64 " portions, %" PRIu64
	       " of them told again; with a log held back to the end %" PRIu64
	       ", with what is two months late %" PRIu64 "\n",
	       heard.orders, heard.portions, heard.again, heard.late, heard.months);
	printf("# ledgers opened again %" PRIu64 ", programs restarted %" PRIu64
	       ", orders in files %" PRIu64 ", projections apart %" PRIu64
	       ", without a log %" PRIu64 "\n",
	       heard.reopened, heard.restarts, heard.files, heard.apart, heard.without);
	printf("# digests compared %" PRIu64 ", rebuilt %" PRIu64
	       ", folded by steps %" PRIu64 "\n",
	       heard.checks, heard.rebuilds, heard.stepped);
}

/* History number I, in each order; of what is told over again nothing is written or counted. */
static void play(uint64_t i, FILE *file, struct history_count *count)
{
	uint64_t seed = arg_seed + i;
	struct history *history = malloc(sizeof *history);

	assert_non_null(history);
	history_make(history, seed, false);
	if (file != NULL && !twice.is_again) {
		history_write(file, history, seed);
	}
	if (!twice.is_again) {
		count_history(count, history);
	}
	for (uint64_t order = 0; order < arg_orders; order++) {
		hear(history, seed, order == seed % arg_orders);
	}
	history_free(history);
}

static void every_order_gives_the_same_bytes(void **state)
{
	static struct history_count count;
	FILE *file = arg_write == NULL ? NULL : fopen(arg_write, "w");

	(void)state;
	assert_true(arg_write == NULL || file != NULL);
	for (uint64_t i = 0; i < arg_count; i++) {
		do {
			twice_begin();
			play(i, file, &count);
		} while (twice_again(i, arg_seed + i));
	}
	assert_true(file == NULL || fclose(file) == 0);
	count_print(&count);
	print_heard();
	twice_print();
	assert_true(arg_count < 100 || count_has_all(&count));
}

static bool read_args(int argc, char **argv)
{
	arg_count = full_run() ? 20000 : 150;
	arg_seed = first_seed();
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t *to = strcmp(argv[i], "--count") == 0    ? &arg_count
			       : strcmp(argv[i], "--seed") == 0   ? &arg_seed
			       : strcmp(argv[i], "--orders") == 0 ? &arg_orders
								  : NULL;

		if (strcmp(argv[i], "--write") == 0) {
			arg_write = argv[i + 1];
			continue;
		}
		if (to == NULL ||
		    !given_number(argv[i], argv[i + 1], to == &arg_seed ? 0 : 1, to)) {
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
		fprintf(stderr, "usage: test_permute [--count N] [--seed S] [--orders K] "
				"[--write FILE]\n");
		return 2;
	}
	printf("# seed %" PRIu64 ", %" PRIu64 " histories in %" PRIu64 " orders each\n",
	       arg_seed, arg_count, arg_orders);
	fflush(stdout);
	return cmocka_run_group_tests_name("permute", tests, NULL, NULL);
}
