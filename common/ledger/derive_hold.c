/* common/ledger/derive_hold.c - holds that wait, or are ready to be fetched. */
#include "common/ledger/hold.h"
#include "common/ledger/store.h"

static void bind_copy(struct ph_stmt *stmt, int index, bool set, const struct ph_id *copy,
		      struct ph_entity_key *key)
{
	if (set && ph_key_id(PH_ENTITY_COPY, copy, key)) {
		ph_stmt_blob(stmt, index, ph_key_view(key));
	} else {
		ph_stmt_null(stmt, index);
	}
}

static int put(struct ph_ledger *ledger, const struct ph_entity_key *key,
	       const struct ph_hold *hold)
{
	struct ph_entity_key card, title, copy, ready;
	struct ph_stmt *stmt;
	int rc;

	if (!ph_key_id(PH_ENTITY_CARD, &hold->card, &card)) {
		return 0;
	}
	rc = ph_db_prepare(ledger->db,
			   "INSERT INTO ledger_hold(id, site, waits, expires, second,"
			   " card, title, copy, ready, ready_second)"
			   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
			   &stmt);
	if (rc != 0) {
		return rc;
	}
	ph_stmt_blob(stmt, 1, ph_key_view(key));
	ph_stmt_int(stmt, 2, (int64_t)hold->pickup);
	ph_stmt_int(stmt, 3, !hold->is_ready);
	ph_stmt_int(stmt, 4, hold->expires);
	ph_stmt_int(stmt, 5, hold->second);
	ph_stmt_blob(stmt, 6, ph_key_view(&card));
	if (hold->has_title) {
		title = ph_key_ref(PH_ENTITY_TITLE, &hold->title);
		ph_stmt_blob(stmt, 7, ph_key_view(&title));
	} else {
		ph_stmt_null(stmt, 7);
	}
	bind_copy(stmt, 8, hold->has_copy, &hold->copy, &copy);
	bind_copy(stmt, 9, hold->is_ready, &hold->ready.copy, &ready);
	if (hold->is_ready) {
		ph_stmt_int(stmt, 10, hold->ready.second);
	} else {
		ph_stmt_null(stmt, 10);
	}
	return ph_stmt_run(stmt);
}

int ph_derive_hold(struct ph_ledger *ledger, const struct ph_entity_key *key,
		   struct ph_view state)
{
	struct ph_hold hold;
	bool outside = false;
	int rc = ph_derive_run(ledger, "DELETE FROM ledger_hold WHERE id = ?1", key);

	rc = rc != 0 ? rc : ph_derive_outside(ledger, key, &outside);
	if (rc != 0 || state.len == 0 || outside) {
		return rc;
	}
	rc = ph_hold_decode(state, &hold);
	if (rc != 0) {
		return rc;
	}
	if (hold.placed && !hold.is_cancelled && !hold.is_filled) {
		rc = put(ledger, key, &hold);
	}
	ph_hold_deinit(&hold);
	return rc;
}
