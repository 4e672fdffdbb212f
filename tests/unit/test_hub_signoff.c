/*
 * tests/unit/test_hub_signoff.c - which words of sites on an issued report count: those of
 * sites of the commune, the last of each; and what becomes of the others.
 */
#include "tests/unit/plan_room.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

#define WORD  60
#define WORDS 8
/* The member NAME of what was issued: "site commune yes; ...", of strays with why. */
static void list_words(char *out, size_t size, const json_t *issued, const char *name)
{
	const json_t *words = json_object_get(issued, name);
	char text[WORDS][WORD];
	const json_t *item;
	size_t i;

	assert_non_null(words);
	json_array_foreach(words, i, item)
	{
		const json_t *commune = json_object_get(item, "commune");
		const json_t *why = json_object_get(item, "why");

		assert_true(i < WORDS);
		snprintf(text[i], WORD, "%d %s %s%s%s; ",
			 (int)json_integer_value(json_object_get(item, "site")),
			 commune ? json_string_value(commune) : "-",
			 json_is_true(json_object_get(item, "agrees")) ? "yes" : "no",
			 why ? " " : "", why ? json_string_value(why) : "");
	}
	qsort(text, json_array_size(words), WORD, by_text);
	out[0] = '\0';
	for (i = 0; i < json_array_size(words); i++) {
		snprintf(out + strlen(out), size - strlen(out), "%s", text[i]);
	}
}

static void assert_issued(struct scene *scene, int agree, int disagree,
			  const char *signoffs, const char *strays)
{
	json_t *sheet = sheet_of(scene, "visits", "2023-Q3", NULL);
	const json_t *issued = json_object_get(sheet, "issued");
	json_t *reports = ask(scene->room, json_pack("{s:s}", "command", "report-list"));
	const json_t *listed = json_array_get(json_object_get(reports, "reports"), 0);
	char text[600];

	assert_non_null(issued);
	list_words(text, sizeof(text), issued, "signoffs");
	assert_string_equal(text, signoffs);
	list_words(text, sizeof(text), issued, "strays");
	assert_string_equal(text, strays);
	assert_int_equal(json_integer_value(json_object_get(issued, "agree")), agree);
	assert_int_equal(json_integer_value(json_object_get(issued, "disagree")),
			 disagree);
	/* and the list of reports counts as the sheet does */
	assert_int_equal(json_integer_value(json_object_get(listed, "agree")), agree);
	assert_int_equal(json_integer_value(json_object_get(listed, "disagree")),
			 disagree);
	json_decref(reports);
	json_decref(sheet);
}

/* Visits of the quarter are issued, and listed first. */
static struct ph_ref issue(struct scene *scene)
{
	json_t *answer =
		ask(scene->room, json_pack("{s:s, s:s, s:s}", "command", "report-issue",
					   "report", "visits", "period", "2023-Q3"));
	const char *name =
		text_in(json_array_get(json_object_get(answer, "entries"), 0), "ref");
	struct ph_ref ref;

	assert_int_equal(ph_ref_parse(name, strlen(name), &ref), 0);
	json_decref(answer);
	return ref;
}

/* COMMUNE may be NULL; MORE begins with a comma, or is empty. */
static struct ph_ref signs_off(struct member *member, const struct ph_ref *report,
			       const char *commune, int agrees, const char *more)
{
	char text[300], of[40] = "";

	if (commune) {
		snprintf(of, sizeof(of), ",\"commune\":\"%s\"", commune);
	}
	snprintf(text, sizeof(text),
		 "{\"kind\":\"report-signoff\",\"report\":\"%%R\",\"agrees\":%d%s%s}",
		 agrees, of, more);
	return writes(member, text, report);
}

static void test_foreign(void **state)
{
	struct scene scene;
	struct ph_ref report;

	(void)state;
	scene_open(&scene);
	report = issue(&scene);
	assert_issued(&scene, 0, 0, "", "");
	(void)signs_off(&scene.pair.a, &report, "03646", 1, "");
	(void)signs_off(&scene.pair.b, &report, "03646", 1, "");
	(void)signs_off(&scene.pair.b, &report, "03651", 0, "");
	(void)signs_off(&scene.pair.b, &report, "03658", 0, "");
	(void)signs_off(&scene.pair.a, &report, "99999", 1, "");
	sends(&scene, &scene.pair.a);
	sends(&scene, &scene.pair.b);
	assert_issued(&scene, 1, 1, "140371 03646 yes; 140372 03658 no; ",
		      "140371 99999 yes unknown-commune; "
		      "140372 03646 yes foreign-site; "
		      "140372 03651 no foreign-site; ");
	/* the hub is told of it, and where the site stands: as it shows now */
	hub_records(&scene,
		    "{\"kind\":\"site-put\",\"site\":140372,\"commune\":\"03651\"}");
	assert_issued(&scene, 1, 1, "140371 03646 yes; 140372 03651 no; ",
		      "140371 99999 yes unknown-commune; "
		      "140372 03646 yes foreign-site; "
		      "140372 03658 no foreign-site; ");
	scene_close(&scene);
}

static void test_mind_changed(void **state)
{
	struct scene scene;
	struct ph_ref report, last;

	(void)state;
	scene_open(&scene);
	report = issue(&scene);
	(void)signs_off(&scene.pair.a, &report, "03646", 1, "");
	last = signs_off(&scene.pair.a, &report, "03646", 0, "");
	sends(&scene, &scene.pair.a);
	assert_issued(&scene, 0, 1, "140371 03646 no; ", "");
	/* without a commune it is that of the site: one word, not two */
	(void)signs_off(&scene.pair.a, &report, NULL, 1, "");
	(void)signs_off(&scene.pair.b, &report, "03646", 1, "");
	(void)signs_off(&scene.pair.b, &report, "03646", 0, "");
	sends(&scene, &scene.pair.a);
	sends(&scene, &scene.pair.b);
	assert_issued(&scene, 1, 0, "140371 03646 yes; ",
		      "140372 03646 no foreign-site; ");
	/* said for a day long past, typed in last: not the last word */
	(void)signs_off(&scene.pair.a, &report, "03646", 0, ",\"when\":\"2023-10-01\"");
	sends(&scene, &scene.pair.a);
	assert_issued(&scene, 1, 0, "140371 03646 yes; ",
		      "140372 03646 no foreign-site; ");
	/* one that is voided was never said */
	(void)writes(&scene.pair.a, "{\"kind\":\"void\",\"target\":\"%R\"}", &last);
	sends(&scene, &scene.pair.a);
	assert_issued(&scene, 1, 0, "140371 03646 yes; ",
		      "140372 03646 no foreign-site; ");
	scene_close(&scene);
}

/* A word on behalf of a site is that site's, whoever wrote it. */
static void test_on_behalf(void **state)
{
	struct scene scene;
	struct ph_ref report;

	(void)state;
	scene_open(&scene);
	report = issue(&scene);
	(void)signs_off(&scene.pair.b, &report, "03646", 1, ",\"behalf\":140371");
	sends(&scene, &scene.pair.b);
	assert_issued(&scene, 1, 0, "140371 03646 yes; ", "");
	/* nobody has ever named that site */
	(void)signs_off(&scene.pair.b, &report, NULL, 0, ",\"behalf\":140999");
	(void)signs_off(&scene.pair.b, &report, "03646", 0, ",\"behalf\":140999");
	sends(&scene, &scene.pair.b);
	assert_issued(&scene, 1, 0, "140371 03646 yes; ",
		      "140999 - no unknown-site; 140999 03646 no unknown-site; ");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_mind_changed),
		cmocka_unit_test(test_on_behalf),
	};

	return cmocka_run_group_tests(tests, make_pattern, remove_pattern);
}
