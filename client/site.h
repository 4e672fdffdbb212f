/*
 * client/site.h - a site's folder: keys, store, ledger, writer; no libuv here.
 *
 *   DIR/lock     who holds the folder      DIR/keys     the device's secret keys, 0600
 *   DIR/site.db  journal and ledger        DIR/codes    how far printed codes have come
 *   DIR/witness  how far the own log has come, and on which machine
 *   DIR/desk     the desk's secret, locked by PIN and card, if it has one; then DIR/keys
 *                is without it. DIR/desk-tries: at the PIN, since it was right
 *
 * A command opens the folder, does its work and closes it. `sync` lets go of it
 * (ph_site_pause) whenever it waits for the network, so that a loan at the desk never
 * waits for a bar of 3G.
 */
#ifndef PH_CLIENT_SITE_H
#define PH_CLIENT_SITE_H

#include <jansson.h>

#include "common/ledger/fed.h"
#include "common/ledger/ledger.h"
#include "common/log/code.h"
#include "common/log/desk_key.h"
#include "common/log/fingerprint.h"
#include "common/log/json.h"
#include "common/log/writer.h"
#include "proto/session.h"

struct ph_site;

struct ph_site_config {
	const char *dir;
	const char *who;  /* name of the command, for the lock's message */
	unsigned wait_ms; /* for the lock; commands wait 5,000 */
	struct ph_clock clock;
	struct ph_rng rng;
	bool even_if_expired; /* join: take an invite that has expired by our own clock */
	bool borrows; /* where an agent keeps the folder, have it lent for the while */
};

/*
 * Whose turn it is, where one process keeps a folder for several of its threads (the
 * agent). `take` waits for it; `has`: this thread has it.
 */
struct ph_site_turn {
	void (*take)(void *data);
	void (*give)(void *data);
	bool (*has)(void *data);
	void *data;
};

/* Who and where this device is, from its certificate. Views borrow from the site. */
struct ph_site_info {
	uint8_t device_id[PH_DEVICE_ID_SIZE];
	uint64_t site;
	struct ph_view site_code, site_name, commune;
	uint64_t site_kind, role, code_block;
	char fingerprint[PH_FINGERPRINT_TEXT]; /* of this device's keys */
	struct ph_view hub_address;
};

/*
 * Enrol DIR from the text of an invite: makes the folder, keys, certificate and
 * store, and opens the log. A join that was interrupted goes on with the same keys.
 * Exit statuses: PH_EXIT_USAGE for a text that is no good invite (what is wrong is
 * said) or has expired, PH_EXIT_OTHER for a folder enrolled already or with other
 * things in it. Whether the hub takes a late invite is judged when it arrives there.
 */
int ph_site_join(const struct ph_site_config *config, struct ph_view invite_text,
		 struct ph_error *err);
/*
 * Take the lock and open the store; *SITE_OUT is for ph_site_close(). 0, or a negative errno with
 * ERR: -ENOENT with PH_EXIT_NOT_ENROLLED, -EWOULDBLOCK with PH_EXIT_IN_USE (somebody has the
 * folder for longer than WAIT_MS), -EUCLEAN with PH_EXIT_DAMAGED, and others.
 */
int ph_site_open(struct ph_site **site_out, const struct ph_site_config *config,
		 struct ph_error *err);
void ph_site_close(struct ph_site *site);
/* Close the store and let go of the lock, keeping keys and names. */
void ph_site_pause(struct ph_site *site);
/* Take them again. Errors as of ph_site_open(); then SITE is paused still, and may be resumed again. */
int ph_site_resume(struct ph_site *site, struct ph_error *err);
/* Whether it is open, and for us; it is not while paused, nor after a resume that failed. */
bool ph_site_is_open(const struct ph_site *site);
/*
 * From now on SITE, which is open, is kept: ph_site_pause() leaves the store open and gives
 * the turn away, ph_site_resume() waits for the turn and opens the store only if it was put
 * away; after a failure the turn is nobody's. ph_site_close() only drops what is half done.
 * It is now paused. TURN is borrowed; NULL: it is an ordinary site again, open, and only
 * for one who has the turn.
 */
void ph_site_keep(struct ph_site *site, const struct ph_site_turn *turn);
/* Close a kept store and let go of its lock, for whoever has the turn. */
void ph_site_put_away(struct ph_site *site);

/* What never changes: of a folder that an agent keeps also for who does not hold it. */
void ph_site_info(const struct ph_site *site, struct ph_site_info *info_out);
/* Noise static of the hub that is called now, PH_KEY_SIZE bytes, until SITE is closed or paused. */
const uint8_t *ph_site_hub_box(const struct ph_site *site);
/* The Noise static key pair and the certificate, for a session; borrowed from the site. */
const struct ph_box_pair *ph_site_box(const struct ph_site *site);
struct ph_view ph_site_cert(const struct ph_site *site);
/* The device key, for what is signed beside the log. */
const struct ph_sign_pair *ph_site_sign(const struct ph_site *site);
struct ph_journal *ph_site_journal(struct ph_site *site);
/* By which key lists a hub's logs are read here; as long as SITE is open. */
const struct ph_speakers *ph_site_speakers(const struct ph_site *site);
/* Caught up with the journal; inside a batch as it was before it. NULL with ERR on failure. */
struct ph_ledger *ph_site_ledger(struct ph_site *site, struct ph_error *err);
/*
 * The same for what only looks, and says how much it does not count: where an agent keeps SITE, a
 * few of the entries that are behind are folded, and the rest is left to the agent, also where all is to
 * be folded anew (another key list, cut day or journal). *LEFT_OUT: entries, and news of the feed,
 * that are not in it; 0: all is.
 */
struct ph_ledger *ph_site_ledger_near(struct ph_site *site, uint64_t *left_out,
				      struct ph_error *err);
/*
 * Fold what fits into a moment (PH_SITE_MOMENT_MS, by how long it took so far), in one commit; WHOLE:
 * as much as in one go, which is quicker for all of it, and longer in one stretch. SITE is open, no batch
 * is. *LEFT_OUT as above. 0 or negative errno with ERR.
 */
int ph_site_fold(struct ph_site *site, bool whole, uint64_t *left_out,
		 struct ph_error *err);
const struct ph_log *ph_site_log(struct ph_site *site);
/*
 * Today in UTC+7, by the hub's clock; by this machine's if that was started since the hub was heard, but
 * never before that, nor before the day on which an entry would be stamped (docs/STORE.md, "The floor").
 */
int64_t ph_site_today(const struct ph_site *site);
/* Seconds that this machine's clock is ahead of that time (negative: behind), as ph_writer_clock_ahead(). */
int64_t ph_site_clock_ahead(const struct ph_site *site);
/* Milliseconds, by a clock that is not set and does not stop. */
uint64_t ph_site_ms(const struct ph_site *site);
/*
 * Who has much to do with a site pauses it after so long of it, and resumes it, so that others
 * have it in between; a step that is begun is done.
 */
#define PH_SITE_MOMENT_MS 50
/* Entries that are folded at once, whoever waits. */
#define PH_SITE_FEW       500

/*
 * Name what was scanned: a code of our printed form is namespace 0; else one known
 * here (own namespace first, then the only other one that has it); else the site's
 * own namespace. *KNOWN_OUT (may be NULL): a copy that somebody described, a card
 * that somebody issued, or a crate that somebody sent; false is "not known here". ID borrows CODE. TYPE is PH_T_COPY_ID, PH_T_CARD_ID or PH_T_CRATE_ID. 0; -EINVAL with PH_EXIT_USAGE for a code of no or too
 * many bytes; or another negative errno.
 */
int ph_site_resolve(struct ph_site *site, enum ph_type type, struct ph_view code,
		    struct ph_id *id_out, bool *known_out, struct ph_error *err);
/* Whether ID is known here, in that sense. 0 or negative errno with ERR. */
int ph_site_knows(struct ph_site *site, enum ph_type type, const struct ph_id *id,
		  bool *known_out, struct ph_error *err);
/*
 * The next code to print, of this device's own block or, when that is used up or this
 * folder is a copy, of the blocks that logs take by themselves (docs/LOG.md, "Printed
 * codes"); with a terminator. It names nothing that is known here. In a batch it is used
 * up by that batch's commit, else at once. 0; -ENOSPC with a text when all are used up; or
 * another negative errno.
 */
int ph_site_print_code(struct ph_site *site, char out[static PH_PRINTED_SIZE + 1],
		       struct ph_error *err);

/*
 * Write COUNT entries durably in one commit; when it returns 0 they are safe on this
 * disk. REFS_OUT may be NULL. An entry of a kind that a site may not write is refused
 * (PH_EXIT_USAGE). On failure nothing was written.
 */
int ph_site_write(struct ph_site *site, struct ph_entry *entries, size_t count,
		  struct ph_ref *refs_out, struct ph_error *err);
/*
 * Start a batch: writes go into one commit until ph_site_commit(); ph_site_undo() drops
 * them. A write that is refused leaves those before it in the batch. After a commit
 * that failed nothing of the batch was written, and no batch is open.
 */
int ph_site_begin(struct ph_site *site, struct ph_error *err);
int ph_site_commit(struct ph_site *site, struct ph_error *err);
void ph_site_undo(struct ph_site *site);

/*
 * The entry REF, out of the logs that are here or as the hub fed it, appended to BYTES;
 * *SITE_OUT (may be NULL) is its log's site. 0, PH_JOURNAL_E_NONE or negative errno.
 */
int ph_site_entry(struct ph_site *site, const struct ph_ref *ref, struct ph_buf *bytes,
		  uint64_t *site_out);
/*
 * The plain form of the sealed part of the entry REF, of a log that is held or of one that
 * the hub fed, appended to PLAIN, which the caller wipes. 0; PH_JOURNAL_E_NONE: no such part here, or not for this desk; or a
 * negative errno. Fits struct ph_opener (common/ledger/view.h) but for its first
 * argument.
 */
int ph_site_part(struct ph_site *site, const struct ph_ref *ref, struct ph_buf *plain);
/* The same, as ENTRY with its sealed fields; all of it borrows PLAIN, which is cleared first. */
int ph_site_open_part(struct ph_site *site, const struct ph_ref *ref,
		      struct ph_entry *entry, struct ph_buf *plain);

/*
 * --- the desk's key (site_desk.c), with which readers' parts are opened ---
 *
 * A desk without a PIN is as if always open. One with a PIN is locked when the folder is
 * opened, until somebody gives the secret; whatever opens a part then says that it does not
 * open here, so that nothing else has to know.
 */
enum ph_desk_state {
	PH_DESK_NO_PIN,
	PH_DESK_LOCKED,
	PH_DESK_OPEN,
};
/* It locks itself when its time is over (ph_site_desk_touch()). */
enum ph_desk_state ph_site_desk(struct ph_site *site);
/* 0; -EACCES: that is another desk's. */
int ph_site_desk_open(struct ph_site *site,
		      const uint8_t secret[static PH_BOX_SECRET_SIZE]);
/* One without a PIN stays as it is. */
void ph_site_desk_lock(struct ph_site *site);
/* From now on it is open for MS, by a clock that suspended machines cannot stop; 0: no end. */
void ph_site_desk_touch(struct ph_site *site, uint64_t ms);
/* The secret, of a desk with a PIN that is open; else NULL. Borrowed. */
const uint8_t *ph_site_desk_secret(struct ph_site *site);
/*
 * Lock the secret under CARD and PIN from now on, whether it had a PIN or not; it must not
 * be locked, and stays open in SITE. The first time the seeds of own parts are boxed for the
 * hub too, and what lay open in DIR/keys is overwritten. 0; negative errno with ERR.
 */
int ph_site_desk_protect(struct ph_site *site,
			 const char card[static PH_DESK_CARD_SIZE + 1],
			 struct ph_view pin, unsigned memory_mib, struct ph_error *err);
/*
 * Open it with CARD and PIN. The try is on the disk before it is made. 0; -EINVAL: no PIN is
 * such, which costs no try; -EACCES with words: wrong card, wrong PIN, or too many tries; -EAGAIN with PH_EXIT_TRY_LATER: not yet;
 * another negative errno.
 */
int ph_site_desk_unlock(struct ph_site *site,
			const char card[static PH_DESK_CARD_SIZE + 1], struct ph_view pin,
			struct ph_error *err);
/* What that takes of memory, MiB. 0 or a negative errno with ERR. */
int ph_site_desk_memory(const struct ph_site *site, unsigned *mib_out,
			struct ph_error *err);

/* --- the session's storage (proto/session.h) --- */

/*
 * Fill HELLO for a new session; segments borrow from ARENA. FLIGHT_MAX bounds their bytes, with what they and
 * the heads of logs take beside, but for one of each.
 */
int ph_site_hello(struct ph_site *site, size_t flight_max, struct ph_hello *hello_out,
		  struct ph_buf *arena, struct ph_error *err);
/* Bytes by which the next hello is longer, at most, than one of one log and one segment. 0 or negative errno. */
int ph_site_hello_extra(struct ph_site *site, uint64_t *bytes_out);
/*
 * Carry out one job of a session on the device's side. Sets the job's result. When the
 * hub signs wrongly (-EBADMSG), nothing is changed and ERR says what to do.
 */
void ph_site_job(struct ph_site *site, struct ph_job *job, struct ph_error *err);
/*
 * ITEMS, which jobs of this session gave, did not go (ph_session_unsent()): they are not counted
 * as sent. Each at most once.
 */
void ph_site_unsent(struct ph_site *site, const struct ph_item *items);
/* What the jobs since ph_site_hello() have moved. */
struct ph_site_moved {
	uint64_t entries_sent, parts_sent;
	uint64_t
		entries_carried; /* of those sent: written by other devices of the site */
	uint64_t
		entries_received; /* of the control log and of other devices of the site */
	uint64_t entries_of_site, parts_received; /* of the latter alone */
	uint64_t entries_back;   /* of this device's own logs, that were missing here */
	struct ph_fed_moved fed; /* by pages of the feed */
};
void ph_site_moved(const struct ph_site *site, struct ph_site_moved *moved_out);
/*
 * A session ended, or none came about: keep its counter and outcome for `status`.
 * REASON: one word or a few, English, as in JSON; "" when complete. After one that was
 * cut the next has a smaller first flight and shorter frames.
 */
int ph_site_session_end(struct ph_site *site, bool complete, const char *reason,
			const struct ph_session_counts *counts);

/*
 * An erasure that has come, in this session or in one that was broken off, is carried out now;
 * else when the ledger is next asked for. 0 or negative errno with ERR.
 */
int ph_site_erase_heard(struct ph_site *site, struct ph_error *err);

/* Of the log that is written now. */
struct ph_site_went_on {
	struct ph_head from; /* that it continues, for whatever reason; n 0: none */
	uint64_t why;        /* PH_WHY_*, if it does; 0: a bad clock */
	int64_t second; /* since then, by its first stamp; 0: unless WHY is another */
	/* PH_WHY_* for which the next entry will begin another; 0: it will not */
	uint64_t doubt;
};
int ph_site_went_on(struct ph_site *site, struct ph_site_went_on *out);
/*
 * A person says that this folder was put back or copied: what is recorded next goes into
 * another log, and what is missing here is asked for. 0 or negative errno with ERR.
 */
int ph_site_put_back(struct ph_site *site, struct ph_error *err);
/*
 * Whether the hub was found, in the last session, to hold what this device wrote and has
 * not here; the next session brings it.
 */
bool ph_site_lacks_own(const struct ph_site *site);
/*
 * The next hello, and no other, does not ask for what lacks here of what this device wrote (SPARES).
 * A hub that has some tells that all the same.
 */
void ph_site_spare_own(struct ph_site *site, bool spares);
/*
 * How many own logs, of which the hub lacks something as far as is known here, the last hello
 * had no place for: the next session tells of them.
 */
unsigned ph_site_left_own(const struct ph_site *site);

/* What the province says of this device. */
enum ph_site_standing {
	PH_SITE_UNCONFIRMED, /* it sends, and gets the control log */
	PH_SITE_CONFIRMED,   /* it gets what others wrote, too */
	PH_SITE_RETIRED,     /* it is to be used no more; what it wrote counts */
	PH_SITE_CUT_OFF,     /* what it writes counts no more */
};

/* How things stand between this site and the hub. */
struct ph_site_state {
	uint64_t entries;       /* in the logs of this device */
	uint64_t receipted;     /* of them: the hub has signed for them */
	int64_t receipted_time; /* by the hub's clock; 0: never */
	int64_t oldest_pending; /* stamp's second of the first without a receipt; 0: none */
	uint64_t parts_pending; /* sealed parts that the hub lacks, or may lack */
	uint64_t at_backup;     /* entries that a backup of the hub holds as well */
	int64_t last_time;      /* last session tried; 0: none */
	bool last_complete;
	char last_reason[64];
	int erase_stuck; /* a negative errno: why an erasure is not said to be done; 0: none is */
	bool control_forked; /* the hub sends another control log than the one held */
	int64_t good_time;   /* last complete session; 0: none */
	uint64_t sessions;   /* this device's so far */
	uint64_t of_site;    /* entries held of other devices of this site */
	struct ph_fed_counts fed;       /* what the hub fed */
	enum ph_site_standing standing; /* as far as the control log came */
	size_t flight_next;             /* bytes of segments for the next message 1 */
	size_t frame_next; /* bytes of a frame's body on a link like the last; 0: default */
	/* of an item that a cut kept the rest of, for the next session; 0: of none */
	uint64_t unfinished, unfinished_total;
	/* what the hub said in its desk log and this device keeps for it: pieces, their bytes */
	uint64_t kept_pieces, kept_bytes;
};
int ph_site_state(struct ph_site *site, struct ph_site_state *state_out);

#endif
