/*
 * Tests of packing for a courier, and of taking what it brings, in pieces (client/site_courier*.c,
 * client/site_pack.c, client/site_unpack.c): what others do with the site in between, and an
 * exchange that ends there.
 */
#include "tests/unit/van_world.h"

#define VISITS 12000

/* By this clock every piece of work takes a moment. */
static void read_hurried(void *data, struct ph_now *now_out)
{
	struct machine *machine = data;

	machine->now.mono_ms += 60;
	*now_out = machine->now;
}

struct others {
	struct tour *tour;
	bool measures; /* also what waits */
	unsigned turns;
};

/* What commands do: they look, record, and measure what waits, which goes the way of packing. */
static void be_others(void *data)
{
	struct others *others = data;
	struct pc *pc = &others->tour->site;
	struct ph_site_measured measured;
	struct ph_site_aside aside;
	struct ph_site_state state;

	assert_int_equal(ph_site_resume(pc->site, NULL), 0);
	assert_int_equal(ph_site_state(pc->site, &state), 0);
	if (others->turns % 4 == 1) {
		pc_visits(pc, 1);
	}
	if (others->measures && others->turns == 5) { /* segments are on their way */
		assert_int_equal(ph_site_aside_begin(&aside, pc->site, NULL, NULL), 0);
		assert_int_equal(ph_site_measure(&aside, &measured, NULL), 0);
		ph_site_aside_end(&aside);
		assert_true(measured.entries >= VISITS);
	}
	ph_site_pause(pc->site);
	others->turns++;
}

static void hurry(struct tour *tour)
{
	pc_close(&tour->site);
	tour->site.config.clock = (struct ph_clock){ read_hurried, &tour->room.machine };
	pc_open(&tour->site);
}

static uint64_t at_hub(struct tour *tour)
{
	struct ph_log log;

	assert_int_equal(ph_journal_log_find(ph_hub_journal(tour->room.hub),
					     ph_site_log(tour->site.site)->id, &log),
			 0);
	return log.n;
}

/* TALKED: the hub has said that it reads packed segments. */
static void hand_over(struct tour *tour, bool talked)
{
	struct others others = { .tour = tour, .measures = true };
	struct ph_site_courier_told told;
	struct ph_site_custody custody;
	struct ph_van_told van;
	uint64_t before;

	if (talked) {
		sync_pc(&tour->room, &tour->site);
	}
	pc_reader(&tour->site, "Lò Văn Pánh");
	pc_visits(&tour->site, VISITS);
	before = pc_state(&tour->site).entries;
	hurry(tour);
	between_pieces = be_others;
	between_data = &others;
	assert_true(meet(tour, &tour->site, &told));
	between_pieces = NULL;
	/* mark, find, sweep, begin, and then a piece a segment */
	assert_true(others.turns > 6);
	assert_int_equal(told.packed, 1);
	assert_int_equal(told.given, 1);
	assert_int_equal(ph_site_custody(tour->site.site, &custody), 0);
	assert_int_equal(custody.entries, before);
	assert_true(base(tour, &van));
	assert_true(at_hub(tour) >= before);
	/* what was recorded meanwhile is packed the next time */
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.taken, 1);
	assert_true(base(tour, &van));
	assert_int_equal(at_hub(tour), pc_state(&tour->site).entries);
}

static void test_plain(void **state)
{
	hand_over(*state, false);
}

static void test_packed(void **state)
{
	hand_over(*state, true);
}

/* The exchange ends while it is packed: what was begun is nothing, and the next packs anew. */
static void test_ended_between(void **state)
{
	struct tour *tour = *state;
	struct ph_courier_job job = { .type = PH_COURIER_NEXT };
	struct ph_site_courier_told told;
	struct ph_site_courier *courier;
	struct ph_van_told van;

	pc_visits(&tour->site, VISITS);
	hurry(tour);
	for (unsigned pieces = 1; pieces < 9; pieces++) {
		ph_site_pause(tour->site.site);
		assert_int_equal(ph_site_courier_new(&courier, tour->site.site,
						     tour->site.dir, NULL),
				 0);
		for (unsigned i = 0; i < pieces; i++) {
			assert_true(ph_site_courier_job(courier, &job));
			assert_int_equal(job.result, 0);
			assert_false(job.has_line);
		}
		ph_site_courier_free(courier);
		assert_int_equal(ph_site_resume(tour->site.site, NULL), 0);
	}
	assert_true(meet(tour, &tour->site, &told));
	assert_int_equal(told.given, 1);
	assert_true(base(tour, &van));
	assert_int_equal(at_hub(tour), pc_state(&tour->site).entries);
}

/* ---- what it brings ---- */

/*
 * A second PC of the site, with a network, has written much; the site, which lives by couriers, is
 * confirmed. *SECOND is the caller's to end.
 */
static void write_elsewhere(struct tour *tour, struct pc *second)
{
	struct ph_site_courier_told told;
	struct ph_van_told van;

	pc_visits(&tour->site, 1);
	assert_true(meet(tour, &tour->site, &told));
	assert_true(base(tour, &van));
	pc_confirm(&tour->room, &tour->site);
	assert_true(meet(tour, &tour->site, &told));
	pc_join(&tour->room, second, "14-0371", "second", 4);
	sync_pc(&tour->room, second);
	pc_visits(second, VISITS);
	sync_pc(&tour->room, second);
	hurry(tour);
}

/*
 * BUNDLE is offered, all of it or (IS_THERE) its last byte comes, and it is taken as far as PIECES
 * go. Whether it is over.
 */
static bool take_pieces(struct tour *tour, struct ph_view bundle, bool is_there,
			unsigned pieces)
{
	struct ph_courier_job job = { .type = PH_COURIER_LOOK };
	struct ph_site_courier *courier;
	bool again = true;

	ph_site_pause(tour->site.site);
	assert_int_equal(
		ph_site_courier_new(&courier, tour->site.site, tour->site.dir, NULL), 0);
	ph_courier_line_of(bundle, &job.line);
	assert_false(ph_site_courier_job(courier, &job));
	assert_int_equal(job.result, 0);
	assert_true(job.wants);
	assert_int_equal(job.offset, is_there ? bundle.len - 1 : 0);
	job.type = PH_COURIER_WRITE;
	assert_int_equal(
		ph_buf_put(&job.bytes, bundle.data + job.offset, bundle.len - job.offset),
		0);
	for (unsigned i = 0; again && i < pieces; i++) {
		again = ph_site_courier_job(courier, &job);
		assert_int_equal(job.result, 0);
	}
	if (!again) {
		assert_int_equal(job.answer, PH_COURIER_KEPT);
	}
	ph_buf_deinit(&job.bytes);
	ph_site_courier_free(courier);
	assert_int_equal(ph_site_resume(tour->site.site, NULL), 0);
	return !again;
}

static void test_taken_in_pieces(void **state)
{
	struct tour *tour = *state;
	struct others others = { .tour = tour };
	struct ph_site_courier_told told;
	struct ph_van_told van;
	struct pc second;

	write_elsewhere(tour, &second);
	assert_true(base(tour, &van));
	assert_int_equal(van.taken, 1);
	between_pieces = be_others;
	between_data = &others;
	assert_true(meet(tour, &tour->site, &told));
	between_pieces = NULL;
	assert_true(others.turns > 3);
	assert_int_equal(told.taken, 1);
	assert_int_equal(told.left, 0);
	assert_true(told.entries_of_site >= VISITS);
	assert_int_equal(pc_holds(&tour->site, &second), ph_site_log(second.site)->n);
	pc_end(&second);
}

/* The exchange ends after each of its pieces: what was taken stays, and the next has one byte to bring. */
static void test_ended_taking(void **state)
{
	struct tour *tour = *state;
	struct pocket pocket = { 0 };
	unsigned pieces = 1;
	bool is_half = false;
	uint64_t held = 0;
	struct pc second;

	write_elsewhere(tour, &second);
	pack_hub(&tour->room, &tour->site, PH_BUNDLE_MAX, &pocket);
	assert_int_equal(pocket.n, 1);
	while (!take_pieces(tour, ph_buf_view(&pocket.bundle[0]), pieces > 1, pieces)) {
		uint64_t now = pc_holds(&tour->site, &second);

		assert_true(now >= held);
		is_half = is_half || (now > 0 && now < ph_site_log(second.site)->n);
		held = now;
		pieces++;
	}
	assert_true(is_half);
	assert_int_equal(pc_holds(&tour->site, &second), ph_site_log(second.site)->n);
	/* nothing of it is left */
	assert_false(take_pieces(tour, ph_buf_view(&pocket.bundle[0]), false, 1));
	pocket_empty(&pocket);
	pc_end(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_plain),         TOUR(test_packed),
		TOUR(test_ended_between), TOUR(test_taken_in_pieces),
		TOUR(test_ended_taking),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}
