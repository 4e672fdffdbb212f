/*
 * common/ledger/privacy.h - everything that is held about one reader (docs/MERGE.md, "Privacy").
 */
#ifndef PH_LEDGER_PRIVACY_H
#define PH_LEDGER_PRIVACY_H

#include "common/ledger/view.h"

/*
 * {"state": the view of the reader, "facts": [story ...]} as of ph_why(): every entry here
 * that names one of the registrations that are the same person, a card of theirs, or an entry
 * that does, and what ended each loan, with its sealed fields; in their order. "locked": true in a
 * story whose sealed fields do not open; "forgotten": true in one of a loan that is shown nowhere
 * else any more; "closed" in one of a loan that ended: {how, site, time, by}, without what it ended
 * by if that is another reader's. 0, PH_LEDGER_E_NONE, negative errno. Catch up first.
 */
int ph_privacy(struct ph_ledger *ledger, const struct ph_ref *reader,
	       const struct ph_opener *opener, json_t **out);

#endif
