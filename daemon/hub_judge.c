/*
 * daemon/hub_judge.c - the hub's word on clocks that ran ahead.
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
 */
#include "daemon/hub_judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WINDOW     256 /* entries looked at in one go, when the mark stands further back */
#define JUDGE_SIZE 24  /* ahead, behind, clamp; each 8 bytes big-endian */
#define NO_CLAMP   UINT64_MAX

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
	int rc = 0;

	*mark = (struct ph_hub_mark){ .row = row };
	while (rc >= 0 && mark->n == 0 && end > 0) {
		uint64_t after = end > WINDOW ? end - WINDOW : 0;

		mark->upto = end;
		rc = ph_journal_entry_each(hub->journal, row, after, on_earlier, mark);
		end = after;
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
	struct ph_judgement by; /* of peer->mark, if ... */
	bool known;             /* ... it was looked up */
};

static int write_judge(struct judging *judging, const struct ph_ref *mark)
{
	struct ph_judgement *by = &judging->by;
	struct ph_entry entry = {
		.kind = ph_kind_find(PH_KIND_CLOCK_JUDGE),
		.number = PH_KIND_CLOCK_JUDGE,
		.field[PH_JUDGE_MARK] = { .set = true, .as.ref = *mark },
		.field[PH_JUDGE_AHEAD] = { .set = by->ahead > 0, .as.uint = by->ahead },
		.field[PH_JUDGE_BEHIND] = { .set = by->behind > 0,
					    .as.uint = by->behind },
		.field[PH_JUDGE_CLAMP] = { .set = true,
					   .as.uint =
						   (uint64_t)ph_hub_now(judging->hub) },
	};
	int rc = ph_hub_desk_put(judging->hub, &entry, NULL, NULL);

	if (rc == 0) {
		rc = ph_hub_judge_note(judging->hub, mark, &entry);
	}
	by->judged = true;
	by->has_clamp = true;
	by->clamp = entry.field[PH_JUDGE_CLAMP].as.uint;
	return rc;
}

static bool is_ahead(const struct judging *judging, uint64_t stamp)
{
	return (uint64_t)ph_stamp_seconds(ph_judged(stamp, &judging->by)) >
	       judging->latest;
}

static int judge_entry(struct judging *judging, uint64_t stamp)
{
	struct ph_hub_mark *mark = &judging->peer->mark;
	struct ph_ref ref = { .n = mark->n };
	int rc = 0;

	if ((uint64_t)ph_stamp_seconds(stamp) <= judging->latest || mark->n == 0) {
		return 0;
	}
	memcpy(ref.log_id, judging->log_id, sizeof(ref.log_id));
	memcpy(ref.hash, mark->hash, sizeof(ref.hash));
	if (!judging->known) {
		rc = read_judgement(judging->hub, &ref, &judging->by);
		judging->known = true;
	}
	if (rc == 0 && is_ahead(judging, stamp)) {
		rc = write_judge(judging, &ref);
	}
	judging->peer->clamped += rc == 0;
	return rc;
}

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
	if (rc < 0 || (uint64_t)latest <= judging.latest) {
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
