/* common/ledger/case_state.h - what was decided about a case (docs/MERGE.md, "Case"). */
#ifndef PH_LEDGER_CASE_STATE_H
#define PH_LEDGER_CASE_STATE_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

/* Kinds of cases; the numbers stay. What each is: docs/MERGE.md, "Cases". */
enum ph_case {
	PH_CASE_TWO_PLACES = 1,
	PH_CASE_MAYBE_RETURNED = 2,
	PH_CASE_LENT_IN_CRATE = 3,
	PH_CASE_TWO_TITLES = 4,
	PH_CASE_CRATE_COUNT = 5,
	PH_CASE_SAME_READER = 6,
	PH_CASE_SAME_TITLE = 7,
	PH_CASE_BLOCKED_CARD = 8,
	PH_CASE_STAMP = 9,
	PH_CASE_RESTORED = 10,
	PH_CASE_CLONED = 11,
	PH_CASE_FORKED = 12,
	PH_CASE_INVITE_USED_TWICE = 13,
	PH_CASE_AFTER_CUT = 14,
	PH_CASE_OPAQUE = 15,
	PH_CASE_FOREIGN_LOG = 16,
	PH_CASE_LATE_INVITE = 17,
	PH_CASE_ERASED_MERGED = 18,
};

struct ph_decision {
	struct ph_ref entry; /* the case-decide */
	uint64_t choice;
	uint8_t facts[16]; /* digest of the facts it was made on */
	int64_t second;
};

struct ph_case_state {
	struct ph_decision *decisions; /* in order; the last one holds */
	size_t n_decisions;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_case_state_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		       size_t n, struct ph_buf *state_out);
/* 0, -EUCLEAN, -ENOMEM. */
int ph_case_state_decode(struct ph_view state, struct ph_case_state *cases);
void ph_case_state_deinit(struct ph_case_state *cases);

#endif
