/*
 * common/ledger/indicator_days.c - what counts by the day: from the tallies, which hold
 * it summed; and of vans, where it matters in which stop something was written, from the
 * entries themselves.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/figures.h"
#include "common/ledger/indicator_internal.h"
#include "common/ledger/store.h"

struct walk {
	struct ph_reckoning *reckoning;
	ph_reckon_day_fn *cb;
	bool at_stops;
	uint64_t van; /* whose logs are walked */
	int64_t *rows;
	size_t n_rows;
};

/* --- tallies --- */

static int on_day(void *data, uint64_t site, int64_t day, struct ph_view state)
{
	struct walk *walk = data;
	struct ph_atom atom = { .site = site,
				.commune = ph_reckon_site_commune(walk->reckoning, site),
				.day = day,
				.split = -1 };
	struct ph_tally tally = { 0 };
	int rc;

	if (walk->at_stops && ph_reckon_is_van(walk->reckoning, site)) {
		return 0;
	}
	rc = ph_tally_decode(state, &tally);
	return rc != 0 ? rc : walk->cb(walk->reckoning, &atom, false, &tally);
}

/* --- entries of vans --- */

/* What belongs to the stop in which it was written. */
static bool moves(uint64_t kind)
{
	switch (kind) {
	case PH_KIND_VISIT:
	case PH_KIND_LOAN:
	case PH_KIND_RENEW:
	case PH_KIND_RETURN:
	case PH_KIND_IN_HOUSE_USE:
	case PH_KIND_UNCODED_LOAN:
	case PH_KIND_UNCODED_RETURN:
	case PH_KIND_DIGITAL_USE:
	case PH_KIND_ACTIVITY:
		return true;
	default:
		return false;
	}
}

static int take_entry(struct walk *walk, const struct ph_fact *fact,
		      const struct ph_entry *entry)
{
	const struct ph_reckon_stop *stop =
		moves(entry->number)
			? ph_reckon_stop_at(walk->reckoning, fact->site, fact->second)
			: NULL;
	struct ph_atom atom = { .site = fact->site,
				.commune = stop != NULL
						   ? stop->commune
						   : ph_reckon_site_commune(
							     walk->reckoning, fact->site),
				.day = ph_day_of(fact->second),
				.split = -1 };
	struct ph_tally tally = { 0 };

	ph_tally_add(&tally, entry, 1);
	return walk->cb(walk->reckoning, &atom, stop != NULL, &tally);
}

static bool is_in(const struct walk *walk, const struct ph_fact *fact)
{
	return ph_reckon_period(walk->reckoning, ph_day_of(fact->second)) <
	       walk->reckoning->n_periods;
}

static int on_held(void *data, struct ph_held *held, enum ph_part_in_fold part)
{
	struct walk *walk = data;
	unsigned off = 0;
	int rc;

	if (!(part & PH_PART_FACT) || held->fact.site != walk->van ||
	    !ph_tally_counts(held->entry) || !is_in(walk, &held->fact)) {
		return 0;
	}
	rc = ph_held_read_off(walk->reckoning->ledger, held, &off);
	return rc != 0 || off != 0 ? rc : take_entry(walk, &held->fact, held->entry);
}

static int on_log(void *data, const struct ph_log *log)
{
	struct walk *walk = data;
	int64_t *row;

	if (log->site != walk->van) {
		return 0;
	}
	row = ph_state_push((void **)&walk->rows, &walk->n_rows, sizeof *row);
	if (row != NULL) {
		*row = log->row;
	}
	return row == NULL ? -ENOMEM : 0;
}

static int walk_logs(struct walk *walk)
{
	struct ph_held held = { 0 };
	int rc = ph_held_init(&held);

	walk->n_rows = 0;
	rc = rc != 0 ? rc
		     : ph_journal_log_each(walk->reckoning->ledger->journal, on_log,
					   walk);
	for (size_t i = 0; rc == 0 && i < walk->n_rows; i++) {
		rc = ph_held_each(walk->reckoning->ledger, walk->rows[i], 0, UINT64_MAX,
				  &held, on_held, walk);
	}
	ph_held_deinit(&held);
	return rc;
}

/* What others wrote for the van: it is filed under the tallies of its days. */
static int take_others(struct walk *walk, const struct ph_facts *facts,
		       struct ph_entry *entry)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < facts->n; i++) {
		const struct ph_fact *fact = &facts->items[i];

		if (fact->log_site == walk->van) {
			continue;
		}
		rc = ph_fact_entry(fact, entry);
		rc = rc != 0 ? rc : take_entry(walk, fact, entry);
	}
	return rc;
}

/* The next day at or behind *DAY with something written for the van by others. */
static int next_day(struct walk *walk, int64_t *day, bool *found)
{
	struct ph_entity_key low = ph_key_tally(walk->van, *day);
	struct ph_entity_key high =
		ph_key_tally(walk->van, walk->reckoning->periods[0].to);
	uint64_t site;
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(walk->reckoning->ledger->db,
			       "SELECT id FROM ledger_fact WHERE type = ?1 AND id >= ?2"
			       " AND id <= ?3 ORDER BY id LIMIT 1",
			       &stmt);

	*found = false;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, PH_ENTITY_TALLY);
	ph_stmt_blob(stmt, 2, ph_key_view(&low));
	ph_stmt_blob(stmt, 3, ph_key_view(&high));
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*found = true;
		rc = ph_key_get_tally(ph_stmt_col_blob(stmt, 0), &site, day) ? 0
									     : -EUCLEAN;
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int walk_others(struct walk *walk)
{
	struct ph_entry *entry = malloc(sizeof *entry);
	int64_t day = ph_reckon_first_day(walk->reckoning);
	struct ph_facts facts = { 0 };
	bool found = false;
	int rc = entry == NULL ? -ENOMEM : next_day(walk, &day, &found);

	while (rc == 0 && found) {
		struct ph_entity_key key = ph_key_tally(walk->van, day++);

		rc = ph_facts_load_filed(walk->reckoning->ledger, &key, &facts);
		rc = rc != 0 ? rc : take_others(walk, &facts, entry);
		rc = rc != 0 ? rc : next_day(walk, &day, &found);
	}
	ph_facts_deinit(&facts);
	free(entry);
	return rc;
}

int ph_reckon_days(struct ph_reckoning *reckoning, bool at_stops, ph_reckon_day_fn *cb)
{
	struct walk walk = { .reckoning = reckoning, .cb = cb, .at_stops = at_stops };
	int rc = ph_figures_days(reckoning->ledger, ph_reckon_first_day(reckoning),
				 reckoning->periods[0].to, on_day, &walk);

	for (size_t i = 0; rc == 0 && at_stops && i < reckoning->n_sites; i++) {
		walk.van = reckoning->sites[i].number;
		if (ph_reckon_is_van(reckoning, walk.van)) {
			rc = walk_logs(&walk);
			rc = rc != 0 ? rc : walk_others(&walk);
		}
	}
	free(walk.rows);
	return rc;
}

/* --- rows that are counters --- */

/* Lines by a field: its values are counters of their own, and one line has the rest. */
static int add_split(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		     const struct ph_tally *tally, unsigned base, unsigned field)
{
	uint64_t values = ph_kind_find(PH_KIND_VISIT)->fields[field].max;
	struct ph_atom part = *atom;
	uint64_t rest = tally->count[PH_TALLY_VISITS];
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < values; i++) {
		part.split = (int)i;
		rest -= tally->count[base + i];
		rc = ph_reckon_add(reckoning, &part, 0, (int64_t)tally->count[base + i]);
	}
	part.split = -1;
	return rc != 0 ? rc : ph_reckon_add(reckoning, &part, 0, (int64_t)rest);
}

static int add_counters(struct ph_reckoning *reckoning, const struct ph_atom *atom,
			bool in_stop, const struct ph_tally *tally)
{
	const struct ph_indicator *row = reckoning->query->row;
	int rc = 0;

	(void)in_stop;
	if (reckoning->query->by == PH_BY_BAND) {
		return add_split(reckoning, atom, tally, PH_TALLY_BAND, PH_VISIT_BAND);
	}
	if (reckoning->query->by == PH_BY_PURPOSE) {
		return add_split(reckoning, atom, tally, PH_TALLY_PURPOSE,
				 PH_VISIT_PURPOSE);
	}
	for (unsigned c = 0; rc == 0 && c < row->n_columns; c++) {
		rc = ph_reckon_add(reckoning, atom, c,
				   (int64_t)tally->count[row->columns[c].of]);
	}
	return rc;
}

int ph_reckon_counters(struct ph_reckoning *reckoning)
{
	bool by_place = reckoning->query->by == PH_BY_COMMUNE ||
			reckoning->query->commune != NULL;

	return ph_reckon_days(reckoning, by_place, add_counters);
}

/* --- A3 --- */

static int add_trip(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		    bool in_stop, const struct ph_tally *tally)
{
	int rc;

	if (!in_stop) {
		return 0;
	}
	rc = ph_reckon_add(reckoning, atom, 1, (int64_t)tally->count[PH_TALLY_VISITS]);
	rc = rc != 0 ? rc
		     : ph_reckon_add(reckoning, atom, 2,
				     (int64_t)(tally->count[PH_TALLY_LOANS] +
					       tally->count[PH_TALLY_UNCODED_LOANS]));
	return rc != 0 ? rc
		       : ph_reckon_add(reckoning, atom, 3,
				       (int64_t)tally->count[PH_TALLY_USES]);
}

int ph_reckon_trips(struct ph_reckoning *reckoning)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < reckoning->n_stops; i++) {
		const struct ph_reckon_stop *stop = &reckoning->stops[i];
		struct ph_atom atom = { .site = stop->site,
					.commune = stop->commune,
					.day = ph_day_of(stop->from),
					.split = -1 };

		rc = ph_reckon_add(reckoning, &atom, 0, 1);
	}
	return rc != 0 ? rc : ph_reckon_days(reckoning, true, add_trip);
}
