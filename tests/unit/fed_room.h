/*
 * tests/unit/fed_room.h - a device's store to which pages of a feed are applied, for the tests of
 * common/ledger/fed*.c. One room and one scene to a program; each test undoes what it did.
 */
#ifndef PH_TESTS_FED_ROOM_H
#define PH_TESTS_FED_ROOM_H

#include "tests/unit/feed_scene.h"

#include <unistd.h>

#include "common/log/journal.h"

static struct scene scene;
static struct ph_db *db;
static char folder[] = "/tmp/ph-fed-XXXXXX";
static char path[64];

static inline void open_store(const char *at, const char *vfs)
{
	struct ph_error err = { 0 };
	const struct ph_db_config config = { .path = at,
					     .vfs = vfs,
					     .application = PH_STORE_SITE,
					     .steps = ph_journal_steps,
					     .n_steps = ph_journal_steps_count,
					     .create = true };

	if (ph_db_open(&db, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	assert_int_equal(ph_fed_tables_open(db), 0);
}

static inline int set_up(void **state)
{
	(void)state;
	if (ph_crypto_start() != 0 || mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/site.db", folder);
	scene_init(&scene, 1);
	open_store(":memory:", NULL);
	return 0;
}

static inline int tear_down(void **state)
{
	char command[96];

	(void)state;
	ph_db_close(db);
	db = NULL;
	scene_deinit(&scene);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static inline void decode(const struct ph_buf *bytes, struct ph_feed_page *page)
{
	assert_int_equal(ph_feed_decode(ph_buf_view(bytes), scene.p.hub.sign.key, page),
			 0);
}

/* Apply BYTES, in the transaction that is open. */
static inline int apply(const struct ph_buf *bytes, struct ph_fed_moved *moved)
{
	struct ph_feed_page page;

	decode(bytes, &page);
	return ph_fed_apply(db, scene.feed, &page, moved);
}

static inline int apply_page(unsigned from, unsigned number)
{
	struct ph_fed_moved moved = { 0 };
	struct ph_buf bytes = { 0 };
	int rc;

	scene_page(&scene, from, number, &bytes);
	rc = apply(&bytes, &moved);
	ph_buf_deinit(&bytes);
	return rc;
}

static inline void begin(void)
{
	assert_int_equal(ph_db_begin(db), 0);
}

/* A feed of COUNT steps that SEED chooses. */
static inline void random_feed(uint64_t seed, unsigned count)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	ph_rng_seed(&seeded, seed, &rng);
	scene_random(&scene, count, &rng);
}

/* The feed of these steps, and a transaction that applies it. */
static inline void begin_feed(const struct step *steps, unsigned count)
{
	memcpy(scene.step, steps, count * sizeof(*steps));
	scene.n_steps = count;
	begin();
}

#define BEGIN_FEED(steps) begin_feed(steps, sizeof(steps) / sizeof((steps)[0]))

#endif
