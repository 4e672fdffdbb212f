/*
 * common/ledger/indicator_copies.c - rows about copies: stock, additions, languages, law.
 *
 * One scan over the facts of all copies. Those of one copy lie together, and are weighed
 * when the next one begins; copies that are joined are gathered under their root first,
 * and weighed at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_class.h"
#include "common/ledger/indicator_internal.h"

/* An entry about a copy that matters here. */
struct mention {
	struct ph_fact fact; /* without bytes */
	uint64_t kind;
	uint64_t count;
};
/* A copy, or a class of them. */
struct heap {
	struct ph_entity_key root;
	struct mention *items;
	size_t n, cap;
};
struct scan {
	struct ph_reckoning *reckoning;
	bool wants[PH_COPIES_UNCATALOGUED + 1]; /* which columns there are, and where */
	unsigned column[PH_COPIES_UNCATALOGUED + 1];
	bool by_title;          /* language or law is asked for */
	struct ph_keyset roots; /* of classes of more than one */
	struct heap *classes;   /* of these */
	struct heap own;        /* of the copy that is under way */
	struct ph_entity_key at;
	struct ph_entry *entry;
};

static const char *const languages[] = {
	"blt", "twh", "tyr", "hmn", "hnj", "mww", "mtq",
	"ium", "mji", "kjg", "puo", "kjm", "lha", "lao",
};

static bool is_ethnic(const char *language)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
		if (strcmp(languages[i], language) == 0) {
			return true;
		}
	}
	return false;
}

/* --- one copy, all its mentions at hand --- */

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;

	return ph_fact_compare(&x->fact, &y->fact);
}

/* The entry by which it was added; NULL: none. The mentions are in order. */
static const struct mention *added_by(const struct heap *heap)
{
	for (size_t i = 0; i < heap->n; i++) {
		if (heap->items[i].kind == PH_KIND_COPY_PUT) {
			return &heap->items[i];
		}
	}
	return NULL;
}

static bool is_held(const struct heap *heap, int64_t day)
{
	bool held = true;

	for (size_t i = 0; i < heap->n; i++) {
		const struct mention *item = &heap->items[i];

		if (ph_day_of(item->fact.second) <= day) {
			held = item->kind == PH_KIND_WITHDRAWN    ? false
			       : item->kind == PH_KIND_REINSTATED ? true
								  : held;
		}
	}
	return held;
}

static int owner_of(struct ph_ledger *ledger, const struct ph_entity_key *root,
		    uint64_t *owner)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT owner FROM ledger_copy WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(root));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		if (!ph_stmt_col_is_null(stmt, 0)) {
			*owner = (uint64_t)ph_stmt_col_int(stmt, 0);
		}
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int add_stock(struct scan *scan, const struct heap *heap,
		     const struct mention *added, struct ph_atom *atom, int64_t title)
{
	struct ph_reckoning *reckoning = scan->reckoning;
	int64_t since = ph_day_of(added->fact.second);
	int rc = 0;

	for (size_t p = 0; rc == 0 && p < reckoning->n_periods; p++) {
		int64_t day = reckoning->periods[p].to;

		if (since > day || !is_held(heap, day)) {
			continue;
		}
		rc = ph_reckon_level(reckoning, atom, p, scan->column[PH_COPIES_HELD], 1);
		if (rc == 0 && p == 0 && title != 0) {
			rc = ph_reckon_distinct(reckoning, atom,
						scan->column[PH_COPIES_TITLES], title);
		}
	}
	return rc;
}

/* How it was come by, and its price, as the class shows. */
static int add_addition(struct scan *scan, const struct heap *heap, struct ph_atom *atom)
{
	struct ph_reckoning *reckoning = scan->reckoning;
	struct ph_copy_class shown;
	int64_t price = 0;
	int rc;

	if (ph_reckon_period(reckoning, atom->day) >= reckoning->n_periods) {
		return 0;
	}
	rc = ph_copy_class_load(reckoning->ledger, &heap->root, &shown);
	if (rc == 0) {
		const struct ph_registers *registers = &shown.copy.registers;
		const struct ph_register *how =
			ph_registers_get(registers, PH_COPY_ACQUISITION);
		const struct ph_register *value =
			ph_registers_get(registers, PH_COPY_PRICE);

		if (reckoning->query->by == PH_BY_ACQUISITION && how != NULL) {
			atom->split = (int)how->value.as.uint;
		}
		price = value != NULL ? (int64_t)value->value.as.uint : 0;
		ph_copy_class_deinit(&shown);
	}
	rc = rc < 0 ? rc
		    : ph_reckon_add(reckoning, atom, scan->column[PH_COPIES_ADDED], 1);
	return rc != 0 ? rc
		       : ph_reckon_add(reckoning, atom, scan->column[PH_COPIES_VALUE],
				       price);
}

/* Loans and uses belong where and when they were written. */
static int add_uses(struct scan *scan, const struct heap *heap, const char *language)
{
	struct ph_reckoning *reckoning = scan->reckoning;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < heap->n; i++) {
		const struct mention *item = &heap->items[i];
		unsigned what =
			item->kind == PH_KIND_LOAN ? PH_COPIES_LOANS : PH_COPIES_USES;
		const struct ph_reckon_stop *stop =
			ph_reckon_stop_at(reckoning, item->fact.site, item->fact.second);
		struct ph_atom atom = { .site = item->fact.site,
					.day = ph_day_of(item->fact.second),
					.split = -1,
					.language = language };

		if ((item->kind != PH_KIND_LOAN && item->kind != PH_KIND_IN_HOUSE_USE) ||
		    !scan->wants[what]) {
			continue;
		}
		atom.commune = stop != NULL
				       ? stop->commune
				       : ph_reckon_site_commune(reckoning, atom.site);
		rc = ph_reckon_add(reckoning, &atom, scan->column[what],
				   (int64_t)item->count);
	}
	return rc;
}

/* What HEAP, whose title is TITLE, adds where it stands. */
static int add_copy(struct scan *scan, const struct heap *heap,
		    const struct ph_reckon_title *title)
{
	struct ph_reckoning *reckoning = scan->reckoning;
	const struct mention *added = added_by(heap);
	struct ph_atom atom = { .split = -1, .language = title->language };
	int rc = 0;

	if (added == NULL ||
	    (!scan->wants[PH_COPIES_HELD] && !scan->wants[PH_COPIES_ADDED])) {
		return 0;
	}
	atom.site = added->fact.site;
	atom.day = ph_day_of(added->fact.second);
	rc = owner_of(reckoning->ledger, &heap->root, &atom.site);
	atom.commune = ph_reckon_site_commune(reckoning, atom.site);
	if (rc == 0 && scan->wants[PH_COPIES_HELD]) {
		rc = add_stock(scan, heap, added, &atom, title->root);
	}
	if (rc == 0 && scan->wants[PH_COPIES_ADDED]) {
		rc = add_addition(scan, heap, &atom);
	}
	return rc;
}

static int weigh(struct scan *scan, struct heap *heap)
{
	const struct ph_indicator *row = scan->reckoning->query->row;
	struct ph_reckon_title title = { 0 };
	struct ph_ledger *ledger = scan->reckoning->ledger;
	struct ph_view root = ph_key_view(&heap->root);
	int rc = 0;

	if (heap->n == 0) {
		return 0;
	}
	qsort(heap->items, heap->n, sizeof *heap->items, compare_mentions);
	if (scan->by_title) {
		rc = ph_reckon_title_of(ledger, root, &title);
	} else if (scan->wants[PH_COPIES_TITLES]) {
		rc = ph_reckon_title_row(ledger, root, &title.root);
	}
	if (rc != 0 || (strcmp(row->code, "A7") == 0 && !is_ethnic(title.language)) ||
	    (strcmp(row->code, "A15") == 0 && !title.is_law)) {
		return rc;
	}
	rc = add_uses(scan, heap, title.language);
	return rc != 0 ? rc : add_copy(scan, heap, &title);
}

/* --- the scan --- */

static int add_mention(struct scan *scan, const struct ph_fact *fact)
{
	struct heap *heap = &scan->own;
	const struct ph_entry *entry = scan->entry;
	const struct ph_value *count = &entry->field[PH_USE_COUNT];
	int rc = ph_state_grow((void **)&heap->items, heap->n, &heap->cap,
			       sizeof *heap->items);

	if (rc == 0) {
		heap->items[heap->n++] = (struct mention){
			.fact = *fact,
			.kind = entry->number,
			.count = entry->number == PH_KIND_IN_HOUSE_USE && count->set
					 ? count->as.uint
					 : 1,
		};
	}
	return rc;
}

/* The copy under way is one of several: its mentions go to those of its class. */
static int gather(struct scan *scan, struct heap *heap)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < scan->own.n; i++) {
		rc = ph_state_grow((void **)&heap->items, heap->n, &heap->cap,
				   sizeof *heap->items);
		if (rc == 0) {
			heap->items[heap->n++] = scan->own.items[i];
		}
	}
	return rc;
}

/* No more comes of the copy under way. */
static int end_copy(struct scan *scan)
{
	struct ph_entity_key root = scan->at;
	size_t index;
	int rc = 0;

	if (scan->at.len > 0 && scan->own.n > 0 && scan->roots.n > 0) {
		rc = ph_class_root(scan->reckoning->ledger, &scan->at, &root);
	}
	scan->own.root = root;
	if (rc == 0 && ph_keyset_find(&scan->roots, &root, &index)) {
		rc = gather(scan, &scan->classes[index]);
	} else if (rc == 0) {
		rc = weigh(scan, &scan->own);
	}
	scan->own.n = 0;
	return rc;
}

static bool matters(uint64_t kind)
{
	return kind == PH_KIND_COPY_PUT || kind == PH_KIND_LOAN ||
	       kind == PH_KIND_IN_HOUSE_USE || kind == PH_KIND_WITHDRAWN ||
	       kind == PH_KIND_REINSTATED;
}

static int take_row(struct scan *scan, struct ph_stmt *stmt)
{
	const struct ph_cursor *cursor;
	struct ph_fact fact = { .ref.n = (uint64_t)ph_stmt_col_int(stmt, 2),
				.second = ph_stmt_col_int(stmt, 4),
				.tick = (uint16_t)ph_stmt_col_int(stmt, 5),
				.site = (uint64_t)ph_stmt_col_int(stmt, 6) };
	struct ph_view id = ph_stmt_col_blob(stmt, 0);
	struct ph_view hash = ph_stmt_col_blob(stmt, 3);
	int rc = 0;

	if (!ph_view_equal(id, ph_key_view(&scan->at))) {
		rc = end_copy(scan);
		if (rc == 0 && !ph_key_bytes(PH_ENTITY_COPY, id, &scan->at)) {
			rc = -EUCLEAN;
		}
	}
	rc = rc != 0 ? rc : ph_entry_read_again(ph_stmt_col_blob(stmt, 7), scan->entry);
	if (rc != 0 || !matters(scan->entry->number)) {
		return rc;
	}
	rc = ph_ledger_cursor_of(scan->reckoning->ledger, ph_stmt_col_int(stmt, 1),
				 &cursor);
	if (rc != 0 || hash.len != sizeof fact.ref.hash) {
		return rc != 0 ? rc : -EUCLEAN;
	}
	memcpy(fact.ref.log_id, cursor->id, sizeof fact.ref.log_id);
	memcpy(fact.ref.hash, hash.data, sizeof fact.ref.hash);
	return add_mention(scan, &fact);
}

/* All that names a copy and counts; crates, which name many, are kept without their bytes. */
static int walk(struct scan *scan)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(scan->reckoning->ledger->db,
			       "SELECT id, log, n, hash, second, tick, site, entry"
			       " FROM ledger_fact WHERE type = ?1 AND flags & ?2 = 0"
			       " AND entry IS NOT NULL ORDER BY id, log, n",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_COPY);
	ph_stmt_int(stmt, 2, PH_FLAG_OFF);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = take_row(scan, stmt);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc != 0 ? rc : end_copy(scan);
}

static int find_roots(struct scan *scan)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(scan->reckoning->ledger->db,
			       "SELECT DISTINCT root FROM ledger_copy"
			       " WHERE root IS NOT NULL",
			       &stmt);

	rc = rc != 0 ? rc : ph_keyset_read(&scan->roots, PH_ENTITY_COPY, stmt);
	if (rc != 0) {
		return rc;
	}
	scan->classes = calloc(scan->roots.n + 1, sizeof *scan->classes);
	for (size_t i = 0; scan->classes != NULL && i < scan->roots.n; i++) {
		scan->classes[i].root = scan->roots.keys[i];
	}
	return scan->classes == NULL ? -ENOMEM : 0;
}

static void scan_deinit(struct scan *scan)
{
	for (size_t i = 0; scan->classes != NULL && i < scan->roots.n; i++) {
		free(scan->classes[i].items);
	}
	free(scan->classes);
	free(scan->own.items);
	free(scan->entry);
	ph_keyset_deinit(&scan->roots);
}

/* Which columns, and where they stand. By language rows of counters have one alone. */
static void find_columns(struct scan *scan)
{
	const struct ph_indicator_query *query = scan->reckoning->query;
	const struct ph_indicator *row = query->row;

	scan->by_title = query->by == PH_BY_LANGUAGE || strcmp(row->code, "A7") == 0 ||
			 strcmp(row->code, "A15") == 0;
	if (row->source == PH_FROM_COUNTERS) {
		scan->wants[row->columns[0].of == PH_TALLY_LOANS ? PH_COPIES_LOANS
								 : PH_COPIES_USES] = true;
		return;
	}
	for (unsigned c = 0; c < row->n_columns; c++) {
		scan->wants[row->columns[c].of] = true;
		scan->column[row->columns[c].of] = c;
	}
}

int ph_reckon_copies(struct ph_reckoning *reckoning)
{
	struct scan scan = { .reckoning = reckoning };
	int rc = find_roots(&scan);

	find_columns(&scan);
	scan.entry = malloc(sizeof *scan.entry);
	rc = rc != 0 ? rc : scan.entry == NULL ? -ENOMEM : walk(&scan);
	for (size_t i = 0; rc == 0 && i < scan.roots.n; i++) {
		rc = weigh(&scan, &scan.classes[i]);
	}
	if (rc == 0 && scan.wants[PH_COPIES_UNCATALOGUED] &&
	    reckoning->query->by != PH_BY_LANGUAGE) {
		rc = ph_reckon_told(reckoning, PH_TALLY_OF_UNCATALOGUED_STOCK,
				    scan.column[PH_COPIES_UNCATALOGUED], ph_reckon_level);
	}
	scan_deinit(&scan);
	return rc;
}
