/*
 * common/ledger/copy.h - a copy: where it is, who owes it, what happened to it.
 * Rules: docs/MERGE.md, "Copy".
 */
#ifndef PH_LEDGER_COPY_H
#define PH_LEDGER_COPY_H

#include "common/ledger/registers.h"

/* How a loan was closed. */
enum ph_closed {
	PH_CLOSED_OPEN = 0,
	PH_CLOSED_RETURN = 1,
	PH_CLOSED_INFERRED = 2, /* by a loan to another card; never counted as a return */
};

/* Kinds of cases; numbers stay. */
enum ph_case {
	PH_CASE_TWO_PLACES =
		1, /* loans in two places, nothing between; anchor: the later loan */
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
};

struct ph_copy {
	struct ph_registers registers;
	enum ph_custody custody;
	uint64_t at_site;      /* where it is; of a reader: the site that lent it */
	int64_t since;         /* second */
	struct ph_id at_card;  /* of a reader; borrows from the state */
	struct ph_loan *loans; /* in order; only the last one can be open */
	size_t n_loans;
	uint64_t uses;
	struct {
		enum ph_case kind;
		struct ph_ref anchor;
	} * cases;
	size_t n_cases;
	struct ph_ref *refs; /* of the renewals */
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_copy_fold(const struct ph_fact *facts, size_t n, struct ph_buf *state_out);
/* Borrows from STATE. 0, -EUCLEAN, -ENOMEM. */
int ph_copy_decode(struct ph_view state, struct ph_copy *copy);
void ph_copy_deinit(struct ph_copy *copy);
/* The loan that is open now, or NULL. */
const struct ph_loan *ph_copy_open_loan(const struct ph_copy *copy);

#endif
