/*
 * common/base/mp.c - MessagePack in and out: msgpack-c behind the walker.
 *
 * Decoding walks the bytes, sees that nothing follows, and only then lets msgpack-c
 * build its tree. msgpack_unpack_next() does not copy: strings and binaries point
 * into the input. What it allocates is bounded by the walker: at most 48 bytes for
 * each byte of input.
 *
 * msgpack-c must take all that the walker took; if it ever does not, the bytes are
 * refused as a type that is not used here.
 */
#include "common/base/mp.h"

#include <errno.h>
#include <string.h>

int ph_mp_decode(struct ph_mp *mp, struct ph_view in, const struct ph_walk_limits *limits,
		 unsigned flags)
{
	size_t used;
	int rc = ph_walk(in, limits, flags, &used);

	if (rc != 0) {
		return rc;
	}
	if (used != in.len) {
		return PH_WALK_E_FORM;
	}

	size_t off = 0;

	msgpack_unpacked_init(&mp->unpacked);
	msgpack_unpack_return got =
		msgpack_unpack_next(&mp->unpacked, (const char *)in.data, in.len, &off);
	if (got != MSGPACK_UNPACK_SUCCESS || off != in.len) {
		msgpack_unpacked_destroy(&mp->unpacked);
		return got == MSGPACK_UNPACK_NOMEM_ERROR ? -ENOMEM : PH_WALK_E_TYPE;
	}
	mp->root = &mp->unpacked.data;
	return 0;
}

int ph_mp_decode_ours(struct ph_mp *mp, struct ph_view in,
		      const struct ph_walk_limits *limits)
{
	int rc = ph_mp_decode(mp, in, limits, PH_WALK_CANONICAL);

	return rc > 0 ? -EUCLEAN : rc;
}

void ph_mp_deinit(struct ph_mp *mp)
{
	msgpack_unpacked_destroy(&mp->unpacked);
	mp->root = NULL;
}

bool ph_mp_uint(const msgpack_object *object, uint64_t max, uint64_t *out)
{
	if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > max) {
		return false;
	}
	*out = object->via.u64;
	return true;
}

bool ph_mp_bin(const msgpack_object *object, size_t min, size_t max, struct ph_view *out)
{
	if (object->type != MSGPACK_OBJECT_BIN || object->via.bin.size < min ||
	    object->via.bin.size > max) {
		return false;
	}
	*out = PH_VIEW(object->via.bin.ptr, object->via.bin.size);
	return true;
}

bool ph_mp_bin_exact(const msgpack_object *object, uint8_t *out, size_t len)
{
	struct ph_view bytes;

	if (!ph_mp_bin(object, len, len, &bytes)) {
		return false;
	}
	if (len > 0) {
		memcpy(out, bytes.data, len);
	}
	return true;
}

bool ph_mp_str(const msgpack_object *object, size_t min, size_t max, struct ph_view *out)
{
	if (object->type != MSGPACK_OBJECT_STR || object->via.str.size < min ||
	    object->via.str.size > max) {
		return false;
	}
	*out = PH_VIEW(object->via.str.ptr, object->via.str.size);
	return true;
}

bool ph_mp_is_nil(const msgpack_object *object)
{
	return object->type == MSGPACK_OBJECT_NIL;
}

const msgpack_object_array *ph_mp_array(const msgpack_object *object, size_t min,
					size_t max)
{
	if (object->type != MSGPACK_OBJECT_ARRAY || object->via.array.size < min ||
	    object->via.array.size > max) {
		return NULL;
	}
	return &object->via.array;
}

const msgpack_object_map *ph_mp_map(const msgpack_object *object, size_t max)
{
	if (object->type != MSGPACK_OBJECT_MAP || object->via.map.size > max) {
		return NULL;
	}
	return &object->via.map;
}

const msgpack_object *ph_mp_item(const msgpack_object_array *array, size_t i)
{
	static const msgpack_object nil = { .type = MSGPACK_OBJECT_NIL };

	return i < array->size ? &array->ptr[i] : &nil;
}

/* Move IN behind the head of an array. Its items, or 0 if it is none. */
static size_t take_array(struct ph_view *in)
{
	size_t items = 0;
	size_t head = 1;

	if (in->len >= 1 && in->data[0] >= 0x90 && in->data[0] <= 0x9f) {
		items = in->data[0] & 15;
	} else if (in->len >= 3 && in->data[0] == 0xdc) {
		items = ph_be16_get(in->data + 1);
		head = 3;
	} else if (in->len >= 5 && in->data[0] == 0xdd) {
		items = ph_be32_get(in->data + 1);
		head = 5;
	} else {
		return 0;
	}
	*in = PH_VIEW(in->data + head, in->len - head);
	return items;
}

struct ph_view ph_mp_item_bytes(struct ph_view array, size_t i)
{
	static const struct ph_walk_limits any = { .depth = PH_WALK_DEPTH_MAX,
						   .items = UINT32_MAX };
	size_t items = take_array(&array);
	size_t used;

	for (size_t at = 0; at < items && ph_walk(array, &any, 0, &used) == 0; at++) {
		if (at == i) {
			return PH_VIEW(array.data, used);
		}
		array = PH_VIEW(array.data + used, array.len - used);
	}
	return (struct ph_view){ 0 };
}

static int put(void *data, const char *bytes, size_t len)
{
	return ph_buf_put(data, bytes, len);
}

void ph_mpw_init(struct ph_mpw *writer, struct ph_buf *buf)
{
	msgpack_packer_init(&writer->packer, buf, put);
	writer->buf = buf;
	writer->failed = false;
}

/* Whether a length can go on; the format holds 32 bits of it. */
static bool fits(struct ph_mpw *writer, size_t len)
{
	if (len > UINT32_MAX) {
		writer->failed = true;
	}
	return !writer->failed;
}

static void check(struct ph_mpw *writer, int rc)
{
	if (rc != 0) {
		writer->failed = true;
	}
}

void ph_mpw_array(struct ph_mpw *writer, size_t items)
{
	if (fits(writer, items)) {
		check(writer, msgpack_pack_array(&writer->packer, items));
	}
}

void ph_mpw_map(struct ph_mpw *writer, size_t pairs)
{
	if (fits(writer, pairs)) {
		check(writer, msgpack_pack_map(&writer->packer, pairs));
	}
}

void ph_mpw_uint(struct ph_mpw *writer, uint64_t value)
{
	if (!writer->failed) {
		check(writer, msgpack_pack_uint64(&writer->packer, value));
	}
}

void ph_mpw_bin(struct ph_mpw *writer, const void *data, size_t len)
{
	if (fits(writer, len)) {
		check(writer, msgpack_pack_bin(&writer->packer, len));
		check(writer, ph_buf_put(writer->buf, data, len));
	}
}

void ph_mpw_str(struct ph_mpw *writer, struct ph_view text)
{
	if (fits(writer, text.len)) {
		check(writer, msgpack_pack_str(&writer->packer, text.len));
		check(writer, ph_buf_put_view(writer->buf, text));
	}
}

void ph_mpw_nil(struct ph_mpw *writer)
{
	if (!writer->failed) {
		check(writer, msgpack_pack_nil(&writer->packer));
	}
}

void ph_mpw_raw(struct ph_mpw *writer, struct ph_view object)
{
	if (!writer->failed) {
		check(writer, ph_buf_put_view(writer->buf, object));
	}
}

int ph_mpw_end(struct ph_mpw *writer)
{
	return writer->failed ? -ENOMEM : 0;
}
