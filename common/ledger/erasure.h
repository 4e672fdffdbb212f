/* common/ledger/erasure.h - an erasure of readers, and which devices have done it (docs/MERGE.md, "Erasure"). */
#ifndef PH_LEDGER_ERASURE_H
#define PH_LEDGER_ERASURE_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_erase_done {
	uint8_t log_id[PH_LOG_ID_SIZE]; /* of the device that says so */
	uint64_t site;
	int64_t second;
};

struct ph_erasure {
	bool is_ordered; /* the reader-erase is here */
	int64_t second;
	struct ph_erase_done *dones; /* in order */
	size_t n_dones;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_erasure_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		    size_t n, struct ph_buf *state_out);
/* 0, -EUCLEAN, -ENOMEM. */
int ph_erasure_decode(struct ph_view state, struct ph_erasure *erasure);
void ph_erasure_deinit(struct ph_erasure *erasure);

#endif
