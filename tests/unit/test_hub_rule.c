/*
 * tests/unit/test_hub_rule.c - by which rule a period is reckoned, and which version of it
 * that is: what policies and targets said by the last day of the period.
 */
#include "tests/unit/plan_room.h"

/* The hub's clock stands in October 2023. WHEN: NULL for now. */
static void sets(struct scene *scene, const char *name, const char *value,
		 const char *when)
{
	json_decref(ask(scene->room,
			json_pack("{s:s, s:s, s:s, s:s*}", "command", "policy-set",
				  "name", name, "value", value, "when", when)));
}

/* Of a sheet: "name version since told". */
static void assert_rule(struct scene *scene, const char *code, const char *period,
			const char *expected)
{
	json_t *sheet = sheet_of(scene, code, period, NULL);
	const json_t *rule = json_object_get(sheet, "rule");
	const char *since = json_string_value(json_object_get(rule, "since"));
	const char *told = json_string_value(json_object_get(rule, "told"));
	char text[300];

	snprintf(text, sizeof(text), "%s %d %s %s", text_in(rule, "name"),
		 (int)json_integer_value(json_object_get(rule, "version")),
		 since ? since : "-", told ? told : "-");
	assert_string_equal(text, expected);
	assert_int_equal(json_object_get(rule, "put") != NULL, since != NULL);
	json_decref(sheet);
}

/* Of how many communes SHEET is complete or not. */
static int complete_of(const json_t *sheet)
{
	const json_t *complete = json_object_get(sheet, "complete");

	return (int)json_integer_value(json_object_get(complete, "of"));
}

static void test_first(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	assert_rule(&scene, "M1", "2023-Q4", "units 1 - -");
	assert_rule(&scene, "M2", "2023-Q4", "1-of-4 1 - -");
	assert_rule(&scene, "visits", "2023-Q4", "count 1 - -");
	scene_close(&scene);
}

/* A period that was over keeps its rule, and one that ends on the day has the new one. */
static void test_since(void **state)
{
	struct scene scene;
	json_t *sheet;

	(void)state;
	scene_open(&scene);
	sets(&scene, "report-xa-only", "yes", "2023-06-30");
	sets(&scene, "report-m2-least", "3", "2023-08-01");
	assert_rule(&scene, "M1", "2023-05", "units 1 - -");
	assert_rule(&scene, "M1", "2023-06", "xa 2 2023-06-30 -");
	assert_rule(&scene, "M1", "2023", "xa 2 2023-06-30 -");
	assert_rule(&scene, "M2", "2023-Q1", "1-of-4 1 - -");
	assert_rule(&scene, "M2", "2023-07", "1-of-4-xa 2 2023-06-30 -");
	assert_rule(&scene, "M2", "2023-Q3", "3-of-4-xa 3 2023-08-01 -");
	assert_rule(&scene, "M4", "2023-08", "year-before-xa 2 2023-06-30 -");
	/* who is a unit makes no rule of a row that only counts */
	assert_rule(&scene, "visits", "2023-08", "count 1 - -");
	sheet = sheet_of(&scene, "M1", "2023-05", NULL);
	assert_int_equal(json_integer_value(json_object_get(sheet, "denominator")), 3);
	json_decref(sheet);
	sheet = sheet_of(&scene, "M1", "2023-06", NULL);
	assert_int_equal(json_integer_value(json_object_get(sheet, "denominator")), 2);
	assert_string_equal(text_in(json_object_get(sheet, "rule"), "vi"),
			    "số xã được công nhận trên tổng số xã; không tính phường");
	assert_int_equal(complete_of(sheet), 2);
	json_decref(sheet);
	/* what only counts has the phường in it, and behind it */
	sheet = sheet_of(&scene, "visits", "2023-06", NULL);
	assert_int_equal(complete_of(sheet), 3);
	json_decref(sheet);
	scene_close(&scene);
}

/* What changes nothing makes no version; what is put right since a day holds since that day. */
static void test_corrected(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	sets(&scene, "report-xa-only", "no", "2023-03-01");
	assert_rule(&scene, "M1", "2023-Q2", "units 1 - -");
	sets(&scene, "report-xa-only", "yes", "2023-05-01");
	sets(&scene, "report-xa-only", "no", "2023-05-01T13:00");
	assert_rule(&scene, "M1", "2023-Q2", "units 1 - -");
	sets(&scene, "report-xa-only", "yes", "2023-05-02");
	sets(&scene, "report-xa-only", "no", "2023-08-02");
	assert_rule(&scene, "M1", "2023-Q2", "xa 2 2023-05-02 -");
	assert_rule(&scene, "M1", "2023-Q3", "units 3 2023-08-02 -");
	/* it was so from the beginning: what was put before stands no more */
	sets(&scene, "report-xa-only", "yes", "2023-01-01");
	assert_rule(&scene, "M1", "2022", "units 1 - -");
	assert_rule(&scene, "M1", "2023-Q3", "xa 2 2023-01-01 -");
	scene_close(&scene);
}

static void targets(struct scene *scene, const char *indicator, int year,
		    const char *more)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "{\"kind\":\"target-put\",\"indicator\":\"%s\",\"year\":%d,"
		 "\"value\":1800%s}",
		 indicator, year, more);
	hub_records(scene, text);
}

/* A target may name the rule and its version. */
static void test_named(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	targets(&scene, "M1", 2026, ",\"when\":\"2023-02-01\"");
	assert_rule(&scene, "M1", "2023-Q1", "units 1 - -");
	targets(&scene, "M1", 2030,
		",\"rule\":\"half\",\"version\":7,\"when\":\"2023-04-05\"");
	assert_rule(&scene, "M1", "2023-Q1", "units 1 - -");
	assert_rule(&scene, "M1", "2023-Q2", "units 7 2023-04-05 half");
	assert_rule(&scene, "M2", "2023-Q2", "1-of-4 1 - -");
	/* the highest one of its targets is that of the row */
	targets(&scene, "M1", 2026, ",\"version\":4,\"when\":\"2023-07-05\"");
	assert_rule(&scene, "M1", "2023-Q3", "units 7 2023-04-05 half");
	/* and counts on from there */
	sets(&scene, "report-xa-only", "yes", "2023-08-01");
	assert_rule(&scene, "M1", "2023-Q3", "xa 8 2023-08-01 half");
	targets(&scene, "visits", 2026, ",\"rule\":\"by gate\",\"when\":\"2023-07-05\"");
	assert_rule(&scene, "visits", "2023-Q3", "count 2 2023-07-05 by gate");
	scene_close(&scene);
}

static void refuses(struct scene *scene, const char *name, const char *value,
		    const char *when, const char *text)
{
	json_t *request = json_pack("{s:s, s:s, s:s, s:s}", "command", "policy-set",
				    "name", name, "value", value, "when", when);
	json_t *answer = ph_hub_command(scene->room->hub, request);

	assert_int_equal(json_integer_value(json_object_get(answer, "exit")), 2);
	assert_non_null(strstr(text_in(answer, "error"), text));
	json_decref(request);
	json_decref(answer);
}

/* A day can be named for what periods are reckoned by; devices heed all else at once. */
static void test_refused(void **state)
{
	struct scene scene;

	(void)state;
	scene_open(&scene);
	refuses(&scene, "loan-term-days", "9", "2023-01-01", "holds from now on");
	refuses(&scene, "of-nobody", "9", "2023-01-01", "holds from now on");
	refuses(&scene, "report-xa-only", "yes", "2023-13-01", "when: ");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),     cmocka_unit_test(test_since),
		cmocka_unit_test(test_corrected), cmocka_unit_test(test_named),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
