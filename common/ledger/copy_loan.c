/*
 * common/ledger/copy_loan.c - loans, renewals and returns of a copy.
 *
 * Only the last loan can be open. Every fact costs constant time, but for a loan that
 * is looked up by the reference of another one that prolonged it: the facts are then
 * sorted by reference, once.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/ledger/copy_fold.h"

struct ph_loan *ph_copy_open(struct ph_copy_fold *fold)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_loan *last =
		copy->n_loans == 0 ? NULL : &copy->loans[copy->n_loans - 1];

	return last != NULL && last->closed == PH_CLOSED_OPEN ? last : NULL;
}

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

void ph_copy_infer_return(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	struct ph_loan *open = ph_copy_open(fold);

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

int ph_copy_names_open(struct ph_copy_fold *fold, const struct ph_loan *open,
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
	ph_copy_move(fold, PH_CUSTODY_READER, fact);
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
	struct ph_loan *open = ph_copy_open(fold);
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

int ph_copy_on_loan(struct ph_copy_fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	const struct ph_id *card = &field[PH_LOAN_CARD].as.id;
	const struct ph_copy_condition *withdrawn =
		&fold->copy.condition[PH_CONDITION_WITHDRAWN];
	struct ph_loan *open = ph_copy_open(fold);
	int rc;

	if (open != NULL && ph_id_equal(&open->card, card)) {
		rc = renew(fold, open, fact);
	} else {
		rc = displace(fold, fact);
		rc = rc != 0 ? rc : open_new(fold, fact, card);
		open = ph_copy_open(fold);
	}
	fold->returned = NULL;
	if (rc == 0) {
		promise(open, fact, &field[PH_LOAN_TERM], &field[PH_LOAN_DUE]);
		fold->loan_of[fact - fold->facts] = fold->copy.n_loans;
		rc = ph_copy_hold(fold, fact);
	}
	if (rc == 0 && withdrawn->set) {
		rc = ph_copy_notice(fold, PH_NOTICE_LENT_WITHDRAWN, fact, &withdrawn->by);
	}
	return rc;
}

int ph_copy_on_renew(struct ph_copy_fold *fold, const struct ph_fact *fact,
		     const struct ph_value *field)
{
	struct ph_loan *open = ph_copy_open(fold);
	bool fits =
		open != NULL && (!field[PH_RENEW_CARD].set ||
				 ph_id_equal(&open->card, &field[PH_RENEW_CARD].as.id));
	int rc = 0;

	if (fits && field[PH_RENEW_LOAN].set) {
		rc = ph_copy_names_open(fold, open, &field[PH_RENEW_LOAN].as.ref, &fits);
	}
	if (rc != 0 || !fits) {
		return rc;
	}
	promise(open, fact, &field[PH_RENEW_TERM], &field[PH_RENEW_DUE]);
	return renew(fold, open, fact);
}

int ph_copy_on_return(struct ph_copy_fold *fold, const struct ph_fact *fact)
{
	struct ph_loan *open = ph_copy_open(fold);

	fold->returned = open == NULL ? fact : NULL;
	if (open != NULL) {
		close_loan(open, PH_CLOSED_RETURN, fact);
	}
	ph_copy_move(fold, PH_CUSTODY_SITE, fact);
	return ph_copy_hold(fold, fact);
}
