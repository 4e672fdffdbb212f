/*
 * Tests of what travels by stick between real folders: client/site_pack.c and site_unpack.c,
 * daemon/hub_bundle.c and hub_bundle_pack.c. Devices that never had a network, the same
 * entries by several roads, bundles that are lost, late, shown again, or out of order.
 */
#include "tests/unit/stick_room.h"

/* ---- a device that never had a network ---- */

static void test_never_a_network(void **state)
{
	struct two *two = *state;
	struct ph_ref reader = pc_reader(&two->first, "Lò Văn Pánh");
	struct ph_arrival arrival;
	struct ph_log log;

	pc_visits(&two->first, 30);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	assert_int_equal(two->up.n, 1);
	assert_int_equal(two->up.entries, ph_site_log(two->first.site)->n);
	assert_int_equal(two->up.parts, 1);
	struct ph_hub_bundle_taken taken = first_up(two);
	assert_int_equal(taken.refusal, 0);
	assert_true(taken.peer.admitted && taken.live);
	assert_int_equal(taken.peer.entries, two->up.entries);
	assert_int_equal(taken.peer.parts, 1);
	assert_int_equal(at_hub(two, &two->first), two->up.entries);
	assert_int_equal(ph_journal_log_find(ph_hub_journal(two->room.hub),
					     ph_site_log(two->first.site)->id, &log),
			 0);
	assert_int_equal(
		ph_journal_arrival(ph_hub_journal(two->room.hub), log.row, 3, &arrival),
		0);
	assert_int_equal(arrival.road, PH_ROAD_STICK);
	/* nothing is handed over: all of it is packed until a receipt is here */
	assert_int_equal(pc_state(&two->first).receipted, 0);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	assert_int_equal(two->up.parts, 1);

	/* not confirmed: receipts and the control log */
	pack_hub(&two->room, &two->first, PH_BUNDLE_MAX, &two->down);
	assert_int_equal(two->down.receipts, 1);
	assert_int_equal(two->down.pages, 0);
	take_all_down(&two->first, &two->down);
	assert_receipted(&two->first);
	assert_int_equal(pc_state(&two->first).standing, PH_SITE_UNCONFIRMED);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	assert_int_equal(two->up.entries + two->up.parts, 0);

	/* confirmed by telephone: its share comes by stick, too */
	pc_confirm(&two->room, &two->first);
	carry(&two->room, &two->first);
	assert_int_equal(pc_state(&two->first).standing, PH_SITE_CONFIRMED);
	assert_true(pc_reads(&two->first, &reader, "Lò Văn Pánh"));
}

/* The second PC of the site: siblings' logs and names by stick alone; to the other site none of it. */
static void test_share(void **state)
{
	struct two *two = *state;
	struct ph_ref reader = pc_reader(&two->first, "Lò Văn Pánh");

	carry(&two->room, &two->first);
	carry(&two->room, &two->second);
	carry(&two->room, &two->other);
	pc_confirm(&two->room, &two->second);
	pack_hub(&two->room, &two->second, PH_BUNDLE_MAX, &two->down);
	take_all_down(&two->second, &two->down);
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
	assert_true(pc_reads(&two->second, &reader, "Lò Văn Pánh"));
	assert_int_equal(pc_holds(&two->other, &two->first), 0);
	/* what it holds it tells, and is not sent again */
	carry(&two->room, &two->second);
	pack_hub(&two->room, &two->second, PH_BUNDLE_MAX, &two->down);
	assert_int_equal(two->down.entries, 0);
	assert_int_equal(two->down.parts, 0);
	assert_int_equal(two->down.pages, 0);
	/* for the second alone */
	assert_int_equal(first_down(two, &two->other).refusal, PH_BUNDLE_E_RECIPIENT);
}

/* What the other site did with a book of this one: by pages of the feed, by stick alone. */
static void test_pages(void **state)
{
	struct two *two = *state;
	struct ph_ref reader = pc_reader(&two->other, "Lò Văn Pánh");
	struct ph_site_taken taken;
	struct ph_ref loan;

	pc_shelves_book(&two->first);
	carry(&two->room, &two->first);
	carry(&two->room, &two->other);
	pc_confirm(&two->room, &two->first);
	carry(&two->room, &two->first);
	assert_int_equal(pc_state(&two->first).fed.entries, 0);
	loan = pc_lends_book(&two->other);
	carry(&two->room, &two->other);

	ask_and_pack(two, &two->first);
	assert_int_equal(two->down.n, 1);
	assert_int_equal(two->down.entries, 0);
	assert_true(two->down.pages > 0);
	taken = first_down(two, &two->first);
	assert_int_equal(taken.refusal, 0);
	assert_int_equal(taken.left, 0);
	assert_int_equal(taken.moved.fed.pages, two->down.pages);
	assert_int_equal(pc_state(&two->first).fed.entries, 1);
	pc_knows_loan(&two->first, &loan);
	/* that, and nothing else of the other's */
	assert_int_equal(pc_holds(&two->first, &two->other), 0);
	assert_false(pc_reads(&two->first, &reader, ""));
	/* shown again it adds nothing; what it has it tells, and is not sent again */
	take_all_down(&two->first, &two->down);
	assert_int_equal(pc_state(&two->first).fed.entries, 1);
	ask_and_pack(two, &two->first);
	assert_int_equal(two->down.pages, 0);
}

/* A courier carries what it cannot read. */
static void test_courier(void **state)
{
	struct two *two = *state;
	struct ph_ref reader = pc_reader(&two->first, "Lò Văn Pánh");
	struct pc courier;

	pc_join_as(&two->room, &courier, "14-0371", PH_ROLE_COURIER, "courier", 4);
	carry(&two->room, &two->first);
	carry(&two->room, &courier);
	pc_confirm(&two->room, &courier);
	carry(&two->room, &courier);
	assert_int_equal(pc_state(&courier).standing, PH_SITE_CONFIRMED);
	assert_int_equal(pc_holds(&courier, &two->first), 0);
	assert_false(pc_reads(&courier, &reader, ""));
	pc_end(&courier);
}

/* ---- several roads ---- */

enum {
	MANY = 600, /* visits, which take many times the bytes of a greeting */
};

/* A bundle of PC is shown to the hub by ROAD: so many entries of it are new there. */
static void show(struct two *two, const struct pocket *pocket, enum ph_road road,
		 uint64_t entries)
{
	struct ph_hub_bundle_taken taken;

	assert_int_equal(pocket->n, 1);
	assert_int_equal(ph_hub_bundle_take(two->room.hub,
					    ph_buf_view(&pocket->bundle[0]), road,
					    &taken),
			 0);
	while (ph_hub_fold(two->room.hub) > 0) {
	}
	assert_int_equal(taken.refusal, 0);
	assert_int_equal(taken.peer.entries, entries);
}

/* By which road the hub has entry N of PC. */
static enum ph_road road_of(struct two *two, struct pc *pc, uint64_t n)
{
	struct ph_journal *journal = ph_hub_journal(two->room.hub);
	struct ph_arrival arrival;
	struct ph_log log;

	assert_int_equal(ph_journal_log_find(journal, ph_site_log(pc->site)->id, &log),
			 0);
	assert_int_equal(ph_journal_arrival(journal, log.row, n, &arrival), 0);
	return arrival.road;
}

/*
 * The same entries by network, stick and courier: in the ledger once, whoever comes first. Their
 * bytes go over the network only if no bundle has brought them before, readers' details
 * likewise: nothing goes with the first message here, and the hub says what it has in its own.
 */
static void test_several_roads(void **state)
{
	struct two *two = *state;
	struct pocket late = { 0 };
	struct ph_hub_bundle_taken taken;

	pc_reader(&two->first, "Lò Văn Pánh");
	pc_visits(&two->first, MANY);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	struct drove network = sync_pc(&two->room, &two->first); /* came first */
	uint64_t entries = at_hub(two, &two->first);
	assert_int_equal(entries, ph_site_log(two->first.site)->n);
	assert_int_equal(network.moved.entries_sent, entries);
	assert_int_equal(network.moved.parts_sent, 1);
	taken = first_up(two);
	/* it was packed before the session, and so tells nothing new */
	assert_false(taken.live);
	assert_int_equal(taken.peer.entries, 0);
	show(two, &two->up, PH_ROAD_COURIER, 0);

	/* by courier first, then by stick, then by the network, then by both again */
	pc_reader(&two->first, "Cầm Thị Ban");
	pc_visits(&two->first, MANY);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	pack_pc(&two->first, PH_BUNDLE_MAX, &late);
	uint64_t more = ph_site_log(two->first.site)->n - entries;
	assert_int_equal(two->up.entries, more);
	assert_int_equal(two->up.parts, 1);
	show(two, &two->up, PH_ROAD_COURIER, more);
	show(two, &late, PH_ROAD_STICK, 0);
	struct drove drove = sync_pc(&two->room, &two->first);
	print_message("# up: %llu bytes with %llu entries, then %llu with %llu\n",
		      (unsigned long long)network.up,
		      (unsigned long long)network.moved.entries_sent,
		      (unsigned long long)drove.up,
		      (unsigned long long)drove.moved.entries_sent);
	assert_int_equal(drove.moved.entries_sent, 0);
	assert_int_equal(drove.moved.parts_sent, 0);
	assert_true(4 * drove.up < network.up);
	assert_receipted(&two->first);
	show(two, &two->up, PH_ROAD_COURIER, 0);
	show(two, &late, PH_ROAD_STICK, 0);
	assert_int_equal(at_hub(two, &two->first), entries + more);
	assert_int_equal(road_of(two, &two->first, entries), PH_ROAD_SESSION);
	assert_int_equal(road_of(two, &two->first, entries + 1), PH_ROAD_COURIER);
	assert_int_equal(road_of(two, &two->first, entries + more), PH_ROAD_COURIER);
	pocket_empty(&late);
}

/* What came by session while it was packed for goes on from there. */
static void test_down_after_session(void **state)
{
	struct two *two = *state;

	pc_visits(&two->first, 5);
	sync_pc(&two->room, &two->first);
	pc_confirm(&two->room, &two->first);
	/* never by stick so far: from what the session told */
	pack_hub(&two->room, &two->first, PH_BUNDLE_MAX, &two->down);
	take_all_down(&two->first, &two->down);
	assert_int_equal(pc_state(&two->first).standing, PH_SITE_CONFIRMED);
	assert_receipted(&two->first);
	carry(&two->room, &two->first);
	sync_pc(&two->room, &two->first);
	/* a late stick from before changes nothing */
	take_all_down(&two->first, &two->down);
}

/* ---- lost, late, shown again ---- */

static void test_lost_stick(void **state)
{
	struct two *two = *state;

	pc_reader(&two->first, "Lò Văn Pánh");
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up); /* lost on the way */
	pc_visits(&two->first, 3);
	carry(&two->room, &two->first);
	assert_int_equal(at_hub(two, &two->first), ph_site_log(two->first.site)->n);
	assert_receipted(&two->first);
	/* found a month later */
	pass(&two->room.machine, 30 * 86400);
	struct ph_hub_bundle_taken taken = first_up(two);
	assert_int_equal(taken.refusal, 0);
	assert_int_equal(taken.peer.entries, 0);
	assert_false(taken.live);
}

static void test_shown_again(void **state)
{
	struct two *two = *state;
	struct ph_device before;
	struct ph_device after;

	pc_visits(&two->first, 3);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	take_all_up(&two->room, &two->up);
	pc_confirm(&two->room, &two->first);
	carry(&two->room, &two->first);
	before = stick_device(&two->room, &two->first);
	pass(&two->room.machine, 86400);
	for (int i = 0; i < 3; i++) {
		struct ph_hub_bundle_taken taken = first_up(two);

		assert_int_equal(taken.refusal, 0);
		assert_false(taken.live);
	}
	after = stick_device(&two->room, &two->first);
	assert_int_equal(after.heard, before.heard);
	assert_int_equal(after.counter, before.counter);
	assert_int_equal(after.control, before.control);
	/* down, too: a page twice, receipts twice */
	pack_hub(&two->room, &two->first, PH_BUNDLE_MAX, &two->down);
	take_all_down(&two->first, &two->down);
	take_all_down(&two->first, &two->down);
}

/* ---- more than one bundle ---- */

static void test_many_bundles(void **state)
{
	struct two *two = *state;

	for (int i = 0; i < 40; i++) {
		pc_reader(&two->first, "Lò Văn Pánh");
		pc_visits(&two->first, 100);
	}
	pack_pc(&two->first, 20000, &two->up);
	assert_true(two->up.n > 2);
	assert_int_equal(two->up.entries, ph_site_log(two->first.site)->n);
	assert_int_equal(two->up.parts, 40);
	/* the last first: nothing of it is taken, and nothing lost */
	for (unsigned i = two->up.n; i-- > 1;) {
		struct ph_hub_bundle_taken taken =
			take_up(&two->room, ph_buf_view(&two->up.bundle[i]));

		assert_int_equal(taken.refusal, 0);
		assert_true(taken.peer.left > 0);
	}
	assert_int_equal(at_hub(two, &two->first), 0);
	take_all_up(&two->room, &two->up);
	assert_int_equal(at_hub(two, &two->first), two->up.entries);
	pack_hub(&two->room, &two->first, PH_BUNDLE_MAX, &two->down);
	take_all_down(&two->first, &two->down);
	assert_receipted(&two->first);

	/* down likewise, to the second PC, which told first what it has */
	pack_pc(&two->second, PH_BUNDLE_MAX, &two->up);
	take_all_up(&two->room, &two->up);
	pc_confirm(&two->room, &two->second);
	pack_hub(&two->room, &two->second, PH_BUNDLE_LEAST, &two->down);
	assert_true(two->down.n > 2);
	for (unsigned i = two->down.n; i-- > 1;) {
		struct ph_site_taken taken =
			take_down(&two->second, ph_buf_view(&two->down.bundle[i]));

		assert_int_equal(taken.refusal, 0);
	}
	take_all_down(&two->second, &two->down);
	assert_int_equal(pc_holds(&two->second, &two->first),
			 ph_site_log(two->first.site)->n);
}

static void test_no_room(void **state)
{
	struct two *two = *state;
	struct ph_site_packing *packing;
	struct ph_site_packed packed;
	struct ph_buf out = { 0 };

	pc_visits(&two->first, 2000);
	assert_int_equal(ph_site_pack_new(&packing, two->first.site), 0);
	assert_int_equal(ph_site_pack_next(packing, 4095, &out, &packed, NULL),
			 PH_SITE_PACK_E_FULL);
	out.len = 0;
	assert_int_equal(ph_site_pack_next(packing, 4096, &out, &packed, NULL),
			 PH_SITE_PACK_E_FULL);
	ph_site_pack_free(packing);
	ph_buf_deinit(&out);
}

/* ---- a folder that was put back ---- */

static void test_put_back(void **state)
{
	struct two *two = *state;
	struct ph_site_went_on went_on;

	pc_visits(&two->first, 5);
	carry(&two->room, &two->first);
	pc_copy(&two->first, "", ".old");
	pc_visits(&two->first, 5);
	ask_and_pack(two, &two->first);
	pc_copy(&two->first, ".old", "");
	(void)first_down(two, &two->first);
	assert_int_equal(ph_site_went_on(two->first.site, &went_on), 0);
	assert_int_not_equal(went_on.doubt, 0); /* by its witness, or by the receipt */
	pc_visits(&two->first, 1);
	assert_int_equal(ph_site_went_on(two->first.site, &went_on), 0);
	assert_int_not_equal(went_on.why, 0);
	assert_int_equal(ph_site_log(two->first.site)->n, 3);
}

/* ---- time ---- */

/* A stick's time is old: it moves no clock, opens no other log, and judges nobody. */
static void test_old_time(void **state)
{
	struct two *two = *state;
	uint8_t id[PH_LOG_ID_SIZE];
	struct ph_heard_clock clock;
	struct ph_now now;

	pc_visits(&two->first, 2);
	ask_and_pack(two, &two->first);
	pass(&two->room.machine, 9 * 86400);
	pc_visits(&two->first, 2);
	memcpy(id, ph_site_log(two->first.site)->id, sizeof(id));
	take_all_down(&two->first, &two->down);
	pc_visits(&two->first, 2);
	assert_memory_equal(ph_site_log(two->first.site)->id, id, sizeof(id));
	two->first.config.clock.read(two->first.config.clock.data, &now);
	assert_int_equal(
		ph_writer_heard_clock(ph_site_journal(two->first.site), &now, &clock),
		PH_JOURNAL_E_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TWO(test_never_a_network), IN_TWO(test_share),
		IN_TWO(test_pages),           IN_TWO(test_courier),
		IN_TWO(test_several_roads),   IN_TWO(test_down_after_session),
		IN_TWO(test_lost_stick),      IN_TWO(test_shown_again),
		IN_TWO(test_many_bundles),    IN_TWO(test_no_room),
		IN_TWO(test_put_back),        IN_TWO(test_old_time),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
