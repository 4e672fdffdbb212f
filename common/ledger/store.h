/*
 * common/ledger/store.h - the inside of the projection: for the files of this
 * folder only. Tables: docs/MERGE.md, "The projection".
 */
#ifndef PH_LEDGER_STORE_H
#define PH_LEDGER_STORE_H

#include "common/ledger/derive.h"
#include "common/ledger/fact.h"
#include "common/ledger/key.h"
#include "common/ledger/tally.h"
#include "common/ledger/touch.h"

/* A log as far as it is folded, in memory and in ledger_log. */
enum ph_verdict {
	PH_VERDICT_UNSEEN = 0,
	PH_VERDICT_FOLDS = 1,
	PH_VERDICT_NOTHING = 2, /* its first entry is not the `open` it should be */
};
struct ph_cursor {
	bool known; /* the row is there */
	bool moved; /* to be written */
	enum ph_verdict verdict;
	uint8_t id[PH_LOG_ID_SIZE];
	uint64_t site;
	uint64_t n;     /* entries folded */
	uint64_t floor; /* highest stamp of its clock-marks so far */
};

struct ph_entry_at {
	int64_t row;
	uint64_t n;
};

/* Entries that carry the same source. */
struct ph_source_group {
	uint8_t source[PH_SOURCE_SIZE];
	uint64_t kind;
	bool creates;
	uint64_t site;
};

struct ph_tally_slot {
	uint64_t site;
	int64_t day;
	struct ph_tally sum;
};

/* What one transaction has to do again at its end. */
struct ph_batch {
	struct ph_entity_key *dirty;
	size_t n_dirty, cap_dirty;
	struct ph_entry_at *again; /* whether they are effective may have changed */
	size_t n_again, cap_again;
	struct ph_source_group *groups;
	size_t n_groups, cap_groups;
	struct ph_ref *targets; /* of voids */
	size_t n_targets, cap_targets;
	struct ph_tally_slot *slots;
	size_t n_slots, cap_slots;
	struct ph_derived derived;
};

struct ph_ledger {
	struct ph_ledger_config config;
	struct ph_db *db;
	struct ph_journal *journal;
	bool loaded;               /* cursors and n_voids are as in the database */
	struct ph_cursor *cursors; /* by row of the log */
	size_t n_cursors;
	int64_t n_voids;
	uint64_t budget; /* entries left in this transaction */
	uint64_t folded;
	struct ph_batch batch;
	struct ph_entry *entry; /* scratch of the walk */
	struct ph_entry *other; /* scratch of the refold */
	struct ph_buf bytes, state;
	struct ph_touched touched;
};

/* --- intake.c: what comes in --- */
/* Fold entries of LOG beyond its cursor until ledger->budget is used up. */
int ph_ledger_intake(struct ph_ledger *ledger, const struct ph_log *log);

/* --- effect.c: which entries count --- */
int ph_effect_add_void(struct ph_ledger *ledger, const struct ph_fact *fact, int64_t row,
		       const struct ph_ref *target);
/* Note an entry with a source, and whom it may displace. */
int ph_effect_add_source(struct ph_ledger *ledger, const struct ph_fact *fact,
			 int64_t row, const struct ph_entry *entry);
/* ENTRY is FACT's. Whether it counts. */
struct ph_effect {
	bool folds;  /* in its entity */
	bool counts; /* in its tally */
};
int ph_effect_of(struct ph_ledger *ledger, const struct ph_fact *fact,
		 const struct ph_entry *entry, struct ph_effect *effect);
/* The group of ENTRY's source. */
struct ph_source_group ph_effect_group(const struct ph_fact *fact,
				       const struct ph_entry *entry);
/* Members of GROUP onto the batch's list `again`. */
int ph_effect_members(struct ph_ledger *ledger, const struct ph_source_group *group);

/* --- refold.c: the end of a transaction --- */
int ph_batch_dirty(struct ph_batch *batch, const struct ph_entity_key *key);
/* Whether entry N of the log ROW, which counts or not, does so in its tally from now on. */
int ph_batch_tally(struct ph_ledger *ledger, int64_t row, const struct ph_fact *fact,
		   const struct ph_entry *entry, bool counts, bool is_new);
int ph_batch_finish(struct ph_ledger *ledger);
/* Facts with their entries. All zero is a valid empty list. */
struct ph_facts {
	struct ph_fact *items;
	size_t n, cap;
	struct ph_buf arena; /* the entries, one after another */
};
void ph_facts_deinit(struct ph_facts *facts);
/*
 * The effective facts of the N entities KEYS together, in order, in place of what FACTS
 * held; one that names several of them stands once. 0 or negative errno.
 */
int ph_facts_load(struct ph_ledger *ledger, const struct ph_entity_key *keys, size_t n,
		  struct ph_facts *facts);
void ph_batch_clear(struct ph_batch *batch);
void ph_batch_deinit(struct ph_batch *batch);
/* The highest stamp of the clock-marks before entry N. */
int ph_ledger_floor(struct ph_ledger *ledger, int64_t row, uint64_t n, uint64_t *floor);

/* --- tables.c --- */
/* Make the tables, or drop and make them if they are of another version. */
int ph_tables_open(struct ph_db *db);
int ph_tables_renew(struct ph_db *db);

#endif
