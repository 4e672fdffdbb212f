/*
 * common/base/db.h - a thin wrapper of SQLite: one file, one connection, one writer.
 *
 * Every store is WAL, synchronous=FULL, locking_mode=EXCLUSIVE (so that reading
 * needs no room on the disk), DEFENSIVE, trusted_schema off, foreign keys on. The caller holds the folder's lock (ph_lock_take()), so a WAL file
 * left beside the database means the last process did not end by itself: then it is
 * synced (that process may have been killed before its own sync), quick_check runs, and
 * it is emptied into the database. SQLite's codes become errno values here
 * and nowhere else: full or over quota -ENOSPC, I/O -EIO, corrupt or not a database -EUCLEAN,
 * busy -EBUSY, read-only -EROFS, constraint -EEXIST, too big -EFBIG.
 */
#ifndef PH_BASE_DB_H
#define PH_BASE_DB_H

#include "common/base/bytes.h"
#include "common/base/error.h"

struct ph_db;
struct ph_stmt; /* a cached prepared statement; owned by its ph_db */

enum {
	PH_DB_ROW = 1, /* ph_stmt_step(): a row is there */
};

/* What to do about damage, for error texts: static words, in the language of who is spoken to. */
typedef const char *ph_db_remedy(void);

struct ph_db_config {
	const char *path;     /* or ":memory:" */
	const char *vfs;      /* NULL: the default; tests bring their own */
	uint32_t application; /* PRAGMA application_id; another one is refused */
	/*
	 * The schema as steps: version v is reached by running steps[0] to
	 * steps[v - 1]. Older stores are brought up in one transaction, newer ones
	 * refused with a text that says so.
	 */
	const char *const *steps;
	size_t n_steps;
	bool create;          /* make it if absent; else absent is -ENOENT */
	ph_db_remedy *remedy; /* NULL: restore a backup */
};

/*
 * 0, or a negative errno with ERR filled: -ENOENT absent (or empty) and not to be
 * created; -EUCLEAN damaged, or a WAL without its database (PH_EXIT_DAMAGED); -EINVAL
 * another program's database, or SQL of a step that does not run; -ENOTSUP made by a
 * newer Packhorse; -EROFS, -EACCES and others of the system. A store that is refused
 * is left as it was. A new database file has mode 0600.
 */
int ph_db_open(struct ph_db **db_out, const struct ph_db_config *config,
	       struct ph_error *err);
/* Ends open statements, checkpoints and removes the WAL. NULL is fine. */
void ph_db_close(struct ph_db *db);

/*
 * Begin (IMMEDIATE), commit, roll back. rollback is fine when nothing is open; a
 * commit that fails has rolled back already, and a release that fails has undone.
 *
 * When SQLite ends a transaction by itself (disk full, no memory), that error comes
 * out of everything until the rollback, so that nothing runs outside it unseen. After
 * an I/O error everything but close gives -EIO: open the store again.
 */
int ph_db_begin(struct ph_db *db);
int ph_db_commit(struct ph_db *db);
void ph_db_rollback(struct ph_db *db);
/*
 * Bring all of the WAL into the database, and empty it, so that what was overwritten is in
 * no file any more. Outside of a transaction. 0 or negative errno.
 */
int ph_db_checkpoint(struct ph_db *db);
bool ph_db_in_transaction(const struct ph_db *db);
/* A nested step that can be undone alone: savepoint, then exactly one of the others. */
int ph_db_savepoint(struct ph_db *db);
int ph_db_savepoint_release(struct ph_db *db);
void ph_db_savepoint_undo(struct ph_db *db);

/* Run statements that give no rows. */
int ph_db_exec(struct ph_db *db, const char *sql);
/*
 * The statement for SQL, prepared once and cached by the address of SQL: pass a string literal
 * or static text. Comes reset and unbound. 0; negative errno, -EUCLEAN also if a table or column
 * is not there. The same literal must not be in use twice at once: end with ph_stmt_reset().
 */
int ph_db_prepare(struct ph_db *db, const char *sql, struct ph_stmt **stmt_out);
/* PRAGMA quick_check / integrity_check. 0, or -EUCLEAN with the first finding in ERR. */
int ph_db_check(struct ph_db *db, bool full, struct ph_error *err);
int64_t ph_db_changes(const struct ph_db *db);
int64_t ph_db_last_rowid(const struct ph_db *db);

/*
 * Binding counts from 1. Bytes are borrowed until the next reset. Errors stick and
 * come out of step.
 */
void ph_stmt_int(struct ph_stmt *stmt, int index, int64_t value);
void ph_stmt_blob(struct ph_stmt *stmt, int index, struct ph_view bytes);
void ph_stmt_text(struct ph_stmt *stmt, int index, struct ph_view text);
void ph_stmt_null(struct ph_stmt *stmt, int index);
/*
 * PH_DB_ROW, 0 at the end (then already reset), or a negative errno (then already
 * reset).
 */
int ph_stmt_step(struct ph_stmt *stmt);
/* Step a statement that must give no row; 0 or negative errno (-EINVAL: it gave one). */
int ph_stmt_run(struct ph_stmt *stmt);
void ph_stmt_reset(struct ph_stmt *stmt);
/* Columns count from 0. Views are borrowed until the next step or reset. */
int64_t ph_stmt_col_int(struct ph_stmt *stmt, int column);
struct ph_view ph_stmt_col_blob(struct ph_stmt *stmt, int column);
struct ph_view ph_stmt_col_text(struct ph_stmt *stmt, int column);
bool ph_stmt_col_is_null(struct ph_stmt *stmt, int column);
/*
 * The first column of the first row that SQL gives, as of ph_db_prepare(). 0; -EUCLEAN also if it
 * gives none; or another negative errno.
 */
int ph_db_read_int(struct ph_db *db, const char *sql, int64_t *out);

/*
 * A number that moves as long as any database of this process does anything, at least with
 * each row and with each million instructions of one statement: of a disk that hangs it
 * stands still. From any thread.
 */
uint64_t ph_db_pulse(void);

#endif
