/*
 * Tests of couriers between real folders: client/van*.c, client/site_courier.c and
 * daemon/hub_courier*.c, joined by a wire in memory. A whole tour, links that are cut at any
 * place, what is let go of, and custody that is signed otherwise.
 */
#include "tests/unit/put_room.h"
#include "tests/unit/van_world.h"

#include <glob.h>

/* ---- a tour ---- */

static void test_tour(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;
	struct ph_van_told van;

	pc_reader(&tour->site, "Lò Văn Pánh");
	pc_visits(&tour->site, 30);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.packed, 1);
	assert_int_equal(told.given, 1);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
	assert_int_equal(custody.entries, pc_state(&tour->site).entries);
	assert_memory_equal(custody.peer.device, tour->van.device, PH_DEVICE_ID_SIZE);
	assert_int_equal(pc_state(&tour->site).receipted, 0);
	assert_carried(tour, 1, 0);
	/* again: the same bundle, which is there already */
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_true(tour->moved < 2500);
	assert_carried(tour, 1, 0);
	/* something new: another one in its place */
	pc_visits(&tour->site, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_carried(tour, 1, 0);

	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_int_equal(van.taken, 1);
	assert_carried(tour, 0, 1);
	/* another morning: the same bundle waits, and is not packed again */
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 1);

	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_receipted(&tour->site);
	assert_carried(tour, 1, 0);
	/* what the site told now is all there is to say: nothing waits for it */
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 0);
}

/* What another site did with a book of this one: by pages of the feed, by the van alone. */
static void test_pages(void **state)
{
	struct tour *tour = *state;
	struct ph_ref reader = pc_reader(&tour->other, "Lò Văn Pánh");
	struct ph_site_courier_told told;
	struct ph_van_told van;
	struct ph_ref loan;

	pc_shelves_book(&tour->site);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	pc_confirm(&tour->room, &tour->site);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.pages, 0);
	sync_pc(&tour->room, &tour->other);
	loan = pc_lends_book(&tour->other);
	sync_pc(&tour->room, &tour->other);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	assert_int_equal(pc_state(&tour->site).fed.entries, 0);

	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_true(told.pages > 0);
	assert_int_equal(pc_state(&tour->site).fed.entries, 1);
	pc_knows_loan(&tour->site, &loan);
	assert_int_equal(pc_holds(&tour->site, &tour->other), 0);
	assert_false(pc_reads(&tour->site, &reader, ""));
	/* what it has it tells: nothing more waits for it */
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 0);
	assert_carried(tour, 0, 0);
}

/* Cut again and again at places that chance chose, at the site and at base. */
static void test_cuts(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;
	unsigned links = 0;
	uint64_t draw;

	for (int i = 0; i < 20; i++) {
		pc_reader(&tour->site, "Lò Văn Pánh");
		pc_visits(&tour->site, 50);
	}
	do {
		tour->room.rng.fill(tour->room.rng.data, (uint8_t *)&draw, sizeof(draw));
		tour->cut_at = 600 + draw % 16000;
		assert_true(++links < 200);
	} while (!meet(tour, &tour->site, &told));
	assert_true(links > 1);
	assert_carried(tour, 1, 0);
	do {
		tour->room.rng.fill(tour->room.rng.data, (uint8_t *)&draw, sizeof(draw));
		tour->cut_at = 600 + draw % 16000;
		assert_true(++links < 400);
	} while (!base(tour, &van));
	assert_carried(tour, 0, 1);
	do {
		tour->room.rng.fill(tour->room.rng.data, (uint8_t *)&draw, sizeof(draw));
		tour->cut_at = 600 + draw % 16000;
		assert_true(++links < 600);
	} while (!meet(tour, &tour->site, &told));
	assert_receipted(&tour->site);
}

/* ---- a budget at base ---- */

/* Whatever is left, not a byte more goes both ways; with enough all of it does. */
static void test_budget(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van = { 0 };
	bool is_partly = false;
	bool is_done = false;

	for (int i = 0; i < 40; i++) {
		pc_reader(&tour->site, "Lò Văn Pánh");
		pc_visits(&tour->site, 50);
	}
	pc_visits(&tour->other, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(meet(tour, &tour->other, &told));
	assert_carried(tour, 2, 0);
	for (tour->budget = 100; !is_done; tour->budget += 700) {
		assert_true(tour->budget < 200000);
		is_done = base(tour, &van) && van.over_budget == 0;
		assert_true(tour->moved <= tour->budget);
		assert_int_equal(van.waiting, van.over_budget);
		is_partly = is_partly || (van.given == 1 && van.over_budget > 0);
	}
	assert_true(is_partly); /* the small one did not wait for the large one */
	assert_carried(tour, 0, 2);
	tour->budget = 0;
	assert_true(meet(tour, &tour->site, &told));
	assert_true(meet(tour, &tour->other, &told));
	assert_receipted(&tour->site);
	assert_receipted(&tour->other);
}

/* ---- what is wrong ---- */

/* Custody of another bundle: nothing is said to be with the courier. */
static void test_bad_custody(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;

	pc_visits(&tour->site, 3);
	tour->bends = true;
	assert_false(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 0);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), PH_JOURNAL_E_NONE);
	tour->bends = false;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
}

/* Flip a byte of the only file in FOLDER that ends so. */
static void bend_only(const char *folder, const char *ending, uint64_t at)
{
	char names[PH_VAN_PATH_MAX + 16];
	struct ph_buf bundle = { 0 };
	glob_t found;

	snprintf(names, sizeof(names), "%s/*%s", folder, ending);
	assert_int_equal(glob(names, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	assert_int_equal(ph_file_read(found.gl_pathv[0], PH_BUNDLE_MAX, &bundle, NULL),
			 0);
	bundle.data[at] ^= 1;
	assert_int_equal(
		ph_file_write(found.gl_pathv[0], ph_buf_view(&bundle), 0600, NULL), 0);
	ph_buf_deinit(&bundle);
	globfree(&found);
}

static void bend_carried(struct tour *tour, uint64_t at)
{
	bend_only(tour->van.spool.path, ".phb", at);
}

/* It is told, let go of, and handed over again; on the way out as well. */
static void test_damaged_in_the_van(void **state)
{
	static const uint64_t places[] = { 0, 9, 20, 500, 4095 };
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	pc_visits(&tour->site, 3);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_true(meet(tour, &tour->site, &told));
		assert_int_equal(told.given, 1);
		bend_carried(tour, places[i]);
		assert_true(base(tour, &van));
		assert_int_equal(van.damaged, 1);
		assert_int_equal(van.given, 0);
		assert_carried(tour, 0, 0);
	}
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	assert_int_equal(van.damaged, 0);
	assert_int_equal(van.given, 1);
	bend_carried(tour, 700);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 0);
	assert_true(base(tour, &van));
	assert_true(meet(tour, &tour->site, &told));
	assert_receipted(&tour->site);
}

/* What it signed for stays while what is to take its place could not be taken. */
static void test_no_room_for_the_new(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;
	struct ph_van_told van;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
	pc_visits(&tour->site, 2);
	tour->busy = true;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 0);
	tour->busy = false;
	assert_carried(tour, 1, 0);
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(pc_state(&tour->site).receipted, custody.entries);
}

/* The beginning that it has is not what was sent: all of it comes in the same visit, in place of the older. */
static void test_torn_in_the_van(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_van_told van;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	assert_carried(tour, 1, 0);
	pc_visits(&tour->site, 2000);
	tour->cut_at = 14000;
	assert_false(meet(tour, &tour->site, &told));
	tour->cut_at = UINT64_MAX;
	bend_only(tour->van.dir, ".piece", 700);
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_carried(tour, 1, 0);
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_receipted(&tour->site);
}

/*
 * An order to erase came in a session, and the hello of what is packed for the courier notes
 * that it was carried out: the courier signs for that, too.
 */
static void test_erased_before_the_hello(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;
	struct ph_site_custody custody;
	struct ph_ref reader = pc_reader(&tour->site, "Lò Văn Pánh");
	char text[PH_REF_TEXT];
	uint64_t before;

	sync_pc(&tour->room, &tour->site);
	pc_confirm(&tour->room, &tour->site);
	ph_ref_text(text, &reader);
	json_decref(signs(&tour->room, json_pack("{s:s, s:[s]}", "command",
						 "reader-erase", "readers", text)));
	sync_pc(&tour->room, &tour->site);
	/* as `sync` does */
	assert_int_equal(ph_site_erase_heard(tour->site.site, NULL), 0);
	before = pc_state(&tour->site).entries;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_int_equal(pc_state(&tour->site).entries, before + 1);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
	assert_int_equal(custody.entries, before + 1);
}

/* For each custody receipt that the van has written the bundle is there, whole. */
static void assert_signed_is_here(struct tour *tour)
{
	const struct ph_van *van = &tour->van;
	char pattern_of_names[PH_VAN_PATH_MAX + 16];
	glob_t found;

	snprintf(pattern_of_names, sizeof(pattern_of_names), "%s/*.custody", van->dir);
	if (glob(pattern_of_names, 0, NULL, &found) != 0) {
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;
		char path[2 * PH_VAN_PATH_MAX];
		struct ph_buf bundle = { 0 };
		uint8_t hash[PH_BUNDLE_HASH_SIZE];
		char hex[2 * PH_BUNDLE_HASH_SIZE + 1];

		snprintf(path, sizeof(path), "%s/%.64s.phb", van->spool.path, name);
		if (ph_file_read(path, PH_BUNDLE_MAX, &bundle, NULL) != 0) {
			fail_msg("signed, and not there: %s", name);
		}
		crypto_generichash(hash, sizeof(hash), bundle.data, bundle.len, NULL, 0);
		ph_hex(hex, hash, sizeof(hash));
		assert_memory_equal(hex, name, 2 * sizeof(hash));
		ph_buf_deinit(&bundle);
	}
	globfree(&found);
}

/* Whatever the courier's disk fails in, it signs for nothing that it does not have for good. */
static void test_custody_comes_last(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told = { .given = 1 };
	unsigned call = 0;
	bool is_done;

	do {
		if (told.given > 0) { /* so that there is a bundle that it has not yet */
			pc_visits(&tour->site, 1);
		}
		tour->fails = ++call;
		is_done = meet(tour, &tour->site, &told);
		assert_signed_is_here(tour);
		assert_true(call < 200);
	} while (tour->fails == 0);
	assert_true(is_done);
	assert_true(call > 6);
	assert_int_equal(told.given, 1);
	tour->fails = 0;
}

static void remove_carried(const struct tour *tour)
{
	char pattern_of_names[PH_VAN_PATH_MAX + 16];
	glob_t found;

	snprintf(pattern_of_names, sizeof(pattern_of_names), "%s/*.phb",
		 tour->van.spool.path);
	assert_int_equal(glob(pattern_of_names, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		assert_int_equal(ph_file_remove(found.gl_pathv[i]), 0);
	}
	globfree(&found);
}

/* A bundle that is gone without its custody receipt comes again: signed for when it is here, not before. */
static void test_custody_without_bundle(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;

	pc_visits(&tour->site, 30);
	assert_true(meet(tour, &tour->site, &told));
	remove_carried(tour);
	tour->cut_at = tour->moved * 3 / 4;
	assert_false(meet(tour, &tour->site, &told));
	assert_signed_is_here(tour);
	tour->cut_at = UINT64_MAX;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_signed_is_here(tour);
	assert_carried(tour, 1, 0);
}

/* Bundles of 90 days are let go of, wherever they lie. */
static void test_age(void **state)
{
	struct tour *tour = *state;
	struct ph_site_courier_told told;

	pc_visits(&tour->site, 3);
	assert_true(meet(tour, &tour->site, &told));
	pass(&tour->room.machine, 89 * 86400);
	assert_carried(tour, 1, 0);
	pass(&tour->room.machine, 2 * 86400);
	assert_carried(tour, 0, 0);
	/* the site has it all */
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
}

/* The site's clock begins in 1970: what it made then is no older than the day we got it. */
static void test_age_of_no_clock(void **state)
{
	struct tour *tour = *state;
	struct machine van_clock = tour->room.machine;
	struct ph_site_courier_told told;
	struct ph_van_told van;
	int64_t wall = tour->room.machine.now.wall;

	tour->van.clock.data = &van_clock;
	pc_visits(&tour->site, 3);
	tour->room.machine.now.wall = 120;
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_carried(tour, 1, 0);
	tour->room.machine.now.wall = wall;
	assert_true(base(tour, &van));
	assert_int_equal(van.given, 1);
	/* neither knows the time: it is carried all the same */
	van_clock.now.wall = tour->room.machine.now.wall = 240;
	assert_true(meet(tour, &tour->site, &told));
	van_clock.now.wall = tour->room.machine.now.wall = wall + 600;
	assert_carried(tour, 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_tour),
		TOUR(test_pages),
		TOUR(test_cuts),
		TOUR(test_budget),
		TOUR(test_bad_custody),
		TOUR(test_damaged_in_the_van),
		TOUR(test_age),
		TOUR(test_age_of_no_clock),
		TOUR(test_no_room_for_the_new),
		TOUR(test_torn_in_the_van),
		TOUR(test_custody_comes_last),
		TOUR(test_custody_without_bundle),
		TOUR(test_erased_before_the_hello),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}
