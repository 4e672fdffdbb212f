/* common/ledger/find.h - search blind to Vietnamese marks and case. */
#ifndef PH_LEDGER_FIND_H
#define PH_LEDGER_FIND_H

#include "common/ledger/view.h"

/*
 * Titles that have a word beginning with each word of TEXT, the best first:
 * [{"title":ref,"name","author","year","copies":n}, ...]. LIMIT 0 means 50.
 * An empty TEXT finds nothing. 0 or negative errno.
 */
int ph_ledger_find_titles(struct ph_ledger *ledger, struct ph_view text, size_t limit,
			  json_t **out);
/*
 * Readers whose name has a word beginning with each word of TEXT; names are opened
 * one by one and never kept: [ph_view_reader without loans, ...]. SITE: only those
 * registered there (0: all). LIMIT 0 means 50. 0 or negative errno. OPENER is called
 * within a walk: see ph_ledger_each().
 */
int ph_ledger_find_readers(struct ph_ledger *ledger, struct ph_view text, uint64_t site,
			   size_t limit, const struct ph_opener *opener, json_t **out);

#endif
