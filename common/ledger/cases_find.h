/*
 * common/ledger/cases_find.h - finding the cases of each subject; for the files of this
 * folder. All return 0 or a negative errno.
 */
#ifndef PH_LEDGER_CASES_FIND_H
#define PH_LEDGER_CASES_FIND_H

#include "common/ledger/cases.h"
#include "common/ledger/copy_class.h"

/* Kinds 1 to 4 and 8. SHOWN: the class that ROOT stands for; NULL: it shows nothing. */
int ph_cases_of_copy(struct ph_ledger *ledger, const struct ph_entity_key *root,
		     struct ph_copy_class *shown);
/* Roots of copies whose cases may have changed with KEY, a title, reader or card, onto SET. */
int ph_cases_asked_by(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_keyset *set);
/* Whether anything may bar loans to CARD: 1 or 0. */
int ph_cases_may_bar(struct ph_ledger *ledger, const struct ph_id *card);
/* Kind 8: what bars LOAN, whose entry is FACT, onto LIST as a case of its own. */
int ph_cases_barred(struct ph_ledger *ledger, const struct ph_loan *loan,
		    const struct ph_fact *fact, struct ph_case_list *list);

/* Kinds 9 to 12, 15 and 16, of the log that KEY names. */
int ph_cases_of_log(struct ph_ledger *ledger, const struct ph_entity_key *key);
/* Kind 14. */
int ph_cases_of_device(struct ph_ledger *ledger, const struct ph_entity_key *key);
/* Kinds 13 and 17. */
int ph_cases_of_invite(struct ph_ledger *ledger, const struct ph_entity_key *key);
/* Kind 5; STATE: the crate's, empty if it is gone. */
int ph_cases_of_crate(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_view state);
/* Kinds 6, 7 and 18, of the titles and readers that the batch changed. */
int ph_cases_match(struct ph_ledger *ledger);
/* Whether KEY is the subject of a case. */
int ph_cases_has(struct ph_ledger *ledger, const struct ph_entity_key *key, bool *has);
/* The first entry of the log ROW itself that cannot be read; 0: there is none. */
int ph_cases_opaque_at(struct ph_ledger *ledger, int64_t row, uint64_t *n);

#endif
