/* tests/sim/stick_internal.h - what the two sides of a stick share. */
#ifndef PH_TESTS_SIM_STICK_INTERNAL_H
#define PH_TESTS_SIM_STICK_INTERNAL_H

#include "tests/sim/stick.h"

/* The spool on a stick, which is made if there is none yet. False: there is no folder in it, or it fails. */
bool sim_open_spool(struct sim *sim, struct ph_spool *spool, unsigned stick, bool old,
		    bool create);
/* What MACHINE was doing with a stick came to RC. True: done; false: a planned fault. */
bool sim_went_well(struct sim *sim, const struct sim_machine *machine, unsigned stick,
		   const char *what, int rc, const struct ph_error *err);
/* MANIFEST is what WHO has on STICK now. */
void sim_say_carried(struct sim *sim, unsigned stick, int who,
		     const struct ph_manifest *manifest);
bool sim_was_taken(const struct sim_sticks *sticks, int who, const char *name);
void sim_say_taken(struct sim_sticks *sticks, int who, const char *name);
/* The hub took the bundle with this header. */
void sim_say_came(struct sim_sticks *sticks, const struct ph_bundle_header *header);
void sim_say_came_line(struct sim_sticks *sticks,
		       const uint8_t header[static PH_BUNDLE_HEADER_LEN]);

#endif
