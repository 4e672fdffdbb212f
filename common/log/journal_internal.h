/* common/log/journal_internal.h - what the files of the journal share; nobody else includes it. */
#ifndef PH_LOG_JOURNAL_INTERNAL_H
#define PH_LOG_JOURNAL_INTERNAL_H

#include "common/base/limits.h"
#include "common/log/journal.h"

/* A rowid of run, seal and part is log row and n in one number: one seek, no index. */
#define PH_JOURNAL_N_BITS    40
#define PH_JOURNAL_N_MAX     ((UINT64_C(1) << PH_JOURNAL_N_BITS) - 1)
#define PH_JOURNAL_ROW_MAX   ((INT64_C(1) << (63 - PH_JOURNAL_N_BITS)) - 1)

#define PH_JOURNAL_MOVES_MAX 512

struct ph_journal {
	struct ph_db *db;                    /* borrowed */
	struct ph_log **logs;                /* by row; NULL: not read yet */
	size_t n_logs;                       /* length of `logs` */
	uint64_t n_moves;                    /* so far; a mark is one of these */
	int64_t moved[PH_JOURNAL_MOVES_MAX]; /* rows: move i at i modulo its length */
};

/* Entries FIRST to LAST as stored together. All zero is a valid empty one. */
struct ph_run {
	uint64_t first;
	uint64_t last;
	uint8_t h[PH_HASH_SIZE]; /* h(last) */
	struct ph_buf bytes;     /* a copy: callbacks may use the same statements */
};

/*
 * Where the entries of a branch lie, the oldest row first: each has those above `base`
 * and up to `last`. A log that is not forked is one row up to PH_JOURNAL_N_MAX.
 */
struct ph_path {
	struct ph_stretch {
		int64_t row;
		uint64_t base;
		uint64_t last;
	} at[PH_BRANCHES_MAX];
	unsigned n;
};

static inline int64_t ph_journal_key(int64_t row, uint64_t n)
{
	return (int64_t)((uint64_t)row << PH_JOURNAL_N_BITS | n);
}

static inline uint64_t ph_journal_key_n(int64_t key)
{
	return (uint64_t)key & PH_JOURNAL_N_MAX;
}

/* Copy a column that must be LEN bytes. 0 or -EUCLEAN. */
int ph_journal_col_fixed(struct ph_stmt *stmt, int column, uint8_t *out, size_t len);
/* Step a statement that gives at most one row and then reset it: its integer, or PH_JOURNAL_E_NONE. */
int ph_journal_one_int(struct ph_stmt *stmt, int64_t *out);

/* The journal's own record of a log, which is newer than any copy. Borrowed until reload. */
int ph_journal_held(struct ph_journal *journal, int64_t row, struct ph_log **held_out);

/* The log ROW has entries that it had not: for ph_journal_log_moved_each(). */
void ph_journal_note_move(struct ph_journal *journal, int64_t row);
/* Whatever mark somebody has, any log may have moved since. */
void ph_journal_forget_moves(struct ph_journal *journal);

/* The stretches of the branch ROW. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_path(struct ph_journal *journal, int64_t row, struct ph_path *path_out);
/* The row that keeps entry N of the branch ROW, N from 1. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_keeper(struct ph_journal *journal, int64_t row, uint64_t n,
		      int64_t *row_out);
/* Rows of the branches of a log, branch 0 first; none: no such log. 0 or negative errno. */
int ph_journal_branches(struct ph_journal *journal,
			const uint8_t id[static PH_LOG_ID_SIZE],
			int64_t rows_out[static PH_BRANCHES_MAX], unsigned *n_out);
/*
 * A new, empty branch of the log of LOG that leaves LOG's chain after entry BASE. 0,
 * PH_JOURNAL_E_BRANCHES or negative errno.
 */
int ph_journal_branch_add(struct ph_journal *journal, const struct ph_log *log,
			  uint64_t base, struct ph_log **held_out);

/*
 * First, last and h(last) of the last run of ROW itself that starts at N or before,
 * without its bytes: SQLite leaves a column on its overflow pages until it is asked
 * for. 0, PH_JOURNAL_E_NONE or negative errno.
 */
int ph_journal_run_end(struct ph_journal *journal, int64_t row, uint64_t n,
		       uint64_t *first_out, uint64_t *last_out,
		       uint8_t h_out[static PH_HASH_SIZE]);
/*
 * The run that has entry N of the branch ROW, bytes and all; `last` is less than what
 * `h` is of where the branch leaves its parent within the run. 0, PH_JOURNAL_E_NONE or
 * negative errno.
 */
int ph_journal_run_load(struct ph_journal *journal, int64_t row, uint64_t n,
			struct ph_run *run);
/* What is left of RUN from entry N on. 0 or -EUCLEAN. */
int ph_journal_run_from(const struct ph_run *run, uint64_t n, struct ph_view *rest_out);

/*
 * The commitment of an entry that has a sealed part: true and COMMIT_OUT. Other
 * kinds, unknown ones and what is malformed have none. *RC is 0, or -ENOMEM.
 */
bool ph_journal_commit_of(struct ph_view entry, uint8_t commit_out[static PH_HASH_SIZE],
			  int *rc);
/* Whether an entry of a later table than ours holds COMMIT as a binary of its own; *RC as above. */
bool ph_journal_commit_in(struct ph_view entry, const uint8_t commit[static PH_HASH_SIZE],
			  int *rc);
/* Expect a part at entry N, which ROW itself keeps. */
int ph_journal_part_expect(struct ph_journal *journal, int64_t row, uint64_t n,
			   const uint8_t commit[static PH_HASH_SIZE]);

/*
 * ENTRIES of LOG behind its entry AFTER, in segment form, were stored: parts of those that
 * are of erased readers are not missing. 0 or negative errno.
 */
int ph_journal_erase_known(struct ph_journal *journal, const struct ph_log *log,
			   uint64_t after, struct ph_view entries);

/* The nearest stored seal above AFTER: *N_OUT is its number, or 0. 0 or negative errno. */
int ph_journal_seal_after(struct ph_journal *journal, int64_t row, uint64_t after,
			  uint64_t *n_out);
/* 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_seal_get(struct ph_journal *journal, int64_t row, uint64_t n,
			uint8_t sig_out[static PH_SIGNATURE_SIZE]);
/* Store a seal over entry N, of which none is stored, and move HELD's `sealed`. */
int ph_journal_seal_store(struct ph_journal *journal, struct ph_log *held, uint64_t n,
			  const uint8_t sig[static PH_SIGNATURE_SIZE]);

/* One walk over a body: the chain, and what is new in it. Zero but for n, h and held at first. */
struct ph_body_walk {
	uint64_t n;              /* number of the entry last stepped over */
	uint8_t h[PH_HASH_SIZE]; /* h(n) */
	uint64_t held;           /* entries up to here are held */
	size_t tail;             /* where in the body those above `held` start */
	struct ph_buf parts; /* of each new entry that has one: number and commitment */
};
/* Step WALK over BODY. 0, PH_JOURNAL_E_FORM or -ENOMEM. */
int ph_journal_walk(struct ph_body_walk *walk, struct ph_view body);
/* Write what WALK found behind HELD, whose n is walk->held, and move HELD. */
int ph_journal_walk_store(struct ph_journal *journal, struct ph_log *held,
			  const struct ph_body_walk *walk, struct ph_view body);

#endif
