/*
 * common/log/journal_take.c - taking what others sealed: the branch that it continues.
 *
 * A segment is compared with what is held from its first number on, byte by byte, until
 * one of the two ends or they differ. If all of it is held, at most its seal is new. If
 * what is held ends first, the rest is stored behind it. If they differ within what is
 * held, and the seal verifies, the device has sealed two histories: the rest goes to a
 * new branch, whose base is the last entry they have in common. The branch that has most
 * in common counts, so the same segments give the same branches in whatever order.
 *
 * h(first - 1) is not in the segment: the seal verifies only behind the right one. So a
 * log that is forked is tried branch by branch, and a segment of a branch that is not
 * held cannot be told from a forged one. Nothing is written before all of that is
 * settled, and one signature is checked for each h(first - 1) that is tried.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

enum {
	STOP = 1 /* ends the comparison */
};

struct take {
	struct ph_journal *journal;
	const struct ph_segment *segment;
	bool one;                                     /* into this branch alone */
	uint8_t tried[PH_BRANCHES_MAX][PH_HASH_SIZE]; /* values of h(first - 1) */
	unsigned n_tried;
	struct ph_log *into; /* where it went */
	struct ph_stored stored;
};

/* --- comparing --- */

struct compare {
	struct ph_view rest; /* of the segment's body */
	uint64_t n;          /* up to here the two are one */
};

static int on_held(void *data, uint64_t n, struct ph_view held)
{
	struct compare *compare = data;
	struct ph_view entry;

	if (ph_segment_next(&compare->rest, &entry) != 0 || !ph_view_equal(entry, held)) {
		return STOP;
	}
	compare->n = n;
	return 0;
}

/* The last number at which SEGMENT says what LOG does, if both start from one h(first - 1). */
static int compare_with(const struct take *take, const struct ph_log *log,
			uint64_t *common_out)
{
	const struct ph_segment *segment = take->segment;
	struct compare compare = { .rest = segment->body, .n = segment->first - 1 };
	int rc = 0;

	if (segment->first <= log->n) {
		rc = ph_journal_entry_each(take->journal, log->row, segment->first - 1,
					   on_held, &compare);
	}
	*common_out = compare.n;
	return rc < 0 ? rc : 0;
}

/*
 * *HELD says other than SEGMENT beyond *COMMON. If another branch from the same START
 * agrees further, it is that one.
 */
static int find_nearest(const struct take *take, const uint8_t start[static PH_HASH_SIZE],
			struct ph_log **held, uint64_t *common)
{
	uint64_t before = take->segment->first - 1;
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n;
	int rc = ph_journal_branches(take->journal, (*held)->id, rows, &n);

	for (unsigned i = 0; rc == 0 && i < n; i++) {
		struct ph_log *other;
		uint8_t h[PH_HASH_SIZE];
		uint64_t far;

		rc = ph_journal_held(take->journal, rows[i], &other);
		if (rc != 0 || other->n < before) {
			continue;
		}
		rc = ph_journal_chain_at(take->journal, other, before, h);
		if (rc != 0 || memcmp(h, start, sizeof(h)) != 0) {
			continue;
		}
		rc = compare_with(take, other, &far);
		if (rc == 0 && far > *common) {
			*common = far;
			*held = other;
		}
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/* --- storing --- */

static bool seal_fits(const struct ph_segment *segment, const struct ph_log *held,
		      const uint8_t h[static PH_HASH_SIZE])
{
	struct ph_head head = { .n = segment->last };

	memcpy(head.log_id, held->id, sizeof(head.log_id));
	memcpy(head.h, h, sizeof(head.h));
	return ph_seal_verify(segment->seal, &head, held->key);
}

/* HELD has every entry of SEGMENT. */
static int take_held(const struct take *take, struct ph_log *held)
{
	const struct ph_segment *segment = take->segment;
	uint8_t h[PH_HASH_SIZE];
	uint8_t sig[PH_SIGNATURE_SIZE];
	int rc = ph_journal_seal_get(take->journal, held->row, segment->last, sig);
	bool is_sealed = rc == 0;

	if (is_sealed && memcmp(sig, segment->seal, sizeof(sig)) == 0) {
		return 0; /* the usual duplicate costs no signature check */
	}
	if (rc >= 0) {
		rc = ph_journal_chain_at(take->journal, held, segment->last, h);
	}
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	if (!seal_fits(segment, held, h)) {
		return PH_JOURNAL_E_SEAL;
	}
	return is_sealed ? 0
			 : ph_journal_seal_store(take->journal, held, segment->last,
						 segment->seal);
}

/* Entries above COMMON are new; they go behind HELD, or to a branch that leaves it there. */
static int take_new(struct take *take, struct ph_log *held, uint64_t common,
		    const uint8_t start[static PH_HASH_SIZE])
{
	const struct ph_segment *segment = take->segment;
	struct ph_body_walk walk = { .n = segment->first - 1, .held = common };
	int rc;

	memcpy(walk.h, start, sizeof(walk.h));
	rc = ph_journal_walk(&walk, segment->body);
	if (rc == 0 && !seal_fits(segment, held, walk.h)) {
		rc = PH_JOURNAL_E_SEAL;
	}
	if (rc == 0 && common < held->n) {
		rc = take->one
			     ? PH_JOURNAL_E_FORK
			     : ph_journal_branch_add(take->journal, held, common, &held);
	}
	if (rc == 0) {
		rc = ph_journal_walk_store(take->journal, held, &walk, segment->body);
	}
	if (rc == 0) {
		rc = ph_journal_seal_store(take->journal, held, segment->last,
					   segment->seal);
	}
	if (rc == 0) {
		take->into = held;
		take->stored = (struct ph_stored){ .row = held->row,
						   .first = common + 1,
						   .last = segment->last,
						   .n = segment->last - common };
	}
	ph_buf_deinit(&walk.parts);
	return rc;
}

/* --- finding the branch --- */

static bool was_tried(const struct take *take, const uint8_t start[static PH_HASH_SIZE])
{
	for (unsigned i = 0; i < take->n_tried; i++) {
		if (memcmp(take->tried[i], start, PH_HASH_SIZE) == 0) {
			return true;
		}
	}
	return false;
}

/* Take the segment as one that continues HELD or leaves it: 0, or PH_JOURNAL_E_*. */
static int try_branch(struct take *take, struct ph_log *held)
{
	const struct ph_segment *segment = take->segment;
	uint8_t start[PH_HASH_SIZE];
	uint64_t common;
	int rc;

	if (segment->first > held->n + 1) {
		return PH_JOURNAL_E_GAP;
	}
	rc = ph_journal_chain_at(take->journal, held, segment->first - 1, start);
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	if (was_tried(take, start)) {
		return PH_JOURNAL_E_SEAL;
	}
	memcpy(take->tried[take->n_tried++], start, sizeof(start));
	rc = compare_with(take, held, &common);
	if (rc == 0 && common < segment->last && common < held->n && !take->one) {
		rc = find_nearest(take, start, &held, &common);
	}
	if (rc != 0) {
		return rc;
	}
	if (common < segment->last) {
		return take_new(take, held, common, start);
	}
	take->into = held;
	return take_held(take, held);
}

/* RC came of one branch of LOG: if it may belong to another, try them all. */
static int try_others(struct take *take, const struct ph_log *log, int rc)
{
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n = 0;
	int listed = ph_journal_branches(take->journal, log->id, rows, &n);

	if (listed < 0) {
		return listed;
	}
	for (unsigned i = 0; i < n; i++) {
		struct ph_log *held;
		int one;

		if (rows[i] == log->row) {
			continue;
		}
		one = ph_journal_held(take->journal, rows[i], &held);
		if (one == 0) {
			one = try_branch(take, held);
		}
		if (one != PH_JOURNAL_E_GAP && one != PH_JOURNAL_E_SEAL) {
			return one;
		}
		rc = one == PH_JOURNAL_E_SEAL ? one : rc;
	}
	return rc;
}

/* Whether the body holds exactly the entries that it should. */
static bool is_whole(const struct ph_segment *segment)
{
	struct ph_view rest = segment->body;
	struct ph_view entry;
	uint64_t n = 0;

	while (rest.len > 0) {
		if (ph_segment_next(&rest, &entry) != 0) {
			return false;
		}
		n++;
	}
	return n == segment->last - segment->first + 1;
}

static int put(struct ph_journal *journal, struct ph_log *log,
	       const struct ph_segment *segment, bool one, struct ph_stored *stored_out)
{
	struct take take = { .journal = journal, .segment = segment, .one = one };
	struct ph_log *held;
	int rc;

	if (segment->first < 1 || segment->last < segment->first ||
	    segment->last > PH_JOURNAL_N_MAX || segment->body.len == 0 ||
	    segment->body.len > PH_SEGMENT_PLAIN_MAX) {
		return PH_JOURNAL_E_FORM;
	}
	rc = ph_journal_held(journal, log->row, &held);
	if (rc != 0) {
		return rc;
	}
	if (memcmp(segment->log_id, held->id, sizeof(held->id)) != 0) {
		return PH_JOURNAL_E_FORM;
	}
	if (!is_whole(segment)) {
		return PH_JOURNAL_E_FORM;
	}
	rc = try_branch(&take, held);
	if ((rc == PH_JOURNAL_E_GAP || rc == PH_JOURNAL_E_SEAL) && !one) {
		rc = try_others(&take, log, rc);
	}
	if (rc == 0) {
		*log = *take.into;
	}
	if (rc == 0 && stored_out != NULL) {
		*stored_out = take.stored;
	}
	return rc;
}

int ph_journal_put_segment(struct ph_journal *journal, struct ph_log *log,
			   const struct ph_segment *segment, struct ph_stored *stored_out)
{
	return put(journal, log, segment, false, stored_out);
}

int ph_journal_extend(struct ph_journal *journal, struct ph_log *log,
		      const struct ph_segment *segment, struct ph_stored *stored_out)
{
	return put(journal, log, segment, true, stored_out);
}
