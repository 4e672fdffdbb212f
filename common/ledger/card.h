/* common/ledger/card.h - a card: to whom it was issued, and what stopped it (docs/MERGE.md, "Card"). */
#ifndef PH_LEDGER_CARD_H
#define PH_LEDGER_CARD_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_issue {
	struct ph_ref reader;
	struct ph_ref entry; /* the card-issue */
	uint64_t site;
	int64_t second;
};

struct ph_card_stop {
	struct ph_ref entry;
	struct ph_opt reason;
	uint64_t site;
	int64_t second;
};

struct ph_card {
	struct ph_issue *issues; /* in order; the last one holds */
	size_t n_issues;
	struct ph_card_stop *stops; /* in order */
	size_t n_stops;
	bool erased;
	struct ph_ref erased_by; /* the first reader-erase that names it */
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_card_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out);
/* 0, -EUCLEAN, -ENOMEM. */
int ph_card_decode(struct ph_view state, struct ph_card *card);
void ph_card_deinit(struct ph_card *card);

#endif
