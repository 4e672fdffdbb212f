/*
 * common/log/journal_run.c - finding entries and chain values in the runs.
 *
 * Runs of a log follow each other without holes, and each keeps h() of its last
 * entry. So entry n costs one seek and a step over the entries before it in its
 * run; h(n) inside a run is hashed from the end of the run before. Bytes are copied
 * out of SQLite before anybody sees them, so callbacks may use the journal freely.
 *
 * Of a branch, the entries up to its base are looked up in the rows it grew from
 * (journal_branch.c). Its base may lie within a run there: that run is cut short for
 * whoever reads the branch, and h(base) is hashed.
 *
 * A hole, or a body that ends within an entry, is -EUCLEAN. A number above the head
 * is PH_JOURNAL_E_NONE.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

int ph_journal_run_end(struct ph_journal *journal, int64_t row, uint64_t n,
		       uint64_t *first_out, uint64_t *last_out,
		       uint8_t h_out[static PH_HASH_SIZE])
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT id, last, h FROM run WHERE id BETWEEN ?1 AND ?2"
			       " ORDER BY id DESC LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, 0));
	ph_stmt_int(stmt, 2, ph_journal_key(row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}

	uint64_t first = ph_journal_key_n(ph_stmt_col_int(stmt, 0));
	uint64_t last = (uint64_t)ph_stmt_col_int(stmt, 1);

	rc = ph_journal_col_fixed(stmt, 2, h_out, PH_HASH_SIZE);
	ph_stmt_reset(stmt);
	if (rc == 0 && (first == 0 || last < first || last > PH_JOURNAL_N_MAX)) {
		rc = -EUCLEAN;
	}
	if (rc == 0) {
		*first_out = first;
		*last_out = last;
	}
	return rc;
}

/* The run of ROW itself that has entry N. */
static int load_own(struct ph_journal *journal, int64_t row, uint64_t n,
		    struct ph_run *run)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT id, last, h, bytes FROM run"
			       " WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, 0));
	ph_stmt_int(stmt, 2, ph_journal_key(row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	run->first = ph_journal_key_n(ph_stmt_col_int(stmt, 0));
	run->last = (uint64_t)ph_stmt_col_int(stmt, 1);
	if (run->last < n) {
		ph_stmt_reset(stmt);
		return PH_JOURNAL_E_NONE;
	}
	rc = ph_journal_col_fixed(stmt, 2, run->h, sizeof(run->h));
	run->bytes.len = 0;
	if (rc == 0) {
		rc = ph_buf_put_view(&run->bytes, ph_stmt_col_blob(stmt, 3));
	}
	ph_stmt_reset(stmt);
	if (rc == 0 && (run->first == 0 || run->last > PH_JOURNAL_N_MAX)) {
		rc = -EUCLEAN;
	}
	return rc;
}

int ph_journal_run_load(struct ph_journal *journal, int64_t row, uint64_t n,
			struct ph_run *run)
{
	const struct ph_stretch *at;
	struct ph_path path;
	int rc;

	if (n == 0 || n > PH_JOURNAL_N_MAX) {
		return PH_JOURNAL_E_NONE;
	}
	rc = ph_journal_path(journal, row, &path);
	if (rc != 0) {
		return rc;
	}
	for (at = path.at; n > at->last; at++) {
	}
	rc = load_own(journal, at->row, n, run);
	if (rc == PH_JOURNAL_E_NONE && at->last != PH_JOURNAL_N_MAX) {
		rc = -EUCLEAN; /* the parent ends before the base */
	}
	if (rc == 0 && run->last > at->last) {
		run->last = at->last;
	}
	return rc;
}

int ph_journal_run_from(const struct ph_run *run, uint64_t n, struct ph_view *rest_out)
{
	struct ph_view rest = ph_buf_view(&run->bytes);
	struct ph_view entry;

	for (uint64_t i = run->first; i < n; i++) {
		if (ph_segment_next(&rest, &entry) != 0) {
			return -EUCLEAN;
		}
	}
	*rest_out = rest;
	return 0;
}

int ph_journal_entry(struct ph_journal *journal, int64_t log_row, uint64_t n,
		     struct ph_buf *out)
{
	struct ph_run run = { 0 };
	struct ph_view rest;
	struct ph_view entry;
	int rc = ph_journal_run_load(journal, log_row, n, &run);

	if (rc == 0) {
		rc = ph_journal_run_from(&run, n, &rest);
	}
	if (rc == 0) {
		rc = ph_segment_next(&rest, &entry) == 0 ? ph_buf_put_view(out, entry)
							 : -EUCLEAN;
	}
	ph_buf_deinit(&run.bytes);
	return rc;
}

static int base_hash(struct ph_journal *journal, const struct ph_log *log,
		     uint8_t h_out[static PH_HASH_SIZE])
{
	struct ph_log *parent;
	int rc = ph_journal_held(journal, log->parent, &parent);

	if (rc == 0) {
		rc = ph_journal_chain_at(journal, parent, log->base, h_out);
	}
	return rc > 0 ? -EUCLEAN : rc;
}

/*
 * h(n) for N inside a run of LOG's own row that starts at FIRST: from the run before,
 * step by step.
 */
static int chain_within(struct ph_journal *journal, const struct ph_log *log,
			uint64_t first, uint64_t n, uint8_t h_out[static PH_HASH_SIZE])
{
	struct ph_run run = { 0 };
	uint8_t h[PH_HASH_SIZE];
	uint64_t before = 0;
	uint64_t last = 0;
	int rc = 0;

	if (first == 1) {
		ph_chain_start(h, log->id, log->key);
	} else if (first == log->base + 1) {
		rc = base_hash(journal, log, h);
	} else {
		rc = ph_journal_run_end(journal, log->row, first - 1, &before, &last, h);
		if (rc == PH_JOURNAL_E_NONE || (rc == 0 && last != first - 1)) {
			rc = -EUCLEAN;
		}
	}
	if (rc == 0) {
		rc = ph_journal_run_load(journal, log->row, n, &run);
	}

	struct ph_view rest = ph_buf_view(&run.bytes);

	for (uint64_t i = first; rc == 0 && i <= n; i++) {
		struct ph_view entry;
		uint8_t e[PH_HASH_SIZE];

		if (ph_segment_next(&rest, &entry) != 0) {
			rc = -EUCLEAN;
			break;
		}
		ph_entry_hash(entry, e);
		ph_chain_step(h, e);
	}
	if (rc == 0) {
		memcpy(h_out, h, sizeof(h));
	}
	ph_buf_deinit(&run.bytes);
	return rc;
}

int ph_journal_chain_at(struct ph_journal *journal, const struct ph_log *log, uint64_t n,
			uint8_t h_out[static PH_HASH_SIZE])
{
	struct ph_log *held;
	uint8_t h[PH_HASH_SIZE];
	uint64_t first;
	uint64_t last;
	int rc = ph_journal_held(journal, log->row, &held);

	if (rc != 0) {
		return rc;
	}
	if (n > held->n) {
		return PH_JOURNAL_E_NONE;
	}
	if (n == held->n) {
		memcpy(h_out, held->h, PH_HASH_SIZE);
		return 0;
	}
	if (n == 0) {
		ph_chain_start(h_out, held->id, held->key);
		return 0;
	}
	while (n <= held->base) {
		rc = ph_journal_held(journal, held->parent, &held);
		if (rc != 0) {
			return rc < 0 ? rc : -EUCLEAN;
		}
	}
	rc = ph_journal_run_end(journal, held->row, n, &first, &last, h);
	if (rc != 0 || last < n) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	if (last > n) {
		return chain_within(journal, held, first, n, h_out);
	}
	memcpy(h_out, h, PH_HASH_SIZE);
	return 0;
}

int ph_journal_entry_each(struct ph_journal *journal, int64_t log_row, uint64_t after,
			  int (*cb)(void *data, uint64_t n, struct ph_view entry),
			  void *data)
{
	struct ph_run run = { 0 };
	uint64_t n = after + 1;
	int rc = 0;

	while (rc == 0) {
		struct ph_view rest;

		rc = ph_journal_run_load(journal, log_row, n, &run);
		if (rc != 0) {
			break;
		}
		rc = ph_journal_run_from(&run, n, &rest);
		for (; rc == 0 && n <= run.last; n++) {
			struct ph_view entry;

			rc = ph_segment_next(&rest, &entry) == 0 ? cb(data, n, entry)
								 : -EUCLEAN;
			if (rc != 0) {
				goto out;
			}
		}
	}
	if (rc == PH_JOURNAL_E_NONE) {
		rc = 0; /* no run beyond the last */
	}
out:
	ph_buf_deinit(&run.bytes);
	return rc;
}

/* As ph_journal_resolve(), of what LOG itself keeps. */
static int resolve_in(struct ph_journal *journal, const struct ph_log *log,
		      const struct ph_ref *ref, struct ph_buf *entry_out)
{
	uint8_t e[PH_HASH_SIZE];
	size_t start = entry_out->len;
	int rc;

	if (ref->n <= log->base || ref->n > log->n) {
		return PH_JOURNAL_E_NONE;
	}
	rc = ph_journal_entry(journal, log->row, ref->n, entry_out);
	if (rc != 0) {
		return rc;
	}
	ph_entry_hash(PH_VIEW(entry_out->data + start, entry_out->len - start), e);
	if (memcmp(e, ref->hash, sizeof(ref->hash)) != 0) {
		entry_out->len = start;
		return PH_JOURNAL_E_NONE;
	}
	return 0;
}

int ph_journal_resolve(struct ph_journal *journal, const struct ph_ref *ref,
		       struct ph_log *log_out, struct ph_buf *entry_out)
{
	int64_t rows[PH_BRANCHES_MAX];
	struct ph_log log;
	unsigned n = 0;
	int rc = ph_journal_log_find(journal, ref->log_id, &log);

	if (rc != 0) {
		return rc;
	}
	rc = resolve_in(journal, &log, ref, entry_out);
	if (rc == PH_JOURNAL_E_NONE) {
		int listed = ph_journal_branches(journal, ref->log_id, rows, &n);

		rc = listed < 0 ? listed : rc;
	}
	for (unsigned i = 1; rc == PH_JOURNAL_E_NONE && i < n; i++) {
		rc = ph_journal_log_at(journal, rows[i], &log);
		if (rc == 0) {
			rc = resolve_in(journal, &log, ref, entry_out);
		}
	}
	if (rc == 0) {
		*log_out = log;
	}
	return rc;
}
