/*
 * common/base/mpr.c - MessagePack read in one pass, without memory.
 *
 * A header that says more than there are bytes is a failure at once, so that no count
 * can make a caller set aside more than what is there. To pass an object of unknown
 * form, the objects inside are counted, not nested, so depth costs nothing.
 */
#include "common/base/mpr.h"

#include <string.h>

struct ph_mpr ph_mpr_begin(struct ph_view bytes)
{
	return (struct ph_mpr){ .at = bytes.data, .end = bytes.data + bytes.len };
}

bool ph_mpr_end(const struct ph_mpr *reader)
{
	return !reader->failed && reader->at == reader->end;
}

static size_t left(const struct ph_mpr *reader)
{
	return (size_t)(reader->end - reader->at);
}

static void fail(struct ph_mpr *reader)
{
	reader->failed = true;
	reader->at = reader->end;
}

/* The first byte of the next object, passed; 0xc1, which is none, on failure. */
static uint8_t head(struct ph_mpr *reader)
{
	if (reader->failed || reader->at == reader->end) {
		fail(reader);
		return 0xc1;
	}
	return *reader->at++;
}

/* A big-endian number of LEN bytes. */
static uint64_t number(struct ph_mpr *reader, size_t len)
{
	uint64_t value = 0;

	if (left(reader) < len) {
		fail(reader);
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		value = value << 8 | *reader->at++;
	}
	return value;
}

static struct ph_view take(struct ph_mpr *reader, uint64_t len)
{
	struct ph_view view;

	if (reader->failed || left(reader) < len) {
		fail(reader);
		return PH_VIEW(NULL, 0);
	}
	view = PH_VIEW(reader->at, (size_t)len);
	reader->at += len;
	return view;
}

bool ph_mpr_nil(struct ph_mpr *reader)
{
	if (reader->failed) {
		return true;
	}
	if (reader->at == reader->end) {
		return true;
	}
	if (*reader->at != 0xc0) {
		return false;
	}
	reader->at++;
	return true;
}

static uint32_t counted(struct ph_mpr *reader, uint64_t count, size_t each)
{
	if (reader->failed || count > left(reader) / each) {
		fail(reader);
		return 0;
	}
	return (uint32_t)count;
}

uint32_t ph_mpr_array(struct ph_mpr *reader)
{
	uint8_t byte = head(reader);

	if ((byte & 0xf0) == 0x90) {
		return counted(reader, byte & 0x0f, 1);
	}
	if (byte == 0xdc || byte == 0xdd) {
		return counted(reader, number(reader, byte == 0xdc ? 2 : 4), 1);
	}
	fail(reader);
	return 0;
}

uint32_t ph_mpr_map(struct ph_mpr *reader)
{
	uint8_t byte = head(reader);

	if ((byte & 0xf0) == 0x80) {
		return counted(reader, byte & 0x0f, 2);
	}
	if (byte == 0xde || byte == 0xdf) {
		return counted(reader, number(reader, byte == 0xde ? 2 : 4), 2);
	}
	fail(reader);
	return 0;
}

uint64_t ph_mpr_uint(struct ph_mpr *reader)
{
	uint8_t byte = head(reader);

	if (byte < 0x80) {
		return byte;
	}
	if (byte >= 0xcc && byte <= 0xcf) {
		return number(reader, (size_t)1 << (byte - 0xcc));
	}
	fail(reader);
	return 0;
}

struct ph_view ph_mpr_bin(struct ph_mpr *reader)
{
	uint8_t byte = head(reader);

	if (byte >= 0xc4 && byte <= 0xc6) {
		return take(reader, number(reader, (size_t)1 << (byte - 0xc4)));
	}
	fail(reader);
	return PH_VIEW(NULL, 0);
}

struct ph_view ph_mpr_str(struct ph_mpr *reader)
{
	uint8_t byte = head(reader);

	if ((byte & 0xe0) == 0xa0) {
		return take(reader, byte & 0x1f);
	}
	if (byte >= 0xd9 && byte <= 0xdb) {
		return take(reader, number(reader, (size_t)1 << (byte - 0xd9)));
	}
	fail(reader);
	return PH_VIEW(NULL, 0);
}

void ph_mpr_fixed(struct ph_mpr *reader, uint8_t *out, size_t len)
{
	struct ph_view view = ph_mpr_bin(reader);

	if (view.len != len) {
		fail(reader);
	} else if (len > 0) {
		memcpy(out, view.data, len);
	}
}

/* Pass what stands behind BYTE, the first of an object; how many objects are inside. */
static uint64_t pass(struct ph_mpr *reader, uint8_t byte)
{
	if (byte < 0x80 || byte >= 0xe0 || byte == 0xc0 || byte == 0xc2 || byte == 0xc3) {
		return 0;
	}
	if (byte < 0x90) {
		return 2 * (uint64_t)(byte & 0x0f);
	}
	if (byte < 0xa0) {
		return byte & 0x0f;
	}
	if (byte < 0xc0) {
		take(reader, byte & 0x1f);
		return 0;
	}
	if (byte >= 0xc4 && byte <= 0xc6) {
		take(reader, number(reader, (size_t)1 << (byte - 0xc4)));
	} else if (byte >= 0xcc && byte <= 0xcf) {
		take(reader, (uint64_t)1 << (byte - 0xcc));
	} else if (byte >= 0xd0 && byte <= 0xd3) {
		take(reader, (uint64_t)1 << (byte - 0xd0));
	} else if (byte >= 0xd9 && byte <= 0xdb) {
		take(reader, number(reader, (size_t)1 << (byte - 0xd9)));
	} else if (byte == 0xdc || byte == 0xdd) {
		return number(reader, byte == 0xdc ? 2 : 4);
	} else if (byte == 0xde || byte == 0xdf) {
		return 2 * number(reader, byte == 0xde ? 2 : 4);
	} else {
		fail(reader); /* floats and extensions are in nothing of ours */
	}
	return 0;
}

struct ph_view ph_mpr_raw(struct ph_mpr *reader)
{
	const uint8_t *start = reader->at;

	for (uint64_t objects = 1; objects > 0 && !reader->failed; objects--) {
		objects += pass(reader, head(reader));
	}
	return reader->failed ? PH_VIEW(NULL, 0)
			      : PH_VIEW(start, (size_t)(reader->at - start));
}
