/*
 * common/ledger/indicator.h - the rows of the province's plan: what each counts, and a
 * sheet of it for a period (docs/REPORTS.md).
 */
#ifndef PH_LEDGER_INDICATOR_H
#define PH_LEDGER_INDICATOR_H

#include <jansson.h>

#include "common/ledger/ledger.h"

/* What the lines of a sheet are about. */
enum ph_by {
	PH_BY_COMMUNE,
	PH_BY_SITE,
	PH_BY_KIND, /* of the site */
	PH_BY_MONTH,
	PH_BY_LANGUAGE,
	PH_BY_BAND,
	PH_BY_PURPOSE,
	PH_BY_FORM,
	PH_BY_OCCASION,
	PH_BY_DONOR,
	PH_BY_ACQUISITION,
	PH_BYS
};
/* Its word, as people type it. */
const char *ph_by_name(enum ph_by by);

enum ph_cell {
	PH_CELL_TEXT,
	PH_CELL_COUNT,
	PH_CELL_PERCENT, /* in hundredths */
	PH_CELL_MONEY,   /* đồng */
	PH_CELL_DAY,
};
/* How an entry adds to a column: once, by the number in a field, or by that or 1. */
enum ph_amount {
	PH_AMOUNT_ONE,
	PH_AMOUNT_SUM,
	PH_AMOUNT_COUNT,
};
struct ph_column {
	const char *name, *en, *vi;
	enum ph_cell type;
	uint8_t of;            /* what it counts; its source says what that means */
	enum ph_amount amount; /* of events */
	bool is_part;          /* of the persons who came: small figures are not shown */
	bool is_main;          /* the only one where the lines are a split of it */
};
#define PH_COLUMNS_MAX 6
#define PH_ROW_BYS_MAX 6
#define PH_TARGETS     3 /* of the plan: 2026, 2030, 2045 */

/* Where the figures of a row come from. */
enum ph_row_source {
	PH_FROM_MODEL,
	PH_FROM_SERVICES,
	PH_FROM_WORKERS,
	PH_FROM_TURNS,
	PH_FROM_SITES,
	PH_FROM_CRATES,
	PH_FROM_STOPS,
	PH_FROM_EVENTS,
	PH_FROM_FIGURES, /* tallies that were told */
	PH_FROM_COPIES,
	PH_FROM_COUNTERS, /* sums of days */
};

struct ph_indicator {
	const char *code, *en, *vi;
	enum ph_row_source source;
	uint32_t kind; /* of the events */
	uint8_t bys[PH_ROW_BYS_MAX];
	size_t n_bys; /* the first is what is taken when nothing is asked for */
	struct ph_column columns[PH_COLUMNS_MAX];
	size_t n_columns;
	uint8_t came; /* columns that together count all who came, of whom others are parts: a bit each */
	uint32_t targets[PH_TARGETS]; /* hundredths of a per cent; 0: none */
};
extern const struct ph_indicator ph_indicators[];
extern const size_t ph_indicators_count;
/* NULL: there is none of that code. */
const struct ph_indicator *ph_indicator_find(const char *code);
/* Which of its BYS is called NAME; false: none. */
bool ph_indicator_by(const struct ph_indicator *row, const char *name,
		     enum ph_by *by_out);

/* --- periods --- */

/* A year, quarter or month: so many months each, counted from the year 0. */
struct ph_period {
	int months; /* 12, 3 or 1 */
	int64_t index;
	int64_t from, to; /* days */
};
#define PH_PERIOD_TEXT 24
/* "2026", "2026-Q3", "2026-09". 0, or -EINVAL. */
int ph_period_parse(const char *text, struct ph_period *period_out);
/* The one that is BACK periods before; false: it is before the year 2000. */
bool ph_period_before(const struct ph_period *period, int64_t back,
		      struct ph_period *before_out);
void ph_period_name(char out[static PH_PERIOD_TEXT], const struct ph_period *period);

/* --- a sheet --- */

struct ph_indicator_query {
	const struct ph_indicator *row;
	enum ph_by by;
	struct ph_period period;
	const char *commune; /* this one alone; NULL: all */
	int64_t today;
};
/*
 * The sheet as docs/REPORTS.md, "The answer", has it, but for what was issued. Catch up
 * first. 0 and a new reference in *OUT; -ENOENT: there is no such commune; a negative errno.
 */
int ph_indicator_sheet(struct ph_ledger *ledger, const struct ph_indicator_query *query,
		       json_t **out);
/*
 * Before NOW, a sheet, is given away and PRINTED, another of the same, was: of its figures of
 * parts of persons nothing is told any more in the lines (by band or purpose: all of them) and
 * totals that are another and hide something in either, so that no hidden one follows from both
 * together (docs/REPORTS.md, "What was printed"). "suppressed" of NOW is set anew. 0 or -ENOMEM.
 */
int ph_indicator_withhold(const json_t *printed, json_t *now);
/*
 * What of NOW, a sheet, is not as it stood in PRINTED, another of the same: the list
 * "revised" (docs/REPORTS.md, "What was printed"), the rule and its figures before the
 * cells; empty if nothing is. Of a line's parts of which some are hidden in either it says
 * only that they are not the same ("parts"). Call ph_indicator_withhold() first. NULL: no memory.
 */
json_t *ph_indicator_revised(const json_t *printed, const json_t *now);

#endif
