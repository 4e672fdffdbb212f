/*
 * common/base/walk.h - the bounded MessagePack walker.
 *
 * msgpack-c asks for memory as large as a length field says, so no byte reaches
 * it that this walker has not passed. It allocates nothing and reads each byte
 * once. Source: the MessagePack specification.
 */
#ifndef PH_BASE_WALK_H
#define PH_BASE_WALK_H

#include "common/base/bytes.h"

enum {
	PH_WALK_E_SHORT = 1, /* ends inside an object */
	PH_WALK_E_DEPTH,     /* nested deeper than allowed */
	PH_WALK_E_ITEMS,     /* an array or map with more items than allowed */
	PH_WALK_E_TYPE,      /* float, ext, timestamp or the never-used byte */
	PH_WALK_E_FORM, /* canonical asked for: not the shortest form, or map keys not rising */
	PH_WALK_E_UTF8, /* a str that is not UTF-8 */
};

enum {
	PH_WALK_CANONICAL =
		1, /* shortest forms; map keys unsigned integers, strictly rising */
};

enum {
	PH_WALK_DEPTH_MAX =
		32, /* what msgpack-c can unpack; larger limits count as this */
};

struct ph_walk_limits {
	unsigned depth; /* an array of scalars has depth 1 */
	unsigned items; /* in one array, or pairs in one map */
};

/*
 * Walk exactly one object at the front of IN. Return 0 and set *USED_OUT to its
 * length, or one of PH_WALK_E_*. Never reads past IN, never recurses. Canonical:
 * integers not below zero in unsigned form, every number, length and count in its
 * shortest form. A header that announces more items than bytes are left is
 * PH_WALK_E_SHORT, whatever the limits say.
 */
int ph_walk(struct ph_view in, const struct ph_walk_limits *limits, unsigned flags,
	    size_t *used_out);

#endif
