/* tests/unit/test_mpr.c - MessagePack in one pass: what it takes, and that it stays within. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/mp.h"
#include "common/base/mpr.h"

static void reads_what_the_writer_writes(void **state)
{
	static const uint64_t numbers[] = {
		0,         127,        128,
		255,       256,        65535,
		65536,     UINT32_MAX, (uint64_t)UINT32_MAX + 1,
		INT64_MAX, UINT64_MAX
	};
	enum {
		N = sizeof numbers / sizeof *numbers
	};
	static const uint8_t bytes[300] = { 1 };
	static const size_t lengths[] = { 0, 1, 31, 32, 255, 256, 300 };
	struct ph_buf buf = { 0 };
	struct ph_mpw writer;
	struct ph_mpr reader;

	(void)state;
	ph_mpw_init(&writer, &buf);
	ph_mpw_array(&writer, N);
	for (size_t i = 0; i < N; i++) {
		ph_mpw_uint(&writer, numbers[i]);
	}
	ph_mpw_map(&writer, 1);
	ph_mpw_nil(&writer);
	ph_mpw_uint(&writer, 7);
	for (size_t i = 0; i < 7; i++) {
		ph_mpw_bin(&writer, bytes, lengths[i]);
		ph_mpw_str(&writer, PH_VIEW("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", i * 5));
	}
	assert_int_equal(ph_mpw_end(&writer), 0);
	reader = ph_mpr_begin(ph_buf_view(&buf));
	assert_int_equal(ph_mpr_array(&reader), N);
	for (size_t i = 0; i < N; i++) {
		assert_true(ph_mpr_uint(&reader) == numbers[i]);
	}
	assert_int_equal(ph_mpr_map(&reader), 1);
	assert_true(ph_mpr_nil(&reader));
	assert_false(ph_mpr_nil(&reader));
	assert_int_equal(ph_mpr_uint(&reader), 7);
	for (size_t i = 0; i < 7; i++) {
		assert_int_equal(ph_mpr_bin(&reader).len, lengths[i]);
		assert_int_equal(ph_mpr_str(&reader).len, i * 5);
	}
	assert_true(ph_mpr_end(&reader));
	ph_buf_deinit(&buf);
}

static void fails_and_stays_so(void **state)
{
	static const uint8_t pair[] = { 0x92, 1, 2 };
	struct ph_mpr reader = ph_mpr_begin(PH_VIEW(pair, sizeof pair));

	(void)state;
	assert_int_equal(ph_mpr_array(&reader), 2);
	assert_int_equal(ph_mpr_str(&reader).len, 0); /* it is a number */
	assert_int_equal(ph_mpr_uint(&reader), 0);
	assert_true(ph_mpr_nil(&reader));
	assert_false(ph_mpr_end(&reader));
	reader = ph_mpr_begin(PH_VIEW(pair, sizeof pair));
	ph_mpr_array(&reader);
	assert_false(ph_mpr_end(&reader)); /* something is left */
}

/* Each is cut by one byte, so that what it says is not there. */
static void counts_no_more_than_there_is(void **state)
{
	static const struct {
		uint8_t bytes[6];
		size_t len;
	} cases[] = {
		{ { 0x91 }, 1 },
		{ { 0x81, 1 }, 2 },
		{ { 0xdd, 0xff, 0xff, 0xff, 0xff }, 5 },
		{ { 0xdf, 0xff, 0xff, 0xff, 0xff }, 5 },
		{ { 0xc4, 2, 1 }, 3 },
		{ { 0xc6, 0xff, 0xff, 0xff, 0xff }, 5 },
		{ { 0xa2, 'x' }, 2 },
		{ { 0xdb, 0xff, 0xff, 0xff, 0xff }, 5 },
		{ { 0xcd, 1 }, 2 },
		{ { 0xd3, 1 }, 2 },
		{ { 0xc1 }, 1 },
		{ { 0xcb, 0, 0 }, 3 },
		{ { 0xd4, 0, 0 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		/* in memory of its own, so that a byte too far is seen */
		uint8_t *copy = malloc(cases[i].len);
		struct ph_mpr reader;

		memcpy(copy, cases[i].bytes, cases[i].len);
		reader = ph_mpr_begin(PH_VIEW(copy, cases[i].len));
		assert_int_equal(ph_mpr_raw(&reader).len, 0);
		assert_false(ph_mpr_end(&reader));
		reader = ph_mpr_begin(PH_VIEW(copy, cases[i].len));
		assert_int_equal(ph_mpr_array(&reader), 0);
		assert_false(ph_mpr_end(&reader));
		reader = ph_mpr_begin(PH_VIEW(copy, cases[i].len));
		assert_int_equal(ph_mpr_map(&reader), 0);
		assert_false(ph_mpr_end(&reader));
		free(copy);
	}
}

static void passes_whole_objects(void **state)
{
	static const uint8_t bytes[] = { 0x93, 0x82, 1,   0x91, 0xc0, 2, 0xc4, 1,
					 9,    0xa1, 'x', 0xcd, 1,    2, 0x05 };
	struct ph_mpr reader = ph_mpr_begin(PH_VIEW(bytes, sizeof bytes));

	(void)state;
	assert_int_equal(ph_mpr_raw(&reader).len, sizeof bytes - 1);
	assert_int_equal(ph_mpr_uint(&reader), 5);
	assert_true(ph_mpr_end(&reader));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_the_writer_writes),
		cmocka_unit_test(fails_and_stays_so),
		cmocka_unit_test(counts_no_more_than_there_is),
		cmocka_unit_test(passes_whole_objects),
	};

	return cmocka_run_group_tests_name("mpr", tests, NULL, NULL);
}
