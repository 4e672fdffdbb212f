/*
 * tests/unit/feed_slow.h - what a hub that holds a history tells a site, by the definition.
 *
 * All facts of others that count are told under all that they name, with the time at
 * which they count, and all acts of others that have an effect; what ceases to count is
 * taken back. So the site must come to what follows from the whole history.
 */
#ifndef PH_TESTS_FEED_SLOW_H
#define PH_TESTS_FEED_SLOW_H

#include "slow_fold.h"

#include "common/ledger/fed.h"
#include "common/log/feed.h"
#include "common/log/keys.h"

struct told {
	struct ph_ref ref;
	struct ph_entity_key key; /* type 0: an act */
	int64_t second;
	uint16_t tick;
	uint32_t unsure;
	const struct actor *actor;
	struct ph_view bytes;
};

struct told_list {
	struct told *items;
	size_t n, cap;
};

struct slow_feed {
	struct ph_sign_pair pair;
	uint64_t site;
	uint8_t device[PH_DEVICE_ID_SIZE];
	struct told_list told;
	uint64_t number;
	struct ph_feed_writer writer;
	uint64_t from;
};

static inline void slow_feed_init(struct slow_feed *feed, uint64_t site,
				  struct ph_rng *rng)
{
	memset(feed, 0, sizeof *feed);
	feed->site = site;
	memset(feed->device, 0xfe, sizeof feed->device);
	ph_sign_pair_make(&feed->pair, rng);
}

static inline void slow_feed_deinit(struct slow_feed *feed)
{
	free(feed->told.items);
	ph_feed_deinit(&feed->writer);
}

/* --- what should be told --- */

static inline void told_add(struct told_list *list, const struct told *one)
{
	assert_int_equal(ph_state_grow((void **)&list->items, list->n, &list->cap,
				       sizeof *list->items),
			 0);
	list->items[list->n++] = *one;
}

static inline int told_compare(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int order = ph_ref_compare(&x->ref, &y->ref);

	return order != 0 ? order : ph_key_compare(&x->key, &y->key);
}

/* The same bytes on two branches of a log are told once, where the first of them stands. */
static inline int told_order(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int order = told_compare(a, b);

	return order != 0               ? order
	       : x->second != y->second ? (x->second < y->second ? -1 : 1)
	       : x->tick != y->tick     ? (x->tick < y->tick ? -1 : 1)
				    : (x->unsure > y->unsure) - (x->unsure < y->unsure);
}

static inline struct told told_of(const struct slow_item *item,
				  const struct ph_entity_key *key)
{
	struct told told = { .ref = item->fact.ref,
			     .second = item->fact.second,
			     .tick = item->fact.tick,
			     .unsure = item->fact.unsure,
			     .actor = item->actor,
			     .bytes = item->fact.bytes };

	if (key != NULL) {
		told.key = *key;
	}
	return told;
}

static inline bool is_act(const struct slow_item *item)
{
	return item->entry.number == PH_KIND_DEVICE_CUT || slow_only_acts(item);
}

/*
 * Whether the site has the log itself, and is not told of it: its own, and the hub's first one,
 * which is that of ACTORS[0], on whatever branch.
 */
static inline bool has_itself(uint64_t site, const struct actor *actors,
			      const struct actor *actor)
{
	return actor->site == site ||
	       memcmp(actor->id, actors[0].id, sizeof actor->id) == 0;
}

static inline void told_fact(const struct slow *slow, const struct slow_item *item,
			     uint64_t site, struct told_list *list)
{
	struct slow_names listed = { 0 };
	struct ph_touched touched = { 0 };
	struct ph_entity_key low = ph_key_number(PH_ENTITY_TALLY, site);

	assert_int_equal(ph_touch(&item->fact, &item->entry, &touched), 0);
	for (size_t i = 0; i < touched.n; i++) {
		const struct ph_entity_key *key = &touched.keys[i];
		struct told one = told_of(item, key);

		if (key->type != PH_ENTITY_TALLY ||
		    (!item->twin && memcmp(key->id, low.id, 8) == 0)) {
			told_add(list, &one);
		}
	}
	slow_name_listed(slow, item, &listed);
	for (size_t i = 0; i < listed.n; i++) {
		struct told one = told_of(item, &listed.items[i].key);

		told_add(list, &one);
	}
	free(listed.items);
	ph_touched_deinit(&touched);
}

static inline void told_sort(struct told_list *list)
{
	size_t n = 0;

	if (list->n > 0) {
		qsort(list->items, list->n, sizeof *list->items, told_order);
	}
	for (size_t i = 0; i < list->n; i++) {
		if (n == 0 || told_compare(&list->items[n - 1], &list->items[i]) != 0) {
			list->items[n++] = list->items[i];
		}
	}
	list->n = n;
	for (size_t i = 1; i < list->n; i++) {
		const struct told *x = &list->items[i - 1], *y = &list->items[i];

		/* A site holds one time of an entry, whatever it is told under. */
		assert_true(!ph_ref_equal(&x->ref, &y->ref) ||
			    (x->second == y->second && x->tick == y->tick));
	}
}

static inline void told_wanted(const struct slow *slow, uint64_t site,
			       struct told_list *list)
{
	for (size_t i = 0; i < slow->n; i++) {
		const struct slow_item *item = &slow->items[i];
		struct told act = told_of(item, NULL);

		if (has_itself(site, slow->actors, item->actor)) {
			continue;
		}
		if (is_act(item) && !slow_cut(slow, item) && !slow_voided(slow, item)) {
			told_add(list, &act);
		}
		if (slow_is_fact(item) && (!item->twin || slow_creates(item))) {
			told_fact(slow, item, site, list);
		}
	}
	told_sort(list);
}

/* --- pages --- */

static inline void slow_feed_flush(struct slow_feed *feed, struct ph_db *db)
{
	struct ph_feed_page page = { .epoch = { .number = 1 },
				     .scope = 1,
				     .from = feed->from,
				     .number = feed->number };
	struct ph_fed_moved moved = { 0 };
	struct ph_feed_page read;
	struct ph_buf bytes = { 0 };

	if (feed->number == feed->from) {
		return;
	}
	memcpy(page.feed, feed->device, sizeof page.feed);
	assert_int_equal(ph_feed_sign(&feed->writer, &page, feed->pair.secret, &bytes),
			 0);
	assert_int_equal(ph_feed_decode(ph_buf_view(&bytes), feed->pair.key, &read), 0);
	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(ph_fed_apply(db, feed->device, &read, &moved), 0);
	assert_int_equal(ph_db_commit(db), 0);
	ph_buf_deinit(&bytes);
	ph_feed_deinit(&feed->writer);
	feed->from = feed->number;
}

static inline void slow_feed_item(struct slow_feed *feed, struct ph_db *db,
				  const struct told *told, bool on)
{
	struct ph_feed_item item = { .ref = told->ref };
	struct ph_feed_log log = { .site = told->actor->site, .role = told->actor->role };
	struct ph_feed_key key = { .type = told->key.type,
				   .id = ph_key_view(&told->key) };
	struct ph_buf keys = { 0 };
	bool act = told->key.type == 0;
	int rc;

	memcpy(log.id, told->actor->id, sizeof log.id);
	memcpy(log.key, told->actor->key, sizeof log.key);
	item.what = act ? (on ? PH_FEED_ACT : PH_FEED_UNACT)
			: (on ? PH_FEED_FACT : PH_FEED_UNFACT);
	if (on) {
		item.second = (uint64_t)told->second;
		item.tick = told->tick;
		item.unsure = act ? 0 : told->unsure;
		item.entry = told->bytes;
	}
	if (!act) {
		assert_int_equal(ph_feed_key_put(&keys, &key), 0);
		item.keys = ph_buf_view(&keys);
		item.n_keys = 1;
	}
	rc = ph_feed_add(&feed->writer, on ? &log : NULL, &item);
	if (rc == PH_FEED_E_FULL) {
		slow_feed_flush(feed, db);
		rc = ph_feed_add(&feed->writer, on ? &log : NULL, &item);
	}
	assert_int_equal(rc, 0);
	feed->number++;
	ph_buf_deinit(&keys);
}

/* Tell DB what changed since the last time, now that the hub has UPTO of ACTORS. */
static inline void slow_feed_tell(struct slow_feed *feed, struct ph_db *db,
				  const struct actor *actors, size_t n_actors,
				  const uint64_t *upto)
{
	struct told_list wanted = { 0 };
	struct slow slow;
	size_t k = 0;

	slow_init(&slow, actors, n_actors, upto);
	told_wanted(&slow, feed->site, &wanted);
	for (size_t i = 0; i < wanted.n || k < feed->told.n;) {
		int order = i == wanted.n       ? 1
			    : k == feed->told.n ? -1
						: told_compare(&wanted.items[i],
							       &feed->told.items[k]);

		if (order > 0) {
			slow_feed_item(feed, db, &feed->told.items[k++], false);
			continue;
		}
		if (order < 0 || wanted.items[i].second != feed->told.items[k].second ||
		    wanted.items[i].tick != feed->told.items[k].tick ||
		    wanted.items[i].unsure != feed->told.items[k].unsure) {
			slow_feed_item(feed, db, &wanted.items[i], true);
		}
		i++;
		k += order == 0;
	}
	slow_feed_flush(feed, db);
	free(feed->told.items);
	feed->told = wanted;
	free(slow.items);
}

#endif
