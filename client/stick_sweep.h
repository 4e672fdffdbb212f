/* client/stick_sweep.h - what this device has put on a stick goes from it, and is told no more. */
#ifndef PH_CLIENT_STICK_SWEEP_H
#define PH_CLIENT_STICK_SWEEP_H

#include "client/site.h"
#include "proto/spool.h"

/*
 * What SITE's device has listed in SPOOL: to be looked at before that list is written anew. None
 * if there is no list, or it cannot be read. 0 or -ENOMEM.
 */
int ph_stick_listed(struct ph_site *site, struct ph_spool *spool,
		    struct ph_manifest *listed_out);
/*
 * As ph_spool_sweep() of what SITE's device has in SPOOL, and of what that removed and is in
 * LISTED it is noted that it is no more: whose name is in a header, anybody can have written. What is
 * not noted is told as being somewhere still, when a reader is erased. 0 or a negative errno with
 * ERR.
 */
int ph_stick_sweep(struct ph_site *site, struct ph_spool *spool,
		   const struct ph_manifest *listed, const struct ph_manifest *keep,
		   unsigned *removed_out, struct ph_error *err);

#endif
