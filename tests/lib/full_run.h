/*
 * tests/lib/full_run.h - whether this is the full run (./test --full), which does more of it.
 */
#ifndef PH_TESTS_FULL_RUN_H
#define PH_TESTS_FULL_RUN_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool full_run(void)
{
	const char *full = getenv("PACKHORSE_FULL");

	return full != NULL && strcmp(full, "1") == 0;
}

#endif
