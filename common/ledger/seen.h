/*
 * common/ledger/seen.h - what a site counted in a period, and sixteen bytes that stand for it
 * (docs/REPORTS.md, "What a site signs").
 *
 * A site that signs a report off says which figures it had before it; the hub comes to the
 * same bytes from what it holds of that site, or not.
 */
#ifndef PH_LEDGER_SEEN_H
#define PH_LEDGER_SEEN_H

#include "common/ledger/figures.h"

#define PH_SEEN_DIGEST 16
#define PH_SEEN_HEX    (2 * PH_SEEN_DIGEST + 1)

/*
 * The digest of what SITE counted, TALLY, on the days FROM to TO: BLAKE2b-128 of a canonical
 * text. 0 or -ENOMEM.
 */
int ph_seen_digest(uint64_t site, int64_t from, int64_t to, const struct ph_tally *tally,
		   uint8_t digest_out[static PH_SEEN_DIGEST]);
/* What SITE counted, of FIGURES, whose it is; all zero if it counted nothing. */
const struct ph_tally *ph_seen_of(const struct ph_figures *figures, uint64_t site);

/* What a site has now, as far as LEDGER knows. */
struct ph_stock {
	uint64_t copies; /* that it owns, without those withdrawn */
	uint64_t titles; /* of these */
};
/* Catch up first. 0 or negative errno. */
int ph_stock_now(struct ph_ledger *ledger, uint64_t site, struct ph_stock *stock_out);

#endif
