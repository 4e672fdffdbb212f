/*
 * tests/unit/ending.h - a process on the simulated disk "a" is ended at one of its operations:
 * for sim_disk_watch(), with a struct ending.
 */
#ifndef PH_TESTS_ENDING_H
#define PH_TESTS_ENDING_H

#include <string.h>

#include "tests/sim/disk.h"

struct ending {
	unsigned in; /* operations until the process is ended; 0: it was */
};

static inline void end_process(void *data, const char *name, enum sim_disk_op op,
			       const char *path)
{
	struct ending *ending = data;

	(void)op;
	(void)path;
	if (strcmp(name, "a") == 0 && ending->in > 0 && --ending->in == 0) {
		sim_disk_kill("a");
	}
}

#endif
