/*
 * common/cli/list_page.h - a page of a list (common/ledger/listing.h) or of the entries of a
 * kind (common/ledger/entries.h), for both programs.
 *
 * A page of the ledger looks at so much and no more, so that of something rare it may be
 * empty though more follows. Whoever asked wants what there is: it is looked on from there,
 * until there is something, nothing follows, or the time is over.
 */
#ifndef PH_CLI_LIST_PAGE_H
#define PH_CLI_LIST_PAGE_H

#include "common/base/clock.h"
#include "common/ledger/entries.h"
#include "common/ledger/listing.h"

struct ph_list_query {
	struct ph_listing_query list;
	struct ph_entries_query entries; /* its kind is NULL: the list */
};

/*
 * One page of what QUERY asks for as a new array in *OUT, and where it ends in NEXT, empty if
 * nothing follows. A page is empty with a NEXT only if no item was found in MS milliseconds
 * by CLOCK (no look begins later; the one that runs is ended as the ledger ends it). Catch up
 * first. 0, PH_LISTING_E_AFTER, or a negative errno.
 */
int ph_list_page(struct ph_ledger *ledger, const struct ph_list_query *query,
		 const struct ph_clock *clock, unsigned ms, json_t **out,
		 char next[static PH_LISTING_NEXT]);
/* All of it, from the place asked for on, whatever the limit says. As above. */
int ph_list_all(struct ph_ledger *ledger, const struct ph_list_query *query,
		json_t **out);

#endif
