/* common/ledger/account.h - what a card owes, has paid, and has borrowed uncoded (docs/MERGE.md, "Account"). */
#ifndef PH_LEDGER_ACCOUNT_H
#define PH_LEDGER_ACCOUNT_H

#include "common/ledger/key.h"
#include "common/ledger/state.h"

struct ph_charge {
	struct ph_ref entry;
	uint64_t amount; /* đồng */
	struct ph_opt reason;
	uint64_t site;
	int64_t second;
};

struct ph_payment {
	struct ph_ref entry;
	uint64_t amount; /* đồng */
	bool has_charge;
	struct ph_ref charge;
	uint64_t site;
	int64_t second;
};

struct ph_account {
	struct ph_charge *charges; /* in order */
	size_t n_charges;
	struct ph_payment *payments;
	size_t n_payments;
	uint64_t lent; /* uncoded copies */
	uint64_t back;
};

/* The state that FACTS (effective, in order) give. 0 or negative errno. */
int ph_account_fold(const struct ph_entity_key *key, const struct ph_fact *facts,
		    size_t n, struct ph_buf *state_out);
/* 0, -EUCLEAN, -ENOMEM. */
int ph_account_decode(struct ph_view state, struct ph_account *account);
void ph_account_deinit(struct ph_account *account);

#endif
