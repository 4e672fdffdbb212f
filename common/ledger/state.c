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

void ph_state_value(struct ph_mpw *writer, const struct ph_field *field,
		    const struct ph_value *value)
{
	if (!value->set) {
		ph_mpw_nil(writer);
		return;
	}
	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
		ph_mpw_uint(writer, value->as.uint);
		break;
	case PH_T_DAY:
		ph_state_int(writer, value->as.day);
		break;
	case PH_T_TEXT:
		ph_mpw_str(writer, value->as.bytes);
		break;
	case PH_T_BYTES:
	case PH_T_FIXED:
		ph_mpw_bin(writer, value->as.bytes.data, value->as.bytes.len);
		break;
	case PH_T_REF:
		ph_ref_write(writer, &value->as.ref);
		break;
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
		ph_id_write(writer, &value->as.id);
		break;
	case PH_T_HEAD:
		ph_head_write(writer, &value->as.head);
		break;
	case PH_T_SEEN:
		ph_mpw_nil(writer);
		break;
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

bool ph_state_get_ref(const msgpack_object *object, struct ph_ref *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);

	return array != NULL &&
	       ph_mp_bin_exact(&array->ptr[0], out->log_id, sizeof out->log_id) &&
	       ph_mp_uint(&array->ptr[1], UINT64_MAX, &out->n) &&
	       ph_mp_bin_exact(&array->ptr[2], out->hash, sizeof out->hash);
}

bool ph_state_get_id(const msgpack_object *object, struct ph_id *out)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);

	return array != NULL && ph_mp_uint(&array->ptr[0], UINT64_MAX, &out->ns) &&
	       ph_mp_str(&array->ptr[1], 1, PH_CODE_MAX, &out->code);
}

bool ph_state_get_value(const msgpack_object *object, const struct ph_field *field,
			struct ph_value *out)
{
	*out = (struct ph_value){ .set = true };
	switch (field->type) {
	case PH_T_UINT:
	case PH_T_ENUM:
		return ph_mp_uint(object, UINT64_MAX, &out->as.uint);
	case PH_T_DAY:
		return ph_state_get_int(object, &out->as.day);
	case PH_T_TEXT:
		return ph_mp_str(object, 0, SIZE_MAX, &out->as.bytes);
	case PH_T_BYTES:
	case PH_T_FIXED:
		return ph_mp_bin(object, 0, SIZE_MAX, &out->as.bytes);
	case PH_T_REF:
		return ph_state_get_ref(object, &out->as.ref);
	case PH_T_COPY_ID:
	case PH_T_CARD_ID:
		return ph_state_get_id(object, &out->as.id);
	case PH_T_HEAD:
	case PH_T_SEEN:
		break;
	}
	return false; /* no register is of these types */
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
