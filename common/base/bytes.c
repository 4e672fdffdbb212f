/*
 * common/base/bytes.c - borrowed views and growing buffers of bytes.
 *
 * A buffer at least doubles when it grows, so that appending is cheap in the long
 * run. It grows by copying to fresh memory and wiping the old, never by realloc():
 * a buffer may hold keys or names, and realloc() would leave copies of them behind.
 *
 * No memory: -ENOMEM, and the buffer is as it was.
 */
#include "common/base/bytes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/secret.h"

enum {
	BUF_MIN = 64
};

struct ph_view ph_view_str(const char *text)
{
	return PH_VIEW(text, strlen(text));
}

bool ph_view_equal(struct ph_view a, struct ph_view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int ph_view_compare(struct ph_view a, struct ph_view b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	if (order != 0) {
		return order;
	}
	return (a.len > b.len) - (a.len < b.len);
}

void ph_buf_init(struct ph_buf *buf)
{
	*buf = (struct ph_buf){ 0 };
}

static uint8_t *take(const struct ph_buf *buf, size_t size)
{
	return buf->is_secret ? ph_secret_new(size) : malloc(size);
}

static void give_back(struct ph_buf *buf)
{
	if (buf->is_secret) {
		ph_secret_free(buf->data);
	} else {
		free(buf->data);
	}
}

void ph_buf_deinit(struct ph_buf *buf)
{
	if (buf == NULL) {
		return;
	}
	give_back(buf);
	ph_buf_init(buf);
}

void ph_buf_wipe(struct ph_buf *buf)
{
	if (buf == NULL) {
		return;
	}
	if (buf->data != NULL) {
		sodium_memzero(buf->data, buf->cap);
	}
	ph_buf_deinit(buf);
}

int ph_buf_secret(struct ph_buf *buf, size_t size)
{
	struct ph_buf made = { .is_secret = true };
	int rc = ph_buf_reserve(&made, size);

	if (rc == 0) {
		ph_buf_wipe(buf);
		*buf = made;
	}
	return rc;
}

int ph_buf_reserve(struct ph_buf *buf, size_t extra)
{
	if (extra <= buf->cap - buf->len) {
		return 0;
	}
	if (extra > SIZE_MAX / 2 - buf->len) {
		return -ENOMEM;
	}

	size_t cap = buf->len + extra;

	if (cap < BUF_MIN) {
		cap = BUF_MIN;
	}
	if (cap < 2 * buf->cap) {
		cap = 2 * buf->cap;
	}

	uint8_t *data = take(buf, cap);

	if (data == NULL) {
		return -ENOMEM;
	}
	if (buf->data != NULL) {
		memcpy(data, buf->data, buf->len);
		sodium_memzero(buf->data, buf->cap);
		give_back(buf);
	}
	buf->data = data;
	buf->cap = cap;
	return 0;
}

int ph_buf_put(struct ph_buf *buf, const void *data, size_t len)
{
	if (len == 0) {
		return 0;
	}

	int rc = ph_buf_reserve(buf, len);

	if (rc < 0) {
		return rc;
	}
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	return 0;
}

int ph_buf_put_view(struct ph_buf *buf, struct ph_view view)
{
	return ph_buf_put(buf, view.data, view.len);
}

int ph_buf_put_u8(struct ph_buf *buf, uint8_t value)
{
	return ph_buf_put(buf, &value, 1);
}

int ph_buf_put_be64(struct ph_buf *buf, uint64_t value)
{
	uint8_t bytes[8];

	ph_be64_put(bytes, value);
	return ph_buf_put(buf, bytes, sizeof(bytes));
}

int ph_buf_printf(struct ph_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0) {
		return -ENOMEM;
	}

	/* vsnprintf() writes a terminator, so room for it, though it does not count. */
	int rc = ph_buf_reserve(buf, (size_t)len + 1);

	if (rc < 0) {
		return rc;
	}
	va_start(args, format);
	vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
	return 0;
}

void ph_buf_drop(struct ph_buf *buf, size_t len)
{
	if (len >= buf->len) {
		buf->len = 0;
		return;
	}
	if (len > 0) {
		memmove(buf->data, buf->data + len, buf->len - len);
		buf->len -= len;
	}
}

struct ph_view ph_buf_view(const struct ph_buf *buf)
{
	return PH_VIEW(buf->data, buf->len);
}

uint16_t ph_be16_get(const uint8_t in[static 2])
{
	return (uint16_t)(in[0] << 8 | in[1]);
}

uint32_t ph_be32_get(const uint8_t in[static 4])
{
	return (uint32_t)ph_be16_get(in) << 16 | ph_be16_get(in + 2);
}

uint64_t ph_be64_get(const uint8_t in[static 8])
{
	return (uint64_t)ph_be32_get(in) << 32 | ph_be32_get(in + 4);
}

void ph_be16_put(uint8_t out[static 2], uint16_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

void ph_be32_put(uint8_t out[static 4], uint32_t value)
{
	ph_be16_put(out, (uint16_t)(value >> 16));
	ph_be16_put(out + 2, (uint16_t)value);
}

void ph_be64_put(uint8_t out[static 8], uint64_t value)
{
	ph_be32_put(out, (uint32_t)(value >> 32));
	ph_be32_put(out + 4, (uint32_t)value);
}

int ph_varint_put(struct ph_buf *buf, uint64_t value)
{
	uint8_t bytes[10];
	size_t len = 0;

	while (value >= 0x80) {
		bytes[len++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[len++] = (uint8_t)value;
	return ph_buf_put(buf, bytes, len);
}

int ph_varint_take(struct ph_view *in, uint64_t *value_out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 10 && i < in->len; i++) {
		uint8_t byte = in->data[i];

		if (i == 9 && byte > 1) { /* the tenth byte holds the last bit */
			return -EBADMSG;
		}
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80) {
			continue;
		}
		if (byte == 0 && i > 0) { /* a shorter form would have done */
			return -EBADMSG;
		}
		*in = PH_VIEW(in->data + i + 1, in->len - i - 1);
		*value_out = value;
		return 0;
	}
	return -EBADMSG;
}

void ph_hex(char *out, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * len] = '\0';
}

/* The value of a hex digit, or -1. */
static int nibble(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

int ph_unhex(uint8_t *out, size_t len, const char *hex, size_t hex_len)
{
	if (hex_len % 2 != 0 || hex_len / 2 != len) {
		return -EINVAL;
	}
	for (size_t i = 0; i < hex_len; i++) {
		if (nibble(hex[i]) < 0) {
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < len; i++) {
		out[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	}
	return 0;
}
