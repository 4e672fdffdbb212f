/*
 * tests/fuzz/fuzz_walk.c - any bytes through the walker, then through msgpack-c.
 *
 * What the walker takes, msgpack-c must take; what is canonical is also well-formed,
 * with the same length; and a canonical object with something behind it is refused. Every
 * reader of mp.h is tried on every object, with ranges that fit and that do not; each item
 * of an array stands where the walker finds it; and what is canonical, and has no number
 * below zero, is written again as it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/mp.h"
#include "common/base/walk.h"

#define LOOKED_FOR 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

/* A range that ends in front of LEN, begins behind it, or is LEN alone. */
static bool is_bytes(const msgpack_object *object, bool is_text, struct ph_view *out)
{
	bool (*get)(const msgpack_object *, size_t, size_t, struct ph_view *) =
		is_text ? ph_mp_str : ph_mp_bin;
	struct ph_view other = { 0 };

	if (!get(object, 0, SIZE_MAX, out)) {
		return false;
	}
	must(get(object, out->len, out->len, &other) && ph_view_equal(other, *out));
	must(!get(object, out->len + 1, SIZE_MAX, &other));
	must(out->len == 0 || !get(object, 0, out->len - 1, &other));
	return true;
}

static void read_exact(const msgpack_object *object)
{
	uint8_t exact[32], none;
	struct ph_view view = { 0 };
	bool is_bin = ph_mp_bin(object, 0, SIZE_MAX, &view);

	must(ph_mp_bin_exact(object, &none, 0) == (is_bin && view.len == 0));
	must(ph_mp_bin_exact(object, exact, sizeof(exact)) ==
	     (is_bin && view.len == sizeof(exact)));
	must(view.len != sizeof(exact) || !is_bin ||
	     memcmp(exact, view.data, sizeof(exact)) == 0);
}

static void read_number(const msgpack_object *object)
{
	uint64_t value, same;

	if (ph_mp_uint(object, UINT64_MAX, &value)) {
		must(ph_mp_uint(object, value, &same) && same == value);
		must(value == 0 || !ph_mp_uint(object, value - 1, &same));
		must(!ph_mp_is_nil(object));
	}
}

static void read_sizes(const msgpack_object *object, size_t size)
{
	bool is_map = object->type == MSGPACK_OBJECT_MAP;

	must(is_map ? ph_mp_map(object, size) != NULL
		    : ph_mp_array(object, size, size) != NULL);
	must(is_map || ph_mp_array(object, size + 1, SIZE_MAX) == NULL);
	must(size == 0 ||
	     (is_map ? ph_mp_map(object, size - 1)
		     : (const void *)ph_mp_array(object, 0, size - 1)) == NULL);
}

/* Touch every byte of every string: a view that leaves the input is a fault. */
static unsigned touch(const msgpack_object *object)
{
	unsigned sum = 0;
	struct ph_view view = { 0 };

	read_number(object);
	read_exact(object);
	if (is_bytes(object, true, &view) || is_bytes(object, false, &view)) {
		for (size_t i = 0; i < view.len; i++) {
			sum += view.data[i];
		}
	}

	const msgpack_object_array *array = ph_mp_array(object, 0, SIZE_MAX);
	const msgpack_object_map *map = ph_mp_map(object, SIZE_MAX);

	if (array != NULL || map != NULL) {
		read_sizes(object, array != NULL ? array->size : map->size);
	}
	must(array == NULL || ph_mp_is_nil(ph_mp_item(array, array->size)));
	for (size_t i = 0; array != NULL && i < array->size; i++) {
		sum += touch(ph_mp_item(array, i));
	}
	for (size_t i = 0; map != NULL && i < map->size; i++) {
		sum += touch(&map->ptr[i].key) + touch(&map->ptr[i].val);
	}
	return sum;
}

/* False for a number below zero, which nothing of ours writes. */
static bool write_again(const msgpack_object *object, struct ph_mpw *writer)
{
	const msgpack_object_array *array = ph_mp_array(object, 0, SIZE_MAX);
	const msgpack_object_map *map = ph_mp_map(object, SIZE_MAX);
	struct ph_view view = { 0 };
	uint64_t value = 0;
	bool done = true;

	if (ph_mp_uint(object, UINT64_MAX, &value)) {
		ph_mpw_uint(writer, value);
	} else if (ph_mp_str(object, 0, SIZE_MAX, &view)) {
		ph_mpw_str(writer, view);
	} else if (ph_mp_bin(object, 0, SIZE_MAX, &view)) {
		ph_mpw_bin(writer, view.data, view.len);
	} else if (ph_mp_is_nil(object)) {
		ph_mpw_nil(writer);
	} else if (object->type == MSGPACK_OBJECT_BOOLEAN) {
		ph_mpw_raw(writer, ph_view_str(object->via.boolean ? "\xc3" : "\xc2"));
	} else if (array != NULL) {
		ph_mpw_array(writer, array->size);
		for (size_t i = 0; done && i < array->size; i++) {
			done = write_again(ph_mp_item(array, i), writer);
		}
	} else if (map != NULL) {
		ph_mpw_map(writer, map->size);
		for (size_t i = 0; done && i < map->size; i++) {
			done = write_again(&map->ptr[i].key, writer) &&
			       write_again(&map->ptr[i].val, writer);
		}
	} else {
		done = false;
	}
	return done;
}

static void judge_canonical(struct ph_view in, const msgpack_object *root)
{
	struct ph_buf again = { 0 };
	struct ph_mpw writer;

	ph_mpw_init(&writer, &again);
	if (write_again(root, &writer)) {
		must(ph_mpw_end(&writer) == 0);
		must(ph_view_equal(in, ph_buf_view(&again)));
	}
	ph_buf_deinit(&again);
}

/*
 * The items of an array fill it from its head to its end. Each is looked for from the head
 * on, which for all of 65,536 takes seconds: of a long array only the first, and the last.
 */
static void judge_items(struct ph_view in, const msgpack_object *root)
{
	const msgpack_object_array *array = ph_mp_array(root, 0, SIZE_MAX);
	size_t size = array != NULL ? array->size : 0;
	const uint8_t *next = NULL;

	for (size_t i = 0; i < size && i < LOOKED_FOR; i++) {
		struct ph_view item = ph_mp_item_bytes(in, i);

		must(item.len > 0 && (i == 0 || item.data == next));
		next = item.data + item.len;
	}
	if (size > LOOKED_FOR) {
		struct ph_view last = ph_mp_item_bytes(in, size - 1);

		must(last.len > 0 && last.data >= next);
		next = last.data + last.len;
	}
	must(next == NULL || next == in.data + in.len);
	must(ph_mp_item_bytes(in, size).len == 0);
}

/* Walk and decode; the length of the object at the front, or 0 when it is refused. */
static size_t try_one(struct ph_view in, const struct ph_walk_limits *limits,
		      unsigned flags)
{
	struct ph_mp mp;
	size_t used = 0;
	int rc = ph_walk(in, limits, flags, &used);

	must(rc >= 0);
	if (rc != 0) {
		must(used == 0 && ph_mp_decode(&mp, in, limits, flags) == rc);
		return 0;
	}
	must(used > 0 && used <= in.len);
	if (used < in.len) {
		must(ph_mp_decode(&mp, in, limits, flags) == PH_WALK_E_FORM);
	}
	rc = ph_mp_decode(&mp, PH_VIEW(in.data, used), limits, flags);
	must(rc == 0 || rc == -ENOMEM);
	if (rc == 0) {
		volatile unsigned sink = touch(mp.root);

		(void)sink;
		judge_items(PH_VIEW(in.data, used), mp.root);
		if ((flags & PH_WALK_CANONICAL) != 0) {
			judge_canonical(PH_VIEW(in.data, used), mp.root);
		}
		ph_mp_deinit(&mp);
	}
	return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ph_walk_limits entry = {
		.depth = PH_ENTRY_DEPTH_MAX,
		.items = PH_ENTRY_ITEMS_MAX,
	};
	static const struct ph_walk_limits narrow = { .depth = 2, .items = 3 };
	static const struct ph_walk_limits wide = { .depth = 1000, .items = UINT32_MAX };
	struct ph_view in = PH_VIEW(data, size);
	size_t canonical = try_one(in, &entry, PH_WALK_CANONICAL);
	size_t plain = try_one(in, &entry, 0);

	must(canonical == 0 || canonical == plain);

	size_t loose = try_one(in, &wide, 0);

	must(plain == 0 || plain == loose);

	size_t tight = try_one(in, &narrow, 0);

	must(tight == 0 || tight == loose);
	(void)ph_mp_item_bytes(in,
			       size > 0 ? data[size - 1] : 0); /* of what nobody walked */
	return 0;
}
