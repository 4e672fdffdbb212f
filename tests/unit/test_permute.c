/*
 * tests/unit/test_permute.c - any order, any portions, any number of restarts.
 *
 * A random history of a few logs (bad clocks, told times, voids, twins by source,
 * junk) is folded in one go by the slow definition (slow_fold.h); then worlds hear of it in
 * random order and portions, with restarts between, and must come to the same
 * digest, on the way as at the end.
 *
 *   test_permute [--count N] [--seed S]
 *
 * History i of a run has the seed S + i; a failing one is replayed by its own seed
 * and --count 1. PACKHORSE_FULL=1 makes ten times as many.
 */
#include <inttypes.h>
#include <stdio.h>

#include <sodium.h>

#include "ledger_world.h"
#include "slow_fold.h"

#define POOL   512
#define ORDERS 3

static uint64_t arg_count, arg_seed;

struct history {
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	struct actor actors[WORLD_LOGS];
	size_t n_actors;
	struct ph_ref all[POOL], titles[POOL], readers[POOL], puts[POOL];
	size_t n_all, n_titles, n_readers, n_puts;
};

static uint64_t below(struct history *history, uint64_t bound)
{
	return ph_rng_below(&history->rng, bound);
}

static bool chance(struct history *history, unsigned percent)
{
	return below(history, 100) < percent;
}

static struct ph_ref any_ref(struct history *history, const struct ph_ref *pool, size_t n)
{
	struct ph_ref ref = { .n = 1 };

	if (n > 0) {
		ref = pool[below(history, n)];
	}
	if (chance(history, 3)) {
		ref.hash[0] ^= 1; /* of a branch that nobody has */
	}
	return ref;
}

/* --- making up a history --- */

static const char *const copies[] = { "c1", "c2", "c3", "c4" };
static const char *const cards[] = { "k1", "k2", "k3" };
static const char *const words[] = { "Số đỏ", "Tắt đèn", "Chí Phèo", "Lão Hạc" };

static void pick_copy(struct history *history, struct ph_entry *entry, unsigned field)
{
	set_id(entry, field, below(history, 2) * 101, copies[below(history, 4)]);
}

static void pick_card(struct history *history, struct ph_entry *entry, unsigned field)
{
	set_id(entry, field, 0, cards[below(history, 3)]);
}

static int compare_refs(const void *a, const void *b)
{
	return ph_ref_compare(a, b);
}

/* For FIELD, up to three distinct references in their order. */
static void pick_seen(struct history *history, struct ph_entry *entry, unsigned field)
{
	struct ph_ref refs[3];
	size_t n = history->n_puts == 0 ? 0 : below(history, 4);

	for (size_t i = 0; i < n; i++) {
		refs[i] = any_ref(history, history->puts, history->n_puts);
	}
	qsort(refs, n, sizeof *refs, compare_refs);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || !ph_ref_equal(&refs[i - 1], &refs[i])) {
			see(entry, field, &refs[i]);
		}
	}
}

static void put_text(struct history *history, struct ph_entry *entry, unsigned field)
{
	set_text(entry, field, words[below(history, 4)]);
	pick_seen(history, entry, field);
}

static struct ph_entry make_put(struct history *history)
{
	static const uint8_t commit[32] = { 9 };
	struct ph_entry entry = entry_of(PH_KIND_COPY_PUT);
	struct ph_ref ref;

	switch (below(history, 3)) {
	case 0:
		entry = entry_of(PH_KIND_TITLE_PUT);
		if (chance(history, 50)) {
			ref = any_ref(history, history->titles, history->n_titles);
			set_ref(&entry, PH_TITLE_TITLE, &ref);
		}
		put_text(history, &entry, PH_TITLE_NAME);
		if (chance(history, 50)) {
			set_uint(&entry, PH_TITLE_YEAR, 1900 + below(history, 3));
			pick_seen(history, &entry, PH_TITLE_YEAR);
		}
		return entry;
	case 1:
		entry = entry_of(PH_KIND_READER_PUT);
		if (chance(history, 50)) {
			ref = any_ref(history, history->readers, history->n_readers);
			set_ref(&entry, PH_READER_READER, &ref);
		}
		set_uint(&entry, PH_READER_BAND, below(history, 4));
		pick_seen(history, &entry, PH_READER_BAND);
		if (chance(history, 50)) {
			set_uint(&entry, PH_READER_SETS, 1 + 2 * below(history, 32));
			set_bytes(&entry, PH_READER_COMMIT, commit, sizeof commit);
			pick_seen(history, &entry,
				  entry.kind->n_fields + PH_READER_S_NAME);
		}
		return entry;
	default:
		pick_copy(history, &entry, PH_COPY_COPY);
		ref = any_ref(history, history->titles, history->n_titles);
		set_ref(&entry, PH_COPY_TITLE, &ref);
		if (chance(history, 50)) {
			pick_seen(history, &entry, PH_COPY_TITLE);
		}
		return entry;
	}
}

static struct ph_entry make_circulation(struct history *history)
{
	struct ph_entry entry = entry_of(PH_KIND_LOAN);
	struct ph_ref ref;

	switch (below(history, 8)) {
	case 0:
	case 1:
		entry = entry_of(PH_KIND_RETURN);
		pick_copy(history, &entry, PH_RETURN_COPY);
		return entry;
	case 2:
		entry = entry_of(PH_KIND_RENEW);
		pick_copy(history, &entry, PH_RENEW_COPY);
		if (chance(history, 30)) {
			pick_card(history, &entry, PH_RENEW_CARD);
		} else if (chance(history, 30)) {
			ref = any_ref(history, history->all, history->n_all);
			set_ref(&entry, PH_RENEW_LOAN, &ref);
		}
		set_uint(&entry, PH_RENEW_TERM, below(history, 60));
		return entry;
	case 3:
		entry = entry_of(PH_KIND_IN_HOUSE_USE);
		pick_copy(history, &entry, PH_USE_COPY);
		return entry;
	default:
		pick_copy(history, &entry, PH_LOAN_COPY);
		pick_card(history, &entry, PH_LOAN_CARD);
		if (chance(history, 70)) {
			set_uint(&entry, PH_LOAN_TERM, below(history, 60));
		}
		return entry;
	}
}

static struct ph_entry make_other(struct history *history)
{
	struct ph_entry entry = entry_of(PH_KIND_VISIT);
	struct ph_ref ref;
	static const uint8_t boot[8] = { 0 };

	switch (below(history, 4)) {
	case 0:
		set_uint(&entry, PH_VISIT_COUNT, 1 + below(history, 9));
		set_uint(&entry, PH_VISIT_BAND, below(history, 4));
		return entry;
	case 1:
		entry = entry_of(PH_KIND_CARD_ISSUE);
		pick_card(history, &entry, PH_CARD_CARD);
		ref = any_ref(history, history->readers, history->n_readers);
		set_ref(&entry, PH_CARD_READER, &ref);
		return entry;
	case 2:
		entry = entry_of(PH_KIND_CLOCK_MARK);
		set_bytes(&entry, PH_MARK_BOOT, boot, sizeof boot);
		set_uint(&entry, PH_MARK_MONO, 1);
		set_uint(&entry, PH_MARK_WALL, T0);
		return entry;
	default:
		entry = entry_of(PH_KIND_VOID);
		ref = any_ref(history, history->all, history->n_all);
		set_ref(&entry, PH_VOID_TARGET, &ref);
		return entry;
	}
}

static struct ph_entry make_hub(struct history *history)
{
	struct ph_entry entry = entry_of(PH_KIND_SITE_PUT);
	static const uint8_t device[16] = { 1 };
	static const uint8_t key[32] = { 2 };

	switch (below(history, 5)) {
	case 0:
		set_uint(&entry, PH_SITE_SITE, 101 + below(history, 2));
		put_text(history, &entry, PH_SITE_NAME);
		return entry;
	case 1:
		entry = entry_of(PH_KIND_COMMUNE_PUT);
		set_text(&entry, PH_COMMUNE_CODE, "03646");
		put_text(history, &entry, PH_COMMUNE_NAME);
		return entry;
	case 2:
		entry = entry_of(PH_KIND_POLICY_PUT);
		set_text(&entry, PH_POLICY_NAME, "loan-term-days");
		put_text(history, &entry, PH_POLICY_VALUE);
		return entry;
	case 3:
		entry = entry_of(PH_KIND_DEVICE_ADMIT);
		set_bytes(&entry, PH_ADMIT_DEVICE, device, sizeof device);
		set_bytes(&entry, PH_ADMIT_KEY, key, sizeof key);
		set_uint(&entry, PH_ADMIT_SITE, 101);
		set_uint(&entry, PH_ADMIT_ROLE, 1 + below(history, 3));
		return entry;
	default:
		return make_other(history);
	}
}

static void make_extras(struct history *history, struct ph_entry *entry)
{
	struct ph_extras *extras = &entry->extras;

	if (chance(history, 15)) {
		extras->when = PH_WHEN_MINUTE;
		extras->when_value = (T0 + (int64_t)below(history, 20 * DAY)) / 60;
	} else if (chance(history, 10)) {
		extras->when = PH_WHEN_DAY;
		extras->when_value = ph_day_of(T0) + (int64_t)below(history, 20);
	}
	if (chance(history, 25)) {
		set_source(entry, (uint8_t)below(history, 4));
	}
	if (chance(history, 8)) {
		extras->behalf = 101 + below(history, 4);
	}
}

static void make_stamp(struct history *history, struct actor *actor,
		       struct ph_entry *entry)
{
	uint64_t jump = below(history, 100);
	int64_t second = ph_stamp_seconds(actor->stamp);

	if (jump < 5) {
		second += (int64_t)below(history, 30 * DAY);
	} else if (jump < 8) {
		second -= (int64_t)below(history, 30 * DAY); /* never written by us */
	} else if (jump < 60) {
		second += (int64_t)below(history, DAY);
	}
	entry->stamp = ph_stamp_next(jump >= 5 && jump < 8 ? 1 : actor->stamp, second);
}

static void remember(struct history *history, const struct ph_entry *entry,
		     const struct ph_ref *ref)
{
	history->all[history->n_all++] = *ref;
	if (entry->n_seen > 0 || entry->kind->number == PH_KIND_COPY_PUT ||
	    ph_fact_creates(entry)) {
		history->puts[history->n_puts++] = *ref;
	}
	if (entry->number == PH_KIND_TITLE_PUT && ph_fact_creates(entry)) {
		history->titles[history->n_titles++] = *ref;
	}
	if (entry->number == PH_KIND_READER_PUT && ph_fact_creates(entry)) {
		history->readers[history->n_readers++] = *ref;
	}
}

static void make_entry(struct history *history, struct actor *actor)
{
	static const uint8_t junk[] = { 0x93, 0xcd, 0x7f, 0xff, 1, 0xc0 };
	struct ph_entry entry;
	struct ph_ref ref;
	uint64_t which = below(history, 100);

	if (which < 3) {
		ref = actor_raw(actor, PH_VIEW(junk, 2 + which * 2));
		history->all[history->n_all++] = ref;
		return;
	}
	if (actor->site == 0 && !chance(history, 10)) {
		entry = make_hub(history);
	} else if (which < 50) {
		entry = make_circulation(history);
	} else if (which < 75) {
		entry = make_put(history);
	} else {
		entry = make_other(history);
	}
	make_extras(history, &entry);
	make_stamp(history, actor, &entry);
	ref = actor_write(actor, &entry);
	remember(history, &entry, &ref);
}

static void history_make(struct history *history, uint64_t seed)
{
	static const uint64_t sites[] = { 0, 101, 102, 101, 103 };
	size_t entries;

	memset(history, 0, sizeof *history);
	ph_rng_seed(&history->seeded, seed, &history->rng);
	history->n_actors = 3 + below(history, 3);
	for (size_t i = 0; i < history->n_actors; i++) {
		uint8_t name = (uint8_t)(1 + i + 8 * below(history, 16));

		actor_init(&history->actors[i], name, sites[i],
			   T0 + (int64_t)below(history, 10 * DAY));
	}
	if (chance(history, 10)) {
		history->actors[history->n_actors - 1].site = 104; /* its open is wrong */
	}
	entries = 20 + below(history, 150);
	while (entries-- > 0) {
		make_entry(history, &history->actors[below(history, history->n_actors)]);
	}
}

static void history_free(struct history *history)
{
	for (size_t i = 0; i < history->n_actors; i++) {
		actor_deinit(&history->actors[i]);
	}
	free(history);
}

/* --- hearing of it in some order --- */

static uint64_t takes_some(void *data, const struct ph_log *log)
{
	const struct actor *without = data;

	return memcmp(log->id, without->id, sizeof log->id) != 0 ? UINT64_MAX : 0;
}

static void check(struct world *world, const struct history *history,
		  const uint64_t *upto, uint64_t seed, const char *where)
{
	uint64_t counted[WORLD_LOGS];
	uint8_t got[32], wanted[32];

	for (size_t i = 0; i < history->n_actors; i++) {
		counted[i] = world->takes_data == &history->actors[i] ? 0 : upto[i];
	}
	world_digest(world, got);
	slow_digest(history->actors, history->n_actors, counted, wanted);
	if (memcmp(got, wanted, sizeof got) != 0) {
		fail_msg("%s: digests differ; replay with --seed %" PRIu64 " --count 1",
			 where, seed);
	}
}

static void hear(struct history *history, uint64_t seed)
{
	uint64_t upto[WORLD_LOGS] = { 0 };
	struct ph_error err = { 0 };
	struct world world;
	uint64_t left = 0;

	for (size_t i = 0; i < history->n_actors; i++) {
		left += history->actors[i].n;
	}
	world_init(&world, chance(history, 50));
	if (chance(history, 25)) {
		world.takes = takes_some;
		world.takes_data = &history->actors[below(history, history->n_actors)];
		world_reopen_ledger(&world);
	}
	while (left > 0) {
		size_t i = below(history, history->n_actors);
		uint64_t most = chance(history, 20) ? 100 : 1 + below(history, 8);
		uint64_t taken = world_take(&world, &history->actors[i], most);

		upto[i] += taken;
		left -= taken;
		if (chance(history, 40)) {
			world_catch_up(&world);
		}
		if (chance(history, 5)) {
			world_reopen_ledger(&world);
		}
		if (chance(history, 4)) {
			check(&world, history, upto, seed, "on the way");
		}
	}
	check(&world, history, upto, seed, "at the end");
	assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
	check(&world, history, upto, seed, "after a rebuild");
	world_deinit(&world);
}

static void every_order_gives_the_same_bytes(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < arg_count; i++) {
		struct history *history = malloc(sizeof *history);

		assert_non_null(history);
		history_make(history, arg_seed + i);
		for (int order = 0; order < ORDERS; order++) {
			hear(history, arg_seed + i);
		}
		history_free(history);
	}
}

static bool read_args(int argc, char **argv)
{
	const char *full = getenv("PACKHORSE_FULL");

	arg_count = full != NULL && strcmp(full, "1") == 0 ? 3000 : 300;
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
