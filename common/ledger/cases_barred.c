/*
 * common/ledger/cases_barred.c - a loan to a card that was stopped, or to a reader who
 * was blocked or erased.
 *
 * What stands in the order before the loan bars it, unless it was lifted since: a stop of
 * the card; a block of the reader, or of one who is the same, that was to last to the
 * loan's day; an erasure of either. A loan that was recorded before the block is none.
 */
#include <errno.h>

#include "common/base/clock.h"
#include "common/ledger/cases_find.h"
#include "common/ledger/class.h"
#include "common/ledger/reader.h"

/* The card's reader and who is the same, onto READERS; none if nobody's. */
static int readers_of(struct ph_ledger *ledger, const struct ph_entity_key *card,
		      struct ph_keyset *readers)
{
	struct ph_entity_key reader = { 0 };
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT reader FROM ledger_card WHERE id = ?1",
			       &stmt);

	ph_keyset_clear(readers);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(card));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		rc = ph_stmt_col_is_null(stmt, 0) ||
				     ph_key_bytes(PH_ENTITY_READER,
						  ph_stmt_col_blob(stmt, 0), &reader)
			     ? 0
			     : -EUCLEAN;
	}
	ph_stmt_reset(stmt);
	return rc != 0 || reader.len == 0 ? rc
					  : ph_class_members(ledger, &reader, readers);
}

int ph_cases_may_bar(struct ph_ledger *ledger, const struct ph_id *card)
{
	static const char sql[] =
		"SELECT barred OR EXISTS(SELECT 1 FROM ledger_reader r"
		" LEFT JOIN ledger_reader o ON o.root = coalesce(r.root, r.id)"
		" LEFT JOIN ledger_reader t ON t.id = r.root"
		" WHERE r.id = k.reader AND (r.barred OR o.barred OR t.barred))"
		" FROM ledger_card k WHERE k.id = ?1";
	struct ph_entity_key key;
	struct ph_stmt *stmt;
	int rc;

	if (!ph_key_id(PH_ENTITY_CARD, card, &key)) {
		return 0;
	}
	rc = ph_db_prepare(ledger->db, sql, &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		rc = ph_stmt_col_int(stmt, 0) != 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

struct bars {
	const struct ph_loan *loan;
	const struct ph_fact *fact; /* of the loan */
	struct ph_facts of_card, of_readers;
	struct ph_facts found; /* borrows from both */
};

static int found(struct bars *bars, const struct ph_fact *fact)
{
	struct ph_facts *list = &bars->found;
	int rc;

	/* An erasure may name the card and the reader. */
	if (ph_facts_find(list, &fact->ref) != NULL) {
		return 0;
	}
	rc = ph_state_grow((void **)&list->items, list->n, &list->cap,
			   sizeof *list->items);
	if (rc == 0) {
		list->items[list->n++] = *fact;
	}
	return rc;
}

/* The block that FACT is, as the states of READERS have it; false: it is lifted. */
static int stands(struct ph_ledger *ledger, const struct ph_keyset *readers,
		  const struct ph_fact *fact, int64_t day, bool *yes)
{
	struct ph_buf state = { 0 };
	int rc = 0;

	*yes = false;
	for (size_t i = 0; rc == 0 && i < readers->n; i++) {
		struct ph_reader reader;

		state.len = 0;
		rc = ph_ledger_get(ledger, PH_ENTITY_READER,
				   ph_key_view(&readers->keys[i]), &state);
		rc = rc != 0 ? rc : ph_reader_decode(ph_buf_view(&state), &reader);
		if (rc == PH_LEDGER_E_NONE) {
			rc = 0;
			continue;
		}
		for (size_t k = 0; rc == 0 && k < reader.n_blocks; k++) {
			const struct ph_block *block = &reader.blocks[k];

			*yes = *yes || (ph_ref_equal(&block->entry, &fact->ref) &&
					!block->lifted &&
					(!block->has_until || block->until >= day));
		}
		if (rc == 0) {
			ph_reader_deinit(&reader);
		}
	}
	ph_buf_deinit(&state);
	return rc;
}

static int take_facts(struct ph_ledger *ledger, struct bars *bars,
		      const struct ph_facts *facts, const struct ph_keyset *readers)
{
	int64_t day = ph_day_of(bars->loan->second);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		const struct ph_fact *fact = &facts->items[i];
		bool yes = false;

		if (ph_fact_compare(fact, bars->fact) > 0) {
			continue;
		}
		rc = ph_fact_entry(fact, ledger->other);
		if (rc != 0) {
			break;
		}
		switch (ledger->other->number) {
		case PH_KIND_CARD_STOP:
		case PH_KIND_READER_ERASE:
			yes = true;
			break;
		case PH_KIND_READER_BLOCK:
			rc = stands(ledger, readers, fact, day, &yes);
			break;
		default:
			break;
		}
		rc = rc != 0 || !yes ? rc : found(bars, fact);
	}
	return rc;
}

static int add_case(const struct bars *bars, struct ph_case_list *list)
{
	struct ph_entity_key anchor = ph_key_ref(PH_ENTITY_COPY, &bars->loan->ref);
	int rc = ph_case_list_add(list, PH_CASE_BLOCKED_CARD, ph_key_view(&anchor));

	rc = rc != 0 ? rc : ph_case_list_ref(list, &bars->loan->ref, bars->loan->second);
	rc = rc != 0 ? rc : ph_case_list_site(list, bars->loan->site);
	for (size_t i = 0; rc == 0 && i < bars->found.n; i++) {
		const struct ph_fact *fact = &bars->found.items[i];

		rc = ph_case_list_ref(list, &fact->ref, fact->second);
		rc = rc != 0 ? rc : ph_case_list_site(list, fact->site);
	}
	return rc;
}

int ph_cases_barred(struct ph_ledger *ledger, const struct ph_loan *loan,
		    const struct ph_fact *fact, struct ph_case_list *list)
{
	struct bars bars = { .loan = loan, .fact = fact };
	struct ph_keyset readers = { 0 };
	struct ph_entity_key card;
	bool outside = false;
	int rc = ph_key_id(PH_ENTITY_CARD, &loan->card, &card) ? 0 : -EUCLEAN;

	rc = rc != 0 ? rc : ph_derive_outside(ledger, &card, &outside);
	if (rc != 0 || outside) {
		return rc;
	}
	rc = readers_of(ledger, &card, &readers);
	rc = rc != 0 ? rc : ph_facts_load(ledger, &card, 1, &bars.of_card);
	rc = rc != 0 ? rc
		     : ph_facts_load(ledger, readers.keys, readers.n, &bars.of_readers);
	rc = rc != 0 ? rc : take_facts(ledger, &bars, &bars.of_card, &readers);
	rc = rc != 0 ? rc : take_facts(ledger, &bars, &bars.of_readers, &readers);
	if (rc == 0 && bars.found.n > 0) {
		rc = ph_facts_sort(bars.found.items, bars.found.n);
		rc = rc != 0 ? rc : add_case(&bars, list);
	}
	ph_facts_deinit(&bars.of_card);
	ph_facts_deinit(&bars.of_readers);
	free(bars.found.items);
	ph_keyset_deinit(&readers);
	return rc;
}
