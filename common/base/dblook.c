/*
 * common/base/dblook.c - a second connection to a store that is in use, which only reads.
 *
 * The store's connection is opened by SQLite's VFS "unix-excl" for this: it locks out other
 * processes as an exclusive connection does, and keeps the index of the WAL in memory
 * likewise (no -shm, for which a full disk has no room), but connections of this process
 * share that. A look is one transaction that is never upgraded.
 *
 * Whether it has to end is asked before each step of a statement, and within a long one
 * each some thousands of instructions. Nothing that happens here is remembered as the
 * store's; an I/O error is the look's alone, and the store finds its own.
 */
#include "common/base/dblook.h"
#include "common/base/dblimit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sqlite3.h>

#include "common/base/dbraw.h"

enum {
	BUSY_MS = 2000,
	LOOK_OPS = 20000 /* of one statement: less than a millisecond */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ph_db_limit(struct ph_db *db, unsigned ms)
{
	db->until = now_ms() + ms;
	db->over = 0;
}

int ph_dbraw_limit_over(struct ph_db *db)
{
	if (db->until != 0 && db->over == 0 && now_ms() >= db->until) {
		db->over = -ETIMEDOUT;
	}
	return db->over;
}

int ph_db_limit_end(struct ph_db *db)
{
	int over = db->over;

	db->until = 0;
	db->over = 0;
	return over;
}

int ph_dbraw_look_over(struct ph_db *look)
{
	if (look->over == 0 && (look->is_stopped || look->store->is_alone)) {
		look->over = -ECANCELED;
	}
	if (look->over == 0 && now_ms() >= look->until) {
		look->over = -ETIMEDOUT;
	}
	return look->over;
}

static int on_progress(void *data)
{
	return ph_dbraw_look_over(data) != 0;
}

static int set_up(struct ph_db *look)
{
	sqlite3_busy_timeout(look->raw, BUSY_MS);
	sqlite3_progress_handler(look->raw, LOOK_OPS, on_progress, look);
	sqlite3_db_config(look->raw, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(look->raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return ph_dbraw_run(look, "PRAGMA query_only = ON;"
				  "PRAGMA wal_autocheckpoint = 0;"
				  "PRAGMA trusted_schema = OFF;"
				  "PRAGMA cell_size_check = ON;"
				  "PRAGMA temp_store = MEMORY;");
}

int ph_db_look_open(struct ph_db **look_out, struct ph_db *db, struct ph_error *err)
{
	struct ph_db *look;
	int code, rc;

	if (!db->is_looked_at) {
		return -ENOTSUP;
	}
	look = calloc(1, sizeof(*look));
	if (!look) {
		return ph_fail_errno(err, -ENOMEM, db->path);
	}
	look->store = db;
	look->until = INT64_MAX;
	look->remedy = db->remedy;
	snprintf(look->path, sizeof(look->path), "%s", db->path);
	/* for writing: one for reading would take other locks, and loose those of the store */
	code = sqlite3_open_v2(look->path, &look->raw,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				       SQLITE_OPEN_EXRESCODE,
			       PH_DB_LOOK_VFS);
	rc = !look->raw          ? -ENOMEM
	     : code == SQLITE_OK ? set_up(look)
				 : ph_dbraw_settle(look, code);
	if (rc < 0) {
		ph_db_close(look);
		return ph_fail_errno(err, rc, db->path);
	}
	*look_out = look;
	return 0;
}

int ph_db_look_begin(struct ph_db *look, unsigned ms, bool *moved_out)
{
	struct ph_stmt *stmt;
	int64_t version = 0;
	int rc;

	look->until = now_ms() + ms;
	look->over = 0;
	rc = ph_db_exec(look, "BEGIN");
	/* which begins to read, and counts what others have committed */
	rc = rc < 0 ? rc
		    : ph_db_prepare(look, "SELECT count(*) FROM sqlite_schema", &stmt);
	rc = rc < 0 ? rc : ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		ph_stmt_reset(stmt);
		rc = ph_db_prepare(look, "PRAGMA data_version", &stmt);
	}
	rc = rc < 0 ? rc : ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		version = ph_stmt_col_int(stmt, 0);
		ph_stmt_reset(stmt);
		*moved_out = version != look->version;
		look->version = version;
		return 0;
	}
	(void)ph_db_look_end(look);
	return look->over != 0 ? look->over : rc < 0 ? rc : -EUCLEAN;
}

int ph_db_look_end(struct ph_db *look)
{
	look->until = INT64_MAX;
	ph_db_rollback(look);
	return look->over;
}

void ph_db_look_stop(struct ph_db *look)
{
	look->is_stopped = true;
}

bool ph_db_look_is_broken(const struct ph_db *look)
{
	return look->poisoned;
}
