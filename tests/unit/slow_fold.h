/*
 * tests/unit/slow_fold.h - the fold by its definition, in one go.
 *
 * All entries of all logs are held at once, and what is voided and what is a twin is
 * found by comparing each with each. It shares with the ledger what one entry says
 * (ph_fact), what it touches (ph_touch) and how the state of one entity is folded
 * (ph_fold), but nothing of how news is taken in, so it has no order to get wrong.
 */
#ifndef PH_TESTS_SLOW_FOLD_H
#define PH_TESTS_SLOW_FOLD_H

#include <sodium.h>

#include "ledger_world.h"

#include "common/ledger/fold.h"
#include "common/ledger/state.h"
#include "common/ledger/touch.h"

struct slow_item {
	struct ph_fact fact;
	struct ph_entry entry;
	bool voided, counts, folds;
};

struct slow {
	struct slow_item *items;
	size_t n;
};

static inline void slow_gather(struct slow *slow, const struct actor *actor,
			       uint64_t upto)
{
	struct ph_log log = { .site = actor->site, .role = actor->role };
	uint64_t floor = 0;

	memcpy(log.id, actor->id, sizeof log.id);
	memcpy(log.key, actor->key, sizeof log.key);
	for (uint64_t n = 1; n <= upto; n++) {
		struct slow_item *item = &slow->items[slow->n];
		struct ph_view bytes = actor_entry(actor, n);
		int rc = ph_entry_decode(bytes, &item->entry);

		if (n == 1 && (rc != 0 || !ph_fact_opens(&item->entry, &log))) {
			return;
		}
		if (n == 1 || rc != 0 ||
		    !(item->entry.kind->writers & ph_fact_role(&log))) {
			continue;
		}
		ph_fact_init(&item->fact, &log, n, bytes, &item->entry, floor);
		if (item->entry.number == PH_KIND_CLOCK_MARK &&
		    item->entry.stamp > floor) {
			floor = item->entry.stamp;
		}
		slow->n++;
	}
}

static inline bool is_same_site(const struct slow_item *a, const struct slow_item *b)
{
	const uint64_t left[] = { a->fact.log_site, a->fact.site };
	const uint64_t right[] = { b->fact.log_site, b->fact.site };

	for (int i = 0; i < 4; i++) {
		if (left[i / 2] != 0 && left[i / 2] == right[i % 2]) {
			return true;
		}
	}
	return false;
}

static inline void slow_void(struct slow *slow)
{
	for (size_t i = 0; i < slow->n; i++) {
		struct slow_item *by = &slow->items[i];

		for (size_t k = 0; by->entry.number == PH_KIND_VOID && k < slow->n; k++) {
			struct slow_item *target = &slow->items[k];
			bool same_log = memcmp(by->fact.ref.log_id,
					       target->fact.ref.log_id, 16) == 0;

			if (!ph_ref_equal(&by->entry.field[PH_VOID_TARGET].as.ref,
					  &target->fact.ref)) {
				continue;
			}
			if (target->fact.log_site == 0
				    ? same_log
				    : by->fact.log_site == 0 ||
					      is_same_site(by, target)) {
				target->voided = true;
			}
		}
	}
}

static inline bool is_twin(const struct slow_item *a, const struct slow_item *b)
{
	return !b->voided && a->entry.extras.has_source && b->entry.extras.has_source &&
	       a->entry.number == b->entry.number &&
	       ph_fact_creates(&a->entry) == ph_fact_creates(&b->entry) &&
	       memcmp(a->entry.extras.source, b->entry.extras.source, 16) == 0 &&
	       a->fact.site == b->fact.site;
}

static inline void slow_source(struct slow *slow)
{
	for (size_t i = 0; i < slow->n; i++) {
		struct slow_item *item = &slow->items[i];
		bool creates = ph_fact_creates(&item->entry);
		const struct slow_item *first = item;

		for (size_t k = 0; k < slow->n; k++) {
			const struct slow_item *twin = &slow->items[k];

			if (is_twin(item, twin) &&
			    ph_fact_compare(&twin->fact, &first->fact) < 0) {
				first = twin;
			}
		}
		item->counts = !item->voided && first == item;
		item->folds = !item->voided && (first == item || creates);
	}
}

struct slow_named {
	struct ph_entity_key key;
	struct ph_fact fact;
};

static inline int compare_named(const void *a, const void *b)
{
	const struct slow_named *x = a, *y = b;
	int order = ph_key_compare(&x->key, &y->key);

	return order != 0 ? order : ph_fact_compare(&x->fact, &y->fact);
}

static inline void hash_entity(crypto_generichash_state *hash,
			       const struct slow_named *named, size_t n)
{
	struct ph_fact *facts = malloc(n * sizeof *facts);
	struct ph_buf state = { 0 };
	uint8_t head[9] = { named->key.type };

	for (size_t i = 0; i < n; i++) {
		facts[i] = named[i].fact;
	}
	assert_int_equal(ph_facts_sort(facts, n), 0);
	assert_int_equal(ph_fold(&named->key, facts, n, &state), 0);
	if (state.len > 0) {
		ph_be64_put(head + 1, named->key.len);
		crypto_generichash_update(hash, head, 9);
		crypto_generichash_update(hash, named->key.id, named->key.len);
		ph_be64_put(head + 1, state.len);
		crypto_generichash_update(hash, head + 1, 8);
		crypto_generichash_update(hash, state.data, state.len);
	}
	ph_buf_deinit(&state);
	free(facts);
}

/* The digest of the first UPTO[i] entries of each of the N_ACTORS logs. */
static inline void slow_digest(const struct actor *actors, size_t n_actors,
			       const uint64_t *upto, uint8_t out[static 32])
{
	size_t most = 1;

	for (size_t i = 0; i < n_actors; i++) {
		most += upto[i];
	}

	struct slow slow = { .items = calloc(most, sizeof *slow.items) };
	struct slow_named *named = NULL;
	struct ph_touched touched = { 0 };
	crypto_generichash_state hash;
	size_t n = 0, cap = 0, run;

	assert_non_null(slow.items);
	for (size_t i = 0; i < n_actors; i++) {
		slow_gather(&slow, &actors[i], upto[i]);
	}
	slow_void(&slow);
	slow_source(&slow);
	for (size_t i = 0; i < slow.n; i++) {
		const struct slow_item *item = &slow.items[i];

		assert_int_equal(ph_touch(&item->fact, &item->entry, &touched), 0);
		for (size_t k = 0; k < touched.n; k++) {
			if (touched.keys[k].type == PH_ENTITY_TALLY ? item->counts
								    : item->folds) {
				assert_int_equal(ph_state_grow((void **)&named, n, &cap,
							       sizeof *named),
						 0);
				named[n].key = touched.keys[k];
				named[n++].fact = item->fact;
			}
		}
	}
	if (n > 0) {
		qsort(named, n, sizeof *named, compare_named);
	}
	crypto_generichash_init(&hash, NULL, 0, 32);
	for (size_t i = 0; i < n; i += run) {
		for (run = 1; i + run < n &&
			      ph_key_compare(&named[i].key, &named[i + run].key) == 0;) {
			run++;
		}
		hash_entity(&hash, &named[i], run);
	}
	crypto_generichash_final(&hash, out, 32);
	free(named);
	ph_touched_deinit(&touched);
	free(slow.items);
}

#endif
