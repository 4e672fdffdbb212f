/*
 * common/ledger/ledger.c - the projection as a whole: open, catch up, digest (entities: read.c).
 *
 * Catching up: for each log that is taken, entries beyond its cursor come in; after
 * some 20,000 of them, or at the end, what they touched is folded again, the cursors
 * move, and one commit makes all of it visible at once. A crash loses at most that
 * batch, and catching up again does it over.
 *
 * The first time all logs are looked at; then those that the journal says moved since
 * the last time that went well. Where somebody says what is taken, that may change
 * without a move: there it is all logs each time.
 *
 * Any error rolls the batch back, and the cursors are read again next time. A
 * cursor beyond the end of its log, or of another log, means that the journal is
 * not the one that was folded: then everything is folded again.
 */
#include "common/ledger/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/base/say.h"
#include "common/ledger/class.h"
#include "common/ledger/copy_cut.h"
#include "common/ledger/look.h"
#include "common/ledger/state.h"
#include "common/ledger/store.h"

#define BATCH_MAX 20000

/* What is kept in memory of the database, which was rolled back or made anew. */
static void forget(struct ph_ledger *ledger)
{
	ledger->loaded = false;
	ledger->seen = 0;
	ledger->n_moved = 0;
	ledger->fed_row = 0;
	for (size_t i = 0; i < PH_FETCHED_MAX; i++) {
		ledger->fetched[i].row = 0;
	}
}

static int fail(struct ph_ledger *ledger, struct ph_error *err, int rc, const char *what)
{
	forget(ledger);
	return ph_fail_errno(err, rc, what);
}

int ph_ledger_open(struct ph_ledger **ledger_out, const struct ph_ledger_config *config,
		   struct ph_error *err)
{
	struct ph_ledger *ledger = calloc(1, sizeof *ledger);
	int rc;

	if (ledger == NULL) {
		return ph_fail_errno(err, -ENOMEM, ph_say("opening the ledger", "mở sổ"));
	}
	ledger->config = *config;
	ledger->db = config->db;
	ledger->journal = config->journal;
	rc = ph_held_init(&ledger->held);
	rc = rc != 0 ? rc : ph_held_init(&ledger->twin);
	ledger->other = calloc(1, sizeof *ledger->other);
	rc = rc != 0 ? rc : ledger->other == NULL ? -ENOMEM : ph_tables_open(ledger->db);
	if (rc != 0) {
		ph_ledger_free(ledger);
		return ph_fail_errno(err, rc, ph_say("opening the ledger", "mở sổ"));
	}
	*ledger_out = ledger;
	return 0;
}

void ph_ledger_free(struct ph_ledger *ledger)
{
	if (ledger == NULL) {
		return;
	}
	free(ledger->cursors);
	free(ledger->moved);
	ph_held_deinit(&ledger->held);
	ph_held_deinit(&ledger->twin);
	free(ledger->other);
	for (size_t i = 0; i < PH_FETCHED_MAX; i++) {
		ph_buf_deinit(&ledger->fetched[i].bytes);
	}
	ph_refset_deinit(&ledger->acted);
	ph_memo_deinit(&ledger->memo);
	ph_batch_deinit(&ledger->batch);
	ph_buf_deinit(&ledger->bytes);
	ph_buf_deinit(&ledger->state);
	ph_touched_deinit(&ledger->touched);
	free(ledger);
}

/* --- cursors --- */

/* Room for the log ROW. */
static int grow_cursors(struct ph_ledger *ledger, int64_t row)
{
	size_t need = (size_t)row + 1;

	if (need <= ledger->n_cursors) {
		return 0;
	}
	need += need / 2;

	struct ph_cursor *grown = realloc(ledger->cursors, need * sizeof *grown);

	if (grown == NULL) {
		return -ENOMEM;
	}
	memset(grown + ledger->n_cursors, 0, (need - ledger->n_cursors) * sizeof *grown);
	ledger->cursors = grown;
	ledger->n_cursors = need;
	return 0;
}

static int load_cursor(struct ph_ledger *ledger, struct ph_stmt *stmt)
{
	int64_t row = ph_stmt_col_int(stmt, 0);
	struct ph_view id = ph_stmt_col_blob(stmt, 1);
	int rc = id.len != PH_LOG_ID_SIZE || row < 0 ? -EUCLEAN
						     : grow_cursors(ledger, row);

	if (rc != 0) {
		return rc;
	}

	struct ph_cursor *cursor = &ledger->cursors[row];

	memcpy(cursor->id, id.data, sizeof cursor->id);
	cursor->begun = true;
	cursor->known = true;
	cursor->site = (uint64_t)ph_stmt_col_int(stmt, 2);
	cursor->verdict = (enum ph_verdict)ph_stmt_col_int(stmt, 3);
	cursor->n = (uint64_t)ph_stmt_col_int(stmt, 4);
	cursor->limit = ph_stmt_col_is_null(stmt, 5) ? UINT64_MAX
						     : (uint64_t)ph_stmt_col_int(stmt, 5);
	return 0;
}

const struct ph_cursor *ph_ledger_cursor(struct ph_ledger *ledger, int64_t row)
{
	return row > 0 && (size_t)row < ledger->n_cursors && ledger->cursors[row].begun
		       ? &ledger->cursors[row]
		       : NULL;
}

int ph_ledger_cursor_of(struct ph_ledger *ledger, int64_t row,
			const struct ph_cursor **cursor_out)
{
	if (row < 0) {
		return ph_fed_cursor(ledger, row, cursor_out);
	}
	*cursor_out = ph_ledger_cursor(ledger, row);
	return *cursor_out == NULL ? -EUCLEAN : 0;
}

uint64_t ph_ledger_takes(const struct ph_ledger *ledger, const struct ph_log *log)
{
	uint64_t wanted = ledger->config.takes == NULL
				  ? UINT64_MAX
				  : ledger->config.takes(ledger->config.data, log);

	uint64_t limit = ph_speakers_limit(ledger, log);

	wanted = wanted < limit ? wanted : limit;
	return wanted < log->n ? wanted : log->n;
}

int ph_ledger_branches(struct ph_ledger *ledger,
		       const uint8_t log_id[static PH_LOG_ID_SIZE],
		       int (*cb)(void *data, const struct ph_log *log), void *data)
{
	int rc = ph_journal_log_branch_each(ledger->journal, log_id, cb, data);

	return rc == PH_JOURNAL_E_NONE ? 0 : rc;
}

/* What acts are on record: which entries they name, and how many are about logs. */
static int load_acts(struct ph_ledger *ledger)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db, "SELECT target FROM ledger_act", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_refset_clear(&ledger->acted);
	ledger->n_cuts = 0;
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		struct ph_ref ref;

		if (!ph_key_get_ref(ph_stmt_col_blob(stmt, 0), &ref)) {
			ledger->n_cuts++; /* a device or a log */
			continue;
		}
		rc = ph_refset_add(&ledger->acted, &ref);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	return rc;
}

void ph_ledger_note_fork(struct ph_ledger *ledger,
			 const uint8_t log_id[static PH_LOG_ID_SIZE])
{
	for (size_t row = 1; row < ledger->n_cursors; row++) {
		struct ph_cursor *cursor = &ledger->cursors[row];

		if (cursor->begun && memcmp(cursor->id, log_id, PH_LOG_ID_SIZE) == 0) {
			cursor->forked = true;
		}
	}
}

static int on_any_log(void *data, const struct ph_log *log)
{
	if (log->parent != 0) {
		ph_ledger_note_fork(data, log->id);
	}
	return 0;
}

static int load(struct ph_ledger *ledger)
{
	struct ph_stmt *stmt;
	int rc;

	if (ledger->loaded) {
		return 0;
	}
	if (ledger->n_cursors > 0) {
		memset(ledger->cursors, 0, ledger->n_cursors * sizeof *ledger->cursors);
	}
	rc = ph_db_prepare(ledger->db,
			   "SELECT row, id, site, verdict, n, cut FROM ledger_log",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		rc = load_cursor(ledger, stmt);
		if (rc != 0) {
			break;
		}
	}
	ph_stmt_reset(stmt);
	rc = rc != 0 ? rc : ph_journal_log_each(ledger->journal, on_any_log, ledger);
	rc = rc != 0 ? rc : load_acts(ledger);
	rc = rc != 0 ? rc : ph_class_load(ledger);
	rc = rc != 0 ? rc : ph_cut_day_load(ledger);
	ledger->cut_looked = UINT64_MAX;
	ledger->loaded = rc == 0;
	return rc;
}

static int save_cursor(struct ph_ledger *ledger, int64_t row)
{
	struct ph_cursor *cursor = &ledger->cursors[row];
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_log"
			       "(row, id, site, verdict, n, cut)"
			       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, row);
	ph_stmt_blob(stmt, 2, PH_VIEW(cursor->id, sizeof cursor->id));
	ph_stmt_int(stmt, 3, (int64_t)cursor->site);
	ph_stmt_int(stmt, 4, cursor->verdict);
	ph_stmt_int(stmt, 5, (int64_t)cursor->n);
	if (cursor->limit != UINT64_MAX) {
		ph_stmt_int(stmt, 6, (int64_t)cursor->limit);
	} else {
		ph_stmt_null(stmt, 6);
	}
	rc = ph_stmt_run(stmt);
	if (rc == 0) {
		cursor->known = true;
		cursor->moved = false;
	}
	return rc;
}

int ph_ledger_note_moved(struct ph_ledger *ledger, int64_t row)
{
	struct ph_cursor *cursor = &ledger->cursors[row];

	if (cursor->moved) {
		return 0;
	}

	int rc = ph_state_grow((void **)&ledger->moved, ledger->n_moved,
			       &ledger->cap_moved, sizeof *ledger->moved);

	if (rc == 0) {
		ledger->moved[ledger->n_moved++] = row;
		cursor->moved = true;
	}
	return rc;
}

int ph_ledger_save(struct ph_ledger *ledger)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ledger->n_moved; i++) {
		rc = save_cursor(ledger, ledger->moved[i]);
	}
	ledger->n_moved = 0;
	return rc;
}

/* --- catching up --- */

struct logs {
	struct ph_ledger *ledger;
	struct ph_log *items; /* those with entries beyond their cursors */
	size_t n, cap;
	bool strange; /* the journal is another one, or less of it counts */
};

static int on_log(void *data, const struct ph_log *log)
{
	struct logs *logs = data;
	struct ph_ledger *ledger = logs->ledger;

	uint64_t n = ph_ledger_takes(ledger, log);

	if (n <= log->base) {
		return 0;
	}

	int rc = log->row < 0 ? -EUCLEAN : grow_cursors(ledger, log->row);

	if (rc != 0) {
		return rc;
	}

	const struct ph_cursor *cursor = &ledger->cursors[log->row];

	logs->strange |=
		ph_speakers_shrank(ledger, log) ||
		(cursor->known && (cursor->n > n || cursor->site != log->site ||
				   memcmp(cursor->id, log->id, sizeof log->id) != 0));
	if (cursor->n >= n && !logs->strange) {
		return 0;
	}
	rc = ph_state_grow((void **)&logs->items, logs->n, &logs->cap,
			   sizeof *logs->items);
	if (rc == 0) {
		logs->items[logs->n] = *log;
		logs->items[logs->n++].n = n;
	}
	return rc;
}

static int fold_batch(struct ph_ledger *ledger, const struct logs *logs, size_t *at,
		      uint64_t max)
{
	int rc = 0;

	ph_batch_clear(&ledger->batch);
	ledger->budget = max;
	while (*at < logs->n && ledger->budget > 0) {
		const struct ph_log *log = &logs->items[*at];

		rc = ph_ledger_intake(ledger, log);
		if (rc != 0) {
			return rc;
		}
		if (ledger->cursors[log->row].n < log->n && ledger->budget > 0) {
			return -EUCLEAN; /* the journal has fewer than it says */
		}
		if (ledger->cursors[log->row].n >= log->n) {
			++*at;
		}
	}
	rc = ph_batch_finish(ledger);
	return rc != 0 ? rc : ph_ledger_save(ledger);
}

/* One batch of at most MAX entries of LOGS, from *AT on, in a transaction of its own. */
static int fold_some(struct ph_ledger *ledger, const struct logs *logs, size_t *at,
		     uint64_t max)
{
	int rc = ph_db_begin(ledger->db);

	if (rc != 0) {
		return rc;
	}
	rc = fold_batch(ledger, logs, at, max);
	rc = rc != 0 ? rc : ph_db_commit(ledger->db);
	if (rc != 0) {
		ph_db_rollback(ledger->db);
	}
	return rc;
}

static int fold_logs(struct ph_ledger *ledger, const struct logs *logs)
{
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && at < logs->n) {
		rc = fold_some(ledger, logs, &at, BATCH_MAX);
	}
	return rc;
}

static int take_in(struct ph_ledger *ledger, uint64_t *folded_out, struct ph_error *err)
{
	struct logs logs = { .ledger = ledger };
	uint64_t before = ledger->folded;
	int rc = load(ledger);
	uint64_t seen = ledger->config.takes == NULL ? ledger->seen : 0;

	rc = rc != 0 ? rc
		     : ph_journal_log_moved_each(ledger->journal, &seen, on_log, &logs);
	if (rc == 0 && logs.strange) {
		free(logs.items);
		rc = ph_ledger_rebuild(ledger, err);
		if (rc == 0 && folded_out != NULL) {
			*folded_out = ledger->folded - before;
		}
		return rc;
	}
	/* What left the feed is read from it no more, so news come first. */
	rc = rc != 0 ? rc : ph_fed_intake(ledger);
	rc = rc != 0 ? rc : fold_logs(ledger, &logs);
	free(logs.items);
	if (rc != 0) {
		return fail(ledger, err, rc, "folding the logs");
	}
	ledger->seen = seen;
	if (folded_out != NULL) {
		*folded_out = ledger->folded - before;
	}
	return 0;
}

int ph_ledger_catch_up(struct ph_ledger *ledger, uint64_t *folded_out,
		       struct ph_error *err)
{
	bool moved = false;
	int rc = ph_speakers_follow(ledger, &moved);

	if (moved) {
		forget(ledger);
		moved = false;
	}
	if (rc != 0) {
		return fail(ledger, err, rc, "reading the ledger by another key list");
	}
	rc = take_in(ledger, folded_out, err);
	if (rc == 0 && (rc = ph_cut_day_follow(ledger, &moved)) != 0) {
		return fail(ledger, err, rc, "reading the policies");
	}
	return rc == 0 && moved ? ph_ledger_rebuild(ledger, err) : rc;
}

/* --- step by step --- */

static uint64_t count_left(const struct ph_ledger *ledger, const struct logs *logs)
{
	uint64_t left = 0;

	for (size_t i = 0; i < logs->n; i++) {
		const struct ph_log *log = &logs->items[i];
		uint64_t n = ledger->cursors[log->row].n;

		n = n > log->base ? n : log->base;
		left += log->n > n ? log->n - n : 0;
	}
	return left;
}

/* What is behind, and one batch of it; *ANEW: nothing, since the projection is to be dropped first. */
static int take_step(struct ph_ledger *ledger, uint64_t max, uint64_t *left_out,
		     bool *anew)
{
	struct logs logs = { .ledger = ledger };
	uint64_t news = 0;
	bool took = false;
	size_t at = 0;
	int rc = load(ledger);
	uint64_t seen = ledger->config.takes == NULL ? ledger->seen : 0;

	rc = rc != 0 ? rc
		     : ph_journal_log_moved_each(ledger->journal, &seen, on_log, &logs);
	*anew = rc == 0 && logs.strange;
	if (rc == 0 && !*anew) {
		rc = ph_fed_intake_step(ledger, max > 0, &took, &news);
		if (rc == 0 && max > 0 && !took && logs.n > 0) {
			rc = fold_some(ledger, &logs, &at, max);
		}
		*left_out = rc == 0 ? news + count_left(ledger, &logs) : 0;
		ledger->seen = rc == 0 && *left_out == 0 ? seen : ledger->seen;
	}
	free(logs.items);
	return rc;
}

static int drop(struct ph_ledger *ledger)
{
	int rc = ph_tables_renew(ledger->db);

	forget(ledger);
	return rc;
}

static int follow_and_step(struct ph_ledger *ledger, uint64_t max, uint64_t *left_out)
{
	bool anew = false;
	int rc = max > 0 ? ph_speakers_follow(ledger, &anew) : 0;

	if (anew) {
		forget(ledger);
	}
	rc = rc != 0 ? rc : take_step(ledger, max, left_out, &anew);
	if (rc == 0 && anew && max == 0) {
		*left_out = 1; /* how much is known once it is dropped */
	} else if (rc == 0 && anew) {
		rc = drop(ledger);
		rc = rc != 0 ? rc : take_step(ledger, max, left_out, &anew);
	}
	if (rc != 0 || *left_out > 0 || max == 0) {
		return rc;
	}
	rc = ph_cut_day_follow(ledger, &anew);
	if (rc == 0 && anew) {
		rc = drop(ledger);
		rc = rc != 0 ? rc : take_step(ledger, 0, left_out, &anew);
	}
	return rc;
}

int ph_ledger_step(struct ph_ledger *ledger, uint64_t max, uint64_t *left_out,
		   struct ph_error *err)
{
	int rc;

	*left_out = 0;
	rc = follow_and_step(ledger, max, left_out);
	return rc != 0 ? fail(ledger, err, rc, "folding some of the logs") : 0;
}

int ph_ledger_look(struct ph_ledger *ledger)
{
	forget(ledger);
	return load(ledger);
}

int ph_ledger_rebuild(struct ph_ledger *ledger, struct ph_error *err)
{
	int rc = ph_tables_renew(ledger->db);

	forget(ledger);
	if (rc != 0) {
		return fail(ledger, err, rc, "dropping the ledger to make it anew");
	}
	return ph_ledger_catch_up(ledger, NULL, err);
}

/* --- the digest --- */

static void hash_part(crypto_generichash_state *hash, struct ph_view bytes)
{
	uint8_t len[8];

	ph_be64_put(len, bytes.len);
	crypto_generichash_update(hash, len, sizeof len);
	crypto_generichash_update(hash, bytes.data, bytes.len);
}

int ph_ledger_digest(struct ph_ledger *ledger, uint8_t out[static 32],
		     struct ph_error *err)
{
	crypto_generichash_state hash;
	struct ph_stmt *stmt;
	int rc = ph_ledger_catch_up(ledger, NULL, err);

	if (rc != 0) {
		return rc;
	}
	rc = ph_db_prepare(ledger->db,
			   "SELECT type, id, state FROM ledger_entity"
			   " ORDER BY type, id",
			   &stmt);
	if (rc != 0) {
		return fail(ledger, err, rc, ph_say("reading the ledger", "đọc sổ"));
	}
	crypto_generichash_init(&hash, NULL, 0, 32);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		uint8_t type = (uint8_t)ph_stmt_col_int(stmt, 0);

		crypto_generichash_update(&hash, &type, 1);
		hash_part(&hash, ph_stmt_col_blob(stmt, 1));
		hash_part(&hash, ph_stmt_col_blob(stmt, 2));
	}
	ph_stmt_reset(stmt);
	if (rc != 0) {
		return fail(ledger, err, rc, ph_say("reading the ledger", "đọc sổ"));
	}
	crypto_generichash_final(&hash, out, 32);
	return 0;
}
