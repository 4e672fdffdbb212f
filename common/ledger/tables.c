/*
 * common/ledger/tables.c - the tables of the projection and their version.
 *
 * All of them can be dropped at any time: the version names the fold and the kind
 * table, and if either is another one, the tables go and are filled again from
 * the journal.
 */
#include <stdio.h>
#include <string.h>

#include "common/ledger/changes.h"
#include "common/ledger/fold.h"
#include "common/ledger/scope.h"
#include "common/ledger/store.h"

static const char make_sql[] =
	"CREATE TABLE ledger_log(row INTEGER PRIMARY KEY, id BLOB NOT NULL,"
	" site INTEGER NOT NULL, verdict INTEGER NOT NULL, n INTEGER NOT NULL,"
	" cut INTEGER);"
	"CREATE TABLE ledger_mark(log INTEGER, n INTEGER, hash BLOB NOT NULL,"
	" stamp INTEGER NOT NULL, sure INTEGER NOT NULL, judged INTEGER NOT NULL,"
	" ahead INTEGER NOT NULL, behind INTEGER NOT NULL, clamp INTEGER,"
	" floor INTEGER NOT NULL, PRIMARY KEY(log, n)) WITHOUT ROWID;"
	"CREATE TABLE ledger_act(target BLOB, log INTEGER, n INTEGER,"
	" off INTEGER NOT NULL, kind INTEGER NOT NULL, site INTEGER NOT NULL,"
	" signed INTEGER NOT NULL, stamp INTEGER NOT NULL, hash BLOB NOT NULL,"
	" entry BLOB, PRIMARY KEY(target, log, n)) WITHOUT ROWID;"
	"CREATE TABLE ledger_fact(type INTEGER, id BLOB, log INTEGER, n INTEGER,"
	" hash BLOB NOT NULL, second INTEGER NOT NULL, tick INTEGER NOT NULL,"
	" unsure INTEGER NOT NULL, flags INTEGER NOT NULL, site INTEGER NOT NULL,"
	" entry BLOB, PRIMARY KEY(type, id, log, n)) WITHOUT ROWID;"
	"CREATE TABLE ledger_listed(crate BLOB, log INTEGER, n INTEGER, copy BLOB,"
	" PRIMARY KEY(crate, log, n, copy)) WITHOUT ROWID;"
	"CREATE TABLE ledger_off(log INTEGER, n INTEGER, why INTEGER NOT NULL,"
	" PRIMARY KEY(log, n)) WITHOUT ROWID;"
	"CREATE TABLE ledger_source(source BLOB, kind INTEGER, creates INTEGER,"
	" site INTEGER, second INTEGER, tick INTEGER, log_id BLOB, n INTEGER,"
	" hash BLOB, log INTEGER, dead INTEGER NOT NULL,"
	" PRIMARY KEY(source, kind, creates, site, second, tick, log_id, n, hash, log))"
	" WITHOUT ROWID;"
	"CREATE TABLE ledger_entity(type INTEGER, id BLOB, state BLOB NOT NULL,"
	" PRIMARY KEY(type, id)) WITHOUT ROWID;";

static const char drop_sql[] =
	"DROP TABLE IF EXISTS ledger_log; DROP TABLE IF EXISTS ledger_mark;"
	"DROP TABLE IF EXISTS ledger_act; DROP TABLE IF EXISTS ledger_fact;"
	"DROP TABLE IF EXISTS ledger_listed; DROP TABLE IF EXISTS ledger_off;"
	"DROP TABLE IF EXISTS ledger_source; DROP TABLE IF EXISTS ledger_entity;"
	/* of earlier versions */
	"DROP TABLE IF EXISTS ledger_void; DROP TABLE IF EXISTS ledger_uncounted;";

#define VERSION_SIZE 10

static void version(uint8_t out[static VERSION_SIZE])
{
	out[0] = PH_FOLD_VERSION;
	out[1] = PH_DERIVE_VERSION;
	ph_kinds_hash(out + 2);
}

static int read_version(struct ph_db *db, bool *current)
{
	uint8_t wanted[VERSION_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "SELECT value FROM ledger_meta WHERE name = 'version'",
			       &stmt);

	*current = false;
	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		version(wanted);
		*current = ph_view_equal(ph_stmt_col_blob(stmt, 0),
					 PH_VIEW(wanted, sizeof wanted));
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* NAME becomes the next table that this version fills; 0 at the end, PH_DB_ROW, negative errno. */
static int next_table(struct ph_db *db, char *name, size_t size)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db,
			       "SELECT name FROM sqlite_schema WHERE type = 'table'"
			       " AND (name GLOB 'ledger_*' OR name GLOB 'scope_*')"
			       " AND NOT name GLOB 'ledger_words*'"
			       " AND name <> 'ledger_meta' AND name > ?1"
			       " ORDER BY name LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, PH_VIEW(name, strlen(name)));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		struct ph_view next = ph_stmt_col_text(stmt, 0);

		snprintf(name, size, "%.*s", (int)next.len, (const char *)next.data);
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* FTS5 deletes row by row, so a table that holds any is better made again. */
static int empty_words(struct ph_db *db)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "SELECT 1 FROM ledger_words LIMIT 1", &stmt);

	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc;
	}
	ph_stmt_reset(stmt);
	rc = ph_db_exec(db, ph_words_drop_sql);
	return rc != 0 ? rc : ph_db_exec(db, ph_words_make_sql);
}

/* Tables of this version, whose layout stays as it is. */
static int empty(struct ph_db *db)
{
	char name[64] = "", sql[96];
	int rc;

	while ((rc = next_table(db, name, sizeof name)) == PH_DB_ROW) {
		snprintf(sql, sizeof sql, "DELETE FROM %s", name);
		rc = ph_db_exec(db, sql);
		if (rc != 0) {
			return rc;
		}
	}
	return rc != 0 ? rc : empty_words(db);
}

static int make(struct ph_db *db)
{
	uint8_t wanted[VERSION_SIZE];
	struct ph_stmt *stmt;
	int rc = ph_db_exec(db, drop_sql);

	rc = rc != 0 ? rc : ph_db_exec(db, ph_derive_drop_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_words_drop_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_scope_drop_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_fed_intake_drop_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_changes_drop_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, make_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_derive_make_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_words_make_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_scope_make_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_fed_intake_make_sql);
	rc = rc != 0 ? rc : ph_db_exec(db, ph_changes_make_sql);
	rc = rc != 0 ? rc
		     : ph_db_prepare(db,
				     "INSERT OR REPLACE INTO ledger_meta(name, value)"
				     " VALUES('version', ?1)",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	version(wanted);
	ph_stmt_blob(stmt, 1, PH_VIEW(wanted, sizeof wanted));
	return ph_stmt_run(stmt);
}

static int renew(struct ph_db *db)
{
	bool current;
	int rc = read_version(db, &current);

	return rc != 0 ? rc : current ? empty(db) : make(db);
}

/* Whether what is deleted is overwritten, which SQLite does or not as it was built. */
static int read_overwrites(struct ph_db *db, bool *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, "PRAGMA secure_delete", &stmt);

	if (rc != 0) {
		return rc;
	}
	rc = ph_stmt_step(stmt);
	*out = rc == PH_DB_ROW && ph_stmt_col_int(stmt, 0) == 1;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

/*
 * To overwrite all of a large table writes all of it, and SQLite holds half of that in
 * memory. Nothing here is secret that is not in the journal as well, and most of it is
 * filled again at once; so while the tables are emptied nothing is overwritten.
 */
int ph_tables_renew(struct ph_db *db)
{
	bool overwrites = false;
	int rc = read_overwrites(db, &overwrites);

	rc = rc != 0 || !overwrites ? rc : ph_db_exec(db, "PRAGMA secure_delete = OFF");
	if (rc == 0 && (rc = ph_db_begin(db)) == 0) {
		rc = renew(db);
		rc = rc != 0 ? rc : ph_db_commit(db);
		if (rc != 0) {
			ph_db_rollback(db);
		}
	}
	if (overwrites) {
		int back = ph_db_exec(db, "PRAGMA secure_delete = ON");

		rc = rc != 0 ? rc : back;
	}
	return rc;
}

int ph_tables_open(struct ph_db *db)
{
	bool current;
	int rc = ph_db_exec(db, "CREATE TABLE IF NOT EXISTS ledger_meta("
				"name TEXT PRIMARY KEY, value) WITHOUT ROWID");

	rc = rc != 0 ? rc : read_version(db, &current);
	if (rc != 0 || current) {
		return rc;
	}
	return ph_tables_renew(db);
}
