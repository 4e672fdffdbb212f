/* tests/unit/test_hub_log.c - the last entries of each log: however many there are, not too many. */
#include "tests/unit/put_room.h"

#define ALL  10000 /* at most, of all logs */
#define PART 500

static json_t *last(struct hub_room *room, int limit)
{
	return ask(room, json_pack("{s:s, s:i}", "command", "log", "limit", limit));
}

static size_t shown(const json_t *answer)
{
	return json_array_size(json_object_get(answer, "entries"));
}

static long long limit_of(const json_t *answer)
{
	return json_integer_value(json_object_get(answer, "limit"));
}

/* Entries of the desk log. */
static void write_all(struct hub_room *room, size_t count)
{
	json_t *entries = json_array();
	json_t *answer;

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(entries,
				      json_pack("{s:s, s:s, s:i}", "kind", "donation",
						"donor", "person", "money", (int)i + 1));
	}
	answer = ask(room,
		     json_pack("{s:s, s:o}", "command", "record", "entries", entries));
	assert_int_equal(shown(answer), count);
	json_decref(answer);
}

static void test_bound(void **state)
{
	struct hub_room room;
	json_t *answer;
	size_t few;

	(void)state;
	hub_open(&room);
	write_all(&room, 30);
	answer = last(&room, ALL);
	few = shown(answer); /* the control log's too */
	assert_true(few > 30);
	assert_int_equal(limit_of(answer), ALL);
	json_decref(answer);
	for (size_t n = few; n <= ALL; n += PART) {
		write_all(&room, PART);
	}
	answer = last(&room, ALL);
	assert_int_equal(shown(answer), ALL);
	assert_in_range(limit_of(answer), ALL - (few - 30), ALL - 1);
	json_decref(answer);
	answer = last(&room, 40);
	assert_int_equal(limit_of(answer), 40);
	assert_in_range(shown(answer), 41, 40 + (few - 30));
	json_decref(answer);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bound) };

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
