/*
 * common/ledger/copy_gist.c - what scope asks of a copy.
 *
 * Most copies that scope looks at were folded in the same batch, and were decoded when
 * they were shown; so their gists are kept until its end.
 */
#include "common/ledger/copy_gist.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/store.h"

void ph_gists_clear(struct ph_gists *gists)
{
	ph_keyset_clear(&gists->keys);
}

void ph_gists_deinit(struct ph_gists *gists)
{
	ph_keyset_deinit(&gists->keys);
	free(gists->items);
	*gists = (struct ph_gists){ 0 };
}

int ph_copy_gist_of(const struct ph_copy *copy, struct ph_copy_gist *out)
{
	const struct ph_register *owner =
		ph_registers_get(&copy->registers, PH_COPY_OWNER);
	const struct ph_register *title =
		ph_registers_get(&copy->registers, PH_COPY_TITLE);
	const struct ph_loan *loan = ph_copy_open_loan(copy);
	const struct ph_copy_condition *missing = &copy->condition[PH_CONDITION_MISSING];

	*out = (struct ph_copy_gist){ .known = true };
	if (title != NULL) {
		out->title = ph_key_ref(PH_ENTITY_TITLE, &title->value.as.ref);
	}
	if (loan != NULL && !ph_key_id(PH_ENTITY_CARD, &loan->card, &out->card)) {
		return -EUCLEAN;
	}
	if (owner != NULL) {
		out->sites[out->n_sites++] = owner->value.as.uint;
	}
	if (copy->custody == PH_CUSTODY_SITE || copy->custody == PH_CUSTODY_READER) {
		out->sites[out->n_sites++] = copy->at_site;
	} else if (copy->custody == PH_CUSTODY_CRATE) {
		out->sites[out->n_sites++] = copy->to_site;
	}
	if (loan != NULL) {
		out->sites[out->n_sites++] = loan->site;
	}
	if (missing->set) {
		out->sites[out->n_sites++] = missing->site;
	}
	return 0;
}

int ph_gists_put(struct ph_gists *gists, const struct ph_entity_key *key,
		 const struct ph_copy *copy)
{
	size_t at = 0;
	int rc = ph_keyset_add(&gists->keys, key);

	rc = rc != 0 ? rc
		     : ph_state_grow((void **)&gists->items, gists->keys.n - 1,
				     &gists->cap, sizeof *gists->items);
	if (rc != 0) {
		return rc;
	}
	(void)ph_keyset_find(&gists->keys, key, &at);
	return ph_copy_gist_of(copy, &gists->items[at]);
}

int ph_copy_gist(struct ph_ledger *ledger, const struct ph_entity_key *key,
		 struct ph_copy_gist *out)
{
	const struct ph_gists *gists = &ledger->batch.gists;
	struct ph_buf state = { 0 };
	struct ph_copy copy;
	size_t at;
	int rc;

	*out = (struct ph_copy_gist){ 0 };
	if (ph_keyset_find(&gists->keys, key, &at)) {
		*out = gists->items[at];
		return 0;
	}
	rc = ph_ledger_get(ledger, PH_ENTITY_COPY, ph_key_view(key), &state);
	rc = rc != 0 ? rc : ph_copy_decode(ph_buf_view(&state), &copy);
	if (rc == 0) {
		rc = ph_copy_gist_of(&copy, out);
		ph_copy_deinit(&copy);
	}
	ph_buf_deinit(&state);
	return rc == PH_LEDGER_E_NONE ? 0 : rc;
}
