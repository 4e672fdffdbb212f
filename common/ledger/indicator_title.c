/*
 * common/ledger/indicator_title.c - of what title a copy is, and what language that has.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/indicator_internal.h"
#include "common/ledger/store.h"

/* Language and law of the title ID, as far as they are not known yet. */
static int read_registers(struct ph_ledger *ledger, struct ph_view id,
			  struct ph_reckon_title *title, bool *has_law)
{
	struct ph_buf state = { 0 };
	struct ph_record record = { 0 };
	int64_t law;
	int rc = ph_ledger_get(ledger, PH_ENTITY_TITLE, id, &state);

	rc = rc != 0 ? rc
		     : ph_record_decode(ph_buf_view(&state),
					ph_kind_find(PH_KIND_TITLE_PUT), &record);
	if (rc == 0) {
		if (title->language[0] == '\0') {
			ph_reckon_text(&record, PH_TITLE_LANGUAGE, title->language,
				       sizeof title->language);
		}
		law = ph_reckon_number(&record, PH_TITLE_LAW, -1);
		if (!*has_law && law >= 0) {
			*has_law = true;
			title->is_law = law == 1;
		}
		ph_record_deinit(&record);
	}
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* The title of the copy ROOT, its row and, if it is not one itself, that of its root. */
static int find(struct ph_ledger *ledger, struct ph_view root, struct ph_entity_key *own,
		struct ph_entity_key *top, int64_t *row)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT t.id, r.id, coalesce(r.row, t.row)"
			       " FROM ledger_copy c JOIN ledger_title t ON t.id = c.title"
			       " LEFT JOIN ledger_title r ON r.id = t.root"
			       " WHERE c.id = ?1",
			       &stmt);

	*row = 0;
	top->len = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, root);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		rc = ph_key_bytes(PH_ENTITY_TITLE, ph_stmt_col_blob(stmt, 0), own) &&
				     (ph_stmt_col_is_null(stmt, 1) ||
				      ph_key_bytes(PH_ENTITY_TITLE,
						   ph_stmt_col_blob(stmt, 1), top))
			     ? 0
			     : -EUCLEAN;
		*row = ph_stmt_col_int(stmt, 2);
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_reckon_title_row(struct ph_ledger *ledger, struct ph_view root, int64_t *row_out)
{
	struct ph_entity_key own, top;

	return find(ledger, root, &own, &top, row_out);
}

int ph_reckon_title_of(struct ph_ledger *ledger, struct ph_view root,
		       struct ph_reckon_title *title)
{
	struct ph_entity_key own, top;
	struct ph_reckon_title got = { 0 };
	bool has_law = false;
	int rc = find(ledger, root, &own, &top, &got.root);

	if (rc == 0 && got.root != 0) {
		rc = read_registers(ledger, ph_key_view(&own), &got, &has_law);
	}
	if (rc == 0 && got.root != 0 && top.len > 0) {
		rc = read_registers(ledger, ph_key_view(&top), &got, &has_law);
	}
	*title = got;
	return rc;
}
