/*
 * common/ledger/derive.c - what queries read: a few columns of each state.
 *
 * Rewritten whenever the state is, in the same transaction, from nothing but the
 * state; an entity that is gone takes its rows along.
 */
#include <errno.h>
#include <string.h>

#include "common/base/text.h"
#include "common/ledger/card.h"
#include "common/ledger/copy.h"
#include "common/ledger/store.h"

static int delete_by(struct ph_ledger *ledger, const char *sql, struct ph_view id)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	return ph_stmt_run(stmt);
}

static void bind_ref(struct ph_stmt *stmt, int index, struct ph_entity_key *key,
		     const struct ph_ref *ref)
{
	if (ref == NULL) {
		ph_stmt_null(stmt, index);
		return;
	}
	*key = ph_key_ref(PH_ENTITY_TITLE, ref);
	ph_stmt_blob(stmt, index, ph_key_view(key));
}

/* --- copies --- */

static const char delete_loan[] = "DELETE FROM ledger_loan WHERE copy = ?1";
static const char delete_cases[] = "DELETE FROM ledger_case WHERE entity = ?1";

static int put_copy(struct ph_ledger *ledger, struct ph_view id,
		    const struct ph_copy *copy)
{
	const struct ph_register *title =
		ph_registers_get(&copy->registers, PH_COPY_TITLE);
	const struct ph_register *owner =
		ph_registers_get(&copy->registers, PH_COPY_OWNER);
	struct ph_entity_key key;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_copy"
			       "(id, title, owner, site, known)"
			       " VALUES(?1, ?2, ?3, ?4, ?5)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	bind_ref(stmt, 2, &key, title == NULL ? NULL : &title->value.as.ref);
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

static int put_loan(struct ph_ledger *ledger, struct ph_view id,
		    const struct ph_loan *loan)
{
	struct ph_entity_key card;
	struct ph_stmt *stmt;
	int rc;

	if (loan == NULL || !ph_key_id(PH_ENTITY_CARD, &loan->card, &card)) {
		return delete_by(ledger, delete_loan, id);
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT OR REPLACE INTO ledger_loan"
			   "(copy, card, site, due, second) VALUES(?1, ?2, ?3, ?4, ?5)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
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

static int put_cases(struct ph_ledger *ledger, struct ph_view id,
		     const struct ph_copy *copy)
{
	int rc = delete_by(ledger, delete_cases, id);

	for (size_t i = 0; rc == 0 && i < copy->n_cases; i++) {
		struct ph_entity_key anchor;
		struct ph_stmt *stmt;

		rc = ph_db_prepare(ledger->db,
				   "INSERT OR IGNORE INTO ledger_case"
				   "(entity, kind, anchor) VALUES(?1, ?2, ?3)",
				   &stmt);
		if (rc != 0) {
			break;
		}
		ph_stmt_blob(stmt, 1, id);
		ph_stmt_int(stmt, 2, copy->cases[i].kind);
		bind_ref(stmt, 3, &anchor, &copy->cases[i].anchor);
		rc = ph_stmt_run(stmt);
	}
	return rc;
}

static int derive_copy(struct ph_ledger *ledger, struct ph_view id, struct ph_view state)
{
	struct ph_copy copy;
	int rc;

	if (state.len == 0) {
		rc = delete_by(ledger, "DELETE FROM ledger_copy WHERE id = ?1", id);
		rc = rc != 0 ? rc : delete_by(ledger, delete_loan, id);
		return rc != 0 ? rc : delete_by(ledger, delete_cases, id);
	}
	rc = ph_copy_decode(state, &copy);
	if (rc != 0) {
		return rc;
	}
	rc = put_copy(ledger, id, &copy);
	rc = rc != 0 ? rc : put_loan(ledger, id, ph_copy_open_loan(&copy));
	rc = rc != 0 ? rc : put_cases(ledger, id, &copy);
	ph_copy_deinit(&copy);
	return rc;
}

/* --- cards and readers --- */

/* Source, site and second, where they are known, as parameters 2 to 4. */
static void bind_first(struct ph_stmt *stmt, const struct ph_record *record)
{
	if (record->has_source) {
		ph_stmt_blob(stmt, 2, PH_VIEW(record->source, sizeof record->source));
	} else {
		ph_stmt_null(stmt, 2);
	}
	if (record->has_first) {
		ph_stmt_int(stmt, 3, (int64_t)record->site);
		ph_stmt_int(stmt, 4, record->second);
	} else {
		ph_stmt_null(stmt, 3);
		ph_stmt_null(stmt, 4);
	}
}

static int derive_card(struct ph_ledger *ledger, struct ph_view id, struct ph_view state)
{
	struct ph_entity_key reader;
	struct ph_card card;
	struct ph_stmt *stmt;
	int rc;

	if (state.len == 0) {
		return delete_by(ledger, "DELETE FROM ledger_card WHERE id = ?1", id);
	}
	rc = ph_card_decode(state, &card);
	if (rc != 0) {
		return rc;
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT OR REPLACE INTO ledger_card(id, reader)"
			   " VALUES(?1, ?2)",
			   &stmt);
	if (rc == 0) {
		ph_stmt_blob(stmt, 1, id);
		bind_ref(stmt, 2, &reader, &card.issues[card.n - 1].reader);
		rc = ph_stmt_run(stmt);
	}
	ph_card_deinit(&card);
	return rc;
}

static int derive_reader(struct ph_ledger *ledger, struct ph_view id,
			 struct ph_view state)
{
	struct ph_record reader;
	struct ph_stmt *stmt;
	int rc;

	if (state.len == 0) {
		return delete_by(ledger, "DELETE FROM ledger_reader WHERE id = ?1", id);
	}
	rc = ph_record_decode(state, ph_kind_find(PH_KIND_READER_PUT), &reader);
	if (rc != 0) {
		return rc;
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT OR REPLACE INTO ledger_reader"
			   "(id, source, site, second) VALUES(?1, ?2, ?3, ?4)",
			   &stmt);
	if (rc == 0) {
		ph_stmt_blob(stmt, 1, id);
		bind_first(stmt, &reader);
		rc = ph_stmt_run(stmt);
	}
	ph_record_deinit(&reader);
	return rc;
}

/* --- titles --- */

static int title_row(struct ph_ledger *ledger, struct ph_view id, int64_t *row)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT row FROM ledger_title WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	rc = ph_stmt_step(stmt);
	*row = rc == PH_DB_ROW ? ph_stmt_col_int(stmt, 0) : 0;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int delete_title(struct ph_ledger *ledger, int64_t row)
{
	static const char *const sql[] = { "DELETE FROM ledger_title WHERE row = ?1",
					   "DELETE FROM ledger_words WHERE rowid = ?1" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && row != 0 && i < 2; i++) {
		struct ph_stmt *stmt;

		rc = ph_db_prepare(ledger->db, sql[i], &stmt);
		if (rc == 0) {
			ph_stmt_int(stmt, 1, row);
			rc = ph_stmt_run(stmt);
		}
	}
	return rc;
}

/* The folded text by which a title is found. */
static int title_words(const struct ph_record *title, struct ph_buf *words)
{
	static const unsigned fields[] = { PH_TITLE_NAME, PH_TITLE_AUTHOR,
					   PH_TITLE_VOLUME, PH_TITLE_PUBLISHER,
					   PH_TITLE_ISBN };
	const struct ph_register *year =
		ph_registers_get(&title->registers, PH_TITLE_YEAR);
	int rc = 0;

	words->len = 0;
	for (size_t i = 0; rc == 0 && i < sizeof fields / sizeof *fields; i++) {
		const struct ph_register *reg =
			ph_registers_get(&title->registers, fields[i]);

		if (reg != NULL) {
			rc = ph_text_fold(reg->value.as.bytes, words);
			rc = rc != 0 ? rc : ph_buf_put_u8(words, ' ');
		}
	}
	if (rc == 0 && year != NULL) {
		rc = ph_buf_printf(words, "%u", (unsigned)year->value.as.uint);
	}
	return rc;
}

static int put_words(struct ph_ledger *ledger, int64_t row, const struct ph_record *title)
{
	struct ph_stmt *stmt;
	int rc = title_words(title, &ledger->bytes);

	rc = rc != 0 ? rc
		     : ph_db_prepare(ledger->db,
				     "INSERT INTO ledger_words(rowid, words)"
				     " VALUES(?1, ?2)",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_text(stmt, 2, ph_buf_view(&ledger->bytes));
	return ph_stmt_run(stmt);
}

static int put_title(struct ph_ledger *ledger, int64_t row, struct ph_view id,
		     const struct ph_record *title)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT INTO ledger_title(id, source, site, second, row)"
			       " VALUES(?1, ?2, ?3, ?4, ?5)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, id);
	bind_first(stmt, title);
	if (row != 0) {
		ph_stmt_int(stmt, 5, row);
	} else {
		ph_stmt_null(stmt, 5);
	}
	return ph_stmt_run(stmt);
}

static int derive_title(struct ph_ledger *ledger, struct ph_view id, struct ph_view state)
{
	struct ph_record title;
	int64_t row;
	int rc = title_row(ledger, id, &row);

	rc = rc != 0 ? rc : delete_title(ledger, row);
	if (rc != 0 || state.len == 0) {
		return rc;
	}
	rc = ph_record_decode(state, ph_kind_find(PH_KIND_TITLE_PUT), &title);
	if (rc != 0) {
		return rc;
	}
	rc = put_title(ledger, row, id, &title);
	if (rc == 0) {
		rc = put_words(ledger, row != 0 ? row : ph_db_last_rowid(ledger->db),
			       &title);
	}
	ph_record_deinit(&title);
	return rc;
}

int ph_derive(struct ph_ledger *ledger, const struct ph_entity_key *key,
	      struct ph_view state)
{
	struct ph_view id = ph_key_view(key);

	switch (key->type) {
	case PH_ENTITY_COPY:
		return derive_copy(ledger, id, state);
	case PH_ENTITY_CARD:
		return derive_card(ledger, id, state);
	case PH_ENTITY_READER:
		return derive_reader(ledger, id, state);
	case PH_ENTITY_TITLE:
		return derive_title(ledger, id, state);
	default:
		return 0;
	}
}
