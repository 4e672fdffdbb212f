/* client/unlock.h - the desk is opened inside the agent, by card and PIN, for its page. */
#ifndef PH_CLIENT_UNLOCK_H
#define PH_CLIENT_UNLOCK_H

#include <jansson.h>

#include "client/site.h"

/* What a PIN may take of memory here, MiB: packhorse-agent.service leaves room for it. */
#define PH_UNLOCK_MIB_MAX PH_DESK_MIB_DEFAULT

/*
 * Open SITE's desk by the "card" and "pin" of REQUEST, which are wiped; "vietnamese" is the
 * language of what is said. ANSWER is made as client/carry.h does; it is left empty when
 * memory lacked. On the worker's thread, with the folder in hand.
 */
void ph_unlock(struct ph_site *site, json_t *request, struct ph_buf *answer);
/* There is nothing to unlock: -ENOENT, and ERR says so. */
int ph_desk_no_pin(struct ph_error *err);
/* Wipe the secrets of REQUEST where they lie. */
void ph_unlock_wipe(json_t *request);

#endif
