/*
 * common/ledger/fed_read.c - reading back what was fed, and the news of it.
 *
 * Walks borrow from the row that they stand on, so a callback keeps what it wants to
 * keep. A callback may call what gives one thing, but not the walk that called it.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/fed_internal.h"

int ph_fed_one_int(struct ph_stmt *stmt, int64_t *out)
{
	int rc = ph_stmt_step(stmt);

	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FED_E_NONE : rc;
	}
	*out = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return 0;
}

/* A column that must be LEN bytes. */
static bool col_fixed(struct ph_stmt *stmt, int column, uint8_t *out, size_t len)
{
	struct ph_view bytes = ph_stmt_col_blob(stmt, column);

	if (bytes.len != len) {
		return false;
	}
	memcpy(out, bytes.data, len);
	return true;
}

/* ---- entries ---- */

#define ENTRY_COLUMNS                                                                    \
	"e.log, g.site, g.role, g.key, g.log_id, e.n, e.hash, e.second, e.tick,"         \
	" e.unsure, e.act, e.bytes"

/* The row that STMT stands on. 0 or -EUCLEAN. */
static int take_row(struct ph_stmt *stmt, struct ph_fed_entry *entry)
{
	entry->log = ph_stmt_col_int(stmt, 0);
	entry->log_site = (uint64_t)ph_stmt_col_int(stmt, 1);
	entry->role = (uint64_t)ph_stmt_col_int(stmt, 2);
	entry->ref.n = (uint64_t)ph_stmt_col_int(stmt, 5);
	entry->second = (uint64_t)ph_stmt_col_int(stmt, 7);
	entry->tick = (uint64_t)ph_stmt_col_int(stmt, 8);
	entry->unsure = (uint64_t)ph_stmt_col_int(stmt, 9);
	entry->is_act = ph_stmt_col_int(stmt, 10) != 0;
	entry->bytes = ph_stmt_col_blob(stmt, 11);
	return col_fixed(stmt, 3, entry->key, sizeof(entry->key)) &&
			       col_fixed(stmt, 4, entry->ref.log_id,
					 sizeof(entry->ref.log_id)) &&
			       col_fixed(stmt, 6, entry->ref.hash,
					 sizeof(entry->ref.hash))
		       ? 0
		       : -EUCLEAN;
}

/* Each row of STMT, which is bound. */
static int each(struct ph_stmt *stmt,
		int (*cb)(void *data, const struct ph_fed_entry *entry), void *data)
{
	struct ph_fed_entry entry;
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = take_row(stmt, &entry);
		rc = rc != 0 ? rc : cb(data, &entry);
		if (rc != 0) {
			ph_stmt_reset(stmt);
			return rc;
		}
	}
	return rc;
}

int ph_fed_facts(struct ph_db *db, uint64_t type, struct ph_view id,
		 int (*cb)(void *data, const struct ph_fed_entry *entry), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT " ENTRY_COLUMNS " FROM fed_fact f"
			       " JOIN fed_entry e ON e.log = f.log AND e.n = f.n"
			       " AND e.hash = f.hash JOIN fed_log g ON g.id = f.log"
			       " WHERE f.type = ?1 AND f.id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)type);
	ph_stmt_blob(stmt, 2, id);
	return each(stmt, cb, data);
}

int ph_fed_acts(struct ph_db *db, int (*cb)(void *data, const struct ph_fed_entry *entry),
		void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT " ENTRY_COLUMNS " FROM fed_entry e"
			       " JOIN fed_log g ON g.id = e.log WHERE e.act = 1",
			       &stmt);

	return rc != 0 ? rc : each(stmt, cb, data);
}

/* SQL, with LOG, N and HASH as its first three values. 0 or negative errno. */
static int bind_place(struct ph_db *db, const char *sql, int64_t log, uint64_t n,
		      const uint8_t hash[static 8], struct ph_stmt **stmt_out)
{
	int rc = ph_db_prepare(db, sql, stmt_out);

	if (rc == 0) {
		ph_stmt_int(*stmt_out, 1, log);
		ph_stmt_int(*stmt_out, 2, (int64_t)n);
		ph_stmt_blob(*stmt_out, 3, PH_VIEW(hash, 8));
	}
	return rc;
}

int ph_fed_entries(struct ph_db *db, int64_t log, uint64_t n,
		   const uint8_t hash[static 8],
		   int (*cb)(void *data, const struct ph_fed_entry *entry), void *data)
{
	static const char sql[] = "SELECT " ENTRY_COLUMNS " FROM fed_entry e"
				  " JOIN fed_log g ON g.id = e.log"
				  " WHERE (e.log, e.n, e.hash) > (?1, ?2, ?3)"
				  " ORDER BY e.log, e.n, e.hash";
	struct ph_stmt *stmt;
	int rc = bind_place(db, sql, log, n, hash, &stmt);

	return rc != 0 ? rc : each(stmt, cb, data);
}

/* The row of STMT, which is bound, with its bytes appended to BYTES. */
static int one(struct ph_stmt *stmt, struct ph_fed_entry *entry_out, struct ph_buf *bytes)
{
	struct ph_fed_entry entry;
	size_t start = bytes->len;
	int rc = ph_stmt_step(stmt);

	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FED_E_NONE : rc;
	}
	rc = take_row(stmt, &entry);
	rc = rc != 0 ? rc : ph_buf_put_view(bytes, entry.bytes);
	ph_stmt_reset(stmt);
	if (rc == 0) {
		entry.bytes = PH_VIEW(bytes->data + start, bytes->len - start);
		*entry_out = entry;
	}
	return rc;
}

int ph_fed_entry_at(struct ph_db *db, int64_t log, uint64_t n,
		    const uint8_t hash[static 8], struct ph_fed_entry *entry_out,
		    struct ph_buf *bytes)
{
	static const char sql[] = "SELECT " ENTRY_COLUMNS " FROM fed_entry e"
				  " JOIN fed_log g ON g.id = e.log"
				  " WHERE e.log = ?1 AND e.n = ?2 AND e.hash = ?3";
	struct ph_stmt *stmt;
	int rc = bind_place(db, sql, log, n, hash, &stmt);

	return rc != 0 ? rc : one(stmt, entry_out, bytes);
}

static int bind_ref(struct ph_db *db, const char *sql, const struct ph_ref *ref,
		    struct ph_stmt **stmt_out)
{
	int rc = ph_db_prepare(db, sql, stmt_out);

	if (rc == 0) {
		ph_stmt_blob(*stmt_out, 1, PH_VIEW(ref->log_id, sizeof(ref->log_id)));
		ph_stmt_int(*stmt_out, 2, (int64_t)ref->n);
		ph_stmt_blob(*stmt_out, 3, PH_VIEW(ref->hash, sizeof(ref->hash)));
	}
	return rc;
}

int ph_fed_resolve(struct ph_db *db, const struct ph_ref *ref,
		   struct ph_fed_entry *entry_out, struct ph_buf *bytes)
{
	static const char sql[] = "SELECT " ENTRY_COLUMNS " FROM fed_log g"
				  " JOIN fed_entry e ON e.log = g.id"
				  " WHERE g.log_id = ?1 AND e.n = ?2 AND e.hash = ?3";
	struct ph_stmt *stmt;
	int rc = bind_ref(db, sql, ref, &stmt);

	return rc != 0 ? rc : one(stmt, entry_out, bytes);
}

int ph_fed_bytes(struct ph_db *db, int64_t row, const struct ph_ref *ref,
		 struct ph_buf *out)
{
	static const char sql[] = "SELECT bytes FROM fed_entry"
				  " WHERE log = ?1 AND n = ?2 AND hash = ?3";
	struct ph_stmt *stmt;
	int rc = bind_place(db, sql, row, ref->n, ref->hash, &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FED_E_NONE : rc;
	}
	rc = ph_buf_put_view(out, ph_stmt_col_blob(stmt, 0));
	ph_stmt_reset(stmt);
	return rc;
}

/* ---- logs ---- */

int ph_fed_log(struct ph_db *db, const uint8_t log_id[static PH_LOG_ID_SIZE],
	       struct ph_feed_log *log_out)
{
	struct ph_view key;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT site, role, key FROM fed_log WHERE log_id = ?1"
			       " ORDER BY id LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(log_id, PH_LOG_ID_SIZE));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FED_E_NONE : rc;
	}
	*log_out = (struct ph_feed_log){ .site = (uint64_t)ph_stmt_col_int(stmt, 0),
					 .role = (uint64_t)ph_stmt_col_int(stmt, 1) };
	key = ph_stmt_col_blob(stmt, 2);
	rc = key.len == sizeof log_out->key ? 0 : -EUCLEAN;
	if (rc == 0) {
		memcpy(log_out->id, log_id, sizeof log_out->id);
		memcpy(log_out->key, key.data, key.len);
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* ---- parts ---- */

int ph_fed_part(struct ph_db *db, const struct ph_ref *ref, struct ph_buf *cipher,
		struct ph_buf *seed_box)
{
	static const char sql[] = "SELECT e.cipher, e.seed FROM fed_log g"
				  " JOIN fed_entry e ON e.log = g.id"
				  " WHERE g.log_id = ?1 AND e.n = ?2 AND e.hash = ?3"
				  " AND e.cipher IS NOT NULL";
	size_t start = cipher->len;
	struct ph_stmt *stmt;
	int rc = bind_ref(db, sql, ref, &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FED_E_NONE : rc;
	}
	rc = ph_buf_put_view(cipher, ph_stmt_col_blob(stmt, 0));
	rc = rc != 0 ? rc : ph_buf_put_view(seed_box, ph_stmt_col_blob(stmt, 1));
	ph_stmt_reset(stmt);
	if (rc != 0) {
		cipher->len = start;
	}
	return rc;
}

int ph_fed_part_drop(struct ph_db *db, const struct ph_ref *ref, bool *held_out)
{
	static const char sql[] =
		"UPDATE fed_entry SET cipher = NULL, seed = NULL WHERE n = ?2 AND"
		" hash = ?3 AND (cipher IS NOT NULL OR seed IS NOT NULL)"
		" AND log IN (SELECT id FROM fed_log WHERE log_id = ?1)";
	struct ph_stmt *stmt;
	int rc = bind_ref(db, sql, ref, &stmt);

	rc = rc != 0 ? rc : ph_stmt_run(stmt);
	*held_out = rc == 0 && ph_db_changes(db) > 0;
	return rc;
}

/* ---- entities ---- */

int ph_fed_entities(struct ph_db *db, uint64_t type, struct ph_view id, unsigned limit,
		    int (*cb)(void *data, uint64_t type, struct ph_view id), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT type, id FROM fed_fact WHERE (type, id) > (?1, ?2)"
			       " UNION SELECT type, id FROM fed_outside"
			       " WHERE (type, id) > (?1, ?2) ORDER BY 1, 2 LIMIT ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)type);
	ph_stmt_blob(stmt, 2, id);
	ph_stmt_int(stmt, 3, limit);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = cb(data, (uint64_t)ph_stmt_col_int(stmt, 0),
			ph_stmt_col_blob(stmt, 1));
		if (rc != 0) {
			ph_stmt_reset(stmt);
			return rc;
		}
	}
	return rc;
}

int ph_fed_entities_after(struct ph_db *db, uint64_t type, struct ph_view id,
			  uint64_t *n_out)
{
	struct ph_stmt *stmt;
	int64_t n = 0;
	int rc = ph_db_prepare(
		db,
		"SELECT count(*) FROM"
		" (SELECT type, id FROM fed_fact WHERE (type, id) > (?1, ?2)"
		" UNION SELECT type, id FROM fed_outside WHERE (type, id) > (?1, ?2))",
		&stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)type);
	ph_stmt_blob(stmt, 2, id);
	rc = ph_fed_one_int(stmt, &n);
	*n_out = (uint64_t)n;
	return rc;
}

int ph_fed_is_outside(struct ph_db *db, uint64_t type, struct ph_view id,
		      bool *outside_out)
{
	struct ph_stmt *stmt;
	int64_t one = 0;
	int rc = ph_db_prepare(
		db, "SELECT 1 FROM fed_outside WHERE type = ?1 AND id = ?2", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)type);
	ph_stmt_blob(stmt, 2, id);
	rc = ph_fed_one_int(stmt, &one);
	if (rc >= 0) {
		*outside_out = rc == 0;
	}
	return rc < 0 ? rc : 0;
}

/* ---- cases ---- */

#define CASE_COLUMNS                                                                     \
	"SELECT id, kind, anchor, refs, sites, second, decided FROM fed_case "

static int each_case(struct ph_stmt *stmt,
		     int (*cb)(void *data, const struct ph_fed_case *one), void *data)
{
	int rc;

	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_fed_case one = {
			.kind = (uint64_t)ph_stmt_col_int(stmt, 1),
			.anchor = ph_stmt_col_blob(stmt, 2),
			.refs = ph_stmt_col_blob(stmt, 3),
			.sites = ph_stmt_col_blob(stmt, 4),
			.second = (uint64_t)ph_stmt_col_int(stmt, 5),
			.is_decided = !ph_stmt_col_is_null(stmt, 6),
			.decided = (uint64_t)ph_stmt_col_int(stmt, 6),
		};

		rc = col_fixed(stmt, 0, one.id, sizeof(one.id)) ? cb(data, &one)
								: -EUCLEAN;
		if (rc != 0) {
			ph_stmt_reset(stmt);
			return rc;
		}
	}
	return rc;
}

int ph_fed_cases(struct ph_db *db, bool open_only,
		 int (*cb)(void *data, const struct ph_fed_case *one), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       CASE_COLUMNS "WHERE ?1 = 0 OR decided IS NULL"
					    " ORDER BY second, id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, open_only);
	return each_case(stmt, cb, data);
}

int ph_fed_case(struct ph_db *db, const uint8_t id[static 16],
		int (*cb)(void *data, const struct ph_fed_case *one), void *data)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, CASE_COLUMNS "WHERE id = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, 16));
	return each_case(stmt, cb, data);
}

int ph_fed_counts(struct ph_db *db, struct ph_fed_counts *counts_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		db,
		"SELECT (SELECT count(*) FROM fed_entry),"
		" (SELECT count(*) FROM (SELECT DISTINCT type, id FROM fed_fact)),"
		" (SELECT count(*) FROM fed_outside),"
		" (SELECT count(*) FROM fed_case WHERE decided IS NULL)",
		&stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? -EUCLEAN : rc;
	}
	*counts_out = (struct ph_fed_counts){
		.entries = (uint64_t)ph_stmt_col_int(stmt, 0),
		.entities = (uint64_t)ph_stmt_col_int(stmt, 1),
		.outside = (uint64_t)ph_stmt_col_int(stmt, 2),
		.cases = (uint64_t)ph_stmt_col_int(stmt, 3),
	};
	ph_stmt_reset(stmt);
	return 0;
}

/* ---- news ---- */

/* The row that STMT stands on; id and bytes go into BUF. 0 or negative errno. */
static int take_news(struct ph_stmt *stmt, struct ph_fed_news *news, struct ph_buf *buf)
{
	struct ph_view id = ph_stmt_col_blob(stmt, 3);
	struct ph_view bytes = ph_stmt_col_blob(stmt, 7);
	bool is_act;
	int rc = ph_buf_put_view(buf, id);

	rc = rc != 0 ? rc : ph_buf_put_view(buf, bytes);
	if (rc != 0) {
		return rc;
	}
	news->seq = (uint64_t)ph_stmt_col_int(stmt, 0);
	news->what = (enum ph_fed_what)ph_stmt_col_int(stmt, 1);
	news->type = (uint64_t)ph_stmt_col_int(stmt, 2);
	news->log = ph_stmt_col_int(stmt, 4);
	news->ref.n = (uint64_t)ph_stmt_col_int(stmt, 5);
	news->log_site = (uint64_t)ph_stmt_col_int(stmt, 9);
	news->id = PH_VIEW(buf->data, id.len);
	/* Nothing was put, nothing may be allocated: no offset from NULL. */
	news->bytes = bytes.len != 0 ? PH_VIEW(buf->data + id.len, bytes.len)
				     : PH_VIEW(NULL, 0);
	is_act = news->what != PH_FED_ENTITY;
	return !is_act || (col_fixed(stmt, 6, news->ref.hash, sizeof(news->ref.hash)) &&
			   col_fixed(stmt, 8, news->ref.log_id, sizeof(news->ref.log_id)))
		       ? 0
		       : -EUCLEAN;
}

int ph_fed_news_next(struct ph_db *db, uint64_t after, struct ph_fed_news *news_out,
		     struct ph_buf *buf)
{
	struct ph_fed_news news = { 0 };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT w.seq, w.what, w.type, w.id, w.log, w.n, w.hash,"
			       " w.bytes, g.log_id, g.site FROM fed_news w"
			       " LEFT JOIN fed_log g ON g.id = w.log"
			       " WHERE w.seq > ?1 ORDER BY w.seq LIMIT 1",
			       &stmt);

	buf->len = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)after);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_FED_E_NONE : rc;
	}
	rc = take_news(stmt, &news, buf);
	ph_stmt_reset(stmt);
	if (rc == 0) {
		*news_out = news;
	}
	return rc;
}

int ph_fed_news_last(struct ph_db *db, uint64_t *seq_out)
{
	struct ph_stmt *stmt;
	int64_t seq = 0;
	int rc = ph_db_prepare(
		db, "SELECT seq FROM sqlite_sequence WHERE name = 'fed_news'", &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_fed_one_int(stmt, &seq);
	if (rc >= 0) {
		*seq_out = (uint64_t)seq;
	}
	return rc < 0 ? rc : 0;
}

int ph_fed_news_drop(struct ph_db *db, uint64_t seq)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "DELETE FROM fed_news WHERE seq <= ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)seq);
	return ph_stmt_run(stmt);
}
