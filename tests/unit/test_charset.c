/*
 * tests/unit/test_charset.c - text of MARC files in any charset: the known ones by tables,
 * and MARC-8 by pairs of lines that pymarc publishes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <cmocka.h>

#include "client/marc/charset.h"

static void utf8_table(void **state)
{
	static const struct {
		const char *bytes;
		bool good;
	} cases[] = {
		{ "", true },
		{ "abc", true },
		{ "Đường", true },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xc0\x80", false },
		{ "\xc1\xbf", false },
		{ "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\x80", false },
		{ "a\xff", false },
		{ "\xc3", false },
		{ "\xe1\xba", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (ph_charset_is_utf8(ph_view_str(cases[i].bytes)) != cases[i].good) {
			fail_msg("case %zu", i);
		}
	}
}

static void charset_table(void **state)
{
	static const struct {
		const char *charset, *in, *want; /* want NULL: refused */
		unsigned cleaned;
	} cases[] = {
		/* marks before their letter; đ, ơ, ư by single bytes (ANSEL) */
		{ "MARC-8",
		  "Ly\xe2"
		  "u",
		  "Lyú", 0 },
		{ "MARC-8",
		  "\xb3"
		  "\xbd\xe1\xbc"
		  "ng",
		  "đ\xc6\xb0\xe1\xbb\x9dng", 0 },
		{ "MARC-8", "plain", "plain", 0 },
		/* the next text begins in the first state again */
		{ "MARC-8", "\x1b(NAB", "аб", 0 },
		{ "MARC-8", "AB", "AB", 0 },
		{ "UTF-8", "du\xcc\x9bo\xcc\x9b\xcc\x80ng", "dường", 0 }, /* NFD */
		{ "UTF-8", "a\tb\x7f", "a b ", 2 },
		{ "UTF-8", "\xc2\x98The \xc2\x9ctown\xc2\x85", "The town ", 1 },
		{ "UTF-8", "\xe9", NULL, 0 },
		/* libyaz would drop what is no character of MARC-8 */
		{ "MARC-8",
		  "\xd2\xe5"
		  "a",
		  NULL, 0 },
		{ "MARC-8", "a\x80", NULL, 0 },
		{ "MARC-8", "a\xaf", NULL, 0 },
		{ "MARC-8", "a\xff", NULL, 0 },
		{ "windows-1251", "\xcb\xe5\xe2", "Лев", 0 },
		{ "TCVN",
		  "S\xac"
		  "n La, \xae\xad\xea"
		  "ng Vi\xd6t",
		  "Sơn La, đường Việt", 0 },
		{ "VNI", "S\xf4n La, \xf1\xf6\xf4\xf8ng Vie\xe4t", "Sơn La, đường Việt",
		  0 },
		{ "VNI",
		  "chu\xf5 quo\xe1"
		  "c ngu\xf5",
		  "chũ quốc ngũ", 0 },
		{ "VNI", "TIE\xc1NG VIE\xc4T, \xd1\xd6\xd4\xd8NG", "TIẾNG VIỆT, ĐƯỜNG",
		  0 },
		{ "VNI",
		  "a\xf9"
		  "a\xf8"
		  "a\xfb"
		  "a\xf5"
		  "a\xef"
		  "a\xe2"
		  "a\xe1"
		  "a\xe0"
		  "a\xe5"
		  "a\xe3"
		  "a\xe4"
		  "a\xea"
		  "a\xe9"
		  "a\xe8"
		  "a\xfa"
		  "a\xfc"
		  "a\xeb",
		  "áàảãạâấầẩẫậăắằẳẵặ", 0 },
		{ "VNI",
		  "o\xf9"
		  "o\xef"
		  "o\xe2"
		  "o\xe4"
		  "\xf4\xf4\xf9\xf4\xef"
		  "u\xfb\xf6\xf6\xef"
		  "y\xf8\xee\xed\xec\xe6\xf3\xf2",
		  "óọôộơớợủưựỳỵíìỉĩị", 0 },
		/* marks that the letter does not bear, or without a letter; none of its bytes */
		{ "VNI", "e\xea", NULL, 0 },
		{ "VNI", "a\xf9\xf9", NULL, 0 },
		{ "VNI", "\xe1", NULL, 0 },
		{ "VNI", "b\xe1", NULL, 0 },
		{ "VNI", "a\x80", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_charset *charset;
		struct ph_buf out = { 0 };
		unsigned cleaned = 0;
		int rc;

		assert_int_equal(ph_charset_new(&charset, cases[i].charset), 0);
		rc = ph_charset_read(charset, ph_view_str(cases[i].in), &out, &cleaned);
		if ((rc == 0) != (cases[i].want != NULL) || cleaned != cases[i].cleaned ||
		    (rc == 0 &&
		     !ph_view_equal(ph_buf_view(&out), ph_view_str(cases[i].want)))) {
			fail_msg("case %zu: %d '%.*s' %u", i, rc, (int)out.len,
				 (const char *)out.data, cleaned);
		}
		ph_buf_deinit(&out);
		ph_charset_free(charset);
	}
}

static void charset_unknown(void **state)
{
	struct ph_charset *charset;

	(void)state;
	assert_int_equal(ph_charset_new(&charset, "no such charset"),
			 PH_CHARSET_E_UNKNOWN);
}

/* NAME of pymarc's test files: in PACKHORSE_TESTDATA, else beside the project. */
static void path_of(char *out, size_t size, const char *name)
{
	const char *data = getenv("PACKHORSE_TESTDATA");
	const char *source = getenv("PACKHORSE_SOURCE");

	if (data && data[0] != '\0') {
		snprintf(out, size, "%s/data/pymarc/%s", data, name);
	} else {
		snprintf(out, size, "%s/../shared/data/pymarc/%s", source ? source : ".",
			 name);
	}
}

/* 1,515 pairs of lines in MARC-8 and UTF-8, of pymarc. */
static void marc8_published(void **state)
{
	char path[2][4096];
	char *line[2] = { NULL, NULL };
	size_t cap[2] = { 0, 0 };
	FILE *file[2];
	struct ph_charset *marc8, *utf8;
	size_t pairs = 0, different = 0;

	(void)state;
	path_of(path[0], sizeof(path[0]), "test_marc8.txt");
	path_of(path[1], sizeof(path[1]), "test_utf8.txt");
	file[0] = fopen(path[0], "rb");
	file[1] = fopen(path[1], "rb");
	if (!file[0] || !file[1]) {
		print_message("# skipped: %s is not there\n", path[0]);
		skip();
	}
	assert_int_equal(ph_charset_new(&marc8, "MARC-8"), 0);
	assert_int_equal(ph_charset_new(&utf8, "UTF-8"), 0);
	for (ssize_t a, b; (a = getline(&line[0], &cap[0], file[0])) > 0 &&
			   (b = getline(&line[1], &cap[1], file[1])) > 0;
	     pairs++) {
		struct ph_buf got = { 0 }, want = { 0 };
		unsigned cleaned = 0;

		int rc = ph_charset_read(marc8, PH_VIEW(line[0], (size_t)a - 1), &got,
					 &cleaned);
		assert_int_equal(ph_charset_read(utf8, PH_VIEW(line[1], (size_t)b - 1),
						 &want, &cleaned),
				 0);
		if (rc != 0 || !ph_view_equal(ph_buf_view(&got), ph_buf_view(&want))) {
			assert_int_equal(pairs, 1514);
			different++;
		}
		ph_buf_deinit(&got);
		ph_buf_deinit(&want);
	}
	ph_charset_free(marc8);
	ph_charset_free(utf8);
	for (int i = 0; i < 2; i++) {
		free(line[i]);
		fclose(file[i]);
	}
	assert_int_equal(pairs, 1515);
	/* the last has seven signs of EACC that libyaz's table lacks (docs/COMMANDS.md, "Import") */
	assert_int_equal(different, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_table),
		cmocka_unit_test(charset_table),
		cmocka_unit_test(charset_unknown),
		cmocka_unit_test(marc8_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
