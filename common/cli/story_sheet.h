/* common/cli/story_sheet.h - entries and what follows from them as tables of a sheet. */
#ifndef PH_CLI_STORY_SHEET_H
#define PH_CLI_STORY_SHEET_H

#include <jansson.h>

#include "common/cli/table.h"

/* All return 0, -ENOMEM or PH_OUT_LOST, and are for when ph_sheet_is_wanted(). */

/* The stories of LIST (docs/MERGE.md, "Why"), a row each. */
int ph_stories_sheet(const json_t *list);
/* The members of OBJECT, a row each, but for lists of stories, of decisions and of choices. */
int ph_members_sheet(const json_t *object);
/* The decisions of a case, a row each; no table if there are none. */
int ph_decisions_sheet(const json_t *list);

/* What ENTRY says, in the next cell. */
void ph_entry_cell(struct ph_table *table, const json_t *entry);
/* VALUE in the next cell: texts and numbers as they are, a copy or card by its code, the rest as JSON. */
void ph_value_cell(struct ph_table *table, const json_t *value);

#endif
