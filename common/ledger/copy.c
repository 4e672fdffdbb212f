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
 * Every fact costs constant time, but for a loan that is looked up by the reference
 * of another one that prolonged it: the facts are then sorted by reference, once.
 */
#include "common/ledger/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/copy_fold.h"

static bool id_equal(const struct ph_id *a, const struct ph_id *b)
{
	return a->ns == b->ns && ph_view_equal(a->code, b->code);
}

static struct ph_loan *open_loan(struct ph_copy_fold *fold)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_loan *last =
		copy->n_loans == 0 ? NULL : &copy->loans[copy->n_loans - 1];

	return last != NULL && last->closed == PH_CLOSED_OPEN ? last : NULL;
}

static int compare_keys(const void *a, const void *b)
{
	return ph_key_compare(a, b);
}

/* --- custody, condition, claims --- */

static void move(struct ph_copy_fold *fold, enum ph_custody custody,
		 const struct ph_fact *fact)
{
	struct ph_copy *copy = &fold->copy;

	copy->custody = custody;
	copy->since = fact->second;
	copy->at_site = fact->site;
	copy->custody_by = fact->ref;
}

static int notice(struct ph_copy_fold *fold, enum ph_notice kind,
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

/* FACT had the copy in hand. */
static int hold(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	static const enum ph_condition undone[] = { PH_CONDITION_MISSING,
						    PH_CONDITION_LOST };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof undone / sizeof *undone; i++) {
		struct ph_copy_condition *condition = &fold->copy.condition[undone[i]];

		if (condition->set) {
			condition->set = false;
			rc = notice(fold, PH_NOTICE_HELD, fact, &condition->by);
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

/* --- loans --- */

/* The day promised by TERM or DUE, if any; a chosen day stands above a term. */
static void promise(struct ph_loan *loan, const struct ph_fact *fact,
		    const struct ph_value *term, const struct ph_value *due)
{
	int64_t day;

	if (due->set) {
		day = due->as.day;
	} else if (term->set) {
		day = ph_day_of(fact->second) + (int64_t)term->as.uint;
	} else {
		return;
	}
	if (!loan->has_due || day > loan->due) {
		loan->due = day;
	}
	loan->has_due = true;
}

static int renew(struct ph_copy_fold *fold, struct ph_loan *loan,
		 const struct ph_fact *fact)
{
	loan->n_renewals++;
	return ph_state_add_ref(&fold->copy.refs, &fold->n_refs, &fact->ref);
}

static void close_loan(struct ph_loan *loan, enum ph_closed how,
		       const struct ph_fact *fact)
{
	loan->closed = how;
	loan->closed_by = fact->ref;
	loan->closed_site = fact->site;
	loan->closed_second = fact->second;
}

/* The copy was somewhere else while a loan was open: nobody saw it come back. */
static void infer_return(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	struct ph_loan *open = open_loan(fold);

	if (open != NULL) {
		close_loan(open, PH_CLOSED_INFERRED, fact);
	}
}

static int compare_facts(const void *a, const void *b)
{
	const struct ph_fact *const *x = a, *const *y = b;

	return ph_ref_compare(&(*x)->ref, &(*y)->ref);
}

/* The fact of that reference, or NULL. 0 or -ENOMEM. */
static int find_fact(struct ph_copy_fold *fold, const struct ph_ref *ref,
		     const struct ph_fact **fact_out)
{
	const struct ph_fact key = { .ref = *ref }, *wanted = &key;

	if (fold->by_ref == NULL) {
		fold->by_ref = calloc(fold->n, sizeof(const struct ph_fact *));
		if (fold->by_ref == NULL) {
			return -ENOMEM;
		}
		for (size_t i = 0; i < fold->n; i++) {
			fold->by_ref[i] = &fold->facts[i];
		}
		qsort(fold->by_ref, fold->n, sizeof(const struct ph_fact *),
		      compare_facts);
	}

	const struct ph_fact **found =
		bsearch(&wanted, fold->by_ref, fold->n, sizeof(const struct ph_fact *),
			compare_facts);

	*fact_out = found == NULL ? NULL : *found;
	return 0;
}

/* Whether REF names the loan OPEN: its entry, or a loan to the same card that prolonged it. */
static int names_open(struct ph_copy_fold *fold, const struct ph_loan *open,
		      const struct ph_ref *ref, bool *out)
{
	const struct ph_fact *fact;

	*out = ph_ref_equal(&open->ref, ref);
	if (*out || open->n_renewals == 0) {
		return 0;
	}

	int rc = find_fact(fold, ref, &fact);

	if (rc == 0 && fact != NULL) {
		*out = fold->loan_of[fact - fold->facts] == fold->copy.n_loans;
	}
	return rc;
}

/* --- one fact after another --- */

static int open_new(struct ph_copy_fold *fold, const struct ph_fact *fact,
		    const struct ph_id *card)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_loan *loan =
		ph_state_push((void **)&copy->loans, &copy->n_loans, sizeof *loan);

	if (loan == NULL) {
		return -ENOMEM;
	}
	loan->ref = fact->ref;
	loan->site = fact->site;
	loan->card = *card;
	loan->second = fact->second;
	move(fold, PH_CUSTODY_READER, fact);
	copy->at_card = *card;
	copy->n_claims = 0;
	fold->opened = fact;
	fold->returned_before = fold->returned;
	return 0;
}

/* What stood in the way of a loan to somebody else. */
static int displace(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_loan *open = open_loan(fold);
	int rc = 0;

	if (open != NULL) {
		const struct ph_ref *const two[] = { &open->ref, &fact->ref };

		close_loan(open, PH_CLOSED_INFERRED, fact);
		if (open->site != fact->site) {
			rc = ph_copy_add_case(fold, PH_CASE_TWO_PLACES, two, 2);
		}
	}
	if (rc == 0 && copy->custody == PH_CUSTODY_CRATE && copy->to_site != fact->site) {
		const struct ph_ref *const two[] = { &copy->custody_by, &fact->ref };

		rc = ph_copy_add_case(fold, PH_CASE_LENT_IN_CRATE, two, 2);
	}
	return rc;
}

static int on_loan(struct ph_copy_fold *fold, const struct ph_fact *fact,
		   const struct ph_value *field)
{
	const struct ph_id *card = &field[PH_LOAN_CARD].as.id;
	const struct ph_copy_condition *withdrawn =
		&fold->copy.condition[PH_CONDITION_WITHDRAWN];
	struct ph_loan *open = open_loan(fold);
	int rc;

	if (open != NULL && id_equal(&open->card, card)) {
		rc = renew(fold, open, fact);
	} else {
		rc = displace(fold, fact);
		rc = rc != 0 ? rc : open_new(fold, fact, card);
		open = open_loan(fold);
	}
	fold->returned = NULL;
	if (rc == 0) {
		promise(open, fact, &field[PH_LOAN_TERM], &field[PH_LOAN_DUE]);
		fold->loan_of[fact - fold->facts] = fold->copy.n_loans;
		rc = hold(fold, fact);
	}
	if (rc == 0 && withdrawn->set) {
		rc = notice(fold, PH_NOTICE_LENT_WITHDRAWN, fact, &withdrawn->by);
	}
	return rc;
}

static int on_renew(struct ph_copy_fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	struct ph_loan *open = open_loan(fold);
	bool fits = open != NULL && (!field[PH_RENEW_CARD].set ||
				     id_equal(&open->card, &field[PH_RENEW_CARD].as.id));
	int rc = 0;

	if (fits && field[PH_RENEW_LOAN].set) {
		rc = names_open(fold, open, &field[PH_RENEW_LOAN].as.ref, &fits);
	}
	if (rc != 0 || !fits) {
		return rc;
	}
	promise(open, fact, &field[PH_RENEW_TERM], &field[PH_RENEW_DUE]);
	return renew(fold, open, fact);
}

static int on_return(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	struct ph_loan *open = open_loan(fold);

	fold->returned = open == NULL ? fact : NULL;
	if (open != NULL) {
		close_loan(open, PH_CLOSED_RETURN, fact);
	}
	move(fold, PH_CUSTODY_SITE, fact);
	return hold(fold, fact);
}

/* Somebody at the entry's site had the copy in hand. */
static int on_seen(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	infer_return(fold, fact);
	fold->returned = NULL;
	move(fold, PH_CUSTODY_SITE, fact);
	return hold(fold, fact);
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

	infer_return(fold, fact);
	fold->returned = NULL;
	move(fold, PH_CUSTODY_CRATE, fact);
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
	    id_equal(&copy->in_crate, &field[PH_RECEIVE_CRATE].as.id)) {
		fold->returned = NULL;
		move(fold, PH_CUSTODY_SITE, fact);
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
	struct ph_loan *open = open_loan(fold);
	bool fits = false;
	int rc = open == NULL ? 0 : names_open(fold, open, loan, &fits);

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
		return ph_puts_add(&fold->puts, (size_t)(fact - fold->facts), entry);
	case PH_KIND_COPY_ALIAS:
		return on_alias(fold, fact, field);
	case PH_KIND_LOAN:
		return on_loan(fold, fact, field);
	case PH_KIND_RENEW:
		return on_renew(fold, fact, field);
	case PH_KIND_RETURN:
		return on_return(fold, fact);
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
