/*
 * tests/unit/test_indicator_table.c - the table of the rows against docs/REPORTS.md;
 * periods; per cent; a sheet against what was printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"

/* --- the page --- */

static void add_text(char *out, size_t size, const char *text)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s", text);
}

static void spell_row(const struct ph_indicator *row, char *out, size_t size)
{
	out[0] = '\0';
	snprintf(out, size, "| %s | %s | %s | ", row->code, row->en, row->vi);
	for (size_t i = 0; i < row->n_bys; i++) {
		add_text(out, size, i > 0 ? ", " : "");
		add_text(out, size, ph_by_name(row->bys[i]));
	}
	add_text(out, size, " | ");
	for (size_t i = 0; i < row->n_columns; i++) {
		add_text(out, size, i > 0 ? ", " : "");
		add_text(out, size, row->columns[i].name);
	}
	add_text(out, size, " |\n");
}

static void test_page(void **state)
{
	const char *source = getenv("PACKHORSE_SOURCE");
	char path[1024], line[2000], row[2000];
	size_t i = 0;
	bool in_rows = false;
	FILE *page;

	(void)state;
	snprintf(path, sizeof(path), "%s/docs/REPORTS.md", source ? source : ".");
	page = fopen(path, "r");
	assert_non_null(page);
	while (fgets(line, sizeof(line), page)) {
		if (strncmp(line, "<!-- rows:", 10) == 0) {
			in_rows = true;
			assert_non_null(fgets(line, sizeof(line), page)); /* headings */
			assert_non_null(fgets(line, sizeof(line), page));
			continue;
		}
		if (strncmp(line, "<!-- end of rows", 16) == 0) {
			in_rows = false;
		}
		if (in_rows) {
			assert_true(i < ph_indicators_count);
			spell_row(&ph_indicators[i++], row, sizeof(row));
			assert_string_equal(line, row);
		}
	}
	fclose(page);
	assert_int_equal(i, ph_indicators_count);
}

static void test_table(void **state)
{
	enum ph_by by;

	(void)state;
	for (size_t i = 0; i < ph_indicators_count; i++) {
		const struct ph_indicator *row = &ph_indicators[i];

		assert_ptr_equal(ph_indicator_find(row->code), row);
		assert_true(row->n_bys > 0 && row->n_bys <= PH_ROW_BYS_MAX);
		assert_true(row->n_columns > 0 && row->n_columns <= PH_COLUMNS_MAX);
		for (size_t k = 0; k < row->n_bys; k++) {
			assert_true(ph_indicator_by(row, ph_by_name(row->bys[k]), &by));
			assert_int_equal(by, row->bys[k]);
		}
		assert_false(ph_indicator_by(row, "colour", &by));
	}
	assert_null(ph_indicator_find("M5"));
	assert_null(ph_indicator_find(""));
}

/* --- periods --- */

static const struct {
	const char *text, *name, *from, *to; /* no name: it is none */
} periods[] = {
	{ "2026", "2026", "2026-01-01", "2026-12-31" },
	{ "2026-Q1", "2026-Q1", "2026-01-01", "2026-03-31" },
	{ "2026-q4", "2026-Q4", "2026-10-01", "2026-12-31" },
	{ "2028-02", "2028-02", "2028-02-01", "2028-02-29" },
	{ "2026-12", "2026-12", "2026-12-01", "2026-12-31" },
	{ "2000", "2000", "2000-01-01", "2000-12-31" },
	{ "2999-12", "2999-12", "2999-12-01", "2999-12-31" },
	{ "1999", NULL, NULL, NULL },
	{ "3000", NULL, NULL, NULL },
	{ "26", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL },
	{ "2026-", NULL, NULL, NULL },
	{ "2026-0", NULL, NULL, NULL },
	{ "2026-1", NULL, NULL, NULL },
	{ "2026-00", NULL, NULL, NULL },
	{ "2026-13", NULL, NULL, NULL },
	{ "2026-Q0", NULL, NULL, NULL },
	{ "2026-Q5", NULL, NULL, NULL },
	{ "2026-Q12", NULL, NULL, NULL },
	{ "2026-QQ", NULL, NULL, NULL },
	{ "2026-09-01", NULL, NULL, NULL },
	{ " 2026", NULL, NULL, NULL },
	{ "2026 ", NULL, NULL, NULL },
	{ "+026", NULL, NULL, NULL },
	{ "20260", NULL, NULL, NULL },
};

static void test_periods(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		struct ph_period period = { 0 };
		char name[PH_PERIOD_TEXT], day[PH_TIME_TEXT];
		int rc = ph_period_parse(periods[i].text, &period);

		if (periods[i].name == NULL) {
			if (rc == 0) {
				fail_msg("\"%s\" is taken for a period", periods[i].text);
			}
			continue;
		}
		assert_int_equal(rc, 0);
		ph_period_name(name, &period);
		assert_string_equal(name, periods[i].name);
		ph_day_text(day, period.from);
		assert_string_equal(day, periods[i].from);
		ph_day_text(day, period.to);
		assert_string_equal(day, periods[i].to);
	}
}

/* Periods follow each other without a day between, and end in 2000. */
static void test_before(void **state)
{
	static const char *const texts[] = { "2026", "2026-Q2", "2026-01" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ph_period period, before, last;
		int64_t back = 1;

		assert_int_equal(ph_period_parse(texts[i], &period), 0);
		for (last = period; ph_period_before(&period, back, &before); back++) {
			assert_int_equal(before.to + 1, last.from);
			last = before;
		}
		assert_int_equal(last.from, 10957); /* 2000-01-01 */
	}
}

static void test_percent(void **state)
{
	static const struct {
		int64_t n, d, value;
	} cases[] = {
		{ 1, 3, 3333 },
		{ 2, 3, 6667 },
		{ 1, 8, 1250 },
		{ 0, 7, 0 },
		{ 75, 75, 10000 },
		{ 1, 20000, 1 },
		{ 1, 20001, 0 },
		{ -1, 3, -3333 },
		{ -2, 3, -6667 },
		{ -1, 20000, -1 },
		{ 900, 3, 3000000 },
		{ INT64_C(100000000000000), INT64_C(100000000000000), 10000 },
	};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(ph_reckon_percent(cases[i].n, cases[i].d, &value));
		assert_int_equal(value, cases[i].value);
	}
	assert_false(ph_reckon_percent(5, 0, &value));
}

/* --- what is revised --- */

static json_t *sheet_of(const char *rows, const char *total)
{
	char text[600];
	json_t *sheet;

	snprintf(text, sizeof(text),
		 "{\"report\":\"visits\",\"by\":\"commune\",\"columns\":[{\"name\":"
		 "\"commune\"},"
		 "{\"name\":\"name\"},{\"name\":\"visits\"},{\"name\":\"women\"}],"
		 "\"rows\":[%s],\"total\":[null,null,%s]}",
		 rows, total);
	sheet = json_loads(text, 0, NULL);
	assert_non_null(sheet);
	return sheet;
}

/* Takes LIST. */
static void assert_list(json_t *list, const char *expected)
{
	json_t *wanted = json_loads(expected, 0, NULL);
	char *text = json_dumps(list, JSON_COMPACT);

	assert_non_null(wanted);
	if (!json_equal(list, wanted)) {
		fail_msg("%s, expected %s", text, expected);
	}
	free(text);
	json_decref(wanted);
	json_decref(list);
}

static void assert_revised(const char *was, const char *was_total, const char *is,
			   const char *is_total, const char *expected)
{
	json_t *printed = sheet_of(was, was_total), *now = sheet_of(is, is_total);
	json_t *list = ph_indicator_revised(printed, now);

	assert_list(list, expected);
	json_decref(printed);
	json_decref(now);
}

static void test_revised(void **state)
{
	(void)state;
	assert_revised("[\"1\",\"a\",5,2]", "5,2", "[\"1\",\"b\",5,2]", "5,2", "[]");
	assert_revised("[\"1\",\"a\",5,2]", "5,2", "[\"1\",\"a\",6,2]", "6,2",
		       "[{\"row\":[\"1\",\"a\"],\"column\":\"visits\",\"printed\":5,"
		       "\"now\":6},{\"row\":null,\"column\":\"visits\",\"printed\":5,"
		       "\"now\":6}]");
	/* a line that is new, and one that is gone; nothing is no difference */
	assert_revised("[\"1\",\"a\",5,0]", "5,0", "[\"2\",\"b\",5,0]", "5,0",
		       "[{\"row\":[\"2\",\"b\"],\"column\":\"visits\",\"printed\":null,"
		       "\"now\":5},{\"row\":[\"1\",\"a\"],\"column\":\"visits\","
		       "\"printed\":5,\"now\":null}]");
	/* the line of no commune is a line; what is hidden compares as it stands */
	assert_revised("[null,null,5,{\"below\":5}]", "5,null",
		       "[null,null,5,{\"below\":5}]", "5,null", "[]");
	assert_revised("[null,null,5,{\"below\":5}]", "5,null", "[null,null,9,6]", "9,6",
		       "[{\"row\":[null,null],\"column\":\"visits\",\"printed\":5,"
		       "\"now\":9},{\"row\":[null,null],\"parts\":true},{\"row\":null,"
		       "\"column\":\"visits\",\"printed\":5,\"now\":9},{\"row\":null,"
		       "\"parts\":true}]");
	/* the totals hide something: nor is a part of a line listed that is told */
	assert_revised("[\"1\",\"a\",9,6],[\"2\",\"b\",5,null]", "14,null",
		       "[\"1\",\"a\",10,7],[\"2\",\"b\",5,null]", "15,null",
		       "[{\"row\":[\"1\",\"a\"],\"column\":\"visits\",\"printed\":9,"
		       "\"now\":10},{\"row\":[\"1\",\"a\"],\"parts\":true},{\"row\":null,"
		       "\"column\":\"visits\",\"printed\":14,\"now\":15}]");
}

/* --- what was hidden when it was printed --- */

static json_t *loaded(const char *head, const char *rows)
{
	char text[900];
	json_t *json;

	snprintf(text, sizeof(text), "%s%s}", head, rows);
	json = json_loads(text, JSON_DECODE_ANY, NULL);
	assert_non_null(json);
	return json;
}

/* The lines (the totals last) of two sheets; what is told of the second now, what is listed. */
static void assert_withheld(const char *head, const char *was, const char *is,
			    const char *told, int suppressed, const char *expected)
{
	json_t *printed = loaded(head, was), *now = loaded(head, is);
	json_t *wanted = loaded(head, told);

	assert_int_equal(
		json_object_set_new(wanted, "suppressed", json_integer(suppressed)), 0);
	assert_int_equal(ph_indicator_withhold(printed, now), 0);
	if (!json_equal(now, wanted)) {
		json_dumpf(now, stderr, 0);
		fail();
	}
	assert_list(ph_indicator_revised(printed, now), expected);
	json_decref(wanted);
	json_decref(now);
	json_decref(printed);
}

#define SHEET_BY_COMMUNE                                                                 \
	"{\"report\":\"visits\",\"by\":\"commune\",\"columns\":[{\"name\":\"commune\"}," \
	"{\"name\":\"name\"},{\"name\":\"visits\"},{\"name\":\"women\"},{\"name\":"      \
	"\"child\"},{\"name\":\"youth\"},{\"name\":\"adult\"},{\"name\":\"elder\"}],"
#define SHEET_BY_BAND                                                                    \
	"{\"report\":\"visits\",\"by\":\"band\",\"columns\":[{\"name\":\"band\"},"       \
	"{\"name\":\"visits\"}],"

/*
 * 3 adults and 7 children came, and a sheet was printed; then an elder is typed in. Of what
 * was printed (child –, elder 0) and what would be told now (child 7, elder < 5) all follow.
 */
static void test_withheld(void **state)
{
	(void)state;
	assert_withheld(SHEET_BY_COMMUNE,
			"\"rows\":[[\"1\",\"a\",10,0,null,0,{\"below\":5},0]],"
			"\"total\":[null,null,10,0,null,0,{\"below\":5},0]",
			"\"rows\":[[\"1\",\"a\",11,0,7,0,{\"below\":5},{\"below\":5}]],"
			"\"total\":[null,null,11,0,7,0,{\"below\":5},{\"below\":5}]",
			"\"rows\":[[\"1\",\"a\",11,null,null,null,null,null]],"
			"\"total\":[null,null,11,null,null,null,null,null]",
			5,
			"[{\"row\":[\"1\",\"a\"],\"column\":\"visits\",\"printed\":10,"
			"\"now\":11},"
			"{\"row\":[\"1\",\"a\"],\"parts\":true},"
			"{\"row\":null,\"column\":\"visits\",\"printed\":10,\"now\":11},"
			"{\"row\":null,\"parts\":true}]");
	/* by band no line may say which of them it is; the total is of all who came */
	assert_withheld(
		SHEET_BY_BAND,
		"\"rows\":[[\"child\",null],[\"youth\",0],[\"adult\",{\"below\":5}],"
		"[\"elder\",0]],\"total\":[null,10]",
		"\"rows\":[[\"child\",7],[\"youth\",0],[\"adult\",{\"below\":5}],"
		"[\"elder\",{\"below\":5}]],\"total\":[null,11]",
		"\"rows\":[[\"child\",null],[\"youth\",null],[\"adult\",null],"
		"[\"elder\",null]],\"total\":[null,11]",
		4,
		"[{\"row\":null,\"column\":\"visits\",\"printed\":10,\"now\":11},"
		"{\"row\":null,\"parts\":true}]");
}

/* What is as it was is told as it was; where nothing was hidden all is told. */
static void test_not_withheld(void **state)
{
	static const char hides[] =
		"\"rows\":[[\"1\",\"a\",10,0,null,0,{\"below\":5},0]],"
		"\"total\":[null,null,10,0,null,0,{\"below\":5},0]";
	static const char hides_one[] =
		"\"rows\":[[\"1\",\"a\",10,0,null,0,{\"below\":5},0],"
		"[\"2\",\"b\",9,0,9,0,0,0]],"
		"\"total\":[null,null,19,0,null,0,{\"below\":5},0]";

	(void)state;
	assert_withheld(SHEET_BY_COMMUNE, hides, hides, hides, 2, "[]");
	assert_withheld(SHEET_BY_COMMUNE, hides_one,
			"\"rows\":[[\"1\",\"a\",10,0,null,0,{\"below\":5},0],"
			"[\"2\",\"b\",9,9,9,0,0,0]],"
			"\"total\":[null,null,19,9,null,0,{\"below\":5},0]",
			"\"rows\":[[\"1\",\"a\",10,0,null,0,{\"below\":5},0],"
			"[\"2\",\"b\",9,9,9,0,0,0]],"
			"\"total\":[null,null,19,null,null,null,null,null]",
			2,
			"[{\"row\":[\"2\",\"b\"],\"parts\":true},"
			"{\"row\":null,\"parts\":true}]");
	assert_withheld(SHEET_BY_COMMUNE,
			"\"rows\":[[\"1\",\"a\",9,0,9,0,0,0]],"
			"\"total\":[null,null,9,0,9,0,0,0]",
			"\"rows\":[[\"1\",\"a\",10,0,10,0,0,0]],"
			"\"total\":[null,null,10,0,10,0,0,0]",
			"\"rows\":[[\"1\",\"a\",10,0,10,0,0,0]],"
			"\"total\":[null,null,10,0,10,0,0,0]",
			0,
			"[{\"row\":[\"1\",\"a\"],\"column\":\"visits\",\"printed\":9,"
			"\"now\":10},{\"row\":[\"1\",\"a\"],\"column\":\"child\","
			"\"printed\":9,\"now\":10},{\"row\":null,\"column\":\"visits\","
			"\"printed\":9,\"now\":10},{\"row\":null,\"column\":\"child\","
			"\"printed\":9,\"now\":10}]");
}

/* Of two sheets without a line; TEXT is the rest of them. */
static void assert_restated(const char *was, const char *is, const char *expected)
{
	char text[2][400];
	json_t *sheet[2];

	snprintf(text[0], sizeof(text[0]), "{\"by\":\"commune\",\"columns\":[],%s}", was);
	snprintf(text[1], sizeof(text[1]), "{\"by\":\"commune\",\"columns\":[],%s}", is);
	for (size_t i = 0; i < 2; i++) {
		sheet[i] = json_loads(text[i], 0, NULL);
		assert_non_null(sheet[i]);
	}
	assert_list(ph_indicator_revised(sheet[0], sheet[1]), expected);
	json_decref(sheet[0]);
	json_decref(sheet[1]);
}

/* The rule, what it makes of the figures, and what they are held against. */
static void test_restated(void **state)
{
	static const char whole[] =
		"\"rule\":{\"name\":\"units\",\"version\":1,\"en\":\"a\"},\"numerator\":"
		"3,"
		"\"denominator\":75,\"value\":400,\"mean\":7,\"targets\":{\"2026\":1500}";

	(void)state;
	assert_restated(whole, whole, "[]");
	/* other words for the same rule are no other rule */
	assert_restated("\"rule\":{\"name\":\"units\",\"version\":1,\"en\":\"a\"}",
			"\"rule\":{\"name\":\"units\",\"version\":1,\"en\":\"b\"}", "[]");
	assert_restated(
		"\"rule\":{\"name\":\"units\",\"version\":1}",
		"\"rule\":{\"name\":\"xa\",\"version\":1}",
		"[{\"what\":\"rule\",\"printed\":{\"name\":\"units\",\"version\":1},"
		"\"now\":{\"name\":\"xa\",\"version\":1}}]");
	assert_restated(
		"\"rule\":{\"name\":\"units\",\"version\":1}",
		"\"rule\":{\"name\":\"units\",\"version\":2}",
		"[{\"what\":\"rule\",\"printed\":{\"name\":\"units\",\"version\":1},"
		"\"now\":{\"name\":\"units\",\"version\":2}}]");
	assert_restated("\"numerator\":3,\"denominator\":75,\"mean\":null",
			"\"numerator\":4,\"denominator\":67,\"mean\":-5",
			"[{\"what\":\"numerator\",\"printed\":3,\"now\":4},"
			"{\"what\":\"denominator\",\"printed\":75,\"now\":67},"
			"{\"what\":\"mean\",\"printed\":null,\"now\":-5}]");
	/* one changed, one new, one gone */
	assert_restated(
		"\"targets\":{\"2026\":1500,\"2030\":5000,\"2045\":9000}",
		"\"targets\":{\"2026\":2000,\"2045\":9000,\"2050\":9500}",
		"[{\"what\":\"target\",\"year\":\"2026\",\"printed\":1500,\"now\":2000},"
		"{\"what\":\"target\",\"year\":\"2030\",\"printed\":5000,\"now\":null},"
		"{\"what\":\"target\",\"year\":\"2050\",\"printed\":null,\"now\":9500}]");
	/* of what an earlier program did not print nothing is said */
	assert_restated("\"suppressed\":0", whole, "[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),         cmocka_unit_test(test_table),
		cmocka_unit_test(test_periods),      cmocka_unit_test(test_before),
		cmocka_unit_test(test_percent),      cmocka_unit_test(test_revised),
		cmocka_unit_test(test_restated),     cmocka_unit_test(test_withheld),
		cmocka_unit_test(test_not_withheld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
