/*
 * tests/unit/test_hub_metrics.c - entries by kind, counted some at a time: nothing is told
 * before all are counted, each counts once, and what comes later is counted on.
 */
#include "tests/unit/hub_room.h"

#include "daemon/hub_metrics.h"

static int set_up(void **state)
{
	struct hub_room *room = calloc(1, sizeof(*room));

	assert_non_null(room);
	hub_open(room);
	for (unsigned i = 0; i < 30; i++) {
		char code[16];

		snprintf(code, sizeof(code), "14-%04u", 500 + i);
		add_site(room, code, "Điểm");
	}
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	hub_close(*state);
	free(*state);
	return 0;
}

static json_t *counted(struct hub_room *room, uint64_t budget)
{
	json_t *out = NULL;

	assert_int_equal(ph_hub_metrics_entries(room->hub, budget, &out), 0);
	return out;
}

static json_int_t sum(const json_t *kinds)
{
	json_int_t all = 0;
	const char *kind;
	json_t *n;

	json_object_foreach((json_t *)(uintptr_t)kinds, kind, n)
	{
		all += json_integer_value(n);
	}
	return all;
}

static json_int_t of(const json_t *kinds, const char *kind)
{
	return json_integer_value(json_object_get(kinds, kind));
}

static void test_some_at_a_time(void **state)
{
	struct hub_room *room = *state;
	unsigned steps = 0;
	json_t *kinds;

	while (!(kinds = counted(room, 7))) {
		assert_true(++steps < 100);
	}
	assert_true(steps >= 4);
	assert_int_equal(sum(kinds), hub_says(room, "entries"));
	assert_int_equal(of(kinds, "site-put"), 32);
	json_decref(kinds);
}

static void test_counted_on(void **state)
{
	struct hub_room *room = *state;
	json_t *kinds = counted(room, UINT64_MAX);

	assert_int_equal(of(kinds, "site-put"), 32);
	json_decref(kinds);
	kinds = counted(room, UINT64_MAX);
	assert_int_equal(of(kinds, "site-put"), 32);
	json_decref(kinds);
	add_site(room, "14-0600", "Điểm sau");
	assert_null(counted(room, 0));
	kinds = counted(room, 1);
	assert_int_equal(of(kinds, "site-put"), 33);
	assert_int_equal(sum(kinds), hub_says(room, "entries"));
	json_decref(kinds);
}

/* After a start of the hub all is counted anew. */
static void test_another_start(void **state)
{
	struct hub_room *room = *state;
	json_t *kinds = counted(room, UINT64_MAX);
	json_int_t before = sum(kinds);

	json_decref(kinds);
	hub_restart(room);
	kinds = counted(room, UINT64_MAX);
	assert_int_equal(sum(kinds), before);
	json_decref(kinds);
}

/* The command itself: a daemon that serves does not wait for the count, a command alone does. */
static void test_command(void **state)
{
	struct hub_room *room = *state;
	json_t *answer = ask(room, json_pack("{s:s}", "command", "metrics"));

	assert_int_equal(sum(json_object_get(answer, "entries")),
			 hub_says(room, "entries"));
	assert_int_equal(json_array_size(json_object_get(answer, "sites")), 32);
	assert_null(json_object_get(answer, "backup_age_s"));
	assert_int_equal(json_integer_value(json_object_get(answer, "clock_offset_s")),
			 0);
	json_decref(answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_some_at_a_time),
		TEST(test_counted_on),
		TEST(test_another_start),
		TEST(test_command),
	};

	return cmocka_run_group_tests_name("hub_metrics", tests, make_pattern,
					   remove_pattern);
}
