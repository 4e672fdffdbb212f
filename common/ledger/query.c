/*
 * common/ledger/query.c - lists over many entities.
 *
 * They read the small tables that derive.c keeps, and for a name or a case the
 * state of the entity. Nothing is written; only the database or memory can fail.
 */
#include "common/ledger/query.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/cases_view.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/naming.h"
#include "common/ledger/store.h"

static int finish(struct ph_show *show, int rc, json_t **out)
{
	if (rc != 0) {
		json_decref(show->object);
		return rc;
	}
	return ph_show_done(show, out);
}

/* Step STMT to its end, appending to a new array what ROW makes of each row. */
static int collect(struct ph_ledger *ledger, struct ph_stmt *stmt,
		   int (*row)(struct ph_ledger *ledger, struct ph_stmt *stmt,
			      json_t **one),
		   json_t **out)
{
	json_t *array = json_array();
	int rc = array == NULL ? -ENOMEM : 0;

	while (rc == 0 && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		json_t *one = NULL;

		rc = row(ledger, stmt, &one);
		rc = rc != 0 ? rc : ph_show_append(array, one);
	}
	ph_stmt_reset(stmt);
	if (rc != 0) {
		json_decref(array);
		return rc;
	}
	*out = array;
	return 0;
}

/* --- loans --- */

#define LOAN_COLUMNS                                                                     \
	"SELECT l.copy, l.card, l.site, l.second, l.due, c.title, l.ref"                 \
	" FROM ledger_loan l LEFT JOIN ledger_copy c ON c.id = l.copy"
#define LOAN_ORDER " ORDER BY l.due, l.second, l.copy LIMIT ?4"

static int loan_row(struct ph_ledger *ledger, struct ph_stmt *stmt, json_t **one)
{
	struct ph_show show = ph_show_begin();
	int64_t due = ph_stmt_col_int(stmt, 4);
	int rc;

	ph_name_id(&show, "copy", ph_stmt_col_blob(stmt, 0));
	ph_name_id(&show, "card", ph_stmt_col_blob(stmt, 1));
	ph_show_number(&show, "site", (uint64_t)ph_stmt_col_int(stmt, 2));
	ph_show_time(&show, "time", ph_stmt_col_int(stmt, 3));
	if (due != PH_DUE_NEVER) {
		ph_show_day(&show, "due", due);
	}
	ph_name_ref(&show, "title", ph_stmt_col_blob(stmt, 5));
	rc = ph_name_title(ledger, &show, ph_stmt_col_blob(stmt, 5));
	ph_name_ref(&show, "loan", ph_stmt_col_blob(stmt, 6));
	return finish(&show, rc, one);
}

static void drop_cards(json_t *loans)
{
	json_t *loan;
	size_t i;

	json_array_foreach(loans, i, loan)
	{
		(void)json_object_del(loan, "card");
	}
}

int ph_query_loans(struct ph_ledger *ledger, const struct ph_loan_filter *filter,
		   json_t **out)
{
	static const char by_card[] =
		LOAN_COLUMNS " WHERE l.card = ?1 AND (?2 = 0 OR l.site = ?2)"
			     " AND l.due <= ?3" LOAN_ORDER;
	static const char by_site[] =
		LOAN_COLUMNS " WHERE l.site = ?2 AND l.due <= ?3" LOAN_ORDER;
	static const char all[] = LOAN_COLUMNS " WHERE l.due <= ?3" LOAN_ORDER;
	struct ph_entity_key card;
	struct ph_stmt *stmt;
	const char *sql = filter->card != NULL ? by_card
			  : filter->site != 0  ? by_site
					       : all;

	if (filter->card != NULL && !ph_key_id(PH_ENTITY_CARD, filter->card, &card)) {
		*out = json_array();
		return *out == NULL ? -ENOMEM : 0;
	}

	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	if (filter->card != NULL) {
		ph_stmt_blob(stmt, 1, ph_key_view(&card));
	} else {
		ph_stmt_null(stmt, 1);
	}
	ph_stmt_int(stmt, 2, (int64_t)filter->site);
	ph_stmt_int(stmt, 3, filter->overdue ? filter->day - 1 : PH_DUE_NEVER);
	ph_stmt_int(stmt, 4, filter->limit == 0 ? -1 : (int64_t)filter->limit);
	rc = collect(ledger, stmt, loan_row, out);
	if (rc == 0 && filter->no_cards) {
		drop_cards(*out);
	}
	return rc;
}

/* --- copies, cards --- */

static int copy_row(struct ph_ledger *ledger, struct ph_stmt *stmt, json_t **one)
{
	struct ph_show show = ph_show_begin();

	(void)ledger;
	ph_name_id(&show, "copy", ph_stmt_col_blob(stmt, 0));
	if (!ph_stmt_col_is_null(stmt, 1)) {
		ph_show_number(&show, "owner", (uint64_t)ph_stmt_col_int(stmt, 1));
	}
	if (!ph_stmt_col_is_null(stmt, 2)) {
		ph_show_number(&show, "site", (uint64_t)ph_stmt_col_int(stmt, 2));
	}
	ph_show_set(&show, "lent", json_boolean(ph_stmt_col_int(stmt, 3) != 0));
	return ph_show_done(&show, one);
}

int ph_query_root(struct ph_ledger *ledger, enum ph_entity type, const struct ph_ref *ref,
		  struct ph_ref *root_out)
{
	struct ph_entity_key key = ph_key_ref(type, ref), root;
	int rc = ph_class_root(ledger, &key, &root);

	return rc != 0 ? rc : ph_key_get_ref(ph_key_view(&root), root_out) ? 0 : -EUCLEAN;
}

int ph_query_members(struct ph_ledger *ledger, enum ph_entity type,
		     const struct ph_ref *ref, struct ph_ref *out, size_t max,
		     size_t *count_out)
{
	struct ph_entity_key key = ph_key_ref(type, ref);
	struct ph_keyset members = { 0 };
	struct ph_buf state = { 0 };
	int rc = ph_ledger_get(ledger, type, ph_key_view(&key), &state);

	ph_buf_deinit(&state);
	*count_out = 0;
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_class_members(ledger, &key, &members);
	for (size_t i = 0; rc == 0 && i < members.n; i++) {
		struct ph_ref member;

		if (!ph_key_get_ref(ph_key_view(&members.keys[i]), &member)) {
			rc = -EUCLEAN;
		} else if (i < max) {
			out[i] = member;
		}
	}
	if (rc == 0) {
		*count_out = members.n;
	}
	ph_keyset_deinit(&members);
	return rc;
}

int ph_query_copies(struct ph_ledger *ledger, const struct ph_ref *title, json_t **out)
{
	static const char sql[] =
		"SELECT c.id, c.owner, c.site,"
		" EXISTS(SELECT 1 FROM ledger_loan l WHERE l.copy = c.id)"
		" FROM ledger_copy c WHERE c.title IN (" PH_CLASS_OF(
			"ledger_title") ") ORDER BY c.id";
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, title);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	return collect(ledger, stmt, copy_row, out);
}

static int card_row(struct ph_ledger *ledger, struct ph_stmt *stmt, json_t **one)
{
	struct ph_id id;

	(void)ledger;
	if (!ph_key_get_id(ph_stmt_col_blob(stmt, 0), &id)) {
		return -EUCLEAN;
	}
	*one = ph_show_id_json(&id);
	return *one == NULL ? -ENOMEM : 0;
}

int ph_query_cards(struct ph_ledger *ledger, const struct ph_ref *reader, json_t **out)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, reader);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT id FROM ledger_card WHERE reader IN (" PH_CLASS_OF(
				       "ledger_reader") ") ORDER BY id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	return collect(ledger, stmt, card_row, out);
}

int ph_query_reader_of(struct ph_ledger *ledger, const struct ph_id *card,
		       struct ph_ref *reader)
{
	struct ph_entity_key key;
	struct ph_stmt *stmt;
	int rc;

	if (!ph_key_id(PH_ENTITY_CARD, card, &key)) {
		return PH_LEDGER_E_NONE;
	}
	rc = ph_db_prepare(ledger->db, "SELECT reader FROM ledger_card WHERE id = ?1",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		rc = ph_stmt_col_is_null(stmt, 0) ? PH_LEDGER_E_NONE
		     : ph_key_get_ref(ph_stmt_col_blob(stmt, 0), reader) ? 0
									 : -EUCLEAN;
	} else if (rc == 0) {
		rc = PH_LEDGER_E_NONE;
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* --- cases --- */

/* The loan that REF names and the one it closed. */
static int show_two_places(struct ph_ledger *ledger, json_t *object,
			   const struct ph_case_row *row)
{
	const struct ph_ref *ref = &row->refs[row->n_refs - 1];
	struct ph_show show = { .object = object };
	struct ph_copy_class shown;
	int rc = ph_copy_class_load(ledger, &row->subject, &shown);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	for (size_t i = 1; i < shown.copy.n_loans; i++) {
		if (ph_ref_equal(&shown.copy.loans[i].ref, ref)) {
			ph_show_set(&show, "first",
				    ph_show_loan(&shown.copy.loans[i - 1]));
			ph_show_set(&show, "second", ph_show_loan(&shown.copy.loans[i]));
		}
	}
	ph_copy_class_deinit(&shown);
	return show.failed ? -ENOMEM : 0;
}

struct cases {
	struct ph_ledger *ledger;
	json_t *array;
};

static int on_case(void *data, const struct ph_case_row *row)
{
	struct cases *cases = data;
	json_t *one = NULL;
	int rc = ph_case_show(cases->ledger, row, &one);

	if (rc == 0 && row->kind == PH_CASE_TWO_PLACES) {
		rc = show_two_places(cases->ledger, one, row);
	}
	if (rc != 0) {
		json_decref(one);
		return rc;
	}
	return ph_show_append(cases->array, one);
}

int ph_query_cases(struct ph_ledger *ledger, json_t **out)
{
	const struct ph_case_filter filter = { 0 };
	struct cases cases = { .ledger = ledger, .array = json_array() };
	int rc = cases.array == NULL ? -ENOMEM
				     : ph_cases_each(ledger, &filter, on_case, &cases);

	if (rc != 0) {
		json_decref(cases.array);
		return rc;
	}
	*out = cases.array;
	return 0;
}
