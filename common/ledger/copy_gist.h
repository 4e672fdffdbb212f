/*
 * common/ledger/copy_gist.h - what scope asks of a copy: where it leads and whom it
 * concerns. For the files of this folder.
 */
#ifndef PH_LEDGER_COPY_GIST_H
#define PH_LEDGER_COPY_GIST_H

#include "common/ledger/copy.h"
#include "common/ledger/keyset.h"

struct ph_ledger;

struct ph_copy_gist {
	bool known;                 /* there is such a copy */
	struct ph_entity_key title; /* that shows; type 0: none */
	struct ph_entity_key card;  /* of the open loan; likewise */
	uint64_t sites[4]; /* owner, custody, open loan, missing: those that are set */
	size_t n_sites;
};

/* The gists of copies that a batch folded and that stand alone. All zero is a valid empty list. */
struct ph_gists {
	struct ph_keyset keys;
	struct ph_copy_gist *items; /* by index of the key */
	size_t cap;
};
void ph_gists_clear(struct ph_gists *gists);
void ph_gists_deinit(struct ph_gists *gists);
/* COPY is the state of KEY from now on. 0 or negative errno. */
int ph_gists_put(struct ph_gists *gists, const struct ph_entity_key *key,
		 const struct ph_copy *copy);

/* That of COPY, a state or what a class shows. 0 or -EUCLEAN. */
int ph_copy_gist_of(const struct ph_copy *copy, struct ph_copy_gist *out);
/* That of KEY, of this batch or from its state. 0 or negative errno. */
int ph_copy_gist(struct ph_ledger *ledger, const struct ph_entity_key *key,
		 struct ph_copy_gist *out);

#endif
