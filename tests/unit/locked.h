/* tests/unit/locked.h - whether memory of this process is locked, and in no dump. */
#ifndef PH_TESTS_LOCKED_H
#define PH_TESTS_LOCKED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/secret.h"

/* Whether so much can be locked here; under a sanitizer nothing can. */
static inline bool locked_can_be(size_t size)
{
	struct rlimit limit;

	return !PH_IS_SANITIZED && getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
	       limit.rlim_cur >= size;
}

/* Whether every page of these bytes is. */
static inline bool locked_is(const void *data, size_t len)
{
	uintptr_t at = (uintptr_t)data;
	const uintptr_t end = at + len;
	unsigned long from = 0, to = 0;
	char line[512];
	FILE *maps = fopen("/proc/self/smaps", "re");

	/* areas come in order, each with its flags behind it */
	while (maps && at < end && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2 ||
		    strncmp(line, "VmFlags:", 8) != 0) {
			continue;
		}
		if (from <= at && at < to) {
			if (!strstr(line, " lo") || !strstr(line, " dd")) {
				break;
			}
			at = to;
		}
	}
	if (maps) {
		fclose(maps);
	}
	return at >= end;
}

#endif
