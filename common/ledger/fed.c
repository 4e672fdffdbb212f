/*
 * common/ledger/fed.c - applying a page of the feed.
 *
 * The page is looked at first: is it ours, does it go on from where we are. Then, in a
 * savepoint, its items one after the other, and the cursor; so a page is applied whole
 * or not at all, and whoever commits has both what it says and how far we are.
 *
 * The hub may send again what it is not sure that we have; so every item can come twice.
 * Taking back what is not here, or entering twice, changes nothing. Only an entry that
 * is cited by its hash and was never brought cannot be put right here: PH_FED_E_FORM.
 */
#include "common/ledger/fed.h"

#include <string.h>

#include "common/base/limits.h"
#include "common/ledger/fed_internal.h"
#include "common/log/journal.h"

/* ---- the cursor ---- */

int ph_fed_cursor_get(struct ph_db *db, struct ph_fed_cursor *cursor_out)
{
	struct ph_fed_cursor cursor = { 0 };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "SELECT epoch, random, scope, number FROM fed_meta",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		struct ph_view random = ph_stmt_col_blob(stmt, 1);

		cursor.epoch.number = (uint64_t)ph_stmt_col_int(stmt, 0);
		if (random.len == sizeof(cursor.epoch.random)) {
			memcpy(cursor.epoch.random, random.data, random.len);
		}
		cursor.scope = (uint64_t)ph_stmt_col_int(stmt, 2);
		cursor.number = (uint64_t)ph_stmt_col_int(stmt, 3);
	}
	ph_stmt_reset(stmt);
	if (rc >= 0) {
		*cursor_out = cursor;
	}
	return rc < 0 ? rc : 0;
}

static int put_cursor(struct ph_db *db, const struct ph_fed_cursor *cursor)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "UPDATE fed_meta SET epoch = ?1, random = ?2, scope = ?3,"
			       " number = ?4",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)cursor->epoch.number);
	ph_stmt_blob(stmt, 2,
		     PH_VIEW(cursor->epoch.random, sizeof(cursor->epoch.random)));
	ph_stmt_int(stmt, 3, (int64_t)cursor->scope);
	ph_stmt_int(stmt, 4, (int64_t)cursor->number);
	return ph_stmt_run(stmt);
}

int ph_fed_forget(struct ph_db *db)
{
	const struct ph_fed_cursor none = { 0 };

	return put_cursor(db, &none);
}

enum fits {
	FITS_NEXT, /* goes on */
	FITS_ANEW, /* begins another feed */
	FITS_OLD,
	FITS_GAP,
};

/* Epoch, scope version and number compare in this order; the highest is where we are. */
static enum fits fits(const struct ph_fed_cursor *cursor, const struct ph_feed_page *page)
{
	bool is_same = cursor->scope == page->scope &&
		       cursor->epoch.number == page->epoch.number &&
		       memcmp(cursor->epoch.random, page->epoch.random,
			      sizeof(cursor->epoch.random)) == 0;

	if (is_same) {
		return page->number <= cursor->number ? FITS_OLD
		       : page->from == cursor->number ? FITS_NEXT
						      : FITS_GAP;
	}
	if (page->epoch.number < cursor->epoch.number ||
	    (page->epoch.number == cursor->epoch.number &&
	     page->scope <= cursor->scope)) {
		return FITS_OLD;
	}
	return page->from == 0 ? FITS_ANEW : FITS_GAP;
}

/* All that was fed goes; the ledger learns of each thing that it stood under. */
static int start_anew(struct ph_db *db)
{
	static const char sql[] =
		"INSERT OR REPLACE INTO fed_news(what, type, id, log, n, hash)"
		" SELECT 1, type, id, 0, 0, x'' FROM (SELECT type, id FROM fed_fact"
		" UNION SELECT type, id FROM fed_outside);"
		"INSERT OR REPLACE INTO fed_news(what, type, id, log, n, hash, bytes)"
		" SELECT 3, 0, x'', log, n, hash, bytes FROM fed_entry WHERE act = 1;"
		"DELETE FROM fed_fact; DELETE FROM fed_entry; DELETE FROM fed_outside;"
		"DELETE FROM fed_case;";

	return ph_db_exec(db, sql);
}

int ph_fed_drop(struct ph_db *db)
{
	int rc = start_anew(db);

	return rc != 0 ? rc : ph_fed_forget(db);
}

/* ---- logs and news ---- */

static int log_insert(struct ph_db *db, const struct ph_feed_log *log)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "INSERT OR IGNORE INTO fed_log(log_id, site, role, key)"
			       " VALUES(?1, ?2, ?3, ?4)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(log->id, sizeof(log->id)));
	ph_stmt_int(stmt, 2, (int64_t)log->site);
	ph_stmt_int(stmt, 3, (int64_t)log->role);
	ph_stmt_blob(stmt, 4, PH_VIEW(log->key, sizeof(log->key)));
	return ph_stmt_run(stmt);
}

int ph_fed_log_row(struct ph_fed_applying *applying, unsigned i)
{
	const struct ph_feed_log *log = &applying->log[i];
	struct ph_stmt *stmt;
	int rc;

	if (applying->row[i] != 0) {
		return 0;
	}
	rc = log_insert(applying->db, log);
	rc = rc != 0 ? rc
		     : ph_db_prepare(
			       applying->db,
			       "SELECT id FROM fed_log WHERE log_id = ?1 AND key = ?2",
			       &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(log->id, sizeof(log->id)));
	ph_stmt_blob(stmt, 2, PH_VIEW(log->key, sizeof(log->key)));
	return ph_fed_one_int(stmt, &applying->row[i]);
}

int ph_fed_news_entity(struct ph_db *db, const struct ph_feed_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "INSERT OR REPLACE INTO fed_news(what, type, id, log, n,"
			       " hash) VALUES(1, ?1, ?2, 0, 0, x'')",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)key->type);
	ph_stmt_blob(stmt, 2, key->id);
	return ph_stmt_run(stmt);
}

/* ---- taking back ---- */

/*
 * UNFACT and UNACT name a log by its id, as it stands in references; each log of that
 * id which was cited is looked at.
 */
static int on_taken_back(struct ph_fed_applying *applying,
			 const struct ph_feed_item *item)
{
	int64_t row = 0;

	for (;;) {
		struct ph_stmt *stmt;
		int rc = ph_db_prepare(applying->db,
				       "SELECT id FROM fed_log WHERE log_id = ?1"
				       " AND id > ?2 ORDER BY id LIMIT 1",
				       &stmt);

		if (rc != 0) {
			return rc;
		}
		ph_stmt_blob(stmt, 1,
			     PH_VIEW(item->ref.log_id, sizeof(item->ref.log_id)));
		ph_stmt_int(stmt, 2, row);
		rc = ph_fed_one_int(stmt, &row);
		if (rc != 0) {
			return rc == PH_FED_E_NONE ? 0 : rc;
		}
		rc = item->what == PH_FEED_UNFACT ? ph_fed_unfact(applying, row, item)
						  : ph_fed_unact(applying, row, item);
		if (rc != 0) {
			return rc;
		}
	}
}

/* ---- entities ---- */

/* Run SQL, which names an entity by ?1 and ?2. */
static int run_for(struct ph_db *db, const char *sql, const struct ph_feed_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, sql, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)key->type);
	ph_stmt_blob(stmt, 2, key->id);
	return ph_stmt_run(stmt);
}

static int on_enter(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	static const char sql[] = "DELETE FROM fed_outside WHERE type = ?1 AND id = ?2";
	int rc = run_for(applying->db, sql, &item->key);

	applying->moved.entered++;
	return rc != 0 ? rc : ph_fed_news_entity(applying->db, &item->key);
}

static int on_leave(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	/* first the entries that count for nothing else */
	static const char entries_sql[] =
		"DELETE FROM fed_entry WHERE act = 0 AND (log, n, hash) IN (SELECT log,"
		" n, hash FROM fed_fact WHERE type = ?1 AND id = ?2) AND NOT EXISTS("
		"SELECT 1 FROM fed_fact f WHERE f.log = fed_entry.log AND f.n ="
		" fed_entry.n AND f.hash = fed_entry.hash AND NOT (f.type = ?1 AND"
		" f.id = ?2))";
	static const char facts_sql[] =
		"DELETE FROM fed_fact WHERE type = ?1 AND id = ?2";
	static const char outside_sql[] =
		"INSERT OR IGNORE INTO fed_outside(type, id) VALUES(?1, ?2)";
	int rc = run_for(applying->db, entries_sql, &item->key);

	if (rc == 0) {
		applying->moved.gone += (uint64_t)ph_db_changes(applying->db);
		rc = run_for(applying->db, facts_sql, &item->key);
	}
	rc = rc != 0 ? rc : run_for(applying->db, outside_sql, &item->key);
	applying->moved.left++;
	return rc != 0 ? rc : ph_fed_news_entity(applying->db, &item->key);
}

/* ---- cases ---- */

static int on_case(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(applying->db,
			       "INSERT OR REPLACE INTO fed_case(id, kind, anchor, refs,"
			       " sites, second, decided)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(item->case_id, sizeof(item->case_id)));
	ph_stmt_int(stmt, 2, (int64_t)item->case_kind);
	ph_stmt_blob(stmt, 3, item->anchor);
	/* a case of no facts, or sites: an empty blob, not NULL */
	ph_stmt_blob(stmt, 4, item->n_refs > 0 ? item->refs : ph_view_str(""));
	ph_stmt_blob(stmt, 5, item->n_sites > 0 ? item->sites : ph_view_str(""));
	ph_stmt_int(stmt, 6, (int64_t)item->second);
	if (item->is_decided) {
		ph_stmt_int(stmt, 7, (int64_t)item->decided);
	} else {
		ph_stmt_null(stmt, 7);
	}
	applying->moved.cases += !item->is_decided;
	return ph_stmt_run(stmt);
}

static int on_uncase(struct ph_fed_applying *applying, const struct ph_feed_item *item)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(applying->db, "DELETE FROM fed_case WHERE id = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(item->case_id, sizeof(item->case_id)));
	return ph_stmt_run(stmt);
}

/* ---- the page ---- */

static int (*const rules[])(struct ph_fed_applying *applying,
			    const struct ph_feed_item *item) = {
	[PH_FEED_FACT] = ph_fed_fact, [PH_FEED_UNFACT] = on_taken_back,
	[PH_FEED_ENTER] = on_enter,   [PH_FEED_LEAVE] = on_leave,
	[PH_FEED_ACT] = ph_fed_act,   [PH_FEED_UNACT] = on_taken_back,
	[PH_FEED_CASE] = on_case,     [PH_FEED_UNCASE] = on_uncase,
};

static int apply_items(struct ph_fed_applying *applying, const struct ph_feed_page *page)
{
	struct ph_view logs = page->logs;
	struct ph_view items = page->items;
	struct ph_feed_item item;
	int rc = 0;

	for (unsigned i = 0; i < page->n_logs; i++) {
		if (ph_feed_log_next(&logs, &applying->log[i]) != 0) {
			return PH_FED_E_FORM;
		}
	}
	for (unsigned i = 0; rc == 0 && i < page->n_logs; i++) {
		rc = ph_fed_log_row(applying, i); /* also those that cases alone cite */
	}
	for (unsigned i = 0; rc == 0 && i < page->n_items; i++) {
		if (ph_feed_item_next(&items, applying->log, page->n_logs, &item) != 0) {
			return PH_FED_E_FORM;
		}
		rc = rules[item.what](applying, &item);
	}
	return rc;
}

static int apply(struct ph_fed_applying *applying, const struct ph_feed_page *page,
		 bool anew)
{
	const struct ph_fed_cursor cursor = { .epoch = page->epoch,
					      .scope = page->scope,
					      .number = page->number };
	int rc = anew ? start_anew(applying->db) : 0;

	rc = rc != 0 ? rc : apply_items(applying, page);
	return rc != 0 ? rc : put_cursor(applying->db, &cursor);
}

static void add_moved(struct ph_fed_moved *sum, const struct ph_fed_moved *more)
{
	sum->facts += more->facts;
	sum->gone += more->gone;
	sum->entered += more->entered;
	sum->left += more->left;
	sum->cases += more->cases;
	sum->pages++;
}

int ph_fed_apply(struct ph_db *db, const uint8_t feed[static PH_DEVICE_ID_SIZE],
		 const struct ph_feed_page *page, struct ph_fed_moved *moved)
{
	struct ph_fed_applying applying = { .db = db };
	struct ph_fed_cursor cursor;
	enum fits how;
	int rc;

	if (memcmp(page->feed, feed, sizeof(page->feed)) != 0) {
		return PH_FED_E_FOREIGN;
	}
	rc = ph_fed_cursor_get(db, &cursor);
	if (rc != 0) {
		return rc;
	}
	how = fits(&cursor, page);
	if (how == FITS_OLD || how == FITS_GAP) {
		return how == FITS_OLD ? PH_FED_E_OLD : PH_FED_E_GAP;
	}
	rc = ph_db_savepoint(db);
	if (rc != 0) {
		return rc;
	}
	rc = apply(&applying, page, how == FITS_ANEW);
	if (rc == 0) {
		rc = ph_db_savepoint_release(db);
	} else {
		ph_db_savepoint_undo(db);
	}
	if (rc == 0) {
		add_moved(moved, &applying.moved);
	}
	return rc;
}
