/*
 * client/site_kept.c - what the hub said in its desk log, kept for it.
 *
 * The control log is at every device, so a hub that lost its last words gets them back. Those of
 * its desk log concern few sites, and are nobody else's to read: devices are given them encrypted
 * (common/log/keep.h), and a hub that was restored opens what comes back. Here they are bytes, in
 * a table of their own, in the order in which they came. Nothing is made of them, and nothing in the ledger or in
 * a digest depends on them.
 *
 * The table is made with the first piece, and has a bound: over it the oldest pieces go, since
 * backups have those. A piece of numbers that are here is left alone, whatever is in it: a hub that was put
 * back and says something else in their place learns of it by the position that the hello tells.
 */
#include "client/site_kept.h"

#include <errno.h>
#include <string.h>

#include "client/site_internal.h"
#include "client/site_unfinished.h"

#define TABLE                                                                            \
	"CREATE TABLE IF NOT EXISTS kept(row INTEGER PRIMARY KEY, log_id BLOB NOT NULL," \
	" first INTEGER NOT NULL, last INTEGER NOT NULL, mark BLOB NOT NULL,"            \
	" cipher BLOB NOT NULL, UNIQUE(log_id, first));"

/* A row that did not go bad, as far as numbers and mark tell. */
#define SOUND                                                                            \
	" typeof(first) = 'integer' AND typeof(last) = 'integer' AND first > 0"          \
	" AND last >= first AND typeof(mark) = 'blob' AND length(mark) = 8"

/* Whether anything was ever kept. 0 or negative errno. */
static int is_there(struct ph_site *site, bool *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(site->db,
			       "SELECT 1 FROM sqlite_master WHERE type = 'table'"
			       " AND name = 'kept'",
			       &stmt);

	*out = false;
	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*out = true;
		ph_stmt_reset(stmt);
	}
	return rc < 0 ? rc : 0;
}

/* --- the hello --- */

static int read_newest(struct ph_site *site, struct ph_cursor *out)
{
	struct ph_stmt *stmt;
	struct ph_view mark;
	int rc = ph_db_prepare(site->db,
			       "SELECT last, mark FROM kept WHERE" SOUND
			       " ORDER BY row DESC LIMIT 1",
			       &stmt);

	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc;
	}
	mark = ph_stmt_col_blob(stmt, 1);
	if (mark.len == sizeof(out->h)) {
		out->n = (uint64_t)ph_stmt_col_int(stmt, 0);
		memcpy(out->h, mark.data, sizeof(out->h));
	}
	ph_stmt_reset(stmt);
	return 0;
}

int ph_site_kept_tell(struct ph_site *site, struct ph_hello *hello)
{
	struct ph_cursor newest = { 0 };
	bool is_not = false;
	bool there = false;
	int rc = ph_site_more_not_taken(site, &is_not);

	site->told_keeps = false;
	if (rc != 0 || is_not || site->memory) {
		return rc;
	}
	rc = is_there(site, &there);
	rc = rc == 0 && there ? read_newest(site, &newest) : rc;
	if (rc == 0) {
		site->told_keeps = hello->keeps = true;
		hello->kept = newest;
	}
	return rc;
}

/* --- down --- */

static int read_last(struct ph_site *site, const uint8_t log_id[static PH_LOG_ID_SIZE],
		     uint64_t *last_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(site->db,
			       "SELECT max(last) FROM kept WHERE log_id = ?1 AND" SOUND,
			       &stmt);

	*last_out = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(log_id, PH_LOG_ID_SIZE));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*last_out = (uint64_t)ph_stmt_col_int(stmt, 0); /* NULL is 0 */
		ph_stmt_reset(stmt);
	}
	return rc < 0 ? rc : 0;
}

/* In the place of one that went bad, if there is one of that number. */
static int insert(struct ph_site *site, const struct ph_item *item)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(site->db,
			       "INSERT OR REPLACE INTO kept(log_id, first, last, mark,"
			       " cipher)"
			       " VALUES(?1, ?2, ?3, ?4, ?5)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(item->log_id, PH_LOG_ID_SIZE));
	ph_stmt_int(stmt, 2, (int64_t)item->first);
	ph_stmt_int(stmt, 3, (int64_t)item->last);
	ph_stmt_blob(stmt, 4, PH_VIEW(item->mark, PH_KEEP_MARK_SIZE));
	ph_stmt_blob(stmt, 5, ph_buf_view(&item->body));
	return ph_stmt_run(stmt);
}

/* Bytes in all, as the bound has them, and how many pieces; and the row of the oldest. */
static int measure(struct ph_site *site, uint64_t *size_out, uint64_t *pieces_out,
		   int64_t *oldest_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(site->db,
			       "SELECT sum(length(cipher)), count(*), min(row) FROM kept",
			       &stmt);

	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*size_out = (uint64_t)ph_stmt_col_int(stmt, 0);
		*pieces_out = (uint64_t)ph_stmt_col_int(stmt, 1);
		*oldest_out = ph_stmt_col_int(stmt, 2);
		ph_stmt_reset(stmt);
	}
	return rc < 0 ? rc : 0;
}

/* The oldest go until what is left is within the bound. */
static int make_room(struct ph_site *site)
{
	uint64_t size = 0, pieces = 0;
	int64_t oldest = 0;
	int rc = measure(site, &size, &pieces, &oldest);

	while (rc == 0 && pieces > 1 && size + pieces * PH_KEPT_ROW > PH_KEPT_MAX) {
		struct ph_stmt *stmt;

		rc = ph_db_prepare(site->db, "DELETE FROM kept WHERE row = ?1", &stmt);
		if (rc == 0) {
			ph_stmt_int(stmt, 1, oldest);
			rc = ph_stmt_run(stmt);
		}
		rc = rc != 0 ? rc : measure(site, &size, &pieces, &oldest);
	}
	return rc;
}

int ph_site_kept_take(struct ph_site *site, const struct ph_item *item)
{
	uint64_t last = 0;
	int rc = ph_db_exec(site->db, TABLE);

	rc = rc != 0 ? rc : read_last(site, item->log_id, &last);
	if (rc != 0 || item->first <= last) {
		return rc;
	}
	rc = insert(site, item);
	return rc != 0 ? rc : make_room(site);
}

/* --- up --- */

void ph_site_kept_wanted(struct ph_site *site, const struct ph_welcome *welcome)
{
	site->kept.n_wants = site->told_keeps ? welcome->n_wants : 0;
	site->kept.row = 0;
	memcpy(site->kept.want, welcome->want,
	       site->kept.n_wants * sizeof(site->kept.want[0]));
}

/* Whether ITEM can travel; a row that went bad is passed over. */
static bool is_whole(const struct ph_item *item)
{
	return item->first >= 1 && item->last >= item->first && item->last <= INT64_MAX &&
	       item->body.len > PH_KEEP_AROUND && item->body.len <= PH_KEEP_MAX;
}

/* Whether the hub says that it has up to LAST of that log. */
static bool has(const struct ph_site *site, const uint8_t log_id[static PH_LOG_ID_SIZE],
		uint64_t last)
{
	for (unsigned i = 0; i < site->kept.n_wants; i++) {
		if (memcmp(site->kept.want[i].log_id, log_id, PH_LOG_ID_SIZE) == 0) {
			return last <= site->kept.want[i].n;
		}
	}
	return false;
}

/* The row of STMT as an item; one that went bad has no body. 0 or -ENOMEM. */
static int read_piece(struct ph_stmt *stmt, struct ph_item **item_out)
{
	struct ph_view log_id = ph_stmt_col_blob(stmt, 1);
	struct ph_view mark = ph_stmt_col_blob(stmt, 4);
	struct ph_item *item = ph_item_new(PH_ITEM_KEEP);
	int rc = item ? 0 : -ENOMEM;

	if (rc == 0 && log_id.len == sizeof(item->log_id) &&
	    mark.len == sizeof(item->mark)) {
		memcpy(item->log_id, log_id.data, sizeof(item->log_id));
		memcpy(item->mark, mark.data, sizeof(item->mark));
		item->first = (uint64_t)ph_stmt_col_int(stmt, 2);
		item->last = (uint64_t)ph_stmt_col_int(stmt, 3);
		rc = ph_buf_put_view(&item->body, ph_stmt_col_blob(stmt, 5));
	}
	if (rc != 0) {
		ph_items_free(item);
		return rc;
	}
	*item_out = item;
	return 0;
}

/* The piece behind row AFTER, and its row; NULL: there is none. 0 or negative errno. */
static int read_next(struct ph_site *site, int64_t after, struct ph_item **item_out,
		     int64_t *row_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(site->db,
			       "SELECT row, log_id, first, last, mark, cipher FROM kept"
			       " WHERE row > ?1 ORDER BY row LIMIT 1",
			       &stmt);

	*item_out = NULL;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, after);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc;
	}
	*row_out = ph_stmt_col_int(stmt, 0);
	rc = read_piece(stmt, item_out);
	ph_stmt_reset(stmt);
	return rc;
}

int ph_site_kept_next(struct ph_site *site, struct ph_item **item_out)
{
	bool there = false;
	int rc = site->kept.n_wants > 0 ? is_there(site, &there) : 0;

	*item_out = NULL;
	while (rc == 0 && there) {
		int64_t row = 0;

		rc = read_next(site, site->kept.row, item_out, &row);
		if (rc != 0 || !*item_out) {
			break;
		}
		site->kept.next = row;
		if (is_whole(*item_out) &&
		    !has(site, (*item_out)->log_id, (*item_out)->last)) {
			break;
		}
		site->kept.row = row;
		ph_items_free(*item_out);
		*item_out = NULL;
	}
	return rc;
}

void ph_site_kept_given(struct ph_site *site)
{
	site->kept.row = site->kept.next;
}

int ph_site_kept_waits(struct ph_site *site, bool *more_out)
{
	struct ph_item *item;
	int rc = ph_site_kept_next(site, &item);

	*more_out = rc == 0 && item;
	ph_items_free(item);
	return rc;
}

int ph_site_kept_size(struct ph_site *site, uint64_t *pieces_out, uint64_t *bytes_out)
{
	int64_t oldest;
	bool there = false;
	int rc = is_there(site, &there);

	*pieces_out = *bytes_out = 0;
	return rc == 0 && there ? measure(site, bytes_out, pieces_out, &oldest) : rc;
}
