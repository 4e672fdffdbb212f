/*
 * common/ledger/facts.c - the facts of one entity: one range scan.
 *
 * The bytes of an entry that names many entities are not filed under each of them, but
 * read from the journal; since entities are folded in their order, and those of a crate
 * lie together, the last few that were read are kept.
 */
#include "common/ledger/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/copy_cut.h"
#include "common/ledger/fed.h"
#include "common/ledger/state.h"
#include "common/ledger/store.h"

void ph_facts_deinit(struct ph_facts *facts)
{
	free(facts->items);
	free(facts->rows);
	ph_buf_deinit(&facts->arena);
	*facts = (struct ph_facts){ 0 };
}

enum {
	LEFT = 1 /* its entry has left the feed; that its entity did so comes next */
};

/* The bytes of a fact, from the journal or the feed, appended to OUT. 0, LEFT, negative errno. */
static int fetch(struct ph_ledger *ledger, int64_t row, const struct ph_ref *ref,
		 struct ph_buf *out)
{
	uint64_t n = ref->n;
	struct ph_fetched *at = NULL;

	for (size_t i = 0; i < PH_FETCHED_MAX; i++) {
		if (ledger->fetched[i].row == row && ledger->fetched[i].n == n) {
			at = &ledger->fetched[i];
		}
	}
	if (at == NULL) {
		at = &ledger->fetched[ledger->next_fetched++ % PH_FETCHED_MAX];
		at->row = 0;
		at->bytes.len = 0;

		struct ph_fed_entry fed;
		int rc = row < 0 ? ph_fed_resolve(ledger->config.fed, ref, &fed,
						  &at->bytes)
				 : ph_journal_entry(ledger->journal, row, n, &at->bytes);

		if (rc > 0 && row < 0 && ledger->is_fed_behind) {
			return LEFT;
		}
		if (rc != 0) {
			return rc > 0 ? -EUCLEAN : rc;
		}
		at->row = row;
		at->n = n;
	}
	return ph_buf_put_view(out, ph_buf_view(&at->bytes));
}

static int add_row(struct ph_facts *facts, const struct ph_facts_row *row)
{
	int rc = ph_state_grow((void **)&facts->rows, facts->n, &facts->cap_rows,
			       sizeof *facts->rows);

	if (rc == 0) {
		facts->rows[facts->n] = *row;
	}
	return rc;
}

static int add_fact(struct ph_ledger *ledger, struct ph_stmt *stmt,
		    const struct ph_cursor *cursor, struct ph_facts *facts)
{
	size_t start = facts->arena.len;
	int64_t flags = ph_stmt_col_int(stmt, 6);
	struct ph_view hash = ph_stmt_col_blob(stmt, 2);
	int rc = ph_state_grow((void **)&facts->items, facts->n, &facts->cap,
			       sizeof *facts->items);

	if (rc != 0 || hash.len != sizeof facts->items->ref.hash) {
		return rc != 0 ? rc : -EUCLEAN;
	}

	struct ph_fact *fact = &facts->items[facts->n];

	*fact = (struct ph_fact){ .ref.n = (uint64_t)ph_stmt_col_int(stmt, 1),
				  .second = ph_stmt_col_int(stmt, 3),
				  .tick = (uint16_t)ph_stmt_col_int(stmt, 4),
				  .unsure = (uint32_t)ph_stmt_col_int(stmt, 5),
				  .told = (flags & PH_FLAG_TOLD) != 0,
				  .log_site = cursor->site,
				  .site = (uint64_t)ph_stmt_col_int(stmt, 7) };
	memcpy(fact->ref.log_id, cursor->id, sizeof fact->ref.log_id);
	memcpy(fact->ref.hash, hash.data, sizeof fact->ref.hash);
	rc = ph_stmt_col_is_null(stmt, 8)
		     ? fetch(ledger, ph_stmt_col_int(stmt, 0), &fact->ref, &facts->arena)
		     : ph_buf_put_view(&facts->arena, ph_stmt_col_blob(stmt, 8));
	fact->bytes.len = facts->arena.len - start;
	facts->n += rc == 0;
	return rc == LEFT ? 0 : rc;
}

/* Append the facts of KEY; without ROWS only those that fold. */
static int load(struct ph_ledger *ledger, const struct ph_entity_key *key, bool rows,
		struct ph_facts *facts)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log, n, hash, second, tick, unsure, flags, site,"
			       " entry FROM ledger_fact WHERE type = ?1 AND id = ?2",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, key->type);
	ph_stmt_blob(stmt, 2, ph_key_view(key));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_facts_row row = { .log = ph_stmt_col_int(stmt, 0),
					    .n = (uint64_t)ph_stmt_col_int(stmt, 1),
					    .off = (ph_stmt_col_int(stmt, 6) &
						    PH_FLAG_OFF) != 0 };
		const struct ph_cursor *cursor;

		if (row.off && !rows) {
			continue;
		}
		rc = ph_ledger_cursor_of(ledger, row.log, &cursor);
		rc = rc == 0 && rows ? add_row(facts, &row) : rc;
		rc = rc != 0 ? rc : add_fact(ledger, stmt, cursor, facts);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* Only when all are there does the arena stay where it is. */
static void point(struct ph_facts *facts)
{
	size_t at = 0;

	for (size_t i = 0; i < facts->n; i++) {
		facts->items[i].bytes.data = facts->arena.data + at;
		at += facts->items[i].bytes.len;
	}
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

int ph_facts_load_whole(struct ph_ledger *ledger, const struct ph_entity_key *keys,
			size_t n, struct ph_facts *facts)
{
	int rc = 0;

	facts->n = 0;
	facts->arena.len = 0;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = load(ledger, &keys[i], false, facts);
	}
	point(facts);
	rc = rc != 0 ? rc : ph_facts_sort(facts->items, facts->n);
	if (rc == 0 && n > 1) {
		drop_repeated(facts);
	}
	return rc;
}

int ph_facts_load(struct ph_ledger *ledger, const struct ph_entity_key *keys, size_t n,
		  struct ph_facts *facts)
{
	int rc = ph_facts_load_whole(ledger, keys, n, facts);

	return rc != 0 || n == 0 || keys[0].type != PH_ENTITY_COPY
		       ? rc
		       : ph_copy_cut(keys, n, ledger->cut_day, facts);
}

static int compare(const void *a, const void *b)
{
	return ph_fact_compare(a, b);
}

int ph_facts_load_filed(struct ph_ledger *ledger, const struct ph_entity_key *key,
			struct ph_facts *facts)
{
	int rc;

	facts->n = 0;
	facts->arena.len = 0;
	rc = load(ledger, key, false, facts);
	point(facts);
	if (rc == 0 && facts->n > 1) {
		qsort(facts->items, facts->n, sizeof *facts->items, compare);
	}
	return rc != 0 || key->type != PH_ENTITY_COPY
		       ? rc
		       : ph_copy_cut(key, 1, ledger->cut_day, facts);
}

int ph_facts_load_rows(struct ph_ledger *ledger, const struct ph_entity_key *key,
		       struct ph_facts *facts)
{
	int rc;

	facts->n = 0;
	facts->arena.len = 0;
	rc = load(ledger, key, true, facts);
	point(facts);
	return rc;
}
