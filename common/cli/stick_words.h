/*
 * common/cli/stick_words.h - why a stick cannot be read or written, and what to do: one place for
 * both programs, in two languages. What went wrong comes as a word of proto/spool.h.
 */
#ifndef PH_CLI_STICK_WORDS_H
#define PH_CLI_STICK_WORDS_H

#include <stdint.h>

#include "common/base/error.h"

struct ph_stick_trouble {
	const char *what;    /* PH_SPOOL_T_*; NULL, or another: what RC says */
	const char *path;    /* the folder that was named, or the one on the stick */
	uint64_t need, room; /* of "full": bytes */
	const char *in_way;  /* of "in-the-way": a name in PATH; "": which is not known */
};

/* Fill ERR (NULL is fine; the first fill wins) and return RC, a negative errno. */
int ph_stick_fail(struct ph_error *err, int rc, const struct ph_stick_trouble *trouble);

#endif
