/* common/ledger/hold.h - a hold: for whom something is kept (docs/MERGE.md, "Hold"). */
#ifndef PH_LEDGER_HOLD_H
#define PH_LEDGER_HOLD_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_hold_copy { /* [ref, copy, site, second] */
	struct ph_ref entry;
	struct ph_id copy;
	uint64_t site;
	int64_t second;
};

struct ph_hold {
	bool placed; /* the hold-place is here; what follows up to `second` is its own */
	struct ph_id card;
	int64_t expires; /* last day in UTC+7 */
	uint64_t pickup; /* site */
	bool has_title;
	struct ph_ref title;
	bool has_copy;
	struct ph_id copy;
	uint64_t site;
	int64_t second;
	bool is_cancelled;
	struct ph_act cancelled; /* the first one */
	bool is_ready;
	struct ph_hold_copy ready; /* the first one in time */
	bool is_filled;
	struct ph_hold_copy filled; /* the first loan that names it */
	struct ph_ref *others;      /* hold-readies that did not win, in order */
	size_t n_others;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_hold_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_hold_decode(struct ph_view state, struct ph_hold *hold);
void ph_hold_deinit(struct ph_hold *hold);

#endif
