/* common/cli/secret_line.h - a password or PIN from standard input; never from arguments. */
#ifndef PH_CLI_SECRET_LINE_H
#define PH_CLI_SECRET_LINE_H

#include "common/base/bytes.h"
#include "common/base/error.h"

#define PH_SECRET_LINE_MAX 1024

/*
 * Append the next line of standard input, without its end, to OUT, which is to be wiped. At
 * a terminal ASKS is shown on standard error, and what is typed is not. 0; -EINVAL with
 * words: there is none, or it is too long or empty; -ECANCELED: Ctrl-C; another negative errno.
 */
int ph_secret_line(const char *asks, struct ph_buf *out, struct ph_error *err);
/* At a terminal ask once more, with AGAIN: -EINVAL with words if it is another than LINE. */
int ph_secret_line_again(const char *again, const struct ph_buf *line,
			 struct ph_error *err);

#endif
