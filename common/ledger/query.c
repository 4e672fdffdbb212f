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

#include "common/ledger/card.h"
#include "common/ledger/class.h"
#include "common/ledger/record.h"
#include "common/ledger/show.h"
#include "common/ledger/store.h"

/* Step STMT to its end, appending to a new array what ROW makes of each row. */
static int collect(struct ph_stmt *stmt, int (*row)(struct ph_stmt *stmt, json_t **one),
		   json_t **out)
{
	json_t *array = json_array();
	int rc = array == NULL ? -ENOMEM : 0;

	while (rc == 0 && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		json_t *one = NULL;

		rc = row(stmt, &one);
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

static void show_key_id(struct ph_show *show, const char *name, struct ph_view bytes)
{
	struct ph_id id;

	if (ph_key_get_id(bytes, &id)) {
		ph_show_id(show, name, &id);
	} else {
		show->failed = true;
	}
}

static void show_key_ref(struct ph_show *show, const char *name, struct ph_view bytes)
{
	struct ph_ref ref;

	if (ph_key_get_ref(bytes, &ref)) {
		ph_show_ref(show, name, &ref);
	}
}

/* The name in the state of a title; none if STATE is empty. */
static void show_name_in(struct ph_show *show, struct ph_view state)
{
	struct ph_record title;

	if (state.len == 0 ||
	    ph_record_decode(state, ph_kind_find(PH_KIND_TITLE_PUT), &title) != 0) {
		return;
	}

	const struct ph_register *name =
		ph_registers_get(&title.registers, PH_TITLE_NAME);

	if (name != NULL) {
		ph_show_text(show, "title_name", name->value.as.bytes);
	}
	ph_record_deinit(&title);
}

/* --- loans --- */

/* Type 10 is PH_ENTITY_TITLE. */
#define LOAN_COLUMNS                                                                     \
	"SELECT l.copy, l.card, l.site, l.second, l.due, c.title, e.state"               \
	" FROM ledger_loan l LEFT JOIN ledger_copy c ON c.id = l.copy"                   \
	" LEFT JOIN ledger_entity e ON e.type = 10 AND e.id = c.title"
#define LOAN_ORDER " ORDER BY l.due IS NULL, l.due, l.second, l.copy LIMIT ?4"

static int loan_row(struct ph_stmt *stmt, json_t **one)
{
	struct ph_show show = ph_show_begin();

	show_key_id(&show, "copy", ph_stmt_col_blob(stmt, 0));
	show_key_id(&show, "card", ph_stmt_col_blob(stmt, 1));
	ph_show_number(&show, "site", (uint64_t)ph_stmt_col_int(stmt, 2));
	ph_show_time(&show, "time", ph_stmt_col_int(stmt, 3));
	if (!ph_stmt_col_is_null(stmt, 4)) {
		ph_show_day(&show, "due", ph_stmt_col_int(stmt, 4));
	}
	show_key_ref(&show, "title", ph_stmt_col_blob(stmt, 5));
	show_name_in(&show, ph_stmt_col_blob(stmt, 6));
	return ph_show_done(&show, one);
}

int ph_query_loans(struct ph_ledger *ledger, const struct ph_loan_filter *filter,
		   json_t **out)
{
	static const char by_card[] =
		LOAN_COLUMNS " WHERE l.card = ?1 AND (?2 = 0 OR l.site = ?2)"
			     " AND (?3 IS NULL OR l.due < ?3)" LOAN_ORDER;
	static const char by_site[] =
		LOAN_COLUMNS " WHERE ?1 IS NULL AND l.site = ?2"
			     " AND (?3 IS NULL OR l.due < ?3)" LOAN_ORDER;
	static const char all[] =
		LOAN_COLUMNS " WHERE ?1 IS NULL AND ?2 = 0"
			     " AND (?3 IS NULL OR l.due < ?3)" LOAN_ORDER;
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
	if (filter->overdue) {
		ph_stmt_int(stmt, 3, filter->day);
	} else {
		ph_stmt_null(stmt, 3);
	}
	ph_stmt_int(stmt, 4, filter->limit == 0 ? -1 : (int64_t)filter->limit);
	return collect(stmt, loan_row, out);
}

/* --- copies, cards --- */

static int copy_row(struct ph_stmt *stmt, json_t **one)
{
	struct ph_show show = ph_show_begin();

	show_key_id(&show, "copy", ph_stmt_col_blob(stmt, 0));
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
	return collect(stmt, copy_row, out);
}

static int card_row(struct ph_stmt *stmt, json_t **one)
{
	struct ph_id id;

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
	return collect(stmt, card_row, out);
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
		rc = ph_key_get_ref(ph_stmt_col_blob(stmt, 0), reader) ? 0 : -EUCLEAN;
	} else if (rc == 0) {
		rc = PH_LEDGER_E_NONE;
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* --- cases --- */

/* The loan that ANCHOR names and the one it closed. */
static int show_two_places(struct ph_show *show, struct ph_view state,
			   const struct ph_ref *anchor)
{
	struct ph_copy copy;
	int rc = ph_copy_decode(state, &copy);

	if (rc != 0) {
		return rc;
	}
	for (size_t i = 1; i < copy.n_loans; i++) {
		if (ph_ref_equal(&copy.loans[i].ref, anchor)) {
			ph_show_set(show, "first", ph_show_loan(&copy.loans[i - 1]));
			ph_show_set(show, "second", ph_show_loan(&copy.loans[i]));
		}
	}
	ph_copy_deinit(&copy);
	return 0;
}

static int case_row(struct ph_stmt *stmt, json_t **one)
{
	struct ph_show show = ph_show_begin();
	struct ph_ref anchor;
	int rc = ph_key_get_ref(ph_stmt_col_blob(stmt, 1), &anchor) ? 0 : -EUCLEAN;

	ph_show_set(&show, "case", json_string("loans-in-two-places"));
	if (rc == 0) {
		ph_show_ref(&show, "anchor", &anchor);
		rc = show_two_places(&show, ph_stmt_col_blob(stmt, 2), &anchor);
	}
	show_key_id(&show, "copy", ph_stmt_col_blob(stmt, 0));
	show_name_in(&show, ph_stmt_col_blob(stmt, 3));
	if (rc != 0) {
		json_decref(show.object);
		return rc;
	}
	return ph_show_done(&show, one);
}

int ph_query_cases(struct ph_ledger *ledger, json_t **out)
{
	/* Types 13 and 10 are PH_ENTITY_COPY and PH_ENTITY_TITLE. */
	static const char sql[] =
		"SELECT k.entity, k.anchor, s.state, t.state FROM ledger_case k"
		" JOIN ledger_entity s ON s.type = 13 AND s.id = k.entity"
		" LEFT JOIN ledger_copy c ON c.id = k.entity"
		" LEFT JOIN ledger_entity t ON t.type = 10 AND t.id = c.title"
		" ORDER BY k.entity, k.kind, k.anchor";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	return rc != 0 ? rc : collect(stmt, case_row, out);
}

uint64_t ph_query_count_cases(struct ph_ledger *ledger)
{
	struct ph_stmt *stmt;
	uint64_t count = 0;

	if (ph_db_prepare(ledger->db, "SELECT count(*) FROM ledger_case", &stmt) != 0) {
		return 0;
	}
	if (ph_stmt_step(stmt) == PH_DB_ROW) {
		count = (uint64_t)ph_stmt_col_int(stmt, 0);
	}
	ph_stmt_reset(stmt);
	return count;
}
