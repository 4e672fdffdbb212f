/*
 * common/base/say.h - words for people, in English or Vietnamese.
 *
 * Both stand where they are said: ph_say("no such copy", "không có bản sách này"). Which of them is
 * said is the environment's word, or that of whoever a thread works for at the moment.
 */
#ifndef PH_BASE_SAY_H
#define PH_BASE_SAY_H

#include <stdbool.h>
#include <stdint.h>

/* Vietnamese is asked for: by LC_ALL, LC_MESSAGES, LANG, or ph_speak(). */
bool ph_is_vietnamese(void);
/*
 * From now on this thread speaks as whoever it works for does, whatever our own environment
 * says; by it again with PH_SPEAK_OWN. Gives how it spoke before.
 */
enum ph_speak {
	PH_SPEAK_OWN,
	PH_SPEAK_ENGLISH,
	PH_SPEAK_VIETNAMESE
};
enum ph_speak ph_speak(enum ph_speak language);
/* "vi" or "en", as a setting or a request says it; anything else, also NULL: PH_SPEAK_OWN. */
enum ph_speak ph_speak_named(const char *name);
/* English or Vietnamese. */
const char *ph_say(const char *english, const char *vietnamese)
	__attribute__((format_arg(1), format_arg(2)));
/* Of N things: ONE for one of them and MANY for others, in English; in Vietnamese one word does. */
const char *ph_say_n(uint64_t n, const char *one, const char *many,
		     const char *vietnamese)
	__attribute__((format_arg(2), format_arg(3), format_arg(4)));

#endif
