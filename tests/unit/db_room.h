/*
 * tests/unit/db_room.h - a folder with one small store in it, for the tests of the
 * SQLite wrapper: test_db.c and test_dbopen.c.
 */
#ifndef PH_TEST_DB_ROOM_H
#define PH_TEST_DB_ROOM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/db.h"
#include "tests/unit/faulty_vfs.h"

enum {
	APPLICATION = 0x70680001
};

static const char first_step[] =
	"CREATE TABLE item(id INTEGER PRIMARY KEY, body BLOB NOT NULL, note TEXT) STRICT;"
	"CREATE TABLE child(item INTEGER NOT NULL REFERENCES item(id)) STRICT;";

static const char *const steps[] = {
	first_step,
	"ALTER TABLE item ADD COLUMN rank INTEGER NOT NULL DEFAULT 7;",
	"CREATE INDEX item_note ON item(note);",
};

static char folder[] = "/tmp/ph-db-XXXXXX";
static char path[64];
static char wal_path[72];

static const char insert_sql[] = "INSERT INTO item(body, note) VALUES(?, ?)";
static const char count_sql[] = "SELECT count(*) FROM item";

static inline int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/log.db", folder);
	snprintf(wal_path, sizeof(wal_path), "%s-wal", path);
	return 0;
}

static inline int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static inline int fresh(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -f '%s'/*", folder);
	return system(command);
}

static inline struct ph_db_config config_of(size_t n_steps)
{
	return (struct ph_db_config){
		.path = path,
		.application = APPLICATION,
		.steps = steps,
		.n_steps = n_steps,
		.create = true,
	};
}

static inline struct ph_db *must_open(size_t n_steps)
{
	struct ph_db_config config = config_of(n_steps);
	struct ph_error err = { 0 };
	struct ph_db *db = NULL;

	if (ph_db_open(&db, &config, &err) != 0) {
		fail_msg("%s", err.text);
	}
	return db;
}

static inline int insert(struct ph_db *db, const char *body)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(db, insert_sql, &stmt);

	if (rc < 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_view_str(body));
	ph_stmt_text(stmt, 2, ph_view_str(body));
	return ph_stmt_run(stmt);
}

static inline int64_t count(struct ph_db *db)
{
	struct ph_stmt *stmt;

	assert_int_equal(ph_db_prepare(db, count_sql, &stmt), 0);
	assert_int_equal(ph_stmt_step(stmt), PH_DB_ROW);

	int64_t n = ph_stmt_col_int(stmt, 0);

	assert_int_equal(ph_stmt_step(stmt), 0);
	return n;
}

#endif
