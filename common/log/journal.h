/*
 * common/log/journal.h - the store of logs: entries, seals, parts, receipts, devices.
 *
 * A log of which two sealed histories are held is forked: each history is a branch, and
 * has a row and a struct ph_log of its own. A branch keeps only the entries above its
 * base; those up to the base are its parent's. Every function that takes a row reads
 * the whole history of that branch. Branch numbers are local and depend on the order of
 * arrival: outside of the journal a branch is named by log id, n and h(n).
 *
 * The journal is the truth; the ledger is made from it. It keeps runs of entries
 * as the bytes that were signed. One appended entry is one row in one b-tree, so
 * that a durable append costs what a one-row commit costs. The caller owns the
 * transaction: ph_db_begin(), calls, ph_db_commit(); after a rollback it calls
 * ph_journal_reload(), and struct ph_log copies it holds are void. Schema: docs/STORE.md.
 */
#ifndef PH_LOG_JOURNAL_H
#define PH_LOG_JOURNAL_H

#include "common/base/db.h"
#include "common/log/cert.h"
#include "common/log/receipt.h"
#include "common/log/segment.h"

struct ph_journal;

/* The schema, for ph_db_config; application ids tell a site's store from a hub's. */
extern const char *const ph_journal_steps[];
extern const size_t ph_journal_steps_count;
#define PH_STORE_SITE 0x50685331u /* "PhS1" */
#define PH_STORE_HUB  0x50684831u /* "PhH1" */

enum {
	PH_JOURNAL_E_NONE = 1, /* no such thing */
	PH_JOURNAL_E_GAP, /* segment starts behind the head: entries between are missing */
	PH_JOURNAL_E_FORK,     /* other entries are held at these numbers */
	PH_JOURNAL_E_SEAL,     /* chain and seal do not meet */
	PH_JOURNAL_E_FORM,     /* lengths or limits are wrong */
	PH_JOURNAL_E_BRANCHES, /* PH_BRANCHES_MAX branches of this log are held: no more */
};

/* Over DB, which is borrowed and has the schema; nothing is read yet. 0 or -ENOMEM. */
int ph_journal_open(struct ph_journal **journal_out, struct ph_db *db);
void ph_journal_free(struct ph_journal *journal);
struct ph_db *ph_journal_db(struct ph_journal *journal);
/* Forget what is cached; after a rollback. */
void ph_journal_reload(struct ph_journal *journal);

/* Small named values. get appends to OUT: 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_meta_get(struct ph_journal *journal, const char *name, struct ph_buf *out);
int ph_journal_meta_put(struct ph_journal *journal, const char *name,
			struct ph_view value);
int ph_journal_meta_drop(struct ph_journal *journal, const char *name);
int ph_journal_meta_get_int(struct ph_journal *journal, const char *name, int64_t *out);
int ph_journal_meta_put_int(struct ph_journal *journal, const char *name, int64_t value);
/* Each whose name begins with PREFIX, in order of name; CB returning non-zero ends the walk with that value. */
int ph_journal_meta_each(struct ph_journal *journal, const char *prefix,
			 int (*cb)(void *data, const char *name, struct ph_view value),
			 void *data);

/* --- devices: whose certificates were verified --- */

struct ph_device {
	int64_t row;
	uint8_t id[PH_DEVICE_ID_SIZE];
	uint8_t key[PH_KEY_SIZE];
	uint8_t box[PH_KEY_SIZE];
	uint8_t desk[PH_KEY_SIZE];
	uint64_t site;
	uint64_t role; /* PH_ROLE_* */
	uint8_t invite[PH_INVITE_ID_SIZE];
	int64_t admitted; /* seconds since 1970; 0: not yet */
	int64_t heard;    /* last authenticated session; 0: never */
	uint64_t counter; /* the highest of its sessions and bundles */
	uint64_t control; /* entries of the control log that it holds or was sent */
};
/*
 * Add the device of a verified certificate, whose bytes are kept; or find it: a
 * second certificate of a known device changes nothing. 0; PH_JOURNAL_E_FORK: the
 * Noise key is another device's; negative errno.
 */
int ph_journal_device_put(struct ph_journal *journal, struct ph_view cert_bytes,
			  const struct ph_cert *cert, struct ph_device *device_out);
/* These give 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_device_by_id(struct ph_journal *journal,
			    const uint8_t id[static PH_DEVICE_ID_SIZE],
			    struct ph_device *device_out);
int ph_journal_device_by_box(struct ph_journal *journal,
			     const uint8_t box[static PH_KEY_SIZE],
			     struct ph_device *device_out);
/* The first device that used an invite. */
int ph_journal_device_by_invite(struct ph_journal *journal,
				const uint8_t invite[static PH_INVITE_ID_SIZE],
				struct ph_device *device_out);
int ph_journal_device_cert(struct ph_journal *journal, int64_t row, struct ph_buf *out);
/* Write back admitted, heard, control, and counter if it is higher. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_device_update(struct ph_journal *journal, const struct ph_device *device);
/* Each that was heard at TIME or later counts as heard the second before it. 0 or negative errno. */
int ph_journal_devices_heard_before(struct ph_journal *journal, int64_t time);
/* Each device in order of row; CB returning non-zero ends the walk with that value. */
int ph_journal_device_each(struct ph_journal *journal,
			   int (*cb)(void *data, const struct ph_device *device),
			   void *data);

/* --- logs --- */

struct ph_log {
	int64_t row; /* of this branch; small and dense: 1, 2, ... */
	uint8_t id[PH_LOG_ID_SIZE];
	uint8_t device_id[PH_DEVICE_ID_SIZE];
	uint8_t key[PH_KEY_SIZE]; /* the key that seals it */
	uint64_t site;            /* as certified; 0: the hub */
	uint64_t role;            /* as certified: PH_ROLE_* */
	unsigned branch;          /* 0: the first that came; below PH_BRANCHES_MAX */
	int64_t parent;           /* row that has entries 1 .. base; 0: none */
	uint64_t base;            /* entries up to here are the parent's; 0 of branch 0 */
	uint64_t n;               /* entries held, those of the parent included */
	uint8_t h[PH_HASH_SIZE];  /* h(n) */
	uint64_t sealed;          /* the highest n with a stored seal */
};
/* Branch 0 of a log. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_log_find(struct ph_journal *journal,
			const uint8_t id[static PH_LOG_ID_SIZE], struct ph_log *log_out);
/* The branch of that row; likewise. */
int ph_journal_log_at(struct ph_journal *journal, int64_t row, struct ph_log *log_out);
/* An empty log, branch 0. Its row is new; -EEXIST if the id is there already. */
int ph_journal_log_add(struct ph_journal *journal,
		       const uint8_t id[static PH_LOG_ID_SIZE],
		       const uint8_t key[static PH_KEY_SIZE], uint64_t site,
		       uint64_t role, struct ph_log *log_out);
/*
 * Each branch of each log in order of row, so a parent before what grew from it; CB
 * returning non-zero ends the walk with that value. Who counts entries counts those
 * above the base.
 */
int ph_journal_log_each(struct ph_journal *journal,
			int (*cb)(void *data, const struct ph_log *log), void *data);
/*
 * The same of those that got entries since *MARK, which becomes now when the walk ends
 * with 0. A mark of 0 is before everything; another is of this struct ph_journal alone.
 * Logs that did not move may come too, but one that did is never left out. CB may not
 * change the journal.
 */
int ph_journal_log_moved_each(struct ph_journal *journal, uint64_t *mark,
			      int (*cb)(void *data, const struct ph_log *log),
			      void *data);
int ph_journal_logs_of_device(struct ph_journal *journal,
			      const uint8_t device_id[static PH_DEVICE_ID_SIZE],
			      int (*cb)(void *data, const struct ph_log *log),
			      void *data);
/* Each branch of one log, branch 0 first; CB as above. PH_JOURNAL_E_NONE: no such log. */
int ph_journal_log_branch_each(struct ph_journal *journal,
			       const uint8_t id[static PH_LOG_ID_SIZE],
			       int (*cb)(void *data, const struct ph_log *log),
			       void *data);
/* A branch whose chain has H at N. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_log_with(struct ph_journal *journal,
			const uint8_t id[static PH_LOG_ID_SIZE], uint64_t n,
			const uint8_t h[static PH_HASH_SIZE], struct ph_log *log_out);
/* Whether more than one branch is held of a log; false of one that is not held. 0 or negative errno. */
int ph_journal_log_is_forked(struct ph_journal *journal,
			     const uint8_t id[static PH_LOG_ID_SIZE], bool *forked_out);
/* How many entries the branches of two rows have in common; 0 of two logs. 0, PH_JOURNAL_E_NONE, negative errno. */
int ph_journal_log_common(struct ph_journal *journal, int64_t row, int64_t other,
			  uint64_t *n_out);

/* --- entries --- */

/*
 * Append the entries of BODY (segment form, at most PH_SEGMENT_PLAIN_MAX bytes) to
 * LOG as one run, unsealed; LOG's n and h move. Entries whose kind has a sealed part
 * get an (empty) part row. 0; PH_JOURNAL_E_FORM: empty, too large or not in segment
 * form; -ESTALE: LOG is an old copy; another negative errno. LOG is unchanged on error.
 */
int ph_journal_append(struct ph_journal *journal, struct ph_log *log,
		      struct ph_view body);
/* The bytes of entry N appended to OUT. 0, PH_JOURNAL_E_NONE, negative errno. */
int ph_journal_entry(struct ph_journal *journal, int64_t log_row, uint64_t n,
		     struct ph_buf *out);
/* h(n) of a held entry; n = 0 gives h(0). 0, PH_JOURNAL_E_NONE, negative errno. */
int ph_journal_chain_at(struct ph_journal *journal, const struct ph_log *log, uint64_t n,
			uint8_t h_out[static PH_HASH_SIZE]);
/*
 * Each entry with number above AFTER, in order, the parent's first if AFTER is below the
 * base. CB returning non-zero ends the walk with that value.
 */
int ph_journal_entry_each(struct ph_journal *journal, int64_t log_row, uint64_t after,
			  int (*cb)(void *data, uint64_t n, struct ph_view entry),
			  void *data);
/*
 * Entry named by REF, of whatever branch: 0 with the branch that keeps it (REF->n is above
 * its base), PH_JOURNAL_E_NONE (not held, or another hash at that number).
 */
int ph_journal_resolve(struct ph_journal *journal, const struct ph_ref *ref,
		       struct ph_log *log_out, struct ph_buf *entry_out);

/* --- segments --- */

/*
 * Seal LOG (our own) at N; no effect if a seal is stored there. 0; PH_JOURNAL_E_NONE:
 * N is 0 or above the head; -EINVAL: SECRET is not of the log's key.
 */
int ph_journal_seal(struct ph_journal *journal, struct ph_log *log, uint64_t n,
		    const uint8_t secret[static PH_SECRET_SIZE]);
/*
 * The furthest N above AFTER such that entries AFTER + 1 .. N have a body of at
 * most MAX bytes (one entry always fits) and, with STOP_AT_PART, none of them has
 * a sealed part. N = AFTER if there is nothing. 0; -EUCLEAN: what is stored is no run of
 * entries; or another negative errno.
 */
int ph_journal_span(struct ph_journal *journal, const struct ph_log *log, uint64_t after,
		    size_t max, bool stop_at_part, uint64_t *n_out);
/*
 * The segment from AFTER + 1 to the furthest stored seal whose body is at most MAX
 * bytes, else to the nearest stored seal. Its body borrows BUF (cleared first).
 * 0, PH_JOURNAL_E_NONE (nothing sealed above AFTER), PH_JOURNAL_E_FORM (the nearest
 * seal is more than PH_SEGMENT_PLAIN_MAX bytes off: seal nearer), negative errno.
 */
int ph_journal_read_segment(struct ph_journal *journal, const struct ph_log *log,
			    uint64_t after, size_t max, struct ph_segment *segment_out,
			    struct ph_buf *buf);
/* The same, but to no seal above LAST; PH_JOURNAL_E_NONE also if there is none so near. */
int ph_journal_read_until(struct ph_journal *journal, const struct ph_log *log,
			  uint64_t after, uint64_t last, size_t max,
			  struct ph_segment *segment_out, struct ph_buf *buf);
/* What of a segment was new: entries FIRST to LAST of the branch ROW. */
struct ph_stored {
	int64_t row;
	uint64_t first;
	uint64_t last;
	uint64_t n; /* how many; 0: nothing was new, or a seal alone */
};
/*
 * Take a received segment of LOG, any branch of it: find the branch that it continues,
 * verify chain and seal, skip what is held, store the rest and the seal, note which
 * parts it expects. Where its entries differ from all that are held, a new branch
 * begins. 0, also if all of it was held; LOG is then the branch that has it, as the
 * journal holds it, and STORED_OUT (may be NULL) what was new. Else nothing is changed:
 * PH_JOURNAL_E_GAP, no branch reaches to it; _SEAL, forged, or it begins on a branch
 * that is not held, whose h(first - 1) is not known here; _FORM; _BRANCHES. Or negative
 * errno (roll back).
 */
int ph_journal_put_segment(struct ph_journal *journal, struct ph_log *log,
			   const struct ph_segment *segment,
			   struct ph_stored *stored_out);
/* The same into this branch alone: PH_JOURNAL_E_FORK if it says other than LOG does, and nothing is kept. */
int ph_journal_extend(struct ph_journal *journal, struct ph_log *log,
		      const struct ph_segment *segment, struct ph_stored *stored_out);

/* --- arrivals: how entries of others came --- */

enum ph_road {
	PH_ROAD_SESSION = 1, /* in a session; at a site: from the hub */
	PH_ROAD_IMPORT = 2,  /* from a file that somebody carried */
	PH_ROAD_STICK = 3,   /* in a bundle */
	PH_ROAD_LAN = 4,     /* from another device of the site */
	PH_ROAD_COURIER = 5, /* in a bundle that a courier brought */
};
struct ph_arrival {
	uint64_t first, last; /* entries that came together and were new */
	int64_t second;       /* when, by the clock here */
	enum ph_road road;
	enum ph_level level; /* what receipts they had reached by then */
};
/*
 * Note what ph_journal_put_segment() or ph_journal_extend() stored; nothing if nothing
 * was new. In the same transaction. 0 or negative errno.
 */
int ph_journal_arrival_put(struct ph_journal *journal, const struct ph_stored *stored,
			   int64_t second, enum ph_road road, enum ph_level level);
/*
 * How entry N of a branch came. 0; PH_JOURNAL_E_NONE: it was written here, or came
 * before arrivals were noted, or is not held; negative errno.
 */
int ph_journal_arrival(struct ph_journal *journal, int64_t log_row, uint64_t n,
		       struct ph_arrival *out);

/* --- sealed parts --- */

/*
 * Set the ciphertext (16 to PH_PART_MAX bytes) and the boxed seed (at most 256; may
 * be empty) of the part of entry N. 0; PH_JOURNAL_E_NONE: no part is expected there;
 * PH_JOURNAL_E_SEAL: the ciphertext does not match the commitment;
 * PH_JOURNAL_E_FORM: lengths. A part that is there already stays. For an entry of a
 * later kind table a part is taken if its commitment stands in the signed bytes.
 */
int ph_journal_part_put(struct ph_journal *journal, int64_t log_row, uint64_t n,
			struct ph_view cipher, struct ph_view seed_box);
/* The same into whichever branch of the log it is a part of. */
int ph_journal_part_put_any(struct ph_journal *journal,
			    const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
			    struct ph_view cipher, struct ph_view seed_box);
/* Another boxed seed for the part of entry N, which is here. 0, PH_JOURNAL_E_NONE or _FORM. */
int ph_journal_part_rebox(struct ph_journal *journal, int64_t log_row, uint64_t n,
			  struct ph_view seed_box);
/*
 * Expect the parts of all entries held, if another table of kinds than ours was the last
 * to do so: a program that did not know a kind has no row for its parts. By itself a
 * transaction. 0, also if there was no room for it or the store is damaged; negative errno.
 */
int ph_journal_expect_known(struct ph_journal *journal);
/* Both appended. 0; PH_JOURNAL_E_NONE: not expected, or missing. */
int ph_journal_part_get(struct ph_journal *journal, int64_t log_row, uint64_t n,
			struct ph_buf *cipher, struct ph_buf *seed_box);
/* Whether CIPHER is the ciphertext that ENTRY, its bytes, commits to. 0 or -ENOMEM. */
int ph_journal_part_fits(struct ph_view entry, struct ph_view cipher, bool *fits_out);
/* Up to MAX numbers, rising, of entries whose part is expected but missing. */
int ph_journal_parts_missing(struct ph_journal *journal, int64_t log_row, uint64_t *n_out,
			     size_t max, size_t *count_out);
/* Numbers in AFTER + 1 .. LAST that have a part, held or missing. */
int ph_journal_parts_in(struct ph_journal *journal, int64_t log_row, uint64_t after,
			uint64_t last, uint64_t *n_out, size_t max, size_t *count_out);

/* How many parts of entries up to LAST are held. 0 or negative errno. */
int ph_journal_parts_held(struct ph_journal *journal, int64_t log_row, uint64_t last,
			  uint64_t *count_out);

/* --- receipts --- */

/*
 * Keep RECEIPT (verified) and its BYTES unless a higher one of the same epoch and
 * level, or one of a later epoch, is held. It belongs to the branch that has its h(n),
 * whichever branch LOG_ROW is. 0 either way; PH_JOURNAL_E_GAP: it covers
 * entries that are not held; PH_JOURNAL_E_FORK: it covers others; PH_JOURNAL_E_FORM:
 * another log's, or a level that nobody signs; PH_JOURNAL_E_NONE: no such log.
 */
int ph_journal_receipt_put(struct ph_journal *journal, int64_t log_row,
			   const struct ph_receipt *receipt, struct ph_view bytes);
/* Drop all that a hub has signed: nobody heeds its keys any more. 0 or a negative errno. */
int ph_journal_receipts_drop(struct ph_journal *journal);
/*
 * The highest n receipted at LEVEL or above (0: none), and when; the receipt's bytes
 * appended to BYTES_OUT (may be NULL). After the hub was restored, what an older epoch
 * receipted counts no further than the newest one does. A receipt for another branch
 * counts as far as the two are one; its own n then is above *N_OUT.
 */
int ph_journal_receipt_get(struct ph_journal *journal, int64_t log_row,
			   enum ph_level level, uint64_t *n_out, int64_t *time_out,
			   struct ph_buf *bytes_out);

/* --- checks --- */

/*
 * Walk everything: chains, seals, certificates' keys, commitments, receipts'
 * hashes, and that a seal covers each entry. OWN (32 bytes, borrowed; may be NULL) is the
 * key of the device whose store this is, from its key file: it seals when it sends, so
 * entries of logs with this key may lie above the last seal. A hub seals as it writes and
 * gives NULL. 0, or -EUCLEAN with what and where in ERR (PH_EXIT_DAMAGED), or another
 * negative errno. COUNTS_OUT (may be NULL) counts what was looked at, also on failure.
 */
struct ph_journal_counts {
	uint64_t logs, entries, seals, parts, parts_missing, parts_erased, receipts;
	uint64_t branches; /* beside the first of each log */
};
int ph_journal_verify(struct ph_journal *journal, const uint8_t *own,
		      struct ph_journal_counts *counts_out, struct ph_error *err);

#endif
