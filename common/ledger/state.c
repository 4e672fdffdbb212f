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

int ph_state_list(const struct ph_fact *facts, size_t n,
		  void (*write)(struct ph_mpw *writer, const struct ph_fact *fact,
				const struct ph_value *field),
		  struct ph_buf *state_out)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	struct ph_mpw writer;
	int rc = entry == NULL ? -ENOMEM : 0;

	if (n == 0 || rc != 0) {
		goto out;
	}
	ph_mpw_init(&writer, state_out);
	ph_mpw_array(&writer, 1);
	ph_mpw_array(&writer, n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc == 0) {
			write(&writer, &facts[i], entry->field);
		}
	}
	rc = rc != 0 ? rc : ph_mpw_end(&writer);
out:
	free(entry);
	return rc;
}

int ph_state_decode_list(struct ph_view state, struct ph_mp *mp,
			 const msgpack_object_array **items_out)
{
	const msgpack_object_array *array;
	int rc = ph_state_decode(state, mp, &array);

	if (rc != 0) {
		return rc;
	}

	const msgpack_object_array *items =
		ph_mp_array(ph_mp_item(array, 0), 1, SIZE_MAX);

	if (items == NULL) {
		ph_mp_deinit(mp);
		return -EUCLEAN;
	}
	*items_out = items;
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
