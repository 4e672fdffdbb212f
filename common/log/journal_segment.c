/*
 * common/log/journal_segment.c - appending to a branch, and sealing.
 *
 * What is appended is walked once: each entry hashed, the chain stepped, the few
 * entries with a sealed part noted. Then one row of `run` with all of it. What others
 * sealed goes the same way (journal_take.c).
 *
 * A body that is not in segment form is refused before anything is written. A log
 * that moved since the caller copied it is -ESTALE.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

struct part {
	uint64_t n;
	uint8_t commit[PH_HASH_SIZE];
};

static int note_part(struct ph_body_walk *walk, struct ph_view entry)
{
	struct part part = { .n = walk->n };
	int rc;

	if (ph_journal_commit_of(entry, part.commit, &rc)) {
		rc = ph_buf_put(&walk->parts, &part, sizeof(part));
	}
	return rc;
}

int ph_journal_walk(struct ph_body_walk *walk, struct ph_view body)
{
	struct ph_view rest = body;

	while (rest.len > 0) {
		struct ph_view entry;
		uint8_t e[PH_HASH_SIZE];

		if (walk->n == PH_JOURNAL_N_MAX || ph_segment_next(&rest, &entry) != 0) {
			return PH_JOURNAL_E_FORM;
		}
		ph_entry_hash(entry, e);
		ph_chain_step(walk->h, e);
		walk->n++;
		if (walk->n == walk->held) {
			walk->tail = body.len - rest.len;
		}
		if (walk->n > walk->held) {
			int rc = note_part(walk, entry);

			if (rc != 0) {
				return rc;
			}
		}
	}
	return 0;
}

int ph_journal_walk_store(struct ph_journal *journal, struct ph_log *held,
			  const struct ph_body_walk *walk, struct ph_view body)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "INSERT INTO run(id, last, h, bytes)"
			       " VALUES(?1, ?2, ?3, ?4)",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(held->row, held->n + 1));
	ph_stmt_int(stmt, 2, (int64_t)walk->n);
	ph_stmt_blob(stmt, 3, PH_VIEW(walk->h, PH_HASH_SIZE));
	ph_stmt_blob(stmt, 4, PH_VIEW(body.data + walk->tail, body.len - walk->tail));
	rc = ph_stmt_run(stmt);
	for (size_t at = 0; rc == 0 && at < walk->parts.len; at += sizeof(struct part)) {
		struct part part;

		memcpy(&part, walk->parts.data + at, sizeof(part));
		rc = ph_journal_part_expect(journal, held->row, part.n, part.commit);
	}
	if (rc == 0) {
		rc = ph_journal_erase_known(
			journal, held, held->n,
			PH_VIEW(body.data + walk->tail, body.len - walk->tail));
	}
	if (rc == 0) {
		held->n = walk->n;
		memcpy(held->h, walk->h, sizeof(held->h));
		ph_journal_note_move(journal, held->row);
	}
	return rc;
}

int ph_journal_append(struct ph_journal *journal, struct ph_log *log, struct ph_view body)
{
	struct ph_body_walk walk = { 0 };
	struct ph_log *held;

	if (body.len == 0 || body.len > PH_SEGMENT_PLAIN_MAX) {
		return PH_JOURNAL_E_FORM;
	}

	int rc = ph_journal_held(journal, log->row, &held);

	if (rc != 0) {
		return rc;
	}
	if (log->n != held->n || memcmp(log->h, held->h, sizeof(log->h)) != 0) {
		return -ESTALE;
	}
	walk.n = held->n;
	walk.held = held->n;
	memcpy(walk.h, held->h, sizeof(walk.h));
	rc = ph_journal_walk(&walk, body);
	if (rc == 0) {
		rc = ph_journal_walk_store(journal, held, &walk, body);
	}
	if (rc == 0) {
		*log = *held;
	}
	ph_buf_deinit(&walk.parts);
	return rc;
}

/* --- seals --- */

int ph_journal_seal_get(struct ph_journal *journal, int64_t row, uint64_t n,
			uint8_t sig_out[static PH_SIGNATURE_SIZE])
{
	struct ph_stmt *stmt;
	int rc = ph_journal_keeper(journal, row, n, &row);

	if (rc == 0) {
		rc = ph_db_prepare(journal->db, "SELECT sig FROM seal WHERE id = ?1",
				   &stmt);
	}
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	rc = ph_journal_col_fixed(stmt, 0, sig_out, PH_SIGNATURE_SIZE);
	ph_stmt_reset(stmt);
	return rc;
}

/* The nearest seal above AFTER in one stretch. 0, PH_JOURNAL_E_NONE or negative errno. */
static int seal_in(struct ph_journal *journal, const struct ph_stretch *at,
		   uint64_t after, uint64_t *n_out)
{
	struct ph_stmt *stmt;
	int64_t key;
	int rc = ph_db_prepare(journal->db,
			       "SELECT id FROM seal WHERE id > ?1 AND id <= ?2"
			       " ORDER BY id LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1,
		    ph_journal_key(at->row, after > at->base ? after : at->base));
	ph_stmt_int(stmt, 2, ph_journal_key(at->row, at->last));
	rc = ph_journal_one_int(stmt, &key);
	if (rc == 0) {
		*n_out = ph_journal_key_n(key);
	}
	return rc;
}

int ph_journal_seal_after(struct ph_journal *journal, int64_t row, uint64_t after,
			  uint64_t *n_out)
{
	struct ph_path path;
	int rc = ph_journal_path(journal, row, &path);

	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	rc = PH_JOURNAL_E_NONE;
	for (unsigned i = 0; rc == PH_JOURNAL_E_NONE && i < path.n; i++) {
		if (after < path.at[i].last) {
			rc = seal_in(journal, &path.at[i], after, n_out);
		}
	}
	if (rc == PH_JOURNAL_E_NONE) {
		*n_out = 0;
		rc = 0;
	}
	return rc;
}

int ph_journal_seal_store(struct ph_journal *journal, struct ph_log *held, uint64_t n,
			  const uint8_t sig[static PH_SIGNATURE_SIZE])
{
	struct ph_stmt *stmt;
	int64_t row;
	int rc = ph_journal_keeper(journal, held->row, n, &row);

	if (rc == 0) {
		rc = ph_journal_held(journal, row, &held);
	}
	if (rc == 0) {
		rc = ph_db_prepare(journal->db,
				   "INSERT INTO seal(id, sig) VALUES(?1, ?2)", &stmt);
	}
	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(held->row, n));
	ph_stmt_blob(stmt, 2, PH_VIEW(sig, PH_SIGNATURE_SIZE));
	rc = ph_stmt_run(stmt);
	if (rc == 0 && n > held->sealed) {
		held->sealed = n;
	}
	return rc;
}

int ph_journal_seal(struct ph_journal *journal, struct ph_log *log, uint64_t n,
		    const uint8_t secret[static PH_SECRET_SIZE])
{
	uint8_t sig[PH_SIGNATURE_SIZE];
	struct ph_log *held;
	int rc = ph_journal_held(journal, log->row, &held);

	if (rc != 0) {
		return rc;
	}
	if (n == 0 || n > held->n) {
		return PH_JOURNAL_E_NONE;
	}
	/* The second half of a secret is its public key: no seal of a key that is not the log's. */
	if (memcmp(secret + PH_SECRET_SIZE - PH_KEY_SIZE, held->key, PH_KEY_SIZE) != 0) {
		return -EINVAL;
	}
	rc = ph_journal_seal_get(journal, held->row, n, sig);
	if (rc == PH_JOURNAL_E_NONE) {
		struct ph_head head = { .n = n };

		memcpy(head.log_id, held->id, sizeof(head.log_id));
		rc = ph_journal_chain_at(journal, held, n, head.h);
		if (rc == 0) {
			ph_seal_sign(sig, &head, secret);
			rc = ph_journal_seal_store(journal, held, n, sig);
		}
	}
	if (rc == 0) {
		*log = *held;
	}
	return rc;
}
