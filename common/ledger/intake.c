/*
 * common/ledger/intake.c - entries from the journal into the projection.
 *
 * Each entry of a log is decoded once, in the order of its log. One that names
 * entities is filed under each of them; one that acts on others is put on record under
 * what it acts on.
 *
 * A log whose first entry is not the `open` it should be folds as nothing, whole.
 * An entry that is malformed, of an unknown kind, or of a kind that its writer may
 * not write, folds as nothing alone. Its number is passed all the same.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/cases.h"
#include "common/ledger/store.h"

enum {
	STOP = 1 /* ends the walk: the budget is used up, or the log folds as nothing */
};

struct walk {
	struct ph_ledger *ledger;
	const struct ph_log *log;
	struct ph_cursor *cursor;
};

static int take_item(struct walk *walk, uint64_t n, struct ph_view bytes)
{
	struct ph_ledger *ledger = walk->ledger;
	struct ph_held *held = &ledger->held;
	enum ph_part_in_fold part = ph_held_part(walk->log, n, held->entry);
	bool heeds;
	int rc = ph_speakers_heed(ledger, held->entry, walk->log->id, n, &heeds);

	if (rc < 0 || !heeds || part == PH_PART_NONE) {
		return rc;
	}
	held->row = walk->log->row;
	ph_fact_init(&held->fact, walk->log, n, bytes, held->entry);
	if (part == PH_PART_MARK) {
		return ph_judge_take_mark(ledger, held);
	}
	ph_fact_time(&held->fact, held->entry, &walk->cursor->mark);
	if (part & PH_PART_ACT) {
		rc = ph_act_add(ledger, held);
	}
	return rc == 0 && part & PH_PART_FACT ? ph_held_file(ledger, held) : rc;
}

static int take_entry(struct walk *walk, uint64_t n, struct ph_view bytes)
{
	struct ph_entry *entry = walk->ledger->held.entry;
	int rc = ph_entry_decode(bytes, entry);

	if (rc < 0) {
		return rc;
	}
	if (n == 1) {
		walk->cursor->verdict = rc == 0 && ph_fact_opens(entry, walk->log)
						? PH_VERDICT_FOLDS
						: PH_VERDICT_NOTHING;
		if (walk->cursor->verdict == PH_VERDICT_NOTHING) {
			return STOP;
		}
	}
	if (rc == 0) {
		return take_item(walk, n, bytes);
	}
	/* A kind of a later table is no case: it is folded once it is known. */
	return rc == PH_ENTRY_E_UNKNOWN && ph_kind_find(entry->number) == NULL
		       ? 0
		       : ph_cases_note_opaque(walk->ledger, walk->log->row, n);
}

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct walk *walk = data;
	struct ph_ledger *ledger = walk->ledger;
	int rc = ph_ledger_note_moved(ledger, walk->log->row);

	rc = rc != 0 ? rc : take_entry(walk, n, bytes);
	if (rc < 0) {
		return rc;
	}
	walk->cursor->n = n;
	ledger->folded++;
	ledger->budget--;
	return rc != 0 || ledger->budget == 0 || n >= walk->log->n ? STOP : 0;
}

/* What a branch begins with: the verdict of the log it grew from. */
static int begin(struct ph_ledger *ledger, const struct ph_log *log,
		 struct ph_cursor *cursor)
{
	memcpy(cursor->id, log->id, sizeof cursor->id);
	cursor->site = log->site;
	cursor->limit = UINT64_MAX;
	cursor->n = log->base;
	cursor->begun = true;
	if (log->parent != 0) {
		ph_ledger_note_fork(ledger, log->id);
	}
	if (log->base > 0) {
		const struct ph_cursor *parent = ph_ledger_cursor(ledger, log->parent);

		if (parent == NULL || parent->n < log->base) {
			return -EUCLEAN; /* rows of branches come behind what they grew from */
		}
		cursor->verdict = parent->verdict;
	}
	return 0;
}

static int prepare(struct ph_ledger *ledger, const struct ph_log *log,
		   struct ph_cursor *cursor)
{
	int rc = 0;

	if (!cursor->begun) {
		rc = begin(ledger, log, cursor);
	}
	if (rc == 0 && ledger->n_cuts > 0) {
		rc = ph_cut_refresh(ledger, log->id);
	}
	if (rc == 0 && !cursor->marked) {
		rc = ph_judge_mark_at(ledger, log->row, cursor->n, &cursor->mark);
		cursor->marked = rc == 0;
	}
	return rc;
}

int ph_ledger_intake(struct ph_ledger *ledger, const struct ph_log *log)
{
	struct ph_cursor *cursor = &ledger->cursors[log->row];
	struct walk walk = { .ledger = ledger, .log = log, .cursor = cursor };
	int rc = prepare(ledger, log, cursor);

	if (rc == 0 && cursor->verdict != PH_VERDICT_NOTHING) {
		rc = ph_journal_entry_each(ledger->journal, log->row, cursor->n, on_entry,
					   &walk);
	}
	if (rc < 0) {
		return rc;
	}
	if (cursor->verdict == PH_VERDICT_NOTHING && cursor->n < log->n) {
		ledger->folded += log->n - cursor->n;
		cursor->n = log->n;
		return ph_ledger_note_moved(ledger, log->row);
	}
	return 0;
}
