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

#define ROWS_AT_ONCE 64

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
	/* 2: branches. A log was one row; now each of its branches is. */
	"CREATE TABLE log_2("
	" row INTEGER PRIMARY KEY, id BLOB NOT NULL, branch INTEGER NOT NULL DEFAULT 0,"
	" parent INTEGER NOT NULL DEFAULT 0, base INTEGER NOT NULL DEFAULT 0,"
	" device_id BLOB NOT NULL, key BLOB NOT NULL, site INTEGER NOT NULL,"
	" role INTEGER NOT NULL, UNIQUE(id, branch));"
	"INSERT INTO log_2(row, id, device_id, key, site, role)"
	" SELECT row, id, device_id, key, site, role FROM log;"
	"DROP TABLE log;"
	"ALTER TABLE log_2 RENAME TO log;"
	"CREATE INDEX log_device ON log(device_id);",
	/* 3: how entries came. */
	"CREATE TABLE arrival("
	" id INTEGER PRIMARY KEY, last INTEGER NOT NULL, second INTEGER NOT NULL,"
	" road INTEGER NOT NULL, level INTEGER NOT NULL);",
	/* 4: the logs of a site, which go to its other devices. */
	"CREATE INDEX log_site ON log(site);",
	/* 5: nothing new but a hub's own boxes of seeds, which older programs take for locked. */
	"",
	/* 6: erasures, and parts that are gone; older programs take these for damage. */
	"CREATE TABLE erased(type INTEGER NOT NULL, id BLOB NOT NULL,"
	" PRIMARY KEY(type, id)) WITHOUT ROWID;"
	"CREATE TABLE erasure(id BLOB PRIMARY KEY, second INTEGER NOT NULL,"
	" done INTEGER NOT NULL, told INTEGER NOT NULL) WITHOUT ROWID;",
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
	ph_journal_forget_moves(journal);
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
	ph_journal_forget_moves(journal);
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

int ph_journal_meta_drop(struct ph_journal *journal, const char *name)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db, "DELETE FROM meta WHERE name = ?", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(name));
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

int ph_journal_meta_each(struct ph_journal *journal, const char *prefix,
			 int (*cb)(void *data, const char *name, struct ph_view value),
			 void *data)
{
	struct ph_buf name = { 0 };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT name, value FROM meta"
			       " WHERE name >= ?1 AND substr(name, 1, length(?1)) = ?1"
			       " ORDER BY name",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(prefix));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_view text = ph_stmt_col_text(stmt, 0);

		name.len = 0;
		rc = ph_buf_put(&name, text.data, text.len);
		rc = rc != 0 ? rc : ph_buf_put(&name, "", 1);
		rc = rc != 0 ? rc
			     : cb(data, (const char *)name.data,
				  ph_stmt_col_blob(stmt, 1));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	ph_buf_deinit(&name);
	return rc;
}

/* --- logs --- */

/* The columns of the log table. 0, PH_JOURNAL_E_NONE or negative errno. */
static int read_log(struct ph_journal *journal, int64_t row, struct ph_log *log)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT id, device_id, key, site, role, branch, parent,"
			       " base FROM log WHERE row = ?1",
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
	log->branch = (unsigned)ph_stmt_col_int(stmt, 5);
	log->parent = ph_stmt_col_int(stmt, 6);
	log->base = (uint64_t)ph_stmt_col_int(stmt, 7);
	rc = ph_journal_col_fixed(stmt, 0, log->id, sizeof(log->id));
	if (rc == 0) {
		rc = ph_journal_col_fixed(stmt, 1, log->device_id,
					  sizeof(log->device_id));
	}
	if (rc == 0) {
		rc = ph_journal_col_fixed(stmt, 2, log->key, sizeof(log->key));
	}
	ph_stmt_reset(stmt);
	if (rc == 0 && (log->branch >= PH_BRANCHES_MAX || log->base > PH_JOURNAL_N_MAX ||
			log->parent < 0 || log->parent >= row ||
			(log->branch == 0) != (log->parent == 0))) {
		rc = -EUCLEAN;
	}
	return rc;
}

/* The head of a branch that has no entry of its own yet. */
static int read_base(struct ph_journal *journal, struct ph_log *log)
{
	struct ph_log *parent;
	int rc;

	log->n = log->base;
	if (log->base == 0) {
		ph_chain_start(log->h, log->id, log->key);
		return 0;
	}
	rc = ph_journal_held(journal, log->parent, &parent);
	if (rc == 0) {
		rc = ph_journal_chain_at(journal, parent, log->base, log->h);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

static int read_sealed(struct ph_journal *journal, struct ph_log *log)
{
	struct ph_stmt *stmt;
	int64_t key = 0;
	int rc = ph_db_prepare(journal->db,
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

static int read_head(struct ph_journal *journal, struct ph_log *log)
{
	uint64_t first;
	int rc = ph_journal_run_end(journal, log->row, PH_JOURNAL_N_MAX, &first, &log->n,
				    log->h);

	if (rc == PH_JOURNAL_E_NONE) {
		rc = read_base(journal, log);
	}
	/* A branch is made with a sealed segment: no need to look at its parent's seals. */
	return rc == 0 ? read_sealed(journal, log) : rc;
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
	int rc = ph_db_prepare(journal->db,
			       "SELECT row FROM log WHERE id = ?1 AND branch = 0", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(id, PH_LOG_ID_SIZE));
	rc = ph_journal_one_int(stmt, &row);
	return rc != 0 ? rc : ph_journal_log_at(journal, row, log_out);
}

/* All but the head of LOG as a new row, which it gets. */
static int insert_log(struct ph_journal *journal, struct ph_log *log)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "INSERT INTO log(id, branch, parent, base, device_id, key,"
			       " site, role) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, PH_VIEW(log->id, sizeof(log->id)));
	ph_stmt_int(stmt, 2, log->branch);
	ph_stmt_int(stmt, 3, log->parent);
	ph_stmt_int(stmt, 4, (int64_t)log->base);
	ph_stmt_blob(stmt, 5, PH_VIEW(log->device_id, sizeof(log->device_id)));
	ph_stmt_blob(stmt, 6, PH_VIEW(log->key, sizeof(log->key)));
	ph_stmt_int(stmt, 7, (int64_t)log->site);
	ph_stmt_int(stmt, 8, (int64_t)log->role);
	rc = ph_stmt_run(stmt);
	if (rc != 0) {
		return rc;
	}
	log->row = ph_db_last_rowid(journal->db);
	return log->row > PH_JOURNAL_ROW_MAX ? -EOVERFLOW : 0;
}

int ph_journal_log_add(struct ph_journal *journal,
		       const uint8_t id[static PH_LOG_ID_SIZE],
		       const uint8_t key[static PH_KEY_SIZE], uint64_t site,
		       uint64_t role, struct ph_log *log_out)
{
	struct ph_log log = { .site = site, .role = role };
	int rc;

	memcpy(log.id, id, sizeof(log.id));
	memcpy(log.key, key, sizeof(log.key));
	ph_device_id(log.device_id, key);
	rc = insert_log(journal, &log);
	return rc == 0 ? ph_journal_log_at(journal, log.row, log_out) : rc;
}

int ph_journal_branch_add(struct ph_journal *journal, const struct ph_log *log,
			  uint64_t base, struct ph_log **held_out)
{
	int64_t rows[PH_BRANCHES_MAX];
	struct ph_log branch = *log;
	unsigned n;
	int rc = ph_journal_branches(journal, log->id, rows, &n);

	if (rc == 0 && n == PH_BRANCHES_MAX) {
		return PH_JOURNAL_E_BRANCHES;
	}
	if (rc == 0 && base == 0) {
		branch.parent = rows[0];
	} else if (rc == 0) {
		rc = ph_journal_keeper(journal, log->row, base, &branch.parent);
	}
	if (rc == 0) {
		branch.branch = n;
		branch.base = base;
		rc = insert_log(journal, &branch);
	}
	return rc == 0 ? ph_journal_held(journal, branch.row, held_out) : rc;
}

/* The rows of logs behind AFTER, as many as ROWS has room for. 0 or negative errno. */
static int next_rows(struct ph_journal *journal, int64_t after,
		     int64_t rows[static ROWS_AT_ONCE], unsigned *n_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT row FROM log WHERE row > ?1 ORDER BY row LIMIT ?2",
			       &stmt);

	*n_out = 0;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, after);
	ph_stmt_int(stmt, 2, ROWS_AT_ONCE);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rows[(*n_out)++] = ph_stmt_col_int(stmt, 0);
	}
	return rc;
}

int ph_journal_log_each(struct ph_journal *journal,
			int (*cb)(void *data, const struct ph_log *log), void *data)
{
	int64_t rows[ROWS_AT_ONCE];
	int64_t after = 0;
	unsigned n = 0;
	int rc = 0;

	/* No statement is left open: CB may add logs, which come behind, and walk them too. */
	do {
		rc = next_rows(journal, after, rows, &n);
		for (unsigned i = 0; rc == 0 && i < n; i++) {
			struct ph_log log;

			after = rows[i];
			rc = ph_journal_log_at(journal, after, &log);
			rc = rc != 0 ? rc : cb(data, &log);
		}
	} while (rc == 0 && n > 0);
	return rc;
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
