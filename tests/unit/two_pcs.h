/* tests/unit/two_pcs.h - a hub and two PCs of one site, for the tests of what goes between them over roads. */
#ifndef PH_TESTS_TWO_PCS_H
#define PH_TESTS_TWO_PCS_H

#include "tests/unit/road_world.h"

struct two {
	struct hub_room room;
	struct pc first, second; /* of one site */
};

/* Both have joined. tear_down() frees it. */
static inline struct two *two_new(void)
{
	struct two *two = calloc(1, sizeof(*two));

	assert_non_null(two);
	hub_open(&two->room);
	pc_join(&two->room, &two->first, "14-0371", "first", 1);
	pc_join(&two->room, &two->second, "14-0371", "second", 2);
	return two;
}

static inline int tear_down(void **state)
{
	struct two *two = *state;

	pc_end(&two->first);
	pc_end(&two->second);
	hub_close(&two->room);
	free(two);
	return 0;
}

#endif
