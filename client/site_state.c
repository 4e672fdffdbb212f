/*
 * client/site_state.c - what is remembered of sessions, and how things stand.
 *
 * A session that ended leaves its outcome, and what it tells of the road. How large
 * the next first flight is depends on it: one that was cut makes it smaller, twice cut
 * leaves it out, so that a link which breaks after a few hundred bytes, or a hub that
 * was restored and lacks what it had signed for, does not fail at the same place for
 * ever. If the hub had answered, it may hold more than it could give receipts for, and
 * the front of the next segment: then nothing is sent before it says what. Frames get shorter too: of a cut frame nothing counts, so their best length is
 * the root of what a frame costs times twice the bytes between cuts.
 *
 * What was packed and did not unpack on the other side, or to what is not signed, would be packed
 * to the same bytes again: until a session is whole (site_unfinished.c ends it) that direction goes plain.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/site_take.h"
#include "client/site_kept.h"
#include "client/site_unfinished.h"

#define FLIGHT_GOOD 8192
#define FLIGHT_POOR 1024
#define FRAME_COST  26 /* header, tag, and the message around a chunk */
#define FRAME_LEAST 256
#define FRAME_MOST                                                                       \
	1024 /* bytes on their way count as sent, so cuts look rarer than they are */

/* --- outcomes --- */

static int64_t next_flight(int64_t flight, bool complete,
			   const struct ph_session_counts *counts)
{
	if (complete) {
		return FLIGHT_GOOD;
	}
	if (counts->bytes_out == 0) {
		return flight;
	}
	return counts->bytes_in == 0 && flight > FLIGHT_POOR ? FLIGHT_POOR : 0;
}

static int get_int(struct ph_site *site, const char *name, int64_t fallback, int64_t *out)
{
	int rc = ph_journal_meta_get_int(site->journal, name, out);

	if (rc == PH_JOURNAL_E_NONE) {
		*out = fallback;
		rc = 0;
	}
	return rc;
}

/* Bytes between cuts: the mean of what was and what is now; 0: none, or long ago. */
static int64_t next_cut(int64_t cut, bool complete, int64_t bytes)
{
	if (complete) {
		return bytes >= cut ? 0 : cut;
	}
	if (bytes == 0) {
		return cut;
	}
	return cut == 0 ? bytes : (cut + bytes) / 2;
}

/* 0: as the session likes. */
static size_t frame_for(int64_t cut)
{
	size_t frame = FRAME_LEAST;

	if (cut == 0) {
		return 0;
	}
	while (frame < FRAME_MOST && (int64_t)(frame * frame) < 2 * FRAME_COST * cut) {
		frame += FRAME_LEAST / 4;
	}
	return frame;
}

/*
 * Who listens has not the key that we called by. If the list names others, the next session
 * calls by the next one: the hub may have been put back from before it had that key.
 */
static int turn_to_next_hub(struct ph_site *site)
{
	unsigned turn = (site->hub_turn + 1) % site->keylist.n_hubs;
	int rc = site->keylist.n_hubs > 1
			 ? ph_journal_meta_put_int(site->journal, PH_META_HUB_TURN, turn)
			 : 0;

	site->hub_turn = rc == 0 ? turn : site->hub_turn;
	return rc;
}

int ph_site_plain(struct ph_site *site, int64_t *plain_out)
{
	return get_int(site, PH_META_PLAIN, 0, plain_out);
}

int ph_site_plain_add(struct ph_site *site, int64_t plain)
{
	int64_t held;
	int rc = ph_site_plain(site, &held);

	return rc != 0 || (held & plain) == plain
		       ? rc
		       : ph_journal_meta_put_int(site->journal, PH_META_PLAIN,
						 held | plain);
}

/* What was packed and did not unpack on the other side would not the next time either. */
static int put_plain(struct ph_site *site, const char *reason)
{
	int64_t plain = 0;

	if (site->sent_packed && strcmp(reason, "not-taken") == 0) {
		plain |= PH_PLAIN_UP;
	}
	if (site->got_unpacked && strcmp(reason, "protocol") == 0) {
		plain |= PH_PLAIN_DOWN;
	}
	return plain != 0 ? ph_site_plain_add(site, plain) : 0;
}

static int put_outcome(struct ph_site *site, bool complete, const char *reason,
		       const struct ph_session_counts *counts)
{
	bool spoke = counts->bytes_out > 0;
	/* what the budget had no room for says nothing of the link */
	bool whole = complete || (spoke && strcmp(reason, "budget") == 0);
	int64_t bytes = (int64_t)(counts->bytes_in + counts->bytes_out);
	int64_t cut;
	struct ph_journal *journal = site->journal;
	int64_t sessions;
	int64_t flight;
	int rc = get_int(site, PH_META_SESSIONS, 0, &sessions);

	if (rc == 0) {
		rc = get_int(site, PH_META_FLIGHT, FLIGHT_GOOD, &flight);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put_int(journal, PH_META_FLIGHT,
					     next_flight(flight, whole, counts));
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_CUT, 0, &cut);
	}
	if (rc == 0 && strcmp(reason, "wrong-key") == 0) {
		rc = turn_to_next_hub(site);
	}
	rc = rc == 0 ? put_plain(site, reason) : rc;
	if (rc == 0) {
		rc = ph_journal_meta_put_int(journal, PH_META_CUT,
					     next_cut(cut, whole, bytes));
	}
	if (rc == 0 && spoke) {
		rc = ph_journal_meta_put_int(journal, PH_META_SESSIONS, sessions + 1);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put_int(journal, PH_META_TIME, ph_site_now(site));
	}
	if (rc == 0 && complete) {
		rc = ph_journal_meta_put_int(journal, PH_META_GOOD, ph_site_now(site));
	}
	if (rc == 0 && complete) {
		rc = ph_site_offer_end(site);
	}
	if (rc == 0 && complete) {
		rc = ph_site_control_gave(site);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put_int(journal, PH_META_COMPLETE, complete);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put(journal, PH_META_REASON, ph_view_str(reason));
	}
	return rc;
}

int ph_site_session_end(struct ph_site *site, bool complete, const char *reason,
			const struct ph_session_counts *counts)
{
	int rc = ph_db_begin(site->db);

	if (rc == 0) {
		rc = put_outcome(site, complete, reason, counts);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

/* --- how things stand --- */

static int first_stamp(struct ph_site *site, const struct ph_log *log, uint64_t n,
		       int64_t *second_out)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry entry;
	int rc = ph_journal_entry(site->journal, log->row, n, &bytes);

	if (rc == 0) {
		rc = ph_entry_decode(ph_buf_view(&bytes), &entry);
	}
	if (rc == 0) {
		*second_out = ph_stamp_seconds(entry.stamp);
	}
	ph_buf_deinit(&bytes);
	return rc < 0 ? rc : 0;
}

struct tally {
	struct ph_site *site;
	struct ph_site_state *state;
};

static int add_log(void *data, const struct ph_log *log)
{
	struct tally *tally = data;
	struct ph_site *site = tally->site;
	struct ph_site_state *state = tally->state;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	unsigned n_missing = 0;
	uint64_t at_hub;
	uint64_t at_backup;
	int64_t time;
	int64_t backup_time;
	int64_t oldest = 0;
	bool came_back = false;
	size_t unsent = 0;
	int rc;

	if (log->branch != 0) {
		return 0; /* not what this folder writes */
	}
	rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, &at_hub, &time,
				    NULL);
	if (rc == 0) {
		rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_BACKUP,
					    &at_backup, &backup_time, NULL);
	}
	if (rc == 0) {
		rc = ph_site_receipt_missing(site, log, missing, &n_missing);
	}
	rc = rc == 0 ? ph_site_came_back(site, log, &came_back) : rc;
	at_hub = came_back ? log->n : at_hub;
	if (rc == 0 && at_hub < log->n) {
		rc = first_stamp(site, log, at_hub + 1, &oldest);
	}
	for (uint64_t after = at_hub; rc == 0;) {
		uint64_t n[64];
		size_t count = 0;

		rc = ph_journal_parts_in(site->journal, log->row, after, log->n, n, 64,
					 &count);
		if (rc != 0 || count == 0) {
			break;
		}
		unsent += count;
		after = n[count - 1];
	}
	if (rc != 0) {
		return rc;
	}
	state->entries += log->n;
	state->receipted += at_hub;
	state->at_backup += at_backup;
	state->parts_pending += n_missing + unsent;
	if (time > state->receipted_time) {
		state->receipted_time = time;
	}
	if (oldest > 0 &&
	    (state->oldest_pending == 0 || oldest < state->oldest_pending)) {
		state->oldest_pending = oldest;
	}
	return 0;
}

static int read_outcome(struct ph_site *site, struct ph_site_state *state)
{
	struct ph_buf reason = { 0 };
	int64_t complete = 0;
	int64_t sessions = 0;
	int64_t flight = 0;
	int64_t cut = 0;
	int64_t forked = 0;
	int64_t stuck = 0;
	int rc = get_int(site, PH_META_TIME, 0, &state->last_time);

	if (rc == 0) {
		rc = get_int(site, PH_META_FORKED, 0, &forked);
		state->control_forked = forked != 0;
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_ERASE_STUCK, 0, &stuck);
		state->erase_stuck = (int)stuck;
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_GOOD, 0, &state->good_time);
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_COMPLETE, 0, &complete);
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_SESSIONS, 0, &sessions);
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_FLIGHT, FLIGHT_GOOD, &flight);
	}
	if (rc == 0) {
		rc = get_int(site, PH_META_CUT, 0, &cut);
	}
	if (rc == 0) {
		rc = ph_journal_meta_get(site->journal, PH_META_REASON, &reason);
	}
	if (rc >= 0) {
		rc = ph_site_unfinished_size(site, &state->unfinished,
					     &state->unfinished_total);
	}
	if (rc >= 0) {
		rc = ph_site_kept_size(site, &state->kept_pieces, &state->kept_bytes);
	}
	if (rc >= 0) {
		state->last_complete = complete != 0;
		state->sessions = (uint64_t)sessions;
		state->flight_next = (size_t)flight;
		state->frame_next = frame_for(cut);
		snprintf(state->last_reason, sizeof(state->last_reason), "%.*s",
			 (int)reason.len, reason.len ? (const char *)reason.data : "");
	}
	ph_buf_deinit(&reason);
	return rc < 0 ? rc : 0;
}

/* Entries of other devices of the site. */
static int add_sibling(void *data, const struct ph_log *log)
{
	struct tally *tally = data;
	const struct ph_site *site = tally->site;

	if (log->site == site->cert.invite.site &&
	    memcmp(log->key, site->keys.sign.key, PH_KEY_SIZE) != 0) {
		tally->state->of_site += log->n - log->base;
	}
	return 0;
}

int ph_site_state(struct ph_site *site, struct ph_site_state *state_out)
{
	struct ph_site_state state = { 0 };
	struct tally tally = { site, &state };
	const struct ph_site_admitted *admitted;
	int rc = ph_journal_logs_of_device(site->journal, site->cert.device_id, add_log,
					   &tally);

	if (rc == 0) {
		rc = ph_journal_log_each(site->journal, add_sibling, &tally);
	}
	if (rc == 0) {
		rc = ph_fed_counts(site->db, &state.fed);
	}
	if (rc == 0) {
		rc = ph_site_admitted(site, site->cert.device_id, &admitted);
	}
	if (rc == 0) {
		state.standing = ph_site_standing_of(admitted);
	}
	if (rc == 0) {
		rc = read_outcome(site, &state);
	}
	if (rc == 0) {
		*state_out = state;
	}
	return rc;
}
