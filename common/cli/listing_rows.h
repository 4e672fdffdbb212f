/* common/cli/listing_rows.h - the lists of both programs (docs/MERGE.md, "Lists") as tables. */
#ifndef PH_CLI_LISTING_ROWS_H
#define PH_CLI_LISTING_ROWS_H

#include "common/cli/cli.h"
#include "common/cli/rows.h"

/* "here", "out", ... in one line, for help and for errors. */
#define PH_LISTING_NAMES                                                                 \
	"here, out, overdue, expected, holds, titles, readers, workers, models, "        \
	"targets, tallies"
/* What follows them where entries of a kind are listed, too. */
#define PH_LISTING_KINDS ", or a kind of entries (docs/KINDS.md)"

/* ITEMS of the list NAME as a table, whatever --json says. 0 or negative errno. */
int ph_listing_rows(const struct ph_cli *cli, const char *name, const json_t *items);
/*
 * Print a page of the list NAME: with --json ITEMS (taken) in an object with "list",
 * and "next" unless NEXT is empty; else as a table, by ROWS (the above, or
 * kind_rows.h's), and where it goes on on standard error. 0 or negative errno.
 */
int ph_listing_print(const struct ph_cli *cli, const char *name, json_t *items,
		     const char *next,
		     int (*rows)(const struct ph_cli *cli, const char *name,
				 const json_t *items));

#endif
