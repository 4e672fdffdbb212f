/*
 * daemon/feeder_internal.h - shared by feeder*.c only. Tables: docs/STORE.md, "Schema".
 *
 * All that fail give 0 or a negative errno; they write in the transaction of their caller,
 * which rolls it back on an error and then calls ph_feeder_reload().
 */
#ifndef PH_DAEMON_FEEDER_INTERNAL_H
#define PH_DAEMON_FEEDER_INTERNAL_H

#include "common/ledger/cases.h"
#include "common/ledger/changes.h"
#include "common/ledger/fact.h"
#include "common/ledger/kin.h"
#include "common/ledger/scope.h"
#include "common/log/feed.h"
#include "daemon/feeder.h"

/* What a device was told of an entity as a whole. */
enum ph_feeder_told {
	PH_TOLD_NOTHING = 0, /* it is as the device's own logs have it */
	PH_TOLD_IN = 1,      /* facts of others were told */
	PH_TOLD_OUT = 2,     /* it stands outside of the device's scope */
	PH_TOLD_BARE = 3,    /* facts of others were told, without their sealed parts */
};

/* A device that is confirmed, and so is fed. */
struct ph_feeder_device {
	int64_t row; /* in the journal */
	uint8_t id[PH_DEVICE_ID_SIZE];
	uint8_t desk[PH_KEY_SIZE];
	uint64_t site;
	uint64_t scope;     /* version of the scope, from 1 */
	uint64_t number;    /* of the last item */
	uint64_t confirmed; /* items up to this are of no more use */
	bool trims;         /* and some of them may still be there */
	bool waking;        /* not all of its scope was looked at yet */
	bool moved;         /* to be written */
};

/* The class of one copy, and what its copies show together (ph_scope_joined()). */
struct ph_feeder_joined {
	struct ph_keyset members;
	struct ph_buf state; /* empty: of nothing that is known */
	/* Copies of classes that were told of as a whole, to ONLY. */
	struct ph_keyset told;
	const struct ph_feeder_device *only;
};

struct ph_feeder {
	struct ph_feeder_config config;
	struct ph_db *db;
	struct ph_feeder_device *devices; /* by site, then row */
	size_t n_devices, cap_devices;
	bool loaded;
	uint64_t floor;    /* no item gets a number below it from here on */
	struct ph_kin kin; /* of the reader who was told of last in this step */
	struct ph_feeder_joined joined; /* likewise of the copy */
};

#define PH_FEEDER_REF_SIZE 32
#define PH_FEEDER_KEYS_MAX                                                               \
	128 /* keys beside one entry, which then always fit into a page */

/* Log id, number and hash of a reference, as its key in the tables. */
void ph_feeder_ref_put(uint8_t out[static PH_FEEDER_REF_SIZE], const struct ph_ref *ref);
bool ph_feeder_ref_get(struct ph_view bytes, struct ph_ref *ref);

/* --- feeder_device.c: who is fed --- */
/* The devices that are fed, from the tables. 0 or negative errno. */
int ph_feeder_load(struct ph_feeder *feeder);
int ph_feeder_save(struct ph_feeder *feeder);
struct ph_feeder_device *ph_feeder_device_at(struct ph_feeder *feeder, int64_t row);
/* The index of the first device of SITE, or of a later one. */
size_t ph_feeder_first_of(const struct ph_feeder *feeder, uint64_t site);
/*
 * Forget all that DEVICE was told; its feed begins anew under a scope version above its own and
 * TOLD, the one that it has.
 */
int ph_feeder_renew(struct ph_feeder *feeder, struct ph_feeder_device *device,
		    uint64_t told);
/* Forget up to BUDGET items that DEVICE has confirmed; what is left of BUDGET is none if there are more. */
int ph_feeder_trim(struct ph_feeder *feeder, struct ph_feeder_device *device,
		   unsigned *budget);
/* feeder_wake.c: look at the next BUDGET entities of the scope of devices that are waking. */
int ph_feeder_wake(struct ph_feeder *feeder, unsigned budget, bool *more_out);

/* --- feeder_told.c: one entity, one device --- */
struct ph_feeder_item {
	enum ph_feed_what what;
	const struct ph_entity_key *key; /* NULL: none */
	const struct ph_ref *ref;        /* NULL: none */
	int64_t second;                  /* of a fact or act */
	uint16_t tick;
	uint32_t unsure;
	bool bytes; /* the device does not hold the entry yet */
};
/* Append ITEM to the feed of DEVICE under its next number. */
int ph_feeder_append(struct ph_feeder *feeder, struct ph_feeder_device *device,
		     const struct ph_feeder_item *item);

/* The effective facts of an entity, and the sites whose devices wrote some of them. */
struct ph_feeder_facts {
	struct ph_fact *list; /* in order; without bytes */
	size_t n, cap;
	struct ph_sites authors;
};
/* Make what DEVICE was told of KEY equal to what it should have been told. */
int ph_feeder_tell(struct ph_feeder *feeder, struct ph_feeder_device *device,
		   const struct ph_entity_key *key, const struct ph_feeder_facts *facts,
		   bool in);

/* Whether DEVICE has FACT without its feed: from its site's logs, or the control log. */
bool ph_feeder_holds(const struct ph_feeder *feeder,
		     const struct ph_feeder_device *device, const struct ph_fact *fact);
/*
 * Bind the key of a row of feed_fact, ?1 to ?4: that DEVICE was told of REF under KEY. BYTES is
 * where the statement has REF from, until it has run.
 */
void ph_feeder_bind_fact(struct ph_stmt *stmt, const struct ph_feeder_device *device,
			 const struct ph_entity_key *key, const struct ph_ref *ref,
			 uint8_t bytes[static PH_FEEDER_REF_SIZE]);
/* What DEVICE was told of KEY as a whole. 0 or negative errno. */
int ph_feeder_told(struct ph_feeder *feeder, const struct ph_feeder_device *device,
		   const struct ph_entity_key *key, enum ph_feeder_told *told_out);

/* --- feeder_copy.c: copies that are one, and who hears of a loan elsewhere --- */
/* As ph_feeder_entity(), of all copies that are one with the copy KEY. */
int ph_feeder_copy(struct ph_feeder *feeder, const struct ph_entity_key *key,
		   struct ph_feeder_device *only);
/* The sites of the reader who has the copy KEY onto OUT. */
int ph_feeder_borrower(struct ph_feeder *feeder, const struct ph_entity_key *key,
		       struct ph_sites *out);
/* Which FACTS of the copy KEY a device hears of that it is not of, into WANTED. */
int ph_feeder_want_loans(struct ph_feeder *feeder, const struct ph_feeder_device *device,
			 const struct ph_entity_key *key,
			 const struct ph_feeder_facts *facts, bool *wanted);
void ph_feeder_joined_deinit(struct ph_feeder_joined *joined);

/* --- feeder_case.c: one case --- */
int ph_feeder_case(struct ph_feeder *feeder, const struct ph_entity_key *key,
		   struct ph_feeder_device *only);
/* ROW as an item of a page; REFS and SITES are its memory. */
int ph_feeder_case_item(struct ph_feeder *feeder, const struct ph_case_row *row,
			struct ph_buf *refs, struct ph_buf *sites,
			struct ph_feed_item *item);
/*
 * The case KEY went into a page for DEVICE as ROW has it (NULL: as gone), which may be
 * other than when the item was put down: that is what the device was told.
 */
int ph_feeder_case_sent(struct ph_feeder *feeder, const struct ph_feeder_device *device,
			const struct ph_entity_key *key, const struct ph_case_row *row);

/* --- feeder_act.c: what acts on one entry or log --- */
int ph_feeder_act(struct ph_feeder *feeder, const struct ph_entity_key *target,
		  struct ph_feeder_device *only);
/* What in the log LOG_ID is acted on, as keys for ph_feeder_act(). */
int ph_feeder_acts_on(struct ph_feeder *feeder,
		      const uint8_t log_id[static PH_LOG_ID_SIZE],
		      struct ph_keyset *targets);

/* --- feeder.c: one entity, all devices --- */
/* ONLY: NULL, or the one device that is to be told. _change(): whatever KEY is. */
int ph_feeder_change(struct ph_feeder *feeder, const struct ph_entity_key *key,
		     struct ph_feeder_device *only);
int ph_feeder_entity(struct ph_feeder *feeder, const struct ph_entity_key *key,
		     struct ph_feeder_device *only);

#endif
