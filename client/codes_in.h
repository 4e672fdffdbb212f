/* client/codes_in.h - codes scanned into standard input, one a line. */
#ifndef PH_CLIENT_CODES_IN_H
#define PH_CLIENT_CODES_IN_H

#include "client/slip.h"

struct ph_codes_in {
	struct ph_buf line; /* ended by a zero */
	uint64_t number;    /* of the line, from 1 */
};

void ph_codes_in_deinit(struct ph_codes_in *in);
/*
 * The next line that is not blank, without blanks around it: 1, 0 at the end, or a
 * negative errno with ERR; -EINVAL with PH_EXIT_USAGE for a line that can be no code: the
 * next call goes on behind it.
 */
int ph_codes_in_next(struct ph_codes_in *in, const char **code_out, struct ph_error *err);

/*
 * Whether COPY... of CLI, from word FIRST on, stands for standard input: it is "-", or
 * there are none and NONE_TOO.
 */
bool ph_codes_in_asked(const struct ph_cli *cli, int first, bool none_too);

#endif
