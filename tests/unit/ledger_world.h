/*
 * tests/unit/ledger_world.h - logs in memory, and a ledger over them.
 *
 * An actor is one log that is being written; nobody seals here. A world is one
 * machine: a journal and a projection of its own. Entries go from actors to worlds
 * in any portions.
 */
#ifndef PH_TESTS_LEDGER_WORLD_H
#define PH_TESTS_LEDGER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/ledger/key.h"
#include "common/ledger/ledger.h"
#include "common/log/journal_internal.h"
#include "common/log/chain.h"
#include "common/log/segment.h"
#include "tests/lib/memory_db.h"

#define WORLD_LOGS    16
#define ACTOR_ENTRIES 4096
#define T0            1790000000 /* 22 September 2026, 09:13 UTC+7 */
#define DAY           86400

struct actor {
	uint64_t site;
	uint64_t role;
	uint8_t key[PH_KEY_SIZE];
	uint8_t secret[PH_SECRET_SIZE]; /* of that key, if the log can be sealed */
	uint8_t nonce[PH_NONCE_SIZE];
	uint8_t id[PH_LOG_ID_SIZE];
	uint64_t stamp; /* of the last entry */
	struct ph_buf bytes;
	size_t end[ACTOR_ENTRIES]; /* of entry n, at n */
	uint8_t h[ACTOR_ENTRIES][PH_HASH_SIZE];
	uint64_t n;
};

/* Append raw bytes as the next entry; its reference. */
static inline struct ph_ref actor_raw(struct actor *actor, struct ph_view bytes)
{
	struct ph_ref ref = { .n = actor->n + 1 };
	uint8_t hash[PH_HASH_SIZE];

	assert_true(actor->n + 1 < sizeof actor->end / sizeof *actor->end);
	assert_int_equal(ph_buf_put_view(&actor->bytes, bytes), 0);
	if (actor->n == 0) {
		ph_chain_start(actor->h[0], actor->id, actor->key);
	}
	actor->n++;
	actor->end[actor->n] = actor->bytes.len;
	ph_entry_hash(bytes, hash);
	memcpy(actor->h[actor->n], actor->h[actor->n - 1], PH_HASH_SIZE);
	ph_chain_step(actor->h[actor->n], hash);
	memcpy(ref.log_id, actor->id, sizeof ref.log_id);
	memcpy(ref.hash, hash, sizeof ref.hash);
	return ref;
}

/* Encode and append ENTRY with its stamp; a stamp of 0 means the next one. */
static inline struct ph_ref actor_write(struct actor *actor, struct ph_entry *entry)
{
	struct ph_buf bytes = { 0 };
	struct ph_error err = { 0 };
	struct ph_ref ref;

	if (entry->stamp == 0) {
		entry->stamp = actor->stamp + 1;
	}
	actor->stamp = entry->stamp;
	if (ph_entry_encode(entry, &bytes, &err) != 0) {
		fail_msg("%s", err.text);
	}
	ref = actor_raw(actor, ph_buf_view(&bytes));
	ph_buf_deinit(&bytes);
	return ref;
}

static inline struct ph_entry entry_of(uint32_t number)
{
	struct ph_entry entry;

	memset(&entry, 0, sizeof entry);
	entry.kind = ph_kind_find(number);
	entry.number = number;
	return entry;
}

static inline void set_uint(struct ph_entry *entry, unsigned field, uint64_t value)
{
	entry->field[field].set = true;
	entry->field[field].as.uint = value;
}

static inline void set_bytes(struct ph_entry *entry, unsigned field, const void *data,
			     size_t len)
{
	entry->field[field].set = true;
	entry->field[field].as.bytes = PH_VIEW(data, len);
}

static inline void set_text(struct ph_entry *entry, unsigned field, const char *text)
{
	set_bytes(entry, field, text, strlen(text));
}

static inline void set_id(struct ph_entry *entry, unsigned field, uint64_t ns,
			  const char *code)
{
	entry->field[field].set = true;
	entry->field[field].as.id = (struct ph_id){ .ns = ns, .code = ph_view_str(code) };
}

static inline void set_ref(struct ph_entry *entry, unsigned field,
			   const struct ph_ref *ref)
{
	entry->field[field].set = true;
	entry->field[field].as.ref = *ref;
}

static inline void see(struct ph_entry *entry, unsigned field, const struct ph_ref *ref)
{
	entry->seen[entry->n_seen++] =
		(struct ph_seen){ .field = (uint8_t)field, .head = *ref };
}

static inline void set_source(struct ph_entry *entry, uint8_t value)
{
	entry->extras.has_source = true;
	memset(entry->extras.source, value, sizeof entry->extras.source);
}

/* The `open` of ACTOR's log, as it should be; SOFTWARE may be NULL. */
static inline void actor_open(struct actor *actor, const char *software, int64_t second)
{
	struct ph_entry open = entry_of(PH_KIND_OPEN);

	set_bytes(&open, PH_OPEN_KEY, actor->key, sizeof actor->key);
	set_bytes(&open, PH_OPEN_NONCE, actor->nonce, sizeof actor->nonce);
	set_uint(&open, PH_OPEN_SITE, actor->site);
	if (software != NULL) {
		set_text(&open, PH_OPEN_SOFTWARE, software);
	}
	open.stamp = ph_stamp(second, 0);
	actor_write(actor, &open);
}

/* A log of SITE (0: the hub) of the device that KEY stands for, with its `open`. */
static inline void actor_init_log(struct actor *actor, uint8_t key, uint8_t nonce,
				  uint64_t site, int64_t second)
{
	memset(actor, 0, sizeof *actor);
	actor->site = site;
	actor->role = site == 0 ? PH_ROLE_HUB : PH_ROLE_SITE;
	memset(actor->key, key, sizeof actor->key);
	memset(actor->nonce, nonce ^ 0x55, sizeof actor->nonce);
	ph_log_id(actor->id, actor->key, actor->nonce);
	actor_open(actor, NULL, second);
}

/* A log of SITE (0: the hub) whose key and id follow from SEED; with its `open`. */
static inline void actor_init(struct actor *actor, uint8_t seed, uint64_t site,
			      int64_t second)
{
	actor_init_log(actor, seed, seed, site, second);
}

/* Append ENTRY, stamped SECOND seconds after T0. */
static inline struct ph_ref at(struct actor *actor, struct ph_entry *entry,
			       int64_t second)
{
	entry->stamp = ph_stamp(T0 + second, (uint16_t)(actor->n & 0xffff));
	return actor_write(actor, entry);
}

static inline void actor_deinit(struct actor *actor)
{
	ph_buf_deinit(&actor->bytes);
}

static inline struct ph_view actor_entry(const struct actor *actor, uint64_t n)
{
	size_t from = actor->end[n - 1];

	return PH_VIEW(actor->bytes.data + from, actor->end[n] - from);
}

/* The chain again, after something of ACTOR was changed by hand. */
static inline void actor_chain(struct actor *actor)
{
	ph_chain_start(actor->h[0], actor->id, actor->key);
	for (uint64_t n = 1; n <= actor->n; n++) {
		uint8_t hash[PH_HASH_SIZE];

		ph_entry_hash(actor_entry(actor, n), hash);
		memcpy(actor->h[n], actor->h[n - 1], PH_HASH_SIZE);
		ph_chain_step(actor->h[n], hash);
	}
}

/* A branch: it has the first BASE entries of FROM, and goes on by itself. */
static inline void actor_fork(struct actor *actor, const struct actor *from,
			      uint64_t base)
{
	*actor = *from;
	actor->bytes = (struct ph_buf){ 0 };
	actor->n = base;
	assert_int_equal(ph_buf_put(&actor->bytes, from->bytes.data, from->end[base]), 0);
}

struct world {
	struct ph_db *db;
	struct ph_db *other; /* of the projection, if it is not the journal's */
	struct ph_db *fed;   /* where what was fed lies, if anything */
	unsigned fed_batch;  /* 0: as always */
	struct ph_journal *journal;
	struct ph_ledger *ledger;
	uint64_t (*takes)(void *data, const struct ph_log *log);
	void *takes_data;
	const struct ph_ledger_hub *hub; /* NULL: the world is a site */
};

static inline void world_open_ledger(struct world *world)
{
	struct ph_ledger_config config = { .journal = world->journal,
					   .db = world->other ? world->other : world->db,
					   .fed = world->fed,
					   .fed_batch = world->fed_batch,
					   .takes = world->takes,
					   .data = world->takes_data,
					   .hub = world->hub };
	struct ph_error err = { 0 };

	if (ph_ledger_open(&world->ledger, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

static inline struct ph_db *open_memory(bool journal)
{
	struct ph_db_config config = { .path = ":memory:",
				       .application = PH_STORE_SITE,
				       .steps = journal ? ph_journal_steps : NULL,
				       .n_steps = journal ? ph_journal_steps_count : 0,
				       .create = true };
	struct ph_error err = { 0 };
	struct ph_db *db = memory_db_open(&config, &err);

	if (db == NULL) {
		fail_msg("%s", err.text);
	}
	return db;
}

static inline void world_init(struct world *world, bool apart)
{
	memset(world, 0, sizeof *world);
	world->db = open_memory(true);
	world->other = apart ? open_memory(false) : NULL;
	assert_int_equal(ph_journal_open(&world->journal, world->db), 0);
	world_open_ledger(world);
}

static inline void world_reopen_ledger(struct world *world)
{
	ph_ledger_free(world->ledger);
	world_open_ledger(world);
}

static inline void world_deinit(struct world *world)
{
	ph_ledger_free(world->ledger);
	ph_journal_free(world->journal);
	ph_db_close(world->other);
	ph_db_close(world->db);
}

/* The branch of a log that holds most of an actor's chain. */
struct world_branch {
	struct world *world;
	const struct actor *actor;
	struct ph_log log;
	uint64_t common;
};

static inline int world_on_branch(void *data, const struct ph_log *log)
{
	struct world_branch *branch = data;
	uint64_t n = log->n < branch->actor->n ? log->n : branch->actor->n;
	uint8_t h[PH_HASH_SIZE];

	for (;; n--) {
		assert_int_equal(ph_journal_chain_at(branch->world->journal, log, n, h),
				 0);
		if (memcmp(h, branch->actor->h[n], sizeof h) == 0) {
			break;
		}
	}
	if (branch->log.row == 0 || n > branch->common) {
		branch->log = *log;
		branch->common = n;
	}
	return 0;
}

/* How many of ACTOR's entries WORLD holds. */
static inline uint64_t world_has(struct world *world, const struct actor *actor)
{
	struct world_branch branch = { .world = world, .actor = actor };
	int rc = ph_journal_log_branch_each(world->journal, actor->id, world_on_branch,
					    &branch);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	return branch.common;
}

/* Where WORLD takes the next entry of ACTOR: a new log or branch if there is none. */
static inline void world_log(struct world *world, const struct actor *actor,
			     struct ph_log *log)
{
	struct world_branch branch = { .world = world, .actor = actor };
	struct ph_log *added;
	int rc = ph_journal_log_branch_each(world->journal, actor->id, world_on_branch,
					    &branch);

	if (rc == PH_JOURNAL_E_NONE) {
		assert_int_equal(ph_journal_log_add(world->journal, actor->id, actor->key,
						    actor->site, actor->role, log),
				 0);
		return;
	}
	assert_int_equal(rc, 0);
	*log = branch.log;
	if (branch.common < log->n && branch.common < actor->n) {
		/* in the row that keeps the last entry they have in common */
		while (log->parent != 0 && branch.common <= log->base) {
			assert_int_equal(
				ph_journal_log_at(world->journal, log->parent, log), 0);
		}
		assert_int_equal(
			ph_journal_branch_add(world->journal, log, branch.common, &added),
			0);
		*log = *added;
	}
}

/* Give WORLD the next COUNT entries of ACTOR's log (fewer at its end); how many it took. */
static inline uint64_t world_take(struct world *world, const struct actor *actor,
				  uint64_t count)
{
	struct ph_buf body = { 0 };
	struct ph_log log;
	uint64_t has = world_has(world, actor);
	uint64_t taken = 0;

	if (has == actor->n) {
		return 0;
	}
	assert_int_equal(ph_db_begin(world->db), 0);
	world_log(world, actor, &log);
	assert_int_equal(log.n, has);
	for (; taken < count && has + taken < actor->n; taken++) {
		assert_int_equal(
			ph_segment_add(&body, actor_entry(actor, has + taken + 1)), 0);
	}
	if (taken > 0) {
		assert_int_equal(
			ph_journal_append(world->journal, &log, ph_buf_view(&body)), 0);
	}
	assert_int_equal(ph_db_commit(world->db), 0);
	ph_buf_deinit(&body);
	return taken;
}

static inline void world_catch_up(struct world *world)
{
	struct ph_error err = { 0 };

	if (ph_ledger_catch_up(world->ledger, NULL, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

/* The same in steps of at most MAX entries; each has fewer left than the one before. */
static inline void world_catch_up_by(struct world *world, uint64_t max)
{
	struct ph_error err = { 0 };
	uint64_t before = UINT64_MAX;
	uint64_t left = 0;

	do {
		if (ph_ledger_step(world->ledger, max, &left, &err) != 0) {
			fail_msg("%s", err.text);
		}
		assert_true(left < before);
		before = left;
	} while (left > 0);
}

static inline void world_digest(struct world *world, uint8_t out[static 32])
{
	struct ph_error err = { 0 };

	if (ph_ledger_digest(world->ledger, out, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

#endif
