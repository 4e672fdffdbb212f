/* proto/message_internal.h - what message*.c, hello.c and welcome.c share. */
#ifndef PH_PROTO_MESSAGE_INTERNAL_H
#define PH_PROTO_MESSAGE_INTERNAL_H

#include "common/base/mp.h"
#include "proto/message.h"

/* Nothing we say is nested deeper, or has more items in one array. */
enum {
	PH_MESSAGE_DEPTH_MAX = 4,
	PH_MESSAGE_ITEMS_MAX = PH_RECEIPT_MISSING_MAX,
};

/* No number is larger: stores keep signed 64 bits. */
#define PH_MESSAGE_UINT_MAX ((uint64_t)INT64_MAX)

/* Unpack exactly IN. 0, PH_MESSAGE_E_FORM or -ENOMEM. */
int ph_message_unpack(struct ph_mp *mp, struct ph_view in);
/* 0 is nil, on the way out and in. */
void ph_message_put_uint(struct ph_mpw *writer, uint64_t value);
bool ph_message_get_uint(const msgpack_object *object, uint64_t *out);
/* Empty is nil, on the way out and in. */
void ph_message_put_bin(struct ph_mpw *writer, struct ph_view bytes);
bool ph_message_get_bin(const msgpack_object *object, size_t max, struct ph_view *out);
/* The front of an unfinished item, [hash, offset]; that there is none is nil, on the way out and in. */
void ph_message_put_partial(struct ph_mpw *writer, bool has,
			    const uint8_t hash[static 16], uint64_t offset);
bool ph_message_get_partial(const msgpack_object *object, bool *has_out,
			    uint8_t hash_out[static 16], uint64_t *offset_out);
/* How many of N items have to be written when trailing nils are dropped. */
size_t ph_message_used(const bool *is_set, size_t n);

/* The members of a receipt, without the array around them. */
size_t ph_message_receipt_items(const struct ph_short_receipt *receipt);
void ph_message_put_receipt(struct ph_mpw *writer,
			    const struct ph_short_receipt *receipt);
bool ph_message_get_receipt(const msgpack_object_array *array, size_t from,
			    struct ph_short_receipt *receipt);
bool ph_message_receipt_ok(const struct ph_short_receipt *receipt);

/* What is held of the logs of a site; an empty list is nil, on the way out and in. */
enum ph_sibling_list {
	PH_SIBLINGS_HELLO,
	PH_SIBLINGS_WELCOME
};
bool ph_message_siblings_ok(const struct ph_sibling *list, unsigned n,
			    enum ph_sibling_list where);
void ph_message_put_siblings(struct ph_mpw *writer, const struct ph_sibling *list,
			     unsigned n);
bool ph_message_get_siblings(const msgpack_object *object, enum ph_sibling_list where,
			     struct ph_sibling list[static PH_SIBLINGS_MAX],
			     unsigned *n_out);

#endif
