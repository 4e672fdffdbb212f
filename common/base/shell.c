/* common/base/shell.c - words of commands that a person is told to give. */
#include "common/base/shell.h"

#include <string.h>

static bool add(char *out, size_t size, size_t *at, const char *bytes, size_t n)
{
	if (n >= size - *at) {
		return false;
	}
	memcpy(out + *at, bytes, n);
	*at += n;
	out[*at] = '\0';
	return true;
}

/* Letters that are not ASCII mean nothing to a shell. */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++) {
		bool is_ascii = (unsigned char)*c < 0x80;

		if (is_ascii &&
		    !strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_./,:@%+=-",
			    *c)) {
			return false;
		}
	}
	return text[0] != '\0';
}

static bool quote(const char *text, char *out, size_t size)
{
	size_t at = 0;
	bool fits = add(out, size, &at, "'", 1);

	for (const char *c = text; fits && *c; c++) {
		fits = *c == '\'' ? add(out, size, &at, "'\\''", 4)
				  : add(out, size, &at, c, 1);
	}
	return fits && add(out, size, &at, "'", 1);
}

bool ph_shell_word(const char *text, char *out, size_t size)
{
	size_t at = 0;
	bool fits = is_plain(text) ? add(out, size, &at, text, strlen(text))
				   : quote(text, out, size);

	if (!fits) {
		out[0] = '\0';
	}
	return fits;
}
