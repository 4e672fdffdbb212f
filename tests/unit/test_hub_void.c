/*
 * tests/unit/test_hub_void.c - a void of a word of the hub that stands in a log which is closed: it would
 * have no effect, so it is refused, and nothing is written.
 */
#include "tests/unit/collect_room.h"

#include "daemon/hub_collect.h"

#define POLICY(VALUE)                                                                    \
	"{\"kind\":\"policy-put\",\"name\":\"loan-term-days\",\"value\":\"" VALUE "\"}"
#define TARGET                                                                           \
	"{\"kind\":\"target-put\",\"indicator\":\"M1\",\"year\":2026,\"value\":1500}"

static json_t *void_of(const char *ref)
{
	json_t *entry = json_pack("{s:s, s:s}", "kind", "void", "target", ref);

	return json_pack("{s:s, s:[o]}", "command", "record", "entries", entry);
}

static json_t *void_of_entry(const json_t *entry)
{
	return void_of(text_in(entry, "ref"));
}

static json_t *cut_of(const struct member *member)
{
	char id[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(id, member->peer.device.id, PH_DEVICE_ID_SIZE);
	return json_pack("{s:s, s:s, s:s}", "command", "device-cut", "device", id,
			 "reason", "stolen");
}

/* What is said before the hub is restored: of the control log, of an operator, of the desk log. */
struct before {
	json_t *policy, *cut, *target;
};

static void say_before(struct pair *pair, struct before *before)
{
	before->policy = wrote(&pair->room, record_of(POLICY("28")));
	before->target = wrote(&pair->room, record_of(TARGET));
	before->cut = signs(&pair->room, cut_of(&pair->b));
}

static void before_free(struct before *before)
{
	json_decref(before->policy);
	json_decref(before->target);
	json_decref(before->cut);
}

/* Each is refused, with what is to be done instead, and no log has grown. */
static void none_counts(struct hub_room *room, const struct before *before)
{
	int64_t entries = hub_says(room, "entries");

	refused(room, void_of_entry(before->policy), PH_EXIT_USAGE,
		"put it anew with what is to hold");
	refused(room, void_of_entry(before->target), PH_EXIT_USAGE,
		"closed by a restore");
	refused(room, void_of_entry(before->cut), PH_EXIT_USAGE,
		"give that PC an invite of its own");
	assert_int_equal(hub_says(room, "entries"), entries);
}

/* The same hub, no restore: each can be taken back. */
static void test_not_closed(void **state)
{
	struct before before;
	struct pair pair;

	(void)state;
	pair_open(&pair);
	say_before(&pair, &before);
	json_decref(wrote(&pair.room, void_of_entry(before.policy)));
	json_decref(wrote(&pair.room, void_of_entry(before.target)));
	json_decref(signs(&pair.room, void_of_entry(before.cut)));
	before_free(&before);
	pair_close(&pair);
}

/* From the restore on: before the hub has said anything, behind that, and in the next process. */
static void test_closed(void **state)
{
	struct before before;
	struct pair pair;
	struct hub_room *room = &pair.room;
	char visit[PH_REF_TEXT];
	json_t *now;

	(void)state;
	pair_open(&pair);
	write_visits(&pair.a, 1);
	ref_of(&pair.a, own_log(&pair.a)->n, visit);
	expect_job(room, store_of(&pair.a, all_item(&pair.a, 0)), 0);
	say_before(&pair, &before);
	say(room, "epoch-begin");
	none_counts(room, &before);
	now = wrote(room, record_of(POLICY("35")));
	none_counts(room, &before);
	hub_restart(room);
	none_counts(room, &before);
	end_collecting(room);
	none_counts(room, &before);
	/* what is said now, and what a site has recorded, it takes back as ever */
	json_decref(wrote(room, void_of_entry(now)));
	json_decref(wrote(room, void_of(visit)));
	json_decref(now);
	before_free(&before);
	pair_close(&pair);
}

/* A log that is left for other keys is as closed. */
static void test_left(void **state)
{
	struct before before;
	struct pair pair;
	struct hub_room *room = &pair.room;

	(void)state;
	pair_open(&pair);
	say_before(&pair, &before);
	assert_int_equal(ph_db_begin(room->hub->db), 0);
	assert_int_equal(ph_hub_leave(room->hub, false), 0);
	assert_int_equal(ph_db_commit(room->hub->db), 0);
	hub_restart(room);
	none_counts(room, &before);
	before_free(&before);
	pair_close(&pair);
}

/* An operator has signed the void, and only then the log was closed. */
static void test_signed_before(void **state)
{
	struct before before;
	struct pair pair;
	struct hub_room *room = &pair.room;
	int64_t entries;
	json_t *item;

	(void)state;
	pair_open(&pair);
	say_before(&pair, &before);
	item = item_of(room, void_of_entry(before.cut), 0);
	say(room, "epoch-begin");
	entries = hub_says(room, "entries");
	refused(room, signed_by(item, &room->operator_pair), PH_EXIT_USAGE,
		"closed by a restore");
	assert_int_equal(hub_says(room, "entries"), entries);
	json_decref(item);
	before_free(&before);
	pair_close(&pair);
}

/* The first words after a restore, and one of them taken back at once: in the log that they open. */
static void test_in_the_first_batch(void **state)
{
	json_t *put = json_loads(POLICY("35"), 0, NULL);
	struct pair pair;
	struct hub_room *room = &pair.room;
	json_t *answer, *list;

	(void)state;
	pair_open(&pair);
	say(room, "epoch-begin");
	answer = ask(room, json_pack("{s:s, s:[o, {s:s, s:s}]}", "command", "record",
				     "entries", put, "kind", "void", "target", "@1"));
	list = json_object_get(answer, "entries");
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(text_in(json_array_get(list, i), "log"), "control");
	}
	json_decref(answer);
	pair_close(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_closed),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_left),
		cmocka_unit_test(test_signed_before),
		cmocka_unit_test(test_in_the_first_batch),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
