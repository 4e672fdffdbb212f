/* client/secret_line.h - a line that nobody shall read over a shoulder: a PIN, a card. */
#ifndef PH_CLIENT_SECRET_LINE_H
#define PH_CLIENT_SECRET_LINE_H

#include "common/base/bytes.h"
#include "common/base/error.h"

#define PH_SECRET_LINE_MAX 256

/*
 * Read a line of standard input into OUT, which the caller wipes, without its end. On a
 * terminal PROMPT is shown, and what is typed is not; elsewhere nothing is said. Nothing
 * behind the line is read. 0; -ECANCELED with ERR: no line came, or Ctrl-C or Ctrl-D;
 * -EMSGSIZE with PH_EXIT_USAGE; or another negative errno.
 */
int ph_secret_line(const char *prompt, struct ph_buf *out, struct ph_error *err);

#endif
