/*
 * common/log/journal_verify.c - is every byte of the store still what was signed?
 *
 * Each log is walked from its start: runs without holes, h() of each run hashed anew,
 * each stored seal verified as the walk passes it, each part compared with the
 * commitment in its entry, each receipt with h(n). A further branch is walked from its
 * base, which its parent must reach, and must say something else than its parent and
 * than the branches beside it. Certificates are verified as far as the operator key that
 * they name. Each log ends at a seal, but for those that this store's own device writes: of
 * nobody else were entries taken without one. One run and one part are in memory at a time.
 *
 * The first thing that does not fit ends the walk with -EUCLEAN and a text that says
 * which log, which entry and what. A missing ciphertext is no damage; rows that
 * belong to nothing are.
 */
#include "common/base/say.h"
#include "common/log/journal_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/log/envelope.h"
#include "common/log/part.h"

struct check {
	struct ph_journal *journal;
	struct ph_journal_counts counts;
	struct ph_error *err;
	const uint8_t *own;       /* the key of what may wait for a seal; NULL: none */
	const struct ph_log *log; /* the one that is walked */
	char name[2 * PH_LOG_ID_SIZE + 1];
	uint8_t h[PH_HASH_SIZE]; /* h(n) of the entry last stepped over */
	uint64_t seal;           /* the next stored seal; 0: none */
	uint64_t part;           /* the next part row; 0: none */
	uint64_t receipt;        /* the next receipted n; 0: none */
	struct ph_buf cipher;
};

/* WHAT is wrong at entry N of the log. */
static int damaged(struct check *check, uint64_t n, const char *what)
{
	return ph_fail(check->err, PH_EXIT_DAMAGED, -EUCLEAN,
		       ph_say("log %s, entry %" PRIu64 ": %s",
			      "nhật ký %s, giao dịch %" PRIu64 ": %s"),
		       check->name, n, what);
}

static int passed_up(struct check *check, int rc, const char *doing)
{
	return rc == 0 ? 0 : ph_fail_errno(check->err, rc > 0 ? -EUCLEAN : rc, doing);
}

/* --- seals --- */

static int check_seal(struct check *check, uint64_t n)
{
	struct ph_head head = { .n = n };
	uint8_t sig[PH_SIGNATURE_SIZE];
	int rc = ph_journal_seal_get(check->journal, check->log->row, n, sig);

	if (rc != 0) {
		return passed_up(check, rc, "reading a seal");
	}
	memcpy(head.log_id, check->log->id, sizeof(head.log_id));
	memcpy(head.h, check->h, sizeof(head.h));
	if (!ph_seal_verify(sig, &head, check->log->key)) {
		return damaged(check, n, "the seal does not verify");
	}
	check->counts.seals++;
	rc = ph_journal_seal_after(check->journal, check->log->row, n, &check->seal);
	return passed_up(check, rc, "reading seals");
}

/* Above the last seal nothing speaks for the chain but the store itself. */
static int check_sealed(struct check *check)
{
	const struct ph_log *log = check->log;
	uint64_t sealed = log->sealed > log->base ? log->sealed : log->base;

	if (sealed >= log->n ||
	    (check->own && memcmp(check->own, log->key, sizeof(log->key)) == 0)) {
		return 0;
	}
	return damaged(check, sealed + 1,
		       ph_say("entries without a seal, from this one on",
			      "từ đây trở đi các giao dịch không có dấu niêm"));
}

/* --- parts --- */

static int next_part(struct check *check, uint64_t after)
{
	size_t count;
	int rc = ph_journal_parts_in(check->journal, check->log->row, after,
				     PH_JOURNAL_N_MAX, &check->part, 1, &count);

	if (rc == 0 && count == 0) {
		check->part = 0;
	}
	return passed_up(check, rc, "reading sealed parts");
}

/* The row of part N: its commitment, and its ciphertext unless that is missing. */
static int read_part(struct check *check, uint64_t n,
		     uint8_t commit_out[static PH_HASH_SIZE], bool *held_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(check->journal->db,
			       "SELECT commit_hash, cipher FROM part WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(check->log->row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? -EUCLEAN : rc;
	}
	check->cipher.len = 0;
	*held_out = !ph_stmt_col_is_null(stmt, 1);
	rc = ph_journal_col_fixed(stmt, 0, commit_out, PH_HASH_SIZE);
	if (rc == 0 && *held_out) {
		rc = ph_buf_put_view(&check->cipher, ph_stmt_col_blob(stmt, 1));
	}
	ph_stmt_reset(stmt);
	return rc;
}

static int check_part_row(struct check *check, uint64_t n, struct ph_view entry,
			  bool expected, const uint8_t want[static PH_HASH_SIZE])
{
	uint8_t commit[PH_HASH_SIZE];
	uint8_t hash[PH_HASH_SIZE];
	bool held = false;
	int rc = read_part(check, n, commit, &held);

	if (rc != 0) {
		return passed_up(check, rc, "reading a sealed part");
	}
	if (!expected) {
		expected = ph_journal_commit_in(entry, commit, &rc);
		if (rc != 0) {
			return passed_up(check, rc, "reading an entry");
		}
	} else {
		expected = memcmp(commit, want, sizeof(commit)) == 0;
	}
	if (!expected) {
		return damaged(check, n, "its part has another commitment");
	}
	if (held && check->cipher.len == 0) {
		check->counts.parts_erased++;
	} else if (held) {
		ph_part_commit(ph_buf_view(&check->cipher), hash);
		if (memcmp(hash, commit, sizeof(hash)) != 0) {
			return damaged(check, n, "the sealed part was changed");
		}
		check->counts.parts++;
	} else {
		check->counts.parts_missing++;
	}
	return next_part(check, n);
}

static int check_part(struct check *check, uint64_t n, struct ph_view entry)
{
	uint8_t want[PH_HASH_SIZE] = { 0 };
	int rc;
	bool expected = ph_journal_commit_of(entry, want, &rc);

	if (rc != 0) {
		return passed_up(check, rc, "reading an entry");
	}
	if (check->part == n) {
		return check_part_row(check, n, entry, expected, want);
	}
	return expected ? damaged(check, n, "it has a sealed part that has no row") : 0;
}

/* --- receipts --- */

static int next_receipt(struct check *check, uint64_t after)
{
	struct ph_stmt *stmt;
	int64_t n = 0;
	int rc = ph_db_prepare(check->journal->db,
			       "SELECT min(n) FROM receipt WHERE log = ?1 AND n > ?2",
			       &stmt);

	if (rc == 0) {
		ph_stmt_int(stmt, 1, check->log->row);
		ph_stmt_int(stmt, 2, (int64_t)after);
		rc = ph_journal_one_int(stmt, &n);
	}
	check->receipt = (uint64_t)n; /* min() of nothing reads as 0 */
	return passed_up(check, rc, "reading receipts");
}

static int check_receipts(struct check *check, uint64_t n)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(check->journal->db,
			       "SELECT h FROM receipt WHERE log = ?1 AND n = ?2", &stmt);

	if (rc != 0) {
		return passed_up(check, rc, "reading receipts");
	}
	ph_stmt_int(stmt, 1, check->log->row);
	ph_stmt_int(stmt, 2, (int64_t)n);
	while ((rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		if (!ph_view_equal(ph_stmt_col_blob(stmt, 0),
				   PH_VIEW(check->h, PH_HASH_SIZE))) {
			ph_stmt_reset(stmt);
			return damaged(check, n, "a receipt is for another history");
		}
		check->counts.receipts++;
	}
	return rc != 0 ? passed_up(check, rc, "reading receipts")
		       : next_receipt(check, n);
}

/* --- a log --- */

static int check_entry(struct check *check, uint64_t n, struct ph_view entry)
{
	uint8_t e[PH_HASH_SIZE];
	int rc = check_part(check, n, entry);

	ph_entry_hash(entry, e);
	ph_chain_step(check->h, e);
	check->counts.entries++;
	if (rc == 0 && n == check->seal) {
		rc = check_seal(check, n);
	}
	if (rc == 0 && n == check->receipt) {
		rc = check_receipts(check, n);
	}
	return rc;
}

static int check_run(struct check *check, const struct ph_run *run)
{
	struct ph_view rest = ph_buf_view(&run->bytes);

	for (uint64_t n = run->first; n <= run->last; n++) {
		struct ph_view entry;

		if (ph_segment_next(&rest, &entry) != 0) {
			return damaged(check, n, "its bytes are cut short or damaged");
		}

		int rc = check_entry(check, n, entry);

		if (rc != 0) {
			return rc;
		}
	}
	if (rest.len > 0) {
		return damaged(check, run->last, "bytes lie behind it");
	}
	if (memcmp(check->h, run->h, sizeof(check->h)) != 0) {
		return damaged(check, run->last,
			       "the chain does not give the stored hash");
	}
	return 0;
}

/* A run within another would be found by a seek, though a walk steps over it. */
static int check_run_count(struct check *check, int64_t walked)
{
	struct ph_stmt *stmt;
	int64_t count = 0;
	int rc = ph_db_prepare(check->journal->db,
			       "SELECT count(*) FROM run WHERE id BETWEEN ?1 AND ?2",
			       &stmt);

	if (rc == 0) {
		ph_stmt_int(stmt, 1, ph_journal_key(check->log->row, 0));
		ph_stmt_int(stmt, 2, ph_journal_key(check->log->row, PH_JOURNAL_N_MAX));
		rc = ph_journal_one_int(stmt, &count);
	}
	if (rc == 0 && count != walked) {
		return damaged(check, check->log->n, "two runs before it overlap");
	}
	return passed_up(check, rc, "counting runs");
}

static int check_entries(struct check *check)
{
	struct ph_run run = { 0 };
	uint64_t n;
	int64_t runs = 0;
	int rc = 0;

	n = check->log->base + 1;
	while (rc == 0) {
		rc = ph_journal_run_load(check->journal, check->log->row, n, &run);
		if (rc != 0) {
			break;
		}
		if (run.first != n) {
			rc = damaged(check, n, "two runs overlap");
			break;
		}
		rc = check_run(check, &run);
		n = run.last + 1;
		runs++;
	}
	ph_buf_deinit(&run.bytes);
	if (rc == PH_JOURNAL_E_NONE) {
		/* The head is the last run by number, so it lies beyond a hole if there is one. */
		return n == check->log->n + 1 ? check_run_count(check, runs)
					      : damaged(check, n, "it is missing");
	}
	return passed_up(check, rc, "reading entries");
}

/* --- a branch that is not the first --- */

/* h(N) of LOG, which must reach so far. */
static int hash_at(struct check *check, const struct ph_log *log, uint64_t n,
		   uint8_t h_out[static PH_HASH_SIZE])
{
	int rc = ph_journal_chain_at(check->journal, log, n, h_out);

	return rc > 0 ? damaged(check, n, "the branch it belongs to ends before it")
		      : passed_up(check, rc, "reading a branch");
}

/* Another branch of the same log must have something else behind the base. */
static int check_beside(void *data, const struct ph_log *other)
{
	struct check *check = data;
	const struct ph_log *log = check->log;
	uint8_t own[PH_HASH_SIZE];
	uint8_t theirs[PH_HASH_SIZE];
	int rc;

	if (other->row == log->row || other->n <= log->base) {
		return 0;
	}
	rc = hash_at(check, log, log->base + 1, own);
	if (rc == 0) {
		rc = hash_at(check, other, log->base + 1, theirs);
	}
	if (rc == 0 && other->row < log->row && memcmp(own, theirs, sizeof(own)) == 0) {
		rc = damaged(check, log->base + 1, "two branches hold it");
	}
	return rc;
}

/* Nothing may lie under a branch's row that is its parent's. */
static int check_below(struct check *check)
{
	const struct ph_log *log = check->log;
	struct ph_stmt *stmt;
	int64_t found = 0;
	int rc = ph_db_prepare(
		check->journal->db,
		"SELECT EXISTS(SELECT 1 FROM run WHERE id BETWEEN ?1 AND ?2)"
		" + EXISTS(SELECT 1 FROM seal WHERE id BETWEEN ?1 AND ?2)"
		" + EXISTS(SELECT 1 FROM part WHERE id BETWEEN ?1 AND ?2)"
		" + EXISTS(SELECT 1 FROM arrival WHERE id BETWEEN ?1 AND ?2)"
		" + EXISTS(SELECT 1 FROM receipt WHERE log = ?3 AND n <= ?4)",
		&stmt);

	if (rc == 0) {
		ph_stmt_int(stmt, 1, ph_journal_key(log->row, 0));
		ph_stmt_int(stmt, 2, ph_journal_key(log->row, log->base));
		ph_stmt_int(stmt, 3, log->row);
		ph_stmt_int(stmt, 4, (int64_t)log->base);
		rc = ph_journal_one_int(stmt, &found);
	}
	if (rc == 0 && found != 0) {
		return damaged(check, log->base,
			       "rows of it lie with another branch than it does");
	}
	return passed_up(check, rc, "reading a branch");
}

static int check_branch(struct check *check)
{
	const struct ph_log *log = check->log;
	struct ph_log parent;
	int rc = ph_journal_log_at(check->journal, log->parent, &parent);

	if (rc == PH_JOURNAL_E_NONE ||
	    (rc == 0 && memcmp(parent.id, log->id, sizeof(log->id)) != 0)) {
		return damaged(check, log->base, "a branch grows from no log");
	}
	if (rc == 0 && memcmp(parent.key, log->key, sizeof(log->key)) != 0) {
		return damaged(check, log->base, "its branches have two keys");
	}
	if (rc == 0 && log->n == log->base) {
		return damaged(check, log->base, "a branch has no entry of its own");
	}
	rc = passed_up(check, rc, "reading a branch");
	if (rc == 0) {
		rc = hash_at(check, &parent, log->base, check->h);
	}
	if (rc == 0) {
		rc = check_below(check);
	}
	if (rc == 0) {
		rc = ph_journal_log_branch_each(check->journal, log->id, check_beside,
						check);
		rc = passed_up(check, rc, "reading a branch");
	}
	return rc;
}

/* Arrivals are of entries that are there. */
static int check_arrivals(struct check *check)
{
	const struct ph_log *log = check->log;
	struct ph_stmt *stmt;
	int64_t found = 0;
	int rc = ph_db_prepare(check->journal->db,
			       "SELECT EXISTS(SELECT 1 FROM arrival"
			       " WHERE id BETWEEN ?1 AND ?2"
			       " AND (last > ?3 OR last < (id & ?4)))",
			       &stmt);

	if (rc == 0) {
		ph_stmt_int(stmt, 1, ph_journal_key(log->row, 0));
		ph_stmt_int(stmt, 2, ph_journal_key(log->row, PH_JOURNAL_N_MAX));
		ph_stmt_int(stmt, 3, (int64_t)log->n);
		ph_stmt_int(stmt, 4, (int64_t)PH_JOURNAL_N_MAX);
		rc = ph_journal_one_int(stmt, &found);
	}
	if (rc == 0 && found != 0) {
		return damaged(check, log->n, "an arrival is noted of what is not there");
	}
	return passed_up(check, rc, "reading arrivals");
}

static int check_log(void *data, const struct ph_log *log)
{
	struct check *check = data;
	uint8_t id[PH_DEVICE_ID_SIZE];
	int rc;

	check->log = log;
	ph_hex(check->name, log->id, sizeof(log->id));
	ph_device_id(id, log->key);
	if (memcmp(id, log->device_id, sizeof(id)) != 0 || !ph_sign_key_ok(log->key)) {
		return damaged(check, 0, "its device and its key do not match");
	}
	ph_chain_start(check->h, log->id, log->key);
	rc = log->branch > 0 ? check_branch(check) : 0;
	if (rc == 0) {
		rc = ph_journal_seal_after(check->journal, log->row, log->base,
					   &check->seal);
		rc = passed_up(check, rc, "reading seals");
	}
	if (rc == 0) {
		rc = next_part(check, log->base);
	}
	if (rc == 0) {
		rc = next_receipt(check, 0);
	}
	if (rc == 0) {
		rc = check_entries(check);
	}
	if (rc == 0) {
		rc = check_arrivals(check);
	}
	if (rc != 0) {
		return rc;
	}
	check->counts.logs += log->branch == 0;
	check->counts.branches += log->branch > 0;
	if (check->seal != 0) {
		return damaged(check, check->seal, "a seal without its entry");
	}
	if (check->part != 0) {
		return damaged(check, check->part, "a part without its entry");
	}
	if (check->receipt != 0) {
		return damaged(check, check->receipt, "a receipt without its entry");
	}
	return check_sealed(check);
}

/* --- devices --- */

static bool same_device(const struct ph_device *device, const struct ph_cert *cert)
{
	return memcmp(device->id, cert->device_id, sizeof(device->id)) == 0 &&
	       memcmp(device->key, cert->device_key, sizeof(device->key)) == 0 &&
	       memcmp(device->box, cert->box_key, sizeof(device->box)) == 0 &&
	       memcmp(device->desk, cert->desk_key, sizeof(device->desk)) == 0 &&
	       memcmp(device->invite, cert->invite.id, sizeof(device->invite)) == 0 &&
	       device->site == cert->invite.site && device->role == cert->invite.role;
}

static int check_device(void *data, const struct ph_device *device)
{
	struct check *check = data;
	struct ph_buf bytes = { 0 };
	struct ph_cert cert;
	int rc = ph_journal_device_cert(check->journal, device->row, &bytes);

	if (rc == 0) {
		rc = ph_cert_open(ph_buf_view(&bytes), &cert);
	}
	if (rc > 0 || (rc == 0 && !same_device(device, &cert))) {
		char id[2 * PH_DEVICE_ID_SIZE + 1];

		ph_hex(id, device->id, sizeof(device->id));
		rc = ph_fail(check->err, PH_EXIT_DAMAGED, -EUCLEAN,
			     ph_say("device %s: the certificate was changed",
				    "máy %s: chứng thư đã bị sửa"),
			     id);
	}
	ph_buf_deinit(&bytes);
	return passed_up(check, rc, "reading certificates");
}

/* --- rows of no log --- */

static int check_strays(struct check *check)
{
	struct ph_stmt *stmt;
	int64_t strays = 0;
	int rc = ph_db_prepare(check->journal->db,
			       "SELECT EXISTS(SELECT 1 FROM run WHERE id >> 40 NOT IN"
			       "  (SELECT row FROM log))"
			       " + EXISTS(SELECT 1 FROM seal WHERE id >> 40 NOT IN"
			       "  (SELECT row FROM log))"
			       " + EXISTS(SELECT 1 FROM part WHERE id >> 40 NOT IN"
			       "  (SELECT row FROM log))"
			       " + EXISTS(SELECT 1 FROM arrival WHERE id >> 40 NOT IN"
			       "  (SELECT row FROM log))"
			       " + EXISTS(SELECT 1 FROM receipt WHERE log NOT IN"
			       "  (SELECT row FROM log))",
			       &stmt);

	if (rc == 0) {
		rc = ph_journal_one_int(stmt, &strays);
	}
	if (rc == 0 && strays != 0) {
		return ph_fail(check->err, PH_EXIT_DAMAGED, -EUCLEAN,
			       ph_say("there are entries, seals, parts, arrivals or "
				      "receipts of a log that is not there",
				      "có giao dịch, dấu niêm, phần riêng, lượt nhận "
				      "hoặc biên nhận của một nhật ký không có ở đây"));
	}
	return passed_up(check, rc, "looking for stray rows");
}

int ph_journal_verify(struct ph_journal *journal, const uint8_t *own,
		      struct ph_journal_counts *counts_out, struct ph_error *err)
{
	struct check check = { .journal = journal, .err = err, .own = own };
	int rc;

	/* Look at the file, not at what is remembered of it. */
	ph_journal_reload(journal);
	rc = ph_journal_log_each(journal, check_log, &check);
	if (rc == 0) {
		rc = ph_journal_device_each(journal, check_device, &check);
	}
	if (rc == 0) {
		rc = check_strays(&check);
	}
	ph_buf_deinit(&check.cipher);
	if (counts_out != NULL) {
		*counts_out = check.counts;
	}
	return passed_up(&check, rc,
			 ph_say("checking the store", "kiểm tra kho dữ liệu"));
}
