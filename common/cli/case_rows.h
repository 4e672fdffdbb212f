/* common/cli/case_rows.h - cases (docs/MERGE.md, "Cases") as a table, for both programs. */
#ifndef PH_CLI_CASE_ROWS_H
#define PH_CLI_CASE_ROWS_H

#include <jansson.h>

#include "common/cli/cli.h"

/* All kinds, for help. */
#define PH_CASE_KINDS_HELP                                                               \
	"Kinds: two-places, maybe-returned, lent-in-crate, two-titles, crate-count, "    \
	"same-reader,\n"                                                                 \
	"same-title, blocked-card, stamp, restored, cloned, forked, "                    \
	"invite-used-twice,\n"                                                           \
	"after-cut, opaque, foreign-log, late-invite, erased-merged."

/*
 * Print ANSWER (taken), "cases" and perhaps "next": as JSON, or as a table, and where it
 * goes on on standard error. PH_EXIT_DONE; PH_EXIT_CASES if one of them waits; or a
 * negative errno.
 */
int ph_cases_print(const struct ph_cli *cli, json_t *answer);

/* A time as text, for people without seconds and zone. */
#define PH_CASE_TIME_TEXT 40
void ph_case_time(const struct ph_cli *cli, char out[static PH_CASE_TIME_TEXT],
		  const char *time);
/* "open", in the language of people unless PLAIN. */
const char *ph_case_status_say(const char *status, bool plain);
/* What the case ONE is about, in a new text for the caller to free; NULL: no memory. */
char *ph_case_about(const json_t *one, bool plain);
/* The sites of the case ONE by name, likewise. */
char *ph_case_sites(const json_t *one);

#endif
