/* common/cli/figure.h - the cells of a report (docs/REPORTS.md, "The answer") as people read them. */
#ifndef PH_CLI_FIGURE_H
#define PH_CLI_FIGURE_H

#include <jansson.h>

#define PH_FIGURE_TEXT 64

/* VALUE of a column of this TYPE: 1.234, or, of "percent", hundredths of one as 12,34 %. */
void ph_figure_text(char out[static PH_FIGURE_TEXT], const char *type, long long value);
/* A cell that is no text: the same, "< 5" of one that is not told, a dash of what is not known. */
void ph_figure_cell(char out[static PH_FIGURE_TEXT], const char *type,
		    const json_t *cell);
/* Of the columns of REPORT the one called NAME; NULL: it has none. */
const json_t *ph_figure_column(const json_t *report, const char *name);
/*
 * A cell of COLUMN (NULL: of none that is known) in words: a text is what it is called, the
 * number of a site is a name. OUT, or a text of CELL.
 */
const char *ph_figure_words(char out[static PH_FIGURE_TEXT], const json_t *column,
			    const json_t *cell);
/*
 * Of ITEM, of a report's "revised", that is no cell (it has "what"): its name, as "target
 * 2030", and "printed" or "now" of it (WHICH), as REPORT counts.
 */
void ph_restated_name(char out[static PH_FIGURE_TEXT], const json_t *item);
void ph_restated_figure(char out[static PH_FIGURE_TEXT], const json_t *report,
			const json_t *item, const char *which);
/* That parts of the persons of a line are revised ("parts"), and why not which. */
const char *ph_parts_say(void);

/* Which communes REPORT is complete of: of type xã alone where its rule says so. */
const char *ph_units_say(const json_t *report);

/*
 * Of RULE, of a report: "units, version 2 since 2026-03-01: how a target says that it is
 * reckoned"; what is not in it is left out.
 */
#define PH_RULE_WORDS 400
void ph_rule_words(char out[static PH_RULE_WORDS], const json_t *rule);

#endif
