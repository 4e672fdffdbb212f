/*
 * Tests of common/ledger/fed*.c: pages of the feed applied at a device, in whatever
 * order and however often they come, with restarts, a full disk, and pages that are
 * wrong; and the news of it for the ledger.
 */
#include "tests/unit/feed_scene.h"

#include <unistd.h>

#include "common/base/limits.h"
#include "common/log/journal.h"
#include "tests/unit/faulty_vfs.h"

static struct scene scene;
static struct ph_db *db;
static char folder[] = "/tmp/ph-fed-XXXXXX";
static char path[64];

static void open_store(const char *at, const char *vfs)
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

static int set_up(void **state)
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

static int tear_down(void **state)
{
	char command[96];

	(void)state;
	ph_db_close(db);
	db = NULL;
	scene_deinit(&scene);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void decode(const struct ph_buf *bytes, struct ph_feed_page *page)
{
	assert_int_equal(ph_feed_decode(ph_buf_view(bytes), scene.p.hub.sign.key, page),
			 0);
}

/* Apply BYTES, in the transaction that is open. */
static int apply(const struct ph_buf *bytes, struct ph_fed_moved *moved)
{
	struct ph_feed_page page;

	decode(bytes, &page);
	return ph_fed_apply(db, scene.feed, &page, moved);
}

static int apply_page(unsigned from, unsigned number)
{
	struct ph_fed_moved moved = { 0 };
	struct ph_buf bytes = { 0 };
	int rc;

	scene_page(&scene, from, number, &bytes);
	rc = apply(&bytes, &moved);
	ph_buf_deinit(&bytes);
	return rc;
}

static void begin(void)
{
	assert_int_equal(ph_db_begin(db), 0);
}

/* ---- one item at a time ---- */

/* FACT and UNFACT under entities, moved in the order, by hash, with its part. */
static void test_fed_random(void **state)
{
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		unsigned done = 0;

		ph_rng_seed(&seeded, seed, &rng);
		scene_random(&scene, 150, &rng);
		begin();
		while (done < scene.n_steps) {
			unsigned next = done + 1 + (unsigned)ph_rng_below(&rng, 12);

			next = next < scene.n_steps ? next : scene.n_steps;
			assert_int_equal(apply_page(done, next), 0);
			done = next;
			assert_holds(&scene, db, done);
		}
		ph_db_rollback(db);
	}
}

/* ---- every order ---- */

enum {
	CARDS = 7,
};

struct card {
	struct ph_buf bytes;
	struct ph_feed_page page;
	bool is_foreign;
};

/* Give all of CARD in the order ORDER says. */
static void deal(const struct card *card, const unsigned *order)
{
	for (unsigned i = 0; i < CARDS; i++) {
		struct ph_fed_moved moved = { 0 };
		int rc = ph_fed_apply(db, scene.feed, &card[order[i]].page, &moved);

		assert_true(rc == 0 || rc == PH_FED_E_OLD || rc == PH_FED_E_GAP ||
			    rc == PH_FED_E_FOREIGN);
		assert_int_equal(rc == PH_FED_E_FOREIGN, card[order[i]].is_foreign);
		assert_int_equal(moved.pages, rc == 0);
	}
}

/* The next permutation, in the order of books; false after the last. */
static bool permute(unsigned *order, unsigned n)
{
	unsigned i = n - 1;
	unsigned j = n - 1;

	while (i > 0 && order[i - 1] >= order[i]) {
		i--;
	}
	if (i == 0) {
		return false;
	}
	while (order[j] <= order[i - 1]) {
		j--;
	}

	unsigned swap = order[i - 1];

	order[i - 1] = order[j];
	order[j] = swap;
	for (j = n - 1; i < j; i++, j--) {
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	return true;
}

/*
 * Pages of an older scope version, of an older epoch, of another device and of the
 * newest feed, in all 5,040 orders: once what is behind the cursor came again, the
 * newest feed is held, and nothing else.
 */
static void test_fed_every_order(void **state)
{
	unsigned order[CARDS] = { 0, 1, 2, 3, 4, 5, 6 };
	struct card card[CARDS] = { 0 };
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	unsigned dealt = 0;

	(void)state;
	ph_rng_seed(&seeded, 77, &rng);
	scene_random(&scene, 40, &rng);
	scene.epoch.number = 2;
	scene.scope = 9;
	scene_page(&scene, 0, 30, &card[0].bytes);
	scene.epoch.number = 3;
	scene.scope = 1;
	scene_page(&scene, 0, 10, &card[1].bytes);
	scene_page(&scene, 10, 40, &card[2].bytes);
	scene_random(&scene, 40, &rng);
	scene.scope = 2;
	scene_page(&scene, 0, 8, &card[3].bytes);
	scene_page(&scene, 8, 25, &card[4].bytes);
	scene_page(&scene, 25, 40, &card[5].bytes);
	scene.feed[0] ^= 1;
	scene_page(&scene, 0, 40, &card[6].bytes);
	scene.feed[0] ^= 1;
	card[6].is_foreign = true;
	for (unsigned i = 0; i < CARDS; i++) {
		decode(&card[i].bytes, &card[i].page);
	}
	do {
		begin();
		deal(card, order);
		for (unsigned i = 3; i < 6; i++) { /* as the hub sends from the cursor */
			struct ph_fed_moved moved = { 0 };

			(void)ph_fed_apply(db, scene.feed, &card[i].page, &moved);
		}
		if (dealt % 8 == 0) {
			assert_holds(&scene, db, 40);
		}
		deal(card, order); /* and all of it once more */
		assert_holds(&scene, db, 40);
		ph_db_rollback(db);
		dealt++;
	} while (permute(order, CARDS));
	assert_int_equal(dealt, 5040);
	for (unsigned i = 0; i < CARDS; i++) {
		ph_buf_deinit(&card[i].bytes);
	}
}

/* What does not go on from the cursor, and what overlaps it. */
static void test_fed_gaps(void **state)
{
	static const struct {
		const char *name;
		unsigned from, number;
		int rc;
	} cases[] = {
		{ "again", 0, 10, PH_FED_E_OLD },
		{ "a part of it", 5, 9, PH_FED_E_OLD },
		{ "overlaps", 5, 15, PH_FED_E_GAP },
		{ "from the start, and further", 0, 15, PH_FED_E_GAP },
		{ "one left out", 11, 15, PH_FED_E_GAP },
		{ "the next", 10, 15, 0 },
	};
	struct ph_fed_counts counts;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;

	(void)state;
	ph_rng_seed(&seeded, 5, &rng);
	scene_random(&scene, 20, &rng);
	begin();
	assert_int_equal(apply_page(0, 10), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		assert_int_equal(apply_page(cases[i].from, cases[i].number), cases[i].rc);
		assert_holds(&scene, db, cases[i].rc == 0 ? 15 : 10);
	}

	/* another hub of the same number: its pages are not ours, until it is asked anew */
	scene.epoch.random[0] ^= 1;
	assert_int_equal(apply_page(0, 20), PH_FED_E_OLD);
	assert_int_equal(apply_page(15, 20), PH_FED_E_OLD);
	assert_int_equal(ph_fed_forget(db), 0);
	assert_int_equal(apply_page(15, 20), PH_FED_E_GAP);
	assert_int_equal(apply_page(0, 20), 0);
	assert_holds(&scene, db, 20);
	/* somebody had its keys: nothing of it stays, before any page comes */
	assert_int_equal(ph_fed_drop(db), 0);
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries + counts.entities + counts.outside, 0);
	assert_int_equal(apply_page(0, 20), 0);
	assert_holds(&scene, db, 20);
	scene.epoch.random[0] ^= 1;
	scene.scope = 1; /* a higher scope version goes on only from the start */
	assert_int_equal(apply_page(0, 20), PH_FED_E_OLD);
	ph_db_rollback(db);
	scene.scope = 1;
}

/* A page whose last item cites what never came: nothing of it stays. */
static void test_fed_cites_unknown(void **state)
{
	struct ph_feed_page page = {
		.epoch = scene.epoch, .scope = scene.scope, .from = 10, .number = 12
	};
	const struct step enter = { .what = PH_FEED_LEAVE, .entity = 1 };
	struct ph_feed_item fact = { .what = PH_FEED_FACT,
				     .ref = scene_ref(&scene, 1, 2),
				     .n_keys = 1 };
	const struct holding none = { 0 };
	struct ph_feed_writer writer = { 0 };
	struct ph_fed_moved moved = { 0 };
	struct ph_feed_key key = scene_key(0);
	struct ph_rng_seeded seeded;
	struct ph_buf keys = { 0 };
	struct ph_buf bytes = { 0 };
	struct ph_rng rng;

	(void)state;
	ph_rng_seed(&seeded, 6, &rng);
	scene_random(&scene, 10, &rng);
	for (unsigned i = 0; i < 10; i++) {
		scene.step[i].log = 0; /* so that nothing of log 1 is held */
	}
	memcpy(page.feed, scene.feed, sizeof(page.feed));
	assert_int_equal(ph_feed_key_put(&keys, &key), 0);
	fact.keys = ph_buf_view(&keys);
	assert_int_equal(scene_add(&scene, &none, &enter, &writer), 0);
	assert_int_equal(ph_feed_add(&writer, &scene.log[1], &fact), 0);
	assert_int_equal(ph_feed_sign(&writer, &page, scene.p.hub.sign.secret, &bytes),
			 0);
	begin();
	assert_int_equal(apply_page(0, 10), 0);
	assert_int_equal(apply(&bytes, &moved), PH_FED_E_FORM);
	assert_int_equal(moved.left, 0);
	assert_holds(&scene, db, 10);
	ph_db_rollback(db);
	ph_feed_deinit(&writer);
	ph_buf_deinit(&keys);
	ph_buf_deinit(&bytes);
}

/* ---- parts ---- */

static void test_fed_part(void **state)
{
	struct step step = { .what = PH_FEED_FACT, .n = ENTRIES, .second = 1 };
	struct ph_buf cipher = { 0 };
	struct ph_buf box = { 0 };
	struct ph_ref ref;
	bool held;

	(void)state;
	scene.n_steps = 4;
	for (unsigned i = 0; i < 4; i++) {
		scene.step[i] = step;
	}
	scene.step[1].with_part = true; /* a cipher that is not the entry's */
	scene.step[2].with_part = true;
	scene.step[3].with_part = true;
	ref = scene_ref(&scene, 0, ENTRIES);
	begin();
	assert_int_equal(apply_page(0, 1), 0);
	assert_int_equal(ph_fed_part(db, &ref, &cipher, &box), PH_FED_E_NONE);
	scene.cipher[0].data[3] ^= 1;
	assert_int_equal(apply_page(1, 2), 0); /* left out, not refused */
	scene.cipher[0].data[3] ^= 1;
	assert_int_equal(ph_fed_part(db, &ref, &cipher, &box), PH_FED_E_NONE);
	assert_int_equal(apply_page(2, 3), 0);
	assert_int_equal(ph_fed_part(db, &ref, &cipher, &box), 0);
	assert_true(ph_view_equal(ph_buf_view(&cipher), ph_buf_view(&scene.cipher[0])));
	assert_int_equal(box.len, PH_SEED_BOX_SIZE);
	scene.box[0] = 5; /* a new box for the same seed takes the place of the old */
	assert_int_equal(apply_page(3, 4), 0);
	box.len = 0;
	assert_int_equal(ph_fed_part(db, &ref, &cipher, &box), 0);
	assert_int_equal(box.data[0], 5);
	scene.box[0] = 0;
	assert_int_equal(ph_fed_part_drop(db, &ref, &held), 0);
	assert_true(held);
	assert_int_equal(ph_fed_part(db, &ref, &cipher, &box), PH_FED_E_NONE);
	assert_int_equal(ph_fed_part_drop(db, &ref, &held), 0);
	assert_false(held);
	ref.hash[0] ^= 1;
	assert_int_equal(ph_fed_part_drop(db, &ref, &held), 0);
	assert_false(held);
	ph_db_rollback(db);
	ph_buf_deinit(&cipher);
	ph_buf_deinit(&box);
}

/* ---- what came, for a person ---- */

static void test_fed_moved(void **state)
{
	static const struct step steps[] = {
		{ .what = PH_FEED_ENTER, .entity = 0, .other = 0 },
		{ .what = PH_FEED_FACT, .n = 1, .entity = 0, .other = 1, .second = 1 },
		{ .what = PH_FEED_FACT, .n = 2, .entity = 0, .other = 0, .second = 1 },
		{ .what = PH_FEED_FACT, .n = 2, .entity = 2, .other = 2, .second = 1 },
		{ .what = PH_FEED_ACT, .log = 2, .n = 1, .second = 1 },
		{ .what = PH_FEED_CASE, .entity = 0 },
		{ .what = PH_FEED_LEAVE,
		  .entity = 0 }, /* 1 and 2 count elsewhere still */
		{ .what = PH_FEED_LEAVE, .entity = 1 },                      /* 1 goes */
		{ .what = PH_FEED_UNFACT, .n = 2, .entity = 2, .other = 2 }, /* 2 goes */
		{ .what = PH_FEED_UNFACT, .n = 2, .entity = 2, .other = 2 },
		{ .what = PH_FEED_UNACT, .log = 2, .n = 1 },
	};
	struct ph_fed_moved moved = { 0 };
	struct ph_fed_counts counts;
	struct ph_buf bytes = { 0 };

	(void)state;
	memcpy(scene.step, steps, sizeof(steps));
	scene.n_steps = sizeof(steps) / sizeof(steps[0]);
	begin();
	scene_page(&scene, 0, 6, &bytes);
	assert_int_equal(apply(&bytes, &moved), 0);
	assert_int_equal(moved.facts, 3);
	assert_int_equal(moved.entered, 1);
	assert_int_equal(moved.cases, 1);
	assert_int_equal(moved.gone + moved.left, 0);
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries, 3);
	assert_int_equal(counts.entities, 3);
	assert_int_equal(counts.outside, 0);
	assert_int_equal(counts.cases, 1);
	bytes.len = 0;
	scene_page(&scene, 6, 11, &bytes);
	assert_int_equal(apply(&bytes, &moved), 0);
	assert_int_equal(moved.facts, 3);
	assert_int_equal(moved.gone, 3);
	assert_int_equal(moved.left, 2);
	assert_int_equal(moved.pages, 2);
	assert_int_equal(apply(&bytes, &moved), PH_FED_E_OLD);
	assert_int_equal(moved.pages, 2);
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries, 0);
	assert_int_equal(counts.outside, 2);
	ph_db_rollback(db);
	ph_buf_deinit(&bytes);
}

/* ---- news ---- */

/* The news above AFTER as text: "e a;" an entity, "+" and "-" an act. */
static void read_news(uint64_t after, char out[static 200], uint64_t *last_out)
{
	struct ph_fed_news news;
	struct ph_buf buf = { 0 };
	size_t len = 0;

	out[0] = '\0';
	while (ph_fed_news_next(db, after, &news, &buf) == 0) {
		assert_true(news.seq > after);
		after = news.seq;
		if (news.what == PH_FED_ENTITY) {
			assert_int_equal(found_entity(news.type, news.id),
					 news.id.data[0] - 'a');
			len += (size_t)snprintf(out + len, 200 - len, "%c;",
						news.id.data[0]);
			continue;
		}

		struct ph_ref ref = scene_ref(&scene, news.ref.log_id[0] - 0x10u,
					      (unsigned)news.ref.n);

		assert_true(ph_ref_equal(&ref, &news.ref));
		assert_int_equal(news.log_site, 0);
		len += (size_t)snprintf(out + len, 200 - len, "%c%u;",
					news.what == PH_FED_ACT ? '+' : '-',
					(unsigned)news.ref.n);
		assert_int_equal(news.bytes.len > 0, news.what == PH_FED_UNACT);
	}
	ph_buf_deinit(&buf);
	*last_out = after;
}

static void test_fed_news(void **state)
{
	static const struct step steps[] = {
		{ .what = PH_FEED_FACT, .n = 1, .entity = 0, .other = 1, .second = 1 },
		{ .what = PH_FEED_ACT, .log = 2, .n = 3, .second = 1 },
		{ .what = PH_FEED_FACT, .n = 1, .entity = 0, .other = 0, .second = 1 },
		/* nothing new: no news */
		{ .what = PH_FEED_FACT, .n = 1, .entity = 0, .other = 0, .second = 1 },
		/* it moves: news of both entities */
		{ .what = PH_FEED_FACT, .n = 1, .entity = 0, .other = 0, .second = 2 },
		{ .what = PH_FEED_UNACT, .log = 2, .n = 3 },
		{ .what = PH_FEED_LEAVE, .entity = 1 },
		{ .what = PH_FEED_ACT, .log = 2, .n = 3, .second = 1 },
		{ .what = PH_FEED_ENTER, .entity = 2, .other = 2 },
		{ .what = PH_FEED_CASE, .entity = 1 },
		{ .what = PH_FEED_ACT, .log = 2, .n = 3, .second = 1 }, /* no news */
		{ .what = PH_FEED_ACT, .log = 2, .n = 3, .second = 2 }, /* it moves */
	};
	struct ph_fed_counts counts;
	char text[200];
	uint64_t seq = 0;
	uint64_t last;

	(void)state;
	memcpy(scene.step, steps, sizeof(steps));
	scene.n_steps = sizeof(steps) / sizeof(steps[0]);
	begin();
	assert_int_equal(ph_fed_news_last(db, &last), 0);
	assert_int_equal(last, 0);
	assert_int_equal(apply_page(0, 2), 0);
	read_news(0, text, &seq);
	assert_string_equal(text, "a;b;+3;");
	assert_int_equal(apply_page(2, 4), 0);
	read_news(seq, text, &seq);
	assert_string_equal(text, "");
	assert_int_equal(apply_page(4, 6), 0);
	read_news(seq, text, &seq);
	assert_string_equal(text, "a;b;-3;");
	assert_int_equal(ph_fed_news_drop(db, seq), 0);
	read_news(0, text, &last);
	assert_string_equal(text, "");
	assert_int_equal(ph_fed_news_last(db, &last), 0);
	assert_int_equal(last, seq); /* numbers are not used again */
	assert_int_equal(apply_page(6, 10), 0);
	read_news(0, text, &last);
	assert_string_equal(text, "b;+3;c;");
	assert_true(last > seq);
	assert_int_equal(apply_page(10, 11), 0);
	read_news(last, text, &seq);
	assert_string_equal(text, "");
	assert_int_equal(apply_page(11, 12), 0);
	read_news(last, text, &last);
	assert_string_equal(text, "+3;");

	/* a new feed: all that was there is news */
	scene.scope = 2;
	scene.n_steps = 1;
	assert_int_equal(ph_fed_news_drop(db, last), 0);
	assert_int_equal(apply_page(0, 1), 0);
	read_news(last, text, &last);
	assert_string_equal(text, "-3;a;b;"); /* b stood outside, now it is a fact's */
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries, 1);
	assert_int_equal(counts.outside + counts.cases, 0);
	scene.scope = 1;
	ph_db_rollback(db);
}

/* ---- on a disk ---- */

/* Each write of the commit may be the one that finds the disk full. */
static void test_fed_disk_full(void **state)
{
	struct ph_db *memory = db;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	int rounds = 0;

	(void)state;
	ph_rng_seed(&seeded, 8, &rng);
	scene_random(&scene, 120, &rng);
	use_faulty_vfs();
	open_store(path, "faulty");
	begin();
	assert_int_equal(apply_page(0, 40), 0);
	assert_int_equal(ph_db_commit(db), 0);
	for (bool done = false; !done; rounds++) {
		int rc;

		disk.hits = 0;
		disk.after = rounds;
		disk.fault = FAIL_FULL;
		begin();
		rc = apply_page(40, 120);
		rc = rc == 0 ? ph_db_commit(db) : rc;
		if (rc != 0) {
			ph_db_rollback(db);
		}
		done = disk.hits == 0;
		disk.fault = NO_FAULT;
		assert_int_equal(rc, done ? 0 : -28); /* ENOSPC */
		assert_holds(&scene, db, done ? 120 : 40);
	}
	assert_true(rounds > 3);

	/* and it is all there after a start */
	ph_db_close(db);
	open_store(path, NULL);
	assert_holds(&scene, db, 120);
	begin();
	assert_int_equal(apply_page(40, 120), PH_FED_E_OLD);
	ph_db_rollback(db);
	ph_db_close(db);
	db = memory;
}

/* Tables of another version go, and the cursor with them: the feed comes anew. */
static void test_fed_version(void **state)
{
	struct ph_fed_cursor cursor;
	struct ph_db *memory = db;
	struct ph_fed_counts counts;

	(void)state;
	open_store(path, NULL);
	assert_int_equal(ph_db_exec(db, "UPDATE fed_meta SET version = 99"), 0);
	ph_db_close(db);
	open_store(path, NULL);
	assert_int_equal(ph_fed_cursor_get(db, &cursor), 0);
	assert_int_equal(cursor.scope + cursor.number + cursor.epoch.number, 0);
	assert_int_equal(ph_fed_counts(db, &counts), 0);
	assert_int_equal(counts.entries + counts.outside + counts.cases, 0);
	ph_db_close(db);
	db = memory;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fed_random),
		cmocka_unit_test(test_fed_every_order),
		cmocka_unit_test(test_fed_gaps),
		cmocka_unit_test(test_fed_cites_unknown),
		cmocka_unit_test(test_fed_part),
		cmocka_unit_test(test_fed_moved),
		cmocka_unit_test(test_fed_news),
		cmocka_unit_test(test_fed_disk_full),
		cmocka_unit_test(test_fed_version),
	};

	return cmocka_run_group_tests_name("fed", tests, set_up, tear_down);
}
