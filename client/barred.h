/* client/barred.h - whether a card may borrow, as far as is known here. */
#ifndef PH_CLIENT_BARRED_H
#define PH_CLIENT_BARRED_H

#include "client/slip.h"

/*
 * Why CARD, or its reader, should not borrow on DAY, in words for people; NULL: nothing is
 * known against it. 0 or negative errno.
 */
int ph_barred(struct ph_desk *desk, const struct ph_id *card, int64_t day,
	      const char **why_out);

#endif
