/*
 * common/log/writer.h - the one writer of an own log: stamps, clock-marks, parts.
 *
 * A device writes one log at a time; so does the hub, for its control log. The
 * writer turns a filled struct ph_entry into a durable entry: it stamps it, seals
 * its part, encodes it and appends it. The caller owns the transaction and says
 * "saved" only after the commit.
 */
#ifndef PH_LOG_WRITER_H
#define PH_LOG_WRITER_H

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/log/journal.h"
#include "common/log/part.h"

struct ph_writer_config {
	struct ph_journal *journal;      /* borrowed, as is all here */
	const struct ph_sign_pair *keys; /* of the device, or of the hub */
	const uint8_t
		*desk_key; /* seeds are boxed to this X25519 key; NULL: no sealed kinds */
	uint64_t site;     /* 0: the hub */
	uint64_t role;
	struct ph_clock clock;
	struct ph_rng rng;
	int64_t floor; /* build time, certificate date: stamps are never below (docs/LOG.md, "Clocks") */
};

struct ph_writer;

/*
 * Go on with the log named by meta "own_log" or, when there is none, open one: its
 * `open` and first clock-mark are appended by the first ph_writer_add(), or by
 * ph_writer_start() below. 0 or negative errno with ERR.
 */
int ph_writer_new(struct ph_writer **writer_out, const struct ph_writer_config *config,
		  struct ph_error *err);
void ph_writer_free(struct ph_writer *writer);
/* Append `open` and a clock-mark now if the log is new or the machine was started again since the
 * last mark, or wall and monotonic time have drifted apart by over 2 s. In a transaction. */
int ph_writer_start(struct ph_writer *writer, struct ph_error *err);
/*
 * Stamp ENTRY, seal its part if it has sealed fields, encode and append it (with
 * open and clock-mark before it where due). Sets ENTRY->stamp, and the fields
 * sets and commit. REF_OUT (may be NULL) names it. 0; -EINVAL and the like with
 * ERR when the entry is not valid: then nothing was appended.
 */
int ph_writer_add(struct ph_writer *writer, struct ph_entry *entry,
		  struct ph_ref *ref_out, struct ph_error *err);
/* Raise the floor: hub time of a receipt. At most a day at once unless confirmed a day later; kept in meta. */
int ph_writer_heard_time(struct ph_writer *writer, int64_t hub_time);
/* Own log as it is now. */
const struct ph_log *ph_writer_log(const struct ph_writer *writer);
/* Seal at the head. */
int ph_writer_seal(struct ph_writer *writer);
/* After a rollback: forget what was not committed. */
int ph_writer_reload(struct ph_writer *writer, struct ph_error *err);

#endif
