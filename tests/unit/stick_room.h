/*
 * tests/unit/stick_room.h - two PCs of one site, one of another, and the hub, with sticks between
 * them, for the tests of bundles between real folders.
 */
#ifndef PH_TESTS_STICK_ROOM_H
#define PH_TESTS_STICK_ROOM_H

#include "tests/unit/stick_world.h"

struct two {
	struct hub_room room;
	struct pc first, second; /* of one site */
	struct pc other;         /* of another */
	struct pocket up, down;
};

static inline void two_open(struct two *two)
{
	hub_open(&two->room);
	pc_join(&two->room, &two->first, "14-0371", "first", 1);
	pc_join(&two->room, &two->second, "14-0371", "second", 2);
	pc_join(&two->room, &two->other, "14-0372", "other", 3);
}

static inline int set_up(void **state)
{
	struct two *two = calloc(1, sizeof(*two));

	assert_non_null(two);
	two_open(two);
	*state = two;
	return 0;
}

/* All of TWO is whole, and goes. */
static inline void two_close(struct two *two)
{
	hub_verify(&two->room);
	pocket_empty(&two->up);
	pocket_empty(&two->down);
	pc_end(&two->first);
	pc_end(&two->second);
	pc_end(&two->other);
	hub_close(&two->room);
}

static inline int tear_down(void **state)
{
	two_close(*state);
	free(*state);
	return 0;
}

/* The first bundle that was packed comes to the hub, or to PC. */
static inline struct ph_hub_bundle_taken first_up(struct two *two)
{
	return take_up(&two->room, ph_buf_view(&two->up.bundle[0]));
}

static inline struct ph_site_taken first_down(struct two *two, struct pc *pc)
{
	return take_down(pc, ph_buf_view(&two->down.bundle[0]));
}

/* What PC has goes up, and the answer is packed. */
static inline void ask_and_pack(struct two *two, struct pc *pc)
{
	pack_pc(pc, PH_BUNDLE_MAX, &two->up);
	take_all_up(&two->room, &two->up);
	pack_hub(&two->room, pc, PH_BUNDLE_MAX, &two->down);
}

/* How much the hub holds of PC's log. */
static inline uint64_t at_hub(struct two *two, struct pc *pc)
{
	struct ph_log log;
	int rc = ph_journal_log_find(ph_hub_journal(two->room.hub),
				     ph_site_log(pc->site)->id, &log);

	assert_true(rc == 0 || rc == PH_JOURNAL_E_NONE);
	return rc == 0 ? log.n : 0;
}

static inline void assert_receipted(struct pc *pc)
{
	struct ph_site_state known = pc_state(pc);

	assert_int_equal(known.receipted, known.entries);
	assert_int_equal(known.parts_pending, 0);
}

#define IN_TWO(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
