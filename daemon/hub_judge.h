/*
 * daemon/hub_judge.h - the hub's word on clocks that ran ahead, or were behind (docs/LOG.md, "Clocks").
 */
#ifndef PH_DAEMON_HUB_JUDGE_H
#define PH_DAEMON_HUB_JUDGE_H

#include "common/ledger/fact.h"
#include "daemon/hub_internal.h"

/*
 * Entries that SEGMENT brought, of a log of WRITER, as STORED says, are in the journal. If the stamp of one
 * is over PH_CLOCK_AHEAD_MAX ahead of the hub's clock, by what its clock-mark was judged
 * so far, that mark is judged: no later than now. And if one is a clock-mark with the hub's time as the
 * device heard it, the marks of the same start of its machine right before it (at most 16) that say `sure`
 * none, and by which its stamps ran over PH_CLOCK_AHEAD_MAX behind, are judged by how much. In the transaction in which they were
 * stored; PEER->clamped counts the former, PEER->shifted the marks judged so. 0 or negative errno.
 */
int ph_hub_judge(struct ph_hub *hub, struct ph_hub_peer *peer,
		 const struct ph_device *writer, const struct ph_segment *segment,
		 const struct ph_stored *stored);
/*
 * The clock-mark MARK is judged by the entry JUDGE, or (NULL) is no more: that is kept for
 * the next segment. In a transaction. 0 or negative errno.
 */
int ph_hub_judge_note(struct ph_hub *hub, const struct ph_ref *mark,
		      const struct ph_entry *judge);
/*
 * How many seconds ahead of the hub's clock the newest stamp was of what the device of that
 * row brought last; 0: within PH_CLOCK_AHEAD_MAX, or nothing came. 0 or negative errno.
 */
int ph_hub_judge_ahead(struct ph_hub *hub, int64_t device, int64_t *seconds_out);

#endif
