/*
 * common/ledger/query.h - lists and sums over many entities, as JSON.
 *
 * All return 0 and a new reference in *OUT, or a negative errno; an empty answer is
 * an empty array. They read what is folded: catch up first. Forms of values: view.h.
 */
#ifndef PH_LEDGER_QUERY_H
#define PH_LEDGER_QUERY_H

#include <jansson.h>

#include "common/ledger/key.h"

struct ph_loan_filter {
	const struct ph_id *card; /* NULL: any */
	uint64_t site;            /* that lent; 0: any */
	bool overdue;             /* only those due before DAY */
	int64_t day;
	size_t limit;  /* 0: all */
	bool no_cards; /* whose they are is not told */
};
/*
 * Open loans in order of due day, those without one last:
 * [{"copy","card" (but for no_cards),"site","time","due","title","title_name","loan" (its reference)}, ...]
 */
int ph_query_loans(struct ph_ledger *ledger, const struct ph_loan_filter *filter,
		   json_t **out);
/* Copies of a title and of those that are the same: [{"copy","owner","site" (if on a shelf),"lent":bool}, ...] */
int ph_query_copies(struct ph_ledger *ledger, const struct ph_ref *title, json_t **out);
/* The root of the class of a title or reader; itself if it stands alone. 0 or negative errno. */
int ph_query_root(struct ph_ledger *ledger, enum ph_entity type, const struct ph_ref *ref,
		  struct ph_ref *root_out);
/*
 * The class of a title or reader, in order of reference, itself included: up to MAX of
 * them, of *COUNT_OUT. None if it is not here. 0 or negative errno.
 */
int ph_query_members(struct ph_ledger *ledger, enum ph_entity type,
		     const struct ph_ref *ref, struct ph_ref *out, size_t max,
		     size_t *count_out);
/* Cards whose last issue names this reader or one that is the same: [{"ns","code"}, ...] */
int ph_query_cards(struct ph_ledger *ledger, const struct ph_ref *reader, json_t **out);
/* Cases that wait, as cases_view.h shows them; of two places also "first" and "second", the loans. */
int ph_query_cases(struct ph_ledger *ledger, json_t **out);
/*
 * What one site (0: all) has and did: {"site","titles","copies","readers",
 * "loans_open","overdue" (due before DAY),"loans","returns","renewals","visits",
 * "women","uses","cards"}; the sums are over the tallies of days FROM to TO, both
 * included (INT64_MIN and INT64_MAX: all).
 */
int ph_query_summary(struct ph_ledger *ledger, uint64_t site, int64_t day, int64_t from,
		     int64_t to, json_t **out);
/* Number or text of a policy; FALLBACK, or "", if it is not set or is no number. */
uint64_t ph_query_policy_number(struct ph_ledger *ledger, const char *name,
				uint64_t fallback);
/* TEXT of 1 to 18 digits; false, and *OUT as it was, if it is none. */
bool ph_query_number(struct ph_view text, uint64_t *out);
int ph_query_policy_text(struct ph_ledger *ledger, const char *name, struct ph_buf *out);
/* The number of the site with this code, or its number in digits. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_query_site_named(struct ph_ledger *ledger, struct ph_view code, uint64_t *site);
/* Whether SITE keeps a register of readers; one that is not known here does. 0 or negative errno. */
int ph_query_keeps_readers(struct ph_ledger *ledger, uint64_t site, bool *keeps_out);
/* The reader a card was last issued to. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_query_reader_of(struct ph_ledger *ledger, const struct ph_id *card,
		       struct ph_ref *reader);
/* What stands in a register now, for the `seen` of a put: heads of FIELD (index, or
 * PH_REGISTER_SEALED + index) of an entity, winner first, at most MAX. *COUNT_OUT may be 0. */
int ph_query_heads(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		   unsigned field, struct ph_ref *heads, size_t max, size_t *count_out);
/*
 * Fill the seen list of the put ENTRY, about the entity TYPE, ID, from what stands
 * now: for each register it sets, its heads. Sealed fields count as set by their
 * `set` flags. Over PH_SEEN_MAX the rest stay heads.
 */
int ph_query_fill_seen(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		       struct ph_entry *entry);

#endif
