/* client/card.h - handing a card to a reader, for the commands that do. */
#ifndef PH_CLIENT_CARD_H
#define PH_CLIENT_CARD_H

#include "client/slip.h"

/*
 * Put down that CODE (NULL: a new code of this device's block) is handed to READER. A
 * card that is another reader's is refused unless --again was given. UNKNOWN: the reader
 * is not known here. 0; -EEXIST or -EINVAL with PH_EXIT_USAGE; or another negative errno.
 */
int ph_card_put(struct ph_desk *desk, const char *code, const struct ph_ref *reader,
		bool unknown, struct ph_error *err);

#endif
