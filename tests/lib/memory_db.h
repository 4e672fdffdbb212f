/*
 * tests/lib/memory_db.h - stores in memory with the tables of a ledger, made once and then copied.
 *
 * To make some eighty tables costs more than most histories that a test folds into them. The first
 * store of each kind is made as the programs make it; the next ones are copies of it,
 * page by page, from before anything was written.
 */
#ifndef PH_TESTS_MEMORY_DB_H
#define PH_TESTS_MEMORY_DB_H

#include <errno.h>

#include <sqlite3.h>

#include "common/base/db.h"
#include "common/base/dbraw.h"
#include "common/ledger/tables.h"

/* At most so many kinds (by their steps) in one program; the others are made each time. */
#define MEMORY_DB_KINDS 4

static inline struct ph_db *memory_db_make(const struct ph_db_config *config,
					   struct ph_error *err)
{
	struct ph_db *db = NULL;
	int rc = ph_db_open(&db, config, err);

	if (rc == 0 && (rc = ph_tables_open(db)) != 0) {
		ph_fail_errno(err, rc, "the tables of a ledger in memory");
		ph_db_close(db);
	}
	return rc == 0 ? db : NULL;
}

/* The one to be copied; NULL when there are too many kinds, or it could not be made. */
static inline struct ph_db *memory_db_first(const struct ph_db_config *config,
					    struct ph_error *err)
{
	static struct {
		const char *const *steps;
		struct ph_db *db; /* for as long as the program runs */
	} firsts[MEMORY_DB_KINDS];

	for (size_t i = 0; i < MEMORY_DB_KINDS; i++) {
		if (firsts[i].db == NULL) {
			firsts[i].steps = config->steps;
			firsts[i].db = memory_db_make(config, err);
			return firsts[i].db;
		}
		if (firsts[i].steps == config->steps) {
			return firsts[i].db;
		}
	}
	return NULL;
}

/*
 * A store in memory by CONFIG, whose path is ":memory:", with the tables of a ledger, all of
 * them empty. The caller closes it. NULL with ERR.
 */
static inline struct ph_db *memory_db_open(const struct ph_db_config *config,
					   struct ph_error *err)
{
	struct ph_db_config bare = *config;
	struct ph_db *first = memory_db_first(config, err);
	struct ph_db *db = NULL;
	sqlite3_backup *backup;

	if (first == NULL) {
		return memory_db_make(config, err);
	}
	bare.steps = NULL;
	bare.n_steps = 0;
	if (ph_db_open(&db, &bare, err) != 0) {
		return NULL;
	}
	backup = sqlite3_backup_init(db->raw, "main", first->raw, "main");
	if (backup == NULL || sqlite3_backup_step(backup, -1) != SQLITE_DONE ||
	    sqlite3_backup_finish(backup) != SQLITE_OK) {
		ph_fail_errno(err, -ENOMEM, "a copy of a store in memory");
		ph_db_close(db);
		return NULL;
	}
	return db;
}

#endif
