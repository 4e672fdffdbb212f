/* common/base/say.c - which of two languages is spoken. */
#include "common/base/say.h"

#include <stdlib.h>
#include <string.h>

static _Thread_local enum ph_speak spoken;

enum ph_speak ph_speak(enum ph_speak language)
{
	enum ph_speak before = spoken;

	spoken = language;
	return before;
}

enum ph_speak ph_speak_named(const char *name)
{
	return !name                     ? PH_SPEAK_OWN
	       : strcmp(name, "vi") == 0 ? PH_SPEAK_VIETNAMESE
	       : strcmp(name, "en") == 0 ? PH_SPEAK_ENGLISH
					 : PH_SPEAK_OWN;
}

bool ph_is_vietnamese(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	if (spoken != PH_SPEAK_OWN) {
		return spoken == PH_SPEAK_VIETNAMESE;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && value[0] != '\0') {
			return strncmp(value, "vi", 2) == 0;
		}
	}
	return false;
}

const char *ph_say(const char *english, const char *vietnamese)
{
	return ph_is_vietnamese() ? vietnamese : english;
}

const char *ph_say_n(uint64_t n, const char *one, const char *many,
		     const char *vietnamese)
{
	return ph_is_vietnamese() ? vietnamese : n == 1 ? one : many;
}
