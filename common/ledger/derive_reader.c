/* common/ledger/derive_reader.c - readers and cards. No name of anybody is in a table. */
#include "common/ledger/card.h"
#include "common/ledger/class.h"
#include "common/ledger/match.h"
#include "common/ledger/reader.h"
#include "common/ledger/store.h"

/* --- readers --- */

static int put_row(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct ph_record *reader)
{
	return ph_derive_first(ledger,
			       "INSERT INTO ledger_reader(id, site, second, barred)"
			       " VALUES(?1, ?2, ?3, 0) ON CONFLICT(id) DO UPDATE"
			       " SET site = excluded.site, second = excluded.second"
			       " WHERE site IS NOT excluded.site"
			       " OR second IS NOT excluded.second",
			       key, reader);
}

/* Whether a block or an erasure may bar loans. */
static int put_barred(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      const struct ph_reader *reader)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "UPDATE ledger_reader SET barred = ?2"
			       " WHERE id = ?1 AND barred <> ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_int(stmt, 2, reader->erased || reader->n_blocks > 0);
	return ph_stmt_run(stmt);
}

static int put_edges(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     const struct ph_reader *reader)
{
	struct ph_keyset *edges = &ledger->batch.derived.edges;
	int rc = 0;

	ph_keyset_clear(edges);
	if (reader != NULL && reader->record.has_source) {
		struct ph_entity_key source = ph_class_source(
			PH_ENTITY_READER,
			PH_VIEW(reader->record.source, sizeof reader->record.source),
			reader->record.site);

		rc = ph_keyset_add(edges, &source);
	}
	for (size_t i = 0; rc == 0 && reader != NULL && i < reader->n_merges; i++) {
		struct ph_entity_key other =
			ph_key_ref(PH_ENTITY_READER, &reader->merges[i].other);

		rc = ph_keyset_add(edges, &other);
	}
	return rc != 0 ? rc : ph_class_edges(ledger, key, edges);
}

/* By what it is recognised, at the hub: a hash that only the hub can make. */
static int put_match(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     const struct ph_reader *reader)
{
	const struct ph_ledger_hub *hub = ledger->config.hub;
	struct ph_entity_key group = { .type = PH_MATCH_READER, .len = PH_MATCH_SIZE };
	struct ph_keyset groups = { 0 };
	int rc = 1;

	if (hub == NULL) {
		return 0;
	}
	if (reader != NULL && reader->record.has_first && !reader->erased) {
		rc = hub->match(hub->data, &reader->record.registers, group.id);
	}
	rc = rc == 0 ? ph_keyset_add(&groups, &group) : rc < 0 ? rc : 0;
	rc = rc != 0 ? rc : ph_match_set(ledger, key, &groups);
	ph_keyset_deinit(&groups);
	return rc;
}

static int put(struct ph_ledger *ledger, const struct ph_entity_key *key,
	       struct ph_view state)
{
	struct ph_reader reader;
	int rc = ph_reader_decode(state, &reader);

	if (rc != 0) {
		return rc;
	}
	rc = put_row(ledger, key, &reader.record);
	rc = rc != 0 ? rc : put_barred(ledger, key, &reader);
	rc = rc != 0 ? rc : put_edges(ledger, key, &reader);
	rc = rc != 0 ? rc : put_match(ledger, key, &reader);
	ph_reader_deinit(&reader);
	return rc;
}

static int drop(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	int rc = ph_derive_run(ledger, "DELETE FROM ledger_reader WHERE id = ?1", key);

	rc = rc != 0 ? rc : put_edges(ledger, key, NULL);
	rc = rc != 0 ? rc : put_match(ledger, key, NULL);
	return rc != 0 ? rc : ph_class_touch(ledger, key);
}

int ph_derive_reader(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_view state)
{
	int rc = state.len == 0 ? drop(ledger, key) : put(ledger, key, state);

	return rc != 0 ? rc : ph_keyset_add(&ledger->batch.derived.changed, key);
}

/* --- cards --- */

static int put_card(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    const struct ph_card *card)
{
	struct ph_entity_key reader;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT INTO ledger_card(id, reader, barred)"
			       " VALUES(?1, ?2, ?3)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	if (card->n_issues > 0) {
		reader = ph_key_ref(PH_ENTITY_READER,
				    &card->issues[card->n_issues - 1].reader);
		ph_stmt_blob(stmt, 2, ph_key_view(&reader));
	} else {
		ph_stmt_null(stmt, 2);
	}
	ph_stmt_int(stmt, 3, card->erased || card->n_stops > 0);
	return ph_stmt_run(stmt);
}

int ph_derive_card(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state)
{
	struct ph_card card;
	int rc = ph_derive_run(ledger, "DELETE FROM ledger_card WHERE id = ?1", key);

	rc = rc != 0 ? rc : ph_keyset_add(&ledger->batch.derived.asking, key);
	if (rc != 0 || state.len == 0) {
		return rc;
	}
	rc = ph_card_decode(state, &card);
	if (rc == 0) {
		rc = put_card(ledger, key, &card);
		ph_card_deinit(&card);
	}
	return rc;
}
