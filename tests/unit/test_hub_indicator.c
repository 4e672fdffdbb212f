/*
 * tests/unit/test_hub_indicator.c - rows of the plan where it is easy to be wrong: stops of
 * vans, what was written for others, copies and titles that are joined, figures that were
 * told twice, the days at the ends of a period.
 */
#include "tests/unit/plan_room.h"

#include "common/ledger/indicator_internal.h"

/* Cells of a line from the column FROM on: "1 2 -; ". */
static void add_line(char *out, size_t size, const json_t *cells, size_t from)
{
	for (size_t i = 0; i < json_array_size(cells); i++) {
		json_t *cell = json_array_get(cells, i);
		char *text =
			i == 0 || i >= from ? json_dumps(cell, JSON_ENCODE_ANY) : NULL;
		size_t len = strlen(out);

		if (text != NULL) {
			snprintf(out + len, size - len, "%s%s", i > 0 ? " " : "",
				 json_is_null(cell) ? "-" : text);
		}
		free(text);
	}
	snprintf(out + strlen(out), size - strlen(out), "; ");
}

/* The rows of a sheet and its total: the first cell, and the figures. */
static void assert_period(struct scene *scene, const char *code, const char *period,
			  const char *by, const char *expected)
{
	json_t *sheet = sheet_of(scene, code, period, by);
	const char *is = text_in(sheet, "by");
	size_t from = strcmp(is, "commune") == 0 ? 2 : strcmp(is, "site") == 0 ? 3 : 1;
	char text[1000] = "";
	json_t *cells;
	size_t i;

	json_array_foreach(json_object_get(sheet, "rows"), i, cells)
	{
		add_line(text, sizeof(text), cells, from);
	}
	add_line(text, sizeof(text), json_object_get(sheet, "total"), from);
	assert_string_equal(text, expected);
	json_decref(sheet);
}

static void assert_rows(struct scene *scene, const char *code, const char *by,
			const char *expected)
{
	assert_period(scene, code, "2023-Q3", by, expected);
}

/* --- stops --- */

static void test_stops(void **state)
{
	struct scene scene;
	struct member *van;
	struct ph_ref stop;

	(void)state;
	scene_open(&scene);
	van = &scene.pair.b;
	/* from 8 to 10; one that is not closed, until the next; one closed before it began */
	stop = writes(van,
		      "{\"kind\":\"mobile-stop\",\"commune\":\"03651\","
		      "\"when\":\"2023-08-10T08:00\"}",
		      NULL);
	(void)writes(van,
		     "{\"kind\":\"mobile-stop\",\"stop\":\"%R\","
		     "\"when\":\"2023-08-10T10:00\"}",
		     &stop);
	(void)writes(van,
		     "{\"kind\":\"mobile-stop\",\"commune\":\"03646\","
		     "\"when\":\"2023-08-10T13:00\"}",
		     NULL);
	stop = writes(van,
		      "{\"kind\":\"mobile-stop\",\"commune\":\"03651\","
		      "\"when\":\"2023-08-10T15:00\"}",
		      NULL);
	(void)writes(van,
		     "{\"kind\":\"mobile-stop\",\"stop\":\"%R\","
		     "\"when\":\"2023-08-10T14:00\"}",
		     &stop);
	for (size_t i = 0; i < 10; i++) {
		static const struct {
			const char *at;
			unsigned count;
		} visits[10] = {
			{ "10T07:59", 10000 }, /* no stop yet: the van's own commune */
			{ "10T08:00", 1 },
			{ "10T10:00", 2 },     /* both ends are in it */
			{ "10T10:01", 20000 }, /* between two */
			{ "10T13:00", 100 },
			{ "10T14:59", 200 },
			{ "10T15:00", 4 }, /* the next one has begun */
			{ "10T23:59", 8 }, /* to the end of the day */
			{ "11T00:00", 40000 },
			{ "09T09:00", 80000 },
		};
		char text[200];

		snprintf(text, sizeof(text),
			 "{\"kind\":\"visit\",\"count\":%u,\"when\":\"2023-08-%s\"}",
			 visits[i].count, visits[i].at);
		(void)writes(van, text, NULL);
	}
	(void)writes(van,
		     "{\"kind\":\"uncoded-loan\",\"count\":3,"
		     "\"when\":\"2023-08-10T09:00\"}",
		     NULL);
	(void)writes(van,
		     "{\"kind\":\"digital-use\",\"form\":\"lookup\",\"count\":5,"
		     "\"when\":\"2023-08-10T09:00\"}",
		     NULL);
	/* the library writes for the van, and the van for the library */
	(void)writes(&scene.pair.a,
		     "{\"kind\":\"visit\",\"count\":16,\"behalf\":140372,"
		     "\"when\":\"2023-08-10T09:00\"}",
		     NULL);
	(void)writes(van,
		     "{\"kind\":\"visit\",\"count\":32,\"behalf\":140371,"
		     "\"when\":\"2023-08-10T09:00\"}",
		     NULL);
	sends(&scene, van);
	sends(&scene, &scene.pair.a);
	assert_rows(&scene, "A3", NULL,
		    "\"03646\" 1 300 0 0; \"03651\" 2 31 3 0; - 3 331 3 0; ");
	assert_rows(&scene, "A3", "site", "140372 3 331 3 0; - 3 331 3 0; ");
	assert_rows(&scene, "visits", NULL,
		    "\"03646\" 332 0 0 0 0 0; \"03651\" 31 0 0 0 0 0; "
		    "\"03658\" 150000 0 0 0 0 0; - 150363 0 0 0 0 0; ");
	assert_rows(&scene, "visits", "kind",
		    "\"commune-library\" 32 0 0 0 0 0; \"van\" 150331 0 0 0 0 0; "
		    "- 150363 0 0 0 0 0; ");
	assert_rows(&scene, "A4", "commune", "\"03651\" 5 0; - 5 0; ");
	assert_rows(
		&scene, "M2", NULL,
		"\"03646\" 0 1 0 0 1 1; \"03651\" 0 2 5 0 2 1; \"03658\" 0 0 0 0 0 0; "
		"- 0 3 5 0 3 2; ");
	assert_rows(&scene, "M4", NULL,
		    "\"03646\" 332 0 -; \"03651\" 36 0 -; \"03658\" 150000 0 -; "
		    "- 150368 0 -; ");

	scene_close(&scene);
}

/* A stop that is voided, a visit that is: both as if they had never been. */
static void test_void(void **state)
{
	struct scene scene;
	struct member *van;
	struct ph_ref stop, visit;

	(void)state;
	scene_open(&scene);
	van = &scene.pair.b;
	stop = writes(van,
		      "{\"kind\":\"mobile-stop\",\"commune\":\"03651\","
		      "\"when\":\"2023-08-10T08:00\"}",
		      NULL);
	visit = writes(van,
		       "{\"kind\":\"visit\",\"count\":6,\"when\":\"2023-08-10T09:00\"}",
		       NULL);
	(void)writes(van,
		     "{\"kind\":\"visit\",\"count\":7,\"when\":\"2023-08-10T09:05\"}",
		     NULL);
	(void)writes(van, "{\"kind\":\"void\",\"target\":\"%R\"}", &visit);
	sends(&scene, van);
	assert_rows(&scene, "A3", NULL, "\"03651\" 1 7 0 0; - 1 7 0 0; ");
	(void)writes(van, "{\"kind\":\"void\",\"target\":\"%R\"}", &stop);
	sends(&scene, van);
	assert_rows(&scene, "A3", NULL, "- 0 0 0 0; ");
	assert_rows(&scene, "visits", NULL, "\"03658\" 7 0 0 0 0 0; - 7 0 0 0 0 0; ");
	scene_close(&scene);
}

/* --- copies and titles --- */

static void put_copy(struct member *member, const char *code, const struct ph_ref *title,
		     const char *when)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "{\"kind\":\"copy-put\",\"copy\":{\"ns\":140371,\"code\":\"%s\"},"
		 "\"title\":\"%%R\",\"owner\":140371,\"price\":1000,\"when\":\"%s\"}",
		 code, when);
	(void)writes(member, text, title);
}

static void about_copy(struct member *member, const char *kind, const char *code,
		       const char *more)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "{\"kind\":\"%s\",\"copy\":{\"ns\":140371,\"code\":\"%s\"}%s}", kind,
		 code, more);
	(void)writes(member, text, NULL);
}

static void test_joined(void **state)
{
	struct scene scene;
	struct member *library;
	struct ph_ref hmn, bare;
	char name[PH_REF_TEXT], text[400];

	(void)state;
	scene_open(&scene);
	library = &scene.pair.a;
	hmn = writes(library,
		     "{\"kind\":\"title-put\",\"name\":\"a\",\"language\":\"hmn\","
		     "\"law\":1,\"when\":\"2023-07-01\"}",
		     NULL);
	bare = writes(library,
		      "{\"kind\":\"title-put\",\"name\":\"b\",\"when\":\"2023-07-02\"}",
		      NULL);
	put_copy(library, "1", &hmn, "2023-07-01");
	put_copy(library, "2", &bare, "2023-07-02");
	put_copy(library, "3", &bare, "2023-07-03");
	about_copy(library, "loan", "3",
		   ",\"card\":{\"ns\":140371,\"code\":\"k\"},\"when\":\"2023-07-05\"");
	about_copy(library, "in-house-use", "2", ",\"count\":2,\"when\":\"2023-07-06\"");
	sends(&scene, library);
	assert_rows(&scene, "stock", "language", "\"hmn\" 1 1 -; - 2 1 -; - 3 2 -; ");
	assert_rows(&scene, "A7", NULL, "\"hmn\" 1 1 0 0; - 1 1 0 0; ");

	/* the two titles are one, and its language is that of the first */
	ph_ref_text(name, &hmn);
	snprintf(text, sizeof(text),
		 "{\"kind\":\"title-merge\",\"title\":\"%s\",\"other\":\"%%R\"}", name);
	(void)writes(library, text, &bare);
	sends(&scene, library);
	assert_rows(&scene, "A7", NULL, "\"hmn\" 3 1 1 2; - 3 1 1 2; ");
	assert_rows(&scene, "A15", NULL, "\"03646\" 1 2; - 1 2; ");

	/* 2 and 3 are one copy, under two labels */
	(void)writes(library,
		     "{\"kind\":\"copy-alias\",\"copy\":{\"ns\":140371,\"code\":\"2\"},"
		     "\"other\":{\"ns\":140371,\"code\":\"3\"}}",
		     NULL);
	sends(&scene, library);
	assert_rows(&scene, "stock", NULL, "\"03646\" 2 1 0; - 2 1 0; ");
	assert_rows(&scene, "additions", "month",
		    "\"2023-07\" 2 2000; \"2023-08\" 0 0; \"2023-09\" 0 0; - 2 2000; ");
	assert_rows(&scene, "loans", "language", "\"hmn\" 1; - 1; ");

	/* withdrawn by one label, reinstated by the other */
	about_copy(library, "withdrawn", "3",
		   ",\"decision\":\"1\",\"when\":\"2023-08-01\"");
	sends(&scene, library);
	assert_rows(&scene, "stock", NULL, "\"03646\" 1 1 0; - 1 1 0; ");
	about_copy(library, "reinstated", "2", ",\"when\":\"2023-08-02\"");
	sends(&scene, library);
	assert_rows(&scene, "stock", NULL, "\"03646\" 2 1 0; - 2 1 0; ");
	assert_rows(&scene, "withdrawals", NULL, "\"03646\" 1 1; - 1 1; ");
	scene_close(&scene);
}

/* --- ends of a period; what was told --- */

static void test_ends(void **state)
{
	static const char *const lines[] = {
		"{\"kind\":\"visit\",\"count\":1,\"when\":\"2023-06-30T23:59\"}",
		"{\"kind\":\"visit\",\"count\":2,\"when\":\"2023-07-01T00:00\"}",
		"{\"kind\":\"visit\",\"count\":4,\"when\":\"2023-07-31T23:59\"}",
		"{\"kind\":\"visit\",\"count\":8,\"when\":\"2023-08-01\"}",
		"{\"kind\":\"visit\",\"when\":\"2023-09-21\"}",
		/* the source's second line counts no more than once */
		"{\"kind\":\"visit\",\"count\":16,\"when\":\"2023-08-02\","
		"\"source\":\"00000000000000000000000000000001\"}",
		"{\"kind\":\"visit\",\"count\":16,\"when\":\"2023-08-02\","
		"\"source\":\"00000000000000000000000000000001\"}",
	};
	struct scene scene;
	json_t *sheet;

	(void)state;
	scene_open(&scene);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		(void)writes(&scene.pair.a, lines[i], NULL);
	}
	sends(&scene, &scene.pair.a);
	assert_rows(&scene, "visits", "month",
		    "\"2023-07\" 6 0 0 0 0 0; \"2023-08\" 24 0 0 0 0 0; "
		    "\"2023-09\" 1 - 0 0 0 0; - 31 0 0 0 0 0; ");
	sheet = sheet_of(&scene, "visits", "2023-07", NULL);
	assert_int_equal(
		json_integer_value(json_object_get(
			json_array_get(json_object_get(sheet, "trend"), 7), "value")),
		1);
	json_decref(sheet);
	scene_close(&scene);
}

static void test_told(void **state)
{
	static const char *const lines[] = {
		/* told of 2022, and recorded in its last quarter; in 2023 recorded */
		"{\"kind\":\"tally\",\"code\":\"user-turns\",\"value\":100,"
		"\"from\":\"2022-07-01\",\"to\":\"2022-09-30\"}",
		"{\"kind\":\"visit\",\"count\":40,\"when\":\"2022-08-01\"}",
		"{\"kind\":\"visit\",\"count\":130,\"when\":\"2023-08-01\"}",
		/* of August, and put right */
		"{\"kind\":\"tally\",\"code\":\"user-turns\",\"value\":15,"
		"\"from\":\"2023-08-01\",\"to\":\"2023-08-31\",\"commune\":\"03646\"}",
		"{\"kind\":\"tally\",\"code\":\"user-turns\",\"value\":20,"
		"\"from\":\"2023-08-01\",\"to\":\"2023-08-31\",\"commune\":\"03646\"}",
		/* beyond the quarter at one end: not of it */
		"{\"kind\":\"tally\",\"code\":\"user-turns\",\"value\":900,"
		"\"from\":\"2023-06-30\",\"to\":\"2023-08-31\"}",
		/* levels: the latest, put right once; and one that comes after */
		"{\"kind\":\"tally\",\"code\":\"learning-families\",\"value\":7,"
		"\"from\":\"2023-01-01\",\"to\":\"2023-01-31\"}",
		"{\"kind\":\"tally\",\"code\":\"learning-families\",\"value\":8,"
		"\"from\":\"2023-02-01\",\"to\":\"2023-03-31\"}",
		"{\"kind\":\"tally\",\"code\":\"learning-families\",\"value\":9,"
		"\"from\":\"2023-02-01\",\"to\":\"2023-03-31\"}",
		"{\"kind\":\"tally\",\"code\":\"learning-families\",\"value\":50,"
		"\"from\":\"2023-10-01\",\"to\":\"2023-10-31\"}",
		"{\"kind\":\"tally\",\"code\":\"learning-families\",\"value\":3,"
		"\"from\":\"2023-02-01\",\"to\":\"2023-03-31\",\"commune\":\"03651\"}",
	};
	struct scene scene;
	json_t *sheet;

	(void)state;
	scene_open(&scene);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		(void)writes(&scene.pair.a, lines[i], NULL);
	}
	sends(&scene, &scene.pair.a);
	assert_rows(&scene, "M4", NULL,
		    "\"03646\" 130 100 3000; \"03651\" 0 0 -; \"03658\" 0 0 -; "
		    "- 130 100 3000; ");
	assert_rows(&scene, "A14", NULL, "\"03646\" 9; \"03651\" 3; - 12; ");
	assert_rows(&scene, "A14", "site", "140371 12; - 12; ");
	sheet = sheet_of(&scene, "M4", "2023", NULL);
	assert_int_equal(json_integer_value(json_object_get(sheet, "numerator")), 820);
	json_decref(sheet);
	scene_close(&scene);
}

/* --- the model, by the days of its decisions --- */

static void test_model(void **state)
{
	static const char *const lines[] = {
		"{\"kind\":\"model-put\",\"commune\":\"03646\",\"status\":\"building\","
		"\"date\":\"2022-02-01\"}",
		"{\"kind\":\"model-put\",\"commune\":\"03646\",\"status\":\"recognised\","
		"\"date\":\"2022-08-01\"}",
		"{\"kind\":\"model-put\",\"commune\":\"03646\",\"status\":\"withdrawn\","
		"\"date\":\"2023-10-15\"}",
		/* by the day on which it is written: this quarter */
		"{\"kind\":\"model-put\",\"commune\":\"03651\",\"status\":"
		"\"recognised\"}",
	};
	static const json_int_t trend[8] = { 0, 0, 0, 3333, 3333, 3333, 3333, 3333 };
	struct scene scene;
	json_t *sheet;

	(void)state;
	scene_open(&scene);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *request = record_of(lines[i]);

		json_decref(wrote(scene.room, request));
	}
	sheet = sheet_of(&scene, "M1", "2023-Q4", NULL);
	for (size_t i = 0; i < 8; i++) {
		json_t *item = json_array_get(json_object_get(sheet, "trend"), i);

		assert_int_equal(json_integer_value(json_object_get(item, "value")),
				 trend[i]);
	}
	assert_int_equal(json_integer_value(json_object_get(sheet, "value")), 3333);
	json_decref(sheet);
	assert_period(&scene, "M1", "2023-Q4", NULL,
		      "\"03646\" \"withdrawn\" - \"2023-10-15\" 0; "
		      "\"03651\" \"recognised\" - - 1; \"03658\" - - - 0; - - - - 1; ");
	scene_close(&scene);
}

/* --- complete --- */

/* How many communes the figures of PERIOD are complete for. */
static int64_t complete_of(struct scene *scene, const char *period)
{
	json_t *sheet = sheet_of(scene, "visits", period, NULL);
	int64_t n = json_integer_value(
		json_object_get(json_object_get(sheet, "complete"), "communes"));

	json_decref(sheet);
	return n;
}

static void retire(struct scene *scene, const struct member *member)
{
	char hex[2 * PH_DEVICE_ID_SIZE + 1];

	ph_hex(hex, member->peer.device.id, PH_DEVICE_ID_SIZE);
	json_decref(
		ask(scene->room, json_pack("{s:s, s:s, s:s}", "command", "device-retire",
					   "device", hex, "reason", "broken")));
}

static void test_complete(void **state)
{
	struct scene scene;
	json_t *sheet, *complete, *item;

	(void)state;
	scene_open(&scene);
	(void)writes(&scene.pair.a, "{\"kind\":\"visit\"}", NULL);
	sends(&scene, &scene.pair.a);
	sheet = sheet_of(&scene, "M1", "2023-Q2", NULL);
	complete = json_object_get(sheet, "complete");
	assert_int_equal(json_integer_value(json_object_get(complete, "communes")), 1);
	assert_int_equal(json_integer_value(json_object_get(complete, "of")), 3);
	assert_string_equal(text_in(complete, "up_to"), "2023-06-30");
	/* a commune without a device, and a van of which nothing has come */
	assert_int_equal(json_array_size(json_object_get(complete, "missing")), 2);
	assert_string_equal(
		text_in(json_array_get(json_object_get(complete, "missing"), 0), "code"),
		"03651");
	assert_true(json_is_null(json_object_get(
		json_array_get(json_object_get(complete, "missing"), 1), "last")));
	json_decref(sheet);
	/* a library beside it that was never given a device, from the day that it opened */
	hub_records(&scene,
		    "{\"kind\":\"site-put\",\"site\":140777,\"commune\":\"03646\","
		    "\"code\":\"14-0777\",\"when\":\"2023-06-30\"}");
	sheet = sheet_of(&scene, "visits", "2023-Q2", NULL);
	complete = json_object_get(sheet, "complete");
	assert_int_equal(json_integer_value(json_object_get(complete, "communes")), 0);
	assert_int_equal(json_array_size(json_object_get(complete, "missing")), 3);
	item = json_array_get(json_object_get(complete, "missing"), 0);
	assert_string_equal(text_in(item, "code"), "03646");
	assert_string_equal(text_in(item, "site"), "14-0777");
	assert_null(json_object_get(item, "device"));
	assert_null(json_object_get(item, "last"));
	json_decref(sheet);
	sheet = sheet_of(&scene, "visits", "2023-05", NULL);
	complete = json_object_get(sheet, "complete");
	assert_int_equal(json_integer_value(json_object_get(complete, "communes")), 1);
	json_decref(sheet);
	/* one that was closed by then lacks nothing */
	hub_records(&scene,
		    "{\"kind\":\"site-put\",\"site\":140777,\"status\":\"closed\","
		    "\"when\":\"2023-07-01\"}");
	sheet = sheet_of(&scene, "visits", "2023-Q2", NULL);
	complete = json_object_get(sheet, "complete");
	assert_int_equal(json_integer_value(json_object_get(complete, "communes")), 0);
	json_decref(sheet);
	/* the quarter is not over: yesterday is asked for, and today was heard */
	sheet = sheet_of(&scene, "M1", "2023-Q4", NULL);
	complete = json_object_get(sheet, "complete");
	assert_int_equal(json_integer_value(json_object_get(complete, "communes")), 1);
	json_decref(sheet);
	/* a PC that is given up told all of the days before; of those after it nobody tells */
	hub_records(&scene, "{\"kind\":\"site-put\",\"site\":140371,"
			    "\"commune\":\"03646\",\"when\":\"2023-01-01\"}");
	retire(&scene, &scene.pair.a);
	assert_int_equal(complete_of(&scene, "2023-05"), 1);
	scene.room->machine.now.wall += (int64_t)100 * 86400;
	assert_int_equal(complete_of(&scene, "2024-01"), 0);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stops),    cmocka_unit_test(test_void),
		cmocka_unit_test(test_joined),   cmocka_unit_test(test_ends),
		cmocka_unit_test(test_told),     cmocka_unit_test(test_model),
		cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
