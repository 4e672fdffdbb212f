/* common/ledger/event.h - an entry that stands for itself: an activity, a training, a note (docs/MERGE.md, "Event"). */
#ifndef PH_LEDGER_EVENT_H
#define PH_LEDGER_EVENT_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_event {
	const struct ph_kind *kind;
	uint64_t site;
	int64_t second;
	struct ph_value
		field[PH_FIELDS_MAX]; /* as in the entry; `sets` and `commit` unset */
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_event_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_event_decode(struct ph_view state, struct ph_event *event);
void ph_event_deinit(struct ph_event *event);

#endif
