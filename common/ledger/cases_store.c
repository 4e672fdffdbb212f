/*
 * common/ledger/cases_store.c - the rows of cases, and how they change.
 *
 * Each case belongs to one subject (a copy, a crate, a log ...). When something of the
 * subject changed, all its cases are found again, and compared with those that are
 * there: what is the same stays, what is not is written, and what is gone is deleted.
 * Whether a case waits follows from the last decision in its own entity's state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases_find.h"
#include "common/ledger/store.h"

/* --- the list of a subject --- */

void ph_case_list_deinit(struct ph_case_list *list)
{
	free(list->items);
	free(list->refs);
	free(list->sites);
	*list = (struct ph_case_list){ 0 };
}

int ph_case_list_add(struct ph_case_list *list, unsigned kind, struct ph_view anchor)
{
	int rc = anchor.len > PH_CASE_ANCHOR_MAX
			 ? -EUCLEAN
			 : ph_state_grow((void **)&list->items, list->n, &list->cap,
					 sizeof *list->items);

	if (rc != 0) {
		return rc;
	}

	struct ph_case_item *item = &list->items[list->n++];

	*item = (struct ph_case_item){ .kind = kind,
				       .anchor_len = anchor.len,
				       .first_ref = list->n_refs,
				       .first_site = list->n_sites,
				       .second = INT64_MAX };
	memcpy(item->anchor, anchor.data, anchor.len);
	return 0;
}

int ph_case_list_ref(struct ph_case_list *list, const struct ph_ref *ref, int64_t second)
{
	struct ph_case_item *item = &list->items[list->n - 1];
	int rc = item->n_refs >= PH_CASE_REFS_MAX
			 ? 0
			 : ph_state_grow((void **)&list->refs, list->n_refs,
					 &list->cap_refs, sizeof *list->refs);

	if (rc != 0 || item->n_refs >= PH_CASE_REFS_MAX) {
		return rc;
	}
	list->refs[list->n_refs++] = *ref;
	item->n_refs++;
	if (second < item->second) {
		item->second = second;
	}
	return 0;
}

int ph_case_list_site(struct ph_case_list *list, uint64_t site)
{
	struct ph_case_item *item = &list->items[list->n - 1];
	uint64_t *sites = list->sites == NULL ? NULL : &list->sites[item->first_site];
	size_t at = 0;

	if (site == 0) {
		return 0;
	}
	while (at < item->n_sites && sites[at] < site) {
		at++;
	}
	if (at < item->n_sites && sites[at] == site) {
		return 0;
	}

	int rc = ph_state_grow((void **)&list->sites, list->n_sites, &list->cap_sites,
			       sizeof *list->sites);

	if (rc != 0) {
		return rc;
	}
	sites = &list->sites[item->first_site];
	memmove(&sites[at + 1], &sites[at], (item->n_sites - at) * sizeof *sites);
	sites[at] = site;
	item->n_sites++;
	list->n_sites++;
	return 0;
}

/* --- rows --- */

static int run_with_id(struct ph_ledger *ledger, const char *sql, const uint8_t *id)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_CASE_ID_SIZE));
	return ph_stmt_run(stmt);
}

static struct ph_entity_key case_key(const uint8_t *id)
{
	struct ph_entity_key key = { .type = PH_ENTITY_CASE, .len = PH_CASE_ID_SIZE };

	memcpy(key.id, id, PH_CASE_ID_SIZE);
	return key;
}

/* The case comes, changes or goes in this batch. */
static int note(struct ph_ledger *ledger, const uint8_t *id)
{
	struct ph_entity_key key = case_key(id);

	return ph_keyset_add(&ledger->batch.derived.cases, &key);
}

static int delete_case(struct ph_ledger *ledger, const uint8_t *id)
{
	int rc = note(ledger, id);

	rc = rc != 0 ? rc
		     : run_with_id(ledger, "DELETE FROM ledger_case WHERE id = ?1", id);

	return rc != 0 ? rc
		       : run_with_id(ledger, "DELETE FROM ledger_case_site WHERE id = ?1",
				     id);
}

/* What the last decision makes of a case whose facts have this digest. */
static int read_status(struct ph_ledger *ledger, const uint8_t *id, const uint8_t *facts,
		       enum ph_case_status *status)
{
	struct ph_buf state = { 0 };
	struct ph_case_state decided;
	int rc = ph_ledger_get(ledger, PH_ENTITY_CASE, PH_VIEW(id, PH_CASE_ID_SIZE),
			       &state);

	*status = PH_CASE_OPEN;
	if (rc == 0) {
		rc = ph_case_state_decode(ph_buf_view(&state), &decided);
	}
	if (rc == 0) {
		const struct ph_decision *last =
			&decided.decisions[decided.n_decisions - 1];

		*status = memcmp(last->facts, facts, PH_CASE_FACTS_SIZE) == 0
				  ? PH_CASE_DECIDED
				  : PH_CASE_REOPENED;
		ph_case_state_deinit(&decided);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

static int put_refs(struct ph_buf *out, const struct ph_ref *refs, size_t n)
{
	int rc = 0;

	out->len = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct ph_entity_key key = ph_key_ref(PH_ENTITY_EVENT, &refs[i]);

		rc = ph_buf_put_view(out, ph_key_view(&key));
	}
	return rc;
}

static int insert_site(struct ph_ledger *ledger, const struct ph_case_row *row,
		       uint64_t site)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT INTO ledger_case_site(site, closed, second, id)"
			       " VALUES(?1, ?2, ?3, ?4)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	ph_stmt_int(stmt, 2, row->status == PH_CASE_DECIDED);
	ph_stmt_int(stmt, 3, row->second);
	ph_stmt_blob(stmt, 4, PH_VIEW(row->id, sizeof row->id));
	return ph_stmt_run(stmt);
}

static int insert_case(struct ph_ledger *ledger, const struct ph_case_row *row)
{
	struct ph_buf refs = { 0 };
	struct ph_stmt *stmt;
	int rc = put_refs(&refs, row->refs, row->n_refs);

	rc = rc != 0 ? rc : note(ledger, row->id);
	rc = rc != 0 ? rc
		     : ph_db_prepare(ledger->db,
				     "INSERT INTO ledger_case(id, kind, anchor, type,"
				     " subject, refs, second, facts, status, closed)"
				     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
				     &stmt);
	if (rc != 0) {
		goto out;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(row->id, sizeof row->id));
	ph_stmt_int(stmt, 2, row->kind);
	ph_stmt_blob(stmt, 3, PH_VIEW(row->anchor, row->anchor_len));
	ph_stmt_int(stmt, 4, row->subject.type);
	ph_stmt_blob(stmt, 5, ph_key_view(&row->subject));
	ph_stmt_blob(stmt, 6, ph_buf_view(&refs));
	ph_stmt_int(stmt, 7, row->second);
	ph_stmt_blob(stmt, 8, PH_VIEW(row->facts, sizeof row->facts));
	ph_stmt_int(stmt, 9, row->status);
	ph_stmt_int(stmt, 10, row->status == PH_CASE_DECIDED);
	rc = ph_stmt_run(stmt);
	for (size_t i = 0; rc == 0 && i < row->n_sites; i++) {
		rc = insert_site(ledger, row, row->sites[i]);
	}
out:
	ph_buf_deinit(&refs);
	return rc;
}

/* --- change --- */

static bool is_equal(const struct ph_case_row *a, const struct ph_case_row *b)
{
	return a->second == b->second && a->status == b->status &&
	       memcmp(a->facts, b->facts, sizeof a->facts) == 0 &&
	       ph_key_compare(&a->subject, &b->subject) == 0 &&
	       a->n_sites == b->n_sites &&
	       (a->n_sites == 0 ||
		memcmp(a->sites, b->sites, a->n_sites * sizeof *a->sites) == 0);
}

/* ROW borrows from LIST. */
static int put_item(struct ph_ledger *ledger, const struct ph_entity_key *subject,
		    const struct ph_case_list *list, size_t at, struct ph_case_row *row)
{
	const struct ph_case_item *item = &list->items[at];
	struct ph_case_row held;
	int rc;

	*row = (struct ph_case_row){ .kind = item->kind,
				     .anchor_len = item->anchor_len,
				     .subject = *subject,
				     .refs = &list->refs[item->first_ref],
				     .n_refs = item->n_refs,
				     .second = item->second,
				     .sites = item->n_sites == 0
						      ? NULL
						      : &list->sites[item->first_site],
				     .n_sites = item->n_sites };
	memcpy(row->anchor, item->anchor, item->anchor_len);
	ph_case_id(row->id, row->kind, PH_VIEW(row->anchor, row->anchor_len));
	ph_case_facts(row->facts, row->refs, row->n_refs);
	rc = read_status(ledger, row->id, row->facts, &row->status);
	rc = rc != 0 ? rc : ph_case_get(ledger, row->id, &held);
	if (rc == PH_LEDGER_E_NONE) {
		return insert_case(ledger, row);
	}
	if (rc != 0) {
		return rc;
	}
	if (!is_equal(row, &held)) {
		rc = delete_case(ledger, row->id);
		rc = rc != 0 ? rc : insert_case(ledger, row);
	}
	ph_case_row_deinit(&held);
	return rc;
}

/* The cases that SUBJECT has until now, as entities. */
static int held_cases(struct ph_ledger *ledger, const struct ph_entity_key *subject,
		      struct ph_keyset *held)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT id FROM ledger_case"
			       " WHERE type = ?1 AND subject = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, subject->type);
	ph_stmt_blob(stmt, 2, ph_key_view(subject));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_view id = ph_stmt_col_blob(stmt, 0);
		struct ph_entity_key key;

		rc = id.len != PH_CASE_ID_SIZE ? -EUCLEAN : 0;
		if (rc == 0) {
			key = case_key(id.data);
			rc = ph_keyset_add(held, &key);
		}
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_cases_has(struct ph_ledger *ledger, const struct ph_entity_key *key, bool *has)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT 1 FROM ledger_case"
			       " WHERE type = ?1 AND subject = ?2 LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	*has = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

int ph_cases_replace(struct ph_ledger *ledger, const struct ph_entity_key *subject,
		     struct ph_case_list *list)
{
	struct ph_keyset held = { 0 }, found = { 0 };
	bool outside = false;
	int rc = held_cases(ledger, subject, &held);

	rc = rc != 0 ? rc : ph_derive_outside(ledger, subject, &outside);
	for (size_t i = 0; rc == 0 && !outside && i < list->n; i++) {
		struct ph_case_row row;
		struct ph_entity_key key;

		rc = put_item(ledger, subject, list, i, &row);
		key = case_key(row.id);
		rc = rc != 0 ? rc : ph_keyset_add(&found, &key);
	}
	for (size_t i = 0; rc == 0 && i < held.n; i++) {
		if (!ph_keyset_has(&found, &held.keys[i])) {
			rc = delete_case(ledger, held.keys[i].id);
		}
	}
	ph_keyset_deinit(&held);
	ph_keyset_deinit(&found);
	return rc;
}

int ph_cases_decided(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	struct ph_case_row row;
	enum ph_case_status status = PH_CASE_OPEN;
	int rc = key->len == PH_CASE_ID_SIZE ? ph_case_get(ledger, key->id, &row)
					     : PH_LEDGER_E_NONE;

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = read_status(ledger, row.id, row.facts, &status);
	if (rc == 0 && status != row.status) {
		row.status = status;
		rc = delete_case(ledger, row.id);
		rc = rc != 0 ? rc : insert_case(ledger, &row);
	}
	ph_case_row_deinit(&row);
	return rc;
}
