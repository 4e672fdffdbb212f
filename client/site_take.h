/* client/site_take.h - what comes down beside the control log; for site*.c only. */
#ifndef PH_CLIENT_SITE_TAKE_H
#define PH_CLIENT_SITE_TAKE_H

#include "client/site_internal.h"

enum {
	PH_TAKE_E_NOT = 1, /* a segment of a log that no device of this site writes */
	PH_TAKE_E_BAD,     /* the peer broke the protocol */
	PH_TAKE_E_LEFT,    /* left alone */
};

/*
 * Store ITEM, in a transaction: a segment or part of another device of this site, or a
 * page of the feed. 0, also for what is left alone; PH_TAKE_E_NOT: see to it; PH_TAKE_E_BAD:
 * nothing of it was kept; negative errno.
 */
int ph_site_take(struct ph_site *site, const struct ph_item *item);
/*
 * How far the logs of this site are held, each branch, into LIST: of more than fit the
 * longest. OWN: ours, too. 0 or negative errno.
 */
int ph_site_tell_logs(struct ph_site *site, bool own,
		      struct ph_sibling list[static PH_SIBLINGS_MAX], unsigned *n_out);
/* Tell in HELLO, whose epoch is set, how far all of that is held. 0 or negative errno. */
int ph_site_tell_taken(struct ph_site *site, struct ph_hello *hello);
/*
 * The hub's epoch, from its welcome: if the feed held is of another hub with the same
 * number, the next hello asks for it from the start.
 */
int ph_site_check_epoch(struct ph_site *site, const struct ph_epoch *epoch);

/* --- site_control.c --- */
/* The control log as it is held; n 0: not at all. 0 or negative errno. */
int ph_site_control(struct ph_site *site, struct ph_control *control_out);
/*
 * The log of SEGMENT, of the control log or one that goes on from it; begun if it is new.
 * In a transaction. 0; PH_JOURNAL_E_GAP, _FORM, _SEAL: it is none; _BRANCHES: it would be one more
 * than there may be, and *LOG_OUT is all zero; negative errno.
 */
int ph_site_control_find(struct ph_site *site, const struct ph_segment *segment,
			 struct ph_log *log_out);
/*
 * Whether the hub, which sends another history of LOG than the one held, has found that out: a log that is
 * held goes on from the other one. 0 or negative errno.
 */
int ph_site_control_left(struct ph_site *site, const struct ph_log *log, bool *out);
/* Note what a restored hub asks for in WELCOME. 0 or negative errno. */
int ph_site_control_wanted(struct ph_site *site, const struct ph_welcome *welcome);
/* The next segment for it; NULL: there is none. Once it is taken, _given(). 0 or negative errno. */
int ph_site_control_next(struct ph_site *site, struct ph_item **item_out);
void ph_site_control_given(struct ph_site *site, const struct ph_item *item);
int ph_site_control_waits(struct ph_site *site, bool *more_out);
/*
 * A hub of a higher epoch than before was heard of, which may lack some of what is held here: bundles give it
 * back from now on, until it is known that nothing is missing there. In a transaction. 0 or negative errno.
 */
int ph_site_control_give(struct ph_site *site);
/* A session is whole: it asked for all that was missing, and has it. In a transaction. 0 or negative errno. */
int ph_site_control_gave(struct ph_site *site);
/*
 * RECEIPT, which is signed by a hub of the newest epoch heard of, is for a log of the control log: if it is for
 * all that is held here, bundles give it back no more. In a transaction. 0 or negative errno.
 */
int ph_site_control_receipted(struct ph_site *site, const struct ph_receipt *receipt);
/* Whether bundles give it back. 0 or negative errno. */
int ph_site_control_gives(struct ph_site *site, bool *gives_out);
/* If they do, a bundle gives all of it, as the session did that a welcome asked for it. 0 or negative errno. */
int ph_site_control_begin(struct ph_site *site);

/* --- site_admitted.c --- */
/* What the control log that is held says of DEVICE; borrowed until the next call. 0 or negative errno. */
int ph_site_admitted(struct ph_site *site, const uint8_t device[static PH_DEVICE_ID_SIZE],
		     const struct ph_site_admitted **admitted_out);
/* As the hub's rules have it (docs/MERGE.md, "Device"). */
enum ph_site_standing ph_site_standing_of(const struct ph_site_admitted *admitted);
/* Whether all cuts of ADMITTED's device, or an adoption, cover some of SEGMENT. 0 or negative errno. */
int ph_site_is_covered(struct ph_site *site, const struct ph_site_admitted *admitted,
		       const struct ph_segment *segment, bool *covered_out);

#endif
