/* tests/sim/safe_internal.h - between backup.c, lost.c and back.c. */
#ifndef PH_TESTS_SIM_SAFE_INTERNAL_H
#define PH_TESTS_SIM_SAFE_INTERNAL_H

#include "tests/sim/safe.h"

/* The newest backup becomes the hub, whose disk is empty; it is opened. */
void sim_put_back(struct sim *sim);
/* Before it: the desk log that the hub writes will only be completed, also if what it is put back to has none. */
void sim_leave_desk(struct sim *sim);
/* What each device is to the hub now. */
void sim_note_safe(struct sim *sim,
		   struct sim_safe_device device[static SIM_DEVICES_MAX]);
/*
 * The hub, which is open, was put back to when devices were to it what THEN says: what of its
 * words and receipts nobody has who brings it back.
 */
void sim_reckon_lost(struct sim *sim, const struct sim_safe_device *then);
/* Its folder was put back (IS_BACK), or a backup of it was made: of what it signed for before, what it lacks. */
void sim_reckon_behind(struct sim *sim, bool is_back);

#endif
