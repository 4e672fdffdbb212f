/*
 * client/site_unfinished.h - the front of an item that a cut kept the rest of, for the next
 * session with the hub.
 */
#ifndef PH_CLIENT_SITE_UNFINISHED_H
#define PH_CLIENT_SITE_UNFINISHED_H

#include "client/site.h"

/* No front is told that has not grown for so long: it is removed. */
#define PH_UNFINISHED_DAYS      30
/* A hub that did not take a hello with a front, or with what is kept for it, is told of neither for so long. */
#define PH_UNFINISHED_NOT_HOURS 24

/*
 * Behind ph_site_hello(): what an earlier session left, into HELLO, and into FRONT, which is
 * empty and will be the caller's; both stay as they are if there is none. 0 or negative errno.
 */
int ph_site_unfinished_tell(struct ph_site *site, struct ph_hello *hello,
			    struct ph_unfinished *front);
/* What came of keeping it. */
struct ph_unfinished_kept {
	/* more of the item that was told is here now; or something of one, and none was told */
	bool grew;
	/* the hub did not take a hello with a front, or with what is kept for it; without it will, also if this was not noted */
	bool without_front;
};
/*
 * The session of that hello is over. FRONT: what it left (ph_session_take_partial()); empty if
 * nothing. It is kept, in place of an earlier one, or what was kept is removed; that, too, if
 * a reader was erased here since the hello. COMPLETE: it was closed in order, and no budget
 * kept anything back; STATUS: what the hub said. Not in a transaction. 0 or negative errno:
 * then no more than the bytes is lost.
 */
int ph_site_unfinished_keep(struct ph_site *site, const struct ph_unfinished *front,
			    bool complete, enum ph_status status,
			    struct ph_unfinished_kept *kept_out);
/*
 * Whether the hub has said of late that it takes no hello with a front, nor with anything else of that
 * version. 0 or negative errno.
 */
int ph_site_more_not_taken(struct ph_site *site, bool *not_out);
/*
 * What is kept, opened, into FRONT, which is empty and will be the caller's, and when that was. 0; PH_JOURNAL_E_NONE;
 * -EBADMSG: it is no front, or none that this device opens (any more); another negative errno.
 */
int ph_site_unfinished_load(struct ph_site *site, struct ph_unfinished *front,
			    int64_t *time_out);
/* Remove what is kept; in a transaction. 0 or negative errno. */
int ph_site_unfinished_drop(struct ph_site *site);
/* How many bytes are kept, and of how many. Both 0: none. 0 or negative errno. */
int ph_site_unfinished_size(struct ph_site *site, uint64_t *held_out,
			    uint64_t *total_out);

#endif
