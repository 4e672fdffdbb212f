/*
 * common/base/mp.h - MessagePack in and out: msgpack-c behind the walker.
 *
 * Reading: ph_mp_decode() walks first, then unpacks; strings and binaries borrow
 * from the input. Each getter checks type and range, so that a decoder is a list
 * of getters joined by &&. Writing: shortest forms, straight into a ph_buf.
 */
#ifndef PH_BASE_MP_H
#define PH_BASE_MP_H

#include <msgpack.h>

#include "common/base/bytes.h"
#include "common/base/walk.h"

struct ph_mp {
	msgpack_unpacked unpacked;
	const msgpack_object *root; /* borrows from the input and from this struct */
};

/*
 * Decode exactly the bytes of IN (nothing may follow). 0; one of PH_WALK_E_*,
 * with PH_WALK_E_FORM for bytes behind the object; or -ENOMEM. On success the
 * caller ends with ph_mp_deinit(); on failure there is nothing to free.
 */
int ph_mp_decode(struct ph_mp *mp, struct ph_view in, const struct ph_walk_limits *limits,
		 unsigned flags);
/* The same for what we wrote ourselves, in the one form we write. 0; -EUCLEAN: it is not that; -ENOMEM. */
int ph_mp_decode_ours(struct ph_mp *mp, struct ph_view in,
		      const struct ph_walk_limits *limits);
void ph_mp_deinit(struct ph_mp *mp);

/* Getters: true and the value, or false with *OUT unchanged. */
bool ph_mp_uint(const msgpack_object *object, uint64_t max, uint64_t *out);
bool ph_mp_bin(const msgpack_object *object, size_t min, size_t max, struct ph_view *out);
bool ph_mp_bin_exact(const msgpack_object *object, uint8_t *out, size_t len);
bool ph_mp_str(const msgpack_object *object, size_t min, size_t max, struct ph_view *out);
bool ph_mp_is_nil(const msgpack_object *object);
/* The array with MIN to MAX items, or NULL. */
const msgpack_object_array *ph_mp_array(const msgpack_object *object, size_t min,
					size_t max);
const msgpack_object_map *ph_mp_map(const msgpack_object *object, size_t max);
/* Item I of ARRAY, or a nil object when it has fewer: trailing nils may be dropped. */
const msgpack_object *ph_mp_item(const msgpack_object_array *array, size_t i);

/*
 * The bytes of item I of the array that ARRAY is the bytes of, which ph_mp_decode() has
 * taken; empty if it has fewer.
 */
struct ph_view ph_mp_item_bytes(struct ph_view array, size_t i);

/* A writer with a sticky error: check `failed` once at the end (it means -ENOMEM). */
struct ph_mpw {
	msgpack_packer packer;
	struct ph_buf *buf; /* borrowed */
	bool failed;
};
void ph_mpw_init(struct ph_mpw *writer, struct ph_buf *buf);
void ph_mpw_array(struct ph_mpw *writer, size_t items);
void ph_mpw_map(struct ph_mpw *writer, size_t pairs);
void ph_mpw_uint(struct ph_mpw *writer, uint64_t value);
void ph_mpw_bin(struct ph_mpw *writer, const void *data, size_t len);
void ph_mpw_str(struct ph_mpw *writer, struct ph_view text);
void ph_mpw_nil(struct ph_mpw *writer);
/* Bytes that are MessagePack already, of one object. */
void ph_mpw_raw(struct ph_mpw *writer, struct ph_view object);
/* 0, or -ENOMEM if any write failed. */
int ph_mpw_end(struct ph_mpw *writer);

#endif
