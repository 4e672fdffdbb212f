/*
 * daemon/html.c - HTML, written piece by piece, with every text in it escaped.
 *
 * What is written is XML, too: a letter that either has no place for becomes a question mark.
 */
#include "daemon/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "common/base/text.h"

void ph_html_raw(struct ph_html *to, const char *html)
{
	to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, html, strlen(html));
}

static void letter(struct ph_html *to, utf8proc_int32_t letter_is, const char *bytes,
		   size_t size)
{
	switch (letter_is) {
	case '<':
		ph_html_raw(to, "&lt;");
		break;
	case '>':
		ph_html_raw(to, "&gt;");
		break;
	case '&':
		ph_html_raw(to, "&amp;");
		break;
	case '"':
		ph_html_raw(to, "&quot;");
		break;
	case '\'':
		ph_html_raw(to, "&#39;");
		break;
	default:
		to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, bytes, size);
	}
}

void ph_html_text(struct ph_html *to, const char *plain)
{
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(plain);

	while (left > 0) {
		utf8proc_int32_t it;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)plain, left, &it);

		if (n < 1 || !ph_text_is_harmless(it) || it == 0xfffe || it == 0xffff) {
			letter(to, '?', "?", 1);
			n = n < 1 ? 1 : n;
		} else {
			letter(to, it, plain, (size_t)n);
		}
		plain += n;
		left -= n;
	}
}

void ph_html_put(struct ph_html *to, const char *format, ...)
{
	char number[32];
	va_list args;

	va_start(args, format);
	while (*format) {
		size_t len = strcspn(format, "%");

		to->rc = to->rc != 0 ? to->rc : ph_buf_put(to->out, format, len);
		format += len;
		if (format[0] == '%' && format[1] == 's') {
			ph_html_text(to, va_arg(args, const char *));
			format += 2;
		} else if (format[0] == '%' && format[1] == 'd') {
			snprintf(number, sizeof(number), "%lld", va_arg(args, long long));
			ph_html_raw(to, number);
			format += 2;
		} else if (format[0] == '%') {
			ph_html_raw(to, "%");
			format++;
		}
	}
	va_end(args);
}
