/*
 * tests/bench/bare.c - the same work without us: SQLite and nothing else.
 *
 * What a durable append costs at least is one row in one commit; what rows in bulk cost
 * is a table with two indexes and a commit for each 20,000. Statements are prepared once;
 * nothing is checked, hashed or signed.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/rng.h"
#include "tests/bench/bench.h"

#define ROWS_A_COMMIT 20000

struct bench_bare {
	sqlite3 *db;
	sqlite3_stmt *one;
	sqlite3_stmt *many;
};

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	"CREATE TABLE one(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
	"CREATE TABLE many(id INTEGER PRIMARY KEY, log INTEGER NOT NULL,"
	" n INTEGER NOT NULL, name BLOB NOT NULL, body BLOB NOT NULL);"
	"CREATE INDEX many_n ON many(log, n); CREATE INDEX many_name ON many(name);";

static int fail(const struct bench_bare *bare, struct ph_error *err)
{
	return ph_fail(err, PH_EXIT_OTHER, -EIO, "SQLite: %s",
		       bare->db ? sqlite3_errmsg(bare->db) : "no memory");
}

int bench_bare_open(struct bench_bare **bare_out, const char *path, struct ph_error *err)
{
	struct bench_bare *bare = calloc(1, sizeof(*bare));
	int rc;

	if (!bare) {
		return -ENOMEM;
	}
	if (sqlite3_open(path, &bare->db) != SQLITE_OK ||
	    sqlite3_exec(bare->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(bare->db, "INSERT INTO one(body) VALUES(?)", -1,
			       &bare->one, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(bare->db,
			       "INSERT INTO many(log, n, name, body) VALUES(?, ?, ?, ?)",
			       -1, &bare->many, NULL) != SQLITE_OK) {
		rc = fail(bare, err);
		bench_bare_close(bare);
		return rc;
	}
	*bare_out = bare;
	return 0;
}

void bench_bare_close(struct bench_bare *bare)
{
	if (!bare) {
		return;
	}
	sqlite3_finalize(bare->one);
	sqlite3_finalize(bare->many);
	sqlite3_close(bare->db);
	free(bare);
}

static int step(sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? 0 : -EIO;
}

int bench_bare_commit(struct bench_bare *bare, struct ph_view row)
{
	sqlite3_bind_blob(bare->one, 1, row.data, (int)row.len, SQLITE_STATIC);
	return step(bare->one);
}

int bench_bare_rows(struct bench_bare *bare, uint64_t count, size_t size)
{
	struct ph_rng_seeded state;
	struct ph_rng rng;
	uint8_t body[512];
	int rc = 0;

	size = size < sizeof(body) ? size : sizeof(body);
	ph_rng_seed(&state, 1, &rng);
	for (uint64_t i = 0; rc == 0 && i < count; i++) {
		if (i % ROWS_A_COMMIT == 0 &&
		    sqlite3_exec(bare->db, i ? "COMMIT; BEGIN" : "BEGIN", NULL, NULL,
				 NULL) != SQLITE_OK) {
			return -EIO;
		}
		rng.fill(rng.data, body, size);
		sqlite3_bind_int64(bare->many, 1, (sqlite3_int64)(i % 20));
		sqlite3_bind_int64(bare->many, 2, (sqlite3_int64)(i / 20));
		sqlite3_bind_blob(bare->many, 3, body, 8, SQLITE_STATIC);
		sqlite3_bind_blob(bare->many, 4, body, (int)size, SQLITE_STATIC);
		rc = step(bare->many);
	}
	if (rc == 0 && sqlite3_exec(bare->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
		rc = -EIO;
	}
	return rc;
}
