/* tests/sim/kept.h - what the hub said in its desk log, of which devices keep pieces. */
#ifndef PH_TESTS_SIM_KEPT_H
#define PH_TESTS_SIM_KEPT_H

#include "tests/sim/world.h"

/* Remember what the hub has said there, if its store can be read now. */
void sim_note_desk(struct sim *sim);
/* The hub, which is open, was put back: what it has not any more of that is lost. */
void sim_lose_desk(struct sim *sim);
/* Whether a device with a network keeps what goes on from what the hub has, and is not there. */
bool sim_lacks_kept(struct sim *sim);
/* At the end: none does. What came back is counted. */
void sim_check_kept(struct sim *sim);
void sim_words_free(struct sim *sim);

#endif
