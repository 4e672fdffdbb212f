/* daemon/hub_own.h - what a device wrote itself and has not. */
#ifndef PH_DAEMON_HUB_OWN_H
#define PH_DAEMON_HUB_OWN_H

#include "daemon/hub_internal.h"

/* Whether PEER's hello told of logs of its own, to be sent the rest of them. 0 or negative errno. */
int ph_hub_own_asked(struct ph_hub *hub, const struct ph_hub_peer *peer, bool *asked_out);
/*
 * How much of LOG has whoever has, of the log of that id, what begins at N with the bytes of H, on whichever
 * branch that is here; *IS_HERE_OUT false: on none, and *N_OUT is 0. 0 or negative errno.
 */
int ph_hub_own_shared(struct ph_hub *hub, const struct ph_log *log, uint64_t n,
		      struct ph_view h, bool *is_here_out, uint64_t *n_out);
/* Up to where PEER surely has LOG, of its own, by its heads and what it sent. 0 or negative errno. */
int ph_hub_own_held(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    const struct ph_log *log, uint64_t *n_out);
/*
 * LOG's turn has come. Of one of PEER's own whose end, as PEER told it, no branch here has, it is not known
 * which entries PEER has before something of it comes: until then it is put off. 0 or negative errno.
 */
int ph_hub_own_put_off(struct ph_hub *hub, struct ph_hub_peer *peer,
		       const struct ph_log *log, bool *is_out);
/* A log that was put off and is not any more. 0, PH_JOURNAL_E_NONE: there is none, or negative errno. */
int ph_hub_own_next(struct ph_hub *hub, struct ph_hub_peer *peer, struct ph_log *log_out);
/* Tell PEER, if it is confirmed and did not ask, which own logs it may lack. 0 or negative errno. */
int ph_hub_own_tell(struct ph_hub *hub, const struct ph_hub_peer *peer,
		    struct ph_welcome *welcome);

#endif
