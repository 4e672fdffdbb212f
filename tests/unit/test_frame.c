/* Tests of proto/frame.c: what is taken, what is refused, and that nothing else moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "proto/frame.h"

static void test_decode_cases(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint8_t in[12];
		size_t len;
		size_t max;
		int rc;
		size_t body_len;
	} cases[] = {
		{ "nothing", { 0 }, 0, PH_FRAME_MAX, PH_FRAME_E_SHORT, 0 },
		{ "half a header", { 0 }, 1, PH_FRAME_MAX, PH_FRAME_E_SHORT, 0 },
		{ "header of zero", { 0, 0 }, 2, PH_FRAME_MAX, PH_FRAME_E_EMPTY, 0 },
		{ "zero, and more",
		  { 0, 0, 0, 1 },
		  4,
		  PH_FRAME_MAX,
		  PH_FRAME_E_EMPTY,
		  0 },
		{ "no body yet", { 0, 1 }, 2, PH_FRAME_MAX, PH_FRAME_E_SHORT, 0 },
		{ "one byte", { 0, 1, 'a' }, 3, PH_FRAME_MAX, 0, 1 },
		{ "body cut", { 0, 3, 'a', 'b' }, 4, PH_FRAME_MAX, PH_FRAME_E_SHORT, 0 },
		{ "more behind", { 0, 3, 'a', 'b', 'c', 0 }, 6, PH_FRAME_MAX, 0, 3 },
		{ "below the limit", { 0, 2, 'a', 'b' }, 4, 3, 0, 2 },
		{ "at the limit", { 0, 3, 'a', 'b', 'c' }, 5, 3, 0, 3 },
		{ "over the limit", { 0, 4, 1, 2, 3, 4 }, 6, 3, PH_FRAME_E_TOO_BIG, 0 },
		{ "over it, unseen", { 0, 4 }, 2, 3, PH_FRAME_E_TOO_BIG, 0 },
		{ "all ones", { 255, 255, 1 }, 3, PH_FRAME_MAX, PH_FRAME_E_SHORT, 0 },
		{ "order of bytes", { 1, 0 }, 2, 255, PH_FRAME_E_TOO_BIG, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_view in = PH_VIEW(cases[i].in, cases[i].len);
		struct ph_view body = PH_VIEW(cases, 77);
		assert_int_equal(ph_frame_decode(&in, cases[i].max, &body), cases[i].rc);
		if (cases[i].rc == 0) {
			assert_ptr_equal(body.data, cases[i].in + 2);
			assert_int_equal(body.len, cases[i].body_len);
			assert_ptr_equal(in.data, cases[i].in + 2 + body.len);
			assert_int_equal(in.len, cases[i].len - 2 - body.len);
		} else {
			assert_ptr_equal(body.data, cases);
			assert_int_equal(body.len, 77);
			assert_ptr_equal(in.data, cases[i].in);
			assert_int_equal(in.len, cases[i].len);
		}
	}
}

static void test_encode_limits(void **state)
{
	(void)state;
	static const struct {
		size_t len;
		int rc;
	} cases[] = {
		{ 0, PH_FRAME_E_EMPTY },
		{ 1, 0 },
		{ 255, 0 },
		{ 256, 0 },
		{ PH_FRAME_MAX - 1, 0 },
		{ PH_FRAME_MAX, 0 },
		{ PH_FRAME_MAX + 1, PH_FRAME_E_TOO_BIG },
	};
	uint8_t *bytes = malloc(PH_FRAME_MAX + 1);
	struct ph_buf out = { 0 };

	assert_non_null(bytes);
	for (size_t i = 0; i < PH_FRAME_MAX + 1; i++) {
		bytes[i] = (uint8_t)(i * 31 + i / 256);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ph_view plain = PH_VIEW(bytes, cases[i].len);
		out.len = 0;
		assert_int_equal(ph_buf_put(&out, "x", 1), 0);
		assert_int_equal(ph_frame_encode(plain, &out), cases[i].rc);
		if (cases[i].rc != 0) {
			assert_int_equal(out.len, 1);
			continue;
		}
		assert_int_equal(out.len, 1 + 2 + cases[i].len);
		assert_int_equal(out.data[0], 'x');
		assert_int_equal(out.data[1], cases[i].len / 256);
		assert_int_equal(out.data[2], cases[i].len % 256);

		struct ph_view in = PH_VIEW(out.data + 1, out.len - 1);
		struct ph_view body;
		assert_int_equal(ph_frame_decode(&in, PH_FRAME_MAX, &body), 0);
		assert_true(ph_view_equal(body, plain));
		assert_int_equal(in.len, 0);
	}
	ph_buf_deinit(&out);
	free(bytes);
}

/* Three frames in a row; every prefix gives the whole frames in it, then SHORT. */
static void test_every_prefix(void **state)
{
	(void)state;
	static const char *const bodies[] = { "one", "second body", "3" };
	struct ph_buf stream = { 0 };
	size_t ends[3];

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(ph_frame_encode(ph_view_str(bodies[i]), &stream), 0);
		ends[i] = stream.len;
	}
	for (size_t cut = 0; cut <= stream.len; cut++) {
		struct ph_view in = PH_VIEW(stream.data, cut);
		struct ph_view body;
		size_t n = 0;
		while (ph_frame_decode(&in, PH_FRAME_MAX, &body) == 0) {
			assert_true(n < 3);
			assert_true(ph_view_equal(body, ph_view_str(bodies[n])));
			n++;
		}
		size_t expected = 0;
		while (expected < 3 && ends[expected] <= cut) {
			expected++;
		}
		assert_int_equal(n, expected);
		assert_int_equal(ph_frame_decode(&in, PH_FRAME_MAX, &body),
				 PH_FRAME_E_SHORT);
	}
	ph_buf_deinit(&stream);
}

static void test_preamble_bytes(void **state)
{
	(void)state;
	uint8_t key[32];
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] = (uint8_t)(0xa0 + i);
	}
	static const uint8_t expected[] = { 'P', 'H', 1, 0xa0, 0xa1, 0xa2, 0xa3 };
	uint8_t bytes[PH_PREAMBLE_LEN + 1] = { 0 };

	ph_preamble_encode(bytes, key);
	assert_int_equal(sizeof(expected), PH_PREAMBLE_LEN);
	assert_memory_equal(bytes, expected, PH_PREAMBLE_LEN);

	struct ph_view in = PH_VIEW(bytes, sizeof(bytes));
	struct ph_preamble preamble = { 0 };
	assert_int_equal(ph_preamble_decode(&in, &preamble), 0);
	assert_int_equal(preamble.version, PH_PREAMBLE_VERSION);
	assert_memory_equal(preamble.hint, key, PH_PREAMBLE_HINT_LEN);
	assert_ptr_equal(in.data, bytes + PH_PREAMBLE_LEN);
	assert_int_equal(in.len, 1);
}

static void test_preamble_cases(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *in;
		size_t len;
		int rc;
	} cases[] = {
		{ "nothing", "", 0, PH_PREAMBLE_E_SHORT },
		{ "P", "P", 1, PH_PREAMBLE_E_SHORT },
		{ "PH", "PH", 2, PH_PREAMBLE_E_SHORT },
		{ "to the version", "PH\1", 3, PH_PREAMBLE_E_SHORT },
		{ "one short", "PH\1abc", 6, PH_PREAMBLE_E_SHORT },
		{ "whole", "PH\1abcd", 7, 0 },
		{ "one over", "PH\1abcde", 8, 0 },
		{ "web server's friend", "GET / HTTP/1.1\r\n", 16, PH_PREAMBLE_E_MAGIC },
		{ "foreign at once", "G", 1, PH_PREAMBLE_E_MAGIC },
		{ "second letter", "PX", 2, PH_PREAMBLE_E_MAGIC },
		{ "lower case", "ph\1abcd", 7, PH_PREAMBLE_E_MAGIC },
		{ "version 0", "PH\0abcd", 7, PH_PREAMBLE_E_VERSION },
		{ "version 2", "PH\2abcd", 7, PH_PREAMBLE_E_VERSION },
		{ "version 255, cut", "PH\xff", 3, PH_PREAMBLE_E_VERSION },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		struct ph_view in = PH_VIEW(cases[i].in, cases[i].len);
		struct ph_preamble preamble = { .version = 99 };
		assert_int_equal(ph_preamble_decode(&in, &preamble), cases[i].rc);
		size_t used = cases[i].rc == 0 ? PH_PREAMBLE_LEN : 0;
		assert_ptr_equal(in.data, (const uint8_t *)cases[i].in + used);
		assert_int_equal(in.len, cases[i].len - used);
		assert_int_equal(preamble.version, cases[i].rc == 0 ? 1 : 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode_cases),
		cmocka_unit_test(test_encode_limits),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_preamble_bytes),
		cmocka_unit_test(test_preamble_cases),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
