/*
 * tests/fuzz/store.h - whether an input changed a store.
 *
 * To open a store again, verify and rebuild it costs a hundred times what a refused input
 * does; one that changed nothing need not pay that.
 */
#ifndef PH_FUZZ_STORE_H
#define PH_FUZZ_STORE_H

#include "common/base/db.h"

#include "tests/fuzz/choices.h"

/* Rows that were written through DB since it was opened, also what was rolled back. */
static inline int64_t fuzz_store_changes(struct ph_db *db)
{
	struct ph_stmt *stmt;
	int64_t n;

	must(ph_db_prepare(db, "SELECT total_changes()", &stmt) == 0);
	must(ph_stmt_step(stmt) == PH_DB_ROW);
	n = ph_stmt_col_int(stmt, 0);
	ph_stmt_reset(stmt);
	return n;
}

#endif
