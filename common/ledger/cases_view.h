/* common/ledger/cases_view.h - cases as JSON (docs/MERGE.md, "Cases"). */
#ifndef PH_LEDGER_CASES_VIEW_H
#define PH_LEDGER_CASES_VIEW_H

#include <jansson.h>

#include "common/ledger/cases_name.h"

/*
 * {"case":kind,"id","short" (ph_case_short()),"status","anchor","time",
 * "sites":[{"site","name"} ...],"facts":[ref ...],"digest" (of them), and what it is about: "copy" and
 * "title_name", "crate", "reader" ...}. 0 or negative errno.
 */
int ph_case_show(struct ph_ledger *ledger, const struct ph_case_row *row, json_t **out);

#endif
