/*
 * tests/fuzz/fuzz_walk.c - any bytes through the walker, then through msgpack-c.
 *
 * What the walker takes, msgpack-c must take; what is canonical is also well-formed,
 * with the same length; and a canonical object with something behind it is refused.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/mp.h"
#include "common/base/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool fact)
{
	if (!fact) {
		abort();
	}
}

/* Touch every byte of every string: a view that leaves the input is a fault. */
static unsigned touch(const msgpack_object *object)
{
	unsigned sum = 0;
	struct ph_view view = { 0 };

	if (ph_mp_str(object, 0, SIZE_MAX, &view) ||
	    ph_mp_bin(object, 0, SIZE_MAX, &view)) {
		for (size_t i = 0; i < view.len; i++) {
			sum += view.data[i];
		}
	}

	const msgpack_object_array *array = ph_mp_array(object, 0, SIZE_MAX);
	const msgpack_object_map *map = ph_mp_map(object, SIZE_MAX);

	for (size_t i = 0; array != NULL && i < array->size; i++) {
		sum += touch(ph_mp_item(array, i));
	}
	for (size_t i = 0; map != NULL && i < map->size; i++) {
		sum += touch(&map->ptr[i].key) + touch(&map->ptr[i].val);
	}
	return sum;
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
	static const struct ph_walk_limits wide = { .depth = 1000, .items = UINT32_MAX };
	struct ph_view in = PH_VIEW(data, size);
	size_t canonical = try_one(in, &entry, PH_WALK_CANONICAL);
	size_t plain = try_one(in, &entry, 0);

	must(canonical == 0 || canonical == plain);

	size_t loose = try_one(in, &wide, 0);

	must(plain == 0 || plain == loose);
	return 0;
}
