/* common/ledger/crate.h - a journey of a crate: what was sent and what came (docs/MERGE.md, "Crate"). */
#ifndef PH_LEDGER_CRATE_H
#define PH_LEDGER_CRATE_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_dispatch {
	struct ph_ref entry;
	uint64_t from;
	uint64_t to;
	int64_t second;
	bool has_due;
	int64_t due_back; /* day in UTC+7 */
};

struct ph_receive {
	struct ph_ref entry;
	uint64_t site;
	int64_t second;
	bool listed; /* taken in by its list, not scanned one by one */
	bool final;  /* nothing more comes */
};

struct ph_crate {
	struct ph_dispatch *dispatches; /* in order */
	size_t n_dispatches;
	struct ph_receive *receives;
	size_t n_receives;
	/* Only once a receive is final. Ascending. */
	struct ph_id *lacking; /* sent and never scanned: it is short of these */
	size_t n_lacking;
	struct ph_id *surplus; /* scanned and never sent: it is over by these */
	size_t n_surplus;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_crate_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_crate_decode(struct ph_view state, struct ph_crate *crate);
void ph_crate_deinit(struct ph_crate *crate);

#endif
