/*
 * common/base/json_memory.h - how often jansson was not given the memory that it asked for.
 *
 * Lack of memory makes a member of an object missing, and a text that is read "no JSON". What
 * is said in JSON is of no use in part, so whoever makes or reads it looks at its end whether
 * this has changed. Memory that jansson has done with is wiped.
 */
#ifndef PH_BASE_JSON_MEMORY_H
#define PH_BASE_JSON_MEMORY_H

#include <stdint.h>

/* Once, before jansson is used. */
void ph_json_watch(void);

/* How often in this thread; 0 for ever if nobody watches. */
uint64_t ph_json_shortages(void);

#endif
