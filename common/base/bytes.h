/* common/base/bytes.h - borrowed views and growing buffers of bytes. */
#ifndef PH_BASE_BYTES_H
#define PH_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed run of bytes. It never owns; say at the field whose bytes they are. */
struct ph_view {
	const uint8_t *data;
	size_t len;
};

/* A buffer that owns its bytes and grows. All zero is a valid empty buffer. */
struct ph_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool is_secret; /* by ph_buf_secret() */
};

#define PH_VIEW(pointer, length)                                                         \
	((struct ph_view){ .data = (const uint8_t *)(pointer), .len = (length) })

/* A view of a C string, without its terminator. */
struct ph_view ph_view_str(const char *text);
bool ph_view_equal(struct ph_view a, struct ph_view b);
/* Order by bytes, a prefix before what it is a prefix of; <0, 0, >0. */
int ph_view_compare(struct ph_view a, struct ph_view b);

void ph_buf_init(struct ph_buf *buf);
/* Free the bytes; BUF is empty and usable afterwards. NULL is fine. */
void ph_buf_deinit(struct ph_buf *buf);
/* The same, but wipe the bytes first: for secrets and personal fields. */
void ph_buf_wipe(struct ph_buf *buf);
/*
 * What is put into BUF, which is empty, lies in locked pages (common/base/secret.h), with room for SIZE
 * bytes now, and is wiped when it moves to others and when it is freed. 0 or -ENOMEM.
 */
int ph_buf_secret(struct ph_buf *buf, size_t size);
/* Make room for EXTRA more bytes. 0 or -ENOMEM; BUF unchanged on error. */
int ph_buf_reserve(struct ph_buf *buf, size_t extra);
/* Append. 0 or -ENOMEM; BUF unchanged on error. */
int ph_buf_put(struct ph_buf *buf, const void *data, size_t len);
int ph_buf_put_view(struct ph_buf *buf, struct ph_view view);
int ph_buf_put_u8(struct ph_buf *buf, uint8_t value);
int ph_buf_put_be64(struct ph_buf *buf, uint64_t value);
/* Append formatted text (no terminator). 0 or -ENOMEM. */
int ph_buf_printf(struct ph_buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Drop LEN bytes (at most all) from the front. */
void ph_buf_drop(struct ph_buf *buf, size_t len);
struct ph_view ph_buf_view(const struct ph_buf *buf);

uint16_t ph_be16_get(const uint8_t in[static 2]);
uint32_t ph_be32_get(const uint8_t in[static 4]);
uint64_t ph_be64_get(const uint8_t in[static 8]);
void ph_be16_put(uint8_t out[static 2], uint16_t value);
void ph_be32_put(uint8_t out[static 4], uint32_t value);
void ph_be64_put(uint8_t out[static 8], uint64_t value);

/*
 * Unsigned LEB128, at most 10 bytes, shortest form only. _put appends (0 or
 * -ENOMEM); _take moves IN past the number and returns 0, or -EBADMSG with IN
 * unchanged when it is cut short, longer than needed, or over 64 bits.
 */
int ph_varint_put(struct ph_buf *buf, uint64_t value);
int ph_varint_take(struct ph_view *in, uint64_t *value_out);

/* Lower-case hex. OUT has room for 2 * LEN + 1. */
void ph_hex(char *out, const uint8_t *data, size_t len);
/* Exactly LEN bytes from 2 * LEN hex digits. 0, or -EINVAL. */
int ph_unhex(uint8_t *out, size_t len, const char *hex, size_t hex_len);

#endif
