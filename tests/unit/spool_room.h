/* tests/unit/spool_room.h - a folder of its own for a test of the files of a spool. */
#ifndef PH_TESTS_SPOOL_ROOM_H
#define PH_TESTS_SPOOL_ROOM_H

#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"

static char room[64];

static inline int room_setup(void **state)
{
	(void)state;
	snprintf(room, sizeof(room), "/tmp/packhorse-unit.XXXXXX");
	return mkdtemp(room) ? 0 : -1;
}

static inline int room_teardown(void **state)
{
	char command[128];

	(void)state;
	ph_file_use(NULL);
	snprintf(command, sizeof(command), "rm -rf '%s'", room);
	return system(command);
}

#endif
