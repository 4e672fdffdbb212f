/*
 * common/ledger/derive_copy.c - copies, and the loans that are open on them.
 *
 * What is shown of a class is the fold of all facts of all its members, under the id of
 * its root; the other members have a row that says so and nothing else.
 */
#include <errno.h>

#include "common/ledger/class.h"
#include "common/ledger/copy.h"
#include "common/ledger/store.h"

static const char delete_loan[] = "DELETE FROM ledger_loan WHERE copy = ?1";
static const char delete_cases[] = "DELETE FROM ledger_case WHERE entity = ?1";

static int put_row(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct ph_copy *copy)
{
	const struct ph_register *title =
		ph_registers_get(&copy->registers, PH_COPY_TITLE);
	const struct ph_register *owner =
		ph_registers_get(&copy->registers, PH_COPY_OWNER);
	struct ph_entity_key title_key;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "UPDATE ledger_copy SET title = ?2, owner = ?3,"
			       " site = ?4, known = ?5 WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	if (title != NULL) {
		title_key = ph_key_ref(PH_ENTITY_TITLE, &title->value.as.ref);
		ph_stmt_blob(stmt, 2, ph_key_view(&title_key));
	} else {
		ph_stmt_null(stmt, 2);
	}
	if (owner != NULL) {
		ph_stmt_int(stmt, 3, (int64_t)owner->value.as.uint);
	} else {
		ph_stmt_null(stmt, 3);
	}
	if (copy->custody == PH_CUSTODY_SITE) {
		ph_stmt_int(stmt, 4, (int64_t)copy->at_site);
	} else {
		ph_stmt_null(stmt, 4);
	}
	ph_stmt_int(stmt, 5, copy->registers.n > 0);
	return ph_stmt_run(stmt);
}

static int put_loan(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    const struct ph_loan *loan)
{
	struct ph_entity_key card;
	struct ph_stmt *stmt;
	int rc;

	if (loan == NULL || !ph_key_id(PH_ENTITY_CARD, &loan->card, &card)) {
		return ph_derive_run(ledger, delete_loan, key);
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT OR REPLACE INTO ledger_loan"
			   "(copy, card, site, due, second) VALUES(?1, ?2, ?3, ?4, ?5)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_blob(stmt, 2, ph_key_view(&card));
	ph_stmt_int(stmt, 3, (int64_t)loan->site);
	if (loan->has_due) {
		ph_stmt_int(stmt, 4, loan->due);
	} else {
		ph_stmt_null(stmt, 4);
	}
	ph_stmt_int(stmt, 5, loan->second);
	return ph_stmt_run(stmt);
}

static int put_cases(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     const struct ph_copy *copy)
{
	int rc = ph_derive_run(ledger, delete_cases, key);

	for (size_t i = 0; rc == 0 && i < copy->n_cases; i++) {
		const struct ph_copy_case *one = &copy->cases[i];
		struct ph_entity_key anchor =
			ph_key_ref(PH_ENTITY_COPY, &one->facts[one->n_facts - 1]);
		struct ph_stmt *stmt;

		if (one->kind != PH_CASE_TWO_PLACES) {
			continue;
		}
		rc = ph_db_prepare(ledger->db,
				   "INSERT OR IGNORE INTO ledger_case"
				   "(entity, kind, anchor) VALUES(?1, ?2, ?3)",
				   &stmt);
		if (rc != 0) {
			break;
		}
		ph_stmt_blob(stmt, 1, ph_key_view(key));
		ph_stmt_int(stmt, 2, one->kind);
		ph_stmt_blob(stmt, 3, ph_key_view(&anchor));
		rc = ph_stmt_run(stmt);
	}
	return rc;
}

int ph_derive_copy(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state)
{
	static const char insert[] = "INSERT OR IGNORE INTO ledger_copy(id, known)"
				     " VALUES(?1, 0)";
	static const char delete[] = "DELETE FROM ledger_copy WHERE id = ?1";
	struct ph_keyset *edges = &ledger->batch.derived.edges;
	int rc = ph_derive_run(ledger, state.len > 0 ? insert : delete, key);

	if (rc == 0 && ph_db_changes(ledger->db) > 0) {
		rc = ph_class_touch(ledger, key);
	}
	ph_keyset_clear(edges);
	rc = rc != 0 ? rc : ph_class_edges(ledger, key, edges);
	return rc != 0 ? rc : ph_keyset_add(&ledger->batch.derived.changed, key);
}

int ph_derive_copy_root(struct ph_ledger *ledger, const struct ph_entity_key *root)
{
	struct ph_buf *state = &ledger->bytes;
	struct ph_copy copy;
	int rc;

	state->len = 0;
	rc = ph_ledger_get(ledger, PH_ENTITY_COPY, ph_key_view(root), state);
	if (rc == PH_LEDGER_E_NONE) {
		return ph_derive_copy_hide(ledger, root);
	}
	rc = rc != 0 ? rc : ph_copy_decode(ph_buf_view(state), &copy);
	if (rc != 0) {
		return rc;
	}
	rc = put_row(ledger, root, &copy);
	rc = rc != 0 ? rc : put_loan(ledger, root, ph_copy_open_loan(&copy));
	rc = rc != 0 ? rc : put_cases(ledger, root, &copy);
	ph_copy_deinit(&copy);
	return rc;
}

int ph_derive_copy_hide(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	static const char blank[] =
		"UPDATE ledger_copy SET title = NULL, owner = NULL, site = NULL,"
		" known = 0 WHERE id = ?1";
	int rc = ph_derive_run(ledger, blank, key);

	rc = rc != 0 ? rc : ph_derive_run(ledger, delete_loan, key);
	return rc != 0 ? rc : ph_derive_run(ledger, delete_cases, key);
}
