/*
 * common/ledger/hers.c - what was written about readers who were erased, beside their own entries.
 *
 * A loan is filed under its copy, a charge under its account, a hold under itself; a note may be
 * about any of them. All that name a reader or a card that was erased are found in one pass over
 * what is filed, by their bytes (common/log/erased.c): so also a loan that is void, or that a policy has
 * cut from its card, as long as it is on file here. What refers to one of these (a renewal that
 * names the loan, a cancelled hold, a void) is found from there. Each is remembered, so that a note
 * that comes later is known as it comes; and what comes late itself is noted then, and followed here.
 *
 * An order names the cards that the hub knew. One that was issued to her where the hub had not heard
 * of it yet, or since, is hers as well, unless it was issued to somebody else, too.
 *
 * Which return ended a loan no entry says. The state of the copy does, as it is when the loan is
 * found, or when a return came later and the copy was out on such a card until then.
 */
#include "common/ledger/hers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/copy.h"
#include "common/ledger/fed.h"
#include "common/ledger/notes.h"
#include "common/ledger/store.h"

#define META_GATHERED "erase_gathered" /* mark_of() at the last pass */

static bool is_apart(const struct ph_ledger *ledger)
{
	return ledger->db != ph_journal_db(ledger->journal);
}

/* --- what waits --- */

/* How many readers and cards are erased, and by which table of kinds entries are read; 0: nobody is. */
static int mark_of(struct ph_ledger *ledger, int64_t *mark_out)
{
	uint8_t table[8];
	int64_t count = 0;
	int rc = ph_db_read_int(ledger->db,
				"SELECT count(*) FROM erased WHERE type IN (11, 12, 104)",
				&count);

	ph_kinds_hash(table);
	*mark_out = count == 0 ? 0
			       : (int64_t)((ph_be64_get(table) + (uint64_t)count) &
					   (uint64_t)INT64_MAX);
	return rc;
}

/* Whether anybody was erased since the last pass, or more kinds are known. */
static int is_new(struct ph_ledger *ledger, bool *new_out)
{
	int64_t mark = 0;
	int64_t gathered = 0;
	int rc = mark_of(ledger, &mark);

	rc = rc != 0 ? rc
		     : ph_journal_meta_get_int(ledger->journal, META_GATHERED, &gathered);
	*new_out = mark != gathered;
	return rc < 0 ? rc : 0;
}

int ph_hers_waits(struct ph_ledger *ledger, bool *waits_out)
{
	int64_t late = 0;
	int rc;

	*waits_out = false;
	if (is_apart(ledger)) {
		return 0;
	}
	rc = is_new(ledger, waits_out);
	rc = rc != 0 ? rc
		     : ph_db_read_int(ledger->db,
				      "SELECT EXISTS(SELECT 1 FROM erased"
				      " WHERE type IN (101, 103))",
				      &late);
	*waits_out = *waits_out || late != 0;
	return rc;
}

/* --- entries on file --- */

/* The reference of what stands in row LOG at N with HASH. */
static int ref_of(struct ph_ledger *ledger, int64_t log, int64_t n, struct ph_view hash,
		  struct ph_ref *ref)
{
	const struct ph_cursor *cursor;
	int rc = hash.len == sizeof(ref->hash) ? 0 : -EUCLEAN;

	rc = rc != 0 ? rc : ph_ledger_cursor_of(ledger, log, &cursor);
	if (rc == 0) {
		ref->n = (uint64_t)n;
		memcpy(ref->log_id, cursor->id, sizeof(ref->log_id));
		memcpy(ref->hash, hash.data, sizeof(ref->hash));
	}
	return rc;
}

/* Note the entry REF, in hers->entry, if it names one of them; *NAMES_OUT. */
static int look(struct ph_hers *hers, const struct ph_ref *ref, bool *names_out)
{
	int rc = ph_erased_names(hers->ledger->db, hers->entry, ref, names_out);

	return rc == 0 && *names_out ? ph_erased_note_entry(hers->ledger->db, ref) : rc;
}

static int look_at_row(struct ph_hers *hers, struct ph_stmt *stmt)
{
	struct ph_view bytes = ph_stmt_col_blob(stmt, 3);
	int64_t row = ph_stmt_col_int(stmt, 0);
	uint64_t kind, stamp;
	struct ph_ref ref;
	bool names = false;
	int rc;

	if (!ph_entry_peek(bytes, &kind, &stamp) || !ph_erased_may_name(kind)) {
		return 0;
	}
	rc = ph_entry_decode(bytes, hers->entry);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ref_of(hers->ledger, row, ph_stmt_col_int(stmt, 1),
		    ph_stmt_col_blob(stmt, 2), &ref);
	rc = rc != 0 ? rc : look(hers, &ref, &names);
	/* of a kind that was not known as it came */
	return rc == 0 && names && hers->entry->kind->n_sealed > 0
		       ? hers->drop(hers->data, row, &ref)
		       : rc;
}

/* All that by itself names somebody who was erased. */
static int gather(struct ph_hers *hers)
{
	struct ph_stmt *stmt;
	int64_t mark = 0;
	int rc = ph_db_prepare(hers->ledger->db,
			       "SELECT log, n, hash, entry FROM ledger_fact"
			       " WHERE type IN (11, 12, 13, 15, 16)"
			       " AND entry IS NOT NULL",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = look_at_row(hers, stmt);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	rc = rc != 0 ? rc : mark_of(hers->ledger, &mark);
	return rc != 0 ? rc
		       : ph_journal_meta_put_int(hers->ledger->journal, META_GATHERED,
						 mark);
}

/* --- what refers to one --- */

/* Of the facts of KEY those that name one of them. */
static int look_at_facts(struct ph_hers *hers, const struct ph_entity_key *key)
{
	int rc = ph_facts_load_rows(hers->ledger, key, &hers->facts);
	bool names;

	for (size_t i = 0; rc == 0 && i < hers->facts.n; i++) {
		rc = ph_fact_entry(&hers->facts.items[i], hers->entry);
		rc = rc != 0 ? rc : look(hers, &hers->facts.items[i].ref, &names);
	}
	return rc;
}

/* The returns by which loans of theirs ended. */
static int look_at_returns(struct ph_hers *hers, const struct ph_entity_key *key)
{
	struct ph_copy copy = { 0 };
	int rc;

	hers->bytes.len = 0;
	rc = ph_ledger_get(hers->ledger, PH_ENTITY_COPY, ph_key_view(key), &hers->bytes);
	rc = rc != 0 ? rc : ph_copy_decode(ph_buf_view(&hers->bytes), &copy);
	for (size_t i = 0; rc == 0 && i < copy.n_loans; i++) {
		const struct ph_loan *loan = &copy.loans[i];
		bool is_theirs = false;

		if (loan->closed != PH_CLOSED_RETURN) {
			continue;
		}
		rc = ph_erased_has_entry(hers->ledger->db, &loan->ref, &is_theirs);
		if (rc == 0 && is_theirs) {
			rc = ph_erased_note_entry(hers->ledger->db, &loan->closed_by);
		}
	}
	ph_copy_deinit(&copy);
	return rc < 0 ? rc : 0;
}

static int look_at_copy(struct ph_hers *hers, const struct ph_id *id)
{
	struct ph_entity_key key;
	int rc;

	if (!ph_key_id(PH_ENTITY_COPY, id, &key)) {
		return 0;
	}
	rc = look_at_facts(hers, &key);
	return rc != 0 ? rc : look_at_returns(hers, &key);
}

/* Whether every issue of the card KEY, also one that does not count, is to readers who were erased. */
static int is_theirs_alone(struct ph_hers *hers, const struct ph_entity_key *key,
			   bool *alone_out)
{
	const struct ph_value *reader = &hers->entry->field[PH_CARD_READER];
	int rc = ph_facts_load_rows(hers->ledger, key, &hers->facts);

	*alone_out = false;
	for (size_t i = 0; rc == 0 && i < hers->facts.n; i++) {
		rc = ph_fact_entry(&hers->facts.items[i], hers->entry);
		if (rc != 0 || hers->entry->number != PH_KIND_CARD_ISSUE) {
			continue;
		}
		rc = ph_erased_has_entry(hers->ledger->db, &reader->as.ref, alone_out);
		if (rc == 0 && !*alone_out) {
			return 0;
		}
	}
	return rc;
}

/* A card that was issued to one of them. */
static int look_at_card(struct ph_hers *hers, const struct ph_id *id)
{
	struct ph_entity_key key;
	bool is_theirs = false;
	int rc;

	if (!ph_key_id(PH_ENTITY_CARD, id, &key)) {
		return 0;
	}
	rc = ph_erased_has(hers->ledger->db, PH_ERASED_CARD, ph_key_view(&key),
			   &is_theirs);
	if (rc != 0 || is_theirs) {
		return rc;
	}
	rc = is_theirs_alone(hers, &key, &is_theirs);
	return rc == 0 && is_theirs ? ph_erased_put(hers->ledger->db, PH_ERASED_HELD,
						    ph_key_view(&key))
				    : rc;
}

/* What voids REF, or takes it apart. */
static int look_at_acts(struct ph_hers *hers, const struct ph_ref *ref)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_EVENT, ref);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(hers->ledger->db,
			       "SELECT log, n, hash FROM ledger_act WHERE target = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_ref act;

		rc = ref_of(hers->ledger, ph_stmt_col_int(stmt, 0),
			    ph_stmt_col_int(stmt, 1), ph_stmt_col_blob(stmt, 2), &act);
		rc = rc != 0 ? rc : ph_erased_note_entry(hers->ledger->db, &act);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* REF into hers->entry, which borrows hers->bytes. 0; 1: it is not here, or cannot be read. */
static int load(struct ph_hers *hers, const struct ph_ref *ref)
{
	struct ph_ledger *ledger = hers->ledger;
	struct ph_fed_entry fed;
	struct ph_log log;
	int rc;

	hers->bytes.len = 0;
	rc = ph_journal_resolve(ledger->journal, ref, &log, &hers->bytes);
	if (rc == PH_JOURNAL_E_NONE && ledger->config.fed != NULL) {
		hers->bytes.len = 0;
		rc = ph_fed_resolve(ledger->config.fed, ref, &fed, &hers->bytes);
	}
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&hers->bytes), hers->entry);
	return rc < 0 ? rc : rc != 0;
}

/* What refers to the entry REF, by where it is filed. */
static int follow_fact(struct ph_hers *hers, const struct ph_ref *ref)
{
	struct ph_entity_key hold = ph_key_ref(PH_ENTITY_HOLD, ref);
	const struct ph_value *field = hers->entry->field;
	int rc = load(hers, ref);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	switch (hers->entry->number) {
	case PH_KIND_HOLD_PLACE:
		return look_at_facts(hers, &hold);
	case PH_KIND_LOAN:
		return look_at_copy(hers, &field[PH_LOAN_COPY].as.id);
	case PH_KIND_CARD_ISSUE:
		return look_at_card(hers, &field[PH_CARD_CARD].as.id);
	default:
		return 0;
	}
}

static int run_on(struct ph_hers *hers, const char *sql, const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(hers->ledger->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	return ph_stmt_run(stmt);
}

static int follow(struct ph_hers *hers, const struct ph_entity_key *key)
{
	struct ph_ref ref;
	int rc = ph_key_get_ref(ph_key_view(key), &ref) ? 0 : -EUCLEAN;

	rc = rc != 0 ? rc : follow_fact(hers, &ref);
	rc = rc != 0 ? rc : look_at_acts(hers, &ref);
	return rc != 0 ? rc
		       : run_on(hers,
				"UPDATE OR REPLACE erased SET type = 100"
				" WHERE type = 101 AND id = ?1",
				key);
}

static int load_keys(struct ph_hers *hers, const char *sql, enum ph_entity type,
		     struct ph_keyset *keys)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(hers->ledger->db, sql, &stmt);

	ph_keyset_clear(keys);
	return rc != 0 ? rc : ph_keyset_read(keys, type, stmt);
}

/* Copies that came back. */
static int follow_copies(struct ph_hers *hers)
{
	struct ph_keyset copies = { 0 };
	int rc = load_keys(hers, "SELECT id FROM erased WHERE type = 103", PH_ENTITY_COPY,
			   &copies);

	for (size_t i = 0; rc == 0 && i < copies.n; i++) {
		rc = look_at_returns(hers, &copies.keys[i]);
		rc = rc != 0 ? rc
			     : run_on(hers,
				      "DELETE FROM erased WHERE type = 103 AND id = ?1",
				      &copies.keys[i]);
	}
	ph_keyset_deinit(&copies);
	return rc;
}

/* All of them, and what comes of that. Each is followed once. */
static int follow_all(struct ph_hers *hers)
{
	static const char sql[] = "SELECT id FROM erased WHERE type = 101";
	struct ph_keyset late = { 0 };
	int rc;

	while ((rc = load_keys(hers, sql, PH_ENTITY_EVENT, &late)) == 0 && late.n > 0) {
		for (size_t i = 0; rc == 0 && i < late.n; i++) {
			rc = follow(hers, &late.keys[i]);
		}
		if (rc != 0) {
			break;
		}
	}
	ph_keyset_deinit(&late);
	return rc;
}

/* --- notes --- */

static int put_note(struct ph_hers *hers, const struct ph_ref *ref)
{
	uint8_t id[PH_ERASED_REF_SIZE];
	int rc;

	ph_erased_ref(id, ref);
	rc = ph_erased_put(hers->ledger->db, PH_ERASED_NOTE, PH_VIEW(id, sizeof(id)));
	hers->notes += rc == 0 && ph_db_changes(hers->ledger->db) > 0;
	return rc;
}

/* It is one of them itself: there may be notes about it. */
static int on_note(void *data, int64_t row, const struct ph_ref *ref,
		   const struct ph_ref *about)
{
	struct ph_hers *hers = data;
	bool is_theirs = false;
	int rc = ph_erased_has_entry(hers->ledger->db, about, &is_theirs);

	if (rc != 0 || !is_theirs) {
		return rc;
	}
	rc = ph_erased_note_entry(hers->ledger->db, ref);
	rc = rc != 0 ? rc : put_note(hers, ref);
	return rc != 0 ? rc : hers->drop(hers->data, row, ref);
}

static int find_notes(struct ph_hers *hers)
{
	uint64_t before;
	int rc;

	do {
		before = hers->notes;
		rc = ph_notes_each(hers->ledger, on_note, hers);
		rc = rc != 0 ? rc : follow_all(hers);
	} while (rc == 0 && hers->notes > before);
	return rc;
}

/* --- all of it --- */

int ph_hers_find(struct ph_hers *hers)
{
	bool is_due = false;
	int rc = 0;

	if (hers->entry == NULL) {
		hers->entry = malloc(sizeof(*hers->entry));
		rc = hers->entry == NULL ? -ENOMEM : 0;
	}
	rc = rc != 0 ? rc : follow_copies(hers);
	rc = rc != 0 ? rc : follow_all(hers); /* a card may be theirs by what came */
	while (rc == 0 && (rc = is_new(hers->ledger, &is_due)) == 0 && is_due) {
		rc = gather(hers);
		rc = rc != 0 ? rc : follow_all(hers);
	}
	return rc != 0 ? rc : find_notes(hers);
}

void ph_hers_deinit(struct ph_hers *hers)
{
	free(hers->entry);
	ph_facts_deinit(&hers->facts);
	ph_buf_deinit(&hers->bytes);
}

/* --- a return that comes later --- */

/* Whether COPY is out on a card that was erased. */
static int is_out(struct ph_ledger *ledger, const struct ph_entity_key *copy,
		  bool *out_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT 1 FROM ledger_loan l JOIN erased e"
			       " ON e.type IN (12, 104) AND e.id = l.card"
			       " WHERE l.copy = ?1 LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(copy));
	rc = ph_stmt_step(stmt);
	*out_out = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

int ph_hers_return(struct ph_ledger *ledger, const struct ph_held *held)
{
	struct ph_entity_key key;
	bool is_theirs = false;
	int rc;

	if (held->entry->number != PH_KIND_RETURN || is_apart(ledger) ||
	    !ph_key_id(PH_ENTITY_COPY, &held->entry->field[PH_RETURN_COPY].as.id, &key)) {
		return 0;
	}
	rc = is_out(ledger, &key, &is_theirs);
	return rc == 0 && is_theirs
		       ? ph_erased_put(ledger->db, PH_ERASED_COPY, ph_key_view(&key))
		       : rc;
}
