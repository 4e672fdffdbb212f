/* daemon/cmd_indicator.h - sheets of the plan, asked for and printed; for cmd_report.c. */
#ifndef PH_DAEMON_CMD_INDICATOR_H
#define PH_DAEMON_CMD_INDICATOR_H

#include "daemon/cmd.h"
#include "daemon/ask.h"

/* Whether --period, --by and --commune are each given once at most: of two one would not be heeded. 0 or -EINVAL. */
int ph_check_sheet(const struct ph_cli *cli, struct ph_error *err);
/* COMMAND about the report that the first argument names, with --period, --by and --commune. */
int ph_ask_sheet(struct ph_cli *cli, const char *command, json_t **answer_out,
		 struct ph_error *err);
/* SHEET for people, or its rows with --plain. 0, -ENOMEM, PH_OUT_LOST. */
int ph_print_sheet(const struct ph_cli *cli, const json_t *sheet);
/* When a report was issued, and who signed it off, with what was seen: ISSUED of docs/REPORTS.md, "The answer". */
void ph_print_issued(const json_t *issued);
/*
 * ISSUED, items with a "ref", were issued just now. Which of them had been issued before under
 * the same name and were signed, on standard error: a site signs a reference, not a name. What
 * cannot be asked for is not said.
 */
void ph_tell_signed_before(const struct ph_cli *cli, const json_t *issued);

#endif
