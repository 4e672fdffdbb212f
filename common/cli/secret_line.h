/*
 * common/cli/secret_line.h - a line that nobody shall read over a shoulder: a password, a
 * PIN, a card. From standard input, never from arguments.
 */
#ifndef PH_CLI_SECRET_LINE_H
#define PH_CLI_SECRET_LINE_H

#include "common/base/bytes.h"
#include "common/base/error.h"

#define PH_SECRET_LINE_MAX 1024

/*
 * Read a line of standard input into OUT, which is empty, lies in locked memory from then on, and is
 * wiped by the caller; without its end. On a
 * terminal PROMPT is shown, and what is typed is not; elsewhere nothing is said. Nothing
 * behind the line is read. 0; -ECANCELED with ERR: no line came, or Ctrl-C or Ctrl-D;
 * -EMSGSIZE with PH_EXIT_USAGE; or another negative errno.
 */
int ph_secret_line(const char *prompt, struct ph_buf *out, struct ph_error *err);
/* On a terminal ask once more, with AGAIN: -EINVAL with ERR if it is another than LINE. */
int ph_secret_line_again(const char *again, const struct ph_buf *line,
			 struct ph_error *err);

/*
 * A line of standard input without its newline, byte by byte so that nothing behind it is
 * taken; appended to OUT, which takes at most MAX bytes. 0; -ECANCELED: there is none, or
 * Ctrl-C was read; -EMSGSIZE; another negative errno.
 */
int ph_stdin_line(struct ph_buf *out, size_t max);

#endif
