/*
 * tests/unit/feed_scene.h - a hub that feeds, as small as can be: a row of numbered
 * items over a few entries and entities, pages cut out of it, and what a device must
 * hold after them. The expectation is kept apart in plain arrays, item by item.
 */
#ifndef TESTS_UNIT_FEED_SCENE_H
#define TESTS_UNIT_FEED_SCENE_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/ledger/fed.h"
#include "common/log/part.h"
#include "tests/unit/feed_maker.h"

enum {
	LOGS = 3,    /* the last is the hub's */
	ENTRIES = 5, /* of each log; the last has a sealed part */
	ENTITIES = 6,
	CASES = 3,
	STEPS = 400, /* items of a feed, at most */
};

/* What a device holds of one entry. */
struct have {
	bool under[ENTITIES];
	bool act, part;
	uint64_t second;
};

struct step {
	enum ph_feed_what what;
	unsigned log, n, entity, other; /* FACT: under both entities */
	uint64_t second;
	bool with_part, decided;
};

struct scene {
	struct province p;
	uint8_t feed[PH_DEVICE_ID_SIZE];
	struct ph_feed_log log[LOGS];
	struct ph_buf entry[LOGS][ENTRIES];
	struct ph_buf cipher[LOGS];
	uint8_t box[PH_SEED_BOX_SIZE];
	struct ph_epoch epoch;
	uint64_t scope;
	struct step step[STEPS];
	unsigned n_steps;
};

/* What is held after some steps. */
struct holding {
	struct have have[LOGS][ENTRIES];
	bool outside[ENTITIES];
	int cases[CASES]; /* 0 none, 1 open, 2 decided */
	uint64_t number;
};

/* ---- entries ---- */

static inline struct ph_view scene_entry(const struct scene *scene, unsigned log,
					 unsigned n)
{
	return ph_buf_view(&scene->entry[log][n - 1]);
}

static inline void scene_entry_make(struct scene *scene, unsigned log, unsigned n)
{
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_VISIT),
				  .number = PH_KIND_VISIT,
				  .stamp = (uint64_t)n << 16 };

	entry.field[PH_VISIT_COUNT].set = true;
	entry.field[PH_VISIT_COUNT].as.uint = 1 + log;
	assert_int_equal(ph_entry_encode(&entry, &scene->entry[log][n - 1], NULL), 0);
}

/* A reader, whose name is sealed apart. */
static inline void scene_part_make(struct scene *scene, unsigned log, unsigned n)
{
	static const uint8_t seed[PH_SEED_SIZE] = { 9 };
	struct ph_entry entry = { .kind = ph_kind_find(PH_KIND_READER_PUT),
				  .number = PH_KIND_READER_PUT,
				  .stamp = (uint64_t)n << 16 };
	struct ph_buf plain = { 0 };
	uint8_t commit[PH_HASH_SIZE];

	entry.sealed[PH_READER_S_NAME].set = true;
	entry.sealed[PH_READER_S_NAME].as.bytes = ph_view_str("Lò Văn Pánh");
	assert_int_equal(ph_part_encode(&entry, &plain, NULL), 0);
	assert_int_equal(ph_part_seal(seed, scene->log[log].id, n, ph_buf_view(&plain),
				      &scene->cipher[log]),
			 0);
	ph_part_commit(ph_buf_view(&scene->cipher[log]), commit);
	entry.field[PH_READER_SETS].set = true;
	entry.field[PH_READER_SETS].as.uint = ph_part_mask(&entry);
	entry.field[PH_READER_COMMIT].set = true;
	entry.field[PH_READER_COMMIT].as.bytes = PH_VIEW(commit, sizeof(commit));
	assert_int_equal(ph_entry_encode(&entry, &scene->entry[log][n - 1], NULL), 0);
	ph_buf_deinit(&plain);
}

static inline void scene_init(struct scene *scene, uint64_t number)
{
	memset(scene, 0, sizeof(*scene));
	province_make(&scene->p, number);
	memset(scene->feed, 0xfe, sizeof(scene->feed));
	scene->epoch = (struct ph_epoch){ .number = 3, .random = "epoch 3" };
	scene->scope = 1;
	for (unsigned i = 0; i < LOGS; i++) {
		bool is_hub = i == LOGS - 1;

		scene->log[i].site = is_hub ? 0 : 140001 + i;
		scene->log[i].role = is_hub ? PH_ROLE_HUB : PH_ROLE_SITE;
		memset(scene->log[i].id, 0x10 + (int)i, sizeof(scene->log[i].id));
		memset(scene->log[i].key, 0x20 + (int)i, sizeof(scene->log[i].key));
		for (unsigned n = 1; n < ENTRIES; n++) {
			scene_entry_make(scene, i, n);
		}
		scene_part_make(scene, i, ENTRIES);
	}
}

static inline void scene_deinit(struct scene *scene)
{
	for (unsigned i = 0; i < LOGS; i++) {
		for (unsigned n = 0; n < ENTRIES; n++) {
			ph_buf_deinit(&scene->entry[i][n]);
		}
		ph_buf_deinit(&scene->cipher[i]);
	}
}

static inline struct ph_ref scene_ref(const struct scene *scene, unsigned log, unsigned n)
{
	return feed_ref(&scene->log[log], n, scene_entry(scene, log, n));
}

static inline struct ph_feed_key scene_key(unsigned entity)
{
	static const char *const ids[ENTITIES] = { "a", "b", "c", "d", "e", "f" };

	return (struct ph_feed_key){ .type = 10 + entity % 3,
				     .id = ph_view_str(ids[entity]) };
}

/* ---- what must be held ---- */

static inline bool have_any(const struct have *have)
{
	bool any = have->act;

	for (unsigned i = 0; i < ENTITIES; i++) {
		any = any || have->under[i];
	}
	return any;
}

static inline void holding_step(struct holding *holding, const struct step *step)
{
	struct have *have = step->n > 0 ? &holding->have[step->log][step->n - 1] : NULL;

	holding->number++;
	switch (step->what) {
	case PH_FEED_FACT:
		have->under[step->entity] = have->under[step->other] = true;
		have->second = step->second;
		have->part = have->part || step->with_part;
		break;
	case PH_FEED_UNFACT:
		have->under[step->entity] = false;
		break;
	case PH_FEED_ACT:
		have->act = true;
		have->second = step->second;
		break;
	case PH_FEED_UNACT:
		have->act = false;
		break;
	case PH_FEED_ENTER:
		holding->outside[step->entity] = false;
		break;
	case PH_FEED_LEAVE:
		holding->outside[step->entity] = true;
		for (unsigned i = 0; i < LOGS * ENTRIES; i++) {
			have = &holding->have[i / ENTRIES][i % ENTRIES];
			have->under[step->entity] = false;
			have->part = have->part && have_any(have);
		}
		return;
	case PH_FEED_CASE:
		holding->cases[step->entity % CASES] = step->decided ? 2 : 1;
		break;
	case PH_FEED_UNCASE:
		holding->cases[step->entity % CASES] = 0;
		break;
	}
	if (have && !have_any(have)) {
		have->part = false;
	}
}

/* ---- pages ---- */

/* Add STEP as it would be told to a device that holds HOLDING. */
static inline int scene_add(const struct scene *scene, const struct holding *holding,
			    const struct step *step, struct ph_feed_writer *writer)
{
	struct ph_feed_item item = { .what = step->what, .key = scene_key(step->entity) };
	struct ph_feed_key other = scene_key(step->other);
	struct ph_buf keys = { 0 };
	struct ph_buf refs = { 0 };
	struct ph_buf sites = { 0 };
	int rc;

	if (step->n > 0) {
		item.ref = scene_ref(scene, step->log, step->n);
		item.entry = scene_entry(scene, step->log, step->n);
		/* by its hash if it is held */
		if (step->what == PH_FEED_FACT && step->second % 2 == 0 &&
		    have_any(&holding->have[step->log][step->n - 1])) {
			item.entry.len = 0;
		}
		item.second = step->second;
		item.unsure = step->what == PH_FEED_FACT ? step->second / 2 : 0;
		item.n_keys = 1 + (step->other != step->entity);
		assert_int_equal(ph_feed_key_put(&keys, &item.key), 0);
		if (step->other != step->entity) {
			assert_int_equal(ph_feed_key_put(&keys, &other), 0);
		}
		item.keys = ph_buf_view(&keys);
	}
	if (step->with_part) {
		item.cipher = ph_buf_view(&scene->cipher[step->log]);
		item.seed_box = PH_VIEW(scene->box, sizeof(scene->box));
	}
	if (step->what == PH_FEED_CASE || step->what == PH_FEED_UNCASE) {
		struct ph_ref ref = scene_ref(scene, 0, 1);

		item.case_id[0] = (uint8_t)(1 + step->entity % CASES);
		item.case_kind = 1;
		item.anchor = ph_view_str("anchor");
		item.second = step->entity;
		item.is_decided = step->decided;
		item.decided = 7;
		assert_int_equal(ph_feed_ref_put(&refs, &ref), 0);
		item.refs = ph_buf_view(&refs);
		item.n_refs = 1;
		assert_int_equal(ph_feed_site_put(&sites, 101), 0);
		item.sites = ph_buf_view(&sites);
		item.n_sites = 1;
	}
	rc = ph_feed_add(writer, step->n > 0 ? &scene->log[step->log] : NULL, &item);
	ph_buf_deinit(&keys);
	ph_buf_deinit(&refs);
	ph_buf_deinit(&sites);
	return rc;
}

/* Steps FROM + 1 to NUMBER of the scene's feed as a page, appended to OUT. */
static inline void scene_page(const struct scene *scene, unsigned from, unsigned number,
			      struct ph_buf *out)
{
	struct ph_feed_page page = { .epoch = scene->epoch,
				     .scope = scene->scope,
				     .from = from,
				     .number = number };
	struct ph_feed_writer writer = { 0 };
	struct holding holding = { 0 };

	memcpy(page.feed, scene->feed, sizeof(page.feed));
	for (unsigned i = 0; i < number && i < scene->n_steps; i++) {
		if (i >= from) {
			assert_int_equal(
				scene_add(scene, &holding, &scene->step[i], &writer), 0);
		}
		holding_step(&holding, &scene->step[i]);
	}
	assert_int_equal(ph_feed_sign(&writer, &page, scene->p.hub.sign.secret, out), 0);
	ph_feed_deinit(&writer);
}

static inline void scene_holding(const struct scene *scene, unsigned number,
				 struct holding *holding)
{
	memset(holding, 0, sizeof(*holding));
	for (unsigned i = 0; i < number; i++) {
		holding_step(holding, &scene->step[i]);
	}
}

/* N steps at random; what is taken back or moved was mostly told before. */
static inline void scene_random(struct scene *scene, unsigned n, struct ph_rng *rng)
{
	static const enum ph_feed_what likely[] = {
		PH_FEED_FACT,   PH_FEED_FACT,   PH_FEED_FACT,   PH_FEED_FACT,
		PH_FEED_FACT,   PH_FEED_UNFACT, PH_FEED_UNFACT, PH_FEED_ENTER,
		PH_FEED_LEAVE,  PH_FEED_ACT,    PH_FEED_UNACT,  PH_FEED_CASE,
		PH_FEED_UNCASE,
	};

	scene->n_steps = n;
	for (unsigned i = 0; i < n; i++) {
		struct step *step = &scene->step[i];

		*step = (struct step){ .what = likely[ph_rng_below(rng, 13)] };
		step->log = (unsigned)ph_rng_below(rng, LOGS);
		step->entity = (unsigned)ph_rng_below(rng, ENTITIES);
		step->other = step->entity;
		step->second = ph_rng_below(rng, 6);
		step->decided = step->what == PH_FEED_CASE && ph_rng_below(rng, 2);
		if (step->what == PH_FEED_FACT) {
			step->other = (unsigned)ph_rng_below(rng, ENTITIES);
		}
		if (step->what <= PH_FEED_UNFACT || step->what == PH_FEED_ACT ||
		    step->what == PH_FEED_UNACT) {
			step->n = 1 + (unsigned)ph_rng_below(rng, ENTRIES);
		}
		step->with_part = step->what == PH_FEED_FACT && step->n == ENTRIES &&
				  ph_rng_below(rng, 2);
	}
}

/* ---- comparing ---- */

struct found {
	const struct scene *scene;
	struct ph_db *db;
	struct holding holding;
	unsigned entity;
	unsigned rows; /* facts, acts */
};

static inline unsigned found_entity(uint64_t type, struct ph_view id)
{
	assert_int_equal(id.len, 1);

	unsigned entity = id.data[0] - 'a';

	assert_true(entity < ENTITIES);
	assert_int_equal(type, 10 + entity % 3);
	return entity;
}

static inline struct have *found_entry(struct found *found,
				       const struct ph_fed_entry *entry)
{
	unsigned log = entry->ref.log_id[0] - 0x10u;

	assert_true(log < LOGS && entry->ref.n >= 1 && entry->ref.n <= ENTRIES);

	const struct ph_feed_log *from = &found->scene->log[log];
	struct have *have = &found->holding.have[log][entry->ref.n - 1];
	struct ph_ref ref = scene_ref(found->scene, log, (unsigned)entry->ref.n);

	assert_true(ph_ref_equal(&ref, &entry->ref));
	assert_true(ph_view_equal(
		entry->bytes, scene_entry(found->scene, log, (unsigned)entry->ref.n)));
	assert_int_equal(entry->log_site, from->site);
	assert_int_equal(entry->role, from->role);
	assert_memory_equal(entry->key, from->key, PH_KEY_SIZE);
	have->second = entry->second;
	found->rows++;
	return have;
}

static inline int on_found_fact(void *data, const struct ph_fed_entry *entry)
{
	struct found *found = data;

	found_entry(found, entry)->under[found->entity] = true;
	return 0;
}

static inline int on_found_act(void *data, const struct ph_fed_entry *entry)
{
	assert_true(entry->is_act);
	found_entry(data, entry)->act = true;
	return 0;
}

static inline int on_found_entity(void *data, uint64_t type, struct ph_view id)
{
	struct found *found = data;

	found->entity = found_entity(type, id);
	assert_int_equal(ph_fed_is_outside(found->db, type, id,
					   &found->holding.outside[found->entity]),
			 0);
	return ph_fed_facts(found->db, type, id, on_found_fact, found);
}

static inline int on_found_case(void *data, const struct ph_fed_case *one)
{
	struct found *found = data;

	assert_true(one->id[0] >= 1 && one->id[0] <= CASES);
	assert_int_equal(one->kind, 1);
	assert_true(ph_view_equal(one->anchor, ph_view_str("anchor")));
	assert_true(!one->is_decided || one->decided == 7);
	found->holding.cases[one->id[0] - 1] = one->is_decided ? 2 : 1;
	return 0;
}

/* DB holds exactly what is expected after NUMBER steps of the scene's feed. */
static inline void assert_holds(const struct scene *scene, struct ph_db *db,
				unsigned number)
{
	struct found found = { .scene = scene, .db = db };
	struct ph_fed_cursor cursor;
	struct ph_fed_counts counts;
	struct holding want;
	unsigned entries = 0;

	assert_int_equal(ph_fed_cursor_get(db, &cursor), 0);
	assert_int_equal(cursor.number, number);
	assert_int_equal(cursor.scope, scene->scope);
	assert_memory_equal(&cursor.epoch, &scene->epoch, sizeof(cursor.epoch));
	scene_holding(scene, number, &want);
	assert_int_equal(ph_fed_entities(db, 0, PH_VIEW(NULL, 0), UINT_MAX,
					 on_found_entity, &found),
			 0);
	assert_int_equal(ph_fed_acts(db, on_found_act, &found), 0);
	assert_int_equal(ph_fed_cases(db, false, on_found_case, &found), 0);
	for (unsigned i = 0; i < LOGS * ENTRIES; i++) {
		unsigned log = i / ENTRIES, n = 1 + i % ENTRIES;
		const struct have *have = &want.have[log][n - 1];
		const struct have *got = &found.holding.have[log][n - 1];
		struct ph_ref ref = scene_ref(scene, log, n);
		struct ph_buf cipher = { 0 }, box = { 0 }, bytes = { 0 };
		struct ph_fed_entry entry;
		bool any = have_any(have);

		entries += any;
		assert_memory_equal(have->under, got->under, sizeof(got->under));
		assert_int_equal(have->act, got->act);
		assert_true(!any || have->second == got->second);
		assert_int_equal(ph_fed_resolve(db, &ref, &entry, &bytes),
				 any ? 0 : PH_FED_E_NONE);
		assert_int_equal(ph_fed_part(db, &ref, &cipher, &box),
				 have->part ? 0 : PH_FED_E_NONE);
		if (have->part) {
			assert_true(ph_view_equal(ph_buf_view(&cipher),
						  ph_buf_view(&scene->cipher[log])));
		}
		ph_buf_deinit(&cipher);
		ph_buf_deinit(&box);
		ph_buf_deinit(&bytes);
	}
	assert_memory_equal(want.outside, found.holding.outside, sizeof(want.outside));
	assert_memory_equal(want.cases, found.holding.cases, sizeof(want.cases));
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries, entries); /* nothing else lies about */
}

#endif
