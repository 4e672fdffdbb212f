/*
 * tests/unit/test_hub_sixteen.c - what is counted in the life of a hub: sets of keys, and logs that
 * together are the control log. Planned rotations leave some of both; with all of them used the hub
 * goes on, and so do its devices.
 */
#include "tests/unit/keep_world.h"

#include "common/base/say.h"
#include "daemon/hub_rotate.h"
#include "tests/unit/capture.h"

enum {
	PLANNED_SETS = PH_HUB_RING_MAX - PH_HUB_ROOM_KEPT,
};

/* ---- the hub ---- */

/* Other keys, and the hub started with them. 0, or what it is refused with, which changes nothing. */
static int replace(struct hub_room *room, bool stolen, struct ph_error *err)
{
	struct ph_sign_pair root;
	uint64_t generation;
	char path[128];
	int rc;

	memset(err, 0, sizeof(*err));
	snprintf(path, sizeof(path), "%s/keys/root", room->dir);
	assert_int_equal(ph_locked_key_load(&root, path, ph_view_str(PASSPHRASE), NULL),
			 0);
	rc = ph_hub_rotate(room->hub, &root, stolen, &generation, err);
	if (rc == 0) {
		hub_restart(room);
	}
	return rc;
}

static void must_replace(struct hub_room *room, bool stolen)
{
	struct ph_error err;

	if (replace(room, stolen, &err) != 0) {
		fail_msg("%s", err.text);
	}
}

/* Refused with WORDS, the hub as it was. */
static void expect_full(struct hub_room *room, bool stolen, const char *words)
{
	const struct ph_hub *hub = room->hub;
	uint64_t generation = hub->keylist.generation;
	unsigned sets = hub->ring.n, logs = hub->control.n;
	uint8_t key[PH_KEY_SIZE];
	struct ph_error err;

	memcpy(key, hub->keys.sign.key, sizeof(key));
	assert_int_equal(replace(room, stolen, &err), -ENOSPC);
	assert_int_equal(err.exit, PH_EXIT_OTHER);
	if (!strstr(err.text, words)) {
		fail_msg("\"%s\"; wanted \"%s\"", err.text, words);
	}
	hub_restart(room);
	hub = room->hub;
	assert_int_equal(hub->keylist.generation, generation);
	assert_memory_equal(hub->keys.sign.key, key, sizeof(key));
	assert_int_equal(hub->ring.n, sets);
	assert_int_equal(hub->control.n, logs);
}

/* In both of its logs, so that each goes on in another where it is to. */
static void speak(struct hub_room *room)
{
	static bool other;

	other = !other;
	set_policy(room, other ? "21" : "28");
	say_words(room, 1);
}

/* It is restored, and has spoken, until its control log has LOGS logs. */
static void restore_until(struct hub_room *room, unsigned logs)
{
	while (room->hub->control.n < logs) {
		unsigned before = room->hub->control.n;

		say(room, "epoch-begin");
		end_collecting(room);
		speak(room);
		assert_int_equal(room->hub->control.n, before + 1);
	}
}

/* ---- its devices ---- */

/* How much of the control log PC has told that it has. */
static int64_t told_by(struct hub_room *room, struct pc *pc)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "devices"));
	const char *id = pc_id(pc);
	int64_t n = -1;
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, "devices"), i, item)
	{
		if (strcmp(text_in(item, "device"), id) == 0) {
			n = json_integer_value(json_object_get(item, "control_entries"));
		}
	}
	json_decref(answer);
	return n;
}

static bool is_forked(struct pc *pc)
{
	struct ph_site_state state;

	assert_int_equal(ph_site_state(pc->site, &state), 0);
	return state.control_forked;
}

/* PC has all that the hub says to all. */
static void expect_heard(struct hub_room *room, struct pc *pc)
{
	sync_pc(room, pc);
	sync_pc(room, pc);
	assert_int_equal(seen.wants, 0);
	assert_int_equal(told_by(room, pc), hub_says(room, "control_entries"));
	assert_false(is_forked(pc));
}

/* ---- keys ---- */

/* The list closes the control log, whole, and nothing else. */
static void expect_closed(const struct ph_hub *hub, unsigned logs)
{
	assert_int_equal(hub->keylist.n_closed, logs);
	for (unsigned i = 0; i < logs; i++) {
		assert_true(ph_control_has(&hub->control, hub->keylist.closed[i].log_id));
	}
}

/* As an older program closed it. */
static void close_desk_log(struct hub_room *room)
{
	struct ph_keylist *list = &room->hub->keylist;
	const struct ph_log *desk = ph_writer_log(room->hub->desk);
	struct ph_head *closed = &list->closed[list->n_closed++];

	assert_true(desk->n > 0);
	memcpy(closed->log_id, desk->id, sizeof(closed->log_id));
	memcpy(closed->h, desk->h, sizeof(closed->h));
	closed->n = desk->n;
}

static void test_keys(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	uint8_t first[PH_KEY_SIZE];
	struct pc last;

	memcpy(first, room->hub->keys.sign.key, sizeof(first));
	for (unsigned sets = 1; sets < PLANNED_SETS; sets++) {
		speak(room);
		must_replace(room, false);
		expect_heard(room, &world->a);
		assert_int_equal(hub_says(room, "key_sets"), sets + 1);
	}
	speak(room);
	assert_int_equal(hub_says(room, "control_logs"), PLANNED_SETS);
	expect_full(room, false, "12 of its 16 sets of keys");
	(void)ph_speak(PH_SPEAK_VIETNAMESE);
	expect_full(room, false, "12 trong 16 bộ khóa");
	(void)ph_speak(PH_SPEAK_OWN);
	close_desk_log(room);
	for (unsigned sets = PLANNED_SETS; sets < PH_HUB_RING_MAX; sets++) {
		must_replace(room, true);
		expect_closed(room->hub, sets);
		speak(room);
		expect_heard(room, &world->a);
	}
	assert_int_equal(hub_says(room, "key_sets"), PH_HUB_RING_MAX);
	expect_full(room, true, "all of its 16 sets of keys");
	(void)ph_speak(PH_SPEAK_VIETNAMESE);
	expect_full(room, true, "hết 16 bộ khóa");
	(void)ph_speak(PH_SPEAK_OWN);
	/* names that were boxed under the first still open; who was away all the time, and who joins now, hear all */
	assert_memory_equal(room->hub->ring.sign[PH_HUB_RING_MAX - 1], first,
			    sizeof(first));
	expect_heard(room, &world->b);
	pc_join(room, &last, "14-0371", "last", 3);
	expect_heard(room, &last);
	pc_end(&last);
}

/* Keys that were replaced without a word in between are counted all the same. */
static void test_keys_alone(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	for (unsigned sets = 1; sets < PLANNED_SETS; sets++) {
		must_replace(room, false);
	}
	assert_int_equal(hub_says(room, "control_logs"), 1);
	expect_full(room, false, "12 of its 16 sets of keys");
	must_replace(room, true);
	expect_heard(room, &world->a);
}

/* ---- restores ---- */

static void test_planned_after_restores(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	restore_until(room, PH_CONTROL_LOGS_MAX - PH_HUB_ROOM_KEPT - 1);
	must_replace(room, false);
	speak(room);
	expect_full(room, false, "12 of its 16 logs of the control log");
	restore_until(room, PH_CONTROL_LOGS_MAX - 1);
	must_replace(room, true);
	expect_closed(room->hub, PH_CONTROL_LOGS_MAX - 1);
	speak(room);
	expect_full(room, true, "all of its 16 logs of the control log");
	expect_heard(room, &world->a);
}

/* The next restore leaves no log, says so, and costs no word. */
static void test_restored_once_more(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	struct capture told;
	int64_t before;

	restore_until(room, PH_CONTROL_LOGS_MAX);
	expect_heard(room, &world->a);
	for (unsigned i = 0; i < 2; i++) {
		before = hub_says(room, "control_entries");
		capture_start(&told, NULL);
		json_decref(ask(room, json_pack("{s:s, s:s}", "command", "epoch-begin",
						"language", i == 0 ? "en" : "vi")));
		capture_end(&told);
		assert_non_null(strstr(told.text[1], "hub.control-full"));
		assert_non_null(
			strstr(told.text[1], i == 0 ? "has 16 logs" : "đủ 16 nhật ký"));
		speak(room);
		hub_restart(room);
		end_collecting(room);
		speak(room);
		assert_int_equal(hub_says(room, "control_logs"), PH_CONTROL_LOGS_MAX);
		assert_true(hub_says(room, "control_entries") >= before + 2);
		expect_heard(room, &world->a);
	}
	expect_heard(room, &world->b);
	expect_full(room, true, "all of its 16 logs of the control log");
}

/* What it lost comes back on its last log, and it goes on behind that. */
static void test_put_back(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	struct capture told;
	struct drove drove;
	int64_t before;

	restore_until(room, PH_CONTROL_LOGS_MAX);
	expect_heard(room, &world->a);
	keep(room, room->dir, world->copy);
	speak(room);
	speak(room);
	expect_heard(room, &world->a);
	before = hub_says(room, "control_entries");
	keep(room, world->copy, room->dir);
	/* it was restored in its life, so a log that goes on proves nothing; one that it writes does */
	capture_start(&told, NULL);
	drove = drive(room, &world->a, WHOLE_DRIVE);
	capture_end(&told);
	assert_int_equal(drove.status, PH_STATUS_LATER);
	assert_true(room->hub->collecting);
	assert_non_null(strstr(told.text[1], "hub.control-full"));
	sync_pc(room, &world->a);
	assert_int_equal(hub_says(room, "control_entries"), before);
	assert_int_equal(hub_says(room, "control_logs"), PH_CONTROL_LOGS_MAX);
	end_collecting(room);
	speak(room);
	assert_int_equal(hub_says(room, "control_logs"), PH_CONTROL_LOGS_MAX);
	expect_heard(room, &world->a);
	expect_heard(room, &world->b);
}

/*
 * A hub that is to open its last log is brought one that it lost: it has room for one of the two, and that is
 * its own. The device that has the other, and no room, goes on but for the control log, and says so.
 */
static void test_last_one(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;

	restore_until(room, PH_CONTROL_LOGS_MAX - 1);
	expect_heard(room, &world->a);
	expect_heard(room, &world->b);
	keep(room, room->dir, world->copy);
	restore_until(room, PH_CONTROL_LOGS_MAX);
	expect_heard(room, &world->a);
	keep(room, world->copy, room->dir);
	say(room, "epoch-begin");
	sync_pc(room, &world->a);
	assert_int_equal(hub_says(room, "control_logs"), PH_CONTROL_LOGS_MAX - 1);
	end_collecting(room);
	speak(room);
	assert_int_equal(hub_says(room, "control_logs"), PH_CONTROL_LOGS_MAX);
	expect_heard(room, &world->b);
	pc_visits(&world->a, 3);
	for (unsigned i = 0; i < 2; i++) {
		struct drove drove = sync_pc(room, &world->a);

		assert_int_equal(drove.moved.entries_sent > 0, i == 0);
		assert_true(is_forked(&world->a));
	}
	hub_verify(room);
}

/* A store that an older program has told to leave its last log says what is full, and goes on to serve. */
static void test_left_by_an_older_one(void **state)
{
	struct world *world = *state;
	struct hub_room *room = &world->room;
	const struct ph_log *own;

	restore_until(room, PH_CONTROL_LOGS_MAX);
	own = ph_writer_log(room->hub->writer);
	assert_int_equal(ph_journal_meta_put(room->hub->journal, "leave",
					     PH_VIEW(own->id, PH_LOG_ID_SIZE)),
			 0);
	hub_restart(room);
	refused(room,
		json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
			  "loan-term-days", "value", "30"),
		PH_EXIT_OTHER, "consists of 16 logs");
	refused(room,
		record_of("{\"kind\": \"commune-put\", \"code\": \"03646\", "
			  "\"name\": \"Tô Hiệu\", \"type\": \"phuong\"}"),
		PH_EXIT_OTHER, "consists of 16 logs");
	assert_int_equal(hub_says(room, "control_logs"), PH_CONTROL_LOGS_MAX);
	say_words(room, 1);
	expect_heard(room, &world->a);
	hub_restart(room);
	hub_verify(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(test_keys),
		WORLD(test_keys_alone),
		WORLD(test_planned_after_restores),
		WORLD(test_restored_once_more),
		WORLD(test_put_back),
		WORLD(test_last_one),
		WORLD(test_left_by_an_older_one),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
