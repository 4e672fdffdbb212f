/*
 * common/ledger/cases.h - what a person must look at (docs/MERGE.md, "Cases").
 *
 * A case stands behind the states: it has a kind, an anchor that names it, and the
 * entries that make it. It is there as long as these do; a case-decide that names the
 * digest of just these entries closes it.
 */
#ifndef PH_LEDGER_CASES_H
#define PH_LEDGER_CASES_H

#include "common/ledger/case_state.h"

#define PH_CASE_ID_SIZE    16
#define PH_CASE_FACTS_SIZE 16
#define PH_CASE_ANCHOR_MAX PH_ENTITY_ID_MAX
/* Of duplicates so many are listed; the digest is over these. */
#define PH_CASE_REFS_MAX   64
#define PH_CASE_KINDS      19 /* every kind is below this */

enum ph_case_status {
	PH_CASE_OPEN = 0,
	PH_CASE_DECIDED = 1,
	PH_CASE_REOPENED = 2, /* decided on other facts */
	PH_CASE_GONE = 3,     /* decided once; its facts are no case any more */
};

/* "two-places"; NULL: no such kind. */
const char *ph_case_name(unsigned kind);
/* 0: no such name. */
unsigned ph_case_named(const char *name);
const char *ph_case_status_name(enum ph_case_status status);

void ph_case_id(uint8_t out[static PH_CASE_ID_SIZE], unsigned kind,
		struct ph_view anchor);
/* The digest of the facts REFS, in this order. */
void ph_case_facts(uint8_t out[static PH_CASE_FACTS_SIZE], const struct ph_ref *refs,
		   size_t n);

/* A case as it is now. */
struct ph_case_row {
	uint8_t id[PH_CASE_ID_SIZE];
	unsigned kind;
	uint8_t anchor[PH_CASE_ANCHOR_MAX];
	size_t anchor_len;
	struct ph_entity_key subject; /* what the facts are about */
	struct ph_ref *refs;
	size_t n_refs;
	int64_t second; /* the earliest effective second of its facts */
	uint8_t facts[PH_CASE_FACTS_SIZE];
	enum ph_case_status status;
	uint64_t *sites; /* concerned, rising */
	size_t n_sites;
	bool is_told; /* at a site: the hub decided; what, PH_CHOICE_*, is in `told` */
	unsigned told;
};
void ph_case_row_deinit(struct ph_case_row *row);
/* 0; PH_LEDGER_E_NONE: there is no such case now; or a negative errno. */
int ph_case_get(struct ph_ledger *ledger, const uint8_t id[static PH_CASE_ID_SIZE],
		struct ph_case_row *row);

struct ph_case_filter {
	unsigned kind; /* 0: any */
	uint64_t site; /* 0: any */
	bool all;      /* also those that are decided */
	/* Only those behind this one, as a walk gave it; has_after false: from the start. */
	bool has_after;
	bool after_closed;
	int64_t after_second;
	uint8_t after_id[PH_CASE_ID_SIZE];
};
/*
 * Cases that wait first, then (with all) those that are decided; in either part the
 * oldest first. CB may look at entities and cases but walk nothing itself; returning
 * non-zero ends the walk with that value. What it costs follows from what it gives.
 */
int ph_cases_each(struct ph_ledger *ledger, const struct ph_case_filter *filter,
		  int (*cb)(void *data, const struct ph_case_row *row), void *data);
/* All cases of one subject, by kind, the oldest first; CB as above. */
int ph_cases_about(struct ph_ledger *ledger, const struct ph_entity_key *subject,
		   int (*cb)(void *data, const struct ph_case_row *row), void *data);
/* Cases that wait; of a site, if SITE is not 0. */
uint64_t ph_cases_count(struct ph_ledger *ledger, uint64_t site);
/* Cases of one kind that wait, and the earliest second of their facts (0 of none). 0 or negative errno. */
int ph_cases_of_kind(struct ph_ledger *ledger, unsigned kind, uint64_t *count_out,
		     int64_t *oldest_out);

/* --- for the files of this folder --- */

struct ph_case_item {
	unsigned kind;
	uint8_t anchor[PH_CASE_ANCHOR_MAX];
	size_t anchor_len;
	size_t first_ref, n_refs;
	size_t first_site, n_sites;
	int64_t second;
};
/* Cases of one subject, as its facts show them. All zero is a valid empty one. */
struct ph_case_list {
	struct ph_case_item *items;
	size_t n, cap;
	struct ph_ref *refs;
	size_t n_refs, cap_refs;
	uint64_t *sites;
	size_t n_sites, cap_sites;
};
void ph_case_list_deinit(struct ph_case_list *list);
/* One more case; what is added next is its. 0 or -ENOMEM, also those below. */
int ph_case_list_add(struct ph_case_list *list, unsigned kind, struct ph_view anchor);
/* A fact, of this effective SECOND. */
int ph_case_list_ref(struct ph_case_list *list, const struct ph_ref *ref, int64_t second);
int ph_case_list_site(struct ph_case_list *list, uint64_t site); /* 0: nobody's */
/* The cases of SUBJECT are those of LIST from now on. 0 or negative errno. */
int ph_cases_replace(struct ph_ledger *ledger, const struct ph_entity_key *subject,
		     struct ph_case_list *list);
/* Entry N of the log ROW cannot be read. 0 or negative errno. */
int ph_cases_note_opaque(struct ph_ledger *ledger, int64_t row, uint64_t n);
/* What was decided of the case KEY may have changed. 0 or negative errno. */
int ph_cases_decided(struct ph_ledger *ledger, const struct ph_entity_key *key);

#endif
