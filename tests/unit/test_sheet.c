/*
 * tests/unit/test_sheet.c - sheets as CSV, what a spreadsheet could take for a formula, and
 * tables that are collected instead of printed.
 */
#include "tests/unit/capture.h"

#include "common/base/bytes.h"
#include "common/cli/out.h"
#include "common/cli/rows.h"
#include "common/cli/sheet.h"

#define BOM "\xef\xbb\xbf"

static json_t *load(const char *text)
{
	json_error_t where;
	json_t *json = json_loads(text, 0, &where);

	if (!json) {
		fail_msg("%s: %s", text, where.text);
	}
	return json;
}

static void check_csv(const char *book, const char *csv)
{
	struct ph_buf out = { 0 };
	json_t *json = load(book);

	assert_int_equal(ph_sheet_csv(json, &out), 0);
	assert_int_equal(ph_buf_put_u8(&out, '\0'), 0);
	assert_string_equal((const char *)out.data, csv);
	json_decref(json);
	ph_buf_deinit(&out);
}

static void test_csv(void **state)
{
	(void)state;
	check_csv("{\"sheets\":[]}", BOM);
	check_csv("{\"sheets\":[{\"columns\":[{\"title\":\"XÃ\"},{\"title\":\"n\"}],"
		  "\"rows\":[]}]}",
		  BOM "\"XÃ\",\"n\"\r\n");
	check_csv(
		"{\"sheets\":[{\"columns\":[{\"title\":\"=a\"}],"
		"\"rows\":[[\"000123\"],[\"\"],[7],[-7],[null],[{\"below\":5}],[\"a\\\"b,"
		"c\\nd\"]],"
		"\"total\":[\"Cộng\"]}]}",
		BOM "\"'=a\"\r\n\"000123\"\r\n\"\"\r\n7\r\n-7\r\n\"\"\r\n\"<"
		    "5\"\r\n\"a\"\"b,c\nd\"\r\n"
		    "\"Cộng\"\r\n");
	check_csv(
		"{\"sheets\":[{\"columns\":[{\"title\":\"p\",\"type\":\"percent\"},"
		"{\"title\":\"d\",\"type\":\"day\"},{\"title\":\"m\",\"type\":\"money\"}]"
		","
		"\"rows\":[[2550,\"2026-09-30\",45000],[-5,\"-1\",0],[10000,\"x\",1]]}]}",
		BOM "\"p\",\"d\",\"m\"\r\n25.50%,2026-09-30,45000\r\n"
		    "-0.05%,\"'-1\",0\r\n100.00%,\"x\",1\r\n");
	check_csv("{\"sheets\":[{\"columns\":[{\"title\":\"a\"}],\"rows\":[[1]]},"
		  "{\"columns\":[{\"title\":\"b\"}],\"rows\":[[2]]}]}",
		  BOM "\"a\"\r\n1\r\n\r\n\"b\"\r\n2\r\n");
}

static void test_risky(void **state)
{
	static const char *const risky[] = {
		"=1",       "+1",       "-1",       "@x",     "\tx",
		"\rx",      "\nx",      " =1",      "  \t=",  "'=1",
		"'' -",     "＝1",      "　＋1",    "－",     "\u00a0＠",
		"\u200b=1", "\u202e+1", "\ufeff=1", "\x01=1", "\u2028-1",
	};
	static const char *const harmless[] = { "",     "a=1",   "000123", "'",
						"''a",  " a",    "Đ-1",    "(=1)",
						"\xff", "\xff=", "ꪀ=1",    "\u2212",
						"1-2" };

	(void)state;
	for (size_t i = 0; i < sizeof(risky) / sizeof(risky[0]); i++) {
		if (!ph_sheet_is_risky(risky[i])) {
			fail_msg("risky %zu: \"%s\"", i, risky[i]);
		}
	}
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		if (ph_sheet_is_risky(harmless[i])) {
			fail_msg("harmless %zu: \"%s\"", i, harmless[i]);
		}
	}
}

/* Whatever a text is, what is read back is that text: docs/EXPORTS.md, "Formulas". */
static void test_back(void **state)
{
	static const char *const pieces[] = { "'", "=",  " ",  "+",
					      "a", "＝", "\t", "\u00a0" };
	const size_t n = sizeof(pieces) / sizeof(pieces[0]);

	(void)state;
	for (size_t i = 0; i < n * n * n * n; i++) {
		char text[32] = "";
		char made[40];

		for (size_t rest = i, k = 0; k < 4; k++, rest /= n) {
			strcat(text, pieces[rest % n]);
		}
		snprintf(made, sizeof(made), "%s%s", ph_sheet_is_risky(text) ? "'" : "",
			 text);
		/* nothing that a spreadsheet runs, and the way back */
		assert_false(strchr("=+-@\t\r\n", made[0]) && made[0]);
		assert_string_equal(made + (made[0] == '\'' && ph_sheet_is_risky(made)),
				    text);
	}
}

/* --- tables --- */

static void fill(struct ph_table *table)
{
	ph_table_cell(table, "=1\n2");
	ph_table_number(table, -5);
	ph_table_cell(table, "000123");
	ph_table_cellf(table, "%d", 7);
	ph_table_cell(table, "no \xff UTF-8");
	ph_table_number(table, INT64_MIN);
}

static const char *const headings[] = { "TEXT", "N" };

static void test_collected(void **state)
{
	struct ph_table *table;
	struct capture capture;
	json_t *book, *want;

	(void)state;
	assert_false(ph_sheet_is_wanted());
	assert_int_equal(ph_sheet_collect("list"), 0);
	assert_true(ph_sheet_is_wanted());
	table = ph_table_new(headings, 2, false);
	fill(table);
	capture_start(&capture, NULL);
	assert_int_equal(ph_table_print(table, stdout), 0);
	capture_end(&capture);
	assert_string_equal(capture.text[0], "");
	ph_table_free(table);
	book = ph_sheet_take();
	assert_false(ph_sheet_is_wanted());
	want = load("{\"sheets\":[{\"name\":\"list\",\"columns\":[{\"title\":\"TEXT\"},"
		    "{\"title\":\"N\"}],\"rows\":[[\"=1\\n2\",-5],[\"000123\",\"7\"],"
		    "[\"no ? UTF-8\",-9223372036854775808]]}]}");
	assert_true(json_equal(book, want));
	json_decref(want);
	json_decref(book);
	assert_null(ph_sheet_take());
}

/* The same table for people, and for scripts. */
static void test_printed(void **state)
{
	struct ph_table *table = ph_table_new(headings, 2, true);
	struct capture capture;

	(void)state;
	fill(table);
	capture_start(&capture, NULL);
	assert_int_equal(ph_table_print(table, stdout), 0);
	capture_end(&capture);
	assert_string_equal(capture.text[0], "=1?2\t-5\n000123\t7\nno ? "
					     "UTF-8\t-9223372036854775808\n");
	ph_table_free(table);
}

static void test_rows(void **state)
{
	static const struct ph_column columns[] = { { "SITE", "ĐIỂM", "name|site" },
						    { "N", "SỐ", "n" },
						    { "COPY", "SÁCH", "copy" } };
	json_t *rows = load(
		"[{\"site\":140371,\"n\":3,\"copy\":{\"ns\":140371,\"code\":\"007\"}},"
		"{\"site\":140371,\"n\":4,\"copy\":{\"ns\":140900,\"code\":\"007\"}},"
		"{\"site\":0,\"n\":5,\"copy\":{\"ns\":140371,\"code\":\"007\"}},"
		"{\"name\":\"12\",\"n\":null}]");
	json_t *book, *want;

	(void)state;
	assert_int_equal(ph_sheet_collect("x"), 0);
	assert_int_equal(ph_rows_print(rows, columns, 3, false), 0);
	book = ph_sheet_take();
	/* whose a code is that is not the line's own site's */
	want = load("[[140371,3,\"007\"],[140371,4,\"140900:007\"],"
		    "[0,5,\"140371:007\"],[\"12\",\"\",\"\"]]");
	assert_true(json_equal(
		json_object_get(json_array_get(json_object_get(book, "sheets"), 0),
				"rows"),
		want));
	json_decref(want);
	json_decref(book);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),     cmocka_unit_test(test_risky),
		cmocka_unit_test(test_back),    cmocka_unit_test(test_collected),
		cmocka_unit_test(test_printed), cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
