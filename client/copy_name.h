/* client/copy_name.h - the code of a new copy, for the commands that name one. */
#ifndef PH_CLIENT_COPY_NAME_H
#define PH_CLIENT_COPY_NAME_H

#include "client/slip.h"

/*
 * Set SLIP's member "copy" to CODE, which must name no copy here yet, or to a new code of
 * this device's block if it is NULL. 0; -EEXIST or -EINVAL with PH_EXIT_USAGE; or another
 * negative errno.
 */
int ph_copy_name(struct ph_desk *desk, const char *code, json_t *slip,
		 struct ph_error *err);

#endif
