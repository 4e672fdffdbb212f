/*
 * common/ledger/judge.c - what governs the time of entries: clock-marks, and what the
 * hub said of them.
 *
 * Every clock-mark is on record with what it was judged by, and with the floor: the
 * highest judged stamp of the marks up to it. So the time of any entry follows from one
 * lookup. When a mark is judged anew, the marks from there on are computed again, and
 * each entry that counts at another time than before is filed at its new one. That ends
 * as soon as the marks are as they were.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger/state.h"
#include "common/ledger/store.h"

/* --- on record --- */

#define COLUMNS "n, hash, stamp, sure, judged, ahead, behind, clamp, floor"

static int read_mark(struct ph_stmt *stmt, struct ph_mark *mark)
{
	struct ph_view hash = ph_stmt_col_blob(stmt, 1);

	*mark = (struct ph_mark){
		.n = (uint64_t)ph_stmt_col_int(stmt, 0),
		.stamp = (uint64_t)ph_stmt_col_int(stmt, 2),
		.sure = (uint64_t)ph_stmt_col_int(stmt, 3),
		.by = { .judged = ph_stmt_col_int(stmt, 4) != 0,
			.ahead = (uint64_t)ph_stmt_col_int(stmt, 5),
			.behind = (uint64_t)ph_stmt_col_int(stmt, 6),
			.has_clamp = !ph_stmt_col_is_null(stmt, 7),
			.clamp = (uint64_t)ph_stmt_col_int(stmt, 7) },
		.floor = (uint64_t)ph_stmt_col_int(stmt, 8),
	};
	if (hash.len != sizeof mark->hash) {
		return -EUCLEAN;
	}
	memcpy(mark->hash, hash.data, sizeof mark->hash);
	return 0;
}

static int write_mark(struct ph_ledger *ledger, int64_t row, const struct ph_mark *mark)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_mark(log, " COLUMNS ")"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)mark->n);
	ph_stmt_blob(stmt, 3, PH_VIEW(mark->hash, sizeof mark->hash));
	ph_stmt_int(stmt, 4, (int64_t)mark->stamp);
	ph_stmt_int(stmt, 5, (int64_t)mark->sure);
	ph_stmt_int(stmt, 6, mark->by.judged);
	ph_stmt_int(stmt, 7, (int64_t)mark->by.ahead);
	ph_stmt_int(stmt, 8, (int64_t)mark->by.behind);
	if (mark->by.has_clamp) {
		ph_stmt_int(stmt, 9, (int64_t)mark->by.clamp);
	} else {
		ph_stmt_null(stmt, 9);
	}
	ph_stmt_int(stmt, 10, (int64_t)mark->floor);
	return ph_stmt_run(stmt);
}

/* The last mark of ROW itself that stands at or before N; FOUND false if there is none. */
static int own_mark_at(struct ph_ledger *ledger, int64_t row, uint64_t n,
		       struct ph_mark *mark, bool *found)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT " COLUMNS " FROM ledger_mark"
			       " WHERE log = ?1 AND n <= ?2 ORDER BY n DESC LIMIT 1",
			       &stmt);

	*found = false;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*found = true;
		rc = read_mark(stmt, mark);
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_judge_mark_at(struct ph_ledger *ledger, int64_t row, uint64_t n,
		     struct ph_mark *mark)
{
	bool found = false;
	int rc = 0;

	*mark = (struct ph_mark){ 0 };
	while (rc == 0 && !found && row != 0 && n > 0) {
		struct ph_log log;

		rc = own_mark_at(ledger, row, n, mark, &found);
		if (rc != 0 || found) {
			break;
		}
		rc = ph_journal_log_at(ledger->journal, row, &log);
		if (rc == 0) {
			row = log.parent;
			n = log.base < n ? log.base : n;
		}
	}
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_judge_clamped(struct ph_ledger *ledger, int64_t row, uint64_t after,
		     struct ph_mark *mark)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT " COLUMNS " FROM ledger_mark"
			       " WHERE log = ?1 AND n > ?2 AND clamp IS NOT NULL"
			       " ORDER BY n LIMIT 1",
			       &stmt);

	*mark = (struct ph_mark){ 0 };
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_int(stmt, 2, (int64_t)after);
	rc = ph_stmt_step(stmt);
	rc = rc == PH_DB_ROW ? read_mark(stmt, mark) : rc;
	ph_stmt_reset(stmt);
	return rc;
}

/* --- judgements --- */

/* A judgement in the order of judgements. */
struct verdict {
	bool any;
	int64_t row; /* of its log */
	struct ph_ref ref;
	uint64_t stamp;
};

static int compare(const struct verdict *a, const struct verdict *b)
{
	if (a->stamp != b->stamp) {
		return a->stamp < b->stamp ? -1 : 1;
	}
	return ph_ref_compare(&a->ref, &b->ref);
}

/* The last of the judgements of the entry REF; its bytes in OUT. */
static int last_judge(struct ph_ledger *ledger, const struct ph_ref *ref,
		      struct ph_buf *out, struct verdict *last)
{
	struct ph_entity_key key = ph_key_ref(PH_ENTITY_TITLE, ref);
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT log, n, hash, stamp, entry FROM ledger_act"
			       " WHERE target = ?1 AND kind = ?2 AND off = 0",
			       &stmt);

	last->any = false;
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(&key));
	ph_stmt_int(stmt, 2, PH_KIND_CLOCK_JUDGE);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		const struct ph_cursor *by;
		struct ph_view hash = ph_stmt_col_blob(stmt, 2);
		struct verdict one = { .any = true,
				       .row = ph_stmt_col_int(stmt, 0),
				       .ref = { .n = (uint64_t)ph_stmt_col_int(stmt, 1) },
				       .stamp = (uint64_t)ph_stmt_col_int(stmt, 3) };

		rc = ph_ledger_cursor_of(ledger, one.row, &by);
		if (rc == 0 && hash.len != sizeof one.ref.hash) {
			rc = -EUCLEAN;
		}
		if (rc != 0) {
			break;
		}
		memcpy(one.ref.log_id, by->id, sizeof one.ref.log_id);
		memcpy(one.ref.hash, hash.data, sizeof one.ref.hash);
		if (last->any && compare(&one, last) <= 0) {
			continue;
		}
		*last = one;
		out->len = 0;
		rc = ph_buf_put_view(out, ph_stmt_col_blob(stmt, 4));
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

int ph_judge_of(struct ph_ledger *ledger, const struct ph_ref *mark,
		struct ph_judge_found *judge)
{
	struct ph_buf bytes = { 0 };
	struct verdict last;
	int rc = last_judge(ledger, mark, &bytes, &last);

	if (rc == 0 && last.any) {
		*judge = (struct ph_judge_found){ last.row, last.ref, last.stamp };
	}
	ph_buf_deinit(&bytes);
	return rc != 0 || last.any ? rc : PH_LEDGER_E_NONE;
}

static int judge(struct ph_ledger *ledger, const struct ph_ref *ref,
		 struct ph_judgement *by)
{
	struct ph_buf bytes = { 0 };
	struct ph_entry *entry = NULL;
	struct verdict last;
	int rc;

	*by = (struct ph_judgement){ 0 };
	if (!ph_refset_may_have(&ledger->acted, ref)) {
		return 0;
	}
	rc = last_judge(ledger, ref, &bytes, &last);
	if (rc != 0 || !last.any) {
		goto out;
	}
	entry = malloc(sizeof *entry);
	rc = entry == NULL ? -ENOMEM : ph_entry_decode(ph_buf_view(&bytes), entry);
	if (rc != 0) {
		rc = rc > 0 ? -EUCLEAN : rc;
		goto out;
	}
	*by = (struct ph_judgement){
		.judged = true,
		.ahead = entry->field[PH_JUDGE_AHEAD].as.uint,
		.behind = entry->field[PH_JUDGE_BEHIND].as.uint,
		.has_clamp = entry->field[PH_JUDGE_CLAMP].set,
		.clamp = entry->field[PH_JUDGE_CLAMP].as.uint,
	};
out:
	free(entry);
	ph_buf_deinit(&bytes);
	return rc;
}

static void raise_floor(struct ph_mark *mark, const struct ph_mark *before)
{
	mark->floor = ph_judged(mark->stamp, &mark->by);
	if (mark->floor < before->floor) {
		mark->floor = before->floor;
	}
}

int ph_judge_take_mark(struct ph_ledger *ledger, const struct ph_held *held)
{
	struct ph_cursor *cursor = &ledger->cursors[held->row];
	const struct ph_value *sure = &held->entry->field[PH_MARK_SURE];
	struct ph_mark mark = { .n = held->fact.ref.n,
				.stamp = held->entry->stamp,
				.sure = sure->set ? sure->as.uint : PH_SURE_NONE };
	int rc = 0;

	memcpy(mark.hash, held->fact.ref.hash, sizeof mark.hash);
	if (held->fact.log_site != 0) {
		rc = judge(ledger, &held->fact.ref, &mark.by);
	}
	raise_floor(&mark, &cursor->mark);
	rc = rc != 0 ? rc : write_mark(ledger, held->row, &mark);
	if (rc == 0) {
		cursor->mark = mark;
	}
	return rc;
}

/* --- judged anew --- */

/* The marks of one log from some entry on, as they are on record and as they should be. */
struct anew {
	struct ph_ledger *ledger;
	int64_t row;
	struct ph_mark *was, *is; /* the first is the one before, or none */
	size_t n, cap_was, cap_is;
	size_t at;    /* of the mark that governs what the walk is at */
	uint64_t end; /* from this mark on all is as it was; UINT64_MAX: never */
};

static int add_mark(struct anew *anew, const struct ph_mark *was,
		    const struct ph_mark *is)
{
	int rc = ph_state_grow((void **)&anew->was, anew->n, &anew->cap_was,
			       sizeof *anew->was);

	rc = rc != 0 ? rc
		     : ph_state_grow((void **)&anew->is, anew->n, &anew->cap_is,
				     sizeof *anew->is);
	if (rc == 0) {
		anew->was[anew->n] = *was;
		anew->is[anew->n++] = *is;
	}
	return rc;
}

static int load_marks(struct anew *anew, uint64_t from)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(anew->ledger->db,
			       "SELECT " COLUMNS " FROM ledger_mark"
			       " WHERE log = ?1 AND n >= ?2 ORDER BY n",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, anew->row);
	ph_stmt_int(stmt, 2, (int64_t)from);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_mark mark;

		rc = read_mark(stmt, &mark);
		rc = rc != 0 ? rc : add_mark(anew, &mark, &mark);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

static bool is_same(const struct ph_mark *a, const struct ph_mark *b)
{
	return a->floor == b->floor && a->by.judged == b->by.judged &&
	       a->by.ahead == b->by.ahead && a->by.behind == b->by.behind &&
	       a->by.has_clamp == b->by.has_clamp && a->by.clamp == b->by.clamp;
}

static int judge_marks(struct anew *anew, const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	int rc = 0;

	anew->end = UINT64_MAX;
	for (size_t i = 1; rc == 0 && i < anew->n; i++) {
		struct ph_mark *is = &anew->is[i];
		struct ph_ref ref = { .n = is->n };

		memcpy(ref.log_id, log_id, sizeof ref.log_id);
		memcpy(ref.hash, is->hash, sizeof ref.hash);
		rc = judge(anew->ledger, &ref, &is->by);
		raise_floor(is, &anew->is[i - 1]);
		if (rc != 0 || is_same(is, &anew->was[i])) {
			if (anew->end == UINT64_MAX) {
				anew->end = is->n;
			}
			continue;
		}
		anew->end = UINT64_MAX;
		rc = write_mark(anew->ledger, anew->row, is);
	}
	return rc;
}

static int on_item(void *data, struct ph_held *held, enum ph_part_in_fold part)
{
	struct anew *anew = data;
	struct ph_fact fact;

	if (held->fact.ref.n >= anew->end) {
		return 1;
	}
	if (part == PH_PART_MARK) {
		anew->at++;
		return 0;
	}
	if (!(part & PH_PART_FACT)) {
		return 0;
	}
	fact = held->fact;
	ph_fact_time(&held->fact, held->entry, &anew->was[anew->at]);
	ph_fact_time(&fact, held->entry, &anew->is[anew->at]);
	if (held->fact.second == fact.second && held->fact.tick == fact.tick &&
	    held->fact.unsure == fact.unsure) {
		return 0;
	}
	return ph_held_retime(anew->ledger, held, &fact);
}

/* The mark that governs what stands behind entry N, of those in MARKS. */
static const struct ph_mark *governing(const struct anew *anew,
				       const struct ph_mark *marks, uint64_t n)
{
	size_t i = 0;

	while (i + 1 < anew->n && marks[i + 1].n <= n) {
		i++;
	}
	return &marks[i];
}

struct job {
	int64_t row;
	uint64_t from; /* the first mark that may be judged otherwise */
	bool done;
};
struct jobs {
	struct ph_ledger *ledger;
	const struct ph_ref *ref; /* whose branches are gathered */
	struct job *items;
	size_t n, cap;
};

static int rejudge(struct jobs *jobs, int64_t row, uint64_t from,
		   const struct ph_mark *was, const struct ph_mark *is);

struct children {
	struct jobs *jobs;
	struct anew *anew;
	uint64_t from;
};

/* What grew from a branch behind the marks that changed begins with other ones too. */
static int on_child(void *data, const struct ph_log *log)
{
	struct children *children = data;
	const struct anew *anew = children->anew;
	uint64_t base = log->base;

	if (log->parent != anew->row || base < children->from ||
	    ph_ledger_cursor(anew->ledger, log->row) == NULL) {
		return 0;
	}

	const struct ph_mark *was = governing(anew, anew->was, base);
	const struct ph_mark *is = governing(anew, anew->is, base);

	return is_same(was, is) ? 0
				: rejudge(children->jobs, log->row, base + 1, was, is);
}

/* The marks of ROW from FROM on; WAS and IS: the one before. */
static int rejudge(struct jobs *jobs, int64_t row, uint64_t from,
		   const struct ph_mark *was, const struct ph_mark *is)
{
	struct ph_ledger *ledger = jobs->ledger;
	struct ph_cursor *cursor = &ledger->cursors[row];
	struct anew anew = { .ledger = ledger, .row = row };
	struct children children = { .jobs = jobs, .anew = &anew, .from = from };
	int rc = add_mark(&anew, was, is);

	for (size_t i = 0; i < jobs->n; i++) {
		if (jobs->items[i].row == row && jobs->items[i].from >= from) {
			jobs->items[i].done = true;
		}
	}
	rc = rc != 0 ? rc : load_marks(&anew, from);
	rc = rc != 0 ? rc : judge_marks(&anew, cursor->id);
	rc = rc != 0 ? rc
		     : ph_held_each(ledger, row, from - 1, UINT64_MAX, &ledger->held,
				    on_item, &anew);
	if (rc == 0 && anew.n > 0) {
		cursor->mark = anew.is[anew.n - 1];
	}
	rc = rc != 0 ? rc : ph_ledger_branches(ledger, cursor->id, on_child, &children);
	free(anew.was);
	free(anew.is);
	return rc;
}

static int on_branch(void *data, const struct ph_log *log)
{
	struct jobs *jobs = data;
	const struct ph_cursor *cursor = ph_ledger_cursor(jobs->ledger, log->row);
	struct ph_mark mark;
	bool found;
	int rc;

	if (cursor == NULL || log->site == 0 || cursor->n < jobs->ref->n) {
		return 0;
	}
	rc = own_mark_at(jobs->ledger, log->row, jobs->ref->n, &mark, &found);
	if (rc != 0 || !found || mark.n != jobs->ref->n ||
	    memcmp(mark.hash, jobs->ref->hash, sizeof mark.hash) != 0) {
		return rc;
	}
	rc = ph_state_grow((void **)&jobs->items, jobs->n, &jobs->cap,
			   sizeof *jobs->items);
	if (rc == 0) {
		jobs->items[jobs->n++] = (struct job){ .row = log->row, .from = mark.n };
	}
	return rc;
}

static int compare_jobs(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	if (x->row != y->row) {
		return x->row < y->row ? -1 : 1;
	}
	return x->from < y->from ? -1 : x->from > y->from;
}

static int run(struct jobs *jobs)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < jobs->n; i++) {
		const struct job *job = &jobs->items[i];
		struct ph_mark before;

		if (job->done) {
			continue;
		}
		rc = ph_judge_mark_at(jobs->ledger, job->row, job->from - 1, &before);
		rc = rc != 0 ? rc : rejudge(jobs, job->row, job->from, &before, &before);
	}
	return rc;
}

int ph_judges_finish(struct ph_ledger *ledger)
{
	struct ph_batch *batch = &ledger->batch;
	struct jobs jobs = { .ledger = ledger };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->n_marks; i++) {
		jobs.ref = &batch->marks[i];
		rc = ph_ledger_branches(ledger, jobs.ref->log_id, on_branch, &jobs);
	}
	if (jobs.n > 0) {
		qsort(jobs.items, jobs.n, sizeof *jobs.items, compare_jobs);
	}
	rc = rc != 0 ? rc : run(&jobs);
	free(jobs.items);
	return rc;
}
