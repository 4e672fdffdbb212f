/*
 * daemon/hub_quota.h - what a device may bring now: its allowance, and room on the disk.
 *
 * Around the items of one job, in its transaction: begin, then for each item ask before
 * it is written and count it when it was, then end.
 */
#ifndef PH_DAEMON_HUB_QUOTA_H
#define PH_DAEMON_HUB_QUOTA_H

#include "daemon/hub_internal.h"

/* Beside PH_JOURNAL_E_*. */
enum {
	PH_HUB_E_DELAY = PH_JOURNAL_E_BRANCHES + 1 /* not now; PEER->delay says why */
};

/* PEER's allowance as it is now. 0 or negative errno. */
int ph_hub_quota_begin(struct ph_hub *hub, struct ph_hub_peer *peer);
/* WRITER is PEER's device, or another that it carries for. 0; PH_HUB_E_DELAY, of the former with PEER->refusal; negative errno. */
int ph_hub_quota_ask(struct ph_hub *hub, struct ph_hub_peer *peer,
		     const struct ph_device *writer, const struct ph_item *item);
/* The entries of SEGMENT that STORED says, or a part of LEN bytes, were written. 0 or negative errno. */
int ph_hub_quota_segment(struct ph_hub *hub, struct ph_hub_peer *peer,
			 const struct ph_device *writer, const struct ph_segment *segment,
			 const struct ph_stored *stored);
int ph_hub_quota_part(struct ph_hub *hub, struct ph_hub_peer *peer,
		      const struct ph_device *writer, size_t len);
/* Whether there is room for anything that DEVICE wrote; outside of a job, too. */
bool ph_hub_quota_has_room(struct ph_hub *hub, const struct ph_device *device);
/* Keep it. 0 or negative errno. */
int ph_hub_quota_end(struct ph_hub *hub, struct ph_hub_peer *peer);
/*
 * Whether PEER would better bring nothing more in this session: something of the job was
 * put off, or, if MORE follows, would be. Between begin and end.
 */
bool ph_hub_quota_waits(const struct ph_hub *hub, struct ph_hub_peer *peer, bool more);
/* What DEVICE brought last that was put off and did not come since, as it counts; 0: nothing. 0 or negative errno. */
int ph_hub_quota_wants(struct ph_hub *hub, const struct ph_device *device,
		       uint64_t *wants_out);
/* "allowance" of DEVICE into ITEM: entries, null without a bound. 0 or negative errno. */
int ph_hub_quota_about(struct ph_hub *hub, const struct ph_device *device, json_t *item);

#endif
