/*
 * tests/sim/lan.h - two devices of one site, or of two, exchange what they recorded.
 *
 * The session is the real one between siblings (client/site_lan.h), without the hub.
 */
#ifndef PH_TESTS_SIM_LAN_H
#define PH_TESTS_SIM_LAN_H

#include "tests/sim/line.h"

/*
 * CALLS dials ANSWERS, as HOW says; KILL is of who calls, HUB_KILL of the other. Whom nobody
 * confirmed, who was cut off or is of another site gets nothing, and gives nothing; else both
 * have each other's log afterwards. Nothing but entries moves.
 */
void sim_lan(struct sim *sim, struct sim_device *calls, struct sim_device *answers,
	     struct sim_line_how how);

/* What DEVICE must have of OTHER, with which it has exchanged to the end; else *sibling* is broken. */
void sim_lan_must_hold(struct sim *sim, struct sim_device *device,
		       struct sim_device *other);

/* How far DEVICE has heard of the control log. */
uint64_t sim_control_of(struct sim *sim, struct sim_device *device);
/* Whether DEVICE has heard that OTHER was cut off. */
bool sim_knows_cut(struct sim *sim, struct sim_device *device,
		   const struct sim_device *other);

/* As people do it: DEVICE, mostly with another of its site. */
void sim_do_lan(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_lan_cut(struct sim *sim, struct sim_device *device,
		    const struct ph_rng *dice);

#endif
