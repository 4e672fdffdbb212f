/*
 * client/site_sibling.h - what another device of the site wrote, carried to the hub; for
 * site*.c only.
 */
#ifndef PH_CLIENT_SITE_SIBLING_H
#define PH_CLIENT_SITE_SIBLING_H

#include "client/site_internal.h"

/* Whether another device of our site writes LOG. */
bool ph_site_is_sibling(const struct ph_site *site, const struct ph_log *log);
/* Whether the end of LOG came over the LAN, and no hub has given a receipt for it. 0 or negative errno. */
int ph_site_sibling_waits(struct ph_site *site, const struct ph_log *log,
			  bool *waits_out);
/* What a session is to send besides ours: as WELCOME asks. 0 or negative errno. */
int ph_site_sibling_asked(struct ph_site *site, const struct ph_welcome *welcome);
/* What a bundle is to: all that no hub is known to have. 0 or negative errno. */
int ph_site_sibling_all(struct ph_site *site);
/* How far SEND of LOG goes: others' as far as they are sealed. */
uint64_t ph_site_send_end(const struct ph_site_send *send, const struct ph_log *log);
/* The branch that SEND is of. 0 or negative errno. */
int ph_site_send_log(struct ph_site *site, const struct ph_site_send *send,
		     struct ph_log *log_out);

#endif
