/*
 * common/ledger/copy.c - the fold of a copy.
 *
 * The facts go by in their order. Custody, the loan that is open, the condition and
 * the claims are four things that each of them may change. Because a late fact is
 * folded at its own place, a late return closes the loan that was open then, and
 * nothing newer.
 *
 *                 loan                      return, or seen
 *   site or crate ------> with a reader ----------------------> site
 *                   |      |    ^ loan to another card: the earlier loan is
 *                   |      +----+ closed as inferred
 *        dispatch   v
 *   any ----------> crate: an open loan is closed as inferred
 *
 * A return with nothing open says only where the copy is. A renewal with nothing
 * open, or that names another card or loan, has no effect. Whoever has the copy in
 * hand (a loan, a return, whoever sees it) undoes what was declared: missing, lost.
 *
 * Where a copy begins: a site that puts it down as its own has it on its shelf, if
 * nothing has said before where it is.
 */
#include "common/ledger/copy.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/copy_fold.h"

static int compare_keys(const void *a, const void *b)
{
	return ph_key_compare(a, b);
}

/* --- custody, condition, claims --- */

void ph_copy_move(struct ph_copy_fold *fold, enum ph_custody custody,
		  const struct ph_fact *fact)
{
	struct ph_copy *copy = &fold->copy;

	copy->custody = custody;
	copy->since = fact->second;
	copy->at_site = fact->site;
	copy->custody_by = fact->ref;
}

int ph_copy_notice(struct ph_copy_fold *fold, enum ph_notice kind,
		   const struct ph_fact *fact, const struct ph_ref *of)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_copy_notice *item =
		ph_state_push((void **)&copy->notices, &copy->n_notices, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	*item = (struct ph_copy_notice){ .kind = kind, .by = fact->ref, .of = *of };
	return 0;
}

int ph_copy_hold(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	static const enum ph_condition undone[] = { PH_CONDITION_MISSING,
						    PH_CONDITION_LOST };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof undone / sizeof *undone; i++) {
		struct ph_copy_condition *condition = &fold->copy.condition[undone[i]];

		if (condition->set) {
			condition->set = false;
			rc = ph_copy_notice(fold, PH_NOTICE_HELD, fact, &condition->by);
		}
	}
	return rc;
}

static struct ph_copy_condition *declare(struct ph_copy_fold *fold, enum ph_condition key,
					 const struct ph_fact *fact)
{
	struct ph_copy_condition *condition = &fold->copy.condition[key];

	*condition = (struct ph_copy_condition){ .set = true, .by = fact->ref };
	return condition;
}

/* --- one fact after another --- */

/*
 * Whether nothing has said yet where the copy is. A copy that is missing has been
 * somewhere: only whoever has it in hand finds it again.
 */
static bool is_new(const struct ph_copy *copy)
{
	return copy->custody == PH_CUSTODY_UNKNOWN &&
	       !copy->condition[PH_CONDITION_MISSING].set;
}

/* Acquired: its owner put it down. What was known already, a record does not move. */
static int on_put(struct ph_copy_fold *fold, const struct ph_fact *fact,
		  const struct ph_entry *entry)
{
	const struct ph_value *owner = &entry->field[PH_COPY_OWNER];

	if (owner->set && owner->as.uint == fact->site && is_new(&fold->copy)) {
		ph_copy_move(fold, PH_CUSTODY_SITE, fact);
	}
	return ph_puts_add(&fold->puts, (size_t)(fact - fold->facts), entry);
}

/* Somebody at the entry's site had the copy in hand. */
static int on_seen(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	ph_copy_infer_return(fold, fact);
	fold->returned = NULL;
	ph_copy_move(fold, PH_CUSTODY_SITE, fact);
	return ph_copy_hold(fold, fact);
}

static int on_ready(struct ph_copy_fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_claim *claim =
		ph_state_push((void **)&copy->claims, &copy->n_claims, sizeof *claim);

	if (claim == NULL) {
		return -ENOMEM;
	}
	claim->hold = field[PH_HOLD_READY_HOLD].as.ref;
	claim->by = fact->ref;
	claim->site = fact->site;
	claim->second = fact->second;
	return on_seen(fold, fact);
}

static void on_dispatch(struct ph_copy_fold *fold, const struct ph_fact *fact,
			const struct ph_value *field)
{
	struct ph_copy *copy = &fold->copy;

	ph_copy_infer_return(fold, fact);
	fold->returned = NULL;
	ph_copy_move(fold, PH_CUSTODY_CRATE, fact);
	copy->at_site = field[PH_DISPATCH_FROM].as.uint;
	copy->to_site = field[PH_DISPATCH_TO].as.uint;
	copy->in_crate = field[PH_DISPATCH_CRATE].as.id;
}

/* Whether ID is this copy's, or one of its class. */
static bool is_own(const struct ph_copy_fold *fold, const struct ph_id *id)
{
	struct ph_entity_key key;

	return ph_key_id(PH_ENTITY_COPY, id, &key) &&
	       bsearch(&key, fold->keys, fold->n_keys, sizeof key, compare_keys) != NULL;
}

static bool is_listed(const struct ph_copy_fold *fold, const struct ph_value *copies)
{
	struct ph_list_iter iter;
	struct ph_id id;

	if (!copies->set) {
		return false;
	}
	iter = ph_list_begin(&copies->as.list);
	while (ph_list_next_id(&iter, &id)) {
		if (is_own(fold, &id)) {
			return true;
		}
	}
	return false;
}

static int on_receive(struct ph_copy_fold *fold, const struct ph_fact *fact,
		      const struct ph_value *field)
{
	const struct ph_value *by_list = &field[PH_RECEIVE_LISTED];
	struct ph_copy *copy = &fold->copy;

	if (is_listed(fold, &field[PH_RECEIVE_COPIES])) {
		return on_seen(fold, fact);
	}
	if (by_list->set && by_list->as.uint == 1 && copy->custody == PH_CUSTODY_CRATE &&
	    ph_id_equal(&copy->in_crate, &field[PH_RECEIVE_CRATE].as.id)) {
		fold->returned = NULL;
		ph_copy_move(fold, PH_CUSTODY_SITE, fact);
	}
	return 0;
}

static void on_missing(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	struct ph_copy *copy = &fold->copy;

	if (copy->custody == PH_CUSTODY_SITE && copy->at_site == fact->site) {
		declare(fold, PH_CONDITION_MISSING, fact)->site = fact->site;
		copy->custody = PH_CUSTODY_UNKNOWN;
	}
}

static int on_lost(struct ph_copy_fold *fold, const struct ph_fact *fact,
		   const struct ph_ref *loan)
{
	struct ph_loan *open = ph_copy_open(fold);
	bool fits = false;
	int rc = open == NULL ? 0 : ph_copy_names_open(fold, open, loan, &fits);

	if (rc == 0 && fits) {
		declare(fold, PH_CONDITION_LOST, fact)->loan = *loan;
	}
	return rc;
}

static int on_alias(struct ph_copy_fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	const struct ph_id *one = &field[PH_ALIAS_COPY].as.id;
	struct ph_copy *copy = &fold->copy;
	struct ph_alias *alias =
		ph_state_push((void **)&copy->aliases, &copy->n_aliases, sizeof *alias);

	if (alias == NULL) {
		return -ENOMEM;
	}
	alias->by = fact->ref;
	alias->other = is_own(fold, one) ? field[PH_ALIAS_OTHER].as.id : *one;
	return 0;
}

static int on_fact(void *data, const struct ph_fact *fact, const struct ph_entry *entry)
{
	struct ph_copy_fold *fold = data;
	struct ph_copy *copy = &fold->copy;
	const struct ph_value *field = entry->field;

	switch (entry->number) {
	case PH_KIND_COPY_PUT:
		return on_put(fold, fact, entry);
	case PH_KIND_COPY_ALIAS:
		return on_alias(fold, fact, field);
	case PH_KIND_LOAN:
		return ph_copy_on_loan(fold, fact, field);
	case PH_KIND_RENEW:
		return ph_copy_on_renew(fold, fact, field);
	case PH_KIND_RETURN:
		return ph_copy_on_return(fold, fact);
	case PH_KIND_SIGHTING:
		return on_seen(fold, fact);
	case PH_KIND_HOLD_READY:
		return on_ready(fold, fact, field);
	case PH_KIND_CRATE_DISPATCH:
		on_dispatch(fold, fact, field);
		return 0;
	case PH_KIND_CRATE_RECEIVE:
		return on_receive(fold, fact, field);
	case PH_KIND_IN_HOUSE_USE:
		copy->uses += field[PH_USE_COUNT].set ? field[PH_USE_COUNT].as.uint : 1;
		return 0;
	case PH_KIND_COPY_MISSING:
		on_missing(fold, fact);
		return 0;
	case PH_KIND_READER_LOST:
		return on_lost(fold, fact, &field[PH_READER_LOST_LOAN].as.ref);
	case PH_KIND_DAMAGED:
		declare(fold, PH_CONDITION_DAMAGED, fact)->degree =
			ph_opt_of(&field[PH_DAMAGED_DEGREE]);
		return 0;
	case PH_KIND_REPAIRED:
		copy->condition[PH_CONDITION_DAMAGED].set = false;
		return 0;
	case PH_KIND_WITHDRAWN:
		declare(fold, PH_CONDITION_WITHDRAWN, fact)->decision =
			field[PH_WITHDRAWN_DECISION].as.bytes;
		return 0;
	case PH_KIND_REINSTATED:
		copy->condition[PH_CONDITION_WITHDRAWN].set = false;
		return 0;
	default:
		return 0;
	}
}

/* The lists are whole: loans find their renewals. */
static void end_loans(struct ph_copy *copy)
{
	const struct ph_ref *refs = copy->refs;

	for (size_t i = 0; refs != NULL && i < copy->n_loans; i++) {
		copy->loans[i].renewals = refs;
		refs += copy->loans[i].n_renewals;
	}
}

int ph_copy_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out)
{
	return ph_copy_fold_class(key, 1, facts, n, state_out);
}

int ph_copy_fold_class(const struct ph_entity_key *keys, size_t n_keys,
		       const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct ph_copy_fold fold = {
		.keys = keys, .n_keys = n_keys, .facts = facts, .n = n
	};
	int rc = 0;

	fold.loan_of = calloc(n == 0 ? 1 : n, sizeof *fold.loan_of);
	if (fold.loan_of == NULL) {
		return -ENOMEM;
	}
	rc = ph_state_each(facts, n, on_fact, &fold);
	if (rc == 0) {
		end_loans(&fold.copy);
		rc = ph_copy_end_claims(&fold);
	}
	rc = rc != 0 ? rc : ph_copy_end_cases(&fold);
	rc = rc != 0 ? rc : ph_copy_write(&fold, state_out);
	ph_puts_deinit(&fold.puts);
	ph_copy_deinit(&fold.copy);
	free(fold.loan_of);
	free(fold.by_ref);
	return rc;
}
