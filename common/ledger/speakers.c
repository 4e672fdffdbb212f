/*
 * common/ledger/speakers.c - what a hub's logs may say, by the key lists.
 *
 * A hub's online key seals its logs, and could be stolen. So cuts, adoptions, erasures,
 * cancelled invites and the voids of these are folded only with an operator's signature, and
 * of the logs of a key that is named no more only what the list has closed. Another list may
 * say otherwise of what was folded long ago, and comes a few times in a year: then the
 * projection is made anew, which needs no record of what was left out.
 */
#include <errno.h>

#include "common/ledger/store.h"
#include "common/log/control.h"

static int is_good(int rc, bool *good)
{
	*good = rc == 0;
	return rc < 0 ? rc : 0;
}

int ph_speakers_heed(const struct ph_ledger *ledger, const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n, bool *heeds)
{
	const struct ph_speakers *speakers = ledger->config.speakers;

	return is_good(speakers ? ph_operator_heed(speakers, entry, log_id, n) : 0,
		       heeds);
}

int ph_speakers_sign(const struct ph_ledger *ledger, const struct ph_entry *entry,
		     const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n, bool *signs)
{
	const struct ph_speakers *speakers = ledger->config.speakers;

	*signs = entry->extras.operator_sig.len > 0;
	return *signs && speakers
		       ? is_good(ph_operator_of(speakers, entry, log_id, n), signs)
		       : 0;
}

static const struct ph_keylist *newest(const struct ph_ledger *ledger)
{
	return ledger->config.speakers ? ledger->config.speakers->list[0] : NULL;
}

uint64_t ph_speakers_limit(const struct ph_ledger *ledger, const struct ph_log *log)
{
	const struct ph_keylist *list = newest(ledger);
	uint64_t limit = UINT64_MAX;

	return list && log->role == PH_ROLE_HUB &&
			       ph_control_limit(ledger->journal, list, log, &limit) < 0
		       ? 0
		       : limit;
}

bool ph_speakers_shrank(const struct ph_ledger *ledger, const struct ph_log *log)
{
	struct ph_log parent;

	return log->role == PH_ROLE_HUB && log->parent > 0 &&
	       (size_t)log->parent < ledger->n_cursors &&
	       ledger->cursors[log->parent].known &&
	       ph_journal_log_at(ledger->journal, log->parent, &parent) == 0 &&
	       ledger->cursors[log->parent].n > ph_ledger_takes(ledger, &parent);
}

static int read_generation(struct ph_ledger *ledger, uint64_t *out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "SELECT value FROM ledger_meta WHERE name = 'keylist'",
			       &stmt);

	*out = 0;
	rc = rc != 0 ? rc : ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		*out = (uint64_t)ph_stmt_col_int(stmt, 0);
		ph_stmt_reset(stmt);
	}
	return rc < 0 ? rc : 0;
}

static int write_generation(struct ph_ledger *ledger, uint64_t generation)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(ledger->db,
			       "INSERT OR REPLACE INTO ledger_meta(name, value)"
			       " VALUES('keylist', ?1)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)generation);
	return ph_stmt_run(stmt);
}

int ph_speakers_follow(struct ph_ledger *ledger, bool *moved)
{
	const struct ph_keylist *list = newest(ledger);
	uint64_t held;
	int rc;

	*moved = false;
	if (!list || ledger->generation == list->generation) {
		return 0;
	}
	rc = read_generation(ledger, &held);
	if (rc == 0 && held != list->generation) {
		*moved =
			true; /* first away, then the number: a crash between does it again */
		rc = ph_tables_renew(ledger->db);
		rc = rc != 0 ? rc : write_generation(ledger, list->generation);
	}
	if (rc == 0) {
		ledger->generation = list->generation;
	}
	return rc;
}
