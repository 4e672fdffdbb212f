/* common/ledger/listing_item.h - one item of each list as JSON; for listing.c. */
#ifndef PH_LEDGER_LISTING_ITEM_H
#define PH_LEDGER_LISTING_ITEM_H

#include "common/ledger/listing.h"
#include "common/ledger/show.h"

/* Show the row of STMT (columns: listing.c). 0 or negative errno. */
typedef int ph_listing_show_fn(struct ph_ledger *ledger, struct ph_stmt *stmt,
			       const struct ph_listing_query *query, uint64_t site,
			       json_t **out);
ph_listing_show_fn ph_listing_show_here, ph_listing_show_out, ph_listing_show_expected,
	ph_listing_show_hold;

/* The SQL of a list: of a page of one site, or of the next site. For listing.c and its test. */
const char *ph_listing_sql(enum ph_listing list, bool next_site);

#endif
