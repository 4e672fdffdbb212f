/*
 * common/ledger/tally.h - one site's counts of one day (docs/MERGE.md, "Tally").
 *
 * A sum over distinct effective entries, so it needs no order, and one entry can
 * be added or taken away without folding the others again.
 */
#ifndef PH_LEDGER_TALLY_H
#define PH_LEDGER_TALLY_H

#include "common/ledger/fact.h"

/* Keys of the counters. */
enum ph_tally_key {
	PH_TALLY_VISITS = 1, /* persons */
	PH_TALLY_WOMEN = 2,  /* of them */
	PH_TALLY_LOANS = 3,
	PH_TALLY_RETURNS = 4,
	PH_TALLY_RENEWALS = 5,
	PH_TALLY_USES = 6,     /* in-house uses */
	PH_TALLY_READERS = 7,  /* new readers */
	PH_TALLY_CARDS = 8,    /* cards issued */
	PH_TALLY_COPIES = 9,   /* copies put without having seen an earlier put */
	PH_TALLY_TITLES = 10,  /* new titles */
	PH_TALLY_BAND = 32,    /* + age band: visits */
	PH_TALLY_PURPOSE = 64, /* + purpose: visits */
};
#define PH_TALLY_KEYS 96 /* every key is below this */

struct ph_tally {
	int64_t count[PH_TALLY_KEYS]; /* by key */
};

/* Whether ENTRY adds to any counter. */
bool ph_tally_counts(const struct ph_entry *entry);
/* Add what ENTRY counts, SIGN (1 or -1) times. */
void ph_tally_add(struct ph_tally *tally, const struct ph_entry *entry, int sign);
/* Append the canonical state; nothing if all counters are 0. 0, -ENOMEM, -EUCLEAN (one is below 0). */
int ph_tally_encode(const struct ph_tally *tally, struct ph_buf *state_out);
/* The counters of a state added to TALLY. 0, -EUCLEAN, -ENOMEM. */
int ph_tally_decode(struct ph_view state, struct ph_tally *tally);
/* The state of the tally that FACTS (effective, all of its site and day) give. */
int ph_tally_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out);

#endif
