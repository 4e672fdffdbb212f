/* common/ledger/scope_internal.h - what scope.c and scope_memo.c share; nobody else includes it. */
#ifndef PH_LEDGER_SCOPE_INTERNAL_H
#define PH_LEDGER_SCOPE_INTERNAL_H

#include "common/ledger/copy_gist.h"
#include "common/ledger/scope.h"

/* What is to be looked at again, by the order in which one thing leads to another. */
struct ph_scope_work {
	struct ph_ledger *ledger;
	struct ph_keyset *changed; /* the caller's: what others must hear of */
	struct ph_keyset copies, titles, holds, readers, cards, accounts;
	struct ph_keyset members; /* scratch: a class */
	struct ph_keyset queue;   /* scratch: rows of a query */
	struct ph_buf state;      /* scratch: one state at a time */
	/* The class whose sites were found last: the members of a class stand together. */
	struct ph_keyset found;
	struct ph_sites found_sites;
	/* The class of copies that was looked at last, and what it shows; not known if that is one copy. */
	struct ph_keyset shown;
	struct ph_copy_gist shown_gist;
};

/* The state of KEY into WORK->state, empty if there is none. 0 or negative errno. */
int ph_scope_state(struct ph_scope_work *work, const struct ph_entity_key *key);
/* All of KEY's class onto SET, which has all of a class or none. 0 or negative errno. */
int ph_scope_class(struct ph_scope_work *work, const struct ph_entity_key *key,
		   struct ph_keyset *set);
/* Run SQL with ID as ?1, and add column 0, ids of TYPE, to SET. 0 or negative errno. */
int ph_scope_collect(struct ph_scope_work *work, const char *sql, struct ph_view id,
		     enum ph_entity type, struct ph_keyset *set);

/* The sites written down for KEY onto OUT. 0 or negative errno. */
int ph_scope_load(struct ph_ledger *ledger, const struct ph_entity_key *key,
		  struct ph_sites *out);
/* What has the same id under another type: the account of a card. */
static inline struct ph_entity_key ph_scope_with_type(const struct ph_entity_key *key,
						      enum ph_entity type)
{
	struct ph_entity_key other = *key;

	other.type = (uint8_t)type;
	return other;
}

/* scope_find.c: the sites of KEY as they follow from what is written; nobody's if it is not here. */
int ph_scope_find(struct ph_scope_work *work, const struct ph_entity_key *key,
		  struct ph_sites *out);

/*
 * scope_memo.c: what leads where, remembered beside the states. Each compares the state
 * of KEY with what was remembered, remembers the new, and puts what may now concern
 * other sites into WORK's sets. MOVED: the sites of a copy itself have changed. 0 or
 * negative errno.
 */
int ph_scope_note_site(struct ph_scope_work *work, const struct ph_entity_key *key);
int ph_scope_note_copy(struct ph_scope_work *work, const struct ph_entity_key *key,
		       bool moved);
int ph_scope_note_hold(struct ph_scope_work *work, const struct ph_entity_key *key);
int ph_scope_note_reader(struct ph_scope_work *work, const struct ph_entity_key *key);
int ph_scope_note_card(struct ph_scope_work *work, const struct ph_entity_key *key);

/* Whether SITE keeps a register of readers, as far as the memo knows. 0 or negative errno. */
int ph_scope_keeps_readers(struct ph_ledger *ledger, uint64_t site, bool *keeps_out);

/* Statements of the memo that the sites are found by; ?1 is an id. */
extern const char ph_scope_copies_of_title[];
extern const char ph_scope_copies_of_card[];
extern const char ph_scope_holds_of_title[];
extern const char ph_scope_cards_of_reader[];
extern const char ph_scope_readers_of_card[];
extern const char ph_scope_sites_of_commune[]; /* column 0: a number */

#endif
