/* common/log/journal_internal.h - what the files of the journal share; nobody else includes it. */
#ifndef PH_LOG_JOURNAL_INTERNAL_H
#define PH_LOG_JOURNAL_INTERNAL_H

#include "common/log/journal.h"

/* A rowid of run, seal and part is log row and n in one number: one seek, no index. */
#define PH_JOURNAL_N_BITS  40
#define PH_JOURNAL_N_MAX   ((UINT64_C(1) << PH_JOURNAL_N_BITS) - 1)
#define PH_JOURNAL_ROW_MAX ((INT64_C(1) << (63 - PH_JOURNAL_N_BITS)) - 1)

struct ph_journal {
	struct ph_db *db;     /* borrowed */
	struct ph_log **logs; /* by row; NULL: not read yet */
	size_t n_logs;        /* length of `logs` */
};

/* Entries FIRST to LAST as stored together. All zero is a valid empty one. */
struct ph_run {
	uint64_t first;
	uint64_t last;
	uint8_t h[PH_HASH_SIZE]; /* h(last) */
	struct ph_buf bytes;     /* a copy: callbacks may use the same statements */
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

/*
 * First, last and h(last) of the last run that starts at N or before, without its
 * bytes: SQLite leaves a column on its overflow pages until it is asked for. 0,
 * PH_JOURNAL_E_NONE or negative errno.
 */
int ph_journal_run_end(struct ph_journal *journal, int64_t row, uint64_t n,
		       uint64_t *first_out, uint64_t *last_out,
		       uint8_t h_out[static PH_HASH_SIZE]);
/* The run that has entry N, bytes and all. 0, PH_JOURNAL_E_NONE or negative errno. */
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
/* Expect a part at entry N. */
int ph_journal_part_expect(struct ph_journal *journal, int64_t row, uint64_t n,
			   const uint8_t commit[static PH_HASH_SIZE]);

/* The nearest stored seal above AFTER: *N_OUT is its number, or 0. 0 or negative errno. */
int ph_journal_seal_after(struct ph_journal *journal, int64_t row, uint64_t after,
			  uint64_t *n_out);
/* 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_journal_seal_get(struct ph_journal *journal, int64_t row, uint64_t n,
			uint8_t sig_out[static PH_SIGNATURE_SIZE]);

#endif
