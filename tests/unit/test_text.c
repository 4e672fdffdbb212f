/* tests/unit/test_text.c - NFC and folding: every Vietnamese letter, Tai Viet, limits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "common/base/text.h"

/* The 146 letters of Vietnamese: 12 vowels in 6 tones, đ, each small and large. */
static const struct {
	const char *letters; /* in NFC */
	char plain;
} vietnamese[] = {
	{ "aàảãáạăằẳẵắặâầẩẫấậ", 'a' },
	{ "AÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬ", 'a' },
	{ "eèẻẽéẹêềểễếệ", 'e' },
	{ "EÈẺẼÉẸÊỀỂỄẾỆ", 'e' },
	{ "iìỉĩíị", 'i' },
	{ "IÌỈĨÍỊ", 'i' },
	{ "oòỏõóọôồổỗốộơờởỡớợ", 'o' },
	{ "OÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢ", 'o' },
	{ "uùủũúụưừửữứự", 'u' },
	{ "UÙỦŨÚỤƯỪỬỮỨỰ", 'u' },
	{ "yỳỷỹýỵ", 'y' },
	{ "YỲỶỸÝỴ", 'y' },
	{ "đ", 'd' },
	{ "Đ", 'd' },
};

static void assert_fold(struct ph_view in, struct ph_view want)
{
	struct ph_buf out = { 0 };

	assert_int_equal(ph_text_fold(in, &out), 0);
	if (!ph_view_equal(ph_buf_view(&out), want)) {
		fail_msg("'%.*s' folds to '%.*s', not '%.*s'", (int)in.len,
			 (const char *)in.data, (int)out.len, (const char *)out.data,
			 (int)want.len, (const char *)want.data);
	}
	ph_buf_deinit(&out);
}

static void check_letter(const char *letter, size_t len, char plain)
{
	char nfc[5] = { 0 };
	struct ph_view plain_view = PH_VIEW(&plain, 1);

	memcpy(nfc, letter, len);

	char *nfd = (char *)utf8proc_NFD((const uint8_t *)nfc);
	struct ph_buf back = { 0 };

	assert_non_null(nfd);
	assert_fold(ph_view_str(nfc), plain_view);
	assert_fold(ph_view_str(nfd), plain_view);
	assert_int_equal(ph_text_check(ph_view_str(nfc)), 0);
	assert_int_equal(ph_text_check(ph_view_str(nfd)),
			 strcmp(nfc, nfd) == 0 ? 0 : PH_TEXT_E_NFC);
	assert_int_equal(ph_text_nfc(ph_view_str(nfd), &back), 0);
	assert_true(ph_view_equal(ph_buf_view(&back), ph_view_str(nfc)));
	ph_buf_deinit(&back);
	free(nfd);
}

static void test_every_vietnamese_letter(void **state)
{
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(vietnamese) / sizeof(vietnamese[0]); i++) {
		const char *at = vietnamese[i].letters;

		while (*at != '\0') {
			utf8proc_int32_t point;
			utf8proc_ssize_t len =
				utf8proc_iterate((const uint8_t *)at, -1, &point);

			assert_true(len > 0);
			check_letter(at, (size_t)len, vietnamese[i].plain);
			at += len;
			n++;
		}
	}
	assert_int_equal(n, 146);
}

static void test_fold(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
		{ "", "" },
		{ " ", "" },
		{ "Truyện Kiều", "truyen kieu" },
		{ "  Đường  lên — Điện Biên!  ", "duong len dien bien" },
		{ "\tmột\nhai\r\n", "mot hai" },
		{ "9786041234567", "9786041234567" },
		{ "Tập 2: (1975–1985)", "tap 2 1975 1985" },
		{ "o'Brien-Smith", "o brien smith" },
		{ "Straße ĲSSEL Ǆ", "strasse ĳssel ǆ" },
		{ "ΑΘΗΝΑ", "αθηνα" },
		{ "İstanbul", "istanbul" },
		{ "Л. Толстой", "л толстои" },
		{ "\xcc\x81 a", "a" }, /* a mark with nothing to sit on */
		{ "a\xcc\x81\xcc\x83 b", "a b" },
		{ "\xff", "" },
		{ "a\xff\xfe"
		  "b",
		  "a b" },
		{ "sách\xe1\xba", "sach" }, /* cut within a character */
		{ "\xed\xa0\x80x", "x" },   /* a surrogate */
		{ "日本語", "日本語" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_fold(ph_view_str(cases[i].in), ph_view_str(cases[i].out));
		/* folding again changes nothing */
		assert_fold(ph_view_str(cases[i].out), ph_view_str(cases[i].out));
	}
	/* a zero byte is a blank like any other */
	assert_fold(PH_VIEW("a\0b", 3), ph_view_str("a b"));
}

/* Each assigned letter, vowel and tone of Tai Viet, U+AA80 to U+AAC2 and U+AADB to DD. */
static void test_tai_viet_is_untouched(void **state)
{
	struct ph_buf all = { 0 };

	(void)state;
	for (int32_t point = 0xaa80; point <= 0xaadf; point++) {
		uint8_t bytes[4];
		size_t len = (size_t)utf8proc_encode_char(point, bytes);

		switch (utf8proc_category(point)) {
		case UTF8PROC_CATEGORY_CN: /* not assigned */
		case UTF8PROC_CATEGORY_PO: /* two signs of punctuation */
			assert_fold(PH_VIEW(bytes, len), ph_view_str(""));
			break;
		default:
			assert_fold(PH_VIEW(bytes, len), PH_VIEW(bytes, len));
			/* a letter between, since marks in a row have an order of their own */
			assert_int_equal(ph_buf_put(&all, "\xea\xaa\x80", 3), 0);
			assert_int_equal(ph_buf_put(&all, bytes, len), 0);
			break;
		}
	}
	assert_int_equal(all.len, 6 * (67 + 3));
	assert_fold(ph_buf_view(&all), ph_buf_view(&all));
	assert_int_equal(ph_text_check(ph_buf_view(&all)), 0);
	ph_buf_deinit(&all);
	/* "Tai" in Tai Viet, with a word in Vietnamese beside it */
	assert_fold(ph_view_str("ꪼꪕ Thái"), ph_view_str("ꪼꪕ thai"));
}

static void test_appends(void **state)
{
	struct ph_buf out = { 0 };

	(void)state;
	assert_int_equal(ph_buf_put(&out, "x", 1), 0);
	assert_int_equal(ph_text_fold(ph_view_str(" É "), &out), 0);
	assert_int_equal(ph_text_nfc(ph_view_str("e\xcc\x81"), &out), 0);
	assert_true(ph_view_equal(ph_buf_view(&out), ph_view_str("xe\xc3\xa9")));
	assert_int_equal(ph_text_nfc(ph_view_str("good \xff"), &out), PH_TEXT_E_UTF8);
	assert_int_equal(out.len, 4);
	ph_buf_deinit(&out);
}

static void test_check(void **state)
{
	static const struct {
		const char *name;
		const char *in;
		size_t len;
		int check;
		int nfc;
	} cases[] = {
		{ "nothing", "", 0, 0, 0 },
		{ "ASCII", "Son La", 6, 0, 0 },
		{ "NFC", "S\xc6\xa1n La", 7, 0, 0 },
		{ "horn apart", "So\xcc\x9bn", 5, PH_TEXT_E_NFC, 0 },
		{ "marks in the wrong order", "a\xcc\x81\xcc\xa3", 5, PH_TEXT_E_NFC, 0 },
		{ "half composed", "\xc3\xa2\xcc\x81", 4, PH_TEXT_E_NFC, 0 },
		{ "Kelvin sign", "\xe2\x84\xaa", 3, PH_TEXT_E_NFC, 0 },
		{ "old tone mark", "a\xcd\x81", 3, PH_TEXT_E_NFC, 0 },
		{ "composition excluded", "\xe0\xa5\x98", 3, PH_TEXT_E_NFC, 0 },
		{ "Hangul apart", "\xe1\x84\x80\xe1\x85\xa1", 6, PH_TEXT_E_NFC, 0 },
		{ "mark first", "\xcc\x81x", 3, 0, 0 },
		{ "tab", "a\tb", 3, PH_TEXT_E_CONTROL, PH_TEXT_E_CONTROL },
		{ "newline", "a\n", 2, PH_TEXT_E_CONTROL, PH_TEXT_E_CONTROL },
		{ "zero", "a\0", 2, PH_TEXT_E_CONTROL, PH_TEXT_E_CONTROL },
		{ "delete", "\x7f", 1, PH_TEXT_E_CONTROL, PH_TEXT_E_CONTROL },
		{ "C1 control", "\xc2\x85", 2, PH_TEXT_E_CONTROL, PH_TEXT_E_CONTROL },
		{ "control in a run", "\xc3\xa9\xc2\x9b", 4, PH_TEXT_E_CONTROL,
		  PH_TEXT_E_CONTROL },
		{ "cut", "a\xe1\xba", 3, PH_TEXT_E_UTF8, PH_TEXT_E_UTF8 },
		{ "overlong", "\xc0\xaf", 2, PH_TEXT_E_UTF8, PH_TEXT_E_UTF8 },
		{ "surrogate", "\xed\xa0\x80", 3, PH_TEXT_E_UTF8, PH_TEXT_E_UTF8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_view in = PH_VIEW(cases[i].in, cases[i].len);
		struct ph_buf out = { 0 };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_text_check(in), cases[i].check);
		assert_int_equal(ph_text_nfc(in, &out), cases[i].nfc);
		if (cases[i].nfc == 0) {
			assert_int_equal(ph_text_check(ph_buf_view(&out)), 0);
			assert_int_equal(ph_view_equal(in, ph_buf_view(&out)),
					 cases[i].check == 0);
		}
		ph_buf_deinit(&out);
	}
}

static void test_marks_limit(void **state)
{
	(void)state;
	for (unsigned n = PH_TEXT_MARKS_MAX - 1; n <= PH_TEXT_MARKS_MAX + 1; n++) {
		int want = n <= PH_TEXT_MARKS_MAX ? 0 : PH_TEXT_E_MARKS;
		struct ph_buf in = { 0 };
		struct ph_buf out = { 0 };

		assert_int_equal(ph_buf_put(&in, "x", 1), 0);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(ph_buf_put(&in, "\xcc\x95", 2), 0);
		}
		assert_int_equal(ph_buf_put(&in, "\xc3\xa9", 2), 0);
		assert_int_equal(ph_text_check(ph_buf_view(&in)), want);
		assert_int_equal(ph_text_nfc(ph_buf_view(&in), &out), want);
		assert_int_equal(out.len, want == 0 ? in.len : 0);
		assert_fold(ph_buf_view(&in), ph_view_str("xe"));
		ph_buf_deinit(&in);
		ph_buf_deinit(&out);
	}
}

/* Runs without ASCII around the size of the fixed buffer, composed and decomposed. */
static void test_long_runs(void **state)
{
	(void)state;
	for (unsigned n = 80; n <= 90; n++) { /* three code points each: 240 to 270 */
		struct ph_buf nfc = { 0 };
		struct ph_buf nfd = { 0 };
		struct ph_buf out = { 0 };

		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(ph_buf_put(&nfc, "\xe1\xbd\x82", 3), 0);
			assert_int_equal(ph_buf_put(&nfd, "\xce\xbf\xcc\x93\xcc\x80", 6),
					 0);
		}
		assert_int_equal(ph_text_check(ph_buf_view(&nfc)), 0);
		assert_int_equal(ph_text_check(ph_buf_view(&nfd)), PH_TEXT_E_NFC);
		assert_int_equal(ph_text_nfc(ph_buf_view(&nfd), &out), 0);
		assert_true(ph_view_equal(ph_buf_view(&out), ph_buf_view(&nfc)));
		ph_buf_deinit(&nfc);
		ph_buf_deinit(&nfd);
		ph_buf_deinit(&out);
	}
}

/* Composing in runs must give what composing the whole gives. */
static void test_runs_as_the_whole(void **state)
{
	static const char *const parts[] = {
		"a",
		" ",
		"\xcc\x81",
		"\xcc\xa3",
		"\xcc\x82",
		"\xc6\xa1",
		"\xe1\xba\xbf",
		"\xe1\x84\x80",
		"\xe1\x85\xa1",
		"\xe1\x86\xa8",
		"\xc4\x91",
		"\xea\xaa\xb0",
		"\xe0\xa5\x98",
		"<",
		"\xcc\xb8",
	};
	enum {
		N_PARTS = sizeof(parts) / sizeof(parts[0])
	};

	(void)state;
	for (unsigned seed = 0; seed < N_PARTS * N_PARTS * N_PARTS * N_PARTS; seed++) {
		char text[32] = "";
		struct ph_buf out = { 0 };

		for (unsigned i = 0, rest = seed; i < 4; i++, rest /= N_PARTS) {
			strcat(text, parts[rest % N_PARTS]);
		}

		char *whole = (char *)utf8proc_NFC((const uint8_t *)text);

		assert_non_null(whole);
		assert_int_equal(ph_text_nfc(ph_view_str(text), &out), 0);
		assert_true(ph_view_equal(ph_buf_view(&out), ph_view_str(whole)));
		assert_int_equal(ph_text_check(ph_view_str(text)),
				 strcmp(text, whole) == 0 ? 0 : PH_TEXT_E_NFC);
		ph_buf_deinit(&out);
		free(whole);
	}
}

/* Each name comes after the one before it. */
static void test_names_in_order(void **state)
{
	static const char *const names[] = {
		"",
		"9",
		"An",
		"Lò An",
		"Lò Thị An",
		"Quàng An",
		"Ân",
		"Lò Ẩn",
		"Ấn",
		"Bình",
		"Cầm Bun",
		"Dung",
		"Đức",
		"Nguyễn Văn Đức",
		"Hà",
		"Hả",
		"Hã",
		"Há",
		"Hạ",
		"Hoa",
		"Hoa Hòa",
		"Lò Hòa",
		"Ô",
		"Ơ",
		"Ở",
		"Ơn",
		"Tòng Thị Yên",
		"ꪀꪱ",
	};
	struct ph_buf before = { 0 }, key = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len;

		key.len = 0;
		assert_int_equal(ph_text_name_key(ph_view_str(names[i]), &key), 0);
		len = before.len < key.len ? before.len : key.len;
		if (i > 0 && !((len > 0 && memcmp(before.data, key.data, len) < 0) ||
			       (before.len < key.len &&
				(len == 0 || memcmp(before.data, key.data, len) == 0)))) {
			fail_msg("%s before %s", names[i - 1], names[i]);
		}
		before.len = 0;
		assert_int_equal(ph_buf_put_view(&before, ph_buf_view(&key)), 0);
	}
	/* large and small, composed or not, and blanks make no difference */
	before.len = key.len = 0;
	assert_int_equal(ph_text_name_key(ph_view_str("Lò Thị Đào"), &before), 0);
	assert_int_equal(
		ph_text_name_key(ph_view_str(" LO\u0300  THI\u0323 \u0110A\u0300O "),
				 &key),
		0);
	assert_int_equal(before.len, key.len);
	assert_memory_equal(before.data, key.data, key.len);
	/* not UTF-8, and a mark on nothing */
	key.len = 0;
	assert_int_equal(ph_text_name_key(PH_VIEW((const uint8_t *)"\xff\xfe", 2), &key),
			 0);
	assert_int_equal(ph_text_name_key(ph_view_str("\u0301"), &key), 0);
	ph_buf_deinit(&before);
	ph_buf_deinit(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_vietnamese_letter),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_names_in_order),
		cmocka_unit_test(test_tai_viet_is_untouched),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_marks_limit),
		cmocka_unit_test(test_long_runs),
		cmocka_unit_test(test_runs_as_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
