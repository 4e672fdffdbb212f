/*
 * common/log/writer_time.c - the writer's time: clock-marks, and the floor.
 *
 * Own time is the wall time of the last clock-mark and what the monotonic clock has
 * counted since. A hub's time raises the floor under our stamps, so that what a device
 * has read precedes what it writes, but one that is far ahead of what we knew is only
 * a claim until another confirms it a day later: a hub's stolen key must not push the
 * stamps of a province years ahead in one evening.
 *
 * The same hub time, with our clocks at that moment, tells whether the wall clock is
 * ahead: then stamps run on from the hub's time, and a log that has stamps from the
 * future is left for another. That only ever pulls stamps back, and never below the
 * floor, so it gives a stolen key nothing that the floor does not bound.
 *
 * A wall clock below what the floor was before the claim is behind, whatever a thief's
 * hub may say: that cannot have lifted the floor so far above the truth. Such a clock
 * vouches for nothing, and never runs for the day that a claim waits for if it begins in
 * 1970 at each start. So its stamps follow what was read last, and there a false time is
 * what it is at a clock that is ahead: the next true one ends it
 * (docs/decisions/0045-a-clock-that-never-gets-there.md).
 *
 * What of it is kept: writer_kept.c. Times out of range count as the nearest that a clock-mark
 * can hold; nothing here refuses to go on for a clock.
 */
#include "common/log/writer_internal.h"

#include <string.h>

#define DRIFT_MAX   2
#define DAY_SECONDS INT64_C(86400)
#define START_MAX   (7 * DAY_SECONDS) /* what a start may confirm of a claim */

struct ph_now ph_writer_now(const struct ph_writer *writer)
{
	struct ph_now now = { 0 };

	writer->config.clock.read(writer->config.clock.data, &now);
	now.wall = ph_writer_clamp(now.wall);
	return now;
}

/* Seconds by the monotonic clock since the last mark, if that was of this boot. */
static bool since_mark(const struct ph_writer *writer, const struct ph_now *now,
		       int64_t *time_out)
{
	const struct ph_mark *mark = &writer->mark;

	/* Where there is no boot id, a clock that is behind the mark's tells as much. */
	if (!writer->has_mark || memcmp(mark->boot, now->boot, sizeof(mark->boot)) != 0 ||
	    now->mono_ms < mark->mono_ms) {
		return false;
	}
	*time_out = ph_writer_clamp(mark->wall +
				    (int64_t)((now->mono_ms - mark->mono_ms) / 1000));
	return true;
}

int64_t ph_writer_own_time(const struct ph_writer *writer, const struct ph_now *now,
			   bool *due_out)
{
	int64_t time;

	*due_out = !since_mark(writer, now, &time) || time - now->wall > DRIFT_MAX ||
		   now->wall - time > DRIFT_MAX;
	return *due_out ? now->wall : time;
}

/* --- the hub's clock --- */

/* The hub's time by the monotonic clock since it was heard, if that was in this boot. */
static bool since_heard(const struct ph_heard *heard, const struct ph_now *now,
			int64_t *time_out)
{
	if (memcmp(heard->boot, now->boot, sizeof(heard->boot)) != 0 ||
	    now->mono_ms < heard->mono_ms) {
		return false;
	}
	*time_out = ph_writer_clamp(heard->time +
				    (int64_t)((now->mono_ms - heard->mono_ms) / 1000));
	return true;
}

/* Seconds that the wall clock is ahead; *NOW_OUT is whether it is so now, or was when heard. */
static int64_t ahead_of(const struct ph_heard *heard, const struct ph_now *now,
			bool *now_out)
{
	int64_t time;

	*now_out = since_heard(heard, now, &time);
	return *now_out ? now->wall - time : heard->wall - heard->time;
}

/* Whether the hub time heard is worth more than our clock: not if it was later before. */
static bool is_better(const struct ph_writer *writer)
{
	return writer->has_heard && !writer->is_void &&
	       writer->heard.time + PH_CLOCK_AHEAD_MAX >= writer->floor;
}

/* Whether WALL is a time that was over before anything was claimed. */
static bool is_behind(const struct ph_writer *writer, int64_t wall)
{
	int64_t base = writer->has_claim ? writer->claim.base : writer->floor;

	base = base > writer->config.floor ? base : writer->config.floor;
	return wall < base - PH_CLOCK_AHEAD_MAX;
}

/* --- what was read --- */

/* The hub time of what was read last, and what this boot has counted since. */
static int64_t read_now(const struct ph_writer *writer, const struct ph_now *now)
{
	int64_t time;

	return since_heard(&writer->read, now, &time) ? time : writer->read.time;
}

int64_t ph_writer_least(const struct ph_writer *writer, const struct ph_now *now)
{
	const struct ph_heard *read = &writer->read;
	int64_t least = 0;

	if (!writer->has_read || writer->is_void) {
		least = 0;
	} else if (is_behind(writer, now->wall)) {
		least = read_now(writer, now);
	} else {
		/* a day above a clock that may be right, as a claim */
		int64_t wall = is_behind(writer, read->wall) ? now->wall : read->wall;

		least = read->time < wall + DAY_SECONDS ? read->time : wall + DAY_SECONDS;
	}
	return least > writer->floor ? least : writer->floor;
}

/* What it is at the least by a wall clock that no word of this boot stands beside. */
static int64_t unheard_time(const struct ph_writer *writer, const struct ph_now *now)
{
	int64_t time = ph_writer_least(writer, now);
	int64_t own = ph_stamp_seconds(writer->stamp);

	time = now->wall > time ? now->wall : time;
	if (writer->has_heard && !writer->is_void && writer->heard.time > time) {
		time = writer->heard.time;
	}
	/* what we wrote is over, unless a clock that was ahead wrote it */
	return is_behind(writer, now->wall) && !writer->leaves && own > time ? own : time;
}

/* The latest that the hub said, as far as it bounds anything; 0: nothing. */
static int64_t last_word(const struct ph_writer *writer, const struct ph_now *now)
{
	int64_t word = 0;

	if (writer->is_void) {
		return 0;
	}
	word = writer->has_read ? read_now(writer, now) : 0;
	word = writer->has_heard && writer->heard.time > word ? writer->heard.time : word;
	return word + PH_CLOCK_AHEAD_MAX >= writer->floor ? word : 0;
}

/* Whether a word that was heard in the boot of our last mark says the time that this has counted on. */
static bool agrees(const struct ph_writer *writer)
{
	const struct ph_heard *heard = &writer->heard;
	const struct ph_mark *mark = &writer->mark;
	int64_t off;

	if (!writer->has_heard || !writer->has_mark || heard->mono_ms == UINT64_MAX ||
	    memcmp(heard->boot, mark->boot, sizeof(mark->boot)) != 0) {
		return false;
	}
	off = mark->wall + ((int64_t)heard->mono_ms - (int64_t)mark->mono_ms) / 1000 -
	      heard->time;
	return off <= PH_CLOCK_AHEAD_MAX && off >= -PH_CLOCK_AHEAD_MAX;
}

/*
 * By a clock that is behind and that no word of this boot stands beside: what our marks have counted on
 * from a word of the hub, or what it is at the least, if that is later. False: no word bears out what that
 * is (a floor, stamps of a clock that was ahead, or of what stolen keys told): then stamps stand there, and
 * the truth catches up. A hub has heard nobody.
 */
static bool runs_on(const struct ph_writer *writer, const struct ph_now *now,
		    int64_t *time_out)
{
	int64_t least = unheard_time(writer, now);
	int64_t word = last_word(writer, now);
	bool counts = (writer->known.borne || agrees(writer)) && !writer->leaves;

	if (word == 0) {
		return false;
	}
	if (counts && since_mark(writer, now, time_out) && *time_out >= least) {
		return true;
	}
	*time_out = least;
	return least <= word + PH_CLOCK_AHEAD_MAX ||
	       (counts && least == ph_stamp_seconds(writer->stamp));
}

uint64_t ph_writer_correct(const struct ph_writer *writer, struct ph_now *now,
			   struct ph_known *known_out)
{
	bool behind = is_behind(writer, now->wall), is_now = false;
	int64_t ahead = 0, time;

	*known_out = (struct ph_known){ .borne = false };
	if (is_better(writer)) {
		ahead = ahead_of(&writer->heard, now, &is_now);
	}
	if (is_now &&
	    (ahead > PH_CLOCK_AHEAD_MAX || (behind && ahead < -PH_CLOCK_AHEAD_MAX))) {
		now->wall -= ahead;
		known_out->borne = true;
		return PH_SURE_HUB;
	}
	memcpy(known_out->late, writer->known.late, sizeof(known_out->late));
	if (!behind && ahead <= PH_CLOCK_AHEAD_MAX && ahead >= -PH_CLOCK_AHEAD_MAX) {
		return PH_SURE_RTC;
	}
	if (behind && runs_on(writer, now, &time)) {
		now->wall = time;
		known_out->borne = true;
		memcpy(known_out->late, now->boot, sizeof(known_out->late));
	}
	return PH_SURE_NONE;
}

static bool is_late(const struct ph_writer *writer)
{
	static const uint8_t none[sizeof(writer->known.late)];

	return memcmp(writer->known.late, none, sizeof(none)) != 0;
}

/* Whether `told` is of the boot that is late, and behind its last mark. */
static bool has_told(const struct ph_writer *writer)
{
	const struct ph_heard *told = &writer->told;
	const struct ph_mark *mark = &writer->mark;

	return is_late(writer) &&
	       memcmp(told->boot, writer->known.late, sizeof(told->boot)) == 0 &&
	       (memcmp(told->boot, mark->boot, sizeof(mark->boot)) != 0 ||
		told->mono_ms >= mark->mono_ms);
}

/*
 * The first word that was heard in a boot in which stamps ran on: of those that contradict each other the
 * last, and none that is itself contradicted by what was known.
 */
static void note_told(struct ph_writer *writer, const struct ph_now *now)
{
	int64_t time;

	if (!is_late(writer) || !is_better(writer) ||
	    memcmp(writer->known.late, now->boot, sizeof(now->boot)) != 0) {
		return;
	}
	if (has_told(writer) && since_heard(&writer->told, now, &time) &&
	    time - writer->heard.time <= PH_CLOCK_AHEAD_MAX &&
	    writer->heard.time - time <= PH_CLOCK_AHEAD_MAX) {
		return;
	}
	writer->told = writer->heard;
}

bool ph_writer_was_late(const struct ph_writer *writer, struct ph_now *now_out,
			struct ph_known *known_out)
{
	const struct ph_heard *told = &writer->told;

	if (!has_told(writer) || writer->is_void ||
	    told->time > writer->heard.time + PH_CLOCK_AHEAD_MAX) {
		return false;
	}
	*now_out = (struct ph_now){ .wall = told->time, .mono_ms = told->mono_ms };
	memcpy(now_out->boot, told->boot, sizeof(now_out->boot));
	*known_out = (struct ph_known){ .borne = true };
	return true;
}

/* Whether this is the first that a clock that is behind hears since the machine's start. */
static bool is_restarted(const struct ph_writer *writer, const struct ph_now *now)
{
	int64_t time;

	return is_behind(writer, now->wall) &&
	       !(writer->has_read && since_heard(&writer->read, now, &time));
}

/* A session says how late it is; a bundle only what is over. */
static void read_up_to(struct ph_writer *writer, const struct ph_now *now, int64_t time,
		       bool by_session)
{
	struct ph_heard read = { .mono_ms = now->mono_ms,
				 .time = time,
				 .wall = now->wall };
	int64_t before = writer->has_read ? read_now(writer, now) : 0;

	if (!by_session && before > time) {
		read.time = before;
		read.wall = writer->read.wall;
	}
	memcpy(read.boot, now->boot, sizeof(read.boot));
	writer->read = read;
	writer->has_read = true;
}

/* --- told to others --- */

int ph_writer_heard_clock(struct ph_journal *journal, const struct ph_now *now,
			  struct ph_heard_clock *clock_out)
{
	struct ph_now clamped = *now;
	struct ph_heard_clock clock;
	struct ph_heard heard;
	int rc = ph_writer_heard_get(journal, PH_WRITER_META_HEARD, &heard);

	if (rc != 0) {
		return rc;
	}
	clamped.wall = ph_writer_clamp(now->wall);
	clock.ahead = ahead_of(&heard, &clamped, &clock.is_sure);
	clock.time = clock.is_sure ? clamped.wall - clock.ahead : heard.time;
	*clock_out = clock;
	return 0;
}

int64_t ph_writer_clock_ahead(const struct ph_writer *writer, const struct ph_now *now)
{
	struct ph_now clamped = *now;
	int64_t time;

	clamped.wall = ph_writer_clamp(now->wall);
	if (!writer->has_heard || writer->is_void ||
	    !since_heard(&writer->heard, &clamped, &time)) {
		if (!is_behind(writer, clamped.wall) ||
		    !runs_on(writer, &clamped, &time)) {
			time = unheard_time(writer, &clamped);
		}
	}
	return clamped.wall - time;
}

/* --- the floor --- */

/*
 * What a receipt does to the floor and the claim. OWN is our time, without a floor:
 * one that a receipt has moved cannot measure whether a day has passed since. Where it
 * cannot either, a start of the machine does (RESTARTED), for a week at most.
 */
static void hear(struct ph_writer *writer, int64_t heard, int64_t own, bool restarted)
{
	struct ph_claim *claim = &writer->claim;
	bool is_day_over = writer->has_claim && own >= claim->at + DAY_SECONDS;

	if (is_day_over || (writer->has_claim && restarted)) {
		int64_t confirmed = heard < claim->time ? heard : claim->time;

		if (!is_day_over && confirmed > claim->base + START_MAX) {
			confirmed = claim->base + START_MAX;
		}
		writer->floor = confirmed > writer->floor ? confirmed : writer->floor;
		*claim = (struct ph_claim){ writer->floor, heard, own };
	} else if (!writer->has_claim) {
		if (heard <= writer->floor) {
			return;
		}
		*claim = (struct ph_claim){ writer->floor, heard, own };
		writer->has_claim = true;
	}
	claim->time = heard < claim->time ? heard : claim->time;
	claim->at = own < claim->at ? own : claim->at; /* the clock was put back */

	int64_t limit = claim->base + DAY_SECONDS;

	limit = own > limit ? own : limit;
	limit = heard < limit ? heard : limit;
	writer->floor = limit > writer->floor ? limit : writer->floor;
}

/*
 * Whether our last stamp is too far ahead of the hub time just heard. Another log could
 * not begin below the floor: up to there nothing would be won.
 */
static bool is_ahead(const struct ph_writer *writer)
{
	int64_t better = writer->heard.time;

	better = better > writer->floor ? better : writer->floor;
	return is_better(writer) && writer->log.row != 0 &&
	       ph_stamp_seconds(writer->stamp) - better > PH_CLOCK_AHEAD_MAX;
}

void ph_writer_not_before(struct ph_writer *writer, int64_t second)
{
	second = ph_writer_clamp(second);
	writer->floor = second > writer->floor ? second : writer->floor;
}

/* Keep the floor and the claim of AFTER where they are not WRITER's. */
static int put_floor(struct ph_writer *writer, const struct ph_writer *after)
{
	int rc = 0;

	if (after->floor != writer->floor) {
		rc = ph_writer_meta_put_int(writer, PH_WRITER_META_FLOOR, after->floor);
	}
	if (rc == 0 && after->has_claim &&
	    (!writer->has_claim ||
	     memcmp(&after->claim, &writer->claim, sizeof(after->claim)) != 0)) {
		rc = ph_writer_claim_put(writer, &after->claim);
	}
	return rc;
}

/*
 * The first word that is heard after those of stolen keys, by a bundle: the hub's clock as of then, which
 * has not been counted on. If one of those was later, our stamps may have followed it.
 */
static void replace_void(struct ph_writer *writer, const struct ph_now *now,
			 int64_t false_time)
{
	int64_t better = writer->read.time;

	better = better > writer->floor ? better : writer->floor;
	writer->heard = writer->read;
	writer->heard.mono_ms = UINT64_MAX; /* in no start of the machine */
	if (false_time > writer->read.time + PH_CLOCK_AHEAD_MAX &&
	    is_behind(writer, now->wall) && writer->log.row != 0) {
		writer->leaves =
			ph_stamp_seconds(writer->stamp) - better > PH_CLOCK_AHEAD_MAX;
	}
}

/* HUB_TIME was heard NOW, in a session or by a bundle: what is known of time then. */
static void learn(struct ph_writer *writer, const struct ph_now *now, int64_t hub_time,
		  bool by_session)
{
	int64_t before = writer->has_read ? writer->read.time : 0;
	bool was_void = writer->is_void;
	bool due;

	/* By the wall clock as it is: what a hub has told cannot confirm another. */
	hear(writer, hub_time, ph_writer_own_time(writer, now, &due),
	     is_restarted(writer, now));
	read_up_to(writer, now, hub_time, by_session || was_void);
	writer->is_void = false;
	if (was_void && !by_session) {
		replace_void(writer, now, before);
	}
	if (by_session) {
		writer->heard = writer->read;
		writer->has_heard = true;
		writer->leaves = is_ahead(writer);
		note_told(writer, now);
	}
}

/* Keep what AFTER knows, where it is not what WRITER does; HEARD: of a session, too. */
static int put_learnt(struct ph_writer *writer, const struct ph_writer *after, bool heard)
{
	int rc = put_floor(writer, after);

	rc = rc == 0 && heard
		     ? ph_writer_heard_put(writer, PH_WRITER_META_HEARD, &after->heard)
		     : rc;
	rc = rc == 0 ? ph_writer_heard_put(writer, PH_WRITER_META_READ, &after->read)
		     : rc;
	if (rc == 0 && writer->is_void) {
		rc = ph_writer_meta_put_int(writer, PH_WRITER_META_VOID, 0);
	}
	if (rc == 0 && memcmp(&after->told, &writer->told, sizeof(after->told)) != 0) {
		rc = ph_writer_heard_put(writer, PH_WRITER_META_TOLD, &after->told);
	}
	if (rc == 0 && after->leaves != writer->leaves) {
		rc = ph_writer_leaves_put(writer, after->leaves);
	}
	return rc;
}

int ph_writer_heard_before(struct ph_writer *writer, int64_t hub_time)
{
	struct ph_writer after = *writer;
	struct ph_now now = ph_writer_now(writer);
	int rc;

	learn(&after, &now, ph_writer_clamp(hub_time), false);
	rc = put_learnt(writer, &after, writer->has_heard && writer->is_void);
	if (rc == 0) {
		*writer = after;
	}
	return rc;
}

int ph_writer_heard_time(struct ph_writer *writer, int64_t hub_time)
{
	struct ph_writer after = *writer;
	struct ph_now now = ph_writer_now(writer);
	int rc;

	learn(&after, &now, ph_writer_clamp(hub_time), true);
	rc = put_learnt(writer, &after, true);
	if (rc == 0) {
		*writer = after;
	}
	return rc;
}

int ph_writer_hear_anew(struct ph_writer *writer)
{
	static const struct ph_heard none;
	struct ph_known known = writer->known;
	int rc = ph_writer_meta_put_int(writer, PH_WRITER_META_VOID, 1);

	known.borne = false;
	rc = rc == 0 ? ph_writer_known_put(writer, &known) : rc;
	rc = rc == 0 ? ph_writer_heard_put(writer, PH_WRITER_META_TOLD, &none) : rc;
	if (rc == 0) {
		writer->is_void = true;
		writer->known = known;
		writer->told = none;
	}
	return rc;
}
