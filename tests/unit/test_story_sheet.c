/*
 * tests/unit/test_story_sheet.c - cases, `why` and `privacy` as tables of a sheet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/say.h"
#include "common/cli/case_show.h"
#include "common/cli/sheet.h"
#include "common/cli/story_rows.h"
#include "common/cli/story_sheet.h"

#define STORY                                                                              \
	"{\"here\":true,\"ref\":\"aa.1.bb\",\"kind\":\"loan\",\"time\":\"T1\","            \
	"\"stamped\":\"T0\","                                                              \
	"\"site\":7,\"site_name\":\"Mường\",\"device\":\"d0\",\"title_name\":\"\u202e=" \
	"1\","                                                                             \
	"\"entry\":{\"kind\":\"loan\",\"copy\":{\"ns\":0,\"code\":\"0001\"},\"note\":"     \
	"\"a\\nb\"},"                                                                      \
	"\"counts\":false,\"not_counted\":{\"why\":\"void\",\"by\":\"aa.2.cc\"}}"
#define NOT_HERE "{\"here\":false,\"ref\":\"ee.1.ff\"}"

static const struct ph_cli_command command = { .name = "case show", .args = "" };
static const struct ph_cli cli = { .command = &command };

/* The book that PRINT makes of TEXT. */
static json_t *collect(int (*print)(const struct ph_cli *cli, json_t *answer),
		       const char *text)
{
	json_t *answer = json_loads(text, 0, NULL);
	json_t *book;

	assert_non_null(answer);
	assert_int_equal(ph_sheet_collect("s"), 0);
	assert_int_equal(print(&cli, answer), 0);
	book = ph_sheet_take();
	assert_non_null(book);
	return book;
}

static const json_t *sheet(const json_t *book, size_t i)
{
	return json_array_get(json_object_get(book, "sheets"), i);
}

static const json_t *cell(const json_t *book, size_t i, size_t row, size_t column)
{
	return json_array_get(
		json_array_get(json_object_get(sheet(book, i), "rows"), row), column);
}

static void assert_cell(const json_t *book, size_t i, size_t row, size_t column,
			const char *text)
{
	const char *got = json_string_value(cell(book, i, row, column));

	assert_string_equal(got != NULL ? got : "(none)", text);
}

static void test_case(void **state)
{
	json_t *book = collect(
		ph_case_print,
		"{\"case\":{\"case\":\"two-places\",\"id\":\"0102\",\"facts\":[" STORY
		"," NOT_HERE "],\"decisions\":[{\"choice\":\"here\",\"time\":\"T2\","
		"\"fits\":true,\"by\":\"bb.1.cc\",\"entries\":[\"bb.2.dd\"]}],"
		"\"choices\":[]}}");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(book, "sheets")), 3);
	/* what it is, but for what has a table of its own */
	assert_int_equal(json_array_size(json_object_get(sheet(book, 0), "rows")), 2);
	assert_cell(book, 0, 0, 0, "case");
	assert_cell(book, 0, 0, 1, "two-places");
	/* an entry a row, each text as it was written */
	assert_int_equal(json_array_size(json_object_get(sheet(book, 1), "rows")), 2);
	assert_cell(book, 1, 0, 0, "loan");
	assert_int_equal(json_integer_value(cell(book, 1, 0, 3)), 7);
	assert_cell(book, 1, 0, 6, "copy 0001, note a\nb");
	assert_cell(book, 1, 0, 7, "\u202e=1");
	assert_cell(book, 1, 0, 13, "no");
	assert_cell(book, 1, 0, 15, "aa.2.cc");
	assert_cell(book, 1, 0, 17, "aa.1.bb");
	assert_cell(book, 1, 1, 17, "ee.1.ff");
	assert_cell(book, 1, 1, 13, "");
	/* what was decided */
	assert_cell(book, 2, 0, 0, "here");
	assert_cell(book, 2, 0, 3, "yes");
	assert_cell(book, 2, 0, 6, "[\"bb.2.dd\"]");
	json_decref(book);
}

static void test_undecided(void **state)
{
	json_t *book = collect(ph_case_print, "{\"case\":{\"id\":\"0102\",\"facts\":[],"
					      "\"decisions\":[]}}");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(book, "sheets")), 2);
	json_decref(book);
}

static void test_why(void **state)
{
	json_t *book =
		collect(ph_why_print, "{\"state\":{\"copy\":{\"ns\":0,\"code\":\"0001\"},"
				      "\"loans\":[1]},\"facts\":[" STORY "]}");

	(void)state;
	assert_int_equal(json_array_size(json_object_get(book, "sheets")), 2);
	assert_cell(book, 0, 0, 1, "0001");
	assert_cell(book, 0, 1, 1, "[1]");
	assert_cell(book, 1, 0, 17, "aa.1.bb");
	json_decref(book);
}

/* What an entry or a reader's record says, where Vietnamese is spoken. */
static void test_vietnamese(void **state)
{
	json_t *record = json_loads("{\"band\":\"adult\",\"partial\":false,\"locked\":"
				    "[\"name\",\"telephone\"],\"name\":\"adult\","
				    "\"card\":{\"ns\":0,\"code\":\"media\"}}",
				    0, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(record);
	assert_non_null(out);
	ph_speak(PH_SPEAK_VIETNAMESE);
	ph_entry_words_put(out, record);
	ph_speak(PH_SPEAK_ENGLISH);
	fclose(out);
	assert_string_equal(text, "lứa tuổi người lớn, chưa đủ không, bị khóa tên điện "
				  "thoại, tên adult, thẻ media");
	free(text);
	json_decref(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_vietnamese),
	};

	return cmocka_run_group_tests_name("story_sheet", tests, NULL, NULL);
}
