/* common/ledger/fed_case.h - cases that only the hub can see, as it fed them to a site. */
#ifndef PH_LEDGER_FED_CASE_H
#define PH_LEDGER_FED_CASE_H

#include "common/ledger/cases.h"

/*
 * A case that was fed, in the form of one's own; its subject is not known and has type
 * 0. 0, PH_LEDGER_E_NONE (none was, or nothing is fed here), negative errno.
 */
int ph_fed_case_get(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		    struct ph_case_row *row);
/* Those that are not found here by ourselves, the oldest first; ALL: also decided ones. As ph_cases_each(). */
int ph_fed_cases_each(struct ph_ledger *ledger, bool all,
		      int (*cb)(void *data, const struct ph_case_row *row), void *data);
/* Open ones that are not found here by ourselves. */
uint64_t ph_fed_cases_count(struct ph_ledger *ledger);

#endif
