/* common/cli/rows.h - a list of JSON objects as a table. */
#ifndef PH_CLI_ROWS_H
#define PH_CLI_ROWS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/cli/table.h"

struct ph_column {
	const char *english, *vietnamese; /* heading */
	/*
	 * Which member: names parted by dots; of several parted by '|' the first that an
	 * object has. A list shows its items, parted by blanks.
	 */
	const char *member;
};

/*
 * Print ROWS, an array of objects, with one of COLUMNS for each column; PLAIN: tab-
 * separated, without headings. 0, -ENOMEM or PH_OUT_LOST.
 */
int ph_rows_print(const json_t *rows, const struct ph_column *columns, unsigned n,
		  bool plain);
/* The member of OBJECT that MEMBER names, as above; NULL: it has none. */
const json_t *ph_rows_find(const json_t *object, const char *member);
/* VALUE (NULL: none) as the next cell of TABLE, as above. 0 or -ENOMEM. */
int ph_rows_cell(struct ph_table *table, const json_t *value);
/*
 * The same of ROW, an object: where it says of which "site" it is and a file is written, a
 * code of another one's says whose, as "140371:C0010"; a printed one, of namespace 0, is
 * nobody's.
 */
int ph_rows_cell_of(struct ph_table *table, const json_t *row, const json_t *value);
/* The name of ROW's site, or, of what the hub wrote for none, "the province". */
int ph_rows_site(struct ph_table *table, const json_t *row, bool plain);

#endif
