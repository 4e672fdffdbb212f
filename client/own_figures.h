/* client/own_figures.h - what this site counted in a period: for `figures` and `signoff`. */
#ifndef PH_CLIENT_OWN_FIGURES_H
#define PH_CLIENT_OWN_FIGURES_H

#include "common/cli/cli.h"
#include "common/ledger/indicator.h"
#include "common/ledger/seen.h"

struct ph_own_figures {
	int64_t from, to;
	char period[PH_PERIOD_TEXT]; /* "2026-Q3"; empty: other days */
	uint64_t site;
	struct ph_tally tally;
	char seen[PH_SEEN_HEX]; /* the digest, in hex */
};

/*
 * The days of PERIOD ("2026-Q3") into FIGURES. 0; -EINVAL with ERR: that is none, or has not
 * begun by TODAY.
 */
int ph_own_period(const char *period, int64_t today, struct ph_own_figures *figures,
		  struct ph_error *err);
/*
 * What SITE counted on the days that FIGURES has, as LEDGER knows it, into FIGURES. LEDGER has
 * caught up. 0 or negative errno with ERR.
 */
int ph_own_figures_sum(struct ph_ledger *ledger, uint64_t site,
		       struct ph_own_figures *figures, struct ph_error *err);

#endif
