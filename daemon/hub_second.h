/* daemon/hub_second.h - what the hub said, to and from the second medium. */
#ifndef PH_DAEMON_HUB_SECOND_H
#define PH_DAEMON_HUB_SECOND_H

#include "daemon/hub_internal.h"

/*
 * Append what of the hub's own logs is not there yet, if a second medium is configured. A
 * failure is the medium's alone: it is told by status, and tried again a minute later.
 */
void ph_hub_second_write(struct ph_hub *hub);
/* Parts were erased: what of them is on the medium goes, now or when it is there. Outside of a transaction. */
void ph_hub_second_erased(struct ph_hub *hub);
/*
 * *ERASED_OUT: nothing of what was erased here is left on it. 0; 1: there never was a medium;
 * negative errno.
 */
int ph_hub_second_has_erased(struct ph_hub *hub, bool *erased_out);
/*
 * *MORE_OUT: the medium, if it is configured and there, has more of a log that our next word
 * goes on than the store has. What is the matter with a medium that cannot be read is told when
 * it is written. 0 or negative errno.
 */
int ph_hub_second_ask(struct ph_hub *hub, bool *more_out);
/* Take from it what it has of our own words and the store has not, if it is configured. 0 or negative errno with ERR. */
int ph_hub_second_bring(struct ph_hub *hub, struct ph_error *err);
void ph_hub_second_free(struct ph_hub *hub);
/* How it is, for a view of HUB. What nobody has tried to write yet is not well. */
void ph_hub_second_health(const struct ph_hub *hub, struct ph_hub_health *out);
/* "ok", or what is the matter, in the language of who asks, borrowed from WORDS; NULL: none is configured. */
const char *ph_hub_second_state(const struct ph_hub *hub, struct ph_error *words);

#endif
