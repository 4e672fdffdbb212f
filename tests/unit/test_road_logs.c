/*
 * Which own logs the hello of a device with many of them tells (client/site_hello.c), that the hub and a
 * stick get all of them, that a plan counts them (client/site_dry.c), and when the device hears that
 * a backup has them (daemon/hub_receipt.c).
 */
#include "tests/unit/road_world.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "client/site_bundle.h"
#include "client/site_dry.h"
#include "client/site_internal.h"
#include "tests/unit/collect_room.h"

struct world {
	struct hub_room room;
	struct pc pc;
	char copy[80];
};

static unsigned n_told; /* heads of the last hello */

static void look(struct ph_job *job, enum ph_side side, bool done)
{
	if (side == PH_SIDE_HUB && job->type == PH_JOB_HELLO && !done) {
		n_told = job->hello.n_heads;
	}
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	hub_open(&world->room);
	snprintf(world->copy, sizeof(world->copy), "%s.copy", world->room.dir);
	assert_int_equal(mkdir(world->copy, 0700), 0);
	pc_join(&world->room, &world->pc, "14-0371", "pc", 1);
	pc_visits(&world->pc, 1);
	sync_pc(&world->room, &world->pc);
	pc_confirm(&world->room, &world->pc);
	sync_pc(&world->room, &world->pc);
	road_tamper = look;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	road_tamper = NULL;
	pc_end(&world->pc);
	hub_close(&world->room);
	remove_dir(world->copy);
	free(world);
	return 0;
}

/* What PC records next is in another log, as behind each start without a witness. */
static void another_log(struct pc *pc)
{
	char witness[160];

	pc_close(pc);
	snprintf(witness, sizeof(witness), "%s/witness", pc->dir);
	assert_int_equal(unlink(witness), 0);
	pc_open(pc);
}

static void logs(struct pc *pc, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		another_log(pc);
		pc_visits(pc, 1);
	}
}

/* The same, and each has a reader, whose details are sealed apart. */
static void logs_of_readers(struct pc *pc, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		another_log(pc);
		(void)pc_reader(pc, "Lò Văn Pánh");
	}
}

/* Own logs that this session had no room for. */
static unsigned left_by_session(struct world *world)
{
	sync_pc(&world->room, &world->pc);
	return ph_site_left_own(world->pc.site);
}

/* Sessions until none is left. */
static void sync_all_logs(struct world *world)
{
	unsigned sessions = 0;

	while (left_by_session(world) > 0) {
		assert_true(++sessions < 10);
	}
}

static struct ph_site_state state_of(struct pc *pc)
{
	struct ph_site_state state;

	assert_int_equal(ph_site_state(pc->site, &state), 0);
	return state;
}

static uint64_t pending(struct pc *pc)
{
	struct ph_site_state state = state_of(pc);

	return state.entries - state.receipted;
}

static int add_up(void *data, const struct ph_log *log)
{
	*(uint64_t *)data += log->n;
	return 0;
}

/* Entries of PC's own logs in JOURNAL. */
static uint64_t entries_in(struct ph_journal *journal, struct pc *pc)
{
	uint64_t n = 0;

	assert_int_equal(
		ph_journal_logs_of_device(journal, pc->site->cert.device_id, add_up, &n),
		0);
	return n;
}

/* Sealed parts that the hub lacks. */
static int64_t parts_missing(struct hub_room *room)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "verify"));
	int64_t missing = int_in(answer, "parts_missing");

	json_decref(answer);
	return missing;
}

static void exec(struct pc *pc, const char *sql)
{
	assert_int_equal(ph_db_exec(pc->site->db, sql), 0);
}

/* ---- who is told first ---- */

/*
 * Eight logs are at the hub, and nobody said that a backup has them; of twenty more some wait yet when
 * the device hears that one has its newest. From then on those eight lack theirs; the rest goes first.
 */
static void test_what_the_hub_lacks(void **state)
{
	struct world *world = *state;

	logs(&world->pc, 8);
	assert_int_equal(left_by_session(world), 0);
	logs(&world->pc, 20);
	assert_int_equal(left_by_session(world), 12);
	hub_back_up(&world->room, true);
	assert_int_equal(left_by_session(world), 5);
	assert_int_equal(left_by_session(world), 0);
	assert_int_equal(pending(&world->pc), 0);
	assert_int_equal(n_told, PH_HEADS_MAX); /* two of the eight were told as well */
}

/* A hub that was put back without a new epoch is told all logs, those that its backups lack behind these. */
static void test_offered(void **state)
{
	struct world *world = *state;
	unsigned sessions = 0;
	int64_t row = 1;

	logs(&world->pc, 10);
	sync_all_logs(world);
	keep(&world->room, world->room.dir, world->copy);
	logs(&world->pc, 14);
	sync_all_logs(world);
	assert_int_equal(pending(&world->pc), 0);
	hub_back_up(&world->room, true);
	sync_pc(&world->room, &world->pc);
	keep(&world->room, world->copy, world->room.dir);
	sync_pc(&world->room, &world->pc);
	assert_true(ph_site_lacks_own(world->pc.site));
	while (row > 0) {
		sync_pc(&world->room, &world->pc);
		assert_int_equal(ph_site_offers(world->pc.site, &row), 0);
		assert_true(++sessions <= 4); /* of 24 older logs 7 in each */
	}
	assert_int_equal(hub_says(&world->room, "epoch"), 1);
	assert_int_equal(entries_in(ph_hub_journal(world->room.hub), &world->pc),
			 entries_in(ph_site_journal(world->pc.site), &world->pc));
}

/*
 * Sealed parts that neither the hub nor this device has leave nothing to do. If they are found again
 * they go, with what else waits, and none of it twice.
 */
static void test_parts_gone(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->pc;

	logs_of_readers(pc, 10);
	exec(pc, "CREATE TABLE lost AS SELECT * FROM part");
	exec(pc, "UPDATE part SET cipher = NULL, seed = NULL");
	sync_all_logs(world);
	assert_int_equal(pending(pc), 0);
	assert_int_equal(parts_missing(&world->room), 10);
	assert_int_equal(left_by_session(world), 0);

	exec(pc, "REPLACE INTO part SELECT * FROM lost");
	exec(pc, "DROP TABLE lost");
	logs(pc, 9);
	/* eight wait, and nine that lack their parts; of one in use before these there is the tenth */
	assert_int_equal(left_by_session(world), 8 + 10 - 7);
	assert_int_equal(pending(pc), 3);
	assert_int_equal(left_by_session(world), 8 + 10 - 14);
	assert_int_equal(pending(pc), 0);
	assert_int_equal(left_by_session(world), 0);
	assert_int_equal(parts_missing(&world->room), 0);
}

/* A stick gets both, whatever the order of their rows, and each once. */
static void test_packed(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->pc;
	struct ph_site_packing *packing;
	struct ph_site_packed packed = { .more = true };
	struct ph_error err = { 0 };
	uint64_t entries = 0;
	uint64_t parts = 0;
	unsigned bundles = 0;

	logs(pc, 5);
	logs_of_readers(pc, 10);
	exec(pc, "CREATE TABLE lost AS SELECT * FROM part");
	exec(pc, "UPDATE part SET cipher = NULL, seed = NULL");
	sync_all_logs(world);
	assert_int_equal(pending(pc), 0);
	exec(pc, "REPLACE INTO part SELECT * FROM lost");
	exec(pc, "DROP TABLE lost");
	logs(pc, 10);
	assert_int_equal(ph_site_pack_new(&packing, pc->site), 0);
	while (packed.more) {
		struct ph_buf bundle = { 0 };

		assert_int_equal(
			ph_site_pack_next(packing, PH_BUNDLE_MAX, &bundle, &packed, &err),
			0);
		entries += packed.entries;
		parts += packed.parts;
		assert_true(++bundles <= 3); /* of 19 older logs 7 in each */
		ph_buf_deinit(&bundle);
	}
	ph_site_pack_free(packing);
	assert_int_equal(entries, pending(pc));
	assert_int_equal(parts, 10);
	assert_int_equal(bundles, 3);
}

/* ---- what a backup has ---- */

struct counting {
	struct ph_journal *journal;
	unsigned backed, all;
};

static int count_backed(void *data, const struct ph_log *log)
{
	struct counting *counting = data;
	uint64_t n = 0;
	int64_t time;

	assert_int_equal(ph_journal_receipt_get(counting->journal, log->row,
						PH_LEVEL_BACKUP, &n, &time, NULL),
			 0);
	counting->backed += n >= log->n;
	counting->all++;
	return 0;
}

/* Of the own logs of PC, those that a backup has as far as it was told; *ALL: all of them. */
static unsigned backed(struct pc *pc, unsigned *all)
{
	struct counting counting = { .journal = ph_site_journal(pc->site) };

	assert_int_equal(ph_journal_logs_of_device(counting.journal,
						   pc->site->cert.device_id, count_backed,
						   &counting),
			 0);
	*all = counting.all;
	return counting.backed;
}

/* It hears of one backup for all its logs in the sessions behind it, and then of nothing more. */
static void test_backup_is_told(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->pc;
	struct drove drove;
	unsigned all;

	logs(pc, 9);
	sync_all_logs(world);
	hub_back_up(&world->room, true);
	sync_pc(&world->room, pc);
	assert_int_equal(backed(pc, &all), 1); /* the one that it writes */
	assert_int_equal(all, 10);
	sync_pc(&world->room, pc);
	assert_int_equal(backed(pc, &all), 8);
	sync_pc(&world->room, pc);
	assert_int_equal(backed(pc, &all), 10);
	drove = sync_pc(&world->room, pc);
	assert_int_equal(n_told, 1);
	assert_int_equal(drove.counts.receipts, 0);
}

/* One that has a log only in part is not told again in each session. */
static void test_backup_of_a_part(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	struct pc *pc = &world->pc;
	struct drove drove;
	unsigned all;

	assert_int_equal(ph_site_begin(pc->site, NULL), 0);
	for (unsigned i = 0; i < 3000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "Lò Văn Pánh %u", i * 7919 % 1000);
		(void)pc_reader(pc, name);
	}
	assert_int_equal(ph_site_commit(pc->site, NULL), 0);
	logs(pc, 1);
	/* the new log goes first; of the other a part, as its link dies */
	assert_false(drive(room, pc, (struct drive){ -1, 30000 }).complete);
	hub_back_up(room, true);
	sync_pc(room, pc);
	sync_pc(room, pc);
	assert_int_equal(pending(pc), 0);
	assert_int_equal(backed(pc, &all), 1);
	assert_int_equal(all, 2);
	drove = sync_pc(room, pc);
	assert_int_equal(n_told, 2);
	assert_int_equal(drove.counts.receipts, 0);
	hub_back_up(room, true);
	sync_pc(room, pc);
	assert_int_equal(backed(pc, &all), 2);
}

/* ---- what a plan counts ---- */

static struct ph_site_dry plan_of(struct pc *pc, uint64_t left)
{
	struct ph_error err = { 0 };
	struct ph_site_aside aside;
	struct ph_site_dry plan;

	assert_int_equal(ph_site_aside_begin(&aside, pc->site, NULL, NULL), 0);
	assert_int_equal(ph_site_dry_run(&aside, left, &plan, &err), 0);
	ph_site_aside_end(&aside);
	return plan;
}

/* All sessions that a sync has, at their price; and a budget that has no room for the last of them is short. */
static void test_plan(void **state)
{
	struct world *world = *state;
	struct pc *pc = &world->pc;
	struct ph_site_dry plan, less;
	uint64_t bytes = 0;
	uint64_t waits;

	logs_of_readers(pc, 4);
	logs(pc, 16);
	waits = pending(pc);
	plan = plan_of(pc, PH_BUDGET_NONE);
	assert_int_equal(plan.entries, waits);
	assert_int_equal(plan.parts, 4);
	assert_int_equal(plan.sessions, 3);
	less = plan_of(pc, plan.bytes * 3 / 4);
	assert_true(less.entries < waits);
	assert_true(less.bytes <= plan.bytes * 3 / 4);
	less = plan_of(pc, 3 * plan.bytes);
	assert_int_equal(less.entries, waits);
	assert_int_equal(less.parts, 4);
	assert_int_equal(pending(pc), waits);
	for (unsigned i = 0; i < 3; i++) {
		struct drove drove = sync_pc(&world->room, pc);

		bytes += drove.up + drove.down;
	}
	assert_int_equal(pending(pc), 0);
	print_message("# %" PRIu64 " bytes planned, %" PRIu64 " moved\n", plan.bytes,
		      bytes);
	assert_true(plan.bytes > bytes * 85 / 100 && plan.bytes < bytes * 115 / 100);
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD(test_what_the_hub_lacks),
		WORLD(test_offered),
		WORLD(test_parts_gone),
		WORLD(test_packed),
		WORLD(test_backup_is_told),
		WORLD(test_backup_of_a_part),
		WORLD(test_plan),
	};

	return cmocka_run_group_tests_name("road_logs", tests, make_pattern,
					   remove_pattern);
}
