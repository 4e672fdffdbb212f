/* common/cli/member.h - members of an answer, where what is absent is empty. */
#ifndef PH_CLI_MEMBER_H
#define PH_CLI_MEMBER_H

#include <jansson.h>

#include "common/cli/out.h"

/* A text; "" if there is none. */
static inline const char *ph_member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* A number; 0 if there is none. */
static inline long long ph_member_number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* Of {"en","vi"} the one that is spoken. */
static inline const char *ph_member_word(const json_t *words)
{
	return ph_member_text(words, ph_is_vietnamese() ? "vi" : "en");
}

#endif
