/*
 * common/ledger/scope.h - which sites an entity concerns (docs/MERGE.md, "Scope"): for
 * the files of this folder and for feeds.
 *
 * The sites follow from states alone, those of the entity and of what leads to it: a
 * copy leads to its title, an open loan to the reader, a reader to the cards. They are
 * kept beside the states, in tables that a rebuild makes anew, and are brought up to
 * date at the end of each batch, at the cost of what changed.
 */
#ifndef PH_LEDGER_SCOPE_H
#define PH_LEDGER_SCOPE_H

#include "common/ledger/keyset.h"

struct ph_ledger;
struct ph_db;

/* Site numbers, ascending, each once. All zero is a valid empty list. */
struct ph_sites {
	uint64_t *list;
	size_t n, cap;
};
void ph_sites_deinit(struct ph_sites *sites);
/* 0 or -ENOMEM. */
int ph_sites_add(struct ph_sites *sites, uint64_t site);
/* Numbers in column 0 of what STMT gives, onto SITES; it is reset. 0 or negative errno. */
int ph_sites_read(struct ph_sites *sites, struct ph_stmt *stmt);
bool ph_sites_has(const struct ph_sites *sites, uint64_t site);

/* The tables, for tables.c. */
extern const char ph_scope_make_sql[];
extern const char ph_scope_drop_sql[];

/*
 * Bring up to date the sites of the entities in CHANGED, whose states are written and
 * whose classes are settled, and of all that depends on them. What of others changed is
 * added to CHANGED. In the batch's transaction. 0 or negative errno.
 */
int ph_scope_settle(struct ph_ledger *ledger, struct ph_keyset *changed);

/*
 * The sites that KEY concerns, in place of what OUT held. Nobody's are the hub's own
 * affairs; what the control log tells everybody concerns all and is not listed. 0 or
 * negative errno.
 */
int ph_scope_sites(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_sites *out);
/*
 * The sites that the reader KEY concerns by itself, whoever else is the same: those of
 * its commune, and those to which it owes a copy. In place of what OUT held. 0 or negative
 * errno.
 */
int ph_scope_reader(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_sites *out);
/* Copies on open loan to the card KEY onto OUT. 0 or negative errno. */
int ph_scope_lent(struct ph_ledger *ledger, const struct ph_entity_key *key,
		  struct ph_keyset *out);
/*
 * The members of the class of the copy KEY onto MEMBERS, and what all their facts say
 * together (copy.h) onto STATE. 0, PH_LEDGER_E_NONE or negative errno.
 */
int ph_scope_joined(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_keyset *members, struct ph_buf *state);
/* Whether everybody holds entities of this TYPE, from the control log. */
bool ph_scope_is_common(enum ph_entity type);
/*
 * Each entity of the listed types that concerns SITE, in order of type and id, beginning
 * behind AFTER (NULL: with the first); tallies, events, stops and logs are not listed
 * there, but named by their states. CB returning non-zero ends the walk with that value.
 */
int ph_scope_each(struct ph_ledger *ledger, uint64_t site,
		  const struct ph_entity_key *after,
		  int (*cb)(void *data, const struct ph_entity_key *key), void *data);
struct ph_scope_digest {
	struct ph_ledger *ledger; /* caught up */
	/* What the control log tells everybody, from here: the same, or, at the hub, a fold
	 * of that log as far as the site has it. */
	struct ph_ledger *common;
	uint64_t site;
	struct ph_db *
		fed; /* of a site: where its feed says what stands outside; NULL at the hub */
};
/*
 * The digest (docs/MERGE.md, "Digest") over what concerns a site: what everybody has from
 * the control log, and what lists the site and does not stand outside. *ENTITIES_OUT (may
 * be NULL) counts them. 0 or negative errno.
 */
int ph_scope_digest(const struct ph_scope_digest *what, uint8_t out[static 32],
		    uint64_t *entities_out);

#endif
