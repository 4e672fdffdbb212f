/* common/ledger/notes.h - notes about entries, which are not filed under these; for this folder. */
#ifndef PH_LEDGER_NOTES_H
#define PH_LEDGER_NOTES_H

#include "common/ledger/fact.h"

/*
 * CB for each note here that is about an entry, with the row of its log, its own reference and that
 * of what it is about: all events are looked at. CB returning non-zero ends the walk with that value.
 */
int ph_notes_each(struct ph_ledger *ledger,
		  int (*cb)(void *data, int64_t row, const struct ph_ref *ref,
			    const struct ph_ref *about),
		  void *data);

#endif
