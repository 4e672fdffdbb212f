/*
 * common/ledger/indicator_grid.c - M2 and M4: what each unit did in each period, from
 * several sources, before anything is said of it.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/ledger/indicator_internal.h"

/* The cells of a unit in a period; of what belongs to no unit those behind all others. */
static int64_t *cells(struct ph_reckoning *reckoning, const char *commune, size_t period)
{
	const struct ph_reckon_commune *unit = ph_reckon_commune(reckoning, commune);
	size_t row = unit != NULL && unit->is_unit ? (size_t)(unit - reckoning->communes)
						   : reckoning->n_communes;

	return reckoning->grid[row * reckoning->n_periods + period];
}

static int make_grid(struct ph_reckoning *reckoning)
{
	size_t rows = reckoning->n_communes + 1;

	reckoning->grid = calloc(rows * reckoning->n_periods, sizeof *reckoning->grid);
	return reckoning->grid == NULL ? -ENOMEM : 0;
}

static void count(struct ph_reckoning *reckoning, const char *commune, int64_t day,
		  unsigned column, uint64_t value)
{
	size_t period = ph_reckon_period(reckoning, day);

	if (period < reckoning->n_periods) {
		cells(reckoning, commune, period)[column] += (int64_t)value;
	}
}

/* A line for COMMUNE (NULL: for the rest) with these cells. */
static int put_line(struct ph_reckoning *reckoning, const char *commune,
		    const int64_t *values)
{
	struct ph_atom atom = { .commune = commune, .split = -1 };
	struct ph_line *line;
	int rc = ph_reckon_line(reckoning, &atom, &line);

	if (rc == 0) {
		memcpy(line->cell, values, sizeof line->cell);
	}
	return rc;
}

/*
 * Add the cells of row ROW in PERIOD to the totals; of the asked period they are a line,
 * but of what belongs to no unit only if there is something.
 */
static int put_cells(struct ph_reckoning *reckoning, size_t row, size_t period)
{
	const int64_t *values = reckoning->grid[row * reckoning->n_periods + period];
	const char *code =
		row < reckoning->n_communes ? reckoning->communes[row].code : NULL;
	bool any = code != NULL;

	for (size_t c = 0; c < PH_COLUMNS_MAX; c++) {
		reckoning->total[period][c] += values[c];
		any = any || values[c] != 0;
	}
	return period == 0 && any ? put_line(reckoning, code, values) : 0;
}

/* --- M2 --- */

enum {
	ROTATIONS,
	STOPS,
	DIGITAL,
	ACTIVITIES,
	SERVICES,
	EFFECTIVE
};

static int add_rotation(struct ph_reckoning *reckoning, int64_t day,
			const struct ph_entry *entry)
{
	uint64_t from = entry->field[PH_DISPATCH_FROM].as.uint;
	uint64_t to = entry->field[PH_DISPATCH_TO].as.uint;
	const char *one = ph_reckon_is_grassroots(reckoning, from)
				  ? ph_reckon_site_commune(reckoning, from)
				  : NULL;
	const char *other = ph_reckon_is_grassroots(reckoning, to)
				    ? ph_reckon_site_commune(reckoning, to)
				    : NULL;

	if (one != NULL) {
		count(reckoning, one, day, ROTATIONS, 1);
	}
	if (other != NULL && (one == NULL || strcmp(one, other) != 0)) {
		count(reckoning, other, day, ROTATIONS, 1);
	}
	return 0;
}

static int add_services(struct ph_reckoning *reckoning, const struct ph_atom *atom,
			bool in_stop, const struct ph_tally *tally)
{
	if (in_stop || ph_reckon_is_grassroots(reckoning, atom->site)) {
		count(reckoning, atom->commune, atom->day, DIGITAL,
		      tally->count[PH_TALLY_DIGITAL]);
		count(reckoning, atom->commune, atom->day, ACTIVITIES,
		      tally->count[PH_TALLY_ACTIVITIES]);
	}
	return 0;
}

static void judge(const struct ph_reckoning *reckoning, int64_t *values)
{
	for (size_t c = ROTATIONS; c < SERVICES; c++) {
		values[SERVICES] += values[c] > 0;
	}
	values[EFFECTIVE] = values[SERVICES] >= (int64_t)reckoning->least;
}

int ph_reckon_services(struct ph_reckoning *reckoning)
{
	int rc = make_grid(reckoning);

	rc = rc != 0 ? rc : ph_reckon_dispatches(reckoning, add_rotation);
	rc = rc != 0 ? rc : ph_reckon_days(reckoning, true, add_services);
	for (size_t i = 0; rc == 0 && i < reckoning->n_stops; i++) {
		count(reckoning, reckoning->stops[i].commune,
		      ph_day_of(reckoning->stops[i].from), STOPS, 1);
	}
	for (size_t p = 0; rc == 0 && p < reckoning->n_periods; p++) {
		for (size_t i = 0; rc == 0 && i < reckoning->n_communes; i++) {
			if (reckoning->communes[i].is_unit) {
				judge(reckoning,
				      reckoning->grid[i * reckoning->n_periods + p]);
				rc = put_cells(reckoning, i, p);
			}
		}
		reckoning->share[p][0] = reckoning->total[p][EFFECTIVE];
		reckoning->share[p][1] = (int64_t)reckoning->n_units;
	}
	return rc;
}

/* --- M4 --- */

enum {
	TURNS, /* recorded, until they are weighed against those that were told */
	BEFORE,
	TOLD = PH_COLUMNS_MAX - 1
};

static int add_turns(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		     bool in_stop, const struct ph_tally *tally)
{
	(void)in_stop;
	count(reckoning, atom->commune, atom->day, TURNS,
	      tally->count[PH_TALLY_VISITS] + tally->count[PH_TALLY_DIGITAL]);
	return 0;
}

static int add_told(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		    size_t period, unsigned column, int64_t value)
{
	cells(reckoning, atom->commune, period)[column] += value;
	return 0;
}

/* The larger of the two, in each period; and beside it what it was a year before. */
static void weigh(struct ph_reckoning *reckoning, size_t row)
{
	size_t year = (size_t)(12 / reckoning->query->period.months);
	int64_t(*grid)[PH_COLUMNS_MAX] = &reckoning->grid[row * reckoning->n_periods];

	for (size_t p = 0; p < reckoning->n_periods; p++) {
		if (grid[p][TOLD] > grid[p][TURNS]) {
			grid[p][TURNS] = grid[p][TOLD];
		}
		grid[p][TOLD] = 0;
	}
	for (size_t p = 0; p + year < reckoning->n_periods; p++) {
		grid[p][BEFORE] = grid[p + year][TURNS];
	}
}

/* Whether row ROW counts: a unit; and the rest, if it is asked for. */
static bool is_shown(const struct ph_reckoning *reckoning, size_t row)
{
	if (row < reckoning->n_communes) {
		return reckoning->communes[row].is_unit;
	}
	return !reckoning->xa_only && reckoning->query->commune == NULL;
}

int ph_reckon_turns(struct ph_reckoning *reckoning)
{
	int rc = make_grid(reckoning);

	rc = rc != 0 ? rc : ph_reckon_days(reckoning, true, add_turns);
	rc = rc != 0 ? rc
		     : ph_reckon_told(reckoning, PH_TALLY_OF_USER_TURNS, TOLD, add_told);
	for (size_t row = 0; rc == 0 && row <= reckoning->n_communes; row++) {
		weigh(reckoning, row);
		for (size_t p = 0;
		     rc == 0 && is_shown(reckoning, row) && p < reckoning->n_periods;
		     p++) {
			rc = put_cells(reckoning, row, p);
		}
	}
	for (size_t p = 0; rc == 0 && p < reckoning->n_periods; p++) {
		reckoning->share[p][1] = reckoning->total[p][BEFORE];
		reckoning->share[p][0] =
			reckoning->total[p][TURNS] - reckoning->total[p][BEFORE];
	}
	return rc;
}

bool ph_reckon_mean(const struct ph_reckoning *reckoning, int64_t *out)
{
	size_t base = reckoning->mean_period;
	double years = (double)base * reckoning->query->period.months / 12;

	if (base == 0 || reckoning->total[base][TURNS] <= 0) {
		return false;
	}
	*out = llround((pow((double)reckoning->total[0][TURNS] /
				    (double)reckoning->total[base][TURNS],
			    1 / years) -
			1) *
		       10000);
	return true;
}
