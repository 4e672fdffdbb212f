/* client/allowed.h - what the province's settings let this site write, and what makes sense. */
#ifndef PH_CLIENT_ALLOWED_H
#define PH_CLIENT_ALLOWED_H

#include "client/site.h"

/*
 * May an entry of KIND (a number) be written here, on behalf of BEHALF (0: of ourselves),
 * as far as the control log came? 0; -EINVAL with PH_EXIT_USAGE if not; or another negative
 * errno, with ERR.
 */
int ph_allowed(struct ph_site *site, uint64_t kind, uint64_t behalf,
	       struct ph_error *err);
/* Whether what ENTRY says may be, besides. Likewise. */
int ph_allowed_entry(struct ph_site *site, const struct ph_entry *entry,
		     struct ph_error *err);

#endif
