/* client/holding.h - what is known of a hold, for the commands that fill it. */
#ifndef PH_CLIENT_HOLDING_H
#define PH_CLIENT_HOLDING_H

#include "client/slip.h"

/*
 * Whether laying COPY aside for HOLD on DAY would do anything, as far as is known here: a
 * hold that is not here is taken as it is. 0; -EINVAL with PH_EXIT_USAGE and why not; or
 * another negative errno.
 */
int ph_holding_check(struct ph_desk *desk, const struct ph_ref *hold,
		     const struct ph_id *copy, int64_t day, struct ph_error *err);
/*
 * For whom COPY is laid aside: the hold of CARD's reader into HOLD_OUT and *FOUND_OUT; or,
 * in *OTHER_OUT, that others wait for it. 0 or negative errno.
 */
int ph_holding_of(struct ph_desk *desk, const struct ph_id *copy,
		  const struct ph_id *card, struct ph_ref *hold_out, bool *found_out,
		  bool *other_out);

#endif
