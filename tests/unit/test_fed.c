/*
 * Tests of common/ledger/fed*.c: pages of the feed applied at a device, with restarts, a full
 * disk, and pages that are wrong; what came of them, and the news of it for the ledger.
 */
#include "tests/unit/fed_room.h"

#include "tests/unit/faulty_vfs.h"

/* ---- what is wrong ---- */

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
	struct ph_buf keys = { 0 };
	struct ph_buf bytes = { 0 };

	(void)state;
	random_feed(6, 10);
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
	BEGIN_FEED(steps);
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
	BEGIN_FEED(steps);
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
	int rounds = 0;

	(void)state;
	random_feed(8, 120);
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
		cmocka_unit_test(test_fed_cites_unknown),
		cmocka_unit_test(test_fed_part),
		cmocka_unit_test(test_fed_moved),
		cmocka_unit_test(test_fed_news),
		cmocka_unit_test(test_fed_disk_full),
		cmocka_unit_test(test_fed_version),
	};

	return cmocka_run_group_tests_name("fed", tests, set_up, tear_down);
}
