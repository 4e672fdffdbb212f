/* client/register.h - whether this site keeps a register of readers. */
#ifndef PH_CLIENT_REGISTER_H
#define PH_CLIENT_REGISTER_H

#include "client/site.h"

/* Whether this site keeps one, as far as the control log came. 0, or negative errno with ERR. */
int ph_register_kept(struct ph_site *site, bool *kept_out, struct ph_error *err);
/*
 * May an entry of KIND (a number) be written here, on behalf of BEHALF (0: of ourselves)?
 * 0; -EINVAL with PH_EXIT_USAGE if it belongs to a register that this site, or BEHALF, does
 * not keep; or another negative errno.
 */
int ph_register_check(struct ph_site *site, uint64_t kind, uint64_t behalf,
		      struct ph_error *err);

#endif
