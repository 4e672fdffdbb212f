/*
 * Tests of couriers while the hub's keys are replaced, as stolen: client/van_visit.c and
 * daemon/hub_courier*.c, between real folders. Of the keys that were, the list names none, and
 * a courier that runs does not read the list again.
 */
#include "tests/unit/van_world.h"

#include "tests/unit/stolen_keys.h"

/* As `packhorse sync` at base, a program of its own beside the courier that runs. */
static void sync_base(struct tour *tour, struct ph_van_told *told_out)
{
	struct ph_courier_told hub;
	enum ph_status status;
	struct ph_van van;

	sync_pc(&tour->room, &tour->van_pc);
	sync_pc(&tour->room, &tour->van_pc);
	assert_int_equal(
		ph_van_open(&van, tour->van_pc.site, tour->van_pc.dir,
			    (struct ph_clock){ read_machine, &tour->room.machine }, NULL),
		0);
	assert_true(base_as(tour, &van, told_out, &hub, &status));
	ph_van_close(&van);
}

static void restart_van(struct tour *tour)
{
	ph_van_close(&tour->van);
	assert_int_equal(
		ph_van_open(&tour->van, tour->van_pc.site, tour->van_pc.dir,
			    (struct ph_clock){ read_machine, &tour->room.machine }, NULL),
		0);
}

/* It follows the hub's control log, by the list that names the new keys. */
static void assert_heard(struct tour *tour, struct pc *pc)
{
	const struct ph_log *control = ph_writer_log(tour->room.hub->writer);
	struct ph_log held;

	assert_int_equal(ph_site_keylist(pc->site)->generation, 2);
	assert_int_equal(
		ph_journal_log_find(ph_site_journal(pc->site), control->id, &held), 0);
	assert_int_equal(held.n, control->n);
	assert_int_equal(pc_state(pc).standing, PH_SITE_CONFIRMED);
}

static void even(struct tour *tour, struct pc *pc)
{
	struct ph_site_courier_told told;
	struct ph_van_told van;

	pc_visits(pc, 3);
	assert_true(meet(tour, pc, &told));
	assert_true(base(tour, &van));
	pc_confirm(&tour->room, pc);
	assert_true(base(tour, &van));
	assert_true(meet(tour, pc, &told));
	assert_receipted(pc);
}

/* What was on its way to the keys that were arrives; what comes back tells of the new ones. */
static void test_stolen(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	even(tour, &tour->site);
	pc_visits(&tour->site, 2);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	rotate_stolen(&tour->room);
	sync_base(tour, &van);
	assert_int_equal(van.given, 1);
	assert_int_equal(van.refused, 0);
	assert_int_equal(van.taken, 1);
	/* at the site the courier runs that was started before */
	pc_visits(&tour->site, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_int_equal(told.refused, 0);
	assert_int_equal(told.given, 1);
	assert_heard(tour, &tour->site);
	sync_base(tour, &van);
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_receipted(&tour->site);
}

/* A courier that has heard of the new keys comes to who has not, and has nothing for it. */
static void test_not_heard(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	even(tour, &tour->site);
	rotate_stolen(&tour->room);
	sync_pc(&tour->room, &tour->van_pc);
	sync_pc(&tour->room, &tour->van_pc);
	restart_van(tour);
	pc_visits(&tour->site, 2);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	sync_base(tour, &van);
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_heard(tour, &tour->site);
	assert_receipted(&tour->site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_stolen),
		TOUR(test_not_heard),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}
