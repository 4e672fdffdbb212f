/*
 * client/marc/charset.c - from the bytes of a file to text.
 *
 * UTF-8 is checked, VNI is read by a table of our own, everything else goes through
 * yaz_iconv; then control characters
 * are taken out and the rest is composed. Bytes that are not of the charset, or text
 * that no Unicode text can be (hundreds of marks on one letter), are refused, so that
 * the caller can try another charset or say so.
 */
#include "client/marc/charset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaz/yaz-iconv.h>

#include "client/marc/vni.h"
#include "common/base/text.h"

#define ESCAPE 0x1b

struct ph_charset {
	yaz_iconv_t cd; /* NULL: VNI, or UTF-8, nothing to convert */
	bool marc8, vni;
};

int ph_charset_new(struct ph_charset **charset_out, const char *name)
{
	struct ph_charset *charset = calloc(1, sizeof(*charset));

	if (!charset) {
		return -ENOMEM;
	}
	charset->vni = strcasecmp(name, "VNI") == 0;
	if (!charset->vni && strcasecmp(name, "UTF-8") != 0 &&
	    strcasecmp(name, "UTF8") != 0) {
		charset->cd = yaz_iconv_open("UTF-8", name);
		if (!charset->cd) {
			free(charset);
			return PH_CHARSET_E_UNKNOWN;
		}
		charset->marc8 =
			strcasecmp(name, "MARC-8") == 0 || strcasecmp(name, "MARC8") == 0;
	}
	*charset_out = charset;
	return 0;
}

void ph_charset_free(struct ph_charset *charset)
{
	if (charset && charset->cd) {
		yaz_iconv_close(charset->cd);
	}
	free(charset);
}

/* Bytes of the UTF-8 character at IN, 0 if there is none (RFC 3629). */
static size_t utf8_len(struct ph_view in)
{
	uint8_t c = in.data[0];
	size_t len = c < 0x80                ? 1
		     : c >= 0xc2 && c < 0xe0 ? 2
		     : c >= 0xe0 && c < 0xf0 ? 3
		     : c >= 0xf0 && c < 0xf5 ? 4
					     : 0;

	if (len == 0 || len > in.len) {
		return 0;
	}
	for (size_t i = 1; i < len; i++) {
		if ((in.data[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	if ((c == 0xe0 && in.data[1] < 0xa0) || (c == 0xed && in.data[1] > 0x9f) ||
	    (c == 0xf0 && in.data[1] < 0x90) || (c == 0xf4 && in.data[1] > 0x8f)) {
		return 0;
	}
	return len;
}

bool ph_charset_is_utf8(struct ph_view in)
{
	while (in.len > 0) {
		size_t len = utf8_len(in);

		if (len == 0) {
			return false;
		}
		in.data += len;
		in.len -= len;
	}
	return true;
}

/* Is this byte of 0x80 and above a character of ANSEL (MARC 21, "Extended Latin")? */
static bool is_ansel(uint8_t c)
{
	return (c >= 0xa1 && c <= 0xae) || (c >= 0xb0 && c <= 0xba) || c == 0xbc ||
	       c == 0xbd || (c >= 0xc0 && c <= 0xc8) || (c >= 0xe0 && c <= 0xfb) ||
	       c == 0xfe || c == 0x88 || c == 0x89 || c == 0x8d || c == 0x8e;
}

/*
 * libyaz passes over bytes that are no character of MARC-8, so text of another charset
 * would come out with letters gone. Where an escape sequence has brought in another
 * set, which bytes are none is not looked at.
 */
static bool is_marc8(struct ph_view in)
{
	for (size_t i = 0; i < in.len && in.data[i] != ESCAPE; i++) {
		if (in.data[i] >= 0x80 && !is_ansel(in.data[i])) {
			return false;
		}
	}
	return true;
}

/* Convert IN; then bring the converter back to its first state for the next text. */
static int convert(yaz_iconv_t cd, struct ph_view in, struct ph_buf *out)
{
	char *from = (char *)in.data;
	size_t left = in.len;
	bool flushed = false;
	int rc = 0;

	while (rc == 0 && !flushed) {
		char piece[512];
		char *to = piece;
		size_t room = sizeof(piece);
		bool last = left == 0;
		size_t done = last ? yaz_iconv(cd, NULL, NULL, &to, &room)
				   : yaz_iconv(cd, &from, &left, &to, &room);

		if (done == (size_t)-1 && yaz_iconv_error(cd) != YAZ_ICONV_E2BIG) {
			rc = PH_CHARSET_E_BYTES;
		} else {
			flushed = last && done != (size_t)-1;
			if (ph_buf_put(out, piece, (size_t)(to - piece)) != 0) {
				rc = -ENOMEM;
			}
		}
	}
	if (!flushed) {
		char rest[64];
		char *to = rest;
		size_t room = sizeof(rest);

		(void)yaz_iconv(cd, NULL, NULL, &to, &room);
	}
	return rc;
}

/* U+0088, U+0089, U+0098, U+009C: around an article that does not sort (MARC 21). */
static bool is_nonsort(uint8_t second)
{
	return second == 0x88 || second == 0x89 || second == 0x98 || second == 0x9c;
}

/* In place: control characters to blanks. Shrinks at most. */
static unsigned clean(struct ph_buf *buf)
{
	unsigned cleaned = 0;
	size_t n = 0;

	for (size_t i = 0; i < buf->len; i++) {
		uint8_t c = buf->data[i];

		if (c < 0x20 || c == 0x7f) {
			buf->data[n++] = ' ';
			cleaned++;
		} else if (c == 0xc2 && i + 1 < buf->len && buf->data[i + 1] < 0xa0) {
			if (!is_nonsort(buf->data[++i])) {
				buf->data[n++] = ' ';
				cleaned++;
			}
		} else {
			buf->data[n++] = c;
		}
	}
	buf->len = n;
	return cleaned;
}

int ph_charset_read(struct ph_charset *charset, struct ph_view in, struct ph_buf *out,
		    unsigned *cleaned)
{
	struct ph_buf text = { 0 };
	unsigned count = 0;
	int rc = charset->marc8 && !is_marc8(in) ? PH_CHARSET_E_BYTES
		 : charset->vni                  ? ph_vni_read(in, &text)
		 : charset->cd                   ? convert(charset->cd, in, &text)
						 : ph_buf_put_view(&text, in);

	if (rc == 1 || (rc == 0 && !ph_charset_is_utf8(ph_buf_view(&text)))) {
		rc = PH_CHARSET_E_BYTES;
	}
	if (rc == 0) {
		count = clean(&text);
		rc = ph_text_nfc(ph_buf_view(&text), out);
		rc = rc > 0 ? PH_CHARSET_E_BYTES : rc;
	}
	if (rc == 0) {
		*cleaned += count;
	}
	ph_buf_deinit(&text);
	return rc;
}
