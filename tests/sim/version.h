/*
 * tests/sim/version.h - programs of several versions in one process.
 *
 * A program is older by the kinds of entries that its table lacks; that of a hub also by the
 * hello that it takes. All machines of a province run in this process; while one's program
 * runs, the table and the hello are those of its version.
 */
#ifndef PH_TESTS_SIM_VERSION_H
#define PH_TESTS_SIM_VERSION_H

#include "tests/sim/world.h"

/*
 * What the table lacks just now, parted by commas. `sim` is linked with a table that
 * heeds it (kinds.c); anywhere else all programs are of one version.
 */
extern const char *sim_kinds_without;
/* Whether it takes hellos of version 1 alone; `sim` is linked so that sessions heed it (hello.c). */
extern bool sim_hello_is_old;

/* Where sim->mixed is set, in one province of three, programs are of several versions; draw that of MACHINE, number AT. */
void sim_version_draw(struct sim *sim, struct sim_machine *machine, unsigned at);
/* From here on the program of MACHINE runs, until sim_leave(). */
void sim_enter(struct sim_machine *machine);
void sim_leave(void);
/* Whether the program of MACHINE knows the kind of this name. */
bool sim_knows(const struct sim_machine *machine, const char *kind);
/* MACHINE, which is off, may get the newest program now. */
void sim_maybe_update(struct sim *sim, struct sim_machine *machine);
/* All that are older get it, and are started again. Returns how many they were. */
unsigned sim_update_all(struct sim *sim);
/*
 * Where an earlier program of the hub refused a hello, so much time passes that devices tell all of
 * theirs again, whatever their clocks were then: for a day they tell what the hub knew alone.
 */
void sim_outlast_refusals(struct sim *sim);

/* Events: the hub's program is one that takes no hello of version 2, and says so; it gets the newest. */
void sim_do_hub_earlier(struct sim *sim, struct sim_device *device,
			const struct ph_rng *dice);
void sim_do_hub_newer(struct sim *sim, struct sim_device *device,
		      const struct ph_rng *dice);

#endif
