/*
 * common/log/journal_read.c - what of a log fits into one segment.
 *
 * Entries are copied from the runs, whatever their bounds, until the next one would
 * be too much; then the body is cut back to the last stored seal that was passed.
 * If none was passed, it goes on to the nearest.
 *
 * A seal so far off that no peer would take the body is PH_JOURNAL_E_FORM: only the
 * log's own device can seal nearer. A seal without its entries is -EUCLEAN.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

/* The first N above AFTER that has a part, or more than any. */
static int first_part(struct ph_journal *journal, int64_t row, uint64_t after,
		      uint64_t *n_out)
{
	size_t count;
	int rc = ph_journal_parts_in(journal, row, after, PH_JOURNAL_N_MAX, n_out, 1,
				     &count);

	if (rc == 0 && count == 0) {
		*n_out = UINT64_MAX;
	}
	return rc;
}

int ph_journal_span(struct ph_journal *journal, const struct ph_log *log, uint64_t after,
		    size_t max, bool stop_at_part, uint64_t *n_out)
{
	struct ph_run run = { 0 };
	uint64_t part = UINT64_MAX;
	uint64_t n = after;
	size_t total = 0;
	int rc = stop_at_part ? first_part(journal, log->row, after, &part) : 0;

	while (rc == 0 && n + 1 < part) {
		struct ph_view rest;

		rc = ph_journal_run_load(journal, log->row, n + 1, &run);
		if (rc == 0) {
			rc = ph_journal_run_from(&run, n + 1, &rest);
		}
		for (; rc == 0 && n < run.last && n + 1 < part; n++) {
			size_t before = rest.len;
			struct ph_view entry;

			if (ph_segment_next(&rest, &entry) != 0) {
				rc = -EUCLEAN;
				break;
			}
			total += before - rest.len;
			if (total > max && n > after) {
				goto out;
			}
		}
	}
	if (rc == PH_JOURNAL_E_NONE) {
		rc = 0; /* the end of the log */
	}
out:
	if (rc == 0) {
		*n_out = n;
	}
	ph_buf_deinit(&run.bytes);
	return rc;
}

/* Where a segment is cut: at the last stored seal that was passed. */
struct cut {
	uint64_t n;    /* 0: none yet */
	size_t len;    /* of the body up to there */
	uint64_t next; /* the seal after it; 0: none */
	uint64_t last; /* no seal above is taken */
};

/*
 * Copy entries of one run, from N on, to BUF until CUT is final: then *DONE_OUT. 0,
 * PH_JOURNAL_E_FORM or negative errno.
 */
static int copy_run(struct ph_journal *journal, int64_t row, const struct ph_run *run,
		    uint64_t n, size_t max, struct cut *cut, struct ph_buf *buf,
		    bool *done_out)
{
	struct ph_view rest;
	int rc = ph_journal_run_from(run, n, &rest);

	for (; rc == 0 && n <= run->last; n++) {
		struct ph_view from = rest;
		struct ph_view entry;

		if (ph_segment_next(&rest, &entry) != 0) {
			return -EUCLEAN;
		}

		size_t len = from.len - rest.len;

		if (cut->n != 0 && buf->len + len > max) {
			*done_out = true;
			return 0;
		}
		if (buf->len + len > PH_SEGMENT_PLAIN_MAX) {
			return PH_JOURNAL_E_FORM;
		}
		rc = ph_buf_put(buf, from.data, len);
		if (rc == 0 && n == cut->next) {
			cut->n = n;
			cut->len = buf->len;
			rc = ph_journal_seal_after(journal, row, n, &cut->next);
			if (rc == 0 && (cut->next == 0 || cut->next > cut->last)) {
				*done_out = true;
				return 0;
			}
		}
	}
	return rc;
}

int ph_journal_read_until(struct ph_journal *journal, const struct ph_log *log,
			  uint64_t after, uint64_t last, size_t max,
			  struct ph_segment *segment_out, struct ph_buf *buf)
{
	struct ph_segment segment = { .first = after + 1 };
	struct ph_run run = { 0 };
	struct cut cut = { .last = last };
	bool done = false;
	struct ph_log *held;
	int rc = ph_journal_held(journal, log->row, &held);

	if (max > PH_SEGMENT_PLAIN_MAX) {
		max = PH_SEGMENT_PLAIN_MAX;
	}
	if (rc == 0) {
		rc = ph_journal_seal_after(journal, log->row, after, &cut.next);
	}
	if (rc == 0 && (cut.next == 0 || cut.next > last)) {
		rc = PH_JOURNAL_E_NONE;
	}
	if (rc != 0) {
		return rc;
	}
	buf->len = 0;
	for (uint64_t n = after + 1; rc == 0 && !done; n = run.last + 1) {
		rc = ph_journal_run_load(journal, held->row, n, &run);
		if (rc == PH_JOURNAL_E_NONE) {
			rc = -EUCLEAN; /* a seal beyond the head */
		}
		if (rc == 0) {
			rc = copy_run(journal, held->row, &run, n, max, &cut, buf, &done);
		}
	}
	if (rc == 0) {
		rc = ph_journal_seal_get(journal, held->row, cut.n, segment.seal);
	}
	if (rc == 0) {
		buf->len = cut.len;
		memcpy(segment.log_id, held->id, sizeof(segment.log_id));
		segment.last = cut.n;
		segment.body = ph_buf_view(buf);
		*segment_out = segment;
	}
	ph_buf_deinit(&run.bytes);
	return rc;
}

int ph_journal_read_segment(struct ph_journal *journal, const struct ph_log *log,
			    uint64_t after, size_t max, struct ph_segment *segment_out,
			    struct ph_buf *buf)
{
	return ph_journal_read_until(journal, log, after, UINT64_MAX, max, segment_out,
				     buf);
}
