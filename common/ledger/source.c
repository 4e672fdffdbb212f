/*
 * common/ledger/source.c - entries that were imported, and their twins.
 *
 * ledger_source holds them by group, in their order, those that are cut or voided
 * marked as dead. The first that is not counts; whoever changes a group looks who
 * was first before, and who is after, so a change costs two lookups however large
 * the group has grown.
 */
#include <string.h>

#include "common/ledger/store.h"

#define GROUP " WHERE source = ?1 AND kind = ?2 AND creates = ?3 AND site = ?4"

static void bind_group(struct ph_stmt *stmt, const struct ph_held *held)
{
	ph_stmt_blob(
		stmt, 1,
		PH_VIEW(held->entry->extras.source, sizeof held->entry->extras.source));
	ph_stmt_int(stmt, 2, (int64_t)held->entry->number);
	ph_stmt_int(stmt, 3, ph_fact_creates(held->entry));
	ph_stmt_int(stmt, 4, (int64_t)held->fact.log_site);
}

static void bind_place(struct ph_stmt *stmt, const struct ph_held *held)
{
	const struct ph_fact *fact = &held->fact;

	ph_stmt_int(stmt, 5, fact->second);
	ph_stmt_int(stmt, 6, fact->tick);
	ph_stmt_blob(stmt, 7, PH_VIEW(fact->ref.log_id, sizeof fact->ref.log_id));
	ph_stmt_int(stmt, 8, (int64_t)fact->ref.n);
	ph_stmt_blob(stmt, 9, PH_VIEW(fact->ref.hash, sizeof fact->ref.hash));
	ph_stmt_int(stmt, 10, held->row);
}

int ph_source_first(struct ph_ledger *ledger, const struct ph_held *held,
		    struct ph_twin *first)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log, n, second, tick FROM ledger_source" GROUP
			       " AND dead = 0"
			       " ORDER BY second, tick, log_id, n, hash, log LIMIT 1",
			       &stmt);

	*first = (struct ph_twin){ 0 };
	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, held);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		first->row = ph_stmt_col_int(stmt, 0);
		first->n = (uint64_t)ph_stmt_col_int(stmt, 1);
		first->second = ph_stmt_col_int(stmt, 2);
		first->tick = (uint16_t)ph_stmt_col_int(stmt, 3);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_source_put(struct ph_ledger *ledger, const struct ph_held *held, bool dead)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_source(source, kind,"
			       " creates, site, second, tick, log_id, n, hash, log, dead)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, held);
	bind_place(stmt, held);
	ph_stmt_int(stmt, 11, dead);
	return ph_stmt_run(stmt);
}

int ph_source_drop(struct ph_ledger *ledger, const struct ph_held *held)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "DELETE FROM ledger_source" GROUP
			       " AND second = ?5 AND tick = ?6 AND log_id = ?7 AND n = ?8"
			       " AND hash = ?9 AND log = ?10",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, held);
	bind_place(stmt, held);
	return ph_stmt_run(stmt);
}
