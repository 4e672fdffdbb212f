/*
 * common/ledger/fed.h - what the hub fed this device: pages applied, and read back.
 *
 * A site's ledger folds its journal and, beside it, what is here: entries of others
 * under the entities that they count for, with their place in the order, as the hub
 * found it (docs/MERGE.md, "What a site folds"). These tables lie in the store of the
 * journal and outlive a rebuild of the ledger: the hub sends a page once. They can
 * all be dropped and fed anew.
 *
 * What a page changed is told to the ledger as news, which it takes in when it catches
 * up. Everything here runs on the journal's database; the caller owns the transaction.
 */
#ifndef PH_LEDGER_FED_H
#define PH_LEDGER_FED_H

#include "common/base/db.h"
#include "common/log/feed.h"

enum {
	PH_FED_E_NONE = 1, /* no such thing */
	PH_FED_E_OLD, /* a page that was applied before, or of an older feed: no effect */
	PH_FED_E_GAP, /* a page that does not go on from where we are */
	PH_FED_E_FOREIGN, /* a page of another device's feed */
	PH_FED_E_FORM,    /* a page that cites an entry which this feed never brought */
};

/* Make the tables if they are not there; outside of a transaction, unless they are. */
int ph_fed_tables_open(struct ph_db *db);

/* How far the feed is applied; scope 0: nothing is, or it has to start anew. */
struct ph_fed_cursor {
	struct ph_epoch epoch;
	uint64_t scope;
	uint64_t number;
};
int ph_fed_cursor_get(struct ph_db *db, struct ph_fed_cursor *cursor_out);
/*
 * Ask for the feed from its start: the cursor is as if nothing had been applied. What
 * was fed stays until the first page of the new feed takes its place.
 */
int ph_fed_forget(struct ph_db *db);
/*
 * The same, and all that was fed goes now: of what somebody said who had the hub's keys there
 * may be no word in the feed that comes. In a transaction.
 */
int ph_fed_drop(struct ph_db *db);

/* What pages changed, summed up for a person. */
struct ph_fed_moved {
	uint64_t facts;   /* entries from elsewhere that came */
	uint64_t gone;    /* that went, taken back or with what left */
	uint64_t entered; /* entities: in scope */
	uint64_t left;    /* out of scope */
	uint64_t cases;   /* to look at: new, or changed, and not decided */
	uint64_t pages;
};
/*
 * Apply PAGE, verified, of the feed of the device FEED; adds to MOVED. In a
 * transaction; it uses a savepoint, so that 0 means all of it, and anything else that
 * nothing was changed: PH_FED_E_OLD, _GAP, _FOREIGN, _FORM, or a negative errno.
 *
 * A page with `from` 0 of a higher epoch or scope version starts the feed anew: all
 * that was fed before is dropped with it. A sealed part that does not fit the
 * commitment of its entry is left out, as if it had not come.
 */
int ph_fed_apply(struct ph_db *db, const uint8_t feed[static PH_DEVICE_ID_SIZE],
		 const struct ph_feed_page *page, struct ph_fed_moved *moved);

/* --- reading --- */

/* One entry that was fed. */
struct ph_fed_entry {
	int64_t log; /* row of its log in fed_log */
	uint64_t log_site, role;
	uint8_t key[PH_KEY_SIZE]; /* of the device that wrote it */
	struct ph_ref ref;
	uint64_t second, tick, unsure;
	bool is_act;
	struct ph_view bytes; /* borrowed until the callback returns, or from a buffer */
};
/* The facts under an entity, in no order; CB returning non-zero ends the walk with that value. */
int ph_fed_facts(struct ph_db *db, uint64_t type, struct ph_view id,
		 int (*cb)(void *data, const struct ph_fed_entry *entry), void *data);
/* The acts, likewise. */
int ph_fed_acts(struct ph_db *db, int (*cb)(void *data, const struct ph_fed_entry *entry),
		void *data);
/* All of them behind that place, in order of log, n and hash; likewise. */
int ph_fed_entries(struct ph_db *db, int64_t log, uint64_t n,
		   const uint8_t hash[static 8],
		   int (*cb)(void *data, const struct ph_fed_entry *entry), void *data);
/* The one at that place, its bytes appended to BYTES, which ENTRY_OUT borrows. 0, PH_FED_E_NONE, negative errno. */
int ph_fed_entry_at(struct ph_db *db, int64_t log, uint64_t n,
		    const uint8_t hash[static 8], struct ph_fed_entry *entry_out,
		    struct ph_buf *bytes);
/*
 * Entities that have facts or stand outside, each once, in the order of type and id: up
 * to LIMIT of those behind TYPE and ID (0 and nothing: from the first one).
 */
int ph_fed_entities(struct ph_db *db, uint64_t type, struct ph_view id, unsigned limit,
		    int (*cb)(void *data, uint64_t type, struct ph_view id), void *data);
/* How many those are behind TYPE and ID. 0 or negative errno. */
int ph_fed_entities_after(struct ph_db *db, uint64_t type, struct ph_view id,
			  uint64_t *n_out);
/* Whether the hub says that an entity is not in the site's scope. */
int ph_fed_is_outside(struct ph_db *db, uint64_t type, struct ph_view id,
		      bool *outside_out);
/* The entry REF, its bytes appended to BYTES, which ENTRY_OUT borrows. 0, PH_FED_E_NONE, negative errno. */
int ph_fed_resolve(struct ph_db *db, const struct ph_ref *ref,
		   struct ph_fed_entry *entry_out, struct ph_buf *bytes);
/* Its sealed part, both appended. 0, PH_FED_E_NONE (no such entry, or no part of it), negative errno. */
int ph_fed_part(struct ph_db *db, const struct ph_ref *ref, struct ph_buf *cipher,
		struct ph_buf *seed_box);
/* Drop the part of REF, if it is here, which *HELD_OUT tells: its reader was erased. 0 or negative errno. */
int ph_fed_part_drop(struct ph_db *db, const struct ph_ref *ref, bool *held_out);

/* A log that a page told of: its site, and the device that writes it. 0, PH_FED_E_NONE, negative errno. */
int ph_fed_log(struct ph_db *db, const uint8_t log_id[static PH_LOG_ID_SIZE],
	       struct ph_feed_log *log_out);

struct ph_fed_case {
	uint8_t id[16];
	uint64_t kind;
	struct ph_view anchor, refs, sites; /* ph_feed_ref_next(), ph_feed_site_next() */
	uint64_t second;
	bool is_decided;
	uint64_t decided;
};
/* Cases that were fed, oldest first; OPEN_ONLY leaves out those that are decided. */
int ph_fed_cases(struct ph_db *db, bool open_only,
		 int (*cb)(void *data, const struct ph_fed_case *one), void *data);

/* The one with that id, if it was fed. */
int ph_fed_case(struct ph_db *db, const uint8_t id[static 16],
		int (*cb)(void *data, const struct ph_fed_case *one), void *data);

struct ph_fed_counts {
	uint64_t entries; /* facts of others and acts */
	uint64_t entities, outside;
	uint64_t cases; /* open ones */
};
/* How much of what was fed is here. 0 or negative errno. */
int ph_fed_counts(struct ph_db *db, struct ph_fed_counts *counts_out);

/* --- news for the ledger --- */

enum ph_fed_what {
	PH_FED_ENTITY =
		1, /* the facts under `type`, `id` changed, or it came in or went out */
	PH_FED_ACT = 2,   /* the act `ref` is there: ph_fed_resolve() */
	PH_FED_UNACT = 3, /* it is no more; `bytes` is what it was */
};
struct ph_fed_news {
	uint64_t seq; /* rising, never used twice */
	enum ph_fed_what what;
	uint64_t type;
	struct ph_view id; /* this and bytes borrow BUF */
	struct ph_ref ref;
	int64_t log; /* row of the act's log in fed_log */
	uint64_t log_site;
	struct ph_view bytes;
};
/*
 * The first news above AFTER; BUF is cleared first. Of news about one thing the last
 * alone is kept. 0, PH_FED_E_NONE (caught up), negative errno.
 */
int ph_fed_news_next(struct ph_db *db, uint64_t after, struct ph_fed_news *news_out,
		     struct ph_buf *buf);
/* The newest one's seq, 0 if there never was one: where a rebuild has caught up to. */
int ph_fed_news_last(struct ph_db *db, uint64_t *seq_out);
/* Forget news up to SEQ: the ledger that is kept has taken them in. */
int ph_fed_news_drop(struct ph_db *db, uint64_t seq);

#endif
