/*
 * common/cli/kind_rows.h - lists of the entries of one kind (common/ledger/entries.h), for
 * both programs: what is asked for, and the table.
 */
#ifndef PH_CLI_KIND_ROWS_H
#define PH_CLI_KIND_ROWS_H

#include "common/cli/cli.h"
#include "common/ledger/entries.h"

/*
 * Which days QUERY asks for: PERIOD, or FROM and TO, of which either may be missing; all
 * are NULL: any day. 0; -EINVAL with ERR.
 */
int ph_kind_days(const char *period, const char *from, const char *to,
		 struct ph_entries_query *query, struct ph_error *err);
/*
 * ITEMS, of the kind NAME, as a table: site and time, a column for each field of the kind,
 * then staff, device, whether it counts, and the reference. 0 or negative errno. As
 * ph_listing_rows().
 */
int ph_kind_rows(const struct ph_cli *cli, const char *name, const json_t *items);

#endif
