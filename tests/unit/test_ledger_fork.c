/*
 * tests/unit/test_ledger_fork.c - the fold of a forked log: both histories count, what they
 * have in common counts once, and the order of arrival changes nothing.
 */
#include "ledger_world.h"

#include <sodium.h>

#include "common/ledger/cases.h"
#include "common/ledger/tally.h"
#include "common/log/list.h"
#include "common/log/keys.h"

#define SITE 101

/* Three writers of one log: trunk 1 to 6, then each its own. */
struct fork {
	struct ph_sign_pair pair;
	struct actor a, b, c; /* c left b at 10 */
	struct actor hub; /* judges a mark, cuts the device, adopts some of it again */
	struct ph_buf heads;
};

static void fork_log(struct fork *fork, bool opens)
{
	struct ph_entry open = entry_of(PH_KIND_OPEN);
	struct ph_rng_seeded state;
	struct ph_rng rng;
	uint8_t nonce[PH_NONCE_SIZE] = { 7 };

	ph_rng_seed(&state, 5, &rng);
	ph_sign_pair_make(&fork->pair, &rng);
	memset(&fork->a, 0, sizeof fork->a);
	fork->a.site = SITE;
	fork->a.role = PH_ROLE_SITE;
	memcpy(fork->a.key, fork->pair.key, PH_KEY_SIZE);
	ph_log_id(fork->a.id, fork->a.key, nonce);
	set_bytes(&open, PH_OPEN_KEY, fork->a.key, PH_KEY_SIZE);
	set_bytes(&open, PH_OPEN_NONCE, nonce, sizeof nonce);
	set_uint(&open, PH_OPEN_SITE, opens ? SITE : SITE + 1);
	open.stamp = ph_stamp(T0, 0);
	actor_write(&fork->a, &open);
}

static void clone(struct actor *to, const struct actor *from)
{
	*to = *from;
	to->bytes = (struct ph_buf){ 0 };
	assert_int_equal(ph_buf_put_view(&to->bytes, ph_buf_view(&from->bytes)), 0);
}

static struct ph_ref visit_at(struct actor *actor, int64_t second, uint64_t count)
{
	struct ph_entry visit = entry_of(PH_KIND_VISIT);

	set_uint(&visit, PH_VISIT_COUNT, count);
	return at(actor, &visit, second);
}

static void mark_at(struct actor *actor, int64_t second)
{
	static const uint8_t boot[8] = { 1 };
	struct ph_entry mark = entry_of(PH_KIND_CLOCK_MARK);

	set_bytes(&mark, PH_MARK_BOOT, boot, sizeof boot);
	set_uint(&mark, PH_MARK_MONO, 1);
	set_uint(&mark, PH_MARK_WALL, (uint64_t)(T0 + second));
	set_uint(&mark, PH_MARK_SURE, PH_SURE_RTC);
	at(actor, &mark, second);
}

static void void_at(struct actor *actor, int64_t second, const struct ph_ref *target)
{
	struct ph_entry entry = entry_of(PH_KIND_VOID);

	entry.field[PH_VOID_TARGET].set = true;
	entry.field[PH_VOID_TARGET].as.ref = *target;
	at(actor, &entry, second);
}

static void loan_at(struct actor *actor, int64_t second, const char *card)
{
	struct ph_entry loan = entry_of(PH_KIND_LOAN);

	set_id(&loan, PH_LOAN_COPY, 0, "c1");
	set_id(&loan, PH_LOAN_CARD, 0, card);
	at(actor, &loan, second);
}

/*
 * A clock-mark of the trunk lies two days ahead, so what is stamped behind it in any
 * branch counts as of that day; b's own mark is a day further.
 */
static void fork_init(struct fork *fork, bool opens)
{
	struct ph_ref first, third;

	fork_log(fork, opens);
	visit_at(&fork->a, 10, 1);         /* 2 */
	first = visit_at(&fork->a, 20, 2); /* 3: b takes it back */
	mark_at(&fork->a, 2 * DAY);        /* 4 */
	loan_at(&fork->a, 30, "k1");       /* 5: as of day 2 */
	visit_at(&fork->a, 40, 4);         /* 6: likewise */
	clone(&fork->b, &fork->a);
	mark_at(&fork->a, 4 * DAY); /* 7 of a: lifts nothing of b */
	visit_at(&fork->a, 50, 8);  /* day 4 */
	loan_at(&fork->a, 60, "k2");
	loan_at(&fork->b, 40, "k4");
	third = visit_at(&fork->b, 50, 16); /* 8 of b, day 2 */
	void_at(&fork->b, 60, &first);
	mark_at(&fork->b, 3 * DAY); /* 10 of b */
	clone(&fork->c, &fork->b);
	visit_at(&fork->b, 70, 32); /* 11 of b, day 3 */
	void_at(&fork->b, 80, &third);
	visit_at(&fork->c, 70, 64); /* 11 of c, day 3 */
	loan_at(&fork->c, 80, "k3");
}

/* h(N) of ACTOR's chain. */
static struct ph_head head_of(const struct actor *actor, uint64_t n)
{
	struct ph_head head = { .n = n };

	memcpy(head.log_id, actor->id, sizeof head.log_id);
	ph_chain_start(head.h, actor->id, actor->key);
	for (uint64_t i = 1; i <= n; i++) {
		uint8_t e[PH_HASH_SIZE];

		ph_entry_hash(actor_entry(actor, i), e);
		ph_chain_step(head.h, e);
	}
	return head;
}

/* The mark of the trunk was a day ahead; b is good up to 9, and a is after all, up to 8. */
static void hub_init(struct fork *fork)
{
	struct ph_entry judge = entry_of(PH_KIND_CLOCK_JUDGE);
	struct ph_entry cut = entry_of(PH_KIND_DEVICE_CUT);
	struct ph_entry adopt = entry_of(PH_KIND_LOG_ADOPT);
	uint8_t device[PH_DEVICE_ID_SIZE];
	uint8_t hash[PH_HASH_SIZE];
	struct ph_head head = head_of(&fork->b, 9);
	struct ph_ref mark = { .n = 4 };

	actor_init(&fork->hub, 9, 0, T0);
	ph_entry_hash(actor_entry(&fork->a, 4), hash);
	memcpy(mark.log_id, fork->a.id, sizeof mark.log_id);
	memcpy(mark.hash, hash, sizeof mark.hash);
	set_ref(&judge, PH_JUDGE_MARK, &mark);
	set_uint(&judge, PH_JUDGE_AHEAD, DAY);
	at(&fork->hub, &judge, 100);

	ph_device_id(device, fork->a.key);
	set_bytes(&cut, PH_CUT_DEVICE, device, sizeof device);
	assert_int_equal(
		ph_list_put_heads(&fork->heads, &head, 1, &cut.field[PH_CUT_HEADS]), 0);
	set_uint(&cut, PH_CUT_REASON, 0);
	at(&fork->hub, &cut, 110);
	adopt.field[PH_ADOPT_HEAD].set = true;
	adopt.field[PH_ADOPT_HEAD].as.head = head_of(&fork->a, 8);
	at(&fork->hub, &adopt, 120);
}

static void fork_deinit(struct fork *fork)
{
	actor_deinit(&fork->hub);
	ph_buf_deinit(&fork->heads);
	actor_deinit(&fork->a);
	actor_deinit(&fork->b);
	actor_deinit(&fork->c);
}

/* Entries FIRST to LAST of ACTOR as a segment into WORLD. */
static void bring(struct world *world, const struct fork *fork, const struct actor *actor,
		  uint64_t first, uint64_t last)
{
	struct ph_segment segment = { .first = first, .last = last };
	struct ph_head head = head_of(actor, last);
	struct ph_buf body = { 0 };
	struct ph_log log;

	memcpy(segment.log_id, actor->id, sizeof segment.log_id);
	for (uint64_t n = first; n <= last; n++) {
		assert_int_equal(ph_segment_add(&body, actor_entry(actor, n)), 0);
	}
	ph_seal_sign(segment.seal, &head, fork->pair.secret);
	segment.body = ph_buf_view(&body);
	assert_int_equal(ph_db_begin(world->db), 0);
	world_log(world, actor, &log);
	assert_int_equal(ph_journal_put_segment(world->journal, &log, &segment, NULL), 0);
	assert_int_equal(ph_db_commit(world->db), 0);
	ph_buf_deinit(&body);
}

static int64_t visits_of(struct world *world, int64_t second)
{
	struct ph_entity_key key = ph_key_tally(SITE, ph_day_of(T0 + second));
	struct ph_tally tally = { 0 };
	struct ph_buf state = { 0 };

	if (ph_ledger_get(world->ledger, PH_ENTITY_TALLY, ph_key_view(&key), &state) ==
	    0) {
		assert_int_equal(ph_tally_decode(ph_buf_view(&state), &tally), 0);
	}
	ph_buf_deinit(&state);
	return tally.count[PH_TALLY_VISITS];
}

struct step {
	char of; /* 0: the end; 'f' folds what is there */
	uint64_t first, last;
};

#define STEPS 12
#define FOLD                                                                             \
	{                                                                                \
		'f', 0, 0                                                                \
	}

static void play(struct world *world, const struct fork *fork, const struct step *steps)
{
	for (; steps->of != 0; steps++) {
		if (steps->of == 'f') {
			world_catch_up(world);
		} else if (steps->of == 'h') {
			world_take(world, &fork->hub, steps->last);
		} else {
			bring(world, fork,
			      steps->of == 'a'   ? &fork->a
			      : steps->of == 'b' ? &fork->b
						 : &fork->c,
			      steps->first, steps->last);
		}
	}
}

static const struct step orders[][STEPS] = {
	{ { 'a', 1, 9 }, { 'b', 7, 12 }, { 'c', 11, 12 } },
	{ { 'b', 1, 12 }, { 'a', 1, 9 }, { 'c', 1, 12 } },
	{ { 'c', 1, 12 }, FOLD, { 'a', 5, 8 }, FOLD, { 'b', 11, 12 }, { 'a', 9, 9 } },
	{ { 'a', 1, 2 },
	  FOLD,
	  { 'a', 3, 5 },
	  FOLD,
	  { 'b', 6, 8 },
	  FOLD,
	  { 'b', 9, 11 },
	  FOLD,
	  { 'c', 11, 12 },
	  { 'a', 7, 9 },
	  { 'b', 12, 12 } },
	{ { 'b', 1, 8 },
	  FOLD,
	  { 'a', 7, 9 },
	  { 'c', 9, 11 },
	  FOLD,
	  { 'b', 11, 11 },
	  FOLD,
	  { 'b', 12, 12 },
	  FOLD,
	  { 'c', 12, 12 } },
	{ { 'a', 1, 9 },
	  FOLD,
	  { 'b', 7, 11 },
	  FOLD,
	  { 'b', 12, 12 },
	  FOLD,
	  { 'c', 9, 12 } },
};

static int hash_case(void *data, const struct ph_case_row *row)
{
	uint8_t second[8], kind = (uint8_t)row->kind;

	ph_be64_put(second, (uint64_t)row->second);
	crypto_generichash_update(data, row->id, sizeof row->id);
	crypto_generichash_update(data, row->facts, sizeof row->facts);
	crypto_generichash_update(data, second, sizeof second);
	crypto_generichash_update(data, &kind, 1);
	return 0;
}

/* All cases, after the digest of the states. */
static void world_books(struct world *world, uint8_t out[static 64])
{
	const struct ph_case_filter all = { .all = true };
	crypto_generichash_state hash;

	world_digest(world, out);
	crypto_generichash_init(&hash, NULL, 0, 32);
	assert_int_equal(ph_cases_each(world->ledger, &all, hash_case, &hash), 0);
	crypto_generichash_final(&hash, out + 32, 32);
}

static int is_first_difference(void *data, const struct ph_case_row *row)
{
	const struct fork *fork = data;
	const struct actor *writers[] = { &fork->a, &fork->b, &fork->b, &fork->c };
	static const uint64_t n[] = { 7, 7, 11, 11 };
	unsigned found = 0;

	assert_int_equal(row->n_refs, 4);
	assert_int_equal(row->n_sites, 1);
	assert_int_equal(row->sites[0], SITE);
	for (size_t i = 0; i < 4; i++) {
		uint8_t hash[PH_HASH_SIZE];

		ph_entry_hash(actor_entry(writers[i], n[i]), hash);
		for (size_t k = 0; k < row->n_refs; k++) {
			found += row->refs[k].n == n[i] &&
				 memcmp(row->refs[k].hash, hash, 8) == 0;
		}
	}
	assert_int_equal(found, 4);
	return 1;
}

/* The case names the entries in which the three differ. */
static void assert_forked(struct world *world, struct fork *fork)
{
	const struct ph_case_filter forked = { .kind = PH_CASE_FORKED };

	assert_int_equal(ph_cases_each(world->ledger, &forked, is_first_difference, fork),
			 1);
}

static void both_count(void **state)
{
	struct fork fork = { 0 };
	uint8_t wanted[64];

	(void)state;
	fork_init(&fork, true);
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct world world;
		struct ph_error err = { 0 };
		uint8_t got[64];

		print_message("# order %zu\n", i);
		world_init(&world, i % 2 == 1);
		play(&world, &fork, orders[i]);
		world_books(&world, got);
		if (i == 0) {
			memcpy(wanted, got, sizeof wanted);
		}
		/* 3 is voided by b; 8 of b by b; marks lift the rest to their days */
		assert_int_equal(visits_of(&world, 0), 1);
		assert_int_equal(visits_of(&world, 2 * DAY), 4);
		assert_int_equal(visits_of(&world, 3 * DAY), 32 + 64);
		assert_int_equal(visits_of(&world, 4 * DAY), 8);
		assert_memory_equal(got, wanted, sizeof wanted);
		assert_forked(&world, &fork);
		world_reopen_ledger(&world);
		world_books(&world, got);
		assert_memory_equal(got, wanted, sizeof wanted);
		assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
		world_books(&world, got);
		assert_memory_equal(got, wanted, sizeof wanted);
		world_deinit(&world);
	}
	fork_deinit(&fork);
}

/* What the hub says of a mark or a head holds on every branch that has it. */
static void acts_on_branches(void **state)
{
	static const struct step acts[][STEPS] = {
		{ { 'a', 1, 9 }, { 'b', 7, 12 }, { 'c', 11, 12 }, { 'h', 0, 9 } },
		{ { 'h', 0, 9 }, FOLD, { 'c', 1, 12 }, { 'b', 1, 12 }, { 'a', 1, 9 } },
		{ { 'b', 1, 12 },
		  FOLD,
		  { 'h', 0, 2 },
		  FOLD,
		  { 'a', 7, 9 },
		  { 'h', 0, 1 },
		  FOLD,
		  { 'c', 11, 12 },
		  FOLD,
		  { 'h', 0, 1 } },
		{ { 'a', 1, 5 },
		  { 'h', 0, 9 },
		  FOLD,
		  { 'b', 6, 8 },
		  FOLD,
		  { 'a', 6, 8 },
		  FOLD,
		  { 'c', 9, 12 },
		  FOLD,
		  { 'b', 11, 12 },
		  { 'a', 9, 9 } },
	};
	struct fork fork = { 0 };
	uint8_t wanted[64];

	(void)state;
	fork_init(&fork, true);
	hub_init(&fork);
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		struct world world;
		struct ph_error err = { 0 };
		uint8_t got[64];

		print_message("# order %zu\n", i);
		world_init(&world, i % 2 == 1);
		play(&world, &fork, acts[i]);
		world_books(&world, got);
		if (i == 0) {
			memcpy(wanted, got, sizeof wanted);
		}
		/* as of day 1: 6, and 8 of b, whose void is cut; 3 is voided by 9 of b */
		assert_int_equal(visits_of(&world, 0), 1);
		assert_int_equal(visits_of(&world, DAY), 4 + 16);
		assert_int_equal(visits_of(&world, 2 * DAY), 0);
		assert_int_equal(visits_of(&world, 3 * DAY), 0);
		assert_int_equal(visits_of(&world, 4 * DAY), 8);
		assert_memory_equal(got, wanted, sizeof wanted);
		assert_int_equal(ph_ledger_rebuild(world.ledger, &err), 0);
		world_books(&world, got);
		assert_memory_equal(got, wanted, sizeof wanted);
		world_deinit(&world);
	}
	fork_deinit(&fork);
}

/* A log that folds as nothing does so in all its branches. */
static void nothing_is_nothing(void **state)
{
	struct fork fork = { 0 };

	(void)state;
	fork_init(&fork, false);
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		struct world world;

		world_init(&world, false);
		play(&world, &fork, orders[i]);
		world_catch_up(&world);
		assert_int_equal(ph_ledger_count(world.ledger, PH_ENTITY_TALLY), 0);
		assert_int_equal(ph_ledger_count(world.ledger, PH_ENTITY_COPY), 0);
		world_deinit(&world);
	}
	fork_deinit(&fork);
}

static uint64_t takes_some(void *data, const struct ph_log *log)
{
	(void)log;
	return *(uint64_t *)data;
}

/* Taken no further than the fork, or less far, a branch gives nothing of its own. */
static void taken_in_part(void **state)
{
	static const struct {
		uint64_t n;
		int64_t day_0, day_2, day_3, day_4;
	} cases[] = {
		{ 3, 3, 0, 0, 0 },    { 6, 3, 4, 0, 0 },   { 7, 3, 4, 0, 0 },
		{ 8, 3, 20, 0, 8 },   { 9, 1, 20, 0, 8 },  { 10, 1, 20, 0, 8 },
		{ 11, 1, 20, 96, 8 }, { 12, 1, 4, 96, 8 },
	};
	struct fork fork = { 0 };

	(void)state;
	fork_init(&fork, true);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t n = cases[i].n;
		struct world world;

		world_init(&world, true);
		world.takes = takes_some;
		world.takes_data = &n;
		world_reopen_ledger(&world);
		play(&world, &fork, orders[0]);
		world_catch_up(&world);
		assert_int_equal(visits_of(&world, 0), cases[i].day_0);
		assert_int_equal(visits_of(&world, 2 * DAY), cases[i].day_2);
		assert_int_equal(visits_of(&world, 3 * DAY), cases[i].day_3);
		assert_int_equal(visits_of(&world, 4 * DAY), cases[i].day_4);
		world_deinit(&world);
	}
	fork_deinit(&fork);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_count),
		cmocka_unit_test(acts_on_branches),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(taken_in_part),
	};

	if (sodium_init() < 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("ledger_fork", tests, NULL, NULL);
}
