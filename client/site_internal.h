/* client/site_internal.h - shared by the files site*.c only. */
#ifndef PH_CLIENT_SITE_INTERNAL_H
#define PH_CLIENT_SITE_INTERNAL_H

#include "client/budget.h"
#include "client/site.h"
#include "common/base/file.h"
#include "common/base/lock.h"
#include "common/log/control.h"
#include "proto/pack_item.h"

#define PH_SITE_PATH_MAX 4096

/* Names in meta. */
#define PH_META_KEYLIST  "keylist" /* the newest that the root signed */
#define PH_META_KEYLIST_JOINED                                                           \
	"keylist_joined"               /* the invite's: our certificate stands on it */
#define PH_META_HUB_TURN "hub_turn"    /* by which hub of the key list we call */
#define PH_META_CONTROL  "control_log" /* ids of the logs that are the hub's control log */
#define PH_META_ERASE_STUCK                                                              \
	"erase_stuck" /* errno: what was packed for couriers stays, and so who was erased */
#define PH_META_FORKED      "control_forked" /* 1: the hub now sends another one */
#define PH_META_EPOCH       "hub_epoch"      /* number of the highest one heard of */
#define PH_META_GIVES       "control_gives"  /* 1: bundles give the control log back */
#define PH_META_HUB_TIME    "hub_time"       /* last heard */
#define PH_META_HUB_FORM    "hub_form" /* of packed segments, as the hub last told */
#define PH_META_SESSIONS    "sync.sessions"
#define PH_META_TIME        "sync.time"
#define PH_META_GOOD        "sync.good"
#define PH_META_COMPLETE    "sync.complete"
#define PH_META_REASON      "sync.reason"
#define PH_META_FLIGHT      "sync.flight"
#define PH_META_CUT         "sync.cut" /* bytes of a session before it is cut; 0: whole */
#define PH_META_FRONT_NOT   "sync.unfinished_not" /* when the hub took no hello with it */
#define PH_META_PLAIN       "sync.plain" /* until a session is whole, the sum of: */

/* No form is told to the hub, which then packs nothing for this device. */
#define PH_PLAIN_DOWN       1
/* Nothing is packed for the hub, in a bundle neither. */
#define PH_PLAIN_UP         2

/* Segments that we send are at most this, so that a cut costs little. */
#define PH_SITE_SEGMENT_MAX (16 * 1024)
/* The same of one that travels packed: about a tenth of it does. */
#define PH_SITE_PACKED_MAX  (128 * 1024)

/* One of our logs in the running session, by its index in the hello; or one that we carry. */
struct ph_site_send {
	uint8_t log_id[PH_LOG_ID_SIZE];
	int64_t row;         /* of another device's log: this branch; 0: ours */
	uint64_t told;       /* n of the head in the hello */
	uint64_t flown;      /* the last entry in the first flight; 0: none of this log */
	uint64_t start;      /* what the hub held when it welcomed us */
	uint64_t cursor;     /* entries up to here are sent or held */
	uint64_t parts;      /* as far as the parts of these are sent */
	uint64_t parts_from; /* where that began, in this session */
	/* Parts of entries up to `start` that the hub says it lacks, and that we have not sent. */
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	unsigned n_missing;
	uint64_t asked; /* the highest of them sent in this session */
};

/* A control log that goes back to a restored hub. */
struct ph_site_give {
	int64_t row;
	uint64_t n; /* entries up to here it has by now */
};

/* Entries of the control log that say one thing of a device, and are not voided. */
#define PH_SITE_WORDS_MAX 8
struct ph_site_words {
	struct {
		int64_t row; /* which log of it */
		uint64_t n;
	} at[PH_SITE_WORDS_MAX];
	unsigned count;
};
enum ph_site_word {
	PH_SITE_CONFIRM,
	PH_SITE_RETIRE,
	PH_SITE_CUT,
	PH_SITE_WORDS
};

/* What the control log says of a device. */
struct ph_site_admitted {
	uint8_t device[PH_DEVICE_ID_SIZE];
	uint64_t
		control; /* entries of the control log that were looked through; 0: none yet */
	bool is_admitted;
	uint8_t key[PH_KEY_SIZE];
	uint64_t site, role;
	struct ph_site_words words[PH_SITE_WORDS]; /* by enum ph_site_word */
};

/* What DIR/witness says, or would say (site_witness.c). */
struct ph_site_witness {
	uint8_t machine[16]; /* of place.h */
	uint64_t inode;      /* of DIR/keys, and when it was changed: hints */
	int64_t changed_s, changed_ns;
	struct ph_head head; /* of the own log, as last noted */
	bool is_there;       /* there is one, and it is of here */
	bool is_known;       /* the store knows that there was one */
};

struct ph_site {
	char dir[PH_SITE_PATH_MAX];
	struct ph_site_config config;    /* dir points to the copy above */
	const struct ph_site_turn *turn; /* it is kept; NULL: it is not */
	int loan; /* the connection on which an agent lends us the folder; -1: none */
	struct ph_lock lock;
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_ledger *ledger; /* opened when first asked for */
	struct ph_db *memory;     /* where it lives while the disk is full, else NULL */
	uint64_t
		fold_max; /* entries in a moment of folding (site_fold.c); 0: not known yet */
	struct ph_writer *writer;
	struct ph_device_keys keys;
	bool desk_is_open;   /* keys.desk.secret is there, though it is apart */
	uint64_t desk_until; /* by mono_ms; 0: no end */
	struct ph_buf cert_bytes;
	struct ph_cert cert; /* borrows cert_bytes */
	struct ph_keylist keylist;
	struct ph_keylist joined;    /* the one that it joined with */
	struct ph_speakers speakers; /* these two */
	unsigned hub_turn;           /* of which hub of it we call; 0: the one in use */
	bool batch;
	struct ph_site_witness witness;
	struct ph_code_run run; /* of printed codes, if HAS_RUN */
	bool has_run;
	bool run_moved; /* the batch has taken codes from it */
	/* of the running session; it survives a pause */
	struct ph_site_send send[PH_HEADS_MAX + PH_SIBLINGS_MAX];
	unsigned n_send;    /* ours; behind them ... */
	unsigned n_carried; /* ... branches of logs of other devices of the site */
	/* what the hello told of those: receipts name them behind our heads */
	struct ph_site_told {
		uint8_t log_id[PH_LOG_ID_SIZE];
		int64_t row;
		uint64_t n;
	} told[PH_SIBLINGS_MAX];
	unsigned n_told;
	/* site_dry.c: entries of each own log that went in the session before; else 0 */
	uint64_t went[PH_HEADS_MAX];
	struct ph_epoch epoch;
	size_t told_front; /* bytes of the front that the hello told; 0: of none */
	uint8_t told_hash[16];
	int64_t told_mark;    /* ph_erasing_mark() at that hello */
	int64_t front_not;    /* as PH_META_FRONT_NOT, of this process; 0: never */
	struct ph_pack *pack; /* made when first needed */
	bool packs;           /* the hub takes what we pack */
	/* of the session that runs, or was the last */
	bool sent_packed; /* something packed was made for the hub */
	bool got_unpacked; /* what the hub packed did not unpack, or not to what can be taken */
	struct ph_site_moved moved;
	/* budget.c: the session that runs, and what is noted of it */
	struct ph_site_spending {
		bool runs;
		enum ph_spend_road road;
		char month[8];     /* or PH_MONTH_OPEN; "": nothing was noted yet */
		uint64_t ahead;    /* set apart, and not used yet */
		uint64_t up, down; /* noted */
	} spend;
	/* not all will go: entries first, then readers' details, then other sealed parts */
	bool parts_last;
	enum ph_site_pass {
		PH_PASS_ENTRIES,
		PH_PASS_READERS,
		PH_PASS_REST
	} pass;
	/* what comes is from a bundle: its sender could not know what is here */
	bool by_file;
	bool by_courier; /* ... that a courier brought */
	bool by_lan;     /* ... from another device of the site, in this job */
	uint64_t left;   /* items that did not go on from it */
	bool asked_own;  /* the hello of this session told of the own logs */
	bool spares_own; /* the next does not, whatever is noted */
	bool offered;    /* the hello told of own logs though they were signed for; ... */
	int64_t offer_next; /* ... and had no place for those from this row on; 0: it had */
	bool lacks_own;     /* this session has shown that the next brings own entries */
	/* own logs that the hub lacks, for which the hello had no place */
	unsigned left_own;
	/* where in the order in which older own logs are told: by why (site_hello.c), then by row */
	struct ph_site_place {
		unsigned why;
		int64_t row;
	} left_from,        /* of the first of these */
		heads_from; /* the hello passes over those before; zero: over none */
	struct ph_site_admitted admitted; /* the last that was looked up */
	/* control logs that a restored hub asks for, or may lack, and how far it has them by now */
	struct ph_site_give give[PH_CONTROL_LOGS_MAX];
	unsigned n_gives;
	uint64_t given; /* entries of them that were loaded, since the site was opened */
	/* site_kept.c: what such a hub has of each log, and which piece went last */
	struct {
		struct ph_want want[PH_WANTS_MAX];
		unsigned n_wants;
		int64_t row, next;
	} kept;
	bool told_keeps; /* the hello told that this device keeps something for the hub */
	/* logs of devices that were cut off, or are not known, of which nothing is taken in this session */
	uint8_t left_alone[PH_SIBLINGS_MAX][PH_LOG_ID_SIZE];
	unsigned n_left_alone;
};

/* --- site.c --- */
/* Make an empty site of CONFIG, its lock not taken. NULL: no memory. */
struct ph_site *ph_site_new(const struct ph_site_config *config);
/* Open the store at PATH with journal and writer. */
int ph_site_store_open(struct ph_site *site, const char *path, bool create,
		       struct ph_error *err);
void ph_site_store_close(struct ph_site *site);
/* Who writes the own log, by the certificate. 0 or negative errno with ERR. */
int ph_site_writer_new(struct ph_site *site, struct ph_error *err);
int64_t ph_site_now(const struct ph_site *site);
/* How what is stored now came. */
enum ph_road ph_site_road(const struct ph_site *site);
/* Undo the open transaction and forget what was in it. */
void ph_site_roll_back(struct ph_site *site);

/* --- site_desk.c --- */
/* Read DIR/keys, and end what was begun when the desk was given a PIN. Under the lock. 0 or negative errno with ERR. */
int ph_site_keys_load(struct ph_site *site, struct ph_error *err);
/* The desk may have been given a PIN while another had the folder. Under the lock. 0 or negative errno with ERR. */
int ph_site_desk_look(struct ph_site *site, struct ph_error *err);

/* --- site_codes.c --- */
/* Begin with the codes of the invite's block; in the transaction of a join. 0 or negative errno. */
int ph_site_codes_start(struct ph_site *site, struct ph_error *err);
/* What the batch has taken, for good: before its commit. 0 or negative errno with ERR. */
int ph_site_codes_keep(struct ph_site *site, struct ph_error *err);
/*
 * Where this folder is, as runs of codes have it, which is by DIR/keys; and: DIR/keys was
 * written anew in its place, so what was at FROM is where it is now. Not in a transaction. 0
 * or negative errno with ERR.
 */
int ph_site_codes_place(const struct ph_site *site,
			uint8_t place_out[static PH_CODE_PLACE_SIZE],
			struct ph_error *err);
int ph_site_codes_move(struct ph_site *site,
		       const uint8_t from[static PH_CODE_PLACE_SIZE],
		       struct ph_error *err);
/* The batch, or the store, is gone. */
void ph_site_codes_forget(struct ph_site *site);

/* --- site_erase.c --- */
/* Carry out the erasures that the ledger, which is caught up, knows of. 0 or negative errno. */
int ph_site_erase(struct ph_site *site);
/* Refuse ENTRY if it says something personal of an erased reader, or hands out a card of one. 0; -EPERM with ERR; another negative errno. */
int ph_site_erase_check(struct ph_site *site, const struct ph_entry *entry,
			struct ph_error *err);
/* Note whether STORED, of the control log, has an erasure, or lets this device in. In a transaction. 0 or negative errno. */
int ph_site_erase_look(struct ph_site *site, const struct ph_stored *stored);
/* Write that what was erased is gone, where that was not written yet. 0 or negative errno with ERR. */
int ph_site_erase_tell(struct ph_site *site, struct ph_error *err);

/* --- site_witness.c --- */
/* Compare it with the store; a doubt is the writer's (ph_writer_doubt). 0 or negative errno with ERR. */
int ph_site_witness_open(struct ph_site *site, struct ph_error *err);
/* Make the first one; in the transaction of a join. 0 or negative errno with ERR. */
int ph_site_witness_begin(struct ph_site *site, struct ph_error *err);
/* Before a commit of own entries, in its transaction: there is one from now on. 0 or negative errno with ERR. */
int ph_site_witness_ready(struct ph_site *site, struct ph_error *err);
/* After it. If the log is another one because of a doubt, it is said on stderr. */
void ph_site_witness_note(struct ph_site *site);

/* --- site_own.c --- */
/*
 * The hub holds more of LOG, one of ours, than we do, or another branch: the own logs are asked
 * for, and if it is the one that we write, it is left. In a transaction. 0 or negative errno.
 */
int ph_site_own_differs(struct ph_site *site, const struct ph_log *log);
/* The own logs are asked for from the next hello on. In a transaction. 0 or negative errno. */
int ph_site_ask_own(struct ph_site *site);
/* Whether the hello is to tell of the own logs, so that what is missing here comes. 0 or negative errno. */
int ph_site_asks_own(struct ph_site *site, bool *asks_out);
/*
 * Whether the hub sent the end of LOG, of ours, back to us, and is still the same hub: then it
 * has all of it, receipt or not. 0 or negative errno.
 */
int ph_site_came_back(struct ph_site *site, const struct ph_log *log, bool *came_out);
/*
 * The hub tells less of a log than it has signed for: it was put back without a new epoch.
 * Tell it of all own logs. In a transaction. 0 or negative errno.
 */
int ph_site_offer(struct ph_site *site);
/* From which row on own logs are told; 0: none. 0 or negative errno. */
int ph_site_offers(struct ph_site *site, int64_t *row_out);
/* A session is complete that told them. In a transaction. 0 or negative errno. */
int ph_site_offer_end(struct ph_site *site);
/* Entries of LOG, our own, came back: if it is the one that we write, it is left. In a transaction. 0 or negative errno. */
int ph_site_own_came(struct ph_site *site, const struct ph_log *log);
/* What WELCOME tells of own logs: ask, if it is not here. In a transaction. 0 or negative errno. */
int ph_site_own_told(struct ph_site *site, const struct ph_welcome *welcome);

/* --- site_load.c --- */
/* Whether sealed parts wait until all entries have gone. */
bool ph_site_parts_last(const struct ph_site *site);
/* NULL: no memory. */
struct ph_pack *ph_site_packer(struct ph_site *site);
/*
 * The part of entry N of LOG as an item; *ITEM_OUT is NULL if we have none that opens, here
 * or (FOR_HUB) there. 0 or negative errno.
 */
int ph_site_part_item(struct ph_site *site, const struct ph_log *log, uint64_t n,
		      bool for_hub, struct ph_item **item_out);

/* --- site.c --- */
/* The ledger where DB is, opened if it is not; what it folded so far. 0 or negative errno with ERR. */
int ph_site_ledger_open(struct ph_site *site, struct ph_db *db, struct ph_error *err);

/* --- site_resolve.c --- */
/* Plain form and seed of the part of entry N, as ph_site_part(); the caller wipes both. */
int ph_site_part_read(struct ph_site *site, const struct ph_log *log, uint64_t n,
		      uint8_t seed[static PH_SEED_SIZE], struct ph_buf *plain);
/* The same as it is: its seed, boxed for the hub, and the ciphertext. 0, PH_JOURNAL_E_NONE, negative errno. */
int ph_site_part_boxed(struct ph_site *site, const struct ph_log *log, uint64_t n,
		       struct ph_buf *out);

/* --- site_jobs.c --- */
/* STORE, in a transaction. 0, also where it sets the job's bad; or negative errno. */
int ph_site_store(struct ph_site *site, struct ph_job *job);
/* Decode RECEIPT by the key of a hub that we know. 0; -EBADMSG with ERR; another negative errno. */
int ph_site_verify_receipt(const struct ph_site *site, struct ph_view bytes,
			   struct ph_receipt *receipt, struct ph_error *err);
/* Take up what the newest receipt of send[INDEX] lists as missing of what the hub held. */
int ph_site_note_missing(struct ph_site *site, unsigned index);
/* These in a transaction: a newer key list of our own province; the hub's epoch. 0 or negative errno. */
int ph_site_keep_keylist(struct ph_site *site, struct ph_view bytes);
int ph_site_keep_epoch(struct ph_site *site, const struct ph_epoch *epoch);
/* The form of packed segments that the hub reads, none if it told none, for the next first flight and bundle. */
int ph_site_keep_form(struct ph_site *site, struct ph_view told);

/* --- site_load.c --- */
/* Whether LOAD would give something. 0 or negative errno. */
int ph_site_has_more(struct ph_site *site, bool *more_out);
int ph_site_load(struct ph_site *site, struct ph_job *job);
/*
 * The next segment of LOG above AFTER of at most MAX bytes, sealed where it is cut; in
 * a transaction. STOP_AT_PART as ph_journal_span(). 0 or PH_JOURNAL_E_NONE.
 */
int ph_site_segment(struct ph_site *site, const struct ph_log *log, uint64_t after,
		    size_t max, bool stop_at_part, struct ph_segment *segment_out,
		    struct ph_buf *buf);

/* --- site_hello.c --- */
/* Whether the hub told, when it was last heard, that it takes what we pack. 0 or negative errno. */
int ph_site_hub_packs(struct ph_site *site, bool *packs_out);
/* What goes the ways of PLAIN, PH_PLAIN_DOWN or PH_PLAIN_UP, is plain until a session is whole. In a transaction. 0 or negative errno. */
int ph_site_plain_add(struct ph_site *site, int64_t plain);
/* Which ways are so; 0: none. 0 or negative errno. */
int ph_site_plain(struct ph_site *site, int64_t *plain_out);
/* How far the hub surely holds LOG: not at all by the word of one that was restored since. 0 or negative errno. */
int ph_site_held(struct ph_site *site, const struct ph_log *log, uint64_t *n_out);
/* What the newest receipt of LOG lists as missing, into MISSING. 0 or negative errno. */
int ph_site_receipt_missing(struct ph_site *site, const struct ph_log *log,
			    uint64_t missing[static PH_RECEIPT_MISSING_MAX],
			    unsigned *n_out);

#endif
