/*
 * Tests of packing for a courier in pieces (client/site_courier_pack.c, client/site_pack.c):
 * what others do with the site in between, and an exchange that ends there.
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
	unsigned turns;
};

/* What commands do: they look, record, and measure what waits, which goes the way of packing. */
static void be_others(void *data)
{
	struct others *others = data;
	struct pc *pc = &others->tour->site;
	struct ph_site_measured measured;
	struct ph_site_state state;

	assert_int_equal(ph_site_resume(pc->site, NULL), 0);
	assert_int_equal(ph_site_state(pc->site, &state), 0);
	if (others->turns % 4 == 1) {
		pc_visits(pc, 1);
	}
	if (others->turns == 5) { /* segments are on their way */
		assert_int_equal(ph_site_measure(pc->site, &measured, NULL), 0);
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
	struct others others = { .tour = tour };
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TOUR(test_plain),
		TOUR(test_packed),
		TOUR(test_ended_between),
	};

	return ph_crypto_start() == 0
		       ? cmocka_run_group_tests(tests, make_pattern, remove_pattern)
		       : 1;
}
