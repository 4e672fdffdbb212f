/* common/ledger/stop.h - a stop of a van: opened, and closed (docs/MERGE.md, "Stop"). */
#ifndef PH_LEDGER_STOP_H
#define PH_LEDGER_STOP_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_stop {
	bool is_opened; /* the opening entry is here; the next four are its own */
	uint64_t site;
	int64_t second;
	struct ph_view commune; /* 5 digits; empty: not said */
	struct ph_view place;   /* empty: not said */
	bool is_closed;
	struct ph_act closed; /* the first one */
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_stop_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_stop_decode(struct ph_view state, struct ph_stop *stop);
void ph_stop_deinit(struct ph_stop *stop);

#endif
