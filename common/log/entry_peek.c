/*
 * common/log/entry_peek.c - the front of an entry, read without decoding it: for who looks
 * at each of a million.
 */
#include "common/log/entry.h"

/* A MessagePack unsigned integer off the front of IN. */
static bool take_uint(struct ph_view *in, uint64_t *out)
{
	uint8_t head = in->len > 0 ? in->data[0] : 0xc0;
	size_t len = head >= 0xcc && head <= 0xcf ? (size_t)1 << (head - 0xcc) : 0;

	if ((len == 0 && head > 0x7f) || in->len < 1 + len) {
		return false;
	}
	*out = len == 0 ? head : 0;
	for (size_t i = 1; i <= len; i++) {
		*out = *out << 8 | in->data[i];
	}
	*in = PH_VIEW(in->data + 1 + len, in->len - 1 - len);
	return true;
}

bool ph_entry_peek(struct ph_view bytes, uint64_t *kind_out, uint64_t *stamp_out)
{
	size_t head = bytes.len == 0              ? 0
		      : bytes.data[0] >> 4 == 0x9 ? 1
		      : bytes.data[0] == 0xdc     ? 3
						  : 0;
	struct ph_view in;
	uint64_t kind, stamp;

	if (head == 0 || bytes.len < head) {
		return false;
	}
	in = PH_VIEW(bytes.data + head, bytes.len - head);
	if (!take_uint(&in, &kind) || !take_uint(&in, &stamp)) {
		return false;
	}
	*kind_out = kind;
	*stamp_out = stamp;
	return true;
}
