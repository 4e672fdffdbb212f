/*
 * common/ledger/derive.h - what is computed behind the states: classes, tables for
 * queries, cases. For the files of this folder.
 *
 * All of it follows from the states alone, and is written in the transaction that
 * writes them: first each dirty entity's own rows (ph_derive), and when all states are
 * written, what several of them say together (ph_derive_finish). All of them give 0 or a
 * negative errno, and then that transaction is rolled back.
 */
#ifndef PH_LEDGER_DERIVE_H
#define PH_LEDGER_DERIVE_H

#include "common/ledger/keyset.h"

struct ph_ledger;
struct ph_record;

/* What one transaction has to look at when all states are written. */
struct ph_derived {
	struct ph_keyset seeds; /* that may stand in another class */
	struct ph_keyset
		changed; /* titles, readers, copies: whose state or class did change */
	struct ph_keyset roots;  /* of those */
	struct ph_keyset asking; /* on which the cases of others depend */
	struct ph_keyset
		subjects;        /* logs, devices, invites: whose cases are found again */
	struct ph_keyset groups; /* of match keys, that gained or lost a member */
	struct ph_keyset cases;  /* that came, changed or went */
	struct ph_keyset acts;   /* on what acts came or went: PH_CHANGED_ACTS */
	struct ph_keyset edges;  /* scratch of one state */
	struct ph_keyset scratch; /* of class.c */
};
void ph_derived_clear(struct ph_derived *derived);
void ph_derived_deinit(struct ph_derived *derived);

/* The tables, to be made and dropped with the others of the projection. */
extern const char ph_derive_make_sql[];
extern const char ph_derive_drop_sql[];
extern const char ph_words_make_sql[]; /* what is searched by words, one table of FTS5 */
extern const char ph_words_drop_sql[];
/* Raise when the same states give other rows than before, or the tables change. */
#define PH_DERIVE_VERSION 8

/* Rewrite what queries read about an entity; an empty STATE takes it away. 0 or negative errno. */
int ph_derive(struct ph_ledger *ledger, const struct ph_entity_key *key,
	      struct ph_view state);
int ph_derive_finish(struct ph_ledger *ledger);

/* --- by type: STATE's own rows; then, of its class, what the root shows or another one hides --- */
int ph_derive_title(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_view state);
int ph_derive_title_root(struct ph_ledger *ledger, const struct ph_entity_key *root);
int ph_derive_title_hide(struct ph_ledger *ledger, const struct ph_entity_key *key);
int ph_derive_reader(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_view state);
int ph_derive_card(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state);
int ph_derive_hold(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state);
int ph_derive_copy(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state);
int ph_derive_copy_root(struct ph_ledger *ledger, const struct ph_entity_key *root);
int ph_derive_copy_hide(struct ph_ledger *ledger, const struct ph_entity_key *key);

/* In ledger_loan.due: no day was promised. */
#define PH_DUE_NEVER INT64_MAX

/*
 * Whether the hub says that KEY stands outside of what this site is told of: what is
 * known here of it is not all there is, so that no list and no case has it. 0 or negative
 * errno.
 */
int ph_derive_outside(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      bool *outside_out);
/* Run SQL, whose only parameter is the id of KEY. 0 or negative errno. */
int ph_derive_run(struct ph_ledger *ledger, const char *sql,
		  const struct ph_entity_key *key);
/*
 * Run SQL, whose parameters are the id of KEY and the site and second of the first entry
 * that RECORD has, null if it has none. Where that changes a row the class is looked at
 * again: it may have another root when KEY is new, or has another time. 0 or negative
 * errno.
 */
int ph_derive_first(struct ph_ledger *ledger, const char *sql,
		    const struct ph_entity_key *key, const struct ph_record *record);

#endif
