/*
 * common/ledger/cases_site.h - the cases of a site: what it finds by itself, and what the
 * hub tells it (docs/MERGE.md, "Cases").
 */
#ifndef PH_LEDGER_CASES_SITE_H
#define PH_LEDGER_CASES_SITE_H

#include "common/ledger/cases.h"

/* All zero is a valid empty one. */
struct ph_site_cases {
	struct ph_case_row *rows;
	size_t n, cap;
};
void ph_site_cases_deinit(struct ph_site_cases *cases);

/*
 * The cases of SITE, whose LEDGER it is, whether found here or fed: those that wait, the
 * oldest first, then (with ALL) those that are decided. Of what is found here those that
 * concern it: the control log tells of everybody's invites. One that is found here and was
 * fed is as it is found here; if it was fed as decided on these facts, it is decided. The
 * sites of what was fed are those that the hub says. 0 or negative errno.
 */
int ph_site_cases(struct ph_ledger *ledger, uint64_t site, bool all,
		  struct ph_site_cases *out);
/*
 * One of them. *FED_OUT: only the hub tells of it. 0; PH_LEDGER_E_NONE: there is no such
 * case now; negative errno. At a hub: as ph_case_get().
 */
int ph_site_case_get(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		     struct ph_case_row *row, bool *fed_out);

#endif
