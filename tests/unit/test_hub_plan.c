/*
 * tests/unit/test_hub_plan.c - what the hub does not write since no report could heed it, and
 * rules of the province that hold from a day to come.
 */
#include "tests/unit/put_room.h"

static void put_down(struct hub_room *room, const char *entry)
{
	json_decref(wrote(room, record_of(entry)));
}

static void refused_entry(struct hub_room *room, const char *entry, enum ph_exit exit,
			  const char *words)
{
	refused(room, record_of(entry), exit, words);
}

static void test_places(void **state)
{
	static const char route[] = "{\"kind\":\"site-put\",\"site\":140371,\"route\":["
				    "\"03646\",\"99999\"]}";
	static const char heir[] = "{\"kind\":\"commune-put\",\"code\":\"03650\","
				   "\"name\":\"M\",\"predecessor\":\"99999\"}";
	struct hub_room room;

	(void)state;
	hub_open(&room);
	put_down(&room, route); /* no list yet: what is typed in before it is taken */
	put_down(&room, heir);
	put_down(&room, "{\"kind\":\"commune-put\",\"code\":\"03646\",\"name\":\"N\"}");
	refused_entry(&room, route, PH_EXIT_OTHER, "route: there is no commune 99999");
	refused_entry(&room, heir, PH_EXIT_OTHER,
		      "predecessor: there is no commune 99999");
	refused_entry(&room,
		      "{\"kind\":\"commune-put\",\"code\":\"03646\","
		      "\"predecessor\":\"03646\"}",
		      PH_EXIT_USAGE, "is the commune itself");
	/* named in the same request, before it */
	json_decref(
		ask(&room,
		    json_pack("{s:s, s:[o, o, o]}", "command", "record", "entries",
			      json_loads("{\"kind\":\"commune-put\",\"code\":\"99999\","
					 "\"name\":\"X\"}",
					 0, NULL),
			      json_loads(route, 0, NULL), json_loads(heir, 0, NULL))));
	hub_close(&room);
}

static void test_workers(void **state)
{
	char text[256];
	struct hub_room room;
	json_t *worker;

	(void)state;
	hub_open(&room);
	refused_entry(&room,
		      "{\"kind\":\"worker-put\",\"site\":140371,\"from\":\"2026-03-02\","
		      "\"to\":\"2026-03-01\"}",
		      PH_EXIT_USAGE, "to: the last day is before the first");
	worker =
		wrote(&room, record_of("{\"kind\":\"worker-put\",\"site\":140371,"
				       "\"from\":\"2026-03-01\",\"to\":\"2026-03-01\"}"));
	/* against what stands */
	snprintf(text, sizeof(text),
		 "{\"kind\":\"worker-put\",\"worker\":\"%s\",\"to\":\"2026-02-28\"}",
		 text_in(worker, "ref"));
	refused_entry(&room, text, PH_EXIT_USAGE, "to: the last day is before the first");
	snprintf(text, sizeof(text),
		 "{\"kind\":\"worker-put\",\"worker\":\"%s\",\"from\":\"2026-03-02\"}",
		 text_in(worker, "ref"));
	refused_entry(&room, text, PH_EXIT_USAGE, "to: the last day is before the first");
	/* both at once, and what says nothing of days */
	snprintf(text, sizeof(text),
		 "{\"kind\":\"worker-put\",\"worker\":\"%s\",\"from\":\"2025-01-01\","
		 "\"to\":\"2025-12-31\"}",
		 text_in(worker, "ref"));
	put_down(&room, text);
	snprintf(text, sizeof(text),
		 "{\"kind\":\"worker-put\",\"worker\":\"%s\",\"role\":\"manager\"}",
		 text_in(worker, "ref"));
	put_down(&room, text);
	json_decref(worker);
	hub_close(&room);
}

/* --- rules --- */

static void set_rule(struct hub_room *room, const char *name, const char *value,
		     const char *when)
{
	json_decref(ask(room, json_pack("{s:s, s:s, s:s, s:s*}", "command", "policy-set",
					"name", name, "value", value, "when", when)));
}

static void assert_rule(struct hub_room *room, const char *name, const char *value,
			const char *from, const char *now)
{
	json_t *answer = ask(room, json_pack("{s:s}", "command", "policy-list"));
	json_t *wanted = json_pack("{s:s, s:s, s:s*, s:s*}", "name", name, "value", value,
				   "from", from, "now", now);
	json_t *item;
	bool found = false;
	size_t i;

	json_array_foreach(json_object_get(answer, "policies"), i, item)
	{
		if (strcmp(text_in(item, "name"), name) == 0) {
			found = true;
			assert_true(json_equal(item, wanted));
		}
	}
	assert_true(found);
	json_decref(wanted);
	json_decref(answer);
}

static void test_rules(void **state)
{
	struct hub_room room;

	(void)state;
	hub_open(&room);
	set_rule(&room, "report-m2-least", "3", "2999-01-01"); /* nothing held before */
	assert_rule(&room, "report-m2-least", "3", "2999-01-01", NULL);
	set_rule(&room, "report-m2-least", "2", NULL);
	assert_rule(&room, "report-m2-least", "2", NULL, NULL);
	set_rule(&room, "report-m2-least", "4", "2998-12-31");
	assert_rule(&room, "report-m2-least", "4", "2998-12-31", "2");
	set_rule(&room, "report-m2-least", "1", "2001-01-01"); /* it was always so */
	assert_rule(&room, "report-m2-least", "1", NULL, NULL);
	set_rule(&room, "loan-term-days", "21", NULL);
	assert_rule(&room, "loan-term-days", "21", NULL, NULL);
	hub_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests_name("hub_plan", tests, make_pattern,
					   remove_pattern);
}
