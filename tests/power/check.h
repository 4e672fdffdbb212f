/* tests/power/check.h - what must hold of a machine whose power went. */
#ifndef PH_TESTS_POWER_CHECK_H
#define PH_TESTS_POWER_CHECK_H

#include "tests/power/world.h"

/* The invariants, by the names that docs/TESTING.md explains. */
enum invariant {
	OPENS,
	ACKNOWLEDGED_STAYS,
	RECEIPTED_STAYS,
	WHOLE_OR_NOT,
	VERIFIES,
	LEDGER_IS_A_REBUILD,
	TOLD_STAYS,
	CODES_ARE_NEW,
	GOES_ON,
	NO_FALSE_ALARM,
	ACCOUNT_HOLDS,
	DESK_OPENS,
	KEYS_ARE_WHOLE,
	BACKUP_STAYS,
	ERASED_STAYS_ERASED,
	CUSTODY_STAYS,
	BUNDLES_ARE_WHOLE,
	SECOND_STAYS,
	KEPT_IS_WHOLE,
	FRONT_IS_WHOLE,
	INVARIANTS
};
extern const char *const invariant_name[INVARIANTS];

/* A disk after a cut. */
struct after_cut {
	const char *disk; /* its name */
	uint64_t seed;    /* of the cut; what is dear is looked at in some of them */
	unsigned machine;
	struct machine *clock; /* of the machine, as it was at the cut; it is booted */
	/* of the call that the cut fell into; AFTER is NULL when it never came to its end */
	const struct holding *before, *after;
	/*
	 * Also a session with copies of the others, as they are on their disks; whether
	 * others have changed since the cut must not be.
	 */
	bool meets;
	struct world *world;
};

struct finding {
	bool verified; /* chains, seals, ledger: the database had not come out before */
	enum invariant invariant;
	struct ph_error what;
};

/* What a run came to. */
struct tally {
	uint64_t budget; /* cuts that are left */
	uint64_t cuts, at[SIM_OP_COUNT],
		of[MACHINES + 1]; /* the last: folders being made */
	struct sim_disk_cut lost; /* of images that gave way to others, too */
	uint64_t replaced;        /* so many did */
	uint64_t sessions, verified, found[INVARIANTS], failures;
	uint64_t fronts,
		fronts_met; /* cuts with the front of an item; sessions of these */
	uint64_t first_at;  /* the cut that showed the first failure; 0: none */
	bool quiet;         /* show the first alone */
};
/* Count FINDING, and show it: WHERE and the cut's SEED. */
void tally_finding(struct tally *tally, const struct finding *finding, const char *where,
		   uint64_t seed);

/*
 * Images are taken behind operations of one call, of which nobody knows how many there will be. The
 * place of the next, if MOST are kept and each is to be as likely as another (algorithm R of
 * A. Waterman, in Vitter 1985): *SEEN came before it, one more now. MOST: it is not taken.
 */
unsigned tally_place(uint64_t *draws, unsigned most, uint64_t *seen);
/* An image of PLACE was taken behind WHAT; in the place of one that was taken behind WAS. */
void tally_image(struct tally *tally, unsigned place, enum sim_disk_op what);
void tally_image_replaced(struct tally *tally, enum sim_disk_op was,
			  enum sim_disk_op what);
void tally_print(const struct tally *tally);
extern const char *const power_op_name[SIM_OP_COUNT];

/* True when all hold; else the first that does not. The disk is used up by that. */
bool check_after_cut(const struct after_cut *cut, struct finding *finding_out);

/*
 * found.c: join a site, or make a hub, and cut the power behind operations of that, one of
 * ODDS. LIES as of the disk's traits; findings name the SCRIPT that it belongs to.
 */
void found_site(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
		unsigned odds);
void found_hub(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
	       unsigned odds);

/* kept.c: a device stores pieces of the desk log, and a hub that was restored takes them back. Likewise. */
void found_kept(struct tally *tally, uint64_t script, uint64_t seed, unsigned lies,
		unsigned odds);

/*
 * For found.c: a new site or hub, open from DISK, verifies and goes on; a site in a session
 * with a copy of the hub as it was made. The disk is used up, SITE or HUB stays open.
 */
bool check_new_site(struct ph_site *site, const char *disk, struct machine *clock,
		    struct finding *finding_out);
bool check_new_hub(struct ph_hub *hub, const char *disk, struct finding *finding_out);

#endif
