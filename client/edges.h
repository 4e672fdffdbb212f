/*
 * client/edges.h - merges and aliases that are in force, and what they make one.
 */
#ifndef PH_CLIENT_EDGES_H
#define PH_CLIENT_EDGES_H

#include "common/ledger/key.h"

struct ph_edge_to {
	struct ph_ref by; /* the merge or alias */
	struct ph_entity_key other;
};
struct ph_edges {
	struct ph_edge_to *items;
	size_t n;
};
void ph_edges_deinit(struct ph_edges *edges);
/*
 * The merges (aliases) in force that name the title, reader or copy KEY, in order; none if
 * it is not here. What EDGES held is dropped. 0 or negative errno.
 */
int ph_edges_of(struct ph_ledger *ledger, const struct ph_entity_key *key,
		struct ph_edges *edges);

/* Names found one after another, beginning with FROM. */
struct ph_reach {
	struct ph_reached {
		struct ph_entity_key key;
		size_t before; /* index of the one it was found from; of FROM: 0 */
	} * items;
	size_t n;
};
void ph_reach_deinit(struct ph_reach *reach);
/* All that merges (aliases) make one with FROM, itself first. 0 or negative errno. */
int ph_reach_from(struct ph_ledger *ledger, const struct ph_entity_key *from,
		  struct ph_reach *reach);

#endif
