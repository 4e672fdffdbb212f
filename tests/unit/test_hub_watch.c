/* tests/unit/test_hub_watch.c - what is told to followers of what changed in a hub's store. */
#include "tests/unit/hub_room.h"

#include "daemon/hub_watch.h"

static struct pair pair;
static struct ph_hub_watch *watch;

static int set_up(void **state)
{
	json_t *events;

	(void)state;
	pair_open(&pair);
	watch = NULL;
	assert_int_equal(ph_hub_watch(pair.room.hub, &watch, &events), 0);
	assert_int_equal(json_array_size(events), 0); /* all that is there is old */
	json_decref(events);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	ph_hub_watch_free(watch);
	pair_close(&pair);
	return 0;
}

/* What has changed, as text; devices' ids and words are left out. */
static const char *look(void)
{
	static char out[2000];
	json_t *events, *event;
	size_t i;
	char *text;

	while (ph_hub_fold(pair.room.hub) > 0) {
	}
	assert_int_equal(ph_hub_watch(pair.room.hub, &watch, &events), 0);
	json_array_foreach(events, i, event)
	{
		json_t *data = json_object_get(event, "data");

		assert_true(!json_object_get(data, "device") ||
			    json_object_del(data, "fingerprint") == 0);
		json_object_del(data, "device");
	}
	text = json_dumps(events, JSON_COMPACT | JSON_SORT_KEYS);
	snprintf(out, sizeof(out), "%s", text);
	free(text);
	json_decref(events);
	return out;
}

static void bring(struct member *member, unsigned visits)
{
	write_visits(member, visits);
	expect_job(&pair.room,
		   store_of(member, all_item(member, held_n(&pair.room, member))), 0);
}

static void test_entries(void **state)
{
	(void)state;
	bring(&pair.a, 3);
	assert_non_null(strstr(look(), "{\"data\":{\"sites\":[{\"kinds\":{"));
	assert_string_equal(look(), "[]");
	bring(&pair.a, 2);
	bring(&pair.a, 1);
	assert_string_equal(look(),
			    "[{\"data\":{\"sites\":[{\"kinds\":{\"visit\":3},\"n\":3,"
			    "\"site\":\"14-0371\"}]},\"event\":\"entries\"}]");
	bring(&pair.b, 1);
	(void)look();
	bring(&pair.b, 4);
	bring(&pair.a, 5);
	{
		const char *text = look();

		assert_non_null(strstr(text, "{\"kinds\":{\"visit\":5},\"n\":5,\"site\":"
					     "\"14-0371\"}"));
		assert_non_null(strstr(text, "{\"kinds\":{\"visit\":4},\"n\":4,\"site\":"
					     "\"14-0372\"}"));
	}
	assert_string_equal(look(), "[]");
}

/* What the hub says itself stands under no site. */
static void test_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		json_decref(
			ask(&pair.room,
			    json_pack("{s:s, s:s, s:s}", "command", "policy-set", "name",
				      "loan-term-days", "value", i ? "20" : "21")));
	}
	assert_string_equal(
		look(), "[{\"data\":{\"sites\":[{\"kinds\":{\"policy-put\":2},\"n\":2,"
			"\"site\":\"\"}]},\"event\":\"entries\"}]");
	assert_string_equal(look(), "[]");
}

static void test_device(void **state)
{
	struct member third;

	(void)state;
	member_open(&pair.room, &third, 3, "14-0372");
	be_admitted(&pair.room, &third);
	assert_non_null(strstr(look(), "{\"data\":{\"site\":\"14-0372\",\"state\":"
				       "\"unconfirmed\"},\"event\":\"device\"}"));
	assert_string_equal(look(), "[]");
	member_close(&third);
}

/* Of very many only how many they are. */
static void test_many(void **state)
{
	unsigned left = 5200;

	(void)state;
	bring(&pair.a, 1);
	(void)look();
	while (left > 0) {
		bring(&pair.a, 400);
		left -= 400;
	}
	assert_string_equal(look(), "[{\"data\":{\"sites\":[{\"kinds\":{},\"n\":5200,"
				    "\"site\":\"14-0371\"}]},\"event\":\"entries\"}]");
	bring(&pair.a, 1);
	assert_non_null(strstr(look(), "{\"visit\":1}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("hub_watch", tests, make_pattern,
					   remove_pattern);
}
