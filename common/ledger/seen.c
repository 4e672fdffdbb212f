/*
 * common/ledger/seen.c - what a site counted, as bytes that can be read aloud and compared.
 *
 * The text is ASCII, so that `b2sum -l 128` does for whoever wants to check it by hand. A
 * counter that is 0 is not in it: a later program, which counts more, comes to the same bytes
 * where nothing of that was recorded.
 */
#include "common/ledger/seen.h"

#include <inttypes.h>
#include <sodium.h>

#include "common/base/clock.h"
#include "common/ledger/store.h"

int ph_seen_digest(uint64_t site, int64_t from, int64_t to, const struct ph_tally *tally,
		   uint8_t digest_out[static PH_SEEN_DIGEST])
{
	char first[PH_TIME_TEXT], last[PH_TIME_TEXT];
	struct ph_buf text = { 0 };
	int rc;

	ph_day_text(first, from);
	ph_day_text(last, to);
	rc = ph_buf_printf(&text,
			   "packhorse figures 1\nsite %" PRIu64 "\nfrom %s\nto %s\n",
			   site, first, last);
	for (size_t key = 0; rc == 0 && key < PH_TALLY_KEYS; key++) {
		if (tally->count[key] != 0) {
			rc = ph_buf_printf(&text, "%zu %" PRIu64 "\n", key,
					   tally->count[key]);
		}
	}
	if (rc == 0) {
		crypto_generichash(digest_out, PH_SEEN_DIGEST, text.data, text.len, NULL,
				   0);
	}
	ph_buf_deinit(&text);
	return rc;
}

const struct ph_tally *ph_seen_of(const struct ph_figures *figures, uint64_t site)
{
	static const struct ph_tally none;

	for (size_t i = 0; i < figures->n_sites; i++) {
		if (figures->sites[i].site == site) {
			return &figures->sites[i].tally;
		}
	}
	return &none;
}

int ph_stock_now(struct ph_ledger *ledger, uint64_t site, struct ph_stock *stock_out)
{
	struct ph_stmt *stmt;
	int rc = ph_db_prepare(
		ledger->db,
		"SELECT count(*), count(DISTINCT coalesce(t.root, c.title))"
		" FROM ledger_copy c LEFT JOIN ledger_title t ON t.id = c.title"
		" WHERE c.owner = ?1 AND c.known AND c.condition & ?2 = 0",
		&stmt);

	if (rc != 0) {
		return rc;
	}
	ph_stmt_int(stmt, 1, (int64_t)site);
	ph_stmt_int(stmt, 2, 1 << PH_CONDITION_WITHDRAWN);
	rc = ph_stmt_step(stmt);
	if (rc == PH_DB_ROW) {
		stock_out->copies = (uint64_t)ph_stmt_col_int(stmt, 0);
		stock_out->titles = (uint64_t)ph_stmt_col_int(stmt, 1);
		rc = 0;
	}
	ph_stmt_reset(stmt);
	return rc;
}
