/*
 * common/ledger/copy_class.c - a class of copies as one copy.
 *
 * A book that was relabelled has facts under two codes. Folded together they tell its
 * life: the return under the new label closes the loan under the old one.
 */
#include "common/ledger/copy_class.h"

#include <errno.h>

#include "common/ledger/class.h"

int ph_copy_class_facts(struct ph_ledger *ledger, struct ph_copy_class *shown)
{
	return shown->facts.n > 0 ? 0
				  : ph_facts_load(ledger, shown->members.keys,
						  shown->members.n, &shown->facts);
}

static int load_state(struct ph_ledger *ledger, struct ph_copy_class *shown,
		      const struct ph_entity_key *root)
{
	int rc;

	/*
	 * While news is half taken in, a state may still tell of facts that are gone: what
	 * is at hand is folded then, so that state and facts fit.
	 */
	shown->is_own = shown->members.n == 1 && !ledger->is_fed_behind;
	if (shown->is_own) {
		return ph_ledger_get(ledger, PH_ENTITY_COPY, ph_key_view(root),
				     &shown->state);
	}
	rc = ph_copy_class_facts(ledger, shown);
	if (rc == 0 && shown->facts.n == 0) {
		return PH_LEDGER_E_NONE;
	}
	return rc != 0 ? rc
		       : ph_copy_fold_class(shown->members.keys, shown->members.n,
					    shown->facts.items, shown->facts.n,
					    &shown->state);
}

int ph_copy_class_load(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_copy_class *shown)
{
	struct ph_entity_key root;
	int rc;

	*shown = (struct ph_copy_class){ 0 };
	rc = ph_class_members(ledger, key, &shown->members);
	rc = rc != 0 ? rc : ph_class_root(ledger, key, &root);
	rc = rc != 0 ? rc : load_state(ledger, shown, &root);
	rc = rc != 0 ? rc : ph_copy_decode(ph_buf_view(&shown->state), &shown->copy);
	if (rc != 0) {
		ph_copy_class_deinit(shown);
	}
	return rc;
}

const struct ph_fact *ph_facts_find(const struct ph_facts *facts,
				    const struct ph_ref *ref)
{
	for (size_t i = 0; i < facts->n; i++) {
		if (ph_ref_equal(&facts->items[i].ref, ref)) {
			return &facts->items[i];
		}
	}
	return NULL;
}

void ph_copy_class_deinit(struct ph_copy_class *shown)
{
	ph_copy_deinit(&shown->copy);
	ph_keyset_deinit(&shown->members);
	ph_facts_deinit(&shown->facts);
	ph_buf_deinit(&shown->state);
}
