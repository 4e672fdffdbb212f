/*
 * common/ledger/store.h - the inside of the projection: for the files of this
 * folder only. Tables: docs/MERGE.md, "The projection".
 *
 * An entry that was taken in is named by the row of its log and its number. How it
 * stands (whether it folds, whether it counts) is on record, and changes only by
 * ph_held_settle(): so whatever arrives, what followed from it before can be undone.
 *
 * All that fail give 0 or a negative errno, and PH_LEDGER_E_NONE where that is said. Unless
 * they say otherwise they write in the transaction of their caller, which rolls it back on an
 * error.
 */
#ifndef PH_LEDGER_STORE_H
#define PH_LEDGER_STORE_H

#include "common/ledger/copy_gist.h"
#include "common/ledger/derive.h"
#include "common/ledger/facts.h"
#include "common/ledger/keyset.h"
#include "common/ledger/memo.h"
#include "common/ledger/refset.h"
#include "common/ledger/tables.h"
#include "common/ledger/tally.h"
#include "common/ledger/touch.h"

/* A log (a branch of it) as far as it is folded, in memory and in ledger_log. */
enum ph_verdict {
	PH_VERDICT_UNSEEN = 0,
	PH_VERDICT_FOLDS = 1,
	PH_VERDICT_NOTHING = 2, /* its first entry is not the `open` it should be */
};
struct ph_cursor {
	bool begun; /* what follows is set */
	bool known; /* the row is there */
	bool moved; /* to be written: ph_ledger_note_moved() */
	enum ph_verdict verdict;
	uint8_t id[PH_LOG_ID_SIZE];
	uint64_t site;
	bool forked;         /* the log has other branches */
	uint64_t n;          /* entries folded */
	uint64_t limit;      /* entries above are cut; UINT64_MAX: none */
	bool marked;         /* `mark` is the last one up to n */
	struct ph_mark mark; /* governs what comes next */
};

/* An entry that was taken in, or is being. */
struct ph_held {
	int64_t row;
	struct ph_fact fact;
	struct ph_entry *entry; /* fact.bytes decoded */
	struct ph_buf bytes;    /* what fact.bytes borrows, if it was loaded */
};

/* What an entry is to the fold. */
enum ph_part_in_fold {
	PH_PART_NONE = 0, /* not its writer's to write */
	PH_PART_FACT = 1, /* names entities */
	PH_PART_ACT = 2,  /* acts on other entries; a cut is a fact too */
	PH_PART_MARK = 4, /* says what the clock was */
};

/* The entry that is first of its group, and the time at which it is on record. */
struct ph_twin {
	int64_t row; /* 0: there is none */
	uint64_t n;
	int64_t second;
	uint16_t tick;
};

/* An entry that was read from the journal for a fold. */
#define PH_FETCHED_MAX 8
struct ph_fetched {
	int64_t row; /* 0: none */
	uint64_t n;
	struct ph_buf bytes;
};

/* What one entry adds to one counter, or, negated modulo 2^64, takes away. */
struct ph_tally_change {
	uint64_t site;
	int64_t day;
	struct ph_count count;
};

/* A device or log of which a cut or an adoption came, or went. */
struct ph_cut_at {
	bool device;
	uint8_t id[16];
};

/* What one transaction has to do at its end. */
struct ph_batch {
	struct ph_keyset dirty;  /* to be folded again */
	struct ph_keyset crates; /* whose listed receives may name other copies */
	struct ph_ref *targets;  /* of acts that came, or went off or on */
	size_t n_targets, cap_targets;
	struct ph_ref *marks; /* that were judged, or are no more */
	size_t n_marks, cap_marks;
	struct ph_cut_at *cuts;
	size_t n_cuts, cap_cuts;
	struct ph_tally_change *changes;
	size_t n_changes, cap_changes;
	struct ph_derived derived;
	struct ph_gists gists;
};

struct ph_ledger {
	struct ph_ledger_config config;
	struct ph_db *db;
	struct ph_journal *journal;
	bool loaded;               /* what follows is as in the database */
	int64_t cut_day;           /* copy_cut.h */
	uint64_t cut_looked;       /* entries folded when the policy was last looked at */
	struct ph_cursor *cursors; /* by row of the log */
	size_t n_cursors;
	uint64_t
		generation; /* of the key list by which it was folded; 0: not looked at */
	uint64_t
		seen; /* mark of the journal: what moved before is folded; 0: look at all */
	int64_t *moved; /* rows of cursors to be written */
	size_t n_moved, cap_moved;
	int64_t fed_row; /* of what fed_cursor is; 0: nothing */
	struct ph_cursor fed_cursor;
	bool is_fed_behind;     /* some of what was fed is still to be taken in */
	struct ph_refset acted; /* entries that voids, unmerges and judges name */
	int64_t n_cuts;         /* cuts and adoptions */
	uint64_t n_edges[PH_ENTITY_COPY +
			 1]; /* between things of a type: while 0, each stands alone */
	uint64_t budget;     /* entries left in this transaction */
	uint64_t folded;
	struct ph_batch batch;
	struct ph_held held;    /* scratch: of the walk, of what is looked at again */
	struct ph_held twin;    /* scratch: another one of its source */
	struct ph_entry *other; /* scratch of what is derived from states */
	struct ph_fetched fetched[PH_FETCHED_MAX];
	size_t next_fetched;
	struct ph_memo memo; /* states of the batch that is under way */
	struct ph_buf bytes, state;
	struct ph_touched touched;
};

/* --- ledger.c --- */
/* The cursor of a log of the journal; NULL if no entry of it was taken in, or for ROW below 1. */
const struct ph_cursor *ph_ledger_cursor(struct ph_ledger *ledger, int64_t row);
/* The cursor of ROW is not as it was written. */
int ph_ledger_note_moved(struct ph_ledger *ledger, int64_t row);
/*
 * The same, or of the log of an entry that was fed (ROW below 0; that one is borrowed until
 * the next call). 0; -EUCLEAN: there is none; or another negative errno.
 */
int ph_ledger_cursor_of(struct ph_ledger *ledger, int64_t row,
			const struct ph_cursor **cursor_out);
/* Write the cursors that moved; at the end of every transaction. */
int ph_ledger_save(struct ph_ledger *ledger);
/* How many of LOG's entries the ledger takes. */
uint64_t ph_ledger_takes(const struct ph_ledger *ledger, const struct ph_log *log);
/* CB for each branch of a log that is held; not 0 ends the walk with that value. */
int ph_ledger_branches(struct ph_ledger *ledger,
		       const uint8_t log_id[static PH_LOG_ID_SIZE],
		       int (*cb)(void *data, const struct ph_log *log), void *data);

/* A branch of the log was found: all that are known stand beside others. */
void ph_ledger_note_fork(struct ph_ledger *ledger,
			 const uint8_t log_id[static PH_LOG_ID_SIZE]);

/* --- intake.c: what comes in --- */
/* Fold entries of LOG beyond its cursor until ledger->budget is used up. */
int ph_ledger_intake(struct ph_ledger *ledger, const struct ph_log *log);

/* --- speakers.c: what a hub's logs may say --- */
/*
 * Whether ENTRY, number N of a log of that id, is signed as its kind asks. 0 or negative
 * errno.
 */
int ph_speakers_heed(const struct ph_ledger *ledger, const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		     bool *heeds);
/* Whether an operator has signed it. */
int ph_speakers_sign(const struct ph_ledger *ledger, const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
		     bool *signs);
/* How many entries of LOG count by the key lists; none if it cannot be read, which who folds it is told. */
uint64_t ph_speakers_limit(const struct ph_ledger *ledger, const struct ph_log *log);
/* Whether less counts of what LOG grew beside than is folded: a hub's own words came after a thief's. */
bool ph_speakers_shrank(const struct ph_ledger *ledger, const struct ph_log *log);
/* Drop a projection that was made by another key list; then *MOVED. 0 or negative errno. */
int ph_speakers_follow(struct ph_ledger *ledger, bool *moved);

/* --- held.c: entries that were taken in, found again --- */
int ph_held_init(struct ph_held *held);
void ph_held_deinit(struct ph_held *held);
/* What ENTRY, number N of LOG, is to the fold. */
enum ph_part_in_fold ph_held_part(const struct ph_log *log, uint64_t n,
				  const struct ph_entry *entry);
/* Entry N of the log ROW, with its time; PH_PART_NONE if it was not taken in or is nothing. */
int ph_held_load(struct ph_ledger *ledger, int64_t row, uint64_t n, struct ph_held *held,
		 enum ph_part_in_fold *part);
struct ph_fed_entry;
/* What FED is as one, with its time; HELD's entry is decoded already. */
void ph_held_fed(struct ph_held *held, const struct ph_fed_entry *fed);
/*
 * CB for each entry of the log ROW with a number in AFTER + 1 .. LAST that was taken in
 * and is something, in HELD; not 0 ends the walk. 0 or negative errno.
 */
int ph_held_each(struct ph_ledger *ledger, int64_t row, uint64_t after, uint64_t last,
		 struct ph_held *held,
		 int (*cb)(void *data, struct ph_held *held, enum ph_part_in_fold part),
		 void *data);

/* --- standing.c: whether facts fold and count --- */
enum {
	PH_OFF_DEAD = 1,   /* cut, voided or unmerged */
	PH_OFF_TWIN = 2,   /* another one of its source comes first */
	PH_OFF_REPEAT = 4, /* an equal one on another branch of its log comes first */
};
enum { /* of rows of ledger_fact */
	PH_FLAG_TOLD = 1,
	PH_FLAG_OFF = 2,
};
/* How HELD stands on record: 0, or some of the above. */
int ph_held_read_off(struct ph_ledger *ledger, const struct ph_held *held, unsigned *off);
/*
 * The same of any PART that HELD has in the fold, for who tells it: a twin that counts as
 * the same thing under another name is not off.
 */
int ph_held_off(struct ph_ledger *ledger, const struct ph_held *held,
		enum ph_part_in_fold part, unsigned *off);
/* File a new fact under all that it names. */
int ph_held_file(struct ph_ledger *ledger, struct ph_held *held);
/* A row of ledger_fact for HELD under KEY; WHOLE: with its bytes. */
int ph_held_insert(struct ph_ledger *ledger, const struct ph_held *held,
		   const struct ph_entity_key *key, bool off, bool whole);
/* If HELD is a dispatch or a listed receive: what the crate's listed receives name may change. */
int ph_held_note_crate(struct ph_ledger *ledger, const struct ph_held *held);
/* Look at a fact again, and undo or do what follows. */
int ph_held_settle(struct ph_ledger *ledger, struct ph_held *held);
/* HELD, whose time is the one on record, counts at the time of TO from now on. */
int ph_held_retime(struct ph_ledger *ledger, struct ph_held *held,
		   const struct ph_fact *to);

/* --- group.c: entries of which only the first counts --- */
struct ph_group {
	unsigned bit;             /* PH_OFF_* of the others */
	struct ph_entity_key key; /* a source, or a reference */
	uint64_t kind;
	bool creates;
	uint64_t site;
};
struct ph_group ph_group_of_source(const struct ph_held *held);
/* The equal entries on other branches of its log. */
struct ph_group ph_group_of_ref(const struct ph_held *held);
/* The first of GROUP that is not dead. */
int ph_group_first(struct ph_ledger *ledger, const struct ph_group *group,
		   struct ph_twin *first);
int ph_group_put(struct ph_ledger *ledger, const struct ph_group *group,
		 const struct ph_held *held, bool dead);
int ph_group_drop(struct ph_ledger *ledger, const struct ph_group *group,
		  const struct ph_held *held);
/* Whether a new entry HELD is on other branches too; those are in GROUP then. */
int ph_group_repeats(struct ph_ledger *ledger, const struct ph_held *held,
		     struct ph_group *group, bool *found);
/* The same of one that was taken in. */
int ph_group_is_repeated(struct ph_ledger *ledger, const struct ph_held *held,
			 const struct ph_group *group, bool *repeated);

/* --- fed_intake.c: what the hub fed --- */
extern const char ph_fed_intake_make_sql[];
extern const char ph_fed_intake_drop_sql[];
/* What the fed entry of the negative ROW stands in; borrowed until the next call. 0, -EUCLEAN (no such row), negative errno. */
int ph_fed_cursor(struct ph_ledger *ledger, int64_t row,
		  const struct ph_cursor **cursor_out);
/* Take in what was fed since the last time, in a transaction of its own. */
int ph_fed_intake(struct ph_ledger *ledger);
/*
 * One transaction of that, if FOLDS and there is something (*TOOK_OUT). *LEFT_OUT: news that are to
 * be taken in still, and, of a projection that is new, the entities that are still to come.
 */
int ph_fed_intake_step(struct ph_ledger *ledger, bool folds, bool *took_out,
		       uint64_t *left_out);
/* Whether the fed entry REF is voided or unmerged here may have changed. */
int ph_fed_intake_again(struct ph_ledger *ledger, const struct ph_ref *ref);

/* --- listed.c --- */
/* At the end of a transaction: what the listed receives of the batch's crates name. */
int ph_listed_finish(struct ph_ledger *ledger);

/* --- effect.c: what acts on an entry --- */
/* Whether entry N of the log ROW stands above the cut of its log. */
bool ph_effect_cut(struct ph_ledger *ledger, int64_t row, uint64_t n);
/* Whether HELD is cut, voided or unmerged. */
int ph_effect_dead(struct ph_ledger *ledger, const struct ph_held *held, bool *dead);
/* The void or unmerge that takes HELD away, and its kind. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_effect_by(struct ph_ledger *ledger, const struct ph_held *held, struct ph_ref *by,
		 uint64_t *kind);

/* --- act.c: entries that act on others --- */
/* What HELD, an act, acts on goes on record. */
int ph_act_add(struct ph_ledger *ledger, const struct ph_held *held);
/* HELD, an act on record, is no more. */
int ph_act_remove(struct ph_ledger *ledger, const struct ph_held *held);
/* Whether HELD, on record, is dead may have changed. */
int ph_act_settle(struct ph_ledger *ledger, struct ph_held *held,
		  enum ph_part_in_fold part);
/* At the end of a transaction: all that acts of the batch act on. */
int ph_acts_finish(struct ph_ledger *ledger);

/* --- cut.c: which entries are cut --- */
/* How far the branches of a log are covered, now that it has grown or cuts have come. */
int ph_cut_refresh(struct ph_ledger *ledger, const uint8_t log_id[static PH_LOG_ID_SIZE]);
int ph_cuts_finish(struct ph_ledger *ledger);

/* --- judge.c: what governs the time of entries --- */
/* The mark that governs what stands behind entry N of the log ROW. */
int ph_judge_mark_at(struct ph_ledger *ledger, int64_t row, uint64_t n,
		     struct ph_mark *mark);
/* The first mark of ROW itself above AFTER that is judged with a bound; n is 0: none. */
int ph_judge_clamped(struct ph_ledger *ledger, int64_t row, uint64_t after,
		     struct ph_mark *mark);
/* Where a judgement stands. */
struct ph_judge_found {
	int64_t row; /* of its log; below 0: of what was fed (ledger_fed) */
	struct ph_ref ref;
	uint64_t stamp;
};
/* The judgement that governs the mark MARK. 0, PH_LEDGER_E_NONE, negative errno. */
int ph_judge_of(struct ph_ledger *ledger, const struct ph_ref *mark,
		struct ph_judge_found *judge);
/* Take in HELD, a clock-mark: it governs what comes next. */
int ph_judge_take_mark(struct ph_ledger *ledger, const struct ph_held *held);
/* At the end of a transaction: the times that the batch's marks govern. */
int ph_judges_finish(struct ph_ledger *ledger);

/* --- batch.c: the end of a transaction --- */
int ph_batch_target(struct ph_batch *batch, const struct ph_ref *ref);
int ph_batch_mark(struct ph_batch *batch, const struct ph_ref *ref);
int ph_batch_cut(struct ph_batch *batch, bool device, const uint8_t id[static 16]);
/* Add what ENTRY counts, SIGN (1 or -1) times, to the tally of SITE and the day of SECOND. */
int ph_batch_count(struct ph_batch *batch, uint64_t site, int64_t second,
		   const struct ph_entry *entry, int sign);
int ph_batch_finish(struct ph_ledger *ledger);
void ph_batch_clear(struct ph_batch *batch);
void ph_batch_deinit(struct ph_batch *batch);

/* --- refold.c: entities and tallies --- */
int ph_refold_dirty(struct ph_ledger *ledger);
int ph_refold_tallies(struct ph_ledger *ledger);

#endif
