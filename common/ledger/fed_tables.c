/*
 * common/ledger/fed_tables.c - the tables of what was fed, and their version.
 *
 * They are made once, in the store of the journal. If they are of another version,
 * they go, and the hub feeds anew, since the cursor goes with them.
 */
#include "common/ledger/fed.h"

enum {
	FED_VERSION = 2,
};

static const char meta_sql[] =
	"CREATE TABLE IF NOT EXISTS fed_meta(one INTEGER PRIMARY KEY CHECK(one = 1),"
	" version INTEGER NOT NULL, epoch INTEGER NOT NULL, random BLOB NOT NULL,"
	" scope INTEGER NOT NULL, number INTEGER NOT NULL)";

static const char make_sql[] =
	"CREATE TABLE fed_log(id INTEGER PRIMARY KEY, log_id BLOB NOT NULL,"
	" site INTEGER NOT NULL, role INTEGER NOT NULL, key BLOB NOT NULL,"
	" UNIQUE(log_id, key));"
	"CREATE TABLE fed_entry(log INTEGER NOT NULL, n INTEGER NOT NULL,"
	" hash BLOB NOT NULL, second INTEGER NOT NULL, tick INTEGER NOT NULL,"
	" unsure INTEGER NOT NULL, act INTEGER NOT NULL, bytes BLOB NOT NULL,"
	" cipher BLOB, seed BLOB, PRIMARY KEY(log, n, hash));"
	"CREATE INDEX fed_entry_act ON fed_entry(log, n) WHERE act = 1;"
	"CREATE TABLE fed_fact(type INTEGER, id BLOB, log INTEGER, n INTEGER, hash BLOB,"
	" PRIMARY KEY(type, id, log, n, hash)) WITHOUT ROWID;"
	"CREATE INDEX fed_fact_entry ON fed_fact(log, n, hash);"
	"CREATE TABLE fed_outside(type INTEGER, id BLOB, PRIMARY KEY(type, id))"
	" WITHOUT ROWID;"
	"CREATE TABLE fed_case(id BLOB PRIMARY KEY, kind INTEGER NOT NULL,"
	" anchor BLOB NOT NULL, refs BLOB NOT NULL,"
	" sites BLOB NOT NULL, second INTEGER NOT NULL,"
	" decided INTEGER) WITHOUT ROWID;"
	"CREATE INDEX fed_case_second ON fed_case(second, id);"
	/* one row for each thing that changed, the last change counts */
	"CREATE TABLE fed_news(seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	" what INTEGER NOT NULL, type INTEGER NOT NULL, id BLOB NOT NULL,"
	" log INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB,"
	" UNIQUE(what, type, id, log, n, hash));"
	"INSERT INTO fed_meta(one, version, epoch, random, scope, number)"
	" VALUES(1, 2, 0, x'0000000000000000', 0, 0);";

static const char drop_sql[] =
	"DROP TABLE IF EXISTS fed_log; DROP TABLE IF EXISTS fed_entry;"
	"DROP TABLE IF EXISTS fed_fact; DROP TABLE IF EXISTS fed_outside;"
	"DROP TABLE IF EXISTS fed_case; DROP TABLE IF EXISTS fed_news;"
	"DELETE FROM fed_meta;";

static int is_current(struct ph_db *db, bool *current_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "SELECT version FROM fed_meta", &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	*current_out = rc == PH_DB_ROW && ph_stmt_col_int(stmt, 0) == FED_VERSION;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

int ph_fed_tables_open(struct ph_db *db)
{
	bool current = false;
	int rc = ph_db_exec(db, meta_sql);

	rc = rc != 0 ? rc : is_current(db, &current);
	if (rc != 0 || current) {
		return rc;
	}
	rc = ph_db_begin(db);
	rc = rc != 0 ? rc : ph_db_exec(db, drop_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, make_sql);
	rc = rc != 0 ? rc : ph_db_commit(db);
	if (rc != 0) {
		ph_db_rollback(db);
	}
	return rc;
}
