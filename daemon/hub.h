/*
 * daemon/hub.h - the hub's folder: keys, store, ledger, control log; no libuv here.
 *
 *   DIR/packhorsed.conf  settings          DIR/keys/online    hub keys, 0600
 *   DIR/hub.db           journal, ledger   DIR/keys/root      province root, passphrase
 *   DIR/lock             who holds it      DIR/keys/operator  operator key, passphrase
 *   DIR/keys/list        root-signed key list
 *   DIR/keys/online.*    hub keys that were in use: hub_keys.h
 *   DIR/socket           the running daemon's local commands
 *
 * Used by one thread at a time: the daemon's store worker, or a command that has
 * taken the folder's lock itself because no daemon runs.
 */
#ifndef PH_DAEMON_HUB_H
#define PH_DAEMON_HUB_H

#include <jansson.h>

#include "common/base/limits.h"
#include "common/ledger/ledger.h"
#include "common/log/writer.h"
#include "daemon/accounts.h"
#include "daemon/feeder.h"
#include "daemon/quota.h"
#include "proto/session.h"

/* In a folder into which a backup is being restored: daemon/cmd_restore.c. */
#define PH_HUB_RESTORING "restore.unfinished"

struct ph_hub;

struct ph_hub_config {
	const char *dir;
	const char *who;
	unsigned wait_ms;
	const char *second; /* folder of the second medium; NULL: there is none */
	/*
	 * The folder of the hub whose witness it has (ph_hub_witness_folder()), as a rule DIR; NULL:
	 * none. Only while it is opened.
	 */
	const char *witness;
	struct ph_clock clock;
	bool watches_clock; /* with one that jumps nothing is signed: hub_clock.h */
	bool is_looked_at;  /* there will be another view of it: hub_look.h */
	struct ph_rng rng;
};

/* What devices may make the hub keep; all 0: no bound. */
struct ph_hub_bounds {
	unsigned entries_a_day, entries_saved; /* of one device: quota.h */
	bool keeps_reserve;                    /* by this process, ... */
	unsigned reserve_mib;                  /* ... of this size: hub_room.h */
};

struct ph_hub_init {
	const char *listen; /* ADDR:PORT written to the configuration, and into invites */
	struct ph_view passphrase;
	unsigned memory_mib; /* of Argon2id; 0: 256 */
	unsigned province;   /* two-digit prefix of codes; default 14 */
};
/*
 * Make a new hub in a folder that is absent or empty. Interrupted, it leaves nothing that looks
 * like a hub. 0, or a negative errno with ERR: -EEXIST (a hub is there), -ENOTEMPTY, -EINVAL (no
 * passphrase), -EWOULDBLOCK with PH_EXIT_IN_USE, and others.
 */
int ph_hub_init(const struct ph_hub_config *config, const struct ph_hub_init *init,
		struct ph_error *err);
/*
 * Where the witness of the hub in DIR lies: DIR-witness, beside it. 0 or a negative errno with ERR.
 */
int ph_hub_witness_folder(const char *dir, char *out, size_t out_size,
			  struct ph_error *err);
int ph_hub_open(struct ph_hub **hub_out, const struct ph_hub_config *config,
		struct ph_error *err);
void ph_hub_close(struct ph_hub *hub);
/* Whether the machine's clock can be believed (hub_clock.h). 0, or -ETIME with words. */
int ph_hub_check_clock(struct ph_hub *hub, struct ph_error *err);
/* From now on; a hub is opened without. From any thread. */
void ph_hub_bound(struct ph_hub *hub, const struct ph_hub_bounds *bounds);

/* The last clock-mark among the first `upto` entries of a log. */
struct ph_hub_mark {
	int64_t row; /* 0: not looked for */
	uint64_t upto;
	uint64_t n; /* 0: there is none */
	uint8_t hash[8];
	uint8_t boot[8];
	int64_t mono, wall, stamp; /* seconds; of its own stamp */
	uint64_t sure;             /* PH_SURE_* */
};

/* Why items of a device were put off. */
enum ph_hub_delay {
	PH_HUB_DELAY_NONE,
	PH_HUB_DELAY_ALLOWANCE,
	PH_HUB_DELAY_DISK,
};

/*
 * What the store side keeps of one session. The session's owner holds it, all zero at
 * first, and hangs it on each job as job->owner; only the thread that carries out jobs
 * touches it between take and give.
 */
struct ph_hub_peer {
	bool known; /* the device is one of ours; below is valid */
	struct ph_device device;
	struct ph_head head
		[PH_HEADS_MAX]; /* as the hello told them: receipts name their index */
	struct ph_head
		sent[PH_HEADS_MAX]; /* of each, how far this session's segments went */
	unsigned n_heads;
	bool packs; /* it takes what we pack */
	uint64_t counter;
	bool heard;             /* a transport frame came: it is no replay */
	uint64_t control;       /* position in the control log, sent so far */
	unsigned control_moves; /* of which state of it that is a position */
	uint64_t control_held;  /* the same, as its hello told it: it holds that much */
	bool strays;            /* what it told is no position of ours */
	struct ph_cursor position; /* what it told */
	bool confirmed;            /* it gets what others wrote; as of its hello */
	bool keeps;                /* it keeps pieces of our desk log, ... */
	struct ph_cursor kept;     /* ... the last as its hello told it: n 0: none; ... */
	struct {
		int64_t row; /* ... on which desk log that is; 0: on none that is here; ... */
		uint64_t n; /* ... and how far it has it, with what was sent */
	} keep;
	bool keep_asked; /* it was asked for them, ... */
	bool keep_whole; /* ... of each log from the beginning; ... */
	bool keep_gap; /* ... if not: one that it brought goes on from nothing that is here */
	bool asks_own; /* it told of its own logs: it gets what it lacks of them */
	struct ph_sibling sibling[PH_SIBLINGS_MAX]; /* as the hello told them */
	unsigned n_siblings;
	struct {
		int64_t row;    /* log that is being sent; 0: none yet */
		int64_t seen;   /* of the last log whose turn came */
		uint64_t n;     /* entries up to here are sent or held */
		uint64_t part;  /* as far as the parts of these are sent */
		uint64_t limit; /* no entry above is sent: its device was cut off */
	} way;
	struct {
		int64_t row[PH_BRANCHES_MAX];
		unsigned n;
	} put_off; /* logs of its own that wait until something of them has come */
	struct ph_feeder_cursor feed_told; /* what it holds of its feed, by its hello */
	struct ph_feeder_cursor feed;      /* what it will, with what was sent */
	/* for the log lines and the counters of the session */
	bool admitted; /* in this session; its invite was ... */
	bool late;     /* ... expired by then */
	bool reused;   /* ... used by another device before */
	bool forked;   /* a log of the device got another branch */
	uint64_t entries, parts, receipts;
	uint64_t plain;   /* bytes of entries and parts that were new, unpacked */
	uint64_t carried; /* of the entries: written by another device of its site */
	uint64_t
		clamped; /* entries with stamps ahead of our clock; their mark was judged */
	uint64_t shifted; /* clock-marks that were behind, and were judged */
	char refusal[96];
	enum ph_hub_delay delay;       /* why it could not bring all, if so */
	struct ph_quota_limits limits; /* of this job; ... */
	struct ph_quota quota;         /* ... as it leaves it; ... */
	bool quota_moved;              /* ... which is not kept yet */
	bool delayed;                  /* something of this job was put off */
	bool by_file;        /* it came in a bundle: nobody waits for answers; ... */
	enum ph_road road;   /* ... by this road */
	int64_t made;        /* HEARD of a bundle: when it was made, as the device says */
	struct ph_view told; /* the same: its hello, to be kept; borrowed */
	uint64_t left;       /* items of it that do not go on from what is here */
	struct ph_hub_mark mark; /* of the log whose segment came last */
};

struct ph_journal *ph_hub_journal(struct ph_hub *hub);
struct ph_ledger *ph_hub_ledger(
	struct ph_hub *hub); /* not caught up: ph_ledger_catch_up() */
const struct ph_device_keys *ph_hub_keys(const struct ph_hub *hub);
const struct ph_keylist *ph_hub_keylist(const struct ph_hub *hub);
/* The Noise statics by which devices may still call, the one in use first. They stay while HUB is open. */
const struct ph_box_pair *ph_hub_statics(const struct ph_hub *hub, unsigned *n_out);

/*
 * Carry out the jobs of many sessions (a list by `next`) in one transaction, each in a
 * savepoint of its own, then commit, and only then sign receipts and fill in answers
 * ("commit first, then acknowledge"). If the commit fails every job gets its negative
 * errno, and after an I/O error the hub refuses to go on (-EIO): the process must
 * stop, start again and check.
 */
void ph_hub_jobs(struct ph_hub *hub, struct ph_job *jobs);
/* Fold some of what waits; returns 1 while more waits, 0 when caught up, negative errno. */
int ph_hub_fold(struct ph_hub *hub);
/*
 * ACCOUNTS, which outlive HUB, are told of the accounts in the store: now, and when a
 * command changes one. 0 or negative errno with ERR.
 */
int ph_hub_accounts(struct ph_hub *hub, struct ph_accounts *accounts,
		    struct ph_error *err);
/* Nothing happens for a while: let go of memory that is made anew when it is needed. */
void ph_hub_rest(struct ph_hub *hub);

/*
 * One local command, the same whether it comes over the socket or from this process:
 * {"command":"site-add", ...} -> {"exit":0, ...} or {"exit":N,"error":"..."}. Never
 * NULL but for lack of memory. Sentences are in its "language" ("vi", "en"), else in our own.
 * Commands: docs/OPERATIONS.md.
 */
json_t *ph_hub_command(struct ph_hub *hub, const json_t *request);

#endif
