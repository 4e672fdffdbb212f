/*
 * tests/sim/world.h - the machines of a simulated province: a hub and devices of sites.
 *
 * Every machine has a folder, clocks and randomness of its own. What the real programs
 * do when they start, work and end is done here by their own functions.
 */
#ifndef PH_TESTS_SIM_WORLD_H
#define PH_TESTS_SIM_WORLD_H

#include <setjmp.h>
#include <sodium.h>

#include "client/site.h"
#include "daemon/hub.h"
#include "daemon/partials.h"
#include "tests/sim/sim.h"

/* The second at which everything begins: 23 September 2026. */
#define SIM_T0        INT64_C(1790100000)
#define SIM_DAY       INT64_C(86400)
#define SIM_SITES_MAX 1000
#define SIM_PATH      200
#define SIM_TAPES     4
#define SIM_REFUSE    (-1000) /* the hub said no, in words */

struct sim;

struct sim_machine {
	struct sim *sim;
	char name[12];
	char dir[SIM_PATH];
	int64_t skew;   /* seconds that its wall clock is ahead of the truth */
	int64_t booted; /* millisecond */
	uint8_t boots;
	bool ill;          /* its disk fails, or is full: what is asked of it may fail */
	unsigned ill_for;  /* events */
	const char *lacks; /* kinds that its program does not know: version.h */
	bool old_hello;    /* its program takes hellos of version 1 alone */
	bool updated;      /* its program once knew fewer kinds */
	bool hurt;    /* its program met an error of an earlier fault, and runs still */
	bool touched; /* its program ran in the event in hand: step.c */
	struct ph_rng_seeded seeded;
	struct ph_clock clock;
	struct ph_rng rng;
};

/* Somebody recorded the first message of a session. */
struct sim_tape {
	struct ph_buf bytes;
};

/* Where something that the hub said to all stands. */
struct sim_place {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t h[PH_HASH_SIZE]; /* of all up to there: one history of several */
};

/* How far a log of a device that was cut off counts. */
struct sim_limit {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	struct sim_place said; /* in the desk log, by an adoption; n 0: by the cut */
};
#define SIM_LIMITS 24

/* Bytes over the network in a month, by the name that the device gives it. */
#define SIM_MONTHS 8
struct sim_month {
	char name[8];
	uint64_t spent;
};
/* What somebody carried to the hub, and from it. */
struct sim_freight {
	uint64_t up, down; /* bytes */
	uint64_t bundles_up, bundles_down;
};
struct sim_purse { /* purse.h */
	uint64_t bytes;
	bool is_bound; /* the session that runs, which is of the month NOW; ... */
	bool is_sure;  /* ... as the hub told it, else as the device has it */
	struct sim_month *now;
	struct sim_month month[SIM_MONTHS];
	unsigned n_months;
};

struct sim_device {
	struct sim_machine machine;
	unsigned number;
	unsigned site; /* index in sim_sites[] */
	uint8_t id[PH_DEVICE_ID_SIZE];
	char hex[2 * PH_DEVICE_ID_SIZE + 1];
	struct ph_site_config config;
	struct ph_site *site_open; /* NULL: off */
	bool confirmed;            /* by the operator, as the simulator remembers */
	bool cut;                  /* off, likewise */
	bool was_lan;              /* it exchanged with another by LAN */
	struct sim_limit limits[SIM_LIMITS];
	unsigned n_limits;
	struct sim_limit cut_limits[SIM_LIMITS]; /* as they were when it was cut off */
	unsigned n_cut_limits;
	/* ... and in the store that the hub was put back to, if that knew of the cut */
	struct sim_limit then_limits[SIM_LIMITS];
	unsigned n_then_limits;
	struct sim_place confirmed_at, cut_at; /* where the hub says so */
	struct sim_place lost_cut_at;          /* and said so, in days that it lost */
	bool is_cut_lost;
	bool has_image;
	int64_t image_second;
	int twin; /* the device whose folder it began with; -1: it joined */
	/* What the simulator did to it, for what is found at the end. */
	bool was_clocked, was_restored, was_cloned;
	bool is_thief;   /* it joined with a copy of the invite that MATE joined with */
	int mate;        /* who used the same invite; -1: nobody */
	bool no_network; /* it is reached by stick alone, from its invite on */
	bool unnoted;    /* its receipts could not be read for a fault of its disk */
	struct sim_tape tapes[SIM_TAPES];
	unsigned n_tapes;
	uint64_t bytes_up, bytes_down; /* of all its sessions */
	struct sim_purse purse;
	int64_t arrived; /* millisecond at which the hub last took a bundle of it; -1: never */
	int64_t synced;    /* millisecond of the last whole session; -1: none */
	int64_t read;      /* the hub's time of what it read last; 0: nothing: read.c */
	int64_t read_skew; /* of its clock then */
};

/* Those of this process: by sim_start(). */
extern const struct sim_site *sim_sites;
extern unsigned sim_n_sites;

/* An entry that a device said was saved. */
struct sim_ack {
	struct ph_ref ref;
	uint16_t device;
	uint16_t kind;
	bool dead;     /* its only copy died with a folder that was put back or lost */
	bool away;     /* not at the device any more, but at the hub */
	uint64_t site; /* its number */
	uint32_t voided_by; /* index + 1 */
	int64_t at;         /* millisecond when it was written */
	bool unheard; /* its device had never had a whole session: nobody knows its clock */
	int64_t ahead;       /* seconds that the clock of its device was ahead */
	struct ph_buf bytes; /* as they were read once, to be looked for: unread.c */
	uint32_t
		beside; /* index + 1 of one that another copy of its folder has, and it had not */
};

/* A receipt that a device was given. */
struct sim_receipt {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
	uint8_t h[PH_HASH_SIZE];
	bool lost;   /* with the disk of the hub; its device is to offer it again */
	bool gone;   /* likewise; and nobody is there who would */
	bool behind; /* the folder that was put back lacked it, and each backup since */
};

/* Of a log of the hub: how far its stamps were looked at. */
struct sim_seen {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t n;
};

struct sim_books;    /* work.h */
struct sim_sticks;   /* stick.h */
struct sim_vans;     /* van.h */
struct sim_safe;     /* safe.h */
struct sim_erasures; /* erase_internal.h */
struct sim_words;    /* kept.c */

struct sim {
	const struct sim_script *script;
	FILE *trace;
	struct sim_result *result;
	jmp_buf out;
	crypto_generichash_state heard; /* of all that was noted */
	int64_t now;                    /* milliseconds since SIM_T0 */
	size_t at;                      /* the event in hand, from 1; 0: before them */
	bool settling;                  /* the faults are over */
	unsigned hub_samples, site_samples; /* times that all of it was read: step.c */
	bool mixed;                         /* some programs may be older: version.h */
	bool calm;                          /* costly checks wait for the end */
	bool strict; /* the hub lets no device bring much at once */

	struct sim_machine hub_machine;
	bool hub_clocked;        /* its clock was set */
	int64_t hub_latest;      /* the latest that it showed before it was set */
	struct sim_seen seen[2]; /* of its control log, its desk log */
	struct ph_hub *hub;
	bool hub_asked; /* a command came since it last folded */
	bool hub_failed; /* it met an I/O error; as the daemon does, it ends and starts again */
	struct ph_sign_pair operator_pair, root_pair;
	bool keys_stolen; /* those of the hub: theft_keys.c */
	bool is_false;    /* the hub in hand is the thief's */
	struct ph_partials partials;
	const uint64_t *site_numbers; /* of sim_sites[] */

	struct sim_device *devices;
	unsigned n_devices, cap_devices;

	struct sim_ack *acks;
	size_t n_acks, cap_acks;
	struct sim_receipt *receipts;
	size_t n_receipts, cap_receipts;
	struct sim_books *books;
	struct sim_sticks *sticks;
	struct sim_vans *vans;
	struct sim_safe *safe;         /* NULL: of this hub no backup is made */
	struct sim_erasures *erasures; /* NULL: none was ordered */
	struct sim_words *words;       /* of the hub's desk logs; NULL: none is known */
	struct ph_journal
		*reading; /* of a device, while its receipts are looked through */
};

/* --- what happens --- */

/* A line of the trace; all lines together are the digest of the run. */
void sim_note(struct sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* INVARIANT does not hold: the run ends here. */
_Noreturn void sim_broken(struct sim *sim, enum sim_invariant invariant,
			  const char *format, ...) __attribute__((format(printf, 3, 4)));
int64_t sim_truth(const struct sim *sim); /* seconds since 1970 */

/* --- machines --- */

void sim_machine_init(struct sim *sim, struct sim_machine *machine, const char *name,
		      uint64_t seed);
/* Its process, or its power, is gone; whoever starts it again has seen to the disk. */
void sim_machine_falls(struct sim_machine *machine, bool power);
struct ph_hub_config sim_hub_config(struct sim *sim);

/* --- the province --- */

/* Nothing is there yet; sim_found() makes a copy of the pattern hub, and devices join. */
void sim_open(struct sim *sim, const struct sim_script *script, unsigned cap_devices,
	      FILE *trace, struct sim_result *result);
void sim_close(struct sim *sim);

/*
 * The answer to REQUEST (taken), the caller's; NULL: it was refused, *EXIT_OUT (may be
 * NULL) says how. Anything but a refusal in words of a healthy hub breaks SIM_HEALTHY.
 */
json_t *sim_ask(struct sim *sim, json_t *request, int *exit_out);
/* The same for what an operator signs: the item is signed and brought back. True: written. */
bool sim_ask_signed(struct sim *sim, json_t *request);

/* DEVICE, whose machine is there, joins its site for ROLE with an invite, and is started. */
void sim_enrol(struct sim *sim, struct sim_device *device, uint64_t role);
/*
 * Two new devices of site number SITE join with one invite: the second is the machine of a
 * thief, who copied its text.
 */
void sim_join_copied(struct sim *sim, unsigned site, struct sim_device *pair_out[2]);
/* A new device of site number SITE joins with an invite. */
struct sim_device *sim_join(struct sim *sim, unsigned site);
/* Start the program of a device; what its disk says must be whole. */
void sim_device_open(struct sim *sim, struct sim_device *device);
void sim_device_close(struct sim_device *device);
void sim_hub_open(struct sim *sim);
void sim_hub_close(struct sim *sim);
/* Whether it may have put off what a device brings. */
bool sim_hub_puts_off(const struct sim *sim);
/* From now on a device brings what it will. */
void sim_hub_unbound(struct sim *sim);
/* The process is gone, with POWER all that was not flushed; then it is started again. */
void sim_device_fall(struct sim *sim, struct sim_device *device, bool power);
void sim_hub_fall(struct sim *sim, bool power);
/* The machine starts anew: other boot, other monotonic time. */
void sim_boot(struct sim_machine *machine);
/* Lay the folder of a device aside; put it back; give it to a new device. */
void sim_image(struct sim *sim, struct sim_device *device);
void sim_restore(struct sim *sim, struct sim_device *device);
/* Its disk is no more: what only it held is dead. */
void sim_device_dies(struct sim *sim, struct sim_device *device);
struct sim_device *sim_clone(struct sim *sim, struct sim_device *device);

/* Whether the journal of the hub, or of DEVICE, holds the entry REF. */
bool sim_hub_holds(struct sim *sim, const struct ph_ref *ref);
bool sim_device_holds(struct sim *sim, struct sim_device *device,
		      const struct ph_ref *ref);
/*
 * The simulator read something of the hub, or of DEVICE, which gave RC. True: its disk was
 * to fail, it was started again, and is to be read again. A read that fails without that
 * breaks SIM_HEALTHY; WHAT says what was read.
 */
bool sim_hub_again(struct sim *sim, int rc, const char *what);
bool sim_device_again(struct sim *sim, struct sim_device *device, int rc,
		      const char *what);

/* Whether the hub has heard of DEVICE. */
bool sim_is_known(struct sim *sim, const struct sim_device *device);
/* Whether what DEVICE or the hub does may fail by its disk. */
bool sim_is_ill(const struct sim *sim, const struct sim_device *device);
bool sim_hub_is_ill(const struct sim *sim);
bool sim_hub_failed(const struct sim *sim);
/*
 * From now on the disk of MACHINE is full but for ROOM bytes; or its operation number AT
 * fails, with FOR_EVER all behind it; for so many EVENTS, then it is sound.
 */
void sim_fill(struct sim_machine *machine, uint64_t room, unsigned events);
void sim_spoil(struct sim_machine *machine, uint64_t at, unsigned which, bool for_ever,
	       unsigned events);
void sim_heal(struct sim_machine *machine);
/*
 * A hub that stopped for an error is started again; so is the program of a device that met
 * one, of this fault or of one before it.
 */
void sim_hub_heal(struct sim *sim);
void sim_device_heal(struct sim *sim, struct sim_device *device);
void sim_found(struct sim *sim);

/* --- writing --- */

/*
 * Record ENTRIES, an array of JSON views (taken), at DEVICE in one commit, as its commands
 * do. Each is remembered as saved. Returns the index of the first in sim->acks, or -1
 * if nothing was written, which only an ill disk may do.
 */
ptrdiff_t sim_write(struct sim *sim, struct sim_device *device, json_t *entries);
#endif
