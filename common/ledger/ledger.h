/*
 * common/ledger/ledger.h - what we conclude from the logs: a disposable projection.
 *
 * The journal holds the entries; the ledger holds, for each entity, the canonical
 * bytes of its state, and the entries that name it. Each entity is folded alone
 * from those entries, in their order, by the pure functions of copy.h, registers.h
 * (titles, readers, sites, communes, policies), card.h, device.h and tally.h, which
 * also decode the states. The same set of entries gives the same bytes whatever
 * the order of arrival; docs/MERGE.md has the rules and every byte. What people are
 * shown comes from view.h, query.h and find.h.
 */
#ifndef PH_LEDGER_LEDGER_H
#define PH_LEDGER_LEDGER_H

#include "common/log/journal.h"
#include "common/log/operator.h"

/* Types of entities: the first key of the digest's order. */
enum ph_entity {
	PH_ENTITY_SITE = 1,    /* id: site number, 8 bytes big-endian */
	PH_ENTITY_COMMUNE = 2, /* id: the code */
	PH_ENTITY_POLICY = 3,  /* id: the name */
	PH_ENTITY_DEVICE = 4,  /* id: device id, 16 bytes */
	PH_ENTITY_INVITE = 5,  /* id: invite id, 16 bytes */
	PH_ENTITY_TARGET = 6,  /* id: year, 8 bytes big-endian, and the indicator */
	PH_ENTITY_LOG = 7,     /* id: log id, 16 bytes */
	PH_ENTITY_MODEL = 8,   /* id: the commune's code */
	PH_ENTITY_TITLE =
		10, /* id: reference of its first entry: log id, n big-endian, hash: 32 bytes */
	PH_ENTITY_READER = 11,  /* likewise */
	PH_ENTITY_CARD = 12,    /* id: namespace, 8 bytes big-endian, and code */
	PH_ENTITY_COPY = 13,    /* likewise */
	PH_ENTITY_CRATE = 14,   /* likewise */
	PH_ENTITY_HOLD = 15,    /* id: reference of its hold-place */
	PH_ENTITY_ACCOUNT = 16, /* id: of the card */
	PH_ENTITY_WORKER = 17,  /* id: reference of its first entry */
	PH_ENTITY_STOP = 18,    /* id: reference of the mobile-stop that opens it */
	PH_ENTITY_EVENT = 19,   /* id: reference of the entry */
	PH_ENTITY_TALLY = 20,   /* id: site number and day, 8 bytes big-endian each */
	PH_ENTITY_CASE = 21,    /* id: case id, 16 bytes */
	PH_ENTITY_REPORT = 22,  /* id: reference of its report-issue */
	PH_ENTITY_ERASURE = 23, /* id: reference of its reader-erase */
};

#define PH_ENTITY_ID_MAX (8 + PH_CODE_MAX)

/* What only the hub sees: cases that need facts of several sites. */
struct ph_registers;
struct ph_ledger_hub {
	/*
	 * A keyed hash of what a reader is recognised by (docs/MERGE.md, "Match keys"),
	 * from REGISTERS and the sealed parts that they name. 0; 1 if these do not all open,
	 * or say too little; negative errno.
	 */
	int (*match)(void *data, const struct ph_registers *registers,
		     uint8_t out[static 16]);
	/* The last second of the invite of a device. 0; 1 if it is not known; negative errno. */
	int (*expires)(void *data, const uint8_t device[static PH_DEVICE_ID_SIZE],
		       int64_t *out);
	void *data;
};

struct ph_ledger_config {
	struct ph_journal *journal; /* borrowed: where entries come from */
	struct ph_db *
		db; /* borrowed: where the projection lives; may be the journal's or another */
	/* How many of a log's entries to fold: 0 leaves it out. NULL: all of all logs. */
	uint64_t (*takes)(void *data, const struct ph_log *log);
	void *data;
	/*
	 * By which key lists a hub's logs are read: an entry that an operator signs counts with
	 * the signature of one of theirs, and a log that the newest closes up to there; when that
	 * is another one, all is folded anew. NULL: whatever stands there counts.
	 */
	const struct ph_speakers *speakers; /* borrowed, with its lists */
	/* Of a site: where what the hub fed lies (fed.h), the journal's database; NULL: nothing. */
	struct ph_db *fed;
	unsigned fed_batch; /* how much of that in one transaction; 0: some 2,000 facts */
	const struct ph_ledger_hub *hub; /* borrowed; NULL: this is a site's */
	bool keeps_changes; /* list what changed (changes.h): somebody takes it off again */
};

struct ph_ledger;

enum {
	PH_LEDGER_E_NONE = 1
};

/*
 * Makes its tables; a projection of another version of the fold is dropped and made anew by
 * ph_ledger_catch_up(). 0, or a negative errno with ERR.
 */
int ph_ledger_open(struct ph_ledger **ledger_out, const struct ph_ledger_config *config,
		   struct ph_error *err);
void ph_ledger_free(struct ph_ledger *ledger);

/*
 * Fold what the journal holds beyond what was folded, in transactions of its own,
 * of at most some 20,000 entries. Call outside a transaction. *FOLDED_OUT (may be
 * NULL) counts entries.
 */
int ph_ledger_catch_up(struct ph_ledger *ledger, uint64_t *folded_out,
		       struct ph_error *err);
/*
 * The same in one step, which is one transaction: a batch of what the hub fed, and once that is
 * taken in at most MAX entries of the logs. MAX 0: nothing, it is only counted. *LEFT_OUT: the
 * entries of logs, and news of the feed, that are still to be folded; 0: all is as after
 * ph_ledger_catch_up(). While some are left, what is read is what was folded so far. What
 * has to be folded anew (a journal or key lists that are others) is dropped by a step, and folded by
 * those that follow. Call outside a transaction. 0 or negative errno with ERR.
 */
int ph_ledger_step(struct ph_ledger *ledger, uint64_t max, uint64_t *left_out,
		   struct ph_error *err);
/* Drop the projection and fold all logs again: gives the same bytes. */
int ph_ledger_rebuild(struct ph_ledger *ledger, struct ph_error *err);
/*
 * BLAKE2b-256 over the entities sorted by type and id (docs/MERGE.md, "Digest"); catches up
 * first, so call it outside a transaction. 0, or a negative errno with ERR.
 */
int ph_ledger_digest(struct ph_ledger *ledger, uint8_t out[static 32],
		     struct ph_error *err);

/* The canonical state of one entity appended to OUT. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_ledger_get(struct ph_ledger *ledger, enum ph_entity type, struct ph_view id,
		  struct ph_buf *state_out);
/*
 * Each entity of a type in order of id; ID and STATE are borrowed for the call. 0 or negative
 * errno; CB returning non-zero ends the walk with that value. CB may call ph_ledger_get()
 * and the views of one entity, but no other walk (ph_ledger_each() itself,
 * ph_query_site_named(), ph_ledger_find_readers()).
 */
int ph_ledger_each(struct ph_ledger *ledger, enum ph_entity type,
		   int (*cb)(void *data, struct ph_view id, struct ph_view state),
		   void *data);
uint64_t ph_ledger_count(struct ph_ledger *ledger, enum ph_entity type);
/*
 * Entries of the branch ROW above *LIMIT_OUT are cut (docs/MERGE.md, "Cut"); UINT64_MAX:
 * none are. As it was folded: 0, PH_LEDGER_E_NONE (nothing of it was), negative errno.
 */
int ph_ledger_cut_at(struct ph_ledger *ledger, int64_t row, uint64_t *limit_out);

#endif
