/*
 * common/ledger/refold.c - entities and tallies at the end of a transaction.
 *
 * Each dirty entity is folded from all its facts. Tallies are not folded again: what
 * was added or taken away is summed up and applied.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/fold.h"
#include "common/ledger/store.h"

static int put_state(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_view state)
{
	static const char put[] = "INSERT INTO ledger_entity(type, id, state)"
				  " VALUES(?1, ?2, ?3) ON CONFLICT(type, id)"
				  " DO UPDATE SET state = excluded.state";
	static const char drop[] = "DELETE FROM ledger_entity"
				   " WHERE type = ?1 AND id = ?2";
	struct ph_stmt *stmt;
	int rc = ph_memo_put(&ledger->memo, key, state);

	rc = rc != 0 ? rc : ph_db_prepare(ledger->db, state.len > 0 ? put : drop, &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	if (state.len > 0) {
		ph_stmt_blob(stmt, 3, state);
	}
	return ph_stmt_run(stmt);
}

/* --- tallies --- */

static int compare_changes(const void *a, const void *b)
{
	const struct ph_tally_change *x = a, *y = b;

	if (x->site != y->site) {
		return x->site < y->site ? -1 : 1;
	}
	return x->day < y->day ? -1 : x->day > y->day;
}

/* The N changes are of one tally. */
static int apply_tally(struct ph_ledger *ledger, const struct ph_tally_change *changes,
		       size_t n)
{
	struct ph_entity_key key = ph_key_tally(changes->site, changes->day);
	struct ph_tally tally = { 0 };

	for (size_t i = 0; i < n; i++) {
		tally.count[changes[i].count.key] += changes[i].count.count;
	}
	ledger->state.len = 0;

	int rc =
		ph_ledger_get(ledger, PH_ENTITY_TALLY, ph_key_view(&key), &ledger->state);

	if (rc == 0) {
		rc = ph_tally_decode(ph_buf_view(&ledger->state), &tally);
	} else if (rc == PH_LEDGER_E_NONE) {
		rc = 0;
	}
	if (rc != 0) {
		return rc;
	}
	ledger->state.len = 0;
	rc = ph_tally_encode(&tally, &ledger->state);
	return rc != 0 ? rc : put_state(ledger, &key, ph_buf_view(&ledger->state));
}

int ph_refold_tallies(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	int rc = 0;
	size_t run;

	if (batch->n_changes == 0) {
		return 0;
	}
	qsort(batch->changes, batch->n_changes, sizeof *batch->changes, compare_changes);
	for (size_t i = 0; rc == 0 && i < batch->n_changes; i += run) {
		for (run = 1; i + run < batch->n_changes &&
			      compare_changes(&batch->changes[i],
					      &batch->changes[i + run]) == 0;) {
			run++;
		}
		rc = apply_tally(ledger, &batch->changes[i], run);
	}
	return rc;
}

/* --- entities --- */

static int refold_one(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_facts *facts)
{
	int rc = ph_facts_load(ledger, key, 1, facts);

	ledger->state.len = 0;
	if (rc == 0 && facts->n > 0) {
		rc = ph_fold(key, facts->items, facts->n, &ledger->state);
	}
	rc = rc != 0 ? rc : put_state(ledger, key, ph_buf_view(&ledger->state));
	return rc != 0 ? rc : ph_derive(ledger, key, ph_buf_view(&ledger->state));
}

int ph_refold_dirty(struct ph_ledger *ledger)
{
	struct ph_keyset *dirty = &ledger->batch.dirty;
	struct ph_facts facts = { 0 };
	int rc = 0;

	ph_keyset_sort(dirty);
	for (size_t i = 0; rc == 0 && i < dirty->n; i++) {
		rc = refold_one(ledger, &dirty->keys[i], &facts);
	}
	ph_facts_deinit(&facts);
	return rc;
}
