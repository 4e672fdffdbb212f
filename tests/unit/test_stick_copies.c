/*
 * Tests of two copies of one folder at the hub: daemon/hub_copy.c, hub_bundle.c,
 * hub_bundle_pack.c, client/site_unpack.c. Both come by stick alone; one by a network; one
 * with a clock that is years off, or that never writes.
 */
#include "tests/unit/stick_world.h"

#include "daemon/hub_copy.h"
#include "daemon/hub_internal.h"

struct copies {
	struct hub_room room;
	struct pc pc, twin; /* twin: a second machine that goes on with its folder */
	struct pc sibling;
	struct pocket up, down;
	int64_t wrong; /* seconds that the clock of the twin is off */
};

static struct copies *reading; /* whose clock is read */

static void read_wrong(void *data, struct ph_now *now)
{
	read_machine(data, now);
	now->wall += reading->wrong;
	now->boot[3] ^= 1;
}

static int set_up(void **state)
{
	struct copies *copies = calloc(1, sizeof(*copies));

	assert_non_null(copies);
	reading = copies;
	hub_open(&copies->room);
	pc_join(&copies->room, &copies->pc, "14-0371", "pc", 1);
	pc_join(&copies->room, &copies->sibling, "14-0371", "sibling", 2);
	*state = copies;
	return 0;
}

static int tear_down(void **state)
{
	struct copies *copies = *state;

	hub_verify(&copies->room);
	pocket_empty(&copies->up);
	pocket_empty(&copies->down);
	pc_end(&copies->pc);
	pc_end(&copies->sibling);
	if (copies->twin.site) {
		pc_end(&copies->twin);
	}
	hub_close(&copies->room);
	free(copies);
	return 0;
}

/* A second machine goes on with the folder of the PC as it is now. */
static void copy(struct copies *copies)
{
	char command[512];

	copies->twin = copies->pc;
	snprintf(copies->twin.dir, sizeof(copies->twin.dir), "%s.twin", copies->room.dir);
	copies->twin.config.dir = copies->twin.dir;
	copies->twin.config.clock =
		(struct ph_clock){ read_wrong, &copies->room.machine };
	ph_rng_seed(&copies->twin.state, 77, &copies->twin.config.rng);
	pc_close(&copies->pc);
	/* nobody notices: its witness is as a power cut may leave it */
	snprintf(command, sizeof(command), "cp -r '%s' '%s' && : >'%s/witness'",
		 copies->pc.dir, copies->twin.dir, copies->twin.dir);
	assert_int_equal(system(command), 0);
	pc_open(&copies->pc);
	pc_open(&copies->twin);
}

/* Up and home; what is for the other copy is on the stick as well, and is left alone. */
static void round_trip(struct copies *copies, struct pc *pc)
{
	pack_pc(pc, PH_BUNDLE_MAX, &copies->up);
	take_all_up(&copies->room, &copies->up);
	pack_hub(&copies->room, pc, PH_BUNDLE_MAX, &copies->down);
	for (unsigned i = 0; i < copies->down.n; i++) {
		assert_int_equal(
			take_down(pc, ph_buf_view(&copies->down.bundle[i])).refusal, 0);
	}
}

static void assert_even(struct copies *copies, struct pc *pc)
{
	struct ph_site_state known = pc_state(pc);

	assert_int_equal(known.receipted, known.entries);
	assert_int_equal(known.standing, PH_SITE_CONFIRMED);
	assert_int_equal(pc_holds(pc, &copies->sibling),
			 ph_site_log(copies->sibling.site)->n);
}

/* ---- both by stick alone ---- */

/* The folder is copied, the PC comes some times more: its numbers are the higher ones. */
static void part(struct copies *copies)
{
	round_trip(copies, &copies->pc);
	copy(copies);
	for (int i = 0; i < 5; i++) {
		pc_visits(&copies->pc, 3);
		round_trip(copies, &copies->pc);
	}
	pc_confirm(&copies->room, &copies->pc);
	pc_visits(&copies->sibling, 4);
	round_trip(copies, &copies->sibling);
}

/* Both converge, in turns, though the numbers of one stay below the other's. */
static void both_converge(struct copies *copies)
{
	part(copies);
	pc_visits(&copies->twin, 2);
	for (int i = 0; i < 2; i++) {
		round_trip(copies, &copies->twin);
		assert_even(copies, &copies->twin);
		round_trip(copies, &copies->pc);
		assert_even(copies, &copies->pc);
		pc_visits(&copies->sibling, 1);
		round_trip(copies, &copies->sibling);
	}
	/* nothing new at either but what the hub has for it */
	round_trip(copies, &copies->twin);
	assert_even(copies, &copies->twin);
}

static void test_both_by_stick(void **state)
{
	both_converge(*state);
}

static void test_clock_of_1970(void **state)
{
	struct copies *copies = *state;

	copies->wrong = 86400 - copies->room.machine.now.wall;
	both_converge(copies);
}

static void test_clock_ahead(void **state)
{
	struct copies *copies = *state;

	copies->wrong = INT64_C(10) * 365 * 86400;
	both_converge(copies);
}

/* On one stick: each finds what is for it, whatever lies beside it. */
static void test_on_one_stick(void **state)
{
	struct copies *copies = *state;
	struct pocket second = { 0 };

	part(copies);
	pc_visits(&copies->twin, 20); /* longer than the PC's own branch */
	pack_pc(&copies->twin, PH_BUNDLE_MAX, &copies->up);
	pack_pc(&copies->pc, PH_BUNDLE_MAX, &second);
	take_all_up(&copies->room, &copies->up);
	take_all_up(&copies->room, &second);
	pack_hub(&copies->room, &copies->pc, PH_BUNDLE_MAX, &copies->down);
	assert_true(copies->down.n >= 2);
	/* in either order */
	for (unsigned i = 0; i < copies->down.n; i++) {
		struct ph_view bundle = ph_buf_view(&copies->down.bundle[i]);
		unsigned other = copies->down.n - 1 - i;

		assert_int_equal(take_down(&copies->pc, bundle).refusal, 0);
		bundle = ph_buf_view(&copies->down.bundle[other]);
		assert_int_equal(take_down(&copies->twin, bundle).refusal, 0);
	}
	assert_even(copies, &copies->pc);
	assert_even(copies, &copies->twin);
	pocket_empty(&second);
}

/* A copy that has written nothing of its own hears so, and goes on in another log. */
static void test_silent_copy(void **state)
{
	struct copies *copies = *state;
	struct ph_error err = { 0 };
	struct ph_site_taken taken;
	struct ph_site_went_on went_on;

	part(copies);
	pack_pc(&copies->twin, PH_BUNDLE_MAX, &copies->up);
	assert_false(take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
	pack_hub(&copies->room, &copies->pc, PH_BUNDLE_MAX, &copies->down);
	assert_int_equal(ph_site_take_bundle(copies->twin.site,
					     ph_buf_view(&copies->down.bundle[0]),
					     PH_ROAD_STICK, &taken, &err),
			 0);
	assert_int_equal(ph_site_went_on(copies->twin.site, &went_on), 0);
	assert_int_equal(went_on.doubt, PH_WHY_RESTORED);
}

/* ---- one that was heard of in a session ---- */

/* An old bundle of the PC, after its copy, which counts from further back, called. */
static void test_number_stays(void **state)
{
	struct copies *copies = *state;
	struct ph_device before, after;

	sync_pc(&copies->room, &copies->pc);
	copy(copies);
	for (int i = 0; i < 4; i++) {
		pc_visits(&copies->pc, 1);
		sync_pc(&copies->room, &copies->pc);
	}
	pack_pc(&copies->pc, PH_BUNDLE_MAX, &copies->up);
	assert_true(take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
	pc_visits(&copies->pc, 1);
	sync_pc(&copies->room, &copies->pc);
	for (int i = 0; i < 20; i++) {
		pc_visits(&copies->twin, 1);
	}
	sync_pc(&copies->room, &copies->twin);
	before = stick_device(&copies->room, &copies->pc);
	pass(&copies->room.machine, 86400);
	/* shown again, and one that never came */
	assert_false(take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
	after = stick_device(&copies->room, &copies->pc);
	assert_int_equal(after.heard, before.heard);
	assert_int_equal(after.counter, before.counter);
	assert_int_equal(after.control, before.control);
}

/* Of the PC a bundle lay about while it came by the network; its copy comes by stick alone. */
static void test_network_and_stick(void **state)
{
	struct copies *copies = *state;
	struct pocket late = { 0 };

	copies->wrong = 86400 - copies->room.machine.now.wall;
	sync_pc(&copies->room, &copies->sibling);
	sync_pc(&copies->room, &copies->pc);
	pc_confirm(&copies->room, &copies->pc);
	sync_pc(&copies->room, &copies->pc);
	copy(copies);
	pack_pc(&copies->pc, PH_BUNDLE_MAX, &late);
	for (int i = 0; i < 6; i++) {
		pc_visits(&copies->pc, 2);
		sync_pc(&copies->room, &copies->pc);
	}
	pc_visits(&copies->twin, 30);
	round_trip(copies, &copies->twin);
	assert_even(copies, &copies->twin);
	assert_false(take_up(&copies->room, ph_buf_view(&late.bundle[0])).live);
	sync_pc(&copies->room, &copies->pc);
	assert_even(copies, &copies->pc);
	assert_false(take_up(&copies->room, ph_buf_view(&late.bundle[0])).live);
	assert_false(take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
	pocket_empty(&late);
}

/*
 * The PC called often from where they parted, so that its numbers are the higher ones; what its
 * copy asks for, when it has written once and nothing since, is heard all the same.
 */
static void test_asks_without_writing(void **state)
{
	struct copies *copies = *state;

	sync_pc(&copies->room, &copies->pc);
	pc_confirm(&copies->room, &copies->pc);
	sync_pc(&copies->room, &copies->pc);
	copy(copies);
	for (int i = 0; i < 9; i++) {
		sync_pc(&copies->room, &copies->pc);
	}
	pc_visits(&copies->twin, 1);
	round_trip(copies, &copies->twin);
	for (int i = 0; i < 3; i++) {
		pass(&copies->room.machine, 3600);
		pack_pc(&copies->twin, PH_BUNDLE_MAX, &copies->up);
		assert_true(
			take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
		/* and is no news when it is shown again */
		assert_false(
			take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
	}
}

/* ---- what is kept ---- */

static unsigned kept(struct copies *copies)
{
	struct ph_device device = stick_device(&copies->room, &copies->pc);
	struct ph_hub_copies list;
	unsigned n;

	assert_int_equal(ph_hub_copies_load(copies->room.hub, &device, &list), 0);
	n = list.n;
	ph_hub_copies_deinit(&list);
	return n;
}

/* One entry a copy, however often each was heard, also over logs that go on from another. */
static void test_kept(void **state)
{
	struct copies *copies = *state;

	part(copies);
	assert_int_equal(kept(copies), 1);
	pc_visits(&copies->twin, 2);
	for (int i = 0; i < 3; i++) {
		round_trip(copies, &copies->twin);
		assert_int_equal(kept(copies), 2);
		pc_visits(&copies->pc, 1);
		sync_pc(&copies->room, &copies->pc);
		assert_int_equal(kept(copies), 2);
	}
	/* nobody waits for a copy that was not heard of for a quarter of a year */
	pack_hub(&copies->room, &copies->pc, PH_BUNDLE_MAX, &copies->down);
	assert_int_equal(copies->down.n, 2);
	pass(&copies->room.machine, 91 * 86400);
	sync_pc(&copies->room, &copies->pc);
	pack_hub(&copies->room, &copies->pc, PH_BUNDLE_MAX, &copies->down);
	assert_int_equal(copies->down.n, 1);
}

/* What an older hub kept is the hello of one bundle. */
static void test_of_an_older_hub(void **state)
{
	struct copies *copies = *state;
	struct ph_hub *hub = copies->room.hub;
	char name[64 + 2 * PH_DEVICE_ID_SIZE];
	struct ph_hub_copies list;
	struct ph_device device;

	round_trip(copies, &copies->pc);
	device = stick_device(&copies->room, &copies->pc);
	assert_int_equal(ph_hub_copies_load(hub, &device, &list), 0);
	snprintf(name, sizeof(name), "bundle.hello.%s", pc_id(&copies->pc));
	assert_int_equal(ph_db_begin(hub->db), 0);
	assert_int_equal(
		ph_journal_meta_put(hub->journal, name, ph_buf_view(&list.copy[0].hello)),
		0);
	assert_int_equal(
		ph_db_exec(hub->db, "DELETE FROM meta WHERE name LIKE 'copies.%'"), 0);
	assert_int_equal(ph_db_commit(hub->db), 0);
	ph_hub_copies_deinit(&list);
	assert_int_equal(ph_hub_copies_load(hub, &device, &list), 0);
	assert_int_equal(list.n, 1);
	assert_true(list.copy[0].by_file);
	assert_int_equal(list.copy[0].counter, device.counter);
	ph_hub_copies_deinit(&list);
	assert_false(take_up(&copies->room, ph_buf_view(&copies->up.bundle[0])).live);
}

#define IN_COPIES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_COPIES(test_both_by_stick),
		IN_COPIES(test_clock_of_1970),
		IN_COPIES(test_clock_ahead),
		IN_COPIES(test_on_one_stick),
		IN_COPIES(test_silent_copy),
		IN_COPIES(test_number_stays),
		IN_COPIES(test_network_and_stick),
		IN_COPIES(test_asks_without_writing),
		IN_COPIES(test_kept),
		IN_COPIES(test_of_an_older_hub),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
