/* common/ledger/fold.h - the pure fold of an entity of any type. */
#ifndef PH_LEDGER_FOLD_H
#define PH_LEDGER_FOLD_H

#include "common/ledger/fact.h"
#include "common/ledger/key.h"

/* Raise when the same entries give other bytes than before: projections are then made anew. */
#define PH_FOLD_VERSION 3

/*
 * The canonical state of KEY that FACTS (the effective entries that name it, in
 * order) give, appended to STATE_OUT; nothing if there is no such entity. 0 or
 * negative errno.
 */
int ph_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
	    struct ph_buf *state_out);

#endif
