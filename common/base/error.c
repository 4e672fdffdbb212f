/*
 * common/base/error.c - what went wrong, for the person who must act on it.
 *
 * The first fill of a struct ph_error wins: the function nearest to the trouble
 * knows most. Texts may carry names that others chose (a file, a lock's holder), so
 * control characters become blanks, and a text that is too long is cut between two
 * characters, never within one. An invite or a recovery key among the quoted is left out: a
 * person who gave one where a name belongs would find it in the error once more, and in whatever keeps that.
 */
#include "common/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>

#include "common/base/say.h"
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

static bool is_secret_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/*
 * Behind the lines at AT that go on with a secret: programs for mail break long ones. '?' is what
 * ph_text_safe() makes of the end of a line.
 */
static char *skip_lines(char *at)
{
	enum {
		LINE = 16 /* letters that no word of a sentence has */
	};

	for (;;) {
		char *begin = at + strspn(at, " \t\r\n?");
		char *end = begin;

		while (is_secret_char(*end)) {
			end++;
		}
		if (begin == at || end - begin < LINE) {
			return at;
		}
		at = end;
	}
}

void ph_error_hide(char *text)
{
	static const char begin[] = "PACKHORSE";
	enum {
		SHORT = 8
	}; /* so many letters are no secret, but what a sentence says */

	for (char *at = text; (at = strstr(at, begin)); at++) {
		char *from = at + sizeof(begin) - 1;
		char *to;

		while (is_secret_char(*from)) {
			from++;
		}
		to = *from == ':' ? ++from : from;
		while (is_secret_char(*to)) {
			to++;
		}
		to = from < to ? skip_lines(to) : to;
		if (to - from > SHORT) {
			memcpy(from, "...", 3);
			memmove(from + 3, to, strlen(to) + 1);
		}
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
	ph_error_hide(err->text);
	make_text(err->text);
	err->exit = exit;
	return rc;
}

static const struct {
	int code;
	const char *english, *vietnamese;
} meanings[] = {
	{ EUCLEAN,
	  "the data is damaged; keep this folder as it is. A site calls the provincial "
	  "library, a hub is restored from a backup",
	  "dữ liệu bị hỏng; hãy giữ nguyên thư mục này. Điểm thư viện thì gọi thư viện "
	  "tỉnh, máy chủ thì phục hồi từ bản sao lưu" },
	{ ENOSPC, "disk is full; free some space and try again",
	  "ổ đĩa đã đầy; hãy xóa bớt rồi thử lại" },
	{ EDQUOT, "disk quota is used up; free some space and try again",
	  "đã dùng hết phần đĩa được cấp; hãy xóa bớt rồi thử lại" },
	{ EFBIG, "too large", "quá lớn" },
	{ EIO,
	  "the disk reported an error; nothing more is written until a restart, and the "
	  "disk should be checked",
	  "ổ đĩa báo lỗi; từ nay không ghi gì nữa cho đến khi chạy lại, và cần kiểm tra "
	  "ổ đĩa" },
	{ EROFS, "the disk or file is read-only", "ổ đĩa hoặc tệp chỉ cho đọc" },
	{ EACCES, "no permission", "không có quyền" },
	{ EPERM, "not permitted", "không được phép" },
	{ ENOENT, "no such file or folder", "không có tệp hoặc thư mục này" },
	{ ENOTDIR, "not a folder", "không phải là thư mục" },
	{ EISDIR, "is a folder, not a file", "là thư mục, không phải là tệp" },
	{ EEXIST, "already there", "đã có rồi" },
	{ ENOMEM, "out of memory", "hết bộ nhớ" },
	{ EMFILE, "too many open files", "mở quá nhiều tệp" },
	{ ENFILE, "too many open files on this machine", "máy này mở quá nhiều tệp" },
	{ EBUSY, "in use by another program; try again when it has ended",
	  "chương trình khác đang dùng; hãy thử lại khi nó kết thúc" },
	{ EAGAIN, "in use by another program; try again when it has ended",
	  "chương trình khác đang dùng; hãy thử lại khi nó kết thúc" },
	{ ENAMETOOLONG, "the name is too long", "tên quá dài" },
	{ EBADMSG, "not in the expected form", "không đúng dạng" },
	{ EINVAL, "not valid", "không hợp lệ" },
	{ ETIMEDOUT, "took too long", "mất quá nhiều thời gian" },
	{ ECONNREFUSED, "nobody answers at that address",
	  "không có chương trình nào nhận ở đó" },
	{ ECONNRESET, "the connection was cut", "kết nối bị ngắt" },
	{ EPIPE, "the other side has gone", "bên kia đã ngừng" },
	{ EADDRINUSE, "the address is in use by another program",
	  "địa chỉ này đang được dùng" },
	{ EADDRNOTAVAIL, "this machine does not have that address",
	  "máy này không có địa chỉ đó" },
	{ EHOSTUNREACH, "there is no way to that machine", "không có đường tới máy đó" },
	{ ENETUNREACH, "there is no network", "không có mạng" },
};

const char *ph_errno_say(int rc)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].code == -rc && ph_is_vietnamese()) {
			return meanings[i].vietnamese;
		}
	}
	return strerror(-rc);
}

int ph_fail_errno(struct ph_error *err, int rc, const char *what)
{
	enum ph_exit exit = rc == -EUCLEAN ? PH_EXIT_DAMAGED : PH_EXIT_OTHER;

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].code == -rc) {
			return ph_fail(
				err, exit, rc, "%s: %s", what,
				ph_say(meanings[i].english, meanings[i].vietnamese));
		}
	}

	char other[128];

	return ph_fail(err, exit, rc, ph_say("%s: %s (error %d)", "%s: %s (lỗi %d)"),
		       what, strerror_r(-rc, other, sizeof(other)), -rc);
}
