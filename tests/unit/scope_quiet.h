/*
 * tests/unit/scope_quiet.h - a history of a few entries at three sites with a device each;
 * at the end every site must have its share, its lists and its cases as the hub has them.
 */
#ifndef PH_TESTS_SCOPE_QUIET_H
#define PH_TESTS_SCOPE_QUIET_H

#include "case_room.h"
#include "scope_province.h"

enum {
	SENDER = 2, /* actors: of 101 */
	HELPER,     /* of 202 */
	TARGET,     /* of 303 */
	ACTORS,
};

static inline struct history *history_quiet(void)
{
	static const uint64_t sites[ACTORS] = { 0, 0, 101, 202, 303 };
	struct history *history = calloc(1, sizeof *history);

	assert_non_null(history);
	ph_rng_seed(&history->seeded, 1, &history->rng);
	history->n_actors = ACTORS;
	for (size_t i = 0; i < ACTORS; i++) {
		actor_init(&history->actors[i], (uint8_t)(i == DESK ? 1 : i + 1),
			   sites[i], T0);
	}
	for (size_t i = SENDER; i < ACTORS; i++) {
		say_device(history, &history->actors[i], PH_KIND_DEVICE_ADMIT);
		say_device(history, &history->actors[i], PH_KIND_DEVICE_CONFIRM);
	}
	return history;
}

static inline struct share *share_of(struct province *province, uint64_t site)
{
	for (size_t i = 0; i < province->n_shares; i++) {
		if (province->shares[i].site == site) {
			return &province->shares[i];
		}
	}
	fail_msg("no site %" PRIu64, site);
	return NULL;
}

/* All that was written goes where it should. */
static inline void play(struct province *province, struct history *history)
{
	struct ph_error err = { 0 };

	open_province(province, history, 1);
	settle(province);
	for (size_t i = 0; i < province->n_shares; i++) {
		struct share *share = &province->shares[i];

		assert_true(is_fed(province, share));
		compare_all(province, share, "at the head of its feed");
		assert_int_equal(ph_ledger_rebuild(share->world.ledger, &err), 0);
		compare_all(province, share, "after a rebuild");
	}
}

#endif
