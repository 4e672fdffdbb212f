/*
 * tests/unit/slow_fold.h - the fold by its definition, in one go.
 *
 * What counts, and when, is found by slow_effect.h; then all facts are put together by
 * entity and each is folded once. It shares with the ledger what one entry says
 * (ph_entry_decode), what it names (ph_touch), how facts are ordered (ph_facts_sort) and
 * how the state of one entity is folded (ph_fold), but nothing of how news is taken in,
 * so it has no order to get wrong.
 */
#ifndef PH_TESTS_SLOW_FOLD_H
#define PH_TESTS_SLOW_FOLD_H

#include <sodium.h>

#include "slow_effect.h"

#include "common/ledger/fold.h"
#include "common/ledger/state.h"
#include "common/ledger/touch.h"

struct slow_named {
	struct ph_entity_key key;
	struct ph_fact fact;
};

struct slow_names {
	struct slow_named *items;
	size_t n, cap;
};

/* Of a kind that acts on other entries and names no entity. */
static inline bool slow_only_acts(const struct slow_item *item)
{
	switch (item->entry.number) {
	case PH_KIND_VOID:
	case PH_KIND_READER_UNMERGE:
	case PH_KIND_TITLE_UNMERGE:
	case PH_KIND_COPY_UNALIAS:
	case PH_KIND_LOG_ADOPT:
	case PH_KIND_CLOCK_JUDGE:
		return true;
	default:
		return false;
	}
}

static inline bool slow_is_fact(const struct slow_item *item)
{
	return item->effective && item->entry.number != PH_KIND_CLOCK_MARK &&
	       !slow_only_acts(item);
}

static inline void slow_name(struct slow_names *names, const struct ph_entity_key *key,
			     const struct ph_fact *fact)
{
	assert_int_equal(ph_state_grow((void **)&names->items, names->n, &names->cap,
				       sizeof *names->items),
			 0);
	names->items[names->n].key = *key;
	names->items[names->n++].fact = *fact;
}

static inline bool slow_same_crate(const struct ph_id *a, const struct ph_id *b)
{
	return a->ns == b->ns && ph_view_equal(a->code, b->code);
}

/* The copies that the dispatches of a listed receive's crate name. */
static inline void slow_name_listed(const struct slow *slow, const struct slow_item *item,
				    struct slow_names *names)
{
	const struct ph_value *field = item->entry.field;

	if (item->entry.number != PH_KIND_CRATE_RECEIVE ||
	    !field[PH_RECEIVE_LISTED].set || field[PH_RECEIVE_LISTED].as.uint == 0) {
		return;
	}
	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *other = &slow->items[i];
		const struct ph_value *sent = other->entry.field;
		struct ph_list_iter iter;
		struct ph_entity_key key;
		struct ph_id id;

		if (other->entry.number != PH_KIND_CRATE_DISPATCH || !other->effective ||
		    other->twin ||
		    !slow_same_crate(&sent[PH_DISPATCH_CRATE].as.id,
				     &field[PH_RECEIVE_CRATE].as.id)) {
			continue;
		}
		iter = ph_list_begin(&sent[PH_DISPATCH_COPIES].as.list);
		while (ph_list_next_id(&iter, &id)) {
			assert_true(ph_key_id(PH_ENTITY_COPY, &id, &key));
			slow_name(names, &key, &item->fact);
		}
	}
}

static inline int slow_compare(const void *a, const void *b)
{
	const struct slow_named *x = a, *y = b;
	int order = ph_key_compare(&x->key, &y->key);

	return order != 0 ? order : ph_fact_compare(&x->fact, &y->fact);
}

/* Each fact once under each entity. */
static inline void slow_sort(struct slow_names *names)
{
	size_t n = 0;

	if (names->n > 0) {
		qsort(names->items, names->n, sizeof *names->items, slow_compare);
	}
	for (size_t i = 0; i < names->n; i++) {
		if (n == 0 || slow_compare(&names->items[n - 1], &names->items[i]) != 0) {
			names->items[n++] = names->items[i];
		}
	}
	names->n = n;
}

static inline void slow_names(const struct slow *slow, struct slow_names *names)
{
	struct ph_touched touched = { 0 };

	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *item = &slow->items[i];

		if (!slow_is_fact(item) || (item->twin && !slow_creates(item))) {
			continue;
		}
		assert_int_equal(ph_touch(&item->fact, &item->entry, &touched), 0);
		for (size_t k = 0; k < touched.n; k++) {
			if (touched.keys[k].type != PH_ENTITY_TALLY || !item->twin) {
				slow_name(names, &touched.keys[k], &item->fact);
			}
		}
		slow_name_listed(slow, item, names);
	}
	ph_touched_deinit(&touched);
	slow_sort(names);
}

/* The state of the entity of the first N of NAMED. */
static inline void slow_state(const struct slow_named *named, size_t n,
			      struct ph_buf *state)
{
	struct ph_fact *facts = malloc(n * sizeof *facts);

	assert_non_null(facts);
	for (size_t i = 0; i < n; i++) {
		facts[i] = named[i].fact;
	}
	state->len = 0;
	assert_int_equal(ph_facts_sort(facts, n), 0);
	assert_int_equal(ph_fold(&named->key, facts, n, state), 0);
	free(facts);
}

/* CB for each entity, in the order of the digest. */
static inline void slow_each(const struct actor *actors, size_t n_actors,
			     const uint64_t *upto,
			     void (*cb)(void *data, const struct ph_entity_key *key,
					struct ph_view state),
			     void *data)
{
	struct slow slow;
	struct slow_names names = { 0 };
	struct ph_buf state = { 0 };
	size_t run;

	slow_init(&slow, actors, n_actors, upto);
	slow_names(&slow, &names);
	for (size_t i = 0; i < names.n; i += run) {
		for (run = 1; i + run < names.n &&
			      ph_key_compare(&names.items[i].key,
					     &names.items[i + run].key) == 0;) {
			run++;
		}
		slow_state(&names.items[i], run, &state);
		if (state.len > 0) {
			cb(data, &names.items[i].key, ph_buf_view(&state));
		}
	}
	ph_buf_deinit(&state);
	free(names.items);
	free(slow.items);
}

static inline void slow_hash(void *data, const struct ph_entity_key *key,
			     struct ph_view state)
{
	uint8_t head[9] = { key->type };

	ph_be64_put(head + 1, key->len);
	crypto_generichash_update(data, head, 9);
	crypto_generichash_update(data, key->id, key->len);
	ph_be64_put(head + 1, state.len);
	crypto_generichash_update(data, head + 1, 8);
	crypto_generichash_update(data, state.data, state.len);
}

/* The digest of the first UPTO[i] entries of each of the N_ACTORS logs. */
static inline void slow_digest(const struct actor *actors, size_t n_actors,
			       const uint64_t *upto, uint8_t out[static 32])
{
	crypto_generichash_state hash;

	crypto_generichash_init(&hash, NULL, 0, 32);
	slow_each(actors, n_actors, upto, slow_hash, &hash);
	crypto_generichash_final(&hash, out, 32);
}

#endif
