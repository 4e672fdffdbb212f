/*
 * common/ledger/copy_cases.c - what people must see of a copy.
 *
 * Some contradictions show as the facts go by; two only at the end: a loan that is
 * still open though a return stands right before it, and a code on two titles.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/copy_fold.h"

int ph_copy_add_case(struct ph_copy_fold *fold, enum ph_case kind,
		     const struct ph_ref *const *facts, size_t n)
{
	struct ph_copy *copy = &fold->copy;
	struct ph_copy_case *item =
		ph_state_push((void **)&copy->cases, &copy->n_cases, sizeof *item);
	int rc = item == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_state_add_ref(&copy->case_refs, &fold->n_case_refs, facts[i]);
	}
	if (rc == 0) {
		item->kind = kind;
		item->n_facts = n;
	}
	return rc;
}

static bool in_one_log(const struct ph_fact *a, const struct ph_fact *b)
{
	return memcmp(a->ref.log_id, b->ref.log_id, sizeof a->ref.log_id) == 0;
}

/*
 * The loan that is open stands behind a return of nothing, by less than the two may
 * be off: perhaps it was before, and the book is back. Two entries of one log that
 * tell no time stand in the order in which they were written.
 */
static int maybe_returned(struct ph_copy_fold *fold)
{
	const struct ph_fact *loan = fold->opened, *back = fold->returned_before;

	if (ph_copy_open_loan(&fold->copy) == NULL || back == NULL ||
	    loan->second - back->second >= (int64_t)loan->unsure + back->unsure ||
	    (in_one_log(loan, back) && !loan->told && !back->told)) {
		return 0;
	}

	const struct ph_ref *const two[] = { &back->ref, &loan->ref };

	return ph_copy_add_case(fold, PH_CASE_MAYBE_RETURNED, two, 2);
}

static int title_of(const struct ph_copy_fold *fold, const struct ph_register_put *head,
		    struct ph_entry *scratch, struct ph_ref *title)
{
	int rc = ph_fact_entry(&fold->facts[head->fact], scratch);

	if (rc == 0) {
		*title = scratch->field[PH_COPY_TITLE].as.ref;
	}
	return rc;
}

static int two_titles(struct ph_copy_fold *fold)
{
	const struct ph_register_put *heads;
	const struct ph_ref **refs = NULL;
	struct ph_entry *scratch = NULL;
	struct ph_ref first, title;
	bool differ = false;
	int rc = 0;

	size_t n = ph_puts_heads(&fold->puts, fold->facts, PH_COPY_TITLE, &heads);

	if (n < 2) {
		return 0;
	}
	refs = calloc(n, sizeof(const struct ph_ref *));
	scratch = malloc(sizeof *scratch);
	if (refs == NULL || scratch == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		refs[i] = &fold->facts[heads[i].fact].ref;
		rc = title_of(fold, &heads[i], scratch, i == 0 ? &first : &title);
		differ = differ || (rc == 0 && i > 0 && !ph_ref_equal(&first, &title));
	}
	if (rc == 0 && differ) {
		rc = ph_copy_add_case(fold, PH_CASE_TWO_TITLES, refs, n);
	}
out:
	free(refs);
	free(scratch);
	return rc;
}

static int compare_cases(const void *a, const void *b)
{
	const struct ph_copy_case *x = a, *y = b;

	if (x->kind != y->kind) {
		return x->kind < y->kind ? -1 : 1;
	}
	for (size_t i = 0; i < x->n_facts && i < y->n_facts; i++) {
		int order = ph_ref_compare(&x->facts[i], &y->facts[i]);

		if (order != 0) {
			return order;
		}
	}
	return x->n_facts < y->n_facts ? -1 : x->n_facts > y->n_facts;
}

int ph_copy_end_cases(struct ph_copy_fold *fold)
{
	struct ph_copy *copy = &fold->copy;
	int rc = maybe_returned(fold);

	rc = rc != 0 ? rc : two_titles(fold);
	if (rc != 0 || copy->n_cases == 0) {
		return rc;
	}

	const struct ph_ref *refs = copy->case_refs;

	for (size_t i = 0; i < copy->n_cases; i++) {
		copy->cases[i].facts = refs;
		refs += copy->cases[i].n_facts;
	}
	qsort(copy->cases, copy->n_cases, sizeof *copy->cases, compare_cases);
	return 0;
}

/* --- claims --- */

/* By hold; those of one hold as they stand in the list. */
static int compare_claims(const void *a, const void *b)
{
	const struct ph_claim *const *x = a, *const *y = b;
	int by_hold = ph_ref_compare(&(*x)->hold, &(*y)->hold);

	if (by_hold != 0) {
		return by_hold;
	}
	return *x < *y ? -1 : *x > *y;
}

static int compare_places(const void *a, const void *b)
{
	const struct ph_claim *const *x = a, *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

int ph_copy_end_claims(struct ph_copy_fold *fold)
{
	struct ph_copy *copy = &fold->copy;
	const struct ph_claim **sorted;
	size_t kept = 0;

	if (copy->n_claims < 2) {
		return 0;
	}
	sorted = calloc(copy->n_claims, sizeof(const struct ph_claim *));
	if (sorted == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < copy->n_claims; i++) {
		sorted[i] = &copy->claims[i];
	}
	qsort(sorted, copy->n_claims, sizeof(const struct ph_claim *), compare_claims);
	for (size_t i = 0; i < copy->n_claims; i++) {
		if (i == 0 || !ph_ref_equal(&sorted[i]->hold, &sorted[kept - 1]->hold)) {
			sorted[kept++] = sorted[i];
		}
	}
	qsort(sorted, kept, sizeof(const struct ph_claim *), compare_places);
	for (size_t i = 0; i < kept; i++) {
		copy->claims[i] = *sorted[i];
	}
	copy->n_claims = kept;
	free(sorted);
	return 0;
}
