/* common/ledger/touch.h - which entities an entry names (docs/MERGE.md, "Which entry names what"). */
#ifndef PH_LEDGER_TOUCH_H
#define PH_LEDGER_TOUCH_H

#include "common/ledger/fact.h"
#include "common/ledger/key.h"

#define PH_TOUCH_MAX 2

/*
 * The entities whose state depends on FACT, decoded as ENTRY, into KEYS; returns
 * how many. A tally is named only if the fact adds to one of its counters.
 */
size_t ph_touch(const struct ph_fact *fact, const struct ph_entry *entry,
		struct ph_entity_key keys[static PH_TOUCH_MAX]);

#endif
