/*
 * common/cli/out.c - one-line JSON, text that a terminal may be given, numbers.
 *
 * A stdout that cannot be written is PH_OUT_LOST: nothing is wrong with the store then.
 */
#include "common/cli/out.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

#include "common/base/error.h"
#include "common/base/json_memory.h"
#include "common/base/text.h"

int ph_out_json(json_t *object)
{
	/* whole before any of it is out: json_dumpf() does not tell what memory it lacked */
	char *text = object ? ph_json_dumps(object, JSON_COMPACT) : NULL;
	int rc = text ? 0 : -ENOMEM;

	if (rc == 0 && (fputs(text, stdout) == EOF || putchar('\n') == EOF)) {
		rc = PH_OUT_LOST;
	}
	free(text);
	json_decref(object);
	return rc;
}

static int put_plain(const char *name, const json_t *value)
{
	bool is_text = json_is_string(value);
	char *made = is_text || json_is_null(value)
			     ? NULL
			     : ph_json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *text = is_text ? json_string_value(value) : made;
	size_t len = is_text ? json_string_length(value) : text ? strlen(text) : 0;
	char *safe = malloc(len + 1);
	int rc = safe && (text || json_is_null(value)) ? 0 : -ENOMEM;

	if (rc == 0) {
		ph_text_safe(safe, len + 1, text ? text : "", len);
		rc = printf("%s\t%s\n", name, safe) < 0 ? PH_OUT_LOST : 0;
	}
	free(safe);
	free(made);
	return rc;
}

int ph_out_plain(json_t *object)
{
	int rc = object ? 0 : -ENOMEM;
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		rc = rc != 0 ? rc : put_plain(name, value);
	}
	json_decref(object);
	return rc;
}

int ph_out_script(bool is_json, json_t *object)
{
	return is_json ? ph_out_json(object) : ph_out_plain(object);
}

/*
 * Why standard output takes nothing: ERROR of the last write, or 0 where an earlier one
 * failed, whose reason stdio does not keep. A pipe that nobody reads says so itself. The
 * words of EIO are those of the store's disk, which this is not.
 */
static const char *why_lost(int error)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (error == 0 && poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP))) {
		error = EPIPE;
	}
	if (error == EPIPE) {
		return ph_say("whoever read it has ended", "chương trình đọc đã ngừng");
	}
	return error == 0 || error == EIO
		       ? ph_say("what was written before was not taken",
				"phần ghi trước không được nhận")
		       : ph_errno_say(-error);
}

int ph_out_flush(const char *what, struct ph_error *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout)) {
		return 0;
	}
	return ph_fail(err, PH_EXIT_OTHER, PH_OUT_LOST,
		       ph_say("%sstandard output cannot be written (%s); what was "
			      "recorded before stays recorded",
			      "%skhông ghi được dữ liệu in ra (%s); những gì đã lưu "
			      "trước đó vẫn còn"),
		       what, why_lost(errno));
}

unsigned ph_text_width(const char *text)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(text);
	unsigned width = 0;

	while (left > 0) {
		utf8proc_int32_t letter;
		utf8proc_ssize_t n = utf8proc_iterate(p, left, &letter);

		if (n < 1) {
			letter = '?';
			n = 1;
		}
		width += (unsigned)utf8proc_charwidth(letter);
		p += n;
		left -= n;
	}
	return width;
}

void ph_text_safe(char *out, size_t out_size, const char *text, size_t len)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		utf8proc_int32_t letter;
		utf8proc_ssize_t size =
			utf8proc_iterate(p + i, (utf8proc_ssize_t)(len - i), &letter);
		bool shown = size > 0 && ph_text_is_harmless(letter);
		size_t takes = shown ? (size_t)size : 1;

		if (n + takes >= out_size) {
			break;
		}
		if (shown) {
			memcpy(out + n, p + i, takes);
		} else {
			out[n] = '?';
		}
		n += takes;
		i += size > 0 ? (size_t)size : 1;
	}
	out[n] = '\0';
}

const char *ph_number(char out[static PH_NUMBER_TEXT], uint64_t number)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char separator = ph_is_vietnamese() ? '.' : ',';
	size_t n = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0) {
			out[n++] = separator;
		}
		out[n++] = digits[i];
	}
	out[n] = '\0';
	return out;
}

const char *ph_span(char out[static PH_NUMBER_TEXT], int64_t seconds)
{
	long long s = seconds < 0 ? 0 : (long long)seconds;

	if (s >= 86400) {
		snprintf(out, PH_NUMBER_TEXT,
			 ph_say("%lld d %lld h", "%lld ngày %lld giờ"), s / 86400,
			 s % 86400 / 3600);
	} else if (s >= 3600) {
		snprintf(out, PH_NUMBER_TEXT,
			 ph_say("%lld h %lld min", "%lld giờ %lld phút"), s / 3600,
			 s % 3600 / 60);
	} else if (s >= 60) {
		snprintf(out, PH_NUMBER_TEXT, ph_say("%lld min", "%lld phút"), s / 60);
	} else {
		snprintf(out, PH_NUMBER_TEXT, ph_say("%lld s", "%lld giây"), s);
	}
	return out;
}

bool ph_is_terminal(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(stream)) && !(no_color && no_color[0] != '\0');
}
