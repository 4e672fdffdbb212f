/*
 * common/base/error.c - what went wrong, for the person who must act on it.
 *
 * The first fill of a struct ph_error wins: the function nearest to the trouble
 * knows most. Texts may carry names that others chose (a file, a lock's holder), so
 * control characters become blanks, and a text that is too long is cut between two
 * characters, never within one.
 */
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "common/base/text.h"

/* Cut a UTF-8 character that the end of the buffer tore. */
static void trim_torn(char *text)
{
	size_t len = strlen(text);
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) {
		start--;
	}
	if (start == 0) {
		return;
	}

	unsigned char lead = (unsigned char)text[start - 1];
	size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

	if (len - (start - 1) < need) {
		text[start - 1] = '\0';
	}
}

/* A text may quote any bytes: what is not harmless becomes blanks, what is no UTF-8 '?'. */
static void make_text(char *text)
{
	utf8proc_uint8_t *at = (utf8proc_uint8_t *)text;

	while (*at != '\0') {
		utf8proc_int32_t point;
		utf8proc_ssize_t len = utf8proc_iterate(at, -1, &point);

		if (len < 1) {
			*at++ = '?';
			continue;
		}
		if (!ph_text_is_harmless(point)) {
			memset(at, ' ', (size_t)len);
		}
		at += len;
	}
}

int ph_fail(struct ph_error *err, enum ph_exit exit, int rc, const char *format, ...)
{
	if (err == NULL || err->text[0] != '\0') {
		return rc;
	}

	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	trim_torn(err->text);
	make_text(err->text);
	err->exit = exit;
	return rc;
}

static const struct {
	int code;
	const char *words;
} meanings[] = {
	{ EUCLEAN, "the data is damaged; keep this folder as it is. A site calls the "
		   "provincial library, a hub is restored from a backup" },
	{ ENOSPC, "disk is full; free some space and try again" },
	{ EDQUOT, "disk quota is used up; free some space and try again" },
	{ EFBIG, "too large" },
	{ EIO, "the disk reported an error; nothing more is written until a restart, and "
	       "the disk should be checked" },
	{ EROFS, "the disk or file is read-only" },
	{ EACCES, "no permission" },
	{ EPERM, "not permitted" },
	{ ENOENT, "no such file or folder" },
	{ ENOTDIR, "not a folder" },
	{ EISDIR, "is a folder, not a file" },
	{ EEXIST, "already there" },
	{ ENOMEM, "out of memory" },
	{ EMFILE, "too many open files" },
	{ ENFILE, "too many open files on this machine" },
	{ EBUSY, "in use by another program; try again when it has ended" },
	{ EAGAIN, "in use by another program; try again when it has ended" },
	{ ENAMETOOLONG, "the name is too long" },
	{ EBADMSG, "not in the expected form" },
	{ EINVAL, "not valid" },
	{ ETIMEDOUT, "took too long" },
	{ ECONNREFUSED, "nobody answers at that address" },
	{ ECONNRESET, "the connection was cut" },
	{ EPIPE, "the other side has gone" },
	{ EADDRINUSE, "the address is in use by another program" },
	{ EADDRNOTAVAIL, "this machine does not have that address" },
	{ EHOSTUNREACH, "there is no way to that machine" },
	{ ENETUNREACH, "there is no network" },
};

int ph_fail_errno(struct ph_error *err, int rc, const char *what)
{
	enum ph_exit exit = rc == -EUCLEAN ? PH_EXIT_DAMAGED : PH_EXIT_OTHER;

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].code == -rc) {
			return ph_fail(err, exit, rc, "%s: %s", what, meanings[i].words);
		}
	}

	char other[128];

	return ph_fail(err, exit, rc, "%s: %s (error %d)", what,
		       strerror_r(-rc, other, sizeof(other)), -rc);
}
