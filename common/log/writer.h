/*
 * common/log/writer.h - the one writer of an own log: stamps, clock-marks, parts.
 *
 * A device writes one log at a time; the hub has a writer for its control log and one
 * for its desk log. The writer turns a filled struct ph_entry into a durable entry: it stamps it, seals
 * its part, encodes it and appends it. The caller owns the transaction and says
 * "saved" only after the commit.
 */
#ifndef PH_LOG_WRITER_H
#define PH_LOG_WRITER_H

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/log/journal.h"
#include "common/log/part.h"

/* Seconds that a clock or stamp may differ from the hub's before it counts as wrong. */
#define PH_CLOCK_AHEAD_MAX 300

struct ph_writer_config {
	struct ph_journal *journal; /* borrowed, as is all here */
	/*
	 * What its values in meta begin with, where one store has several writers: at most
	 * 16 bytes, "desk" makes "desk_log". NULL: the names of docs/STORE.md as they are.
	 */
	const char *name;
	const struct ph_sign_pair *keys; /* of the device, or of the hub */
	const uint8_t
		*desk_key; /* seeds are boxed to this X25519 key; NULL: no sealed kinds */
	const uint8_t
		*hub_key; /* and to this one, the hub's; NULL: to the desk's alone */
	uint64_t site;    /* 0: the hub */
	uint64_t role;
	struct ph_clock clock;
	struct ph_rng rng;
	/* What the first log goes on from, of another device that it replaces; NULL: nothing. */
	const struct ph_head *replaces;
	/* The date of the device's invite, or 0: no stamp is below it (docs/LOG.md, "Clocks"). */
	int64_t floor;
};

struct ph_writer;

/*
 * Go on with the log named by meta "own_log" (or that with its own name) or, when there is none, open one: its
 * `open` and first clock-mark are appended by the first ph_writer_add(), or by
 * ph_writer_start() below. 0 or negative errno with ERR.
 */
int ph_writer_new(struct ph_writer **writer_out, const struct ph_writer_config *config,
		  struct ph_error *err);
void ph_writer_free(struct ph_writer *writer);
/* From now on seeds are boxed to HUB_KEY, borrowed, as well. */
void ph_writer_box_for(struct ph_writer *writer, const uint8_t *hub_key);
/*
 * Append `open` and a clock-mark now if the log is new, or a clock-mark if the machine
 * was started again since the last one, or wall and monotonic time have drifted apart by
 * over 2 s. In a transaction; after a negative errno roll back and reload.
 */
int ph_writer_start(struct ph_writer *writer, struct ph_error *err);
/*
 * Stamp ENTRY, seal its part if it has sealed fields, encode and append it (with
 * open and clock-mark before it where due). Sets ENTRY->stamp, and the fields
 * sets and commit; commit borrows the writer's memory until its next call. REF_OUT
 * (may be NULL) names it. 0; -EINVAL or -EMSGSIZE with ERR (PH_EXIT_USAGE) when the
 * entry is not valid: then nothing was written, and the transaction may go on;
 * another negative errno with ERR: roll back and reload.
 */
int ph_writer_add(struct ph_writer *writer, struct ph_entry *entry,
		  struct ph_ref *ref_out, struct ph_error *err);
/*
 * The hub's clock says HUB_TIME, seconds since 1970, in an authenticated session. The
 * floor rises at once by at most a day, or to our own clock if that is later; what lies
 * beyond is a claim, which a time heard a day or more later confirms as far as both say
 * so (docs/STORE.md, "The floor").
 *
 * When our last stamp is over PH_CLOCK_AHEAD_MAX ahead of it, the next ph_writer_add()
 * or ph_writer_start() opens another log, whose `open` continues the old one; nothing of
 * that is changed. While our wall clock is as far ahead, stamps run on the hub's time
 * and the monotonic clock until the machine is started again; so they do while it is as far
 * below the floor from before the claim. A HUB_TIME that is as far below the floor
 * contradicts what the hub said before, and does none of it.
 *
 * Until the next HUB_TIME nothing is stamped before this one, which is what was read: up to a
 * day after our clock, or if that is so far below the floor, without a limit.
 *
 * Kept in meta: in a transaction. 0 or negative errno.
 */
int ph_writer_heard_time(struct ph_writer *writer, int64_t hub_time);
/*
 * The hub's clock said HUB_TIME, nobody knows how long ago (a bundle): the floor rises in
 * the same way, and nothing is stamped before HUB_TIME, or before an earlier one that was
 * later. Likewise in a transaction.
 */
int ph_writer_heard_before(struct ph_writer *writer, int64_t hub_time);
/*
 * What was heard and read so far was said by keys that were stolen: it holds for nothing that is stamped
 * from here on, but for the floor. If what is heard next is earlier, one of those words was false; a clock that is behind
 * has followed it, and then that log is left as one whose stamps ran ahead. Likewise in a transaction.
 */
int ph_writer_hear_anew(struct ph_writer *writer);
/*
 * What is added next opens another log, whose `open` continues ours and says WHY:
 * PH_WHY_RESTORED or _CLONED. Kept in meta: in a transaction. No effect on a log that is not
 * opened yet, or is left for such a reason already. 0 or negative errno.
 */
int ph_writer_leave(struct ph_writer *writer, uint64_t why);
/* The same without a trace in the store, until that log is opened. */
void ph_writer_doubt(struct ph_writer *writer, uint64_t why);
/* Whether that is still to come, and why: PH_WHY_*; 0: no, or for the clock alone. */
uint64_t ph_writer_leaves(const struct ph_writer *writer);
/* Nothing is stamped before SECOND from now on; forgotten by ph_writer_reload(). */
void ph_writer_not_before(struct ph_writer *writer, int64_t second);
/* Own log as it is now; row 0 and n 0 before the first append. Borrowed; changes with the next call. */
const struct ph_log *ph_writer_log(const struct ph_writer *writer);
/* Seal at the head; no effect on an empty log. In a transaction. 0 or negative errno. */
int ph_writer_seal(struct ph_writer *writer);
/* Seal each entry above the last that is sealed, so that it can go alone. Likewise. */
int ph_writer_seal_each(struct ph_writer *writer);
/* After a rollback: forget what was not committed, here and in the journal. 0 or negative errno with ERR. */
int ph_writer_reload(struct ph_writer *writer, struct ph_error *err);

/* What is known of the hub's clock, since its time was last heard. */
struct ph_heard_clock {
	bool is_sure;  /* in this boot: the monotonic clock has counted TIME on */
	int64_t time;  /* what it says now; not sure: what it said then */
	int64_t ahead; /* seconds that our wall clock is, or was then, ahead of it */
};
/* 0 or negative errno; PH_JOURNAL_E_NONE: the hub's time was never heard. */
int ph_writer_heard_clock(struct ph_journal *journal, const struct ph_now *now,
			  struct ph_heard_clock *clock_out);
/*
 * By how many seconds the wall clock of NOW is ahead (negative: behind) of the time as it is known
 * here: the hub's of a session of this boot, counted on by the monotonic clock. Without one,
 * somebody may have set the clock: then 0, or by how much it is behind, at the least, of what the hub said
 * last and of what nothing is stamped below (docs/STORE.md, "The floor"); one that is behind the floor
 * also of our last stamp. No stamp depends on it.
 */
int64_t ph_writer_clock_ahead(const struct ph_writer *writer, const struct ph_now *now);

#endif
