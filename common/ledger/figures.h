/*
 * common/ledger/figures.h - the figures of a report as it was printed (docs/MERGE.md,
 * "Figures of a report").
 *
 * What each site counted in the period, and how far each log was held then: so that later
 * one can tell what has changed since, and by which entries. Both stand in the field
 * `figures` of a report-issue, or of several, its parts, where one is too small.
 */
#ifndef PH_LEDGER_FIGURES_H
#define PH_LEDGER_FIGURES_H

#include "common/ledger/tally.h"

/* How far one branch of a log was held. */
struct ph_figure_head {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t h[8]; /* first bytes of h(n) */
};
struct ph_figure_site {
	uint64_t site;
	struct ph_tally tally;
};
struct ph_figures {
	uint64_t part, parts; /* from 1 */
	uint8_t table[8];     /* hash of the kind table by which they were counted */
	struct ph_figure_head *heads;
	size_t n_heads;
	struct ph_figure_site *sites; /* by number; those that counted something */
	size_t n_sites;
};
void ph_figures_deinit(struct ph_figures *figures);

/* CB for the state of each tally of the days FROM to TO, by site, then day; not 0 ends the walk. CB walks no others. */
typedef int ph_figures_day_fn(void *data, uint64_t site, int64_t day,
			      struct ph_view state);
int ph_figures_days(struct ph_ledger *ledger, int64_t from, int64_t to,
		    ph_figures_day_fn *cb, void *data);
/* What the ledger has for the days FROM to TO, and how far its journal goes; one part. Catch up first. 0 or negative errno. */
int ph_figures_sum(struct ph_ledger *ledger, int64_t from, int64_t to,
		   struct ph_figures *figures_out);
/*
 * Encode FIGURES into as many parts as needed of at most MAX bytes each (at least 256);
 * CB for each, in order, with its bytes; not 0 ends it. 0 or negative errno.
 */
int ph_figures_encode(const struct ph_figures *figures, size_t max,
		      int (*cb)(void *data, struct ph_view bytes), void *data);

enum {
	PH_FIGURES_E_FORM = 1 /* of another form than this program knows */
};
/* Decode one part and add its heads and sites to FIGURES, whose part and parts it sets. 0, PH_FIGURES_E_FORM, -ENOMEM. */
int ph_figures_decode(struct ph_view bytes, struct ph_figures *figures);

/* --- a sheet as it was printed, in entries of its own behind these (figures_sheet.c) --- */

/* TEXT, which is JSON, in as many parts as needed; as ph_figures_encode(). */
int ph_printed_encode(struct ph_view text, size_t max,
		      int (*cb)(void *data, struct ph_view bytes), void *data);
struct ph_printed_part {
	uint64_t part, parts; /* from 1 */
	struct ph_view text;  /* borrows from the bytes */
};
/* 0, PH_FIGURES_E_FORM, -ENOMEM. */
int ph_printed_decode(struct ph_view bytes, struct ph_printed_part *part_out);

/* How many entries of LOG, a branch, were held: up to the furthest head that stands on it. 0 or negative errno. */
int ph_figures_reach(const struct ph_figures *figures, struct ph_journal *journal,
		     const struct ph_log *log, uint64_t *n_out);

/* The counter KEY by its name in JSON, "visits" or "visits_by_band.child"; "counter.N" if it has none. */
#define PH_COUNTER_TEXT 64
void ph_counter_name(char out[static PH_COUNTER_TEXT], unsigned key);

#endif
