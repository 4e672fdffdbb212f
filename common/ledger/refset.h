/*
 * common/ledger/refset.h - whether a reference was ever put in: for lookups that mostly
 * find nothing.
 */
#ifndef PH_LEDGER_REFSET_H
#define PH_LEDGER_REFSET_H

#include "common/log/entry.h"

/* All zero is a valid empty one. It keeps 8 bytes of each reference. */
struct ph_refset {
	uint64_t *slots; /* 0: free */
	size_t n, n_slots;
};

void ph_refset_clear(struct ph_refset *set);
void ph_refset_deinit(struct ph_refset *set);
/* 0, also if it is there already; -ENOMEM. */
int ph_refset_add(struct ph_refset *set, const struct ph_ref *ref);
/* False: it was never put in. True: it may have been. */
bool ph_refset_may_have(const struct ph_refset *set, const struct ph_ref *ref);

#endif
