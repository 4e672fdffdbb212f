/*
 * common/ledger/hers.h - what was written about readers who were erased, beside their own entries:
 * loans, holds, money, and notes about any of it; for this folder. Rules: docs/MERGE.md, "Carrying
 * out an erasure". What is found is remembered in the journal's table `erased` (common/log/erased.h).
 */
#ifndef PH_LEDGER_HERS_H
#define PH_LEDGER_HERS_H

#include "common/ledger/facts.h"
#include "common/log/erased.h"

struct ph_hers {
	struct ph_ledger *ledger; /* borrowed; caught up; in the journal's file */
	/* The part of the entry REF, in the log ROW, goes; also called for one that went. Not 0 ends it. */
	int (*drop)(void *data, int64_t row, const struct ph_ref *ref);
	void *data;
	uint64_t notes;         /* that were found: it may start at any number */
	struct ph_entry *entry; /* what follows is scratch; all zero at first */
	struct ph_facts facts;
	struct ph_buf bytes;
};

/*
 * Whether there is anything for ph_hers_find(): somebody was erased, or an entry came that names
 * somebody who was. 0 or negative errno.
 */
int ph_hers_waits(struct ph_ledger *ledger, bool *waits_out);
/*
 * Find what waits: where readers or cards were erased since the last time, or the table of kinds is
 * another, all that names one, in one pass over the facts of readers, cards, accounts, copies and
 * holds; of each such entry, and of each that came late, what refers to it, and the return that ended
 * a loan; then the notes. In a transaction. 0 or negative errno.
 */
int ph_hers_find(struct ph_hers *hers);
void ph_hers_deinit(struct ph_hers *hers);

/* HELD has come: if it is the return of a copy that is out on an erased card, that copy is looked at when all is folded. 0 or negative errno. */
struct ph_held;
int ph_hers_return(struct ph_ledger *ledger, const struct ph_held *held);

#endif
