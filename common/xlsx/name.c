/* common/xlsx/name.c - the name of a sheet in a workbook. */
#include "common/xlsx/name.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "common/xlsx/book.h"

/* What may not stand in a name; an apostrophe not at its ends, so nowhere. */
static bool is_forbidden(utf8proc_int32_t letter)
{
	return letter < 0x20 || (letter >= 0x7f && letter <= 0x9f) || letter == 0xfffe ||
	       letter == 0xffff || (letter < 0x80 && strchr("[]:*?/\\'", (int)letter));
}

int ph_sheet_name(const char *text, size_t number, const char *suffix, struct ph_buf *out)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text);
	size_t room = PH_BOOK_NAME_MAX - strlen(suffix);
	utf8proc_int32_t letter;
	utf8proc_ssize_t n;
	int rc = 0;

	out->len = 0;
	while (rc == 0 && (n = utf8proc_iterate(p, left, &letter)) > 0) {
		size_t units = letter > 0xffff ? 2 : 1;

		if (units > room) {
			break;
		}
		rc = is_forbidden(letter) ? ph_buf_put_u8(out, '-')
					  : ph_buf_put(out, p, (size_t)n);
		room -= units;
		p += n;
		left -= n;
	}
	/* "History" is a name of Excel's own */
	if (rc == 0 && (out->len == 0 ||
			(out->len == 7 && suffix[0] == '\0' &&
			 strncasecmp((const char *)out->data, "history", 7) == 0))) {
		out->len = 0;
		rc = ph_buf_printf(out, "Sheet%zu", number);
	}
	return rc != 0 ? rc : ph_buf_put(out, suffix, strlen(suffix) + 1);
}
