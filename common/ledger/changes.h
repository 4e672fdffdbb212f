/*
 * common/ledger/changes.h - what a batch changed, for those who tell others of it.
 *
 * A ledger that keeps changes (ph_ledger_config) lists each entity whose state, facts or
 * sites a batch changed in ledger_changed(type, id), in the batch's transaction; who
 * reads the list takes off what it has dealt with. A rebuild lists everything.
 */
#ifndef PH_LEDGER_CHANGES_H
#define PH_LEDGER_CHANGES_H

#include "common/ledger/fact.h"
#include "common/ledger/key.h"

/* Beside entities: what is acted on (a reference, or a log id) by acts that came or went. */
#define PH_CHANGED_ACTS 254

extern const char ph_changes_make_sql[];
extern const char ph_changes_drop_sql[];

/* At the end of a batch: settle the sites of what it changed, and list it. 0 or negative errno. */
int ph_changes_settle(struct ph_ledger *ledger);

/*
 * Each fact that counts under KEY, at its own time (no receive is moved behind its
 * dispatch) and in their order; it and its bytes are borrowed for the call.
 * CB returning non-zero ends the walk with that value. CB may read the ledger.
 */
int ph_ledger_facts(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    int (*cb)(void *data, const struct ph_fact *fact), void *data);

#endif
