/*
 * client/edges.c - merges and aliases that are in force, and what they make one.
 *
 * The state of each title, reader or copy lists the merges that name it; what a merge
 * joins is found by walking from one to the next. What has one source (an import) is one
 * as well, but no entry says so, and so none can take it back.
 */
#include "client/edges.h"

#include <errno.h>
#include <stdlib.h>

#include "common/ledger/copy.h"
#include "common/ledger/reader.h"
#include "common/ledger/title.h"

void ph_edges_deinit(struct ph_edges *edges)
{
	free(edges->items);
	*edges = (struct ph_edges){ 0 };
}

static int from_merges(struct ph_edges *edges, enum ph_entity type,
		       const struct ph_edge *merges, size_t n)
{
	edges->items = calloc(n ? n : 1, sizeof(edges->items[0]));
	if (!edges->items) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		edges->items[i] =
			(struct ph_edge_to){ merges[i].ref,
					     ph_key_ref(type, &merges[i].other) };
	}
	edges->n = n;
	return 0;
}

static int from_aliases(struct ph_edges *edges, const struct ph_alias *aliases, size_t n)
{
	edges->items = calloc(n ? n : 1, sizeof(edges->items[0]));
	if (!edges->items) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct ph_edge_to *edge = &edges->items[edges->n];

		edge->by = aliases[i].by;
		edges->n += ph_key_id(PH_ENTITY_COPY, &aliases[i].other, &edge->other);
	}
	return 0;
}

static int from_state(struct ph_edges *edges, enum ph_entity type, struct ph_view state)
{
	struct ph_title title;
	struct ph_reader reader;
	struct ph_copy copy;
	int rc;

	switch (type) {
	case PH_ENTITY_TITLE:
		rc = ph_title_decode(state, &title);
		if (rc == 0) {
			rc = from_merges(edges, type, title.merges, title.n_merges);
			ph_title_deinit(&title);
		}
		return rc;
	case PH_ENTITY_READER:
		rc = ph_reader_decode(state, &reader);
		if (rc == 0) {
			rc = from_merges(edges, type, reader.merges, reader.n_merges);
			ph_reader_deinit(&reader);
		}
		return rc;
	case PH_ENTITY_COPY:
		rc = ph_copy_decode(state, &copy);
		if (rc == 0) {
			rc = from_aliases(edges, copy.aliases, copy.n_aliases);
			ph_copy_deinit(&copy);
		}
		return rc;
	default:
		return -EINVAL;
	}
}

int ph_edges_of(struct ph_ledger *ledger, const struct ph_entity_key *key,
		struct ph_edges *edges)
{
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(ledger, (enum ph_entity)key->type, ph_key_view(key),
			       &state);

	ph_edges_deinit(edges);
	if (rc == 0) {
		rc = from_state(edges, (enum ph_entity)key->type, ph_buf_view(&state));
	}
	ph_buf_deinit(&state);
	return rc == PH_LEDGER_E_NONE ? 0 : rc;
}

/* --- what they reach --- */

void ph_reach_deinit(struct ph_reach *reach)
{
	free(reach->items);
	*reach = (struct ph_reach){ 0 };
}

static int add_reached(struct ph_reach *reach, const struct ph_entity_key *key,
		       size_t before)
{
	struct ph_reached *items;

	for (size_t i = 0; i < reach->n; i++) {
		if (ph_key_compare(&reach->items[i].key, key) == 0) {
			return 0;
		}
	}
	items = realloc(reach->items, (reach->n + 1) * sizeof(items[0]));
	if (!items) {
		return -ENOMEM;
	}
	reach->items = items;
	items[reach->n++] = (struct ph_reached){ *key, before };
	return 0;
}

int ph_reach_from(struct ph_ledger *ledger, const struct ph_entity_key *from,
		  struct ph_reach *reach)
{
	struct ph_edges edges = { 0 };
	int rc = add_reached(reach, from, 0);

	for (size_t at = 0; rc == 0 && at < reach->n; at++) {
		struct ph_entity_key key = reach->items[at].key;

		rc = ph_edges_of(ledger, &key, &edges);
		for (size_t i = 0; rc == 0 && i < edges.n; i++) {
			rc = add_reached(reach, &edges.items[i].other, at);
		}
	}
	ph_edges_deinit(&edges);
	return rc;
}
