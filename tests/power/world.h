/*
 * tests/power/world.h - a hub, the PCs of two sites and a courier on the simulated disk, and
 * what each of them has promised: what it may never be without again, whenever its power goes.
 */
#ifndef PH_TESTS_POWER_WORLD_H
#define PH_TESTS_POWER_WORLD_H

#include "client/budget.h"
#include "client/site.h"
#include "daemon/hub.h"
#include "proto/courier_message.h"
#include "tests/sim/disk.h"

enum {
	HUB, /* machines */
	SITE_A,
	SITE_B,
	SITE_C, /* the other PC of A's site */
	COURIER,
	MACHINES,
	SITE_NEW = MACHINES, /* one that is only just joining */
	PLACES,
	SITES = COURIER - SITE_A,

	LOGS_MAX = 16,
	CODES_MAX = 64,
	VOWS_MAX = 32,
};

extern const char *const power_name[MACHINES]; /* "hub", "a", "b", "c", "courier" */
/* Closed, as they were made; and the text of an invite for one more site. */
extern const char *const power_pristine_hub;
extern struct ph_buf power_invite;
extern struct ph_sign_pair power_root, power_operator;

/* What a machine holds of one log. */
struct held {
	struct ph_head head;
	uint64_t receipted;                       /* hub: given out; site: kept */
	uint64_t backed;                          /* what a backup of the hub has of it */
	uint64_t second;                          /* hub: what its second medium has */
	uint64_t missing[PH_RECEIPT_MISSING_MAX]; /* parts that the receipt names */
	size_t n_missing;
};

/* What locks a desk. */
struct power_pin {
	unsigned number; /* which PIN, one more each time; 0: none */
	char card[PH_DESK_CARD_SIZE + 1];
};

/* What a machine has besides its logs, and has said (trust.c). */
struct beside {
	/* site: the account of the network as it stands, and as it does after a start of the machine,
	 * when the month is the last that the hub told; and what the budget is */
	uint64_t account, started, budget;
	/* what sessions with a bound took, counted beside it: no account may have less */
	uint64_t gone;
	struct power_pin pin;
	unsigned tries; /* at it that were wrong, since it was right */
	/* site: so many of its entries are with a courier, which signed for them then */
	uint64_t with_courier;
	int64_t signed_for;
	/* hub: the signing key in use; when the last backup was kept */
	uint8_t key[PH_KEY_SIZE];
	int64_t backup;
	unsigned erased; /* bits: orders to erase that it has carried out, as it says */
	/* site: what a cut left of an item, as it is stored, by a hash; zeros: nothing */
	uint8_t front[16];
	int64_t mark; /* ph_erasing_mark() when it had last carried an erasure out */
};

/* A bundle that the courier has signed for, to a site or to the hub. */
struct vow {
	uint8_t hash[PH_BUNDLE_HASH_SIZE];
	uint8_t from[PH_DEVICE_ID_SIZE];
	bool is_up;
};

/* What a machine holds. */
struct holding {
	struct held log[LOGS_MAX];
	unsigned n_logs;
	struct ph_fed_cursor fed; /* site */
	/* hub: how far the feed of each site went, as that site has it */
	struct ph_fed_cursor told[MACHINES];
	/* site: codes that were printed */
	char code[CODES_MAX][PH_PRINTED_SIZE + 1];
	unsigned n_codes;
	/* courier: what it must have, whole */
	struct vow vow[VOWS_MAX];
	unsigned n_vows;
	struct beside beside;
};

struct machine {
	struct ph_now now;
	struct ph_rng_seeded seeded;
	struct ph_rng rng;
	bool is_without; /* hub: its second medium is not plugged in */
	char second[64]; /* where that is */
};

struct world {
	struct machine machine[MACHINES];
	struct ph_hub *hub;
	struct ph_site *site[MACHINES]; /* NULL at HUB */
	uint8_t device[PLACES][PH_DEVICE_ID_SIZE];
	uint8_t own_log[PLACES][PH_LOG_ID_SIZE];
	struct holding promised[MACHINES];
	/* of desks: the PIN that is being set, and the secret once it has one */
	struct power_pin pin_next[MACHINES];
	uint8_t desk_secret[MACHINES][PH_BOX_SECRET_SIZE];
	unsigned rotations, months;
	uint64_t draws;
	uint64_t written;    /* names of what is written come from it */
	const char *doing;   /* the step */
	struct ph_error err; /* how it failed */
	/* around each call on a machine, for who takes images */
	void (*call)(void *data, unsigned machine, bool ended);
	void *data;
};

_Noreturn void power_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The next number of a stream that began at *STATE: splitmix64 (Steele, Lea, Flood 2014). */
uint64_t power_draw(uint64_t *state);
uint64_t power_below(struct world *world, uint64_t bound);

/* Make hub and sites once, closed, on disks "p-hub", "p-a", "p-b". */
void world_make(void);
/* Begin with copies of these, all open. */
void world_begin(struct world *world, uint64_t seed);
void world_end(struct world *world);

/* Open what is on the disk NAME as MACHINE; 0 or negative errno with ERR. */
int world_open_hub(struct machine *machine, const char *name, struct ph_hub **hub_out,
		   struct ph_error *err);
/* DISK's folder as a hub's, or a site's: what it is opened, made or joined with. */
struct ph_hub_config power_hub_config(struct machine *machine, const char *dir);
struct ph_site_config power_site_config(struct machine *machine, const char *dir);
void power_folder(const char *disk, char out[static 64]);
struct ph_clock power_clock(struct machine *machine);
int world_open_site(struct machine *machine, const char *name, struct ph_site **site_out,
		    struct ph_error *err);
/* The machine was started again. */
void machine_boot(struct machine *machine);

/* What they hold. 0 or negative errno. */
int hub_holding(struct ph_hub *hub, struct holding *out);
int site_holding(struct ph_site *site, struct holding *out);
struct held *held_of(struct holding *holding, const uint8_t id[static PH_LOG_ID_SIZE]);

/* Into NEW what OLD promised that does not stand in the store: codes, receipts given, feeds told. */
void power_keep_words(const struct holding *old, struct holding *new);
/*
 * Around a call on MACHINE: it begins; it returned RC, and when that is good, what is held
 * now is promised. Nothing if WORLD is NULL.
 */
void power_call(struct world *world, unsigned machine);
void power_called(struct world *world, unsigned machine, int rc);
/* Bundles of a site to the hub and back, by stick. 0 or negative errno with world->err. */
int power_carry(struct world *world, unsigned index);
/* What the hub packed for a site has a receipt for all that it holds of that one's own log. */
void power_promise_receipts(struct world *world, unsigned index);
/* The keys by which SITE calls HUB, as far as it has heard: those in use, or that were; NULL. */
const struct ph_box_pair *power_called_keys(struct ph_hub *hub, struct ph_site *site);

/* roads.c: by stick, by courier or to the other PC of the site. Sets world->doing. As a step. */
int power_roads(struct world *world, unsigned index);

/*
 * lan.c: A and C, who calls first, exchange what they have; cut after so many bytes (below
 * 0: never). 0: complete, and each has all that the other wrote; 1: cut; negative: failed, with
 * ERR. WORLD may be NULL.
 */
struct power_lan {
	struct world *world;
	struct ph_site *site[2];
	unsigned index[2];
	struct ph_rng rng[2];
	int64_t cut;
};
int power_lan(const struct power_lan *lan, struct ph_error *err);

/*
 * courier.c: the courier, whose device is COURIER, meets SITE, or comes to HUB; the other of
 * them is NULL. As power_lan(), but the disks' names are needed, too. Both are open, also
 * afterwards unless they failed.
 */
struct power_errand {
	struct world *world;
	struct ph_site *courier;
	const char *courier_disk;
	struct machine *clock; /* the courier's */
	struct ph_site *site;
	const char *site_disk;
	unsigned index; /* of the site, or HUB */
	struct ph_hub *hub;
	struct ph_rng rng; /* of the other */
	int64_t cut;
};
int power_errand(const struct power_errand *errand, struct ph_error *err);
/* The folder of a courier whose disk is DISK. */
void power_carried(const char *disk, char out[static 64]);

/*
 * second.c: what the second medium in FOLDER has of each log of OUT, into that. *WHOLE_OUT, if
 * not NULL: nothing follows the last whole record. 0; -EUCLEAN: a log has a gap there, or
 * is not one of OUT; or another negative errno.
 */
int power_second(const char *folder, struct holding *out, bool *whole_out);

/*
 * trust.c: a budget is set, or a session spends of it; a desk gets a PIN, is opened, is tried;
 * the hub gets other keys, is backed up. Each 0 or negative errno with world->err.
 */
int power_budget(struct world *world, unsigned index);
int power_desk(struct world *world, unsigned index);
int power_rotate(struct world *world);
int power_backup(struct world *world);
/* NEW, it was OLD: a month may have turned since its account was read last. */
void power_month_turns(const struct world *world, const struct holding *old,
		       struct holding *new);
/* One of these or an erasure: they take long, and so are done seldom. Sets world->doing. */
int power_seldom(struct world *world, unsigned index);
/*
 * After a start: a PIN that was being set when the power went is there, or the one before it.
 * 0; -EACCES: neither.
 */
int power_desk_settle(struct world *world, unsigned index);
/* The digits of a PIN. */
void power_pin_text(unsigned number, char out[static PH_PIN_MAX + 1]);
/* One command of the hub, a call by itself; REQUEST is taken. NULL: it failed, world->err says how. */
json_t *power_ask(struct world *world, json_t *request);

/* erase.c: a script begins; a reader was registered; one is ordered to be erased, if there is one. */
void power_erase_begin(void);
void power_erase_wrote(const struct ph_ref *reader);
int power_erase(struct world *world);
/* Bits of the orders that the store of JOURNAL says are carried out. 0 or negative errno. */
int power_erased(struct ph_journal *journal, unsigned *bits_out);
/* A file of DISK in which something lies that the orders BITS had erased; NULL: none. */
const char *power_erased_lies(const char *disk, unsigned bits);

/*
 * front.c: PCs of one site, of which one gets what the other wrote over a link that breaks: what
 * came of it stays, grows, is finished, or goes. As a step.
 */
int power_front(struct world *world);
/* A script begins. */
void power_front_begin(void);
/* SITE, of MACHINE, has kept the front of an item, if that is another one than before. 0 or negative errno. */
int power_front_kept(struct ph_site *site, unsigned machine);
/* SITE holds NEW, it was OLD: if it has carried an erasure out, what was kept before that is gone. 0 or negative errno. */
int power_front_gone(struct ph_site *site, const struct holding *old,
		     struct holding *new);
/* As power_erased_lies(): of the fronts that MACHINE kept before so much was erased there. */
const char *power_front_lies(const char *disk, unsigned machine, int64_t mark);
/* What stands there of it, also used by power_beside_site(). 0 or negative errno. */
int power_beside_front(struct ph_site *site, struct beside *out);
/* Nothing is kept of an item. 0, 1 or negative errno. */
int power_front_none(struct ph_site *site);

/* What stands there of this; also used by hub_holding() and site_holding(). 0 or negative errno. */
int power_beside_site(struct ph_site *site, struct beside *out);
int power_beside_hub(struct ph_hub *hub, struct beside *out);

/* One random thing. False: a machine has failed, as after a cut. */
bool world_step(struct world *world);
/*
 * A session of SITE with HUB, cut after so many bytes (below 0: never). 0: complete; 1:
 * cut; negative: failed, with ERR. WORLD (may be NULL) is told of the calls, and notes
 * what is promised.
 */
struct drive {
	struct world *world;
	struct ph_hub *hub;
	struct ph_site *site;
	unsigned index; /* of the site */
	struct ph_rng hub_rng, site_rng;
	int64_t cut;
	size_t hub_frame; /* as `frame_max` of the hub */
};
int power_session(const struct drive *drive, struct ph_error *err);
/* One of SITE, and what follows it, as a step: cut after so many bytes, or not (below 0). 0 or negative errno. */
int power_meet(struct world *world, unsigned index, int64_t cut);
/* Write a visit. */
int power_visit(struct ph_site *site, uint64_t count, struct ph_error *err);
/* Set a policy. 0, or 1 with the error's text in ERR. */
int power_policy(struct ph_hub *hub, uint64_t value, struct ph_error *err);

#endif
