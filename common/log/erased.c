/*
 * common/log/erased.c - readers and cards that were erased, and which entries name them.
 *
 * That an entry does follows from its bytes: it has the card, or it refers to the reader, or to an
 * entry that does. So what is remembered does not depend on what came first, but for one: an entry
 * that refers to another which has not come. Whoever comes late is noted as such, and what
 * refers to it is looked for once (common/ledger/hers.c).
 */
#include "common/log/erased.h"

#include <errno.h>
#include <string.h>

#include "common/log/journal_internal.h"
#include "common/log/kinds.h"

/* --- the table --- */

void ph_erased_ref(uint8_t out[static PH_ERASED_REF_SIZE], const struct ph_ref *ref)
{
	memcpy(out, ref->log_id, sizeof(ref->log_id));
	ph_be64_put(out + sizeof(ref->log_id), ref->n);
	memcpy(out + sizeof(ref->log_id) + 8, ref->hash, sizeof(ref->hash));
}

int ph_erased_put(struct ph_db *db, enum ph_erased type, struct ph_view id)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		db, "INSERT OR IGNORE INTO erased(type, id) VALUES(?1, ?2)", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, type);
	ph_stmt_blob(stmt, 2, id);
	return ph_stmt_run(stmt);
}

/* What a query for one row says: whether there is one. It is reset. 0 or negative errno. */
static int any_row(struct ph_stmt *stmt, bool *any_out)
{
	int64_t one = 0;
	int rc = ph_journal_one_int(stmt, &one);

	*any_out = rc == 0;
	return rc < 0 ? rc : 0;
}

int ph_erased_has(struct ph_db *db, enum ph_erased type, struct ph_view id, bool *has_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "SELECT 1 FROM erased WHERE type = ?1 AND id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, type);
	ph_stmt_blob(stmt, 2, id);
	return any_row(stmt, has_out);
}

int ph_erased_any(struct ph_db *db, bool *any_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "SELECT 1 FROM erased LIMIT 1", &stmt);

	return rc != 0 ? rc : any_row(stmt, any_out);
}

int ph_erased_has_entry(struct ph_db *db, const struct ph_ref *ref, bool *has_out)
{
	uint8_t id[PH_ERASED_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT 1 FROM erased WHERE type IN (11, 100, 101)"
			       " AND id = ?1 LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_erased_ref(id, ref);
	ph_stmt_blob(stmt, 1, PH_VIEW(id, sizeof(id)));
	return any_row(stmt, has_out);
}

int ph_erased_note_entry(struct ph_db *db, const struct ph_ref *ref)
{
	uint8_t id[PH_ERASED_REF_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "INSERT OR IGNORE INTO erased(type, id) SELECT 101, ?1"
			       " WHERE NOT EXISTS(SELECT 1 FROM erased"
			       " WHERE type = 100 AND id = ?1)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_erased_ref(id, ref);
	ph_stmt_blob(stmt, 1, PH_VIEW(id, sizeof(id)));
	return ph_stmt_run(stmt);
}

/* --- whom an entry names --- */

/*
 * The fields by which kinds refer to a reader, or to an entry about one. Not a loan's hold, and not
 * what a charge or a payment is for: what is on another's card is another's.
 */
static const struct {
	uint64_t kind;
	unsigned field;
} named[] = {
	{ PH_KIND_NOTE, PH_NOTE_ABOUT },
	{ PH_KIND_READER_PUT, PH_READER_READER },
	{ PH_KIND_CONSENT, PH_CONSENT_READER },
	{ PH_KIND_CARD_ISSUE, PH_CARD_READER },
	{ PH_KIND_READER_BLOCK, PH_BLOCK_READER },
	{ PH_KIND_READER_UNBLOCK, PH_UNBLOCK_READER },
	{ PH_KIND_READER_MERGE, PH_READER_MERGE_READER },
	{ PH_KIND_READER_MERGE, PH_READER_MERGE_OTHER },
	{ PH_KIND_READER_UNMERGE, PH_READER_UNMERGE_MERGES },
	{ PH_KIND_RENEW, PH_RENEW_LOAN },
	{ PH_KIND_READER_LOST, PH_READER_LOST_LOAN },
	{ PH_KIND_HOLD_CANCEL, PH_HOLD_CANCEL_HOLD },
	{ PH_KIND_HOLD_READY, PH_HOLD_READY_HOLD },
	{ PH_KIND_VOID, PH_VOID_TARGET },
};
#define NAMED (sizeof(named) / sizeof(named[0]))

bool ph_erased_may_name(uint64_t kind)
{
	const struct ph_kind *known = ph_kind_find(kind);

	for (size_t i = 0; i < NAMED; i++) {
		if (named[i].kind == kind) {
			return true;
		}
	}
	for (size_t i = 0; known != NULL && i < known->n_fields; i++) {
		if (known->fields[i].type == PH_T_CARD_ID) {
			return true;
		}
	}
	return false;
}

/* CARD as an id, of *LEN bytes; false: it is none that can be erased. */
static bool card_id(const struct ph_id *card, uint8_t id[static 8 + PH_CODE_MAX],
		    size_t *len)
{
	if (card->code.len == 0 || card->code.len > PH_CODE_MAX) {
		return false;
	}
	ph_be64_put(id, card->ns);
	memcpy(id + 8, card->code.data, card->code.len);
	*len = 8 + card->code.len;
	return true;
}

/* SQL with CARD as its parameter. 0: it gave a row; PH_JOURNAL_E_NONE; negative errno. */
static int run_on_card(struct ph_db *db, const char *sql, const struct ph_id *card)
{
	uint8_t id[8 + PH_CODE_MAX];
	struct ph_stmt *stmt;
	size_t len = 0;
	int64_t one;
	int rc = card_id(card, id, &len) ? ph_db_prepare(db, sql, &stmt)
					 : PH_JOURNAL_E_NONE;

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, len));
	return ph_journal_one_int(stmt, &one);
}

/* To whom a card is issued its issue says: it is theirs by that, or by an order that names the card. */
static int has_card(struct ph_db *db, bool is_issue, const struct ph_id *card,
		    bool *has_out)
{
	static const char named_sql[] =
		"SELECT 1 FROM erased WHERE type = 12 AND id = ?1";
	static const char any_sql[] =
		"SELECT 1 FROM erased WHERE type IN (12, 104) AND id = ?1 LIMIT 1";
	int rc = run_on_card(db, is_issue ? named_sql : any_sql, card);

	*has_out = rc == 0;
	return rc < 0 ? rc : 0;
}

static int names_card(struct ph_db *db, const struct ph_entry *entry, bool *names_out)
{
	bool is_issue = entry->number == PH_KIND_CARD_ISSUE;
	int rc = 0;

	for (size_t i = 0; rc == 0 && !*names_out && i < entry->kind->n_fields; i++) {
		if (entry->kind->fields[i].type == PH_T_CARD_ID && entry->field[i].set) {
			rc = has_card(db, is_issue, &entry->field[i].as.id, names_out);
		}
	}
	return rc;
}

static int names_any(struct ph_db *db, const struct ph_list *list, bool *names_out)
{
	struct ph_list_iter iter = ph_list_begin(list);
	struct ph_ref ref;
	int rc = 0;

	while (rc == 0 && !*names_out && ph_list_next_ref(&iter, &ref)) {
		rc = ph_erased_has_entry(db, &ref, names_out);
	}
	return rc;
}

static int names_entry(struct ph_db *db, const struct ph_entry *entry, bool *names_out)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && !*names_out && i < NAMED; i++) {
		const struct ph_value *value = &entry->field[named[i].field];

		if (named[i].kind != entry->number || !value->set) {
			continue;
		}
		rc = entry->kind->fields[named[i].field].type == PH_T_REFS
			     ? names_any(db, &value->as.list, names_out)
			     : ph_erased_has_entry(db, &value->as.ref, names_out);
	}
	return rc;
}

/* A registration that was erased: it has no other name than its own. */
static bool is_first(const struct ph_entry *entry)
{
	return entry->number == PH_KIND_READER_PUT && !entry->field[PH_READER_READER].set;
}

int ph_erased_names(struct ph_db *db, const struct ph_entry *entry,
		    const struct ph_ref *ref, bool *names_out)
{
	int rc;

	*names_out = false;
	if (is_first(entry)) {
		return ref != NULL ? ph_erased_has_entry(db, ref, names_out) : 0;
	}
	rc = names_card(db, entry, names_out);
	return rc != 0 || *names_out ? rc : names_entry(db, entry, names_out);
}

/* CARD was issued to somebody who was not erased. */
static int let_go(struct ph_db *db, const struct ph_id *card)
{
	int rc = run_on_card(db, "DELETE FROM erased WHERE type = 104 AND id = ?1", card);

	return rc < 0 ? rc : 0;
}

static int look_closely(struct ph_db *db, struct ph_ref *ref, struct ph_view bytes,
			bool *is_out)
{
	uint8_t e[PH_HASH_SIZE];
	struct ph_entry entry;
	bool any = false;
	int rc = ph_erased_any(db, &any);

	rc = rc == 0 && any ? ph_entry_decode(bytes, &entry) : rc;
	if (rc != 0 || !any) {
		return rc < 0 ? rc : 0;
	}
	ph_entry_hash(bytes, e);
	memcpy(ref->hash, e, sizeof(ref->hash));
	rc = ph_erased_names(db, &entry, ref, is_out);
	if (rc == 0 && !*is_out && entry.number == PH_KIND_CARD_ISSUE) {
		return let_go(db, &entry.field[PH_CARD_CARD].as.id);
	}
	return rc == 0 && *is_out ? ph_erased_note_entry(db, ref) : rc;
}

int ph_erased_look(struct ph_db *db, const uint8_t log_id[static PH_LOG_ID_SIZE],
		   uint64_t n, struct ph_view bytes, bool *is_out)
{
	struct ph_ref ref = { .n = n };
	uint64_t kind = 0;
	uint64_t stamp = 0;

	*is_out = false;
	memcpy(ref.log_id, log_id, sizeof(ref.log_id));
	return ph_entry_peek(bytes, &kind, &stamp) && ph_erased_may_name(kind)
		       ? look_closely(db, &ref, bytes, is_out)
		       : 0;
}
