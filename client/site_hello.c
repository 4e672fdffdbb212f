/*
 * client/site_hello.c - what the device says first, and what it remembers of sessions.
 *
 * The hello tells the heads of the log in use and of older own logs that are not
 * receipted to their end, how far the control log is held, and carries the first
 * entries without a receipt: as many as the first flight takes, up to the first sealed
 * part. The certificate goes along until a hub has signed anything.
 *
 * How large the next first flight is depends on the last session: one that was cut
 * makes it smaller, twice cut leaves it out, so that a link which breaks after a few
 * hundred bytes, or a hub that was restored and lacks what it had signed for, does not
 * fail at the same place for ever.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/site_internal.h"

#define FLIGHT_GOOD 8192
#define FLIGHT_POOR 1024
/* What message 1 can carry beside the rest of the hello. */
#define FLIGHT_MAX  (32 * 1024)

int ph_site_receipt_missing(struct ph_site *site, const struct ph_log *log,
			    uint64_t missing[static PH_RECEIPT_MISSING_MAX],
			    unsigned *n_out)
{
	struct ph_receipt receipt;
	struct ph_buf bytes = { 0 };
	uint64_t n;
	int64_t time;
	int rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, &n, &time,
					&bytes);

	*n_out = 0;
	if (rc == 0 && bytes.len > 0) {
		rc = PH_RECEIPT_E_SIGNATURE;
		for (unsigned i = 0;
		     rc == PH_RECEIPT_E_SIGNATURE && i < site->keylist.n_hubs; i++) {
			rc = ph_receipt_decode(ph_buf_view(&bytes),
					       site->keylist.hub[i].sign, &receipt);
		}
		if (rc == 0) {
			memcpy(missing, receipt.missing,
			       receipt.n_missing * sizeof(missing[0]));
			*n_out = receipt.n_missing;
		}
		/* signed by a hub key that has been replaced: its list is not asked again */
		rc = rc < 0 ? rc : 0;
	}
	ph_buf_deinit(&bytes);
	return rc;
}

/* --- heads --- */

struct heads {
	struct ph_site *site;
	struct ph_hello *hello;
	struct ph_log log[PH_HEADS_MAX];
	bool is_more; /* own logs that did not fit; for the next session */
};

static int add_head(struct heads *heads, const struct ph_log *log, uint64_t receipted)
{
	struct ph_hello *hello = heads->hello;
	unsigned i = hello->n_heads;

	if (i == PH_HEADS_MAX) {
		heads->is_more = true;
		return 0;
	}
	memcpy(hello->head[i].log_id, log->id, sizeof(log->id));
	memcpy(hello->head[i].h, log->h, sizeof(log->h));
	hello->head[i].n = log->n;
	hello->receipted[i] = receipted < log->n ? receipted : log->n;
	heads->log[i] = *log;
	hello->n_heads++;
	return 0;
}

static int receipted(struct ph_site *site, const struct ph_log *log, uint64_t *n_out)
{
	int64_t time;

	return ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, n_out, &time,
				      NULL);
}

/* Older logs of ours that the hub does not hold whole. */
static int on_log(void *data, const struct ph_log *log)
{
	struct heads *heads = data;
	uint64_t missing[PH_RECEIPT_MISSING_MAX];
	unsigned n_missing;
	uint64_t n;
	int rc;

	if (log->n == 0 || log->row == heads->log[0].row) {
		return 0;
	}
	rc = receipted(heads->site, log, &n);
	if (rc == 0) {
		rc = ph_site_receipt_missing(heads->site, log, missing, &n_missing);
	}
	if (rc != 0 || (n >= log->n && n_missing == 0)) {
		return rc;
	}
	return add_head(heads, log, n);
}

static int fill_heads(struct heads *heads)
{
	const struct ph_log *own = ph_writer_log(heads->site->writer);
	uint64_t n = 0;
	int rc = own->row == 0 ? -EUCLEAN : receipted(heads->site, own, &n);

	if (rc == 0) {
		rc = add_head(heads, own, n);
	}
	if (rc == 0) {
		rc = ph_journal_logs_of_device(
			heads->site->journal, heads->site->cert.device_id, on_log, heads);
	}
	return rc;
}

static int fill_control(struct ph_site *site, struct ph_hello *hello)
{
	struct ph_buf id = { 0 };
	struct ph_log log;
	int64_t number = 0;
	int rc = ph_journal_meta_get(site->journal, PH_META_CONTROL, &id);

	if (rc == 0 && id.len != PH_LOG_ID_SIZE) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		rc = ph_journal_log_find(site->journal, id.data, &log);
	}
	if (rc == 0) {
		hello->control.n = log.n;
		memcpy(hello->control.h, log.h, sizeof(hello->control.h));
	}
	ph_buf_deinit(&id);
	if (rc >= 0) {
		rc = ph_journal_meta_get_int(site->journal, PH_META_EPOCH, &number);
		hello->epoch = (uint64_t)number;
	}
	return rc < 0 ? rc : 0;
}

/* --- the first flight --- */

struct flight {
	size_t left;
	struct ph_buf *arena;
	size_t offset
		[PH_FIRST_MAX]; /* of the bodies in the arena, which moves as it grows */
};

/* Segments of head I above AFTER while they fit. *LAST_OUT: how far they go. */
static int fly_log(struct ph_site *site, const struct ph_log *log, uint64_t after,
		   struct ph_hello *hello, struct flight *flight, uint64_t *last_out)
{
	struct ph_buf body = { 0 };
	int rc = 0;

	while (rc == 0 && hello->n_segments < PH_FIRST_MAX && flight->left > 0) {
		size_t max = flight->left < PH_SITE_SEGMENT_MAX ? flight->left
								: PH_SITE_SEGMENT_MAX;
		struct ph_segment *segment = &hello->segment[hello->n_segments];

		body.len = 0;
		rc = ph_site_segment(site, log, after, max, true, segment, &body);
		if (rc != 0 || body.len > flight->left) {
			break;
		}
		flight->offset[hello->n_segments] = flight->arena->len;
		rc = ph_buf_put_view(flight->arena, ph_buf_view(&body));
		if (rc == 0) {
			segment->body.len = body.len;
			flight->left -= body.len;
			after = segment->last;
			hello->n_segments++;
		}
	}
	ph_buf_deinit(&body);
	*last_out = after;
	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

static int fill_flight(struct ph_site *site, struct heads *heads, size_t flight_max,
		       struct ph_buf *arena)
{
	struct ph_hello *hello = heads->hello;
	struct flight flight = { .left = flight_max < FLIGHT_MAX ? flight_max
								 : FLIGHT_MAX,
				 .arena = arena };
	bool done = !heads->is_more;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < hello->n_heads; i++) {
		uint64_t missing[PH_RECEIPT_MISSING_MAX];
		unsigned n_missing = 0;
		uint64_t last = hello->receipted[i];
		unsigned before = hello->n_segments;

		rc = fly_log(site, &heads->log[i], last, hello, &flight, &last);
		for (unsigned j = before; j < hello->n_segments; j++) {
			site->moved.entries_sent +=
				hello->segment[j].last - hello->segment[j].first + 1;
		}
		if (rc == 0) {
			rc = ph_site_receipt_missing(site, &heads->log[i], missing,
						     &n_missing);
		}
		done = done && last == heads->log[i].n && n_missing == 0;
	}
	for (unsigned i = 0; i < hello->n_segments; i++) {
		hello->segment[i].body.data = arena->data + flight.offset[i];
	}
	hello->done = done;
	return rc;
}

static void start_session(struct ph_site *site, const struct ph_hello *hello)
{
	memset(site->send, 0, sizeof(site->send));
	memset(&site->epoch, 0, sizeof(site->epoch));
	for (unsigned i = 0; i < hello->n_heads; i++) {
		memcpy(site->send[i].log_id, hello->head[i].log_id, PH_LOG_ID_SIZE);
		site->send[i].told = hello->head[i].n;
	}
	site->n_send = hello->n_heads;
}

static int fill_hello(struct ph_site *site, size_t flight_max, struct ph_hello *hello,
		      struct ph_buf *arena)
{
	struct heads heads = { .site = site, .hello = hello };
	bool is_signed = false;
	int64_t sessions = 0;
	int rc = fill_heads(&heads);

	if (rc == 0) {
		rc = fill_control(site, hello);
	}
	if (rc == 0) {
		rc = ph_journal_meta_get_int(site->journal, PH_META_SESSIONS, &sessions);
		rc = rc < 0 ? rc : 0;
	}
	hello->counter = (uint64_t)sessions;
	for (unsigned i = 0; i < hello->n_heads; i++) {
		is_signed = is_signed || hello->receipted[i] > 0;
	}
	if (!is_signed) {
		hello->cert = ph_buf_view(&site->cert_bytes);
	}
	return rc == 0 ? fill_flight(site, &heads, flight_max, arena) : rc;
}

int ph_site_hello(struct ph_site *site, size_t flight_max, struct ph_hello *hello_out,
		  struct ph_buf *arena, struct ph_error *err)
{
	int rc = ph_db_begin(site->db);

	memset(hello_out, 0, sizeof(*hello_out));
	memset(&site->moved, 0, sizeof(site->moved));
	arena->len = 0;
	if (rc == 0) {
		rc = fill_hello(site, flight_max, hello_out, arena);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc != 0) {
		ph_site_roll_back(site);
		return ph_fail_errno(err, rc < 0 ? rc : -EUCLEAN,
				     "preparing what to send to the hub");
	}
	start_session(site, hello_out);
	return 0;
}

/* --- what is remembered of sessions --- */

static int64_t next_flight(int64_t flight, bool complete, bool spoke)
{
	if (complete) {
		return FLIGHT_GOOD;
	}
	if (!spoke) {
		return flight;
	}
	return flight > FLIGHT_POOR ? FLIGHT_POOR : 0;
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

static int put_outcome(struct ph_site *site, bool complete, const char *reason,
		       bool spoke)
{
	struct ph_journal *journal = site->journal;
	int64_t sessions;
	int64_t flight;
	int rc = get_int(site, PH_META_SESSIONS, 0, &sessions);

	if (rc == 0) {
		rc = get_int(site, PH_META_FLIGHT, FLIGHT_GOOD, &flight);
	}
	if (rc == 0) {
		rc = ph_journal_meta_put_int(journal, PH_META_FLIGHT,
					     next_flight(flight, complete, spoke));
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
		rc = put_outcome(site, complete, reason, counts->bytes_out > 0);
	}
	if (rc == 0) {
		rc = ph_db_commit(site->db);
	}
	if (rc < 0) {
		ph_site_roll_back(site);
	}
	return rc;
}

void ph_site_moved(const struct ph_site *site, struct ph_site_moved *moved_out)
{
	*moved_out = site->moved;
}

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
	size_t unsent = 0;
	int rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_HUB, &at_hub,
					&time, NULL);

	if (rc == 0) {
		rc = ph_journal_receipt_get(site->journal, log->row, PH_LEVEL_BACKUP,
					    &at_backup, &backup_time, NULL);
	}
	if (rc == 0) {
		rc = ph_site_receipt_missing(site, log, missing, &n_missing);
	}
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
	int rc = get_int(site, PH_META_TIME, 0, &state->last_time);

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
		rc = ph_journal_meta_get(site->journal, PH_META_REASON, &reason);
	}
	if (rc >= 0) {
		state->last_complete = complete != 0;
		state->sessions = (uint64_t)sessions;
		state->flight_next = (size_t)flight;
		snprintf(state->last_reason, sizeof(state->last_reason), "%.*s",
			 (int)reason.len, reason.len ? (const char *)reason.data : "");
	}
	ph_buf_deinit(&reason);
	return rc < 0 ? rc : 0;
}

int ph_site_state(struct ph_site *site, struct ph_site_state *state_out)
{
	struct ph_site_state state = { 0 };
	int rc = ph_journal_logs_of_device(site->journal, site->cert.device_id, add_log,
					   &(struct tally){ site, &state });

	if (rc == 0) {
		rc = read_outcome(site, &state);
	}
	if (rc == 0) {
		*state_out = state;
	}
	return rc;
}
