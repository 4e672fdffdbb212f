/*
 * common/base/json_memory.h - how often jansson was not given the memory that it asked for.
 *
 * Lack of memory makes a member of an object missing, and a text that is read "no JSON". What
 * is said in JSON is of no use in part, so whoever makes or reads it looks at its end whether
 * this has changed. Memory that jansson has done with is wiped.
 */
#ifndef PH_BASE_JSON_MEMORY_H
#define PH_BASE_JSON_MEMORY_H

#include <jansson.h>
#include <stdint.h>

#include "common/base/bytes.h"

/* Once, before jansson is used. */
void ph_json_watch(void);

/* How often in this thread; 0 for ever if nobody watches. */
uint64_t ph_json_shortages(void);

/* As json_dumps(), which likewise goes on without a member's name (below). NULL: no memory. */
char *ph_json_dumps(const json_t *object, size_t flags);

/*
 * As json_loadb(), which must not go on when memory lacks: the lexer of jansson 2.14 then forgets
 * characters of a text, up to the quote at its end, and reads and writes on behind it. Here
 * all that was made so far is freed at once. NULL with a shortage counted: memory lacked.
 */
json_t *ph_json_loadb(const char *text, size_t len, size_t flags, json_error_t *why);

/*
 * Append OBJECT to OUT as text, compact. 0; or -ENOMEM, and OUT has some of it. (jansson's
 * json_dump_callback() goes on where the name of a member could not be written, and says 0.)
 */
int ph_json_write(const json_t *object, struct ph_buf *out);

#endif
