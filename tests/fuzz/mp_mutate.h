/*
 * tests/fuzz/mp_mutate.h - changes to msgpack by its items, for targets that sign or seal it.
 *
 * A change of any byte seldom leaves msgpack behind, and what stands in a signed body is
 * looked at member by member. So half of the changes are made here: one item is taken out,
 * put twice, becomes another, or gets a byte more or less, with the lengths before it right.
 * A target defines LLVMFuzzerCustomMutator() with mp_mutate(); the other half is libFuzzer's.
 */
#ifndef PH_FUZZ_MP_MUTATE_H
#define PH_FUZZ_MP_MUTATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/bytes.h"

/* libFuzzer's; not there in a program that only replays. */
__attribute__((weak)) size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

enum {
	MP_ITEMS = 256,
};

/* Head and payload; of arrays and maps the head alone, their items follow. */
struct mp_item {
	size_t at, len;
};

/* Bytes of the item at the front of IN, its payload included; 0: none. */
static inline size_t mp_item_len(struct ph_view in)
{
	/* of c0 to df: bytes of the head; 64 and more: then as many as the head says */
	static const uint8_t heads[] = {
		1, 1,  1,  1,      64 + 2, 64 + 3, 64 + 5, 64 + 3, 64 + 4, 64 + 6, 5,
		9, 2,  3,  5,      9,      2,      3,      5,      9,      3,      4,
		6, 10, 18, 64 + 2, 64 + 3, 64 + 5, 3,      5,      3,      5
	};
	uint8_t byte = in.len > 0 ? in.data[0] : 0xc1;
	size_t len = 1;

	if (byte >= 0xa0 && byte <= 0xbf) {
		len += byte & 0x1f;
	} else if (byte >= 0xc0 && byte <= 0xdf) {
		size_t head = heads[byte - 0xc0] & 63;

		len = head;
		for (size_t i = 1, said = 0; heads[byte - 0xc0] > 64 && i < head; i++) {
			said = said << 8 | (i < in.len ? in.data[i] : 0);
			len = head + said;
		}
	}
	return in.len == 0 || len > in.len ? 0 : len;
}

static inline size_t mp_items(struct ph_view in, struct mp_item out[static MP_ITEMS])
{
	size_t n = 0, at = 0;

	while (n < MP_ITEMS) {
		size_t len = mp_item_len(PH_VIEW(in.data + at, in.len - at));

		if (len == 0) {
			break;
		}
		out[n++] = (struct mp_item){ at, len };
		at += len;
	}
	return n;
}

/* Put BYTES in place of LEN bytes at AT. The new size, or SIZE if there is no room. */
static inline size_t mp_splice(uint8_t *data, size_t size, size_t max,
			       struct mp_item item, struct ph_view bytes)
{
	size_t end = item.at + item.len;

	if (size - item.len + bytes.len > max) {
		return size;
	}
	memmove(data + item.at + bytes.len, data + end, size - end);
	memcpy(data + item.at, bytes.data, bytes.len);
	return size - item.len + bytes.len;
}

static inline size_t mp_other(uint8_t *data, size_t size, size_t max, struct mp_item item,
			      unsigned seed)
{
	static const struct {
		uint8_t len, bytes[9];
	} others[] = {
		{ 1, { 0xc0 } },
		{ 1, { 0xc3 } },
		{ 1, { 0 } },
		{ 1, { 1 } },
		{ 1, { 0x7f } },
		{ 2, { 0xcc, 0xff } },
		{ 3, { 0xcd, 0xff, 0xff } },
		{ 5, { 0xce, 0xff, 0xff, 0xff, 0xff } },
		{ 9, { 0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ 9, { 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ 1, { 0xff } },
		{ 2, { 0xd0, 0x80 } },
		{ 1, { 0x90 } },
		{ 1, { 0x80 } },
		{ 1, { 0xa0 } },
		{ 2, { 0xa1, 'a' } },
		{ 2, { 0xc4, 0 } },
		{ 3, { 0xc4, 1, 7 } },
	};
	size_t which = seed % (sizeof(others) / sizeof(others[0]));

	return mp_splice(data, size, max, item,
			 PH_VIEW(others[which].bytes, others[which].len));
}

/* A byte more or less of a text or bytes, or an item more or less of an array that is short. */
static inline size_t mp_resize(uint8_t *data, size_t size, size_t max,
			       struct mp_item item, bool more)
{
	uint8_t *head = data + item.at;
	bool is_bytes = *head == 0xc4 || *head == 0xd9;
	uint8_t *count = is_bytes && item.len > 1 ? head + 1 : head;
	uint8_t low = is_bytes ? 0 : *head & 0xe0;
	uint8_t most = is_bytes ? 255 : *head >= 0xa0 ? 31 : 15;

	if (!is_bytes && (*head < 0x80 || *head > 0xbf)) {
		return size;
	}
	low = !is_bytes && *head < 0xa0 ? *head & 0xf0 : low;
	if (more ? *count - low == most : *count == low) {
		return size;
	}
	*count = (uint8_t)(more ? *count + 1 : *count - 1);
	if (!is_bytes && *head < 0xa0) {
		return size;
	}
	item.at += item.len - !more;
	item.len = !more;
	return mp_splice(data, size, max, item,
			 more ? ph_view_str("x") : (struct ph_view){ .data = data });
}

/* DATA[FROM..SIZE) is msgpack, more or less. The size of what became of it. */
static inline size_t mp_mutate(uint8_t *data, size_t size, size_t max, unsigned seed,
			       size_t from)
{
	struct mp_item items[MP_ITEMS], item;
	uint8_t copy[64];
	size_t n = size > from ? mp_items(PH_VIEW(data + from, size - from), items) : 0;

	if (n == 0 || seed % 2 == 0) {
		return LLVMFuzzerMutate(data, size, max);
	}
	seed /= 2;
	item = items[seed / 16 % n];
	item.at += from;
	switch (seed % 16) {
	case 0:
		return mp_splice(data, size, max, item, (struct ph_view){ .data = data });
	case 1:
		n = item.len < sizeof(copy) ? item.len : sizeof(copy);
		memcpy(copy, data + item.at, n);
		item.len = 0;
		return mp_splice(data, size, max, item, PH_VIEW(copy, n));
	case 6: /* no point of a curve, say */
		if (data[item.at] == 0xc4) {
			memset(data + item.at + 2, 0, item.len - 2);
		}
		return size;
	case 2:
	case 3:
	case 4:
	case 5:
		return mp_resize(data, size, max, item, seed % 2);
	default:
		return mp_other(data, size, max, item, seed / 4096);
	}
}

#endif
