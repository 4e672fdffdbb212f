/*
 * common/ledger/indicator_internal.h - a row of the plan while it is reckoned; for
 * indicator*.c only.
 *
 * All sources are walked once, for the period asked for and for those before it that the
 * trend (and growth) needs: whatever adds to a figure says when, and goes to the total of
 * its period; only the lines of the sheet are of the asked period alone.
 *
 * All that fail give 0 or a negative errno, and PH_LEDGER_E_NONE where that is said; what was
 * added until then stays in the reckoning, which is of no more use. Nothing is written.
 */
#ifndef PH_LEDGER_INDICATOR_INTERNAL_H
#define PH_LEDGER_INDICATOR_INTERNAL_H

#include "common/ledger/event.h"
#include "common/ledger/indicator.h"
#include "common/ledger/record.h"
#include "common/ledger/tally.h"

#define PH_COMMUNE_TEXT 6
#define PH_TREND_MAX    8
#define PH_RULE_TEXT    201

/* What a column of copies counts. */
enum {
	PH_COPIES_HELD,
	PH_COPIES_TITLES, /* of those */
	PH_COPIES_LOANS,
	PH_COPIES_USES,
	PH_COPIES_ADDED,
	PH_COPIES_VALUE, /* of those */
	PH_COPIES_UNCATALOGUED,
};

struct ph_reckon_site {
	uint64_t number;
	char code[33];
	char name[201];
	char commune[PH_COMMUNE_TEXT]; /* empty: not known */
	int kind;                      /* -1: not said */
};
struct ph_reckon_commune {
	char code[PH_COMMUNE_TEXT];
	char name[201];
	char predecessor[PH_COMMUNE_TEXT];
	bool is_xa;
	bool has_from;
	int64_t from;
	bool is_unit;
};
struct ph_reckon_stop {
	uint64_t site;
	int64_t from, to; /* seconds, both in it */
	struct ph_ref ref;
	char commune[PH_COMMUNE_TEXT]; /* its own, else the site's; empty: not known */
};

/* What a line is about. */
struct ph_line_key {
	bool is_null;
	int64_t number;
	char text[8];
};
struct ph_line {
	struct ph_line_key key;
	int64_t cell[PH_COLUMNS_MAX];
	json_t *words[PH_COLUMNS_MAX]; /* in place of the number, where it is none */
};
struct ph_distinct {
	size_t line;
	unsigned column;
	int64_t id;
};

/* Which version of its rule a row is reckoned by. */
struct ph_reckon_rule {
	uint64_t version;
	bool has_since;    /* false: the first one, which nobody put */
	int64_t since;     /* the day from which it holds ... */
	struct ph_ref put; /* ... and the last put of that day */
	char text
		[PH_RULE_TEXT]; /* how a target says that it is reckoned; empty: none does */
};

struct ph_reckoning {
	struct ph_ledger *ledger;
	const struct ph_indicator_query *query;
	struct ph_period *periods; /* that asked for, the one before, ... */
	size_t n_periods, n_trend;
	int64_t month[13]; /* first days of the months of the period */
	bool xa_only;      /* of a row with a target; as of the last day of the period */
	uint64_t least;    /* of four services; likewise */
	struct ph_reckon_rule rule;
	struct ph_reckon_site *sites; /* by number */
	size_t n_sites;
	struct ph_reckon_commune *communes; /* by code */
	size_t n_communes;
	uint64_t n_units;
	struct ph_reckon_stop *stops; /* by site, time */
	size_t n_stops;
	struct ph_line *lines;
	size_t n_lines, cap_lines;
	size_t *order; /* of the lines, by key */
	size_t cap_order;
	int64_t (*total)[PH_COLUMNS_MAX]; /* by period */
	struct ph_distinct *distinct;
	size_t n_distinct, cap_distinct;
	/* M1 to M4, by period: numerator and denominator */
	int64_t (*share)[2];
	/* M2 and M4: by commune, one row behind them for the rest; by period */
	int64_t (*grid)[PH_COLUMNS_MAX];
	size_t mean_period; /* that of 2025; 0: there is none */
};

/* Where and when something is counted. */
struct ph_atom {
	uint64_t site;
	const char *commune; /* NULL or empty: none */
	int64_t day;
	int split;            /* value of the field by which lines differ; -1: not said */
	const char *language; /* NULL: not said */
};

/* --- indicator.c --- */
/* Add VALUE to COLUMN, in the line and the period to which ATOM belongs. 0 or -ENOMEM. */
int ph_reckon_add(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		  unsigned column, int64_t value);
/* The same of a level at the end of PERIOD. */
int ph_reckon_level(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		    size_t period, unsigned column, int64_t value);
/* ID is among those of which COLUMN counts the different ones; the asked period alone. */
int ph_reckon_distinct(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		       unsigned column, int64_t id);
/* The line to which ATOM belongs, made if need be; valid until the next one is made. */
int ph_reckon_line(struct ph_reckoning *reckoning, const struct ph_atom *atom,
		   struct ph_line **line_out);
/* The period in which DAY is; n_periods: in none. */
size_t ph_reckon_period(const struct ph_reckoning *reckoning, int64_t day);
/* The first day that any period has. */
int64_t ph_reckon_first_day(const struct ph_reckoning *reckoning);
/* N * 10,000 / D, rounded, half away from zero; false: D is 0. */
bool ph_reckon_percent(int64_t n, int64_t d, int64_t *out);
void ph_reckoning_deinit(struct ph_reckoning *reckoning);

/* --- indicator_place.c --- */
int ph_reckon_places(struct ph_reckoning *reckoning);
int ph_reckon_stops(struct ph_reckoning *reckoning);
const struct ph_reckon_site *ph_reckon_site(const struct ph_reckoning *reckoning,
					    uint64_t number);
const struct ph_reckon_commune *ph_reckon_commune(const struct ph_reckoning *reckoning,
						  const char *code);
/* The commune of SITE; NULL if none. */
const char *ph_reckon_site_commune(const struct ph_reckoning *reckoning, uint64_t site);
bool ph_reckon_is_unit(const struct ph_reckoning *reckoning, const char *commune);
bool ph_reckon_is_van(const struct ph_reckoning *reckoning, uint64_t site);
/* Neither the provincial library nor a van. */
bool ph_reckon_is_grassroots(const struct ph_reckoning *reckoning, uint64_t site);
/* The stop of SITE, a van, in which SECOND is; NULL: in none. */
const struct ph_reckon_stop *ph_reckon_stop_at(const struct ph_reckoning *reckoning,
					       uint64_t site, int64_t second);

/* --- indicator_days.c --- */
/*
 * CB for what counts on days of the periods: a site's tally of a day, with AT_STOPS that of a
 * van one entry at a time (IN_STOP: written in one). CB returning non-zero ends it.
 */
typedef int ph_reckon_day_fn(struct ph_reckoning *reckoning, const struct ph_atom *atom,
			     bool in_stop, const struct ph_tally *tally);
int ph_reckon_days(struct ph_reckoning *reckoning, bool at_stops, ph_reckon_day_fn *cb);
int ph_reckon_counters(struct ph_reckoning *reckoning);
int ph_reckon_trips(struct ph_reckoning *reckoning);

/* --- indicator_events.c --- */
int ph_reckon_events(struct ph_reckoning *reckoning);

/* --- indicator_told.c: tallies that were told --- */
int ph_reckon_figures(struct ph_reckoning *reckoning);
/* ADD, as ph_reckon_level(), for what the tallies of CODE say in each period. */
int ph_reckon_told(struct ph_reckoning *reckoning, uint64_t code, unsigned column,
		   int (*add)(struct ph_reckoning *reckoning, const struct ph_atom *atom,
			      size_t period, unsigned column, int64_t value));

/* --- indicator_programme.c --- */
int ph_reckon_model(struct ph_reckoning *reckoning);
int ph_reckon_workers(struct ph_reckoning *reckoning);
int ph_reckon_sites(struct ph_reckoning *reckoning);
/* Whether the site of KEY was named and not closed on DAY, by its FACTS. 0 or negative errno. */
struct ph_facts;
int ph_reckon_open(const struct ph_entity_key *key, const struct ph_facts *facts,
		   int64_t day, bool *open_out);

/* --- indicator_grid.c --- */
int ph_reckon_services(struct ph_reckoning *reckoning);
int ph_reckon_turns(struct ph_reckoning *reckoning);
/* M4's mean growth a year since 2025, in hundredths of a per cent; false: it cannot be told. */
bool ph_reckon_mean(const struct ph_reckoning *reckoning, int64_t *out);

/* --- indicator_crates.c --- */
typedef int ph_reckon_dispatch_fn(struct ph_reckoning *reckoning, int64_t day,
				  const struct ph_entry *entry);
int ph_reckon_dispatches(struct ph_reckoning *reckoning, ph_reckon_dispatch_fn *cb);
int ph_reckon_crates(struct ph_reckoning *reckoning);

/* --- indicator_copies.c --- */
int ph_reckon_copies(struct ph_reckoning *reckoning);

/* --- indicator_title.c --- */
struct ph_reckon_title {
	int64_t root; /* row of the root of its class; 0: nothing is held of it */
	char language[4];
	bool is_law;
};
/* The title that the copy shows whose class has ROOT; all zero if it has none. 0 or negative errno. */
int ph_reckon_title_of(struct ph_ledger *ledger, struct ph_view root,
		       struct ph_reckon_title *title);
/* Its row alone, which is quicker. */
int ph_reckon_title_row(struct ph_ledger *ledger, struct ph_view root, int64_t *row_out);

/* --- indicator_complete.c --- */
int ph_reckon_complete(struct ph_reckoning *reckoning, json_t **out);

/* --- indicator_stray.c --- */
/*
 * Append to LIST what of the asked period names a commune that the hub does not know, once
 * it knows any, and sites that lie in one; nothing if one commune is asked for. 0 or
 * negative errno.
 */
int ph_reckon_strays(struct ph_reckoning *reckoning, json_t *list);

/* --- indicator_asof.c --- */
/*
 * The registers of an entity from those of its puts of which DAY_OF gives a day not after
 * DAY. STATE is cleared, and RECORD borrows it. 0; PH_LEDGER_E_NONE; negative errno.
 */
struct ph_facts;
int ph_reckon_as_of(const struct ph_entity_key *key, const struct ph_facts *facts,
		    int64_t (*day_of)(const struct ph_fact *fact,
				      const struct ph_entry *entry),
		    int64_t day, struct ph_buf *state, struct ph_record *record);
/* The day of its effective time. */
int64_t ph_reckon_day_of(const struct ph_fact *fact, const struct ph_entry *entry);
/* Text of a register into OUT, empty if unset; a number, or FALLBACK. */
void ph_reckon_text(const struct ph_record *record, unsigned field, char *out,
		    size_t size);
int64_t ph_reckon_number(const struct ph_record *record, unsigned field,
			 int64_t fallback);
bool ph_reckon_day(const struct ph_record *record, unsigned field, int64_t *day_out);

/* --- indicator_rule.c --- */
/* Which units count, how many services are enough, and the version of that. 0 or negative errno. */
int ph_reckon_rule(struct ph_reckoning *reckoning);
/* The member "rule" of SHEET. */
struct ph_show;
void ph_reckon_show_rule(const struct ph_reckoning *reckoning, struct ph_show *sheet);

/* --- indicator_sheet.c --- */
/* What the lines say, as docs/REPORTS.md has it, into the object OUT. 0 or negative errno. */
int ph_reckon_show(struct ph_reckoning *reckoning, json_t *out);

#endif
