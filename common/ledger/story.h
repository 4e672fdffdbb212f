/*
 * common/ledger/story.h - one entry, as a person must see it to judge (docs/MERGE.md,
 * "Why").
 */
#ifndef PH_LEDGER_STORY_H
#define PH_LEDGER_STORY_H

#include <jansson.h>

#include "common/ledger/key.h"

/*
 * The entry REF: what it says, which device wrote it, where and when (as it counts and
 * as it was stamped; by which judgement), how it came here, which receipt covers it, and
 * what takes it away, if it does not count. Of one that is not
 * here it says "here":false, and which device wrote it, if its log is known. 0 or
 * negative errno. Catch up first.
 */
int ph_story(struct ph_ledger *ledger, const struct ph_ref *ref, json_t **out);

#endif
