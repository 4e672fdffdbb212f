/*
 * Tests of common/log/fingerprint.c: every syllable once, and what people make of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/text.h"
#include "common/log/fingerprint.h"

/* docs/LOG.md, "Fingerprint". */
static void test_fingerprint_vector(void **state)
{
	(void)state;
	uint8_t key[3][PH_KEY_SIZE];
	uint8_t bits[PH_FINGERPRINT_SIZE];
	char text[PH_FINGERPRINT_TEXT];
	char hex[2 * PH_FINGERPRINT_SIZE + 1];

	for (unsigned i = 0; i < 3 * PH_KEY_SIZE; i++) {
		key[i / PH_KEY_SIZE][i % PH_KEY_SIZE] = (uint8_t)i;
	}
	ph_fingerprint_make(key[0], key[1], key[2], bits);
	ph_hex(hex, bits, sizeof(bits));
	ph_fingerprint_text(bits, text);
	print_message("# %s %s\n", hex, text);
	assert_string_equal(hex, "14cd59a0f2");
	assert_string_equal(text, "kẹ-ghì-oan-hé");

	/* each of the keys counts */
	for (unsigned i = 0; i < 3; i++) {
		uint8_t other[PH_FINGERPRINT_SIZE];

		key[i][31] ^= 1;
		ph_fingerprint_make(key[0], key[1], key[2], other);
		key[i][31] ^= 1;
		assert_memory_not_equal(bits, other, sizeof(bits));
	}
}

/* docs/MERGE.md, "Digest": the first five bytes count, each bit of them, and no others. */
static void test_fingerprint_digest(void **state)
{
	(void)state;
	uint8_t digest[32];
	char text[PH_FINGERPRINT_TEXT];
	char other[PH_FINGERPRINT_TEXT];

	assert_int_equal(ph_unhex(digest, sizeof(digest),
				  "5f77a2664ddaa589cc802c2bba811484"
				  "ada24463f7aa546233f17855957d7821",
				  64),
			 0);
	ph_fingerprint_text(digest, text);
	print_message("# %s\n", text);
	assert_string_equal(text, "nầy-nguýnh-dình-xàng");
	for (unsigned bit = 0; bit < 8 * sizeof(digest); bit++) {
		digest[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		ph_fingerprint_text(digest, other);
		digest[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		assert_int_equal(strcmp(text, other) == 0, bit >= 40);
	}
}

/* A fingerprint whose four syllables are all number TEN. */
static void four_of(unsigned ten, uint8_t out[static PH_FINGERPRINT_SIZE])
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		bits = bits << 10 | ten;
	}
	for (unsigned i = 0; i < PH_FINGERPRINT_SIZE; i++) {
		out[i] = (uint8_t)(bits >> (8 * (4 - i)));
	}
}

/* All 1,024 syllables: NFC, no two alike, and back again. */
static void test_fingerprint_syllables(void **state)
{
	(void)state;
	static char words[1024][16];

	for (unsigned ten = 0; ten < 1024; ten++) {
		uint8_t bits[PH_FINGERPRINT_SIZE];
		uint8_t back[PH_FINGERPRINT_SIZE];
		char text[PH_FINGERPRINT_TEXT];

		four_of(ten, bits);
		ph_fingerprint_text(bits, text);
		assert_int_equal(ph_text_check(ph_view_str(text)), 0);
		assert_int_equal(ph_fingerprint_parse(ph_view_str(text), back), 0);
		assert_memory_equal(bits, back, sizeof(bits));
		snprintf(words[ten], sizeof(words[ten]), "%.*s", (int)strcspn(text, "-"),
			 text);
		assert_true(strlen(words[ten]) <= 8);
		for (unsigned i = 0; i < ten; i++) {
			assert_string_not_equal(words[i], words[ten]);
		}
	}
	/* the four places are four */
	static const uint8_t rising[PH_FINGERPRINT_SIZE] = { 0x00, 0x00, 0x10, 0x08,
							     0x04 };
	char text[PH_FINGERPRINT_TEXT];

	ph_fingerprint_text(rising, text);
	assert_string_equal(text, "a-à-á-ai");
}

static void test_fingerprint_heard(void **state)
{
	(void)state;
	static const struct {
		const char *heard;
		const char *meant; /* NULL: none of ours */
	} cases[] = {
		{ "khoan-nì-đạng-thấy", "khoan-nì-đạng-thấy" },
		{ "khoan nì  đạng thấy ", "khoan-nì-đạng-thấy" },
		{ "Khoan-NÌ-Đạng-thấy", NULL }, /* capitals with a tone mark */
		{ "Khoan Nì Đạng Thấy", "khoan-nì-đạng-thấy" },
		{ "khoan-ni\xcc\x80-\xc4\x91"
		  "a\xcc\xa3ng-tha\xcc\x82\xcc\x81y",
		  "khoan-nì-đạng-thấy" },
		{ "sa-tra-ra-gia", "xa-cha-da-da" },
		{ "gì-gính-gi-di", "dì-dính-di-di" },
		{ "hòa-quí-quình-thúy", "hoà-quý-quỳnh-thuý" },
		{ "ý-ì-ị-uỵ", "í-ì-ị-uỵ" },
		{ "ghe-nghị-kinh-ca", "ghe-nghị-kinh-ca" },
		{ "", NULL },
		{ "a-a-a", NULL },
		{ "a-a-a-a-a", NULL },
		{ "khoan-nì-đạng-thây", "khoan-nì-đạng-thây" },
		{ "khoan-nỉ-đạng-thấy", NULL }, /* a tone that is not used */
		{ "khoan-ni-dang-chung", NULL },
		{ "khoáná-nì-đạng-thấy", NULL },
		{ "nghiêng-nì-đạng-thấy", NULL },
		{ "abcdefghijklmnopq-a-a-a", NULL },
		{ "\xff\xfe-a-a-a", NULL },
		{ "a\n-a-a-a", NULL },
		{ "\xe1\xba-a-a-a", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bits[PH_FINGERPRINT_SIZE] = { 0 };
		char text[PH_FINGERPRINT_TEXT];
		int rc = ph_fingerprint_parse(ph_view_str(cases[i].heard), bits);

		print_message("# %s\n", cases[i].heard);
		assert_int_equal(rc, cases[i].meant ? 0 : -22);
		if (cases[i].meant) {
			ph_fingerprint_text(bits, text);
			assert_string_equal(text, cases[i].meant);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fingerprint_vector),
		cmocka_unit_test(test_fingerprint_digest),
		cmocka_unit_test(test_fingerprint_syllables),
		cmocka_unit_test(test_fingerprint_heard),
	};

	if (ph_crypto_start() != 0) {
		return 1;
	}
	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
