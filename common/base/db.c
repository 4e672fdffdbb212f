/*
 * common/base/db.c - a thin wrapper of SQLite: transactions and statements.
 *
 * Statements are prepared once and found again by the address of their text. Codes
 * become errno values in ph_dbraw_errno() and nowhere else. Opening is in dbopen.c.
 *
 * Failures:
 * - an I/O error sticks. After a failed fsync nobody knows what is on the disk, so
 *   every later begin, step and commit gives -EIO until the store is opened again. A
 *   write that was refused for lack of room is no such error, whatever SQLite calls it.
 * - SQLite ends a transaction by itself on some errors (disk full, no memory). The
 *   statements behind it would then be committed one by one, so the error sticks
 *   until the caller has rolled back.
 * - a commit or release that fails is rolled back here and now.
 */
#include "common/base/db.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/dbraw.h"
#include "common/base/file.h"

struct ph_stmt {
	sqlite3_stmt *raw; /* owned */
	struct ph_db *db;
	struct ph_stmt *next; /* in its bucket */
	const char *sql;      /* borrowed; the key */
	int error;            /* of a bind, for the next step */
	bool used;            /* bound or stepped since it was reset */
};

/* SQLite's extended result code as a negative errno. */
int ph_dbraw_errno(int code)
{
	switch (code) {
	case SQLITE_IOERR_NOMEM:
		return -ENOMEM;
	case SQLITE_IOERR_CORRUPTFS:
	case SQLITE_IOERR_DATA:
		return -EUCLEAN;
	case SQLITE_IOERR_BLOCKED:
		return -EBUSY;
	default:
		break;
	}
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_IOERR:
		return -EIO;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_TOOBIG:
		return -EFBIG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_ABORT:
	case SQLITE_INTERRUPT:
		return -ECANCELED;
	default:
		return -EINVAL;
	}
}

/*
 * Whether CODE, an I/O error to SQLite, only means that there is no room: SQLite says
 * that of a full disk by itself, but not of a quota, nor when a disk is so full that it
 * cannot even take a name away (the journal of a store that is being made; SQLite then
 * takes back by itself what that journal has). It keeps the system's errno of some
 * failures only (none of a commit's), so ask errno itself, which its failed write set.
 * A sync is left out: whatever its reason, pages may be gone.
 */
static bool lacks_room(int code, int system)
{
	return (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_DELETE) &&
	       (system == ENOSPC || system == EDQUOT);
}

/*
 * A file of the store could not be opened. When it was to be made, SQLite tries once more
 * without making it, and tells of that: that there is no such file. So whether the WAL
 * can be made is asked of the disk itself; if it can by now, something was wrong all the
 * same.
 */
static int why_not_open(const struct ph_db *db)
{
	int system = sqlite3_system_errno(db->raw);
	char wal[PATH_MAX];
	int n = snprintf(wal, sizeof(wal), "%s-wal", db->path);
	int rc;

	if (system != ENOENT || !ph_file_exists(db->path) || n < 0 ||
	    (size_t)n >= sizeof(wal)) {
		return system > 0 ? -system : -EACCES;
	}
	rc = ph_file_touch(wal);
	return rc < 0 ? rc : -EIO;
}

/* Whether the caller believes a transaction to be open. */
static bool in_our_transaction(const struct ph_db *db)
{
	return db->begun || db->depth > 0;
}

int ph_dbraw_settle(struct ph_db *db, int code)
{
	int system = errno;
	int rc = 0;

	if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) {
		return 0;
	}
	rc = ph_dbraw_errno(code);
	if ((code & 0xff) == SQLITE_CANTOPEN) {
		rc = why_not_open(db);
	}
	if (rc == -EIO && lacks_room(code, system)) {
		rc = -ENOSPC;
	}
	if (rc == -EIO && !db->poisoned) {
		db->poisoned = true;
		/* The WAL is for the next start to recover; this process leaves it alone. */
		sqlite3_db_config(db->raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	if (in_our_transaction(db) && sqlite3_get_autocommit(db->raw) && db->lost == 0) {
		db->lost = rc;
	}
	return rc;
}

/* 0, or the error that forbids to go on. */
static int may_go_on(struct ph_db *db)
{
	return db->poisoned    ? -EIO
	       : db->store     ? ph_dbraw_look_over(db)
	       : db->lost != 0 ? db->lost
			       : ph_dbraw_limit_over(db);
}

int ph_dbraw_run(struct ph_db *db, const char *sql)
{
	return ph_dbraw_settle(db, sqlite3_exec(db->raw, sql, NULL, NULL, NULL));
}

void ph_db_close(struct ph_db *db)
{
	if (db == NULL) {
		return;
	}
	for (size_t i = 0; i < PH_DB_BUCKETS; i++) {
		while (db->buckets[i] != NULL) {
			struct ph_stmt *stmt = db->buckets[i];

			db->buckets[i] = stmt->next;
			sqlite3_finalize(stmt->raw);
			free(stmt);
		}
	}
	ph_db_rollback(db);

	int code = sqlite3_close(db->raw);

	assert(code != SQLITE_BUSY);
	(void)code;
	free(db);
}

/* SQL, which takes no values and is in every transaction: it is prepared once. */
static int run_kept(struct ph_db *db, const char *sql)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, sql, &stmt);

	if (rc == 0) {
		rc = ph_dbraw_settle(db, sqlite3_step(stmt->raw));
		sqlite3_reset(stmt->raw);
	}
	return rc;
}

int ph_db_begin(struct ph_db *db)
{
	int rc = run_kept(db, "BEGIN IMMEDIATE");

	if (rc == 0) {
		db->begun = true;
	}
	return rc;
}

int ph_db_commit(struct ph_db *db)
{
	int rc = run_kept(db, "COMMIT");

	if (rc < 0) {
		ph_db_rollback(db);
		return rc;
	}
	db->begun = false;
	db->depth = 0;
	return 0;
}

void ph_db_rollback(struct ph_db *db)
{
	db->begun = false;
	db->depth = 0;
	db->lost = 0;
	if (db->raw != NULL && !sqlite3_get_autocommit(db->raw)) {
		ph_dbraw_run(db, "ROLLBACK");
	}
}

bool ph_db_in_transaction(const struct ph_db *db)
{
	return sqlite3_get_autocommit(db->raw) == 0;
}

/* Savepoints nest by one name: SQLite takes the innermost. */
int ph_db_savepoint(struct ph_db *db)
{
	int rc = run_kept(db, "SAVEPOINT ph");

	if (rc == 0) {
		db->depth++;
	}
	return rc;
}

int ph_db_savepoint_release(struct ph_db *db)
{
	assert(db->depth > 0);

	int rc = run_kept(db, "RELEASE ph");

	if (rc < 0) {
		ph_db_savepoint_undo(db);
		return rc;
	}
	db->depth--;
	return 0;
}

void ph_db_savepoint_undo(struct ph_db *db)
{
	if (db->depth == 0) { /* the whole transaction was rolled back before */
		return;
	}
	if (!sqlite3_get_autocommit(db->raw)) {
		int rc = ph_dbraw_run(db, "ROLLBACK TO ph; RELEASE ph");

		if (rc < 0 && db->lost == 0) {
			db->lost = rc;
		}
	}
	db->depth--;
	if (!in_our_transaction(db)) {
		ph_db_rollback(db);
	}
}

int ph_db_exec(struct ph_db *db, const char *sql)
{
	int rc = may_go_on(db);

	return rc < 0 ? rc : ph_dbraw_run(db, sql);
}

static struct ph_stmt **bucket_of(struct ph_db *db, const char *sql)
{
	uint64_t key = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);

	return &db->buckets[key >> 57];
}

/* Statements are of the schema that ph_db_open() left: what they name and is not there was there. */
static bool lacks_schema(const struct ph_db *db)
{
	const char *said = sqlite3_errmsg(db->raw);

	return sqlite3_errcode(db->raw) == SQLITE_ERROR &&
	       (strncmp(said, "no such table:", 14) == 0 ||
		strncmp(said, "no such column:", 15) == 0);
}

static int make_stmt(struct ph_db *db, const char *sql, struct ph_stmt **stmt_out)
{
	const char *tail = NULL;
	struct ph_stmt *stmt = calloc(1, sizeof(*stmt));

	if (stmt == NULL) {
		return -ENOMEM;
	}

	int rc = ph_dbraw_settle(db, sqlite3_prepare_v3(db->raw, sql, -1,
							SQLITE_PREPARE_PERSISTENT,
							&stmt->raw, &tail));

	if (rc == -EINVAL && lacks_schema(db)) {
		rc = -EUCLEAN;
	}
	/* One statement only: what stands behind it would silently never run. */
	if (rc == 0 && (stmt->raw == NULL || tail[strspn(tail, " \t\n;")] != '\0')) {
		rc = -EINVAL;
	}
	if (rc < 0) {
		sqlite3_finalize(stmt->raw);
		free(stmt);
		return rc;
	}
	stmt->db = db;
	stmt->sql = sql;
	*stmt_out = stmt;
	return 0;
}

int ph_db_prepare(struct ph_db *db, const char *sql, struct ph_stmt **stmt_out)
{
	struct ph_stmt **bucket = bucket_of(db, sql);
	struct ph_stmt *stmt = *bucket;
	int rc = may_go_on(db);

	if (rc < 0) {
		return rc;
	}
	while (stmt != NULL && stmt->sql != sql) {
		stmt = stmt->next;
	}
	if (stmt == NULL) {
		rc = make_stmt(db, sql, &stmt);
		if (rc < 0) {
			return rc;
		}
		stmt->next = *bucket;
		*bucket = stmt;
	}
	/* Two loops over one statement would step on each other. */
	assert(!sqlite3_stmt_busy(stmt->raw));
	ph_stmt_reset(stmt);
	*stmt_out = stmt;
	return 0;
}

int64_t ph_db_changes(const struct ph_db *db)
{
	return sqlite3_changes64(db->raw);
}

int64_t ph_db_last_rowid(const struct ph_db *db)
{
	return sqlite3_last_insert_rowid(db->raw);
}

static void bound(struct ph_stmt *stmt, int code)
{
	stmt->used = true;
	if (code != SQLITE_OK && stmt->error == 0) {
		stmt->error = ph_dbraw_errno(code);
	}
}

void ph_stmt_int(struct ph_stmt *stmt, int index, int64_t value)
{
	bound(stmt, sqlite3_bind_int64(stmt->raw, index, value));
}

void ph_stmt_blob(struct ph_stmt *stmt, int index, struct ph_view bytes)
{
	/* SQLite takes a null pointer for NULL, but an empty blob is not NULL. */
	const void *data = bytes.len == 0 ? (const void *)"" : bytes.data;

	bound(stmt,
	      sqlite3_bind_blob64(stmt->raw, index, data, bytes.len, SQLITE_STATIC));
}

void ph_stmt_text(struct ph_stmt *stmt, int index, struct ph_view text)
{
	const char *data = text.len == 0 ? "" : (const char *)text.data;

	bound(stmt, sqlite3_bind_text64(stmt->raw, index, data, text.len, SQLITE_STATIC,
					SQLITE_UTF8));
}

void ph_stmt_null(struct ph_stmt *stmt, int index)
{
	bound(stmt, sqlite3_bind_null(stmt->raw, index));
}

static _Atomic uint64_t pulse;

/* Which thread adds does not matter, nor that two at once may count once. */
void ph_dbraw_beat(void)
{
	atomic_store_explicit(&pulse,
			      atomic_load_explicit(&pulse, memory_order_relaxed) + 1,
			      memory_order_relaxed);
}

uint64_t ph_db_pulse(void)
{
	return atomic_load_explicit(&pulse, memory_order_relaxed);
}

int ph_stmt_step(struct ph_stmt *stmt)
{
	int rc = may_go_on(stmt->db);

	if (rc == 0) {
		rc = stmt->error;
	}
	stmt->used = true;
	if (rc == 0) {
		int code = sqlite3_step(stmt->raw);

		if (!stmt->db->store) {
			ph_dbraw_beat();
		}
		if (code == SQLITE_ROW) {
			return PH_DB_ROW;
		}
		rc = ph_dbraw_settle(stmt->db, code);
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_stmt_run(struct ph_stmt *stmt)
{
	int rc = ph_stmt_step(stmt);

	if (rc != PH_DB_ROW) {
		return rc;
	}
	ph_stmt_reset(stmt);
	return -EINVAL;
}

/* Nearly every statement is reset at its end, and by who prepares it next. */
void ph_stmt_reset(struct ph_stmt *stmt)
{
	if (!stmt->used) {
		return;
	}
	sqlite3_reset(stmt->raw);
	sqlite3_clear_bindings(stmt->raw);
	stmt->error = 0;
	stmt->used = false;
}

int64_t ph_stmt_col_int(struct ph_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt->raw, column);
}

int ph_db_read_int(struct ph_db *db, const char *sql, int64_t *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, sql, &stmt);

	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	*out = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return 0;
}

struct ph_view ph_stmt_col_blob(struct ph_stmt *stmt, int column)
{
	const void *data = sqlite3_column_blob(stmt->raw, column);

	return PH_VIEW(data, (size_t)sqlite3_column_bytes(stmt->raw, column));
}

struct ph_view ph_stmt_col_text(struct ph_stmt *stmt, int column)
{
	const unsigned char *data = sqlite3_column_text(stmt->raw, column);

	return PH_VIEW(data, (size_t)sqlite3_column_bytes(stmt->raw, column));
}

bool ph_stmt_col_is_null(struct ph_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt->raw, column) == SQLITE_NULL;
}
