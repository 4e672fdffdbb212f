/* common/ledger/reader.h - a reader: registers, blocks, consents, merges (docs/MERGE.md, "Reader"). */
#ifndef PH_LEDGER_READER_H
#define PH_LEDGER_READER_H

#include "common/ledger/record.h"

struct ph_block {
	struct ph_ref entry; /* the reader-block */
	struct ph_opt reason;
	bool has_until;
	int64_t until; /* last day in UTC+7 */
	bool lifted;
	struct ph_ref lifted_by; /* the first reader-unblock that names it */
};

struct ph_consent {
	struct ph_ref entry;
	uint64_t given; /* PH_GIVEN_* */
};

struct ph_reader {
	struct ph_record record;
	struct ph_block *blocks; /* in order, like the lists below */
	size_t n_blocks;
	struct ph_edge *merges;
	size_t n_merges;
	struct ph_consent *consents;
	size_t n_consents;
	bool erased;
	struct ph_ref erased_by; /* the first reader-erase that names it */
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_reader_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		   struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_reader_decode(struct ph_view state, struct ph_reader *reader);
void ph_reader_deinit(struct ph_reader *reader);

#endif
