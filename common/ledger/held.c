/*
 * common/ledger/held.c - entries that were taken in, found again.
 *
 * Their bytes are in the journal; their time follows from the marks on record, so it
 * is the time at which they were filed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/fed.h"
#include "common/ledger/store.h"

int ph_held_init(struct ph_held *held)
{
	held->entry = malloc(sizeof *held->entry);
	return held->entry == NULL ? -ENOMEM : 0;
}

void ph_held_deinit(struct ph_held *held)
{
	free(held->entry);
	ph_buf_deinit(&held->bytes);
	*held = (struct ph_held){ 0 };
}

enum ph_part_in_fold ph_held_part(const struct ph_log *log, uint64_t n,
				  const struct ph_entry *entry)
{
	if (!(entry->kind->writers & ph_fact_role(log))) {
		return PH_PART_NONE;
	}
	switch (entry->number) {
	case PH_KIND_OPEN:
		return n == 1 ? PH_PART_FACT : PH_PART_NONE;
	case PH_KIND_CLOCK_MARK:
		return PH_PART_MARK;
	case PH_KIND_VOID:
	case PH_KIND_READER_UNMERGE:
	case PH_KIND_TITLE_UNMERGE:
	case PH_KIND_COPY_UNALIAS:
	case PH_KIND_LOG_ADOPT:
	case PH_KIND_CLOCK_JUDGE:
		return PH_PART_ACT;
	case PH_KIND_DEVICE_CUT:
		return PH_PART_ACT | PH_PART_FACT;
	default:
		return PH_PART_FACT;
	}
}

/* Decode BYTES, entry N of LOG, into ITEM. 0 with its part, which may be none. */
static int decode(const struct ph_ledger *ledger, const struct ph_log *log, uint64_t n,
		  struct ph_view bytes, struct ph_held *held, enum ph_part_in_fold *part)
{
	int rc = ph_entry_decode(bytes, held->entry);
	bool heeds;

	*part = PH_PART_NONE;
	if (rc != 0) {
		return rc < 0 ? rc : 0;
	}
	rc = ph_speakers_heed(ledger, held->entry, log->id, n, &heeds);
	if (rc < 0 || !heeds) {
		return rc;
	}
	*part = ph_held_part(log, n, held->entry);
	if (*part != PH_PART_NONE) {
		held->row = log->row;
		ph_fact_init(&held->fact, log, n, bytes, held->entry);
	}
	return 0;
}

static bool is_folded(struct ph_ledger *ledger, int64_t row, uint64_t n)
{
	const struct ph_cursor *cursor = ph_ledger_cursor(ledger, row);

	return cursor != NULL && cursor->verdict == PH_VERDICT_FOLDS && n > 0 &&
	       n <= cursor->n;
}

int ph_held_load(struct ph_ledger *ledger, int64_t row, uint64_t n, struct ph_held *held,
		 enum ph_part_in_fold *part)
{
	struct ph_log log;
	struct ph_mark mark;
	int rc;

	*part = PH_PART_NONE;
	if (!is_folded(ledger, row, n)) {
		return 0;
	}
	held->bytes.len = 0;
	rc = ph_journal_log_at(ledger->journal, row, &log);
	if (rc == 0 && n <= log.base) {
		return 0; /* its parent's, and taken in with that */
	}
	rc = rc != 0 ? rc : ph_journal_entry(ledger->journal, row, n, &held->bytes);
	if (rc != 0) {
		return rc > 0 ? -EUCLEAN : rc;
	}
	rc = decode(ledger, &log, n, ph_buf_view(&held->bytes), held, part);
	if (rc != 0 || *part == PH_PART_NONE) {
		return rc;
	}
	rc = ph_judge_mark_at(ledger, row, n - 1, &mark);
	if (rc == 0) {
		ph_fact_time(&held->fact, held->entry, &mark);
	}
	return rc;
}

void ph_held_fed(struct ph_held *held, const struct ph_fed_entry *fed)
{
	uint64_t behalf = held->entry->extras.behalf;

	held->row = 0;
	held->fact = (struct ph_fact){
		.ref = fed->ref,
		.second = (int64_t)fed->second,
		.unsure = (uint32_t)fed->unsure,
		.log_site = fed->log_site,
		.site = behalf != 0 ? behalf : fed->log_site,
	};
}

/* --- many of one log --- */

struct walk {
	struct ph_ledger *ledger;
	struct ph_log log;
	uint64_t last;
	struct ph_mark mark;
	struct ph_held *held;
	int (*cb)(void *data, struct ph_held *held, enum ph_part_in_fold part);
	void *data;
};

static int on_entry(void *data, uint64_t n, struct ph_view bytes)
{
	struct walk *walk = data;
	enum ph_part_in_fold part;
	int rc;

	if (n > walk->last) {
		return 1;
	}
	rc = decode(walk->ledger, &walk->log, n, bytes, walk->held, &part);
	if (rc != 0 || part == PH_PART_NONE) {
		return rc;
	}
	if (part == PH_PART_MARK) {
		rc = ph_judge_mark_at(walk->ledger, walk->log.row, n, &walk->mark);
	} else {
		ph_fact_time(&walk->held->fact, walk->held->entry, &walk->mark);
	}
	rc = rc != 0 ? rc : walk->cb(walk->data, walk->held, part);
	return rc < 0 ? rc : rc != 0;
}

int ph_held_each(struct ph_ledger *ledger, int64_t row, uint64_t after, uint64_t last,
		 struct ph_held *held,
		 int (*cb)(void *data, struct ph_held *held, enum ph_part_in_fold part),
		 void *data)
{
	const struct ph_cursor *cursor = ph_ledger_cursor(ledger, row);
	struct walk walk = {
		.ledger = ledger, .last = last, .held = held, .cb = cb, .data = data
	};
	int rc;

	if (cursor == NULL || cursor->verdict != PH_VERDICT_FOLDS || after >= cursor->n) {
		return 0;
	}
	if (walk.last > cursor->n) {
		walk.last = cursor->n;
	}
	rc = ph_journal_log_at(ledger->journal, row, &walk.log);
	if (rc == 0 && after < walk.log.base) {
		after = walk.log.base; /* what lies before was taken in with the parent */
	}
	rc = rc != 0 ? rc : ph_judge_mark_at(ledger, row, after, &walk.mark);
	if (rc != 0) {
		return rc > 0 ? -EUCLEAN : rc;
	}
	rc = ph_journal_entry_each(ledger->journal, row, after, on_entry, &walk);
	return rc < 0 ? rc : 0;
}
