/* Tests of common/log/ref.c: the text of references, and their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/log/entry.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_text(void **state)
{
	static const char *const good[] = {
		"000102030405060708090a0b0c0d0e0f.1.1011121314151617",
		"ffffffffffffffffffffffffffffffff.9223372036854775807.ffffffffffffffff",
	};
	static const char *const bad[] = {
		"",
		"..",
		"000102030405060708090a0b0c0d0e0f..1011121314151617",
		"000102030405060708090a0b0c0d0e0f.0.1011121314151617",
		"000102030405060708090a0b0c0d0e0f.01.1011121314151617",
		"000102030405060708090a0b0c0d0e0f.-1.1011121314151617",
		"000102030405060708090a0b0c0d0e0f.1.101112131415161",
		"000102030405060708090a0b0c0d0e0f.1.10111213141516171",
		"000102030405060708090a0b0c0d0e0.11.1011121314151617",
		"g00102030405060708090a0b0c0d0e0f.1.1011121314151617",
		"000102030405060708090a0b0c0d0e0f.1.101112131415161x",
		"000102030405060708090a0b0c0d0e0f.9223372036854775808.1011121314151617",
		"000102030405060708090a0b0c0d0e0f.99999999999999999999.1011121314151617",
		"000102030405060708090a0b0c0d0e0f 1.1011121314151617",
	};
	struct ph_ref ref;
	struct ph_ref last = { .n = 77 };
	char text[PH_REF_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(ph_ref_parse(good[i], strlen(good[i]), &ref), 0);
		ph_ref_text(text, &ref);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(ph_ref_parse(bad[i], strlen(bad[i]), &last), -EINVAL);
		assert_int_equal(last.n, 77);
	}
}

static void test_order(void **state)
{
	struct ph_ref a = { .n = 5 };
	struct ph_ref b = a;

	(void)state;
	assert_true(ph_ref_equal(&a, &b));
	b.hash[7] = 1;
	assert_true(ph_ref_compare(&a, &b) < 0 && ph_ref_compare(&b, &a) > 0);
	a.n = 256; /* numbers, not bytes, decide */
	assert_true(ph_ref_compare(&b, &a) < 0 && !ph_ref_equal(&a, &b));
	b.log_id[0] = 1;
	assert_true(ph_ref_compare(&a, &b) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
