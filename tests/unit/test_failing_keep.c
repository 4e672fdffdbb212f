/*
 * tests/unit/test_failing_keep.c - a disk that fails, one that is full, and no memory: once at each place, while
 * a device stores a piece of the hub's desk log, and while a hub that was restored takes its pieces back.
 *
 * A piece is kept whole or not at all, and the device tells no other; the hub has what came as a whole
 * or nothing of it. Who saw an I/O error stores nothing more until it is started again, and the hub gives no
 * receipt. The same once more completes it.
 */
#include "tests/unit/keep_world.h"

#include "fail_at.h"

#include "common/log/keep.h"
#include "daemon/hub_collect.h"
#include "daemon/hub_keep.h"

enum {
	PIECES = 3, /* that come back */
};

/* --- jobs --- */

static struct ph_item *copy_piece(const struct ph_item *piece)
{
	struct ph_item *copy = copy_item(piece);

	memcpy(copy->mark, piece->mark, sizeof(copy->mark));
	return copy;
}

static struct ph_job *store_job(struct ph_hub_peer *peer)
{
	struct ph_job *job = calloc(1, sizeof(*job));

	assert_non_null(job);
	job->type = PH_JOB_STORE;
	job->receipt = calloc(PH_HEADS_MAX, sizeof(*job->receipt));
	assert_non_null(job->receipt);
	job->owner = peer;
	return job;
}

/* PC stores PIECE, while FAILS, if it is not NULL, has its way; what its job came to. */
static int store_at(struct pc *pc, const struct ph_item *piece, void (*fails)(bool begin))
{
	struct ph_job *job = store_job(NULL);
	int rc;

	job->items = copy_piece(piece);
	if (fails) {
		fails(true);
	}
	ph_site_job(pc->site, job, NULL);
	if (fails) {
		fails(false);
	}
	rc = job->result;
	assert_false(job->bad);
	ph_job_free(job);
	return rc;
}

/* A session of the device of PC with the hub, as far as its hello, which tells what it keeps. */
static void meet(struct hub_room *room, struct pc *pc, struct ph_hub_peer *peer)
{
	static struct ph_hello hello;
	static struct ph_welcome welcome;
	struct ph_site_info info;

	ph_site_info(pc->site, &info);
	*peer = (struct ph_hub_peer){ .known = true, .confirmed = true };
	assert_int_equal(ph_journal_device_by_id(room->hub->journal, info.device_id,
						 &peer->device),
			 0);
	assert_int_equal(ph_site_kept_tell(pc->site, &hello), 0);
	assert_true(hello.keeps);
	assert_int_equal(ph_hub_keep_hello(room->hub, peer, &hello), 0);
	assert_int_equal(ph_hub_collect_ask(room->hub, peer, &welcome), 0);
}

/* The hub says another thing: the piece of it that PC is due. */
static struct ph_item *next_piece(struct hub_room *room, struct pc *pc)
{
	struct ph_item *item = NULL;
	struct ph_hub_peer peer;

	say_words(room, 1);
	meet(room, pc, &peer);
	assert_int_equal(ph_hub_keep_load(room->hub, &peer, PH_SEGMENT_MAX, 0, &item), 0);
	assert_non_null(item);
	return item;
}

/* All that PC keeps opens, one behind the other, and the last is what it tells. */
static void all_whole(struct hub_room *room, struct pc *pc)
{
	static struct ph_welcome welcome = { .n_wants = 1 };
	struct ph_hello hello = { 0 };
	struct ph_item *item = NULL;
	uint64_t last = 0;

	assert_int_equal(ph_site_kept_tell(pc->site, &hello), 0);
	ph_site_kept_wanted(pc->site, &welcome); /* of no log that there is */
	while (ph_site_kept_next(pc->site, &item) == 0 && item) {
		struct ph_keep keep = { .first = item->first,
					.last = item->last,
					.cipher = ph_buf_view(&item->body) };
		struct ph_segment segment;
		struct ph_buf body = { 0 };

		memcpy(keep.log_id, item->log_id, sizeof(keep.log_id));
		memcpy(keep.mark, item->mark, sizeof(keep.mark));
		assert_int_equal(
			ph_keep_open(room->hub->keys.sign.secret, &keep, &segment, &body),
			0);
		assert_int_equal(item->first, last + 1);
		last = item->last;
		ph_buf_deinit(&body);
		ph_items_free(item);
		ph_site_kept_given(pc->site);
	}
	assert_int_equal(hello.kept.n, last);
}

/* --- a disk --- */

static struct {
	enum fault fault;
	int after, hits;
} planned;

static void disk_fails(bool begin)
{
	if (begin) {
		memset(&disk, 0, sizeof(disk));
		disk.fault = planned.fault;
		disk.after = planned.after;
	} else {
		disk.fault = NO_FAULT;
		planned.hits = disk.hits;
	}
}

static const enum fault faults[] = { FAIL_SYNC, FAIL_WRITE, FAIL_FULL };

static void expect_stop(struct world *world, const struct ph_item *piece, int rc)
{
	if (rc == -EIO) { /* whether it came to the disk nobody knew */
		assert_int_equal(store_at(&world->a, piece, NULL), -EIO);
		pc_close(&world->a);
		pc_open(&world->a);
	}
}

static void test_device_disk(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->a;
	unsigned failed = 0;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		planned.fault = faults[i];
		planned.hits = 1;
		for (planned.after = 0; planned.hits > 0; planned.after++) {
			struct ph_item *piece = next_piece(&world->room, pc);
			uint64_t before = pieces_of(pc);
			int rc = store_at(pc, piece, disk_fails);

			assert_true(rc == 0 || planned.hits > 0);
			assert_true(rc != 0 || pieces_of(pc) == before + 1);
			expect_stop(world, piece, rc);
			assert_true(pieces_of(pc) == before ||
				    (pieces_of(pc) == before + 1 && rc != -ENOSPC) ||
				    rc == 0);
			all_whole(&world->room, pc);
			assert_int_equal(store_at(pc, piece, NULL), 0);
			assert_int_equal(pieces_of(pc), before + 1);
			all_whole(&world->room, pc);
			failed += rc < 0;
			ph_items_free(piece);
		}
	}
	assert_true(failed >= 3);
}

/* --- a hub that was restored --- */

/* What comes back, and how much it is. */
struct back {
	struct ph_item *piece[PIECES];
	uint64_t before, n;
};

static void back_open(struct world *world, struct back *back)
{
	static struct ph_welcome welcome = { .n_wants = 1 };
	struct hub_room *room = &world->room;

	say_words(room, 1);
	back->before = desk_n(room);
	keep(room, room->dir, world->copy);
	for (unsigned i = 0; i < PIECES; i++) {
		say_words(room, 2);
		sync_pc(room, &world->a);
	}
	back->n = desk_n(room);
	assert_int_equal(pieces_of(&world->a), PIECES);
	ph_site_kept_wanted(world->a.site, &welcome);
	world->a.site->kept.n_wants = 1;
	for (unsigned i = 0; i < PIECES; i++) {
		assert_int_equal(ph_site_kept_next(world->a.site, &back->piece[i]), 0);
		assert_non_null(back->piece[i]);
		ph_site_kept_given(world->a.site);
	}
}

static void back_close(struct back *back)
{
	for (unsigned i = 0; i < PIECES; i++) {
		ph_items_free(back->piece[i]);
	}
}

static void restore(struct world *world)
{
	keep(&world->room, world->copy, world->room.dir);
	say(&world->room, "epoch-begin");
}

/* The hub is brought all of it in one job, as store_at(). */
static int bring(struct world *world, const struct back *back, void (*fails)(bool begin))
{
	struct ph_hub_peer peer;
	struct ph_job *job = store_job(&peer);
	struct ph_item **end = &job->items;
	int rc;

	meet(&world->room, &world->a, &peer);
	assert_true(peer.keep_asked);
	for (unsigned i = 0; i < PIECES; i++) {
		*end = copy_piece(back->piece[i]);
		end = &(*end)->next;
	}
	if (fails) {
		fails(true);
	}
	ph_hub_jobs(world->room.hub, job);
	if (fails) {
		fails(false);
	}
	rc = job->result;
	assert_false(job->bad);
	assert_true(rc == 0 || job->n_receipts == 0);
	ph_job_free(job);
	return rc;
}

/* What is there: all of it or nothing. */
static uint64_t half_of_nothing(struct world *world, const struct back *back)
{
	uint64_t n = desk_n(&world->room);

	assert_true(n == back->before || n == back->n);
	return n;
}

static void test_hub_disk(void **state)
{
	struct world *world = *state;
	struct back back;
	unsigned failed = 0;

	back_open(world, &back);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		planned.fault = faults[i];
		planned.hits = 1;
		for (planned.after = 0; planned.hits > 0; planned.after++) {
			int rc;

			restore(world);
			rc = bring(world, &back, disk_fails);
			assert_true(rc == 0 || planned.hits > 0);
			if (rc == -EIO) {
				assert_true(world->room.hub->stopped);
				hub_restart(&world->room);
			}
			assert_true(rc != -ENOSPC || desk_n(&world->room) == back.before);
			assert_true(half_of_nothing(world, &back) == back.n || rc != 0);
			assert_true(world->room.hub->collecting);
			assert_int_equal(bring(world, &back, NULL), 0);
			assert_int_equal(desk_n(&world->room), back.n);
			hub_verify(&world->room);
			failed += rc < 0;
		}
	}
	assert_true(failed >= 3);
	end_collecting(&world->room);
	back_close(&back);
}

/* --- memory, and the store's own --- */

static void memory_fails(bool begin)
{
	if (begin) {
		failing_arm();
	} else {
		failing_disarm();
	}
}

static void test_device_memory(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->a;
	struct ph_item *piece = next_piece(&world->room, pc);

	failing_again();
	do {
		uint64_t before = pieces_of(pc);
		int rc = store_at(pc, piece, memory_fails);

		assert_true(rc == 0 || (failing.hit && rc == failing.as));
		assert_int_equal(pieces_of(pc), before + (rc == 0));
		all_whole(&world->room, pc);
		if (rc == 0) {
			assert_int_equal(ph_db_exec(pc->site->db, "DELETE FROM kept;"),
					 0);
		}
	} while (failing.hit);
	print_message("# %llu ways\n", (unsigned long long)failing.ways);
	assert_true(failing.ways >= 10);
	ph_items_free(piece);
}

static void test_hub_memory(void **state)
{
	struct world *world = *state;
	struct back back;

	back_open(world, &back);
	restore(world);
	failing_again();
	do {
		int rc = bring(world, &back, memory_fails);
		uint64_t n = half_of_nothing(world, &back);

		assert_true(rc == 0 || failing.hit);
		assert_true(rc != 0 || n == back.n);
		assert_false(ph_hub_is_ahead(world->room.hub));
		if (n == back.n) {
			restore(world);
		}
	} while (failing.hit);
	print_message("# %llu ways\n", (unsigned long long)failing.ways);
	assert_true(failing.ways >= 20);
	assert_int_equal(bring(world, &back, NULL), 0);
	assert_int_equal(desk_n(&world->room), back.n);
	end_collecting(&world->room);
	back_close(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_device_disk),
		WORLD(test_hub_disk),
		WORLD(test_device_memory),
		WORLD(test_hub_memory),
	};

	failing_start();
	return cmocka_run_group_tests_name("failing_keep", tests, make_pattern,
					   remove_pattern);
}
