/*
 * common/ledger/effect.c - what takes an entry's effect away: cuts, voids, unmerges.
 *
 * An act that came before its target is looked up when the target comes; one that comes
 * after it has the target looked at again (act.c). Only acts that have an effect
 * themselves are asked: the others are marked as off.
 */
#include <errno.h>
#include <string.h>

#include "common/ledger/store.h"

bool ph_effect_cut(struct ph_ledger *ledger, int64_t row, uint64_t n)
{
	const struct ph_cursor *cursor = ph_ledger_cursor(ledger, row);

	return cursor != NULL && n > cursor->limit;
}

/* Voids of these change nothing. */
static bool is_voidable(const struct ph_entry *entry)
{
	return entry->number != PH_KIND_OPEN && entry->number != PH_KIND_CLOCK_MARK &&
	       entry->number != PH_KIND_VOID && entry->number != PH_KIND_READER_ERASE;
}

/* The kind that cancels entries of this one, or 0. */
static uint64_t unmerge_of(uint64_t number)
{
	switch (number) {
	case PH_KIND_READER_MERGE:
		return PH_KIND_READER_UNMERGE;
	case PH_KIND_TITLE_MERGE:
		return PH_KIND_TITLE_UNMERGE;
	case PH_KIND_COPY_ALIAS:
		return PH_KIND_COPY_UNALIAS;
	default:
		return 0;
	}
}

/* Whether the act in STMT's row (log, kind, site, signed), of the log BY, takes HELD away. */
static bool takes_away(const struct ph_cursor *by, struct ph_stmt *stmt,
		       const struct ph_held *held)
{
	uint64_t kind = (uint64_t)ph_stmt_col_int(stmt, 1);
	uint64_t site = (uint64_t)ph_stmt_col_int(stmt, 2);

	if (kind != PH_KIND_VOID) {
		return kind == unmerge_of(held->entry->number);
	}

	const struct ph_fact *fact = &held->fact;
	bool same_log = memcmp(by->id, fact->ref.log_id, sizeof by->id) == 0;

	if (held->entry->kind->operator_only) {
		return same_log && ph_stmt_col_int(stmt, 3) != 0;
	}
	return ph_fact_void_counts(fact->log_site, fact->site, by->site, site, same_log);
}

/* The act that takes HELD away: its row, number, hash and kind; ROW 0: none does. */
struct taker {
	int64_t row;
	uint64_t n, kind;
	uint8_t hash[8];
};

static int find_taker(struct ph_ledger *ledger, const struct ph_held *held,
		      struct taker *taker)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, &held->fact.ref);
	struct ph_stmt *stmt;
	int rc;

	taker->row = 0;
	if (!is_voidable(held->entry) ||
	    !ph_refset_may_have(&ledger->acted, &held->fact.ref)) {
		return 0;
	}
	rc = ph_db_prepare(ledger->db,
			   "SELECT log, kind, site, signed, n, hash FROM ledger_act"
			   " WHERE target = ?1 AND off = 0",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	while (taker->row == 0 && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_view hash = ph_stmt_col_blob(stmt, 5);
		const struct ph_cursor *by;

		rc = ph_ledger_cursor_of(ledger, ph_stmt_col_int(stmt, 0), &by);
		if (rc != 0) {
			break;
		}
		if (takes_away(by, stmt, held) && hash.len == sizeof taker->hash) {
			taker->row = ph_stmt_col_int(stmt, 0);
			taker->kind = (uint64_t)ph_stmt_col_int(stmt, 1);
			taker->n = (uint64_t)ph_stmt_col_int(stmt, 4);
			memcpy(taker->hash, hash.data, sizeof taker->hash);
		}
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

int ph_effect_dead(struct ph_ledger *ledger, const struct ph_held *held, bool *dead)
{
	struct taker taker;
	int rc;

	*dead = ph_effect_cut(ledger, held->row, held->fact.ref.n);
	if (*dead) {
		return 0;
	}
	rc = find_taker(ledger, held, &taker);
	*dead = rc == 0 && taker.row != 0;
	return rc;
}

int ph_effect_by(struct ph_ledger *ledger, const struct ph_held *held, struct ph_ref *by,
		 uint64_t *kind)
{
	const struct ph_cursor *cursor;
	struct taker taker;
	int rc = find_taker(ledger, held, &taker);

	if (rc != 0 || taker.row == 0) {
		return rc != 0 ? rc : PH_LEDGER_E_NONE;
	}
	rc = ph_ledger_cursor_of(ledger, taker.row, &cursor);
	if (rc != 0) {
		return rc;
	}
	memcpy(by->log_id, cursor->id, sizeof by->log_id);
	memcpy(by->hash, taker.hash, sizeof by->hash);
	by->n = taker.n;
	*kind = taker.kind;
	return 0;
}
