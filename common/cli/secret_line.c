/*
 * common/cli/secret_line.c - a line from a terminal that does not show it, or from a pipe.
 *
 * Byte by byte, past the buffers of stdio, which nobody wipes. While a secret is typed the
 * terminal makes no signals of keys: Ctrl-C ends the line as a refusal, and the terminal is
 * put back as it was on every path.
 */
#include "common/cli/secret_line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "common/base/say.h"

#define CTRL_C 3

int ph_stdin_line(struct ph_buf *out, size_t max)
{
	for (;;) {
		uint8_t byte;
		ssize_t n = read(STDIN_FILENO, &byte, 1);
		int rc;

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if ((n == 0 && out->len == 0) || (n == 1 && byte == CTRL_C)) {
			return -ECANCELED;
		}
		if (n == 0 || byte == '\n') {
			return 0;
		}
		if (out->len == max) {
			return -EMSGSIZE;
		}
		rc = ph_buf_put_u8(out, byte);
		if (rc < 0) {
			return rc;
		}
	}
}

int ph_secret_line(const char *prompt, struct ph_buf *out, struct ph_error *err)
{
	struct termios before;
	bool is_terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	int rc = ph_buf_secret(out, PH_SECRET_LINE_MAX); /* it is not moved about */

	if (rc < 0) {
		return ph_fail_errno(err, rc,
				     ph_say("standard input", "dữ liệu nhập vào"));
	}
	if (is_terminal) {
		struct termios quiet = before;

		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		quiet.c_cc[VEOL] = CTRL_C; /* it comes without waiting for Enter */
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
		fprintf(stderr, "%s ", prompt);
	}
	rc = ph_stdin_line(out, PH_SECRET_LINE_MAX);
	if (is_terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (rc == 0 && out->len > 0 && out->data[out->len - 1] == '\r') {
		out->len--;
	}
	return rc == 0 ? 0
	       : rc == -ECANCELED
		       ? ph_fail(err, PH_EXIT_USAGE, rc,
				 ph_say("nothing was given: %s", "chưa nhập gì: %s"),
				 prompt)
	       : rc == -EMSGSIZE
		       ? ph_fail(err, PH_EXIT_USAGE, rc,
				 ph_say("a line of standard input is too long",
					"một dòng nhập vào quá dài"))
		       : ph_fail_errno(err, rc,
				       ph_say("standard input", "dữ liệu nhập vào"));
}

int ph_secret_line_again(const char *again, const struct ph_buf *line,
			 struct ph_error *err)
{
	struct ph_buf second = { 0 };
	int rc = isatty(STDIN_FILENO) ? ph_secret_line(again, &second, err) : 1;

	if (rc == 0 && !ph_view_equal(ph_buf_view(line), ph_buf_view(&second))) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     ph_say("the two are not the same; nothing was changed",
				    "hai lần nhập không giống nhau; chưa thay đổi gì"));
	}
	ph_buf_wipe(&second);
	return rc < 0 ? rc : 0;
}
