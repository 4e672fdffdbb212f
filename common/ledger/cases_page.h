/* common/ledger/cases_page.h - cases, a page at a time (docs/MERGE.md, "Cases"). */
#ifndef PH_LEDGER_CASES_PAGE_H
#define PH_LEDGER_CASES_PAGE_H

#include <jansson.h>

#include "common/ledger/cases.h"

/* Room for where a page ends, as text, with its terminator. */
#define PH_CASES_NEXT 64

struct ph_cases_query {
	unsigned kind; /* 0: any */
	/* Those that concern one of these sites; NULL: all. At a site: its own, alone. */
	const uint64_t *sites;
	size_t n_sites;
	bool all;          /* also those that are decided */
	bool no_cards;     /* none that tells what is out to whom: no blocked-card */
	size_t limit;      /* at least 1 */
	const char *after; /* where a page ended; NULL: from the start */
};

enum {
	PH_CASES_E_AFTER = 2, /* AFTER is not where a page ends */
};
/*
 * Cases that wait first, then (with all) those that are decided; in either part the
 * oldest first: an array of what ph_case_show() has, and in NEXT where it ends, empty if
 * nothing follows; at a site "vouched" as in ph_view_case(). A case that changed since stands where it now belongs. 0,
 * PH_CASES_E_AFTER or negative errno.
 */
int ph_cases_page(struct ph_ledger *ledger, const struct ph_cases_query *query,
		  json_t **out, char next[static PH_CASES_NEXT]);

#endif
