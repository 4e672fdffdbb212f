/*
 * tests/sim/sim.h - a whole province in one process, in virtual time, by one seed.
 *
 * A script is the layout of a province and a list of events; each event carries a seed of
 * its own, so that leaving one out changes nothing of the others. sim_run() plays a
 * script with the real hub, real sites and real sessions, checks the invariants on the
 * way, lets the faults end, and sees whether all come together.
 */
#ifndef PH_TESTS_SIM_SIM_H
#define PH_TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What must hold; names and words: sim_invariants[], docs/TESTING.md. */
enum sim_invariant {
	SIM_OK,
	SIM_SAVED,
	SIM_RECEIPTED,
	SIM_BACKUP,
	SIM_HUB_CLOCK,
	SIM_AFTER_READ,
	SIM_JUDGED,
	SIM_REPLAY,
	SIM_SESSION,
	SIM_STICK,
	SIM_AGAIN,
	SIM_REFUSED,
	SIM_CUSTODY,
	SIM_UNREAD,
	SIM_SIBLING,
	SIM_BUDGET,
	SIM_STOLEN,
	SIM_COLLECTS,
	SIM_KEPT,
	SIM_FORGED,
	SIM_HEALTHY,
	SIM_WHOLE,
	SIM_CONVERGES,
	SIM_SAME_ENTRIES,
	SIM_SAME_LEDGER,
	SIM_REBUILD,
	SIM_COUNTS,
	SIM_BOOKS,
	SIM_EXPLAINED,
	SIM_LIVE,
	SIM_ERASED,
	SIM_AWAY,
	SIM_TWICE,
	SIM_DIED,
	SIM_INVARIANTS,
};
struct sim_invariant_doc {
	const char *name, *doc;
};
extern const struct sim_invariant_doc sim_invariants[SIM_INVARIANTS];

/* What may happen; sim_ops[] names them. */
enum sim_op {
	/* ordinary days */
	SIM_DO_WORK, /* a few entries of ordinary work at a device */
	SIM_DO_ODD,  /* one that contradicts another, or corrects it */
	SIM_DO_SYNC, /* a session, whole */
	SIM_DO_PAIR, /* three devices at once */
	/* the hub's operator */
	SIM_DO_CONFIRM,
	SIM_DO_DECIDE,
	SIM_DO_HUBWORK,
	SIM_DO_CUTOFF,
	SIM_DO_ADOPT,
	/* roads */
	SIM_DO_CUT,     /* a session whose link breaks at some byte */
	SIM_DO_CORRUPT, /* ... one of whose bytes arrives as another */
	SIM_DO_STALL,   /* ... in which nothing moves from some point on */
	SIM_DO_LINGER, /* ... that the device gives up, while what it sent arrives later */
	SIM_DO_REPLAY, /* somebody plays an old first message to the hub */
	SIM_DO_AWAY,   /* nothing at all for up to two weeks */
	/* the road without a network: carry.c */
	SIM_DO_PACK, /* a device packs for the hub */
	SIM_DO_TAKE, /* a device is shown a stick */
	SIM_DO_HUB_STICK,
	SIM_DO_VAN, /* one to three devices pack, the hub takes and packs, they take */
	SIM_DO_PULL,
	SIM_DO_STICK_FULL,
	SIM_DO_LOSE,
	SIM_DO_OLD,
	SIM_DO_DAMAGE,
	/* couriers: van_road.c */
	SIM_DO_MEET, /* a device meets one */
	SIM_DO_BASE, /* one comes to the hub */
	SIM_DO_TOUR, /* one to three devices, the hub, and they again */
	SIM_DO_MEET_CUT,
	SIM_DO_VAN_FALL,
	SIM_DO_VAN_LOST,
	SIM_DO_LAN, /* two devices, mostly of one site: lan.c */
	SIM_DO_LAN_CUT,
	SIM_DO_BUDGET, /* what a month may cost: purse.c */
	/* machines */
	SIM_DO_KILL,    /* the process of a device ends, wherever it is */
	SIM_DO_POWER,   /* its power fails */
	SIM_DO_KILL_IN, /* the same in the middle of a session */
	SIM_DO_POWER_IN,
	SIM_DO_HUB_KILL,
	SIM_DO_HUB_POWER,
	SIM_DO_HUB_KILL_IN,
	SIM_DO_HUB_POWER_IN,
	SIM_DO_HUB_CLOCK,
	SIM_DO_HUB_BACKUP,
	SIM_DO_HUB_LOST,  /* its disk is dead, and the newest backup restored */
	SIM_DO_COLLECTED, /* the operator says that enough devices have called */
	SIM_DO_CLOCK,     /* a device's clock is wrong from now on, or right again */
	SIM_DO_REBOOT,    /* with its clock set anew */
	SIM_DO_FULL,      /* its disk is full for a while */
	SIM_DO_IO,        /* one write, or flush, of it fails */
	SIM_DO_HUB_FULL,
	SIM_DO_HUB_IO,
	/* folders */
	SIM_DO_IMAGE,   /* a copy of the folder is laid aside */
	SIM_DO_RESTORE, /* ... and put back */
	SIM_DO_CLONE,   /* a second machine goes on with a copy of the folder */
	/* thieves, of whom only some seeds have any: theft.c */
	SIM_DO_COPIED_INVITE, /* two machines join with one invite, one of them a thief's */
	SIM_DO_KEYS_STOLEN, /* somebody has the hub's online keys, and uses them at the end */
	SIM_DO_ERASE,       /* a reader is erased, in some seeds: erase.c */
	SIM_DO_HUB_ASIDE,   /* of the hub a copy is laid aside, in some seeds: back.c */
	SIM_DO_HUB_BACK,    /* ... and put back */
	SIM_DO_HUB_EARLIER, /* its program takes no newer hello, in some seeds: version.c */
	SIM_DO_HUB_NEWER,   /* ... until it gets the newest */
	SIM_OPS,
};
struct sim_op_doc {
	const char *name;
	unsigned weight; /* of a hundred thousand or so */
	bool fault;
};
extern const struct sim_op_doc sim_ops[SIM_OPS];

struct sim_event {
	uint32_t after; /* seconds since the one before */
	enum sim_op op;
	unsigned who; /* device; taken modulo those there are */
	uint64_t seed;
};

#define SIM_EVENTS_MAX  512
#define SIM_DEVICES_MAX 16

struct sim_script {
	uint64_t seed;      /* of the province itself */
	unsigned n_devices; /* at the start */
	bool closely;       /* every invariant is looked at behind each event: step.c */
	size_t n_events;
	struct sim_event events[SIM_EVENTS_MAX];
};

/* The script of SEED. */
void sim_plan(struct sim_script *script, uint64_t seed);
/* As lines of text, and back. sim_script_read() returns 0, or -1 having said what is wrong with which line on standard error. */
void sim_script_print(const struct sim_script *script, FILE *to);
int sim_script_read(struct sim_script *script, FILE *from, const char *name);

/* How much happened. */
struct sim_tally {
	uint64_t events[SIM_OPS];
	uint64_t sessions, whole, entries, receipts, cases, rounds, devices, forks, acts;
	uint64_t cuts_in, kills_in; /* inside sessions */
	uint64_t compared;          /* ledgers of devices with the hub's */
	uint64_t excused;           /* those that cannot be */
	uint64_t dead;              /* entries that died with a disk */
	uint64_t older;             /* machines whose program was not the newest */
	uint64_t anew; /* calls that began anew: the hub's program took no such hello */
	uint64_t packed,
		carried;    /* packings that were done; bundles taken whole, once each */
	uint64_t met, vows; /* exchanges with couriers, whole; bundles signed for */
	uint64_t lan, by_lan;   /* exchanges by LAN, whole; entries that came so */
	uint64_t bounded, poor; /* sessions that a budget bounds; or keeps away */
	uint64_t brought;       /* of them, by couriers, taken where they go, once each */
	uint64_t put_off;       /* sessions and bundles */
	uint64_t told;          /* bundles of hubs, opened for the times in them */
	uint64_t lost;          /* disks of hubs */
	uint64_t back;          /* older copies in the place of hubs */
	uint64_t torn;          /* snapshots of hubs that were torn */
	uint64_t kept;          /* words of desk logs that devices brought back */
	uint64_t looks;         /* stores read whole and folded anew, before the end */
	uint64_t plain;         /* copies to which nothing odd was done */
	uint64_t shifted;   /* entries of a clock that was behind, by what the hub said */
	uint64_t erased;    /* orders */
	uint64_t away;      /* bundles with parts of erased readers that were found */
	uint64_t late_puts; /* of readers whose erasure that device had not heard of */
	uint64_t notes;     /* about readers who were erased, before or behind that */
	/* what a cut left at a device: so often it went as an order was carried out; was read behind that */
	uint64_t fronts_gone, fronts_read;
};

struct sim_result {
	enum sim_invariant broken; /* SIM_OK: none */
	int64_t second;            /* virtual, since the beginning */
	char what[600];
	uint8_t digest[32]; /* of all that happened: equal for equal runs */
	struct sim_tally tally;
};

struct sim_site {
	const char *code, *commune, *kind, *name;
	bool no_readers;
	const char *route; /* of a van */
};
/* Those of the simulator: siblings, a site without a register, a van. */
extern const struct sim_site sim_six_sites[6];

/*
 * Once in a process, before it forks: the disk in memory, and the pattern of a hub with
 * these sites, which it borrows.
 */
void sim_start(const struct sim_site *sites, unsigned n);
void sim_end(void);
/* Play SCRIPT; TRACE (may be NULL) gets a line for each thing that happens. */
void sim_run(const struct sim_script *script, FILE *trace, struct sim_result *result_out);

#endif
