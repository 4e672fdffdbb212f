/*
 * common/ledger/state.c - small parts of the canonical states.
 *
 * States are our own bytes, so what does not decode is damage (-EUCLEAN), never
 * somebody's bad input.
 */
#include "common/ledger/state.h"

#include <errno.h>
#include <stdlib.h>

void ph_state_int(struct ph_mpw *writer, int64_t value)
{
	if (value >= 0) {
		ph_mpw_uint(writer, (uint64_t)value);
	} else if (!writer->failed && msgpack_pack_int64(&writer->packer, value) != 0) {
		writer->failed = true;
	}
}

bool ph_state_get_int(const msgpack_object *object, int64_t *out)
{
	if (object->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
		*out = object->via.i64;
		return true;
	}

	uint64_t value;

	if (!ph_mp_uint(object, INT64_MAX, &value)) {
		return false;
	}
	*out = (int64_t)value;
	return true;
}

int ph_state_decode(struct ph_view state, struct ph_mp *mp,
		    const msgpack_object_array **array_out)
{
	const struct ph_walk_limits limits = { .depth = 8, .items = UINT32_MAX };
	int rc = ph_mp_decode(mp, state, &limits, PH_WALK_CANONICAL);

	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}

	const msgpack_object_array *array = ph_mp_array(mp->root, 0, SIZE_MAX);

	if (array == NULL) {
		ph_mp_deinit(mp);
		return -EUCLEAN;
	}
	*array_out = array;
	return 0;
}

int ph_state_grow(void **items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap) {
		return 0;
	}

	size_t more = *cap == 0 ? 8 : *cap * 2;

	if (more > SIZE_MAX / size) {
		return -ENOMEM;
	}

	void *grown = realloc(*items, more * size);

	if (grown == NULL) {
		return -ENOMEM;
	}
	*items = grown;
	*cap = more;
	return 0;
}
