/*
 * common/ledger/group.c - entries of which only the first counts.
 *
 * Two kinds of groups: entries that were imported, by their source; and, of a forked
 * log, entries of equal bytes and number on several branches, by their reference.
 * ledger_source holds both (the reference is longer than any source), in their order,
 * those that are cut or voided marked as dead. The first that is not counts; whoever
 * changes a group looks who was first before, and who is after, so a change costs two
 * lookups however large the group has grown.
 */
#include <string.h>

#include "common/ledger/store.h"

#define GROUP " WHERE source = ?1 AND kind = ?2 AND creates = ?3 AND site = ?4"

struct ph_group ph_group_of_source(const struct ph_held *held)
{
	struct ph_group group = { .bit = PH_OFF_TWIN,
				  .kind = held->entry->number,
				  .creates = ph_fact_creates(held->entry),
				  .site = held->fact.log_site,
				  .key.len = PH_SOURCE_SIZE };

	memcpy(group.key.id, held->entry->extras.source, PH_SOURCE_SIZE);
	return group;
}

struct ph_group ph_group_of_ref(const struct ph_held *held)
{
	return (struct ph_group){ .bit = PH_OFF_REPEAT,
				  .kind = held->entry->number,
				  .site = held->fact.log_site,
				  .key = ph_key_ref(PH_ENTITY_TITLE, &held->fact.ref) };
}

static void bind_group(struct ph_stmt *stmt, const struct ph_group *group)
{
	ph_stmt_blob(stmt, 1, ph_key_view(&group->key));
	ph_stmt_int(stmt, 2, (int64_t)group->kind);
	ph_stmt_int(stmt, 3, group->creates);
	ph_stmt_int(stmt, 4, (int64_t)group->site);
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

int ph_group_first(struct ph_ledger *ledger, const struct ph_group *group,
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
	bind_group(stmt, group);
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

int ph_group_put(struct ph_ledger *ledger, const struct ph_group *group,
		 const struct ph_held *held, bool dead)
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
	bind_group(stmt, group);
	bind_place(stmt, held);
	ph_stmt_int(stmt, 11, dead);
	return ph_stmt_run(stmt);
}

int ph_group_drop(struct ph_ledger *ledger, const struct ph_group *group,
		  const struct ph_held *held)
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
	bind_group(stmt, group);
	bind_place(stmt, held);
	return ph_stmt_run(stmt);
}

/* --- equal entries on several branches --- */

struct find {
	struct ph_ledger *ledger;
	const struct ph_held *held;
	struct ph_group *group;
	bool found;
};

static int on_branch(void *data, const struct ph_log *log)
{
	struct find *find = data;
	struct ph_held *other = &find->ledger->twin;
	enum ph_part_in_fold part;
	unsigned off;
	int rc;

	if (log->row == find->held->row) {
		return 0;
	}
	rc = ph_held_load(find->ledger, log->row, find->held->fact.ref.n, other, &part);
	if (rc != 0 || !(part & PH_PART_FACT) ||
	    !ph_ref_equal(&other->fact.ref, &find->held->fact.ref)) {
		return rc;
	}
	find->found = true;
	rc = ph_held_read_off(find->ledger, other, &off);
	return rc != 0 ? rc
		       : ph_group_put(find->ledger, find->group, other,
				      (off & PH_OFF_DEAD) != 0);
}

int ph_group_repeats(struct ph_ledger *ledger, const struct ph_held *held,
		     struct ph_group *group, bool *found)
{
	struct find find = { .ledger = ledger, .held = held, .group = group };
	const struct ph_cursor *cursor = ph_ledger_cursor(ledger, held->row);
	int rc = 0;

	if (cursor != NULL && cursor->forked) {
		rc = ph_ledger_branches(ledger, held->fact.ref.log_id, on_branch, &find);
	}
	*found = find.found;
	return rc;
}

int ph_group_is_repeated(struct ph_ledger *ledger, const struct ph_held *held,
			 const struct ph_group *group, bool *repeated)
{
	const struct ph_cursor *cursor = ph_ledger_cursor(ledger, held->row);
	struct ph_stmt *stmt;
	int rc;

	*repeated = false;
	if (cursor == NULL || !cursor->forked) {
		return 0;
	}
	rc = ph_db_prepare(ledger->db, "SELECT 1 FROM ledger_source" GROUP " LIMIT 1",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, group);
	rc = ph_stmt_step(stmt);
	*repeated = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}
