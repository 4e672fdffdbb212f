/*
 * tests/sim/stick.h - sticks: disks of their own, which people carry between machines.
 *
 * What pack-stick and take-stick do at a site and at the hub is done here by the same
 * functions, over the spool on the stick; words and tables are left out.
 */
#ifndef PH_TESTS_SIM_STICK_H
#define PH_TESTS_SIM_STICK_H

#include "proto/spool.h"
#include "tests/sim/world.h"

#define SIM_STICKS 3 /* in use; each may have an older copy in a drawer */
#define SIM_HUB    (-1)

/* A bundle of WHO (a device's number, or SIM_HUB) that a packing said is on a stick. */
struct sim_carried {
	unsigned stick;
	int who;
	char name[PH_SPOOL_NAME_SIZE];
};
/* A bundle that WHO took to its end. */
struct sim_taken {
	int who;
	char name[PH_SPOOL_NAME_SIZE];
};
/* A bundle of a device that the hub took to its end, by its number. */
struct sim_came {
	uint8_t from[PH_DEVICE_ID_SIZE];
	uint64_t number;
	bool lost; /* the hub was put back since, and may not know it any more */
};
struct sim_sticks {
	struct sim_carried *carried;
	size_t n_carried, cap_carried;
	struct sim_taken *taken;
	size_t n_taken, cap_taken;
	struct sim_came *came;
	size_t n_came, cap_came;
	struct sim_freight freight[SIM_STICKS];
	bool has_old[SIM_STICKS]; /* a copy lies in a drawer */
	bool is_full[SIM_STICKS]; /* or may be in a moment */
};

struct sim_sticks *sim_sticks_new(void);
void sim_sticks_free(struct sim_sticks *sticks);
/* The disk of a stick, of its OLD copy. */
const char *sim_stick_name(unsigned stick, bool old);

/*
 * Pack for the hub, or at the hub for those who came by stick and for DEVICE (may be NULL).
 * False: a planned fault of a disk, or of the stick, was in the way.
 */
bool sim_pack(struct sim *sim, struct sim_device *device, unsigned stick);
bool sim_hub_pack(struct sim *sim, const struct sim_device *device, unsigned stick);
/* Take what is on a stick, or on its OLD copy. */
int sim_take(struct sim *sim, struct sim_device *device, unsigned stick, bool old);
bool sim_hub_take(struct sim *sim, unsigned stick, bool old);

/* What was said to be on STICK is, and is whole; so is all that has a bundle's name. */
void sim_check_stick(struct sim *sim, unsigned stick);
/* Whoever packed onto it said nothing of what is there now. */
void sim_forget_stick(struct sim *sim, unsigned stick);
/* The folder of DEVICE, or the hub, was put back: what it took may be news to it again. */
void sim_forget_taken(struct sim *sim, const struct sim_device *device);
void sim_forget_hub_taken(struct sim *sim);

/* Whether the hub took the bundle NUMBER of a device, ever. */
bool sim_has_come(const struct sim_sticks *sticks,
		  const uint8_t from[static PH_DEVICE_ID_SIZE], uint64_t number);
/* How many from FIRST to LAST it took, and knows. */
uint64_t sim_count_came(const struct sim_sticks *sticks,
			const uint8_t from[static PH_DEVICE_ID_SIZE], uint64_t first,
			uint64_t last);

/* --- carry.c: people --- */

/* There and back: what DEVICE wrote comes to the hub, and what the hub has for it, home. */
int sim_round_trip(struct sim *sim, struct sim_device *device);
void sim_do_pack(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_take(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_hub_stick(struct sim *sim, struct sim_device *device,
		      const struct ph_rng *dice);
void sim_do_van(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_pull(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_stick_full(struct sim *sim, struct sim_device *device,
		       const struct ph_rng *dice);
void sim_do_lose(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_old(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_damage(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);

#endif
