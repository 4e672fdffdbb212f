/*
 * common/ledger/fed_fact.c - facts and acts of a page: which entries are held, and why.
 *
 * An entry is here because it counts for some entity or because it acts on an entry of
 * ours; when the last reason goes, it goes, and its sealed part with it. The hub says
 * where it stands in the order; if it says something else later, all entities that
 * it counts for are news.
 */
#include <string.h>

#include "common/ledger/fed_internal.h"
#include "common/log/erased.h"

/* Bind log row, n and hash of REF from the parameter FIRST on. */
static void bind_entry(struct ph_stmt *stmt, int first, int64_t row,
		       const struct ph_ref *ref)
{
	ph_stmt_int(stmt, first, row);
	ph_stmt_int(stmt, first + 1, (int64_t)ref->n);
	ph_stmt_blob(stmt, first + 2, PH_VIEW(ref->hash, sizeof(ref->hash)));
}

/* News of all entities that the entry counts for. */
static int news_of_entry(struct ph_db *db, int64_t row, const struct ph_ref *ref)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "INSERT OR REPLACE INTO fed_news(what, type, id, log, n,"
			       " hash) SELECT 1, type, id, 0, 0, x'' FROM fed_fact"
			       " WHERE log = ?1 AND n = ?2 AND hash = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, ref);
	return ph_stmt_run(stmt);
}

static int news_act(struct ph_db *db, enum ph_fed_what what, int64_t row,
		    const struct ph_ref *ref)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "INSERT OR REPLACE INTO fed_news(what, type, id, log, n,"
			       " hash, bytes) SELECT ?4, 0, x'', log, n, hash,"
			       " CASE ?4 WHEN 3 THEN bytes END FROM fed_entry"
			       " WHERE log = ?1 AND n = ?2 AND hash = ?3 AND act = 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, ref);
	ph_stmt_int(stmt, 4, what);
	return ph_stmt_run(stmt);
}

/* ---- entries ---- */

/* What is held of an entry. */
struct held {
	bool is_there, is_act;
	bool is_same; /* it stands where the item says */
};

static int look_up(struct ph_db *db, int64_t row, const struct ph_feed_item *item,
		   struct held *held_out)
{
	struct held held = { 0 };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT act, second, tick, unsure FROM fed_entry"
			       " WHERE log = ?1 AND n = ?2 AND hash = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, &item->ref);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		held.is_there = true;
		held.is_act = ph_stmt_col_int(stmt, 0) != 0;
		held.is_same = (uint64_t)ph_stmt_col_int(stmt, 1) == item->second &&
			       (uint64_t)ph_stmt_col_int(stmt, 2) == item->tick &&
			       (uint64_t)ph_stmt_col_int(stmt, 3) == item->unsure;
	}
	ph_stmt_reset(stmt);
	if (rc >= 0) {
		*held_out = held;
	}
	return rc < 0 ? rc : 0;
}

static int entry_insert(struct ph_db *db, int64_t row, const struct ph_feed_item *item)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "INSERT INTO fed_entry(log, n, hash, second, tick, unsure,"
			       " act, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, &item->ref);
	ph_stmt_int(stmt, 4, (int64_t)item->second);
	ph_stmt_int(stmt, 5, (int64_t)item->tick);
	ph_stmt_int(stmt, 6, (int64_t)item->unsure);
	ph_stmt_blob(stmt, 7, item->entry);
	return ph_stmt_run(stmt);
}

/* It stands elsewhere in the order now. */
static int entry_move(struct ph_db *db, int64_t row, const struct ph_feed_item *item)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "UPDATE fed_entry SET second = ?4, tick = ?5, unsure = ?6"
			       " WHERE log = ?1 AND n = ?2 AND hash = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, &item->ref);
	ph_stmt_int(stmt, 4, (int64_t)item->second);
	ph_stmt_int(stmt, 5, (int64_t)item->tick);
	ph_stmt_int(stmt, 6, (int64_t)item->unsure);
	rc = ph_stmt_run(stmt);
	return rc != 0 ? rc : news_of_entry(db, row, &item->ref);
}

/* The entry of a FACT or ACT is held from now on; HELD_OUT is as it was. */
static int take_entry(struct ph_fed_applying *applying, const struct ph_feed_item *item,
		      struct held *held_out)
{
	int64_t row = applying->row[item->log];
	bool is_erased = false; /* then its part is not taken, and it is noted */
	int rc = look_up(applying->db, row, item, held_out);

	if (rc != 0) {
		return rc;
	}
	if (held_out->is_there) {
		return held_out->is_same ? 0 : entry_move(applying->db, row, item);
	}
	if (item->entry.len == 0) {
		return PH_FED_E_FORM;
	}
	applying->moved.facts++;
	rc = entry_insert(applying->db, row, item);
	return rc != 0 ? rc
		       : ph_erased_look(applying->db, item->ref.log_id, item->ref.n,
					item->entry, &is_erased);
}

/* An entry that counts for nothing and acts on nothing any more goes. */
static int entry_drop(struct ph_fed_applying *applying, int64_t row,
		      const struct ph_ref *ref)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(applying->db,
			       "DELETE FROM fed_entry WHERE log = ?1 AND n = ?2"
			       " AND hash = ?3 AND act = 0 AND NOT EXISTS(SELECT 1 FROM"
			       " fed_fact WHERE log = ?1 AND n = ?2 AND hash = ?3)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, ref);
	rc = ph_stmt_run(stmt);
	if (rc == 0) {
		applying->moved.gone += (uint64_t)ph_db_changes(applying->db);
	}
	return rc;
}

/* ---- parts ---- */

static int part_put(struct ph_db *db, int64_t row, const struct ph_feed_item *item)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "UPDATE fed_entry SET cipher = ?4, seed = ?5"
			       " WHERE log = ?1 AND n = ?2 AND hash = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, &item->ref);
	ph_stmt_blob(stmt, 4, item->cipher);
	ph_stmt_blob(stmt, 5, item->seed_box);
	return ph_stmt_run(stmt);
}

/* A part that is not the one its entry commits to is left out, and one of an erased reader. */
static int take_part(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	int64_t row = applying->row[item->log];
	struct ph_view entry = item->entry;
	struct ph_buf held = { 0 };
	bool is_right = false;
	bool is_erased = false;
	int rc = 0;

	if (item->cipher.len == 0) {
		return 0;
	}
	if (entry.len == 0) {
		rc = ph_fed_bytes(applying->db, row, &item->ref, &held);
		entry = ph_buf_view(&held);
	}
	rc = rc != 0 ? rc : ph_journal_part_fits(entry, item->cipher, &is_right);
	rc = rc != 0 ? rc
		     : ph_erased_look(applying->db, item->ref.log_id, item->ref.n, entry,
				      &is_erased);
	if (rc == 0 && is_right && !is_erased) {
		rc = part_put(applying->db, row, item);
	}
	ph_buf_deinit(&held);
	return rc;
}

/* ---- facts ---- */

/* Run SQL for the fact of an entry under KEY; news if that changed anything. */
static int run_fact(struct ph_fed_applying *applying, const char *sql, int64_t row,
		    const struct ph_ref *ref, const struct ph_feed_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(applying->db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, ref);
	ph_stmt_int(stmt, 4, (int64_t)key->type);
	ph_stmt_blob(stmt, 5, key->id);
	rc = ph_stmt_run(stmt);
	return rc != 0 || ph_db_changes(applying->db) == 0
		       ? rc
		       : ph_fed_news_entity(applying->db, key);
}

int ph_fed_fact(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	static const char sql[] = "INSERT OR IGNORE INTO fed_fact(type, id, log, n, hash)"
				  " VALUES(?4, ?5, ?1, ?2, ?3)";
	struct ph_view keys = item->keys;
	struct ph_feed_key key;
	struct held held;
	int rc = ph_fed_log_row(applying, item->log);

	rc = rc != 0 ? rc : take_entry(applying, item, &held);
	rc = rc != 0 ? rc : take_part(applying, item);
	while (rc == 0 && ph_feed_key_next(&keys, &key) == 0) {
		rc = run_fact(applying, sql, applying->row[item->log], &item->ref, &key);
	}
	return rc;
}

int ph_fed_unfact(struct ph_fed_applying *applying, int64_t row,
		  const struct ph_feed_item *item)
{
	static const char sql[] = "DELETE FROM fed_fact WHERE type = ?4 AND id = ?5"
				  " AND log = ?1 AND n = ?2 AND hash = ?3";
	struct ph_view keys = item->keys;
	struct ph_feed_key key;
	int rc = 0;

	while (rc == 0 && ph_feed_key_next(&keys, &key) == 0) {
		rc = run_fact(applying, sql, row, &item->ref, &key);
	}
	return rc != 0 ? rc : entry_drop(applying, row, &item->ref);
}

/* ---- acts ---- */

static int set_act(struct ph_db *db, int64_t row, const struct ph_ref *ref, bool act)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "UPDATE fed_entry SET act = ?4"
			       " WHERE log = ?1 AND n = ?2 AND hash = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_entry(stmt, 1, row, ref);
	ph_stmt_int(stmt, 4, act);
	return ph_stmt_run(stmt);
}

int ph_fed_act(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	struct held held;
	int64_t row;
	int rc = ph_fed_log_row(applying, item->log);

	rc = rc != 0 ? rc : take_entry(applying, item, &held);
	if (rc != 0 || (held.is_act && held.is_same)) {
		return rc;
	}
	row = applying->row[item->log];
	rc = set_act(applying->db, row, &item->ref, true);
	return rc != 0 ? rc : news_act(applying->db, PH_FED_ACT, row, &item->ref);
}

int ph_fed_unact(struct ph_fed_applying *applying, int64_t row,
		 const struct ph_feed_item *item)
{
	int rc = news_act(applying->db, PH_FED_UNACT, row, &item->ref);

	rc = rc != 0 ? rc : set_act(applying->db, row, &item->ref, false);
	return rc != 0 ? rc : entry_drop(applying, row, &item->ref);
}
