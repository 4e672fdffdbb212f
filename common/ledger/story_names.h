/* common/ledger/story_names.h - names beside what stories (story.h) name by ids. */
#ifndef PH_LEDGER_STORY_NAMES_H
#define PH_LEDGER_STORY_NAMES_H

#include <jansson.h>

#include "common/ledger/view.h"

/*
 * In each story of LIST: "title_name", of the title that its entry names; and, unless
 * OPENER is NULL, of whom it tells: "reader" and "name" (of a registration "born" too), or
 * "locked": true. 0 or negative errno.
 */
int ph_stories_name(struct ph_ledger *ledger, json_t *list,
		    const struct ph_opener *opener);

#endif
