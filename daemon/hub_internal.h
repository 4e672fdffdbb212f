/* daemon/hub_internal.h - shared by hub.c, hub_init.c, hub_jobs.c and hub_command*.c only. */
#ifndef PH_DAEMON_HUB_INTERNAL_H
#define PH_DAEMON_HUB_INTERNAL_H

#include "common/base/file.h"
#include "common/base/lock.h"
#include "common/log/control.h"
#include "common/log/fingerprint.h"
#include "daemon/hub.h"
#include "daemon/hub_clock.h"
#include "daemon/hub_keys.h"
#include "daemon/hub_part.h"
#include "daemon/hub_room.h"
#include "daemon/hub_time.h"
#include "proto/pack_item.h"

#define PH_HUB_PATH_MAX 4096

struct ph_hub_backup;
struct ph_hub_metrics;
struct ph_hub_second;
struct ph_hub_witness;

/* What has shown that the store is an older copy, as `put_back_by` in meta has it. */
enum ph_hub_shown {
	PH_HUB_SHOWN_NOT, /* or by a program that did not note it */
	PH_HUB_SHOWN_DEVICE,
	PH_HUB_SHOWN_WITNESS,
	PH_HUB_SHOWN_SECOND, /* the second medium */
};

/* How the witness or the second medium is, without words: those are made for whoever asks. */
struct ph_hub_health {
	bool is_there; /* else nothing is said of it */
	int what;      /* is the matter, by its own file; 0: nothing */
	int why;       /* a negative errno, or by its own file */
	char where[PH_HUB_PATH_MAX];
};

/* Which devices keep how much of our desk log (hub_keep.h), since this process started. */
#define PH_HUB_IDLE_MAX 64
struct ph_hub_keepers {
	struct ph_hub_keeper {
		uint8_t device[PH_DEVICE_ID_SIZE];
		int64_t row; /* of the log; 0: it keeps none that is here */
		uint64_t n;
	} keeper[PH_KEEPERS];
	/* positions that are none of ours, and behind which nothing was found; the latest */
	struct ph_cursor idle[PH_HUB_IDLE_MAX];
	unsigned n_idle, next_idle;
	/* when something came last though nobody was waited for: others may keep what goes on from it; 0: never */
	int64_t late;
	/* a piece went on from nothing here: who tells a position that is none of ours is asked for all that it has */
	bool gap;
};

#define PH_HUB_PAGE_MS 3000 /* of reading for what a page issues, while sessions wait */

struct ph_hub {
	char dir[PH_HUB_PATH_MAX];
	struct ph_hub_config config; /* dir points to the copy above */
	struct ph_lock lock;
	struct ph_db *db;
	struct ph_journal *journal;
	struct ph_ledger *ledger;
	struct ph_ledger_hub eyes; /* what only the hub sees, for the ledger */
	struct ph_writer *writer;  /* of the control log */
	struct ph_feeder *feeder;
	bool behind;            /* something was stored that is not folded and fed yet */
	struct ph_writer *desk; /* of the desk log; not while a hub is made */
	struct ph_device_keys keys;
	struct ph_hub_ring ring; /* these, and those that were in use */
	struct ph_keylist keylist;
	struct ph_buf keylist_bytes;
	struct ph_epoch epoch;
	struct ph_control control; /* the logs that are the control log */
	unsigned control_moves;    /* times that one of them grew other than at its end */
	int64_t backed_up;         /* when, last; 0: never */
	int64_t restored;          /* when, last; 0: never */
	int64_t put_back; /* when it was found that the store was; 0: `restore` said it */
	int64_t put_back_by;     /* enum ph_hub_shown */
	int64_t account_changes; /* that the store has seen */
	bool collecting;         /* what others wrote is not served yet */
	bool withholds;          /* the command under way would have shown it */
	unsigned province;
	struct ph_hub_latest latest; /* stamped by whom; since this process started */
	struct ph_hub_keepers keepers;
	struct ph_pack *pack; /* made when first needed */
	struct ph_hub_room room;
	struct ph_hub_clock clock;
	/* of a device; set by other threads, too */
	atomic_uint entries_a_day, entries_saved;
	unsigned page_ms;               /* PH_HUB_PAGE_MS, else a test's */
	struct ph_hub_second *second;   /* NULL: not looked for yet */
	struct ph_hub_witness *witness; /* NULL: it has none */
	struct ph_hub_metrics *metrics; /* NULL: nobody has asked for them yet */
	struct ph_hub_backup *backup;   /* one that is under way; NULL: none */
	struct ph_accounts *accounts;   /* to be told; NULL: nobody asks */
	struct {
		int courier, backup;
	} stays; /* why what has to go from these folders could not, -errno; 0: nothing */
	bool stopped; /* an I/O error was seen: nothing more is acknowledged */
	bool is_ahead; /* what was not committed could not be forgotten, since the store cannot be read */
	bool is_look; /* a view of another hub, which only reads (hub_look.h), and ... */
	struct {
		int64_t desk;     /* row of its desk log; 0: none yet */
		unsigned keepers; /* devices that keep all of it */
		struct ph_hub_health second, witness;
	} told; /* ... what that one has in memory */
};

/* --- hub_pack.c --- */

/* NULL: no memory. */
struct ph_pack *ph_hub_packer(struct ph_hub *hub);
/*
 * *AT, one item alone, if it is packed: what it stands for in its place; nothing, if it
 * is of another form and LEAVE says so. 0, PH_PACK_E_* or -ENOMEM.
 */
int ph_hub_unpack(struct ph_hub *hub, struct ph_item **at, bool leave);
/* What FIRST was unpacked to was stored: only the first item stays, without its body. */
void ph_hub_unpacked_done(struct ph_item *first);

/* For each ledger over the hub's journal: any operator's signature that is good. */
extern const struct ph_speakers ph_hub_speakers;

int64_t ph_hub_now(const struct ph_hub *hub);
/* What the device of row DEVICE is told the time is (hub_time.h). */
int64_t ph_hub_time(const struct ph_hub *hub, int64_t device);

/* --- hub_write.c: the hub's two logs --- */
/*
 * Append ENTRY to the control log, or the desk log, and seal it, in the caller's
 * transaction. REF_OUT (may be NULL) names it. 0; -EINVAL or -EMSGSIZE with ERR: the
 * entry is not valid, or its kind belongs to the other log; another negative errno with
 * ERR: roll back and ph_hub_forget().
 */
int ph_hub_control_put(struct ph_hub *hub, struct ph_entry *entry, struct ph_ref *ref_out,
		       struct ph_error *err);
int ph_hub_desk_put(struct ph_hub *hub, struct ph_entry *entry, struct ph_ref *ref_out,
		    struct ph_error *err);
/* Append ENTRIES to the control log and seal it, in a transaction of its own. */
int ph_hub_control_add(struct ph_hub *hub, struct ph_entry *entries, size_t count,
		       struct ph_error *err);
/*
 * The same of entries that are made one by one, for lists that may be long. Entry I of COUNT is
 * MAKE's, to its next call; left NULL, nothing is written for it. Anything but 0 that MAKE gives,
 * a negative errno with ERR, undoes all.
 */
typedef int ph_hub_make_fn(void *data, size_t i, struct ph_entry **entry_out,
			   struct ph_error *err);
int ph_hub_control_make(struct ph_hub *hub, size_t count, ph_hub_make_fn *make,
			void *data, struct ph_error *err);
/* The same to the desk log, each with a seal of its own. REFS_OUT (may be NULL) has room for COUNT. */
int ph_hub_desk_add(struct ph_hub *hub, struct ph_entry *entries, size_t count,
		    struct ph_ref *refs_out, struct ph_error *err);
/* What is remembered of a transaction that was undone is void. */
void ph_hub_forget(struct ph_hub *hub);
/* Begin a transaction. 0 or a negative errno, also -EIO of a hub that has stopped. */
int ph_hub_begin(struct ph_hub *hub);
/* End it: what RC is 0 of is committed, else undone and forgotten. RC, or what the commit said. */
int ph_hub_end(struct ph_hub *hub, int rc);
/*
 * Whether something of it is remembered all the same, since the store could not be read again; that is
 * tried once more here. What is in memory is not to be told then as what the store has.
 */
bool ph_hub_is_ahead(struct ph_hub *hub);

/*
 * What stands in DIR, which has no hub.db: 0, or with words -ENOENT if a restore was begun there
 * and not finished, -EUCLEAN if there are a hub's keys that no unfinished init left.
 */
int ph_hub_check_keys(const char *dir, struct ph_error *err);
/* The hub does not serve this device; WHY is for the log. */
void ph_hub_refuse(struct ph_job *job, enum ph_status status, const char *why);
/* Find or admit the device of a HELLO job; peer->known says whether. 0 or negative errno. */
int ph_hub_recognise(struct ph_hub *hub, struct ph_job *job);
/*
 * As ph_cert_decode() by our key list. An operator who is not on it any more signs nothing new:
 * what was invited before, and is known here, is let in all the same, as it may have recorded
 * for weeks when it is heard.
 */
int ph_hub_cert_decode(struct ph_hub *hub, struct ph_view bytes, struct ph_cert *cert);
/* Whether the invite of CERT was made with this hub, byte for byte. 0 or negative errno. */
int ph_hub_invite_known(struct ph_hub *hub, const struct ph_cert *cert, bool *known_out);
/* Values in meta, before the number of a site: the next code block of it. */
#define PH_HUB_META_BLOCK "block."
/*
 * Write into the control log that DEVICE is admitted, unless that is there: it was restored
 * without the device. In a transaction. 0 or negative errno.
 */
int ph_hub_admit_once(struct ph_hub *hub, const struct ph_device *device,
		      bool *wrote_out);
/* What the hub holds of one log of a hello. */
struct ph_hub_head {
	struct ph_head told; /* for the welcome; n 0: nothing */
	struct ph_head
		known; /* the last entry that is surely the device's; n 0: none is */
	int64_t row;   /* a branch that goes through `known` */
};
/*
 * How head INDEX of PEER's hello stands here, of which it has receipts up to RECEIPTED.
 * All is zero if no such log of this device is held. 0 or negative errno.
 */
int ph_hub_head(struct ph_hub *hub, const struct ph_hub_peer *peer, unsigned index,
		uint64_t receipted, struct ph_hub_head *out);
/* Whether another device used the invite of DEVICE first; whether it was admitted after its expiry. */
int ph_hub_invite_reused(struct ph_hub *hub, const struct ph_device *device,
			 bool *reused_out);
int ph_hub_device_late(struct ph_hub *hub, const struct ph_device *device,
		       bool *late_out);

/* Whether who told HELLO reads what we pack. */
bool ph_hub_packs(const struct ph_hello *hello);
/* The receipt of what HEAD says is known, parts that are missing and all, to be signed. */
int ph_hub_receipt(struct ph_hub *hub, const struct ph_hub_head *head,
		   struct ph_receipt *receipt);
/*
 * Whether such a receipt tells anything to a device that showed one for RECEIPTED entries:
 * more of them, or parts that are missing, which an older program did not know of.
 */
int ph_hub_is_news(struct ph_hub *hub, const struct ph_hub_head *head, uint64_t receipted,
		   bool *out);

/* --- hub_start.c --- */
/*
 * Is SEGMENT the beginning of a log of DEVICE: its first entry the `open` from which its
 * id follows, its chain and seal good? Nothing is kept of a log before that is settled. 0,
 * PH_JOURNAL_E_GAP, _FORM, _SEAL or negative errno.
 */
int ph_hub_log_start(const struct ph_device *device, const struct ph_segment *segment);
/*
 * The key that the `open` names with which SEGMENT begins; whether it is true is not looked at.
 * 0, PH_JOURNAL_E_GAP, _FORM or negative errno.
 */
int ph_hub_log_key(const struct ph_segment *segment, uint8_t key_out[static PH_KEY_SIZE]);

/* --- hub_command_keys.c --- */
/* Our key list into WELCOME, if a device that tells GENERATION (0: the first) lacks it. */
void ph_hub_keylist_tell(const struct ph_hub *hub, uint64_t generation,
			 struct ph_welcome *welcome);
/*
 * A device holds GENERATION. One above ours is of days that a restored hub has lost: the next
 * list goes above it. In a transaction. 0 or negative errno.
 */
int ph_hub_keylist_heard(struct ph_hub *hub, uint64_t generation);
/* The generation of the next list. 0 or negative errno. */
int ph_hub_keylist_next(struct ph_hub *hub, uint64_t *out);

/* --- hub_device.c --- */
enum ph_hub_trust {
	PH_HUB_UNCONFIRMED, /* it sends, and gets receipts and the control log */
	PH_HUB_CONFIRMED,   /* it also gets what others wrote */
	PH_HUB_RETIRED,
	PH_HUB_CUT,
};
/* As the ledger is folded now. 0 or negative errno. */
int ph_hub_device_trust(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			enum ph_hub_trust *trust_out);
/* Whether the ledger knows a device of that id. 0 or negative errno. */
int ph_hub_device_known(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			bool *known_out);
/*
 * Each device: those that came, in that order; then those of which the control log alone tells,
 * as of devices of the days that a restored hub has lost, until they call. Of these there is
 * what the log says: row, box, desk and heard are zero. CB returning non-zero ends the walk
 * with that value.
 */
int ph_hub_device_each(struct ph_hub *hub,
		       int (*cb)(void *data, const struct ph_device *device), void *data);
/*
 * How much of the control log a device must hold to know that it was cut off or, if it was not,
 * that it is retired; UINT64_MAX: neither, or the word is not in a log that is read as the control
 * log now. 0 or negative errno.
 */
int ph_hub_device_ended_at(struct ph_hub *hub, const uint8_t id[static PH_DEVICE_ID_SIZE],
			   uint64_t *position_out);
/*
 * How many entries of the control log DEVICE holds, by its last hello: what a session sent since may
 * not have arrived, as device->control takes it to be. Noted in a transaction; of a device that
 * was heard before this was kept it is device->control. 0 or negative errno.
 */
int ph_hub_device_control_note(struct ph_hub *hub, const struct ph_device *device,
			       uint64_t held);
int ph_hub_device_control_held(struct ph_hub *hub, const struct ph_device *device,
			       uint64_t *held_out);
/*
 * A log of DEVICE has PH_BRANCHES_MAX branches, and another was not taken: noted, in a transaction.
 * When that was last, if in the last PH_HUB_WAITS_DAYS; else 0. 0 or negative errno.
 */
#define PH_HUB_WAITS_DAYS 30
int ph_hub_branch_waits_note(struct ph_hub *hub, const struct ph_device *device);
int ph_hub_branch_waits(struct ph_hub *hub, const struct ph_device *device,
			int64_t *since_out);
/* The place of REF in the control log, counted from 1; UINT64_MAX: it is in none of its logs. 0 or negative errno. */
int ph_hub_control_place(struct ph_hub *hub, const struct ph_ref *ref,
			 uint64_t *place_out);
const char *ph_hub_trust_name(enum ph_hub_trust trust);
/* site, courier or both. */
const char *ph_hub_role_name(uint64_t role);

#endif
