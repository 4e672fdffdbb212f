/* common/cli/export.h - a command whose tables go into a file of CSV or XLSX. docs/EXPORTS.md. */
#ifndef PH_CLI_EXPORT_H
#define PH_CLI_EXPORT_H

#include <jansson.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/cli/cli.h"

/* Among the options of a command that prints tables; all else follows from them. */
#define PH_EXPORT_OPTIONS                                                                \
	{ "csv", NULL, "as CSV on standard output" },                                    \
		{ "xlsx", "FILE", "as a workbook of XLSX; - for standard output" },      \
	{                                                                                \
		"yes", NULL, "--xlsx: write over a file that is there"                   \
	}

#define PH_EXPORT_ALL                                                                    \
	INT32_MAX /* items, unless --limit says otherwise: a sheet has no pages */

/* Whether --csv or --xlsx was given. */
bool ph_export_is_asked(const struct ph_cli *cli);
/* Run CLI's command, and write what it tells as they say. As its run(). */
int ph_export_run(struct ph_cli *cli, struct ph_error *err);

/*
 * For a command that writes a file of its own: that PATH ("-", NULL: standard output) may be
 * written, and writing it, as --xlsx does. 0 or a negative errno with ERR; what standard
 * output does not take is found when it is flushed.
 */
int ph_export_check(const struct ph_cli *cli, const char *path, struct ph_error *err);
int ph_export_write(const char *path, struct ph_view bytes, struct ph_error *err);

/*
 * Append BOOK (common/cli/sheet.h) as XLSX to OUT, by packhorse-xlsx. What did not fit the
 * format is said on standard error. 0 or negative errno with ERR.
 */
int ph_export_xlsx(const json_t *book, struct ph_buf *out, struct ph_error *err);

#endif
