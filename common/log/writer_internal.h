/* common/log/writer_internal.h - what the files of the writer share; nobody else includes it. */
#ifndef PH_LOG_WRITER_INTERNAL_H
#define PH_LOG_WRITER_INTERNAL_H

#include "common/log/writer.h"

/* What a clock-mark can hold: times beyond it count as it. */
#define PH_WRITER_TIME_MAX ((INT64_C(1) << 40) - 1)

/* The clocks as they stood at the last clock-mark. */
struct ph_mark {
	uint8_t boot[8];
	uint64_t mono_ms;
	int64_t wall;
};

/* The hub's time when it was last heard, and our clocks at that moment. */
struct ph_heard {
	uint8_t boot[8];
	uint64_t mono_ms;
	int64_t time;
	int64_t wall;
};

/* What is known of the time of our last clock-mark. */
struct ph_known {
	bool borne; /* a word of the hub bears it out, and what was counted on from it */
	uint8_t late
		[8]; /* a boot with marks that were not sure, and none of the hub's time yet; or zeros */
};

/* A hub time that was heard and goes further than it may be believed at once. */
struct ph_claim {
	int64_t base; /* the floor when it was first heard */
	int64_t time; /* the least that was claimed since */
	int64_t at;   /* our own time then */
};

/* A log that is to be left, and why: PH_WHY_*; 0: none. */
struct ph_quit {
	uint8_t log_id[PH_LOG_ID_SIZE];
	uint64_t why;
};

struct ph_writer {
	struct ph_writer_config config;
	uint8_t nonce[PH_NONCE_SIZE]; /* of the first log, until it is opened */
	struct ph_log log;            /* row 0: not opened yet */
	bool leaves; /* what is added next opens another log, continuing this one */
	struct ph_quit doubt; /* the same, if it is of this log: as found at the start */
	struct ph_quit quit;  /* ... and as kept in meta */
	uint64_t stamp;       /* of its last entry */
	bool has_mark;
	struct ph_mark mark;
	struct ph_known known;
	struct ph_heard
		told; /* what was heard first in the boot known.late, if it is of that */
	bool has_claim;
	struct ph_claim claim;
	int64_t floor;
	bool has_heard;
	struct ph_heard heard;
	bool has_read;
	struct ph_heard read; /* the same, also of a bundle: what was read is not later */
	bool is_void; /* both were said by keys that are no more; until the next */
	uint8_t commit[PH_HASH_SIZE]; /* of the entry added last */
};

/* The clock, its wall time within what a clock-mark can hold. */
struct ph_now ph_writer_now(const struct ph_writer *writer);
/*
 * Put the hub's time into NOW's wall clock if that is known to be wrong by it, or if it is behind, and a
 * word of the hub bears it out, what has been counted on from there. How sure the wall time of NOW is then:
 * PH_SURE_*; KNOWN_OUT: what is known of a mark that is made of it.
 */
uint64_t ph_writer_correct(const struct ph_writer *writer, struct ph_now *now,
			   struct ph_known *known_out);
/*
 * Whether a boot had marks that were not sure, and the hub's time was heard in it first at NOW_OUT, whose
 * wall clock is that time. That is told before anything else is written; KNOWN_OUT: what is known of the mark.
 */
bool ph_writer_was_late(const struct ph_writer *writer, struct ph_now *now_out,
			struct ph_known *known_out);
/* Seconds that nothing is stamped below, by the clock NOW as it is: the floor, what was read. */
int64_t ph_writer_least(const struct ph_writer *writer, const struct ph_now *now);
/*
 * Own time in seconds, without the floor: by the monotonic clock from the last mark.
 * When a new clock-mark is due it is the wall's, and *DUE_OUT.
 */
int64_t ph_writer_own_time(const struct ph_writer *writer, const struct ph_now *now,
			   bool *due_out);
/* --- writer_kept.c: what is kept in meta --- */

#define PH_WRITER_META_TOLD  "mark_told"
#define PH_WRITER_META_FLOOR "floor"
#define PH_WRITER_META_HEARD "heard"
#define PH_WRITER_META_READ  "read"
#define PH_WRITER_META_VOID  "read_void" /* 1: what was heard and read is of stolen keys */

/* SECONDS, or the nearest that a clock-mark can hold. */
static inline int64_t ph_writer_clamp(int64_t seconds)
{
	return seconds < 0                    ? 0
	       : seconds > PH_WRITER_TIME_MAX ? PH_WRITER_TIME_MAX
					      : seconds;
}

/* A value in meta of this writer, of exactly LEN bytes. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_writer_meta_get(struct ph_writer *writer, const char *name, uint8_t *out,
		       size_t len);
int ph_writer_meta_get_int(struct ph_writer *writer, const char *name, int64_t *out);
int ph_writer_meta_put(struct ph_writer *writer, const char *name, const void *data,
		       size_t len);
int ph_writer_meta_put_int(struct ph_writer *writer, const char *name, int64_t value);
/* Read mark, floor, claim and what was heard from meta. 0 or negative errno. */
int ph_writer_time_load(struct ph_writer *writer);
int ph_writer_mark_put(struct ph_writer *writer, const struct ph_mark *mark,
		       const struct ph_known *known);
int ph_writer_known_put(struct ph_writer *writer, const struct ph_known *known);
int ph_writer_claim_put(struct ph_writer *writer, const struct ph_claim *claim);
/* The value NAME, as it stands in the store. 0, PH_JOURNAL_E_NONE or negative errno. */
int ph_writer_heard_get(struct ph_journal *journal, const char *name,
			struct ph_heard *heard);
int ph_writer_heard_put(struct ph_writer *writer, const char *name,
			const struct ph_heard *heard);
/* Whether the log is to be left, which is named, so that it is left once. */
int ph_writer_leaves_put(struct ph_writer *writer, bool leaves);
/* Read from meta whether the log is to be left. 0 or negative errno. */
int ph_writer_quit_load(struct ph_writer *writer);

#endif
