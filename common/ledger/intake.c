/*
 * common/ledger/intake.c - entries from the journal into the projection.
 *
 * Each entry of a log is decoded once, in the order of its log. One that names
 * entities is filed under each of them, and they are noted as dirty; one that
 * only adds to a tally is added to it at once and filed nowhere.
 *
 * A log whose first entry is not the `open` it should be folds as nothing, whole.
 * An entry that is malformed, of an unknown kind, or of a kind that its writer may
 * not write, folds as nothing alone. Its number is passed all the same.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/store.h"

enum {
	STOP = 1 /* ends the walk: the budget is used up, or the log folds as nothing */
};

struct walk {
	struct ph_ledger *ledger;
	const struct ph_log *log;
	struct ph_cursor *cursor;
};

static int insert_fact(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       int64_t row, const struct ph_fact *fact, bool sourced)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT INTO ledger_fact(type, id, log, n, second, tick,"
			       " hash, site, sourced, entry)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	ph_stmt_int(stmt, 3, row);
	ph_stmt_int(stmt, 4, (int64_t)fact->ref.n);
	ph_stmt_int(stmt, 5, fact->second);
	ph_stmt_int(stmt, 6, fact->tick);
	ph_stmt_blob(stmt, 7, PH_VIEW(fact->ref.hash, sizeof fact->ref.hash));
	ph_stmt_int(stmt, 8, (int64_t)fact->site);
	ph_stmt_int(stmt, 9, sourced);
	ph_stmt_blob(stmt, 10, fact->bytes);
	return ph_stmt_run(stmt);
}

static int take_mark(struct walk *walk, uint64_t n, uint64_t stamp)
{
	struct ph_cursor *cursor = walk->cursor;
	struct ph_stmt *stmt;

	if (stamp <= cursor->floor) {
		return 0;
	}

	int rc = ph_db_prepare(walk->ledger->db,
			       "INSERT INTO ledger_mark(log, n, floor)"
			       " VALUES(?1, ?2, ?3)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, walk->log->row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	ph_stmt_int(stmt, 3, (int64_t)stamp);
	rc = ph_stmt_run(stmt);
	if (rc == 0) {
		cursor->floor = stamp;
	}
	return rc;
}

static int file_fact(struct walk *walk, struct ph_fact *fact,
		     const struct ph_entry *entry)
{
	struct ph_ledger *ledger = walk->ledger;
	struct ph_touched *touched = &ledger->touched;
	bool sourced = entry->extras.has_source;
	int rc = ph_touch(fact, entry, touched);

	if (rc != 0 || touched->n == 0) {
		return rc;
	}
	if (sourced) {
		rc = ph_effect_add_source(ledger, fact, walk->log->row, entry);
	}
	for (size_t i = 0; rc == 0 && i < touched->n; i++) {
		const struct ph_entity_key *key = &touched->keys[i];

		if (key->type == PH_ENTITY_TALLY) {
			struct ph_effect effect;

			rc = ph_effect_of(ledger, fact, entry, &effect);
			rc = rc != 0 ? rc
				     : ph_batch_tally(ledger, walk->log->row, fact, entry,
						      effect.counts, true);
			continue;
		}
		rc = insert_fact(ledger, key, walk->log->row, fact, sourced);
		if (rc == 0) {
			rc = ph_batch_dirty(&ledger->batch, key);
		}
	}
	return rc;
}

static int take_entry(struct walk *walk, uint64_t n, struct ph_view bytes)
{
	struct ph_ledger *ledger = walk->ledger;
	struct ph_entry *entry = ledger->entry;
	int rc = ph_entry_decode(bytes, entry);

	if (rc < 0) {
		return rc;
	}
	if (n == 1) {
		walk->cursor->verdict = rc == 0 && ph_fact_opens(entry, walk->log)
						? PH_VERDICT_FOLDS
						: PH_VERDICT_NOTHING;
		return walk->cursor->verdict == PH_VERDICT_FOLDS ? 0 : STOP;
	}
	if (rc != 0 || !(entry->kind->writers & ph_fact_role(walk->log))) {
		return 0;
	}
	if (entry->number == PH_KIND_CLOCK_MARK) {
		return take_mark(walk, n, entry->stamp);
	}
	if (entry->number == PH_KIND_OPEN) {
		return 0;
	}

	struct ph_fact fact;

	ph_fact_init(&fact, walk->log, n, bytes, entry, walk->cursor->floor);
	if (entry->number == PH_KIND_VOID) {
		return ph_effect_add_void(ledger, &fact, walk->log->row,
					  &entry->field[PH_VOID_TARGET].as.ref);
	}
	return file_fact(walk, &fact, entry);
}

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct walk *walk = data;
	struct ph_ledger *ledger = walk->ledger;
	int rc = take_entry(walk, n, bytes);

	if (rc < 0) {
		return rc;
	}
	walk->cursor->n = n;
	walk->cursor->moved = true;
	ledger->folded++;
	ledger->budget--;
	return rc != 0 || ledger->budget == 0 || n >= walk->log->n ? STOP : 0;
}

int ph_ledger_intake(struct ph_ledger *ledger, const struct ph_log *log)
{
	struct ph_cursor *cursor = &ledger->cursors[log->row];
	struct walk walk = { .ledger = ledger, .log = log, .cursor = cursor };
	int rc = 0;

	if (!cursor->known) {
		memcpy(cursor->id, log->id, sizeof cursor->id);
		cursor->site = log->site;
	}
	if (cursor->verdict != PH_VERDICT_NOTHING) {
		rc = ph_journal_entry_each(ledger->journal, log->row, cursor->n, on_entry,
					   &walk);
	}
	if (rc < 0) {
		return rc;
	}
	if (cursor->verdict == PH_VERDICT_NOTHING && cursor->n < log->n) {
		ledger->folded += log->n - cursor->n;
		cursor->n = log->n;
		cursor->moved = true;
	}
	return 0;
}
