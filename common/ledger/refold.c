/*
 * common/ledger/refold.c - the end of a transaction of the projection.
 *
 * What the voids and sources of this batch changed is found first, then each
 * dirty entity is folded from all its facts, once, however many of them came in.
 * Tallies are not folded again: what was added or taken away is summed up and
 * applied. An entry that is not counted in its tally is on record as such
 * (ledger_uncounted), so that its void, or the void of its void's target, never
 * takes it away twice.
 *
 * Everything here is inside the caller's transaction; on any error it rolls back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/changes.h"
#include "common/ledger/fold.h"
#include "common/ledger/state.h"
#include "common/ledger/store.h"

void ph_batch_clear(struct ph_batch *batch)
{
	batch->n_dirty = 0;
	batch->n_again = 0;
	batch->n_groups = 0;
	batch->n_targets = 0;
	batch->n_slots = 0;
	ph_derived_clear(&batch->derived);
}

void ph_batch_deinit(struct ph_batch *batch)
{
	free(batch->dirty);
	free(batch->again);
	free(batch->groups);
	free(batch->targets);
	free(batch->slots);
	ph_derived_deinit(&batch->derived);
	*batch = (struct ph_batch){ 0 };
}

int ph_batch_dirty(struct ph_batch *batch, const struct ph_entity_key *key)
{
	if (batch->n_dirty > 0 &&
	    ph_key_compare(&batch->dirty[batch->n_dirty - 1], key) == 0) {
		return 0;
	}

	int rc = ph_state_grow((void **)&batch->dirty, batch->n_dirty, &batch->cap_dirty,
			       sizeof *batch->dirty);

	if (rc == 0) {
		batch->dirty[batch->n_dirty++] = *key;
	}
	return rc;
}

int ph_ledger_floor(struct ph_ledger *ledger, int64_t row, uint64_t n, uint64_t *floor)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT floor FROM ledger_mark WHERE log = ?1 AND n < ?2"
			       " ORDER BY n DESC LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	rc = ph_stmt_step(stmt);
	*floor = rc == PH_DB_ROW ? (uint64_t)ph_stmt_col_int(stmt, 0) : 0;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

/* --- tallies --- */

static int is_uncounted(struct ph_ledger *ledger, int64_t row, uint64_t n, bool *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT 1 FROM ledger_uncounted WHERE log = ?1 AND n = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	rc = ph_stmt_step(stmt);
	*out = rc == PH_DB_ROW;
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int set_uncounted(struct ph_ledger *ledger, int64_t row, uint64_t n, bool on)
{
	static const char insert[] = "INSERT INTO ledger_uncounted(log, n)"
				     " VALUES(?1, ?2)";
	static const char delete[] = "DELETE FROM ledger_uncounted"
				     " WHERE log = ?1 AND n = ?2";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, on ? insert : delete, &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	return ph_stmt_run(stmt);
}

int ph_batch_tally(struct ph_ledger *ledger, int64_t row, const struct ph_fact *fact,
		   const struct ph_entry *entry, bool counts, bool is_new)
{
	struct ph_batch *batch = &ledger->batch;
	int64_t day = ph_day_of(fact->second);
	bool uncounted = true;
	int rc = 0;

	if (!is_new) {
		rc = is_uncounted(ledger, row, fact->ref.n, &uncounted);
		if (rc != 0 || counts != uncounted) {
			return rc; /* as before */
		}
	}
	if (!is_new || !counts) {
		rc = set_uncounted(ledger, row, fact->ref.n, !counts);
	}
	if (rc != 0 || (is_new && !counts)) {
		return rc;
	}

	struct ph_tally_slot *slot =
		batch->n_slots == 0 ? NULL : &batch->slots[batch->n_slots - 1];

	if (slot == NULL || slot->site != fact->site || slot->day != day) {
		rc = ph_state_grow((void **)&batch->slots, batch->n_slots,
				   &batch->cap_slots, sizeof *batch->slots);
		if (rc != 0) {
			return rc;
		}
		slot = &batch->slots[batch->n_slots++];
		memset(slot, 0, sizeof *slot);
		slot->site = fact->site;
		slot->day = day;
	}
	ph_tally_add(&slot->sum, entry, counts ? 1 : -1);
	return 0;
}

static int put_state(struct ph_ledger *ledger, const struct ph_entity_key *key,
		     struct ph_view state)
{
	static const char put[] = "INSERT INTO ledger_entity(type, id, state)"
				  " VALUES(?1, ?2, ?3) ON CONFLICT(type, id)"
				  " DO UPDATE SET state = excluded.state";
	static const char drop[] = "DELETE FROM ledger_entity"
				   " WHERE type = ?1 AND id = ?2";
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, state.len > 0 ? put : drop, &stmt);

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

static int compare_slots(const void *a, const void *b)
{
	const struct ph_tally_slot *x = a, *y = b;

	if (x->site != y->site) {
		return x->site < y->site ? -1 : 1;
	}
	return x->day < y->day ? -1 : x->day > y->day;
}

static int apply_tally(struct ph_ledger *ledger, struct ph_tally_slot *slot)
{
	struct ph_entity_key key = ph_key_tally(slot->site, slot->day);

	ledger->state.len = 0;

	int rc =
		ph_ledger_get(ledger, PH_ENTITY_TALLY, ph_key_view(&key), &ledger->state);

	if (rc == 0) {
		rc = ph_tally_decode(ph_buf_view(&ledger->state), &slot->sum);
	} else if (rc == PH_LEDGER_E_NONE) {
		rc = 0;
	}
	if (rc != 0) {
		return rc;
	}
	ledger->state.len = 0;
	rc = ph_tally_encode(&slot->sum, &ledger->state);
	return rc != 0 ? rc : put_state(ledger, &key, ph_buf_view(&ledger->state));
}

static int apply_tallies(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	int rc = 0;

	if (batch->n_slots == 0) {
		return 0;
	}
	qsort(batch->slots, batch->n_slots, sizeof *batch->slots, compare_slots);
	for (size_t i = 0; rc == 0 && i < batch->n_slots; i++) {
		struct ph_tally_slot *slot = &batch->slots[i];

		if (i + 1 < batch->n_slots && compare_slots(slot, slot + 1) == 0) {
			for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
				slot[1].sum.count[key] += slot->sum.count[key];
			}
			continue;
		}
		rc = apply_tally(ledger, slot);
	}
	return rc;
}

/* --- what voids and sources changed --- */

static int add_again(struct ph_batch *batch, int64_t row, uint64_t n)
{
	int rc = ph_state_grow((void **)&batch->again, batch->n_again, &batch->cap_again,
			       sizeof *batch->again);

	if (rc == 0) {
		batch->again[batch->n_again++] =
			(struct ph_entry_at){ .row = row, .n = n };
	}
	return rc;
}

/* Whether entry N of the log ROW was taken in; what was not, is looked at when it is. */
static bool is_folded(const struct ph_ledger *ledger, int64_t row, uint64_t n)
{
	return row >= 0 && (size_t)row < ledger->n_cursors && n > 1 &&
	       ledger->cursors[row].verdict == PH_VERDICT_FOLDS &&
	       n <= ledger->cursors[row].n;
}

static int find_target(struct ph_ledger *ledger, const struct ph_ref *target)
{
	struct ph_batch *batch = &ledger->batch;
	struct ph_log log;

	ledger->bytes.len = 0;

	int rc = ph_journal_resolve(ledger->journal, target, &log, &ledger->bytes);

	if (rc != 0) {
		return rc == PH_JOURNAL_E_NONE ? 0 : rc;
	}
	if (!is_folded(ledger, log.row, target->n)) {
		return 0;
	}
	rc = ph_entry_decode(ph_buf_view(&ledger->bytes), ledger->entry);
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	if (ledger->entry->extras.has_source) {
		struct ph_fact fact;

		rc = ph_state_grow((void **)&batch->groups, batch->n_groups,
				   &batch->cap_groups, sizeof *batch->groups);
		if (rc != 0) {
			return rc;
		}
		ph_fact_init(&fact, &log, target->n, ph_buf_view(&ledger->bytes),
			     ledger->entry, 0);
		batch->groups[batch->n_groups++] = ph_effect_group(&fact, ledger->entry);
	}
	return add_again(batch, log.row, target->n);
}

static int again_one(struct ph_ledger *ledger, const struct ph_entry_at *at)
{
	struct ph_touched *touched = &ledger->touched;
	struct ph_effect effect;
	struct ph_fact fact;
	struct ph_log log;
	uint64_t floor;

	ledger->bytes.len = 0;

	int rc = ph_journal_log_at(ledger->journal, at->row, &log);

	rc = rc != 0 ? rc
		     : ph_journal_entry(ledger->journal, at->row, at->n, &ledger->bytes);
	rc = rc != 0 ? rc : ph_ledger_floor(ledger, at->row, at->n, &floor);
	rc = rc != 0 ? rc : ph_entry_decode(ph_buf_view(&ledger->bytes), ledger->entry);
	if (rc != 0) {
		return rc < 0 ? rc : 0; /* a void may name what is no fact at all */
	}
	if (!(ledger->entry->kind->writers & ph_fact_role(&log))) {
		return 0;
	}
	ph_fact_init(&fact, &log, at->n, ph_buf_view(&ledger->bytes), ledger->entry,
		     floor);

	rc = ph_touch(&fact, ledger->entry, touched);
	for (size_t i = 0; rc == 0 && i < touched->n; i++) {
		if (touched->keys[i].type != PH_ENTITY_TALLY) {
			rc = ph_batch_dirty(&ledger->batch, &touched->keys[i]);
			continue;
		}
		rc = ph_effect_of(ledger, &fact, ledger->entry, &effect);
		if (rc == 0) {
			rc = ph_batch_tally(ledger, at->row, &fact, ledger->entry,
					    effect.counts, false);
		}
	}
	return rc;
}

static int compare_at(const void *a, const void *b)
{
	const struct ph_entry_at *x = a, *y = b;

	if (x->row != y->row) {
		return x->row < y->row ? -1 : 1;
	}
	return x->n < y->n ? -1 : x->n > y->n;
}

static int compare_groups(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ph_source_group)); /* both zeroed first */
}

static int look_again(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->n_targets; i++) {
		rc = find_target(ledger, &batch->targets[i]);
	}
	if (batch->n_groups > 0) {
		qsort(batch->groups, batch->n_groups, sizeof *batch->groups,
		      compare_groups);
	}
	for (size_t i = 0; rc == 0 && i < batch->n_groups; i++) {
		if (i == 0 ||
		    compare_groups(&batch->groups[i - 1], &batch->groups[i]) != 0) {
			rc = ph_effect_members(ledger, &batch->groups[i]);
		}
	}
	if (batch->n_again > 0) {
		qsort(batch->again, batch->n_again, sizeof *batch->again, compare_at);
	}
	for (size_t i = 0; rc == 0 && i < batch->n_again; i++) {
		if (i == 0 || compare_at(&batch->again[i - 1], &batch->again[i]) != 0) {
			rc = again_one(ledger, &batch->again[i]);
		}
	}
	return rc;
}

/* --- entities --- */

static int load_row(struct ph_ledger *ledger, struct ph_stmt *stmt,
		    struct ph_facts *facts)
{
	const struct ph_cursor *cursor = &ledger->cursors[ph_stmt_col_int(stmt, 0)];
	struct ph_view bytes = ph_stmt_col_blob(stmt, 7);
	struct ph_effect effect = { .folds = true };
	int rc = ph_state_grow((void **)&facts->items, facts->n, &facts->cap,
			       sizeof *facts->items);

	if (rc != 0) {
		return rc;
	}

	struct ph_fact *fact = &facts->items[facts->n];

	*fact = (struct ph_fact){ .second = ph_stmt_col_int(stmt, 2),
				  .tick = (uint16_t)ph_stmt_col_int(stmt, 3),
				  .log_site = cursor->site,
				  .site = (uint64_t)ph_stmt_col_int(stmt, 5),
				  .bytes = bytes };
	memcpy(fact->ref.log_id, cursor->id, sizeof fact->ref.log_id);
	fact->ref.n = (uint64_t)ph_stmt_col_int(stmt, 1);
	memcpy(fact->ref.hash, ph_stmt_col_blob(stmt, 4).data, sizeof fact->ref.hash);
	if (ph_stmt_col_int(stmt, 6)) {
		rc = ph_fact_entry(fact, ledger->other);
	} else {
		ledger->other->extras.has_source = false;
	}
	rc = rc != 0 ? rc : ph_effect_of(ledger, fact, ledger->other, &effect);
	if (rc != 0 || !effect.folds) {
		return rc;
	}
	facts->n++;
	return ph_buf_put_view(&facts->arena, bytes);
}

static int load_facts(struct ph_ledger *ledger, const struct ph_entity_key *key,
		      struct ph_facts *facts)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log, n, second, tick, hash, site, sourced, entry"
			       " FROM ledger_fact WHERE type = ?1 AND id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = load_row(ledger, stmt, facts);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* An entry that names several of the entities is one fact. */
static void drop_repeated(struct ph_facts *facts)
{
	size_t n = 0;

	for (size_t i = 0; i < facts->n; i++) {
		if (n == 0 ||
		    !ph_ref_equal(&facts->items[n - 1].ref, &facts->items[i].ref)) {
			facts->items[n++] = facts->items[i];
		}
	}
	facts->n = n;
}

int ph_facts_load(struct ph_ledger *ledger, const struct ph_entity_key *keys, size_t n,
		  struct ph_facts *facts)
{
	size_t at = 0;
	int rc = 0;

	facts->n = 0;
	facts->arena.len = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = load_facts(ledger, &keys[i], facts);
	}
	/* Only now does the arena stay where it is. */
	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		facts->items[i].bytes.data = facts->arena.data + at;
		at += facts->items[i].bytes.len;
	}
	rc = rc != 0 ? rc : ph_facts_sort(facts->items, facts->n);
	if (rc == 0 && n > 1) {
		drop_repeated(facts);
	}
	return rc;
}

void ph_facts_deinit(struct ph_facts *facts)
{
	free(facts->items);
	ph_buf_deinit(&facts->arena);
	*facts = (struct ph_facts){ 0 };
}

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

static int compare_keys(const void *a, const void *b)
{
	return ph_key_compare(a, b);
}

static int refold_dirty(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	struct ph_facts facts = { 0 };
	int rc = 0;

	if (batch->n_dirty == 0) {
		return 0;
	}
	qsort(batch->dirty, batch->n_dirty, sizeof *batch->dirty, compare_keys);
	for (size_t i = 0; rc == 0 && i < batch->n_dirty; i++) {
		if (i == 0 ||
		    ph_key_compare(&batch->dirty[i - 1], &batch->dirty[i]) != 0) {
			rc = refold_one(ledger, &batch->dirty[i], &facts);
		}
	}
	ph_facts_deinit(&facts);
	return rc;
}

int ph_batch_finish(struct ph_ledger *ledger)
{
	int rc = look_again(ledger);

	rc = rc != 0 ? rc : refold_dirty(ledger);
	rc = rc != 0 ? rc : ph_derive_finish(ledger);
	rc = rc != 0 ? rc : ph_changes_settle(ledger);
	return rc != 0 ? rc : apply_tallies(ledger);
}
