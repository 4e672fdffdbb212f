/* client/open_loan.h - the loan of a copy that is open, for the commands that name it. */
#ifndef PH_CLIENT_OPEN_LOAN_H
#define PH_CLIENT_OPEN_LOAN_H

#include "client/slip.h"

/*
 * Set SLIP's member "loan" to the loan of COPY, as scanned, that is open as far as is
 * known here. *FOUND_OUT: there is one. 0, -EINVAL with PH_EXIT_USAGE, or another
 * negative errno.
 */
int ph_open_loan(struct ph_desk *desk, const char *copy, json_t *slip, bool *found_out,
		 struct ph_error *err);

#endif
