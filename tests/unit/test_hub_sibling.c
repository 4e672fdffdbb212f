/*
 * Tests of daemon/hub_sibling.c and client/site_sibling.c: what one PC of a site wrote comes
 * to the hub with another, which has it over the LAN. A hub and PCs with folders of their
 * own; sessions run over a wire in memory, bundles are carried as bytes.
 */
#include "tests/unit/sibling_room.h"

/* ---- in a session ---- */

static void test_it_comes_with_the_other(void **state)
{
	struct site *site = *state;
	struct ph_device before = stick_device(&site->room, &site->dies);
	struct ph_device after;
	struct drove drove;

	write_and_die(site, 40);
	pass(&site->room.machine, DAY);
	drove = sync_pc(&site->room, &site->lives);
	assert_int_equal(drove.moved.entries_carried, 41);
	assert_true(is_all_there(site, &site->dies));
	assert_int_equal(receipted(&site->lives, &site->dies),
			 ph_site_log(site->dies.site)->n);
	assert_int_equal(road_of_last(site, &site->dies), PH_ROAD_LAN);

	/* it was carried, not heard */
	after = stick_device(&site->room, &site->dies);
	assert_int_equal(after.heard, before.heard);
	assert_int_equal(after.counter, before.counter);
	assert_int_equal(after.control, before.control);

	/* nothing more is asked, or told */
	drove = sync_pc(&site->room, &site->lives);
	assert_int_equal(drove.moved.entries_sent, 0);
	assert_int_equal(drove.counts.receipts, 0);
}

static void test_who_calls_is_waited_for(void **state)
{
	struct site *site = *state;
	uint64_t held;

	write_and_die(site, 5);
	held = at_hub(site, &site->dies);
	pass(&site->room.machine, DAY / 2);
	assert_int_equal(sync_pc(&site->room, &site->lives).moved.entries_carried, 0);
	assert_int_equal(at_hub(site, &site->dies), held);
	sync_pc(&site->room, &site->dies);
	assert_true(is_all_there(site, &site->dies));
	/* who has it over the LAN is told that it is there */
	sync_pc(&site->room, &site->lives);
	assert_int_equal(receipted(&site->lives, &site->dies),
			 ph_site_log(site->dies.site)->n);
}

static void test_it_comes_back(void **state)
{
	struct site *site = *state;
	int64_t entries;

	write_and_die(site, 12);
	pass(&site->room.machine, DAY);
	sync_pc(&site->room, &site->lives);
	entries = hub_says(&site->room, "entries");
	sync_pc(&site->room, &site->dies);
	assert_int_equal(hub_says(&site->room, "entries"), entries);
	pc_visits(&site->dies, 3);
	sync_pc(&site->room, &site->dies);
	assert_int_equal(hub_says(&site->room, "entries"), entries + 3);
	assert_true(is_all_there(site, &site->dies));
}

/* What is cut goes on; own entries are never behind what is carried. */
static void test_cut_anywhere(void **state)
{
	struct site *site = *state;
	unsigned tries = 0;

	write_and_die(site, 900);
	pc_visits(&site->lives, 30);
	pass(&site->room.machine, DAY);
	for (int64_t cut = 200; !is_all_there(site, &site->dies); cut += 700) {
		(void)drive(&site->room, &site->lives,
			    (struct drive){ .cut_down = -1, .cut_up = cut });
		assert_true(at_hub(site, &site->dies) < 20 ||
			    is_all_there(site, &site->lives));
		assert_true(++tries < 60);
	}
	assert_true(tries > 1);
	sync_pc(&site->room, &site->lives);
	assert_int_equal(receipted(&site->lives, &site->dies),
			 ph_site_log(site->dies.site)->n);
}

static void test_charged_to_the_writer(void **state)
{
	struct site *site = *state;
	uint64_t held;

	ph_hub_bound(site->room.hub,
		     &(struct ph_hub_bounds){ .entries_a_day = 1, .entries_saved = 100 });
	write_and_die(site, 60);
	pass(&site->room.machine, DAY);
	sync_pc(&site->room, &site->lives);
	assert_true(is_all_there(site, &site->dies));
	assert_int_equal(allowance(site, &site->dies),
			 100 - 62); /* the part is one more */
	assert_int_equal(allowance(site, &site->lives), 100);

	/* what it may not bring itself nobody brings for it; the other is served */
	held = at_hub(site, &site->dies);
	pc_visits(&site->dies, 80);
	lan(&site->dies, &site->lives);
	pc_visits(&site->lives, 2);
	pass(&site->room.machine, DAY);
	sync_pc(&site->room, &site->lives);
	assert_int_equal(at_hub(site, &site->dies), held);
	assert_true(is_all_there(site, &site->lives));
}

/* ---- who may ---- */

/* PC brings ITEM, whosever it is, in a session of its own. */
static void brings(struct site *site, struct pc *pc, struct ph_item *item, bool bad)
{
	struct ph_hub_peer *peer = calloc(1, sizeof(*peer));
	struct ph_job *hello = calloc(1, sizeof(*hello));
	struct ph_job *store = calloc(1, sizeof(*store));

	assert_true(peer && hello && store);
	hello->type = PH_JOB_HELLO;
	hello->owner = store->owner = peer;
	memcpy(hello->peer_key, ph_site_box(pc->site)->key, sizeof(hello->peer_key));
	ph_hub_jobs(site->room.hub, hello);
	assert_int_equal(hello->result, 0);
	assert_true(peer->known);
	store->type = PH_JOB_STORE;
	store->items = item;
	ph_hub_jobs(site->room.hub, store);
	assert_int_equal(store->result, 0);
	assert_int_equal(store->bad, bad);
	ph_job_free(hello);
	ph_job_free(store);
	free(peer);
}

/* What the hub lacks of the log of the PC that died, as the other has it. */
static struct ph_item *segment_of_dead(struct site *site)
{
	struct ph_journal *journal = ph_site_journal(site->lives.site);
	struct ph_item *item = ph_item_new(PH_ITEM_SEGMENT);
	struct ph_log log = log_at(journal, &site->dies);
	struct ph_segment segment;

	assert_non_null(item);
	assert_int_equal(ph_journal_read_segment(journal, &log, at_hub(site, &site->dies),
						 PH_SEGMENT_MAX, &segment, &item->body),
			 0);
	memcpy(item->log_id, segment.log_id, sizeof(item->log_id));
	memcpy(item->seal, segment.seal, sizeof(item->seal));
	item->first = segment.first;
	item->last = segment.last;
	return item;
}

static void test_who_may_carry(void **state)
{
	struct site *site = *state;
	struct pc guest;
	uint64_t held;

	write_and_die(site, 9);
	held = at_hub(site, &site->dies);
	/* of another site; of this one, and not confirmed */
	brings(site, &site->other, segment_of_dead(site), true);
	pc_join(&site->room, &guest, "14-0371", "guest", 4);
	sync_pc(&site->room, &guest);
	brings(site, &guest, segment_of_dead(site), true);
	assert_int_equal(at_hub(site, &site->dies), held);
	/* forged under way */
	struct ph_item *item = segment_of_dead(site);

	item->body.data[item->body.len - 1] ^= 1;
	brings(site, &site->lives, item, true);
	assert_int_equal(at_hub(site, &site->dies), held);
	brings(site, &site->lives, segment_of_dead(site), false);
	assert_int_equal(at_hub(site, &site->dies), ph_site_log(site->dies.site)->n);
	pc_end(&guest);
}

/* The hub is put back as it was when MOMENT was kept, or MOMENT is kept. */
static void hub_copy(struct site *site, const char *from, const char *to)
{
	char command[320];

	ph_hub_close(site->room.hub);
	snprintf(command, sizeof(command), "rm -rf '%s%s' && cp -r '%s%s' '%s%s'",
		 site->room.dir, to, site->room.dir, from, site->room.dir, to);
	assert_int_equal(system(command), 0);
	hub_start(&site->room);
}

/* A desk has the logs of its site's couriers from the hub; one that was restored gets them back. */
static void test_of_a_courier(void **state)
{
	struct site *site = *state;
	struct pc courier;
	char moment[80];

	pc_join_as(&site->room, &courier, "14-0371", PH_ROLE_COURIER, "courier", 4);
	hub_copy(site, "", ".moment");
	sync_pc(&site->room, &courier);
	pc_confirm(&site->room, &courier);
	for (unsigned i = 0; i < 2; i++) {
		sync_pc(&site->room, &site->lives);
		sync_pc(&site->room, &courier);
	}
	assert_int_equal(at_hub(site, &courier), ph_site_log(courier.site)->n);
	hub_copy(site, ".moment", "");
	json_decref(ask(&site->room, json_pack("{s:s}", "command", "epoch-begin")));
	json_decref(ask(&site->room,
			json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1)));
	pass(&site->room.machine, DAY);
	for (unsigned i = 0; i < 3; i++) {
		sync_pc(&site->room, &site->lives);
	}
	assert_int_equal(at_hub(site, &courier), ph_site_log(courier.site)->n);
	snprintf(moment, sizeof(moment), "%s.moment", site->room.dir);
	remove_dir(moment);
	pc_end(&courier);
}

/* ---- by stick ---- */

static void test_by_stick(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };

	write_and_die(site, 20);
	pack_pc(&site->lives, PH_BUNDLE_MAX, &pocket);
	assert_int_equal(pocket.entries, 21);
	assert_int_equal(pocket.parts, 1);
	take_all_up(&site->room, &pocket);
	assert_true(is_all_there(site, &site->dies));
	assert_int_equal(road_of_last(site, &site->dies), PH_ROAD_STICK);
	pack_hub(&site->room, &site->lives, PH_BUNDLE_MAX, &pocket);
	take_all_down(&site->lives, &pocket);
	assert_int_equal(receipted(&site->lives, &site->dies),
			 ph_site_log(site->dies.site)->n);
	/* once it is told so, it is not packed again */
	pack_pc(&site->lives, PH_BUNDLE_MAX, &pocket);
	assert_int_equal(pocket.entries, 0);
	pocket_empty(&pocket);
}

/* In as many files as it takes; and a stick that was lost is packed again. */
static void test_in_many_files(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };

	write_and_die(site, 40000);
	pack_pc(&site->lives, 24 * 1024, &pocket);
	assert_true(pocket.n > 1);
	assert_int_equal(pocket.entries, 40001);
	pack_pc(&site->lives, 24 * 1024, &pocket);
	assert_int_equal(pocket.entries, 40001);
	take_all_up(&site->room, &pocket);
	assert_true(is_all_there(site, &site->dies));
	pocket_empty(&pocket);
}

/* Its bearer was retired since: its own counts, what it carries for another does not, and nothing is damaged. */
static void test_stick_of_one_that_may_not(void **state)
{
	struct site *site = *state;
	struct pocket pocket = { 0 };
	struct ph_hub_bundle_taken taken;
	uint64_t held;

	write_and_die(site, 4);
	held = at_hub(site, &site->dies);
	pc_visits(&site->lives, 2);
	pack_pc(&site->lives, PH_BUNDLE_MAX, &pocket);
	json_decref(ask(&site->room,
			json_pack("{s:s, s:s, s:s}", "command", "device-retire", "device",
				  pc_id(&site->lives), "reason", "broken")));
	while (ph_hub_fold(site->room.hub) > 0) {
	}
	taken = take_up(&site->room, ph_buf_view(&pocket.bundle[0]));
	assert_int_equal(taken.refusal, 0);
	assert_true(taken.peer.left > 0);
	assert_int_equal(at_hub(site, &site->dies), held);
	assert_true(is_all_there(site, &site->lives));
	pocket_empty(&pocket);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SIBLINGS(test_it_comes_with_the_other),
		SIBLINGS(test_who_calls_is_waited_for),
		SIBLINGS(test_it_comes_back),
		SIBLINGS(test_cut_anywhere),
		SIBLINGS(test_charged_to_the_writer),
		SIBLINGS(test_who_may_carry),
		SIBLINGS(test_of_a_courier),
		SIBLINGS(test_by_stick),
		SIBLINGS(test_in_many_files),
		SIBLINGS(test_stick_of_one_that_may_not),
	};

	return cmocka_run_group_tests_name("hub_sibling", tests, make_pattern,
					   remove_pattern);
}
