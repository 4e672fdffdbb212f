/*
 * tests/sim/back.h - the folder of the hub is silently replaced by an older copy of itself.
 *
 * Nothing in such a store says so: devices have what the hub said since, under its own key
 * (docs/decisions/0039-a-hub-that-was-put-back.md).
 */
#ifndef PH_TESTS_SIM_BACK_H
#define PH_TESTS_SIM_BACK_H

#include "tests/sim/line.h"

/* A copy of the folder is laid aside: of a hub that is closed, or a snapshot as it runs. */
void sim_do_hub_aside(struct sim *sim, struct sim_device *device,
		      const struct ph_rng *dice);
/* ... and put back. */
void sim_do_hub_back(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice);
/* Whether that has ever happened. */
bool sim_is_copied_back(const struct sim *sim);
/* Whether a device that comes by a network holds more of what the hub says than the hub: it shows that. */
bool sim_is_shown(struct sim *sim);

/*
 * Whether DEVICE holds all that stands in control logs at the hub, each branch. Where the hub spoke
 * before anybody called there are two, and one goes down to nobody who has the other.
 */
bool sim_has_all_words(struct sim *sim, const struct sim_device *device);

/* What is known when a session of a device begins with a hub that was put back. */
struct sim_look {
	bool is_on;           /* it was, and all can be read */
	bool is_cut;          /* the hub has the word that cut the device off */
	bool knows_more;      /* the device has words of the hub that it has not */
	bool collecting;      /* the hub collects */
	int64_t put_back;     /* when it found that out; 0: never */
	uint64_t others, fed; /* entries of others that the device holds; its feed */
};
void sim_look_begin(struct sim *sim, struct sim_device *device, struct sim_look *look);
/* The session is over: who was to be served nothing was not, and an older copy was found. */
void sim_look_end(struct sim *sim, struct sim_device *device, const struct sim_look *look,
		  const struct sim_line_end *end);
/* At the end: who was cut off, as far as anybody knows, the hub serves no more. */
void sim_check_cut(struct sim *sim);

#endif
