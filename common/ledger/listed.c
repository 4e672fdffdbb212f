/*
 * common/ledger/listed.c - what a receive by list names.
 *
 * A crate-receive that takes a crate as listed names each copy that a dispatch of the
 * crate names, so its facts follow from those of the crate, whichever came first. When
 * a dispatch or such a receive of a crate came or changed, the receives' copies are
 * found again from the crate's facts and compared with those on record (ledger_listed);
 * each copy that they name or named is folded again.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/ledger/store.h"

struct listed {
	struct ph_ledger *ledger;
	const struct ph_entity_key *crate;
	struct ph_facts facts;
	struct ph_keyset copies; /* of the dispatches */
	struct ph_keyset have;   /* of one receive, on record */
	struct ph_entry *entry;
};

/* --- on record --- */

static int run(struct ph_ledger *ledger, const char *sql, const struct listed *listed,
	       const struct ph_facts_row *row, const struct ph_entity_key *copy)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(listed->crate));
	ph_stmt_int(stmt, 2, row->log);
	ph_stmt_int(stmt, 3, (int64_t)row->n);
	ph_stmt_blob(stmt, 4, ph_key_view(copy));
	return ph_stmt_run(stmt);
}

/* Type 13 is PH_ENTITY_COPY, 14 PH_ENTITY_CRATE. */
static int put(struct listed *listed, const struct ph_facts_row *row,
	       const struct ph_entity_key *copy)
{
	static const char fact[] =
		"INSERT OR REPLACE INTO ledger_fact(type, id, log, n, hash, second, tick,"
		" unsure, flags, site, entry) SELECT 13, ?4, log, n, hash, second, tick,"
		" unsure, flags, site, NULL FROM ledger_fact"
		" WHERE type = 14 AND id = ?1 AND log = ?2 AND n = ?3";
	static const char note[] = "INSERT OR IGNORE INTO ledger_listed"
				   "(crate, log, n, copy) VALUES(?1, ?2, ?3, ?4)";
	int rc = run(listed->ledger, fact, listed, row, copy);

	rc = rc != 0 ? rc : run(listed->ledger, note, listed, row, copy);
	return rc != 0 ? rc : ph_keyset_add(&listed->ledger->batch.dirty, copy);
}

static int drop(struct listed *listed, const struct ph_facts_row *row,
		const struct ph_entity_key *copy)
{
	static const char fact[] = "DELETE FROM ledger_fact WHERE type = 13 AND id = ?4"
				   " AND log = ?2 AND n = ?3 AND ?1 = ?1";
	static const char note[] = "DELETE FROM ledger_listed WHERE crate = ?1"
				   " AND log = ?2 AND n = ?3 AND copy = ?4";
	int rc = run(listed->ledger, fact, listed, row, copy);

	rc = rc != 0 ? rc : run(listed->ledger, note, listed, row, copy);
	return rc != 0 ? rc : ph_keyset_add(&listed->ledger->batch.dirty, copy);
}

static int load_have(struct listed *listed, const struct ph_facts_row *row)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(listed->ledger->db,
			       "SELECT copy FROM ledger_listed"
			       " WHERE crate = ?1 AND log = ?2 AND n = ?3",
			       &stmt);

	ph_keyset_clear(&listed->have);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(listed->crate));
	ph_stmt_int(stmt, 2, row->log);
	ph_stmt_int(stmt, 3, (int64_t)row->n);
	return ph_keyset_read(&listed->have, PH_ENTITY_COPY, stmt);
}

/* --- what should be --- */

static int add_copies(const struct ph_value *list, struct ph_keyset *copies)
{
	struct ph_list_iter iter;
	struct ph_entity_key key;
	struct ph_id id;
	int rc = 0;

	if (!list->set) {
		return 0;
	}
	iter = ph_list_begin(&list->as.list);
	while (rc == 0 && ph_list_next_id(&iter, &id)) {
		if (ph_key_id(PH_ENTITY_COPY, &id, &key)) {
			rc = ph_keyset_add(copies, &key);
		}
	}
	return rc;
}

static int gather(struct listed *listed)
{
	int rc = 0;

	ph_keyset_clear(&listed->copies);
	for (size_t i = 0; rc == 0 && i < listed->facts.n; i++) {
		if (listed->facts.rows[i].off) {
			continue;
		}
		rc = ph_fact_entry(&listed->facts.items[i], listed->entry);
		if (rc == 0 && listed->entry->number == PH_KIND_CRATE_DISPATCH) {
			rc = add_copies(&listed->entry->field[PH_DISPATCH_COPIES],
					&listed->copies);
		}
	}
	return rc;
}

static int settle(struct listed *listed, const struct ph_facts_row *row,
		  const struct ph_value *scanned)
{
	struct ph_keyset own = { 0 };
	int rc = load_have(listed, row);

	rc = rc != 0 ? rc : add_copies(scanned, &own);
	for (size_t i = 0; rc == 0 && !row->off && i < listed->copies.n; i++) {
		const struct ph_entity_key *copy = &listed->copies.keys[i];

		if (!ph_keyset_has(&own, copy)) {
			rc = put(listed, row, copy);
		}
	}
	for (size_t i = 0; rc == 0 && i < listed->have.n; i++) {
		const struct ph_entity_key *copy = &listed->have.keys[i];

		if (row->off || !ph_keyset_has(&listed->copies, copy)) {
			rc = drop(listed, row, copy);
		}
	}
	ph_keyset_deinit(&own);
	return rc;
}

static int settle_crate(struct listed *listed)
{
	int rc = ph_facts_load_rows(listed->ledger, listed->crate, &listed->facts);

	rc = rc != 0 ? rc : gather(listed);
	for (size_t i = 0; rc == 0 && i < listed->facts.n; i++) {
		const struct ph_value *field = listed->entry->field;

		rc = ph_fact_entry(&listed->facts.items[i], listed->entry);
		if (rc == 0 &&
		    listed->facts.rows[i].log > 0 && /* the hub tells the others' */
		    listed->entry->number == PH_KIND_CRATE_RECEIVE &&
		    field[PH_RECEIVE_LISTED].set &&
		    field[PH_RECEIVE_LISTED].as.uint != 0) {
			rc = settle(listed, &listed->facts.rows[i],
				    &field[PH_RECEIVE_COPIES]);
		}
	}
	return rc;
}

int ph_listed_finish(struct ph_ledger *ledger)
{
	struct ph_keyset *crates = &ledger->batch.crates;
	struct listed listed = { .ledger = ledger };
	int rc = 0;

	if (crates->n == 0) {
		return 0;
	}
	listed.entry = malloc(sizeof *listed.entry);
	if (listed.entry == NULL) {
		rc = -ENOMEM;
	}
	for (size_t i = 0; rc == 0 && i < crates->n; i++) {
		listed.crate = &crates->keys[i];
		rc = settle_crate(&listed);
	}
	ph_facts_deinit(&listed.facts);
	ph_keyset_deinit(&listed.copies);
	ph_keyset_deinit(&listed.have);
	free(listed.entry);
	return rc;
}
