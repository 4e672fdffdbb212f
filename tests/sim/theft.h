/*
 * tests/sim/theft.h - thieves: of an invite.
 *
 * Who copied the text of an invite joins with it from a machine of his own, and works there
 * as anybody does. The operator reads fingerprints to the library, so only the machine
 * that stands there is ever confirmed; at the end people have looked at the case, and the
 * thief's is cut off.
 */
#ifndef PH_TESTS_SIM_THEFT_H
#define PH_TESTS_SIM_THEFT_H

#include "tests/sim/world.h"

/* Two machines join the site of DEVICE with one invite, and come to the hub in either order. */
void sim_do_copied_invite(struct sim *sim, struct sim_device *device,
			  const struct ph_rng *dice);
/* The operator is asked to confirm a thief's device, with the fingerprint that the library reads. */
void sim_deny(struct sim *sim, struct sim_device *thief);
/* THIEF holds nothing that another device wrote, and nothing that was fed. */
void sim_check_thief(struct sim *sim, struct sim_device *thief);
/* The faults are over: the same of all thieves, and the hub has the case of each invite. */
void sim_check_thieves(struct sim *sim);
/*
 * Somebody has copied the folder of the hub, or will have when it comes to light: its
 * online keys, and no operator's. True: he has used them, and they were replaced.
 */
void sim_do_keys_stolen(struct sim *sim, struct sim_device *device,
			const struct ph_rng *dice);
bool sim_use_stolen_keys(struct sim *sim);
/* Whether INVITE is one that a thief copied. */
bool sim_was_invite_copied(struct sim *sim, const uint8_t *invite);

/* Of the sessions after it: nothing is said twice. */
void sim_check_quiet(struct sim *sim);

#endif
