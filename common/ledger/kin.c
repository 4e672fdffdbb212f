/*
 * common/ledger/kin.c - what brings the readers of a class together, and who said so.
 *
 * Members are joined by the merges that their states tell, and by an equal source at one
 * site. Each such edge knows the sites in whose logs it was written, so that a class can be
 * looked at without what one site says. All of it is in memory and made from the states
 * and the memo of scope; a class is read once for all sites that are asked about.
 */
#include "common/ledger/kin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/class.h"
#include "common/ledger/reader.h"
#include "common/ledger/store.h"

void ph_kin_deinit(struct ph_kin *kin)
{
	for (size_t i = 0; kin->sites != NULL && i < kin->members.n; i++) {
		ph_sites_deinit(&kin->sites[i]);
	}
	free(kin->sites);
	free(kin->edges);
	free(kin->root);
	ph_keyset_deinit(&kin->members);
	*kin = (struct ph_kin){ 0 };
}

/* The site of the log that an id begins with. */
static int writer_of(struct ph_ledger *ledger, const uint8_t *log_id, uint64_t *site_out)
{
	struct ph_log log;
	int rc = ph_journal_log_find(ledger->journal, log_id, &log);

	*site_out = rc == 0 ? log.site : 0;
	return rc < 0 ? rc : 0;
}

static int add_edge(struct ph_kin *kin, const struct ph_kin_edge *edge)
{
	int rc = ph_state_grow((void **)&kin->edges, kin->n_edges, &kin->cap_edges,
			       sizeof *kin->edges);

	if (rc == 0) {
		kin->edges[kin->n_edges++] = *edge;
	}
	return rc;
}

static int add_merges(struct ph_ledger *ledger, struct ph_kin *kin, size_t at,
		      const struct ph_reader *reader)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reader->n_merges; i++) {
		const struct ph_edge *merge = &reader->merges[i];
		struct ph_entity_key other = ph_key_ref(PH_ENTITY_READER, &merge->other);
		struct ph_kin_edge edge = { .a = at };

		if (!ph_keyset_find(&kin->members, &other, &edge.b) || edge.b < at) {
			continue; /* it is not here, or has told it */
		}
		rc = writer_of(ledger, merge->ref.log_id, &edge.site);
		edge.other_site = edge.site;
		rc = rc != 0 ? rc : add_edge(kin, &edge);
	}
	return rc;
}

/* SOURCES has what was met, in the order of FIRST, which member it was met at. */
static int add_source(struct ph_ledger *ledger, struct ph_kin *kin, size_t at,
		      const struct ph_reader *reader, struct ph_keyset *sources,
		      size_t *first)
{
	struct ph_kin_edge edge = { .a = at };
	struct ph_entity_key source;
	size_t met;
	int rc;

	if (!reader->record.has_source) {
		return 0;
	}
	source = ph_class_source(
		PH_ENTITY_READER,
		PH_VIEW(reader->record.source, sizeof reader->record.source),
		reader->record.site);
	if (!ph_keyset_find(sources, &source, &met)) {
		first[sources->n] = at;
		return ph_keyset_add(sources, &source);
	}
	edge.b = first[met];
	rc = writer_of(ledger, kin->members.keys[edge.a].id, &edge.site);
	rc = rc != 0 ? rc
		     : writer_of(ledger, kin->members.keys[edge.b].id, &edge.other_site);
	return rc != 0 ? rc : add_edge(kin, &edge);
}

static int add_member(struct ph_ledger *ledger, struct ph_kin *kin, size_t at,
		      struct ph_keyset *sources, size_t *first)
{
	const struct ph_entity_key *key = &kin->members.keys[at];
	struct ph_buf state = { 0 };
	struct ph_reader reader;
	int rc = ph_ledger_get(ledger, PH_ENTITY_READER, ph_key_view(key), &state);

	rc = rc != 0 ? rc : ph_reader_decode(ph_buf_view(&state), &reader);
	if (rc == 0) {
		rc = add_merges(ledger, kin, at, &reader);
		rc = rc != 0 ? rc : add_source(ledger, kin, at, &reader, sources, first);
		rc = rc != 0 ? rc : ph_scope_reader(ledger, key, &kin->sites[at]);
		ph_reader_deinit(&reader);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0; /* of one that is not here nothing follows */
}

/* The class of KEY in place of what KIN held, if it is another. */
static int load(struct ph_ledger *ledger, const struct ph_entity_key *key,
		struct ph_kin *kin)
{
	struct ph_keyset sources = { 0 };
	size_t *first;
	int rc;

	if (ph_keyset_has(&kin->members, key)) {
		return 0;
	}
	ph_kin_deinit(kin);
	rc = ph_class_members(ledger, key, &kin->members);
	if (rc == 0) {
		kin->sites = calloc(kin->members.n + 1, sizeof *kin->sites);
		kin->root = calloc(kin->members.n + 1, sizeof *kin->root);
	}
	first = calloc(kin->members.n + 1, sizeof *first);
	if (rc == 0 && (!kin->sites || !kin->root || !first)) {
		rc = -ENOMEM;
	}
	for (size_t i = 0; rc == 0 && i < kin->members.n; i++) {
		rc = add_member(ledger, kin, i, &sources, first);
	}
	if (rc != 0) {
		ph_kin_deinit(kin);
	}
	free(first);
	ph_keyset_deinit(&sources);
	return rc;
}

/* --- asking --- */

static size_t find_root(size_t *root, size_t at)
{
	while (root[at] != at) {
		root[at] = root[root[at]];
		at = root[at];
	}
	return at;
}

static bool reaches(struct ph_kin *kin, const struct ph_entity_key *key, uint64_t site)
{
	size_t at;

	if (!ph_keyset_find(&kin->members, key, &at)) {
		return false;
	}
	if (ph_sites_has(&kin->sites[at], site)) {
		return true;
	}
	for (size_t i = 0; i < kin->members.n; i++) {
		kin->root[i] = i;
	}
	for (size_t i = 0; i < kin->n_edges; i++) {
		const struct ph_kin_edge *edge = &kin->edges[i];

		if (edge->site != site && edge->other_site != site) {
			kin->root[find_root(kin->root, edge->a)] =
				find_root(kin->root, edge->b);
		}
	}
	at = find_root(kin->root, at);
	for (size_t i = 0; i < kin->members.n; i++) {
		if (find_root(kin->root, i) == at && ph_sites_has(&kin->sites[i], site)) {
			return true;
		}
	}
	return false;
}

int ph_kin_concerns(struct ph_ledger *ledger, struct ph_kin *kin,
		    const struct ph_entity_key *key, uint64_t site, bool *yes_out)
{
	bool alone;
	int rc = ph_class_is_alone(ledger, key, &alone);

	*yes_out = true;
	if (rc == 0 && !alone) {
		rc = load(ledger, key, kin);
		*yes_out = rc == 0 && reaches(kin, key, site);
	}
	return rc;
}
