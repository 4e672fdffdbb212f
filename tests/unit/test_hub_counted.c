/*
 * tests/unit/test_hub_counted.c - what is left of an entry for who sees sheets alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "daemon/hub_counted.h"

/* TEXT, a list of facts, as it is told to who may not count. */
static void assert_left(const char *text, const char *expected)
{
	json_t *answer = json_loads(text, 0, NULL);
	json_t *wanted = json_loads(expected, 0, NULL);

	assert_non_null(answer);
	assert_non_null(wanted);
	ph_hub_close_entries(answer);
	assert_true(json_equal(answer, wanted));
	json_decref(answer);
	json_decref(wanted);
}

static void test_closed(void **state)
{
	static const char *const kinds[] = { "visit",        "activity",
					     "training",     "digital-use",
					     "report-issue", "report-signoff",
					     "reader-erase" };
	char text[200], expected[200];

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(text, sizeof(text),
			 "{\"items\":[{\"site\":1,\"entry\":{\"kind\":\"%s\","
			 "\"count\":3,\"seen\":\"14428ff0\",\"readers\":[\"a\"]}}]}",
			 kinds[i]);
		snprintf(expected, sizeof(expected),
			 "{\"items\":[{\"site\":1,\"entry\":{\"kind\":\"%s\"}}]}",
			 kinds[i]);
		assert_left(text, expected);
	}
}

static void test_open(void **state)
{
	static const char loan[] =
		"{\"facts\":[{\"entry\":{\"kind\":\"loan\",\"term\":14},"
		"\"n\":[1]}],\"entry\":\"a\"}";
	static const char none[] = "{\"entry\":{\"count\":3}}";

	(void)state;
	assert_left(loan, loan);
	assert_left(none, none);
}

/* TEXT as it is told to who may not collect cards. */
static void assert_told(const char *text, const char *expected)
{
	json_t *answer = json_loads(text, 0, NULL);
	json_t *wanted = json_loads(expected, 0, NULL);

	assert_non_null(answer);
	assert_non_null(wanted);
	ph_hub_close_cards(answer);
	assert_true(json_equal(answer, wanted));
	json_decref(answer);
	json_decref(wanted);
}

static void test_cards(void **state)
{
	(void)state;
	assert_told("{\"loans\":[{\"copy\":{\"ns\":1,\"code\":\"c\"},"
		    "\"card\":{\"ns\":1,\"code\":\"k\"},\"due\":\"2026-01-02\"}]}",
		    "{\"loans\":[{\"copy\":{\"ns\":1,\"code\":\"c\"},"
		    "\"due\":\"2026-01-02\"}]}");
	assert_told("{\"items\":[{\"reader\":\"a\",\"cards\":[{\"code\":\"k\"}],"
		    "\"n_loans\":1,\"loans\":[{\"copy\":{}}]},"
		    "{\"entry\":{\"kind\":\"card-issue\",\"card\":{\"code\":\"k\"}}}]}",
		    "{\"items\":[{\"reader\":\"a\",\"n_loans\":1},"
		    "{\"entry\":{\"kind\":\"card-issue\"}}]}");
	/* what was asked for by its own number */
	assert_told("{\"card\":{\"card\":{\"code\":\"k\"},\"known\":true,"
		    "\"loans\":[{\"card\":{},\"copy\":{}}],"
		    "\"reader\":{\"reader\":\"a\",\"cards\":[{\"code\":\"k\"}]}}}",
		    "{\"card\":{\"card\":{\"code\":\"k\"},\"known\":true,"
		    "\"reader\":{\"reader\":\"a\"}}}");
	/* what was charged names its entries, which lists have with the copy */
	assert_told("{\"card\":{\"card\":{\"code\":\"k\"},\"account\":{\"charged\":500,"
		    "\"charges\":[{\"by\":\"r\"}]}},\"account\":\"lan\"}",
		    "{\"card\":{\"card\":{\"code\":\"k\"}},\"account\":\"lan\"}");
	/* counts have the same names */
	assert_told("{\"cards\":3,\"summary\":[{\"cards\":3,\"loans\":4}]}",
		    "{\"cards\":3,\"summary\":[{\"cards\":3,\"loans\":4}]}");
}

/* A case of a loan to who was barred names the copy beside the reader, or leads to both. */
static void test_barred(void **state)
{
	(void)state;
	assert_told(
		"{\"case\":{\"case\":\"blocked-card\",\"id\":\"ab\",\"short\":\"a\","
		"\"status\":\"open\",\"anchor\":\"l\",\"time\":\"t\",\"digest\":\"d\","
		"\"copy\":{\"code\":\"c\"},\"sites\":[{\"site\":1}],\"facts\":["
		"{\"ref\":\"l\",\"entry\":{\"kind\":\"loan\",\"copy\":{}}},"
		"{\"ref\":\"b\",\"entry\":{\"kind\":\"reader-block\","
		"\"reader\":\"r\"}}]}}",
		"{\"case\":{\"case\":\"blocked-card\",\"id\":\"ab\",\"short\":\"a\","
		"\"status\":\"open\"}}");
	assert_told("{\"state\":{\"case\":\"blocked-card\",\"id\":\"ab\",\"time\":\"t\"},"
		    "\"facts\":[{\"ref\":\"b\",\"entry\":{\"kind\":\"loan\"}}],"
		    "\"what\":\"case\"}",
		    "{\"state\":{\"case\":\"blocked-card\",\"id\":\"ab\"},\"facts\":[],"
		    "\"what\":\"case\"}");
	assert_told("{\"state\":{\"case\":\"two-places\",\"time\":\"t\"},"
		    "\"facts\":[{\"ref\":\"b\"}]}",
		    "{\"state\":{\"case\":\"two-places\",\"time\":\"t\"},"
		    "\"facts\":[{\"ref\":\"b\"}]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_cards),
		cmocka_unit_test(test_barred),
	};

	return cmocka_run_group_tests_name("hub_counted", tests, NULL, NULL);
}
