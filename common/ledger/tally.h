/*
 * common/ledger/tally.h - one site's counts of one day (docs/MERGE.md, "Tally").
 *
 * A sum over distinct effective entries, so it needs no order, and one entry can
 * be added or taken away without folding the others again.
 */
#ifndef PH_LEDGER_TALLY_H
#define PH_LEDGER_TALLY_H

#include "common/ledger/fact.h"
#include "common/ledger/key.h"

/* Keys of the counters. */
enum ph_tally_key {
	PH_TALLY_VISITS = 1, /* persons */
	PH_TALLY_WOMEN = 2,  /* of them */
	PH_TALLY_LOANS = 3,
	PH_TALLY_RETURNS = 4,
	PH_TALLY_RENEWALS = 5,
	PH_TALLY_USES = 6,    /* in-house uses */
	PH_TALLY_READERS = 7, /* new readers */
	PH_TALLY_CARDS = 8,   /* cards issued */
	PH_TALLY_COPIES = 9,  /* copies put without having seen an earlier put */
	PH_TALLY_TITLES = 10, /* new titles */
	PH_TALLY_STOPS = 11,  /* stops of vans opened */
	PH_TALLY_ACTIVITIES = 12,
	PH_TALLY_ATTENDANCE = 13, /* persons at activities */
	PH_TALLY_ATTENDANCE_WOMEN = 14,
	PH_TALLY_TRAININGS = 15,
	PH_TALLY_TRAINED_WORKERS = 16,
	PH_TALLY_TRAINED_COLLABORATORS = 17,
	PH_TALLY_DIGITAL = 18, /* uses of digital services */
	PH_TALLY_DIGITAL_WOMEN = 19,
	PH_TALLY_DONATIONS = 20,
	PH_TALLY_DONATED_MONEY = 21, /* đồng */
	PH_TALLY_DONATED_COPIES = 22,
	PH_TALLY_UNCODED_LOANS = 23, /* copies */
	PH_TALLY_UNCODED_RETURNS = 24,
	PH_TALLY_DISPATCHES = 25, /* crates sent */
	PH_TALLY_DISPATCHED = 26, /* copies in them */
	PH_TALLY_RECEIVES = 27,   /* crates taken in to the end */
	PH_TALLY_WITHDRAWN = 28,
	PH_TALLY_CHARGED = 29, /* đồng */
	PH_TALLY_PAID = 30,
	PH_TALLY_DAYS_OPEN = 31,
	PH_TALLY_BAND = 32,    /* + age band: visits */
	PH_TALLY_PURPOSE = 64, /* + purpose: visits */
	PH_TALLY_SIGHTINGS = 80,
	PH_TALLY_HOLDS = 81, /* placed */
	PH_TALLY_CARD_STOPS = 82,
	PH_TALLY_MISSING = 83,
	PH_TALLY_READER_LOST = 84,
	PH_TALLY_DAMAGED = 85,
	PH_TALLY_HOLDS_READY = 86,
	PH_TALLY_REINSTATED = 87,
	PH_TALLY_OCCASION = 96, /* + occasion: activities */
	PH_TALLY_FORM = 104,    /* + form: uses of digital services */
	PH_TALLY_DONOR = 112,   /* + donor: donations */
	PH_TALLY_FOREIGN = 120, /* donations from abroad */
};
#define PH_TALLY_KEYS 128 /* every key is below this */

struct ph_tally {
	/* By key. Sums are taken modulo 2^64, so that adding can always be undone. */
	uint64_t count[PH_TALLY_KEYS];
};

/* What one entry adds to one counter; COUNT is never 0. */
struct ph_count {
	uint8_t key;
	uint64_t count;
};
#define PH_COUNTS_MAX 8 /* of one entry */

/* A counter that is not split, and what people call it. */
struct ph_counter {
	enum ph_tally_key key;
	const char *name;
};
extern const struct ph_counter ph_tally_counters[];
extern const size_t ph_tally_counters_count;

/* What ENTRY counts into COUNTS; returns how many, which are 0 for most kinds. */
size_t ph_tally_of(const struct ph_entry *entry,
		   struct ph_count counts[static PH_COUNTS_MAX]);
/* Whether ENTRY adds to any counter. */
bool ph_tally_counts(const struct ph_entry *entry);
/* Add what ENTRY counts, SIGN (1 or -1) times. */
void ph_tally_add(struct ph_tally *tally, const struct ph_entry *entry, int sign);
/* Append the canonical state; nothing if all counters are 0. 0 or -ENOMEM. */
int ph_tally_encode(const struct ph_tally *tally, struct ph_buf *state_out);
/* The counters of a state added to TALLY. 0, -EUCLEAN, -ENOMEM. */
int ph_tally_decode(struct ph_view state, struct ph_tally *tally);
/* The state of the tally that FACTS (effective, all of its site and day) give. */
int ph_tally_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out);

#endif
