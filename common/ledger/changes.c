/*
 * common/ledger/changes.c - what a batch changed, for those who tell others of it.
 *
 * Every entity that was folded again counts as changed, also when its state came out
 * the same: its facts may differ. What its sites' change moves along comes from scope.c.
 */
#include "common/ledger/changes.h"

#include "common/ledger/scope.h"
#include "common/ledger/store.h"

const char ph_changes_make_sql[] =
	"CREATE TABLE ledger_changed(type INTEGER, id BLOB, PRIMARY KEY(type, id))"
	" WITHOUT ROWID;";
const char ph_changes_drop_sql[] = "DROP TABLE IF EXISTS ledger_changed;";

static int list(struct ph_ledger *ledger, const struct ph_entity_key *key)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR IGNORE INTO ledger_changed(type, id)"
			       " VALUES(?1, ?2)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	return ph_stmt_run(stmt);
}

static int gather(struct ph_ledger *ledger, struct ph_keyset *changed)
{
	const struct ph_batch *batch = &ledger->batch;
	const struct ph_keyset *derived = &batch->derived.changed;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->dirty.n; i++) {
		rc = ph_keyset_add(changed, &batch->dirty.keys[i]);
	}
	for (size_t i = 0; rc == 0 && i < batch->n_changes; i++) {
		const struct ph_tally_change *change = &batch->changes[i];

		/* They lie together by site and day. */
		if (i == 0 || change->site != change[-1].site ||
		    change->day != change[-1].day) {
			struct ph_entity_key key =
				ph_key_tally(change->site, change->day);

			rc = ph_keyset_add(changed, &key);
		}
	}
	for (size_t i = 0; rc == 0 && i < derived->n; i++) {
		rc = ph_keyset_add(changed, &derived->keys[i]);
	}
	return rc;
}

int ph_changes_settle(struct ph_ledger *ledger)
{
	const struct ph_keyset *cases = &ledger->batch.derived.cases;
	const struct ph_keyset *acts = &ledger->batch.derived.acts;
	struct ph_keyset changed = { 0 };
	int rc = gather(ledger, &changed);

	rc = rc != 0 ? rc : ph_scope_settle(ledger, &changed);
	for (size_t i = 0; rc == 0 && ledger->config.keeps_changes && i < changed.n;
	     i++) {
		rc = list(ledger, &changed.keys[i]);
	}
	for (size_t i = 0; rc == 0 && ledger->config.keeps_changes && i < cases->n; i++) {
		rc = list(ledger, &cases->keys[i]);
	}
	for (size_t i = 0; rc == 0 && ledger->config.keeps_changes && i < acts->n; i++) {
		rc = list(ledger, &acts->keys[i]);
	}
	ph_keyset_deinit(&changed);
	return rc;
}

int ph_ledger_facts(struct ph_ledger *ledger, const struct ph_entity_key *key,
		    int (*cb)(void *data, const struct ph_fact *fact), void *data)
{
	struct ph_facts facts = { 0 };
	int rc = ph_facts_load_filed(ledger, key, &facts);

	for (size_t i = 0; rc == 0 && i < facts.n; i++) {
		rc = cb(data, &facts.items[i]);
	}
	ph_facts_deinit(&facts);
	return rc;
}
