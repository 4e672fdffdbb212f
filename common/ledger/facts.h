/* common/ledger/facts.h - the facts of entities, as they are on record; for this folder. */
#ifndef PH_LEDGER_FACTS_H
#define PH_LEDGER_FACTS_H

#include "common/ledger/fact.h"
#include "common/ledger/key.h"

/* Where a fact stands on record. */
struct ph_facts_row {
	int64_t log; /* row of its log */
	uint64_t n;
	bool off; /* does not fold: cut, voided, unmerged, or another one's twin */
};

/* Facts with their entries. All zero is a valid empty list. */
struct ph_facts {
	struct ph_fact *items; /* their bytes borrow from the arena */
	size_t n, cap;
	struct ph_buf arena; /* the entries, one after another */
	struct ph_facts_row *rows;
	size_t cap_rows;
};
void ph_facts_deinit(struct ph_facts *facts);
/*
 * The effective facts of the N entities KEYS together, in order, in place of what FACTS
 * held; one that names several of them stands once. There are no rows. 0 or negative errno.
 */
int ph_facts_load(struct ph_ledger *ledger, const struct ph_entity_key *keys, size_t n,
		  struct ph_facts *facts);
/* The same with what a policy has cut (copy_cut.h). */
int ph_facts_load_whole(struct ph_ledger *ledger, const struct ph_entity_key *keys,
			size_t n, struct ph_facts *facts);
/* The effective facts of KEY, each at its own time, in the order of these; likewise. */
int ph_facts_load_filed(struct ph_ledger *ledger, const struct ph_entity_key *key,
			struct ph_facts *facts);
/* All facts of KEY, with their rows, in no order; also those that are off. 0 or negative errno. */
int ph_facts_load_rows(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_facts *facts);

#endif
