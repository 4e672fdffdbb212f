/* common/ledger/roll.h - the lists of all titles, readers, workers, ...; for listing.c. */
#ifndef PH_LEDGER_ROLL_H
#define PH_LEDGER_ROLL_H

#include "common/ledger/listing.h"

/* As ph_listing() of one of those (ph_listing_is_roll()); QUERY's limit is not 0. */
int ph_roll(struct ph_ledger *ledger, const struct ph_listing_query *query, json_t **out,
	    char next[static PH_LISTING_NEXT]);
/* Its name; NULL: LIST is none of these. */
const char *ph_roll_name(enum ph_listing list);

#endif
