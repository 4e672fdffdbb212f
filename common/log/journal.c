/*
 * common/log/journal.c - the store of logs: schema, named values, logs.
 *
 * Entries lie in runs: one row of `run` holds the bytes of one append or of one
 * received segment, and h() of its last entry. The head of a log is its last run;
 * it is read once and then kept in memory, so that an append reads nothing.
 *
 * What a row should hold and does not (a hash of another length, say) is -EUCLEAN:
 * the file is damaged, and nothing here guesses. After a rollback the memory is
 * ahead of the file, so the caller says ph_journal_reload().
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* docs/STORE.md describes each table. A step once released is never edited: add another. */
const char *const ph_journal_steps[] = {
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE device("
	" row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, key BLOB NOT NULL,"
	" box BLOB NOT NULL UNIQUE, desk BLOB NOT NULL, site INTEGER NOT NULL,"
	" role INTEGER NOT NULL, invite BLOB NOT NULL, cert BLOB NOT NULL,"
	" admitted INTEGER NOT NULL DEFAULT 0, heard INTEGER NOT NULL DEFAULT 0,"
	" counter INTEGER NOT NULL DEFAULT 0, control INTEGER NOT NULL DEFAULT 0);"
	"CREATE INDEX device_invite ON device(invite);"
	"CREATE TABLE log("
	" row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, device_id BLOB NOT NULL,"
	" key BLOB NOT NULL, site INTEGER NOT NULL, role INTEGER NOT NULL);"
	"CREATE INDEX log_device ON log(device_id);"
	"CREATE TABLE run("
	" id INTEGER PRIMARY KEY, last INTEGER NOT NULL, h BLOB NOT NULL,"
	" bytes BLOB NOT NULL);"
	"CREATE TABLE seal(id INTEGER PRIMARY KEY, sig BLOB NOT NULL);"
	"CREATE TABLE part("
	" id INTEGER PRIMARY KEY, commit_hash BLOB NOT NULL, cipher BLOB, seed BLOB);"
	"CREATE INDEX part_missing ON part(id) WHERE cipher IS NULL;"
	"CREATE TABLE receipt("
	" log INTEGER NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL,"
	" h BLOB NOT NULL, epoch INTEGER NOT NULL, epoch_random BLOB NOT NULL,"
	" time INTEGER NOT NULL, bytes BLOB NOT NULL,"
	" PRIMARY KEY(log, level)) WITHOUT ROWID;",
};
const size_t ph_journal_steps_count =
	sizeof(ph_journal_steps) / sizeof(ph_journal_steps[0]);

int ph_journal_open(struct ph_journal **journal_out, struct ph_db *db)
{
	struct ph_journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL) {
		return -ENOMEM;
	}
	journal->db = db;
	*journal_out = journal;
	return 0;
}

void ph_journal_reload(struct ph_journal *journal)
{
	for (size_t i = 0; i < journal->n_logs; i++) {
		free(journal->logs[i]);
	}
	free(journal->logs);
	journal->logs = NULL;
	journal->n_logs = 0;
}

void ph_journal_free(struct ph_journal *journal)
{
	if (journal != NULL) {
		ph_journal_reload(journal);
		free(journal);
	}
}

struct ph_db *ph_journal_db(struct ph_journal *journal)
{
	return journal->db;
}

int ph_journal_col_fixed(struct ph_stmt *stmt, int column, uint8_t *out, size_t len)
{
	struct ph_view bytes = ph_stmt_col_blob(stmt, column);

	if (bytes.len != len) {
		return -EUCLEAN;
	}
	memcpy(out, bytes.data, len);
	return 0;
}

int ph_journal_one_int(struct ph_stmt *stmt, int64_t *out)
{
	int rc = ph_stmt_step(stmt);

	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	*out = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return 0;
}

/* --- named values --- */

static int meta_select(struct ph_journal *journal, const char *name,
		       struct ph_stmt **stmt_out)
{
	int rc = ph_db_prepare(journal->db, "SELECT value FROM meta WHERE name = ?1",
			       stmt_out);

	if (rc == 0) {
		ph_stmt_text(*stmt_out, 1, ph_view_str(name));
	}
	return rc;
}

int ph_journal_meta_get(struct ph_journal *journal, const char *name, struct ph_buf *out)
{
	struct ph_stmt *stmt;
	int rc = meta_select(journal, name, &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	rc = ph_buf_put_view(out, ph_stmt_col_blob(stmt, 0));
	ph_stmt_reset(stmt);
	return rc;
}

int ph_journal_meta_get_int(struct ph_journal *journal, const char *name, int64_t *out)
{
	struct ph_stmt *stmt;
	int rc = meta_select(journal, name, &stmt);

	return rc != 0 ? rc : ph_journal_one_int(stmt, out);
}

static const char meta_insert[] =
	"INSERT INTO meta(name, value) VALUES(?1, ?2)"
	" ON CONFLICT(name) DO UPDATE SET value = excluded.value";

int ph_journal_meta_put(struct ph_journal *journal, const char *name,
			struct ph_view value)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db, meta_insert, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(name));
	ph_stmt_blob(stmt, 2, value);
	return ph_stmt_run(stmt);
}

int ph_journal_meta_put_int(struct ph_journal *journal, const char *name, int64_t value)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db, meta_insert, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(name));
	ph_stmt_int(stmt, 2, value);
	return ph_stmt_run(stmt);
}

/* --- logs --- */

/* The columns of the log table. 0, PH_JOURNAL_E_NONE or negative errno. */
static int read_log(struct ph_journal *journal, int64_t row, struct ph_log *log)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT id, device_id, key, site, role FROM log"
			       " WHERE row = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	log->row = row;
	log->site = (uint64_t)ph_stmt_col_int(stmt, 3);
	log->role = (uint64_t)ph_stmt_col_int(stmt, 4);
	rc = ph_journal_col_fixed(stmt, 0, log->id, sizeof(log->id));
	if (rc == 0) {
		rc = ph_journal_col_fixed(stmt, 1, log->device_id,
					  sizeof(log->device_id));
	}
	if (rc == 0) {
		rc = ph_journal_col_fixed(stmt, 2, log->key, sizeof(log->key));
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int read_head(struct ph_journal *journal, struct ph_log *log)
{
	uint64_t first;
	int rc = ph_journal_run_end(journal, log->row, PH_JOURNAL_N_MAX, &first, &log->n,
				    log->h);

	if (rc == PH_JOURNAL_E_NONE) {
		log->n = 0;
		ph_chain_start(log->h, log->id, log->key);
		rc = 0;
	}
	if (rc != 0) {
		return rc;
	}

	struct ph_stmt *stmt;
	int64_t key = 0;

	rc = ph_db_prepare(journal->db,
			   "SELECT id FROM seal WHERE id BETWEEN ?1 AND ?2"
			   " ORDER BY id DESC LIMIT 1",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log->row, 0));
	ph_stmt_int(stmt, 2, ph_journal_key(log->row, PH_JOURNAL_N_MAX));
	rc = ph_journal_one_int(stmt, &key);
	log->sealed = ph_journal_key_n(key);
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

/* Room for ROW in the table of held logs. */
static int grow_logs(struct ph_journal *journal, int64_t row)
{
	size_t need = (size_t)row + 1;

	if (need <= journal->n_logs) {
		return 0;
	}

	size_t n = need + need / 2;
	struct ph_log **logs = realloc(journal->logs, n * sizeof(struct ph_log *));

	if (logs == NULL) {
		return -ENOMEM;
	}
	memset(logs + journal->n_logs, 0,
	       (n - journal->n_logs) * sizeof(struct ph_log *));
	journal->logs = logs;
	journal->n_logs = n;
	return 0;
}

int ph_journal_held(struct ph_journal *journal, int64_t row, struct ph_log **held_out)
{
	if (row < 1 || row > PH_JOURNAL_ROW_MAX) {
		return PH_JOURNAL_E_NONE;
	}
	if ((size_t)row < journal->n_logs && journal->logs[row] != NULL) {
		*held_out = journal->logs[row];
		return 0;
	}

	struct ph_log log = { 0 };
	int rc = read_log(journal, row, &log);

	if (rc == 0) {
		rc = read_head(journal, &log);
	}
	if (rc == 0) {
		rc = grow_logs(journal, row);
	}
	if (rc != 0) {
		return rc;
	}

	struct ph_log *held = malloc(sizeof(*held));

	if (held == NULL) {
		return -ENOMEM;
	}
	*held = log;
	journal->logs[row] = held;
	*held_out = held;
	return 0;
}

int ph_journal_log_at(struct ph_journal *journal, int64_t row, struct ph_log *log_out)
{
	struct ph_log *held;
	int rc = ph_journal_held(journal, row, &held);

	if (rc == 0) {
		*log_out = *held;
	}
	return rc;
}

int ph_journal_log_find(struct ph_journal *journal,
			const uint8_t id[static PH_LOG_ID_SIZE], struct ph_log *log_out)
{
	struct ph_stmt *stmt;
	int64_t row;
	int rc = ph_db_prepare(journal->db, "SELECT row FROM log WHERE id = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_LOG_ID_SIZE));
	rc = ph_journal_one_int(stmt, &row);
	return rc != 0 ? rc : ph_journal_log_at(journal, row, log_out);
}

int ph_journal_log_add(struct ph_journal *journal,
		       const uint8_t id[static PH_LOG_ID_SIZE],
		       const uint8_t key[static PH_KEY_SIZE], uint64_t site,
		       uint64_t role, struct ph_log *log_out)
{
	uint8_t device_id[PH_DEVICE_ID_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "INSERT INTO log(id, device_id, key, site, role)"
			       " VALUES(?1, ?2, ?3, ?4, ?5)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_device_id(device_id, key);
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_LOG_ID_SIZE));
	ph_stmt_blob(stmt, 2, PH_VIEW(device_id, sizeof(device_id)));
	ph_stmt_blob(stmt, 3, PH_VIEW(key, PH_KEY_SIZE));
	ph_stmt_int(stmt, 4, (int64_t)site);
	ph_stmt_int(stmt, 5, (int64_t)role);
	rc = ph_stmt_run(stmt);
	if (rc != 0) {
		return rc;
	}

	int64_t row = ph_db_last_rowid(journal->db);

	if (row > PH_JOURNAL_ROW_MAX) {
		return -EOVERFLOW;
	}
	return ph_journal_log_at(journal, row, log_out);
}

int ph_journal_log_each(struct ph_journal *journal,
			int (*cb)(void *data, const struct ph_log *log), void *data)
{
	int64_t row = 0;

	/* Row by row, not one open statement: CB may add logs and walk them too. */
	for (;;) {
		struct ph_stmt *stmt;
		struct ph_log log;
		int rc = ph_db_prepare(journal->db,
				       "SELECT row FROM log WHERE row > ?1"
				       " ORDER BY row LIMIT 1",
				       &stmt);

		if (rc != 0) {
			return rc;
		}
		ph_stmt_int(stmt, 1, row);
		rc = ph_journal_one_int(stmt, &row);
		if (rc != 0) {
			return rc == PH_JOURNAL_E_NONE ? 0 : rc;
		}
		rc = ph_journal_log_at(journal, row, &log);
		if (rc == 0) {
			rc = cb(data, &log);
		}
		if (rc != 0) {
			return rc;
		}
	}
}

int ph_journal_logs_of_device(struct ph_journal *journal,
			      const uint8_t device_id[static PH_DEVICE_ID_SIZE],
			      int (*cb)(void *data, const struct ph_log *log), void *data)
{
	int64_t row = 0;

	for (;;) {
		struct ph_stmt *stmt;
		struct ph_log log;
		int rc = ph_db_prepare(journal->db,
				       "SELECT row FROM log WHERE device_id = ?1"
				       " AND row > ?2 ORDER BY row LIMIT 1",
				       &stmt);

		if (rc != 0) {
			return rc;
		}
		ph_stmt_blob(stmt, 1, PH_VIEW(device_id, PH_DEVICE_ID_SIZE));
		ph_stmt_int(stmt, 2, row);
		rc = ph_journal_one_int(stmt, &row);
		if (rc != 0) {
			return rc == PH_JOURNAL_E_NONE ? 0 : rc;
		}
		rc = ph_journal_log_at(journal, row, &log);
		if (rc == 0) {
			rc = cb(data, &log);
		}
		if (rc != 0) {
			return rc;
		}
	}
}
