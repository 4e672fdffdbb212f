/*
 * common/ledger/memo.h - states that one transaction has written or read.
 *
 * What is derived from states reads those of a batch again and again; here they are at
 * hand. It is filled only inside a transaction of the ledger, and empty outside.
 */
#ifndef PH_LEDGER_MEMO_H
#define PH_LEDGER_MEMO_H

#include "common/ledger/keyset.h"

struct ph_memo_span {
	size_t at, len; /* in the arena; len 0: there is no such entity */
};

/* All zero is a valid empty one, which takes nothing until it is begun. */
struct ph_memo {
	bool begun;
	struct ph_keyset keys;
	struct ph_memo_span *spans; /* by index of the key */
	size_t cap_spans;
	struct ph_buf arena;
};

void ph_memo_begin(struct ph_memo *memo);
/* Empty it, and give back what is large. */
void ph_memo_end(struct ph_memo *memo);
void ph_memo_deinit(struct ph_memo *memo);
/* The state of KEY is STATE, empty if there is none. 0 or -ENOMEM. */
int ph_memo_put(struct ph_memo *memo, const struct ph_entity_key *key,
		struct ph_view state);
/* False: not known here. STATE_OUT borrows until the next put. */
bool ph_memo_get(const struct ph_memo *memo, const struct ph_entity_key *key,
		 struct ph_view *state_out);

#endif
