/*
 * common/base/dbraw.h - what db.c and dbopen.c share; for nobody else.
 */
#ifndef PH_BASE_DBRAW_H
#define PH_BASE_DBRAW_H

#include <limits.h>
#include <stdatomic.h>

#include <sqlite3.h>

#include "common/base/db.h"

enum {
	PH_DB_BUCKETS = 128,
	PH_DB_BEAT_OPS = 1000000 /* some tens of milliseconds of one statement */
};

struct ph_db {
	sqlite3 *raw; /* owned */
	struct ph_stmt *buckets[PH_DB_BUCKETS];
	bool begun;     /* by ph_db_begin() */
	unsigned depth; /* open savepoints */
	int lost;       /* why SQLite ended our transaction by itself, or 0 */
	atomic_bool
		poisoned; /* there was an I/O error; others ask whether a look had one */
	ph_db_remedy *remedy;
	char path[PATH_MAX];
	bool is_looked_at;    /* by its VFS others of this process may look at it */
	atomic_bool is_alone; /* now: a look ends */

	/* of a look (dblook.h) */
	struct ph_db *store;    /* whose; NULL: this is none */
	atomic_bool is_stopped; /* for good */
	int64_t until;          /* ms, monotonic; of a store its limit's, 0: none */
	int over;               /* why it has ended before its end, or 0 */
	int64_t version;        /* of what it saw last */
};

/* SQLite's VFS whose connections in one process share what they lock others out of. */
#define PH_DB_LOOK_VFS "unix-excl"

/* -ETIMEDOUT when the limit of the store DB is over, which then stays so to its end; or 0. */
int ph_dbraw_limit_over(struct ph_db *db);
/* Why LOOK has to end now, which then stays so; or 0. */
int ph_dbraw_look_over(struct ph_db *look);

/* Translate SQLite's CODE and remember what must stick. 0 or a negative errno. */
int ph_dbraw_settle(struct ph_db *db, int code);
/* SQLite's extended result code as a negative errno, and nothing more. */
int ph_dbraw_errno(int code);
/* Run SQL without asking whether anything forbids it. 0 or a negative errno. */
int ph_dbraw_run(struct ph_db *db, const char *sql);
/* Something was done for somebody: ph_db_pulse() moves. */
void ph_dbraw_beat(void);

#endif
