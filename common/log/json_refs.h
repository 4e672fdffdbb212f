/*
 * common/log/json_refs.h - "@K" in a line of `record`: the entry that line K wrote.
 *
 * A script cannot know the references of what it is about to write. So where one is due,
 * "@3" stands for the entry of line 3 of the same input, also within lists.
 */
#ifndef PH_LOG_JSON_REFS_H
#define PH_LOG_JSON_REFS_H

#include "common/log/json.h"

struct ph_json_lines {
	/* The entry that LINE wrote: true with *OUT; false if it wrote none (yet). */
	bool (*find)(void *data, uint64_t line, struct ph_ref *out);
	void *data;
};

/*
 * Replace each "@K" in OBJECT, an entry of KIND (NULL: leave it), by the reference that it
 * means. 0; -EINVAL with words that name the member; -ENOMEM.
 */
int ph_json_refs(json_t *object, const struct ph_kind *kind,
		 const struct ph_json_lines *lines, struct ph_error *err);

#endif
