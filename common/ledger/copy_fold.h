/* common/ledger/copy_fold.h - a copy while its facts go by: for the copy_*.c only. */
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

/* --- copy.c --- */
/* Custody is now that, since FACT and at its site. */
void ph_copy_move(struct ph_copy_fold *fold, enum ph_custody custody,
		  const struct ph_fact *fact);
/* 0 or -ENOMEM. */
int ph_copy_notice(struct ph_copy_fold *fold, enum ph_notice kind,
		   const struct ph_fact *fact, const struct ph_ref *of);
/* FACT had the copy in hand: what was declared is undone. 0 or -ENOMEM. */
int ph_copy_hold(struct ph_copy_fold *fold, const struct ph_fact *fact);

/* --- copy_loan.c --- */
/* The loan that is open, or NULL. */
struct ph_loan *ph_copy_open(struct ph_copy_fold *fold);
/* The copy was somewhere else while a loan was open: nobody saw it come back. */
void ph_copy_infer_return(struct ph_copy_fold *fold, const struct ph_fact *fact);
/* Whether REF names the loan OPEN: its entry, or a loan to the same card that prolonged it. */
int ph_copy_names_open(struct ph_copy_fold *fold, const struct ph_loan *open,
		       const struct ph_ref *ref, bool *out);
/* The facts of these kinds; FIELD: of the entry. 0 or -ENOMEM. */
int ph_copy_on_loan(struct ph_copy_fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field);
int ph_copy_on_renew(struct ph_copy_fold *fold, const struct ph_fact *fact,
		     const struct ph_value *field);
int ph_copy_on_return(struct ph_copy_fold *fold, const struct ph_fact *fact);

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
