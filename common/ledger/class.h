/*
 * common/ledger/class.h - what is recognised as the same (docs/MERGE.md, "Classes"):
 * for the files of this folder.
 *
 * A class is a connected component over the edges that states tell: merges, aliases,
 * equal source. Its root is a view of it; no state knows of it. Titles, readers and
 * copies have classes; the class of anything else is itself.
 */
#ifndef PH_LEDGER_CLASS_H
#define PH_LEDGER_CLASS_H

#include "common/ledger/keyset.h"

struct ph_ledger;

/* How many edges there are of each type into LEDGER->n_edges. 0 or negative errno. */
int ph_class_load(struct ph_ledger *ledger);
/*
 * The edges that the state of KEY tells are those to OTHERS, and no more. What then may
 * stand in another class is noted in the batch. 0 or negative errno.
 */
int ph_class_edges(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct ph_keyset *others);
/* An edge to what carries the same SOURCE; readers: at the same SITE. */
struct ph_entity_key ph_class_source(enum ph_entity type, struct ph_view source,
				     uint64_t site);
/* KEY came, went, or its first entry has another time: its class may have another root. */
int ph_class_touch(struct ph_ledger *ledger, const struct ph_entity_key *key);
/*
 * At the end of a batch, when all states are written: find the classes of what was
 * noted, and note every member of them as changed. Costs what these classes hold.
 */
int ph_class_settle(struct ph_ledger *ledger);

/* The root of KEY's class into *ROOT_OUT: itself if it stands alone or is not here. 0 or negative errno. */
int ph_class_root(struct ph_ledger *ledger, const struct ph_entity_key *key,
		  struct ph_entity_key *root_out);
/* Whether the reader KEY is the only one of its class. 0 or negative errno. */
int ph_class_is_alone(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      bool *alone_out);
/* All of KEY's class, itself included, in order of id. MEMBERS is cleared first. 0 or negative errno. */
int ph_class_members(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_keyset *members);

/* SQL: the ids of the class of ?1, of which TABLE (a literal) has the rows. */
#define PH_CLASS_OF(table)                                                               \
	"SELECT ?1 UNION SELECT root FROM " table " WHERE id = ?1 AND root IS NOT NULL"  \
	" UNION SELECT id FROM " table " WHERE root = ?1"                                \
	" UNION SELECT o.id FROM " table " t JOIN " table " o ON o.root = t.root"        \
	" WHERE t.id = ?1"

#endif
