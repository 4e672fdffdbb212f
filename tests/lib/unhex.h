/* tests/lib/unhex.h - bytes written as hexadecimal text, and a check that names the difference. */
#ifndef PH_TESTS_UNHEX_H
#define PH_TESTS_UNHEX_H

#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"

/* The bytes of TEXT appended to OUT; blanks in it are skipped. Aborts on anything else. */
static inline struct ph_view unhex(struct ph_buf *out, const char *text)
{
	size_t start = out->len;

	for (; *text != '\0'; text += 2) {
		uint8_t byte;

		while (*text == ' ') {
			text++;
		}
		if (ph_unhex(&byte, 1, text, strlen(text) < 2 ? strlen(text) : 2) ||
		    ph_buf_put_u8(out, byte)) {
			abort();
		}
	}
	return out->len > start ? PH_VIEW(out->data + start, out->len - start)
				: PH_VIEW("", 0);
}

/* Fails the cmocka test unless BYTES are those of TEXT. */
#define assert_hex(bytes, size, text)                                                    \
	do {                                                                             \
		char assert_hex_text[2 * 4096 + 1];                                      \
                                                                                         \
		assert_true((size) <= 4096);                                             \
		ph_hex(assert_hex_text, bytes, size);                                    \
		assert_string_equal(assert_hex_text, text);                              \
	} while (0)

#endif
