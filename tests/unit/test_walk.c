/* tests/unit/test_walk.c - the walker: what it takes, what it refuses, at every limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/base/walk.h"
#include "tests/unit/msgpack_suite.h"

static const struct ph_walk_limits entry_limits = {
	.depth = PH_ENTRY_DEPTH_MAX,
	.items = PH_ENTRY_ITEMS_MAX,
};

/* Walk a copy that ends where the input ends, so that ASan sees a read behind it. */
static int walk(const void *bytes, size_t len, unsigned flags, size_t *used_out)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);

	int rc = ph_walk(PH_VIEW(copy, len), &entry_limits, flags, used_out);

	free(copy);
	return rc;
}

struct walk_case {
	const char *name;
	const char *bytes;
	size_t len;
	int loose;
	int canonical;
};

#define BYTES(text)  text, sizeof(text) - 1
#define SHORT_EITHER PH_WALK_E_SHORT, PH_WALK_E_SHORT
#define TYPE_EITHER  PH_WALK_E_TYPE, PH_WALK_E_TYPE
#define UTF8_EITHER  PH_WALK_E_UTF8, PH_WALK_E_UTF8

static const struct walk_case cases[] = {
	{ "nothing", BYTES(""), SHORT_EITHER },
	{ "nil", BYTES("\xc0"), 0, 0 },
	{ "false", BYTES("\xc2"), 0, 0 },
	{ "true", BYTES("\xc3"), 0, 0 },
	{ "never used", BYTES("\xc1"), TYPE_EITHER },
	{ "float", BYTES("\xca\0\0\0\0"), TYPE_EITHER },
	{ "double", BYTES("\xcb\0\0\0\0\0\0\0\0"), TYPE_EITHER },
	{ "fixext", BYTES("\xd4\x01\x01"), TYPE_EITHER },
	{ "ext 8", BYTES("\xc7\x00\x01"), TYPE_EITHER },
	{ "ext 16", BYTES("\xc8\x00\x00\x01"), TYPE_EITHER },
	{ "ext 32", BYTES("\xc9\0\0\0\0\x01"), TYPE_EITHER },
	{ "timestamp", BYTES("\xd6\xff\0\0\0\0"), TYPE_EITHER },
	{ "float in an array", BYTES("\x92\x01\xca\0\0\0\0"), TYPE_EITHER },

	{ "array of 4 GiB", BYTES("\xdd\xff\xff\xff\xff"), SHORT_EITHER },
	{ "map of 4 GiB", BYTES("\xdf\xff\xff\xff\xff"), SHORT_EITHER },
	{ "map of 2 GiB", BYTES("\xdf\x80\x00\x00\x00"), SHORT_EITHER },
	{ "text of 4 GiB", BYTES("\xdb\xff\xff\xff\xff"), SHORT_EITHER },
	{ "bytes of 4 GiB", BYTES("\xc6\xff\xff\xff\xff"), SHORT_EITHER },
	{ "array of 65,535", BYTES("\xdc\xff\xff"), SHORT_EITHER },
	{ "map of 65,535", BYTES("\xde\xff\xff"), SHORT_EITHER },
	{ "text of 65,535", BYTES("\xda\xff\xff"), SHORT_EITHER },
	{ "array cut", BYTES("\x93\x01\x02"), SHORT_EITHER },
	{ "map cut", BYTES("\x82\x01\x02\x03"), SHORT_EITHER },
	{ "inner array takes the bytes", BYTES("\x92\x92\x01\x02"), SHORT_EITHER },
	{ "number cut", BYTES("\xcd\x01"), SHORT_EITHER },
	{ "length cut", BYTES("\xd9"), SHORT_EITHER },

	{ "127", BYTES("\x7f"), 0, 0 },
	{ "127 in 8 bits", BYTES("\xcc\x7f"), 0, PH_WALK_E_FORM },
	{ "128", BYTES("\xcc\x80"), 0, 0 },
	{ "255 in 16 bits", BYTES("\xcd\x00\xff"), 0, PH_WALK_E_FORM },
	{ "256", BYTES("\xcd\x01\x00"), 0, 0 },
	{ "65535 in 32 bits", BYTES("\xce\x00\x00\xff\xff"), 0, PH_WALK_E_FORM },
	{ "65536", BYTES("\xce\x00\x01\x00\x00"), 0, 0 },
	{ "2^32-1 in 64 bits", BYTES("\xcf\0\0\0\0\xff\xff\xff\xff"), 0, PH_WALK_E_FORM },
	{ "2^32", BYTES("\xcf\0\0\0\x01\0\0\0\0"), 0, 0 },
	{ "2^64-1", BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), 0, 0 },
	{ "0 signed", BYTES("\xd0\x00"), 0, PH_WALK_E_FORM },
	{ "127 signed", BYTES("\xd0\x7f"), 0, PH_WALK_E_FORM },
	{ "2^31 signed 64", BYTES("\xd3\0\0\0\0\x80\0\0\0"), 0, PH_WALK_E_FORM },
	{ "2^63-1 signed", BYTES("\xd3\x7f\xff\xff\xff\xff\xff\xff\xff"), 0,
	  PH_WALK_E_FORM },
	{ "-1", BYTES("\xff"), 0, 0 },
	{ "-32", BYTES("\xe0"), 0, 0 },
	{ "-32 in 8 bits", BYTES("\xd0\xe0"), 0, PH_WALK_E_FORM },
	{ "-33", BYTES("\xd0\xdf"), 0, 0 },
	{ "-128", BYTES("\xd0\x80"), 0, 0 },
	{ "-128 in 16 bits", BYTES("\xd1\xff\x80"), 0, PH_WALK_E_FORM },
	{ "-129", BYTES("\xd1\xff\x7f"), 0, 0 },
	{ "-32768 in 32 bits", BYTES("\xd2\xff\xff\x80\x00"), 0, PH_WALK_E_FORM },
	{ "-32769", BYTES("\xd2\xff\xff\x7f\xff"), 0, 0 },
	{ "-2^31 in 64 bits", BYTES("\xd3\xff\xff\xff\xff\x80\0\0\0"), 0,
	  PH_WALK_E_FORM },
	{ "-2^31-1", BYTES("\xd3\xff\xff\xff\xff\x7f\xff\xff\xff"), 0, 0 },

	{ "empty text", BYTES("\xa0"), 0, 0 },
	{ "empty text 8", BYTES("\xd9\x00"), 0, PH_WALK_E_FORM },
	{ "text of 31 in 8",
	  BYTES("\xd9\x1f"
		"0123456789012345678901234567890"),
	  0, PH_WALK_E_FORM },
	{ "text of 32",
	  BYTES("\xd9\x20"
		"01234567890123456789012345678901"),
	  0, 0 },
	{ "text 16 of 1", BYTES("\xda\x00\x01x"), 0, PH_WALK_E_FORM },
	{ "text 32 of 1", BYTES("\xdb\x00\x00\x00\x01x"), 0, PH_WALK_E_FORM },
	{ "empty bytes", BYTES("\xc4\x00"), 0, 0 },
	{ "bytes need not be UTF-8", BYTES("\xc4\x02\xff\xfe"), 0, 0 },
	{ "bytes 16 of 1", BYTES("\xc5\x00\x01x"), 0, PH_WALK_E_FORM },
	{ "bytes 32 of 1", BYTES("\xc6\x00\x00\x00\x01x"), 0, PH_WALK_E_FORM },
	{ "array 16 of 1", BYTES("\xdc\x00\x01\x05"), 0, PH_WALK_E_FORM },
	{ "array 32 of 0", BYTES("\xdd\0\0\0\0"), 0, PH_WALK_E_FORM },
	{ "map 16 of 1", BYTES("\xde\x00\x01\x05\x06"), 0, PH_WALK_E_FORM },
	{ "map 32 of 0", BYTES("\xdf\0\0\0\0"), 0, PH_WALK_E_FORM },

	{ "Vietnamese", BYTES("\xa3\xe1\xba\xbf"), 0, 0 },
	{ "largest code point", BYTES("\xa4\xf4\x8f\xbf\xbf"), 0, 0 },
	{ "zero byte in text", BYTES("\xa2x\0"), 0, 0 },
	{ "above the largest", BYTES("\xa4\xf4\x90\x80\x80"), UTF8_EITHER },
	{ "overlong slash", BYTES("\xa2\xc0\xaf"), UTF8_EITHER },
	{ "overlong of three", BYTES("\xa3\xe0\x80\xaf"), UTF8_EITHER },
	{ "overlong of four", BYTES("\xa4\xf0\x80\x80\xaf"), UTF8_EITHER },
	{ "surrogate", BYTES("\xa3\xed\xa0\x80"), UTF8_EITHER },
	{ "continuation alone", BYTES("\xa1\x80"), UTF8_EITHER },
	{ "character cut by the text's end", BYTES("\x92\xa2\xe1\xba\xbf"), UTF8_EITHER },
	{ "0xff in text", BYTES("\xa1\xff"), UTF8_EITHER },

	{ "keys rising", BYTES("\x83\x00\x01\x05\xc0\xcc\x80\x91\x00"), 0, 0 },
	{ "keys equal", BYTES("\x82\x01\x00\x01\x00"), 0, PH_WALK_E_FORM },
	{ "keys falling", BYTES("\x82\x02\x00\x01\x00"), 0, PH_WALK_E_FORM },
	{ "keys of inner and outer map apart", BYTES("\x82\x05\x81\x01\xc0\x06\x00"), 0,
	  0 },
	{ "inner map does not reset", BYTES("\x82\x05\x81\x09\xc0\x05\x00"), 0,
	  PH_WALK_E_FORM },
	{ "key text", BYTES("\x81\xa1k\x00"), 0, PH_WALK_E_FORM },
	{ "key nil", BYTES("\x81\xc0\x00"), 0, PH_WALK_E_FORM },
	{ "key true", BYTES("\x81\xc3\x00"), 0, PH_WALK_E_FORM },
	{ "key negative", BYTES("\x81\xff\x00"), 0, PH_WALK_E_FORM },
	{ "key array", BYTES("\x81\x91\x01\x00"), 0, PH_WALK_E_FORM },
	{ "key map", BYTES("\x81\x81\x01\x02\x00"), 0, PH_WALK_E_FORM },
	{ "key long", BYTES("\x81\xcc\x01\x00"), 0, PH_WALK_E_FORM },
	{ "value negative", BYTES("\x81\x01\xff"), 0, 0 },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct walk_case *one = &cases[i];

		for (unsigned flags = 0; flags <= PH_WALK_CANONICAL; flags++) {
			int want = flags == 0 ? one->loose : one->canonical;
			size_t used = 999;
			int rc = walk(one->bytes, one->len, flags, &used);

			if (rc != want) {
				fail_msg("%s: %d", one->name, rc);
			}
			assert_int_equal(used, rc == 0 ? one->len : 999);
		}
	}
}

/* Whatever is taken is taken as far as it goes, and every cut of it is short. */
static void test_cuts_and_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct walk_case *one = &cases[i];
		uint8_t longer[64];
		size_t used = 0;

		if (one->loose != 0) {
			continue;
		}
		assert_true(one->len < sizeof(longer));
		memcpy(longer, one->bytes, one->len);
		longer[one->len] = 0xc1;
		assert_int_equal(walk(longer, one->len + 1, 0, &used), 0);
		assert_int_equal(used, one->len);
		for (size_t cut = 0; cut < one->len; cut++) {
			assert_int_equal(walk(one->bytes, cut, 0, &used),
					 PH_WALK_E_SHORT);
		}
	}
}

static void test_depth(void **state)
{
	static const struct {
		unsigned limit;
		unsigned depth; /* arrays around a scalar */
		int rc;
	} depths[] = {
		{ 0, 0, 0 },
		{ 0, 1, PH_WALK_E_DEPTH },
		{ 1, 1, 0 },
		{ 1, 2, PH_WALK_E_DEPTH },
		{ PH_ENTRY_DEPTH_MAX, PH_ENTRY_DEPTH_MAX - 1, 0 },
		{ PH_ENTRY_DEPTH_MAX, PH_ENTRY_DEPTH_MAX, 0 },
		{ PH_ENTRY_DEPTH_MAX, PH_ENTRY_DEPTH_MAX + 1, PH_WALK_E_DEPTH },
		{ 1000, PH_WALK_DEPTH_MAX - 1, 0 },
		{ 1000, PH_WALK_DEPTH_MAX, 0 },
		{ 1000, PH_WALK_DEPTH_MAX + 1, PH_WALK_E_DEPTH },
		{ 1000, 999, PH_WALK_E_DEPTH },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		struct ph_walk_limits limits = { .depth = depths[i].limit, .items = 10 };
		uint8_t bytes[1001];
		size_t used;

		/* arrays around a nil, then the innermost one empty */
		memset(bytes, 0x91, sizeof(bytes));
		bytes[depths[i].depth] = 0xc0;
		assert_int_equal(
			ph_walk(PH_VIEW(bytes, depths[i].depth + 1), &limits, 0, &used),
			depths[i].rc);
		if (depths[i].depth == 0) {
			continue;
		}
		bytes[depths[i].depth - 1] = 0x90;
		assert_int_equal(ph_walk(PH_VIEW(bytes, depths[i].depth), &limits,
					 PH_WALK_CANONICAL, &used),
				 depths[i].rc);
	}
}

static void test_depth_comes_back(void **state)
{
	struct ph_walk_limits limits = { .depth = 2, .items = 10 };
	size_t used = 0;

	(void)state;
	/* many siblings at the deepest level; an object after the inner ones ended */
	assert_int_equal(ph_walk(PH_VIEW("\x95\x91\x01\x90\x81\x01\x02\x80\x91\xc0", 10),
				 &limits, PH_WALK_CANONICAL, &used),
			 0);
	assert_int_equal(used, 10);
}

static void test_items(void **state)
{
	(void)state;
	for (unsigned n = PH_ENTRY_ITEMS_MAX - 1; n <= PH_ENTRY_ITEMS_MAX + 1; n++) {
		int want = n <= PH_ENTRY_ITEMS_MAX ? 0 : PH_WALK_E_ITEMS;
		struct ph_buf buf = { 0 };
		size_t used;

		assert_int_equal(ph_buf_put_u8(&buf, 0xdc), 0);
		assert_int_equal(ph_buf_put_u8(&buf, (uint8_t)(n >> 8)), 0);
		assert_int_equal(ph_buf_put_u8(&buf, (uint8_t)n), 0);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(ph_buf_put_u8(&buf, 0xc0), 0);
		}
		assert_int_equal(walk(buf.data, buf.len, PH_WALK_CANONICAL, &used), want);
		assert_int_equal(walk(buf.data, buf.len - 1, PH_WALK_CANONICAL, &used),
				 PH_WALK_E_SHORT);

		/* a map of as many pairs */
		buf.data[0] = 0xde;
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(ph_buf_put_u8(&buf, 0xc0), 0);
		}
		assert_int_equal(walk(buf.data, buf.len, 0, &used), want);
		assert_int_equal(walk(buf.data, buf.len - 1, 0, &used), PH_WALK_E_SHORT);
		ph_buf_deinit(&buf);
	}
}

static void visit(const struct suite_case *one)
{
	bool refused = suite_is_refused(one->group);
	size_t shortest = suite_shortest(one);
	bool keys = suite_has_text_keys(json_object_get(one->value, "array")) ||
		    suite_has_text_keys(json_object_get(one->value, "map"));

	for (size_t i = 0; i < one->n_encodings; i++) {
		const struct ph_buf *bytes = &one->encodings[i];
		bool is_type = refused || suite_is_float(bytes);
		size_t used = 0;
		int loose = walk(bytes->data, bytes->len, 0, &used);
		int canonical = walk(bytes->data, bytes->len, PH_WALK_CANONICAL, &used);

		if (is_type) {
			assert_int_equal(loose, PH_WALK_E_TYPE);
			assert_int_equal(canonical, PH_WALK_E_TYPE);
			continue;
		}
		assert_int_equal(loose, 0);
		assert_int_equal(used, bytes->len);
		if (canonical != (i == shortest && !keys ? 0 : PH_WALK_E_FORM)) {
			char *text = json_dumps(one->value, 0);

			print_message("# encoding %zu of %s: %d\n", i, text, canonical);
			free(text);
			fail();
		}
	}
}

static void test_published_suite(void **state)
{
	int n = suite_each(visit);

	(void)state;
	assert_true(n >= 0);
	if (n == 0) {
		skip();
	}
	print_message("# %d values\n", n);
	assert_true(n > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases), cmocka_unit_test(test_cuts_and_more),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_depth_comes_back),
		cmocka_unit_test(test_items), cmocka_unit_test(test_published_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
