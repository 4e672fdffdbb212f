/*
 * common/base/mpr.h - MessagePack read in one pass, without memory: for bytes of our own
 * that were checked when they came, and are read again and again.
 *
 * The first thing that is not as expected makes the reader fail, and it stays so: read
 * all, then ask ph_mpr_end(). Nothing is read outside the bytes, whatever they are.
 * Bytes of others go through ph_mp_decode().
 */
#ifndef PH_BASE_MPR_H
#define PH_BASE_MPR_H

#include "common/base/bytes.h"

struct ph_mpr {
	const uint8_t *at, *end; /* borrowed */
	bool failed;
};

struct ph_mpr ph_mpr_begin(struct ph_view bytes);
/* True if all was as expected and nothing is left. */
bool ph_mpr_end(const struct ph_mpr *reader);

/* True, and it is passed, if nil comes next; also at the end of the bytes. */
bool ph_mpr_nil(struct ph_mpr *reader);
/* How many items or pairs follow; never more than there are bytes left. 0 on failure. */
uint32_t ph_mpr_array(struct ph_mpr *reader);
uint32_t ph_mpr_map(struct ph_mpr *reader);
uint64_t ph_mpr_uint(struct ph_mpr *reader);
/* These borrow from the bytes; empty on failure. */
struct ph_view ph_mpr_bin(struct ph_mpr *reader);
struct ph_view ph_mpr_str(struct ph_mpr *reader);
/* Exactly LEN bytes of a bin; OUT is unchanged on failure. */
void ph_mpr_fixed(struct ph_mpr *reader, uint8_t *out, size_t len);
/* The bytes of the next object, which is passed. */
struct ph_view ph_mpr_raw(struct ph_mpr *reader);

#endif
