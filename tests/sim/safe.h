/*
 * tests/sim/safe.h - backups of the hub, and the day on which its disk is dead.
 *
 * A backup is made as `packhorsed backup` makes it, and restored as `packhorsed restore` does,
 * by the same functions; the command lines' words are left out. In some provinces there is a
 * second medium. What the hub had said itself since its backup then comes back from there;
 * else from devices, as far as those have it that come by a network.
 */
#ifndef PH_TESTS_SIM_SAFE_H
#define PH_TESTS_SIM_SAFE_H

#include "daemon/backup_key.h"
#include "tests/sim/world.h"

/* What a device was to the hub when the backup was made. */
struct sim_safe_device {
	bool is_cut;
	struct sim_limit limits[SIM_LIMITS];
	unsigned n_limits;
};

#define SIM_LEFT 32

struct sim_safe {
	struct ph_recovery_key key;
	bool has_backup, has_second;
	char path[SIM_PATH]; /* of the backup */
	const char *lacks;   /* of the program that made it */
	struct sim_safe_device device[SIM_DEVICES_MAX];
	bool is_restoring;
	unsigned n_lost; /* times that the disk of the hub died */
	bool has_aside;  /* a copy of its folder is laid aside: back.c */
	struct sim_safe_device aside[SIM_DEVICES_MAX];
	unsigned n_back; /* times that it was put back */
	uint8_t left[SIM_LEFT]
		    [PH_LOG_ID_SIZE]; /* logs that a restored hub only completes */
	unsigned n_left;
};

/* Before the province is founded. */
void sim_safe_begin(struct sim *sim);
void sim_safe_end(struct sim *sim);
/* The second medium's folder, or NULL. */
const char *sim_safe_second(const struct sim *sim);

/* False: the disk of the hub was in the way. */
bool sim_backup(struct sim *sim);
/* The disk of the hub is dead; its newest backup is restored onto another. */
void sim_hub_lost(struct sim *sim);
/* Whether that, or an older copy of its folder in its place, has ever happened. */
bool sim_is_put_back(const struct sim *sim);
/* The operator says that enough devices have called, if that is waited for. */
void sim_collected(struct sim *sim);

/* Where what the hub has just said to all stands. */
void sim_place_said(const struct sim *sim, struct sim_place *out);
/* Where what it has just decided stands. */
void sim_place_decided(const struct sim *sim, struct sim_place *out);
/* Whether JOURNAL, which is to be readable, has the entry at PLACE. 0, 1: no, negative errno. */
int sim_place_held(struct ph_journal *journal, const struct sim_place *place);
/* Whether somebody has what stands at PLACE, and brings it back to a hub that was put back. */
bool sim_comes_back(struct sim *sim, const struct sim_place *place);
/* Whether LOG_ID is a log of the hub's that it does not write any more. */
bool sim_is_left(const struct sim *sim, const uint8_t *log_id);
/*
 * Whether entries of DEVICE may be nowhere but at others: it was cut off, and the hub, which
 * does not serve it, lost its disk.
 */
bool sim_is_orphaned(const struct sim *sim, const struct sim_device *device);
/* Whether the hub holds what RECEIPT is for; also while its disk is about to fail. */
bool sim_hub_has(struct sim *sim, const struct sim_receipt *receipt);
/* Of what devices have receipts for, the hub may lack some now: whoever has it is to offer it again. */
void sim_reckon_receipts(struct sim *sim);
/* What the hub had signed for and lost is there again. */
void sim_check_back(struct sim *sim);

#endif
