/* tests/unit/test_bytes.c - views, buffers, big-endian numbers, varints, hex. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "tests/unit/locked.h"

static void test_views(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int order;
	} cases[] = {
		{ "", "", 0 },      { "a", "a", 0 },     { "", "a", -1 },
		{ "a", "", 1 },     { "ab", "abc", -1 }, { "b", "abc", 1 },
		{ "\xff", "a", 1 }, { "aa", "ab", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_view a = ph_view_str(cases[i].a);
		struct ph_view b = ph_view_str(cases[i].b);
		int order = ph_view_compare(a, b);

		assert_int_equal((order > 0) - (order < 0), cases[i].order);
		assert_int_equal(ph_view_equal(a, b), cases[i].order == 0);
	}
	assert_true(ph_view_equal(PH_VIEW(NULL, 0), ph_view_str("")));
	assert_int_equal(ph_view_compare(PH_VIEW(NULL, 0), PH_VIEW(NULL, 0)), 0);
}

static void test_buffer_grows(void **state)
{
	struct ph_buf buf = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(ph_buf_put_u8(&buf, (uint8_t)(i * 7)), 0);
	}
	assert_int_equal(buf.len, 5000);
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(buf.data[i], (uint8_t)(i * 7));
	}
	ph_buf_drop(&buf, 4990);
	assert_int_equal(buf.len, 10);
	assert_int_equal(buf.data[0], (uint8_t)(4990 * 7));
	ph_buf_drop(&buf, 0);
	assert_int_equal(buf.len, 10);
	ph_buf_drop(&buf, SIZE_MAX);
	assert_int_equal(buf.len, 0);
	ph_buf_wipe(&buf);
	assert_null(buf.data);
	ph_buf_deinit(&buf);
	ph_buf_deinit(NULL);
	ph_buf_wipe(NULL);
}

static void test_buffer_puts(void **state)
{
	struct ph_buf buf;

	(void)state;
	ph_buf_init(&buf);
	assert_int_equal(ph_buf_put(&buf, NULL, 0), 0);
	assert_int_equal(ph_buf_put_view(&buf, ph_view_str("ab")), 0);
	assert_int_equal(ph_buf_put_be64(&buf, UINT64_C(0x0102030405060708)), 0);
	assert_int_equal(ph_buf_printf(&buf, "%s-%d", "x", 7), 0);
	assert_int_equal(ph_buf_printf(&buf, "%s", ""), 0);
	assert_true(
		ph_view_equal(ph_buf_view(&buf), PH_VIEW("ab\1\2\3\4\5\6\7\x08x-7", 13)));

	char longest[300];

	memset(longest, 'z', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(ph_buf_printf(&buf, "%s", longest), 0);
	assert_int_equal(buf.len, 13 + 299);
	assert_memory_equal(buf.data + 13, longest, 299);
	ph_buf_deinit(&buf);
}

static void test_no_memory_leaves_the_buffer(void **state)
{
	struct ph_buf buf = { 0 };

	(void)state;
	assert_int_equal(ph_buf_put(&buf, "abc", 3), 0);

	struct ph_buf before = buf;

	assert_int_equal(ph_buf_reserve(&buf, SIZE_MAX), -ENOMEM);
	assert_int_equal(ph_buf_reserve(&buf, SIZE_MAX - 3), -ENOMEM);
	assert_int_equal(ph_buf_reserve(&buf, SIZE_MAX / 2), -ENOMEM);
	assert_memory_equal(&buf, &before, sizeof(buf));
	assert_memory_equal(buf.data, "abc", 3);
	ph_buf_deinit(&buf);
}

static void test_secret(void **state)
{
	struct ph_buf buf = { 0 };

	(void)state;
	if (!locked_can_be((size_t)256 * 1024)) {
		skip();
	}
	assert_int_equal(ph_buf_secret(&buf, 16), 0);
	assert_true(locked_is(buf.data, 16));
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(ph_buf_put_u8(&buf, (uint8_t)(i * 7)), 0);
	}
	assert_true(locked_is(buf.data, buf.len));
	for (unsigned i = 0; i < 10000; i++) {
		assert_int_equal(buf.data[i], (uint8_t)(i * 7));
	}
	ph_buf_wipe(&buf);
	assert_null(buf.data);
	/* from then on it is as any other */
	assert_int_equal(ph_buf_put_u8(&buf, 1), 0);
	assert_false(locked_is(buf.data, 1));
	ph_buf_deinit(&buf);
}

/* A page that two secrets are on is let go with the last of them. */
static void test_shared_page(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint8_t none[32] = { 0 };
	uint8_t *bytes;

	(void)state;
	if (!locked_can_be((size_t)256 * 1024)) {
		skip();
	}
	bytes = aligned_alloc(page, 3 * page);
	assert_non_null(bytes);
	memset(bytes, 7, 3 * page);
	ph_secret_lock(bytes, 32);
	ph_secret_lock(bytes + page - 16, 32); /* on the first page and the second */
	ph_secret_lock(bytes + page - 16, 32); /* twice is once */
	assert_true(locked_is(bytes, 2 * page));
	ph_secret_wipe(bytes, 32);
	assert_memory_equal(bytes, none, sizeof(none));
	assert_int_equal(bytes[page], 7);
	assert_true(locked_is(bytes, 2 * page));
	ph_secret_lock(bytes + page + 100, 32);
	ph_secret_wipe(bytes + page - 16, 32);
	assert_false(locked_is(bytes, 1));
	assert_true(locked_is(bytes + page, page));
	ph_secret_wipe(bytes + page + 100, 32);
	assert_false(locked_is(bytes + page, 1));
	/* more of them than are noted: the pages stay, and all is wiped */
	for (size_t i = 0; i < 100; i++) {
		ph_secret_lock(bytes + 64 * i, 32);
	}
	for (size_t i = 0; i < 100; i++) {
		ph_secret_wipe(bytes + 64 * i, 32);
		assert_memory_equal(bytes + 64 * i, none, sizeof(none));
		assert_true(locked_is(bytes, 100 * 64));
	}
	free(bytes);
}

static void test_big_endian(void **state)
{
	uint8_t out[8];

	(void)state;
	ph_be64_put(out, UINT64_C(0xfedcba9876543210));
	assert_memory_equal(out, "\xfe\xdc\xba\x98\x76\x54\x32\x10", 8);
	assert_true(ph_be64_get(out) == UINT64_C(0xfedcba9876543210));
	assert_true(ph_be32_get(out) == UINT32_C(0xfedcba98));
	assert_int_equal(ph_be16_get(out), 0xfedc);
	ph_be32_put(out, UINT32_C(0x80000001));
	assert_memory_equal(out, "\x80\0\0\1", 4);
	ph_be16_put(out, 0x8001);
	assert_memory_equal(out, "\x80\1", 2);
}

static void test_varint_round_trip(void **state)
{
	static const struct {
		uint64_t value;
		size_t len;
	} cases[] = {
		{ 0, 1 },
		{ 1, 1 },
		{ 127, 1 },
		{ 128, 2 },
		{ 16383, 2 },
		{ 16384, 3 },
		{ UINT32_MAX, 5 },
		{ (UINT64_C(1) << 63) - 1, 9 },
		{ UINT64_C(1) << 63, 10 },
		{ UINT64_MAX, 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_buf buf = { 0 };
		uint64_t value = 0;

		assert_int_equal(ph_varint_put(&buf, cases[i].value), 0);
		assert_int_equal(buf.len, cases[i].len);
		assert_int_equal(ph_buf_put_u8(&buf, 0xee), 0);

		struct ph_view in = ph_buf_view(&buf);

		assert_int_equal(ph_varint_take(&in, &value), 0);
		assert_true(value == cases[i].value);
		assert_int_equal(in.len, 1);
		assert_int_equal(in.data[0], 0xee);
		/* every cut before the end */
		for (size_t cut = 0; cut < cases[i].len; cut++) {
			in = PH_VIEW(buf.data, cut);
			assert_int_equal(ph_varint_take(&in, &value), -EBADMSG);
			assert_int_equal(in.len, cut);
		}
		ph_buf_deinit(&buf);
	}
}

static void test_varint_refuses(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "zero in two bytes", "\x80\x00", 2 },
		{ "one in two bytes", "\x81\x00", 2 },
		{ "127 in three bytes", "\xff\x80\x00", 3 },
		{ "bit 65", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10 },
		{ "eleven bytes", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11 },
		{ "never ends", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 12 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_view in = PH_VIEW(cases[i].bytes, cases[i].len);
		uint64_t value = 77;

		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_varint_take(&in, &value), -EBADMSG);
		assert_ptr_equal(in.data, cases[i].bytes);
		assert_int_equal(in.len, cases[i].len);
		assert_int_equal(value, 77);
	}
}

static void test_hex(void **state)
{
	static const char *const bad[] = { "", "0", "00f", "00fg", "00f ", "00ff00" };
	char text[5];
	uint8_t out[2] = { 1, 2 };

	(void)state;
	ph_hex(text, (const uint8_t *)"\x00\xfa", 2);
	assert_string_equal(text, "00fa");
	ph_hex(text, NULL, 0);
	assert_string_equal(text, "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ph_unhex(out, 2, bad[i], strlen(bad[i])), -EINVAL);
		assert_memory_equal(out, "\1\2", 2);
	}
	assert_int_equal(ph_unhex(out, 2, "0fFa", 4), 0);
	assert_memory_equal(out, "\x0f\xfa", 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_buffer_grows),
		cmocka_unit_test(test_buffer_puts),
		cmocka_unit_test(test_no_memory_leaves_the_buffer),
		cmocka_unit_test(test_secret),
		cmocka_unit_test(test_shared_page),
		cmocka_unit_test(test_big_endian),
		cmocka_unit_test(test_varint_round_trip),
		cmocka_unit_test(test_varint_refuses),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
