/* common/ledger/touch.h - which entities an entry names (docs/MERGE.md, "Entities"). */
#ifndef PH_LEDGER_TOUCH_H
#define PH_LEDGER_TOUCH_H

#include "common/ledger/fact.h"
#include "common/ledger/key.h"

/* A list of entities. All zero is a valid empty one. */
struct ph_touched {
	struct ph_entity_key *keys;
	size_t n, cap;
};
void ph_touched_deinit(struct ph_touched *touched);

/*
 * The entities whose state depends on FACT, decoded as ENTRY, in place of what
 * TOUCHED held: each once. A tally is named only if the fact adds to one of its
 * counters. 0 or -ENOMEM.
 */
int ph_touch(const struct ph_fact *fact, const struct ph_entry *entry,
	     struct ph_touched *touched);

#endif
