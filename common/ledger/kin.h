/*
 * common/ledger/kin.h - what brings the readers of a class together, and who said so
 * (docs/MERGE.md, "Scope"; docs/decisions/0016).
 */
#ifndef PH_LEDGER_KIN_H
#define PH_LEDGER_KIN_H

#include "common/ledger/keyset.h"
#include "common/ledger/scope.h"

/* Two members of a class, by their indexes, and the sites in whose logs it is said that they are one. */
struct ph_kin_edge {
	size_t a, b;
	uint64_t site, other_site; /* of a merge both the same; 0: the hub */
};
/* A class of readers. All zero is a valid empty one. */
struct ph_kin {
	struct ph_keyset members;
	struct ph_sites *sites; /* of each member: those that it concerns by itself */
	struct ph_kin_edge *edges;
	size_t n_edges, cap_edges;
	size_t *root; /* scratch */
};

/*
 * Whether the reader KEY, whose class concerns SITE, does so by itself, or through others
 * of the class without what SITE itself wrote. KIN keeps the class that was read last, as
 * long as the ledger stands still. 0 or negative errno.
 */
int ph_kin_concerns(struct ph_ledger *ledger, struct ph_kin *kin,
		    const struct ph_entity_key *key, uint64_t site, bool *yes_out);
void ph_kin_deinit(struct ph_kin *kin);

#endif
