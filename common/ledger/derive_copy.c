/*
 * common/ledger/derive_copy.c - copies: where they are, and the loans open on them.
 *
 * What is shown of a class is the fold of all facts of all its members, under the id of
 * its root; the other members have a row that says so and nothing else.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/cases_find.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/query.h"
#include "common/ledger/store.h"

static const char delete_loan[] = "DELETE FROM ledger_loan WHERE copy = ?1";
static const char delete_way[] = "DELETE FROM ledger_way WHERE copy = ?1";

static int64_t condition_bits(const struct ph_copy *copy)
{
	int64_t bits = 0;

	for (unsigned key = PH_CONDITION_MISSING; key <= PH_CONDITION_WITHDRAWN; key++) {
		bits |= copy->condition[key].set ? (int64_t)1 << key : 0;
	}
	return bits;
}

/* Most of what happens to a copy changes none of this, and then no index is touched. */
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
			       " site = ?4, known = ?5, condition = ?6 WHERE id = ?1"
			       " AND (title IS NOT ?2 OR owner IS NOT ?3"
			       " OR site IS NOT ?4 OR known <> ?5 OR condition <> ?6)",
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
	ph_stmt_int(stmt, 6, condition_bits(copy));
	return ph_stmt_run(stmt);
}

static int put_loan(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    const struct ph_loan *loan)
{
	struct ph_entity_key card, ref;
	struct ph_stmt *stmt;
	int rc;

	if (loan == NULL || !ph_key_id(PH_ENTITY_CARD, &loan->card, &card)) {
		return ph_derive_run(ledger, delete_loan, key);
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT OR REPLACE INTO ledger_loan"
			   "(copy, card, site, due, second, ref)"
			   " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ref = ph_key_ref(PH_ENTITY_COPY, &loan->ref);
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_blob(stmt, 2, ph_key_view(&card));
	ph_stmt_int(stmt, 3, (int64_t)loan->site);
	ph_stmt_int(stmt, 4, loan->has_due ? loan->due : PH_DUE_NEVER);
	ph_stmt_int(stmt, 5, loan->second);
	ph_stmt_blob(stmt, 6, ph_key_view(&ref));
	return ph_stmt_run(stmt);
}

/* The day on which the crate that has the copy is due back, from the dispatch itself. */
static int due_back(struct ph_ledger *ledger, struct ph_copy_class *shown,
		    struct ph_value *due)
{
	int rc = ph_copy_class_facts(ledger, shown);
	const struct ph_fact *dispatch =
		rc != 0 ? NULL : ph_facts_find(&shown->facts, &shown->copy.custody_by);

	*due = (struct ph_value){ 0 };
	if (dispatch != NULL) {
		rc = ph_fact_entry(dispatch, ledger->other);
	}
	if (rc == 0 && dispatch != NULL) {
		*due = ledger->other->field[PH_DISPATCH_DUE_BACK];
	}
	return rc;
}

static int put_way(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_copy_class *shown)
{
	const struct ph_copy *copy = &shown->copy;
	struct ph_entity_key crate;
	struct ph_value due;
	struct ph_stmt *stmt;
	int rc;

	if (copy->custody != PH_CUSTODY_CRATE ||
	    !ph_key_id(PH_ENTITY_CRATE, &copy->in_crate, &crate)) {
		return ph_derive_run(ledger, delete_way, key);
	}
	rc = due_back(ledger, shown, &due);
	rc = rc != 0 ? rc
		     : ph_db_prepare(ledger->db,
				     "INSERT OR REPLACE INTO ledger_way"
				     "(copy, site, crate, origin, second, due_back)"
				     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_int(stmt, 2, (int64_t)copy->to_site);
	ph_stmt_blob(stmt, 3, ph_key_view(&crate));
	ph_stmt_int(stmt, 4, (int64_t)copy->at_site);
	ph_stmt_int(stmt, 5, copy->since);
	if (due.set) {
		ph_stmt_int(stmt, 6, due.as.day);
	} else {
		ph_stmt_null(stmt, 6);
	}
	return ph_stmt_run(stmt);
}

int ph_derive_copy(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state)
{
	static const char insert[] =
		"INSERT OR IGNORE INTO ledger_copy(id, known, condition)"
		" VALUES(?1, 0, 0)";
	static const char delete[] = "DELETE FROM ledger_copy WHERE id = ?1";
	struct ph_keyset *edges = &ledger->batch.derived.edges;
	struct ph_copy copy = { 0 };
	int rc = ph_derive_run(ledger, state.len > 0 ? insert : delete, key);

	if (rc == 0 && ph_db_changes(ledger->db) > 0) {
		rc = ph_class_touch(ledger, key);
	}
	if (rc == 0 && ph_copy_may_have_aliases(state)) {
		rc = ph_copy_decode(state, &copy);
	}
	ph_keyset_clear(edges);
	for (size_t i = 0; rc == 0 && i < copy.n_aliases; i++) {
		struct ph_entity_key other;

		if (ph_key_id(PH_ENTITY_COPY, &copy.aliases[i].other, &other)) {
			rc = ph_keyset_add(edges, &other);
		}
	}
	rc = rc != 0 ? rc : ph_class_edges(ledger, key, edges);
	ph_copy_deinit(&copy);
	return rc != 0 ? rc : ph_keyset_add(&ledger->batch.derived.changed, key);
}

/*
 * Whether LOAN was fed and is of a card whose reader this site has: then the hub tells how
 * it ends. A loan that was written here of what is outside now has ended.
 */
static int is_followed(struct ph_ledger *ledger, const struct ph_loan *loan,
		       bool *followed_out)
{
	struct ph_entity_key card, reader;
	struct ph_ref holder;
	struct ph_log log;
	bool outside = false;
	int rc = ph_journal_log_find(ledger->journal, loan->ref.log_id, &log);

	*followed_out = false;
	if (rc != PH_JOURNAL_E_NONE || !ph_key_id(PH_ENTITY_CARD, &loan->card, &card)) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_derive_outside(ledger, &card, &outside);
	if (rc != 0 || outside) {
		return rc;
	}
	rc = ph_query_reader_of(ledger, &loan->card, &holder);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	reader = ph_key_ref(PH_ENTITY_READER, &holder);
	rc = ph_derive_outside(ledger, &reader, &outside);
	*followed_out = rc == 0 && !outside;
	return rc;
}

/*
 * Of a copy that went elsewhere only others know the rest. An open loan to a reader of
 * this site is told to its end, and stays.
 */
static int forget_where(struct ph_ledger *ledger, struct ph_copy *copy)
{
	const struct ph_loan *open = ph_copy_open_loan(copy);
	bool followed = false;
	int rc = open == NULL ? 0 : is_followed(ledger, open, &followed);

	if (followed) {
		copy->loans[0] = *open;
	}
	copy->n_loans = followed ? 1 : 0;
	copy->custody = PH_CUSTODY_UNKNOWN;
	memset(copy->condition, 0, sizeof copy->condition);
	return rc;
}

int ph_derive_copy_root(struct ph_ledger *ledger, const struct ph_entity_key *root)
{
	struct ph_copy_class shown;
	bool outside = false;
	int rc = ph_copy_class_load(ledger, root, &shown);

	if (rc == PH_LEDGER_E_NONE) {
		return ph_derive_copy_hide(ledger, root);
	}
	if (rc != 0) {
		return rc;
	}
	if (shown.is_own) {
		rc = ph_gists_put(&ledger->batch.gists, root, &shown.copy);
	}
	rc = rc != 0 ? rc : ph_derive_outside(ledger, root, &outside);
	if (rc == 0 && outside) {
		rc = forget_where(ledger, &shown.copy);
	}
	rc = rc != 0 ? rc : put_row(ledger, root, &shown.copy);
	rc = rc != 0 ? rc : put_loan(ledger, root, ph_copy_open_loan(&shown.copy));
	rc = rc != 0 ? rc : put_way(ledger, root, &shown);
	rc = rc != 0 ? rc : ph_cases_of_copy(ledger, root, &shown);
	ph_copy_class_deinit(&shown);
	return rc;
}

int ph_derive_copy_hide(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	static const char blank[] =
		"UPDATE ledger_copy SET title = NULL, owner = NULL, site = NULL,"
		" known = 0, condition = 0 WHERE id = ?1";
	int rc = ph_derive_run(ledger, blank, key);

	rc = rc != 0 ? rc : ph_derive_run(ledger, delete_loan, key);
	rc = rc != 0 ? rc : ph_derive_run(ledger, delete_way, key);
	return rc != 0 ? rc : ph_cases_of_copy(ledger, key, NULL);
}
