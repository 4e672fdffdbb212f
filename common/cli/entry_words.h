/* common/cli/entry_words.h - kinds of entries and their fields, in the language of people. */
#ifndef PH_CLI_ENTRY_WORDS_H
#define PH_CLI_ENTRY_WORDS_H

#include <jansson.h>
#include <stdbool.h>

struct ph_kind_words {
	const char *kind;                 /* its name in JSON */
	const char *english, *vietnamese; /* as who made it would say */
	bool bare; /* its code or reference says enough beside that */
};
/* NULL: a kind that is not known here. */
const struct ph_kind_words *ph_kind_words(const char *kind);
/* Its name, or what that is in Vietnamese. */
const char *ph_kind_say(const char *kind);
/* The same of ENTRY, the JSON of one ("" if it has none): a word against a report is not said as one for it. */
const char *ph_kind_say_of(const json_t *entry);
/* The name of a member of an entry or a view: translated where there is a word. */
const char *ph_label_say(const char *member);

#endif
