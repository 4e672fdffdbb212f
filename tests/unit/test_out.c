/*
 * tests/unit/test_out.c - tables that line up whatever the letters, text that a terminal
 * may be given, numbers and spans in both languages.
 */
#include "tests/unit/capture.h"

#include <signal.h>

#include "common/base/error.h"
#include "common/cli/out.h"

#define NFC_NAME "Thư viện Tô Hiệu" /* 16 columns */
#define NFD_NAME                                                                         \
	"Thu\xcc\x9b vie\xcc\xa3\xcc\x82n To\xcc\x82 Hie\xcc\xa3\xcc\x82u" /* the same */
#define WIDE_NAME "図書館"                                                 /* 6 columns */

static void set_language(const char *lc_all, const char *lc_messages, const char *lang)
{
	const char *const values[] = { lc_all, lc_messages, lang };
	const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (int i = 0; i < 3; i++) {
		if (values[i]) {
			setenv(names[i], values[i], 1);
		} else {
			unsetenv(names[i]);
		}
	}
}

/* --- text --- */

static void test_width(void **state)
{
	static const struct {
		const char *text;
		unsigned width;
	} cases[] = {
		{ "", 0 },          { "abc", 3 },          { NFC_NAME, 16 },
		{ NFD_NAME, 16 },   { WIDE_NAME, 6 },      { "Đ đ", 3 },
		{ "a\xff", 2 },     { "\xe1\xbb", 2 },     { "\xf0\x9f\x93\x9a", 2 },
		{ "e\xcc\x81", 1 }, { "\xe2\x80\x8b", 0 }, /* ZERO WIDTH SPACE */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned width = ph_text_width(cases[i].text);

		if (width != cases[i].width) {
			fail_msg("\"%s\": %u", cases[i].text, width);
		}
	}
}

static void test_safe(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		size_t len;
		const char *safe;
	} cases[] = {
		{ "plain", "abc", 3, "abc" },
		{ "Vietnamese", NFC_NAME, sizeof(NFC_NAME) - 1, NFC_NAME },
		{ "NFD", NFD_NAME, sizeof(NFD_NAME) - 1, NFD_NAME },
		{ "wide", WIDE_NAME, sizeof(WIDE_NAME) - 1, WIDE_NAME },
		{ "escape", "\x1b[2J", 4, "?[2J" },
		{ "tab and newline", "a\tb\r\n", 5, "a?b??" },
		{ "zero", "a\0b", 3, "a?b" },
		{ "delete", "a\x7f", 2, "a?" },
		{ "CSI of one byte",
		  "\xc2\x9b"
		  "2J",
		  4, "?2J" },
		{ "last of C1", "\xc2\x9f", 2, "?" },
		{ "first behind C1", "\xc2\xa0", 2, "\xc2\xa0" },
		{ "line separator",
		  "a\xe2\x80\xa8"
		  "b",
		  5, "a?b" },
		{ "paragraph separator", "\xe2\x80\xa9", 3, "?" },
		{ "right to left override", "a\u202e=1", 6, "a?=1" },
		{ "all that turn",
		  "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069",
		  32, "???????????" },
		{ "what stands beside them", "\u200d\u2010\u2029\u202f\u2065\u206a", 18,
		  "\u200d\u2010?\u202f\u2065\u206a" },
		{ "raw C1 byte",
		  "\x9b"
		  "2J",
		  3, "?2J" },
		{ "not UTF-8",
		  "a\xff\xfe"
		  "b",
		  4, "a??b" },
		{ "lead byte, then a letter",
		  "\xc2"
		  "A",
		  2, "?A" },
		{ "lead byte at the end", "a\xc2", 2, "a?" },
		{ "torn letter", "a\xe1\xbb", 3, "a??" },
		{ "overlong", "\xc0\x9b", 2, "??" },
		{ "surrogate", "\xed\xa0\x80", 3, "???" },
		{ "shorter than it is", "abc\x1b", 2, "ab" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[64];

		ph_text_safe(out, sizeof(out), cases[i].text, cases[i].len);
		if (strcmp(out, cases[i].safe) != 0) {
			fail_msg("%s: \"%s\"", cases[i].name, out);
		}
	}
}

/* What does not fit is cut between two letters. */
static void test_how_many(void **state)
{
	(void)state;
	ph_speak(PH_SPEAK_ENGLISH);
	assert_string_equal(ph_say_n(0, "bundle", "bundles", "gói"), "bundles");
	assert_string_equal(ph_say_n(1, "bundle", "bundles", "gói"), "bundle");
	assert_string_equal(ph_say_n(2, "bundle", "bundles", "gói"), "bundles");
	ph_speak(PH_SPEAK_VIETNAMESE);
	assert_string_equal(ph_say_n(1, "bundle", "bundles", "gói"), "gói");
	ph_speak(PH_SPEAK_OWN);
	assert_int_equal(ph_speak_named("vi"), PH_SPEAK_VIETNAMESE);
	assert_int_equal(ph_speak_named("en"), PH_SPEAK_ENGLISH);
	assert_int_equal(ph_speak_named("vi_VN"), PH_SPEAK_OWN);
	assert_int_equal(ph_speak_named(""), PH_SPEAK_OWN);
	assert_int_equal(ph_speak_named(NULL), PH_SPEAK_OWN);
}

static void test_safe_cut(void **state)
{
	static const char *const cuts[] = { NULL, "", "a", "a", "a", "aệ", "aệb", "aệb" };
	char out[16];

	(void)state;
	for (size_t size = 1; size < sizeof(cuts) / sizeof(cuts[0]); size++) {
		memset(out, 'x', sizeof(out));
		ph_text_safe(out, size, "aệb", 5);
		assert_string_equal(out, cuts[size]);
		assert_int_equal(out[size], 'x');
	}
}

/* --- tables --- */

static char printed[4096];

static int print(const struct ph_table *table)
{
	FILE *out = fmemopen(memset(printed, 0, sizeof(printed)), sizeof(printed), "w");

	assert_non_null(out);

	int rc = ph_table_print(table, out);

	fclose(out);
	return rc;
}

static const char *const headings[] = { "code", "name", "n" };

static void fill(struct ph_table *table)
{
	assert_non_null(table);
	ph_table_cell(table, "14-0371");
	ph_table_cell(table, NFC_NAME);
	ph_table_cellf(table, "%d", 12);
	ph_table_cell(table, "14-2");
	ph_table_cell(table, NFD_NAME);
	ph_table_cellf(table, "%d", 3);
	ph_table_cell(table, "");
	ph_table_cell(table, WIDE_NAME);
	ph_table_cell(table, "");
}

static void test_table(void **state)
{
	struct ph_table *table = ph_table_new(headings, 3, false);

	(void)state;
	fill(table);
	assert_int_equal(print(table), 0);
	assert_string_equal(printed, "code     name              n\n"
				     "14-0371  " NFC_NAME "  12\n"
				     "14-2     " NFD_NAME "  3\n"
				     "         " WIDE_NAME "            \n");
	ph_table_free(table);
}

static void test_plain_table(void **state)
{
	struct ph_table *table = ph_table_new(headings, 3, true);

	(void)state;
	assert_int_equal(print(table), 0);
	assert_string_equal(printed, "");
	fill(table);
	assert_int_equal(print(table), 0);
	assert_string_equal(printed, "14-0371\t" NFC_NAME "\t12\n"
				     "14-2\t" NFD_NAME "\t3\n"
				     "\t" WIDE_NAME "\t\n");
	ph_table_free(table);
}

static void test_empty_table(void **state)
{
	struct ph_table *table = ph_table_new(headings, 3, false);

	(void)state;
	assert_int_equal(print(table), 0);
	assert_string_equal(printed, "code  name  n\n");
	ph_table_free(table);
	ph_table_free(NULL);
}

/* No cell can break its row, or paint the terminal. */
static void test_hostile_cells(void **state)
{
	static const char *const one[] = { "a", "b" };

	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		struct ph_table *table = ph_table_new(one, 2, plain != 0);

		assert_non_null(table);
		ph_table_cell(table, "x\ty\nz");
		ph_table_cellf(table, "%s",
			       "\x1b]0;t\x07\xc2\x9b"
			       "m");
		assert_int_equal(print(table), 0);
		assert_string_equal(printed, plain ? "x?y?z\t?]0;t??m\n"
						   : "a      b\nx?y?z  ?]0;t??m\n");
		ph_table_free(table);
	}
}

static void test_many_cells(void **state)
{
	struct ph_table *table = ph_table_new(headings, 3, true);
	char *text = NULL;
	size_t len = 0;
	size_t rows = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(table);
	assert_non_null(out);
	for (int i = 0; i < 3 * 1000; i++) {
		ph_table_cellf(table, "%d", i);
	}
	assert_int_equal(ph_table_print(table, out), 0);
	fclose(out);
	for (size_t i = 0; i < len; i++) {
		rows += text[i] == '\n';
	}
	assert_int_equal(rows, 1000);
	assert_int_equal(strncmp(text, "0\t1\t2\n3\t4\t5\n", 12), 0);
	assert_non_null(strstr(text, "\n2997\t2998\t2999\n"));
	free(text);
	ph_table_free(table);
}

/* A formatted cell is cut, never torn. */
static void test_long_cell(void **state)
{
	static const char *const one[] = { "a" };
	struct ph_table *table = ph_table_new(one, 1, true);
	char name[1200];

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(name); i += 3) {
		memcpy(name + i, "ệ", 4);
	}
	assert_non_null(table);
	ph_table_cellf(table, "%s", name);
	assert_int_equal(print(table), 0);
	assert_in_range(strlen(printed), 500, 513);
	for (const char *p = printed; *p && *p != '\n'; p += 3) {
		assert_memory_equal(p, "ệ", 3);
	}
	ph_table_free(table);
}

/* Lack of memory sticks: a table that could not be made takes cells, and says so in the end. */
static void test_no_table(void **state)
{
	(void)state;
	ph_table_cell(NULL, "a");
	ph_table_cellf(NULL, "%d", 1);
	assert_int_equal(print(NULL), -ENOMEM);
}

static void test_failing_stream(void **state)
{
	struct ph_table *table = ph_table_new(headings, 3, false);
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	fill(table);
	assert_int_equal(ph_table_print(table, out), PH_OUT_LOST);
	fclose(out);
	ph_table_free(table);
}

/* --- JSON --- */

static void test_json(void **state)
{
	static struct capture captured;

	(void)state;
	capture_start(&captured, NULL);

	int none = ph_out_json(NULL);
	int some = ph_out_json(
		json_pack("{s:I, s:s}", "n", (json_int_t)INT64_MAX, "name", "Tô Hiệu\n"));

	capture_end(&captured);
	assert_int_equal(none, -ENOMEM);
	assert_int_equal(some, 0);
	assert_string_equal(captured.text[0],
			    "{\"n\":9223372036854775807,\"name\":\"Tô Hiệu\\n\"}\n");

	/* more than stdout's buffer holds */
	json_t *list = json_array();

	for (int i = 0; i < 20000; i++) {
		json_array_append_new(list, json_string("0123456789"));
	}
	capture_start(&captured, "/dev/full");
	some = ph_out_json(list);
	capture_end(&captured);
	assert_int_equal(some, PH_OUT_LOST);
}

static void test_plain(void **state)
{
	static struct capture captured;

	(void)state;
	assert_int_equal(setenv("LC_ALL", "vi_VN.UTF-8", 1), 0);
	capture_start(&captured, NULL);

	int none = ph_out_plain(NULL);
	int some = ph_out_plain(json_pack("{s:i, s:s, s:b, s:n, s:[i,s], s:s}", "n", 7,
					  "name", "Tô\tHiệu\n", "ok", 1, "nothing",
					  "list", 1, "a", "empty", ""));

	capture_end(&captured);
	assert_int_equal(unsetenv("LC_ALL"), 0);
	assert_int_equal(none, -ENOMEM);
	assert_int_equal(some, 0);
	assert_string_equal(captured.text[0], "n\t7\nname\tTô?Hiệu?\nok\ttrue\n"
					      "nothing\t\nlist\t[1,\"a\"]\nempty\t\n");
}

/* What is said where LINES go into a pipe of which the reader has gone. */
static void assert_gone(size_t lines, const char *text)
{
	struct ph_error err = { 0 };
	int ends[2], saved = dup(STDOUT_FILENO), rc;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
	close(ends[0]);
	close(ends[1]);
	for (size_t i = 0; i < lines; i++) {
		printf("a line\n");
	}
	rc = ph_out_flush("", &err);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	clearerr(stdout);
	assert_int_equal(rc, PH_OUT_LOST);
	assert_string_equal(err.text, text);
}

/* `list … | head -1`: nothing is wrong with a disk, whether the first write fails or the last. */
static void test_pipe(void **state)
{
	static const char english[] =
		"standard output cannot be written (whoever read it has ended); what was "
		"recorded before stays recorded";
	static const char vietnamese[] =
		"không ghi được dữ liệu in ra (chương trình đọc đã ngừng); những gì đã "
		"lưu trước đó vẫn còn";

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_gone(1, english);
	assert_gone(100000, english);
	ph_speak(PH_SPEAK_VIETNAMESE);
	assert_gone(100000, vietnamese);
	ph_speak(PH_SPEAK_OWN);
}

/* A full disk, of which an earlier write said so: the words of the store's disk are not its. */
static void test_lost_before(void **state)
{
	static struct capture captured;
	struct ph_error err = { 0 };
	int rc;

	(void)state;
	capture_start(&captured, "/dev/full");
	printf("x");
	(void)fflush(stdout);
	rc = ph_out_flush("", &err);
	capture_end(&captured);
	assert_int_equal(rc, PH_OUT_LOST);
	assert_non_null(
		strstr(err.text, "(No space left on device)") == NULL
			? strstr(err.text, "(what was written before was not taken)")
			: err.text);
}

static void test_flush(void **state)
{
	static struct capture captured;
	struct ph_error err = { 0 };

	(void)state;
	capture_start(&captured, NULL);
	printf("x");

	int good = ph_out_flush("saved; ", &err);

	capture_end(&captured);
	assert_int_equal(good, 0);
	assert_string_equal(err.text, "");
	capture_start(&captured, "/dev/full");
	printf("x");

	int lost = ph_out_flush("saved; ", &err);

	capture_end(&captured);
	assert_int_equal(lost, PH_OUT_LOST);
	assert_string_equal(err.text,
			    "saved; standard output cannot be written (No space left on "
			    "device); what was recorded before stays recorded");
}

/* --- languages --- */

static void test_language(void **state)
{
	static const struct {
		const char *lc_all, *lc_messages, *lang;
		bool vietnamese;
	} cases[] = {
		{ NULL, NULL, NULL, false },      { NULL, NULL, "vi_VN.UTF-8", true },
		{ NULL, NULL, "vi", true },       { NULL, NULL, "en_GB.UTF-8", false },
		{ NULL, "vi_VN", "en_GB", true }, { NULL, "en_GB", "vi_VN", false },
		{ "C", "vi_VN", "vi_VN", false }, { "vi_VN", "C", "C", true },
		{ "", "", "vi_VN", true },        { "", "en_GB", "vi_VN", false },
		{ NULL, NULL, "VI", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_language(cases[i].lc_all, cases[i].lc_messages, cases[i].lang);
		assert_string_equal(ph_say("yes", "có"),
				    cases[i].vietnamese ? "có" : "yes");
	}
}

static void test_number(void **state)
{
	static const struct {
		uint64_t number;
		const char *english;
		const char *vietnamese;
	} cases[] = {
		{ 0, "0", "0" },
		{ 9, "9", "9" },
		{ 999, "999", "999" },
		{ 1000, "1,000", "1.000" },
		{ 1832, "1,832", "1.832" },
		{ 99999, "99,999", "99.999" },
		{ 100000, "100,000", "100.000" },
		{ 1234567, "1,234,567", "1.234.567" },
		{ UINT64_MAX, "18,446,744,073,709,551,615",
		  "18.446.744.073.709.551.615" },
	};
	char out[PH_NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_language(NULL, NULL, NULL);
		assert_string_equal(ph_number(out, cases[i].number), cases[i].english);
		set_language(NULL, NULL, "vi_VN.UTF-8");
		assert_string_equal(ph_number(out, cases[i].number), cases[i].vietnamese);
	}
}

static void test_span(void **state)
{
	static const struct {
		int64_t seconds;
		const char *english;
		const char *vietnamese;
	} cases[] = {
		{ INT64_MIN, "0 s", "0 giây" },
		{ -1, "0 s", "0 giây" },
		{ 0, "0 s", "0 giây" },
		{ 59, "59 s", "59 giây" },
		{ 60, "1 min", "1 phút" },
		{ 3599, "59 min", "59 phút" },
		{ 3600, "1 h 0 min", "1 giờ 0 phút" },
		{ 86399, "23 h 59 min", "23 giờ 59 phút" },
		{ 86400, "1 d 0 h", "1 ngày 0 giờ" },
		{ 2 * 86400 + 4 * 3600 + 59, "2 d 4 h", "2 ngày 4 giờ" },
		{ INT64_MAX, "106751991167300 d 15 h", "106751991167300 ngày 15 giờ" },
	};
	char out[PH_NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_language(NULL, NULL, NULL);
		assert_string_equal(ph_span(out, cases[i].seconds), cases[i].english);
		set_language(NULL, NULL, "vi_VN.UTF-8");
		assert_string_equal(ph_span(out, cases[i].seconds), cases[i].vietnamese);
	}
}

/* --- terminals --- */

static void test_terminal(void **state)
{
	FILE *file = tmpfile();
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	(void)state;
	unsetenv("NO_COLOR");
	assert_non_null(file);
	assert_false(ph_is_terminal(file));
	fclose(file);
	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0) {
		skip(); /* no pseudo-terminals here */
	}
	file = fopen(ptsname(master), "w");
	assert_non_null(file);
	assert_true(ph_is_terminal(file));
	setenv("NO_COLOR", "1", 1);
	assert_false(ph_is_terminal(file));
	setenv("NO_COLOR", "", 1);
	assert_true(ph_is_terminal(file));
	fclose(file);
	close(master);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),       cmocka_unit_test(test_safe),
		cmocka_unit_test(test_safe_cut),    cmocka_unit_test(test_how_many),
		cmocka_unit_test(test_table),       cmocka_unit_test(test_plain_table),
		cmocka_unit_test(test_empty_table), cmocka_unit_test(test_hostile_cells),
		cmocka_unit_test(test_many_cells),  cmocka_unit_test(test_long_cell),
		cmocka_unit_test(test_no_table),    cmocka_unit_test(test_failing_stream),
		cmocka_unit_test(test_json),        cmocka_unit_test(test_plain),
		cmocka_unit_test(test_pipe),        cmocka_unit_test(test_lost_before),
		cmocka_unit_test(test_flush),       cmocka_unit_test(test_language),
		cmocka_unit_test(test_number),      cmocka_unit_test(test_span),
		cmocka_unit_test(test_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
