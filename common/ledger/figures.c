/*
 * common/ledger/figures.c - the figures of a report as it was printed.
 *
 * The sums come from the tallies, one range scan a site. Encoding is greedy: heads, then
 * sites, as long as a part has room; each part can be read without the others, and all
 * of them together are the figures again.
 */
#include "common/ledger/figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/state.h"
#include "common/ledger/store.h"

#define FORM      1
#define MEMBERS   6
#define PART_BASE 64 /* bytes of a part besides its heads and sites, at most */
#define PARTS_MAX 1000

void ph_figures_deinit(struct ph_figures *figures)
{
	free(figures->heads);
	free(figures->sites);
	*figures = (struct ph_figures){ 0 };
}

/* --- sums --- */

static int add_head(void *data, const struct ph_log *log)
{
	struct ph_figures *figures = data;
	struct ph_figure_head *head;

	if (log->n == 0) {
		return 0;
	}
	head = ph_state_push((void **)&figures->heads, &figures->n_heads, sizeof *head);
	if (head == NULL) {
		return -ENOMEM;
	}
	memcpy(head->log_id, log->id, sizeof head->log_id);
	memcpy(head->h, log->h, sizeof head->h);
	head->n = log->n;
	return 0;
}

static int compare_heads(const void *a, const void *b)
{
	const struct ph_figure_head *x = a, *y = b;
	int order = memcmp(x->log_id, y->log_id, sizeof x->log_id);

	if (order == 0 && x->n != y->n) {
		order = x->n < y->n ? -1 : 1;
	}
	return order != 0 ? order : memcmp(x->h, y->h, sizeof x->h);
}

/* The site of the first tally at or behind LOW, if FOUND; 0 is the hub's own. */
static int next_site(struct ph_ledger *ledger, const struct ph_entity_key *low,
		     uint64_t *site, bool *found)
{
	struct ph_stmt *stmt;
	int64_t day;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT id FROM ledger_entity WHERE type = ?1"
			       " AND id >= ?2 ORDER BY id LIMIT 1",
			       &stmt);

	*found = false;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TALLY);
	ph_stmt_blob(stmt, 2, ph_key_view(low));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*found = true;
		rc = ph_key_get_tally(ph_stmt_col_blob(stmt, 0), site, &day) ? 0
									     : -EUCLEAN;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static bool is_empty(const struct ph_tally *tally)
{
	static const struct ph_tally none;

	return memcmp(tally, &none, sizeof none) == 0;
}

/* CB for each tally of SITE. */
static int site_days(struct ph_ledger *ledger, uint64_t site, int64_t from, int64_t to,
		     ph_figures_day_fn *cb, void *data)
{
	struct ph_entity_key low = ph_key_tally(site, from);
	struct ph_entity_key high = ph_key_tally(site, to);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT state, id FROM ledger_entity WHERE type = ?1"
			       " AND id >= ?2 AND id <= ?3",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TALLY);
	ph_stmt_blob(stmt, 2, ph_key_view(&low));
	ph_stmt_blob(stmt, 3, ph_key_view(&high));
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		int64_t day = 0;
		uint64_t number;

		rc = ph_key_get_tally(ph_stmt_col_blob(stmt, 1), &number, &day)
			     ? cb(data, site, day, ph_stmt_col_blob(stmt, 0))
			     : -EUCLEAN;
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_figures_days(struct ph_ledger *ledger, int64_t from, int64_t to,
		    ph_figures_day_fn *cb, void *data)
{
	struct ph_entity_key low = ph_key_number(PH_ENTITY_TALLY, 0);
	uint64_t site = 0;
	bool found = false;
	int rc;

	while ((rc = next_site(ledger, &low, &site, &found)) == 0 && found) {
		rc = site_days(ledger, site, from, to, cb, data);
		if (rc != 0) {
			break;
		}
		low = ph_key_number(PH_ENTITY_TALLY, site + 1);
	}
	return rc;
}

static int add_site(struct ph_figures *figures, uint64_t site,
		    const struct ph_tally *tally)
{
	struct ph_figure_site *item =
		ph_state_push((void **)&figures->sites, &figures->n_sites, sizeof *item);

	if (item == NULL) {
		return -ENOMEM;
	}
	item->site = site;
	item->tally = *tally;
	return 0;
}

static int sum_day(void *data, uint64_t site, int64_t day, struct ph_view state)
{
	static const struct ph_tally none;
	struct ph_figures *figures = data;
	size_t n = figures->n_sites;
	int rc = 0;

	(void)day;
	if (n == 0 || figures->sites[n - 1].site != site) {
		rc = add_site(figures, site, &none);
		n++;
	}
	return rc != 0 ? rc : ph_tally_decode(state, &figures->sites[n - 1].tally);
}

/* Sums are taken modulo 2^64, so what days counted may come to nothing. */
static void drop_empty(struct ph_figures *figures)
{
	size_t n = 0;

	for (size_t i = 0; i < figures->n_sites; i++) {
		if (!is_empty(&figures->sites[i].tally)) {
			figures->sites[n++] = figures->sites[i];
		}
	}
	figures->n_sites = n;
}

int ph_figures_sum(struct ph_ledger *ledger, int64_t from, int64_t to,
		   struct ph_figures *figures_out)
{
	struct ph_figures figures = { .part = 1, .parts = 1 };
	int rc = ph_journal_log_each(ledger->journal, add_head, &figures);

	ph_kinds_hash(figures.table);
	if (figures.n_heads > 0) {
		qsort(figures.heads, figures.n_heads, sizeof *figures.heads,
		      compare_heads);
	}
	rc = rc != 0 ? rc : ph_figures_days(ledger, from, to, sum_day, &figures);
	if (rc != 0) {
		ph_figures_deinit(&figures);
		return rc;
	}
	drop_empty(&figures);
	*figures_out = figures;
	return 0;
}

/* --- to bytes --- */

static void write_head(struct ph_mpw *writer, const struct ph_figure_head *head)
{
	ph_mpw_array(writer, 3);
	ph_mpw_bin(writer, head->log_id, sizeof head->log_id);
	ph_mpw_uint(writer, head->n);
	ph_mpw_bin(writer, head->h, sizeof head->h);
}

static void write_site(struct ph_mpw *writer, const struct ph_figure_site *site)
{
	size_t pairs = 0;

	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		pairs += site->tally.count[key] != 0;
	}
	ph_mpw_array(writer, 2);
	ph_mpw_uint(writer, site->site);
	ph_mpw_map(writer, pairs);
	for (size_t key = 0; key < PH_TALLY_KEYS; key++) {
		if (site->tally.count[key] != 0) {
			ph_mpw_uint(writer, key);
			ph_mpw_uint(writer, site->tally.count[key]);
		}
	}
}

/* Where a part begins and ends: heads and sites in one row. */
struct span {
	size_t from, to;
};

/* How many items from AT on go into MAX bytes, at least one. */
static int take_span(const struct ph_figures *figures, size_t max, size_t at,
		     struct span *span)
{
	size_t all = figures->n_heads + figures->n_sites;
	struct ph_buf scratch = { 0 };
	size_t used = PART_BASE;
	int rc = 0;

	*span = (struct span){ at, at };
	while (rc == 0 && span->to < all) {
		struct ph_mpw writer;

		scratch.len = 0;
		ph_mpw_init(&writer, &scratch);
		if (span->to < figures->n_heads) {
			write_head(&writer, &figures->heads[span->to]);
		} else {
			write_site(&writer, &figures->sites[span->to - figures->n_heads]);
		}
		rc = ph_mpw_end(&writer);
		used += scratch.len;
		if (used > max && span->to > at) {
			break;
		}
		span->to++;
	}
	ph_buf_deinit(&scratch);
	return rc;
}

static int write_part(const struct ph_figures *figures, const struct span *span,
		      uint64_t part, uint64_t parts, struct ph_buf *out)
{
	size_t heads_to = span->to < figures->n_heads ? span->to : figures->n_heads;
	size_t heads = heads_to > span->from ? heads_to - span->from : 0;
	size_t first = span->from + heads - figures->n_heads; /* of the sites */
	size_t sites = span->to - span->from - heads;
	struct ph_mpw writer;

	ph_mpw_init(&writer, out);
	ph_mpw_array(&writer, MEMBERS);
	ph_mpw_uint(&writer, FORM);
	ph_mpw_uint(&writer, part);
	ph_mpw_uint(&writer, parts);
	ph_mpw_bin(&writer, figures->table, sizeof figures->table);
	ph_mpw_array(&writer, heads);
	for (size_t i = 0; i < heads; i++) {
		write_head(&writer, &figures->heads[span->from + i]);
	}
	ph_mpw_array(&writer, sites);
	for (size_t i = 0; i < sites; i++) {
		write_site(&writer, &figures->sites[first + i]);
	}
	return ph_mpw_end(&writer);
}

int ph_figures_encode(const struct ph_figures *figures, size_t max,
		      int (*cb)(void *data, struct ph_view bytes), void *data)
{
	size_t all = figures->n_heads + figures->n_sites;
	struct ph_buf out = { 0 };
	struct span span = { 0 };
	uint64_t parts = 0;
	int rc = 0;

	/* once to see how many parts there will be, since each says so */
	do {
		rc = take_span(figures, max, span.to, &span);
		parts++;
	} while (rc == 0 && span.to < all);
	span = (struct span){ 0 };
	for (uint64_t part = 1; rc == 0 && part <= parts; part++) {
		out.len = 0;
		rc = take_span(figures, max, span.to, &span);
		rc = rc != 0 ? rc : write_part(figures, &span, part, parts, &out);
		rc = rc != 0 ? rc : cb(data, ph_buf_view(&out));
	}
	ph_buf_deinit(&out);
	return rc;
}

/* --- from bytes --- */

static bool read_head(const msgpack_object *object, struct ph_figures *figures)
{
	const msgpack_object_array *array = ph_mp_array(object, 3, 3);
	struct ph_figure_head head;
	struct ph_figure_head *item;

	if (array == NULL ||
	    !ph_mp_bin_exact(&array->ptr[0], head.log_id, sizeof head.log_id) ||
	    !ph_mp_uint(&array->ptr[1], PH_N_MAX, &head.n) || head.n == 0 ||
	    !ph_mp_bin_exact(&array->ptr[2], head.h, sizeof head.h)) {
		return false;
	}
	item = ph_state_push((void **)&figures->heads, &figures->n_heads, sizeof *item);
	if (item != NULL) {
		*item = head;
	}
	return item != NULL;
}

static bool read_counts(const msgpack_object_map *map, struct ph_tally *tally)
{
	for (size_t i = 0; i < map->size; i++) {
		uint64_t key, count;

		if (!ph_mp_uint(&map->ptr[i].key, PH_TALLY_KEYS - 1, &key) ||
		    !ph_mp_uint(&map->ptr[i].val, UINT64_MAX, &count)) {
			return false;
		}
		tally->count[key] = count;
	}
	return true;
}

static bool read_site(const msgpack_object *object, struct ph_figures *figures)
{
	const msgpack_object_array *array = ph_mp_array(object, 2, 2);
	const msgpack_object_map *map =
		array == NULL ? NULL : ph_mp_map(&array->ptr[1], PH_TALLY_KEYS);
	struct ph_tally tally = { 0 };
	uint64_t site;

	return map != NULL && ph_mp_uint(&array->ptr[0], PH_SITE_MAX, &site) &&
	       read_counts(map, &tally) && add_site(figures, site, &tally) == 0;
}

static bool read_list(const msgpack_object *object, struct ph_figures *figures,
		      bool (*read)(const msgpack_object *, struct ph_figures *))
{
	const msgpack_object_array *array = ph_mp_array(object, 0, PH_ENTRY_MAX);
	bool good = array != NULL;

	for (size_t i = 0; good && i < array->size; i++) {
		good = read(&array->ptr[i], figures);
	}
	return good;
}

int ph_figures_decode(struct ph_view bytes, struct ph_figures *figures)
{
	const struct ph_walk_limits limits = { PH_ENTRY_DEPTH_MAX, PH_ENTRY_MAX };
	const msgpack_object_array *array;
	uint64_t form;
	struct ph_mp mp;
	int rc = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	if (rc != 0) {
		return rc < 0 ? rc : PH_FIGURES_E_FORM;
	}
	array = ph_mp_array(mp.root, MEMBERS, MEMBERS);
	if (array == NULL || !ph_mp_uint(&array->ptr[0], FORM, &form) || form != FORM ||
	    !ph_mp_uint(&array->ptr[1], PARTS_MAX, &figures->part) ||
	    !ph_mp_uint(&array->ptr[2], PARTS_MAX, &figures->parts) ||
	    figures->part == 0 || figures->part > figures->parts ||
	    !ph_mp_bin_exact(&array->ptr[3], figures->table, sizeof figures->table) ||
	    !read_list(&array->ptr[4], figures, read_head) ||
	    !read_list(&array->ptr[5], figures, read_site)) {
		rc = PH_FIGURES_E_FORM;
	}
	ph_mp_deinit(&mp);
	return rc;
}

/* --- how far --- */

int ph_figures_reach(const struct ph_figures *figures, struct ph_journal *journal,
		     const struct ph_log *log, uint64_t *n_out)
{
	uint64_t reach = 0;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < figures->n_heads; i++) {
		const struct ph_figure_head *head = &figures->heads[i];
		uint8_t h[PH_HASH_SIZE];

		if (head->n <= reach || head->n > log->n ||
		    memcmp(head->log_id, log->id, sizeof head->log_id) != 0) {
			continue;
		}
		rc = ph_journal_chain_at(journal, log, head->n, h);
		if (rc == 0 && memcmp(h, head->h, sizeof head->h) == 0) {
			reach = head->n;
		}
	}
	*n_out = reach;
	return rc < 0 ? rc : 0;
}

/* --- names --- */

void ph_counter_name(char out[static PH_COUNTER_TEXT], unsigned key)
{
	static const struct {
		const char *name;
		enum ph_kind_number kind;
		uint8_t field, base, count;
	} splits[] = {
		{ "visits_by_band", PH_KIND_VISIT, PH_VISIT_BAND, PH_TALLY_BAND, 32 },
		{ "visits_by_purpose", PH_KIND_VISIT, PH_VISIT_PURPOSE, PH_TALLY_PURPOSE,
		  16 },
		{ "activities_by_occasion", PH_KIND_ACTIVITY, PH_ACTIVITY_OCCASION,
		  PH_TALLY_OCCASION, 8 },
		{ "digital_uses_by_form", PH_KIND_DIGITAL_USE, PH_DIGITAL_FORM,
		  PH_TALLY_FORM, 8 },
		{ "donations_by_donor", PH_KIND_DONATION, PH_DONATION_DONOR,
		  PH_TALLY_DONOR, 8 },
	};

	for (size_t i = 0; i < ph_tally_counters_count; i++) {
		if (ph_tally_counters[i].key == key) {
			snprintf(out, PH_COUNTER_TEXT, "%s", ph_tally_counters[i].name);
			return;
		}
	}
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		const struct ph_kind *kind = ph_kind_find(splits[i].kind);
		unsigned value = key - splits[i].base;

		if (kind != NULL && key >= splits[i].base && value < splits[i].count &&
		    value < kind->fields[splits[i].field].max) {
			snprintf(out, PH_COUNTER_TEXT, "%s.%s", splits[i].name,
				 kind->fields[splits[i].field].names[value]);
			return;
		}
	}
	snprintf(out, PH_COUNTER_TEXT, "counter.%u", key);
}
