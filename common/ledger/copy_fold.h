/* common/ledger/copy_fold.h - a copy while its facts go by: for copy.c, copy_cases.c and copy_write.c only. */
#ifndef PH_LEDGER_COPY_FOLD_H
#define PH_LEDGER_COPY_FOLD_H

#include "common/ledger/copy.h"

struct ph_copy_fold {
	const struct ph_entity_key *keys; /* of the copy, or of a class */
	size_t n_keys;
	const struct ph_fact *facts;
	size_t n;
	struct ph_puts puts;
	/*
	 * What comes of them. References of renewals and cases gather in copy.refs and
	 * copy.case_refs, those of one loan or case together; loans and cases point to
	 * theirs at the end only, when the lists stay where they are.
	 */
	struct ph_copy copy;
	size_t n_refs, n_case_refs;
	/* Of each fact: the number of the loan that it opened or, as a loan, renewed; or 0. */
	size_t *loan_of;
	const struct ph_fact *
		*by_ref; /* the facts by reference, when one was looked for */
	/* The last fact that can move custody or loans, if it is a return of nothing. */
	const struct ph_fact *returned;
	/* The last loan that opened, and what was `returned` then. */
	const struct ph_fact *opened;
	const struct ph_fact *returned_before;
};

/* --- copy_cases.c --- */
/* A case of KIND about the N FACTS. 0 or -ENOMEM. */
int ph_copy_add_case(struct ph_copy_fold *fold, enum ph_case kind,
		     const struct ph_ref *const *facts, size_t n);
/* The cases that only show when all facts went by, and all of them in order. 0 or negative errno. */
int ph_copy_end_cases(struct ph_copy_fold *fold);
/* Of the claims of one hold the first counts. 0 or -ENOMEM. */
int ph_copy_end_claims(struct ph_copy_fold *fold);

/* --- copy_write.c --- */
int ph_copy_write(struct ph_copy_fold *fold, struct ph_buf *state_out);

#endif
