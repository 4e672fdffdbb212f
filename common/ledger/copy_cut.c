/*
 * common/ledger/copy_cut.c - loans of long ago, of which the card is to be known no more.
 *
 * A copy is folded as always; the loans that ended before the day are found in its state,
 * and all entries by which they were made or renewed are left out of the facts. What is
 * left is folded: a return without its loan says where the copy is, as any sighting does.
 * Who lacks some of what is left out comes to the same: a loan that ended before the day ends no
 * later for want of others that did. So the hub need not feed it.
 *
 * The day is a policy's, so no clock is read. When it moves, all tables are made anew.
 */
#include "common/ledger/copy_cut.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/copy.h"
#include "common/ledger/query.h"
#include "common/ledger/rule.h"
#include "common/ledger/store.h"

#define META_DAY "cut_day"

/* --- which facts --- */

/* Whether REF made or renewed LOAN. */
static bool is_of(const struct ph_loan *loan, const struct ph_ref *ref)
{
	bool is = ph_ref_equal(&loan->ref, ref);

	for (size_t k = 0; k < loan->n_renewals && !is; k++) {
		is = ph_ref_equal(&loan->renewals[k], ref);
	}
	return is;
}

/*
 * From which loan on they stay: those before it are cut. One that ended because the copy was lent
 * again goes only with the next: without that one, it might seem to be the same as a later one.
 */
static size_t first_to_stay(const struct ph_copy *copy, int64_t day)
{
	size_t first = 0;

	for (size_t i = 0; i < copy->n_loans; i++) {
		const struct ph_loan *loan = &copy->loans[i];
		bool lent_again = i + 1 < copy->n_loans &&
				  ph_ref_equal(&loan->closed_by, &copy->loans[i + 1].ref);

		if (loan->closed == PH_CLOSED_OPEN ||
		    ph_day_of(loan->closed_second) >= day) {
			break;
		}
		first = lent_again ? first : i + 1;
	}
	return first;
}

bool ph_copy_cuts_off(const struct ph_fact *fact, struct ph_entry *scratch, int64_t day)
{
	return ph_day_of(fact->second) < day && ph_fact_entry(fact, scratch) == 0 &&
	       (scratch->number == PH_KIND_LOAN || scratch->number == PH_KIND_RENEW);
}

/* A renewal that had no effect still names a card. */
static bool is_cut(const struct ph_copy *copy, size_t stays, const struct ph_fact *fact,
		   struct ph_entry *scratch, int64_t day)
{
	for (size_t i = 0; i < copy->n_loans; i++) {
		if (is_of(&copy->loans[i], &fact->ref)) {
			return i < stays;
		}
	}
	return ph_copy_cuts_off(fact, scratch, day);
}

static int take_out(const struct ph_copy *copy, int64_t day, struct ph_facts *facts)
{
	struct ph_entry *scratch = malloc(sizeof *scratch);
	size_t stays = first_to_stay(copy, day);
	size_t kept = 0;

	if (scratch == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < facts->n; i++) {
		if (!is_cut(copy, stays, &facts->items[i], scratch, day)) {
			facts->items[kept++] = facts->items[i];
		}
	}
	facts->n = kept;
	free(scratch);
	return 0;
}

static bool any_cut(const struct ph_facts *facts, int64_t day)
{
	for (size_t i = 0; i < facts->n; i++) {
		if (ph_day_of(facts->items[i].second) < day) {
			return true;
		}
	}
	return false;
}

/* FACTS in the order of the fold, which those of FACTS need not be in. */
static int fold(const struct ph_entity_key *keys, size_t n, const struct ph_facts *facts,
		struct ph_buf *state)
{
	struct ph_fact *sorted = malloc(facts->n * sizeof *sorted);
	int rc = -ENOMEM;

	if (sorted != NULL) {
		memcpy(sorted, facts->items, facts->n * sizeof *sorted);
		rc = ph_facts_sort(sorted, facts->n);
		rc = rc != 0 ? rc : ph_copy_fold_class(keys, n, sorted, facts->n, state);
	}
	free(sorted);
	return rc;
}

int ph_copy_cut(const struct ph_entity_key *keys, size_t n, int64_t day,
		struct ph_facts *facts)
{
	struct ph_buf state = { 0 };
	struct ph_copy copy;
	int rc;

	if (day == PH_CUT_DAY_NONE || !any_cut(facts, day)) {
		return 0;
	}
	rc = fold(keys, n, facts, &state);
	rc = rc != 0 ? rc : ph_copy_decode(ph_buf_view(&state), &copy);
	if (rc == 0) {
		rc = take_out(&copy, day, facts);
		ph_copy_deinit(&copy);
	}
	ph_buf_deinit(&state);
	return rc;
}

/* --- the day --- */

int ph_cut_day_load(struct ph_ledger *ledger)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT value FROM ledger_meta WHERE name = ?1", &stmt);

	ledger->cut_day = PH_CUT_DAY_NONE;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(META_DAY));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		ledger->cut_day = ph_stmt_col_int(stmt, 0);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int store(struct ph_ledger *ledger, int64_t day)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_meta(name, value)"
			       " VALUES(?1, ?2)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_text(stmt, 1, ph_view_str(META_DAY));
	ph_stmt_int(stmt, 2, day);
	return ph_stmt_run(stmt);
}

int ph_cut_day_follow(struct ph_ledger *ledger, bool *moved_out)
{
	struct ph_buf text = { 0 };
	int64_t day = PH_CUT_DAY_NONE;
	int rc;

	*moved_out = false;
	if (ledger->cut_looked == ledger->folded) {
		return 0;
	}
	ledger->cut_looked = ledger->folded;
	rc = ph_query_policy_text(ledger, ph_rules[PH_RULE_CUT_LOANS].name, &text);
	if (rc == 0 && text.len > 0 &&
	    ph_day_parse((const char *)text.data, text.len, &day) != 0) {
		day = PH_CUT_DAY_NONE; /* what is no date cuts nothing */
	}
	*moved_out = rc == 0 && day != ledger->cut_day;
	if (*moved_out) {
		rc = store(ledger, day);
	}
	ph_buf_deinit(&text);
	return rc;
}
