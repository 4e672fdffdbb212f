/* client/stick_missing.h - what the hub has packed for this device and is not on the stick. */
#ifndef PH_CLIENT_STICK_MISSING_H
#define PH_CLIENT_STICK_MISSING_H

#include <jansson.h>

#include "client/site.h"
#include "proto/spool.h"

/*
 * Look into SPOOL while others may have SITE's folder, and add to LIST for each hub of the
 * key list what is missing (common/cli/missing.h). 0 or a negative errno with ERR.
 */
int ph_stick_missing(struct ph_site *site, struct ph_spool *spool, json_t *list,
		     struct ph_error *err);

#endif
