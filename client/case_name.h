/* client/case_name.h - a case that a person names by the beginning of its id. */
#ifndef PH_CLIENT_CASE_NAME_H
#define PH_CLIENT_CASE_NAME_H

#include "common/ledger/cases_name.h"

/*
 * The case whose id begins with TEXT. 0, PH_LEDGER_E_NONE; -EINVAL with ERR
 * (PH_EXIT_USAGE) for what begins no id, -ENOENT with ERR (PH_EXIT_OTHER) if several begin
 * so; or another negative errno.
 */
int ph_case_name_find(struct ph_ledger *ledger, const char *text,
		      uint8_t id_out[static PH_CASE_ID_SIZE], struct ph_error *err);

#endif
