/*
 * tests/unit/test_failing_sheet.c - memory fails once at each place while a table becomes a
 * sheet, a book becomes CSV or a workbook, a report becomes a book or a page.
 *
 * What comes of it is refused as lack of memory, or whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fail_at.h"

#include "common/base/json_memory.h"
#include "common/cli/sheet.h"
#include "common/cli/table.h"
#include "common/xlsx/book.h"
#include "daemon/report_book.h"
#include "daemon/report_page.h"

static const char report_text[] =
	"{\"report\":\"M2\",\"title\":{\"en\":\"working\",\"vi\":\"phối hợp\"},"
	"\"period\":{\"name\":\"2026-Q3\",\"from\":\"2026-07-01\",\"to\":\"2026-09-30\"},"
	"\"rule\":{\"name\":\"1-of-4\",\"version\":2,\"en\":\"one\",\"vi\":\"một\"},"
	"\"columns\":[{\"name\":\"kind\",\"en\":\"kind\",\"vi\":\"loại\",\"type\":"
	"\"text\"},"
	"{\"name\":\"turns\",\"en\":\"turns\",\"vi\":\"lượt\",\"type\":\"count\"}],"
	"\"rows\":[[\"van\",7],[null,{\"below\":5}]],\"total\":[null,12],"
	"\"numerator\":1,\"denominator\":2,\"value\":5000,\"targets\":{\"2026\":1500},"
	"\"trend\":[{\"period\":\"2026-Q2\",\"value\":null}],"
	"\"complete\":{\"communes\":1,\"of\":2,\"up_to\":null,\"missing\":["
	"{\"code\":\"03646\",\"name\":\"A\"}]},\"suppressed\":1,"
	"\"revised\":[{\"what\":\"numerator\",\"printed\":0,\"now\":1},{\"row\":[\"van\"]"
	",\"column\":\"turns\",\"printed\":6,\"now\":7}]}";
static json_t *report, *book;

/* Something that ends in bytes. 0 or a negative errno. */
typedef int make_fn(struct ph_buf *out);

static int make_table(struct ph_buf *out)
{
	static const char *const headings[] = { "A", "B" };
	struct ph_table *table = NULL;
	json_t *made;
	int rc = ph_sheet_collect("x");

	if (rc == 0) {
		table = ph_table_new(headings, 2, false);
		for (int i = 0; i < 40; i++) {
			ph_table_cell(table, i == 3 ? "\xff" : "=1");
			ph_table_number(table, i);
		}
		rc = ph_table_print(table, stdout);
		ph_table_free(table);
	}
	made = ph_sheet_take();
	rc = rc != 0 ? rc : made ? ph_sheet_csv(made, out) : -ENOMEM;
	json_decref(made);
	return rc;
}

static int book_of(struct ph_buf *out, bool bare)
{
	json_t *made;
	char *text;
	int rc = ph_sheet_collect("x");

	rc = rc != 0 ? rc : ph_report_book(report, bare);
	made = ph_sheet_take();
	text = rc == 0 ? json_dumps(made, JSON_COMPACT) : NULL;
	rc = rc != 0 ? rc : text ? ph_buf_put(out, text, strlen(text)) : -ENOMEM;
	free(text);
	json_decref(made);
	return rc;
}

static int make_book(struct ph_buf *out)
{
	return book_of(out, false);
}

static int make_bare_book(struct ph_buf *out)
{
	return book_of(out, true);
}

static int make_page(struct ph_buf *out)
{
	json_t *reports = json_pack("[O]", report);
	int rc = reports ? ph_report_page(&(struct ph_report_page){ .agency = "A",
								    .unit = "B",
								    .place = "C",
								    .day = "2026-11-29",
								    .reports = reports },
					  out)
			 : -ENOMEM;

	json_decref(reports);
	return rc;
}

static int make_workbook(struct ph_buf *out)
{
	struct ph_error err = { 0 };
	struct ph_book_cut cut;
	int rc = ph_book_make(book, out, &cut, &err);

	assert_true((rc == 0) == (err.text[0] == '\0'));
	return rc;
}

/* A workbook has the hour in it: only that it is one, and of about that size, is looked at. */
static bool is_whole(const struct ph_buf *made, const struct ph_buf *whole, bool exact)
{
	return exact ? ph_view_equal(ph_buf_view(made), ph_buf_view(whole))
		     : made->len + 64 > whole->len && made->len < whole->len + 64 &&
			       memcmp(made->data, "PK\3\4", 4) == 0;
}

static void try_all(make_fn *make, bool exact, uint64_t ways)
{
	struct ph_buf whole = { 0 };
	bool hit = true;

	assert_int_equal(make(&whole), 0);
	failing_again();
	while (hit) {
		uint64_t shortages = ph_json_shortages();
		struct ph_buf out = { 0 };
		int rc;

		failing_arm();
		rc = make(&out);
		hit = failing_disarm();
		/* export.c asks jansson's memory by itself */
		if (rc == 0 && ph_json_shortages() != shortages) {
			rc = -ENOMEM;
		}
		if ((rc != 0 && (rc != -ENOMEM || !hit)) ||
		    (rc == 0 && !is_whole(&out, &whole, exact))) {
			failing_show();
			fail_msg("%d, %zu bytes of %zu", rc, out.len, whole.len);
		}
		ph_buf_deinit(&out);
	}
	print_message("# %llu ways\n", (unsigned long long)failing.ways);
	assert_true(failing.ways >= ways);
	ph_buf_deinit(&whole);
}

static void test_table(void **state)
{
	(void)state;
	try_all(make_table, true, 10);
}

static void test_book(void **state)
{
	(void)state;
	try_all(make_book, true, 50);
	try_all(make_bare_book, true, 50);
}

static void test_page(void **state)
{
	(void)state;
	try_all(make_page, true, 1);
}

static void test_workbook(void **state)
{
	(void)state;
	try_all(make_workbook, false, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_book),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_workbook),
	};
	int rc;

	failing_start();
	ph_json_watch();
	report = json_loads(report_text, 0, NULL);
	book = json_loads(
		"{\"sheets\":[{\"name\":\"a\",\"head\":[\"h\"],\"columns\":["
		"{\"title\":\"t\",\"type\":\"percent\"}],\"rows\":[[5],[\"x\"]],"
		"\"total\":[7]},{\"name\":\"A\",\"columns\":[],\"rows\":[]}]}",
		0, NULL);
	assert_non_null(report);
	assert_non_null(book);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(report);
	json_decref(book);
	return rc;
}
