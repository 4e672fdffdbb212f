/*
 * common/ledger/copy.c - the fold of a copy.
 *
 * The facts go by in their order: a loan opens, a renewal prolongs what is open, a
 * return closes it. Because a late fact is folded at its own place, a late return
 * closes the loan that was open then, and nothing newer.
 *
 *          loan                     return
 *   shelf ------> on loan to a card -------> shelf
 *                   |  ^ loan to another card: the earlier loan is closed as
 *                   +--+ inferred; if the sites differ that is a case
 *
 * A return with nothing open says only where the copy is. A renewal with nothing
 * open, or that names another card or loan, has no effect.
 */
#include "common/ledger/copy.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/clock.h"

/* Refers to facts, whose bytes outlive the fold. */
struct fold_loan {
	const struct ph_fact *fact;
	struct ph_id card;
	bool has_due;
	int64_t due;
	size_t first_renewal,
		n_renewals; /* only the open loan gains any, so they lie together */
	enum ph_closed closed;
	const struct ph_fact *closed_by;
};

struct fold_renewal {
	const struct ph_fact *fact;
	bool is_loan; /* a loan to the same card */
};

struct fold {
	struct ph_puts puts;
	struct fold_loan *loans;
	size_t n_loans, cap_loans;
	struct fold_renewal *renewals;
	size_t n_renewals, cap_renewals;
	const struct ph_fact **cases; /* the later loan of each */
	size_t n_cases, cap_cases;
	const struct ph_fact *custody; /* the loan or return that says where it is */
	bool with_reader;
	struct ph_id card;
	uint64_t uses;
};

static bool id_equal(const struct ph_id *a, const struct ph_id *b)
{
	return a->ns == b->ns && ph_view_equal(a->code, b->code);
}

static struct fold_loan *open_loan(struct fold *fold)
{
	struct fold_loan *last =
		fold->n_loans == 0 ? NULL : &fold->loans[fold->n_loans - 1];

	return last != NULL && last->closed == PH_CLOSED_OPEN ? last : NULL;
}

/* The day promised by TERM or DUE, if any; a chosen day stands above a term. */
static void promise(struct fold_loan *loan, const struct ph_fact *fact,
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

static int renew(struct fold *fold, struct fold_loan *loan, const struct ph_fact *fact,
		 bool is_loan)
{
	int rc = ph_state_grow((void **)&fold->renewals, fold->n_renewals,
			       &fold->cap_renewals, sizeof *fold->renewals);

	if (rc == 0) {
		fold->renewals[fold->n_renewals++] =
			(struct fold_renewal){ .fact = fact, .is_loan = is_loan };
		loan->n_renewals++;
	}
	return rc;
}

static int add_case(struct fold *fold, const struct ph_fact *fact)
{
	int rc = ph_state_grow((void **)&fold->cases, fold->n_cases, &fold->cap_cases,
			       sizeof(const struct ph_fact *));

	if (rc == 0) {
		fold->cases[fold->n_cases++] = fact;
	}
	return rc;
}

static int on_loan(struct fold *fold, const struct ph_fact *fact,
		   const struct ph_value *field)
{
	const struct ph_id *card = &field[PH_LOAN_CARD].as.id;
	struct fold_loan *open = open_loan(fold);
	int rc = 0;

	if (open != NULL && id_equal(&open->card, card)) {
		promise(open, fact, &field[PH_LOAN_TERM], &field[PH_LOAN_DUE]);
		return renew(fold, open, fact, true);
	}
	if (open != NULL) {
		open->closed = PH_CLOSED_INFERRED;
		open->closed_by = fact;
		rc = open->fact->site != fact->site ? add_case(fold, fact) : 0;
	}
	if (rc == 0) {
		rc = ph_state_grow((void **)&fold->loans, fold->n_loans, &fold->cap_loans,
				   sizeof *fold->loans);
	}
	if (rc != 0) {
		return rc;
	}

	struct fold_loan *loan = &fold->loans[fold->n_loans++];

	*loan = (struct fold_loan){ .fact = fact,
				    .card = *card,
				    .first_renewal = fold->n_renewals };
	promise(loan, fact, &field[PH_LOAN_TERM], &field[PH_LOAN_DUE]);
	fold->custody = fact;
	fold->with_reader = true;
	fold->card = *card;
	return 0;
}

/* Whether REF names LOAN: its entry, or a loan to the same card that prolonged it. */
static bool names_loan(const struct fold *fold, const struct fold_loan *loan,
		       const struct ph_ref *ref)
{
	if (ph_ref_equal(&loan->fact->ref, ref)) {
		return true;
	}
	for (size_t i = 0; i < loan->n_renewals; i++) {
		const struct fold_renewal *renewal =
			&fold->renewals[loan->first_renewal + i];

		if (renewal->is_loan && ph_ref_equal(&renewal->fact->ref, ref)) {
			return true;
		}
	}
	return false;
}

static int on_renew(struct fold *fold, const struct ph_fact *fact,
		    const struct ph_value *field)
{
	struct fold_loan *open = open_loan(fold);

	if (open == NULL ||
	    (field[PH_RENEW_CARD].set &&
	     !id_equal(&open->card, &field[PH_RENEW_CARD].as.id)) ||
	    (field[PH_RENEW_LOAN].set &&
	     !names_loan(fold, open, &field[PH_RENEW_LOAN].as.ref))) {
		return 0;
	}
	promise(open, fact, &field[PH_RENEW_TERM], &field[PH_RENEW_DUE]);
	return renew(fold, open, fact, false);
}

static int on_return(struct fold *fold, const struct ph_fact *fact)
{
	struct fold_loan *open = open_loan(fold);

	if (open != NULL) {
		open->closed = PH_CLOSED_RETURN;
		open->closed_by = fact;
	}
	fold->custody = fact;
	fold->with_reader = false;
	return 0;
}

static int on_fact(struct fold *fold, const struct ph_fact *facts, size_t i,
		   const struct ph_entry *entry)
{
	const struct ph_value *count = &entry->field[PH_USE_COUNT];

	switch (entry->number) {
	case PH_KIND_COPY_PUT:
		return ph_puts_add(&fold->puts, i, entry);
	case PH_KIND_LOAN:
		return on_loan(fold, &facts[i], entry->field);
	case PH_KIND_RENEW:
		return on_renew(fold, &facts[i], entry->field);
	case PH_KIND_RETURN:
		return on_return(fold, &facts[i]);
	case PH_KIND_IN_HOUSE_USE:
		fold->uses += count->set ? count->as.uint : 1;
		return 0;
	default:
		return 0;
	}
}

/* --- writing --- */

static void write_custody(const struct fold *fold, struct ph_mpw *writer)
{
	if (fold->custody == NULL) {
		ph_mpw_nil(writer);
		return;
	}
	ph_mpw_array(writer, fold->with_reader ? 3 : 2);
	ph_state_int(writer, fold->custody->second);
	ph_mpw_uint(writer, fold->custody->site);
	if (fold->with_reader) {
		ph_id_write(writer, &fold->card);
	}
}

static void write_loan(const struct fold *fold, const struct fold_loan *loan,
		       struct ph_mpw *writer)
{
	size_t items = loan->closed != PH_CLOSED_OPEN ? 7
		       : loan->n_renewals > 0         ? 6
		       : loan->has_due                ? 5
						      : 4;

	ph_mpw_array(writer, items);
	ph_ref_write(writer, &loan->fact->ref);
	ph_mpw_uint(writer, loan->fact->site);
	ph_id_write(writer, &loan->card);
	ph_state_int(writer, loan->fact->second);
	if (items > 4) {
		if (loan->has_due) {
			ph_state_int(writer, loan->due);
		} else {
			ph_mpw_nil(writer);
		}
	}
	if (items > 5) {
		if (loan->n_renewals > 0) {
			ph_mpw_array(writer, loan->n_renewals);
		} else {
			ph_mpw_nil(writer);
		}
	}
	for (size_t i = 0; i < loan->n_renewals; i++) {
		ph_ref_write(writer, &fold->renewals[loan->first_renewal + i].fact->ref);
	}
	if (items > 6) {
		ph_mpw_array(writer, 4);
		ph_mpw_uint(writer, loan->closed);
		ph_ref_write(writer, &loan->closed_by->ref);
		ph_mpw_uint(writer, loan->closed_by->site);
		ph_state_int(writer, loan->closed_by->second);
	}
}

static int write_state(struct fold *fold, const struct ph_fact *facts,
		       struct ph_mpw *writer)
{
	size_t items = fold->n_cases > 0       ? 5
		       : fold->uses > 0        ? 4
		       : fold->n_loans > 0     ? 3
		       : fold->custody != NULL ? 2
		       : fold->puts.n_sets > 0 ? 1
					       : 0;
	int rc = 0;

	ph_mpw_array(writer, items);
	if (items > 0) {
		rc = ph_puts_write(&fold->puts, facts, writer);
	}
	if (items > 1) {
		write_custody(fold, writer);
	}
	if (items > 2 && fold->n_loans == 0) {
		ph_mpw_nil(writer);
	} else if (items > 2) {
		ph_mpw_array(writer, fold->n_loans);
	}
	for (size_t i = 0; i < fold->n_loans; i++) {
		write_loan(fold, &fold->loans[i], writer);
	}
	if (items > 3 && fold->uses == 0) {
		ph_mpw_nil(writer);
	} else if (items > 3) {
		ph_mpw_uint(writer, fold->uses);
	}
	if (items > 4) {
		ph_mpw_array(writer, fold->n_cases);
	}
	for (size_t i = 0; i < fold->n_cases; i++) {
		ph_mpw_array(writer, 2);
		ph_mpw_uint(writer, PH_CASE_TWO_PLACES);
		ph_ref_write(writer, &fold->cases[i]->ref);
	}
	return rc != 0 ? rc : ph_mpw_end(writer);
}

int ph_copy_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out)
{
	struct fold fold = { 0 };
	struct ph_mpw writer;
	struct ph_entry *entry = malloc(sizeof *entry);
	int rc = entry == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = ph_fact_entry(&facts[i], entry);
		if (rc == 0) {
			rc = on_fact(&fold, facts, i, entry);
		}
	}
	if (rc == 0 && n > 0) {
		ph_mpw_init(&writer, state_out);
		rc = write_state(&fold, facts, &writer);
	}
	free(entry);
	ph_puts_deinit(&fold.puts);
	free(fold.loans);
	free(fold.renewals);
	free(fold.cases);
	return rc;
}
