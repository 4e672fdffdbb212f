/*
 * common/ledger/copy.h - a copy: where it is, who owes it, what became of it, who
 * waits for it. Rules: docs/MERGE.md, "Copy".
 */
#ifndef PH_LEDGER_COPY_H
#define PH_LEDGER_COPY_H

#include "common/ledger/case_state.h"
#include "common/ledger/registers.h"

/* How a loan was closed. */
enum ph_closed {
	PH_CLOSED_OPEN = 0,
	PH_CLOSED_RETURN = 1,
	PH_CLOSED_INFERRED =
		2, /* the copy was seen elsewhere; never counted as a return */
};

struct ph_loan {
	struct ph_ref ref;
	uint64_t site;
	struct ph_id card; /* borrows from the state */
	int64_t second;
	bool has_due;
	int64_t due;                   /* day in UTC+7, the latest promised */
	const struct ph_ref *renewals; /* in order */
	size_t n_renewals;
	enum ph_closed closed;
	struct ph_ref closed_by; /* if closed */
	uint64_t closed_site;
	int64_t closed_second;
};

enum ph_custody {
	PH_CUSTODY_UNKNOWN = 0,
	PH_CUSTODY_SITE = 1,
	PH_CUSTODY_READER = 2,
	PH_CUSTODY_CRATE = 3,
};

/* What holds of a copy; also the keys of the map in its state. */
enum ph_condition {
	PH_CONDITION_MISSING = 1,
	PH_CONDITION_LOST = 2,
	PH_CONDITION_DAMAGED = 3,
	PH_CONDITION_WITHDRAWN = 4,
};

struct ph_copy_condition {
	bool set;
	struct ph_ref by;        /* the entry that says so */
	uint64_t site;           /* missing: where it is missed */
	struct ph_ref loan;      /* lost: the loan as that entry names it */
	struct ph_opt degree;    /* damaged: PH_DEGREE_* */
	struct ph_view decision; /* withdrawn; borrows from the state */
};

struct ph_claim {
	struct ph_ref hold;
	struct ph_ref by; /* the hold-ready */
	uint64_t site;
	int64_t second;
};

struct ph_alias {
	struct ph_ref by; /* the copy-alias */
	struct ph_id other;
};

struct ph_copy_case {
	enum ph_case kind;          /* PH_CASE_TWO_PLACES to PH_CASE_TWO_TITLES */
	const struct ph_ref *facts; /* in the order of docs/MERGE.md, "Cases" */
	size_t n_facts;
};

enum ph_notice {
	PH_NOTICE_HELD = 1, /* missing or lost, undone since the copy was held */
	PH_NOTICE_LENT_WITHDRAWN = 2, /* lent though it was withdrawn */
};

struct ph_copy_notice {
	enum ph_notice kind;
	struct ph_ref by;
	struct ph_ref of; /* what was undone, or the withdrawal */
};

struct ph_copy {
	struct ph_registers registers;
	enum ph_custody custody;
	uint64_t at_site; /* where it is; of a reader: that lent it; of a crate: from */
	uint64_t to_site; /* of a crate */
	int64_t since;    /* second */
	struct ph_ref custody_by; /* the entry that says so */
	struct ph_id at_card;     /* of a reader; borrows from the state */
	struct ph_id in_crate;    /* of a crate; likewise */
	struct ph_loan *loans;    /* in order; only the last one can be open */
	size_t n_loans;
	uint64_t uses;
	struct ph_copy_condition condition[PH_CONDITION_WITHDRAWN + 1]; /* by key */
	struct ph_claim *claims;                                        /* in order */
	size_t n_claims;
	struct ph_alias *aliases; /* in order */
	size_t n_aliases;
	struct ph_copy_case *cases; /* by kind, then facts */
	size_t n_cases;
	struct ph_copy_notice *notices; /* in order */
	size_t n_notices;
	struct ph_ref *refs;      /* of the renewals */
	struct ph_ref *case_refs; /* of the cases */
};

/* The state that FACTS (effective, in order) give to the copy KEY. 0 or negative errno. */
int ph_copy_fold(const struct ph_entity_key *key, const struct ph_fact *facts, size_t n,
		 struct ph_buf *state_out);
/*
 * What a class of copies shows: as if FACTS, those of all its members in one order,
 * were of one copy. KEYS: the members, ascending. 0 or negative errno.
 */
int ph_copy_fold_class(const struct ph_entity_key *keys, size_t n_keys,
		       const struct ph_fact *facts, size_t n, struct ph_buf *state_out);
/* False: STATE, which may be empty, tells of no alias. */
bool ph_copy_may_have_aliases(struct ph_view state);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_copy_decode(struct ph_view state, struct ph_copy *copy);
void ph_copy_deinit(struct ph_copy *copy);
/* The loan that is open now, or NULL. */
const struct ph_loan *ph_copy_open_loan(const struct ph_copy *copy);

#endif
