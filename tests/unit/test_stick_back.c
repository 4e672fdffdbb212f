/*
 * tests/unit/test_stick_back.c - a hub that was restored, and devices that live by sticks: what it had said in
 * the days that it lost only they have heard (daemon/hub_back.c, client/site_control.c).
 */
#include "tests/unit/stick_room.h"

#include "client/site_take.h"
#include "daemon/hub_internal.h"
#include "tests/unit/collect_room.h"

struct lost {
	struct two two;
	char copy[80];
	int64_t control; /* entries of it in the lost days */
	struct ph_ref reader;
};

static bool gives(struct pc *pc)
{
	bool does;

	assert_int_equal(ph_site_control_gives(pc->site, &does), 0);
	return does;
}

static int64_t unheard(struct hub_room *room, const char *name)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "collect-unheard"));
	int64_t n = json_integer_value(json_object_get(answer, name));

	json_decref(answer);
	return n;
}

static bool is_cut(struct hub_room *room, struct pc *pc)
{
	struct ph_device device = stick_device(room, pc);
	enum ph_hub_trust trust;

	assert_int_equal(ph_hub_device_trust(room->hub, device.id, &trust), 0);
	return trust == PH_HUB_CUT;
}

static void join_and_confirm(struct two *two, struct pc *pc)
{
	carry(&two->room, pc);
	pc_confirm(&two->room, pc);
	carry(&two->room, pc);
}

/* The hub is backed up. Then the other site's PC is cut off and a reader of the first is erased. */
static int lose(void **state)
{
	struct lost *lost = calloc(1, sizeof(*lost));
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;
	char ref[PH_REF_TEXT];

	assert_non_null(lost);
	two_open(two);
	lost->reader = pc_reader(&two->first, "Lò Văn Pánh");
	join_and_confirm(two, &two->first);
	join_and_confirm(two, &two->second);
	join_and_confirm(two, &two->other);
	snprintf(lost->copy, sizeof(lost->copy), "%s.copy", room->dir);
	keep(room, room->dir, lost->copy);

	ph_ref_text(ref, &lost->reader);
	json_decref(
		signs(room, json_pack("{s:s, s:s, s:s}", "command", "device-cut",
				      "device", pc_id(&two->other), "reason", "stolen")));
	json_decref(signs(room, request_erase(ref)));
	lost->control = hub_says(room, "control_entries");
	*state = lost;
	return 0;
}

/* Its disk dies, and the backup is restored. */
static void restore(struct lost *lost)
{
	struct hub_room *room = &lost->two.room;

	pass(&room->machine, 3600);
	keep(room, lost->copy, room->dir);
	say(room, "epoch-begin");
	assert_int_equal(hub_says(room, "control_entries"), lost->control - 2);
	assert_false(is_cut(room, &lost->two.other));
	pass(&room->machine, 3600);
}

static int find(void **state)
{
	struct lost *lost = *state;

	two_close(&lost->two);
	remove_dir(lost->copy);
	free(lost);
	return 0;
}

/* What PC packed comes to the hub, whatever of it does not go on from what is there. */
static void up(struct two *two, struct pc *pc)
{
	pack_pc(pc, PH_BUNDLE_MAX, &two->up);
	for (unsigned i = 0; i < two->up.n; i++) {
		struct ph_hub_bundle_taken taken =
			take_up(&two->room, ph_buf_view(&two->up.bundle[i]));

		assert_int_equal(taken.refusal, 0);
		assert_true(taken.live);
	}
	pass(&two->room.machine, 60);
}

static void down(struct two *two, struct pc *pc)
{
	pack_hub(&two->room, pc, PH_BUNDLE_MAX, &two->down);
	take_all_down(pc, &two->down);
}

/* One PC has heard of it, and no PC ever has a network. */
static void test_comes_back(void **state)
{
	struct lost *lost = *state;
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;

	carry(room, &two->first); /* it hears, and erases */
	assert_false(pc_reads(&two->first, &lost->reader, ""));
	assert_false(gives(&two->first));
	restore(lost);
	assert_int_equal(unheard(room, "unheard"), 3);

	/* made since, by one who has not heard of it: he does not bring what he knows, and is not back */
	up(two, &two->first);
	assert_int_equal(hub_says(room, "control_entries"), lost->control - 2);
	assert_int_equal(unheard(room, "unheard"), 3);
	assert_int_equal(unheard(room, "words_out"), 1);
	assert_int_equal(hub_says(room, "devices_back"), 0);
	/* nor does one who had heard nothing keep anybody waiting */
	up(two, &two->second);
	assert_int_equal(unheard(room, "unheard"), 2);
	refused(room, json_pack("{s:s}", "command", "collect-end"), PH_EXIT_TRY_LATER,
		"have not called");

	down(two, &two->first);
	assert_true(gives(&two->first));
	up(two, &two->first);
	assert_int_equal(hub_says(room, "control_entries"), lost->control);
	assert_true(is_cut(room, &two->other));
	assert_int_equal(unheard(room, "unheard"), 0);
	assert_int_equal(unheard(room, "words_out"), 0);
	assert_int_equal(hub_says(room, "devices_back"), 2);
	json_decref(ask(room, json_pack("{s:s}", "command", "collect-end")));
	/* it knows that, and gives no more */
	down(two, &two->first);
	assert_false(gives(&two->first));
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	assert_int_equal(two->up.entries, 0);
	/* what the hub says now goes down, behind what came back */
	carry(room, &two->second);
	carry(room, &two->second);
	assert_false(pc_reads(&two->second, &lost->reader, ""));
	assert_false(gives(&two->second));
}

/* The bundle that has it is lost, and so is the answer to the next; shown twice it changes nothing. */
static void test_again(void **state)
{
	struct lost *lost = *state;
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;

	carry(room, &two->first);
	restore(lost);
	up(two, &two->first);
	down(two, &two->first);
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up); /* lost */
	/* the hub's own is in it, and does not count as what waits */
	assert_int_equal(two->up.entries,
			 pc_state(&two->first).entries - at_hub(two, &two->first));
	assert_int_equal(hub_says(room, "control_entries"), lost->control - 2);
	/* an answer to what it told before says nothing of what it gave */
	down(two, &two->first);
	assert_true(gives(&two->first));
	pc_close(&two->first);
	pc_open(&two->first);
	up(two, &two->first);
	assert_int_equal(hub_says(room, "control_entries"), lost->control);
	pack_hub(room, &two->first, PH_BUNDLE_MAX, &two->down); /* lost */
	up(two, &two->first);
	up(two, &two->first);
	assert_int_equal(hub_says(room, "control_entries"), lost->control);
	down(two, &two->first);
	assert_false(gives(&two->first));
}

/* Two have heard, and one brings it: the other is back as well, by the bundle that had come. */
static void test_by_another(void **state)
{
	struct lost *lost = *state;
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;

	carry(room, &two->first);
	carry(room, &two->second);
	restore(lost);
	up(two, &two->first);
	up(two, &two->second);
	assert_int_equal(unheard(room, "words_out"), 2);
	down(two, &two->second);
	up(two, &two->second);
	assert_int_equal(unheard(room, "unheard"), 0);
	/* nor need it bring it any more: what tells it of the restore tells that, too */
	down(two, &two->first);
	assert_false(gives(&two->first));
}

/* In a session the hub asks, and has it: no bundle gives it again. */
static void test_by_session(void **state)
{
	struct lost *lost = *state;
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;

	carry(room, &two->first);
	restore(lost);
	up(two, &two->first);
	down(two, &two->first);
	assert_true(gives(&two->first));
	assert_true(sync_pc(room, &two->first).complete);
	assert_int_equal(hub_says(room, "control_entries"), lost->control);
	assert_false(gives(&two->first));
}

/* It goes up in more than one bundle, too, and the hub has it when all have come. */
static void test_many_bundles(void **state)
{
	struct lost *lost = *state;
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;

	carry(room, &two->first);
	restore(lost);
	up(two, &two->first);
	down(two, &two->first);
	assert_int_equal(ph_site_begin(two->first.site, NULL), 0);
	for (int i = 0; i < 4000; i++) {
		pc_reader(&two->first, "Lò Văn Pánh");
	}
	assert_int_equal(ph_site_commit(two->first.site, NULL), 0);
	pack_pc(&two->first, 60000, &two->up);
	assert_true(two->up.n > 1);
	take_all_up(room, &two->up);
	assert_int_equal(hub_says(room, "control_entries"), lost->control);
	assert_int_equal(at_hub(two, &two->first), ph_site_log(two->first.site)->n);
}

/*
 * Restored, and then its folder is put back by hand to an hour after that: a bundle that was packed
 * meanwhile shows it. It is said so, and it is taken when the stick is taken again.
 */
static void test_put_back(void **state)
{
	struct lost *lost = *state;
	struct two *two = &lost->two;
	struct hub_room *room = &two->room;
	struct ph_hub_bundle_taken taken;
	int64_t said;

	carry(room, &two->first);
	restore(lost);
	up(two, &two->first);
	json_decref(ask(room,
			json_pack("{s:s, s:b}", "command", "collect-end", "anyway", 1)));
	set_policy(room, "21");
	keep(room, room->dir, lost->copy);
	set_policy(room, "28");
	said = hub_says(room, "control_entries");
	down(two, &two->first);
	assert_true(gives(&two->first));
	pack_pc(&two->first, PH_BUNDLE_MAX, &two->up);
	keep(room, lost->copy, room->dir);
	assert_int_equal(hub_says(room, "control_entries"), said - 1);
	assert_int_equal(hub_says(room, "epoch"), 2);
	assert_false(room->hub->collecting);

	taken = take_up(room, ph_buf_view(&two->up.bundle[0]));
	assert_string_equal(taken.reason, "put-back");
	assert_non_null(strstr(taken.words, "put back"));
	assert_false(taken.live);
	assert_true(room->hub->collecting);
	assert_int_equal(hub_says(room, "epoch"), 3);
	taken = take_up(room, ph_buf_view(&two->up.bundle[0]));
	assert_null(taken.reason);
	assert_true(hub_says(room, "control_entries") >= said);
	assert_true(is_cut(room, &two->other));
}

#define LOST(test) cmocka_unit_test_setup_teardown(test, lose, find)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOST(test_comes_back), LOST(test_again),        LOST(test_by_another),
		LOST(test_by_session), LOST(test_many_bundles), LOST(test_put_back),
	};

	return ph_crypto_start() != 0
		       ? 1
		       : cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
