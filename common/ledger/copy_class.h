/* common/ledger/copy_class.h - a class of copies as one copy; for the files of this folder. */
#ifndef PH_LEDGER_COPY_CLASS_H
#define PH_LEDGER_COPY_CLASS_H

#include "common/ledger/copy.h"
#include "common/ledger/keyset.h"
#include "common/ledger/store.h"

struct ph_copy_class {
	struct ph_keyset members; /* in order of id */
	struct ph_buf state;      /* what all facts of all members say together */
	struct ph_copy copy;      /* the same, decoded; borrows it */
	bool is_own;              /* the state is that of its only member */
	struct ph_facts facts;    /* of all members, if asked for */
};
/*
 * The class of KEY, whichever member that is. A copy that stands alone shows its own
 * state. 0, PH_LEDGER_E_NONE, or a negative errno; then there is nothing to deinit.
 */
int ph_copy_class_load(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_copy_class *shown);
/* Fill shown->facts, if they are not there yet. 0 or negative errno. */
int ph_copy_class_facts(struct ph_ledger *ledger, struct ph_copy_class *shown);
/* A fact by its reference, of those filled in; NULL: not among them. */
const struct ph_fact *ph_facts_find(const struct ph_facts *facts,
				    const struct ph_ref *ref);
void ph_copy_class_deinit(struct ph_copy_class *shown);

#endif
