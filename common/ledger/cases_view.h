/* common/ledger/cases_view.h - cases as JSON (docs/MERGE.md, "Cases"). */
#ifndef PH_LEDGER_CASES_VIEW_H
#define PH_LEDGER_CASES_VIEW_H

#include <jansson.h>

#include "common/ledger/cases.h"

/* Room for a case's id as text, with its terminator. */
#define PH_CASE_TEXT (2 * PH_CASE_ID_SIZE + 1)

/*
 * {"case":kind,"id","status","anchor","time","sites":[{"site","name"} ...],"facts":[ref
 * ...], and what it is about: "copy" and "title_name", "crate", "reader" ...}. 0 or
 * negative errno.
 */
int ph_case_show(struct ph_ledger *ledger, const struct ph_case_row *row, json_t **out);

#endif
