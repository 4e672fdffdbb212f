/*
 * common/xlsx/cell.c - a text as a cell of XLSX can hold it.
 *
 * XLSX writes characters that XML has no place for as _xHHHH_ (ECMA-376, part 1, ST_Xstring);
 * not every reader takes them back, so they are dropped, and a text in which those seven
 * characters stand by themselves has its underscore written as _x005F_.
 */
#include "common/xlsx/cell.h"

#include <ctype.h>
#include <string.h>
#include <utf8proc.h>

#include "common/xlsx/book.h"

#define UNDERSCORE "_x005F_"

/* Char of XML 1.0, fifth edition, 2.2. */
static bool is_xml(utf8proc_int32_t letter)
{
	return letter == '\t' || letter == '\n' ||
	       (letter >= 0x20 && letter != 0xfffe && letter != 0xffff);
}

static bool is_escape(const char *text)
{
	if (text[0] != '_' || text[1] != 'x') {
		return false;
	}
	for (int i = 2; i < 6; i++) {
		if (!isxdigit((unsigned char)text[i])) {
			return false;
		}
	}
	return text[6] == '_';
}

struct writing {
	struct ph_buf *out;
	size_t units; /* of UTF-16 so far */
	int rc;
};

/* Whether it still fits. */
static bool put(struct writing *to, const char *bytes, size_t len, size_t units)
{
	if (to->units + units > PH_BOOK_CELL_MAX) {
		return false;
	}
	to->units += units;
	to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, bytes, len);
	return true;
}

static bool put_letter(struct writing *to, const char *text, utf8proc_int32_t letter,
		       size_t size)
{
	if (letter == '\r') {
		return text[1] == '\n' || put(to, "\n", 1, 1);
	}
	if (is_escape(text)) {
		return put(to, UNDERSCORE, strlen(UNDERSCORE), strlen(UNDERSCORE));
	}
	return !is_xml(letter) || put(to, text, size, letter > 0xffff ? 2 : 1);
}

int ph_cell_text(const char *text, struct ph_buf *out, bool *cut)
{
	struct writing to = { .out = out };
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text);

	*cut = false;
	while (left > 0 && !*cut) {
		utf8proc_int32_t letter;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text, left, &letter);

		if (n < 1) { /* no UTF-8: jansson gives none */
			letter = 0;
			n = 1;
		}
		*cut = !put_letter(&to, text, letter, (size_t)n);
		text += n;
		left -= n;
	}
	return to.rc != 0 ? to.rc : ph_buf_put_u8(out, '\0');
}
