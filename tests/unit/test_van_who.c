/*
 * Tests of who gets bundles by courier, and who is none: daemon/hub_courier_tour.c and the
 * certificates that the sides of an exchange show each other, between real folders.
 */
#include "tests/unit/van_world.h"

#include "tests/unit/put_room.h"

/* ---- who is on the tour ---- */

static void test_who(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	/* one with a network, heard today: not */
	pc_visits(&tour->other, 3);
	sync_pc(&tour->room, &tour->other);
	pc_confirm(&tour->room, &tour->other);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	/* not heard for a week, and something waits for it */
	pass(&tour->room.machine, (PH_HUB_TOUR_DAYS + 1) * 86400);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_true(meet(tour, &tour->other, &told));
	assert_int_equal(told.taken, 1);
	assert_int_equal(pc_state(&tour->other).standing, PH_SITE_CONFIRMED);
	/* it is heard again by the network: what was packed for it is let go of */
	pc_visits(&tour->other, 1);
	sync_pc(&tour->room, &tour->other);
	assert_true(base(tour, &van));
	assert_true(base(tour, &van));
	assert_carried(tour, 0, 0);
}

/* A device of another role, with good keys, is served by no hub as a courier. */
static void test_no_courier(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_courier_told hub;
	struct ph_van_told van;
	enum ph_status status;
	struct ph_van false_van = tour->van;
	struct ph_error err = { 0 };

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	sync_pc(&tour->room, &tour->other);
	assert_int_equal(ph_van_open(&false_van, tour->other.site, tour->other.dir,
				     tour->van.clock, &err),
			 -EACCES);
	false_van =
		tour->van; /* with the van's folder, but keys and certificate of a site */
	false_van.visits = NULL;
	false_van.box = *ph_site_box(tour->other.site);
	false_van.cert = (struct ph_buf){ 0 };
	assert_int_equal(ph_buf_put_view(&false_van.cert, ph_site_cert(tour->other.site)),
			 0);
	assert_false(base_as(tour, &false_van, &van, &hub, &status));
	assert_int_equal(status, PH_STATUS_UNKNOWN);
	assert_int_equal(hub.taken + hub.given + van.taken + van.given, 0);
	ph_buf_deinit(&false_van.cert);
	/* nor does a site give such a one anything */
	struct ph_van van_before = tour->van;

	tour->van.box = *ph_site_box(tour->other.site);
	tour->van.cert = (struct ph_buf){ 0 };
	assert_int_equal(ph_buf_put_view(&tour->van.cert, ph_site_cert(tour->other.site)),
			 0);
	assert_false(meet(tour, &tour->site, &told));
	assert_false(told.is_met);
	assert_non_null(told.refusal);
	assert_true(tour->moved < 1000);
	ph_buf_deinit(&tour->van.cert);
	tour->van = van_before;
}
/* ---- who was cut off ---- */

static void cut_off(struct tour *tour, struct pc *pc)
{
	json_decref(
		signs(&tour->room, json_pack("{s:s, s:s, s:s}", "command", "device-cut",
					     "device", pc_id(pc), "reason", "stolen")));
	while (ph_hub_fold(tour->room.hub) > 0) {
	}
}

/* Who lives by couriers: once, with the control log and nothing that others wrote. */
static void test_cut_off(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;
	struct pc second;

	pc_join(&tour->room, &second, "14-0371", "second", 4);
	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	pc_confirm(&tour->room, &tour->site);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(pc_state(&tour->site).standing, PH_SITE_CONFIRMED);
	assert_true(base(tour, &van));
	/* what another of its site writes would come next, and its feed */
	sync_pc(&tour->room, &second);
	pc_confirm(&tour->room, &second);
	pc_visits(&second, 5);
	sync_pc(&tour->room, &second);
	cut_off(tour, &tour->site);

	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_carried(tour, 0, 1);
	/* another morning, the same bundle */
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_int_equal(told.pages, 0);
	assert_int_equal(pc_state(&tour->site).standing, PH_SITE_CUT_OFF);
	assert_int_equal(pc_holds(&tour->site, &second), 0);
	assert_int_equal(told.entries_of_site + told.parts_received, 0);

	/* it has told that it knows: nothing waits, whatever it and others write */
	pc_visits(&second, 5);
	sync_pc(&tour->room, &second);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(base(tour, &van));
		assert_int_equal(van.taken, 0);
		assert_carried(tour, 0, 0);
		assert_true(meet(tour, &tour->site, &told));
		assert_int_equal(told.taken, 0);
	}
	assert_int_equal(pc_holds(&tour->site, &second), 0);
	pc_end(&second);
}

/* Who has a network: by courier if it is not heard for a week, and behind all others. */
static void test_cut_off_unheard(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_courier_line line;
	struct ph_bundle_header header;
	struct ph_hub_tour *stops;
	struct ph_van_told van;
	struct ph_site_info info;

	sync_pc(&tour->room, &tour->other);
	pass(&tour->room.machine, 86400);
	sync_pc(&tour->room, &tour->site);
	cut_off(tour, &tour->other);
	pc_confirm(&tour->room, &tour->site);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	pass(&tour->room.machine, PH_HUB_TOUR_DAYS * 86400);

	/* heard a day before the other, it would be the first */
	assert_int_equal(ph_hub_tour_new(&stops, tour->room.hub), 0);
	ph_site_info(tour->site.site, &info);
	assert_int_equal(ph_hub_tour_next(stops, &line), 0);
	assert_int_equal(ph_bundle_header_decode(
				 PH_VIEW(line.header, sizeof(line.header)), &header),
			 0);
	assert_memory_equal(header.to, info.device_id, sizeof(header.to));
	ph_site_info(tour->other.site, &info);
	assert_int_equal(ph_hub_tour_next(stops, &line), 0);
	assert_int_equal(ph_bundle_header_decode(
				 PH_VIEW(line.header, sizeof(line.header)), &header),
			 0);
	assert_memory_equal(header.to, info.device_id, sizeof(header.to));
	assert_int_equal(ph_hub_tour_next(stops, &line), PH_HUB_TOUR_E_OVER);
	ph_hub_tour_free(stops);

	/* it hears by the network first: nothing is packed for it */
	sync_pc(&tour->room, &tour->other);
	assert_int_equal(pc_state(&tour->other).standing, PH_SITE_CUT_OFF);
	pass(&tour->room.machine, (PH_HUB_TOUR_DAYS + 1) * 86400);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_true(meet(tour, &tour->other, &told));
	assert_int_equal(told.taken, 0);
}

/* ---- who is retired ---- */

static void retire(struct tour *tour, struct pc *pc)
{
	json_decref(wrote(&tour->room,
			  json_pack("{s:s, s:s, s:s}", "command", "device-retire",
				    "device", pc_id(pc), "reason", "replaced")));
	while (ph_hub_fold(tour->room.hub) > 0) {
	}
}

/* Who lives by couriers hears of it, and gets receipts for what it wrote before it did. */
static void test_retired(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	pc_confirm(&tour->room, &tour->site);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	retire(tour, &tour->site);
	pc_visits(&tour->site, 2);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_int_equal(told.pages + told.entries_of_site, 0);
	assert_int_equal(pc_state(&tour->site).standing, PH_SITE_RETIRED);
	assert_receipted(&tour->site);
	/* it has told that it knows, and has them: nothing waits, whatever else happens */
	sync_pc(&tour->room, &tour->other);
	pc_confirm(&tour->room, &tour->other);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(base(tour, &van));
		assert_int_equal(van.taken, 0);
		assert_carried(tour, 0, 0);
		assert_true(meet(tour, &tour->site, &told));
		assert_int_equal(told.taken, 0);
	}
	/* what somebody records there all the same counts, and that it is there is told */
	pc_visits(&tour->site, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_receipted(&tour->site);
}

/* One that was not heard for 90 days is taken to be gone. */
static void test_retired_gone(void **state)
{
	struct tour *tour = *state;
	struct ph_van_told van;

	sync_pc(&tour->room, &tour->other);
	retire(tour, &tour->other);
	pass(&tour->room.machine, 89 * 86400);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_carried(tour, 0, 1);
	pass(&tour->room.machine, 2 * 86400);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_who),     TOUR(test_no_courier),
		TOUR(test_cut_off), TOUR(test_cut_off_unheard),
		TOUR(test_retired), TOUR(test_retired_gone),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}
