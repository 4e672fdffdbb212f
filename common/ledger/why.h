/*
 * common/ledger/why.h - from what a state shows to the signed entries behind it
 * (docs/MERGE.md, "Why").
 */
#ifndef PH_LEDGER_WHY_H
#define PH_LEDGER_WHY_H

#include "common/ledger/view.h"

/* Of an entity with more facts than this the last ones are told. */
#define PH_WHY_FACTS_MAX 500

/*
 * The view of KEY and of what is the same, and behind it every entry that names it, in
 * the order, also those that do not count: {"state":view,"facts":[story ...]}. A story
 * (story.h) has "says" besides: what of the state this entry gave. "left_off": so many
 * earlier ones are not told. Of a card also its account, and last its open loans, but for BARE. 0, PH_LEDGER_E_NONE, negative errno. Catch up first.
 */
int ph_why(struct ph_ledger *ledger, const struct ph_entity_key *key, bool bare,
	   const struct ph_opener *opener, json_t **out);
/*
 * The same of a case, whose VIEW (taken) is of ph_view_case(): its facts, and behind them
 * each decision, after what was written with it. 0 or negative errno.
 */
int ph_why_case(struct ph_ledger *ledger, json_t *view, json_t **out);

#endif
