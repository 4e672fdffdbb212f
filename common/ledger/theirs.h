/*
 * common/ledger/theirs.h - which entries are about one reader (docs/MERGE.md, "Privacy"); for this folder.
 */
#ifndef PH_LEDGER_THEIRS_H
#define PH_LEDGER_THEIRS_H

#include <jansson.h>

#include "common/ledger/key.h"

struct ph_theirs_item {
	struct ph_ref ref;
	int64_t second; /* at which it counts; 0 of what never does */
	uint16_t tick;
	bool is_forgotten; /* a loan or renewal that counts, and that a policy has cut from all states */
	json_t *closed; /* of a loan that ended: how, site, time, and by, if that is an item; else NULL */
	struct ph_ref
		closed_by; /* if CLOSED; it may be another reader's, then nothing of it is to be told */
};

/* All zero is a valid empty one. */
struct ph_theirs {
	struct ph_theirs_item *items;
	size_t n, cap;
};
void ph_theirs_deinit(struct ph_theirs *theirs);
/*
 * Every entry here that is about READER, whichever registration of theirs that is, each once, in
 * the order. Looks through all logs and all that was fed, twice or more often. THEIRS is empty. 0 or
 * negative errno; end with ph_theirs_deinit() in either case.
 */
int ph_theirs_find(struct ph_ledger *ledger, const struct ph_ref *reader,
		   struct ph_theirs *theirs);

#endif
