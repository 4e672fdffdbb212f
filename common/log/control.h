/*
 * common/log/control.h - the hub's control log, which may be several logs after a restore.
 *
 * A hub that was restored goes on in another log, since it cannot know how far its old one
 * had come. All of them together are read as one: each behind the one that it continues,
 * else in the order of their first stamps, then of their ids: a hub may be restored on a
 * machine whose clock is behind. A position in it is the number of entries before it, over all logs in that
 * order, with a hash of what these are (docs/LOG.md, "The hub's own logs").
 */
#ifndef PH_LOG_CONTROL_H
#define PH_LOG_CONTROL_H

#include "common/log/journal.h"

#define PH_CONTROL_LOGS_MAX  16 /* restores that a province lives through, and one */
#define PH_CONTROL_HASH_SIZE 8

struct ph_control {
	unsigned n;
	struct {
		int64_t row;
		uint8_t id[PH_LOG_ID_SIZE];
		uint64_t limit; /* no entry above it counts */
	} log[PH_CONTROL_LOGS_MAX];
};

/*
 * Those named in IDS, 16 bytes each, that are held; in their order. 0; -EUCLEAN: IDS is
 * none such; another negative errno.
 */
int ph_control_load(struct ph_journal *journal, struct ph_view ids,
		    struct ph_control *control_out);
/*
 * What of CONTROL counts by LIST: logs of keys that it names no more and does not close are
 * left out, those that it closes end there, and of one that is held in two branches the one
 * that it names is read. 0 or negative errno.
 */
int ph_control_heed(struct ph_journal *journal, const struct ph_keylist *list,
		    struct ph_control *control);
bool ph_control_has(const struct ph_control *control,
		    const uint8_t id[static PH_LOG_ID_SIZE]);
/* Whether the entry FIRST stands in CONTROL before the entry THEN; not if either is of no log of it. */
bool ph_control_is_before(const struct ph_control *control, const struct ph_ref *first,
			  const struct ph_ref *then);
/* All entries of it. 0 or negative errno. */
int ph_control_total(struct ph_journal *journal, const struct ph_control *control,
		     uint64_t *total_out);
/*
 * Where position TOTAL is: log INDEX, after its entry N. INDEX is control->n when it is
 * behind all. 0 or negative errno.
 */
int ph_control_at(struct ph_journal *journal, const struct ph_control *control,
		  uint64_t total, unsigned *index_out, uint64_t *n_out);
/* How many entries stand before log INDEX. 0 or negative errno. */
int ph_control_before(struct ph_journal *journal, const struct ph_control *control,
		      unsigned index, uint64_t *total_out);
/*
 * The hash of position TOTAL, at most the total: of one log the first bytes of h(n); else
 * those of a hash over the h of all logs up to there. 0 or negative errno.
 */
int ph_control_hash(struct ph_journal *journal, const struct ph_control *control,
		    uint64_t total, uint8_t out[static PH_CONTROL_HASH_SIZE]);
/*
 * Whether KEY may say what SEGMENT has, as a hub: it is one that LIST names; or one that it names
 * no more, and SEGMENT is of a log that LIST closes, up to where it counts.
 */
bool ph_control_may_speak(const struct ph_keylist *list, const struct ph_segment *segment,
			  const uint8_t key[static PH_KEY_SIZE]);
/*
 * The same of SEGMENT, which goes on LOG: and if it reaches to where the list closes that, it
 * must be the very entries that the list names there. 0, PH_JOURNAL_E_SEAL, or a negative errno.
 */
int ph_control_check(struct ph_journal *journal, const struct ph_keylist *list,
		     const struct ph_segment *segment, const struct ph_log *log);
/*
 * How many entries of LOG, a branch of a hub's, count by LIST: none of a key that it names no
 * more, unless it closes the log: then those up to there. If the branch is another than the one
 * that it names, those that both have, or none if that is not held and this one reaches as far. 0
 * or a negative errno.
 */
int ph_control_limit(struct ph_journal *journal, const struct ph_keylist *list,
		     const struct ph_log *log, uint64_t *limit_out);
/*
 * Whether SEGMENT begins a log of KEY, which may speak: its `open` names site 0 and KEY, its
 * id follows, chain and seal meet. FROM_OUT (n 0: nothing) is what it continues. 0,
 * PH_JOURNAL_E_GAP, _FORM or _SEAL, or -ENOMEM.
 */
int ph_control_check_open(const struct ph_segment *segment, const struct ph_keylist *list,
			  uint8_t key_out[static PH_KEY_SIZE], struct ph_head *from_out);

#endif
