/*
 * common/log/journal_part.c - sealed parts beside their entries.
 *
 * When an entry with a commitment is stored, an empty row says that its part is
 * expected; the ciphertext comes with it or later, by any road, and is taken if it
 * hashes to the commitment. To find the few such entries among many, the kind
 * number is read off the first bytes and only kinds with sealed fields are decoded.
 *
 * An entry of a later table may have a part that this one cannot know of. No row is
 * made for it, but a ciphertext whose hash stands in the signed bytes is kept, so
 * that an upgrade finds it; what did not come is expected from then on
 * (journal_expect.c). A malformed entry has no part.
 *
 * A part lies with its entry: of a branch, the parts up to its base are its parent's.
 */
#include "common/log/journal_internal.h"

#include <errno.h>
#include <string.h>

#include "common/base/mp.h"
#include "common/log/part.h"

/* Seeds are boxed for one reader: 48 bytes and the seed. Leave room for other wraps. */
#define SEED_BOX_MAX 256

/* A ciphertext is never shorter than its authenticator. */
#define CIPHER_MIN   16

/* The kind of an entry if it is one with sealed fields, by its first bytes; else NULL. */
static const struct ph_kind *peek_kind(struct ph_view entry)
{
	size_t at;
	uint64_t number;
	const struct ph_kind *kind;

	if (entry.len < 6) {
		return NULL;
	}
	if ((entry.data[0] & 0xf0) == 0x90) { /* fixarray */
		at = 1;
	} else if (entry.data[0] == 0xdc) { /* array 16 */
		at = 3;
	} else {
		return NULL;
	}
	if (entry.data[at] < 0x80) {
		number = entry.data[at];
	} else if (entry.data[at] == 0xcc) {
		number = entry.data[at + 1];
	} else if (entry.data[at] == 0xcd) {
		number = ph_be16_get(entry.data + at + 1);
	} else {
		return NULL;
	}
	kind = ph_kind_find(number);
	return kind != NULL && kind->n_sealed > 0 ? kind : NULL;
}

/* The commitment as it lies in the bytes, for an entry with more than our table knows. */
static bool raw_commit(struct ph_view bytes, const struct ph_kind *kind,
		       uint8_t commit_out[static PH_HASH_SIZE], int *rc)
{
	static const struct ph_walk_limits limits = { PH_ENTRY_DEPTH_MAX,
						      PH_ENTRY_ITEMS_MAX };
	struct ph_mp mp;
	int walked = ph_mp_decode(&mp, bytes, &limits, PH_WALK_CANONICAL);

	if (walked != 0) {
		*rc = walked < 0 ? walked : 0;
		return false;
	}

	const msgpack_object_array *array = ph_mp_array(mp.root, 3, PH_ENTRY_ITEMS_MAX);
	bool found = array != NULL &&
		     ph_mp_bin_exact(ph_mp_item(array, 3 + (size_t)kind->commit),
				     commit_out, PH_HASH_SIZE);

	ph_mp_deinit(&mp);
	return found;
}

bool ph_journal_commit_of(struct ph_view bytes, uint8_t commit_out[static PH_HASH_SIZE],
			  int *rc)
{
	const struct ph_kind *kind = peek_kind(bytes);
	struct ph_entry entry;

	*rc = 0;
	if (kind == NULL) {
		return false;
	}

	int decoded = ph_entry_decode(bytes, &entry);

	if (decoded < 0) {
		*rc = decoded;
		return false;
	}
	if (decoded == PH_ENTRY_E_UNKNOWN) {
		return raw_commit(bytes, kind, commit_out, rc);
	}
	if (decoded != 0 || !entry.field[kind->commit].set) {
		return false;
	}
	memcpy(commit_out, entry.field[kind->commit].as.bytes.data, PH_HASH_SIZE);
	return true;
}

bool ph_journal_commit_in(struct ph_view bytes, const uint8_t commit[static PH_HASH_SIZE],
			  int *rc)
{
	uint8_t bin[2 + PH_HASH_SIZE] = { 0xc4, PH_HASH_SIZE }; /* bin 8 */
	struct ph_entry entry;
	int decoded = ph_entry_decode(bytes, &entry);

	*rc = decoded < 0 ? decoded : 0;
	memcpy(bin + 2, commit, PH_HASH_SIZE);
	return decoded == PH_ENTRY_E_UNKNOWN &&
	       memmem(bytes.data, bytes.len, bin, sizeof(bin)) != NULL;
}

int ph_journal_part_expect(struct ph_journal *journal, int64_t row, uint64_t n,
			   const uint8_t commit[static PH_HASH_SIZE])
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "INSERT INTO part(id, commit_hash) VALUES(?1, ?2)", &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, n));
	ph_stmt_blob(stmt, 2, PH_VIEW(commit, PH_HASH_SIZE));
	return ph_stmt_run(stmt);
}

/* What is expected at N, and whether it is there. 0, PH_JOURNAL_E_NONE, negative errno. */
static int expected(struct ph_journal *journal, int64_t row, uint64_t n,
		    uint8_t commit_out[static PH_HASH_SIZE], bool *held_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       "SELECT commit_hash, cipher IS NOT NULL FROM part"
			       " WHERE id = ?1",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	rc = ph_journal_col_fixed(stmt, 0, commit_out, PH_HASH_SIZE);
	*held_out = ph_stmt_col_int(stmt, 1) != 0;
	ph_stmt_reset(stmt);
	return rc;
}

int ph_journal_part_fits(struct ph_view entry, struct ph_view cipher, bool *fits_out)
{
	uint8_t commit[PH_HASH_SIZE];
	uint8_t want[PH_HASH_SIZE];
	int rc;

	*fits_out = false;
	if (cipher.len < CIPHER_MIN || cipher.len > PH_PART_MAX) {
		return 0;
	}
	ph_part_commit(cipher, commit);
	if (ph_journal_commit_of(entry, want, &rc)) {
		*fits_out = memcmp(commit, want, sizeof(commit)) == 0;
	} else if (rc == 0) {
		*fits_out = ph_journal_commit_in(entry, commit, &rc);
	}
	return rc;
}

/* Expect a part of an entry of a later table if COMMIT stands in its bytes. */
static int expect_unknown(struct ph_journal *journal, int64_t row, uint64_t n,
			  const uint8_t commit[static PH_HASH_SIZE])
{
	struct ph_buf bytes = { 0 };
	int rc = ph_journal_entry(journal, row, n, &bytes);

	if (rc == 0 && !ph_journal_commit_in(ph_buf_view(&bytes), commit, &rc) &&
	    rc == 0) {
		rc = PH_JOURNAL_E_NONE;
	}
	if (rc == 0) {
		rc = ph_journal_part_expect(journal, row, n, commit);
	}
	ph_buf_deinit(&bytes);
	return rc;
}

int ph_journal_part_put(struct ph_journal *journal, int64_t log_row, uint64_t n,
			struct ph_view cipher, struct ph_view seed_box)
{
	uint8_t commit[PH_HASH_SIZE];
	uint8_t want[PH_HASH_SIZE];
	bool held = false;
	int rc = ph_journal_keeper(journal, log_row, n, &log_row);

	if (rc != 0) {
		return rc;
	}
	if (cipher.len < CIPHER_MIN || cipher.len > PH_PART_MAX ||
	    seed_box.len > SEED_BOX_MAX) {
		return PH_JOURNAL_E_FORM;
	}
	ph_part_commit(cipher, commit);
	rc = expected(journal, log_row, n, want, &held);
	if (rc == 0 && memcmp(commit, want, sizeof(commit)) != 0) {
		return PH_JOURNAL_E_SEAL;
	}
	if (rc == PH_JOURNAL_E_NONE) {
		rc = expect_unknown(journal, log_row, n, commit);
	}
	if (rc != 0 || held) {
		return rc;
	}

	struct ph_stmt *stmt;

	rc = ph_db_prepare(journal->db,
			   "UPDATE part SET cipher = ?2, seed = ?3 WHERE id = ?1", &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log_row, n));
	ph_stmt_blob(stmt, 2, cipher);
	ph_stmt_blob(stmt, 3, seed_box);
	return ph_stmt_run(stmt);
}

int ph_journal_part_put_any(struct ph_journal *journal,
			    const uint8_t log_id[static PH_LOG_ID_SIZE], uint64_t n,
			    struct ph_view cipher, struct ph_view seed_box)
{
	int64_t rows[PH_BRANCHES_MAX];
	unsigned n_rows = 0;
	int found = PH_JOURNAL_E_NONE;
	int rc = ph_journal_branches(journal, log_id, rows, &n_rows);

	for (unsigned i = 0; rc == 0 && i < n_rows; i++) {
		int one = ph_journal_part_put(journal, rows[i], n, cipher, seed_box);

		if (one <= 0) {
			return one;
		}
		found = one == PH_JOURNAL_E_NONE ? found : one;
	}
	return rc == 0 ? found : rc;
}

int ph_journal_part_rebox(struct ph_journal *journal, int64_t log_row, uint64_t n,
			  struct ph_view seed_box)
{
	struct ph_stmt *stmt;
	int rc = ph_journal_keeper(journal, log_row, n, &log_row);

	if (rc == 0 && seed_box.len > SEED_BOX_MAX) {
		return PH_JOURNAL_E_FORM;
	}
	rc = rc != 0 ? rc
		     : ph_db_prepare(journal->db,
				     "UPDATE part SET seed = ?2 WHERE id = ?1 AND"
				     " length(cipher) > 0",
				     &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log_row, n));
	ph_stmt_blob(stmt, 2, seed_box);
	rc = ph_stmt_run(stmt);
	return rc == 0 && ph_db_changes(journal->db) == 0 ? PH_JOURNAL_E_NONE : rc;
}

int ph_journal_part_get(struct ph_journal *journal, int64_t log_row, uint64_t n,
			struct ph_buf *cipher, struct ph_buf *seed_box)
{
	struct ph_stmt *stmt;
	size_t start = cipher->len;
	int rc = ph_journal_keeper(journal, log_row, n, &log_row);

	if (rc == 0) {
		rc = ph_db_prepare(journal->db,
				   "SELECT cipher, seed FROM part"
				   " WHERE id = ?1 AND length(cipher) > 0",
				   &stmt);
	}
	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(log_row, n));
	rc = ph_stmt_step(stmt);
	if (rc != PH_DB_ROW) {
		return rc == 0 ? PH_JOURNAL_E_NONE : rc;
	}
	rc = ph_buf_put_view(cipher, ph_stmt_col_blob(stmt, 0));
	if (rc == 0) {
		rc = ph_buf_put_view(seed_box, ph_stmt_col_blob(stmt, 1));
	}
	if (rc != 0) {
		cipher->len = start;
	}
	ph_stmt_reset(stmt);
	return rc;
}

/* --- which parts --- */

/* Numbers of entries with a part, as they are found; at most `max`. */
struct numbers {
	uint64_t *n;
	size_t max;
	size_t count;
};

/* Those above AFTER and up to LAST in one stretch of a branch, all or only the missing. */
static int take_numbers(struct ph_journal *journal, const struct ph_stretch *at,
			uint64_t after, uint64_t last, bool missing,
			struct numbers *numbers)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(journal->db,
			       missing ? "SELECT id FROM part INDEXED BY part_missing"
					 " WHERE cipher IS NULL AND id > ?1 AND id <= ?2"
					 " ORDER BY id"
				       : "SELECT id FROM part"
					 " WHERE id > ?1 AND id <= ?2 ORDER BY id",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1,
		    ph_journal_key(at->row, after > at->base ? after : at->base));
	ph_stmt_int(stmt, 2, ph_journal_key(at->row, last < at->last ? last : at->last));
	rc = PH_DB_ROW;
	while (numbers->count < numbers->max && (rc = ph_stmt_step(stmt)) == PH_DB_ROW) {
		numbers->n[numbers->count++] = ph_journal_key_n(ph_stmt_col_int(stmt, 0));
	}
	ph_stmt_reset(stmt);
	return rc < 0 ? rc : 0;
}

static int find_parts(struct ph_journal *journal, int64_t row, uint64_t after,
		      uint64_t last, bool missing, struct numbers *numbers)
{
	struct ph_path path;
	int rc = ph_journal_path(journal, row, &path);

	if (rc != 0) {
		return rc < 0 ? rc : 0; /* of no log there is no part */
	}
	for (unsigned i = 0; rc == 0 && i < path.n; i++) {
		if (after < path.at[i].last && last > path.at[i].base) {
			rc = take_numbers(journal, &path.at[i], after, last, missing,
					  numbers);
		}
	}
	return rc;
}

int ph_journal_parts_missing(struct ph_journal *journal, int64_t log_row, uint64_t *n_out,
			     size_t max, size_t *count_out)
{
	struct numbers numbers = { .n = n_out, .max = max };
	int rc = find_parts(journal, log_row, 0, PH_JOURNAL_N_MAX, true, &numbers);

	if (rc == 0) {
		*count_out = numbers.count;
	}
	return rc;
}

int ph_journal_parts_in(struct ph_journal *journal, int64_t log_row, uint64_t after,
			uint64_t last, uint64_t *n_out, size_t max, size_t *count_out)
{
	struct numbers numbers = { .n = n_out, .max = max };
	int rc = 0;

	if (after < last) {
		rc = find_parts(journal, log_row, after, last, false, &numbers);
	}
	if (rc == 0) {
		*count_out = numbers.count;
	}
	return rc;
}

/* How many are held in one stretch of a branch up to LAST. */
static int count_held(struct ph_journal *journal, const struct ph_stretch *at,
		      uint64_t last, uint64_t *count)
{
	struct ph_stmt *stmt;
	int64_t held = 0;
	int rc = ph_db_prepare(journal->db,
			       "SELECT count(*) FROM part WHERE id > ?1 AND id <= ?2"
			       " AND cipher IS NOT NULL",
			       &stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, ph_journal_key(at->row, at->base));
	ph_stmt_int(stmt, 2, ph_journal_key(at->row, last < at->last ? last : at->last));
	rc = ph_journal_one_int(stmt, &held);
	*count += (uint64_t)held;
	return rc > 0 ? -EUCLEAN : rc;
}

int ph_journal_parts_held(struct ph_journal *journal, int64_t log_row, uint64_t last,
			  uint64_t *count_out)
{
	struct ph_path path;
	uint64_t count = 0;
	int rc = ph_journal_path(journal, log_row, &path);

	if (rc != 0) {
		path.n = 0; /* of no log there is no part */
	}
	for (unsigned i = 0; rc == 0 && i < path.n; i++) {
		if (last > path.at[i].base) {
			rc = count_held(journal, &path.at[i], last, &count);
		}
	}
	if (rc >= 0) {
		*count_out = count;
	}
	return rc < 0 ? rc : 0;
}
