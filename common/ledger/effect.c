/*
 * common/ledger/effect.c - which entries count: voids and sources.
 *
 * Both are looked up when an entity is folded, so a void or a twin that arrives
 * early, late or twice leads to the same answer. What an arrival may change for
 * others is noted in the batch: the target of a void, and the entries of the same
 * source when a new one comes before all of them.
 */
#include <string.h>

#include "common/ledger/store.h"
#include "common/ledger/state.h"

int ph_effect_add_void(struct ph_ledger *ledger, const struct ph_fact *fact, int64_t row,
		       const struct ph_ref *target)
{
	struct ph_batch *batch = &ledger->batch;
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, target);
	struct ph_stmt *stmt;
	int rc = ph_state_grow((void **)&batch->targets, batch->n_targets,
			       &batch->cap_targets, sizeof *batch->targets);

	rc = rc != 0 ? rc
		     : ph_db_prepare(ledger->db,
				     "INSERT INTO ledger_void(target, log, n, site)"
				     " VALUES(?1, ?2, ?3, ?4)",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	batch->targets[batch->n_targets++] = *target;
	ledger->n_voids++;
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	ph_stmt_int(stmt, 2, row);
	ph_stmt_int(stmt, 3, (int64_t)fact->ref.n);
	ph_stmt_int(stmt, 4, (int64_t)fact->site);
	return ph_stmt_run(stmt);
}

/* Whether the entry REF, of these sites, is voided by an entry whose writer may. */
static int find_void(struct ph_ledger *ledger, const struct ph_ref *ref,
		     uint64_t log_site, uint64_t site, bool *voided)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, ref);
	struct ph_stmt *stmt;

	*voided = false;
	if (ledger->n_voids == 0) {
		return 0;
	}

	int rc = ph_db_prepare(
		ledger->db, "SELECT log, site FROM ledger_void WHERE target = ?1", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	while (!*voided && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		const struct ph_cursor *by = &ledger->cursors[ph_stmt_col_int(stmt, 0)];
		bool same = memcmp(by->id, ref->log_id, sizeof by->id) == 0;

		*voided = ph_fact_void_counts(log_site, site, by->site,
					      (uint64_t)ph_stmt_col_int(stmt, 1), same);
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static void bind_group(struct ph_stmt *stmt, const struct ph_source_group *group)
{
	ph_stmt_blob(stmt, 1, PH_VIEW(group->source, sizeof group->source));
	ph_stmt_int(stmt, 2, (int64_t)group->kind);
	ph_stmt_int(stmt, 3, group->creates);
}

struct ph_source_group ph_effect_group(const struct ph_fact *fact,
				       const struct ph_entry *entry)
{
	struct ph_source_group group;

	memset(&group, 0, sizeof group);
	memcpy(group.source, entry->extras.source, sizeof group.source);
	group.kind = entry->number;
	group.creates = ph_fact_creates(entry);
	group.site = fact->site;
	return group;
}

/* The first entry of GROUP that is not voided; FOUND false if there is none. */
static int find_first(struct ph_ledger *ledger, const struct ph_source_group *group,
		      struct ph_ref *first, bool *found)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log_id, n, hash, log, site FROM ledger_source"
			       " WHERE source = ?1 AND kind = ?2 AND creates = ?3"
			       " ORDER BY second, tick, log_id, n, hash",
			       &stmt);

	*found = false;
	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, group);
	while (!*found && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		uint64_t site = (uint64_t)ph_stmt_col_int(stmt, 4);
		bool voided;

		if (site != group->site) {
			continue;
		}
		memcpy(first->log_id, ph_stmt_col_blob(stmt, 0).data,
		       sizeof first->log_id);
		first->n = (uint64_t)ph_stmt_col_int(stmt, 1);
		memcpy(first->hash, ph_stmt_col_blob(stmt, 2).data, sizeof first->hash);
		rc = find_void(ledger, first,
			       ledger->cursors[ph_stmt_col_int(stmt, 3)].site, site,
			       &voided);
		if (rc != 0) {
			break;
		}
		*found = !voided;
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int note_if_first(struct ph_ledger *ledger, const struct ph_fact *fact,
			 const struct ph_source_group *group)
{
	struct ph_batch *batch = &ledger->batch;
	struct ph_ref first;
	bool found;
	int rc = find_first(ledger, group, &first, &found);

	if (rc != 0 || !found || !ph_ref_equal(&first, &fact->ref)) {
		return rc;
	}
	rc = ph_state_grow((void **)&batch->groups, batch->n_groups, &batch->cap_groups,
			   sizeof *batch->groups);
	if (rc == 0) {
		batch->groups[batch->n_groups++] = *group;
	}
	return rc;
}

static int has_members(struct ph_ledger *ledger, const struct ph_source_group *group,
		       bool *any)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT 1 FROM ledger_source WHERE source = ?1"
			       " AND kind = ?2 AND creates = ?3 LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, group);
	rc = ph_stmt_step(stmt);
	*any = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int insert_source(struct ph_ledger *ledger, const struct ph_fact *fact,
			 int64_t row, const struct ph_source_group *group)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT INTO ledger_source(source, kind, creates, second,"
			       " tick, log_id, n, hash, log, site)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, group);
	ph_stmt_int(stmt, 4, fact->second);
	ph_stmt_int(stmt, 5, fact->tick);
	ph_stmt_blob(stmt, 6, PH_VIEW(fact->ref.log_id, sizeof fact->ref.log_id));
	ph_stmt_int(stmt, 7, (int64_t)fact->ref.n);
	ph_stmt_blob(stmt, 8, PH_VIEW(fact->ref.hash, sizeof fact->ref.hash));
	ph_stmt_int(stmt, 9, row);
	ph_stmt_int(stmt, 10, (int64_t)fact->site);
	return ph_stmt_run(stmt);
}

int ph_effect_add_source(struct ph_ledger *ledger, const struct ph_fact *fact,
			 int64_t row, const struct ph_entry *entry)
{
	struct ph_source_group group = ph_effect_group(fact, entry);
	bool any;
	int rc = has_members(ledger, &group, &any);

	rc = rc != 0 ? rc : insert_source(ledger, fact, row, &group);
	/* If it is not the first one, nothing changes for the others. */
	return rc != 0 || !any ? rc : note_if_first(ledger, fact, &group);
}

int ph_effect_members(struct ph_ledger *ledger, const struct ph_source_group *group)
{
	struct ph_batch *batch = &ledger->batch;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log, n, site FROM ledger_source"
			       " WHERE source = ?1 AND kind = ?2 AND creates = ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	bind_group(stmt, group);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		if ((uint64_t)ph_stmt_col_int(stmt, 2) != group->site) {
			continue;
		}
		rc = ph_state_grow((void **)&batch->again, batch->n_again,
				   &batch->cap_again, sizeof *batch->again);
		if (rc != 0) {
			break;
		}
		batch->again[batch->n_again++] =
			(struct ph_entry_at){ .row = ph_stmt_col_int(stmt, 0),
					      .n = (uint64_t)ph_stmt_col_int(stmt, 1) };
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_effect_of(struct ph_ledger *ledger, const struct ph_fact *fact,
		 const struct ph_entry *entry, struct ph_effect *effect)
{
	bool voided, found;
	struct ph_ref first;
	int rc = find_void(ledger, &fact->ref, fact->log_site, fact->site, &voided);

	*effect = (struct ph_effect){ .folds = !voided, .counts = !voided };
	if (rc != 0 || voided || !entry->extras.has_source) {
		return rc;
	}

	struct ph_source_group group = ph_effect_group(fact, entry);

	rc = find_first(ledger, &group, &first, &found);
	if (rc != 0) {
		return rc;
	}
	effect->counts = found && ph_ref_equal(&first, &fact->ref);
	effect->folds = effect->counts || group.creates;
	return 0;
}
