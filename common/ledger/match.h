/*
 * common/ledger/match.h - keys by which two entities are proposed as the same
 * (docs/MERGE.md, "Match keys"); for the files of this folder.
 */
#ifndef PH_LEDGER_MATCH_H
#define PH_LEDGER_MATCH_H

#include "common/ledger/keyset.h"
#include "common/ledger/registers.h"

enum ph_match {
	PH_MATCH_TITLE = 1, /* folded name, first author, year, volume */
	PH_MATCH_ISBN = 2,
	PH_MATCH_READER = 3, /* folded name, year of birth, commune; keyed by the hub */
};
#define PH_MATCH_SIZE 16

/* The groups (type: enum ph_match, id: the key) of a title with these registers, onto SET. 0 or -ENOMEM. */
int ph_match_title(const struct ph_registers *registers, struct ph_keyset *set);
/* KEY, a title or reader, is in the groups GROUPS and no others. 0 or negative errno. */
int ph_match_set(struct ph_ledger *ledger, const struct ph_entity_key *key,
		 const struct ph_keyset *groups);

#endif
