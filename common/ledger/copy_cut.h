/*
 * common/ledger/copy_cut.h - loans of long ago without their cards (docs/MERGE.md, "Loans that are
 * cut"); for the files of this folder.
 */
#ifndef PH_LEDGER_COPY_CUT_H
#define PH_LEDGER_COPY_CUT_H

#include "common/ledger/facts.h"

/* Nothing is cut. */
#define PH_CUT_DAY_NONE INT64_MIN

/*
 * Take from FACTS, effective and of the N copies KEYS together, those by which loans were made and
 * renewed that ended before DAY. 0 or negative errno.
 */
int ph_copy_cut(const struct ph_entity_key *keys, size_t n, int64_t day,
		struct ph_facts *facts);
/* Whether a fact that does not count is one that would be cut, by its own time. */
bool ph_copy_cuts_off(const struct ph_fact *fact, struct ph_entry *scratch, int64_t day);

/* The day that the ledger's tables were made with. 0 or negative errno. */
int ph_cut_day_load(struct ph_ledger *ledger);
/*
 * Look at the policy if anything was folded since. *MOVED_OUT: it is another than the tables have;
 * that is noted, and all must be folded anew. 0 or negative errno.
 */
int ph_cut_day_follow(struct ph_ledger *ledger, bool *moved_out);

#endif
