/*
 * tests/vectors/published.h - published test vectors, read from where they are kept.
 *
 * They are not part of the project: PACKHORSE_TESTDATA names the folder that has
 * them in `vectors/`; without it, ../shared beside the project is looked at.
 */
#ifndef PH_TESTS_PUBLISHED_H
#define PH_TESTS_PUBLISHED_H

#include <jansson.h>

#include "common/base/bytes.h"

/*
 * Load one file. NULL when it is not there: then a TAP line that skips the whole
 * program was printed, and the caller returns 0. A file that is there but is not
 * JSON ends the program with an error. The caller owns the value.
 */
json_t *published_load(const char *name);
/* The string member NAME of OBJECT, or NULL. Borrowed. */
const char *published_text(const json_t *object, const char *name);
/* Bytes of the hex member NAME, appended to OUT; a missing one is empty. Ends the program on bad hex. */
void published_bytes(const json_t *object, const char *name, struct ph_buf *out);

#endif
