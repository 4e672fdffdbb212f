/* common/ledger/title.h - a title: registers and merges (docs/MERGE.md, "Title"). */
#ifndef PH_LEDGER_TITLE_H
#define PH_LEDGER_TITLE_H

#include "common/ledger/record.h"

struct ph_title {
	struct ph_record record;
	struct ph_edge *merges; /* in order */
	size_t n_merges;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_title_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		  struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_title_decode(struct ph_view state, struct ph_title *title);
void ph_title_deinit(struct ph_title *title);

#endif
