/* daemon/hub_seen.h - who signed a report off, and whether he had the figures that the hub counts. */
#ifndef PH_DAEMON_HUB_SEEN_H
#define PH_DAEMON_HUB_SEEN_H

#include "daemon/hub_issued.h"

/*
 * Set "seen" of each item of ISSUED->signoffs and strays, which has its entry as "entry":
 *
 *   counted  its site signed what the hub counts of it now
 *   printed  what the hub counted of it when the report was issued, and does not any more
 *   other    other figures
 *   none     it was not said which
 *
 * HUB's ledger has caught up. 0 or negative errno.
 */
int ph_hub_seen_tell(struct ph_hub *hub, const struct ph_hub_issued *issued);
/* Set "agree", "disagree", "signoffs" and "strays" of INTO, with codes and what was seen. Likewise. */
int ph_hub_signed_tell(struct ph_hub *hub, const struct ph_hub_issued *issued,
		       json_t *into);

#endif
