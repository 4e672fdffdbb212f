/*
 * common/cli/secret_line.c - a line that nobody sees.
 *
 * Standard input is read byte by byte and without a buffer of its own, so that no copy of
 * the secret stays behind in one. At a terminal echo is off meanwhile, and Ctrl-C is a byte that
 * ends the question, so that the terminal is as before whatever happens.
 */
#include "common/cli/secret_line.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C 3

static int read_line(struct ph_buf *line)
{
	int byte;

	while ((byte = fgetc(stdin)) != EOF && byte != '\n') {
		if (byte == CTRL_C) {
			return -ECANCELED;
		}
		if (line->len == PH_SECRET_LINE_MAX) {
			return -EFBIG;
		}
		if (ph_buf_put_u8(line, (uint8_t)byte) < 0) {
			return -ENOMEM;
		}
	}
	if (line->len > 0 && line->data[line->len - 1] == '\r') {
		line->len--;
	}
	return ferror(stdin) ? -EIO : 0;
}

static int read_unseen(const char *asks, struct ph_buf *line)
{
	struct termios was;
	struct termios quiet;
	int rc;

	if (tcgetattr(STDIN_FILENO, &was) < 0) {
		return read_line(line);
	}
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_cc[VEOL] = CTRL_C; /* so that it comes without waiting for Enter */
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0) {
		return -errno;
	}
	fputs(asks, stderr);
	fflush(stderr);
	rc = read_line(line);
	fputs("\n", stderr);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	return rc;
}

int ph_secret_line(const char *asks, struct ph_buf *out, struct ph_error *err)
{
	/* room for all of it, so that it is never moved and left behind */
	int rc = ph_buf_reserve(out, PH_SECRET_LINE_MAX + 1);
	size_t before = out->len;

	if (rc < 0) {
		return ph_fail_errno(err, rc, "reading standard input");
	}
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	rc = read_unseen(asks, out);
	if (rc == -ECANCELED) {
		return ph_fail(err, PH_EXIT_OTHER, rc, "nothing was done");
	}
	if (rc == -EFBIG || (rc == 0 && out->len == before)) {
		return ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			       rc == 0 ? "the line on standard input is empty"
				       : "the line on standard input is too long");
	}
	return rc < 0 ? ph_fail_errno(err, rc, "reading standard input") : 0;
}

int ph_secret_line_again(const char *again, const struct ph_buf *line,
			 struct ph_error *err)
{
	struct ph_buf second = { 0 };
	int rc = isatty(STDIN_FILENO) ? ph_secret_line(again, &second, err) : 1;

	if (rc == 0 && !ph_view_equal(ph_buf_view(line), ph_buf_view(&second))) {
		rc = ph_fail(err, PH_EXIT_USAGE, -EINVAL,
			     "the two are not the same; nothing was done");
	}
	ph_buf_wipe(&second);
	return rc < 0 ? rc : 0;
}
