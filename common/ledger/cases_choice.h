/*
 * common/ledger/cases_choice.h - what can be decided of a case, and what carries it out
 * (docs/MERGE.md, "Decisions").
 */
#ifndef PH_LEDGER_CASES_CHOICE_H
#define PH_LEDGER_CASES_CHOICE_H

#include <jansson.h>

#include "common/ledger/cases.h"

/* What the person who decides adds to the choice. */
struct ph_case_words {
	const struct ph_ref *voids; /* entries that are to count no more */
	size_t n_voids;
	uint64_t site; /* where the copies are; 0: not said */
};

#define PH_CASE_CHOICES_MAX 6
/* The decisions that make sense for KIND, PH_CHOICE_*, the likeliest first; returns how many. */
size_t ph_case_choices(unsigned kind, unsigned out[static PH_CASE_CHOICES_MAX]);
/* What CHOICE means for a case of KIND, in English; NULL: it makes no sense there. */
const char *ph_case_choice_doc(unsigned kind, unsigned choice);
/* "later"; NULL: no such choice. */
const char *ph_case_choice_name(unsigned choice);
/* -1: no such name. */
int ph_case_choice_named(const char *name);

/*
 * The entries that carry CHOICE out, as a new array of entries in their JSON view, to
 * be written by the hub; WORDS may be NULL. 0; PH_LEDGER_E_NONE: the choice makes no sense for
 * this case, or asks for words that are not there, which WANTS then names (static
 * text); negative errno.
 */
int ph_case_plan(struct ph_ledger *ledger, const struct ph_case_row *row, unsigned choice,
		 const struct ph_case_words *words, json_t **out, const char **wants);

/*
 * All there is to see of a case, also of one that is gone: what ph_case_show() has, the
 * stories of its facts in place of their references, "decisions" [{"choice","means",
 * "by","time","fits","entries"}] and, at the hub, "choices" [{"choice","means","writes":[entry ...]
 * or "needs"}]. At a site (ph_site_case_get()) "vouched" says what the hub alone tells of:
 * also of a decision, which has its choice, meaning and fit there.
 * 0, PH_LEDGER_E_NONE, negative errno.
 */
int ph_view_case(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		 json_t **out);

#endif
