/*
 * common/ledger/entries.h - the entries of one kind, page by page (docs/MERGE.md, "Lists").
 *
 * Any kind of the table. They come log by log as they were written: first those of the logs
 * that are held, then what the hub fed. Each tells whether it counts; one that does not is
 * not left out.
 */
#ifndef PH_LEDGER_ENTRIES_H
#define PH_LEDGER_ENTRIES_H

#include "common/ledger/listing.h"

struct ph_entries_query {
	const struct ph_kind *kind;
	/* For which they count, rising; NULL: of all. */
	const uint64_t *sites;
	size_t n_sites;
	int64_t from, to;  /* days (UTC+7) on which they count, both included */
	size_t limit;      /* items of a page, at most 5,000; 0: 50 */
	const char *after; /* where a page of the same kind ended; NULL: from the start */
	const struct ph_opener *opener; /* NULL: no sealed field is opened */
	bool no_cards; /* whose loan, hold or money it was is not told, by no card either */
};

/*
 * One page as a new array in *OUT, and where it ends in NEXT, empty if nothing follows. A
 * page looks at so many entries and no more, and has so many bytes of them: one with a NEXT
 * may have fewer items than LIMIT, or none. Catch up first. 0, PH_LISTING_E_AFTER, or a
 * negative errno.
 */
int ph_entries(struct ph_ledger *ledger, const struct ph_entries_query *query,
	       json_t **out, char next[static PH_LISTING_NEXT]);

#endif
