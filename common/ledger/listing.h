/*
 * common/ledger/listing.h - what is here, out, overdue, expected, held, and all titles,
 * readers, ...: page by page.
 *
 * A list of the first five goes site by site, in order of number, any other by reference,
 * commune or year. Each page costs what it gives, however many entries there are. Items are JSON objects; their members are on the
 * page docs/MERGE.md, "Lists".
 */
#ifndef PH_LEDGER_LISTING_H
#define PH_LEDGER_LISTING_H

#include "common/ledger/view.h"

enum ph_listing {
	PH_LISTING_HERE,     /* copies on a shelf, by id */
	PH_LISTING_OUT,      /* open loans, by due day, those without one last */
	PH_LISTING_OVERDUE,  /* of them those due before DAY */
	PH_LISTING_EXPECTED, /* copies in a crate to the site, by crate */
	PH_LISTING_HOLDS, /* holds to be picked up there, ready ones first, by last day */
	/* All that are known, joined ones once; readers that were erased are not. */
	PH_LISTING_TITLES,
	PH_LISTING_READERS,
	PH_LISTING_WORKERS,
	PH_LISTING_MODELS, /* how far communes are with the model */
	PH_LISTING_TARGETS,
	PH_LISTING_TALLIES, /* figures that no entry counts */
};
/* The number of a list, by its name; -1: there is none. */
int ph_listing_named(const char *name);
/* Whether it is one of titles, readers, ... */
bool ph_listing_is_roll(enum ph_listing list);

/* Room for where a page ends, as text, with its terminator. */
#define PH_LISTING_NEXT (2 * (2 + 4 * 8 + 2 * PH_ENTITY_ID_MAX) + 1)

struct ph_listing_query {
	enum ph_listing list;
	/*
	 * Of these sites, rising; NULL: of all. Titles of which they own copies, readers that
	 * they registered, models that they are part of; targets are of no site.
	 */
	const uint64_t *sites;
	size_t n_sites;
	int64_t day;       /* today */
	size_t limit;      /* items of a page; 0: 50 */
	const char *after; /* where a page of the same list ended; NULL: from the start */
	const struct ph_opener *opener; /* NULL: no name is opened */
	bool no_cards; /* whose loan or hold it is is not told, and of a reader no loans */
};

enum {
	PH_LISTING_E_AFTER = 2, /* AFTER is not where a page of this list ended */
};
/*
 * One page as a new array in *OUT, and where it ends in NEXT, empty if nothing
 * follows; of titles, readers, ... the next page may turn out to be empty. 0, PH_LISTING_E_AFTER, or a negative errno.
 */
int ph_listing(struct ph_ledger *ledger, const struct ph_listing_query *query,
	       json_t **out, char next[static PH_LISTING_NEXT]);

#endif
