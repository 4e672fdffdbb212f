/*
 * tests/sim/van.h - couriers: machines of their own that carry other people's sealed bundles.
 *
 * A courier is a device with that role, its folder and client/van.h over it. The exchanges are
 * the real ones (proto/courier.h); what a site device and the hub do in one is done by
 * client/site_courier.h and daemon/hub_courier.h. What was signed for is remembered here, outside of all
 * machines.
 */
#ifndef PH_TESTS_SIM_VAN_H
#define PH_TESTS_SIM_VAN_H

#include "client/van.h"
#include "tests/sim/line.h"

#define SIM_VANS      8 /* at a time; provinces by seed have two */
#define SIM_VANS_FEW  2
#define SIM_VAN_LIVES 40 /* in a province */

struct sim_van {
	struct sim_device device; /* none of sim->devices[] */
	unsigned number;
	bool is_there;
	struct ph_van van;
};

/* A bundle that a courier signed for, and has not been rid of since. */
struct sim_vow {
	unsigned van;
	bool is_up;
	uint8_t from[PH_DEVICE_ID_SIZE], to[PH_DEVICE_ID_SIZE];
	char name[PH_SPOOL_NAME_SIZE];
	int64_t at, made; /* seconds, the truth; by the header */
};
/* All that a device had, when a courier had signed for all that it packed. */
struct sim_handed {
	unsigned van, device;
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t h[PH_HASH_SIZE];
	uint64_t left; /* bundles that are not at the hub yet */
};
/* A name that somebody recorded. */
struct sim_word {
	char text[80];
};
struct sim_vans {
	struct sim_van van[SIM_VANS];
	unsigned lives;
	struct sim_vow *vows;
	size_t n_vows, cap_vows;
	struct sim_handed *handed;
	size_t n_handed, cap_handed;
	struct sim_freight freight[SIM_VANS];          /* over the line to the hub */
	uint8_t cut[SIM_VAN_LIVES][PH_DEVICE_ID_SIZE]; /* off, and gone by now, too */
	unsigned n_cut;
	struct sim_word *words;
	size_t n_words, cap_words;
};

struct sim_vans *sim_vans_new(void);
void sim_vans_free(struct sim_vans *vans);
/* The courier NUMBER, which is enrolled when it is first asked for. NULL: there were too many, or the hub can invite nobody now. */
struct sim_van *sim_van(struct sim *sim, unsigned number);
/* Its process, or its power, is gone, and it is started again: what it signed for is there. */
void sim_van_falls(struct sim *sim, struct sim_van *van, bool power);
/* The operator cuts VAN off, as sim_cutoff(), which is remembered when it is gone. */
void sim_van_cutoff(struct sim *sim, struct sim_van *van);
/* Whether a courier of this device ID was cut off. */
bool sim_van_was_cut(const struct sim *sim, const uint8_t id[static PH_DEVICE_ID_SIZE]);
/* Its disk is no more, and with it all that it carried. */
void sim_van_lost(struct sim *sim, struct sim_van *van);

/*
 * An exchange, as HOW says: DEVICE meets VAN, or VAN comes to the hub, each to its end. KILL
 * is of the courier, HUB_KILL of the other. What the device's store failed with; 0: it did not. Whether all went to its end at the hub.
 */
int sim_meet(struct sim *sim, struct sim_van *van, struct sim_device *device,
	     struct sim_line_how how);
bool sim_base(struct sim *sim, struct sim_van *van, struct sim_line_how how);

/* --- van_check.c --- */

/* VAN told GIVER (a device's id, or the hub's) that it keeps the bundle LINE. */
void sim_vow(struct sim *sim, const struct sim_van *van,
	     const struct ph_courier_line *line);
/* It was taken, or REFUSED, where it was to go. */
void sim_vow_done(struct sim *sim, const struct sim_van *van, const char *name,
		  bool refused);
/* GIVER said that all it wants carried are the N hashes at OFFERED. */
void sim_vow_listed(struct sim *sim, const struct sim_van *van,
		    const uint8_t giver[static PH_DEVICE_ID_SIZE], const uint8_t *offered,
		    size_t n);
void sim_vow_forget(struct sim *sim, const struct sim_van *van);
/* DEVICE was told by VAN that it has all, in so many BUNDLES. */
void sim_hand_over(struct sim *sim, const struct sim_van *van, struct sim_device *device,
		   uint64_t bundles);
/* What VAN signed for it has, whole. */
void sim_check_vows(struct sim *sim, struct sim_van *van);
/* An exchange with TO went well from end to end: nothing is left that is for it. */
void sim_check_given(struct sim *sim, const struct sim_van *van, const uint8_t *to);

/* --- unread.c --- */

/* Nothing that people wrote so far can be read on the DISK of a courier, or on a stick. */
void sim_check_unread(struct sim *sim, const char *disk);
/* Nor on any of them. */
void sim_check_all_unread(struct sim *sim);
/* Names in ENTRIES, in their JSON view, that no courier may read. */
void sim_note_words(struct sim *sim, const json_t *entries);

/* --- van_road.c: people --- */

/* There and back by courier. As sim_round_trip(). */
int sim_courier_trip(struct sim *sim, struct sim_device *device);
/* Each courier comes to the hub once. */
void sim_all_to_base(struct sim *sim);
void sim_do_meet(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_base(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_tour(struct sim *sim, struct sim_device *device, const struct ph_rng *dice);
void sim_do_meet_cut(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice);
void sim_do_van_fall(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice);
void sim_do_van_lost(struct sim *sim, struct sim_device *device,
		     const struct ph_rng *dice);

#endif
