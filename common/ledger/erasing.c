/*
 * common/ledger/erasing.c - carrying out erasures.
 *
 * One transaction notes who is erased and drops what is here of them; from its commit on
 * whatever comes for them is not kept (common/log/erased.h). A second one writes the
 * tables anew that held the parts; then the WAL is emptied, and only then is the order
 * done, so a power cut in between means that the rest is done at the next start.
 *
 * A card that was erased may be issued again by a site that had not heard of it: whoever
 * has it is the erased reader. That is looked for each time, by the cards that were erased.
 * So are notes about what names one of them (hers.c), once for what came since.
 */
#include "common/ledger/erasing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/card.h"
#include "common/ledger/fed.h"
#include "common/ledger/hers.h"
#include "common/ledger/match.h"
#include "common/ledger/store.h"
#include "common/log/erased.h"
#include "common/log/operator.h"

#define META_REST                                                                        \
	"erase_rest" /* 1: parts were dropped, and their pages not written anew */

struct run {
	const struct ph_erasing *erasing;
	struct ph_ledger *ledger;
	struct ph_journal *journal;
	struct ph_db *db;
	struct ph_entry *entry; /* scratch */
	struct ph_buf bytes;
	struct ph_facts facts;
	struct ph_erasing_done done;
};

/* --- what is here of a reader --- */

static int drop_part(struct run *run, int64_t row, const struct ph_ref *ref)
{
	bool held = false;
	int rc = row > 0 ? ph_journal_part_erase(run->journal, row, ref->n, &held)
			 : ph_fed_part_drop(run->db, ref, &held);

	run->done.parts += held;
	return rc;
}

static int drop_match(struct run *run, const struct ph_entity_key *key)
{
	struct ph_keyset none = { 0 };

	return ph_match_set(run->ledger, key, &none);
}

static int erase_reader(struct run *run, const struct ph_ref *ref)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, ref);
	int rc = ph_erased_put(run->db, PH_ERASED_READER, ph_key_view(&key));

	rc = rc != 0 ? rc : ph_facts_load_rows(run->ledger, &key, &run->facts);
	for (size_t i = 0; rc == 0 && i < run->facts.n; i++) {
		rc = drop_part(run, run->facts.rows[i].log, &run->facts.items[i].ref);
	}
	rc = rc != 0 ? rc : drop_match(run, &key);
	run->done.readers += rc == 0;
	return rc;
}

static int on_part(void *data, int64_t row, const struct ph_ref *ref)
{
	return drop_part(data, row, ref);
}

/* Notes about an entry that names them, or their cards. */
static int drop_notes(struct run *run)
{
	struct ph_hers hers = { .ledger = run->ledger, .drop = on_part, .data = run };
	int rc = ph_hers_find(&hers);

	run->done.notes = hers.notes;
	ph_hers_deinit(&hers);
	return rc;
}

/* --- orders --- */

/* The order REF into run->entry. 0; PH_LEDGER_E_NONE: it is not here, or none that counts. */
static int load_order(struct run *run, const struct ph_ref *ref)
{
	struct ph_log log;
	int rc;

	run->bytes.len = 0;
	rc = ph_journal_resolve(run->journal, ref, &log, &run->bytes);
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&run->bytes), run->entry);
	if (rc < 0) {
		return rc;
	}
	if (rc > 0 || log.role != PH_ROLE_HUB || log.site != 0 ||
	    run->entry->number != PH_KIND_READER_ERASE) {
		return PH_LEDGER_E_NONE;
	}
	rc = ph_operator_heed(run->erasing->speakers, run->entry, ref->log_id, ref->n);
	if (rc > 0) {
		run->done.refused++;
		return PH_LEDGER_E_NONE;
	}
	return rc;
}

static int note_order(struct run *run, const struct ph_ref *ref)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, ref);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(run->db,
			       "INSERT INTO erasure(id, second, done, told)"
			       " VALUES(?1, ?2, 0, 0)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	ph_stmt_int(stmt, 2, run->erasing->now);
	run->done.orders++;
	return ph_stmt_run(stmt);
}

static int carry_out(struct run *run, const struct ph_ref *ref)
{
	struct ph_list_iter readers;
	struct ph_list_iter cards;
	struct ph_entity_key key;
	struct ph_ref reader;
	struct ph_id card;
	int rc = load_order(run, ref);

	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	readers = ph_list_begin(&run->entry->field[PH_ERASE_READERS].as.list);
	cards = ph_list_begin(&run->entry->field[PH_ERASE_CARDS].as.list);
	while (rc == 0 && ph_list_next_ref(&readers, &reader)) {
		rc = erase_reader(run, &reader);
	}
	while (rc == 0 && run->entry->field[PH_ERASE_CARDS].set &&
	       ph_list_next_id(&cards, &card)) {
		rc = ph_key_id(PH_ENTITY_CARD, &card, &key)
			     ? ph_erased_put(run->db, PH_ERASED_CARD, ph_key_view(&key))
			     : 0;
	}
	rc = rc != 0 ? rc : ph_erased_note_entry(run->db, ref);
	return rc != 0 ? rc : note_order(run, ref);
}

/* Entities of which SQL gives the ids, of TYPE, onto SET. */
static int load_ids(struct ph_db *db, const char *sql, enum ph_entity type,
		    struct ph_keyset *set)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	return ph_keyset_read(set, type, stmt);
}

static int load_orders(struct run *run, struct ph_keyset *set)
{
	return load_ids(run->db,
			"SELECT id FROM ledger_entity e WHERE type = 23 AND NOT EXISTS("
			"SELECT 1 FROM erasure o WHERE o.id = e.id)",
			PH_ENTITY_ERASURE, set);
}

/* Cards that were erased, and last issued to somebody who is not. */
static int load_cards(struct run *run, struct ph_keyset *set)
{
	return load_ids(run->db,
			"SELECT k.id FROM erased e JOIN ledger_card k ON k.id = e.id"
			" WHERE e.type = 12 AND k.reader IS NOT NULL AND NOT EXISTS("
			"SELECT 1 FROM erased r WHERE r.type = 11 AND r.id = k.reader)",
			PH_ENTITY_CARD, set);
}

static int erase_holders(struct run *run, const struct ph_entity_key *key)
{
	struct ph_buf state = { 0 };
	struct ph_card card = { 0 };
	int rc = ph_ledger_get(run->ledger, PH_ENTITY_CARD, ph_key_view(key), &state);

	rc = rc != 0 ? rc : ph_card_decode(ph_buf_view(&state), &card);
	for (size_t i = 0; rc == 0 && i < card.n_issues; i++) {
		rc = erase_reader(run, &card.issues[i].reader);
	}
	ph_card_deinit(&card);
	ph_buf_deinit(&state);
	return rc < 0 ? rc : 0;
}

/* Of a run that found nothing: those orders ask for a word only of who was here before them. */
static int note_nothing(struct run *run)
{
	return ph_db_exec(run->db,
			  "UPDATE erasure SET told = 2 WHERE done = 0 AND told = 0");
}

static int drop_all(struct run *run, const struct ph_keyset *orders)
{
	struct ph_keyset cards = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < orders->n; i++) {
		struct ph_ref ref;

		rc = ph_key_get_ref(ph_key_view(&orders->keys[i]), &ref)
			     ? carry_out(run, &ref)
			     : -EUCLEAN;
	}
	rc = rc != 0 ? rc : load_cards(run, &cards);
	for (size_t i = 0; rc == 0 && i < cards.n; i++) {
		rc = erase_holders(run, &cards.keys[i]);
	}
	rc = rc != 0 ? rc : drop_notes(run);
	rc = rc == 0 && run->done.parts == 0 ? note_nothing(run) : rc;
	if (rc == 0 && (run->done.readers > 0 || run->done.parts > 0)) {
		rc = ph_journal_meta_put_int(run->journal, META_REST, 1);
		rc = rc != 0 ? rc
			     : ph_journal_meta_drop(run->journal, PH_META_UNFINISHED);
	}
	ph_keyset_deinit(&cards);
	return rc;
}

/* --- the rest: what lies on the disk --- */

static int rewrite_fed(struct ph_db *db)
{
	static const char sql[] = "CREATE TABLE fed_copy AS SELECT * FROM fed_entry;"
				  "DELETE FROM fed_entry;"
				  "INSERT INTO fed_entry SELECT * FROM fed_copy;"
				  "DROP TABLE fed_copy;";

	return ph_db_exec(db, sql);
}

static int rewrite(struct run *run)
{
	int rc = ph_journal_parts_rewrite(run->journal);

	return rc != 0 || run->ledger->config.fed == NULL ? rc : rewrite_fed(run->db);
}

/* With how many there are, all of which are done then. */
static int note_done(struct run *run)
{
	int rc = ph_db_exec(run->db,
			    "UPDATE erasure SET done = 1 + (SELECT count(*) FROM erasure)"
			    " WHERE done = 0");

	return rc != 0 ? rc : ph_journal_meta_put_int(run->journal, META_REST, 0);
}

/* In a transaction STEP, or nothing of it. */
static int whole(struct run *run, int (*step)(struct run *run))
{
	int rc = ph_db_begin(run->db);

	if (rc != 0) {
		return rc;
	}
	rc = step(run);
	rc = rc != 0 ? rc : ph_db_commit(run->db);
	if (rc != 0) {
		ph_db_rollback(run->db);
	}
	return rc;
}

static int clear_up(struct run *run)
{
	int64_t rest = 0;
	int rc = ph_journal_meta_get_int(run->journal, META_REST, &rest);

	if (rc != 0 || rest == 0) {
		return rc < 0 ? rc : 0;
	}
	rc = whole(run, rewrite);
	rc = rc != 0 ? rc : ph_db_checkpoint(run->db);
	return rc != 0 ? rc : whole(run, note_done);
}

/* --- all of it --- */

static int drop_now(struct run *run)
{
	struct ph_keyset orders = { 0 };
	int rc = load_orders(run, &orders);

	rc = rc != 0 ? rc : drop_all(run, &orders);
	ph_keyset_deinit(&orders);
	return rc;
}

/* Whether there is anything to be carried out. */
static int look(struct run *run, bool *waits_out)
{
	struct ph_keyset set = { 0 };
	int rc = load_orders(run, &set);

	rc = rc != 0 ? rc : load_cards(run, &set);
	*waits_out = set.n > 0;
	ph_keyset_deinit(&set);
	return rc != 0 || *waits_out ? rc : ph_hers_waits(run->ledger, waits_out);
}

static bool is_apart(const struct ph_ledger *ledger)
{
	return ledger->db != ph_journal_db(ledger->journal);
}

int ph_erasing_waits(struct ph_ledger *ledger, bool *waits_out)
{
	struct run run = { .ledger = ledger,
			   .journal = ledger->journal,
			   .db = ledger->db };
	int64_t rest = 0;
	int rc = 0;

	*waits_out = false;
	if (!is_apart(ledger)) {
		rc = look(&run, waits_out);
		rc = rc != 0 ? rc
			     : ph_journal_meta_get_int(run.journal, META_REST, &rest);
		*waits_out = *waits_out || rest != 0;
	}
	return rc < 0 ? rc : 0;
}

int ph_erasing_run(const struct ph_erasing *erasing, struct ph_erasing_done *done_out)
{
	struct ph_ledger *ledger = erasing->ledger;
	struct run run = { .erasing = erasing,
			   .ledger = ledger,
			   .journal = ledger->journal,
			   .db = ledger->db };
	bool waits = false;
	int rc;

	*done_out = run.done;
	if (is_apart(ledger)) {
		return 0;
	}
	rc = look(&run, &waits);
	if (rc == 0 && waits) {
		run.entry = malloc(sizeof(*run.entry));
		rc = run.entry == NULL ? -ENOMEM : whole(&run, drop_now);
	}
	rc = rc != 0 ? rc : clear_up(&run);
	*done_out = run.done;
	free(run.entry);
	ph_buf_deinit(&run.bytes);
	ph_facts_deinit(&run.facts);
	return rc;
}

int ph_erasing_mark(struct ph_db *db, int64_t *mark_out)
{
	return ph_db_read_int(
		db,
		"SELECT (SELECT count(*) FROM erased WHERE type IN (11, 12, 102))"
		" + (SELECT count(*) FROM erasure)",
		mark_out);
}

int ph_erasing_count(struct ph_db *db, uint64_t *count_out)
{
	int64_t count = 0;
	int rc =
		ph_db_read_int(db, "SELECT count(*) FROM erasure WHERE done > 0", &count);

	*count_out = (uint64_t)count;
	return rc;
}

int ph_erasing_facts(struct ph_ledger *ledger, const struct ph_ref *ref,
		     int (*cb)(void *data, const struct ph_fact *fact), void *data)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_READER, ref);
	struct ph_facts facts = { 0 };
	int rc = ph_facts_load_rows(ledger, &key, &facts);

	for (size_t i = 0; rc == 0 && i < facts.n; i++) {
		rc = cb(data, &facts.items[i]);
	}
	ph_facts_deinit(&facts);
	return rc;
}

/* --- what was carried out --- */

static int read_order(struct ph_stmt *stmt, struct ph_erasing_order *out)
{
	int rc = ph_stmt_step(stmt);

	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_LEDGER_E_NONE : rc;
	}
	out->second = ph_stmt_col_int(stmt, 1);
	out->done = ph_stmt_col_int(stmt, 2) != 0;
	out->place = out->done ? (uint64_t)ph_stmt_col_int(stmt, 2) - 1 : 0;
	out->told = ph_stmt_col_int(stmt, 3) == 1;
	out->held = ph_stmt_col_int(stmt, 3) == 0;
	rc = ph_key_get_ref(ph_stmt_col_blob(stmt, 0), &out->ref) ? 0 : -EUCLEAN;
	ph_stmt_reset(stmt);
	return rc;
}

int ph_erasing_get(struct ph_db *db, const struct ph_ref *ref,
		   struct ph_erasing_order *out)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, ref);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		db, "SELECT id, second, done, told FROM erasure WHERE id = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	return read_order(stmt, out);
}

int ph_erasing_untold(struct ph_db *db, struct ph_erasing_order *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT id, second, done, told FROM erasure"
			       " WHERE done > 0 AND told IN (0, 2) ORDER BY id LIMIT 1",
			       &stmt);

	return rc != 0 ? rc : read_order(stmt, out);
}

static int set_told(struct ph_db *db, const struct ph_ref *ref, int64_t told)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_ERASURE, ref);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "UPDATE erasure SET told = ?2 WHERE id = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	ph_stmt_int(stmt, 2, told);
	return ph_stmt_run(stmt);
}

int ph_erasing_tell(struct ph_db *db, const struct ph_ref *ref)
{
	return set_told(db, ref, 1);
}

int ph_erasing_pass(struct ph_db *db, const struct ph_ref *ref)
{
	return set_told(db, ref, 3);
}

int ph_erasing_ask_again(struct ph_db *db)
{
	return ph_db_exec(db, "UPDATE erasure SET told = 2 WHERE told = 3");
}
