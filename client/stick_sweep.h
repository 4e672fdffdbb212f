/* client/stick_sweep.h - what this device has put on a stick goes from it, and is told no more. */
#ifndef PH_CLIENT_STICK_SWEEP_H
#define PH_CLIENT_STICK_SWEEP_H

#include "client/site.h"
#include "proto/spool.h"

/*
 * As ph_spool_sweep() of what SITE's device has in SPOOL, and of what that removed it is noted that it is no
 * more; what is not noted is told as being somewhere still, when a reader is erased. 0 or a
 * negative errno with ERR.
 */
int ph_stick_sweep(struct ph_site *site, struct ph_spool *spool,
		   const struct ph_manifest *keep, unsigned *removed_out,
		   struct ph_error *err);

#endif
