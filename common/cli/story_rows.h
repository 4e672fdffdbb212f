/* common/cli/story_rows.h - stories of entries (docs/MERGE.md, "Why"), for both programs. */
#ifndef PH_CLI_STORY_ROWS_H
#define PH_CLI_STORY_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "common/cli/cli.h"

/*
 * Print each story of LIST: for people some lines, each but the first moved in by three
 * columns; with --plain one: ref, kind, time, stamped, site, device, road, its time,
 * receipt, its time, counts (yes, no), why not, by what, vouched.
 */
void ph_stories_print(const struct ph_cli *cli, const json_t *list);
/* Print ANSWER (taken), of `why`: the state and its stories. 0 or negative errno. */
int ph_why_print(const struct ph_cli *cli, json_t *answer);
/* What ENTRY, in its JSON view, says, in one line; on OUT, or printed. */
void ph_entry_words_put(FILE *out, const json_t *entry);
void ph_entry_words_print(const json_t *entry);

#endif
