/*
 * daemon/hub_judge.c - the hub's word on clocks that ran ahead, or were behind.
 *
 * A device's clock may be a year ahead, and its entries would then sort behind all others
 * for a year. So when a segment brings stamps that are over 300 s ahead of our own clock,
 * a clock-judge with `clamp` goes into the desk log, in the transaction in which the
 * segment is stored: whoever has the receipt's entries has the verdict too. It is of the
 * clock-mark that governs them, the last well-formed one at or before them in their log,
 * so one verdict is for all that was written by that clock; another comes only if it does
 * not reach, when our clock has gone back since.
 *
 * What a mark was judged by is kept in meta (judge.REF), since the ledger may be behind.
 * A verdict that a person gave counts there like our own, and is kept in ours; one that is
 * voided is forgotten. An entry that no mark governs cannot be judged.
 *
 * A device whose clock was behind says so itself: when it hears us, a mark with our time follows in its
 * log (`sure` hub). The marks of the same start of its machine right before that one, if they say that the
 * clock was known to be wrong (`sure` none), were behind by what the monotonic clock tells, to the second,
 * and are judged with `behind`. Of an earlier start nobody knows how long the machine was off
 * (docs/decisions/0043-what-a-clock-behind-loses.md).
 */
#include "daemon/hub_judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WINDOW                                                                           \
	256 /* entries looked at in one go, when the mark stands further back, ... */
#define WINDOW_FIRST 4  /* ... and at first */
#define JUDGE_SIZE   24 /* ahead, behind, clamp; each 8 bytes big-endian */
#define NO_CLAMP     UINT64_MAX
#define RUNS_MAX                                                                         \
	2 /* seconds by which a mark whose time stamps run from may differ from its own */
#define BACK_MAX                                                                         \
	16 /* marks of one start of a machine that one word of the hub's time judges */

/* --- what a mark was judged by --- */

static void judge_name(const struct ph_ref *mark, char out[static PH_REF_TEXT + 8])
{
	char text[PH_REF_TEXT];

	ph_ref_text(text, mark);
	snprintf(out, PH_REF_TEXT + 8, "judge.%s", text);
}

static int read_judgement(struct ph_hub *hub, const struct ph_ref *mark,
			  struct ph_judgement *out)
{
	char name[PH_REF_TEXT + 8];
	struct ph_buf value = { 0 };
	int rc;

	*out = (struct ph_judgement){ 0 };
	judge_name(mark, name);
	rc = ph_journal_meta_get(hub->journal, name, &value);
	if (rc == 0 && value.len == JUDGE_SIZE) {
		out->judged = true;
		out->ahead = ph_be64_get(value.data);
		out->behind = ph_be64_get(value.data + 8);
		out->clamp = ph_be64_get(value.data + 16);
		out->has_clamp = out->clamp != NO_CLAMP;
	}
	ph_buf_deinit(&value);
	return rc < 0 ? rc : 0;
}

int ph_hub_judge_note(struct ph_hub *hub, const struct ph_ref *mark,
		      const struct ph_entry *judge)
{
	char name[PH_REF_TEXT + 8];
	uint8_t value[JUDGE_SIZE];
	const struct ph_value *clamp;

	judge_name(mark, name);
	if (!judge) {
		return ph_journal_meta_put(hub->journal, name, PH_VIEW(value, 0));
	}
	clamp = &judge->field[PH_JUDGE_CLAMP];
	ph_be64_put(value, judge->field[PH_JUDGE_AHEAD].as.uint);
	ph_be64_put(value + 8, judge->field[PH_JUDGE_BEHIND].as.uint);
	ph_be64_put(value + 16, clamp->set ? clamp->as.uint : NO_CLAMP);
	return ph_journal_meta_put(hub->journal, name, PH_VIEW(value, sizeof(value)));
}

/* --- the mark that governs --- */

/* If BYTES, entry N, is a clock-mark, it governs from here on. */
static void take_mark(struct ph_hub_mark *mark, uint64_t n, struct ph_view bytes,
		      const struct ph_entry *entry)
{
	uint8_t hash[PH_HASH_SIZE];

	if (entry->number == PH_KIND_CLOCK_MARK) {
		ph_entry_hash(bytes, hash);
		memcpy(mark->hash, hash, sizeof(mark->hash));
		mark->n = n;
		memcpy(mark->boot, entry->field[PH_MARK_BOOT].as.bytes.data,
		       sizeof(mark->boot));
		mark->mono = (int64_t)entry->field[PH_MARK_MONO].as.uint;
		mark->wall = (int64_t)entry->field[PH_MARK_WALL].as.uint;
		mark->stamp = ph_stamp_seconds(entry->stamp);
		mark->sure = entry->field[PH_MARK_SURE].set
				     ? entry->field[PH_MARK_SURE].as.uint
				     : PH_SURE_NONE;
	}
}

static int on_earlier(void *data, uint64_t n, struct ph_view bytes)
{
	struct ph_hub_mark *mark = data;
	struct ph_entry entry;
	int rc;

	if (n > mark->upto) {
		return 1;
	}
	rc = ph_entry_decode(bytes, &entry);
	if (rc == 0) {
		take_mark(mark, n, bytes, &entry);
	}
	return rc < 0 ? rc : 0;
}

/* The mark that governs what stands behind entry UPTO of the log ROW; n 0: none does. */
static int find_mark(struct ph_hub *hub, int64_t row, uint64_t upto,
		     struct ph_hub_mark *mark)
{
	uint64_t end = upto;
	uint64_t window = WINDOW_FIRST; /* nearly always it is near, or far back */
	int rc = 0;

	*mark = (struct ph_hub_mark){ .row = row };
	while (rc >= 0 && mark->n == 0 && end > 0) {
		uint64_t after = end > window ? end - window : 0;

		mark->upto = end;
		rc = ph_journal_entry_each(hub->journal, row, after, on_earlier, mark);
		end = after;
		window = window * 4 < WINDOW ? window * 4 : WINDOW;
	}
	mark->upto = upto;
	return rc < 0 ? rc : 0;
}

/* --- judging --- */

struct judging {
	struct ph_hub *hub;
	struct ph_hub_peer *peer;
	const uint8_t *log_id;
	uint64_t latest;        /* the latest second that is let pass */
	int64_t device;         /* row of the writer; ... */
	int64_t shifted;        /* ... seconds that a mark of its was shifted, at most */
	struct ph_judgement by; /* of peer->mark, if ... */
	bool known;             /* ... it was looked up */
};

/* BY is the hub's word on MARK from here on. */
static int write_judge(struct ph_hub *hub, const struct ph_ref *mark,
		       const struct ph_judgement *by)
{
	struct ph_entry entry = {
		.kind = ph_kind_find(PH_KIND_CLOCK_JUDGE),
		.number = PH_KIND_CLOCK_JUDGE,
		.field[PH_JUDGE_MARK] = { .set = true, .as.ref = *mark },
		.field[PH_JUDGE_AHEAD] = { .set = by->ahead > 0, .as.uint = by->ahead },
		.field[PH_JUDGE_BEHIND] = { .set = by->behind > 0,
					    .as.uint = by->behind },
		.field[PH_JUDGE_CLAMP] = { .set = by->has_clamp, .as.uint = by->clamp },
	};
	int rc = ph_hub_desk_put(hub, &entry, NULL, NULL);

	return rc < 0 ? rc : ph_hub_judge_note(hub, mark, &entry);
}

static struct ph_ref ref_of(const struct judging *judging, const struct ph_hub_mark *mark)
{
	struct ph_ref ref = { .n = mark->n };

	memcpy(ref.log_id, judging->log_id, sizeof(ref.log_id));
	memcpy(ref.hash, mark->hash, sizeof(ref.hash));
	return ref;
}

static bool is_ahead(const struct judging *judging, uint64_t stamp)
{
	return (uint64_t)ph_stamp_seconds(ph_judged(stamp, &judging->by)) >
	       judging->latest;
}

static int judge_entry(struct judging *judging, uint64_t stamp)
{
	struct ph_hub_mark *mark = &judging->peer->mark;
	struct ph_judgement *by = &judging->by;
	struct ph_ref ref;
	int rc = 0;

	if (ph_stamp_seconds(stamp) + judging->shifted <= (int64_t)judging->latest ||
	    mark->n == 0) {
		return 0;
	}
	ref = ref_of(judging, mark);
	if (!judging->known) {
		rc = read_judgement(judging->hub, &ref, by);
		judging->known = true;
	}
	if (rc == 0 && !is_ahead(judging, stamp) &&
	    (uint64_t)ph_stamp_seconds(stamp) <= judging->latest) {
		return 0;
	}
	if (rc == 0 && is_ahead(judging, stamp)) {
		by->judged = true;
		by->has_clamp = true;
		by->clamp = (uint64_t)ph_hub_now(judging->hub);
		rc = write_judge(judging->hub, &ref, by);
	}
	judging->peer->clamped += rc == 0;
	return rc;
}

/* --- clocks that were behind --- */

struct stretch {
	uint64_t upto;
	int64_t latest; /* second of the latest stamp so far */
};

static int on_stamp(void *data, uint64_t n, struct ph_view bytes)
{
	struct stretch *stretch = data;
	uint64_t kind, stamp;

	if (n > stretch->upto) {
		return 1;
	}
	if (ph_entry_peek(bytes, &kind, &stamp) &&
	    ph_stamp_seconds(stamp) > stretch->latest) {
		stretch->latest = ph_stamp_seconds(stamp);
	}
	return 0;
}

/* The second of the latest stamp of entries N to UPTO of the log ROW, of whatever form they are. */
static int latest_of(struct ph_hub *hub, int64_t row, uint64_t n, uint64_t upto,
		     int64_t *second_out)
{
	struct stretch stretch = { .upto = upto };
	int rc = ph_journal_entry_each(hub->journal, row, n - 1, on_stamp, &stretch);

	*second_out = stretch.latest;
	return rc < 0 ? rc : 0;
}

/* --- how much the marks of a device were shifted --- */

static void shifted_name(int64_t device, char out[static 32])
{
	snprintf(out, 32, "shifted.%lld", (long long)device);
}

static int read_shifted(struct ph_hub *hub, int64_t device, int64_t *seconds_out)
{
	char name[32];
	int rc;

	*seconds_out = 0;
	shifted_name(device, name);
	rc = ph_journal_meta_get_int(hub->journal, name, seconds_out);
	return rc < 0 ? rc : 0;
}

static int note_shifted(struct judging *judging, int64_t seconds)
{
	char name[32];

	if (seconds <= judging->shifted) {
		return 0;
	}
	judging->shifted = seconds;
	shifted_name(judging->device, name);
	return ph_journal_meta_put_int(judging->hub->journal, name, seconds);
}

/*
 * MARK, and with it all up to the stamp LATEST, was behind of what HEARD says, a later mark of the same
 * start of the machine; unless it says that it is right, or somebody has judged it. Nothing of it comes
 * behind HEARD.
 */
static int judge_behind(struct judging *judging, const struct ph_hub_mark *mark,
			const struct ph_hub_mark *heard, int64_t latest)
{
	struct ph_ref ref = ref_of(judging, mark);
	int64_t behind = heard->wall - (heard->mono - mark->mono) - mark->wall;
	struct ph_judgement by;
	int rc;

	behind = behind < heard->wall - latest ? behind : heard->wall - latest;
	if (behind <= PH_CLOCK_AHEAD_MAX || mark->sure != PH_SURE_NONE ||
	    mark->stamp - mark->wall > RUNS_MAX) {
		return 0; /* what stood at a floor above its clock was behind by nobody knows what */
	}
	rc = read_judgement(judging->hub, &ref, &by);
	if (rc < 0 || by.judged) {
		return rc;
	}
	by.behind = (uint64_t)behind;
	rc = write_judge(judging->hub, &ref, &by);
	rc = rc < 0 ? rc : note_shifted(judging, behind);
	judging->peer->shifted += rc == 0;
	return rc;
}

/*
 * HEARD, a mark of the log ROW, has our time: what stands before it of the same start of the machine. Where
 * starts have no number nothing tells one from another.
 */
static int judge_before(struct judging *judging, int64_t row,
			const struct ph_hub_mark *heard)
{
	static const uint8_t none[sizeof(heard->boot)];
	uint64_t upto = heard->n - 1;
	int64_t mono = heard->mono;
	int rc = 0;

	if (memcmp(heard->boot, none, sizeof(none)) == 0) {
		return 0;
	}
	for (unsigned i = 0; rc == 0 && i < BACK_MAX; i++) {
		struct ph_hub_mark mark;
		int64_t latest;

		rc = find_mark(judging->hub, row, upto, &mark);
		if (rc < 0 || mark.n == 0 || mark.mono > mono ||
		    memcmp(mark.boot, heard->boot, sizeof(mark.boot)) != 0 ||
		    (mark.sure == PH_SURE_HUB && mark.wall <= heard->wall)) {
			break; /* one with a later time of ours was false: it is looked behind */
		}
		rc = latest_of(judging->hub, row, mark.n, upto, &latest);
		rc = rc < 0 ? rc : judge_behind(judging, &mark, heard, latest);
		upto = mark.n - 1;
		mono = mark.mono;
	}
	return rc;
}

/* The marks with our time among what was stored, and not ahead of it; behind one nothing waits for the next. */
static int judge_clocks_behind(struct judging *judging, const struct ph_segment *segment,
			       const struct ph_stored *stored)
{
	struct ph_hub_mark mark = { .row = stored->row };
	struct ph_view rest = segment->body;
	struct ph_view bytes;
	uint64_t n = segment->first;
	int rc = 0;

	for (; rc == 0 && ph_segment_next(&rest, &bytes) == 0; n++) {
		bool was_told = mark.n > 0 && mark.sure == PH_SURE_HUB;
		int64_t before = mark.wall;
		struct ph_entry entry;
		uint64_t kind, stamp;

		if (n < stored->first || !ph_entry_peek(bytes, &kind, &stamp) ||
		    kind != PH_KIND_CLOCK_MARK) {
			continue;
		}
		rc = ph_entry_decode(bytes, &entry);
		if (rc != 0) {
			rc = rc < 0 ? rc : 0;
			continue;
		}
		take_mark(&mark, n, bytes, &entry);
		if (mark.sure == PH_SURE_HUB && (uint64_t)mark.wall <= judging->latest &&
		    !(was_told && before <= mark.wall)) {
			rc = judge_before(judging, stored->row, &mark);
		}
	}
	return rc;
}

/* --- clocks that ran ahead --- */

/* Entry N as it was stored: a mark governs from itself on. */
static int look(struct judging *judging, uint64_t n, struct ph_view bytes)
{
	struct ph_hub_mark *mark = &judging->peer->mark;
	uint64_t before = mark->n;
	struct ph_entry entry;
	int rc = ph_entry_decode(bytes, &entry);

	mark->upto = n;
	if (rc < 0 || rc == PH_ENTRY_E_MALFORMED) {
		return rc < 0 ? rc : 0;
	}
	if (rc == 0) {
		take_mark(mark, n, bytes, &entry);
	}
	if (mark->n != before) {
		judging->by = (struct ph_judgement){ 0 };
		judging->known = false;
	}
	return judge_entry(judging, entry.stamp);
}

/* --- a quick look --- */

/* The largest stamp in BODY, in seconds. */
static int64_t latest_in(struct ph_view body)
{
	struct ph_view bytes;
	int64_t latest = 0;

	while (ph_segment_next(&body, &bytes) == 0) {
		uint64_t kind, stamp;

		if (ph_entry_peek(bytes, &kind, &stamp) &&
		    ph_stamp_seconds(stamp) > latest) {
			latest = ph_stamp_seconds(stamp);
		}
	}
	return latest;
}

/* --- how far ahead a device's clock was, when its newest entries came --- */

static void ahead_name(int64_t device, char out[static 32])
{
	snprintf(out, 32, "ahead.%lld", (long long)device);
}

int ph_hub_judge_ahead(struct ph_hub *hub, int64_t device, int64_t *seconds_out)
{
	char name[32];
	int rc;

	*seconds_out = 0;
	ahead_name(device, name);
	rc = ph_journal_meta_get_int(hub->journal, name, seconds_out);
	return rc < 0 ? rc : 0;
}

/* Kept when it changes: nearly always it is 0, and stays so. */
static int note_ahead(struct ph_hub *hub, int64_t device, int64_t latest)
{
	int64_t ahead = latest - ph_hub_now(hub);
	char name[32];
	int64_t before;
	int rc = ph_hub_judge_ahead(hub, device, &before);

	ahead = ahead > PH_CLOCK_AHEAD_MAX ? ahead : 0;
	ahead_name(device, name);
	return rc < 0 || ahead == before
		       ? rc
		       : ph_journal_meta_put_int(hub->journal, name, ahead);
}

int ph_hub_judge(struct ph_hub *hub, struct ph_hub_peer *peer,
		 const struct ph_device *writer, const struct ph_segment *segment,
		 const struct ph_stored *stored)
{
	struct judging judging = { .hub = hub,
				   .peer = peer,
				   .log_id = segment->log_id,
				   .device = writer->row,
				   .latest = (uint64_t)(ph_hub_now(hub) +
							PH_CLOCK_AHEAD_MAX) };
	struct ph_view rest = segment->body;
	struct ph_view bytes;
	uint64_t n = segment->first;
	int64_t latest;
	int rc = 0;

	if (stored->n == 0) {
		return 0;
	}
	latest = latest_in(segment->body);
	ph_hub_latest_saw(&hub->latest, writer->row, latest, ph_hub_now(hub));
	rc = note_ahead(hub, writer->row, latest);
	rc = rc < 0 ? rc : read_shifted(hub, writer->row, &judging.shifted);
	rc = rc < 0 ? rc : judge_clocks_behind(&judging, segment, stored);
	if (rc < 0 || latest + judging.shifted <= (int64_t)judging.latest) {
		return rc;
	}
	if (peer->mark.row != stored->row || peer->mark.upto != stored->first - 1) {
		rc = find_mark(hub, stored->row, stored->first - 1, &peer->mark);
	}
	for (; rc == 0 && ph_segment_next(&rest, &bytes) == 0; n++) {
		if (n >= stored->first) {
			rc = look(&judging, n, bytes);
		}
	}
	return rc;
}
