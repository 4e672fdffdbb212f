/*
 * common/ledger/derive_title.c - titles, and the words by which they are found.
 *
 * A class is found under its root, by the words of all its members. The row of a title
 * is also the row of its words.
 */
#include <errno.h>

#include "common/base/text.h"
#include "common/ledger/class.h"
#include "common/ledger/match.h"
#include "common/ledger/store.h"
#include "common/ledger/title.h"

static int title_row(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     int64_t *row)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT row FROM ledger_title WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	rc = ph_stmt_step(stmt);
	*row = rc == PH_DB_ROW ? ph_stmt_col_int(stmt, 0) : 0;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int delete_words(struct ph_ledger *ledger, int64_t row)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "DELETE FROM ledger_words WHERE rowid = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	return ph_stmt_run(stmt);
}

static int put_row(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   const struct ph_record *title)
{
	return ph_derive_first(ledger,
			       "INSERT INTO ledger_title(id, site, second)"
			       " VALUES(?1, ?2, ?3) ON CONFLICT(id) DO UPDATE"
			       " SET site = excluded.site, second = excluded.second"
			       " WHERE site IS NOT excluded.site"
			       " OR second IS NOT excluded.second",
			       key, title);
}

static int put_edges(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     const struct ph_title *title)
{
	struct ph_keyset *edges = &ledger->batch.derived.edges;
	int rc = 0;

	ph_keyset_clear(edges);
	if (title != NULL && title->record.has_source) {
		struct ph_entity_key source = ph_class_source(
			PH_ENTITY_TITLE,
			PH_VIEW(title->record.source, sizeof title->record.source), 0);

		rc = ph_keyset_add(edges, &source);
	}
	for (size_t i = 0; rc == 0 && title != NULL && i < title->n_merges; i++) {
		struct ph_entity_key other =
			ph_key_ref(PH_ENTITY_TITLE, &title->merges[i].other);

		rc = ph_keyset_add(edges, &other);
	}
	return rc != 0 ? rc : ph_class_edges(ledger, key, edges);
}

/* By what it is recognised, at the hub. */
static int put_match(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     const struct ph_record *title)
{
	struct ph_keyset groups = { 0 };
	int rc = 0;

	if (ledger->config.hub == NULL) {
		return 0;
	}
	if (title != NULL && title->has_first) {
		rc = ph_match_title(&title->registers, &groups);
	}
	rc = rc != 0 ? rc : ph_match_set(ledger, key, &groups);
	ph_keyset_deinit(&groups);
	return rc;
}

static int drop(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	int64_t row;
	int rc = title_row(ledger, key, &row);

	rc = rc != 0 ? rc : delete_words(ledger, row);
	rc = rc != 0 ? rc
		     : ph_derive_run(ledger, "DELETE FROM ledger_title WHERE id = ?1",
				     key);
	rc = rc != 0 ? rc : put_edges(ledger, key, NULL);
	rc = rc != 0 ? rc : put_match(ledger, key, NULL);
	return rc != 0 ? rc : ph_class_touch(ledger, key);
}

static int put(struct ph_ledger *ledger, const struct ph_entity_key *key,
	       struct ph_view state)
{
	struct ph_title title;
	int rc = ph_title_decode(state, &title);

	if (rc != 0) {
		return rc;
	}
	rc = put_row(ledger, key, &title.record);
	rc = rc != 0 ? rc : put_edges(ledger, key, &title);
	rc = rc != 0 ? rc : put_match(ledger, key, &title.record);
	ph_title_deinit(&title);
	return rc;
}

int ph_derive_title(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    struct ph_view state)
{
	int rc = state.len == 0 ? drop(ledger, key) : put(ledger, key, state);

	return rc != 0 ? rc : ph_keyset_add(&ledger->batch.derived.changed, key);
}

/* --- words --- */

/* Append the folded text by which the title in STATE is found. */
static int add_words(struct ph_view state, struct ph_buf *words)
{
	static const unsigned fields[] = { PH_TITLE_NAME, PH_TITLE_AUTHOR,
					   PH_TITLE_VOLUME, PH_TITLE_PUBLISHER,
					   PH_TITLE_ISBN };
	struct ph_record title;
	int rc = ph_record_decode(state, ph_kind_find(PH_KIND_TITLE_PUT), &title);

	if (rc != 0) {
		return rc;
	}

	const struct ph_register *year =
		ph_registers_get(&title.registers, PH_TITLE_YEAR);

	for (size_t i = 0; rc == 0 && i < sizeof fields / sizeof *fields; i++) {
		const struct ph_register *reg =
			ph_registers_get(&title.registers, fields[i]);

		if (reg != NULL) {
			rc = ph_text_fold(reg->value.as.bytes, words);
			rc = rc != 0 ? rc : ph_buf_put_u8(words, ' ');
		}
	}
	if (rc == 0 && year != NULL) {
		rc = ph_buf_printf(words, "%u ", (unsigned)year->value.as.uint);
	}
	ph_record_deinit(&title);
	return rc;
}

static int gather_words(struct ph_ledger *ledger, const struct ph_entity_key *root,
			struct ph_buf *words)
{
	struct ph_keyset members = { 0 };
	struct ph_buf state = { 0 };
	int rc = ph_class_members(ledger, root, &members);

	for (size_t i = 0; rc == 0 && i < members.n; i++) {
		state.len = 0;
		rc = ph_ledger_get(ledger, PH_ENTITY_TITLE, ph_key_view(&members.keys[i]),
				   &state);
		rc = rc != 0 ? rc : add_words(ph_buf_view(&state), words);
		rc = rc == PH_LEDGER_E_NONE ? -EUCLEAN : rc;
	}
	ph_keyset_deinit(&members);
	ph_buf_deinit(&state);
	return rc;
}

int ph_derive_title_root(struct ph_ledger *ledger, const struct ph_entity_key *root)
{
	struct ph_stmt *stmt;
	int64_t row;
	int rc = title_row(ledger, root, &row);

	if (rc != 0 || row == 0) {
		return rc;
	}
	ledger->bytes.len = 0;
	rc = gather_words(ledger, root, &ledger->bytes);
	rc = rc != 0 ? rc : delete_words(ledger, row);
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

int ph_derive_title_hide(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	int64_t row;
	int rc = title_row(ledger, key, &row);

	return rc != 0 || row == 0 ? rc : delete_words(ledger, row);
}
