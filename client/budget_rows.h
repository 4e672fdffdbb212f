/* client/budget_rows.h - the account of the roads, for people and for scripts. */
#ifndef PH_CLIENT_BUDGET_ROWS_H
#define PH_CLIENT_BUDGET_ROWS_H

#include <jansson.h>

#include "client/budget.h"
#include "common/cli/out.h"

/* "4.2 kB", "1.4 MB": thousands, as a SIM is sold. */
const char *ph_bytes_text(char out[static PH_NUMBER_TEXT], uint64_t bytes);
/*
 * The way back: bytes, or with kB, MB, GB behind them. 0, or -EINVAL with PH_EXIT_USAGE.
 */
int ph_bytes_parse(const char *text, uint64_t *out, struct ph_error *err);
/* NULL: no memory. */
json_t *ph_budget_json(const struct ph_budget *budget);
/* Of the budget, and of each road that took something; two columns. */
void ph_budget_rows(const struct ph_budget *budget, struct ph_table *table);

#endif
