/*
 * common/log/journal_segment.c - appending, sealing and taking segments.
 *
 * A received segment is walked once: each entry hashed, the chain stepped, the few
 * entries with a sealed part noted. Then one signature, one row of `run` with what
 * is new, one row of `seal`. Our own entries go the same way without the signature.
 *
 * Where a segment overlaps what is held, h() at our head must come out of the walk;
 * if it does not, a seal that still verifies proves a second branch (_E_FORK), and
 * one that does not proves nothing (_E_SEAL). A segment that starts on a branch we do
 * not hold cannot be told from a forged one: its h(first - 1) is unknown here.
 * Nothing is written before all of that is settled.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

/* One walk over a body. */
struct walk {
	uint64_t n;              /* number of the entry last stepped over */
	uint8_t h[PH_HASH_SIZE]; /* h(n) */
	uint64_t held;           /* entries we hold */
	size_t tail;             /* where in the body the entries above `held` start */
	uint8_t h_held
		[PH_HASH_SIZE]; /* h(held) as this body has it, if it passes there */
	struct ph_buf parts;    /* struct part of each new entry that has one */
};

struct part {
	uint64_t n;
	uint8_t commit[PH_HASH_SIZE];
};

static int note_part(struct walk *walk, struct ph_view entry)
{
	struct part part = { .n = walk->n };
	int rc;

	if (ph_journal_commit_of(entry, part.commit, &rc)) {
		rc = ph_buf_put(&walk->parts, &part, sizeof(part));
	}
	return rc;
}

/* Step WALK over BODY. 0, PH_JOURNAL_E_FORM or -ENOMEM. */
static int walk_body(struct walk *walk, struct ph_view body)
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
			memcpy(walk->h_held, walk->h, sizeof(walk->h));
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

/* Write what WALK found behind HELD, and move HELD. */
static int store_walk(struct ph_journal *journal, struct ph_log *held,
		      const struct walk *walk, struct ph_view body)
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
		held->n = walk->n;
		memcpy(held->h, walk->h, sizeof(held->h));
	}
	return rc;
}

int ph_journal_append(struct ph_journal *journal, struct ph_log *log, struct ph_view body)
{
	struct walk walk = { 0 };
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
	rc = walk_body(&walk, body);
	if (rc == 0) {
		rc = store_walk(journal, held, &walk, body);
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
	int rc = ph_db_prepare(journal->db, "SELECT sig FROM seal WHERE id = ?1", &stmt);

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

int ph_journal_seal_after(struct ph_journal *journal, int64_t row, uint64_t after,
			  uint64_t *n_out)
{
	struct ph_stmt *stmt;
	int64_t key = 0;

	if (after >= PH_JOURNAL_N_MAX) {
		*n_out = 0;
		return 0;
	}

	int rc = ph_db_prepare(journal->db,
			       "SELECT id FROM seal WHERE id > ?1 AND id <= ?2"
			       " ORDER BY id LIMIT 1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, after));
	ph_stmt_int(stmt, 2, ph_journal_key(row, PH_JOURNAL_N_MAX));
	rc = ph_journal_one_int(stmt, &key);
	if (rc < 0) {
		return rc;
	}
	*n_out = ph_journal_key_n(key);
	return 0;
}

static int store_seal(struct ph_journal *journal, struct ph_log *held, uint64_t n,
		      const uint8_t sig[static PH_SIGNATURE_SIZE])
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db, "INSERT INTO seal(id, sig) VALUES(?1, ?2)",
			       &stmt);

	if (rc != 0) {
		return rc;
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
			rc = store_seal(journal, held, n, sig);
		}
	}
	if (rc == 0) {
		*log = *held;
	}
	return rc;
}

/* --- taking --- */

static bool seal_fits(const struct ph_segment *segment, const struct ph_log *held,
		      const struct walk *walk)
{
	struct ph_head head = { .n = segment->last };

	memcpy(head.log_id, held->id, sizeof(head.log_id));
	memcpy(head.h, walk->h, sizeof(head.h));
	return ph_seal_verify(segment->seal, &head, held->key);
}

/* All of SEGMENT is at numbers that we hold. */
static int take_held(struct ph_journal *journal, struct ph_log *held,
		     const struct ph_segment *segment, const struct walk *walk)
{
	uint8_t h[PH_HASH_SIZE];
	uint8_t sig[PH_SIGNATURE_SIZE];
	int rc = ph_journal_chain_at(journal, held, segment->last, h);

	if (rc != 0) {
		return rc < 0 ? rc : -EUCLEAN;
	}
	if (memcmp(h, walk->h, sizeof(h)) != 0) {
		return seal_fits(segment, held, walk) ? PH_JOURNAL_E_FORK
						      : PH_JOURNAL_E_SEAL;
	}
	rc = ph_journal_seal_get(journal, held->row, segment->last, sig);
	if (rc == 0 && memcmp(sig, segment->seal, sizeof(sig)) == 0) {
		return 0; /* the usual duplicate costs no signature check */
	}
	if (rc < 0) {
		return rc;
	}
	if (!seal_fits(segment, held, walk)) {
		return PH_JOURNAL_E_SEAL;
	}
	return rc == 0 ? 0 : store_seal(journal, held, segment->last, segment->seal);
}

/* SEGMENT goes beyond our head. */
static int take_new(struct ph_journal *journal, struct ph_log *held,
		    const struct ph_segment *segment, const struct walk *walk)
{
	bool meets = segment->first > held->n ||
		     memcmp(walk->h_held, held->h, sizeof(held->h)) == 0;

	if (!seal_fits(segment, held, walk)) {
		return PH_JOURNAL_E_SEAL;
	}
	if (!meets) {
		return PH_JOURNAL_E_FORK;
	}

	int rc = store_walk(journal, held, walk, segment->body);

	return rc != 0 ? rc : store_seal(journal, held, segment->last, segment->seal);
}

int ph_journal_put_segment(struct ph_journal *journal, struct ph_log *log,
			   const struct ph_segment *segment)
{
	struct walk walk = { 0 };
	struct ph_log *held;

	if (segment->first < 1 || segment->last < segment->first ||
	    segment->last > PH_JOURNAL_N_MAX || segment->body.len == 0 ||
	    segment->body.len > PH_SEGMENT_PLAIN_MAX) {
		return PH_JOURNAL_E_FORM;
	}

	int rc = ph_journal_held(journal, log->row, &held);

	if (rc != 0) {
		return rc;
	}
	if (memcmp(segment->log_id, held->id, sizeof(held->id)) != 0) {
		return PH_JOURNAL_E_FORM;
	}
	if (segment->first > held->n + 1) {
		return PH_JOURNAL_E_GAP;
	}
	walk.n = segment->first - 1;
	walk.held = held->n;
	rc = ph_journal_chain_at(journal, held, walk.n, walk.h);
	if (rc == 0) {
		rc = walk_body(&walk, segment->body);
	}
	if (rc == 0 && walk.n != segment->last) {
		rc = PH_JOURNAL_E_FORM;
	}
	if (rc == 0) {
		rc = segment->last <= held->n ? take_held(journal, held, segment, &walk)
					      : take_new(journal, held, segment, &walk);
	}
	if (rc == 0) {
		*log = *held;
	}
	ph_buf_deinit(&walk.parts);
	return rc;
}
