/* tests/unit/test_mp.c - msgpack-c behind the walker: getters, borrowing, writing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/base/mp.h"
#include "tests/unit/msgpack_suite.h"

static const struct ph_walk_limits limits = {
	.depth = PH_ENTRY_DEPTH_MAX,
	.items = PH_ENTRY_ITEMS_MAX,
};

static void decode(struct ph_mp *mp, const void *bytes, size_t len)
{
	assert_int_equal(ph_mp_decode(mp, PH_VIEW(bytes, len), &limits, 0), 0);
}

static void test_strings_borrow(void **state)
{
	static const uint8_t in[] = "\x94\xa3xyz\xc4\x02\x01\x02\xa0\xc4\x00";
	struct ph_view view = { 0 };
	struct ph_mp mp;

	(void)state;
	decode(&mp, in, sizeof(in) - 1);

	const msgpack_object_array *array = ph_mp_array(mp.root, 4, 4);

	assert_non_null(array);
	assert_true(ph_mp_str(ph_mp_item(array, 0), 0, 3, &view));
	assert_ptr_equal(view.data, in + 2);
	assert_int_equal(view.len, 3);
	assert_true(ph_mp_bin(ph_mp_item(array, 1), 2, 2, &view));
	assert_ptr_equal(view.data, in + 7);
	assert_int_equal(view.len, 2);
	assert_true(ph_mp_str(ph_mp_item(array, 2), 0, 0, &view));
	assert_int_equal(view.len, 0);
	assert_true(ph_mp_bin(ph_mp_item(array, 3), 0, 0, &view));
	assert_int_equal(view.len, 0);
	ph_mp_deinit(&mp);
}

static void test_getters_check_type_and_range(void **state)
{
	/* 7, -1, "ab", bin "ab", nil, true, [], {} */
	static const uint8_t in[] = "\x98\x07\xff\xa2"
				    "ab\xc4\x02"
				    "ab\xc0\xc3\x90\x80";
	struct ph_view view = { 0 };
	uint64_t number = 77;
	uint8_t two[2] = { 1, 2 };
	struct ph_mp mp;

	(void)state;
	decode(&mp, in, sizeof(in) - 1);

	const msgpack_object_array *array = ph_mp_array(mp.root, 0, 8);

	assert_non_null(array);
	assert_null(ph_mp_array(mp.root, 9, 20));
	assert_null(ph_mp_array(mp.root, 0, 7));
	for (size_t i = 0; i < 8; i++) {
		const msgpack_object *item = ph_mp_item(array, i);

		assert_int_equal(ph_mp_uint(item, 7, &number), i == 0);
		assert_int_equal(ph_mp_str(item, 1, 2, &view), i == 2);
		assert_int_equal(ph_mp_bin(item, 2, 2, &view), i == 3);
		assert_int_equal(ph_mp_bin_exact(item, two, 2), i == 3);
		assert_int_equal(ph_mp_is_nil(item), i == 4);
		assert_int_equal(ph_mp_array(item, 0, 9) != NULL, i == 6);
		assert_int_equal(ph_mp_map(item, 9) != NULL, i == 7);
	}
	assert_int_equal(number, 7);
	assert_memory_equal(two, "ab", 2);

	number = 77;
	view = (struct ph_view){ 0 };
	assert_false(ph_mp_uint(ph_mp_item(array, 0), 6, &number));
	assert_false(ph_mp_str(ph_mp_item(array, 2), 3, 9, &view));
	assert_false(ph_mp_str(ph_mp_item(array, 2), 0, 1, &view));
	assert_false(ph_mp_bin(ph_mp_item(array, 3), 0, 1, &view));
	assert_false(ph_mp_bin_exact(ph_mp_item(array, 3), two, 1));
	assert_int_equal(number, 77);
	assert_null(view.data);
	assert_true(ph_mp_is_nil(ph_mp_item(array, 8)));
	assert_true(ph_mp_is_nil(ph_mp_item(array, SIZE_MAX)));
	ph_mp_deinit(&mp);
}

static void test_decode_refuses(void **state)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t len;
		unsigned flags;
		int rc;
	} cases[] = {
		{ "nothing", "", 0, 0, PH_WALK_E_SHORT },
		{ "4 GiB of array", "\xdd\xff\xff\xff\xff", 5, 0, PH_WALK_E_SHORT },
		{ "something behind", "\x90\x90", 2, 0, PH_WALK_E_FORM },
		{ "a float", "\xca\0\0\0\0", 5, 0, PH_WALK_E_TYPE },
		{ "a long integer", "\xcc\x01", 2, PH_WALK_CANONICAL, PH_WALK_E_FORM },
		{ "not UTF-8", "\xa1\xff", 2, 0, PH_WALK_E_UTF8 },
		{ "too deep", "\x91\x91\x91\x91\x91\x91\x91\x91\x91\xc0", 10, 0,
		  PH_WALK_E_DEPTH },
	};
	struct ph_mp mp;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("# %s\n", cases[i].name);
		assert_int_equal(ph_mp_decode(&mp, PH_VIEW(cases[i].bytes, cases[i].len),
					      &limits, cases[i].flags),
				 cases[i].rc);
		/* of our own it is damage, whatever it is */
		assert_int_equal(ph_mp_decode_ours(&mp,
						   PH_VIEW(cases[i].bytes, cases[i].len),
						   &limits),
				 -EUCLEAN);
	}
	assert_int_equal(ph_mp_decode_ours(&mp, PH_VIEW("\x90", 1), &limits), 0);
	assert_non_null(ph_mp_array(mp.root, 0, 0));
	ph_mp_deinit(&mp);
}

/* As deep as the walker ever goes, msgpack-c must be able to follow. */
static void test_deepest(void **state)
{
	struct ph_walk_limits deep = { .depth = 1000, .items = 10 };
	uint8_t bytes[PH_WALK_DEPTH_MAX + 2];
	struct ph_mp mp;

	(void)state;
	memset(bytes, 0x91, sizeof(bytes));
	bytes[PH_WALK_DEPTH_MAX] = 0xc0;
	assert_int_equal(
		ph_mp_decode(&mp, PH_VIEW(bytes, PH_WALK_DEPTH_MAX + 1), &deep, 0), 0);
	ph_mp_deinit(&mp);
	bytes[PH_WALK_DEPTH_MAX - 1] = 0x90;
	assert_int_equal(ph_mp_decode(&mp, PH_VIEW(bytes, PH_WALK_DEPTH_MAX), &deep, 0),
			 0);
	ph_mp_deinit(&mp);
	bytes[PH_WALK_DEPTH_MAX - 1] = 0x91;
	bytes[PH_WALK_DEPTH_MAX] = 0x90;
	assert_int_equal(
		ph_mp_decode(&mp, PH_VIEW(bytes, PH_WALK_DEPTH_MAX + 1), &deep, 0),
		PH_WALK_E_DEPTH);
}

static void test_writes_shortest(void **state)
{
	static const uint64_t numbers[] = { 0,         127,        128,
					    255,       256,        65535,
					    65536,     UINT32_MAX, UINT64_C(1) << 32,
					    UINT64_MAX };
	static const size_t lengths[] = { 0, 31, 32, 255, 256, 65535, 65536 };
	static uint8_t zeros[65536];
	struct ph_walk_limits wide = { .depth = 3, .items = 100 };
	struct ph_buf buf = { 0 };
	struct ph_mpw writer;
	size_t used;

	(void)state;
	ph_mpw_init(&writer, &buf);
	ph_mpw_map(&writer, 3);
	ph_mpw_uint(&writer, 1);
	ph_mpw_array(&writer, 10);
	for (size_t i = 0; i < 10; i++) {
		ph_mpw_uint(&writer, numbers[i]);
	}
	ph_mpw_uint(&writer, 2);
	ph_mpw_array(&writer, 14);
	for (size_t i = 0; i < 7; i++) {
		ph_mpw_bin(&writer, zeros, lengths[i]);
		ph_mpw_str(&writer, PH_VIEW(zeros, lengths[i]));
	}
	ph_mpw_uint(&writer, 3);
	ph_mpw_array(&writer, 17); /* no longer a fixarray */
	for (size_t i = 0; i < 17; i++) {
		ph_mpw_nil(&writer);
	}
	assert_int_equal(ph_mpw_end(&writer), 0);
	assert_int_equal(ph_walk(ph_buf_view(&buf), &wide, PH_WALK_CANONICAL, &used), 0);
	assert_int_equal(used, buf.len);
	ph_buf_deinit(&buf);
}

static void test_writer_error_sticks(void **state)
{
	struct ph_buf buf = { 0 };
	struct ph_mpw writer;

	(void)state;
	ph_mpw_init(&writer, &buf);
	ph_mpw_uint(&writer, 1);
	ph_mpw_array(&writer, (size_t)UINT32_MAX + 1);
	assert_true(writer.failed);
	ph_mpw_uint(&writer, 2);
	ph_mpw_nil(&writer);
	ph_mpw_str(&writer, ph_view_str("x"));
	assert_int_equal(buf.len, 1);
	assert_int_equal(ph_mpw_end(&writer), -ENOMEM);

	ph_mpw_init(&writer, &buf);
	ph_mpw_bin(&writer, "x", SIZE_MAX);
	assert_int_equal(ph_mpw_end(&writer), -ENOMEM);
	ph_mpw_init(&writer, &buf);
	ph_mpw_map(&writer, SIZE_MAX);
	assert_int_equal(ph_mpw_end(&writer), -ENOMEM);
	ph_buf_deinit(&buf);
}

/* Write OBJECT again. False for a type that is only read, never written. */
static bool write_again(struct ph_mpw *writer, const msgpack_object *object)
{
	struct ph_view view;
	uint64_t number;
	bool good = true;

	if (ph_mp_is_nil(object)) {
		ph_mpw_nil(writer);
	} else if (ph_mp_uint(object, UINT64_MAX, &number)) {
		ph_mpw_uint(writer, number);
	} else if (ph_mp_str(object, 0, SIZE_MAX, &view)) {
		ph_mpw_str(writer, view);
	} else if (ph_mp_bin(object, 0, SIZE_MAX, &view)) {
		ph_mpw_bin(writer, view.data, view.len);
	} else if (object->type == MSGPACK_OBJECT_ARRAY) {
		const msgpack_object_array *array = ph_mp_array(object, 0, SIZE_MAX);

		ph_mpw_array(writer, array->size);
		for (size_t i = 0; good && i < array->size; i++) {
			good = write_again(writer, ph_mp_item(array, i));
		}
	} else if (object->type == MSGPACK_OBJECT_MAP) {
		const msgpack_object_map *map = ph_mp_map(object, SIZE_MAX);

		ph_mpw_map(writer, map->size);
		for (size_t i = 0; good && i < map->size; i++) {
			good = write_again(writer, &map->ptr[i].key) &&
			       write_again(writer, &map->ptr[i].val);
		}
	} else {
		return false;
	}
	return good;
}

static int rewritten;

/* Every encoding of a value, read and written again, becomes its shortest one. */
static void visit(const struct suite_case *one)
{
	size_t shortest = suite_shortest(one);

	for (size_t i = 0; i < one->n_encodings; i++) {
		struct ph_buf buf = { 0 };
		struct ph_mpw writer;
		struct ph_mp mp;

		if (suite_is_refused(one->group) || suite_is_float(&one->encodings[i])) {
			continue;
		}
		decode(&mp, one->encodings[i].data, one->encodings[i].len);
		ph_mpw_init(&writer, &buf);
		if (write_again(&writer, mp.root)) {
			assert_int_equal(ph_mpw_end(&writer), 0);
			assert_true(
				ph_view_equal(ph_buf_view(&buf),
					      ph_buf_view(&one->encodings[shortest])));
			rewritten++;
		}
		ph_buf_deinit(&buf);
		ph_mp_deinit(&mp);
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
	print_message("# %d encodings written again\n", rewritten);
	assert_true(rewritten > 100);
}

/* Items of every width, in an array with each width of header. */
static void test_item_bytes(void **state)
{
	static const uint8_t small[] = "\x94\x07\xa2xy\x92\x01\x91\xc0\xc4\x01z";
	struct ph_view in = PH_VIEW(small, sizeof(small) - 1);
	struct ph_buf wide = { 0 };
	struct ph_mpw writer;

	(void)state;
	assert_true(ph_view_equal(ph_mp_item_bytes(in, 0), ph_view_str("\x07")));
	assert_true(ph_view_equal(ph_mp_item_bytes(in, 1), ph_view_str("\xa2xy")));
	assert_true(
		ph_view_equal(ph_mp_item_bytes(in, 2), ph_view_str("\x92\x01\x91\xc0")));
	assert_true(ph_view_equal(ph_mp_item_bytes(in, 3), ph_view_str("\xc4\x01z")));
	assert_int_equal(ph_mp_item_bytes(in, 4).len, 0);
	assert_int_equal(ph_mp_item_bytes(PH_VIEW(small, 5), 2).len, 0);
	assert_int_equal(ph_mp_item_bytes(PH_VIEW(small + 1, 3), 0).len, 0);
	assert_int_equal(ph_mp_item_bytes(PH_VIEW("\xdc\x00", 2), 0).len, 0);
	for (size_t items = 16; items <= 70000; items += 69984) {
		wide.len = 0;
		ph_mpw_init(&writer, &wide);
		ph_mpw_array(&writer, items);
		for (size_t i = 0; i + 1 < items; i++) {
			ph_mpw_nil(&writer);
		}
		ph_mpw_raw(&writer, PH_VIEW("\x91\x05", 2));
		assert_int_equal(ph_mpw_end(&writer), 0);
		in = ph_mp_item_bytes(ph_buf_view(&wide), items - 1);
		assert_true(ph_view_equal(in, ph_view_str("\x91\x05")));
		assert_int_equal(ph_mp_item_bytes(ph_buf_view(&wide), items).len, 0);
	}
	ph_buf_deinit(&wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings_borrow),
		cmocka_unit_test(test_item_bytes),
		cmocka_unit_test(test_getters_check_type_and_range),
		cmocka_unit_test(test_decode_refuses),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_writes_shortest),
		cmocka_unit_test(test_writer_error_sticks),
		cmocka_unit_test(test_published_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
