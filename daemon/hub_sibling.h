/*
 * daemon/hub_sibling.h - what a device carries for another of its site (docs/WIRE.md,
 * "What another device of the site wrote").
 */
#ifndef PH_DAEMON_HUB_SIBLING_H
#define PH_DAEMON_HUB_SIBLING_H

#include "daemon/hub_internal.h"

/* Whether WRITER is PEER's own device. */
bool ph_hub_is_own(const struct ph_hub_peer *peer, const struct ph_device *writer);
/*
 * The device of KEY, for which PEER may carry: one of its own site, by the control log.
 * Its row is 0 if no certificate of it is held. 0; PH_JOURNAL_E_FORK: PEER may not, or it is of
 * another site; PH_JOURNAL_E_NONE: nobody admitted it; negative errno.
 */
int ph_hub_sibling_writer(struct ph_hub *hub, const struct ph_hub_peer *peer,
			  const uint8_t key[static PH_KEY_SIZE],
			  struct ph_device *writer_out);
/* Whether PEER, which may carry, told of the log in its hello, so that it may have been asked for. */
bool ph_hub_sibling_told(const struct ph_hub_peer *peer,
			 const uint8_t log_id[static PH_LOG_ID_SIZE]);
/* Whether an item of JOB is of the log. */
bool ph_hub_job_touches(const struct ph_job *job,
			const uint8_t log_id[static PH_LOG_ID_SIZE]);
/*
 * Into the welcome of a HELLO job: which logs to send, and receipts for those that it waits
 * for. 0 or negative errno.
 */
int ph_hub_sibling_welcome(struct ph_hub *hub, struct ph_job *job);
/* Into a STORE job: receipts for what it completed. 0 or negative errno. */
int ph_hub_sibling_receipts(struct ph_hub *hub, struct ph_job *job);
/*
 * What is held of the log of sibling INDEX of PEER's hello, as far as it told; known.n 0: not
 * all of it, or no log of its site. 0 or negative errno.
 */
int ph_hub_sibling_head(struct ph_hub *hub, const struct ph_hub_peer *peer,
			unsigned index, struct ph_hub_head *out);

#endif
