/*
 * tests/unit/fold_bench.h - a fold by itself: facts in, state out (docs/MERGE.md).
 *
 * No journal and no ledger: what a test says is a fact, at the time it says. Each
 * fold is made from the facts in several orders, and must come to the same bytes.
 */
#ifndef PH_TESTS_FOLD_BENCH_H
#define PH_TESTS_FOLD_BENCH_H

#include "ledger_world.h"

#include "common/ledger/fold.h"

#define BENCH_FACTS 512
#define BENCH_LISTS 64

struct bench {
	struct actor a, a2, b, c, hub; /* sites 101, 101, 202, 303, 0 */
	struct {
		const struct actor *actor;
		struct ph_fact fact; /* but for its bytes */
	} said[BENCH_FACTS];
	size_t n;
	struct ph_buf lists[BENCH_LISTS]; /* behind the values of list fields */
	size_t n_lists;
	struct ph_buf state;
};

static inline int bench_setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);

	actor_init(&bench->a, 1, 101, T0);
	actor_init(&bench->a2, 2, 101, T0);
	actor_init(&bench->b, 3, 202, T0);
	actor_init(&bench->c, 4, 303, T0);
	actor_init(&bench->hub, 5, 0, T0);
	*state = bench;
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct bench *bench = *state;
	struct actor *actors[] = { &bench->a, &bench->a2, &bench->b, &bench->c,
				   &bench->hub };

	for (size_t i = 0; i < sizeof actors / sizeof *actors; i++) {
		actor_deinit(actors[i]);
	}
	for (size_t i = 0; i < bench->n_lists; i++) {
		ph_buf_deinit(&bench->lists[i]);
	}
	ph_buf_deinit(&bench->state);
	free(bench);
	return 0;
}

/* The entry N of ACTOR is a fact SECOND seconds after T0. */
static inline struct ph_fact *bench_fact(struct bench *bench, const struct actor *actor,
					 const struct ph_ref *ref, int64_t second)
{
	struct ph_fact *fact = &bench->said[bench->n].fact;

	assert_true(bench->n < BENCH_FACTS);
	bench->said[bench->n++].actor = actor;
	*fact = (struct ph_fact){ .ref = *ref,
				  .second = T0 + second,
				  .log_site = actor->site,
				  .site = actor->site };
	return fact;
}

/* ACTOR writes ENTRY, which is a fact at its stamp, SECOND seconds after T0, or as told. */
static inline struct ph_ref say(struct bench *bench, struct actor *actor,
				struct ph_entry *entry, int64_t second)
{
	struct ph_ref ref = at(actor, entry, second < 0 ? 0 : second);
	struct ph_fact *fact = bench_fact(bench, actor, &ref, second);

	if (entry->extras.when != PH_WHEN_NONE) {
		fact->told = true;
		fact->second = ph_entry_effective(entry);
	}
	if (entry->extras.behalf != 0) {
		fact->site = entry->extras.behalf;
	}
	return ref;
}

/* As facts in the order, from the order given by TURN: as said, back to front, or mixed. */
static inline struct ph_fact *bench_sorted(const struct bench *bench, unsigned turn)
{
	struct ph_fact *facts = calloc(bench->n + 1, sizeof *facts);

	for (size_t i = 0; i < bench->n; i++) {
		size_t from = turn == 0   ? i
			      : turn == 1 ? bench->n - 1 - i
					  : (i * 7 + turn) % bench->n;

		if (turn > 1 && bench->n % 7 == 0) {
			from = (i + turn) % bench->n;
		}
		facts[i] = bench->said[from].fact;
		facts[i].bytes = actor_entry(bench->said[from].actor, facts[i].ref.n);
	}
	assert_int_equal(ph_facts_sort(facts, bench->n), 0);
	return facts;
}

/* The state of KEY; empty if there is none. Borrows BENCH. */
static inline struct ph_view bench_fold(struct bench *bench,
					const struct ph_entity_key *key)
{
	for (unsigned turn = 0; turn < 4; turn++) {
		struct ph_fact *facts = bench_sorted(bench, turn);
		struct ph_buf state = { 0 };

		assert_int_equal(ph_fold(key, facts, bench->n, &state), 0);
		if (turn > 0) {
			assert_true(ph_view_equal(ph_buf_view(&bench->state),
						  ph_buf_view(&state)));
		}
		ph_buf_deinit(&bench->state);
		bench->state = state;
		free(facts);
	}
	return ph_buf_view(&bench->state);
}

static inline struct ph_entity_key key_of_id(enum ph_entity type, const char *code)
{
	struct ph_id id = { .ns = 0, .code = ph_view_str(code) };
	struct ph_entity_key key;

	assert_true(ph_key_id(type, &id, &key));
	return key;
}

static inline struct ph_entity_key key_of_bytes(enum ph_entity type, const void *data,
						size_t len)
{
	struct ph_entity_key key;

	assert_true(ph_key_bytes(type, PH_VIEW(data, len), &key));
	return key;
}

/* A reference that nothing here is behind. */
static inline struct ph_ref stranger(char name)
{
	struct ph_ref ref = { .n = (uint64_t)name };

	memset(ref.log_id, name, sizeof ref.log_id);
	memset(ref.hash, name, sizeof ref.hash);
	return ref;
}

static inline struct ph_buf *next_list(struct bench *bench)
{
	assert_true(bench->n_lists < BENCH_LISTS);
	return &bench->lists[bench->n_lists++];
}

/* The field is a list of N copies or cards of namespace 0. */
static inline void set_ids(struct bench *bench, struct ph_entry *entry, unsigned field,
			   const char *const *codes, size_t n)
{
	struct ph_id ids[32];

	assert_true(n <= sizeof ids / sizeof *ids);
	for (size_t i = 0; i < n; i++) {
		ids[i] = (struct ph_id){ .ns = 0, .code = ph_view_str(codes[i]) };
	}
	assert_int_equal(ph_list_put_ids(next_list(bench), ids, n, &entry->field[field]),
			 0);
}

static inline void set_refs(struct bench *bench, struct ph_entry *entry, unsigned field,
			    const struct ph_ref *refs, size_t n)
{
	assert_int_equal(
		ph_list_put_refs(next_list(bench), refs, n, &entry->field[field]), 0);
}

static inline void set_day(struct ph_entry *entry, unsigned field, int64_t day)
{
	entry->field[field].set = true;
	entry->field[field].as.day = day;
}

static inline void assert_same_ref(const struct ph_ref *a, const struct ph_ref *b)
{
	if (!ph_ref_equal(a, b)) {
		fail_msg("%d.%d is not %d.%d", a->log_id[0], (int)a->n, b->log_id[0],
			 (int)b->n);
	}
}

#define BENCH_TEST(name)                                                                 \
	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
