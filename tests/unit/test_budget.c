/*
 * Tests of client/budget.c and client/budget_rows.c: the account of the roads, what is set
 * apart for a session and given back, what is given more, the month's turn; sizes as people
 * write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/budget.h"
#include "client/budget_rows.h"
#include "client/site_internal.h"
#include "proto/session.h"
#include "site_world.h"

#define MONTH_S (31 * 86400)

static struct ph_budget read_budget(struct world *world)
{
	struct ph_budget budget;

	assert_int_equal(ph_site_budget(world->site, &budget), 0);
	return budget;
}

static int begin(struct world *world, enum ph_spend_road road, bool over,
		 uint64_t waiting, struct ph_share *share)
{
	struct ph_error err = { 0 };

	return ph_site_spend_begin(world->site, road, over, waiting, share, &err);
}

/* A store that takes nothing any more: said in words, by whatever road. */
static void test_not_noted(void **state)
{
	struct world *world = *state;
	struct ph_db *db = ph_journal_db(ph_site_journal(world->site));
	struct ph_error note = { 0 };
	struct ph_error spend = { 0 };
	struct ph_share share;

	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share), 0);
	assert_int_equal(ph_db_exec(db, "PRAGMA query_only = 1"), 0);
	assert_true(ph_site_spend_note(world->site, 1000, 500, true, &note) < 0);
	assert_non_null(strstr(note.text, "noting in this site's store how much went"));
	assert_true(ph_site_spend(world->site, PH_SPEND_STICK, 4096, 0, &spend) < 0);
	assert_string_equal(spend.text, note.text);
	assert_int_equal(ph_db_exec(db, "PRAGMA query_only = 0"), 0);
	assert_int_equal(read_budget(world).spent[PH_SPEND_NETWORK].up, 0);
	assert_int_equal(read_budget(world).spent[PH_SPEND_STICK].up, 0);
}

static int said(struct world *world, uint64_t up, uint64_t down, bool end)
{
	return ph_site_spend_note(world->site, up, down, end, NULL);
}

/* What was noted on the way and turns out not to have left is taken back, at the end alone of what was set apart. */
static void test_taken_back(void **state)
{
	static const uint64_t bounds[] = { PH_BUDGET_NONE, 1000000 };
	struct world *world = *state;
	struct ph_share share;

	for (unsigned i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		uint64_t before = read_budget(world).spent[PH_SPEND_NETWORK].up;
		struct ph_spent spent;

		assert_int_equal(ph_site_budget_set(world->site, bounds[i], NULL), 0);
		assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share), 0);
		assert_int_equal(said(world, 30000, 500, false), 0);
		/* less than was noted, in the middle: nothing is set free for it */
		assert_int_equal(said(world, 20000, 600, false), 0);
		spent = read_budget(world).spent[PH_SPEND_NETWORK];
		assert_int_equal(spent.up, before + 20000);
		assert_true(bounds[i] == PH_BUDGET_NONE ||
			    spent.unsure == PH_BUDGET_SLICE - 30500);
		assert_int_equal(said(world, 9000, 700, true), 0);
		spent = read_budget(world).spent[PH_SPEND_NETWORK];
		assert_int_equal(spent.up, before + 9000);
		assert_int_equal(spent.down, (i + 1) * 700);
		assert_int_equal(spent.unsure, 0);
	}
	assert_int_equal(read_budget(world).left, 1000000 - 2 * 9700);
}

/* As after a kill: another process opens the folder. */
static void open_again(struct world *world)
{
	ph_site_close(world->site);
	world->site = NULL;
	assert_int_equal(world_open(world, NULL), 0);
}

static void test_account(void **state)
{
	struct world *world = *state;
	struct ph_budget budget = read_budget(world);
	struct ph_share share;

	assert_true(budget.bytes == PH_BUDGET_NONE && budget.left == PH_BUDGET_NONE);
	assert_string_equal(budget.month, "2026-09");
	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share), 0);
	assert_int_equal(share.up + share.down, 0); /* no bound */
	assert_int_equal(ph_site_spend_note(world->site, 1000, 500, false, NULL), 0);
	assert_int_equal(ph_site_spend_note(world->site, 1500, 700, true, NULL), 0);
	/* it is over: nothing more is noted of it */
	assert_int_equal(ph_site_spend_note(world->site, 9000, 9000, true, NULL), 0);
	assert_int_equal(begin(world, PH_SPEND_LAN, false, 0, &share), 0);
	assert_int_equal(ph_site_spend_note(world->site, 10, 20, true, NULL), 0);
	assert_int_equal(ph_site_spend(world->site, PH_SPEND_STICK, 4096, 0, NULL), 0);
	assert_int_equal(ph_site_spend(world->site, PH_SPEND_STICK, 0, 8192, NULL), 0);
	open_again(world);
	budget = read_budget(world);
	assert_int_equal(budget.spent[PH_SPEND_NETWORK].up, 1500);
	assert_int_equal(budget.spent[PH_SPEND_NETWORK].down, 700);
	assert_int_equal(budget.spent[PH_SPEND_NETWORK].unsure, 0);
	assert_int_equal(budget.spent[PH_SPEND_LAN].up, 10);
	assert_int_equal(budget.spent[PH_SPEND_LAN].down, 20);
	assert_int_equal(budget.spent[PH_SPEND_COURIER].up, 0);
	assert_int_equal(budget.spent[PH_SPEND_STICK].up, 4096);
	assert_int_equal(budget.spent[PH_SPEND_STICK].down, 8192);
	/* only the network is bounded, and what it took before counts */
	assert_int_equal(ph_site_budget_set(world->site, 10000, NULL), 0);
	assert_int_equal(read_budget(world).left, 10000 - 2200);
	assert_int_equal(ph_site_budget_set(world->site, 2000, NULL), 0);
	assert_int_equal(read_budget(world).left, 0);
	assert_int_equal(ph_site_budget_set(world->site, PH_BUDGET_NONE, NULL), 0);
	assert_true(read_budget(world).left == PH_BUDGET_NONE);
}

/* What a session is given, at the least, at a slice, and on either side of both. */
static void test_share(void **state)
{
	static const uint64_t lefts[] = { 0,
					  PH_BUDGET_LEAST - 1,
					  PH_BUDGET_LEAST,
					  PH_BUDGET_LEAST + 1,
					  PH_BUDGET_SLICE - 1,
					  PH_BUDGET_SLICE,
					  PH_BUDGET_SLICE + 1,
					  1000000000 };
	static const uint64_t waits[] = { 0, 1, 1000, 100000, 1000000000 };
	struct world *world = *state;

	for (unsigned i = 0; i < sizeof(lefts) / sizeof(lefts[0]); i++) {
		for (unsigned j = 0; j < sizeof(waits) / sizeof(waits[0]); j++) {
			uint64_t slice =
				lefts[i] < PH_BUDGET_SLICE ? lefts[i] : PH_BUDGET_SLICE;
			struct ph_share share = { 0 };
			int rc;

			assert_int_equal(ph_site_budget_set(world->site, lefts[i], NULL),
					 0);
			rc = begin(world, PH_SPEND_NETWORK, false, waits[j], &share);
			assert_int_equal(
				rc, lefts[i] < PH_BUDGET_LEAST ? PH_BUDGET_E_SPENT : 0);
			if (rc != 0) {
				assert_int_equal(read_budget(world).left, lefts[i]);
				continue;
			}
			assert_int_equal(share.up + share.down, slice);
			assert_true(share.up >= PH_BUDGET_LEAST / 2);
			assert_true(share.down >= slice / 4);
			/* all of it is set apart: nobody else can have it */
			assert_int_equal(read_budget(world).left, lefts[i] - slice);
			assert_int_equal(
				ph_site_spend_note(world->site, 0, 0, true, NULL), 0);
			assert_int_equal(read_budget(world).left, lefts[i]);
		}
	}
}

/* The longest segment that may travel, in the shortest frames that one can set. */
#define LARGE (2 * (uint64_t)PH_SEGMENT_TRAVEL_MAX)

static bool ended(struct world *world, bool has_moved, bool is_short, bool up, bool down)
{
	const struct ph_spend_end end = {
		.has_moved = has_moved, .is_short = is_short, .up = up, .down = down
	};
	bool goes_on = false;

	assert_int_equal(ph_site_spend_note(world->site, 0, 0, true, NULL), 0);
	assert_int_equal(ph_site_spend_ended(world->site, &end, &goes_on, NULL), 0);
	return goes_on;
}

/* What finds no room in a slice is given more, its way, until any item has; then as before. */
static void test_growth(void **state)
{
	struct world *world = *state;
	struct ph_share share;

	for (unsigned sides = 1; sides <= 3; sides++) {
		bool up = (sides & 1) != 0;
		bool down = (sides & 2) != 0;

		assert_int_equal(ph_site_budget_set(world->site, 100000000, NULL), 0);
		for (unsigned i = 0; i <= PH_BUDGET_GROWS; i++) {
			assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share),
					 0);
			assert_int_equal(share.up + share.down,
					 (uint64_t)PH_BUDGET_SLICE << 2 * i);
			/* what it learned is kept over the end of a process */
			assert_int_equal(ended(world, false, true, up, down),
					 i < PH_BUDGET_GROWS);
			open_again(world);
		}
		assert_true(!up || share.up >= LARGE);
		assert_true(!down || share.down >= LARGE);
		/* control log and receipts still have room, and a greeting */
		assert_true(share.up >= PH_BUDGET_LEAST / 2);
		assert_true(share.down >= PH_BUDGET_SLICE / 4);
		/* something moved: on with a common slice, if anything is left to do */
		assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share), 0);
		assert_true(ended(world, true, true, up, down));
		assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share), 0);
		assert_int_equal(share.up + share.down, PH_BUDGET_SLICE);
		assert_false(ended(world, true, false, false, false));
	}
}

/* Where the month has no more room for it, no session is spent on trying. */
static void test_no_growth(void **state)
{
	static const uint64_t lefts[] = { PH_BUDGET_LEAST, 4000, 30000, PH_BUDGET_SLICE };
	struct world *world = *state;
	struct ph_share share;

	for (unsigned i = 0; i < sizeof(lefts) / sizeof(lefts[0]); i++) {
		assert_int_equal(ph_site_budget_set(world->site, lefts[i], NULL), 0);
		/* little waits here: nearly all is the hub's as it is */
		assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 0, &share), 0);
		assert_false(ended(world, false, true, false, true));
		/* much: three quarters are ours */
		assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 1000000, &share),
				 0);
		assert_int_equal(share.up, lefts[i] - lefts[i] / 4);
		assert_true(ended(world, true, true, true, false));
	}
}

/* Killed in the middle: all that was set apart counts, and no byte less than went. */
static void test_killed(void **state)
{
	struct world *world = *state;
	struct ph_budget budget;
	struct ph_share share;

	assert_int_equal(ph_site_budget_set(world->site, 100000, NULL), 0);
	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share), 0);
	open_again(world);
	budget = read_budget(world);
	assert_int_equal(budget.left, 100000 - PH_BUDGET_SLICE);
	assert_int_equal(budget.spent[PH_SPEND_NETWORK].unsure, PH_BUDGET_SLICE);
	/* the next one gets of what is left, and gives back its own alone */
	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share), 0);
	assert_int_equal(share.up + share.down, 100000 - PH_BUDGET_SLICE);
	assert_int_equal(ph_site_spend_note(world->site, 300, 200, false, NULL), 0);
	assert_int_equal(ph_site_spend_note(world->site, 300, 200, true, NULL), 0);
	budget = read_budget(world);
	assert_int_equal(budget.left, 100000 - PH_BUDGET_SLICE - 500);
	assert_int_equal(budget.spent[PH_SPEND_NETWORK].unsure, PH_BUDGET_SLICE);
}

/* Told to, it goes over; and that is counted. */
static void test_over(void **state)
{
	struct world *world = *state;
	struct ph_share share;

	assert_int_equal(ph_site_budget_set(world->site, 0, NULL), 0);
	assert_int_equal(begin(world, PH_SPEND_NETWORK, true, 500, &share), 0);
	assert_int_equal(share.up + share.down, 0);
	assert_int_equal(ph_site_spend_note(world->site, 300, 200, true, NULL), 0);
	assert_int_equal(read_budget(world).spent[PH_SPEND_NETWORK].up, 300);
	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share),
			 PH_BUDGET_E_SPENT);
	assert_int_equal(begin(world, PH_SPEND_LAN, false, 500, &share), 0);
	assert_int_equal(share.up + share.down, 0);
}

/* The first second of a month in UTC+7, and the last before it. */
static void test_month(void **state)
{
	struct world *world = *state;
	const int64_t first = INT64_C(1790787600); /* 2026-10-01 00:00 UTC+7 */
	struct ph_share share;

	assert_int_equal(ph_site_budget_set(world->site, 5000, NULL), 0);
	world->now.wall = first - 1;
	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share), 0);
	/* what runs over the turn is of the month in which it began */
	world->now.wall = first;
	assert_int_equal(ph_site_spend_note(world->site, 4000, 900, true, NULL), 0);
	assert_string_equal(read_budget(world).month, "2026-10");
	assert_int_equal(read_budget(world).left, 5000);
	world->now.wall = first - 1;
	assert_string_equal(read_budget(world).month, "2026-09");
	assert_int_equal(read_budget(world).left, 100);
	world->now.wall = first + MONTH_S;
	assert_string_equal(read_budget(world).month, "2026-11");
}

/* ---- over a start of the machine ---- */

#define FIRST   INT64_C(1790787600) /* 2026-10-01 00:00 UTC+7 */
#define DAY_S   INT64_C(86400)
#define YEARS10 (3650 * DAY_S)

static void boot(struct world *world, int64_t wall)
{
	world->now.boot[0]++;
	world->now.mono_ms = 7000;
	world->now.wall = wall;
}

/* A hub welcomes the session that runs. */
static void heard(struct world *world, int64_t time)
{
	struct ph_db *db = world->site->db;

	assert_int_equal(ph_db_begin(db), 0);
	assert_int_equal(ph_writer_heard_time(world->site->writer, time), 0);
	assert_int_equal(ph_site_budget_heard(world->site), 0);
	assert_int_equal(ph_db_commit(db), 0);
}

/* A session of BYTES; HUB: its time, or 0: nobody answers. */
static void session(struct world *world, uint64_t bytes, int64_t hub)
{
	struct ph_share share;

	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share), 0);
	assert_true(share.up + share.down >= bytes);
	assert_int_equal(said(world, 100, 0, false), 0);
	if (hub != 0) {
		heard(world, hub);
	}
	assert_int_equal(said(world, bytes - 100, 100, true), 0);
}

static void budget_is(struct world *world, const char *month, uint64_t left, bool is_sure,
		      bool is_asking)
{
	struct ph_budget budget = read_budget(world);

	assert_string_equal(budget.month, month);
	assert_int_equal(budget.left, left);
	assert_int_equal(budget.is_sure, is_sure);
	assert_int_equal(budget.is_asking, is_asking);
}

static void no_session(struct world *world)
{
	struct ph_share share;

	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share),
			 PH_BUDGET_E_SPENT);
}

/* One month of the hub's has one purse, whatever the clock says from one start to the next. */
static void test_boots(void **state)
{
	static const int64_t walls[] = { 1000, FIRST - 9 * DAY_S, FIRST + YEARS10, 1000 };
	struct world *world = *state;
	uint64_t left = 20000;

	world->now.wall = FIRST - 10 * DAY_S;
	assert_int_equal(ph_site_budget_set(world->site, left, NULL), 0);
	session(world, 2000, FIRST - 10 * DAY_S);
	left -= 2000;
	for (unsigned i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		boot(world, walls[i]);
		budget_is(world, "2026-09", left, false, false);
		session(world, 1000, 0);
		left -= 1000;
		budget_is(world, "2026-09", left, false, false);
		open_again(world);
		budget_is(world, "2026-09", left, false, false);
		session(world, 2500, FIRST - 9 * DAY_S + (int64_t)i);
		left -= 2500;
		budget_is(world, "2026-09", left, true, false);
	}
	/* the month's turn, counted on by the monotonic clock, and by no other */
	world->now.mono_ms += 10 * DAY_S * 1000;
	budget_is(world, "2026-10", 20000, true, false);
	session(world, 3000, 0);
	boot(world, 1000);
	budget_is(world, "2026-10", 17000, false, false);
}

/* What came of a clock that was wrong in another start: today is as it should be. */
static void test_today(void **state)
{
	static const int64_t wrong[] = { 1000, FIRST + YEARS10, FIRST - 10 * DAY_S };
	struct world *world = *state;

	/* nothing was ever heard: not before it joined */
	boot(world, 1000);
	assert_int_equal(ph_site_today(world->site), ph_day_of(WORLD_NOW));
	assert_int_equal(ph_site_clock_ahead(world->site), 1000 - WORLD_NOW);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int64_t time = FIRST + (int64_t)i * DAY_S;

		boot(world, wrong[i]);
		heard(world, time);
		assert_int_equal(ph_site_today(world->site), ph_day_of(time));
		boot(world, time + 3 * DAY_S);
		assert_int_equal(ph_site_today(world->site), ph_day_of(time) + 3);
		/* never before what was heard */
		boot(world, 1000);
		assert_int_equal(ph_site_today(world->site), ph_day_of(time));
	}
}

/* The month is spent and turns while the machine is off: the hub is asked for little. */
static void test_turn_off(void **state)
{
	struct world *world = *state;

	world->now.wall = FIRST - DAY_S;
	assert_int_equal(ph_site_budget_set(world->site, 6000, NULL), 0);
	session(world, 5000, FIRST - DAY_S);
	boot(world, FIRST - 1);
	no_session(world);
	boot(world, 1000); /* a clock that is behind knows of no turn */
	budget_is(world, "2026-09", 1000, false, false);
	no_session(world);
	boot(world, FIRST);
	budget_is(world, "2026-10", PH_BUDGET_LEAST, false, true);
	session(world, 700, 0);
	budget_is(world, "2026-10", PH_BUDGET_LEAST, false, true);
	session(world, PH_BUDGET_LEAST, FIRST + 5);
	budget_is(world, "2026-10", 6000 - 700 - PH_BUDGET_LEAST, true, false);
}

/* There is room in the month before: of that, as long as the hub has not said more. */
static void test_turn_room(void **state)
{
	struct world *world = *state;

	world->now.wall = FIRST - DAY_S;
	assert_int_equal(ph_site_budget_set(world->site, 6000, NULL), 0);
	session(world, 2500, FIRST - DAY_S);
	boot(world, FIRST + DAY_S);
	budget_is(world, "2026-09", 3500, false, false);
	session(world, 3500, FIRST + DAY_S);
	budget_is(world, "2026-10", 2500, true, false);
	/* and another start, to a clock that has gone back into the month before */
	boot(world, FIRST - DAY_S);
	budget_is(world, "2026-10", 2500, false, false);
}

/* The clock goes into a month to come: asked once, and not again while it is off by that. */
static void test_asked_too_early(void **state)
{
	struct world *world = *state;

	world->now.wall = FIRST - 10 * DAY_S;
	assert_int_equal(ph_site_budget_set(world->site, 6000, NULL), 0);
	session(world, 6000, FIRST - 10 * DAY_S);
	boot(world, FIRST + YEARS10);
	budget_is(world, "2036-09", PH_BUDGET_LEAST, false, true);
	session(world, 600, FIRST - 9 * DAY_S);
	budget_is(world, "2026-09", 0, true, false);
	boot(world, FIRST + YEARS10 + DAY_S);
	budget_is(world, "2026-09", 0, false, false);
	no_session(world);
	/* it was set since, and the month is over */
	boot(world, FIRST + DAY_S);
	budget_is(world, "2026-10", PH_BUDGET_LEAST, false, true);
	session(world, 600, FIRST + DAY_S);
	budget_is(world, "2026-10", 5400, true, false);
}

/*
 * The month is spent, and the clock is in 1970 after each start: by it no other month ever begins. That is
 * told, with the day to which the clock has to be set at least; set, it asks.
 */
static void test_stuck(void **state)
{
	struct world *world = *state;

	assert_int_equal(ph_site_budget_set(world->site, 6000, NULL), 0);
	boot(world, 1000);
	session(world, 6000 - PH_BUDGET_LEAST, 0); /* the hub was never heard */
	assert_int_equal(read_budget(world).stuck_at, 0);
	heard(world, FIRST);
	assert_int_equal(read_budget(world).stuck_at, 0);
	boot(world, FIRST - 1);
	assert_int_equal(read_budget(world).stuck_at,
			 0); /* there is room for a session */
	session(world, 200, 0);
	assert_int_equal(read_budget(world).stuck_at, 0); /* it is right in a second */
	boot(world, FIRST - PH_CLOCK_AHEAD_MAX);
	assert_int_equal(read_budget(world).stuck_at, 0);
	boot(world, FIRST - PH_CLOCK_AHEAD_MAX - 1);
	assert_int_equal(read_budget(world).stuck_at, FIRST);
	for (int i = 0; i < 3; i++) {
		boot(world, 1000 + i * MONTH_S);
		no_session(world);
		assert_int_equal(read_budget(world).stuck_at, FIRST);
	}
	boot(world, FIRST); /* set, in the same month: that is spent, and it will end */
	no_session(world);
	assert_int_equal(read_budget(world).stuck_at, 0);
	boot(world, FIRST + MONTH_S);
	assert_int_equal(read_budget(world).stuck_at, 0);
	assert_true(read_budget(world).is_asking);
	boot(world, 1000);
	assert_int_equal(ph_site_budget_set(world->site, PH_BUDGET_NONE, NULL), 0);
	assert_int_equal(read_budget(world).stuck_at, 0);
}

/* Nobody answers for months: what was tried in one is not of the next. */
static void test_unheard(void **state)
{
	struct world *world = *state;

	assert_int_equal(ph_site_budget_set(world->site, 6000, NULL), 0);
	for (int i = 0; i < 4; i++) { /* the hub was never heard */
		boot(world, FIRST + i * MONTH_S);
		assert_int_equal(read_budget(world).left, 6000);
		session(world, 3000, 0);
		assert_int_equal(read_budget(world).left, 3000);
	}
	session(world, 500, FIRST + 3 * MONTH_S);
	budget_is(world, "2027-01", 2500, true, false);
	for (int i = 4; i < 8; i++) { /* or not any more */
		boot(world, FIRST + i * MONTH_S);
		session(world, 2000, 0);
		session(world, i < 7 ? 2000 : 500, 0);
	}
	session(world, 2000, FIRST + 7 * MONTH_S);
	budget_is(world, "2027-05", 1500, true, false);
}

/* Another process hears the hub while a session of ours, begun before, is at work. */
static void test_heard_by_another(void **state)
{
	struct world *world = *state;
	struct ph_site_spending ours;
	struct ph_share share;

	world->now.wall = FIRST - DAY_S;
	assert_int_equal(ph_site_budget_set(world->site, 200000, NULL), 0);
	session(world, 2000, FIRST - DAY_S);
	boot(world, FIRST);
	assert_int_equal(begin(world, PH_SPEND_NETWORK, false, 500, &share), 0);
	ours = world->site->spend;
	session(world, 3000, FIRST);
	world->site->spend = ours;
	assert_int_equal(said(world, 900, 100, true), 0);
	budget_is(world, "2026-10", 200000 - 4000, true, false);
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = { { "0", 0 },
		     { "1", 1 },
		     { "5kB", 5000 },
		     { "20MB", 20000000 },
		     { "1GB", 1000000000 },
		     { "1.5MB", 1500000 }, /* as it is printed, in either language */
		     { "2,9 MB", 2900000 },
		     { "0.05kB", 50 },
		     { "1000GB", PH_BUDGET_MAX } };
	static const char *const bad[] = {
		"",        " 1",       "1  MB", "1mb",
		"1 ",      "1.5",      "1.MB",  ".5MB",
		"1.500MB", /* some mean thousands */
		"1.5.5MB", "1000.1GB", "-1",    "MB",
		"0x10",    "1001GB",   "none",  "99999999999999999999"
	};
	static const struct {
		uint64_t bytes;
		const char *text;
	} shown[] = { { 0, "0 byte" },        { 999, "999 byte" },
		      { 1000, "1.0 kB" },     { 1099, "1.0 kB" },
		      { 999999, "999.9 kB" }, { 1000000, "1.0 MB" },
		      { 1400000, "1.4 MB" },  { UINT64_C(2500000000), "2.5 GB" } };
	char text[PH_NUMBER_TEXT];
	uint64_t bytes = 7;

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(ph_bytes_parse(good[i].text, &bytes, NULL), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	bytes = 7;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ph_error err = { 0 };

		assert_int_equal(ph_bytes_parse(bad[i], &bytes, &err), -EINVAL);
		assert_int_equal(err.exit, PH_EXIT_USAGE);
		assert_int_equal(bytes, 7);
	}
	for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		assert_string_equal(ph_bytes_text(text, shown[i].bytes), shown[i].text);
	}
}

#define JOINED(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, world_setup_joined, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		JOINED(test_account),         JOINED(test_taken_back),
		JOINED(test_share),           JOINED(test_killed),
		JOINED(test_growth),          JOINED(test_no_growth),
		JOINED(test_not_noted),       JOINED(test_over),
		JOINED(test_month),           cmocka_unit_test(test_sizes),
		JOINED(test_boots),           JOINED(test_today),
		JOINED(test_turn_off),        JOINED(test_turn_room),
		JOINED(test_stuck),           JOINED(test_unheard),
		JOINED(test_asked_too_early), JOINED(test_heard_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
